%% SPDX-License-Identifier: Apache-2.0
-module(same_lists).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

basics() ->
    L = id([3, 1, 2]),
    {[0 | L], L ++ [4], L -- [1], hd(L), tl(L), length(L), lists:reverse(L), lists:nth(2, L), lists:last(L), lists:member(2, L)}.

sorting() ->
    L = [5, 3, 9, 1, 5, 2, 8],
    {lists:sort(L), lists:usort(L), lists:sort(fun(A, B) -> A > B end, L), lists:keysort(2, [{a, 2}, {b, 1}]), lists:merge([1, 3], [2, 4]),
     lists:sort([b, "a", 1, {}, 2.5])}.

sort_long() -> L = [(N * 7919) rem 10007 || N <- lists:seq(1, 3000)], S = lists:sort(L), {lists:sublist(S, 10), length(S), lists:last(S)}.

folds() -> {lists:foldl(fun(X, A) -> A * 2 + X end, 0, [1, 0, 1, 1]), lists:foldr(fun(X, A) -> [X | A] end, [], "abc"),
            lists:mapfoldl(fun(X, A) -> {X * X, A + X} end, 0, [1, 2, 3])}.

higher() ->
    L = lists:seq(1, 10),
    {lists:map(fun(X) -> X * X end, L), lists:filter(fun(X) -> X rem 2 =:= 0 end, L), lists:all(fun is_integer/1, L), lists:any(fun(X) -> X > 9 end, L),
     lists:partition(fun(X) -> X < 4 end, L), lists:takewhile(fun(X) -> X < 4 end, L), lists:dropwhile(fun(X) -> X < 8 end, L),
     lists:splitwith(fun(X) -> X < 3 end, L), lists:flatmap(fun(X) -> [X, X] end, [1, 2]), lists:filtermap(fun(X) -> X > 8 andalso {true, -X} end, L),
     lists:search(fun(X) -> X > 3 end, L), lists:sum(L), lists:max(L), lists:min(L)}.

keys() ->
    L = [{a, 1}, {b, 2}, {c, 3}],
    {lists:keyfind(b, 1, L), lists:keyfind(z, 1, L), lists:keymember(3, 2, L), lists:keydelete(a, 1, L), lists:keyreplace(a, 1, L, {a, x}),
     lists:keystore(d, 1, L, {d, 4}), lists:keytake(b, 1, L), lists:keysearch(c, 1, L), lists:keymap(fun atom_to_list/1, 1, L)}.

zips() -> {lists:zip([1, 2], [a, b]), lists:zipwith(fun(A, B) -> A + B end, [1, 2], [3, 4]), lists:unzip([{1, a}, {2, b}]), lists:zip3([1], [2], [3])}.

slices() ->
    L = lists:seq(1, 10),
    {lists:sublist(L, 3), lists:sublist(L, 3, 4), lists:split(4, L), lists:nthtail(8, L), lists:seq(10, 1, -3), lists:duplicate(3, x),
     lists:droplast(L), lists:prefix([1, 2], L), lists:suffix([9, 10], L), lists:enumerate([a, b]), lists:join(x, [1, 2, 3])}.

flatten() -> {lists:flatten([1, [2, [3, []], 4], [[5]]]), lists:append([[1], [2, 3], []]), lists:concat([a, 1, "b", 2.5]), lists:flatlength([1, [2]])}.

comprehensions() -> {[X * Y || X <- [1, 2, 3], Y <- [X, 10], X =/= 2], [{A, B} || A <- "ab", B <- "cd"], [X || {ok, X} <- [{ok, 1}, error, {ok, 2}]]}.

subtract_long() -> L = lists:seq(1, 500), {length(L -- lists:seq(2, 500, 2)), (L -- L), [a, b, a, c] -- [a, c, a]}.

improper() -> {id([1 | 2]), [a, b] ++ id(c), [1, 2 | tl(id([0, 3]))], tl(id([1 | x]))}.

primes() -> sieve(lists:seq(2, 200)).
sieve([P | Rest]) -> [P | sieve([N || N <- Rest, N rem P =/= 0])];
sieve([]) -> [].

permutations() -> permute([1, 2, 3, 4]).
permute([]) -> [[]];
permute(L) -> [[H | T] || H <- L, T <- permute(L -- [H])].

queens() -> length(queens(6)).
queens(N) -> queens(N, N).
queens(0, _) -> [[]];
queens(K, N) -> [[Q | Qs] || Qs <- queens(K - 1, N), Q <- lists:seq(1, N), safe(Q, Qs, 1)].
safe(_, [], _) -> true;
safe(Q, [P | Ps], D) -> Q =/= P andalso abs(Q - P) =/= D andalso safe(Q, Ps, D + 1).

deep_recursion() -> count(100000).
count(0) -> 0;
count(N) -> 1 + count(N - 1).

text() -> {list_to_atom("an atom"), list_to_existing_atom("ok"), atom_to_binary('x y'), list_to_tuple([1, 2]), tuple_to_list({a, b}), erlang:list_to_pid("<0.0.0>")}.

bad_map() -> lists:map(fun(X) -> X + 1 end, id([1, a])).
bad_nth() -> lists:nth(id(5), [1, 2]).
bad_append() -> id(a) ++ [b].
bad_reverse() -> lists:reverse(id(a)).
bad_keyfind() -> lists:keyfind(id(a), 0, [{a}]).
bad_foldl() -> lists:foldl(id(not_a_fun), 0, [1]).
bad_zip() -> lists:zip(id([1]), [1, 2]).
bad_sum() -> lists:sum(id([1, two])).
bad_atom() -> list_to_existing_atom(id("no such atom of the night")).
