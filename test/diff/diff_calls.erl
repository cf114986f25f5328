%% SPDX-License-Identifier: Apache-2.0
%% @doc Random calls of library functions and BIFs whose results depend on their arguments alone: right arguments mostly, wrong ones
%% often. A row of a table names a function and the kinds of its arguments as {@link diff_term:type/1} knows them.
-module(diff_calls).

-export([call/0, table/0]).

%% @doc One call.
-spec call() -> {module(), atom(), [term()]}.
call() ->
    case diff_term:below(16) of
        0 -> format();
        1 -> construct();
        N when N < 5 -> from(bifs());
        N when N < 9 -> from(libraries());
        N when N < 12 -> from(elixir());
        N when N < 14 -> diff_natives:call();
        _ -> diff_scripts:call()
    end.

%% @doc The functions that are called, one by one.
-spec table() -> [mfa()].
table() ->
    lists:usort([{Module, Function, length(Types)} || {Module, Function, Types} <- bifs() ++ libraries() ++ elixir()]).

from(Table) ->
    {Module, Function, Types} = diff_term:pick(Table),
    Wrong = case diff_term:chance(25) of
                true -> diff_term:below(length(Types) + 1);
                false -> 0
            end,
    {Module, Function, [argument(N =:= Wrong, Type) || {N, Type} <- lists:zip(lists:seq(1, length(Types)), Types)]}.

argument(false, Type) -> diff_term:type(Type);
%% Which atoms there are is a matter of the node.
argument(true, {existing, _}) -> diff_term:type(diff_term:pick([integer, float, atom, tuple, map]));
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
    {io_lib, format, [Format, Kept]}.

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
          [{lists:ukeysort(1, Pairs), [{gb_trees, from_orddict, [], []}, {gb_trees, to_list, [], []}]},
           {Pairs, [{gb_trees, from_orddict, [], []}, {gb_trees, enter, [Key, Map], []}, {gb_trees, keys, [], []}]},
           {Pairs, [{dict, from_list, [], []}, {dict, store, [Key, x], []}, {dict, to_list, [], []}]},
           {Pairs, [{dict, from_list, [], []}, {dict, append, [Key, x], []}, {dict, fetch_keys, [], []}]},
           {Pairs, [{orddict, from_list, [], []}, {orddict, find, [Key], []}]},
           {Keys, [{sets, from_list, [], [[{version, 2}]]}, {sets, union, [sets:from_list(Keys)], []}, {sets, to_list, [], []}]},
           {Keys, [{sets, from_list, [], []}, {sets, to_list, [], []}]},
           {Keys, [{gb_sets, from_list, [], []}, {gb_sets, to_list, [], []}, {lists, reverse, [], []}]},
           {Keys, [{ordsets, from_list, [], []}, {ordsets, add_element, [Key], []}]},
           {Keys, [{queue, from_list, [], []}, {queue, in, [Key], []}, {queue, to_list, [], []}]},
           {Keys, [{array, from_list, [], []}, {array, to_orddict, [], []}]},
           {Map, [{maps, to_list, [], []}, {maps, from_list, [], []}]},
           {Map, [{maps, iterator, [], []}, {maps, next, [], []}]},
           {Map, [{erlang, term_to_binary, [], []}, {erlang, binary_to_term, [], []}]},
           {Map, [{erlang, term_to_binary, [], [[{minor_version, 1}]]}]},
           {Map, [{erlang, term_to_binary, [], [[deterministic]]}, {erlang, phash2, [], []}]},
           {Pairs, [{'Elixir.Enum', into, [], [Map]}, {'Elixir.Enum', sort, [], []}, {'Elixir.Kernel', inspect, [], []}]},
           {Keys, [{'Elixir.MapSet', new, [], []}, {'Elixir.MapSet', put, [], [Key]}, {'Elixir.Kernel', inspect, [], []}]},
           {source(), [{erl_scan, string, [], []}, {erlang, element, [2], []}, {erl_parse, parse_exprs, [], []}]},
           {source(), [{'Elixir.Code', 'string_to_quoted', [], []}]},
           {diff_term:below(100000), [{diff_funs, drawn, [diff_term:pick([exsss, exro928ss, exrop, exs1024s, exsp, exs64, exsplus])],
                                       [diff_term:type(positive)]}]}]),
    {diff_funs, piped, [Start, Steps]}.

