%% SPDX-License-Identifier: Apache-2.0
%% Functions of the virtual machine with good and wrong arguments: values, and exceptions with what error_info says.
-module(same_natives).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

-import(same_calls, [t/1, calls/3]).

-define(T(Expression), t(fun() -> Expression end)).

id(X) -> X.

next() -> receive Message -> Message after 1000 -> nothing end.

dead() ->
    {Pid, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, process, Pid, _} -> Pid end.

idle() -> spawn(fun() -> receive after infinity -> ok end end).

closed_port() -> list_to_port("#Port<0.268435400>").

%% --- Shared arrays -----------------------------------------------------------------------------------------------------

atomics_signed() ->
    A = atomics:new(3, []),
    [is_reference(A), atomics:put(A, 1, 5), atomics:add(A, 1, -7), atomics:get(A, 1), atomics:add_get(A, 1, 1 bsl 62),
     atomics:add_get(A, 1, 1 bsl 62), atomics:exchange(A, 2, 9), atomics:exchange(A, 2, 10), atomics:compare_exchange(A, 2, 10, 11),
     atomics:compare_exchange(A, 2, 10, 12), atomics:sub(A, 3, 4), atomics:sub_get(A, 3, -1), maps:remove(memory, atomics:info(A))].

atomics_unsigned() ->
    A = atomics:new(1, [{signed, false}]),
    [atomics:sub_get(A, 1, 1), atomics:add_get(A, 1, 2), atomics:put(A, 1, (1 bsl 64) - 1), atomics:get(A, 1),
     maps:remove(memory, atomics:info(A)), ?T(atomics:put(A, 1, -1)), ?T(atomics:put(A, 1, 1 bsl 64)), ?T(atomics:add(A, 1, 1 bsl 64))].

atomics_wrong() ->
    A = atomics:new(2, []),
    [calls(atomics, new, [[0, []], [-1, []], [a, []], [1, a], [1, [{signed, 1}]], [1, [x]], [1 bsl 64, []], [0, [x]]]),
     calls(atomics, get, [[A, 0], [A, 3], [A, -1], [A, 1 bsl 64], [A, a], [make_ref(), 1], [a, 1]]),
     calls(atomics, put, [[A, 1, 1 bsl 63], [A, 1, -(1 bsl 63)], [A, 1, a], [A, 3, 1], [x, 1, 1]]),
     calls(atomics, add, [[A, 1, a], [A, 1, -(1 bsl 63)], [A, 1, -(1 bsl 64)]]),
     calls(atomics, add_get, [[A, 1, 1.0]]), calls(atomics, sub, [[A, 1, a], [A, 9, 1]]), calls(atomics, sub_get, [[A, 9, 1]]),
     calls(atomics, exchange, [[A, 1, a]]), calls(atomics, compare_exchange, [[A, 1, a, 1], [A, 1, 1, a]]), calls(atomics, info, [[a], [make_ref()]])].

atomics_shared() ->
    A = atomics:new(1, []),
    Workers = [spawn_monitor(fun() -> [atomics:add(A, 1, 1) || _ <- lists:seq(1, 1000)] end) || _ <- lists:seq(1, 10)],
    [receive {'DOWN', Monitor, process, Pid, normal} -> ok end || {Pid, Monitor} <- Workers],
    atomics:get(A, 1).

atomics_survive_collection() ->
    A = atomics:new(100, []),
    atomics:put(A, 100, 42),
    B = lists:foldl(fun(N, {Kept, _}) -> {Kept, lists:duplicate(N, {Kept, N})} end, {A, []}, lists:seq(1, 300)),
    erlang:garbage_collect(),
    erlang:garbage_collect(self(), [{type, minor}]),
    {atomics:get(A, 100), atomics:get(element(1, B), 100), A =:= element(1, B), A =:= atomics:new(1, [])}.

counters() ->
    [begin
         C = counters:new(2, Options),
         [counters:add(C, 1, 5), counters:sub(C, 1, 7), counters:get(C, 1), counters:put(C, 2, 1 bsl 62), counters:get(C, 2),
          maps:get(size, counters:info(C)), [element(1, C) || is_tuple(C)],
          ?T(counters:get(C, 3)), ?T(counters:add(C, 0, 1)), ?T(counters:add(C, 1, a)), ?T(counters:put(C, 1, 1 bsl 63)), ?T(counters:sub(C, 1, a))]
     end || Options <- [[], [atomics], [write_concurrency]]].

