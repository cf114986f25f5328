%% SPDX-License-Identifier: Apache-2.0
%% @doc Random sequences of calls on something that has a state: ETS tables, atomics, counters, persistent terms, the process
%% dictionary, md5 contexts, compiled patterns. {@link diff_funs:script/1} runs one; a step names the result of the first by `subject'.
-module(diff_scripts).

-export([call/0, functions/0]).

-import(diff_term, [pick/1, chance/1, below/1, type/1]).

%% @doc One sequence.
-spec call() -> {module(), atom(), [term()]}.
call() ->
    {diff_funs, script, [case below(10) of
                             N when N < 6 -> table();
                             6 -> atomics();
                             7 -> counters();
                             8 -> pick([persistent_terms(), dictionary(), digest(), environment()]);
                             9 -> pattern()
                         end]}.

%% @doc The functions that sequences consist of.
-spec functions() -> [mfa()].
functions() ->
    lists:usort([{M, F, length(Arguments)} || _ <- lists:seq(1, 400), {_, _, [Steps]} <- [call()], {M, F, Arguments} <- Steps, M =/= diff_funs]).

steps(Step) -> [Step() || _ <- lists:seq(1, 2 + below(20))].

table() ->
    Kind = pick([set, ordered_set, bag, duplicate_bag]),
    Position = pick([1, 1, 1, 2]),
    Options = [Kind, {keypos, Position} | pick([[], [], [public], [private], [named_table], [compressed], [{write_concurrency, true}], [{read_concurrency, true}], [x]])],
    [{ets, new, [diff_table, Options]}, {ets, insert, [subject, [row() || _ <- lists:seq(1, below(8))]]} | steps(fun() -> table_step(Kind) end)].

row() -> list_to_tuple([type(key), type(pick([key, integer, scalar])) | type({list, scalar})]).

table_step(Kind) ->
    case below(32) of
        0 -> {ets, insert, [subject, [row() || _ <- lists:seq(1, below(6))]]};
        1 -> {ets, insert, [subject, pick([row(), type(any), {}, [type(any) | row()]])]};
        2 -> {ets, insert_new, [subject, pick([row(), [row(), row()]])]};
        3 -> {ets, lookup, [subject, type(key)]};
        4 -> {ets, lookup_element, [subject, type(key), below(4)]};
        5 -> {ets, member, [subject, type(key)]};
        6 -> {ets, delete, [subject, type(key)]};
        7 -> {ets, delete_object, [subject, row()]};
        8 -> {ets, take, [subject, type(key)]};
        9 -> {ets, update_counter, [subject, type(key), counter_change()]};
        10 -> {ets, update_counter, [subject, type(key), counter_change(), pick([row(), {x, 1, 2}])]};
        11 -> {ets, update_element, [subject, type(key), pick([{below(4), type(scalar)}, [{2, type(scalar)}, {3, type(scalar)}], []])]};
        12 -> ordered(Kind, ets, match, [subject, match_pattern()]);
        13 -> ordered(Kind, ets, match_object, [subject, match_pattern()]);
        14 -> ordered(Kind, ets, select, [subject, match_specification()]);
        15 -> ordered(Kind, ets, select_reverse, [subject, match_specification()]);
        16 -> {ets, select_count, [subject, match_specification()]};
        17 -> {ets, select_delete, [subject, match_specification()]};
        18 -> {ets, select_replace, [subject, pick([match_specification(), [{{'$1', '$2'}, [], [{{'$1', {const, type(scalar)}}}]}]])]};
        19 -> {ets, match_delete, [subject, match_pattern()]};
        20 -> {diff_funs, chunks, [subject, pick([select, match, match_object, select_reverse]), match_specification(), below(5)]};
        21 -> {ets, info, [subject, pick([size, type, keypos, protection, named_table, name, compressed, write_concurrency, other])]};
        22 -> {ets, safe_fixtable, [subject, pick([true, false, x])]};
        23 -> {ets, rename, [subject, pick([diff_renamed, 1])]};
        24 -> ordered(Kind, ets, tab2list, [subject]);
        25 -> {ets, delete_all_objects, [subject]};
        26 -> {ets, setopts, [subject, pick([{heir, none}, [], x, [{protection, public}]])]};
        27 when Kind =:= ordered_set -> {ets, pick([next, prev]), [subject, type(key)]};
        28 when Kind =:= ordered_set -> {ets, pick([first, last]), [subject]};
        29 when Kind =:= ordered_set -> {ets, slot, [subject, below(6)]};
        30 -> {ets, delete, [subject]};
        _ -> ordered(Kind, ets, foldl, [fun diff_funs:cons/2, [], subject])
    end.

%% The order of other tables depends on the numbers of atoms.
ordered(ordered_set, M, F, Arguments) -> {M, F, Arguments};
ordered(_, M, F, Arguments) -> {diff_funs, sorted, [M, F, Arguments]}.

counter_change() ->
    pick([type(small), type(integer), {2, type(small)}, {3, type(small)}, {2, 1, 5, 0}, {2, -3, 0, 9}, [{2, 1}, {2, type(integer)}], [], x, {1, 1}]).

match_pattern() ->
    pick(['_', '$1', '$0', {'$1', '_'}, {'$1', '$2'}, {'_', '$1', '_'}, {'$1', '$1'}, {type(key), '$1'}, {'$2', type(scalar)}, {{'$1'}, '_'}, {'$1', ['$2' | '_']},
          #{a => '$1'}, {'_', #{type(key) => '_'}}, {}, type(any)]).

match_specification() ->
    case below(12) of
        0 -> type(any);
        1 -> [];
        _ -> [{match_pattern(), [match_guard(2) || _ <- lists:seq(1, below(3))], [match_body(2)]} || _ <- lists:seq(1, 1 + below(2))]
    end.

match_guard(Depth) ->
    case below(6) of
        0 -> {pick([is_atom, is_integer, is_list, is_map, is_binary, is_tuple, is_float, is_number]), match_body(Depth - 1)};
        1 when Depth > 0 -> {pick(['andalso', 'orelse', 'and', 'or', 'xor']), match_guard(Depth - 1), match_guard(Depth - 1)};
        2 when Depth > 0 -> {'not', match_guard(Depth - 1)};
        3 -> pick([true, false, x, '$1']);
        _ -> {pick(['<', '=<', '==', '=:=', '/=', '=/=', '>', '>=']), match_body(Depth - 1), match_body(Depth - 1)}
    end.

match_body(Depth) when Depth =< 0 -> pick(['$1', '$2', '$_', '$$', {const, type(key)}, type(small), type(scalar)]);
match_body(Depth) ->
    case below(9) of
        0 -> {{match_body(Depth - 1), match_body(Depth - 1)}};
        1 -> {pick(['+', '-', '*', 'div', 'rem', 'band', 'bor', 'bxor', 'bsl', 'bsr']), match_body(Depth - 1), below(5)};
        2 -> {element, 1 + below(3), match_body(Depth - 1)};
        3 -> {pick([abs, hd, tl, length, size, tuple_size, map_size, round, trunc, float, byte_size, bit_size]), match_body(Depth - 1)};
        4 -> [match_body(Depth - 1), match_body(Depth - 1)];
        %% With a variable among its keys, a map of the BEAM shares these with every other that the specification makes.
        5 -> #{type(key) => match_body(Depth - 1)};
        _ -> match_body(0)
    end.

atomics() ->
    Size = 1 + below(4),
    [{atomics, new, [pick([Size, Size, Size, 0, a]), pick([[], [{signed, false}], [{signed, true}], [x]])]} | steps(fun atomics_step/0)].

atomics_step() ->
    case below(8) of
        0 -> {atomics, put, [subject, below(5), type(integer)]};
        1 -> {atomics, get, [subject, below(5)]};
        2 -> {atomics, add, [subject, below(5), type(integer)]};
        3 -> {atomics, add_get, [subject, below(5), type(integer)]};
        4 -> {atomics, pick([sub, sub_get]), [subject, below(5), type(integer)]};
        5 -> {atomics, exchange, [subject, below(5), type(pick([integer, any]))]};
        6 -> {atomics, compare_exchange, [subject, below(5), pick([0, 1, type(integer)]), type(integer)]};
        7 -> {atomics, info, [pick([subject, x])]}
    end.

counters() ->
    [{counters, new, [pick([1, 2, 3, 3, 0]), pick([[], [atomics], [write_concurrency], [x]])]} | steps(fun counters_step/0)].

counters_step() ->
    case below(4) of
        0 -> {counters, put, [subject, below(4), type(integer)]};
        1 -> {counters, get, [subject, below(4)]};
        2 -> {counters, pick([add, sub]), [subject, below(4), type(integer)]};
        3 -> {diff_funs, size_of_counters, [subject]}
    end.

persistent_terms() ->
    Key = {diff_scripts, type(key)},
    [{persistent_term, put, [Key, type(any)]} |
     steps(fun() -> pick([{persistent_term, get, [Key]}, {persistent_term, get, [{diff_scripts, x}]}, {persistent_term, get, [{diff_scripts, x}, type(key)]},
                          {persistent_term, put, [Key, type(any)]}, {persistent_term, erase, [Key]}]) end)] ++ [{persistent_term, erase, [Key]}].

dictionary() ->
    [{erlang, put, [type(key), type(any)]} |
     steps(fun() -> pick([{erlang, put, [type(key), type(scalar)]}, {erlang, get, [type(key)]}, {erlang, erase, [type(key)]}, {diff_funs, sorted, [erlang, get, []]},
                          {diff_funs, sorted, [erlang, get_keys, [type(scalar)]]}]) end)] ++ [{diff_funs, sorted, [erlang, erase, []]}, {diff_funs, sorted, [erlang, get_keys, []]}].

digest() ->
    [{diff_funs, digest, [[type(iodata) || _ <- lists:seq(1, below(5))]]}, {erlang, md5, [type(iodata)]}].

environment() ->
    Name = "DIFF_" ++ integer_to_list(below(3)),
    [{os, putenv, [Name, type(string)]} |
     steps(fun() -> pick([{os, getenv, [Name]}, {os, getenv, [Name, type(string)]}, {os, putenv, [Name, pick([type(string), type(any)])]}, {os, unsetenv, [Name]},
                          {os, getenv, [type(any)]}, {os, unsetenv, [pick([type(scalar), "A=B", [0]])]}, {os, putenv, [pick(["", "A=B", [$A, 0], type(scalar)]), type(string)]}]) end)]
        ++ [{os, unsetenv, [Name]}, {os, getenv, [Name]}].

pattern() ->
    [{diff_funs, compiled, [type(regexp), type(pick([re_options, nil, nil]))]} |
     steps(fun() -> pick([{re, run, [type(text), subject]}, {re, run, [type(text), subject, type(re_options)]}, {re, split, [type(text), subject]},
                          {re, replace, [type(text), subject, type(text), [global]]}, {re, inspect, [subject, pick([namelist, x])]}]) end)].