%% Something like a program's text.
source() ->
    lists:append([diff_term:pick(["foo", "X", "1", "2.5e3", "+", "(", ")", "[", "]", "{", "}", ",", ",", ". ", " ", "\"s\"", "'a'", "$c", "->", "=", "<<", ">>",
                                  "#", "16#ff", "case", "of", "end", "fun", "1_000", "%c\n", "|", "||", "<-", ":", "/", "do", "?", "@a", "~s(x)", "..", "!"])
                  || _ <- lists:seq(1, 1 + diff_term:below(8))]) ++ diff_term:pick(["", ".", ". "]).

bifs() ->
    [{erlang, F, [number, number]} || F <- ['+', '-', '*', '/', '<', '=<', '==', '=:=', '=/=', '/=', '>', '>=', max, min]] ++
        [{erlang, F, [integer, integer]} || F <- ['div', 'rem', 'band', 'bor', 'bxor']] ++
        [{erlang, F, [any, any]} || F <- ['<', '=<', '==', '=:=', '=/=', '>', '>=', max, min]] ++
        [{erlang, F, [integer, natural]} || F <- ['bsl', 'bsr']] ++
        [{erlang, F, [number]} || F <- ['+', '-', abs, float, trunc, round, ceil, floor]] ++
        [{erlang, F, [boolean, boolean]} || F <- ['and', 'or', 'xor']] ++
        [{erlang, F, [any]} || F <- [is_atom, is_list, is_map, is_binary, is_bitstring, is_function, is_number, is_float, is_tuple, phash2, external_size,
                                     is_boolean, is_integer, is_pid, is_reference, is_port, length, tuple_size, map_size, byte_size, bit_size, size]] ++
        [{math, F, [float]} || F <- [sin, cos, tan, exp, sqrt, log, log2, log10, atan, asin, acos, sinh, cosh, tanh, ceil, floor, erf, erfc, asinh, acosh, atanh]] ++
        [{math, F, [unit]} || F <- [asin, acos, atanh]] ++
        [{math, F, [number, number]} || F <- [pow, atan2, fmod]] ++
        [{erlang, 'not', [boolean]}, {erlang, 'bnot', [integer]}, {erlang, '++', [list, list]}, {erlang, '--', [{list, key}, {list, key}]},
         {erlang, hd, [list]}, {erlang, tl, [list]}, {erlang, element, [small, tuple]}, {erlang, setelement, [small, tuple, any]},
         {erlang, append_element, [tuple, any]}, {erlang, insert_element, [small, tuple, any]}, {erlang, delete_element, [small, tuple]},
         {erlang, make_tuple, [natural, any]}, {erlang, make_tuple, [natural, any, {list, {tuple, [positive, any]}}]},
         {erlang, list_to_tuple, [list]}, {erlang, tuple_to_list, [tuple]}, {erlang, map_get, [key, map]}, {erlang, is_map_key, [key, map]},
         {erlang, integer_to_list, [integer]}, {erlang, integer_to_list, [integer, {any_of, [0, 1, 2, 3, 10, 16, 35, 36, 37]}]},
         {erlang, integer_to_binary, [integer]}, {erlang, integer_to_binary, [integer, {any_of, [2, 8, 16, 36]}]},
         {erlang, float_to_list, [float]}, {erlang, float_to_binary, [float]}, {erlang, float_to_binary, [float, float_options]},
         {erlang, float_to_list, [float, float_options]}, {erlang, list_to_integer, [digits]}, {erlang, list_to_integer, [digits, {any_of, [2, 10, 16, 36]}]},
         {erlang, binary_to_integer, [{make, fun() -> list_to_binary(diff_term:type(digits)) end}]}, {erlang, list_to_float, [digits]},
         {erlang, binary_to_float, [{make, fun() -> list_to_binary(diff_term:type(digits)) end}]}, {erlang, atom_to_list, [atom]},
         {erlang, atom_to_binary, [atom]}, {erlang, atom_to_binary, [atom, {any_of, [utf8, latin1, unicode, other]}]},
         {erlang, list_to_existing_atom, [{existing, ["ok", "a", "no such atom at all", "ä"]}]},
         {erlang, iolist_to_binary, [iodata]}, {erlang, iolist_size, [iodata]}, {erlang, list_to_binary, [iodata]}, {erlang, iolist_to_iovec, [iodata]},
         {erlang, list_to_bitstring, [{list, bits}]}, {erlang, binary_to_list, [binary]}, {erlang, binary_to_list, [binary, positive, positive]},
         {erlang, bitstring_to_list, [bits]}, {erlang, split_binary, [binary, small]}, {erlang, binary_part, [binary, small, small]},
         {erlang, binary_part, [binary, {tuple, [small, small]}]}, {erlang, crc32, [iodata]}, {erlang, crc32, [positive, iodata]},
         {erlang, crc32_combine, [natural, natural, natural]}, {erlang, adler32, [iodata]}, {erlang, adler32_combine, [natural, natural, natural]},
         {erlang, md5, [iodata]}, {erlang, phash, [any, positive]}, {erlang, phash2, [any, positive]}, {erlang, term_to_binary, [any]},
         {erlang, term_to_binary, [any, {list, {any_of, [compressed, deterministic, {compressed, 3}, {minor_version, 1}, local]}}]},
         {erlang, term_to_iovec, [any]}, {erlang, external_size, [any, {list, {any_of, [{minor_version, 0}, {minor_version, 1}]}}]},
         {erlang, binary_to_term, [external]}, {erlang, binary_to_term, [external, {list, {any_of, [safe, used]}}]},
         {erlang, is_function, [any, natural]}, {erlang, is_record, [tuple, atom]}, {erlang, is_record, [tuple, atom, natural]},
         {erlang, apply, [reference_fun, list]}, {erlang, fun_info, [reference_fun, {any_of, [arity, module, name, type, env, other]}]},
         {erlang, make_fun, [atom, atom, natural]}, {erlang, error, [any]}, {erlang, error, [any, list]}, {erlang, exit, [any]}, {erlang, throw, [any]},
         {erlang, raise, [{any_of, [error, exit, throw, other]}, any, {list, {any_of, [{a, b, 1, []}, {a, b, [x], [{line, 3}]}, {c, d, 2}]}}]},
         {erlang, list_to_pid, [string]}, {erlang, fun_to_list, [{function, 2}]}, {erlang, decode_packet, [packet, binary, {list, {any_of, [{packet_size, 10}]}}]},
         {erlang, convert_time_unit, [integer, unit_name, unit_name]}, {erlang, universaltime_to_localtime, [any]}, {erlang, localtime_to_universaltime, [any]},
         {erlang, posixtime_to_universaltime, [timestamp]}, {erlang, posixtime_to_universaltime, [integer]}, {erlang, binary_to_existing_atom, [{existing, [<<"ok">>, <<"a">>, <<"no such atom at all">>, <<"ä"/utf8>>, <<"ä">>]}, {any_of, [utf8, latin1, unicode, other]}]}, {erlang, binary_to_atom, [binary, {any_of, [utf8, latin1, unicode, other]}]}, {erlang, binary_to_integer, [{make, fun() -> list_to_binary(diff_term:type(digits)) end}, {any_of, [2, 10, 16, 36, 1, 37]}]}, {erlang, adler32, [natural, iodata]}, {erlang, append, [list, list]}, {erlang, subtract, [{list, key}, {list, key}]}, {erlang, term_to_iovec, [any, {list, {any_of, [compressed, {minor_version, 1}]}}]}, {erlang, localtime_to_universaltime, [any, boolean]}, {erlang, function_exported, [atom, atom, natural]}, {erlang, fun_info_mfa, [reference_fun]}, {erlang, is_builtin, [{any_of, [erlang, lists, a]}, {any_of, [abs, reverse, a]}, natural]}, {erts_debug, flat_size, [any]}, {erts_internal, cmp_term, [any, any]}, {erts_internal, term_type, [any]}, {erts_internal, map_to_tuple_keys, [map]}, {binary, part, [binary, {tuple, [small, small]}]}, {binary, matches, [binary, subject, {list, {value, {scope, {0, 3}}}}]}, {binary, copy, [binary]}, {string, list_to_integer, [digits]}, {string, list_to_float, [digits]}, {unicode, bin_is_7bit, [binary]}, {unicode, characters_to_binary, [chardata, encoding]}, {re, compile, [regexp]}, {re, compile, [regexp, re_options]}, {erlang, universaltime_to_posixtime, [any]}, {erlang, get_cookie, [any]},
         {erlang, binary_to_atom, [utf8]}, {erlang, list_to_atom, [{any_of, ["a", "b c", "ä", [8364], [256], [-1], a, lists:duplicate(256, $a)]}]},
         {erts_debug, same, [any, any]}, {erts_debug, flat_size, [{list, integer}]}, {erlang, integer_to_list, [big]},
         {erlang, match_spec_test, [{tuple, [any, any]}, {list, {value, {{'$1', '$2'}, [], [{{'$2', '$1'}}]}}}, {any_of, [table, trace]}]},
         {unicode, characters_to_list, [chardata]}, {unicode, characters_to_binary, [chardata]}, {unicode, characters_to_list, [iodata, encoding]},
         {unicode, characters_to_binary, [chardata, encoding, encoding]}, {unicode, characters_to_binary, [iodata, encoding, encoding]},
         {unicode, bom_to_encoding, [binary]}, {unicode, characters_to_nfc_list, [chardata]}, {unicode, characters_to_nfd_binary, [chardata]},
         {unicode, characters_to_nfkc_list, [chardata]}, {unicode, characters_to_nfkd_list, [chardata]},
         {binary, copy, [binary, natural]}, {binary, part, [binary, small, small]}, {binary, match, [binary, subject]}, {binary, matches, [binary, subject]},
         {binary, match, [binary, subject, {list, {value, {scope, {0, 3}}}}]}, {binary, split, [binary, subject, split_options]}, {binary, split, [binary, subject]},
         {binary, replace, [binary, subject, binary, {list, {any_of, [global, {insert_replaced, 0}, {insert_replaced, [0, 1]}]}}]},
         {binary, longest_common_prefix, [{filled, binary}]}, {binary, longest_common_suffix, [{filled, binary}]}, {binary, first, [binary]}, {binary, last, [binary]},
         {binary, at, [binary, small]}, {binary, bin_to_list, [binary, small, small]}, {binary, list_to_bin, [iodata]}, {binary, encode_hex, [binary]},
         {binary, decode_hex, [{any_of, [<<"00ff">>, <<"0g">>, <<"0">>, <<"AbCd">>]}]}, {binary, decode_unsigned, [binary]}, {binary, decode_unsigned, [binary, endianness]},
         {binary, encode_unsigned, [integer, endianness]}, {binary, encode_unsigned, [integer]}].

