%% SPDX-License-Identifier: Apache-2.0
%% @doc Random terms, drawn from the calling process's `rand' state: mostly small ones, and the borders where representations change.
-module(diff_term).

-export([type/1, any/0, pick/1, chance/1, below/1, integer/0, float/0, seed/1]).

%% @doc Everything that follows in this process depends on this number alone.
-spec seed(integer()) -> ok.
seed(Seed) ->
    _ = rand:seed(exsss, Seed),
    ok.

%% @doc One element of a list.
-spec pick([T, ...]) -> T.
pick(List) -> lists:nth(rand:uniform(length(List)), List).

%% @doc True with a probability given in percent.
-spec chance(0..100) -> boolean().
chance(Percent) -> rand:uniform(100) =< Percent.

%% @doc From 0 to N - 1.
-spec below(pos_integer()) -> non_neg_integer().
below(N) -> rand:uniform(N) - 1.

%% @doc Any term.
-spec any() -> term().
any() -> type(pick([integer, integer, float, atom, atom, list, list, string, tuple, map, binary, binary, bits, reference_fun, nil, pair])).

%% @doc A term of a kind.
-spec type(atom() | tuple()) -> term().
type(any) -> any();
type(integer) -> integer();
type(small) -> below(12) - 1;
type(natural) -> below(30);
type(positive) -> rand:uniform(20);
type(byte) -> below(256);
type(char) -> character();
type(big) -> big();
type(float) -> float();
type(number) -> case chance(60) of true -> integer(); false -> float() end;
type(unit) -> rand:uniform();
type(boolean) -> chance(50);
type(atom) -> pick([a, b, c, ok, error, true, false, undefined, '', 'A b', 'ä€', infinity, nil, '$x', 'Elixir.Foo', 'when']);
type(nil) -> [];
type(pair) -> {type(atom), scalar()};
type(key) -> pick([a, b, c, 1, 2, 1.0, "k", <<"k">>, {k}]);
type(scalar) -> scalar();
type(list) -> list(fun any_small/0);
type(improper) -> list(fun scalar/0) ++ scalar();
type(tuple) -> list_to_tuple(list(fun any_small/0));
type(map) -> map();
type(string) -> string();
type(text) -> case chance(50) of true -> string(); false -> unicode:characters_to_binary(string()) end;
type(latin1) -> list(fun() -> below(256) end);
type(digits) -> digits();
type(utf8) -> unicode:characters_to_binary(string());
type(chardata) -> chardata(3);
type(iodata) -> iodata(3);
type(binary) -> binary();
type(bits) -> bits();
type(reference_fun) -> function();
type({function, Arity}) -> function(Arity);
type({list, Type}) -> list(fun() -> type(Type) end);
type({sorted, Type}) -> lists:usort(list(fun() -> type(Type) end));
type({filled, Type}) -> [type(Type) | list(fun() -> type(Type) end)];
type({tuple, Types}) -> list_to_tuple([type(Type) || Type <- Types]);
type({map, Key, Value}) -> maps:from_list(lists:sublist(list(fun() -> {type(Key), type(Value)} end), 16));
type({one, Types}) -> type(pick(Types));
type({value, Value}) -> Value;
type({any_of, Values}) -> pick(Values);
type({existing, Values}) -> pick(Values);
type({make, Make}) -> Make();
type(plain_key) -> plain_key();
type(large_map) -> large_map();
type(plain_pairs) -> maps:to_list(large_map());
type(proplist) -> list(fun() -> case chance(80) of true -> {type(key), scalar()}; false -> type(key) end end);
type(pairs) -> list(fun() -> {type(key), scalar()} end);
type(keyword) -> list(fun() -> {pick([a, b, c, d]), scalar()} end);
type(float_options) -> pick([[], [{decimals, below(25)}], [{decimals, below(10)}, compact], [{scientific, below(30)}], [short], [{decimals, 254}], [other]]);
type(external) -> damaged(term_to_binary(any()));
type(endianness) -> pick([big, little]);
type(encoding) -> pick([utf8, unicode, latin1, utf16, {utf16, little}, {utf16, big}, utf32, {utf32, little}, {utf32, big}]);
type(unit_name) -> pick([second, millisecond, microsecond, nanosecond, 1000, 7, seconds]);
type(packet) -> pick([raw, 0, 1, 2, 4, line, asn1, http, httph, http_bin, sunrm, cdr, fcgi, tpkt]);
type(subject) -> pick([<<"a">>, <<"b">>, <<"aa">>, <<"ab">>, [<<"a">>, <<"bc">>], [<<"ab">>, <<"abc">>, <<"b">>], <<>>, <<0>>, []]);
type(split_options) -> list(fun() -> pick([global, trim, trim_all, {scope, {1, 3}}]) end);
type(base64) -> pick([base64:encode(binary()), base64:encode_to_string(binary()), binary(), <<"YQ==">>, <<"YQ">>, <<" Y Q = = ">>]);
type(date) -> {below(2400), 1 + below(12), 1 + below(31)};
type(timestamp) -> below(1 bsl 36);
type(utf8_digits) -> list_to_binary(digits());
type(regexp) ->
    pick(["a", "[a-z]+", "(a)(b)?", "\\d+", "(?<name>\\w+)", "^.*$", "(", "a|b|", "(a*)*b", "\\s", "[[:alpha:]]", "(?i)A", "x{2,3}", ".", "", "\\X", "\\p{L}+"]);