counters_wrong() ->
    [calls(counters, new, [[0, []], [a, []], [1, [x]], [1, x], [1, [atomics, write_concurrency]], [1 bsl 70, []]]),
     calls(counters, get, [[a, 1], [{atomics, a}, 1], [{write_concurrency, make_ref()}, 1]]), calls(counters, info, [[a]])].

compiled_patterns() ->
    One = binary:compile_pattern(<<"b">>),
    Several = binary:compile_pattern([<<"b">>, <<"ca">>]),
    [[{Kind, is_reference(Handle)} || {Kind, Handle} <- [One, Several]],
     binary:matches(<<"abcabc">>, One), binary:matches(<<"abcabc">>, Several), binary:split(<<"abcabc">>, Several, [global]),
     calls(binary, match, [[<<"abc">>, {bm, make_ref()}], [<<"abc">>, {ac, element(2, One)}], [<<"abc">>, {bm, <<"b">>}]])].

%% --- Ports, drivers, nodes -----------------------------------------------------------------------------------------------

ports() ->
    P = closed_port(),
    [calls(erlang, port_info, [[P], [nobody], [1], [P, name], [P, x], [nobody, name], [1, name]]),
     calls(erlang, port_command, [[P, <<>>], [P, <<>>, [x]], [nobody, <<>>, [force, nosuspend]], [1, x]]),
     calls(erlang, port_connect, [[P, self()], [nobody, self()]]), calls(erlang, port_close, [[P], [nobody], [1]]),
     calls(erlang, port_control, [[P, 1, <<>>], [1, 1, 1]]), calls(erlang, port_call, [[P, 1], [P, 1, x]]),
     calls(erlang, port_set_data, [[P, 1]]), calls(erlang, port_get_data, [[P]]),
     calls(erlang, open_port, [[{spawn, "ls"}, [nonsense]], [{spawn, "ls"}, x], [{spawn, 1}, []], [1, []], [{spawn_driver, "no_such_driver"}, []]]),
     ?T(P ! message), ?T(erlang:exit(P, reason)), ?T(unlink(P)), ?T(is_process_alive(P)), node(P) =:= node()].

port_monitors() ->
    P = closed_port(),
    [begin R = monitor(port, Port), {'DOWN', R, port, Object, noproc} = next(), Object end || Port <- [P, nobody, {nobody, node()}]]
        ++ [begin R = monitor(port, nobody, [{tag, gone}]), {gone, R, port, _, noproc} = next(), demonitor(R, [flush, info]) end,
            is_reference(monitor(time_offset, clock_service)),
            calls(erlang, monitor, [[port, 1], [port, {a, b}], [port, self()], [time_offset, x], [x, x], [port, nobody, [x]]])].

drivers() ->
    [calls(erl_ddll, try_unload, [["no_such", []], [1, []], ["no_such", [x]]]),
     calls(erl_ddll, try_load, [["/tmp", "no_such", []], [1, "no_such", []], ["/tmp", "no_such", [x]]]),
     calls(erl_ddll, info, [["no_such", processes], ["no_such", x]]), calls(erl_ddll, demonitor, [[make_ref()], [1]]),
     [begin R = erl_ddll:monitor(driver, {"no_such", When}), setelement(2, next(), R) end || When <- [loaded, unloaded]],
     calls(erl_ddll, monitor, [[driver, {"no_such", x}], [x, {"no_such", loaded}]])].

