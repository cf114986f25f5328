%% SPDX-License-Identifier: Apache-2.0
%% What differs from the BEAM in what belongs to the VM, in tables, names, code and terms: README.md lists it, and each test shows
%% one difference. A test that fails here may mean that a difference is gone, and its line in README.md with it.
-module(tandem_host_differences_tests).

-include_lib("eunit/include/eunit.hrl").

-import(tandem_support, [each_on_an_engine/1, on/2]).

all_test_() ->
    each_on_an_engine([{module_in_memory_is_unknown, fun module_in_memory_is_unknown/1}, {fun_of_module_in_memory, fun fun_of_module_in_memory/1},
                       {code_paths_are_the_hosts, fun code_paths_are_the_hosts/1}, {code_that_is_not_proved, fun code_that_is_not_proved/1}, {code_marked_as_newer, fun code_marked_as_newer/1}, {features_of_the_language, fun features_of_the_language/1},
                       {engines_do_not_know_each_other, fun engines_do_not_know_each_other/1}, {names_of_the_host, fun names_of_the_host/1},
                       {global_is_the_hosts, fun global_is_the_hosts/1}, {pg_scopes_do_not_join, fun pg_scopes_do_not_join/1},
                       {no_nodes_are_seen, fun no_nodes_are_seen/1}, {init_stop_ends_the_engine, fun init_stop_ends_the_engine/1},
                       {host_applications_start_there, fun host_applications_start_there/1},
                       {no_ports, fun no_ports/1}, {no_sockets, fun no_sockets/1}, {no_native_code, fun no_native_code/1},
                       {compiled_regular_expressions, fun compiled_regular_expressions/1}, {patterns_that_differ, fun patterns_that_differ/1},
                       {order_of_large_maps, fun order_of_large_maps/1}, {state_ends_with_its_maker, fun state_ends_with_its_maker/1}, {streams_are_not_handed_on, fun streams_are_not_handed_on/1},
                       {random_seeds_of_crypto, fun random_seeds_of_crypto/1}, {raw_files_are_processes, fun raw_files_are_processes/1}, {nothing_is_written_late, fun nothing_is_written_late/1},
                       {files_are_evaluated_on_the_host, fun files_are_evaluated_on_the_host/1},
                       {continuations_from_bytes, fun continuations_from_bytes/1}, {logger_settings_are_the_hosts, fun logger_settings_are_the_hosts/1},
                       {signals_of_the_system, fun signals_of_the_system/1}, {requests_leave_from_the_host, fun requests_leave_from_the_host/1},
                       {disconnecting_the_host, fun disconnecting_the_host/1},
                       {no_cookies_are_set, fun no_cookies_are_set/1}, {no_restart, fun no_restart/1}, {no_crash_dump, fun no_crash_dump/1},
                       {no_rex_before_it_is_started, fun no_rex_before_it_is_started/1}, {folder_is_the_hosts, fun folder_is_the_hosts/1},
                       {no_distributed_applications, fun no_distributed_applications/1}, {compiler_of_elixir, fun compiler_of_elixir/1}]).

%% --- Code ------------------------------------------------------------------------------------------------------------------

module_in_memory_is_unknown(Node) ->
    M = in_memory(tandem_differs_1, "f() -> 1."),
    ?assertEqual(1, M:f()),
    ?assertMatch({error, undef, [{M, f, [], _} | _]}, on(Node, fun() -> raised(fun() -> M:f() end) end)).

fun_of_module_in_memory(Node) ->
    M = in_memory(tandem_differs_2, "f() -> fun() -> here end."),
    F = M:f(),
    ?assertEqual(here, F()),
    ?assertMatch({error, undef, [{F, [], []} | _]}, on(Node, fun() -> raised(F) end)),
    %% A fun that is evaluated needs none.
    {ok, Tokens, _} = erl_scan:string("fun() -> here end."),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    {value, Evaluated, _} = erl_eval:exprs(Exprs, []),
    ?assertEqual(here, on(Node, Evaluated)).

code_paths_are_the_hosts(Node) ->
    ?assertEqual(code:get_path(), on(Node, fun code:get_path/0)),
    true = on(Node, fun() -> code:add_patha("/tmp") end),
    ?assertEqual("/tmp", hd(code:get_path())),
    true = code:del_path("/tmp").

