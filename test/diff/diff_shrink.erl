%% SPDX-License-Identifier: Apache-2.0
%% @doc Makes a failing case smaller, as long as it fails.
-module(diff_shrink).

-export([term/2, forms/2]).

-define(ATTEMPTS, 400).
-define(SECONDS, 15).

%% @doc The smallest term found for which the function still gives true. It is not called with the term itself.
-spec term(term(), fun((term()) -> boolean())) -> term().
term(Term, Fails) -> smaller(Term, fun term_candidates/1, in_time(Fails), ?ATTEMPTS).

%% @doc The same for the abstract forms of a module.
-spec forms([erl_parse:abstract_form()], fun(([erl_parse:abstract_form()]) -> boolean())) -> [erl_parse:abstract_form()].
forms(Forms, Fails) -> smaller(Forms, fun forms_candidates/1, in_time(Fails), ?ATTEMPTS * 3).

%% When time is over, nothing smaller fails.
in_time(Fails) ->
    End = erlang:monotonic_time(second) + ?SECONDS,
    fun(Candidate) -> erlang:monotonic_time(second) < End andalso Fails(Candidate) end.

smaller(Current, Candidates, Fails, Attempts) ->
    case first(Candidates(Current), Fails, Attempts) of
        {found, Next, Left} -> smaller(Next, Candidates, Fails, Left);
        none -> Current
    end.

first(_, _, 0) -> none;
first([], _, _) -> none;
first([Candidate | Rest], Fails, Attempts) ->
    case Fails(Candidate) of
        true -> {found, Candidate, Attempts - 1};
        false -> first(Rest, Fails, Attempts - 1)
    end.

term_candidates(N) when is_integer(N), N > 1 -> lists:usort([0, N div 2, N - 1]);
term_candidates(N) when is_integer(N), N < 0 -> [0, -N, N div 2];
term_candidates(F) when is_float(F), F =/= 1.0 -> [1.0];
term_candidates([_ | _] = List) ->
    removed(List) ++ inside(List);
term_candidates(Tuple) when is_tuple(Tuple) ->
    [list_to_tuple(L) || L <- term_candidates(tuple_to_list(Tuple)), is_list(L)];
term_candidates(Map) when is_map(Map), map_size(Map) > 0 ->
    [maps:remove(Key, Map) || Key <- maps:keys(Map)] ++ [Map#{Key := V} || {Key, Value} <- maps:to_list(Map), V <- term_candidates(Value)];
term_candidates(<<Byte, Rest/bits>>) -> [<<>>, Rest, <<Byte>>];
term_candidates(_) -> [].

removed(List) when length(List) > 3 ->
    {Front, Back} = lists:split(length(List) div 2, List),
    [Front, Back | without_one(List)];
removed(List) -> without_one(List).

without_one([_ | Tail] = List) when is_list(Tail), length(List) < 40 ->
    [lists:sublist(List, N) ++ lists:nthtail(N + 1, List) || N <- lists:seq(0, length(List) - 1)];
without_one([_ | Tail]) -> [Tail].

inside([Head | Tail]) ->
    [[H | Tail] || H <- term_candidates(Head)] ++ [[Head | T] || T <- inside(Tail)];
inside(_) -> [].

%% A function but the first may go; within a function, whatever still compiles.
forms_candidates(Forms) ->
    [Forms -- [Function] || {function, _, _, _, _} = Function <- Forms] ++
        [replaced(Function, Smaller, Forms) || {function, _, _, _, _} = Function <- Forms, Smaller <- tree_candidates(Function)].

replaced(Old, New, Forms) -> [case Form of Old -> New; _ -> Form end || Form <- Forms].

tree_candidates(Node) when is_tuple(Node) ->
    hoisted(Node) ++ [list_to_tuple(Elements) || Elements <- each_element(tuple_to_list(Node))];
tree_candidates([_ | _] = List) ->
    without_some(List) ++ each_element(List);
tree_candidates(_) -> [].

without_some([_]) -> [];
without_some([{_, _} | _]) -> [];
without_some(List) ->
    case lists:all(fun erlang:is_tuple/1, List) of
        true -> without_one(List);
        false -> []
    end.

each_element([]) -> [];
each_element([Head | Tail]) ->
    [[H | Tail] || H <- tree_candidates(Head)] ++ [[Head | T] || T <- each_element(Tail)].

%% An expression's parts in its place, or a constant.
hoisted({Kind, _, _} = Node) when Kind =:= atom; Kind =:= integer; Kind =:= float; Kind =:= string; Kind =:= char; Kind =:= var -> constant(Node);
hoisted({nil, _}) -> [];
hoisted(Node) when is_atom(element(1, Node)), tuple_size(Node) > 1, is_integer(element(2, Node)) ->
    case lists:member(element(1, Node), [function, clause, bin_element, map_field_assoc, map_field_exact, record_field, clauses, generate, b_generate, remote]) of
        true -> [];
        false -> [{atom, 0, ok} | parts(tl(tl(tuple_to_list(Node))))]
    end;
hoisted(_) -> [].

constant({integer, _, N}) when N > 1; N < 0 -> [{integer, 0, 0}, {integer, 0, 1}, {integer, 0, N div 2}];
constant({var, _, _}) -> [{atom, 0, ok}];
constant(_) -> [].

parts([{clause, _, _, _, Body} | Rest]) -> parts(Body) ++ parts(Rest);
parts([Node | Rest]) when is_tuple(Node), tuple_size(Node) > 1, is_integer(element(2, Node)) -> [Node | parts(Rest)];
parts([List | Rest]) when is_list(List) -> parts(List) ++ parts(Rest);
parts([_ | Rest]) -> parts(Rest);
parts(_) -> [].
