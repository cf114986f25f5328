%% SPDX-License-Identifier: Apache-2.0
-module(same_processes).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

answer(Pid) -> receive {Pid, Answer} -> Answer after 5000 -> timeout end.

down(Monitor) -> receive {'DOWN', Monitor, process, _, Reason} -> Reason after 5000 -> timeout end.

spawning() -> Self = self(), Pid = spawn(fun() -> Self ! {self(), {hello, 1 + 2}} end), answer(Pid).

spawning_by_name() -> Pid = spawn(?MODULE, answer_once, [self(), x]), answer(Pid).
answer_once(To, Answer) -> To ! {self(), Answer}.

to_oneself() -> self() ! {hello, "world"}, receive {hello, Text} -> Text; {world, _} -> no end.

selective() -> [self() ! N || N <- lists:seq(1, 5)], {receive 3 -> three end, receive N when N > 3 -> N end, receive M -> M end}.

left_in_mailbox() -> [self() ! X || X <- [a, {b, 1}, "c"]], receive {b, _} -> ok end.

nothing_to_receive() -> {receive x -> x after 0 -> none end, receive y -> y after 20 -> none_later end}.

timeout_with_messages() -> self() ! other, Start = erlang:monotonic_time(millisecond), R = receive x -> x after 50 -> late end,
                           {R, erlang:monotonic_time(millisecond) - Start >= 50, receive other -> other end}.

ping_pong() ->
    Ponger = spawn_link(fun Loop() -> receive {From, ping} -> From ! {self(), pong}, Loop(); stop -> ok end end),
    Answers = [begin Ponger ! {self(), ping}, answer(Ponger) end || _ <- lists:seq(1, 100)],
    Ponger ! stop,
    length([pong || pong <- Answers]).

ring() ->
    Self = self(),
    First = lists:foldl(fun(_, Next) -> spawn(fun() -> pass(Next) end) end, Self, lists:seq(1, 200)),
    First ! {token, 0},
    receive {token, N} -> N end.
pass(Next) -> receive {token, N} -> Next ! {token, N + 1} end.

many() ->
    Self = self(),
    Pids = [spawn(fun() -> Self ! {self(), N * N} end) || N <- lists:seq(1, 1000)],
    lists:sum([answer(Pid) || Pid <- Pids]).

order() ->
    Self = self(),
    spawn(fun() -> [Self ! N || N <- lists:seq(1, 2000)] end),
    [receive X -> X end || _ <- lists:seq(1, 2000)] =:= lists:seq(1, 2000).

big_message() ->
    Self = self(),
    Term = {lists:seq(1, 10000), binary:copy(<<"x">>, 100000), maps:from_list([{N, N} || N <- lists:seq(1, 100)])},
    Pid = spawn(fun() -> receive T -> Self ! {self(), erlang:phash2(T)} end end),
    Pid ! Term,
    answer(Pid) =:= erlang:phash2(Term).

link_exit() ->
    process_flag(trap_exit, true),
    Pid = spawn_link(fun() -> exit(reason) end),
    receive {'EXIT', Pid, Reason} -> Reason end.

link_normal() ->
    process_flag(trap_exit, true),
    Pid = spawn_link(fun() -> ok end),
    receive {'EXIT', Pid, Reason} -> Reason end.

link_error() ->
    process_flag(trap_exit, true),
    Pid = spawn_link(fun() -> error(oops) end),
    receive {'EXIT', Pid, Reason} -> Reason end.

link_throw() ->
    process_flag(trap_exit, true),
    Pid = spawn_link(fun() -> throw(ball) end),
    receive {'EXIT', Pid, Reason} -> Reason end.

link_undef() ->
    process_flag(trap_exit, true),
    Pid = spawn_link(no_such_module_here, f, [1]),
    receive {'EXIT', Pid, Reason} -> Reason end.

killed_by_link() -> spawn_link(fun() -> exit(child_reason) end), receive never -> ok after 5000 -> timeout end.

