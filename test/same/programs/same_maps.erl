%% SPDX-License-Identifier: Apache-2.0
-module(same_maps).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

build() -> X = id(1), M = #{a => X, "b" => [X], {c} => #{}, 1 => one, 1.0 => float}, {M, map_size(M), M#{a := 2, d => 3}}.

large() ->
    M = maps:from_list([{N, N * N} || N <- lists:seq(1, 1000)]),
    M1 = lists:foldl(fun maps:remove/2, M, lists:seq(1, 1000, 3)),
    {map_size(M), map_size(M1), maps:get(500, M), lists:sum(maps:values(M1)), lists:sort(maps:keys(M1)) =:= [N || N <- lists:seq(1, 1000), N rem 3 =/= 1]}.

grow_and_shrink() ->
    Grown = lists:foldl(fun(N, M) -> M#{N => x} end, #{}, lists:seq(1, 40)),
    Shrunk = lists:foldl(fun maps:remove/2, Grown, lists:seq(4, 40)),
    {map_size(Grown), Shrunk, Shrunk =:= #{1 => x, 2 => x, 3 => x}, Shrunk == Grown}.

functions() ->
    M = #{a => 1, b => 2, c => 3},
    [maps:map(fun(_, V) -> V * 2 end, M), maps:filter(fun(_, V) -> V > 1 end, M), maps:fold(fun(_, V, S) -> V + S end, 0, M),
     maps:merge(M, #{c => x, d => y}), maps:with([a, z], M), maps:without([a], M), maps:find(b, M), maps:find(z, M), maps:is_key(a, M),
     maps:put(e, 5, M), maps:update_with(a, fun(V) -> V + 1 end, M), maps:update_with(z, fun(V) -> V end, 0, M), maps:take(a, M),
     maps:to_list(M), maps:keys(M), maps:values(M), maps:get(z, M, none), maps:groups_from_list(fun(N) -> N rem 2 end, [1, 2, 3]),
     maps:merge_with(fun(_, A, B) -> {A, B} end, M, #{a => 0}), maps:filtermap(fun(_, V) -> V > 1 andalso {true, V * 2} end, M), maps:intersect(M, #{a => 9})].

iterator() -> collect(maps:next(maps:iterator(#{a => 1, b => 2, c => 3}))).
collect(none) -> [];
collect({K, V, Next}) -> [{K, V} | collect(maps:next(Next))].

comparing() ->
    {#{a => 1} == #{a => 1.0}, #{a => 1} =:= #{a => 1.0}, #{1 => a} == #{1.0 => a}, #{a => 1} < #{b => 0}, #{a => 1, b => 2} > #{z => 0},
     lists:sort([#{b => 1}, #{a => 2}, #{a => 1}, #{}])}.

keys_of_all_kinds() ->
    Keys = [1, 1.0, a, "s", <<"b">>, {1, 2}, [], #{}, #{x => y}, 1 bsl 70, -1],
    M = maps:from_list([{K, K} || K <- Keys]),
    [maps:get(K, M) =:= K || K <- Keys].

equal_large() ->
    A = maps:from_list([{N, N} || N <- lists:seq(1, 100)]),
    B = maps:from_list([{N, N} || N <- lists:seq(100, 1, -1)]),
    {A =:= B, A#{50 := x} =:= B, erlang:phash2(A) =:= erlang:phash2(B), maps:merge(A, B) =:= A, A < B#{50 := 51}}.

in_guard() -> [f(M) || M <- [#{a => 1}, #{b => 1}, #{}, x]].
f(M) when is_map_key(a, M) -> map_get(a, M);
f(M) when map_size(M) =:= 1 -> one;
f(M) when is_map(M) -> empty;
f(_) -> none.

%% The compiler knows that is_map_key can't fail here, and reads its results behind its failure.
known(#{} = Person) ->
    Named = is_map_key(name, Person),
    case Named andalso is_map_key(age, Person) of
        true -> full;
        false ->
            Nicked = is_map_key(nick, Person),
            case Nicked andalso is_map_key(age, Person) of
                true -> nick;
                false when Named -> {name, Nicked};
                false when Nicked -> nick_alone;
                false -> nobody
            end
    end.
results_of_guards() -> [known(M) || M <- [#{name => 1, age => 2}, #{nick => 1, age => 2}, #{name => 1}, #{name => 1, nick => 2}, #{nick => 1}, #{}]].

hashes() -> [erlang:phash2(T) || T <- [1, a, "text", {a, 1}, <<"b">>, #{a => 1}, 1 bsl 80, 1.5, [], <<1:3>>, -1, self_is_not_hashed]].

deep_update() -> lists:foldl(fun(N, M) -> maps:update_with(N rem 7, fun(L) -> [N | L] end, [N], M) end, #{}, lists:seq(1, 50)).

comprehension() -> maps:from_list([{K, V} || {K, V} <- maps:to_list(#{a => 1, b => 2}), V > 1]).

printed() -> io:format("~p ~w ~s~n", [#{a => [1, 2], "k" => <<"v">>}, #{1 => {2}}, "end"]).

%% Of several keys that are missing the least one is told, integers before floats, however the source orders them.
missing(M) when is_map(M) ->
    [try F(M) catch error:R -> R end ||
        F <- [fun(X) -> X#{42.0 := a, 42 := b} end, fun(X) -> X#{z := 1, y := 2, a := 3} end, fun(X) -> X#{"s" := 1, <<"b">> := 2, {t} := 3} end,
              fun(X) -> X#{[] := 1, #{} := 2, 7 := 3, -1 := 4} end,
              fun(X) -> X#{100000000000000000000 := 1, 3 := 2} end, fun(X) -> X#{id(z) := 1, id(y) := 2} end, fun(X) -> X#{known := 1, z := 2, b := 3} end]].
missing_keys() -> {missing(id(#{})), missing(id(#{known => 1})), missing(maps:from_list([{known, x} | [{I, I} || I <- lists:seq(1000, 1050)]]))}.

%% Keys may be equal and not the same.
zeros() ->
    [A, B] = id([0.0, -0.0]),
    Many = [{N, N} || N <- lists:seq(1, 40)],
    Lists = [[{A, 1}, {B, 2}], [{B, 1}, {A, 2}], [{{A}, 1}, {1000, 0}, {{B}, 2}], [{A, 1}, {B, 2} | Many], Many ++ [{B, 1}, {A, 2}]],
    Maps = [#{A => 1}, #{B => 2}, #{B => 2, 1000 => 3}, #{1000 => 3, {A} => 1}, #{{B} => 1}, maps:from_list([{B, b} | Many])],
    [[io_lib:format("~0p", [Map]) || Map <- [maps:from_list(List), maps:from_keys([Key || {Key, _} <- List], k)]] || List <- Lists]
        ++ [io_lib:format("~0p", [Map]) || One <- Maps, Other <- Maps, Map <- [maps:merge(One, Other), maps:put(A, p, One), One#{B => q}, maps:remove(A, One)]].
