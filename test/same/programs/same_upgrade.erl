%% SPDX-License-Identifier: Apache-2.0
%% Code that changes while it runs.
-module(same_upgrade).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

two_versions() ->
    load(same_upgraded_1, "-export([v/0, loop/0]). v() -> 1. loop() -> receive {From, next} -> From ! v(), loop(); {From, full} -> From ! v(), ?MODULE:loop() end."),
    Pid = spawn_link(same_upgraded_1, loop, []),
    A = ask(Pid, next),
    load(same_upgraded_1, "-export([v/0, loop/0]). v() -> 2. loop() -> receive {From, next} -> From ! v(), loop(); {From, full} -> From ! v(), ?MODULE:loop() end."),
    B = {same_upgraded_1:v(), ask(Pid, next), erlang:check_old_code(same_upgraded_1), erlang:check_process_code(Pid, same_upgraded_1)},
    C = {code:soft_purge(same_upgraded_1), ask(Pid, full), ask(Pid, next), erlang:check_process_code(Pid, same_upgraded_1)},
    D = {code:soft_purge(same_upgraded_1), erlang:check_old_code(same_upgraded_1), code:soft_purge(same_upgraded_1)},
    unlink(Pid), exit(Pid, kill),
    {A, B, C, D, away(same_upgraded_1)}.

purge_kills() ->
    process_flag(trap_exit, true),
    Text = "-export([loop/0]). loop() -> receive never -> loop() end.",
    load(same_upgraded_2, Text),
    Pids = [spawn_link(same_upgraded_2, loop, []) || _ <- lists:seq(1, 5)],
    [same_upgrade:ask(spawn_link(?MODULE, echo, [on]), N) || N <- lists:seq(1, 3)],
    load(same_upgraded_2, Text ++ " other() -> 1."),
    New = spawn_link(same_upgraded_2, loop, []),
    A = {code:soft_purge(same_upgraded_2), code:purge(same_upgraded_2), code:purge(same_upgraded_2)},
    Reasons = [receive {'EXIT', P, Why} -> Why after 1000 -> none end || P <- Pids],
    B = is_process_alive(New),
    unlink(New), exit(New, kill),
    {A, Reasons, B, away(same_upgraded_2)}.

waits_deep() ->
    process_flag(trap_exit, true),
    load(same_upgraded_3, "-export([start/0]). start() -> {x, same_upgrade:wait_in(there)}."),
    Pid = spawn_link(same_upgraded_3, start, []),
    receive after 20 -> ok end,
    load(same_upgraded_3, "-export([start/0]). start() -> 2."),
    R = {erlang:check_process_code(Pid, same_upgraded_3), code:soft_purge(same_upgraded_3), code:purge(same_upgraded_3)},
    {R, receive {'EXIT', Pid, Why} -> Why after 1000 -> none end, same_upgraded_3:start(), away(same_upgraded_3)}.

catches_there() ->
    load(same_upgraded_4, "-export([start/0]). start() -> try same_upgrade:wait_in(there) catch throw:up -> exit(caught_in_old) end."),
    {Pid, Monitor} = spawn_monitor(same_upgraded_4, start, []),
    load(same_upgraded_4, "-export([start/0]). start() -> 2."),
    Pid ! up,
    {receive {'DOWN', Monitor, _, _, Why} -> Why end, code:soft_purge(same_upgraded_4), away(same_upgraded_4)}.

funs_of_old_code() ->
    load(same_upgraded_5, "-export([f/1]). f(X) -> fun(Y) -> {one, X, Y} end."),
    F = same_upgraded_5:f(a),
    load(same_upgraded_5, "-export([f/1]). f(X) -> fun(Y) -> {two, X, Y} end."),
    G = same_upgraded_5:f(a),
    A = {F(1), G(1), F =:= G, erlang:fun_info(F, module), code:soft_purge(same_upgraded_5)},
    B = try F(2) catch error:{badfun, Bad} -> {badfun, Bad =:= F} end,
    {A, B, G(2), is_function(F, 1), away(same_upgraded_5)}.

fun_of_same_code_again() ->
    Text = "-export([f/1]). f(X) -> fun(Y) -> {X, Y} end.",
    load(same_upgraded_6, Text),
    F = same_upgraded_6:f(a),
    load(same_upgraded_6, Text),
    A = {F(1), code:soft_purge(same_upgraded_6)},
    {A, F(2), away(same_upgraded_6)}.

external_funs_follow() ->
    load(same_upgraded_7, "-export([v/0]). v() -> 1."),
    F = fun same_upgraded_7:v/0,
    A = F(),
    load(same_upgraded_7, "-export([v/0]). v() -> 2."),
    B = F(),
    code:purge(same_upgraded_7),
    {A, B, F(), away(same_upgraded_7), catch element(1, catch F())}.