%% It reads a register that nobody has written.
code_that_is_not_proved(Node) ->
    M = tandem_differs_5,
    Body = [{label, 1}, {func_info, {atom, M}, {atom, f}, 0}, {label, 2}, {move, {x, 7}, {x, 0}}, return],
    {ok, Code} = beam_asm:module({M, [{f, 0}], [], [{function, f, 0, 2, Body}], 3}, [], [], []),
    ?assertEqual([{module, M}, {error, badfile}], [on(Where, fun() -> code:load_binary(M, "x", Code) end) || Where <- [node(), Node]]).

%% What a newer OTP compiled.
code_marked_as_newer(Node) ->
    {ok, M, Code} = compile:forms(forms("-module(tandem_differs_3). -export([f/0]). f() -> 1."), []),
    {ok, M, Chunks} = beam_lib:all_chunks(Code),
    Newer = [case Chunk of
                 {"Code", <<Size:32, Version:32, _:32, Rest/binary>>} -> {"Code", <<Size:32, Version:32, 200:32, Rest/binary>>};
                 _ -> Chunk
             end || Chunk <- Chunks],
    {ok, Changed} = beam_lib:build_module(Newer),
    ?assertEqual([{error, badfile}, {module, M}], [on(Where, fun() -> code:load_binary(M, "x", Changed) end) || Where <- [node(), Node]]).

%% One that this VM has not enabled.
features_of_the_language(Node) ->
    M = tandem_differs_9,
    File = filename:join("_build/test", M),
    ok = file:write_file([File, ".erl"], ["-module(", atom_to_list(M), "). -feature(maybe_expr, enable). -export([f/0]). f() -> maybe {ok, A} ?= {ok, 1}, A end.\n"]),
    {ok, M} = compile:file(File, [{outdir, "_build/test"}]),
    {ok, Code} = file:read_file([File, ".beam"]),
    ?assertEqual([{error, {features_not_allowed, [maybe_expr]}}, {module, M}], [on(Where, fun() -> code:load_binary(M, "x", Code) end) || Where <- [node(), Node]]),
    ?assertEqual(1, on(Node, fun() -> M:f() end)).

%% --- Nodes and names -------------------------------------------------------------------------------------------------------

