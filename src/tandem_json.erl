%% SPDX-License-Identifier: Apache-2.0
%% @doc JSON (RFC 8259) as terms: objects are maps with binaries as keys, arrays are lists, strings are binaries, `null' is an atom.
%% The reports are written and read with it; it is also one of the programs that are measured.
-module(tandem_json).

-export([encode/1, decode/1]).

-type json() :: null | boolean() | number() | binary() | [json()] | #{binary() => json()}.

%% @doc Any of these terms as text. Keys and strings may be atoms; `{json, Text}' is JSON already; anything else is printed into a string.
-spec encode(term()) -> iodata().
encode(Atom) when Atom =:= null; Atom =:= true; Atom =:= false -> atom_to_binary(Atom);
encode(Number) when is_integer(Number) -> integer_to_binary(Number);
encode(Number) when is_float(Number) -> float_to_binary(Number, [short]);
encode(Atom) when is_atom(Atom) -> string(atom_to_binary(Atom));
encode(Binary) when is_binary(Binary) -> string(Binary);
encode([]) -> "[]";
encode([First | Rest]) -> [$[, encode(First), [[$,, encode(Element)] || Element <- Rest], $]];
encode(Map) when is_map(Map) ->
    [${, lists:join($,, [[encode(key(Key)), $:, encode(Value)] || {Key, Value} <- lists:sort(maps:to_list(Map))]), $}];
encode({json, Text}) -> Text;
encode(Other) -> string(iolist_to_binary(io_lib:format("~0tp", [Other]))).

key(Key) when is_atom(Key) -> atom_to_binary(Key);
key(Key) when is_binary(Key) -> Key;
key(Key) -> iolist_to_binary(io_lib:format("~0tp", [Key])).

string(Binary) -> [$", escape(Binary), $"].

escape(Binary) -> << <<(escaped(Byte))/binary>> || <<Byte>> <= Binary >>.

escaped($") -> <<"\\\"">>;
escaped($\\) -> <<"\\\\">>;
escaped(Byte) when Byte < 32 -> iolist_to_binary(io_lib:format("\\u~4.16.0b", [Byte]));
escaped(Byte) -> <<Byte>>.

%% @doc The term of a text. Fails with `{json, Rest}' where it goes wrong.
-spec decode(binary()) -> json().
decode(Text) ->
    {Value, Rest} = value(Text),
    case blank(Rest) of
        <<>> -> Value;
        Left -> wrong(Left)
    end.

-spec wrong(binary()) -> no_return().
wrong(Rest) -> error({json, Rest}).

blank(<<C, Rest/binary>>) when C =:= $\s; C =:= $\n; C =:= $\r; C =:= $\t -> blank(Rest);
blank(Rest) -> Rest.

value(<<C, Rest/binary>>) when C =:= $\s; C =:= $\n; C =:= $\r; C =:= $\t -> value(Rest);
value(<<"{", Rest/binary>>) -> members(blank(Rest), #{});
value(<<"[", Rest/binary>>) -> elements(blank(Rest), []);
value(<<"\"", Rest/binary>>) -> text(Rest, <<>>);
value(<<"null", Rest/binary>>) -> {null, Rest};
value(<<"true", Rest/binary>>) -> {true, Rest};
value(<<"false", Rest/binary>>) -> {false, Rest};
value(<<C, _/binary>> = Rest) when C =:= $-; C >= $0, C =< $9 -> number(Rest);
value(Rest) -> wrong(Rest).

members(<<"}", Rest/binary>>, Map) -> {Map, Rest};
members(<<"\"", Rest/binary>>, Map) ->
    {Key, AfterKey} = text(Rest, <<>>),
    case blank(AfterKey) of
        <<":", AfterColon/binary>> ->
            {Value, AfterValue} = value(AfterColon),
            case blank(AfterValue) of
                <<",", More/binary>> -> members(blank(More), Map#{Key => Value});
                <<"}", More/binary>> -> {Map#{Key => Value}, More};
                Left -> wrong(Left)
            end;
        Left -> wrong(Left)
    end;
members(Rest, _) -> wrong(Rest).

elements(<<"]", Rest/binary>>, []) -> {[], Rest};
elements(Text, Elements) ->
    {Value, AfterValue} = value(Text),
    case blank(AfterValue) of
        <<",", More/binary>> -> elements(More, [Value | Elements]);
        <<"]", More/binary>> -> {lists:reverse(Elements, [Value]), More};
        Left -> wrong(Left)
    end.

text(<<"\"", Rest/binary>>, Text) -> {Text, Rest};
text(<<"\\u", Hex:4/binary, Rest/binary>>, Text) -> unit(binary_to_integer(Hex, 16), Rest, Text);
text(<<"\\", C, Rest/binary>>, Text) -> text(Rest, <<Text/binary, (unescaped(C))>>);
text(<<C, Rest/binary>>, Text) when C >= 32 -> text(Rest, <<Text/binary, C>>);
text(Rest, _) -> wrong(Rest).

%% Two units of UTF-16 make one character above 16#FFFF.
unit(High, <<"\\u", Hex:4/binary, Rest/binary>>, Text) when High >= 16#D800, High < 16#DC00 ->
    Low = binary_to_integer(Hex, 16),
    text(Rest, <<Text/binary, (16#10000 + (High - 16#D800) * 1024 + Low - 16#DC00)/utf8>>);
unit(Unit, Rest, Text) -> text(Rest, <<Text/binary, Unit/utf8>>).

unescaped($n) -> $\n;
unescaped($t) -> $\t;
unescaped($r) -> $\r;
unescaped($b) -> $\b;
unescaped($f) -> $\f;
unescaped(C) when C =:= $"; C =:= $\\; C =:= $/ -> C.

number(Text) ->
    {Digits, Rest} = digits(Text, <<>>),
    {to_number(Digits), Rest}.

digits(<<C, Rest/binary>>, Digits) when C >= $0, C =< $9; C =:= $-; C =:= $+; C =:= $.; C =:= $e; C =:= $E ->
    digits(Rest, <<Digits/binary, C>>);
digits(Rest, Digits) -> {Digits, Rest}.

%% A float of Erlang has digits before its exponent, a number of JSON need not.
to_number(Digits) ->
    case {binary:match(Digits, <<".">>), binary:split(Digits, [<<"e">>, <<"E">>])} of
        {nomatch, [_]} -> binary_to_integer(Digits);
        {nomatch, [Mantissa, Exponent]} -> binary_to_float(<<Mantissa/binary, ".0e", Exponent/binary>>);
        _ -> binary_to_float(Digits)
    end.
