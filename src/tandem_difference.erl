%% SPDX-License-Identifier: Apache-2.0
%% @doc Where two terms differ: the way to the first place, in words, and what each of them has there.
-module(tandem_difference).

-export([find/3]).

%% What is shown of a text around the place.
-define(AROUND, 30).

%% @doc `same', or where the first difference is (empty: at the top), and both terms there as text, which the function makes of a term.
-spec find(term(), term(), fun((term()) -> binary())) -> same | {Where :: binary(), Left :: binary(), Right :: binary()}.
find(Term, Term, _) -> same;
find(Left, Right, Show) ->
    {Steps, A, B} = walk(Left, Right, [], Show),
    {unicode:characters_to_binary(lists:join(", ", lists:reverse(Steps))), A, B}.

walk(A, B, Steps, Show) when is_tuple(A), is_tuple(B), tuple_size(A) =:= tuple_size(B) ->
    {N, Left, Right} = first(tuple_to_list(A), tuple_to_list(B), 1),
    walk(Left, Right, [["element ", integer_to_list(N)] | Steps], Show);
walk(A, B, Steps, Show) when is_map(A), is_map(B) ->
    maps(A, B, Steps, Show);
walk(A, B, Steps, Show) when is_binary(A), is_binary(B) ->
    case {unicode:characters_to_list(A), unicode:characters_to_list(B)} of
        {Left, Right} when is_list(Left), is_list(Right) -> text(Left, Right, Steps);
        _ -> {[["byte ", integer_to_list(1 + binary:longest_common_prefix([A, B]))] | Steps], Show(A), Show(B)}
    end;
walk([_ | _] = A, [_ | _] = B, Steps, Show) ->
    case io_lib:printable_unicode_list(A) andalso io_lib:printable_unicode_list(B) of
        true -> text(A, B, Steps);
        false -> lists(A, B, 1, Steps, Show)
    end;
walk(A, B, Steps, Show) ->
    {Steps, Show(A), Show(B)}.

first([Same | As], [Same | Bs], N) -> first(As, Bs, N + 1);
first([A | _], [B | _], N) -> {N, A, B}.

lists([Same | As], [Same | Bs], N, Steps, Show) -> lists(As, Bs, N + 1, Steps, Show);
lists([A | _], [B | _], N, Steps, Show) -> walk(A, B, [["item ", integer_to_list(N)] | Steps], Show);
lists(As, Bs, N, Steps, Show) -> {[["from item ", integer_to_list(N), " on"] | Steps], Show(As), Show(Bs)}.

%% A key that only one has comes before a value that differs.
maps(A, B, Steps, Show) ->
    case {maps:keys(A) -- maps:keys(B), maps:keys(B) -- maps:keys(A)} of
        {[], []} ->
            [Key | _] = lists:sort([Key || {Key, Value} <- maps:to_list(A), Value =/= maps:get(Key, B)]),
            walk(maps:get(Key, A), maps:get(Key, B), [["key ", Show(Key)] | Steps], Show);
        {[Key | _], _} -> {[["key ", Show(Key)] | Steps], Show(maps:get(Key, A)), <<"not there">>};
        {[], [Key | _]} -> {[["key ", Show(Key)] | Steps], <<"not there">>, Show(maps:get(Key, B))}
    end.

text(A, B, Steps) ->
    At = common(A, B, 0),
    Before = lists:sublist(A, At),
    Lines = string:split(Before, "\n", all),
    Column = io_lib:format("column ~b", [1 + length(lists:last(Lines))]),
    Place = case lists:member($\n, A ++ B) of
                true -> [io_lib:format("line ~b, ", [length(Lines)]), Column];
                false -> Column
            end,
    {[Place | Steps], excerpt(A, At), excerpt(B, At)}.

common([C | A], [C | B], N) -> common(A, B, N + 1);
common(_, _, N) -> N.

%% From a little before the place.
excerpt(Text, At) ->
    From = max(0, At - ?AROUND div 2),
    Part = lists:sublist(Text, From + 1, ?AROUND * 2),
    quoted([$. || From > 0] ++ [$. || From > 0] ++ Part ++ lists:append([".." || length(Text) > From + ?AROUND * 2])).

quoted(Text) -> unicode:characters_to_binary(io_lib:format("~0tp", [Text])).
