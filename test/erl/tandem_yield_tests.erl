%% SPDX-License-Identifier: Apache-2.0
%% Long natives let others have their turn, counted in turns; and a process that is killed in the middle of one leaves nothing.
%% What they give is compared with the BEAM, here and by test/same/programs/same_yield.erl.
-module(tandem_yield_tests).

-include_lib("eunit/include/eunit.hrl").

-define(SIZE, 100_000).
-define(LEAST, 3).

turns_test_() ->
    {setup,
     fun() -> {ok, Pid, Node} = tandem:start_link(#{schedulers => 1}), {Pid, Node} end,
     fun({Pid, _}) -> tandem:stop(Pid) end,
     fun({_, Node}) -> [{timeout, 60, {atom_to_list(Name), fun() -> has_turns(Node, Name) end}} || Name <- same_yield:names(all)] end}.

has_turns(Node, Name) ->
    Turns = erpc:call(Node, bench_yield, turns, [Name, ?SIZE]),
    ?assert(Turns >= ?LEAST, {Name, Turns}),
    ?assertEqual(hash(Name), erpc:call(Node, fun() -> hash(Name) end)).

hash(Name) ->
    Call = bench_yield:native(Name, ?SIZE),
    erlang:phash2(Call()).

killed_test_() ->
    {setup,
     fun() -> {ok, Pid, Node} = tandem:start_link(#{schedulers => 1}), {Pid, Node} end,
     fun({Pid, _}) -> tandem:stop(Pid) end,
     fun({_, Node}) -> [{timeout, 60, {atom_to_list(Name), fun() -> ?assertEqual(killed, killed(Node, Name)) end}} || Name <- same_yield:names(all)] end}.

%% It tells when it is about to call; the killer of its own worker then has its turn in the middle of the native.
killed(Node, Name) ->
    erpc:call(Node, fun() ->
                            Self = self(),
                            {Pid, Monitor} = spawn_monitor(fun() ->
                                                                   Call = bench_yield:native(Name, ?SIZE),
                                                                   Self ! ready,
                                                                   erlang:yield(),
                                                                   exit({done, Call()})
                                                           end),
                            receive ready -> ok end,
                            erlang:yield(),
                            erlang:yield(),
                            exit(Pid, kill),
                            receive {'DOWN', Monitor, process, Pid, killed} -> killed; {'DOWN', Monitor, process, Pid, _} -> ended end
                    end).

%% A walk over a term with shared parts may last for ever; whoever does it can be killed, and its engine be stopped.
endless_test_() ->
    [{timeout, 60, {atom_to_list(Carrier), fun() -> endless(Carrier) end}} || Carrier <- [port, nif]].

endless(Carrier) ->
    {ok, Engine, Node} = tandem:start(#{carrier => Carrier, schedulers => 1, memory => 256 bsl 20}),
    Walks = [fun erlang:phash2/1, fun(L) -> erlang:phash2(L, 100) end, fun iolist_size/1, fun iolist_to_binary/1,
             fun list_to_binary/1, fun(L) -> L =:= shared("abc") end, fun(L) -> L < shared("abc") end, fun erlang:external_size/1,
             fun(L) -> erlang:external_size(L, [{minor_version, 0}]) end, fun erlang:crc32/1, fun erlang:md5/1, fun erts_debug:flat_size/1,
             fun(L) -> lists:member(L, [shared("abc")]) end, fun(L) -> lists:keyfind(L, 1, [{shared("abc")}]) end, fun(L) -> [L] -- [shared("abc"), a] end],
    Empty = [fun iolist_size/1, fun iolist_to_binary/1, fun list_to_bitstring/1, fun erlang:iolist_to_iovec/1, fun erlang:adler32/1, fun erlang:md5/1,
             fun unicode:characters_to_binary/1, fun unicode:characters_to_list/1],
    Started = [spawn_monitor(Node, fun() -> Walk(shared("abc")) end) || Walk <- Walks] ++ [spawn_monitor(Node, fun() -> Walk(shared([])) end) || Walk <- Empty],
    timer:sleep(200),
    _ = [receive {'DOWN', Monitor, process, Pid, Why} -> error(Why) after 0 -> ok end || {Pid, Monitor} <- Started],
    Killed = [Each || {N, Each} <- lists:enumerate(Started), N rem 2 =:= 0],
    Left = Started -- Killed,
    _ = [exit(Pid, kill) || {Pid, _} <- Killed],
    _ = [receive {'DOWN', Monitor, process, Pid, Reason} -> ?assertEqual(killed, Reason) end || {Pid, Monitor} <- Killed],
    ?assertEqual(length(Left), maps:get(processes, tandem:info(Node))),
    ok = tandem:stop(Engine),
    _ = [receive {'DOWN', Monitor, process, Pid, Reason} -> ?assertEqual(noconnection, Reason) end || {Pid, Monitor} <- Left].

shared(Innermost) -> lists:foldl(fun(_, L) -> [L | L] end, Innermost, lists:seq(1, 60)).
