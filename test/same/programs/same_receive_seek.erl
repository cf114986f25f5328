%% SPDX-License-Identifier: Apache-2.0
%% Receives that seek a message by one of its elements, behind others that have the same shape.
-module(same_receive_seek).
-same(programs).
-compile([export_all, nowarn_export_all]).

fill(Name, From, To) -> [self() ! {Name, I} || I <- lists:seq(From, To)], ok.
others() -> [self() ! M || M <- [n, {n}, {n, 1, 2}, [n, 3], #{n => 3}, {m, 3}, {{n}, 3}, <<"n">>, {n, 3.0}, {n, [3]}, {}, 3]], ok.
rest() -> receive M -> [M | rest()] after 0 -> [] end.
number(K) -> receive {n, K} -> K after 0 -> none end.
negated(K) -> receive {n, J} when J =:= -K -> J after 0 -> none end.
computed(K, L) -> receive {n, J} when J =:= K * L + 1 -> {J, K} after 0 -> none end.
reversed(K) -> receive {n, J} when K =:= J -> J after 0 -> none end.
first(K) -> receive {K, V} -> V after 0 -> none end.
third(K) -> receive {_, _, K, W} -> W after 0 -> none end.
any_size(K) -> receive T when element(2, T) =:= K -> T after 0 -> none end.
both(A, B) -> receive {n, A, B} -> {A, B} after 0 -> none end.
equal(K) -> receive {n, J} when J == K -> J after 0 -> none end.
other_than(K) -> receive {n, J} when J =/= K -> J after 0 -> none end.
not_this(K) -> receive {n, J} when J < 0 -> {less, J}; {n, K} -> K after 0 -> none end.
related(K) -> receive {n, J} when J * 2 =:= K -> J after 0 -> none end.
size_of(K) -> receive {n, J, L} when J =:= length(L) + K -> J after 0 -> none end.
failing(K) -> receive {n, J} when J =:= hd(K) -> J after 0 -> none end.
same_twice(K) -> receive {n, {K, K}} -> K after 0 -> none end.
inner(K) -> receive {n, {inner, K}} -> K after 0 -> none end.
kept(K) -> receive {n, K} = M -> {M, K} after 0 -> none end.

numbers() -> others(), fill(n, 1, 100), others(), {[number(K) || K <- [50, 3, 100, 1, 101, 3, 3.0, [3], 2]], rest()}.
all_backwards() -> fill(n, 1, 200), {[number(K) || K <- lists:seq(200, 1, -1)], rest()}.
guards() ->
    others(), fill(n, -20, 40), others(),
    {[negated(K) || K <- [20, 3, -3, x, 21, 3.0]], [computed(K, 3) || K <- [1, 2, x, 7.0, -2]], [reversed(K) || K <- [9, 11, 9, z]],
     [failing(K) || K <- [[25], [], x]], rest()}.
places() ->
    [self() ! {K, [K]} || K <- [a, 1, "s", {t}, 1.5, <<"b">>, <<"a binary that is larger than those on the heap are, as it has 80 bytes or more">>, 1 bsl 70, #{m => 1}]],
    [self() ! {x, K, K, K} || K <- [a, 1, 2.0, 2]],
    {[first(K) || K <- [#{m => 1}, 1 bsl 70, <<"a binary that is larger than those on the heap are, as it has 80 bytes or more">>, <<"b">>, 1.5, {t}, "s", 1, a, b]],
     [third(K) || K <- [2, 2.0, 1, a, 1]], rest()}.
parts_of_binaries() ->
    Whole = list_to_binary(lists:duplicate(100, "key,")),
    [self() ! {binary:part(Whole, I, 70), I} || I <- lists:seq(0, 60)],
    {[first(binary:copy(binary:part(Whole, I, 70))) || I <- [3, 2, 1, 0, 3]], length(rest())}.
references() ->
    Refs = [make_ref() || _ <- lists:seq(1, 60)],
    [self() ! {R, I} || {R, I} <- lists:zip(Refs, lists:seq(1, 60))],
    {[first(R) || R <- lists:reverse(Refs)], first(make_ref()), [self() ! {R, 1} || R <- Refs] =:= [], length(rest())}.
pids() ->
    Pids = [spawn(fun() -> ok end) || _ <- lists:seq(1, 30)],
    [self() ! {P, I} || {P, I} <- lists:zip(Pids, lists:seq(1, 30))],
    {[first(P) || P <- lists:reverse(Pids)], first(self()), rest()}.
sizes() -> others(), fill(n, 1, 20), {[any_size(K) || K <- [3, 15, 2, {n}, 99]], rest()}.
pairs() -> [self() ! {n, A, B} || A <- lists:seq(1, 12), B <- lists:seq(1, 12)], {[both(A, A) || A <- lists:seq(12, 0, -1)], length(rest())}.
relations() ->
    others(), fill(n, -3, 12),
    {[equal(K) || K <- [3, 4.0, x]], [other_than(K) || K <- [n, 3.0, -3]], [not_this(K) || K <- [1, 1, 7]], [related(K) || K <- [10, 24, 5]], rest()}.
lengths() ->
    [self() ! {n, J, lists:seq(1, J rem 4)} || J <- lists:seq(1, 30)], self() ! {n, 3, not_a_list},
    {[size_of(K) || K <- [27, 0, 12, x]], length(rest())}.
nested() ->
    [self() ! {n, M} || M <- [{1, 2}, {1, 1}, {inner, 1}, {inner, 2}, {inner}, 1]],
    {[same_twice(K) || K <- [2, 1]], [inner(K) || K <- [2, 3, 1]], rest()}.
kept_whole() -> fill(n, 1, 50), {[kept(K) || K <- [49, 2, 51]], length(rest())}.

%% Elements whose comparison takes turns with others.
long_elements() ->
    Long = fun(Last) -> lists:seq(1, 40_000) ++ [Last] end,
    [self() ! {Long(I), I} || I <- [1, 2, 3]],
    {[first(Long(I)) || I <- [3, 4, 1]], erlang:phash2(rest())}.

%% More messages than a slice has reductions for.
very_many() ->
    fill(n, 1, 9_000),
    Sum = lists:sum([number(K) || K <- [9_000, 8_999, 4_500, 1]]),
    {Sum, number(9_000), length(rest())}.
while_they_come() ->
    Self = self(),
    [spawn(fun() -> [Self ! {n, K} || K <- lists:seq(From, 200, 10)] end) || From <- lists:seq(1, 10)],
    lists:sum([receive {n, K} -> K end || K <- lists:seq(200, 1, -1)]).
with_after() ->
    fill(n, 1, 100),
    Self = self(),
    spawn(fun() -> [Self ! {n, K} || K <- lists:seq(101, 200)], Self ! {n, wanted} end),
    {receive {n, K} when K =:= Self -> K after 5 -> none end, receive {n, wanted} -> wanted after 5000 -> none end, lists:sum([K || {n, K} <- rest()])}.
marked() ->
    fill(n, 1, 100),
    Pid = spawn(fun Loop() -> receive {call, From, Ref, X} -> From ! {n, x}, From ! {Ref, X + 1}, Loop() end end),
    R = [begin Ref = make_ref(), Pid ! {call, self(), Ref, X}, receive {Ref, Y} -> Y end end || X <- lists:seq(1, 50)],
    exit(Pid, kill),
    {R, length(rest())}.

%% The guard makes the process collect while it looks at messages one after the other.
collected() ->
    [self() ! {n, [N, {N, N * 1_000_000_000_000_000_000_000}], <<N:64, "abcdefgh">>} || N <- lists:seq(1, 300)],
    self() ! {n, [0], <<0:64, "x">>},
    Found = behind(<<"x">>),
    {Found, all_there(0, 0)}.
behind(End) -> receive {n, [A | _], <<A:64, Rest/binary>>} when Rest =:= End -> A end.
all_there(N, S) ->
    receive
        {n, [A, {A, B}], <<A:64, "abcdefgh">>} when B =:= A * 1_000_000_000_000_000_000_000 -> all_there(N + 1, S + B);
        Other -> {other, N, Other}
    after 0 -> {N, S}
    end.
big_in_guard() ->
    [self() ! {n, N, [N, "text", N * (1 bsl 70)]} || N <- lists:seq(1, 200)],
    K = 1 bsl 66,
    R = [receive {n, N, [N | _]} when N * K =:= J * K -> N end || J <- [200, 100, 1]],
    {R, erlang:phash2(rest())}.