funs_of_no_code() ->
    load(same_upgraded_18, "-export([f/1]). f(X) -> fun(Y, Z) -> {X, Y, Z} end."),
    F = same_upgraded_18:f(a),
    A = {F(1, 2), away(same_upgraded_18)},
    {A, [try F(1, 2) catch error:R:S -> {R, F =:= element(1, hd(S)), tl(tuple_to_list(hd(S))), tl(S)} end || _ <- [1, 2]], element(1, element(1, element(2, catch apply(F, [1]))))}.

not_purged() ->
    [load(same_upgraded_8, "-export([v/0]). v() -> " ++ integer_to_list(N) ++ ".") || N <- [1, 2]],
    Binary = compiled(same_upgraded_8, "-export([v/0]). v() -> 3."),
    A = {code:delete(same_upgraded_8), same_upgraded_8:v()},
    code:purge(same_upgraded_8),
    {module, _} = code:load_binary(same_upgraded_8, "x.beam", Binary),
    {A, same_upgraded_8:v(), code:purge(same_upgraded_8), away(same_upgraded_8)}.

constants_survive() ->
    M = same_upgraded_30,
    load(M, "-export([v/0, f/1]). v() -> {a, \"text\", #{k => [1, 2.5, <<\"bytes\">>]}, 123456789012345678901234567890}. f(X) -> fun() -> {X, v()} end."),
    V = M:v(), T = ets:new(t, []), Pid = spawn_link(fun() -> receive {From, Kept} -> From ! {kept, Kept} end end),
    put(kept, V), ets:insert(T, {k, V}), persistent_term:put(same_upgraded_30, V),
    erlang:send_after(60, self(), {timer, V}), self() ! {sent, V},
    A = away(M),
    [begin load(same_upgraded_31, "-export([v/0]). v() -> {b, \"other\", #{k => " ++ integer_to_list(N) ++ "}}."), same_upgraded_31:v(), away(same_upgraded_31) end || N <- lists:seq(1, 20)],
    erlang:garbage_collect(),
    Pid ! {self(), V},
    Got = [receive {Tag, X} -> X after 2000 -> none end || Tag <- [sent, timer, kept]],
    R = {A, V, [get(kept), ets:lookup_element(T, k, 2), persistent_term:get(same_upgraded_30)] ++ Got},
    persistent_term:erase(same_upgraded_30),
    R.

same_code_fails_later() ->
    Text = "-export([f/1]). -on_load(l/0). l() -> persistent_term:get(same_upgraded_34). f(X) -> fun(Y) -> {X, Y} end.",
    persistent_term:put(same_upgraded_34, ok),
    load(same_upgraded_34, Text),
    F = same_upgraded_34:f(a),
    persistent_term:put(same_upgraded_34, no),
    A = {F(1), code:load_binary(same_upgraded_34, "x.beam", compiled(same_upgraded_34, Text))},
    persistent_term:erase(same_upgraded_34),
    {A, [try G(2) catch error:{badfun, Bad} -> {badfun, Bad =:= G} end || G <- [F, same_upgraded_34:f(b)]], away(same_upgraded_34)}.

bad_binaries() ->
    Binary = compiled(same_upgraded_9, "-export([v/0]). v() -> 3."),
    [code:load_binary(same_upgraded_9, "f", <<"no beam">>), code:load_binary(same_upgraded_8, "f", Binary),
     code:load_binary(same_upgraded_9, "f", binary:part(Binary, 0, byte_size(Binary) div 2)),
     catch element(1, element(2, catch code:load_binary("no atom", "f", Binary))), erlang:module_loaded(same_upgraded_9)].

loaded_over_old_code() ->
    [load(same_upgraded_19, "-export([v/0, wait/0]). v() -> " ++ V ++ ". wait() -> receive stop -> ok end.") || V <- ["1", "2"]],
    Old = compiled(same_upgraded_19, "-export([v/0]). v() -> 3."),
    {_, Monitor} = spawn_monitor(same_upgraded_19, wait, []),
    A = {erlang:check_old_code(same_upgraded_19), code:load_binary(same_upgraded_19, "f", Old), same_upgraded_19:v()},
    B = code:load_binary(same_upgraded_19, "f", Old),
    C = receive {'DOWN', Monitor, process, _, Reason} -> Reason after 5_000 -> alive end,
    {A, B, C, code:purge(same_upgraded_19), away(same_upgraded_19)}.

deleted() ->
    load(same_upgraded_10, "-export([v/0]). v() -> 1."),
    A = {code:is_loaded(same_upgraded_10), code:which(same_upgraded_10), erlang:module_loaded(same_upgraded_10), code:delete(same_upgraded_10)},
    B = {code:is_loaded(same_upgraded_10), erlang:module_loaded(same_upgraded_10), catch same_upgraded_10:v(), erlang:check_old_code(same_upgraded_10)},
    {A, setelement(3, B, element(1, element(2, element(3, B)))), code:purge(same_upgraded_10), code:which(same_upgraded_10), code:delete(same_upgraded_10)}.

on_load_good() ->
    load(same_upgraded_11, "-export([v/0]). -on_load(start/0). start() -> same_upgrade:loading(same_upgraded_11), ok. v() -> 1."),
    R = {same_upgraded_11:v(), persistent_term:get(same_upgraded_11)},
    {R, away(same_upgraded_11)}.

