%% SPDX-License-Identifier: Apache-2.0
%% Programs of the kind that people write: leaders elected, pools of workers, caches, protocols, documents, sieves of processes, accounts.
-module(same_at_work).
-same(programs).
-compile([nowarn_export_all, export_all]).

election() ->
    Self = self(),
    Pids = [spawn_link(fun() -> receive {peers, Ps} -> raft(Self, I, Ps, follower, 0, none, 0) end end) || I <- lists:seq(1, 7)],
    [P ! {peers, Pids} || P <- Pids],
    hd(Pids) ! {timeout, 0},
    R1 = receive {leader, T1, I1} -> {T1, I1} end,
    [lists:nth(3, Pids) ! {timeout, T} || T <- [1]],
    R2 = receive {leader, T2, I2} -> {T2, I2} end,
    Entries = [begin lists:nth(element(2, R2), Pids) ! {client, self(), N}, receive {committed, N, By} -> {N, By} end end || N <- lists:seq(1, 200)],
    [begin unlink(P), exit(P, kill) end || P <- Pids],
    {R1, R2, length(Entries), lists:usort([B || {_, B} <- Entries])}.
raft(Boss, I, Ps, Role, Term, Voted, Votes) ->
    receive
        {timeout, T} when T =:= Term ->
            [P ! {vote, self(), Term + 1, I} || P <- Ps, P =/= self()],
            raft(Boss, I, Ps, candidate, Term + 1, I, 1);
        {timeout, _} -> raft(Boss, I, Ps, Role, Term, Voted, Votes);
        {vote, From, T, Cand} when T > Term -> From ! {granted, T}, raft(Boss, I, Ps, follower, T, Cand, 0);
        {vote, From, T, _} -> From ! {denied, T}, raft(Boss, I, Ps, Role, Term, Voted, Votes);
        {granted, Term} when Role =:= candidate, Votes + 1 > length(Ps) div 2 ->
            Boss ! {leader, Term, I}, raft(Boss, I, Ps, leader, Term, Voted, {log, [], #{}});
        {granted, Term} when Role =:= candidate -> raft(Boss, I, Ps, Role, Term, Voted, Votes + 1);
        {client, C, N} when Role =:= leader ->
            [P ! {append, self(), Term, N} || P <- Ps, P =/= self()],
            {log, L, W} = Votes,
            raft(Boss, I, Ps, Role, Term, Voted, {log, [N | L], W#{N => {C, 1}}});
        {append, From, T, N} when T >= Term -> From ! {appended, T, N}, raft(Boss, I, Ps, follower, T, Voted, Votes);
        {appended, Term, N} when Role =:= leader ->
            {log, L, W} = Votes,
            case W of
                #{N := {C, K}} when K + 1 > length(Ps) div 2 -> C ! {committed, N, I}, raft(Boss, I, Ps, Role, Term, Voted, {log, L, maps:remove(N, W)});
                #{N := {C, K}} -> raft(Boss, I, Ps, Role, Term, Voted, {log, L, W#{N := {C, K + 1}}});
                #{} -> raft(Boss, I, Ps, Role, Term, Voted, Votes)
            end;
        _ -> raft(Boss, I, Ps, Role, Term, Voted, Votes)
    end.

pool() ->
    Pool = spawn_link(fun() -> process_flag(trap_exit, true), pool([spawn_link(fun() -> worker(w) end) || _ <- lists:seq(1, 5)], 2, 0, queue:new(), #{}) end),
    Self = self(),
    Clients = [spawn_monitor(fun() -> W = checkout(Pool), R = work(W, N), checkin(Pool, W), Self ! {done, N, R}, ok end) || N <- lists:seq(1, 150)],
    Ends = [receive {'DOWN', M, _, P, R} -> R end || {P, M} <- Clients],
    Done = lists:sort(flush(x)),
    Pool ! {status, self()},
    Status = receive {status, S} -> S end,
    unlink(Pool), exit(Pool, shutdown),
    {length(Done), lists:sum([R || {done, _, R} <- Done, is_integer(R)]), length([x || {done, _, crashed} <- Done]), lists:usort(Ends), Status}.
pool(Idle, Most, Over, Q, Busy) ->
    receive
        {checkout, C, Ref} when Idle =/= [] -> [W | R] = Idle, C ! {Ref, W}, pool(R, Most, Over, Q, Busy#{W => C});
        {checkout, C, Ref} when Over < Most -> W = spawn_link(fun() -> worker(w) end), C ! {Ref, W}, pool(Idle, Most, Over + 1, Q, Busy#{W => C});
        {checkout, C, Ref} -> pool(Idle, Most, Over, queue:in({C, Ref}, Q), Busy);
        {checkin, _, W} -> case maps:is_key(W, Busy) of true -> free(W, Idle, Most, Over, Q, maps:remove(W, Busy)); false -> pool(Idle, Most, Over, Q, Busy) end;
        {'EXIT', W, {bad, _, _}} -> free(spawn_link(fun() -> worker(w) end), Idle -- [W], Most, Over, Q, maps:remove(W, Busy));
        {'EXIT', _, normal} -> pool(Idle, Most, Over, Q, Busy);
        {'EXIT', _, shutdown} -> exit(shutdown);
        {status, From} when map_size(Busy) =:= 0 -> From ! {status, {length(Idle), Over, queue:len(Q)}}, pool(Idle, Most, Over, Q, Busy)
    end.
flush(x) -> receive {done, _, _} = D -> [D | flush(x)] after 0 -> [] end.
checkout(Pool) -> M = monitor(process, Pool), Pool ! {checkout, self(), M}, receive {M, W} -> demonitor(M, [flush]), W end.
checkin(Pool, W) -> Pool ! {checkin, self(), W}.
work(W, N) -> M = monitor(process, W), W ! {work, self(), M, N}, receive {M, R} -> demonitor(M, [flush]), R; {'DOWN', M, _, _, _} -> crashed end.
worker(w) -> receive {work, From, Ref, N} when N rem 17 =:= 0 -> exit({bad, From, Ref}); {work, From, Ref, N} -> From ! {Ref, lists:sum(lists:seq(1, N))}, worker(w) end.
free(W, Idle, Most, Over, Q, Busy) ->
    case queue:out(Q) of
        {{value, {C, Ref}}, Q2} -> C ! {Ref, W}, pool(Idle, Most, Over, Q2, Busy#{W => C});
        {empty, _} when Over > 0 -> unlink(W), exit(W, kill), pool(Idle, Most, Over - 1, Q, Busy);
        {empty, _} -> pool([W | Idle], Most, Over, Q, Busy)
    end.

cache() ->
    T = ets:new(cache, [set, public, {read_concurrency, true}, {write_concurrency, true}]),
    X = ets:new(expiry, [ordered_set, public]),
    Self = self(),
    Put = fun(K, V, Ttl) -> ets:insert(T, {K, V, Ttl}), ets:insert(X, {{Ttl, K}}) end,
    Ws = [spawn_monitor(fun() -> [Put({W, N}, N * W, (N * 7919 + W) rem 1000) || N <- lists:seq(1, 400)], Self ! x end) || W <- lists:seq(1, 4)],
    [receive {'DOWN', M, _, P, normal} -> ok end || {P, M} <- Ws],
    Sweep = fun Sweep(Now, N) -> case ets:first(X) of {Ttl, K} = Key when Ttl < Now -> ets:delete(X, Key), ets:delete(T, K), Sweep(Now, N + 1); _ -> N end end,
    A = [Sweep(Now, 0) || Now <- lists:seq(0, 1000, 100)],
    Counter = ets:new(c, [set, public]),
    Cs = [spawn_monitor(fun() -> [ets:update_counter(Counter, N rem 10, {2, 1}, {N rem 10, 0}) || N <- lists:seq(1, 300)] end) || _ <- lists:seq(1, 5)],
    [receive {'DOWN', M, _, P, normal} -> ok end || {P, M} <- Cs],
    {A, ets:info(T, size), ets:info(X, size), lists:sort(ets:tab2list(Counter)), ets:select_count(T, [{{{1, '_'}, '$1', '_'}, [{'>', '$1', 100}], [true]}])}.

protocol() ->
    Frames = [frame(I) || I <- lists:seq(1, 800)],
    Stream = iolist_to_binary(Frames),
    Chunks = chunk(Stream, 37),
    {Got, <<>>} = lists:foldl(fun(C, {Acc, Rest}) -> parse(<<Rest/binary, C/binary>>, Acc) end, {[], <<>>}, Chunks),
    Sums = lists:foldl(fun({K, V}, M) -> maps:update_with(K, fun(X) -> X + V end, V, M) end, #{}, [summary(F) || F <- Got]),
    {length(Got), erlang:md5(Stream), lists:sort(maps:to_list(Sums))}.
frame(I) when I rem 4 =:= 0 -> P = <<I:32/little, (I * 1.5):64/float>>, <<16#CA, 1, (byte_size(P)):16, P/binary, (erlang:crc32(P)):32>>;
frame(I) when I rem 4 =:= 1 -> P = list_to_binary(lists:duplicate(I rem 50, $a + I rem 26)), <<16#CA, 2, (byte_size(P)):16, P/binary, (erlang:crc32(P)):32>>;
frame(I) when I rem 4 =:= 2 -> P = << <<(J band 7):3, (J rem 2):1>> || J <- lists:seq(1, I rem 40 * 2) >>, <<16#CA, 3, (byte_size(P)):16, P/binary, (erlang:crc32(P)):32>>;
frame(I) -> P = unicode:characters_to_binary([16#1F600 + I rem 50, "é", I rem 1000 + 16#400]), <<16#CA, 4, (byte_size(P)):16, P/binary, (erlang:crc32(P)):32>>.
chunk(<<>>, _) -> [];
chunk(B, N) when byte_size(B) =< N -> [B];
chunk(B, N) -> <<H:N/binary, T/binary>> = B, [H | chunk(T, N rem 91 + 7)].
parse(<<16#CA, K, L:16, P:L/binary, C:32, R/binary>>, Acc) -> C = erlang:crc32(P), parse(R, [{K, P} | Acc]);
parse(R, Acc) -> {Acc, R}.
summary({1, <<I:32/little, F:64/float>>}) -> {1, trunc(F) + I};
summary({2, B}) -> {2, lists:sum(binary_to_list(B))};
summary({3, B}) -> {3, lists:sum([A * 2 + X || <<A:3, X:1>> <= B])};
summary({4, B}) -> {4, lists:sum(unicode:characters_to_list(B))}.

matrices() ->
    A = [[(I * J) rem 11 / 3 || J <- lists:seq(1, 60)] || I <- lists:seq(1, 60)],
    B = mul(A, transpose(A)),
    Arr = lists:foldl(fun({I, V}, X) -> array:set(I, V, X) end, array:new([{default, 0.0}]), lists:zip(lists:seq(0, 3599), lists:append(B))),
    {trunc(lists:sum(lists:append(B))), array:foldl(fun(I, V, S) -> S + I * trunc(V) end, 0, Arr), det(20)}.
transpose([[] | _]) -> [];
transpose(M) -> [[hd(R) || R <- M] | transpose([tl(R) || R <- M])].
mul(A, B) -> T = transpose(B), [[dot(R, C, 0.0) || C <- T] || R <- A].
dot([X | Xs], [Y | Ys], S) -> dot(Xs, Ys, S + X * Y);
dot([], [], S) -> S.
det(N) ->
    bareiss([[((I * 31 + J * 17) rem 23) - 11 || J <- lists:seq(1, N)] || I <- lists:seq(1, N)], 1, 1).
bareiss([[X]], _, S) -> S * X;
bareiss(M, Prev, S) ->
    case lists:splitwith(fun([H | _]) -> H =:= 0 end, M) of
        {_, []} -> 0;
        {Zs, [P | Rest]} ->
            S2 = case length(Zs) rem 2 of 0 -> S; 1 -> -S end,
            [PH | PT] = P,
            bareiss([[ (X * PH - H * Y) div Prev || {X, Y} <- lists:zip(T, PT)] || [H | T] <- Zs ++ Rest], PH, S2)
    end.

unicode() ->
    Texts = [<<"Straße ÄÖÜ ñandú"/utf8>>, <<"日本語テキスト"/utf8>>, <<"👨‍👩‍👧‍👦 family 🇩🇪"/utf8>>, <<"e\x{301}a\x{308}"/utf8>>, <<"İstanbul ǅ ﬁ"/utf8>>],
    [{string:length(T), string:uppercase(T), string:lowercase(T), string:casefold(T), string:titlecase(T), string:reverse(T), string:slice(T, 1, 3), string:to_graphemes(T),
      unicode:characters_to_nfd_binary(T), unicode:characters_to_nfkc_binary(T), string:split(T, " ", all), string:pad(T, 20, both, $*), string:trim(T, both, "en"),
      string:equal(T, string:uppercase(T), true, nfc), io_lib:format("~ts|~tp|~10.5ts|~-12ts|", [T, T, T, T]), re:run(T, "\\p{Lu}\\w+", [unicode, ucp, global, {capture, all, binary}])} || T <- Texts].

json() ->
    Doc = [{<<"id">>, 12345678901234567890}, {<<"list">>, [[1.5, -2.0e-10, true, null, false], [], <<"é\n\t\"\\ 😀"/utf8>>]}, {<<"nested">>, [{<<"k", (integer_to_binary(N))/binary>>, [N, N * 1.1, [{<<"x">>, N}]]} || N <- lists:seq(1, 150)]}],
    Enc = iolist_to_binary(enc(Doc)),
    Dec = dec(Enc),
    {Dec =:= Doc, byte_size(Enc), erlang:md5(Enc), [catch_(fun() -> dec(B) end) || B <- [<<"[1,">>, <<"{\"a\" 1}">>, <<"\"\\u12">>, <<"nul">>, <<"1.">>, <<"">>]]}.
catch_(F) -> try F() catch C:R -> {C, R} end.
enc(true) -> <<"true">>; enc(false) -> <<"false">>; enc(null) -> <<"null">>;
enc(I) when is_integer(I) -> integer_to_binary(I);
enc(F) when is_float(F) -> float_to_binary(F, [short]);
enc(B) when is_binary(B) -> [$", << <<(esc(C))/binary>> || <<C/utf8>> <= B >>, $"];
enc([{_, _} | _] = O) -> [${, lists:join($,, [[enc(K), $:, enc(V)] || {K, V} <- O]), $}];
enc(L) when is_list(L) -> [$[, lists:join($,, [enc(X) || X <- L]), $]].
esc($") -> <<"\\\"">>; esc($\\) -> <<"\\\\">>; esc($\n) -> <<"\\n">>;
esc(C) when C < 32 -> iolist_to_binary(io_lib:format("\\u~4.16.0b", [C]));
esc(C) when C > 16#FFFF -> X = C - 16#10000, iolist_to_binary(io_lib:format("\\u~4.16.0b\\u~4.16.0b", [16#D800 + (X bsr 10), 16#DC00 + (X band 16#3FF)]));
esc(C) -> <<C/utf8>>.
dec(B) -> {V, R} = val(ws(B)), <<>> = ws(R), V.
ws(<<C, R/binary>>) when C =:= 32; C =:= 10; C =:= 9 -> ws(R);
ws(B) -> B.
val(<<"true", R/binary>>) -> {true, R}; val(<<"false", R/binary>>) -> {false, R}; val(<<"null", R/binary>>) -> {null, R};
val(<<$", R/binary>>) -> str(R, <<>>);
val(<<$[, R/binary>>) -> case ws(R) of <<$], R2/binary>> -> {[], R2}; R2 -> items(R2, []) end;
val(<<${, R/binary>>) -> pairs(ws(R), []);
val(B) -> num(B, []).
items(B, Acc) -> {V, R} = val(ws(B)), case ws(R) of <<$,, R2/binary>> -> items(R2, [V | Acc]); <<$], R2/binary>> -> {lists:reverse([V | Acc]), R2} end.
pairs(<<$", B/binary>>, Acc) -> {K, R} = str(B, <<>>), <<$:, R1/binary>> = ws(R), {V, R2} = val(ws(R1)), case ws(R2) of <<$,, R3/binary>> -> pairs(ws(R3), [{K, V} | Acc]); <<$}, R3/binary>> -> {lists:reverse([{K, V} | Acc]), R3} end.
str(<<$", R/binary>>, Acc) -> {Acc, R};
str(<<"\\u", H:4/binary, "\\u", L:4/binary, R/binary>>, Acc) when H >= <<"d800">>, H < <<"dc00">> -> C = 16#10000 + ((binary_to_integer(H, 16) band 16#3FF) bsl 10) + (binary_to_integer(L, 16) band 16#3FF), str(R, <<Acc/binary, C/utf8>>);
str(<<"\\u", H:4/binary, R/binary>>, Acc) -> str(R, <<Acc/binary, (binary_to_integer(H, 16))/utf8>>);
str(<<"\\n", R/binary>>, Acc) -> str(R, <<Acc/binary, $\n>>);
str(<<$\\, C, R/binary>>, Acc) -> str(R, <<Acc/binary, C>>);
str(<<C, R/binary>>, Acc) -> str(R, <<Acc/binary, C>>).
num(<<C, R/binary>>, Acc) when C >= $0, C =< $9; C =:= $-; C =:= $+; C =:= $.; C =:= $e -> num(R, [C | Acc]);
num(R, Acc) -> S = lists:reverse(Acc), {case lists:member($., S) of true -> list_to_float(S); false -> list_to_integer(S) end, R}.

huffman() ->
    Text = unicode:characters_to_binary(lists:flatten(lists:duplicate(200, "the quick brown fox — jumps"))),
    Freq = maps:to_list(lists:foldl(fun(C, M) -> maps:update_with(C, fun(N) -> N + 1 end, 1, M) end, #{}, binary_to_list(Text))),
    Tree = build(gb_sets:from_list([{N, C, {leaf, C}} || {C, N} <- Freq])),
    Codes = codes(Tree, <<>>, #{}),
    Enc = << <<(maps:get(C, Codes))/bitstring>> || <<C>> <= Text >>,
    Dec = iolist_to_binary(decode(Enc, Tree, Tree)),
    {Dec =:= Text, bit_size(Enc), erlang:phash2(Enc), zlib:gunzip(zlib:gzip(Text)) =:= Text, base64:decode(base64:encode(Text)) =:= Text, erlang:adler32(Text)}.
build(S) -> {{N1, C1, T1}, S1} = gb_sets:take_smallest(S), case gb_sets:is_empty(S1) of true -> T1; false -> {{N2, _, T2}, S2} = gb_sets:take_smallest(S1), build(gb_sets:add({N1 + N2, C1, {T1, T2}}, S2)) end.
codes({leaf, C}, B, M) -> M#{C => B};
codes({L, R}, B, M) -> codes(R, <<B/bitstring, 1:1>>, codes(L, <<B/bitstring, 0:1>>, M)).
decode(<<>>, {leaf, C}, _) -> [C];
decode(<<>>, _, _) -> [];
decode(B, {leaf, C}, T) -> [C | decode(B, T, T)];
decode(<<0:1, R/bitstring>>, {L, _}, T) -> decode(R, L, T);
decode(<<1:1, R/bitstring>>, {_, N}, T) -> decode(R, N, T).

sieve() ->
    Self = self(),
    P = spawn(fun() -> filter(Self) end), [P ! N || N <- lists:seq(2, 400)], P ! stop, collect(x).
filter(Boss) -> receive stop -> Boss ! done; N -> Boss ! {prime, N}, Next = spawn(fun() -> filter(Boss) end), filter(N, Next) end.
filter(N, Next) -> receive stop -> Next ! stop; X when X rem N =/= 0 -> Next ! X, filter(N, Next); _ -> filter(N, Next) end.
collect(x) -> receive {prime, N} -> [N | collect(x)]; done -> [] end.

life() ->
    Cells = lists:foldl(fun(_, S) -> step(S) end, sets:from_list([{1, 0}, {2, 1}, {0, 2}, {1, 2}, {2, 2}, {10, 10}, {10, 11}, {10, 12}, {11, 11}], [{version, 2}]), lists:seq(1, 60)),
    lists:sort(sets:to_list(Cells)).
step(S) ->
    Counts = sets:fold(fun({X, Y}, M) -> lists:foldl(fun(C, A) -> maps:update_with(C, fun(N) -> N + 1 end, 1, A) end, M, [{X + DX, Y + DY} || DX <- [-1, 0, 1], DY <- [-1, 0, 1], {DX, DY} =/= {0, 0}]) end, #{}, S),
    sets:from_list([C || {C, N} <- maps:to_list(Counts), N =:= 3 orelse (N =:= 2 andalso sets:is_element(C, S))], [{version, 2}]).

bank() ->
    T = ets:new(bank, [public, {write_concurrency, true}]), [ets:insert(T, {A, 1000, 0}) || A <- lists:seq(1, 10)],
    Ws = [spawn_monitor(fun() -> [transfer(T, (W * N) rem 10 + 1, (W + N * 3) rem 10 + 1, N rem 5) || N <- lists:seq(1, 300)] end) || W <- lists:seq(1, 6)],
    [receive {'DOWN', M, _, P, R} -> R end || {P, M} <- Ws], {lists:sum([B || {_, B, _} <- ets:tab2list(T)]), lists:sum([V || {_, _, V} <- ets:tab2list(T)])}.
transfer(_, A, A, _) -> ok;
transfer(T, A, B, N) -> cas(T, A, -N), cas(T, B, N).
cas(T, A, N) -> [{A, B, V}] = ets:lookup(T, A), case ets:select_replace(T, [{{A, B, V}, [], [{{A, B + N, V + 1}}]}]) of 1 -> ok; 0 -> cas(T, A, N) end.
