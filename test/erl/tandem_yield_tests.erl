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