type(re_options) ->
    list(fun() -> pick([unicode, caseless, global, {capture, all, list}, {capture, all, binary}, {capture, none}, {capture, [1], list}, {offset, 1}, multiline,
                        dotall, anchored, ungreedy, notempty, {capture, all_names, binary}, {capture, first}, {newline, crlf}, extended]) end);
type(inspect_options) ->
    list(fun() -> pick([{limit, 3}, {width, 20}, {pretty, true}, {base, hex}, {base, binary}, {binaries, as_binaries}, {binaries, as_strings}, {charlists, as_lists},
                        {charlists, as_charlists}, {printable_limit, 3}, {structs, false}]) end);
type(tuples) -> list(fun() -> list_to_tuple([type(key) | list(fun scalar/0)]) end).

scalar() -> type(pick([integer, float, atom, string, binary, nil])).

any_small() ->
    case below(10) of
        0 -> list(fun scalar/0);
        1 -> list_to_tuple(list(fun scalar/0));
        2 -> type(pair);
        3 -> #{type(key) => scalar()};
        _ -> scalar()
    end.

list(Element) -> [Element() || _ <- lists:seq(1, size())].

size() ->
    case below(20) of
        0 -> below(60);
        N when N < 4 -> 0;
        N when N < 7 -> 1;
        _ -> below(6)
    end.

%% Without atoms and funs: the order of a large map with these in its keys depends on the node, on the BEAM too.
plain_key() ->
    case below(8) of
        0 -> float();
        1 -> binary();
        2 -> string();
        3 -> {below(30), binary()};
        4 -> [below(30) | below(30)];
        5 -> bits();
        6 -> integer();
        7 -> below(100)
    end.

%% Larger than a flat map, mostly.
large_map() ->
    maps:from_list([{plain_key(), scalar()} || _ <- lists:seq(1, pick([28, 40, 40, 80, 300]))]).

%% At most 16 keys, so that two maps merged have at most 32 and their order is that of the keys.
map() ->
    case below(10) of
        0 -> maps:from_list([{N, N * 2} || N <- lists:seq(1, 1 + below(16))]);
        1 -> maps:from_list(lists:sublist(list(fun() -> {any_small(), scalar()} end), 16));
        _ -> maps:from_list(lists:sublist(list(fun() -> {type(key), scalar()} end), 16))
    end.

%% @doc An integer: near a border of sizes half of the time.
-spec integer() -> integer().
integer() ->
    case below(10) of
        N when N < 4 -> below(20) - 5;
        N when N < 6 -> below(2000) - 1000;
        N when N < 9 -> border();
        _ -> big()
    end.

border() ->
    Power = pick([8, 15, 16, 27, 28, 31, 32, 48, 52, 53, 58, 59, 60, 61, 62, 63, 64, 65, 127, 128, 192]),
    pick([1, -1]) * (1 bsl Power) + below(3) - 1.

big() ->
    Bits = 60 + below(400),
    pick([1, -1]) * (rand:uniform(1 bsl Bits) bor (1 bsl Bits)).

