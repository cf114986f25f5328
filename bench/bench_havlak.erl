%% SPDX-License-Identifier: Apache-2.0
%% @doc Havlak's recognition of loops in a control flow graph of 5,213 blocks, with union-find. The graph is a map of the edges out
%% and in of each block; the state of the search is maps from the numbers that a depth-first walk gives to the blocks.
-module(bench_havlak).

-export([run/2]).

-record(search, {number = #{}, last = #{}, parent = #{}, back = #{}, other = #{}}).

%% @doc Finds the loops `Dummies' times in a small graph and once in the large one, and then `Again' times more for nothing; how
%% many loops that makes (with the root of all), and the blocks.
-spec run(non_neg_integer(), non_neg_integer()) -> {integer(), integer()}.
run(Dummies, Again) ->
    Small = connect(0, 2, base_loop_graph()),
    Found = lists:sum([loops(Small) || _ <- lists:seq(1, Dummies)]),
    Large = large(Small),
    Loops = loops(Large),
    _ = [Loops = loops(Large) || _ <- lists:seq(1, Again)],
    {Found + Loops + 1, map_size(Large)}.

%% A graph is a map from a block to its edges out and in, in the order of their making.
connect(From, To, Graph) ->
    {Out, In} = maps:get(From, Graph, {[], []}),
    Left = Graph#{From => {Out ++ [To], In}},
    {ToOut, ToIn} = maps:get(To, Left, {[], []}),
    Left#{To => {ToOut, ToIn ++ [From]}}.

base_loop_graph() ->
    {_, Graph} = base_loop(0, #{}),
    Graph.

diamond(N, Graph) ->
    {N + 3, lists:foldl(fun({From, To}, G) -> connect(From, To, G) end, Graph, [{N, N + 1}, {N, N + 2}, {N + 1, N + 3}, {N + 2, N + 3}])}.

straight(N, Graph) -> {N + 1, connect(N, N + 1, Graph)}.

base_loop(From, Graph0) ->
    {Header, Graph1} = straight(From, Graph0),
    {Diamond1, Graph2} = diamond(Header, Graph1),
    {Inner, Graph3} = straight(Diamond1, Graph2),
    {Diamond2, Graph4} = diamond(Inner, Graph3),
    {Footer, Graph5} = straight(Diamond2, Graph4),
    straight(Footer, connect(Footer, From, connect(Diamond1, Header, connect(Diamond2, Inner, Graph5)))).

%% Ten trees of ten loops around five.
large(Small) ->
    {_, Graph} = lists:foldl(fun(_, {N, G}) -> tree(N + 1, connect(2, N + 1, G)) end, {2, Small}, lists:seq(1, 10)),
    Graph.

tree(N, Graph) ->
    {Last, Built} = lists:foldl(fun(_, {Top, G}) -> nest(Top, G) end, {N, Graph}, lists:seq(1, 10)),
    {Last, connect(Last, 1, Built)}.

nest(Top, Graph) ->
    {Bottom, Built} = lists:foldl(fun(_, {N, G}) -> base_loop(N, G) end, straight(Top, Graph), lists:seq(1, 5)),
    {After, Closed} = straight(Bottom, Built),
    {After, connect(Bottom, Top, Closed)}.

%% The number of loops, from the innermost out.
loops(Graph) ->
    {_, Search} = walk(0, 0, Graph, #search{}),
    #search{number = Number} = Search,
    Edges = maps:fold(fun(Block, W, S) -> edges(W, element(2, maps:get(Block, Graph)), S) end, Search, Number),
    loops(map_size(Number) - 1, Edges, 0).

walk(Block, N, Graph, #search{number = Number} = Search) ->
    {Out, _} = maps:get(Block, Graph),
    {Last, After} = lists:foldl(fun(Target, {Id, #search{number = Known} = S}) ->
                                        case is_map_key(Target, Known) of
                                            true -> {Id, S};
                                            false -> walk(Target, Id + 1, Graph, S)
                                        end
                                end, {N, Search#search{number = Number#{Block => N}}}, Out),
    {Last, After#search{last = (After#search.last)#{N => Last}}}.

is_ancestor(W, V, #search{last = Last}) -> W =< V andalso V =< maps:get(W, Last).

%% Edges back to a block that leads here, and all others.
edges(W, In, Search) ->
    lists:foldl(fun(Block, #search{number = Number, back = Back, other = Other} = S) ->
                        case Number of
                            #{Block := V} ->
                                case is_ancestor(W, V, S) of
                                    true -> S#search{back = Back#{W => [V | maps:get(W, Back, [])]}};
                                    false -> S#search{other = Other#{W => lists:usort([V | maps:get(W, Other, [])])}}
                                end;
                            _ -> S
                        end
                end, Search, In).

loops(-1, _, Found) -> Found;
loops(W, #search{back = Back} = Search0, Found) ->
    Sources = maps:get(W, Back, []),
    {Pool0, Search1} = lists:mapfoldl(fun find/2, Search0, [V || V <- Sources, V =/= W]),
    {Pool, Search} = body(Pool0, maps:from_list([{V, true} || V <- Pool0]), W, Search1),
    case map_size(Pool) > 0 orelse lists:member(W, Sources) of
        true ->
            Parent = maps:fold(fun(V, _, Parents) -> Parents#{V => W} end, Search#search.parent, Pool),
            loops(W - 1, Search#search{parent = Parent}, Found + 1);
        false -> loops(W - 1, Search, Found)
    end.

%% What leads to the pool without passing the header belongs to it.
body([], Pool, _, Search) -> {Pool, Search};
body([X | Work], Pool, W, Search) ->
    {More, Wider, After} = lists:foldl(fun(Y, State) -> reach(Y, W, State) end, {[], Pool, Search}, maps:get(X, Search#search.other, [])),
    body(Work ++ lists:reverse(More), Wider, W, After).

reach(Y, W, {More, Pool, Search0}) ->
    {Root, #search{other = Other} = Search} = find(Y, Search0),
    case is_ancestor(W, Root, Search) of
        false -> {More, Pool, Search#search{other = Other#{W => lists:usort([Root | maps:get(W, Other, [])])}}};
        true when Root =:= W; is_map_key(Root, Pool) -> {More, Pool, Search};
        true -> {[Root | More], Pool#{Root => true}, Search}
    end.

%% The block that stands for the loop found so far around this one; the way to it gets shorter.
find(V, #search{parent = Parent} = Search) ->
    case Parent of
        #{V := Up} ->
            {Root, #search{parent = Shorter} = After} = find(Up, Search),
            {Root, case Root of Up -> After; _ -> After#search{parent = Shorter#{V := Root}} end};
        _ -> {V, Search}
    end.
