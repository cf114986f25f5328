%% SPDX-License-Identifier: Apache-2.0
%% What differs from the BEAM in processes, signals, timers, memory and what is told of them: README.md lists it, and each test shows one difference.
%% A test that fails here may mean that a difference is gone, and its line in README.md with it.
-module(tandem_differences_tests).

-include_lib("eunit/include/eunit.hrl").

-import(tandem_support, [each_on_an_engine/1, on/2]).

all_test_() ->
    each_on_an_engine([{other_nodes_are_unknown, fun other_nodes_are_unknown/1},
                       {no_calls_are_saved, fun no_calls_are_saved/1}, {nothing_is_traced, fun nothing_is_traced/1}, {no_profilers, fun no_profilers/1},
                       {listings_are_names, fun listings_are_names/1}, {lists_of_its_own, fun lists_of_its_own/1},
                       {small_heaps, fun small_heaps/1}, {least_heaps_are_kept, fun least_heaps_are_kept/1}, {small_parts_of_binaries, fun small_parts_of_binaries/1},
                       {tables_are_not_compressed, fun tables_are_not_compressed/1}, {memory_of_processes, fun memory_of_processes/1},
                       {constants_are_not_copied, fun constants_are_not_copied/1}, {inside_of_a_beam, fun inside_of_a_beam/1}, {fixed_flags, fun fixed_flags/1},
                       {all_schedulers_are_online, fun all_schedulers_are_online/1}, {what_is_not_counted, fun what_is_not_counted/1},
                       {monotonic_time_is_positive, fun monotonic_time_is_positive/1}, {shared_binaries_count, fun shared_binaries_count/1}]).

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
                                                           fun() -> erlang:system_monitor(self(), [busy_port]) end,
                                                           fun() -> erlang:system_profile(self(), [runnable_procs]) end,
                                                           fun() -> seq_trace:set_token(label, 17) end]] end,
    ?assertEqual([badarg, badarg, badarg, badarg, badarg], on(Node, Asked)),
    ?assertEqual(1, on(Node, fun() -> erlang:trace(self(), false, [all]) end)).

%% What is built on tracing, or on what a BEAM counts of itself. cover, which changes code, works.
no_profilers(Node) ->
    ?assertEqual([badarg, badarg], on(Node, fun() -> [element(1, catch_error(F)) || F <- [fun cprof:start/0, fun msacc:start/0]] end)),
    ?assertMatch({error, _}, on(Node, fun() -> instrument:allocations() end)),
    {ok, _} = on(Node, fun() -> cover:start(), cover:compile_beam(code:which(tandem_tests_sup)) end),
    ?assertMatch({{ok, {tandem_tests_sup, {Covered, _}}}, ok} when Covered > 0,
                 on(Node, fun() -> {ok, _} = tandem_tests_sup:init([]), {cover:analyse(tandem_tests_sup, coverage, module), cover:stop()} end)).

listings_are_names(Node) ->
    Lines = fun(Item) -> binary:split(erlang:system_info(Item), <<"\n">>, [global, trim]) end,
    Names = fun(Item, Prefixes) -> lists:all(fun(Line) -> lists:any(fun(Prefix) -> is_prefix(Prefix, Line) end, Prefixes) end, Lines(Item)) end,
    Items = [{procs, [<<"=proc:<">>]}, {loaded, [<<"=mod:">>]}, {dist, [<<"=node:">>]}, {info, [<<"=proc:<">>, <<"=mod:">>, <<"=node:">>]}],
    ?assertEqual([], [Item || {Item, Prefixes} <- Items, not on(Node, fun() -> Names(Item, Prefixes) end)]),
    ?assertEqual([], [Item || {Item, Prefixes} <- Items, Names(Item, Prefixes)]).

%% What is the VM's can be reached, but is not among what the engine lists.
lists_of_its_own(Node) ->
    ?assertEqual({true, false, false, [], false}, on(Node, fun() -> {is_pid(whereis(user)), lists:member(user, registered()), lists:member(whereis(user), processes()),
                                                                     erlang:ports(), lists:member(kernel, erlang:loaded())} end)),
    ?assertEqual(node(), on(Node, fun() -> node(group_leader()) end)),
    ?assertEqual([undefined, undefined, undefined, undefined],
                 on(Node, fun() -> [whereis(Name) || Name <- [erl_prim_loader, inet_db, global_name_server, rex]] end)).

