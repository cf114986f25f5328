%% SPDX-License-Identifier: Apache-2.0
-module(same_library).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

queues() ->
    Q = queue:from_list([1, 2, 3]),
    Q1 = queue:in_r(0, queue:in(4, Q)),
    {queue:to_list(Q1), queue:len(Q1), queue:out(Q1), queue:peek(Q1), queue:is_empty(queue:new()), queue:to_list(queue:reverse(Q1)), queue:to_list(queue:filter(fun(X) -> X > 1 end, Q1))}.

proplists() ->
    L = [a, {b, 1}, {c, x}, {b, 2}],
    {proplists:get_value(b, L), proplists:get_value(z, L, none), proplists:get_bool(a, L), proplists:get_all_values(b, L), proplists:delete(b, L),
     proplists:is_defined(c, L), proplists:compact(L), proplists:unfold(L), proplists:to_map(L)}.

trees() ->
    T = lists:foldl(fun(N, T) -> gb_trees:enter(N * 7 rem 31, N, T) end, gb_trees:empty(), lists:seq(1, 30)),
    {gb_trees:size(T), gb_trees:to_list(T), gb_trees:smallest(T), gb_trees:largest(T), gb_trees:lookup(3, T), gb_trees:keys(gb_trees:delete(3, T)), gb_sets:to_list(gb_sets:from_list([3, 1, 2, 1]))}.

dictionaries() ->
    D = dict:from_list([{a, 1}, {b, 2}]),
    {lists:sort(dict:to_list(dict:update_counter(a, 5, D))), orddict:store(b, 1, orddict:from_list([{c, 2}, {a, 0}])), dict:find(z, D), dict:size(D)}.

sets() ->
    A = sets:from_list([1, 2, 3]), B = sets:from_list([2, 3, 4]),
    {lists:sort(sets:to_list(sets:union(A, B))), lists:sort(sets:to_list(sets:intersection(A, B))), sets:is_element(1, A), ordsets:subtract([1, 2, 3], [2]), sets:size(A)}.

arrays() -> A = array:set(5, x, array:from_list([a, b, c])), {array:size(A), array:get(5, A), array:get(4, A), array:to_list(A), array:foldl(fun(I, _, S) -> S + I end, 0, A)}.

strings() ->
    S = "Hello, World",
    {string:uppercase(S), string:lowercase(S), string:split(S, ", "), string:length(S), string:reverse(S), string:trim("  x  "), string:find(S, "World"),
     string:pad("a", 3, leading), string:slice(S, 1, 3), string:tokens("a b  c", " "), string:lexemes("a,b;c", ",;"), string:replace(S, "l", "L", all),
     string:to_integer("12rest"), string:to_float("1.5x"), string:equal("a", "a"), string:titlecase("abc"), string:prefix(S, "Hell"), string:casefold("ÄB")}.

