%% SPDX-License-Identifier: Apache-2.0
%% The module `code': loading several modules at once, from files, and what may not be loaded.
-module(same_code).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

atomic() ->
    Modules = [same_code_1, same_code_2],
    R = {code:atomic_load([{M, "x/" ++ atom_to_list(M) ++ ".beam", compiled(M, "v() -> 1.")} || M <- Modules]),
         [M:v() || M <- Modules], [code:which(M) || M <- Modules], [code:is_loaded(M) || M <- Modules], [lists:keyfind(M, 1, code:all_loaded()) || M <- Modules]},
    {R, [away(M) || M <- Modules]}.
atomic_or_not_at_all() ->
    Good = {same_code_3, "x", compiled(same_code_3, "v() -> 1.")},
    R = [code:atomic_load([Good, {same_code_4, "y", <<"bad">>}]), code:atomic_load([Good, Good]), code:atomic_load([Good, no_such_module]),
         code:atomic_load([Good, {same_code_4, "y", compiled(same_code_4, "-on_load(v/0). v() -> ok.")}]), code:atomic_load([Good, {lists, "lists.beam", compiled(lists, "v() -> 1.")}])],
    {R, erlang:module_loaded(same_code_3), code:atomic_load([])}.
atomic_bad() -> [same_errors(fun() -> code:atomic_load(Bad) end) || Bad <- [foo, [1], [{a, b}], [{a, "b", c}]]].
atomic_not_purged() ->
    Code = fun(N) -> {same_code_5, "x", compiled(same_code_5, "v() -> " ++ integer_to_list(N) ++ ".")} end,
    R = [{code:atomic_load([Code(N)]), same_code_5:v()} || N <- [1, 2, 3]],
    {R, away(same_code_5)}.
in_two_steps() ->
    {ok, Prepared} = code:prepare_loading([{same_code_6, "x", compiled(same_code_6, "v() -> 6.")}, {same_code_7, "x", compiled(same_code_7, "v() -> 7.")}]),
    A = {erlang:module_loaded(same_code_6), code:finish_loading(Prepared), same_code_6:v(), same_code_7:v()},
    {A, element(1, same_errors(fun() -> code:finish_loading(foo) end)), away(same_code_6), away(same_code_7)}.
known_and_unknown() -> {code:ensure_modules_loaded([lists, no_such_module, queue, same_code]), code:ensure_modules_loaded([ordsets]), code:ensure_loaded(no_such_module), code:atomic_load([no_such_module])}.
from_file() ->
    File = "/tmp/same_code_8_" ++ os:getpid() ++ "_" ++ atom_to_list(node()),
    ok = file:write_file(File ++ ".beam", compiled(same_code_8, "v() -> 8.")),
    R = {code:load_abs(File, same_code_8), same_code_8:v(), element(1, code:load_abs(File)), filename:basename(code:which(same_code_8)) =:= filename:basename(File) ++ ".beam",
         code:load_abs("/nonexistent/x"), code:is_loaded(same_code_8) =:= {file, File ++ ".beam"}},
    file:delete(File ++ ".beam"),
    {R, away(same_code_8)}.
compiled_and_loaded() ->
    Folder = "/tmp", Name = "same_code_9_" ++ os:getpid() ++ "_" ++ [C || C <- atom_to_list(node()), C =/= $@, C =/= $.],
    File = filename:join(Folder, Name ++ ".erl"),
    ok = file:write_file(File, ["-module('", Name, "'). -export([v/0]). v() -> node().\n"]),
    {ok, M} = c:c(File, [{outdir, Folder}]),
    R = {M:v() =:= node(), code:is_loaded(M) =:= {file, filename:join(Folder, Name ++ ".beam")}},
    file:delete(File), file:delete(filename:join(Folder, Name ++ ".beam")),
    {R, away(M)}.
sticky() ->
    {code:is_sticky(lists), code:load_file(lists), code:load_binary(lists, "lists.beam", compiled(lists, "v() -> 1.")), lists:reverse([1, 2])}.
made_sticky() ->
    Load = fun(N) -> code:load_binary(same_code_10, "x", compiled(same_code_10, "v() -> " ++ integer_to_list(N) ++ ".")) end,
    A = {code:stick_mod(same_code_10), code:is_sticky(same_code_10), Load(1), code:is_sticky(same_code_10), Load(2), same_code_10:v(), code:load_file(same_code_10)},
    B = {code:atomic_load([{same_code_10, "x", compiled(same_code_10, "v() -> 3.")}]), code:purge(same_code_10), code:delete(same_code_10), code:is_sticky(same_code_10),
         code:purge(same_code_10), Load(4), Load(5)},
    {A, B, code:unstick_mod(same_code_10), code:is_sticky(same_code_10), Load(6), same_code_10:v(), away(same_code_10)}.
finished_again() ->
    Prepared = fun(M) -> erlang:prepare_loading(M, compiled(M, "v() -> 1.")) end,
    [P, Q, R] = [Prepared(M) || M <- [same_code_11, same_code_11, same_code_12]],
    Finish = fun(List) -> element(2, same_errors(fun() -> {ok, erlang:finish_loading(List)} end)) end,
    {[Finish(List) || List <- [[P, P], [P, R, P, R], [P, Q], [P | R], [P, foo], [P, make_ref()], [P, R], [P], [Q, Q], [Q], []]], same_code_12:v(),
     element(2, same_errors(fun() -> {ok, not_purged([same_code_11, same_code_12])} end)), away(same_code_11), away(same_code_12)}.
%% Behind very many references to another.
left_behind() ->
    [P, Q] = [erlang:prepare_loading(M, compiled(M, "v() -> 1.")) || M <- [same_code_13, same_code_14]],
    _ = (catch erlang:finish_loading(lists:duplicate(3000, P) ++ [Q])),
    _ = (catch erlang:finish_loading(lists:duplicate(2048, P) ++ [Q])),
    {erlang:finish_loading([Q]), same_code_14:v(), away(same_code_14)}.
not_purged(Modules) ->
    _ = [{module, M} = code:load_binary(M, "x", compiled(M, "v() -> " ++ V ++ ".")) || V <- ["1", "2"], M <- Modules],
    erlang:finish_loading([erlang:prepare_loading(M, compiled(M, "v() -> 3.")) || M <- Modules]).
many_at_once() ->
    Modules = [list_to_atom("same_code_many_" ++ integer_to_list(N)) || N <- lists:seq(1, 150)],
    R = code:atomic_load([{M, "x", compiled(M, "v() -> " ++ atom_to_list(M) ++ ".")} || M <- Modules]),
    {R, [M:v() || M <- Modules] =:= Modules, lists:usort([away(M) || M <- Modules]),
     code:ensure_modules_loaded([list_to_atom(filename:basename(F, ".beam")) || F <- filelib:wildcard(code:lib_dir(stdlib) ++ "/ebin/*.beam")])}.
paths() ->
    {is_list(code:get_path()), code:lib_dir(kernel) =:= filename:dirname(filename:dirname(code:which(gen_tcp))), code:root_dir() =:= code:lib_dir() -- "/lib", code:get_mode(), code:objfile_extension(),
     code:where_is_file("no_such_file"), code:priv_dir(no_such_app), same_errors(fun() -> code:lib_dir(1) end)}.
loaded() ->
    All = code:all_loaded(),
    {lists:keyfind(lists, 1, All), lists:keyfind(erlang, 1, All), lists:keyfind(same_code, 1, All), lists:keyfind(no_such_module, 1, All), code:module_status(lists), code:module_status(no_such_module)}.

same_errors(F) -> try F() catch C:R:S -> {C, R, [{M, N, A} || {M, N, A, _} <- S]} end.
away(M) -> code:purge(M), {code:delete(M), code:purge(M)}.

compiled(Module, Text) ->
    {ok, Tokens, _} = erl_scan:string("-module(" ++ atom_to_list(Module) ++ "). -export([v/0]). " ++ Text),
    {ok, Module, Binary} = compile:forms(forms(Tokens, []), [deterministic]),
    Binary.
forms([], []) -> [];
forms([{dot, _} = Dot | Rest], Form) -> {ok, Parsed} = erl_parse:parse_form(lists:reverse([Dot | Form])), [Parsed | forms(Rest, [])];
forms([Token | Rest], Form) -> forms(Rest, [Token | Form]).
