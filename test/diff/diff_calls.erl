%% SPDX-License-Identifier: Apache-2.0
%% @doc Random calls of library functions and BIFs whose results depend on their arguments alone: right arguments mostly, wrong ones
%% often. A row of a table names a function and the kinds of its arguments as {@link diff_term:type/1} knows them.
-module(diff_calls).

-export([call/0]).

%% @doc One call.
-spec call() -> {module(), atom(), [term()]}.
call() ->
    case diff_term:below(12) of
        0 -> format();
        1 -> construct();
        N when N < 5 -> from(bifs());
        N when N < 9 -> from(libraries());
        _ -> from(elixir())
    end.

from(Table) ->
    {Module, Function, Types} = diff_term:pick(Table),
    Wrong = case diff_term:chance(25) of
                true -> diff_term:below(length(Types) + 1);
                false -> 0
            end,
    {Module, Function, [argument(N =:= Wrong, Type) || {N, Type} <- lists:zip(lists:seq(1, length(Types)), Types)]}.

argument(false, Type) -> diff_term:type(Type);
argument(true, Type) ->
    case is_size(Type) of
        true -> diff_term:type(diff_term:pick([float, atom, list, tuple, binary, nil, {value, -1}, {value, -(1 bsl 64)}]));
        false -> diff_term:any()
    end.

%% Where a large integer would mean a large result.
is_size(Type) -> lists:member(Type, [natural, positive, small, byte, char, integer_list]).

%% io_lib:format/2 with a format string made together with its arguments.
format() ->
    Controls = [control() || _ <- lists:seq(1, diff_term:below(4))],
    Format = lists:append([Text || {Text, _} <- Controls]),
    Arguments = lists:append([A || {_, A} <- Controls]),
    Kept = case diff_term:chance(8) of
               true -> Arguments ++ [diff_term:any()];
               false -> Arguments
           end,
    {diff_term:pick([io_lib, io_lib, io_lib, unicode_format]), format, [Format, Kept]}.

control() ->
    {Letter, Type} = diff_term:pick([{"p", any}, {"tp", any}, {"w", any}, {"tw", any}, {"s", latin1}, {"ts", text}, {"ts", chardata}, {"f", float}, {"e", float},
                                     {"g", float}, {"b", integer}, {"B", integer}, {"x", pre}, {"#", integer}, {"+", integer}, {"c", char}, {"tc", char},
                                     {"n", none}, {"i", any}, {"p", any}, {"tp", list}, {"p", map}, {"P", deep}, {"W", deep}, {"tP", deep}, {"0p", any},
                                     {"kp", map}, {"lp", string}, {"~", none}]),
    Field = case diff_term:below(5) of
                0 -> integer_to_list(diff_term:below(40));
                1 -> "-" ++ integer_to_list(diff_term:below(30));
                2 -> integer_to_list(diff_term:below(30)) ++ "." ++ integer_to_list(diff_term:below(20));
                3 -> ".." ++ [diff_term:pick("*-0 ")];
                _ -> ""
            end,
    {"<~" ++ Field ++ Letter ++ ">", values(Letter, Type)}.

values(_, none) -> [];
values(_, pre) -> [diff_term:integer(), diff_term:type(string)];
values(_, deep) -> [diff_term:any(), diff_term:below(12)];
values(_, Type) -> [argument(diff_term:chance(6), Type)].

%% A structure of a library built by one function and taken apart by others.
construct() ->
    Pairs = diff_term:type(pairs),
    Keys = diff_term:type({list, key}),
    Map = diff_term:type(map),
    Key = diff_term:type(key),
    {Start, Steps} =
        diff_term:pick(
          [{[Pairs], [{gb_trees, from_orddict, []}, {gb_trees, to_list, []}]},
           {lists:ukeysort(1, Pairs), [{gb_trees, from_orddict, []}, {gb_trees, enter, [Key, Map]}, {gb_trees, keys, []}]},
           {Pairs, [{dict, from_list, []}, {dict, store, [Key]}, {dict, to_list, []}]},
           {Pairs, [{dict, from_list, []}, {dict, append, [Key]}, {dict, fetch_keys, []}]},
           {Pairs, [{orddict, from_list, []}, {orddict, find, [Key]}]},
           {Keys, [{sets, from_list, [[{version, 2}]]}, {sets, union, [sets:from_list(Keys)]}, {sets, to_list, []}]},
           {Keys, [{sets, from_list, []}, {sets, to_list, []}]},
           {Keys, [{gb_sets, from_list, []}, {gb_sets, to_list, []}, {lists, reverse, []}]},
           {Keys, [{ordsets, from_list, []}, {ordsets, add_element, [Key]}]},
           {Keys, [{queue, from_list, []}, {queue, in, [Key]}, {queue, to_list, []}]},
           {Keys, [{array, from_list, []}, {array, to_orddict, []}]},
           {Map, [{maps, to_list, []}, {maps, from_list, []}]},
           {Map, [{maps, iterator, []}, {maps, next, []}]},
           {Map, [{erlang, term_to_binary, []}, {erlang, binary_to_term, []}]},
           {Map, [{erlang, term_to_binary, [[{minor_version, 1}]]}]},
           {Map, ['Elixir.Enum':to_list([{'Elixir.Inspect.Algebra', module_info, [module]}])]},
           {diff_term:type(string), [{erl_scan, string, []}]},
           {diff_term:below(100000), [{rand, seed_s, [exsss], []}]}]),
    case Steps of
        [{rand, seed_s, _, _}] ->
            {diff_funs, piped, [Start, [{diff_rand, draw, [diff_term:pick([exsss, exro928ss, exrop, exs1024s, exsp, mwc59]), diff_term:integer()]}]]};
        [{'Elixir.Inspect.Algebra', _, _}] -> {'Elixir.Kernel', inspect, [Start]};
        _ -> {diff_funs, piped, [Start, Steps]}
    end.