killed_by_linked_error() -> spawn_link(fun() -> lists:nth(id(3), [1]) end), receive never -> ok after 5000 -> timeout end.

not_killed_by_normal() -> spawn_link(fun() -> ok end), receive never -> ok after 100 -> alive end.

link_chain() ->
    process_flag(trap_exit, true),
    Top = spawn_link(fun() -> spawn_link(fun() -> spawn_link(fun() -> exit(bottom) end), receive never -> ok end end), receive never -> ok end end),
    receive {'EXIT', Top, Reason} -> Reason end.

unlinked() ->
    Pid = spawn_link(fun() -> receive go -> exit(bad) end end),
    unlink(Pid),
    Monitor = monitor(process, Pid),
    Pid ! go,
    down(Monitor).

link_dead() ->
    process_flag(trap_exit, true),
    {Pid, Monitor} = spawn_monitor(fun() -> ok end),
    down(Monitor),
    link(Pid),
    receive {'EXIT', Pid, Reason} -> Reason end.

link_dead_untrapped() ->
    {Pid, Monitor} = spawn_monitor(fun() -> ok end),
    down(Monitor),
    try link(Pid) of true -> receive never -> ok after 5000 -> timeout end catch C:R -> {C, R} end.

links_listed() ->
    Pid = spawn_link(fun() -> receive stop -> ok end end),
    {links, L} = process_info(self(), links),
    Is = lists:member(Pid, L),
    unlink(Pid),
    {links, L1} = process_info(self(), links),
    Pid ! stop,
    {Is, lists:member(Pid, L1)}.

monitors() ->
    [begin {_, Monitor} = spawn_monitor(F), down(Monitor) end
     || F <- [fun() -> ok end, fun() -> exit(why) end, fun() -> error({e, 1}) end, fun() -> throw(t) end, fun() -> exit(normal) end, fun() -> exit(kill) end]].

monitor_dead() -> {Pid, M} = spawn_monitor(fun() -> ok end), down(M), M1 = monitor(process, Pid), receive {'DOWN', M1, process, Pid, R} -> R end.

monitor_name() ->
    Missing = monitor(process, no_such_name_here),
    R = receive {'DOWN', Missing, process, Object, Why} -> {Object, Why} end,
    Pid = spawn(fun() -> receive stop -> exit(stopped) end end),
    register(same_monitored, Pid),
    M = monitor(process, same_monitored),
    same_monitored ! stop,
    {R, receive {'DOWN', M, process, Object1, Why1} -> {Object1, Why1} end}.

demonitoring() ->
    Pid = spawn(fun() -> receive stop -> ok end end),
    M = monitor(process, Pid),
    Was = {demonitor(M, [info]), demonitor(M, [info]), demonitor(M)},
    M1 = monitor(process, Pid),
    M2 = monitor(process, Pid),
    Pid ! stop,
    down(M2),
    {Was, demonitor(M1, [flush, info]), receive {'DOWN', M1, _, _, _} -> left after 0 -> flushed end}.

many_monitors() ->
    Pid = spawn(fun() -> receive stop -> exit(end_of_it) end end),
    Ms = [monitor(process, Pid) || _ <- lists:seq(1, 50)],
    Pid ! stop,
    lists:usort([down(M) || M <- Ms]).

monitor_tag() ->
    Pid = spawn(fun() -> receive stop -> ok end end),
    M = monitor(process, Pid, [{tag, {my, tag}}]),
    Pid ! stop,
    receive {{my, tag}, M, process, Pid, R} -> R after 1000 -> none end.

exit_signals() ->
    [begin
         Pid = spawn(fun() -> process_flag(trap_exit, Trap), receive {'EXIT', _, R} -> exit({trapped, R}); go -> ok end end),
         M = monitor(process, Pid),
         erlang:yield(),
         exit(Pid, Reason),
         Pid ! go,
         {Trap, Reason, case down(M) of noproc -> gone; Other -> Other end}
     end || Reason <- [why, normal, kill], Trap <- [false]].