%% A fresh process has a few hundred bytes; its least heap is that of no BEAM.
small_heaps(Node) ->
    Least = fun() -> {min_heap_size, Words} = process_info(self(), min_heap_size), Words end,
    ?assertEqual(233, Least()),
    ?assert(on(Node, Least) < 233),
    Asked = fun() -> Self = self(), spawn_opt(fun() -> Self ! {least, Least()} end, [{min_heap_size, 1000}]), receive {least, Words} -> Words end end,
    ?assert(on(Node, Asked) >= 1000).

%% A limit for the heap that counts shared binaries, as since OTP 27; OTP 25 doesn't look at the key.
shared_binaries_count(Node) ->
    Limit = fun(Shared) -> #{size => 500_000, error_logger => false, include_shared_binaries => Shared} end,
    Keep = fun(Shared) -> fun() ->
                                  _ = process_flag(max_heap_size, Limit(Shared)),
                                  Kept = [binary:copy(<<0>>, 100_000) || _ <- lists:seq(1, 100)],
                                  erlang:garbage_collect(),
                                  exit({kept, length(Kept), maps:size(element(2, process_info(self(), max_heap_size)))})
                          end end,
    End = fun(Shared) -> {_, Reason} = spawn_monitor(Keep(Shared)), receive {'DOWN', _, process, _, Why} -> {is_reference(Reason), Why} end end,
    Spawned = fun() -> {_, M} = spawn_opt(fun() -> Kept = [binary:copy(<<0>>, 100_000) || _ <- lists:seq(1, 100)], exit(length(Kept)) end,
                                          [monitor, {max_heap_size, Limit(true)}]),
                       receive {'DOWN', M, process, _, Why} -> Why end end,
    ?assertEqual([{true, killed}, {true, {kept, 100, 3}}, killed], on(Node, fun() -> [End(true), End(false), Spawned()] end)),
    ?assertEqual([{true, {kept, 100, 3}}, {true, {kept, 100, 3}}, 100], [End(true), End(false), Spawned()]),
    ?assertEqual(badarg, on(Node, fun() -> try process_flag(max_heap_size, Limit(much)) catch error:Reason -> Reason end end)).

%% The BEAM takes the next of its sizes.
least_heaps_are_kept(Node) ->
    Kept = fun() -> process_flag(min_heap_size, 100), {min_heap_size, Words} = process_info(self(), min_heap_size), Words end,
    ?assertEqual(100, on(Node, Kept)),
    {_, {value, Here}} = ended(fun() -> exit({value, Kept()}) end),
    ?assert(Here > 100).

%% A small part of a small binary is no copy.
small_parts_of_binaries(Node) ->
    Part = fun() -> <<A:60/binary, _/binary>> = binary:copy(<<"x">>, 63), binary:referenced_byte_size(A) end,
    ?assertEqual([60, 63], [Part(), on(Node, Part)]).

tables_are_not_compressed(Node) ->
    Words = fun(Options) ->
                T = ets:new(t, Options),
                ets:insert(T, {key, lists:duplicate(1000, constant)}),
                {proplists:get_bool(compressed, ets:info(T)), ets:info(T, memory)}
            end,
    ?assertMatch({{true, Compressed}, {false, Plain}} when Compressed < Plain, {Words([compressed]), Words([])}),
    ?assertMatch({{true, Same}, {false, Same}}, on(Node, fun() -> {Words([compressed]), Words([])} end)).

memory_of_processes(Node) ->
    Rest = fun() -> M = maps:from_list(erlang:memory()), maps:get(total, M) - lists:sum([maps:get(Kind, M) || Kind <- [processes, atom, binary, code, ets]]) end,
    ?assertEqual(0, on(Node, Rest)),
    ?assert(Rest() > 0).