%% Where the order of keys shows, it is that of their hashes.
large_maps() ->
    [{maps, F, [large_map]} || F <- [keys, values, to_list, size]] ++
        [{maps, F, [{function, 2}, large_map]} || F <- [map, filter, foreach, filtermap]] ++
        [{erlang, F, [large_map]} || F <- [phash2, map_size, external_size, term_to_binary]] ++
        [{'Elixir.Enum', F, [large_map]} || F <- [to_list, count, sort]] ++
        [{maps, F, [plain_key, large_map]} || F <- [get, find, is_key, remove, take]] ++
        [{maps, F, [{list, plain_key}, large_map]} || F <- [with, without]] ++
        [{maps, F, [large_map, large_map]} || F <- [merge, intersect]] ++
        [{erlang, F, [large_map, large_map]} || F <- ['<', '=<', '==', '=:=', max]] ++
        [{maps, fold, [{function, 3}, any, large_map]}, {maps, put, [plain_key, any, large_map]}, {maps, update, [plain_key, any, large_map]},
         {maps, from_list, [plain_pairs]}, {maps, merge_with, [{function, 3}, large_map, large_map]}, {maps, intersect_with, [{function, 3}, large_map, large_map]},
         {erlang, map_get, [plain_key, large_map]}, {erlang, is_map_key, [plain_key, large_map]}, {io_lib, write, [large_map]}, {io_lib, print, [large_map]},
         {'Elixir.Kernel', inspect, [large_map]}, {'Elixir.Map', take, [large_map, {list, plain_key}]}, {'Elixir.Map', new, [plain_pairs]},
         {'Elixir.Enum', reduce, [large_map, any, {function, 2}]}, {diff_funs, walked, [large_map]}, {diff_funs, taken, [large_map, {list, plain_key}]}].