formatting() ->
    [lists:flatten(io_lib:format(F, A)) || {F, A} <- [{"~p", [[1, {a, "text", <<"bin">>}]]}, {"~w", ["abc"]}, {"~s and ~ts", ["abc", "ü"]}, {"~10.3f|~e|~g", [1.5, 2.5, 3.5]},
      {"~5b|~.16b|~.2#|~+.8b", [42, 255, 5, -8]}, {"~c~c~3c", [$a, $b, $x]}, {"~-10s|~10s|", ["left", "right"]}, {"~~ ~i~p~n", [ignored, shown]}, {"~*.*.0s", [5, 3, "abcdef"]},
      {"~W ~P", [lists:seq(1, 20), 5, {a, b, c, d}, 3]}, {"~p", [lists:seq(1, 60)]}, {"~p", [#{key => lists:duplicate(5, "a longer text than fits")}]}, {"~tp ~tw", ["grüß", 'ä']}]].

formatting_badly() -> io_lib:format(id("~p ~p"), [id(1)]).

printing_columns() -> io:format("~p~n", [{lists:seq(1, 40), "some text", [{key, value, "a string that is long enough to break the line"} || _ <- [1, 2]]}]).

scanning() -> {erl_scan:string("X = [1, \"a\", 'B' | T]."), element(2, erl_scan:string("1 + \"unfinished"))}.

evaluating() ->
    {ok, Tokens, _} = erl_scan:string("F = fun(X) -> [Y * 2 || Y <- X, Y > 1] end, {F([1, 2, 3]), try 1 / 0 catch _:R -> R end}."),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erl_eval:exprs(Expressions, erl_eval:new_bindings()),
    Value.

evaluated_process() ->
    {ok, Tokens, _} = erl_scan:string("S = self(), P = spawn(fun() -> receive {F, ping} -> F ! {self(), pong} end end), P ! {S, ping}, receive {P, A} -> A end."),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erl_eval:exprs(Expressions, erl_eval:new_bindings()),
    Value.

evaluated(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erl_eval:exprs(Expressions, erl_eval:new_bindings()),
    Value.

evaluated_error() -> (evaluated("fun() -> erlang:error(oops) end."))().
evaluated_error_in_process() -> F = evaluated("fun() -> erlang:error(oops) end."), {_, M} = spawn_monitor(F), receive {'DOWN', M, _, _, R} -> R end.
evaluated_arithmetic_error() -> (evaluated("fun(X) -> [1 / Y || Y <- X] end."))([1, 0]).
evaluated_clause_error() -> (evaluated("fun(a) -> ok end."))(b).
evaluated_undefined() -> (evaluated("fun() -> no_such_module_here:f(1) end."))().
evaluated_receive() -> (evaluated("fun() -> self() ! {a, 1}, self() ! {b, 2}, receive {b, X} -> X after 10 -> none end end."))().
evaluated_recursion() -> (evaluated("fun F(0) -> []; F(N) -> [N | F(N - 1)] end."))(5).
evaluated_match_error() -> (evaluated("fun() -> {ok, X} = {error, why}, X end."))().

random_with_seed() -> S = rand:seed_s(exsss, {1, 2, 3}), {L, _} = lists:mapfoldl(fun(_, S0) -> rand:uniform_s(100, S0) end, S, lists:seq(1, 10)), L.

calendar() -> {calendar:day_of_the_week(2024, 2, 29), calendar:date_to_gregorian_days({2000, 1, 1}), calendar:gregorian_seconds_to_datetime(63000000000), calendar:is_leap_year(1900), calendar:last_day_of_the_month(2023, 2)}.

paths() -> {filename:join(["a", "b", "c.erl"]), filename:basename("/x/y.erl", ".erl"), filename:dirname("/x/y"), filename:extension("a.b.c"), filename:split("/a/b"), filename:rootname("a.b")}.

uris() -> {uri_string:parse("http://user@host:80/path?q=1#f"), uri_string:normalize("HTTP://a/b/../c"), uri_string:quote("a b")}.

unicode_names() -> {unicode:characters_to_nfc_list([97, 776]), unicode:characters_to_nfd_binary(<<"ä"/utf8>>), string:to_graphemes([$a, 776, $b])}.

timer_functions() -> {element(2, timer:tc(fun() -> x end)), timer:seconds(2), timer:hms(1, 2, 3), timer:sleep(5)}.

pairs_of_sorted() -> lists:keymerge(1, lists:keysort(1, [{3, a}, {1, b}]), [{2, c}]).

word_count() ->
    Words = string:lexemes("the quick brown fox jumps over the lazy dog and the cat", " "),
    lists:sort(maps:to_list(lists:foldl(fun(W, M) -> maps:update_with(W, fun(N) -> N + 1 end, 1, M) end, #{}, Words))).

matrix() ->
    M = [[1, 2], [3, 4]],
    Transpose = fun T([[] | _]) -> []; T(R) -> [[hd(X) || X <- R] | T([tl(X) || X <- R])] end,
    [[lists:sum([A * B || {A, B} <- lists:zip(R, C)]) || C <- Transpose(M)] || R <- M].

primes_by_processes() -> Self = self(), First = spawn_link(fun() -> receive P -> filter(P, Self) end end), [First ! N || N <- lists:seq(2, 60)], First ! done, lists:sort(collect([])).
filter(P, To) -> To ! {prime, P}, filter(P, To, none).
filter(P, To, Next) ->
    receive
        done when Next =:= none -> To ! done;
        done -> Next ! done;
        N when N rem P =:= 0 -> filter(P, To, Next);
        N when Next =:= none -> filter(P, To, spawn_link(fun() -> filter(N, To) end));
        N -> Next ! N, filter(P, To, Next)
    end.
collect(Ps) -> receive {prime, P} -> collect([P | Ps]); done -> Ps end.
