%% SPDX-License-Identifier: Apache-2.0
-module(same_numbers).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

small() -> {id(1) + 2, id(7) - 10, id(6) * 7, id(-7) div 2, id(-7) rem 2, id(7) div -2, id(7) rem -2, -id(5), abs(id(-3))}.

fib() -> fib(18).
fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

factorial() -> factorial(60).
factorial(0) -> 1;
factorial(N) -> N * factorial(N - 1).

borders() ->
    [{X, X + 1, X - 1, -X, X * X} || X <- [1 bsl 59 - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1, 1 bsl 63, -(1 bsl 63), 1 bsl 64]].

big_division() ->
    A = factorial(40),
    B = factorial(23) + 1,
    [{X div Y, X rem Y} || X <- [A, -A], Y <- [B, -B, 7, -7, A, A + 1]].

big_bits() ->
    A = 1 bsl 100 + 12345,
    B = -(1 bsl 90) + 77,
    {A band B, A bor B, A bxor B, bnot A, A bsr 70, B bsr 80, A bsl -20, B bsl 33, 1 bsr 200, -1 bsr 200}.

floats() ->
    {id(1.5) + 2, id(1) / 3, id(2.0) * 3.5, -id(0.0), abs(id(-2.5)), id(7) / 7, 1.0e300 * 1.0e8, id(0.1) + 0.2}.

conversions() ->
    [trunc(id(2.9)), trunc(id(-2.9)), round(id(2.5)), round(id(-2.5)), floor(id(-2.5)), ceil(id(-2.5)), float(id(3)),
     trunc(1.0e25), round(-1.0e22), floor(id(3)), ceil(1.0e20)].

text() ->
    [integer_to_list(id(-255), 16), integer_to_binary(factorial(30)), list_to_integer("-123456789012345678901234567890"),
     binary_to_integer(<<"zz">>, 36), float_to_list(id(1.5)), float_to_list(3.14159, [{decimals, 2}]),
     float_to_binary(0.1, [{decimals, 20}, compact]), float_to_list(1.0e22, [short]), list_to_float("2.5e-3"),
     binary_to_float(<<"1.25">>), float_to_list(123.456, [{scientific, 3}])].

shortest() -> io:format("~p ~p ~p ~p ~p ~p~n", [0.1, 1.0e22, 1.0e-7, 123456789.123, -0.0, 5.0e-324]).

comparing() ->
    {id(1) == 1.0, id(1) =:= 1.0, 1 < 1.5, 1 bsl 53 + 1 == 9007199254740992.0, 1 bsl 53 == 9007199254740992.0,
     lists:sort([3, 1.0, 2, 1, -1 bsl 70, 1 bsl 70, 1.0e30]), max(1, 1.0), min(2.0, 2)}.

term_order() ->
    lists:sort([#{}, [], {}, 1, a, <<>>, 2.0, [1], {1}, #{a => 1}, <<1>>, "b", {a, b}, b, #{b => 1}, <<1:3>>, {}, 1.0]).

sum() -> lists:sum(lists:seq(1, 10000)).

powers() -> [math:pow(2, 10), math:sqrt(2), round(math:sin(1) * 1000000), math:log2(8), math:pi()].

bad_addition() -> id(a) + 1.
bad_division() -> id(1) div id(0).
bad_float_division() -> id(1.0) / id(0).
bad_remainder() -> id(1.5) rem 2.
bad_shift() -> 1 bsl id(b).
bad_text() -> list_to_integer(id("12x")).
bad_float_text() -> binary_to_float(id(<<"1">>)).
overflow() -> id(1.0e308) * id(10).
too_big() -> id(1) bsl (1 bsl 40).

gcd() -> gcd(factorial(20), 2 * 3 * 5 * 7 * 11 * 13 * 17 * 19 * 23).
gcd(A, 0) -> A;
gcd(A, B) -> gcd(B, A rem B).

digits() -> digits(factorial(25), []).
digits(0, Done) -> Done;
digits(N, Done) -> digits(N div 10, [N rem 10 | Done]).

collatz() -> lists:max([{collatz(N, 0), N} || N <- lists:seq(1, 300)]).
collatz(1, Steps) -> Steps;
collatz(N, Steps) when N band 1 =:= 0 -> collatz(N bsr 1, Steps + 1);
collatz(N, Steps) -> collatz(3 * N + 1, Steps + 1).