libraries() ->
    large_maps() ++
    [{lists, F, [list]} || F <- [reverse, sort, usort, last, droplast, flatten, flatlength, max, min, append, concat, uniq]] ++
        [{lists, F, [{function, 1}, list]} || F <- [map, filter, foreach, all, any, partition, takewhile, dropwhile, filtermap, flatmap, search, uniq]] ++
        [{lists, F, [key, positive, tuples]} || F <- [keyfind, keymember, keysearch, keydelete, keytake]] ++
        [{lists, F, [{function, 2}, any, list]} || F <- [foldl, foldr, mapfoldl, mapfoldr]] ++
        [{lists, F, [positive, tuples]} || F <- [keysort, ukeysort]] ++
        [{lists, F, [list, list]} || F <- [append, subtract, prefix, suffix, merge, umerge, zip]] ++
        [{maps, F, [map]} || F <- [keys, values, to_list, size]] ++
        [{maps, F, [{function, 2}, map]} || F <- [map, filter, foreach, filtermap]] ++
        [{string, F, [text]} || F <- [length, to_graphemes, is_empty, uppercase, lowercase, titlecase, casefold, trim, reverse, next_codepoint, next_grapheme, chomp,
                                      to_integer, to_float]] ++
        [{string, F, [chardata]} || F <- [length, to_graphemes, uppercase, reverse, trim]] ++
        [{calendar, F, [date]} || F <- [date_to_gregorian_days, day_of_the_week, iso_week_number, valid_date]] ++
        [{orddict, F, [key, any, {sorted, {tuple, [key, any]}}]} || F <- [store, append]] ++
        [{ordsets, F, [{sorted, key}, {sorted, key}]} || F <- [union, intersection, subtract, is_subset, is_disjoint]] ++
        [{lists, nth, [positive, list]}, {lists, nthtail, [small, list]}, {lists, sublist, [list, natural]}, {lists, sublist, [list, positive, small]},
         {lists, split, [small, list]}, {lists, splitwith, [{function, 1}, list]}, {lists, seq, [small, natural]}, {lists, seq, [small, natural, small]},
         {lists, duplicate, [natural, any]}, {lists, delete, [key, {list, key}]}, {lists, member, [key, {list, key}]}, {lists, sum, [{list, number}]},
         {lists, max, [{filled, number}]}, {lists, zip3, [list, list, list]}, {lists, zipwith, [{function, 2}, list, list]}, {lists, unzip, [{list, pair}]},
         {lists, unzip3, [{list, {tuple, [any, any, any]}}]}, {lists, sort, [{function, 2}, list]}, {lists, usort, [{function, 2}, list]},
         {lists, merge, [{list, {sorted, integer}}]}, {lists, join, [any, list]}, {lists, keymap, [{function, 1}, positive, tuples]},
         {lists, keyreplace, [key, positive, tuples, tuple]}, {lists, keystore, [key, positive, tuples, tuple]}, {lists, keymerge, [positive, tuples, tuples]},
         {lists, reverse, [list, any]}, {lists, enumerate, [list]}, {lists, sort, [{list, number}]}, {lists, concat, [{list, {one, [atom, integer, string, float]}}]},
         {maps, get, [key, map]}, {maps, get, [key, map, any]}, {maps, find, [key, map]}, {maps, put, [key, any, map]}, {maps, update, [key, any, map]},
         {maps, remove, [key, map]}, {maps, take, [key, map]}, {maps, merge, [map, map]}, {maps, from_list, [pairs]}, {maps, from_keys, [{list, key}, any]},
         {maps, with, [{list, key}, map]}, {maps, without, [{list, key}, map]}, {maps, is_key, [key, map]}, {maps, fold, [{function, 3}, any, map]},
         {maps, update_with, [key, {function, 1}, map]}, {maps, update_with, [key, {function, 1}, any, map]}, {maps, intersect, [map, map]},
         {maps, merge_with, [{function, 3}, map, map]}, {maps, intersect_with, [{function, 3}, map, map]}, {maps, groups_from_list, [{function, 1}, list]},
         {proplists, get_value, [key, proplist]}, {proplists, get_value, [key, proplist, any]}, {proplists, lookup, [key, proplist]},
         {proplists, get_all_values, [key, proplist]}, {proplists, is_defined, [key, proplist]}, {proplists, delete, [key, proplist]},
         {proplists, get_bool, [key, proplist]}, {proplists, unfold, [proplist]}, {proplists, compact, [proplist]}, {proplists, to_map, [proplist]},
         {proplists, get_keys, [proplist]}, {proplists, split, [proplist, {list, key}]},
         {orddict, from_list, [pairs]}, {orddict, fetch, [key, {sorted, {tuple, [key, any]}}]}, {orddict, update, [key, {function, 1}, pairs]},
         {string, find, [text, text]}, {string, find, [text, text, {any_of, [leading, trailing, x]}]}, {string, split, [text, text]},
         {string, split, [text, text, {any_of, [leading, trailing, all]}]}, {string, replace, [text, text, text, {any_of, [leading, trailing, all]}]},
         {string, slice, [text, natural]}, {string, slice, [text, natural, natural]}, {string, pad, [text, natural]},
         {string, pad, [text, natural, {any_of, [leading, trailing, both]}, char]}, {string, lexemes, [text, string]}, {string, nth_lexeme, [text, positive, string]},
         {string, equal, [text, text, boolean]}, {string, equal, [text, text, boolean, {any_of, [none, nfc, nfd, nfkc]}]}, {string, trim, [text, {any_of, [leading, both]}]},
         {string, prefix, [text, text]}, {string, take, [text, string]}, {string, take, [text, string, boolean, {any_of, [leading, trailing]}]},
         {string, tokens, [string, string]}, {string, substr, [string, positive, natural]}, {string, centre, [string, natural]}, {string, left, [string, natural]},
         {string, right, [string, natural, char]}, {string, strip, [string, {any_of, [left, both]}, char]}, {string, join, [{list, string}, string]},
         {string, words, [string]}, {string, copies, [string, natural]}, {string, chars, [char, natural]}, {string, to_upper, [string]}, {string, chr, [string, char]},
         {string, str, [string, string]}, {string, rstr, [string, string]}, {string, span, [string, string]}, {string, to_integer, [digits]}, {string, to_float, [digits]},
         {base64, encode, [binary]}, {base64, encode_to_string, [latin1]}, {base64, decode, [base64]}, {base64, mime_decode, [base64]}, {base64, decode_to_string, [base64]},
         {calendar, gregorian_days_to_date, [integer]}, {calendar, last_day_of_the_month, [natural, natural]}, {calendar, is_leap_year, [natural]},
         {calendar, seconds_to_time, [natural]}, {calendar, seconds_to_daystime, [integer]}, {calendar, time_to_seconds, [{tuple, [small, small, small]}]},
         {calendar, system_time_to_rfc3339, [timestamp, {value, [{offset, "Z"}]}]}, {calendar, rfc3339_to_system_time, [{any_of, ["2020-01-01T00:00:00Z", "x", ""]}]},
         {calendar, datetime_to_gregorian_seconds, [{tuple, [date, {value, {1, 2, 3}}]}]}, {calendar, gregorian_seconds_to_datetime, [timestamp]},
         {io_lib, write, [any]}, {io_lib, print, [any]}, {io_lib, print, [any, positive, natural, small]}, {io_lib, write_string, [string]}, {io_lib, write_atom, [atom]},
         {io_lib, fread, [{any_of, ["~d", "~d ~s", "~f", "~c~c", "~u ~a", "~16u", "x~~"]}, string]}, {io_lib, fread, [{any_of, ["~d", "~f", "~d~s"]}, digits]},
         {io_lib, char_list, [any]}, {io_lib, printable_list, [any]}, {io_lib, deep_char_list, [any]}, {io_lib, unscan_format, [any]}, {io_lib, indentation, [string, natural]},
         {io_lib, format, [string, list]}, {io_lib, write, [any, small]}, {io_lib_pretty, print, [any, {list, {any_of, [{line_length, 20}, {depth, 5}, {encoding, latin1}]}}]},
         {io_lib_format, fwrite_g, [float]}, {erl_scan, string, [string]}, {erl_scan, string, [digits]}, {erl_scan, tokens, [nil, string, positive]},
         {erl_parse, abstract, [any]}, {erl_anno, new, [positive]}, {filename, join, [{list, string}]}, {filename, split, [text]}, {filename, basename, [text]},
         {filename, extension, [text]}, {filename, dirname, [text]}, {filename, rootname, [text, text]}, {filename, absname_join, [string, string]},
         {uri_string, parse, [text]}, {uri_string, normalize, [text]}, {uri_string, percent_decode, [text]}, {uri_string, quote, [text]},
         {uri_string, recompose, [map]}, {uri_string, compose_query, [{list, {tuple, [string, string]}}]}, {uri_string, dissect_query, [text]},
         {queue, from_list, [list]}, {queue, in, [any, any]}, {queue, split, [small, {value, {[3, 2], [1]}}]}, {queue, filter, [{function, 1}, {value, {[3, 2], [1]}}]},
         {array, get, [small, any]}, {gb_sets, from_ordset, [{sorted, key}]}, {gb_trees, get, [key, any]}, {sofs, set, [list]}, {sofs, relation, [pairs]},
         {re, run, [text, regexp]}, {re, run, [text, regexp, re_options]}, {re, split, [text, regexp]}, {re, replace, [text, regexp, text, {list, {any_of, [global, {return, list}]}}]},
         {zlib, crc32, [binary]}, {lists, foldl, [{function, 2}, any, improper]}, {lists, map, [{function, 1}, improper]}, {lists, reverse, [improper]},
         {erlang, length, [improper]}, {timer, seconds, [number]}, {timer, hms, [number, number, number]},
         {ets, test_ms, [{tuple, [any, any]}, {any_of, [[{{'$1', '_'}, [], ['$1']}], [{{'_', '$1'}, [{is_atom, '$1'}], ['$_']}], [x]]}]},
         {ets, is_compiled_ms, [any]}, {erl_pp, expr, [any]}, {io_lib, latin1_char_list, [any]}, {digraph_utils, is_tree, [any]}].

