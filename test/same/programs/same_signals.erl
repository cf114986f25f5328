%% SPDX-License-Identifier: Apache-2.0
%% The rules of signals: links, exit signals, monitors, aliases, spawn requests, group leaders, suspension; in races as well.
%% `remote_...' have the other end on the node of the group leader: for the engine that is the host.
-module(same_signals).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

-import(same_calls, [t/1, calls/3]).

-define(T(Expression), t(fun() -> Expression end)).

next() -> next(2000).
next(Time) -> receive Message -> Message after Time -> nothing end.

rest() -> receive Message -> [Message | rest()] after 30 -> [] end.

dead() -> dead(node()).
dead(Node) ->
    {Pid, Monitor} = spawn_monitor(Node, erlang, self, []),
    receive {'DOWN', Monitor, process, Pid, _} -> Pid end.

%% The node of the group leader.
home(Leader) -> node(Leader).

idle() -> idle(node()).
idle(Node) -> spawn(Node, ?MODULE, wait, [x]).
wait(X) -> receive {stop, Reason} -> exit(Reason); {call, From, F} -> From ! {self(), F()}, wait(X); _ -> wait(X) end.

call(Pid, F) -> Pid ! {call, self(), F}, receive {Pid, Value} -> Value after 5000 -> timeout end.

down(Monitor) -> receive {'DOWN', Monitor, process, _, Reason} -> Reason after 60_000 -> timeout end.

%% How a process that runs F ends, and what it leaves behind for its linked trapper.
ends(F) ->
    {Pid, Monitor} = spawn_monitor(F),
    receive {'DOWN', Monitor, process, Pid, Reason} -> Reason after 5000 -> exit(Pid, kill), alive end.

without_stack({Reason, [{_, _, _, _} | _]}) -> {Reason, stack};
without_stack(Reason) -> Reason.

until(F) -> case F() of true -> ok; _ -> receive after 1 -> until(F) end end.

both(F) -> {F(node()), F(home(group_leader()))}.

%% --- Exit signals --------------------------------------------------------------------------------------------------------

reasons() -> [normal, kill, killed, noproc, noconnection, shutdown, {shutdown, x}, {kill, x}, x, {x, [1, 2, {3, "4"}]}].

exit_2_matrix() -> [{Reason, Trap, exit_2(Reason, Trap, node())} || Reason <- reasons(), Trap <- [true, false]].
remote_exit_2_matrix() -> [{Reason, Trap, exit_2(Reason, Trap, home(group_leader()))} || Reason <- reasons(), Trap <- [true, false]].

exit_2(Reason, Trap, Node) ->
    Self = self(),
    {Pid, Monitor} = spawn_monitor(Node, ?MODULE, exit_receiver, [Self, Trap]),
    receive {Pid, ready} -> ok end,
    exit(Pid, Reason),
    Pid ! last,
    down(Monitor).
exit_receiver(To, Trap) ->
    process_flag(trap_exit, Trap),
    To ! {self(), ready},
    exit({got, receive {'EXIT', From, Reason} -> {From =:= To, Reason}; last -> last end}).

%% The same reasons through a link.
link_matrix() -> [{Reason, Trap, through_link(Reason, Trap, node())} || Reason <- reasons(), Trap <- [true, false]].
remote_link_matrix() -> [{Reason, Trap, through_link(Reason, Trap, home(group_leader()))} || Reason <- reasons(), Trap <- [true, false]].

through_link(Reason, Trap, Node) ->
    {Pid, Monitor} = spawn_monitor(Node, ?MODULE, link_receiver, [self(), Reason, Trap, node()]),
    _ = Pid,
    down(Monitor).
link_receiver(To, Reason, Trap, Node) ->
    process_flag(trap_exit, Trap),
    To ! x,
    Pid = spawn_link(Node, ?MODULE, wait, [x]),
    Pid ! {stop, Reason},
    exit({got, receive {'EXIT', From, R} -> {From =:= Pid, R} after 200 -> nothing end}).

%% exit(kill) of oneself is an ordinary exit: linked processes get kill, and may trap it.
kill_as_own_reason() ->
    process_flag(trap_exit, true),
    Pid = spawn_link(fun() -> exit(kill) end),
    R1 = next(),
    Second = ends(fun() -> spawn_link(fun() -> exit(kill) end), receive after infinity -> ok end end),
    _ = Pid,
    {R1, Second}.

exit_oneself() ->
    [{Reason, Trap, ends(fun() -> process_flag(trap_exit, Trap), true = exit(self(), Reason), exit({went_on, rest()}) end)}
     || Reason <- reasons(), Trap <- [true, false]].

%% The exit signal has taken effect when exit/2 to oneself returns.
exit_oneself_synchronously() ->
    Table = ets:new(table, [public]),
    R = ends(fun() -> exit(self(), now), ets:insert(Table, {went_on, true}) end),
    {R, ets:tab2list(Table)}.

exit_oneself_caught() -> ends(fun() -> catch exit(self(), now), try exit(self(), again) catch _:_ -> caught end, exit(went_on) end).

exit_wrong() -> [calls(erlang, exit, [[x, y], [1, y], ["x", y], [make_ref(), x]]), calls(erlang, exit, [[dead(), x]])].

exit_to_name() -> register(same_signals_name, self()), R = ?T(exit(same_signals_name, x)), unregister(same_signals_name), R.

%% Messages and exit signals of one sender keep their order.
order_of_kinds() ->
    [begin
         Self = self(),
         Pid = spawn(fun() -> process_flag(trap_exit, true), Self ! {self(), ready}, receive go -> ok end, Self ! {self(), rest()} end),
         receive {Pid, ready} -> ok end,
         Pid ! 1, exit(Pid, two), Pid ! 3, exit(Pid, four), Pid ! go,
         receive {Pid, Order} -> [case X of {'EXIT', Self, Y} -> Y; Y -> Y end || X <- Order] end
     end || _ <- [1, 2, 3]].

order_with_monitor() ->
    Pid = spawn(fun() -> receive {From, go} -> From ! 1, From ! 2 end end),
    Monitor = monitor(process, Pid),
    Pid ! {self(), go},
    [next(), next(), element(1, {next(), Monitor})].

remote_order() ->
    Pid = idle(home(group_leader())),
    Monitor = monitor(process, Pid),
    Self = self(),
    call(Pid, fun() -> [Self ! N || N <- lists:seq(1, 100)], link(Self), unlink(Self), [Self ! N || N <- lists:seq(101, 200)], ok end),
    Pid ! {stop, done},
    First = [receive N when is_integer(N) -> N end || _ <- lists:seq(1, 200)] =:= lists:seq(1, 200),
    {First, down(Monitor)}.

many_exits_one_death() ->
    {Pid, Monitor} = spawn_monitor(fun() -> receive after infinity -> ok end end),
    [exit(Pid, {reason, N}) || N <- lists:seq(1, 100)],
    {down(Monitor), rest()}.

trap_toggled() ->
    Self = self(),
    Pid = spawn(fun() -> process_flag(trap_exit, true), Self ! {self(), ready}, receive {'EXIT', _, one} -> ok end,
                         process_flag(trap_exit, false), Self ! {self(), open}, receive after infinity -> ok end end),
    Monitor = monitor(process, Pid),
    receive {Pid, ready} -> ok end, exit(Pid, one), receive {Pid, open} -> ok end, exit(Pid, two),
    down(Monitor).

%% A process that has been told to exit runs nothing any more, nor does it take messages.
killed_while_busy() ->
    {Pid, Monitor} = spawn_monitor(fun Loop() -> Loop() end),
    exit(Pid, normal),
    receive after 5 -> ok end,
    Alive = is_process_alive(Pid),
    exit(Pid, stop),
    {Alive, down(Monitor), is_process_alive(Pid)}.

exit_before_it_ran() -> {Pid, Monitor} = spawn_monitor(fun() -> exit(ran) end), exit(Pid, before), case down(Monitor) of before -> ok; ran -> ok end.

dead_at_once() ->
    Pid = idle(),
    exit(Pid, kill),
    [is_process_alive(Pid), process_info(Pid), process_info(Pid, status), process_info(Pid, []), process_info(Pid, [status]),
     lists:member(Pid, processes()), ?T(process_info(Pid, x))].

%% --- Links ---------------------------------------------------------------------------------------------------------------

link_results() ->
    Pid = idle(),
    [link(Pid), link(Pid), link(self()), unlink(self()), unlink(Pid), unlink(Pid), unlink(dead()), calls(erlang, link, [[x], [1], [make_ref()]]),
     calls(erlang, unlink, [[x], [1], [make_ref()]]), process_info(self(), links)].

%% One unlink undoes any number of links; links go both ways.
links_are_one() ->
    process_flag(trap_exit, true),
    Pid = idle(),
    link(Pid), link(Pid),
    Self = self(),
    Back = call(Pid, fun() -> {links, L} = process_info(self(), links), lists:member(Self, L) end),
    unlink(Pid),
    Gone = call(Pid, fun() -> {links, L} = process_info(self(), links), lists:member(Self, L) end),
    exit(Pid, kill),
    {Back, Gone, rest()}.

remote_links_are_one() ->
    process_flag(trap_exit, true),
    Pid = idle(home(group_leader())),
    link(Pid), link(Pid),
    Self = self(),
    Back = call(Pid, fun() -> {links, L} = process_info(self(), links), lists:member(Self, L) end),
    Mine = process_info(self(), links) =:= {links, [Pid]},
    unlink(Pid),
    Gone = call(Pid, fun() -> {links, L} = process_info(self(), links), lists:member(Self, L) end),
    exit(Pid, kill),
    {Back, Mine, Gone, process_info(self(), links), rest()}.

link_from_other_side() ->
    process_flag(trap_exit, true),
    [begin
         Self = self(), Pid = idle(Node),
         call(Pid, fun() -> link(Self) end),
         Linked = process_info(self(), links) =:= {links, [Pid]},
         unlink(Pid),
         Other = call(Pid, fun() -> process_info(self(), links) end),
         exit(Pid, x),
         {Linked, Other, rest()}
     end || Node <- [node(), home(group_leader())]].

%% After unlink no exit signal of the link comes; one that came before stays.
unlink_then_exit() ->
    process_flag(trap_exit, true),
    both(fun(Node) ->
                 [begin
                      Pid = spawn_link(Node, ?MODULE, wait, [x]),
                      Pid ! {stop, N},
                      unlink(Pid),
                      receive {'EXIT', Pid, _} -> ok after 0 -> ok end
                  end || N <- lists:seq(1, 200)],
                 rest()
         end).

unlink_link_again() ->
    process_flag(trap_exit, true),
    both(fun(Node) ->
                 [begin
                      Pid = spawn_link(Node, ?MODULE, wait, [x]),
                      unlink(Pid), link(Pid), unlink(Pid), link(Pid),
                      Pid ! {stop, N},
                      receive {'EXIT', Pid, R} -> R after 2000 -> none end
                  end || N <- [1, 2, 3]]
         end).

simultaneous_links() ->
    process_flag(trap_exit, true),
    both(fun(Node) ->
                 Self = self(),
                 lists:usort([begin
                      Pid = spawn(Node, ?MODULE, link_back, [Self]),
                      link(Pid),
                      receive {Pid, linked} -> ok end,
                      Pid ! {stop, over},
                      R = receive {'EXIT', Pid, Why} -> Why after 2000 -> none end,
                      {R, receive {'EXIT', Pid, Again} -> Again after 0 -> once end}
                  end || _ <- lists:seq(1, 50)])
         end).
link_back(To) -> link(To), To ! {self(), linked}, wait(x).

simultaneous_unlinks() ->
    process_flag(trap_exit, true),
    both(fun(Node) ->
                 Self = self(),
                 lists:usort([begin
                      Pid = spawn_link(Node, ?MODULE, wait, [x]),
                      Pid ! {call, self(), fun() -> unlink(Self) end},
                      unlink(Pid),
                      receive {Pid, true} -> ok end,
                      Mine = process_info(self(), links),
                      Other = call(Pid, fun() -> process_info(self(), links) end),
                      exit(Pid, kill),
                      {Mine, Other}
                  end || _ <- lists:seq(1, 50)])
         end).

%% link to what is dead: on the own node noproc is raised unless exits are trapped, and it is an exit signal from another.
link_to_dead() ->
    [begin
                 Dead = dead(Node),
                 [without_stack(ends(fun() -> process_flag(trap_exit, Trap), R = (catch link(Dead)), exit({went_on, case R of true -> true; {'EXIT', {W, _}} -> W end, [{E, P =:= Dead, Why} || {E, P, Why} <- rest()], process_info(self(), links)}) end))
                  || Trap <- Traps]
     end || {Node, Traps} <- [{node(), [true, false]}, {home(group_leader()), [true]}]].

exit_while_being_linked() ->
    process_flag(trap_exit, true),
    both(fun(Node) ->
                 lists:usort([begin
                                  Pid = spawn(Node, erlang, exit, [fast]),
                                  catch link(Pid),
                                  receive {'EXIT', Pid, R} when R =:= fast; R =:= noproc -> told after 2000 -> untold end
                              end || _ <- lists:seq(1, 100)])
         end).

%% An exit signal of a link that has gone is dropped; erlang:exit_signal-like signals by exit/2 are not.
exit_2_needs_no_link() -> process_flag(trap_exit, true), Self = self(), Pid = spawn(fun() -> exit(Self, hello) end), receive {'EXIT', Pid, R} -> R after 1000 -> none end.

links_of_a_crowd() ->
    process_flag(trap_exit, true),
    Pids = [spawn_link(fun() -> receive after infinity -> ok end end) || _ <- lists:seq(1, 300)],
    {links, L} = process_info(self(), links),
    Same = lists:sort(L) =:= lists:sort(Pids),
    [exit(P, bye) || P <- Pids],
    R = lists:usort([receive {'EXIT', P, Why} -> Why end || P <- Pids]),
    {Same, R, process_info(self(), links)}.

chain_of_death() ->
    Self = self(),
    Chain = fun Chain(N) -> Self ! {member, self()}, N =:= 0 orelse spawn_link(fun() -> Chain(N - 1) end), receive after infinity -> ok end end,
    {Pid, Monitor} = spawn_monitor(fun() -> Chain(100) end),
    Members = [receive {member, Member} -> Member end || _ <- lists:seq(0, 100)],
    exit(Pid, all),
    R = down(Monitor),
    until(fun() -> not lists:any(fun is_process_alive/1, Members) end),
    R.

%% --- Monitors ------------------------------------------------------------------------------------------------------------

monitor_results() ->
    [calls(erlang, monitor, [[process, 1], [process, "x"], [process, {a, 1}], [process, {a, b, c}], [process, make_ref()], [x, self()], [time_offset, x], [port, self()]]),
     calls(erlang, monitor, [[process, 1, []], [process, self(), x], [process, self(), [x]], [process, self(), [{alias, x}]], [process, self(), [{tag, x}, {alias, demonitor} | y]],
                             [process, self(), [{tag, x, y}]], [x, self(), []], [x, self(), [x]]]),
     is_reference(monitor(process, self())), is_reference(monitor(process, self(), [{tag, x}, {tag, y}, {alias, demonitor}, {alias, explicit_unalias}])),
     process_info(self(), monitors)].

demonitor_results() ->
    Other = call(idle(home(group_leader())), fun() -> erlang:make_ref() end),
    M = monitor(process, idle()),
    [calls(erlang, demonitor, [[x], [1], [make_ref()]]), calls(erlang, demonitor, [[x, []], [make_ref(), x], [make_ref(), [x]], [make_ref(), [flush | x]], [make_ref(), []], [make_ref(), [info]], [make_ref(), [flush, info]]]),
     demonitor(M, [info]), demonitor(M, [info]), demonitor(alias(), [info]), case node() =:= home(group_leader()) of true -> badarg; false -> element(2, ?T(demonitor(Other))) end].

%% A monitor of oneself never fires, and is none.
monitor_oneself() ->
    register(same_signals_self, self()),
    M = monitor(process, self()), N = monitor(process, same_signals_self), O = monitor(process, {same_signals_self, node()}),
    A = monitor(process, self(), [{alias, explicit_unalias}]),
    A ! through_it,
    R = [process_info(self(), monitors), process_info(self(), monitored_by), demonitor(M, [info]), demonitor(N, [info]), demonitor(O, [info]), unalias(A), rest()],
    unregister(same_signals_self),
    R.

monitors_told() ->
    Pid = idle(), Far = idle(home(group_leader())),
    register(same_signals_told, Pid),
    M1 = monitor(process, Pid), M2 = monitor(process, same_signals_told), M3 = monitor(process, {same_signals_told, node()}), M4 = monitor(process, Far), M5 = monitor(process, Pid),
    monitor(time_offset, clock_service), monitor(process, {no_such_name_anywhere, home(group_leader())}),
    rest(),
    {monitors, L} = process_info(self(), monitors),
    {monitored_by, By} = process_info(Pid, monitored_by),
    Told = [length([x || {process, P} <- L, P =:= Pid]), length([x || {process, {same_signals_told, N}} <- L, N =:= node()]), length([x || {process, P} <- L, P =:= Far]),
            [x || {time_offset, clock_service} <- L], length(L), length(By), lists:usort(By) =:= [self()]],
    [demonitor(M) || M <- [M1, M2, M3, M4, M5]],
    {Told, [X || X <- element(2, process_info(self(), monitors)), element(1, X) =:= process], process_info(Pid, monitored_by)}.

time_offset_monitor() ->
    M = monitor(time_offset, clock_service), N = monitor(time_offset, clock_service, [{tag, x}, {alias, demonitor}]),
    [process_info(self(), monitors), demonitor(M, [info]), demonitor(M, [info]), demonitor(N, [flush, info]), process_info(self(), monitors)].

%% The DOWN message names what was monitored: the pid, or name and node.
objects_of_down() ->
    [begin
         Pid = spawn(Node, ?MODULE, wait, [x]),
         Name = same_signals_object,
         call(Pid, fun() -> register(Name, self()) end),
         Ms = [monitor(process, Pid), monitor(process, {Name, Node})] ++ [monitor(process, Name) || Node =:= node()],
         exit(Pid, gone),
         [receive {'DOWN', M, process, Object, R} -> {case Object of Pid -> pid; {Name, Node} -> name_and_node end, R} after 2000 -> none end || M <- Ms]
     end || Node <- lists:usort([node()])].

monitor_reasons() -> [{Reason, both(fun(Node) -> {_, M} = spawn_monitor(Node, erlang, exit, [Reason]), down(M) end)} || Reason <- reasons()].

monitor_nobody() ->
    Dead = dead(),
    [begin M = monitor(process, X, Options), receive Message -> {element(1, Message), element(2, Message) =:= M, element(3, Message), element(4, Message) =:= Dead orelse element(4, Message), element(5, Message)} after 2000 -> nothing end end
     || X <- [Dead, no_such_name_here, {no_such_name_here, node()}], Options <- [[], [{tag, {a, [tag]}}], [{alias, demonitor}], [{alias, reply_demonitor}], [{alias, explicit_unalias}]]].

%% A name is that of the process that had it then: who takes it later is not monitored.
monitor_follows_the_process() ->
    A = idle(), B = idle(),
    register(same_signals_follow, A),
    M = monitor(process, same_signals_follow),
    unregister(same_signals_follow), register(same_signals_follow, B),
    exit(B, b), receive after 20 -> ok end,
    R = receive {'DOWN', M, _, _, Early} -> {early, Early} after 0 -> quiet end,
    exit(A, a),
    {R, receive {'DOWN', M, process, {same_signals_follow, _}, Why} -> Why after 1000 -> none end}.

name_free_when_down() ->
    lists:usort([begin
                     Pid = spawn(fun() -> receive go -> ok end end), register(same_signals_free, Pid),
                     M = monitor(process, Pid), Pid ! go, down(M),
                     {whereis(same_signals_free), ?T(same_signals_free ! x)}
                 end || _ <- lists:seq(1, 50)]).

name_free_when_link_breaks() ->
    process_flag(trap_exit, true),
    lists:usort([begin
                     Pid = spawn_link(fun() -> receive go -> ok end end), register(same_signals_free2, Pid),
                     Pid ! go, receive {'EXIT', Pid, normal} -> ok end,
                     {whereis(same_signals_free2), register(same_signals_free2, self()), unregister(same_signals_free2)}
                 end || _ <- lists:seq(1, 50)]).

demonitor_races() ->
    both(fun(Node) ->
                 lists:usort([begin
                                  {Pid, M} = spawn_monitor(Node, ?MODULE, wait, [x]),
                                  Pid ! {stop, x},
                                  case N rem 3 of
                                      0 -> demonitor(M, [flush]);
                                      1 -> demonitor(M), receive {'DOWN', M, _, _, _} -> ok after 0 -> ok end;
                                      2 -> true = demonitor(M, [flush, info]) orelse true
                                  end
                              end || N <- lists:seq(1, 200)]) ++ rest()
         end).

large_down() -> both(fun(Node) -> {_, M} = spawn_monitor(Node, ?MODULE, exit_large, [500]), byte_size(term_to_binary(down(M))) end).
exit_large(Count) -> exit([{N, lists:duplicate(20, N), <<0:800>>} || N <- lists:seq(1, Count)]).

monitor_nodes() ->
    [erlang:monitor_node(home(group_leader()), true), erlang:monitor_node(home(group_leader()), true), erlang:monitor_node(home(group_leader()), false), erlang:monitor_node(home(group_leader()), false), erlang:monitor_node(home(group_leader()), false),
     calls(erlang, monitor_node, [[1, true], [node(), 1], ["x", true]]), rest()].

%% --- Tags and aliases ----------------------------------------------------------------------------------------------------

tags() ->
    both(fun(Node) ->
                 [begin
                      Pid = idle(Node),
                      M = monitor(process, Pid, [{tag, Tag}]),
                      exit(Pid, x),
                      receive {Tag, M, process, Pid, R} -> {Tag, R} after 2000 -> none end
                  end || Tag <- [a, 1, 1 bsl 70, 1.5, [], [a], {a, #{b => <<"c">>}}, <<0:1000>>, "text", 'DOWN']]
         end).

tag_and_spawn() -> both(fun(Node) -> {Pid, M} = spawn_opt(Node, fun() -> exit(x) end, [{monitor, [{tag, {my, "tag"}}, {alias, explicit_unalias}]}]), R = receive {{my, "tag"}, M, process, Pid, W} -> W after 2000 -> none end, {R, unalias(M), unalias(M)} end).

alias_results() ->
    [calls(erlang, alias, [[x], [[x]], [[reply | x]], [[{reply}]]]), is_reference(alias([])), is_reference(alias([explicit_unalias])), is_reference(alias([reply])), is_reference(alias([reply, explicit_unalias])),
     calls(erlang, unalias, [[x], [1], [make_ref()], [monitor(process, idle())], [self()]])].

%% What each mode lets through: before, after, and after it is no alias any more.
modes_of_alias() ->
    [begin
         A = alias(Options),
         A ! 1, A ! 2, erlang:send(A, 3), erlang:send(A, 4, [noconnect]),
         First = rest(),
         {Options, First, unalias(A), begin A ! 5, rest() end}
     end || Options <- [[], [explicit_unalias], [reply], [reply, explicit_unalias], [explicit_unalias, reply]]].

modes_of_monitor_alias() ->
    both(fun(Node) ->
                 [begin
                      Pid = idle(Node),
                      M = monitor(process, Pid, [{alias, Mode}]),
                      Send = fun(X) -> call(Pid, fun() -> M ! X, ok end) end,
                      Send(1), Send(2),
                      Before = rest(),
                      Monitored = [x || {process, P} <- element(2, process_info(self(), monitors)), P =:= Pid],
                      Last = case Then of
                                 demonitor -> R = demonitor(M, [info]), Send(3), {R, rest()};
                                 unalias -> R = unalias(M), Send(3), Quiet = rest(), exit(Pid, x), {R, Quiet, receive {'DOWN', M, process, _, Why} -> Why after 50 -> none end};
                                 down -> M2 = monitor(process, Pid), exit(Pid, x), down(M2), Down = receive {'DOWN', M, process, _, Why} -> Why after 50 -> none end, M ! 3, {Down, rest(), unalias(M)}
                             end,
                      exit(Pid, kill), unalias(M), demonitor(M, [flush]),
                      {Mode, Then, Before, length(Monitored), Last}
                  end || Mode <- [explicit_unalias, demonitor, reply_demonitor], Then <- [demonitor, unalias, down]]
         end).

alias_of_others() ->
    Pid = idle(),
    A = call(Pid, fun() -> alias() end),
    {?T(unalias(A)), begin A ! {stop, by_alias}, M = monitor(process, Pid), R = down(M), lists:member(R, [by_alias, noproc]) end, begin A ! x, alias_sent end}.

alias_with_priority_of_reply() ->
    both(fun(Node) ->
                 Pid = spawn(Node, ?MODULE, replier, [x]),
                 M = monitor(process, Pid, [{alias, reply_demonitor}]),
                 Pid ! {request, M, 5},
                 R = receive {M, reply, N} -> N after 1000 -> none end,
                 {R, rest(), [X || {process, P} = X <- element(2, process_info(self(), monitors)), P =:= Pid]}
         end).
replier(_) -> receive {request, M, N} -> M ! {M, reply, N}, M ! {M, late, N}, exit(done) end.

alias_in_timer() -> A = alias(), ?T(erlang:send_after(1, A, x)).

send_to_refs() -> [?T(make_ref() ! x), ?T(erlang:send(make_ref(), x)), ?T(erlang:send(make_ref(), x, [])), ?T(erlang:send(alias(), x, [y])), rest()].

many_aliases() ->
    As = [alias([reply]) || _ <- lists:seq(1, 500)],
    [A ! {A, N} || {A, N} <- lists:zip(As, lists:seq(1, 500))], [A ! late || A <- As],
    {lists:sum([receive {A, N} -> N end || A <- As]), rest()}.

%% --- Spawning ------------------------------------------------------------------------------------------------------------

spawn_opt_matrix() ->
    both(fun(Node) ->
                 [begin
                      process_flag(trap_exit, true),
                      R = spawn_opt(Node, ?MODULE, wait, [x], Options),
                      {Pid, M} = case R of {P, Ref} -> {P, Ref}; P -> {P, none} end,
                      Linked = lists:member(Pid, element(2, process_info(self(), links))),
                      Pid ! {stop, {over, Options}},
                      {Options, Linked, M =/= none, lists:sort([element(1, X) || X <- rest()])}
                  end || Options <- [[], [link], [monitor], [link, monitor], [monitor, link, monitor], [{monitor, []}], [{monitor, [{tag, t}]}, link], [link, link]]]
         end).

%% link and monitor of a child that dies at once: both are told, and no name clash.
spawned_dead() -> process_flag(trap_exit, true), both(fun(Node) -> {Pid, M} = spawn_opt(Node, erlang, exit, [x], [link, monitor]), lists:sort([case X of {'EXIT', Pid, R} -> {exit, R}; {'DOWN', M, process, Pid, R} -> {down, R} end || X <- [next(), next()]]) end).

spawn_request_replies() ->
    [begin
         R = erlang:spawn_request(Node, ?MODULE, wait, [x], Options),
         _ = erpc:call(Node, erlang, node, []),    % what is told of the spawn is here before this
         Replies = [case X of {Tag, R, ok, P} when is_pid(P) -> {Tag, ok}; {Tag, R, error, Why} -> {Tag, error, Why} end || X <- rest()],
         {Options, is_reference(R), Replies}
     end || Node <- [node(), home(group_leader())],
            Options <- [[], [monitor], [link], [{reply_tag, "tag"}], [{reply, yes}], [{reply, no}], [{reply, success_only}], [{reply, error_only}], [{reply, x}], [x], [{reply, no}, x], [{reply, error_only}, x],
                        [{reply, success_only}, x], [{reply_tag, t}, x], [{priority, x}], [{monitor, [{alias, x}]}], [{monitor, [{alias, demonitor}, {tag, x}]}]]].

spawn_request_wrong() -> [calls(erlang, spawn_request, [[x], [1, []], [fun(_) -> x end], [fun() -> x end, x], [m, f, x], [m, f, x, []], [1, f, []], [m, f, [], x], [node(), 1, f, []], [1, m, f, []], [node(), m, f, [], x], ["x", fun() -> x end]]),
                          calls(erlang, spawn_request_abandon, [[x], [make_ref()]]), is_list(rest())].

spawn_request_to_nowhere() ->
    _ = erlang:spawn_request('no@where', ?MODULE, wait, [x]), receive {spawn_reply, _, error, _} -> ok end,
    [begin
         _ = erlang:spawn_request('no@where', ?MODULE, wait, [x], Options),
         [{T, A, B} || {T, _, A, B} <- case Answered of true -> soon(1000); false -> rest() end]
     end || {Options, Answered} <- [{[], true}, {[{reply, success_only}], false}, {[{reply, error_only}], true}, {[{reply, no}], false}, {[monitor, link], true}]].

%% OTP 25 does not always wake who waits for the reply: it is seen by whoever looks again.
soon(0) -> none;
soon(N) -> receive Message -> [Message | rest()] after 20 -> soon(N - 1) end.

spawn_to_nowhere() ->
    process_flag(trap_exit, true),
    P = spawn('no@where', ?MODULE, wait, [x]), Q = spawn_link('no@where', ?MODULE, wait, [x]), {R, M} = spawn_monitor('no@where', ?MODULE, wait, [x]),
    [is_pid(P), is_pid(Q), is_pid(R), [case X of {'EXIT', Q, W} -> {exit, W}; {'DOWN', M, process, R, W} -> {down, W} end
                                             || X <- lists:sort([receive X -> X after 60_000 -> none end || _ <- [exit, down]])]].

abandoned_requests() ->
    process_flag(trap_exit, true),
    R = erlang:spawn_request(home(group_leader()), ?MODULE, wait, [x], [link, monitor]),
    Was = erlang:spawn_request_abandon(R),
    Again = erlang:spawn_request_abandon(R),
    case {Was, Again, rest()} of
        {false, false, [{spawn_reply, R, ok, _}]} -> abandoned;    % the answer came first, as it always does from the own node
        {true, false, []} -> abandoned;
        Other -> Other
    end.

spawn_request_order() ->
    both(fun(Node) ->
                 Self = self(),
                 R = erlang:spawn_request(Node, fun() -> Self ! {child, self()}, exit(end_of_child) end, [monitor]),
                 [case next() of {spawn_reply, R, ok, _} -> reply; {child, _} -> child; {'DOWN', R, process, _, Why} -> Why end || _ <- [1, 2, 3]]
         end).

spawn_errors() ->
    Self = self(),
    both(fun(Node) -> [begin {_, M} = spawn_monitor(Node, Mod, F, A), without_stack(down(M)) end || {Mod, F, A} <- [{no_such_module_here, f, []}, {?MODULE, no_such_function, [1, 2]}, {erlang, self, [Self]}, {erlang, atom_to_list, [1]}]] end).

spawn_wrong() ->
    [calls(erlang, F, [[fun(_) -> x end] || F =/= spawn_link] ++ [[x], [1], [m, f, x], [1, f, []], [m, 1, []], [m, f, [a | b]], [1, fun() -> x end], ["x", m, f, []], [node(), x]]) || F <- [spawn, spawn_link, spawn_monitor]]
        ++ [calls(erlang, spawn_opt, [[fun() -> x end, x], [fun() -> x end, [x]], [m, f, [], [link | x]], [m, f, [], [{min_heap_size, -1}]], [m, f, [], [{max_heap_size, x}]], [m, f, [], [{fullsweep_after, x}]], [m, f, [], [{message_queue_data, x}]],
                                      [m, f, [], [{priority, x}]], [m, f, [], [{monitor, x}]], [m, f, [], [{max_heap_size, #{size => -1}}]], [node(), fun() -> x end, [x]], [node(), m, f, [], [x]]])].

%% --- Group leaders and names ---------------------------------------------------------------------------------------------

group_leaders() ->
    both(fun(Node) ->
                 Leader = idle(Node), Pid = idle(Node),
                 true = group_leader(Leader, Pid),
                 {process_info_of(Pid, group_leader) =:= Leader, call(Pid, fun() -> group_leader() =:= Leader end), call(Pid, fun() -> Self = self(), P = spawn(fun() -> Self ! {self(), group_leader() =:= Leader} end), receive {P, X} -> X end end)}
         end).
process_info_of(Pid, Item) -> element(2, call(Pid, fun() -> process_info(self(), Item) end)).

group_leader_wrong() -> [calls(erlang, group_leader, [[x, self()], [self(), x], [1, 2], [self(), dead()], [make_ref(), self()]])].
group_leader_dead_leader() -> Old = group_leader(), D = dead(), R = group_leader(D, self()), Is = group_leader() =:= D, group_leader(Old, self()), {R, Is}.

registering() ->
    Pid = idle(), Dead = dead(), Far = idle(home(group_leader())),
    R = [calls(erlang, register, [[x, 1], ["x", Pid], [undefined, Pid], [same_signals_reg, Dead]]), case node() =:= home(group_leader()) of true -> {error, badarg}; false -> {error, E, _, _, _, _} = ?T(register(same_signals_far, Far)), {error, E} end,
         register(same_signals_reg, Pid), ?T(register(same_signals_reg, Pid)), ?T(register(same_signals_reg2, Pid)), ?T(register(same_signals_reg, self())), process_info(Pid, registered_name), process_info(Pid, [registered_name]),
         lists:keyfind(registered_name, 1, process_info(Pid)), same_signals_reg ! {x, y}, erlang:send(same_signals_reg, x), erlang:send(same_signals_reg, x, []), {same_signals_reg, node()} ! x,
         calls(erlang, whereis, [[1], ["x"], [nobody_here]]), whereis(same_signals_reg) =:= Pid, calls(erlang, unregister, [[1], [nobody_here], [undefined]]), unregister(same_signals_reg), process_info(Pid, registered_name),
         process_info(Pid, [registered_name]), lists:keyfind(registered_name, 1, process_info(Pid))],
    exit(Pid, kill), R.

sending_wrong() ->
    [calls(erlang, send, [[no_such_name_here, x], [1, x], ["x", x], [{a, b, c}, x], [{1, node()}, x], [{no_such_name_here, node()}, x], [{a, 1}, x], [dead(), x], [no_such_name_here, x, []], [self(), x, [y]], [self(), x, y], [{no_such_name_here, 'no@where'}, x, [noconnect]], [self(), ok, [nosuspend, noconnect]]]),
     ?T(no_such_name_here ! x), ?T({no_such_name_here, node()} ! x), rest()].
