%% SPDX-License-Identifier: Apache-2.0
-module(same_binaries).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

integers() ->
    N = id(16#123456789ABCDEF),
    [<<N:8>>, <<N:16>>, <<N:16/little>>, <<N:24>>, <<N:64/little>>, <<N:100>>, <<(-N):64>>, <<N:3>>, <<1:1, N:11, 0:4>>, <<N:72/little>>].

floats() -> F = id(1.5), [<<F/float>>, <<F:32/float>>, <<F:64/float-little>>, <<F:16/float>>, <<(id(3))/float>>].

unicode_types() -> C = id(16#20AC), [<<C/utf8>>, <<C/utf16>>, <<C/utf16-little>>, <<C/utf32>>, <<"grüße €"/utf8>>, <<16#1F600/utf16>>].

matching() ->
    <<A:4, B:12/little, C:16/signed, F:32/float, Rest/binary>> = id(<<16#12, 16#34, 16#FF, 16#FE, 63, 192, 0, 0, "rest">>),
    {A, B, C, F, Rest}.

matching_utf() ->
    <<A/utf8, B/utf8, Rest/binary>> = id(<<"€ä"/utf8, 255>>),
    {A, B, Rest, case Rest of <<_/utf8>> -> yes; _ -> no end}.

length_field() ->
    <<Size:16, Payload:Size/binary, Tail/bits>> = id(<<0, 3, "abc", 1:1>>),
    {Size, Payload, Tail}.

computed_size() -> N = id(5), <<A:N, B:(N + 3), _/bits>> = id(<<16#F1, 16#23, 16#45>>), {A, B}.

skipping() -> <<_:3, A:5, _:2/unit:4, B:1/unit:8, _/binary>> = id(<<1, 2, 3, 4>>), {A, B}.

units() -> <<A:2/binary-unit:4, B/binary-unit:8>> = id(<<1, 2, 3>>), {A, B}.

walking() -> walk(id(<<"key=value;other=thing;">>), <<>>, []).
walk(<<$;, Rest/binary>>, Word, Words) -> walk(Rest, <<>>, [Word | Words]);
walk(<<C, Rest/binary>>, Word, Words) -> walk(Rest, <<Word/binary, C>>, Words);
walk(<<>>, <<>>, Words) -> lists:reverse(Words).

bits_walk() -> bits(id(<<16#A5, 5:3>>)).
bits(<<1:1, Rest/bits>>) -> [one | bits(Rest)];
bits(<<0:1, Rest/bits>>) -> [zero | bits(Rest)];
bits(<<>>) -> [].

comprehensions() ->
    B = id(<<1, 2, 3, 4, 5>>),
    {<< <<(X * 2)>> || <<X>> <= B, X rem 2 =:= 1 >>, [X || <<X:4>> <= B], << <<X:3>> || X <- [1, 2, 3] >>, [{X, Y} || <<X, Y>> <= B]}.

appending() -> lists:foldl(fun(N, Acc) -> <<Acc/binary, N:16>> end, <<>>, lists:seq(1, 200)).

appending_fork() ->
    A = <<(id(<<"abc">>))/binary, "def">>,
    {<<A/binary, 1>>, <<A/binary, 2>>, A}.

large() ->
    B = binary:copy(<<"0123456789">>, 1000),
    <<_:5000/binary, Middle:10/binary, _/binary>> = B,
    {byte_size(B), Middle, binary:part(B, 9990, 10), erlang:crc32(B), erlang:adler32(B), erlang:phash2(B)}.

sub_binary_compare() ->
    B = id(<<0, "same", 0, "same">>),
    <<_, A:4/binary, _, C:4/binary>> = B,
    {A =:= C, A == <<"same">>, A < <<"samf">>, <<1:3>> < <<1:4>>, <<1:7>> =:= <<1:7>>}.

parts() ->
    B = id(<<"one,two,,three">>),
    [binary:split(B, <<",">>), binary:split(B, <<",">>, [global]), binary:split(B, [<<",">>, <<"t">>], [global, trim_all]),
     binary:match(B, <<"two">>), binary:matches(B, <<",">>), binary:replace(B, <<",">>, <<"; ">>, [global]), binary:first(B), binary:last(B),
     binary:at(B, 4), binary:part(B, {4, 3}), binary:longest_common_prefix([<<"abc">>, <<"abd">>]), binary:bin_to_list(B, 0, 3)].

decode_unsigned() -> {binary:decode_unsigned(<<1, 2, 3>>), binary:decode_unsigned(<<1, 2, 3>>, little), binary:encode_unsigned(1 bsl 70)}.

iolists() -> {iolist_to_binary([1, [<<2, 3>>, "ab" | <<4>>], []]), iolist_size([<<1:16>>, "abc", [[[]]]]), list_to_binary([1, <<2>>]),
              binary_to_list(<<"abc">>), list_to_bitstring([<<1:3>>, <<2:7>>]), bitstring_to_list(<<1, 2:3>>)}.

external_terms() ->
    Terms = [1, -1, 255, 256, 1 bsl 40, -(1 bsl 70), 1 bsl 3000, 1.5, atom, 'ätöm', {}, {a, b}, list_to_tuple(lists:seq(1, 300)), [], "text",
             [a | b], <<"bin">>, <<1:3>>, #{a => 1, "b" => 2.0}, fun erlang:abs/1, lists:seq(1, 300)],
    [{erlang:md5(term_to_binary(T)), binary_to_term(term_to_binary(T)) =:= T, erlang:external_size(T)} || T <- Terms].

compressed() ->
    T = lists:duplicate(1000, {some, <<"text">>}),
    B = term_to_binary(T, [compressed]),
    {binary_to_term(B) =:= T, byte_size(B) < 1000}.

copies() -> {binary:copy(<<1:8>>, 3), binary:referenced_byte_size(binary:copy(<<"abc">>)), <<(<<1:4>>)/bits, (<<2:4>>)/bits>>}.

hex() -> {binary:encode_hex(<<1, 171, 255>>), base64:encode(<<"hello world">>), base64:decode(<<"aGVsbG8=">>), erlang:md5(<<"abc">>)}.

unicode_text() ->
    {unicode:characters_to_binary([8364, "abc", <<"ü"/utf8>>]), unicode:characters_to_list(<<"€uro"/utf8>>),
     unicode:characters_to_binary(<<255, 254>>), unicode:characters_to_binary("äö", unicode, latin1), string:length(<<"grüße"/utf8>>)}.

bad_integer_field() -> X = id(a), <<X:8>>.
bad_size() -> N = id(-1), <<1:N>>.
bad_binary_field() -> X = id(5), <<X/binary, 1>>.
bad_binary_short() -> X = id(<<1>>), <<X:3/binary>>.
bad_float_field() -> X = id(x), <<X/float>>.
bad_utf() -> X = id(16#D800), <<X/utf8>>.
bad_match() -> <<_:16, _/binary>> = id(<<1>>).
bad_iolist() -> iolist_to_binary(id([1, a])).
bad_part() -> binary:part(id(<<"abc">>), 2, 5).
bad_external() -> binary_to_term(id(<<131, 104, 2, 97>>)).