on_load_bad() ->
    load(same_upgraded_12, "-export([v/0]). v() -> 1."),
    A = code:load_binary(same_upgraded_12, "f", compiled(same_upgraded_12, "-export([v/0]). -on_load(start/0). start() -> not_ok. v() -> 2.")),
    B = code:load_binary(same_upgraded_13, "f", compiled(same_upgraded_13, "-export([v/0]). -on_load(start/0). start() -> error(oh). v() -> 2.")),
    {A, B, same_upgraded_12:v(), erlang:check_old_code(same_upgraded_12), catch element(1, element(2, catch same_upgraded_13:v())), away(same_upgraded_12)}.

on_load_keeps_old() ->
    load(same_upgraded_14, "-export([v/0]). v() -> 1."),
    load(same_upgraded_14, "-export([v/0]). -on_load(start/0). start() -> persistent_term:put(same_upgraded_14, same_upgraded_14:v()), ok. v() -> 2."),
    {catch persistent_term:get(same_upgraded_14), same_upgraded_14:v(), code:purge(same_upgraded_14), away(same_upgraded_14)}.

module_info_of_new() ->
    load(same_upgraded_15, "-vsn(1). -export([a/0]). a() -> 1."),
    A = {same_upgraded_15:module_info(exports), proplists:get_value(vsn, same_upgraded_15:module_info(attributes))},
    load(same_upgraded_15, "-vsn(2). -export([b/0]). b() -> 1."),
    {A, same_upgraded_15:module_info(exports), erlang:function_exported(same_upgraded_15, a, 0), erlang:function_exported(same_upgraded_15, b, 0),
     catch element(1, element(2, catch same_upgraded_15:a())), proplists:get_value(vsn, same_upgraded_15:module_info(attributes)), away(same_upgraded_15)}.

gen_server_changes() ->
    Text = fun(V) -> "-behaviour(gen_server). -export([init/1, handle_call/3, handle_cast/2, code_change/3]). init(S) -> {ok, S}. handle_cast(_, S) -> {noreply, S}. "
                         "handle_call(_, _, S) -> {reply, {" ++ V ++ ", S}, S}. code_change(Old, S, Extra) -> {ok, {changed, Old, S, Extra}}." end,
    load(same_upgraded_16, Text("1")),
    {ok, Pid} = gen_server:start_link(same_upgraded_16, first, []),
    A = gen_server:call(Pid, q),
    ok = sys:suspend(Pid),
    load(same_upgraded_16, Text("2")),
    ok = sys:change_code(Pid, same_upgraded_16, old_vsn, extra),
    ok = sys:resume(Pid),
    B = gen_server:call(Pid, q),
    C = code:soft_purge(same_upgraded_16),
    gen_server:stop(Pid),
    {A, B, C, away(same_upgraded_16)}.

two_step_loading() ->
    Binary = compiled(same_upgraded_17, "-export([v/0]). v() -> 17."),
    Prepared = erlang:prepare_loading(same_upgraded_17, Binary),
    A = erlang:module_loaded(same_upgraded_17),
    ok = erlang:finish_loading([Prepared]),
    {A, same_upgraded_17:v(), catch element(1, element(2, catch erlang:finish_loading([Prepared]))), away(same_upgraded_17)}.

async_check() ->
    Pid = spawn_link(?MODULE, echo, [on]),
    A = erlang:check_process_code(Pid, lists, [{async, my_request}]),
    R = receive {check_process_code, my_request, Answer} -> Answer after 1000 -> none end,
    Pid ! stop,
    {A, R, erlang:check_process_code(self(), lists), catch element(1, element(2, catch erlang:check_process_code(x, lists)))}.

wait_in(there) -> receive never -> ok; up -> throw(up) end.
loading(Module) -> persistent_term:put(Module, loaded).
echo(on) -> receive {From, What} -> From ! What, echo(on); stop -> ok end.

ask(Pid, What) -> Pid ! {self(), What}, receive Answer -> Answer after 1000 -> none end.

load(Module, Text) ->
    {module, Module} = code:load_binary(Module, "same_upgrade/" ++ atom_to_list(Module) ++ ".beam", compiled(Module, Text)).

away(Module) ->
    persistent_term:erase(Module),
    code:purge(Module), {code:delete(Module), code:purge(Module)}.

compiled(Module, Text) ->
    {ok, Module, Binary} = compile:forms([{attribute, {1, 1}, module, Module} | forms(expanded(Module, Text))], [deterministic]),
    Binary.

expanded(Module, Text) -> lists:flatten(string:replace(Text, "?MODULE", atom_to_list(Module), all)).

forms(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    [begin {ok, Form} = erl_parse:parse_form(Form0), Form end || Form0 <- sentences(Tokens, [])].

sentences([], []) -> [];
sentences([{dot, _} = Dot | Rest], Form) -> [lists:reverse([Dot | Form]) | sentences(Rest, [])];
sentences([Token | Rest], Form) -> sentences(Rest, [Token | Form]).
