%% SPDX-License-Identifier: Apache-2.0
%% What tandem:trace/3,4 writes: trace_check.py reads it with a JSON parser that is not ours, and looks whether slices nest, events are in order
%% and arrows have both ends.
-module(tandem_trace_tests).

-include_lib("eunit/include/eunit.hrl").

-export([ponger/0, pinger/1]).

-define(CHECK, "test/erl/trace_check.py").

trace_test_() ->
    tandem_support:each_on_an_engine([{options, fun options/1}, {events, fun events/1}, {limit, fun limit/1}, {flood, fun flood/1},
                                      {files, fun files/1}, {one_at_a_time, fun one_at_a_time/1}, {caller_ends, fun caller_ends/1},
                                      {engine_ends, fun engine_ends/1}]).

options(Node) ->
    ?assertEqual({error, {bad_seconds, 0}}, tandem:trace(Node, 0, "x")),
    ?assertEqual({error, {bad_seconds, x}}, tandem:trace(Node, x, "x")),
    ?assertEqual({error, {bad_option, limit, 10}}, tandem:trace(Node, 1, "x", #{limit => 10})),
    ?assertEqual({error, {unknown_option, size}}, tandem:trace(Node, 1, "x", #{size => 1})),
    ?assertEqual({error, {unknown_option, size}}, tandem:trace(Node, 1, "x", #{limit => 1 bsl 20, size => 1})),
    ?assertEqual({error, {bad_options, x}}, tandem:trace(Node, 1, "x", x)),
    ?assertEqual({error, {not_an_engine, node()}}, tandem:trace(node(), 1, "x")),
    ?assertNot(filelib:is_file("x")).

events(Node) ->
    Pids = talk(Node),
    Self = self(),
    Echo = spawn(Node, fun() -> register('echo "of" the\ttest', self()), echo() end),
    Talker = spawn_link(fun() -> knock(Echo, Self) end),
    {Summary, Seen} = traced(Node, 0.5, #{}),
    unlink(Talker),
    [exit(Pid, kill) || Pid <- [Talker, Echo | Pids]],
    #{events := Events, bytes := Bytes, seconds := Seconds, arrows := Arrows, lost := 0, cut := false} = Summary,
    #{<<"events">> := Events, <<"names">> := Names, <<"slices">> := Slices, <<"collections">> := Collections, <<"arrows">> := Between,
      <<"outside">> := Outside, <<"instants">> := Instants, <<"gaps">> := 0} = Seen,
    ?assertEqual(Arrows, Between + Outside),
    ?assert(Bytes > 10_000),
    ?assert(Seconds > 0.1 andalso Seconds < 0.6),
    [?assert(Count > 10) || Count <- [Slices, Collections, Between, Outside, Instants]],
    [?assert(lists:member(Name, Names)) || Name <- [<<"echo \"of\" the\ttest">>, <<"tandem_trace_tests:ponger/0">>,
                                                    <<"tandem_trace_tests:pinger/1">>, <<"collection">>]].

%% Two that talk to each other 1,000 times a second, and collect.
talk(Node) ->
    Ponger = spawn(Node, ?MODULE, ponger, []),
    [Ponger, spawn(Node, ?MODULE, pinger, [Ponger])].

ponger() -> receive From -> _ = lists:seq(1, 300), From ! pong, ponger() end.
pinger(To) -> To ! self(), receive pong -> ok end, receive after 1 -> pinger(To) end.

echo() -> receive From -> From ! here, echo() end.
knock(Echo, Self) -> Echo ! self(), receive here -> timer:sleep(2), knock(Echo, Self) end.

limit(Node) ->
    Pids = talk(Node) ++ talk(Node),
    {Summary, Seen} = traced(Node, 30, #{limit => 1 bsl 17}),
    [exit(Pid, kill) || Pid <- Pids],
    #{cut := true, bytes := Bytes, seconds := Seconds} = Summary,
    ?assert(Bytes >= 1 bsl 17 andalso Bytes < (1 bsl 17) + 2000),
    ?assert(Seconds < 29),
    #{<<"slices">> := Slices} = Seen,
    ?assert(Slices > 100).

%% Far more happens than can be written: what is written is whole, and the rest is counted.
flood(Node) ->
    Pids = [spawn(Node, fun() -> flooding() end) || _ <- lists:seq(1, 4)],
    {#{lost := Lost, cut := Cut}, #{<<"gaps">> := Gaps, <<"slices">> := Slices}} = traced(Node, 2, #{limit => 32 bsl 20}),
    [exit(Pid, kill) || Pid <- Pids],
    ?assert(Slices > 1000),
    ?assert(Cut orelse (Lost > 0 andalso Gaps > 0)).

flooding() ->
    Self = self(),
    Other = spawn_link(fun() -> bounce() end),
    Other ! Self,
    bounce_to(Other).

bounce_to(Other) -> receive x -> Other ! self() end, bounce_to(Other).
bounce() -> receive Pid -> Pid ! x end, bounce().

files(Node) ->
    Nowhere = filename:join([folder(), "no", "such", "folder"]),
    ?assertEqual({error, {file, Nowhere, enoent}}, tandem:trace(Node, 1, Nowhere)),
    ?assertEqual({error, {file, "/", eisdir}}, tandem:trace(Node, 1, "/")),
    ?assertEqual({error, {file, "/dev/full", enospc}}, tandem:trace(Node, 0.1, "/dev/full")),
    ?assertMatch({ok, _}, file:read_link_info("/dev/full")),
    {_, #{<<"events">> := _}} = traced(Node, 0.1, #{}).

one_at_a_time(Node) ->
    Self = self(),
    File = file("first"),
    spawn_link(fun() -> Self ! {first, tandem:trace(Node, 0.5, File)} end),
    timer:sleep(200),
    ?assertEqual({error, already_traced}, tandem:trace(Node, 0.1, file("second"))),
    receive {first, First} -> ?assertMatch({ok, #{cut := false}}, First) end,
    ?assertMatch({ok, _}, tandem:trace(Node, 0.1, file("second"))).

caller_ends(Node) ->
    {Pid, Monitor} = spawn_monitor(fun() -> tandem:trace(Node, 60, file("killed")) end),
    timer:sleep(200),
    exit(Pid, kill),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    ?assert(tandem_support:until(fun() -> element(1, tandem:trace(Node, 0.01, file("after"))) =:= ok end)).

engine_ends(_) ->
    {ok, Pid, Node} = tandem:start(#{}),
    talk(Node),
    Self = self(),
    File = file("ends"),
    spawn_link(fun() -> Self ! {traced, tandem:trace(Node, 60, File)} end),
    timer:sleep(500),
    tandem_support:end_at_once(Pid, Node),
    receive {traced, Result} -> ?assertEqual({error, noconnection}, Result) end,
    #{<<"slices">> := Slices} = checked(File),
    ?assert(Slices > 10).

traced(Node, Seconds, Options) ->
    File = file("trace"),
    {ok, Summary} = tandem:trace(Node, Seconds, File, Options),
    ?assertEqual(maps:get(bytes, Summary), filelib:file_size(File)),
    {Summary, checked(File)}.

checked(File) ->
    Said = string:split(string:trim(os:cmd("python3 " ++ ?CHECK ++ " " ++ File)), "\n", all),
    ?assertEqual([], lists:droplast(Said)),
    tandem_json:decode(unicode:characters_to_binary(lists:last(Said))).

file(Name) -> filename:join(folder(), Name ++ ".json").

folder() ->
    Folder = filename:join("_build/test", "traces"),
    ok = filelib:ensure_path(Folder),
    Folder.
