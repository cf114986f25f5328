%% SPDX-License-Identifier: Apache-2.0
%% @doc Class `sequential': one process that computes. The fourteen programs of `Are we fast yet' are in {@link bench_awfy} and in a
%% module each.
-module(bench_sequential).

-export([programs/0]).
-export([fib/1, tak/1, reverse/2, sort/1, trees/2, large_map/1, small_map/1, build/1, parse/1, floats/1, big_integers/1]).
-export([closures/2, exceptions/1, ets_set/1, ets_ordered/1, external/1, strings/1, formats/1, copy/2]).

%% @doc The programs of the class.
-spec programs() -> [bench:program()].
programs() ->
    [#{name => Name, what => What, run => {Function, Arguments}, expect => Expect}
     || {Name, What, Function, Arguments, Expect} <- rows()] ++ bench_awfy:programs().

rows() ->
    [{fib, "fib(33)", fib, [33], 3_524_578},
     {tak, "10 times tak(24, 16, 8)", tak, [10], 90},
     {reverse, "150 naive reverses of 500", reverse, [150, 500], 150 * 250_500},
     {sort, "sort 200,000", sort, [200_000], {true, 6_555_886_176}},
     {trees, "20 trees of 65,535 nodes", trees, [20, 16], 20 * 65_535},
     {large_map, "map of 50,000 keys", large_map, [50_000], {50_000, 1_250_025_000, 0}},
     {small_map, "2,000,000 updates of a small map", small_map, [2_000_000], {2_000_000, 8}},
     {build, "binary of 4 MB, built", build, [1_000_000], 4_000_000},
     {parse, "binary of 4 MB, parsed", parse, [1_000_000], 500_000_500_000},
     {floats, "3,000,000 terms of a float series", floats, [3_000_000], 3.14159},
     {big_integers, "big integers: factorial, fib, power", big_integers, [2000], {23_382, 6_270, 0}},
     {closures, "funs made and called", closures, [100, 10_000], 100 * 10_000 * 10_001},
     {exceptions, "1,000,000 exceptions", exceptions, [1_000_000], 1_000_000},
     {ets_set, "ETS set, 100,000 keys", ets_set, [100_000], {100_000, 5_000_150_000}},
     {ets_ordered, "ETS ordered_set, 100,000 keys", ets_ordered, [100_000], {100_000, 5_000_050_000}},
     {external, "term_to_binary and back", external, [300], 300},
     {strings, "strings split, joined, changed", strings, [5000], 5000},
     {formats, "io_lib:format", formats, [20_000], 20_000},
     {copy, "1,000 tuples sent to oneself", copy, [2000, 1000], 2_000_000}].

%% @doc The known function, by its definition.
-spec fib(non_neg_integer()) -> non_neg_integer().
fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

%% @doc Takeuchi's function as McCarthy has it, again and again; the sum of its values.
-spec tak(non_neg_integer()) -> integer().
tak(0) -> 0;
tak(N) -> tak(24, 16, 8) + tak(N - 1).

tak(X, Y, Z) when Y >= X -> Z;
tak(X, Y, Z) -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y)).

%% @doc Quadratic reversal.
-spec reverse(non_neg_integer(), pos_integer()) -> integer().
reverse(0, _) -> 0;
reverse(N, Length) ->
    Reversed = naive(lists:seq(1, Length)),
    [Length | _] = Reversed,
    2 * lists:sum(Reversed) + reverse(N - 1, Length).

naive([]) -> [];
naive([First | Rest]) -> append(naive(Rest), [First]).

append([], Right) -> Right;
append([First | Rest], Right) -> [First | append(Rest, Right)].

%% @doc Sorts numbers of a small generator.
-spec sort(pos_integer()) -> {boolean(), integer()}.
sort(N) ->
    Sorted = lists:sort(numbers(N, 74755)),
    {rises(Sorted), lists:sum(Sorted)}.

numbers(0, _) -> [];
numbers(N, Seed) ->
    Next = (Seed * 1309 + 13849) band 65535,
    [Next | numbers(N - 1, Next)].

