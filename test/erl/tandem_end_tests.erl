%% SPDX-License-Identifier: Apache-2.0
%% How engines end, and that each end leaves its reason in the logger; that starting and stopping leaves nothing else behind.
-module(tandem_end_tests).

-include_lib("eunit/include/eunit.hrl").

-export([log/2, stopped_and_told/0]).

-import(tandem_support, [os_pid/1, signal/2, on/2, await_gone/1, until/2]).

-define(LIMIT, 120).

end_test_() ->
    [{atom_to_list(Name), {timeout, ?LIMIT, Test}}
     || {Name, Test} <- [{killed, fun killed/0}, {killed_in_frames, fun killed_in_frames/0}, {fault, fun fault/0}, {halted, fun halted/0}, {halted_while_written, fun halted_while_written/0}, {slogan, fun slogan/0},
                         {aborted, fun aborted/0}, {not_found, fun not_found/0}, {malformed, fun malformed/0}, {too_large, fun too_large/0},
                         {disconnected, fun disconnected/0}, {stopped, fun stopped/0}, {full_stderr, fun full_stderr/0},
                         {late_answers, fun late_answers/0}, {stopped_too_long, fun stopped_too_long/0}, {stopped_without_host, fun stopped_without_host/0}]].

killed() ->
    ?assertEqual({{exit_status, 137}, connection_closed, "killed by signal 9 (SIGKILL)"},
                 ended(fun(Engine, _) -> signal("KILL", os_pid(Engine)) end)).

