%% SPDX-License-Identifier: Apache-2.0
%% @doc Functions that generated calls pass on to the library.
-module(diff_funs).

-export([same/1, throws/1, is_small/1, pair/1, twice/1, maybe_true/1, cons/2, second/2, less/2, keep/2, third/3, collect/3, closure/1, closure/2,
         piped/2, drawn/3]).

%% @doc Its argument.
-spec same(T) -> T.
same(X) -> X.

%% @doc Throws its argument.
-spec throws(term()) -> no_return().
throws(X) -> throw({thrown, X}).

%% @doc Below 5, in the order of terms.
-spec is_small(term()) -> boolean().
is_small(X) -> X < 5.

%% @doc Its argument as key and value.
-spec pair(T) -> {T, T}.
pair(X) -> {X, X}.

%% @doc Twice a number; raises for everything else.
-spec twice(number()) -> number().
twice(X) -> X * 2.

%% @doc As filter functions answer that change as well.
-spec maybe_true(T) -> boolean() | {true, [T]}.
maybe_true(X) when is_integer(X), X rem 2 =:= 0 -> {true, [X]};
maybe_true(X) -> is_atom(X).

%% @doc A fold's step.
-spec cons(A, B) -> nonempty_improper_list(A, B).
cons(X, Y) -> [X | Y].

%% @doc The second.
-spec second(term(), T) -> T.
second(_, Y) -> Y.

%% @doc An order.
-spec less(term(), term()) -> boolean().
less(X, Y) -> X =< Y.

%% @doc A filter of pairs.
-spec keep(term(), term()) -> boolean().
keep(K, V) -> K =/= V.

%% @doc The third.
-spec third(term(), term(), T) -> T.
third(_, _, Z) -> Z.

%% @doc A fold's step over pairs.
-spec collect(A, B, C) -> nonempty_improper_list({A, B}, C).
collect(X, Y, Z) -> [{X, Y} | Z].

%% @doc A closure.
-spec closure(integer()) -> fun((term()) -> term()).
closure(N) -> fun(X) when is_integer(X) -> X + N; (X) -> {N, X} end.

%% @doc A closure of two arguments.
-spec closure(integer(), term()) -> fun((term(), term()) -> term()).
closure(N, Y) -> fun(A, B) when is_number(A), is_number(B) -> A * N + B; (A, B) -> {A, B, N, Y} end.

%% @doc Applies functions one after the other, each to the last one's value between its own arguments.
-spec piped(term(), [{module(), atom(), [term()], [term()]}]) -> term().
piped(Value, Steps) ->
    lists:foldl(fun({M, F, Before, After}, Last) -> apply(M, F, Before ++ [Last | After]) end, Value, Steps).

%% @doc Random numbers that depend on the seed alone.
-spec drawn(atom(), integer(), pos_integer()) -> [term()].
drawn(Algorithm, Seed, N) ->
    Start = rand:seed_s(Algorithm, Seed),
    {A, State1} = rand:uniform_s(N, Start),
    {B, State2} = rand:uniform_s(State1),
    {C, State3} = rand:normal_s(State2),
    {D, State4} = rand:uniform_s(1 bsl 70, State3),
    {E, _} = rand:bytes_s(N, State4),
    [A, B, C, D, E].