exit_trapped() ->
    Self = self(),
    [begin
         Pid = spawn(fun() -> process_flag(trap_exit, true), Self ! {self(), ready}, receive {'EXIT', From, R} -> Self ! {self(), {From =:= Self, R}} end end),
         ready = answer(Pid),
         exit(Pid, Reason),
         answer(Pid)
     end || Reason <- [why, normal, {kill, me}]].

exit_kill() ->
    Self = self(),
    {Pid, M} = spawn_monitor(fun() -> process_flag(trap_exit, true), Self ! {self(), ready}, receive never -> ok end end),
    ready = answer(Pid),
    exit(Pid, kill),
    down(M).

exit_self() -> exit(self(), own), receive after infinity -> ok end.
exit_self_normal() -> exit(self(), normal), receive x -> x after 50 -> alive end.
exit_self_trapped() -> process_flag(trap_exit, true), exit(self(), own), receive {'EXIT', Pid, R} -> {Pid =:= self(), R} end.

kill_reason_through_link() ->
    process_flag(trap_exit, true),
    Pid = spawn_link(fun() -> receive never -> ok end end),
    exit(Pid, kill),
    receive {'EXIT', Pid, R} -> R end.

trap_flag() -> {process_flag(trap_exit, true), process_flag(trap_exit, false), process_flag(trap_exit, false)}.

names() ->
    Pid = spawn(fun Loop() -> receive {From, X} -> From ! {self(), X}, Loop(); stop -> ok end end),
    true = register(same_named, Pid),
    same_named ! {self(), hello},
    R = answer(Pid),
    Was = whereis(same_named) =:= Pid,
    Info = process_info(Pid, registered_name),
    true = unregister(same_named),
    Pid ! stop,
    {R, Was, Info, whereis(same_named), lists:member(same_named, registered())}.

name_taken() ->
    register(same_taken, self()),
    R = [catch element(1, element(2, (catch register(same_taken, self())))), catch register(undefined, self()), catch unregister(same_not_taken)],
    [case X of {'EXIT', {Why, _}} -> Why; _ -> X end || X <- R].

name_freed() ->
    {Pid, M} = spawn_monitor(fun() -> register(same_freed, self()) end),
    R = down(M),
    {R, whereis(same_freed), is_process_alive(Pid)}.

send_by_node() -> register(same_by_node, self()), {same_by_node, node()} ! hi, R = receive hi -> got after 1000 -> lost end, unregister(same_by_node), R.

sends() -> {erlang:send(self(), a), erlang:send(self(), b, [noconnect]), erlang:send(self(), c, [nosuspend]), self() ! d}.

to_the_dead() -> {Pid, M} = spawn_monitor(fun() -> ok end), down(M), Pid ! hello.

dictionary() ->
    {put(a, 1), put(a, 2), get(a), get(b), put(b, x), lists:sort(get()), lists:sort(get_keys()), get_keys(x), erase(a), get(a), lists:sort(erase()), get()}.

dictionary_large() -> [put(N, N * N) || N <- lists:seq(1, 300)], [erase(N) || N <- lists:seq(1, 300, 2)], {length(get()), get(4), get(5)}.

aliases() ->
    Self = self(),
    A = alias(),
    spawn(fun() -> A ! {via, alias}, Self ! sent end),
    receive sent -> ok end,
    First = receive {via, alias} -> yes after 0 -> no end,
    {First, unalias(A), unalias(A), begin A ! again, receive again -> yes after 50 -> no end end}.

alias_of_reply() -> A = alias([reply]), A ! {A, 1}, A ! {A, 2}, {receive {A, X} -> X end, receive {A, Y} -> Y after 50 -> none end}.

alias_of_monitor() ->
    Pid = spawn(fun() -> receive {R, ask} -> R ! {R, told}, R ! {R, told_again} end end),
    M = monitor(process, Pid, [{alias, reply_demonitor}]),
    Pid ! {M, ask},
    {receive {M, X} -> X after 1000 -> none end, receive Other -> Other after 50 -> none end}.

