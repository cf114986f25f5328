%% SPDX-License-Identifier: Apache-2.0
%% What an engine does not take: CPU time while it is idle, memory after a peak, more schedulers than there are cores.
-module(tandem_frugal_tests).

-include_lib("eunit/include/eunit.hrl").

-import(tandem_support, [os_pid/1, on/2, until/1, resident/1]).

-define(LIMIT, 60).
-define(MEGABYTE, 1024).    % in KiB

%% Of the 150 ticks of the time that is looked at.
-define(TICKS, 1).
-define(WAKES, 60).

frugal_test_() ->
    {setup, fun() -> {ok, Pid, Node} = tandem:start(#{}), {Pid, Node} end, fun({Pid, _}) -> tandem:stop(Pid) end,
     fun({Pid, Node}) ->
             [{atom_to_list(Name), {timeout, ?LIMIT, fun() -> Test(Pid, Node) end}}
              || {Name, Test} <- [{given_back, fun given_back/2}, {a_scheduler_a_core, fun a_scheduler_a_core/2}, {idle, fun idle/2}, {idle_crowd, fun idle_crowd/2},
                                  {heaps_shrink, fun heaps_shrink/2}, {binaries_are_counted, fun binaries_are_counted/2}]]
     end}.

a_scheduler_a_core(_, Node) ->
    #{schedulers := Schedulers} = tandem:info(Node),
    ?assertEqual(list_to_integer(string:trim(os:cmd("nproc"))), Schedulers).

%% After work, among processes that wait, with a timer that is far away.
idle(Pid, Node) ->
    ok = on(Node, fun() ->
                          _ = erlang:send_after(3_600_000, spawn(fun() -> receive _ -> ok end end), late),
                          Pids = [spawn(fun() -> lists:sum(lists:seq(1, 1000)), receive stop -> ok end end) || _ <- lists:seq(1, 1000)],
                          _ = [Waiting ! stop || Waiting <- Pids],
                          ok
                  end),
    is_idle(Pid, Node).

idle_crowd(Pid, Node) ->
    Crowd = on(Node, fun() -> [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, 100_000)] end),
    is_idle(Pid, Node),
    ok = on(Node, fun() -> _ = [exit(P, kill) || P <- Crowd], ok end).

%% It settles first: what has just worked looks for more, and memory is given back.
is_idle(Owner, _) ->
    OsPid = os_pid(Owner),
    ?assert(until(fun() -> used(OsPid) end)).

used(OsPid) ->
    {Ticks, Wakes} = cost(OsPid),
    timer:sleep(1500),
    {After, WakesAfter} = cost(OsPid),
    After - Ticks =< ?TICKS andalso WakesAfter - Wakes =< ?WAKES.

cost(OsPid) ->
    Folder = "/proc/" ++ integer_to_list(OsPid),
    {ok, Stat} = file:read_file(Folder ++ "/stat"),
    Fields = binary:split(lists:last(binary:split(Stat, <<") ">>, [global])), <<" ">>, [global]),
    Wakes = [binary_to_integer(N) || File <- filelib:wildcard(Folder ++ "/task/*/status"), {ok, Text} <- [file:read_file(File)],
                                     {match, [N]} <- [re:run(Text, "\nvoluntary_ctxt_switches:\\s*([0-9]+)", [{capture, all_but_first, binary}])]],
    {lists:sum([binary_to_integer(lists:nth(N, Fields)) || N <- [12, 13]]), lists:sum(Wakes)}.

heaps_shrink(_, Node) ->
    Sizes = fun() ->
                List = lists:seq(1, 1_000_000),
                {memory, Most} = process_info(self(), memory),
                _ = length(List),
                erlang:garbage_collect(),
                {memory, Least} = process_info(self(), memory),
                {Most, Least}
            end,
    ?assertMatch({Most, Least} when Most > 15_000_000 andalso Least < 10_000, on(Node, Sizes)).

%% Each leaves a few words on the heap, which alone would cause no collection.
binaries_are_counted(Pid, Node) ->
    Before = resident(os_pid(Pid)),
    ok = on(Node, fun() -> _ = [byte_size(binary:copy(<<1>>, 1_000_000)) || _ <- lists:seq(1, 1000)], ok end),
    ?assert(resident(os_pid(Pid)) < Before + 100 * ?MEGABYTE).

given_back(Pid, Node) ->
    OsPid = os_pid(Pid),
    Before = resident(OsPid),
    Crowd = on(Node, fun() -> [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, 200_000)] end),
    Peak = resident(OsPid),
    ok = on(Node, fun() -> _ = [exit(P, kill) || P <- Crowd], ok end),
    ?assert(Peak > Before + 60 * ?MEGABYTE),
    ?assert(until(fun() -> resident(OsPid) < Before + 24 * ?MEGABYTE end)).