%% @doc A float: special ones half of the time.
-spec float() -> float().
float() ->
    case below(4) of
        0 -> pick([0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 1.0e10, 1.0e22, 1.0e23, 123456789.0, 9007199254740992.0, 9007199254740993.0,
                   1.7976931348623157e308, 5.0e-324, 2.2250738585072014e-308, 1.0e-5, 1.0e-7, 1.0e16, 4.35, 0.3, 1.0e15, 3.0e-4]);
        1 -> arbitrary_float();
        2 -> float(below(200) - 100) / 4;
        3 -> (rand:uniform() - 0.5) * math:pow(10, below(40) - 20)
    end.

arbitrary_float() ->
    case <<(rand:uniform(1 bsl 64) - 1):64>> of
        <<Float:64/float>> -> Float;
        _ -> 1.0
    end.

character() ->
    case below(12) of
        0 -> pick([0, 9, 10, 13, 27, 127, 160, 255, 8364, 16#1F600, 16#301, 16#10FFFF, 16#D7FF, 16#E000, 16#200D, 223, 304, 8217]);
        1 -> 16#C0 + below(64);
        2 -> $0 + below(10);
        3 -> pick(" \t\n,.;:-_/~%\\\"'");
        _ -> pick("abcdefghijklmnopqrstuvwxyzABCDEFG")
    end.

string() -> list(fun character/0).

digits() ->
    pick(["", "-", "+"]) ++ [$0 + below(10) || _ <- lists:seq(1, 1 + size())] ++
        pick(["", "", ".5", ".0e10", "e5", "#1", " ", "x", ".25e-3", "_1", "."]).

chardata(0) -> character();
chardata(Depth) ->
    case below(4) of
        0 -> unicode:characters_to_binary(string());
        1 -> string();
        2 -> list(fun() -> chardata(Depth - 1) end);
        3 -> [string() | unicode:characters_to_binary(string())]
    end.

iodata(0) -> binary();
iodata(Depth) ->
    case below(4) of
        0 -> binary();
        1 -> list(fun() -> below(256) end);
        2 -> list(fun() -> iodata(Depth - 1) end);
        3 -> [below(256) | binary()]
    end.

binary() ->
    case below(8) of
        0 -> unicode:characters_to_binary(string());
        1 -> list_to_binary([$a + below(3) || _ <- lists:seq(1, size())]);
        2 -> part(rand:bytes(40 + below(100)));
        3 -> <<>>;
        4 -> <<(rand:uniform()):64/float>>;
        _ -> rand:bytes(size())
    end.

damaged(Binary) ->
    case below(4) of
        0 -> binary:part(Binary, 0, below(byte_size(Binary) + 1));
        1 ->
            Position = below(byte_size(Binary)),
            <<Before:Position/binary, Byte, After/binary>> = Binary,
            <<Before/binary, (damaged_byte(Byte, Byte bxor (1 bsl below(8)))), After/binary>>;
        _ -> Binary
    end.

%% The BEAM understands the tags that it keeps for itself, in tables: what follows is an atom's number, or an address.
damaged_byte(Byte, Damaged) when Damaged >= $I, Damaged =< $L -> Byte;
damaged_byte(_, Damaged) -> Damaged.

%% A part of a larger binary, so that offsets are met as well.
part(Binary) ->
    Start = below(10),
    binary:part(Binary, Start, below(byte_size(Binary) - Start)).

bits() ->
    Binary = binary(),
    Skip = below(8),
    case Binary of
        <<_:Skip, Rest/bits>> ->
            Keep = below(bit_size(Rest) + 1),
            <<Bits:Keep/bits, _/bits>> = Rest,
            Bits;
        _ ->
            <<5:3>>
    end.

function() -> function(below(4)).

function(0) -> pick([fun erlang:node/0, fun erlang:make_ref/0]);
function(1) -> pick([fun erlang:abs/1, fun lists:reverse/1, fun diff_funs:same/1, fun diff_funs:throws/1, fun diff_funs:is_small/1, fun erlang:is_atom/1,
                     fun erlang:hd/1, fun diff_funs:pair/1, fun diff_funs:twice/1, diff_funs:closure(below(5)), fun diff_funs:maybe_true/1]);
function(2) -> pick([fun erlang:'+'/2, fun erlang:max/2, fun diff_funs:cons/2, fun diff_funs:second/2, fun diff_funs:less/2, diff_funs:closure(below(5), x),
                     fun erlang:'=<'/2, fun diff_funs:keep/2, fun lists:nth/2]);
function(3) -> pick([fun diff_funs:third/3, fun diff_funs:collect/3, fun erlang:setelement/3]);
function(_) -> fun diff_funs:collect/3.
