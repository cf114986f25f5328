%% SPDX-License-Identifier: Apache-2.0
-module(same_errors).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

error_in_function() -> erlang:error(id(my_reason)).
error_with_arguments() -> erlang:error(my_reason, [a, "b", 3]).
undef_in_function() -> [try erlang:error(id(undef), A) catch error:undef:S -> S end || A <- [[], none]] ++ [try erlang:error(undef) catch error:undef:S -> {more, S} end].
exit_in_function() -> exit(id({my, reason})).
throw_in_function() -> throw(id("thrown")).

deep() -> deep(5).
deep(0) -> error(bottom);
deep(N) -> 1 + deep(N - 1).

deeper_than_the_trace() -> deeper(20).
deeper(0) -> error(bottom);
deeper(N) -> 1 + deeper(N - 1).

tail_called() -> tail(3).
tail(0) -> error(bottom);
tail(N) -> tail(N - 1).

through_library() -> lists:foldl(fun(X, _) -> 1 / X end, 0, [1, 0, 2]).

classes() -> [try raise(C) catch Class:Reason -> {Class, Reason} end || C <- [error, exit, throw]].
raise(error) -> error(e);
raise(exit) -> exit(x);
raise(throw) -> throw(t).

old_catch() -> [catch raise(exit), catch raise(throw), catch 1 + 1, element(1, catch raise(error))].

old_catch_stack() -> catch lists:nth(id(9), [1]).

try_of() -> [try id(X) of 1 -> one; _ -> other catch _:_ -> caught after ok end || X <- [1, 2]].

after_runs() ->
    Self = self(),
    _ = (catch try error(first) after Self ! cleaned end),
    _ = try ok after Self ! cleaned_too end,
    {receive cleaned -> yes after 0 -> no end, receive cleaned_too -> yes after 0 -> no end}.

after_raises() -> try try error(inner) after error(outer) end catch C:R -> {C, R} end.

nested() ->
    try
        try error(one) catch error:one -> error(two) end
    catch error:two:Stack -> {two, [{M, F, A} || {M, F, A, _} <- Stack]}
    end.

rethrown() ->
    try error(original) catch C:R:S -> erlang:raise(C, R, S) end.

raised_with_stack() -> erlang:raise(error, reason, [{some_module, some_function, 2, [{file, "some.erl"}, {line, 7}]}, {m, f, [a, b], []}]).

raised_badly() -> erlang:raise(nope, reason, []).

stack_in_handler() -> try id(deep(2)) catch error:bottom:S -> S end.

caught_selectively() -> try throw({code, 42}) catch throw:{code, N} when N > 41 -> {yes, N}; throw:_ -> no end.

not_caught_here() -> try exit(other) catch error:_ -> no end.

unwinding() -> [unwound(N) || N <- lists:seq(0, 3)].
unwound(N) -> try unwind(N, []) catch throw:L -> L end.
unwind(0, L) -> throw(L);
unwind(N, L) -> try unwind(N - 1, [N | L]) after put(unwinding, N) end.

many_handlers() -> lists:sum([try 1 div (X rem 2) catch error:badarith -> 10 end || X <- lists:seq(1, 1000)]).

in_list_comprehension() -> [1 / X || X <- [2, 1, 0]].