%% In the middle of large messages both ways: each signal comes once, and what had begun to arrive does not.
killed_in_frames() ->
    {ok, Engine, Node} = tandem:start(#{}),
    OsPid = os_pid(Engine),
    Self = self(),
    Was = process_flag(trap_exit, true),
    Sink = spawn_link(Node, fun sink/0),
    Source = spawn(Node, fun() -> flood(Self) end),
    Flooding = spawn(fun() -> flood(Sink) end),
    Monitor = monitor(process, Source),
    Ended = monitor(process, Engine),
    monitor_node(Node, true),
    receive {large, _} -> ok end,
    signal("KILL", OsPid),
    receive {'DOWN', Monitor, process, Source, noconnection} -> ok end,
    receive {nodedown, Node} -> ok end,
    receive {'EXIT', Sink, noconnection} -> ok end,
    receive {'DOWN', Ended, process, Engine, _} -> ok end,    % which the port notices first, when it reads or when it writes
    await_gone(OsPid),
    exit(Flooding, kill),
    ?assertEqual([], rest()),
    process_flag(trap_exit, Was).

sink() -> receive {large, _} -> sink() end.

flood(To) ->
    To ! {large, binary:copy(<<"x">>, 5_000_000)},
    flood(To).

rest() ->
    receive
        {large, Binary} -> ?assertEqual(5_000_000, byte_size(Binary)), rest();
        {nodeup, _, _} -> rest();
        Other -> [Other | rest()]
    after 0 -> []
    end.

fault() ->
    ?assertEqual({{exit_status, 139}, connection_closed,
                  "killed by signal 11 (SIGSEGV). It said: tandem: segmentation fault (SIGSEGV)\n"},
                 ended(fun(Engine, _) -> signal("SEGV", os_pid(Engine)) end)).

halted() ->
    ?assertEqual({{exit_status, 3}, connection_closed, "exit status 3"},
                 ended(fun(_, Node) -> spawn(Node, fun() -> halt(3) end) end)).

%% What it has sent before, and how it ended, arrives all the same.
halted_while_written() ->
    Self = self(),
    [begin
         Writing = spawn(fun() -> receive {to, Pid} -> written(Pid) end end),
         ?assertMatch({{exit_status, 3}, connection_closed, "exit status 3"}, ended(fun(_, Node) -> Writing ! {to, spawn(Node, fun() -> halted_by_message(Self) end)} end)),
         receive last -> ok end,
         exit(Writing, kill)
     end || _ <- lists:seq(1, 50)].

halted_by_message(To) ->
    receive written -> ok end,
    To ! last,
    halt(3).

written(To) ->
    To ! written,
    written(To).

slogan() ->
    ?assertEqual({{exit_status, 1}, connection_closed, "exit status 1. It said: enough\n"},
                 ended(fun(_, Node) -> spawn(Node, fun() -> halt("enough") end) end)).

aborted() ->
    ?assertEqual({{exit_status, 134}, connection_closed, "killed by signal 6 (SIGABRT). It said: tandem: aborted (SIGABRT)\n"},
                 ended(fun(_, Node) -> spawn(Node, fun() -> halt(abort) end) end)).

%% As the dynamic loader ends a program without its libraries.
not_found() ->
    Was = process_flag(trap_exit, true),
    ?assertEqual({error, {exit_status, 127}}, tandem:start_link(#{executable => script("exit 127")})),
    process_flag(trap_exit, Was).

%% A packet that the engine does not understand.
malformed() ->
    ?assertEqual({{exit_status, 1}, connection_closed,
                  "exit status 1. It said: tandem: error: connection ended: unknown kind of packet\n"},
                 ended(#{carrier => port}, fun(Engine, _) -> port_command(tandem_support:port(Engine), <<"?">>) end)).

%% The binary is there once, so it costs nothing; 4 GiB are more than a length can say.
too_large() ->
    Binary = binary:copy(<<0>>, 1 bsl 26),
    [begin
         {{too_large, Size}, _, Said} = ended(#{carrier => port}, fun(_, Node) -> spawn(Node, fun sink/0) ! lists:duplicate(Times, Binary) end),
         ?assertEqual(Times, Size bsr 26),
         ?assertEqual("this VM has sent it a message of " ++ integer_to_list(Size) ++ " bytes; it takes 1 GiB at most", Said)
     end || Times <- [17, 65]].

disconnected() ->
    ?assertEqual({disconnect, disconnect, "this VM has ended the connection (disconnect)"},
                 ended(#{carrier => port}, fun(_, Node) -> erlang:disconnect_node(Node) end)).

%% Nothing is wrong with that, so nothing is reported.
stopped() ->
    ?assertEqual({normal, connection_closed, none}, ended(fun(Engine, _) -> tandem:stop(Engine) end)).

%% Standard error may be a pipe that nobody reads: what the engine has to say there is lost, but it goes on.
full_stderr() ->
    Fifo = file("fifo"),
    [] = os:cmd("mkfifo " ++ Fifo),
    {ok, Engine, Node} = tandem:start(#{executable => script(["exec 9<>", Fifo, "; exec '", engine(), "' \"$@\" 2>&9"])}),
    _ = [{'$tandem', Node} ! {unknown, I} || I <- lists:seq(1, 5000)],
    ?assertEqual(answer, on(Node, fun() -> answer end)),
    ok = tandem:stop(Engine),
    ok = file:delete(Fifo).

%% Who has given up is not told: the answer to a later question comes after those to all before it.
late_answers() ->
    {ok, Engine, Node} = tandem:start(#{}),
    OsPid = os_pid(Engine),
    signal("STOP", OsPid),
    ?assertEqual([{error, timeout} || _ <- lists:seq(1, 5)], [tandem:info(Node, 10) || _ <- lists:seq(1, 5)]),
    signal("CONT", OsPid),
    ?assertMatch(#{processes := _}, tandem:info(Node, infinity)),
    {messages, Messages} = process_info(self(), messages),
    ?assertEqual([], [Late || {Alias, _} = Late <- Messages, is_reference(Alias)]),
    ok = tandem:stop(Engine).

%% A VM of its own with a short tick time. An engine in a cluster is connected again; any other is given up, and killed.
stopped_too_long() ->
    {ok, Peer, _} = peer:start(#{connection => standard_io, args => ["-kernel", "net_ticktime", "4", "-pa" | code:get_path()]}),
    {OsPid, Told} = peer:call(Peer, ?MODULE, stopped_and_told, [], ?LIMIT * 1000),
    ?assertEqual([{'DOWN', noconnection}, {'DOWN', net_tick_timeout}, nodedown], Told),
    await_gone(OsPid),
    peer:stop(Peer).

%% @private
stopped_and_told() ->
    tandem_support:quiet(),
    {ok, Engine, Node} = tandem:start(#{carrier => port}),
    OsPid = os_pid(Engine),
    Pid = spawn(Node, fun sink/0),
    [There, Here] = [monitor(process, Who) || Who <- [Pid, Engine]],
    monitor_node(Node, true),
    signal("STOP", OsPid),
    Told = receive {'DOWN', Here, process, Engine, Reason} -> {'DOWN', Reason} end,
    Lost = receive {'DOWN', There, process, Pid, Why} -> {'DOWN', Why} end,
    receive {nodedown, Node} -> ok end,
    {OsPid, [Lost, Told, nodedown | rest()]}.

%% What doesn't run can't notice that its VM is gone.
stopped_without_host() ->
    {ok, Peer, _} = peer:start(#{connection => standard_io, args => ["-pa" | code:get_path()]}),
    {ok, Engine, _} = peer:call(Peer, tandem, start, [#{carrier => port}], ?LIMIT * 1000),
    OsPid = peer:call(Peer, tandem_support, os_pid, [Engine], ?LIMIT * 1000),
    signal("STOP", OsPid),
    signal("KILL", list_to_integer(peer:call(Peer, os, getpid, []))),
    await_gone(OsPid).

%% The owner's reason, net_kernel's, and what the report says after the engine's name.
ended(End) ->
    ended(#{}, End).

ended(Options, End) ->
    Was = process_flag(trap_exit, true),
    ok = net_kernel:monitor_nodes(true, #{node_type => all, nodedown_reason => true}),
    #{level := Level} = logger:get_primary_config(),
    ok = logger:set_primary_config(level, error),
    ok = logger:add_handler(?MODULE, ?MODULE, #{config => #{to => self()}}),
    {ok, Engine, Node} = tandem:start_link(Options),
    _ = on(Node, fun() -> ok end),
    _ = End(Engine, Node),
    Reason = receive {'EXIT', Engine, R} -> R end,
    Down = receive {nodedown, Node, #{nodedown_reason := D}} -> D end,
    Report = receive {report, Text} -> Text after 0 -> none end,
    ok = logger:remove_handler(?MODULE),
    ok = logger:set_primary_config(level, Level),
    ok = net_kernel:monitor_nodes(false, #{node_type => all, nodedown_reason => true}),
    process_flag(trap_exit, Was),
    {Reason, Down, Report}.

%% @private
log(#{msg := {"Tandem: the engine ~ts (~ts) ended: ~ts~ts", [_, _, How, Said]}}, #{config := #{to := To}}) ->
    To ! {report, lists:flatten(io_lib:format("~ts~ts", [How, Said]))};
log(_, _) ->
    ok.

script(Line) ->
    File = file("script"),
    ok = file:write_file(File, ["#!/bin/sh\n", Line, "\n"]),
    ok = file:change_mode(File, 8#755),
    File.

file(Prefix) ->
    filename:absname(filename:join("_build/test", Prefix ++ integer_to_list(erlang:unique_integer([positive])))).

engine() ->
    filename:join(code:priv_dir(tandem), "tandem").

%% --- Nothing is left behind ------------------------------------------------------------------------------------------------------

many_lives_test_() ->
    {timeout, 10 * ?LIMIT, fun many_lives/0}.

%% A name is given, as one that counts up is a new atom. Counting loads modules, which have atoms.
many_lives() ->
    Times = list_to_integer(os:getenv("TANDEM_STARTS", "100")),
    [life(#{name => many}) || _ <- lists:seq(1, 5)],
    _ = held(),
    Before = held(),
    [life(#{name => many}) || _ <- lists:seq(1, Times)],
    _ = until(fun() -> held_more(Before, held()) =:= [] end, 6000),
    ?assertEqual([], held_more(Before, held())).

life(Options) ->
    {ok, Engine, Node} = tandem:start(Options),
    Here = self(),
    Pid = spawn(Node, fun() -> Here ! {self(), lists:sum(lists:seq(1, 10))} end),
    receive {Pid, 55} -> ok end,
    ok = tandem:stop(Engine).

held() ->
    _ = [garbage_collect(Pid) || Pid <- processes()],
    #{processes => erlang:system_info(process_count),
      ports => erlang:system_info(port_count),
      atoms => erlang:system_info(atom_count),
      ets => length(ets:all()),
      persistent => maps:get(count, persistent_term:info()),
      threads => length(filelib:wildcard("/proc/self/task/*")),
      fds => length(filelib:wildcard("/proc/self/fd/*")),
      children => length(string:lexemes(os:cmd("pgrep -P $PPID"), "\n")),
      memory => erlang:memory(total)}.

held_more(Before, Now) ->
    [{Key, Old, New} || {Key, Old} <- maps:to_list(Before), New <- [maps:get(Key, Now)], New > allowed(Key, Old)].

allowed(memory, Old) -> Old + 1 bsl 20;
allowed(atoms, Old) -> Old + 50;    % of a module that is loaded late
allowed(_, Old) -> Old.
