%% SPDX-License-Identifier: Apache-2.0
%% Receives that look at nothing but the message, again and again behind messages that they have passed over.
-module(same_receive_again).
-same(programs).
-compile([export_all, nowarn_export_all]).

fill(From, To) -> [self() ! {n, I} || I <- lists:seq(From, To)], ok.
rest() -> receive M -> [M | rest()] after 0 -> [] end.
odd() -> receive {n, I} when I rem 2 =:= 1 -> I after 0 -> none end.
wanted() -> receive wanted -> wanted after 0 -> none end.
large() -> receive {n, I} when I > 90; I =:= 33 -> I after 0 -> none end.
this(I) -> receive {n, I} -> I after 0 -> none end.
map() -> receive #{key := V, other := _} -> V; #{key := 7} -> seven; [_, {x, Y} | _] when length(Y) > 1 -> Y after 0 -> none end.
any_of() -> receive {a, X} -> X; {b, X, _} -> X; c -> c; [X] when is_float(X) -> X after 0 -> none end.

behind() -> fill(1, 100), R = [begin self() ! wanted, wanted() end || _ <- lists:seq(1, 50)], {R, wanted(), length(rest())}.
queued() -> fill(1, 100), [self() ! wanted || _ <- lists:seq(1, 30)], fill(101, 130), {[wanted() || _ <- lists:seq(1, 32)], rest()}.
odds() -> fill(1, 60), R = [odd() || _ <- lists:seq(1, 20)], fill(61, 63), {R, [odd() || _ <- lists:seq(1, 15)], rest()}.
in_turns() ->
    fill(1, 100),
    R = [{odd(), wanted(), large(), this(I), self() ! {n, 1000 + I}, large()} || I <- lists:seq(2, 60)],
    {R, rest()}.
removed_before() ->
    fill(1, 40),
    none = wanted(),
    A = [this(I) || I <- lists:seq(1, 30)],
    self() ! wanted,
    B = wanted(),
    C = [this(I) || I <- lists:seq(40, 25, -1)],
    fill(1, 3),
    {A, B, C, wanted(), rest()}.
last_removed() ->
    fill(1, 30),
    none = wanted(),
    30 = this(30),
    self() ! wanted,
    {wanted(), this(29), wanted(), rest()}.
all_removed() ->
    fill(1, 30), none = wanted(), R = rest(), self() ! wanted, fill(1, 20), {R, wanted(), wanted(), rest()}.
shapes() ->
    fill(1, 30),
    [self() ! M || M <- [#{key => 1}, #{key => 2, other => 3}, #{key => 7}, [1, {x, [1]}], [1, {x, [1, 2]}], [1, {x, foo}, 3], {b, 1}, {b, 1, 2}, {a, z}, c, [1], [1.5]]],
    {[map() || _ <- lists:seq(1, 5)], [any_of() || _ <- lists:seq(1, 6)], rest()}.
collected() ->
    fill(1, 50),
    R = [begin
             self() ! {big, lists:seq(1, 200)},
             erlang:garbage_collect(),
             receive {big, L} when hd(L) =:= 1, length(L) =:= 200 -> lists:sum(L ++ lists:seq(1, I)) after 0 -> none end
         end || I <- lists:seq(1, 30)],
    {R, length(rest())}.
waiting() ->
    fill(1, 30),
    Self = self(),
    R = [begin
             spawn(fun() -> Self ! {n, -I}, Self ! wanted end),
             receive wanted -> I after 5000 -> none end
         end || I <- lists:seq(1, 20)],
    {R, lists:sort(rest())}.
marked() ->
    fill(1, 30),
    Echo = spawn_link(fun Loop() -> receive {From, Ref, M} -> From ! {Ref, M}, Loop() end end),
    R = [begin
             Ref = make_ref(),
             Echo ! {self(), Ref, I},
             X = receive {Ref, Y} -> Y end,
             self() ! wanted,
             {X, wanted(), large(), odd()}
         end || I <- lists:seq(1, 10)],
    unlink(Echo), exit(Echo, kill),
    {R, rest()}.
random() ->
    rand:seed(exsss, {1, 2, 3}),
    {[step(rand:uniform(8), I) || I <- lists:seq(1, 3000)], rest()}.
step(1, I) -> fill(I, I + 9);
step(2, I) -> self() ! wanted, I;
step(3, _) -> odd();
step(4, _) -> wanted();
step(5, _) -> large();
step(6, I) -> this(I - 5);
step(7, _) -> any_of();
step(8, _) -> receive M -> M after 0 -> none end.

%% Requests inside requests: each has its own place in the queue from which its answer is looked for.
echo(x) -> receive {From, Ref, N} -> [From ! {Ref, I} || I <- lists:seq(1, N)], echo(x) end.
ask(_, 0, _, _) -> [];
ask(Server, N, Answers, Between) ->
    Ref = monitor(process, Server),
    Server ! {self(), Ref, Answers},
    Inner = Between(),
    Sum = answers(Ref, Answers, 0),
    demonitor(Ref, [flush]),
    [{Sum, Inner} | ask(Server, N - 1, Answers, Between)].
answers(_, 0, Sum) -> Sum;
answers(Ref, N, Sum) -> receive {Ref, I} -> answers(Ref, N - 1, Sum + I); {'DOWN', Ref, _, _, Reason} -> exit(Reason) end.

nested() ->
    fill(1, 50),
    Server = spawn_link(fun() -> echo(x) end),
    Deep = lists:foldl(fun(_, Between) -> fun() -> fill(1, 2), ask(Server, 2, 3, Between) end end, fun() -> none end, lists:seq(1, 7)),
    {Deep(), length(rest())}.
very_deep() ->
    Server = spawn_link(fun() -> echo(x) end),
    Deep = lists:foldl(fun(_, Between) -> fun() -> fill(1, 2), ask(Server, 1, 3, Between) end end, fun() -> none end, lists:seq(1, 30)),
    {Deep(), length(rest())}.
%% Each answer would take a walk over the whole queue.
nested_behind_very_many() ->
    process_flag(message_queue_data, off_heap),
    Server = spawn_link(fun() -> echo(x) end),
    fill(1, 8_000),
    R = ask(Server, 40, 50, fun() -> ask(Server, 1, 50, fun() -> ask(Server, 1, 50, fun() -> none end) end) end),
    {lists:usort(R), this(8_000), this(1), length(rest())}.
nested_and_collected() ->
    fill(1, 30),
    Server = spawn_link(fun() -> echo(x) end),
    Collect = fun() -> self() ! {big, lists:seq(1, 100)}, erlang:garbage_collect(), receive {big, L} -> length(L) end end,
    {ask(Server, 5, 4, fun() -> [Collect() | ask(Server, 2, 4, Collect)] end), length(rest())}.
%% A request that was given up leaves its place to later ones.
given_up() ->
    fill(1, 30),
    Server = spawn_link(fun() -> echo(x) end),
    R = [{catch ask(Server, 1, 2, fun() -> throw(I) end), ask(Server, 1, 2, fun() -> this(I) end)} || I <- lists:seq(1, 20)],
    Server ! {self(), last, 1},
    receive {last, 1} -> {R, [case M of {Ref, N} when is_reference(Ref) -> {ref, N}; _ -> M end || M <- rest()]} end.
