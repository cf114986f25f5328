%% SPDX-License-Identifier: Apache-2.0
-module(same_supervisor).
-same(programs).
-behaviour(supervisor).
-compile(nowarn_export_all).
-compile(export_all).

starts() -> with(one_for_one, [a, b], fun(S) -> {supervisor:count_children(S), [{Id, is_pid(P), T, M} || {Id, P, T, M} <- supervisor:which_children(S)]} end).
restarts() -> with(one_for_one, [a, b], fun(S) -> A = child(S, a), B = child(S, b), crash(A), {other(S, a, A) =/= A, child(S, b) =:= B} end).
one_for_all() -> with(one_for_all, [a, b], fun(S) -> A = child(S, a), B = child(S, b), crash(A), {other(S, a, A) =/= A, other(S, b, B) =/= B} end).
rest_for_one() -> with(rest_for_one, [a, b, c], fun(S) -> [A, B, C] = [child(S, I) || I <- [a, b, c]], crash(B), await(S, c),
                                                         {child(S, a) =:= A, child(S, b) =/= B, child(S, c) =/= C} end).
gives_up() ->
    process_flag(trap_exit, true),
    {ok, S} = supervisor:start_link(?MODULE, {#{strategy => one_for_one, intensity => 1, period => 10}, [a]}),
    First = child(S, a),
    crash(First),
    crash(other(S, a, First)),
    receive {'EXIT', S, Reason} -> Reason after 2000 -> timeout end.
%% The supervisor may not yet have heard of the first one's end.
other(S, Id, First) ->
    case await(S, Id) of
        First -> other(S, Id, First);
        Second -> Second
    end.
dynamic() ->
    with(simple_one_for_one, [worker], fun(S) ->
        Pids = [element(2, supervisor:start_child(S, [])) || _ <- [1, 2, 3]],
        supervisor:terminate_child(S, hd(Pids)),
        proplists:get_value(active, supervisor:count_children(S))
    end).
%% Children are told in the order of their pids.
children_in_order() ->
    with(simple_one_for_one, [worker], fun(S) ->
        Pids = [element(2, supervisor:start_child(S, [])) || _ <- lists:seq(1, 12)],
        _ = [supervisor:terminate_child(S, Pid) || Pid <- [hd(Pids), lists:nth(5, Pids), lists:last(Pids)]],
        More = [element(2, supervisor:start_child(S, [])) || _ <- lists:seq(1, 8)],
        Left = [Pid || Pid <- Pids ++ More, is_process_alive(Pid)],
        [Pid || {_, Pid, _, _} <- supervisor:which_children(S)] =:= Left
    end).
children_change() ->
    with(one_for_one, [a], fun(S) ->
        {ok, _} = supervisor:start_child(S, spec(b)),
        Again = element(1, supervisor:start_child(S, spec(b))),
        ok = supervisor:terminate_child(S, b),
        {ok, _} = supervisor:restart_child(S, b),
        Running = supervisor:delete_child(S, b),
        ok = supervisor:terminate_child(S, b),
        {Again, Running, supervisor:delete_child(S, b), supervisor:delete_child(S, b)}
    end).
temporary() -> with(one_for_one, [], fun(S) -> {ok, P} = supervisor:start_child(S, (spec(t))#{restart => temporary}), crash(P), receive after 30 -> ok end, supervisor:which_children(S) end).
shut_down() ->
    process_flag(trap_exit, true),
    {ok, S} = supervisor:start_link(?MODULE, {#{strategy => one_for_one}, [a, b]}),
    Ms = [monitor(process, child(S, I)) || I <- [a, b]],
    exit(S, shutdown),
    {[receive {'DOWN', M, _, _, R} -> R end || M <- Ms], receive {'EXIT', S, R} -> R end}.
bad_child() ->
    process_flag(trap_exit, true),
    R = supervisor:start_link(?MODULE, {#{strategy => one_for_one}, [fails]}),
    receive {'EXIT', _, Why} -> {element(1, R), element(1, element(2, R)), Why} end.
nested() ->
    with(one_for_one, [], fun(S) ->
        {ok, Inner} = supervisor:start_child(S, #{id => inner, type => supervisor, start => {supervisor, start_link, [?MODULE, {#{strategy => one_for_one}, [x]}]}}),
        X = child(Inner, x),
        crash(X),
        await(Inner, x) =/= X
    end).
event_handlers() ->
    {ok, E} = gen_event:start_link(),
    ok = gen_event:add_handler(E, ?MODULE, {handler, self()}),
    gen_event:notify(E, one),
    gen_event:sync_notify(E, two),
    R = {gen_event:call(E, ?MODULE, question), gen_event:which_handlers(E), gen_event:delete_handler(E, ?MODULE, why), gen_event:which_handlers(E)},
    gen_event:stop(E),
    {R, [receive {event, X} -> X after 0 -> none end || _ <- [1, 2]]}.

with(Strategy, Ids, F) ->
    {ok, S} = supervisor:start_link(?MODULE, {#{strategy => Strategy, intensity => 10, period => 10}, Ids}),
    R = F(S),
    unlink(S),
    M = monitor(process, S),
    exit(S, shutdown),
    receive {'DOWN', M, _, _, _} -> R end.

child(S, Id) -> element(2, lists:keyfind(Id, 1, supervisor:which_children(S))).

crash(Pid) -> M = monitor(process, Pid), Pid ! crash, receive {'DOWN', M, _, _, _} -> ok end.

await(S, Id) -> case child(S, Id) of Pid when is_pid(Pid) -> Pid; _ -> receive after 5 -> await(S, Id) end end.

spec(fails) -> #{id => fails, start => {?MODULE, start_failing, [x]}};
spec(Id) -> #{id => Id, start => {?MODULE, start_worker, [Id]}}.

start_failing(_) -> {error, no_way}.
start_worker(_) -> {ok, spawn_link(fun() -> receive crash -> exit(crashed) end end)}.

init({handler, To}) -> {ok, To};
init({Flags, Ids}) -> {ok, {Flags, [spec(Id) || Id <- Ids]}}.

handle_event(Event, To) -> To ! {event, Event}, {ok, To}.
handle_call(question, To) -> {ok, answer, To}.
handle_info(_, To) -> {ok, To}.
terminate(_, _) -> gone.