elixir() ->
    [{'Elixir.Enum', F, [list]} || F <- [to_list, count, sum, max, min, sort, reverse, uniq, dedup, frequencies, with_index, join, 'empty?', min_max, product,
                                         concat, unzip]] ++
        [{'Elixir.Enum', F, [list, {function, 1}]} || F <- [map, filter, reject, group_by, sort_by, uniq_by, min_by, max_by, 'all?', 'any?', flat_map, chunk_by,
                                                           find, find_index, split_while, take_while, drop_while, frequencies_by, dedup_by, each, map_join]] ++
        [{'Elixir.Enum', F, [list, small]} || F <- [at, take, drop, fetch, 'fetch!', split, slide, chunk_every, take_every, drop_every]] ++
        [{'Elixir.Enum', F, [map]} || F <- [to_list, count, sort, max]] ++
        [{'Elixir.String', F, [utf8]} || F <- [length, upcase, downcase, capitalize, reverse, trim, graphemes, codepoints, split, 'valid?', next_grapheme, first, last,
                                               to_integer, to_float, to_charlist, normalize]] ++
        [{'Elixir.String', F, [utf8, utf8]} || F <- ['contains?', 'starts_with?', 'ends_with?', split, jaro_distance, myers_difference, trim_leading,
                                                      'equivalent?', 'match?']] ++
        [{'Elixir.Map', F, [map, key]} || F <- [get, fetch, 'fetch!', delete, pop, 'has_key?']] ++
        [{'Elixir.Keyword', F, [keyword, atom]} || F <- [get, fetch, 'fetch!', delete, pop, 'has_key?', get_values, pop_first]] ++
        [{'Elixir.Integer', F, [integer, positive]} || F <- [digits, floor_div, mod, gcd, extended_gcd]] ++
        [{'Elixir.Integer', F, [small, natural]} || F <- [pow]] ++
        [{'Elixir.Float', F, [float, small]} || F <- [round, floor, ceil]] ++
        [{'Elixir.Kernel', inspect, [any]}, {'Elixir.Kernel', inspect, [any, inspect_options]}, {'Elixir.String.Chars', to_string, [any]},
         {'Elixir.List.Chars', to_charlist, [any]}, {'Elixir.Inspect', inspect, [any, any]}, {'Elixir.Integer', parse, [utf8_digits]}, {'Elixir.Float', parse, [utf8_digits]},
         {'Elixir.Float', to_string, [float]}, {'Elixir.Float', ratio, [float]}, {'Elixir.Integer', undigits, [{list, small}]}, {'Elixir.Integer', to_string, [integer]},
         {'Elixir.Enum', reduce, [list, any, {function, 2}]}, {'Elixir.Enum', reduce, [list, {function, 2}]}, {'Elixir.Enum', zip, [list, list]},
         {'Elixir.Enum', into, [list, {any_of, [[], #{}, <<>>]}]}, {'Elixir.Enum', into, [{list, bits}, {value, <<>>}]}, {'Elixir.Atom', to_string, [any]}, {diff_funs, regex, [{make, fun() -> list_to_binary(diff_term:type(regexp)) end}, {any_of, [<<>>, <<"iu">>, <<"z">>, a]}]}, {'Elixir.Regex', run, [{make, fun diff_funs:regex/0}, utf8]}, {'Elixir.Enum', join, [list, utf8]}, {'Elixir.Enum', slice, [list, small, natural]},
         {'Elixir.Enum', intersperse, [list, any]}, {'Elixir.Enum', scan, [list, {function, 2}]}, {'Elixir.Enum', sort, [list, {any_of, [asc, desc]}]},
         {'Elixir.Enum', 'member?', [list, any]}, {'Elixir.Enum', map, [any, {function, 1}]}, {'Elixir.Enum', zip_with, [list, list, {function, 2}]},
         {'Elixir.String', slice, [utf8, small, natural]}, {'Elixir.String', pad_leading, [utf8, natural]}, {'Elixir.String', replace, [utf8, utf8, utf8]},
         {'Elixir.String', duplicate, [utf8, natural]}, {'Elixir.String', at, [utf8, small]}, {'Elixir.String', split_at, [utf8, small]},
         {'Elixir.Map', put, [map, key, any]}, {'Elixir.Map', merge, [map, map]}, {'Elixir.Map', new, [pairs]}, {'Elixir.Map', new, [pairs, {function, 1}]},
         {'Elixir.Map', take, [map, {list, key}]}, {'Elixir.Map', drop, [map, {list, key}]}, {'Elixir.Map', split, [map, {list, key}]},
         {'Elixir.Map', update, [map, key, any, {function, 1}]}, {'Elixir.Map', 'update!', [map, key, {function, 1}]}, {'Elixir.Map', get_and_update, [map, key, {function, 1}]},
         {'Elixir.Keyword', merge, [keyword, keyword]}, {'Elixir.Keyword', put, [keyword, atom, any]}, {'Elixir.Keyword', 'keyword?', [any]},
         {'Elixir.Keyword', validate, [keyword, {list, atom}]}, {'Elixir.List', flatten, [list]}, {'Elixir.List', insert_at, [list, small, any]},
         {'Elixir.List', delete_at, [list, small]}, {'Elixir.List', to_string, [chardata]}, {'Elixir.List', myers_difference, [{list, key}, {list, key}]},
         {'Elixir.List', keyfind, [pairs, key, small]}, {'Elixir.List', to_tuple, [list]}, {'Elixir.List', foldr, [list, any, {function, 2}]},
         {'Elixir.Tuple', append, [tuple, any]}, {'Elixir.Tuple', delete_at, [tuple, small]}, {'Elixir.Tuple', product, [tuple]}, {'Elixir.MapSet', new, [list]},
         {'Elixir.Date', new, [natural, natural, natural]}, {'Elixir.Date', from_iso8601, [{any_of, [<<"2020-02-29">>, <<"2021-02-29">>, <<"x">>]}]},
         {'Elixir.Access', get, [any, key]}, {'Elixir.URI', parse, [utf8]}, {'Elixir.URI', encode, [utf8]}, {'Elixir.Base', encode32, [binary]},
         {'Elixir.Base', decode64, [binary]}, {'Elixir.Base', encode16, [binary]}, {'Elixir.Version', parse, [{any_of, [<<"1.2.3">>, <<"1.2">>, <<"1.2.3-rc.1+b">>]}]},
         {'Elixir.Code', string_to_quoted, [utf8]}, {'Elixir.Macro', to_string, [any]}, {'Elixir.Bitwise', 'bsl', [integer, natural]},
         {'Elixir.Exception', format, [{value, error}, any, {value, []}]}, {'Elixir.Exception', normalize, [{value, error}, any]},
         {'Elixir.Exception', message, [any]}, {'Elixir.OptionParser', parse, [{list, utf8}, {value, [{switches, [{a, integer}, {b, boolean}]}]}]},
         {'Elixir.Range', new, [small, small]}, {'Elixir.Path', join, [utf8, utf8]}, {'Elixir.Path', expand, [{any_of, [<<"/a/../b">>, <<"/./x">>]}]},
         {'Elixir.Kernel', struct, [any, any]}, {'Elixir.Kernel', to_string, [any]}].