%% But for those of a cluster.
engines_do_not_know_each_other(Node) ->
    {Reason, Answer} = case tandem_support:carrier() of
                           tcp -> {killed, pong};
                           _ -> {noconnection, pang}
                       end,
    {ok, Other, OtherNode} = tandem:start(#{}),
    Pid = spawn(OtherNode, fun() -> receive never -> ok end end),
    ?assertEqual(Reason, on(Node, fun() -> M = monitor(process, Pid), exit(Pid, kill), receive {'DOWN', M, _, _, Why} -> Why end end)),
    ?assertEqual(Answer, on(Node, fun() -> net_adm:ping(OtherNode) end)),
    ok = tandem:stop(Other).

%% Signals of the operating system are handled by the VM, which gets them; the engine leaves them as they are.
signals_of_the_system(Node) ->
    ?assertEqual(whereis(erl_signal_server), on(Node, fun() -> whereis(erl_signal_server) end)),
    {ok, Pid, Other} = tandem:start(#{}),
    ok = on(Other, fun() -> os:set_signal(sigusr2, ignore) end),
    Monitor = monitor(process, Pid),
    _ = tandem_support:signal("USR2", list_to_integer(os:getpid())),
    case tandem_support:has_os_process() of
        true ->
            _ = tandem_support:signal("USR2", tandem_support:os_pid(Pid)),
            receive {'DOWN', Monitor, process, Pid, _} -> ok end;
        false ->
            ?assertEqual(Other, on(Other, fun() -> node() end)),
            ok = tandem:stop(Pid)
    end,
    ok = os:set_signal(sigusr2, default).

%% httpc:request/1,4,5 are made by the VM, with what is set there; settings can't be changed from here.
requests_leave_from_the_host(Node) ->
    {ok, _} = application:ensure_all_started(inets),
    ?assertMatch({error, _}, on(Node, fun() -> httpc:request("http://127.0.0.1:1/") end)),
    ?assertEqual({error, inets_not_started}, on(Node, fun() -> httpc:get_options([proxy]) end)),
    ?assertMatch({ok, _}, httpc:get_options([proxy])).

names_of_the_host(Node) ->
    Names = [init, user, standard_error, logger, error_logger, code_server, file_server_2, net_kernel, erl_signal_server],
    ?assertEqual([whereis(Name) || Name <- Names], on(Node, fun() -> [whereis(Name) || Name <- Names] end)).

%% In a cluster this ends the connection alone, which is made again.
disconnecting_the_host(_) ->
    {ok, Pid, Node} = tandem:start(#{}),
    Monitor = monitor(process, Pid),
    monitor_node(Node, true),
    spawn(Node, erlang, disconnect_node, [node()]),
    receive {nodedown, Node} -> ok end,
    case tandem_support:carrier() of
        tcp ->
            ?assert(tandem_support:until(fun() -> lists:member(Node, nodes(hidden)) end)),
            ?assertEqual(Node, on(Node, fun() -> node() end)),
            ok = tandem:stop(Pid);
        _ ->
            receive {'DOWN', Monitor, process, Pid, Reason} -> ?assertNotEqual(normal, Reason) end
    end.

no_cookies_are_set(Node) ->
    Set = fun() -> [element(2, raised(F)) || F <- [fun() -> erlang:set_cookie(abc) end, fun() -> erlang:set_cookie('no@where', abc) end]] end,
    ?assertEqual([distribution_not_started, distribution_not_started], on(Node, Set)).

no_restart(Node) ->
    ?assertMatch([{error, undef, _}, {error, undef, _}], on(Node, fun() -> [raised(fun init:restart/0), raised(fun init:reboot/0)] end)).

%% A BEAM that ends with a slogan leaves one.
no_crash_dump(_) ->
    Dump = filename:absname("_build/test/differs.dump"),
    _ = file:delete(Dump),
    {ok, Pid, Node} = tandem:start(#{env => [{"ERL_CRASH_DUMP", Dump}, {"ERL_CRASH_DUMP_BYTES", false}]}),
    Monitor = monitor(process, Pid),
    spawn(Node, erlang, halt, ["the slogan"]),
    receive {'DOWN', Monitor, process, Pid, Reason} -> ?assertEqual({exit_status, 1}, Reason) end,
    ?assertNot(filelib:is_file(Dump)).

no_rex_before_it_is_started(Node) ->
    Call = fun() -> rpc:block_call(node(), erlang, node, []) end,
    ?assertMatch({badrpc, {'EXIT', {noproc, _}}}, on(Node, Call)),
    {ok, _} = on(Node, fun rpc:start/0),
    ?assertEqual(Node, on(Node, Call)).

folder_is_the_hosts(Node) ->
    {ok, Here} = file:get_cwd(),
    ok = on(Node, fun() -> file:set_cwd("/tmp") end),
    ?assertEqual({ok, "/tmp"}, file:get_cwd()),
    ok = file:set_cwd(Here).

%% Whether or not the VM has what controls them.
no_distributed_applications(Node) ->
    Application = {application, tandem_differs_7, [{applications, [kernel, stdlib]}]},
    ?assertMatch({exit, {noproc, {gen_server, call, [dist_ac | _]}}, _},
                 on(Node, fun() -> raised(fun() -> application:load(Application, {tandem_differs_7, [node()]}) end) end)),
    ok = application:unload(tandem_differs_7).

compiler_of_elixir(_) ->
    {ok, _} = application:ensure_all_started(elixir),
    {ok, Pid, Node} = tandem:start(#{}),
    Compile = fun() -> raised(fun() -> [{Module, _}] = 'Elixir.Code':compile_string(<<"defmodule TandemDiffers8 do def a, do: 1 end">>), Module end) end,
    ?assertMatch({exit, {noproc, {gen_server, call, [elixir_code_server | _]}}, _}, on(Node, Compile)),
    {ok, _} = on(Node, fun() -> application:ensure_all_started(elixir) end),
    ?assertEqual({value, 'Elixir.TandemDiffers8'}, on(Node, Compile)),
    ok = tandem:stop(Pid).

global_is_the_hosts(Node) ->
    Pid = spawn(Node, fun() -> yes = global:register_name(tandem_differs, self()), receive stop -> ok end end),
    ?assert(tandem_support:until(fun() -> global:whereis_name(tandem_differs) =:= Pid end)),
    Pid ! stop,
    ?assert(tandem_support:until(fun() -> global:whereis_name(tandem_differs) =:= undefined end)).

pg_scopes_do_not_join(Node) ->
    {ok, Here} = pg:start(tandem_differs),
    ok = pg:join(tandem_differs, group, self()),
    ?assertEqual([], on(Node, fun() -> {ok, _} = pg:start(tandem_differs), pg:get_members(tandem_differs, group) end)),
    gen_server:stop(Here),
    ok = on(Node, fun() -> gen_server:stop(tandem_differs) end).

no_nodes_are_seen(Node) ->
    ?assertEqual({[], ok, []}, on(Node, fun() -> {nodes(), net_kernel:monitor_nodes(true), left()} end)).

left() -> receive Message -> [Message | left()] after 50 -> [] end.

init_stop_ends_the_engine(_) ->
    {ok, Pid, Node} = tandem:start(#{}),
    monitor_node(Node, true),
    Monitor = monitor(process, Pid),
    spawn(Node, init, stop, []),
    receive {nodedown, Node} -> ok end,
    receive {'DOWN', Monitor, process, Pid, Reason} -> ?assertEqual({exit_status, 0}, Reason) end,
    ?assertNotMatch({stopping, _}, init:get_status()).

host_applications_start_there(Node) ->
    {ok, _} = on(Node, fun() -> application:ensure_all_started(inets) end),
    ?assertEqual({true, node()}, {lists:keymember(inets, 1, application:which_applications()), node(whereis(inets_sup))}),
    ok = application:stop(inets).

%% --- What the engine has not -----------------------------------------------------------------------------------------------

no_ports(Node) ->
    ?assertMatch({error, badarg, _}, on(Node, fun() -> raised(fun() -> open_port({spawn, "true"}, []) end) end)),
    ?assertEqual("hi\n", on(Node, fun() -> os:cmd("echo hi") end)).

no_sockets(Node) ->
    ?assertEqual([{error, eprotonosupport}, {error, eprotonosupport}, {error, eprotonosupport}],
                 on(Node, fun() -> [gen_tcp:listen(0, []), gen_tcp:connect("localhost", 1, []), gen_udp:open(0)] end)).

no_native_code(Node) ->
    ?assertMatch({error, {load_failed, _}}, on(Node, fun() -> erlang:load_nif("nothing", 0) end)).    % tandem_host_tests: native_code/1

%% --- Terms -----------------------------------------------------------------------------------------------------------------

compiled_regular_expressions(Node) ->
    {ok, Here} = re:compile("a(b)"),
    ?assertMatch({error, badarg, _}, on(Node, fun() -> raised(fun() -> re:run("xab", Here) end) end)),
    There = on(Node, fun() -> {ok, Compiled} = re:compile("a(b)"), Compiled end),
    ?assertMatch({error, badarg, _}, raised(fun() -> re:run("xab", There) end)),
    ?assertEqual({true, {match, [{1, 2}, {2, 1}]}}, on(Node, fun() -> {'Elixir.Regex':'match?'('Elixir.Regex':'compile!'(<<"b">>), <<"ab">>), re:run("xab", "a(b)")} end)).

patterns_that_differ(Node) ->
    Matches = fun() -> [re:run("aaaaaa", "^(a\\1?){4}$"), re:run("aaabbb", "a(?(?=b(*SKIP)a)x|b)"), re:run(<<16#1FAE0/utf8>>, "\\p{So}", [unicode, ucp])] end,
    ?assertEqual([], [Same || {Same, Same} <- lists:zip(Matches(), on(Node, Matches))]).

order_of_large_maps(Node) ->
    Keys = fun(Make) -> maps:keys(maps:from_list([{Make(N), N} || N <- lists:seq(1, 200)])) end,
    Integers = fun() -> Keys(fun(N) -> N end) end,
    Binaries = fun() -> Keys(fun integer_to_binary/1) end,
    Name = fun(N) -> list_to_atom("tandem_differs_" ++ integer_to_list(N)) end,
    Atoms = fun() -> Keys(Name) end,
    Funs = fun() -> Keys(fun(N) -> erlang:make_fun(tandem_differs, Name(N), 0) end) end,
    ?assertEqual(Integers(), on(Node, Integers)),
    ?assertEqual(Binaries(), on(Node, Binaries)),
    ?assertNotEqual(Atoms(), on(Node, Atoms)),
    ?assertNotEqual(Funs(), on(Node, Funs)),
    ?assertEqual(lists:sort(Atoms()), lists:sort(on(Node, Atoms))).

%% --- State on the host -----------------------------------------------------------------------------------------------------

state_ends_with_its_maker(Node) ->
    Use = fun() ->
              Self = self(),
              {_, Monitor} = spawn_monitor(fun() -> Self ! {hash, crypto:hash_init(sha)} end),
              Hash = receive {hash, Made} -> Made end,
              receive {'DOWN', Monitor, _, _, _} -> receive after 100 -> ok end end,
              element(1, raised(fun() -> crypto:hash_final(Hash) end))
          end,
    ?assertEqual([value, error], [Use(), on(Node, Use)]).

streams_are_not_handed_on(Node) ->
    Give = fun() -> Pid = spawn(fun() -> receive never -> ok end end), R = raised(fun() -> zlib:set_controlling_process(zlib:open(), Pid) end), exit(Pid, kill), R end,
    ?assertMatch({{value, ok}, {error, badarg, _}}, {Give(), on(Node, Give)}).

%% The seed is put where the function runs.
random_seeds_of_crypto(Node) ->
    ?assertEqual(undefined, on(Node, fun() -> _ = crypto:rand_seed(), rand:export_seed() end)),
    ?assert(on(Node, fun() -> {X, _} = rand:uniform_s(crypto:rand_seed_s()), is_float(X) end)).

raw_files_are_processes(Node) ->
    {ok, Raw} = file:open("/dev/null", [read, raw]),
    ?assertNot(is_pid(Raw)),
    ok = file:close(Raw),
    ?assert(on(Node, fun() -> {ok, Device} = file:open("/dev/null", [read, raw]), is_pid(Device) end)).

nothing_is_written_late(Node) ->
    File = filename:absname("_build/test/differs.late"),
    Written = fun() ->
                  {ok, Device} = file:open(File, [write, raw, {delayed_write, 1000, 60_000}]),
                  ok = file:write(Device, "a"),
                  Found = file:read_file(File),
                  ok = file:close(Device),
                  Found
              end,
    ?assertEqual([{ok, <<>>}, {ok, <<"a">>}], [Written(), on(Node, Written)]),
    ok = file:delete(File).

files_are_evaluated_on_the_host(Node) ->
    File = filename:absname("_build/test/differs.script"),
    ok = file:write_file(File, "put(tandem_differs, there), node().\n"),
    Evaluated = fun() -> {file:eval(File), file:script(File), erase(tandem_differs)} end,
    ?assertEqual([{ok, {ok, node()}, there}, {ok, {ok, node()}, undefined}], [Evaluated(), on(Node, Evaluated)]),
    ok = file:delete(File).

%% A compiled match specification in bytes is known to the BEAM again while the original lives; ets:repair_continuation/2 serves both.
continuations_from_bytes(Node) ->
    Spec = [{{'$1'}, [], ['$1']}],
    Run = fun(Repair) ->
              T = ets:new(t, [ordered_set]),
              ets:insert(T, [{N} || N <- lists:seq(1, 10)]),
              {[1, 2], More} = ets:select(T, Spec, 2),
              Again = Repair(binary_to_term(term_to_binary(More))),
              Result = raised(fun() -> element(1, ets:select(Again)) end),
              {element(1, Result), More =:= More}
          end,
    Keep = fun(More) -> More end,
    Mend = fun(More) -> ets:repair_continuation(More, Spec) end,
    ?assertEqual([{value, true}, {value, true}], [Run(Keep), Run(Mend)]),
    ?assertEqual([{error, true}, {value, true}], on(Node, fun() -> [Run(Keep), Run(Mend)] end)).

logger_settings_are_the_hosts(Node) ->
    #{level := Level} = logger:get_primary_config(),
    ok = on(Node, fun() -> logger:set_primary_config(level, critical) end),
    ?assertMatch(#{level := critical}, logger:get_primary_config()),
    ok = logger:set_primary_config(level, Level).

%% --- Helpers ---------------------------------------------------------------------------------------------------------------

raised(F) ->
    try {value, F()}
    catch Class:Reason:Stack -> {Class, Reason, Stack}
    end.

in_memory(Module, Text) ->
    {ok, Module, Code} = compile:forms(forms("-module(" ++ atom_to_list(Module) ++ "). -export([f/0]). " ++ Text), []),
    {module, Module} = code:load_binary(Module, "nofile", Code),
    Module.

forms(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    forms(Tokens, []).

forms([], []) -> [];
forms([{dot, _} = Dot | Rest], Form) -> {ok, Parsed} = erl_parse:parse_form(lists:reverse([Dot | Form])), [Parsed | forms(Rest, [])];
forms([Token | Rest], Form) -> forms(Rest, [Token | Form]).