%% On the BEAM the copies are part of the heap of who keeps them.
constants_are_not_copied(Node) ->
    {[One, Two], File} = {[code_with(lists:seq(N, N + 20_000)) || N <- [1, 2]], "x"},
    Held = fun() ->
               {module, M} = code:load_binary(tandem_differs_6, File, One),
               Pid = spawn(fun() -> Constant = M:f(), receive stop -> length(Constant) end end),
               true = tandem_support:until(fun() -> process_info(Pid, status) =:= {status, waiting} end),
               {module, M} = code:load_binary(M, File, Two),
               _ = code:purge(M),
               Grows = tandem_support:until(fun() -> {_, Words} = process_info(Pid, total_heap_size), Words > 20_000 end, 100),
               Pid ! stop,
               Grows
           end,
    ?assertEqual([true, false], [Held(), on(Node, Held)]).

code_with(Constant) ->
    {ok, _, Code} = compile:forms([{attribute, 1, module, tandem_differs_6}, {attribute, 1, export, [{f, 0}]},
                                   {function, 1, f, 0, [{clause, 1, [], [], [erl_parse:abstract(Constant)]}]}], []),
    Code.

%% --- What is told ----------------------------------------------------------------------------------------------------------

inside_of_a_beam(Node) ->
    Items = [{allocator, {undefined, [], [], []}}, {allocated_areas, []}, {alloc_util_allocators, []}, {cpu_topology, undefined}, {check_io, []}, {taints, []},
             {port_limit, 1024}, {dirty_cpu_schedulers, 0}, {dirty_io_schedulers, 0}, {thread_pool_size, 0}, {emu_flavor, emu},
             {snifs, badarg}, {ethread_info, badarg}, {ethread_used_tse, badarg}, {emu_args, badarg}],
    Tell = fun(Item) -> try erlang:system_info(Item) catch error:badarg -> badarg end end,
    ?assertEqual(Items, on(Node, fun() -> [{Item, Tell(Item)} || {Item, _} <- Items] end)),
    ?assertEqual([], [Item || {Item, There} <- Items, Item =/= taints, Item =/= emu_flavor, Tell(Item) =:= There]),
    ?assert(on(Node, fun() -> erlang:system_info(process_limit) end) > 100_000_000),
    ?assertMatch({_, _}, binary:match(list_to_binary(on(Node, fun() -> erlang:system_info(system_version) end)), <<"[tandem]">>)).

fixed_flags(Node) ->
    Flags = [{multi_scheduling, block}, {microstate_accounting, true}, {dirty_cpu_schedulers_online, 1}, {trace_control_word, 5}],
    ?assertEqual([badarg || _ <- Flags], on(Node, fun() -> [element(1, catch_error(fun() -> erlang:system_flag(Flag, Value) end)) || {Flag, Value} <- Flags] end)).

%% The number is kept and told; all of them run.
all_schedulers_are_online(_) ->
    {ok, Pid, Node} = tandem:start(#{schedulers => 2}),
    ?assertEqual({2, 1}, on(Node, fun() -> {erlang:system_flag(schedulers_online, 1), erlang:system_info(schedulers_online)} end)),
    ?assert(tandem_support:until(fun() -> length(on(Node, fun used_schedulers/0)) =:= 2 end)),
    ok = tandem:stop(Pid).

used_schedulers() ->
    Self = self(),
    Pids = [spawn(fun() -> _ = lists:sum(lists:seq(1, 300_000)), Self ! {self(), erlang:system_info(scheduler_id)} end) || _ <- lists:seq(1, 8)],
    lists:usort([receive {Pid, Scheduler} -> Scheduler end || Pid <- Pids]).

what_is_not_counted(Node) ->
    ?assertMatch({{Collections, 0, 0}, {{input, 0}, {output, 0}}, []} when Collections > 0,
                 on(Node, fun() -> erlang:garbage_collect(), {erlang:statistics(garbage_collection), erlang:statistics(io), erlang:statistics(microstate_accounting)} end)),
    ?assertMatch({_, Words, 0} when Words > 0, erlang:statistics(garbage_collection)).

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
