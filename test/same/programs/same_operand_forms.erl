%% SPDX-License-Identifier: Apache-2.0
%% Arithmetic and moves in the forms that have instructions of their own: registers, constants, the frame; small, big and float.
-module(same_operand_forms).
-same(programs).
-compile([export_all, nowarn_export_all]).

numbers() ->
    [0, 1, -1, 2, -3, 7, 59, 60, 61, 64, 1 bsl 30, (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1, (1 bsl 60) - 1, 1 bsl 62, 1 bsl 63,
     -(1 bsl 64), 1 bsl 100, 0.0, -0.0, 0.1, 1.5, -2.5, 1.0e308, -1.7e308, 5.0e-324, 4.0e15, a, [], <<>>].

tried(F) -> try F() of V -> V catch C:R -> {C, R} end.
each(F) -> [tried(fun() -> F(A) end) || A <- numbers()].
both(F) -> [tried(fun() -> F(A, B) end) || A <- numbers(), B <- numbers()].

sums() -> {both(fun(A, B) -> A + B end), both(fun(A, B) -> A - B end)}.
products() -> both(fun(A, B) -> A * B end).
divisions() -> both(fun(A, B) -> {tried(fun() -> A div B end), tried(fun() -> A rem B end)} end).
bits() -> both(fun(A, B) -> {tried(fun() -> A band B end), tried(fun() -> A bor B end), tried(fun() -> A bxor B end)} end).
shifts() -> [{tried(fun() -> A bsl B end), tried(fun() -> A bsr B end)} || A <- numbers(), B <- [0, 1, -1, 2, 58, 59, 60, 61, 63, 64, 65, 130, -70, a, 1.0, 1 bsl 70, -(1 bsl 70)],
                                                                    not (is_integer(A) andalso A =/= 0 andalso is_integer(B) andalso abs(B) > 1000)].
constants() ->
    each(fun(A) -> [A + 1, A - 1, A * 3, A * -1, A + 1.5, A - 0.5, A * 2.0, A * 1.0e300] end) ++
        each(fun(A) -> [A div 7, A rem 7, A div -2, A rem -2, A band 255, A bor 1, A bxor -1, A bsl 3, A bsr 2, A bsl 60, A bsr 70] end) ++
        each(fun(A) -> [1 - A, 3 * A, 1.5 + A] end).
in_guards() ->
    [case {A, B} of
         {X, Y} when X + Y > 3, X * 2 < 100 -> one;
         {X, Y} when X - Y =:= 0; X * Y =:= 6.0 -> two;
         {X, Y} when X band 1 =:= Y rem 2 -> three;
         _ -> none
     end || A <- numbers(), B <- numbers()].

loop(0, S, F) -> {S, F};
loop(N, S, F) -> loop(N - 1, ((S * 1309) + 13849) band 65535, F * 0.999 + N / 3.0 - 1).
loops() -> loop(5000, 74755, 1.0).

collatz(1, Steps) -> Steps;
collatz(N, Steps) when N band 1 =:= 0 -> collatz(N bsr 1, Steps + 1);
collatz(N, Steps) -> collatz(3 * N + 1, Steps + 1).
collatzes() -> [collatz(N, 0) || N <- lists:seq(1, 300)].

tak(X, Y, Z) when Y >= X -> Z;
tak(X, Y, Z) -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y)).
shuffles() -> {tak(12, 8, 4), shuffle(200, a, b, c, d, [])}.
shuffle(0, A, B, C, D, Acc) -> {A, B, C, D, Acc};
shuffle(N, A, B, C, D, Acc) ->
    R = keep(N, B),
    Q = keep(C, R),
    shuffle(N - 1, Q, D, {N, keep(A, x)}, keep(y, B), [R, Q | Acc]).
keep(A, B) -> {_, X} = {A, [B]}, hd(X).

bodies(A, B) -> C = keep(A, B), D = keep(B, A), E = C * D, F = keep(E, E) - A, keep(F, F + D + E * 2).
framed() -> both(fun bodies/2).
