%% SPDX-License-Identifier: Apache-2.0
%% @doc Richards' operating system: a scheduler with an idle task, a worker, two handlers and two devices, which pass packets on.
%% The state of the system is a record with a tuple of tasks; tasks are tried in the order of their priorities.
-module(bench_richards).

-export([run/1]).

-define(IDLE, 1).
-define(WORKER, 2).
-define(HANDLER_A, 3).
-define(HANDLER_B, 4).
-define(DEVICE_A, 5).
-define(DEVICE_B, 6).

-record(packet, {to, kind, datum = 0, data = [0, 0, 0, 0]}).
-record(task, {id, next, queue = [], pending = false, waiting = false, holding = false, data}).
-record(system, {tasks, queued = 0, held = 0}).

%% @doc Runs the system so often; the packets queued and the tasks held.
-spec run(non_neg_integer()) -> {integer(), integer()}.
run(0) -> {0, 0};
run(N) ->
    #system{queued = Queued, held = Held} = schedule(?DEVICE_B, start()),
    {MoreQueued, MoreHeld} = run(N - 1),
    {Queued + MoreQueued, Held + MoreHeld}.

%% The last task made has the first turn; each knows the next.
start() ->
    Tasks = [#task{id = ?IDLE, next = 0, data = {idle, 1, 10_000}},
             #task{id = ?WORKER, next = ?IDLE, queue = packets(2, ?WORKER, work), pending = true, waiting = true,
                   data = {worker, ?HANDLER_A, 0}},
             #task{id = ?HANDLER_A, next = ?WORKER, queue = packets(3, ?DEVICE_A, device), pending = true, waiting = true,
                   data = {handler, [], []}},
             #task{id = ?HANDLER_B, next = ?HANDLER_A, queue = packets(3, ?DEVICE_B, device), pending = true, waiting = true,
                   data = {handler, [], []}},
             #task{id = ?DEVICE_A, next = ?HANDLER_B, waiting = true, data = {device, none}},
             #task{id = ?DEVICE_B, next = ?DEVICE_A, waiting = true, data = {device, none}}],
    #system{tasks = list_to_tuple(Tasks)}.

packets(N, To, Kind) -> [#packet{to = To, kind = Kind} || _ <- lists:seq(1, N)].

schedule(0, System) -> System;
schedule(Id, #system{tasks = Tasks} = System) ->
    case element(Id, Tasks) of
        #task{holding = true, next = Next} -> schedule(Next, System);
        #task{pending = false, waiting = true, next = Next} -> schedule(Next, System);
        #task{pending = true, waiting = true, queue = [Packet | Queue]} = Task ->
            act(Packet, Task#task{queue = Queue, waiting = false, pending = Queue =/= []}, System);
        Task -> act(none, Task, System)
    end.

act(Packet, #task{data = {idle, Seed, Count}} = Task, System) -> idle(Packet, Seed, Count - 1, Task, System);
act(Packet, #task{data = {worker, _, _}} = Task, System) -> worker(Packet, Task, System);
act(Packet, #task{data = {handler, _, _}} = Task, System) -> handler(Packet, Task, System);
act(Packet, #task{data = {device, _}} = Task, System) -> device(Packet, Task, System).

idle(none, Seed, 0, Task, System) -> hold(Task#task{data = {idle, Seed, 0}}, System);
idle(none, Seed, Count, Task, System) when Seed band 1 =:= 0 ->
    release(?DEVICE_A, Task#task{data = {idle, Seed div 2, Count}}, System);
idle(none, Seed, Count, Task, System) ->
    release(?DEVICE_B, Task#task{data = {idle, (Seed div 2) bxor 16#D008, Count}}, System).

worker(none, Task, System) -> wait(Task, System);
worker(Packet, #task{data = {worker, Last, Count}} = Task, System) ->
    To = ?HANDLER_A + ?HANDLER_B - Last,
    {Data, Next} = lists:mapfoldl(fun(_, N) when N + 1 > 26 -> {$A, 1}; (_, N) -> {$A + N, N + 1} end, Count, Packet#packet.data),
    queue(Packet#packet{to = To, datum = 0, data = Data}, Task#task{data = {worker, To, Next}}, System).

handler(none, Task, System) -> handle(Task, System);
handler(#packet{kind = work} = Packet, #task{data = {handler, Work, Device}} = Task, System) ->
    handle(Task#task{data = {handler, Work ++ [Packet], Device}}, System);
handler(Packet, #task{data = {handler, Work, Device}} = Task, System) ->
    handle(Task#task{data = {handler, Work, Device ++ [Packet]}}, System).

handle(#task{data = {handler, [#packet{datum = Count} = Work | Rest], Device}} = Task, System) when Count >= 4 ->
    queue(Work, Task#task{data = {handler, Rest, Device}}, System);
handle(#task{data = {handler, [#packet{datum = Count, data = Data} = Work | Rest], [Packet | Device]}} = Task, System) ->
    queue(Packet#packet{datum = lists:nth(Count + 1, Data)},
          Task#task{data = {handler, [Work#packet{datum = Count + 1} | Rest], Device}}, System);
handle(Task, System) -> wait(Task, System).

device(none, #task{data = {device, none}} = Task, System) -> wait(Task, System);
device(none, #task{data = {device, Packet}} = Task, System) -> queue(Packet, Task#task{data = {device, none}}, System);
device(Packet, Task, System) -> hold(Task#task{data = {device, Packet}}, System).

store(#task{id = Id} = Task, #system{tasks = Tasks} = System) -> System#system{tasks = setelement(Id, Tasks, Task)}.

%% What a task may do at the end of its turn; each goes on with a task.
wait(#task{id = Id} = Task, System) -> schedule(Id, store(Task#task{waiting = true}, System)).

hold(#task{next = Next} = Task, #system{held = Held} = System) ->
    schedule(Next, store(Task#task{holding = true}, System#system{held = Held + 1})).

release(Other, #task{id = Id} = Task, System0) ->
    System = store(Task, System0),
    Released = element(Other, System#system.tasks),
    schedule(first(Other, Id), store(Released#task{holding = false}, System)).

queue(#packet{to = To} = Packet, #task{id = Id} = Task, #system{queued = Queued} = System0) ->
    System = store(Task, System0#system{queued = Queued + 1}),
    #task{queue = Queue} = Receiver = element(To, System#system.tasks),
    After = store(Receiver#task{queue = Queue ++ [Packet#packet{to = Id}], pending = true}, System),
    schedule(case Queue of [] -> first(To, Id); _ -> Id end, After).

%% Identities grow with priorities.
first(Other, Id) -> max(Other, Id).
