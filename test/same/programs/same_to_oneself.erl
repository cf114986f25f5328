%% SPDX-License-Identifier: Apache-2.0
%% Messages to oneself: they need not be copied, and must not be changed by what happens to the heap before they are received.
-module(same_to_oneself).
-same(programs).
-compile([export_all, nowarn_export_all]).

large(N) -> [{K, [K, integer_to_list(K)], #{K => K * 1.5}} || K <- lists:seq(N, N + 40)].

hash(Term) -> erlang:phash2(Term).

in_order() ->
    [self() ! {N, large(N)} || N <- lists:seq(1, 50)],
    [receive {N, Term} -> hash(Term) end || N <- lists:seq(1, 50)].

backwards() ->
    [self() ! {N, large(N)} || N <- lists:seq(1, 50)],
    [receive {N, Term} -> hash(Term) end || N <- lists:seq(50, 1, -1)].

collected() ->
    [begin self() ! {N, large(N)}, N rem 7 =:= 0 andalso erlang:garbage_collect() end || N <- lists:seq(1, 50)],
    Garbage = length([large(N) || N <- lists:seq(1, 20)]),
    {Garbage, [receive {N, Term} -> erlang:garbage_collect(), hash({Term, Term =:= large(N)}) end || N <- lists:seq(50, 1, -1)]}.

%% The guard and the clause after it make garbage while the message is looked at.
under_look() ->
    [self() ! {N, large(N)} || N <- lists:seq(1, 20)],
    erlang:garbage_collect(),
    [receive
         {N, Term} when length(Term) + length([]) > 40, map_size(element(3, hd(Term))) =:= 1, N > 10 ->
             _ = [large(K) || K <- lists:seq(1, 5)],
             hash(Term)
     after 0 -> none
     end || N <- lists:seq(1, 20)].

left_behind() ->
    [self() ! {N, large(N)} || N <- lists:seq(1, 20)],
    receive {7, Seven} -> self() ! {again, Seven} end,
    erlang:garbage_collect(),
    receive {again, Again} -> {hash(Again), element(2, process_info(self(), message_queue_len))} end.

told() ->
    self() ! {told, large(3)},
    {messages, Before} = process_info(self(), messages),
    erlang:garbage_collect(),
    {messages, After} = process_info(self(), messages),
    {Before =:= After, hash(Before), receive {told, Term} -> hash(Term) end}.

off_heap() ->
    process_flag(message_queue_data, off_heap),
    A = in_order(),
    process_flag(message_queue_data, on_heap),
    self() ! large(1),
    process_flag(message_queue_data, off_heap),
    self() ! large(2),
    erlang:garbage_collect(),
    {A, [receive Term when is_list(Term) -> hash(Term) end || _ <- [1, 2]]}.

exits() ->
    {Pid, Monitor} = spawn_monitor(fun() -> [self() ! large(N) || N <- lists:seq(1, 20)], erlang:garbage_collect(), self() ! large(0), exit(done) end),
    receive {'DOWN', Monitor, process, Pid, Reason} -> Reason end.

woken(From) -> From ! {self(), receive {N, Term} -> {N, hash(Term)} end}.

hibernated() ->
    Self = self(),
    Pid = spawn(fun() -> receive go -> ok end, self() ! {9, large(9)}, erlang:hibernate(?MODULE, woken, [Self]) end),
    Pid ! go,
    receive {Pid, Told} -> Told end.

shared() ->
    Term = large(5),
    self() ! {one, Term, Term},
    self() ! {two, Term},
    receive {two, Two} -> ok end,
    erlang:garbage_collect(),
    receive {one, One, Other} -> {One =:= Two, One =:= Other, hash({Term, One})} end.

binaries() ->
    Binary = binary:copy(<<"0123456789">>, 100),
    [self() ! [{N, binary:part(Binary, N, 500), <<Binary/binary, N>>} || N <- lists:seq(1, 40)] || _ <- [1, 2, 3]],
    erlang:garbage_collect(),
    [receive [{1, _, _} | _] = List -> hash(List) end || _ <- [1, 2, 3]].

among_others() ->
    Self = self(),
    [begin
         Pid = spawn(fun() -> Self ! {other, large(N)} end),
         Monitor = monitor(process, Pid),
         receive {'DOWN', Monitor, _, _, _} -> ok end,
         Self ! {own, large(N)}
     end || N <- lists:seq(1, 20)],
    [receive {Whose, Term} -> {Whose, hash(Term)} end || _ <- lists:seq(1, 40)].

many() ->
    [begin self() ! {N, large(N rem 10)}, receive {N, Term} -> length(Term) end end || N <- lists:seq(1, 100)],
    [self() ! {N, large(N rem 10)} || N <- lists:seq(1, 60)],
    lists:sum([receive {N, Term} -> hash(Term) rem 1000 end || N <- lists:seq(1, 60)]).
