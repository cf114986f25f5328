%% SPDX-License-Identifier: Apache-2.0
%% @doc Every function that the virtual machine itself provides, with arguments of random kinds: mostly wrong ones, so that what is
%% checked, in which order, and with which cause is compared. The list is the BEAM's own; left out is only what is below.
-module(diff_natives).

-export([call/0, natives/0]).

-import(diff_term, [pick/1, chance/1]).

%% @doc One call.
-spec call() -> {module(), atom(), [term()]}.
call() ->
    {Module, Function, Arity} = element(diff_term:below(tuple_size(table())) + 1, table()),
    {Module, Function, [argument() || _ <- lists:seq(1, Arity)]}.

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
                         {value, -1}, {value, process}, {value, [{'$1', [], ['$_']}]}, {value, {'$1', '_'}}])).

%% @doc The functions that are called.
-spec natives() -> [mfa()].
natives() ->
    [{M, F, A} || {M, F, A} <- lists:usort(erlang:system_info(snifs)), A > 0, is_called(M, F)].

is_called(Module, Function) -> not lists:member(Module, other_modules()) andalso not lists:member({Module, Function}, others()).

%% What is about the inside of one virtual machine or about files.
other_modules() ->
    [erts_debug, erl_ddll, erts_literal_area_collector, erl_tracer, erts_dirty_process_signal_handler, erts_code_purger, init, erts_trace_cleaner, prim_buffer, prim_file,
     prim_net, prim_socket, prim_zip, prim_inet, socket_registry, zlib, erl_prim_loader, erts_internal, net_kernel].

others() ->
    %% Ends or changes the virtual machine.
    [{erlang, F} || F <- [halt, setnode, load_nif, system_flag, system_monitor, system_profile, trace_delivered, trace_info, seq_trace, seq_trace_info, seq_trace_print,
                          monitor_node, dt_put_tag, dt_spread_tag, dt_restore_tag, dt_prepend_vm_tag_data, dt_append_vm_tag_data, spawn_request_abandon]] ++
        [{erlang, F} || F <- [dist_ctrl_get_data, dist_ctrl_get_data_notification, dist_ctrl_get_opt, dist_ctrl_input_handler, dist_ctrl_put_data,
                              dist_ctrl_set_opt, dist_get_stat, create_dist_channel]] ++
        %% Prints.
        [{erlang, F} || F <- [display, display_nl, display_string]] ++
        %% Takes as long, or as much, as a number says.
        [{erlang, F} || F <- [make_tuple, 'bsl', bump_reductions, hibernate, suspend_process, resume_process]] ++
        [{lists, duplicate}, {binary, copy}] ++
        %% Depends on the atoms there are.
        [{erlang, list_to_existing_atom}, {erlang, binary_to_existing_atom}] ++
        %% Differs from one virtual machine to the next.
        [{erlang, F} || F <- [statistics, system_info, process_info, get_module_info, monotonic_time, system_time, time_offset, unique_integer, loaded, nodes, module_loaded, delete_module,
                              check_old_code, call_on_load_function, finish_after_on_load, prepare_loading, finish_loading, has_prepared_code_on_load]] ++
        [{persistent_term, F} || F <- [put, erase]] ++ [{os, F} || F <- [getenv, putenv, unsetenv, system_time, perf_counter, set_signal]] ++ [{re, version}].