alias_demonitored() -> M = monitor(process, self(), [{alias, demonitor}]), demonitor(M), M ! x, receive x -> x after 50 -> none end.

timers() ->
    erlang:send_after(30, self(), third),
    erlang:send_after(10, self(), second),
    self() ! first,
    [receive X -> X end || _ <- [1, 2, 3]].

start_timer() -> T = erlang:start_timer(10, self(), payload), receive {timeout, T, P} -> P after 1000 -> none end.

cancel_timer() ->
    T = erlang:send_after(60000, self(), never),
    Left = erlang:read_timer(T),
    C = erlang:cancel_timer(T),
    {is_integer(Left), Left > 50000, is_integer(C), erlang:cancel_timer(T), erlang:read_timer(T), receive never -> yes after 0 -> no end}.

cancel_timer_async() -> T = erlang:send_after(60000, self(), x), erlang:cancel_timer(T, [{async, true}]), receive {cancel_timer, T, L} -> is_integer(L) after 1000 -> none end.

timer_to_name() -> register(same_timed, self()), erlang:send_after(10, same_timed, tick), R = receive tick -> tick after 1000 -> none end, unregister(same_timed), R.

spawn_options() ->
    {Pid, M} = spawn_opt(fun() -> receive go -> exit(done) end end, [monitor, {priority, high}, {min_heap_size, 1000}, {fullsweep_after, 10}]),
    I = process_info(Pid, priority),
    Pid ! go,
    {I, down(M)}.

spawn_request() ->
    R = erlang:spawn_request(fun() -> exit(requested) end, [monitor, {reply_tag, reply}]),
    {receive {reply, R, ok, _} -> ok end, receive {'DOWN', R, process, _, Why} -> Why end}.

infos() ->
    Pid = spawn(?MODULE, wait, [idle]),
    erlang:yield(),
    timer_wait(20),
    R = [process_info(Pid, K) || K <- [status, message_queue_len, current_function, initial_call, trap_exit, registered_name, messages, monitors, links, priority, dictionary]],
    Pid ! stop,
    R.
wait(_) -> receive stop -> ok end.
timer_wait(T) -> receive after T -> ok end.

info_of_dead() -> {Pid, M} = spawn_monitor(fun() -> ok end), down(M), {process_info(Pid), process_info(Pid, status), is_process_alive(Pid)}.

info_of_self() -> self() ! a, self() ! b, [process_info(self(), K) || K <- [message_queue_len, messages, trap_exit, current_function, registered_name]].

info_of_stack() -> {current_stacktrace, S} = process_info(self(), current_stacktrace), [{M, F, A} || {M, F, A, _} <- S].

group_leader_inherited() ->
    Self = self(),
    Pid = spawn(fun() -> Self ! {self(), group_leader()} end),
    answer(Pid) =:= group_leader().

group_leader_of_dead() ->
    {Pid, M} = spawn_monitor(fun() -> ok end),
    down(M),
    {catch group_leader(self(), Pid), erts_internal:group_leader(self(), Pid), erts_internal:group_leader(Pid, Pid), erts_internal:group_leader(a, Pid)}.

group_leader_changed() ->
    Self = self(),
    Leader = spawn(fun() -> receive {io_request, From, As, {put_chars, unicode, _, _, _} = R} -> From ! {io_reply, As, ok}, Self ! {printed, element(1, R)};
                                    {io_request, From, As, R} -> From ! {io_reply, As, ok}, Self ! {printed, element(1, R)} end end),
    Old = group_leader(),
    group_leader(Leader, self()),
    io:format("hello ~p", [1]),
    R = receive {printed, X} -> X after 1000 -> none end,
    group_leader(Old, self()),
    R.

printing() -> io:format("one ~p~n", [self()]), io:put_chars("two\n"), io:nl(), io:fwrite("~s|~10w|~-5s|~.3f~n", ["three", four, "5", 6.0]), io:format("~ts~n", ["grüße €"]).