rises([A | [B | _] = Rest]) -> A =< B andalso rises(Rest);
rises([_]) -> true.

%% @doc Builds binary trees and counts their nodes.
-spec trees(non_neg_integer(), pos_integer()) -> integer().
trees(0, _) -> 0;
trees(N, Depth) -> count(tree(Depth)) + trees(N - 1, Depth).

tree(0) -> leaf;
tree(Depth) -> {node, tree(Depth - 1), tree(Depth - 1)}.

count(leaf) -> 0;
count({node, Left, Right}) -> 1 + count(Left) + count(Right).

%% @doc Fills a map, finds each key, and empties it.
-spec large_map(pos_integer()) -> {integer(), integer(), integer()}.
large_map(N) ->
    Map = lists:foldl(fun(Key, M) -> M#{{key, Key} => Key} end, #{}, lists:seq(1, N)),
    Sum = lists:sum([maps:get({key, Key}, Map) || Key <- lists:seq(1, N)]),
    {map_size(Map), Sum, map_size(lists:foldl(fun(Key, M) -> maps:remove({key, Key}, M) end, Map, lists:seq(1, N)))}.

%% @doc Updates a map of eight keys.
-spec small_map(pos_integer()) -> {integer(), integer()}.
small_map(N) ->
    small_map(N, #{a => 0, b => 0, c => 0, d => 0, e => 0, f => 0, g => 0, h => 0}).

small_map(0, #{d := D} = Map) -> {D, map_size(Map)};
small_map(N, #{d := D, h := H} = Map) -> small_map(N - 1, Map#{d := D + 1, h := H + D}).

%% @doc Appends words to a binary; its size.
-spec build(pos_integer()) -> integer().
build(N) -> byte_size(words(N, <<>>)).

words(0, Binary) -> Binary;
words(N, Binary) -> words(N - 1, <<Binary/binary, N:32>>).

%% @doc Takes such a binary apart; the sum of its words.
-spec parse(pos_integer()) -> integer().
parse(N) -> sum_of_words(<< <<Word:32>> || Word <- lists:seq(1, N) >>, 0).

sum_of_words(<<Word:32, Rest/binary>>, Sum) -> sum_of_words(Rest, Sum + Word);
sum_of_words(<<>>, Sum) -> Sum.

%% @doc Pi after Leibniz, to the five digits that so many terms are good for.
-spec floats(pos_integer()) -> float().
floats(N) -> trunc(100_000 * series(0, N, 1.0, 0.0)) / 100_000.

series(N, N, _, Sum) -> 4.0 * Sum;
series(K, N, Sign, Sum) -> series(K + 1, N, -Sign, Sum + Sign / (2.0 * K + 1.0)).

%% @doc The sum of the digits of a factorial, the number of digits of a Fibonacci number, and a power by squaring against one by
%% repeated division.
-spec big_integers(pos_integer()) -> {integer(), integer(), integer()}.
big_integers(N) ->
    Fib = fast_fib(15 * N, 0, 1),
    {digits(factorial(N), 0), length(integer_to_list(Fib)), divided(power(7, N), N) - 1}.

factorial(0) -> 1;
factorial(N) -> N * factorial(N - 1).

digits(0, Sum) -> Sum;
digits(N, Sum) -> digits(N div 10, Sum + N rem 10).

fast_fib(0, A, _) -> A;
fast_fib(N, A, B) -> fast_fib(N - 1, B, A + B).

power(_, 0) -> 1;
power(X, N) when N rem 2 =:= 0 -> power(X * X, N div 2);
power(X, N) -> X * power(X, N - 1).

divided(Power, 0) -> Power;
divided(Power, N) -> divided(Power div 7, N - 1).

%% @doc Funs that close over values, in higher-order functions.
-spec closures(non_neg_integer(), pos_integer()) -> integer().
closures(0, _) -> 0;
closures(Times, N) ->
    Funs = lists:map(fun(K) -> fun(X) -> X + K end end, lists:seq(1, N)),
    Twice = fun(F) -> fun(X) -> F(F(X)) end end,
    lists:foldl(fun(F, Sum) -> Sum + (Twice(F))(0) end, 0, Funs) + closures(Times - 1, N).

%% @doc Thrown, raised by a guard, exited; each caught where it belongs.
-spec exceptions(non_neg_integer()) -> integer().
exceptions(N) -> exceptions(N, 0).

exceptions(0, Caught) -> Caught;
exceptions(N, Caught) ->
    Seen = try deep(3, N rem 3) of
               _ -> 0
           catch
               throw:{thrown, 0} -> 1;
               error:badarith -> 1;
               exit:left -> 1
           end,
    exceptions(N - 1, Caught + Seen).

deep(0, 0) -> throw({thrown, 0});
deep(0, 1) -> 1 / (self() =:= none orelse 0);
deep(0, 2) -> exit(left);
deep(Depth, Kind) -> 1 + deep(Depth - 1, Kind).

%% @doc Inserts, counts and looks up in a hash table.
-spec ets_set(pos_integer()) -> {integer(), integer()}.
ets_set(N) ->
    Table = ets:new(table, [set, public]),
    _ = [ets:insert(Table, {Key, Key}) || Key <- lists:seq(1, N)],
    _ = [ets:update_counter(Table, Key, 1) || Key <- lists:seq(1, N)],
    Sum = lists:sum([ets:lookup_element(Table, Key, 2) || Key <- lists:seq(1, N)]),
    Size = ets:info(Table, size),
    ets:delete(Table),
    {Size, Sum}.

%% @doc Inserts backwards into a sorted table, and walks through it.
-spec ets_ordered(pos_integer()) -> {integer(), integer()}.
ets_ordered(N) ->
    Table = ets:new(table, [ordered_set]),
    _ = [ets:insert(Table, {Key, value}) || Key <- lists:seq(N, 1, -1)],
    Answer = walk(Table, ets:first(Table), 0, 0),
    ets:delete(Table),
    Answer.

walk(_, '$end_of_table', Count, Sum) -> {Count, Sum};
walk(Table, Key, Count, Sum) -> walk(Table, ets:next(Table, Key), Count + 1, Sum + Key).

%% @doc A term with some of everything, to bytes and back.
-spec external(non_neg_integer()) -> integer().
external(N) ->
    Term = [{K, K * 1.5, integer_to_binary(K), #{atom => K, list => "text", big => 1 bsl K}} || K <- lists:seq(1, 200)],
    length([same || _ <- lists:seq(1, N), binary_to_term(term_to_binary(Term)) =:= Term]).

%% @doc A line of words taken apart, changed and put together again.
-spec strings(non_neg_integer()) -> integer().
strings(0) -> 0;
strings(N) ->
    Words = string:lexemes("the quick brown fox jumps over the lazy dog", " "),
    Line = lists:flatten(lists:join($-, [string:titlecase(Word) || Word <- Words])),
    "The-Quick-Brown-Fox-Jumps-Over-The-Lazy-Dog" = Line,
    Upper = string:uppercase(unicode:characters_to_binary(Line)),
    Parts = binary:split(Upper, <<"-">>, [global]),
    <<"THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG">> = iolist_to_binary(lists:join(" ", Parts)),
    1 + strings(N - 1).

%% @doc Terms printed.
-spec formats(non_neg_integer()) -> integer().
formats(0) -> 0;
formats(N) ->
    Line = lists:flatten(io_lib:format("~b: ~p ~5.16.0b ~w", [7, {abc, [1, 2.5], "text"}, 42, <<1, 2>>])),
    "7: {abc,[1,2.5],\"text\"} 0002a <<1,2>>" = Line,
    1 + formats(N - 1).

%% @doc Structured messages to oneself.
-spec copy(non_neg_integer(), pos_integer()) -> integer().
copy(Messages, Size) ->
    Term = [{K, [K]} || K <- lists:seq(1, Size)],
    lists:sum([begin self() ! {term, Term}, receive {term, Copy} -> length(Copy) end end || _ <- lists:seq(1, Messages)]).