nodes_with_information() ->
    [erlang:nodes(this, #{}), erlang:nodes([this], #{node_type => true, connection_id => true}), erlang:nodes(visible, #{}),
     calls(erlang, nodes, [[x, #{}], [this, #{x => true}], [this, #{node_type => 1}], [this, x], [[this | x], #{}]])].

monitor_node_options() ->
    [calls(erlang, monitor_node, [[node(), true, []], [node(), false, [allow_passive_connect]], [a@b, true, [x]], [node(), x, []], [1, true, []]])].

distribution_channels() ->
    [calls(erlang, dist_get_stat, [[x]]), calls(erlang, dist_ctrl_get_data, [[x]]), calls(erlang, dist_ctrl_put_data, [[x, <<>>]]),
     calls(erlang, dist_ctrl_set_opt, [[x, get_size, true]]), calls(erlang, dist_ctrl_get_opt, [[x, get_size]]),
     calls(erlang, dist_ctrl_input_handler, [[x, self()]]), calls(erlang, dist_ctrl_get_data_notification, [[x]]), calls(erlang, setnode, [[a, x]]),
     calls(erts_internal, abort_pending_connection, [[a, x]])].

%% --- Tracing -------------------------------------------------------------------------------------------------------------

tracing() ->
    [calls(erlang, trace, [[self(), false, [call]], [self(), false, [x]], [x, true, [call]], [x, true, [x]], [all, x, [call]], [new, false, [all]]]),
     calls(erlang, trace_pattern, [[{foo, foo, 2}, false, [local]], [{foo, foo, x}, false, [local]], [{foo, foo, 1}, false, [x]],
                                   [{foo, foo, 1}, x, []], [{foo, foo}, false], [{'_', foo, '_'}, false, []]]),
     calls(erlang, trace_info, [[self(), flags], [self(), tracer], [self(), x], [x, flags], [new, flags], [{lists, reverse, 2}, traced],
                                [{lists, nothing_such, 2}, all], [{x}, traced], [dead(), flags], [all, flags], [send, match_spec]]),
     begin R = erlang:trace_delivered(all), {trace_delivered, all, R} = next() end,
     calls(erlang, trace_delivered, [[x]])].

sequential_tracing() ->
    [seq_trace:get_token(), seq_trace:set_token([]), seq_trace:get_system_tracer(), seq_trace:set_system_tracer(false), seq_trace:reset_trace(),
     erlang:seq_trace_print(x), erlang:seq_trace_print(1, x),
     calls(erlang, seq_trace_info, [[I] || I <- [send, 'receive', print, timestamp, monotonic_timestamp, label, serial, x]]),
     calls(erlang, seq_trace, [[x, []], [sequential_trace_token, x], [send, x]])].

dynamic_trace_tags() ->
    [erlang:dt_get_tag(), erlang:dt_get_tag_data(), erlang:dt_put_tag(<<"x">>), erlang:dt_append_vm_tag_data(<<"x">>), erlang:dt_prepend_vm_tag_data(<<"x">>),
     calls(erlang, dt_spread_tag, [[true], [1]]), calls(erlang, dt_restore_tag, [[true], [1]])].

system_monitors() ->
    [erlang:system_monitor(), erlang:system_profile(),
     calls(erlang, system_monitor, [[undefined], [{self(), []}], [self(), []], [self(), [x]], [undefined, [x]], [x]]),
     calls(erlang, system_profile, [[undefined, [x]], [x, [x]]])].

%% --- Processes -----------------------------------------------------------------------------------------------------------

suspend() ->
    Pid = idle(),
    [suspend_process(Pid), suspend_process(Pid, [unless_suspending]), suspend_process(Pid, [asynchronous]), process_info(Pid, status),
     [{Count, Open} || {suspending, [{_, Count, Open}]} <- [process_info(self(), suspending)]],
     erlang:resume_process(Pid), process_info(Pid, status), erlang:resume_process(Pid), waits(Pid),
     ?T(erlang:resume_process(Pid)), exit(Pid, kill)].

waits(Pid) ->
    case process_info(Pid, status) of
        {status, waiting} -> waits;
        {status, running} -> erlang:yield(), waits(Pid)
    end.

suspend_process(Pid) -> erlang:suspend_process(Pid).
suspend_process(Pid, Options) -> erlang:suspend_process(Pid, Options).

suspended_does_nothing() ->
    Self = self(),
    Pid = spawn(fun Loop() -> receive {ping, N} -> Self ! {pong, N}, Loop() end end),
    Pid ! {ping, 1},
    First = next(),
    true = suspend_process(Pid),
    Pid ! {ping, 2},
    Second = receive {pong, 2} -> came after 50 -> nothing end,
    {messages, Queue} = process_info(Pid, messages),
    erlang:resume_process(Pid),
    [First, Second, Queue, next(), exit(Pid, kill)].

suspended_busy_process() ->
    Counter = atomics:new(1, []),
    Pid = spawn(fun Loop() -> atomics:add(Counter, 1, 1), Loop() end),
    true = suspend_process(Pid),
    Before = atomics:get(Counter, 1),
    receive after 20 -> ok end,
    Still = atomics:get(Counter, 1) =:= Before,
    erlang:resume_process(Pid),
    receive after 50 -> ok end,
    [Still, atomics:get(Counter, 1) > Before, exit(Pid, kill)].

suspended_can_be_killed() ->
    {Pid, Monitor} = spawn_monitor(fun() -> receive after infinity -> ok end end),
    true = suspend_process(Pid),
    exit(Pid, kill),
    receive {'DOWN', Monitor, process, Pid, Reason} -> Reason end.

suspender_dies() ->
    Pid = idle(),
    {Suspender, Monitor} = spawn_monitor(fun() -> suspend_process(Pid), suspend_process(Pid) end),
    receive {'DOWN', Monitor, process, Suspender, normal} -> ok end,
    [waits(Pid, 1000), exit(Pid, kill)].

waits(Pid, Tries) ->
    case process_info(Pid, status) of
        {status, waiting} -> true;
        Other when Tries =:= 0 -> Other;
        _ -> receive after 5 -> waits(Pid, Tries - 1) end
    end.

suspend_asynchronously() ->
    Pid = idle(),
    [suspend_process(Pid, [{asynchronous, tag}]), next(), erlang:resume_process(Pid), exit(Pid, kill),
     suspend_process(dead(), [{asynchronous, tag}]), next()].

suspend_wrong() ->
    [calls(erlang, suspend_process, [[self()], [1], [dead()], [self(), [x]], [idle(), [x]], [idle(), x]]), calls(erlang, resume_process, [[self()], [1]])].

process_flags() ->
    [calls(erlang, process_flag, [[trap_exit, x], [trap_exit, true], [nothing_such, x], [priority, x], [priority, normal], [save_calls, x], [save_calls, 10001],
                                  [save_calls, 0], [min_heap_size, -1], [error_handler, 1], [message_queue_data, x], [sensitive, 1], [fullsweep_after, x]]),
     calls(erlang, process_flag, [[self(), save_calls, 0], [self(), save_calls, 10001], [self(), x, 1], [1, save_calls, 1], [dead(), save_calls, 1], [dead(), save_calls, x], [dead(), [], b], [idle(), save_calls, 5]])].

process_display_wrong() -> calls(erlang, process_display, [[self(), x], [1, backtrace], [1, x], [dead(), backtrace]]).

check_process_code_options() ->
    [calls(erlang, check_process_code, [[self(), lists], [self(), nothing_such], [1, lists], [self(), 1], [self(), lists, [x]], [dead(), lists]]),
     erlang:check_process_code(self(), lists, [{async, x}]), next(), erlang:check_process_code(idle(), lists, [{async, y}, {allow_gc, false}]), next()].

garbage_collect_options() ->
    [calls(erlang, garbage_collect, [[self(), [x]], [1, []], [self(), [{type, minor}]], [self(), [{type, x}]], [dead()], [idle()]]),
     erlang:garbage_collect(self(), [{async, x}]), next(), erlang:garbage_collect(idle(), [{async, y}, {type, major}]), next()].

request_for_another() ->
    [erts_internal:request_system_task(self(), self(), normal, {garbage_collect, x, major}), next(),
     ?T(erts_internal:request_system_task(self(), normal, {nothing_such, x})), erts_internal:is_process_executing_dirty(self()),
     ?T(erts_internal:is_process_executing_dirty(1)), ?T(erts_internal:dirty_process_handle_signals(self())),
     ?T(erts_internal:check_dirty_process_code(self(), lists)), erts_internal:system_check(schedulers)].

spawn_options_wrong() ->
    [calls(erlang, spawn_opt, [[m, f, [], [x]], [1, f, [], [x]], [1, f, [], []], [m, f, x, []], [m, f, [], [{priority, x}]], [fun() -> ok end, [x]]]),
     calls(erlang, bump_reductions, [[0], [1], [-1], [a]])].

halt_wrong() -> calls(erlang, halt, [[x], [-1], [1, [x]], [1, [{flush, x}]], [1, x], [[-1]]]).

%% --- The system ----------------------------------------------------------------------------------------------------------

system_flags() ->
    Old = erlang:system_flag(fullsweep_after, 20),
    Default = erlang:system_info(fullsweep_after),
    {_, Spawned} = spawn_monitor(fun() -> exit(process_info(self(), fullsweep_after)) end),
    Told = receive {'DOWN', Spawned, process, _, Reason} -> Reason end,
    [Old, Default, Told, erlang:system_flag(fullsweep_after, Old), erlang:system_flag(max_heap_size, 0), erlang:system_flag(backtrace_depth, 8),
     erlang:system_flag(scheduler_wall_time, false), erlang:system_flag(multi_scheduling, unblock), erlang:system_flag(trace_control_word, 0),
     erlang:system_flag(time_offset, finalize), erlang:system_flag(microstate_accounting, false), erlang:system_flag(sequential_tracer, false),
     calls(erlang, system_flag, [[x, 1], [fullsweep_after, -1], [min_heap_size, x], [max_heap_size, x], [backtrace_depth, x], [schedulers_online, x],
                                 [multi_scheduling, x], [scheduler_wall_time, x]])].

system_items() ->
    [{Item, erlang:system_info(Item)}
     || Item <- [build_type, compat_rel, debug_compiled, driver_version, ets_always_compress, ets_realloc_moves, dynamic_trace, dynamic_trace_probes,
                 emu_type, endian, heap_type, machine, max_heap_size, message_queue_data, modified_timing_level, multi_scheduling,
                 multi_scheduling_blockers, nif_version, normal_multi_scheduling_blockers, os_type, os_version, otp_release, port_parallelism,
                 scheduler_bind_type, sequential_tracer, smp_support, threads, time_correction, time_offset, time_warp_mode,
                 tolerant_timeofday, trace_control_word, version, wordsize, {wordsize, internal}, {wordsize, external}, {cpu_topology, defined}]].

%% Values differ, shapes do not.
system_shapes() ->
    [{Item, shape(erlang:system_info(Item))}
     || Item <- [allocator, atom_count, atom_limit, c_compiler_used, context_reductions, creation, delayed_node_table_gc, dirty_io_schedulers, end_time, ets_limit, fullsweep_after,
                 garbage_collection, min_heap_size, min_bin_vheap_size, os_monotonic_time_source, os_system_time_source, port_count, port_limit, process_count,
                 process_limit, schedulers, schedulers_online, start_time, schedulers_state, all_schedulers_state, system_architecture, system_version]]
        ++ calls(erlang, system_info, [[x], [{x, y}], [1], [atom_used], [elib_malloc], [{wordsize, x}]]).

shape(N) when is_integer(N) -> integer;
shape([C | _]) when is_integer(C) -> text;
shape([{_, _} | _] = Pairs) -> [{K, shape(V)} || {K, V} <- Pairs];
shape(L) when is_list(L) -> list;
shape({K, V}) when is_atom(K) -> {K, shape(V)};
shape(T) when is_tuple(T) -> tuple_size(T);
shape(Atom) when is_atom(Atom) -> atom;
shape(_) -> other.

statistics_shapes() ->
    [{Item, shape(erlang:statistics(Item))} || Item <- [context_switches, exact_reductions, garbage_collection, reductions, runtime, wall_clock, io,
                                                          run_queue, total_run_queue_lengths, total_active_tasks, scheduler_wall_time]]
        ++ calls(erlang, statistics, [[x], [1]]).

memory_kinds() ->
    [[Kind || {Kind, N} <- erlang:memory(), is_integer(N)], [{Kind, is_integer(erlang:memory(Kind))} || Kind <- [total, processes, system, atom, binary, ets]],
     [K || {K, _} <- erlang:memory([total, atom])], calls(erlang, memory, [[x], [1], [[x]]])].

sizes() ->
    Five = list_to_integer("5"),
    Long = iolist_to_binary(lists:duplicate(10, "abcdefghij")),
    [erts_debug:flat_size(T)
     || T <- [make_ref(), alias(), fun() -> ok end, fun() -> Long end, fun lists:seq/2, binary:copy(Long, 2), binary:part(Long, 3, 90), binary:copy(<<Five>>, 10),
              <<Five:3>>, maps:remove(a, #{a => Five}), #{Five => 1}, #{Five => 1, a => 2, b => 3}, maps:from_list([{I, I} || I <- lists:seq(1, 40)]),
              maps:from_list([{I, I} || I <- lists:seq(1, 1000)]), 1 bsl (59 + Five), -(1 bsl (100 + Five)), Five + 0.5, {Five, Five}, {}, [Five, Five], self(), a]].

shared_sizes() ->
    List = lists:seq(1, list_to_integer("100")),
    Twice = {List, List, [List | List]},
    [erts_debug:size_shared(Twice), erts_debug:flat_size(Twice), erts_debug:size(Twice), erts_debug:copy_shared(Twice) =:= Twice,
     erts_debug:same(List, List), erts_debug:same(List, lists:seq(1, 100)), ?T(erts_debug:map_info(x)), ?T(erts_debug:get_internal_state(x))].

persistent_terms() ->
    Key = {?MODULE, make_ref()},
    [persistent_term:put(Key, [1, 2]), persistent_term:get(Key), persistent_term:get(Key, x), [{?MODULE, V} || {K, V} <- persistent_term:get(), K =:= Key], persistent_term:erase(Key), persistent_term:erase(Key),
     persistent_term:get(Key, x), ?T(persistent_term:get(id(no_such_key)))].

time_units() ->
    [is_integer(erlang:monotonic_time(Unit)) || Unit <- [second, millisecond, microsecond, nanosecond, native, perf_counter, 1, 1000, 7, 1 bsl 70]]
        ++ [calls(erlang, F, [[x], [0], [-1], [1.0]]) || F <- [monotonic_time, system_time, time_offset]]
        ++ [erlang:convert_time_unit(7, second, 1 bsl 70), ?T(os:system_time(x)), erlang:system_time(1 bsl 70) > 0].

calendar_limits() ->
    [calls(erlang, posixtime_to_universaltime, [[0], [-1], [1 bsl 31], [1 bsl 40], [1 bsl 59], [1 bsl 63], [x], [951782400], [4107542399]]),
     calls(erlang, universaltime_to_posixtime, [[{{1600, 1, 1}, {0, 0, 0}}], [{{1599, 12, 31}, {0, 0, 0}}], [{{1969, 12, 31}, {23, 59, 59}}], [{{2000, 2, 29}, {0, 0, 0}}],
                                                [{{1900, 2, 29}, {0, 0, 0}}], [{{12345, 6, 7}, {8, 9, 10}}], [{{2020, 1, 1}, {24, 0, 0}}], [x]]),
     calls(erlang, universaltime_to_localtime, [[{{1969, 1, 1}, {0, 0, 0}}], [{{1901, 1, 1}, {0, 0, 0}}], [{{2020, 13, 1}, {0, 0, 0}}]]),
     calls(erlang, localtime_to_universaltime, [[{{1969, 1, 1}, {0, 0, 0}}], [{{2020, 7, 1}, {0, 0, 0}}, true], [{{2020, 7, 1}, {0, 0, 0}}, x], [{{1901, 1, 1}, {0, 0, 0}}]])].

environment() ->
    [os:putenv("TANDEM_SAME", "å=1"), os:getenv("TANDEM_SAME"), os:getenv(["TAN", [[], "DEM"] | "_SAME"]), lists:keyfind("TANDEM_SAME", 1, os:env()), os:unsetenv("TANDEM_SAME"), os:getenv("TANDEM_SAME"),
     calls(os, getenv, [[x], [[0]], ["a=b"], [[<<"a">>]], [["a" | b]], [""]]), calls(os, putenv, [["a=b", "x"], [x, "x"], ["x", x]]), calls(os, unsetenv, [["a=b"], [x]]),
     is_integer(list_to_integer(os:getpid())), is_integer(os:perf_counter())].

packets() ->
    [erlang:decode_packet(http, <<"GET /x HTTP/1.1\r\nrest">>, []), erlang:decode_packet(line, <<"one\ntwo">>, []), erlang:decode_packet(4, <<0, 0, 0, 2, 1, 2, 3>>, []),
     erlang:decode_packet(2, <<0, 9, 1>>, []), calls(erlang, decode_packet, [[x, <<>>, []], [line, <<>>, [x]], [line, x, []]]),
     erlang:match_spec_test({1, 2}, [{{'$1', '_'}, [], ['$1']}], table), ?T(erlang:match_spec_test(x, x, x))].
