%% SPDX-License-Identifier: Apache-2.0
-module(same_funs).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

closure() -> N = id(3), Add = fun(X) -> X + N end, [Add(X) || X <- [1, 2, 3]].

nested() -> A = id(1), F = fun(B) -> fun(C) -> fun(D) -> {A, B, C, D} end end end, ((F(2))(3))(4).

named() -> F = fun Loop(0, Acc) -> Acc; Loop(N, Acc) -> Loop(N - 1, [N | Acc]) end, F(5, []).

externals() -> F = fun erlang:abs/1, G = fun lists:reverse/1, {F(-1), G([1, 2]), F, erlang:fun_info(F, arity), is_function(G, 1), is_function(G, 2)}.

locals() -> F = fun id/1, {F(x), erlang:fun_info(F, name), erlang:fun_info(F, arity), element(2, erlang:fun_info(F, type))}.

applying() -> {apply(fun(A, B) -> A - B end, [5, 3]), apply(lists, max, [[1, 3, 2]]), apply(?MODULE, id, [x]), (id(lists)):reverse("ab"), erlang:apply(fun id/1, [1])}.

compose() -> lists:foldl(fun(F, X) -> F(X) end, 5, [fun(X) -> X + 1 end, fun(X) -> X * 2 end, fun integer_to_list/1]).

church() -> Zero = fun(_) -> fun(X) -> X end end, Succ = fun(N) -> fun(F) -> fun(X) -> F((N(F))(X)) end end end,
            ((Succ(Succ(Succ(Zero))))(fun(X) -> X + 1 end))(0).

many_free_variables() -> A = id(1), B = id(2.0), C = id("c"), D = id({d}), E = id(<<"e">>), F = fun(X) -> {A, B, C, D, E, X} end, F(f).

clauses() -> F = fun(0) -> zero; (N) when N > 0 -> positive; (_) -> negative end, [F(X) || X <- [0, 1, -1]].

comparing() -> N = id(1), F = fun() -> N end, G = F, {F =:= G, F =:= fun() -> N end, fun lists:map/2 =:= fun lists:map/2}.

sent() -> Self = self(), N = id(41), spawn(fun() -> Self ! fun() -> N + 1 end end), receive F -> F() end.

memory() -> Fs = [fun() -> N * N end || N <- lists:seq(1, 500)], lists:sum([F() || F <- Fs]).

exported() -> {erlang:function_exported(lists, map, 2), erlang:function_exported(lists, nope, 9), erlang:is_builtin(erlang, abs, 1)}.

bad_arity() -> F = fun(X) -> X end, (id(F))(1, 2).
bad_function() -> F = id(not_a_function), F(1).
bad_apply() -> apply(id(lists), id(nope), [1, 2]).
bad_apply_arguments() -> apply(fun id/1, id([1 | 2])).
bad_module() -> (id(no_such_module_here)):f(1).
bad_module_kind() -> (id("lists")):reverse([]).
bad_clause() -> F = fun(a) -> ok end, F(id(b)).
bad_external() -> F = fun no_such_module_here:g/1, F(1).