printing_in_order() ->
    Self = self(),
    [begin Pid = spawn(fun() -> io:format("child ~b~n", [N]), Self ! {self(), ok} end), answer(Pid) end || N <- lists:seq(1, 5)],
    io:format("parent~n").

hibernation() ->
    Self = self(),
    Pid = spawn(fun() -> erlang:hibernate(?MODULE, woken, [Self]) end),
    timer_wait(20),
    Pid ! {wake, up},
    answer(Pid).
woken(To) -> receive M -> To ! {self(), {woken_by, M}} end.

parallel_map() ->
    Self = self(),
    Pids = [spawn_link(fun() -> Self ! {self(), lists:sum(lists:seq(1, N * 100))} end) || N <- lists:seq(1, 20)],
    [answer(P) || P <- Pids].

mutual_links() ->
    process_flag(trap_exit, true),
    A = spawn_link(fun() -> receive {link, P} -> link(P) end, receive never -> ok end end),
    B = spawn_link(fun() -> receive die -> exit(b_dies) end end),
    A ! {link, B},
    timer_wait(20),
    B ! die,
    lists:sort([receive {'EXIT', P, R} when P =:= X -> R end || X <- [A, B]]).

counter_process() ->
    Pid = spawn(?MODULE, counter, [0]),
    [Pid ! increment || _ <- lists:seq(1, 100)],
    Pid ! {get, self()},
    R = answer(Pid),
    Pid ! stop,
    R.
counter(N) ->
    receive
        increment -> counter(N + 1);
        {get, From} -> From ! {self(), N}, counter(N);
        stop -> ok
    end.

request_with_reference() ->
    Pid = spawn(fun() -> receive {From, R, X} -> From ! {noise, 1}, From ! {R, X * 2} end end),
    R = make_ref(),
    [self() ! {noise, N} || N <- lists:seq(1, 100)],
    Pid ! {self(), R, 21},
    Answer = receive {R, X} -> X end,
    flush(noise),
    Answer.
flush(Tag) -> receive {Tag, _} -> flush(Tag) after 0 -> ok end.

preempted() ->
    Self = self(),
    Spinner = spawn(fun Spin() -> Spin() end),
    Pid = spawn(fun() -> Self ! {self(), still_scheduled} end),
    R = answer(Pid),
    exit(Spinner, kill),
    R.

garbage() -> lists:foldl(fun(N, _) -> lists:reverse(lists:seq(1, N rem 100)), N end, 0, lists:seq(1, 5000)), erlang:garbage_collect(), length(lists:seq(1, 10)).

%% Who was spawned later has the larger pid, whoever has ended before.
later_pids() ->
    Pids = lists:append([[spawn(fun() -> receive stop -> N end end), element(1, spawn_monitor(fun() -> N end))] || N <- lists:seq(1, 3000)]),
    _ = [receive {'DOWN', _, _, _, _} -> ok end || _ <- lists:seq(1, 3000)],
    Later = [begin {Pid, R} = spawn_monitor(fun() -> N end), receive {'DOWN', R, _, _, _} -> Pid end end || N <- lists:seq(1, 3000)],
    _ = [Pid ! stop || Pid <- Pids],
    {lists:sort(Pids) =:= Pids, lists:sort(Later) =:= Later, lists:max(Pids) < hd(Later)}.

dies_with_messages() -> spawn_link(fun() -> exit(now) end), receive never -> ok after 1000 -> timeout end.

bad_spawn() -> spawn(id(not_a_fun)).
bad_spawn_arguments() -> spawn(lists, reverse, id(a)).
bad_link() -> link(id(not_a_pid)).
bad_monitor() -> monitor(process, id("no pid")).
bad_flag() -> process_flag(id(no_flag), true).
bad_exit() -> exit(id(x), y).
bad_register() -> register(id("name"), self()).
bad_timer() -> erlang:send_after(id(-1), self(), x).
bad_info() -> process_info(self(), id(no_item)).
