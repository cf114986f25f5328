%% SPDX-License-Identifier: Apache-2.0
%% @doc Every function that the virtual machine itself provides, with arguments of random kinds: mostly wrong ones, so that what is
%% checked, in which order, and with which cause is compared. The list is the BEAM's own; left out is only what is below.
-module(diff_natives).

-export([call/0, natives/0, not_called/0]).

-import(diff_term, [pick/1, chance/1, below/1]).

%% @doc One call. Where identities are among the arguments, or where it is about the virtual machine, what counts is what kind of value
%% it gives, or which exception.
-spec call() -> {module(), atom(), [term()]}.
call() ->
    {Module, Function, Arity} = Name = element(below(tuple_size(table())) + 1, table()),
    case lists:member({Module, Function}, of_the_machine()) orelse Module =/= ets andalso chance(15) of
        true -> {diff_funs, outcome, [Module, Function, [identity(Name) || _ <- lists:seq(1, Arity)]]};
        false -> {Module, Function, [argument() || _ <- lists:seq(1, Arity)]}
    end.

table() ->
    case get(?MODULE) of
        undefined ->
            Table = list_to_tuple(natives()),
            put(?MODULE, Table),
            Table;
        Table -> Table
    end.

argument() ->
    diff_term:type(pick([any, integer, small, natural, atom, list, binary, bits, tuple, map, key, string, proplist, pairs, {function, 0}, {function, 1},
                         {function, 2}, boolean, float, iodata, improper, tuples, nil, {value, []}, {value, infinity}, {value, 'Elixir.Enum'}, {value, lists},
                         {value, -1}, {value, process}, {value, [{'$1', [], ['$_']}]}, {value, {'$1', '_', 1}}])).

%% What diff_funs:outcome/3 replaces, in particular.
identity({_, F, _}) ->
    case below(10) of
        N when N < 4 -> pick(['$self', '$dead', '$reference', '$table', '$alias', ['$self', '$dead'], {'$self', '$reference'}]);
        4 -> pick(names(F));
        _ -> argument()
    end.

names(system_info) -> [otp_release, wordsize, {wordsize, external}, schedulers, logical_processors, process_limit, atom_limit, version, machine, endian, delayed_node_table_gc];
names(statistics) -> [runtime, wall_clock, reductions, exact_reductions, garbage_collection, context_switches, io, run_queue, total_run_queue_lengths];
names(process_info) -> [status, links, messages, message_queue_len, dictionary, group_leader, heap_size, [trap_exit, priority], registered_name, [], reductions];
names(_) -> [second, native, millisecond, 1000, new, existing, flags, normal, kill, high, true, false].

%% Their values differ from one virtual machine to the next.
of_the_machine() ->
    [{erlang, F} || F <- [statistics, system_info, process_info, monotonic_time, system_time, time_offset, unique_integer, nodes]] ++
        [{erts_internal, F} || F <- [system_check, check_process_code, garbage_collect, is_process_executing_dirty]] ++ [{os, system_time}].

%% @doc The functions that are called.
-spec natives() -> [mfa()].
natives() ->
    Out = maps:from_list(not_called()),
    [Name || {_, _, A} = Name <- lists:usort(erlang:system_info(snifs)), A > 0, not is_map_key(Name, Out)].

%% @doc Those that take terms and are not called, with the reason.
-spec not_called() -> [{mfa(), Reason :: string()}].
not_called() ->
    [{Name, Reason} || {Reason, Names} <- reasons(), Name <- Names].

reasons() ->
    [{"ends, renames or stops the virtual machine or the caller",
      [{erlang, halt, 2}, {erlang, setnode, 2}, {erlang, hibernate, 3}, {erts_internal, spawn_system_process, 3}]},
     {"takes code away that others need, or is about what happens to be loaded",
      [{erlang, delete_module, 1}, {erlang, check_old_code, 1}, {erlang, module_loaded, 1}, {erlang, finish_after_on_load, 2}, {erlang, call_on_load_function, 1},
       {erlang, load_nif, 2}, {erts_internal, purge_module, 2}, {erlang, get_module_info, 1}, {erlang, get_module_info, 2}]},
     {"says that the node is not alive, which an engine always is", [{erlang, monitor_node, 2}, {erlang, monitor_node, 3}]},
     {"tells later, when it likes", [{erlang, trace_delivered, 1}]},
     {"dynamic tracing, with which a BEAM is built or not",
      [{erlang, dt_put_tag, 1}, {erlang, dt_spread_tag, 1}, {erlang, dt_restore_tag, 1}, {erlang, dt_prepend_vm_tag_data, 1}, {erlang, dt_append_vm_tag_data, 1}]},
     {"counts locks, which this BEAM was not built for", [{erts_debug, lcnt_control, 1}, {erts_debug, lcnt_control, 2}]},
     {"opens what a name says", [{erts_internal, open_port, 2}]},
     {"tells what it was told last, by whomever", [{erts_internal, scheduler_wall_time, 1}]},
     {"lets a reference tell which sort it is", [{erts_internal, is_process_alive, 2}]},
     {"for the process that controls a connection", [{erlang, dist_ctrl_put_data, 2}]},
     {"ends a BEAM, or reads what isn't there, when it is given something else than it expects",
      [{erts_internal, gather_alloc_histograms, 1}, {erts_internal, gather_carrier_info, 1}, {erl_ddll, try_load, 3}]},
     {"links the caller to what may die before or after it has told its result", [{erlang, spawn_link, 3}]},
     {"prints", [{erlang, display, 1}, {erlang, display_string, 1}, {erts_debug, display, 1}, {erts_internal, process_display, 2}]},
     {"takes as long, or as much memory, as a number says: called with small ones",
      [{erlang, make_tuple, 2}, {erlang, make_tuple, 3}, {erlang, 'bsl', 2}, {binary, copy, 2}, {erts_internal, atomics_new, 2}, {erts_internal, counters_new, 1}]},
     {"depends on the atoms there are: called with some that are", [{erlang, list_to_existing_atom, 1}, {erlang, binary_to_existing_atom, 2}]},
     {"stays: called in sequences that end what they begin",
      [{persistent_term, put, 2}, {persistent_term, erase, 1}, {os, putenv, 2}, {os, unsetenv, 1}, {os, getenv, 1}]}].
