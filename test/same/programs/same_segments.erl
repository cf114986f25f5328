%% SPDX-License-Identifier: Apache-2.0
%% Bit strings of fields of fixed sizes, which compilers from OTP 26 on match by one instruction with a list of commands.
-module(same_segments).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

%% Every cut of a bit string, at every bit offset.
cuts(F, Bits) ->
    lists:usort([begin
                     <<_:Offset, Part:Size/bits, _/bits>> = id(<<0:Offset, Bits/bits, 1:8>>),
                     {Size, F(Part)}
                 end || Offset <- [0, 3, 8], Size <- lists:seq(0, bit_size(Bits))]).

sample() -> <<"abcd", 16#FF, 16#80, 1, 2, 3, 4, 5, 6, 7, 8, 200, 201, 202, 203, 5:3>>.

exactly() -> cuts(fun(<<A:8, B:16, C:3>>) -> {A, B, C}; (<<A:4, B:4>>) -> {A, B}; (<<>>) -> none; (_) -> other end, sample()).
at_least() -> cuts(fun(<<A:8, B:24/little, _/bits>>) -> {A, B}; (<<A:3, _/binary>>) -> A; (<<A/bits>>) -> A end, sample()).
units() -> cuts(fun(<<A:4, R/bits>>) when bit_size(R) > 100 -> A; (<<A:5/unit:7, _/binary-unit:3>>) -> {three, A};
                   (<<A:2, _/binary-unit:16>>) -> {sixteen, A}; (_) -> other end, sample()).
signs() -> cuts(fun(<<A:8/signed, B:16/signed-little, C:13/signed, D:7/little, R/bits>>) -> {A, B, C, D, R}; (R) -> R end,
                <<(sample())/bits, 16#FEDCBA98:32>>).
skips() -> cuts(fun(<<_:13, A:8, _:9, B:3, _:1, R/binary>>) -> {A, B, R}; (<<_:8, A, _:80, B:2>>) -> {A, B}; (_) -> other end, sample()).
parts() -> cuts(fun(<<A:3/binary, B:2/bits, C:5/binary, D/bits>>) -> {A, B, C, D}; (<<A:1/binary, B:0/binary, C/binary>>) -> {A, B, C}; (_) -> other end,
                sample()).
large() -> cuts(fun(<<A:61, B:3, C:64, R/bits>>) -> {A, B, C, R}; (<<A:100/little, R/binary>>) -> {A, R}; (<<A:59/signed, _/bits>>) -> A; (_) -> other end,
                sample()).
constants() ->
    cuts(fun(<<"abcd", A, 2#1:1, B:7, _/bits>>) -> {A, B}; (<<"ab", 2#011:3, _/bits>>) -> ab; (<<97:7/little, _/bits>>) -> no; (<<2#0110:4, R/bits>>) -> R; (_) -> other end,
         sample()).
long_constants() ->
    [case id(B) of
         <<16#0123456789ABCDEF:64>> -> long; <<16#FFFFFFFFFFFFFFFF:64, R/bits>> -> {ones, R}; <<1:70, R/bits>> -> {seventy, R};
         <<0:100>> -> zero; <<A:4, 16#23456789AB:40, _/bits>> -> {middle, A}; _ -> other
     end || B <- [<<16#0123456789ABCDEF:64>>, <<-1:64, 5:3>>, <<1:70, "rest">>, <<0:100>>, <<16#123456789ABCDEFF:61>>, <<0:99>>, <<-1:63>>, <<1:64>>]].

%% The first clause moves on and fails late: the next starts where it did.
back_to_the_start() ->
    cuts(fun(<<A:8, B:8, C:8, 16#FE:8, _/bits>>) -> {A, B, C}; (<<A:16, 16#64:8, _/bits>>) -> A; (<<97, R/bits>>) -> again(R); (R) -> R end, sample()).
again(<<98, 0, _/bits>>) -> no;
again(<<98, R/bits>>) -> again(R);
again(<<99, A:4, B:4, C/bits>> = All) when byte_size(C) > 5, A < B; bit_size(All) =:= 24 -> {A, B, C, byte_size(All)};
again(R) -> {rest, R}.

%% Sizes of what is left, asked while matching goes on.
sizes_of_rests() -> cuts(fun sizes/1, sample()).
sizes(<<_:3, R/bits>>) when bit_size(R) rem 8 =:= 0 -> {byte_size(R), bit_size(R), R};
sizes(<<_:1, R/bits>> = All) when byte_size(R) =:= byte_size(All), bit_size(R) > 9 -> sizes(R);
sizes(<<_, R/binary>>) -> case byte_size(R) of N when N > 3 -> sizes(R); N -> {N, R, size(R)} end;
sizes(R) -> {left, bit_size(R), byte_size(R)}.

not_bit_strings() -> [catch sizes(id(X)) || X <- [1, [], {}, <<>>, #{}, <<1:1>>]].
wrong_size() -> <<A:8, B:8>> = id(<<1, 2, 3>>), A + B.
wrong_constant() -> <<1:4, A:4, "xyz">> = id(<<1:4, 2:4, "xyw">>), A.

%% Values are kept over calls, and while garbage is collected.
kept_over_calls() -> kept(list_to_binary(lists:duplicate(40, sample_bytes())), []).
sample_bytes() -> lists:seq(1, 25).
kept(<<A:8, B:70, C:3/binary, D:10/binary, E:18, R/bits>>, L) ->
    X = lists:sum([N || <<N>> <= <<C/binary, D/binary>>]),
    {F, G} = {id(A), id(B)},
    kept(R, [{F, G, X, C, E, byte_size(R)} | L]);
kept(R, L) -> {erlang:phash2(L), length(L), hd(L), R}.

loop_over_fields() ->
    {[{A, B} || <<A:12, B:4/signed>> <= sample()], [A || <<1:1, A:7>> <= sample()], << <<B:3, A:5>> || <<A:5, B:3>> <= sample() >>}.

-record(r, {a = 1, b, c, d, e = [], f, g}).
records() ->
    R = id(#r{b = two}),
    S = R#r{a = id(3)}, T = S#r{b = {S#r.a, R#r.a}, g = id("g"), f = R},
    U = T#r{a = id(3)}, V = lists:foldl(fun(N, A) -> A#r{d = N, e = [N | A#r.e]} end, U, lists:seq(1, 50)),
    {R, S, T, U, V, catch (id({r, 1}))#r{a = 2}, catch (id(x))#r{b = 2}}.

%% What is left can't be as much as that.
tail_of(<<B:8, _:16#8000_0000>>) -> B;
tail_of(<<B:8, _:16#1_0000_0000_0000_0000>>) -> {huge, B};
tail_of(<<B:8, _:16#1001>>) -> {some, B};
tail_of(_) -> none.
huge_tails() -> [tail_of(<<42, 0:Size>>) || Size <- [0, 8, 16#1000, 16#1001, 16#1002, 100000]].