bad_argument() -> atom_to_list(id(1)).
bad_argument_of_library() -> lists:keyfind(a, x, []).
bad_send() -> id(no_such_name) ! message.
undefined() -> ?MODULE:nowhere(1, 2).
undefined_module() -> not_a_module:f(a, [b]).
undefined_with_long_arguments() -> not_a_module:f(lists:seq(1, 50), #{a => 1}).
no_return_from_guard() -> case id([]) of X when hd(X) =:= 1 -> yes; _ -> no end.

formatted() -> try error({bad, [1, 2]}) catch C:R:_ -> io_lib:format("~p ~p", [C, R]) end.

error_info() -> try atom_to_binary(id(1)) catch error:R:S -> [{M, F, A, I} | _] = S, {R, M, F, A, lists:keymember(error_info, 1, I)} end.

long_reason() -> error({id(long), lists:seq(1, 100), #{k => <<"value">>}, 1 bsl 90}).

timeouts() -> receive after id(bad) -> ok end.
negative_timeout() -> receive after id(-1) -> ok end.

stack_of_fun() -> F = fun(X) -> X + a end, F(id(1)).
stack_of_named_fun() -> F = fun Go(0) -> error(done); Go(N) -> [Go(N - 1)] end, F(2).
stack_across_modules() -> lists:map(fun(X) -> lists:map(fun(Y) -> X / Y end, [1, 0]) end, [1]).

error_applied() -> apply(erlang, id(error), [oops]).
error_applied_not_last() -> {apply(erlang, id(error), [oops])}.
exit_applied() -> apply(fun erlang:exit/1, [id(oops)]).
throw_called_by_name() -> M = id(erlang), M:throw(ball).
built_in_applied() -> apply(erlang, id(atom_to_list), [1]).
built_in_applied_not_last() -> [apply(id(erlang), length, [a])].
built_in_fun_called() -> (id(fun erlang:hd/1))([]).
error_spawned() -> {_, M} = spawn_monitor(erlang, error, [oops]), receive {'DOWN', M, _, _, R} -> R end.
apply_applied() -> apply(id(erlang), id(apply), [id(erlang), id(error), id([oops, [last]])]).
apply_applied_not_last() -> [apply(id(erlang), id(apply), [id(erlang), id(apply), [id(erlang), id(apply), [id(erlang), id(error), id([oops])]]])].
apply_applied_fixed() -> M = id(erlang), F = id(apply), [M:F(M, F, [M, id(error), id([oops, [fixed]])])].
apply_applied_fixed_last() -> M = id(erlang), F = id(apply), M:F(M, id(error), id([oops])).
apply_applied_function() -> apply(id(erlang), id(apply), [id(?MODULE), id(deep), id([2])]).
apply_applied_of_two() -> apply(id(erlang), id(apply), [fun erlang:error/1, id([oops])]).
apply_applied_badly() ->
    [applied(id(Args)) || Args <- [[], [a], [a, b], [1, b, []], [a, 2, []], [a, b, c], [a, b, [c | d]], [erlang, apply, []], [erlang, apply, [a, b, [c | d]]], [erlang, apply, [1, b, []]], [a, b, [], c], [a, b | []], [a | b],
                 [erlang, apply, [erlang, apply, [erlang, length, [x]]]]]]
        ++ [applied(id(erlang), id(apply), A, B, Cs) || {A, B, Cs} <- [{1, b, []}, {a, 2, []}, {a, b, c}, {erlang, length, [x]}, {erlang, apply, [1, 2]}]].
applied(Args) -> try apply(id(erlang), id(apply), Args) catch C:R:S -> {C, R, S} end.
applied(M, F, A, B, Cs) -> try M:F(A, B, Cs) catch C:R:S -> {C, R, S} end.
apply_applied_spawned() -> [begin {_, M} = spawn_monitor(erlang, apply, Args), receive {'DOWN', M, _, _, R} -> R end end
                            || Args <- [[erlang, apply, [erlang, error, [oops]]], [erlang, apply, [erlang, apply, [erlang, exit, [oops]]]], [erlang, apply, [?MODULE, deep, [1]]]]].
exit_spawned() -> {_, M} = spawn_monitor(erlang, apply, [erlang, exit, [oops]]), receive {'DOWN', M, _, _, R} -> R end.
error_in_spawned_fun() -> {_, M} = spawn_monitor(fun() -> apply(erlang, id(error), [oops]) end), receive {'DOWN', M, _, _, R} -> R end.

%% The class that was raised anew goes on through `after' and through handlers that don't match.
class_changed() ->
    [try
         try
             try erlang:raise(From, ball, []) catch From:Reason:Stack -> erlang:raise(To, Reason, Stack) after id(done) end
         catch error:never -> never
         end
     catch Class:What -> {From, To, Class, What}
     end || From <- [throw, error, exit], To <- [throw, error, exit]].
