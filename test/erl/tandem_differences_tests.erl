%% SPDX-License-Identifier: Apache-2.0
%% What differs from the BEAM in processes, signals, timers and memory: README.md lists it, and each test shows one difference.
%% A test that fails here may mean that a difference is gone, and its line in README.md with it.
-module(tandem_differences_tests).

-include_lib("eunit/include/eunit.hrl").

-import(tandem_support, [each_on_an_engine/1, on/2]).

all_test_() ->
    each_on_an_engine([{pids_are_used_again, fun pids_are_used_again/1}, {other_nodes_are_unknown, fun other_nodes_are_unknown/1},
                       {no_calls_are_saved, fun no_calls_are_saved/1}, {nothing_is_traced, fun nothing_is_traced/1},
                       {listings_are_names, fun listings_are_names/1}, {small_heaps, fun small_heaps/1}, {monotonic_time_is_positive, fun monotonic_time_is_positive/1}]).

%% The order of pids is not that of their birth.
pids_are_used_again(Node) ->
    Births = on(Node, fun() ->
                              Old = [spawn(fun() -> receive after infinity -> ok end end) || _ <- lists:seq(1, 100)],
                              [begin exit(Pid, kill), false = is_process_alive(Pid), element(1, ended(fun() -> ok end)) end || Pid <- lists:reverse(Old)]
                      end),
    ?assertEqual(length(Births), length(lists:usort(Births))),
    ?assertNotEqual(Births, lists:sort(Births)).

other_nodes_are_unknown(Node) ->
    ?assertEqual(noconnection, on(Node, fun() -> Monitor = monitor(process, {anybody, 'no@where'}), receive {'DOWN', Monitor, _, _, Reason} -> Reason end end)).

no_calls_are_saved(Node) ->
    Saved = fun() -> process_flag(save_calls, 10), _ = lists:seq(1, 3), {last_calls, Calls} = process_info(self(), last_calls), Calls end,
    ?assertEqual([], on(Node, Saved)),
    {_, {value, Here}} = ended(fun() -> exit({value, Saved()}) end),
    ?assertNotEqual([], Here).

nothing_is_traced(Node) ->
    Asked = fun() -> [element(1, catch_error(F)) || F <- [fun() -> erlang:trace(self(), true, [call]) end,
                                                           fun() -> erlang:trace_pattern({lists, seq, 2}, true, [local]) end,
                                                           fun() -> erlang:system_monitor(self(), [busy_port]) end]] end,
    ?assertEqual([badarg, badarg, badarg], on(Node, Asked)),
    ?assertEqual(1, on(Node, fun() -> erlang:trace(self(), false, [all]) end)).

listings_are_names(Node) ->
    Lines = on(Node, fun() -> binary:split(erlang:system_info(procs), <<"\n">>, [global, trim]) end),
    ?assertEqual([], [Line || Line <- Lines, not is_prefix(<<"=proc:<">>, Line)]),
    ?assertNot(lists:all(fun(Line) -> is_prefix(<<"=proc:<">>, Line) end, binary:split(erlang:system_info(procs), <<"\n">>, [global, trim]))).

%% A fresh process has a few hundred bytes; its least heap is that of no BEAM.
small_heaps(Node) ->
    Least = fun() -> {min_heap_size, Words} = process_info(self(), min_heap_size), Words end,
    ?assertEqual(233, Least()),
    ?assert(on(Node, Least) < 233).

%% It begins with the engine's machine, where the BEAM's begins far below zero.
monotonic_time_is_positive(Node) ->
    ?assert(on(Node, fun() -> erlang:monotonic_time() end) > 0),
    ?assert(on(Node, fun() -> erlang:system_info(start_time) end) > 0),
    ?assert(erlang:system_info(start_time) < 0).

%% --- Helpers -------------------------------------------------------------------------------------------------------------

ended(F) ->
    {Pid, Monitor} = spawn_monitor(F),
    receive {'DOWN', Monitor, process, Pid, Reason} -> {Pid, Reason} end.

catch_error(F) ->
    try {none, F()} catch error:Reason -> {Reason, error} end.

is_prefix(Prefix, Binary) ->
    binary:longest_common_prefix([Prefix, Binary]) =:= byte_size(Prefix).
