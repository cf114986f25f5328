%% SPDX-License-Identifier: Apache-2.0
-module(same_matching).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

clauses() -> [kind(X) || X <- [1, -1, 1.5, a, [], [1], {}, {a, 1}, <<1>>, #{}, fun id/1, self(), make_ref(), <<1:3>>, 1 bsl 80]].
kind(X) when is_integer(X), X < 0 -> negative;
kind(X) when is_integer(X), X > 1 bsl 60 -> big;
kind(X) when is_integer(X) -> integer;
kind(X) when is_float(X) -> float;
kind(X) when is_atom(X) -> atom;
kind([]) -> nil;
kind([_ | _]) -> list;
kind({}) -> empty;
kind({_, _}) -> pair;
kind(X) when is_binary(X) -> binary;
kind(X) when is_bitstring(X) -> bits;
kind(X) when is_map(X) -> map;
kind(X) when is_function(X, 1) -> function;
kind(X) when is_pid(X) -> pid;
kind(X) when is_reference(X) -> reference.

nested() ->
    {a, [{b, X}, {c, [Y | Z]}], #{k := {V, _}}} = id({a, [{b, 1}, {c, [2, 3, 4]}], #{k => {5, 6}, l => 7}}),
    {X, Y, Z, V}.

same_variable() -> [case id(T) of {X, X} -> same; {_, _} -> other end || T <- [{1, 1}, {1, 1.0}, {a, b}, {[1], [1]}, {<<>>, <<>>}]].

select_atoms() -> [atom_number(A) || A <- [one, two, three, four, five, six, seven]].
atom_number(one) -> 1;
atom_number(two) -> 2;
atom_number(three) -> 3;
atom_number(four) -> 4;
atom_number(five) -> 5;
atom_number(_) -> many.

select_integers() -> [number_name(N) || N <- [0, 1, 2, 3, 4, 5, 100, -1]].
number_name(0) -> zero;
number_name(1) -> one;
number_name(2) -> two;
number_name(3) -> three;
number_name(4) -> four;
number_name(100) -> hundred;
number_name(_) -> other.

select_arity() -> [case id(T) of {_} -> 1; {_, _} -> 2; {_, _, _} -> 3; _ -> many end || T <- [{a}, {a, b}, {a, b, c}, {a, b, c, d}]].

guards() -> [guarded(A, B) || A <- [1, a, [1], {1}], B <- [0, 1, 2]].
guarded(A, B) when is_list(A), length(A) =:= B -> list;
guarded(A, B) when tuple_size(A) =:= B; A =:= B -> equal;
guarded(A, B) when A / B > 0 -> positive;
guarded(_, _) -> none.

literals() -> [case id(X) of "abc" -> list; <<"abc">> -> binary; {a, "b"} -> tuple; 1.5 -> float; 99999999999999999999 -> big; _ -> none end
               || X <- ["abc", <<"abc">>, {a, "b"}, 1.5, 99999999999999999999, abc]].

logic() -> [{A andalso B, A orelse B, A and B, A or B, A xor B, not A} || A <- [true, false], B <- [true, false]].

element_set() -> T = list_to_tuple(lists:seq(1, 20)), {element(id(7), T), setelement(id(3), T, x), tuple_size(T), erlang:append_element(T, y)}.

records() ->
    R = #{name => "n", list => [1, 2]},
    #{name := N} = R,
    {N, R#{name := "m", more => 1}, catch R#{absent := 1}}.

maybe_bind() -> X = case id(1) of 1 -> Y = one; 2 -> Y = two end, {X, Y}.

string_prefix() -> case id("prefix and rest") of "prefix" ++ Rest -> Rest end.

no_function_clause() -> only_a(id(b)).
only_a(a) -> a.

no_function_clause_with_arguments() -> three(id([1, 2]), {x}, "text").
three(A, B, C) when is_atom(A), is_atom(B), is_atom(C) -> ok.

no_case_clause() -> case id({a, 1}) of {b, _} -> ok end.
no_if() -> X = id(1), if X > 1 -> ok; X < 0 -> ok end.
no_match() -> {ok, X} = id({error, "reason"}), X.
no_match_small() -> 1 = id(2).
no_boolean() -> case id('maybe') of X when X -> yes; _ -> (id('maybe') andalso true) end.
no_boolean_not() -> not id(1).
no_element() -> element(id(4), {a, b, c}).
no_try_clause() -> try id(1) of 2 -> ok catch _:_ -> caught end.
bad_head() -> hd(id([])).
bad_length() -> length(id([1 | 2])).
bad_tuple() -> setelement(id(0), {a}, b).
bad_atom() -> atom_to_list(id("a")).
bad_key() -> maps:get(id(k), #{a => 1}).
bad_map() -> maps:get(id(k), id(no_map)).
bad_map_update() -> M = id(#{a => 1}), M#{b := 2}.
bad_map_base() -> M = id([]), M#{b => 2}.

%% Choices on both sides of zero.
about_zero(-3) -> a; about_zero(-2) -> b; about_zero(-1) -> c; about_zero(0) -> d; about_zero(1) -> e; about_zero(3) -> f; about_zero(_) -> none.
below_zero(-9) -> a; below_zero(-8) -> b; below_zero(-6) -> c; below_zero(-5) -> d; below_zero(_) -> none.
ends_above(-5) -> a; ends_above(-4) -> b; ends_above(-3) -> c; ends_above(-2) -> d; ends_above(0) -> e; ends_above(2) -> f; ends_above(_) -> none.
signs_of_choices() -> [{I, about_zero(I), below_zero(I), ends_above(I)} || I <- lists:seq(-12, 6) ++ [x, -1.0, 1 bsl 70, -(1 bsl 70)]].
