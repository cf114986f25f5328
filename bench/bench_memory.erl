%% SPDX-License-Identifier: Apache-2.0
%% @doc Class `memory': what things take, in bytes of resident memory of the whole operating-system process, each measured in a
%% fresh one. Ten million processes, which take 5 GB on the engine and do not fit a BEAM of many machines, are measured on the
%% engine alone, by {@link huge/0}: `make bench-huge'.
-module(bench_memory).

-export([programs/0, huge/0]).
-export([idle/2, messages/1, peak/1]).
-export([hold/2, answer/2, fill/2, peaked/2]).

-define(MESSAGES, 1_000_000).
-define(PEAK, 300_000).
-define(CALM, 2500).
-define(PATIENCE, 300_000).

%% @doc The programs of the class.
-spec programs() -> [bench:program()].
programs() ->
    [row(idle_100000, "an idle process, of 100,000", {idle, [100_000]}),
     row(idle_1000000, "an idle process, of 1 million", {idle, [1_000_000]}),
     row(message, "a small message, of 1 million", {messages, []}),
     row(after_peak, "left after 300,000 processes", {peak, []})].

row(Name, What, Run) ->
    #{name => Name, what => What, where => host, run => Run, measures => self, unit => bytes, expect => ok, rounds => 2}.

%% @doc A process that waits in a closure with one variable; all of them answer afterwards.
-spec idle(bench:side(), pos_integer()) -> {number(), ok}.
idle(Side, N) ->
    with(Side, N, fun(Node, Resident) ->
        Before = Resident(),
        Pid = spawn(Node, ?MODULE, hold, [N, self()]),
        ok = reply(Pid),
        Bytes = (Resident() - Before) / N,
        Pid ! ask,
        {Bytes, reply(Pid)}
    end).

%% @private The pids are kept in this process too: 16 bytes each.
-spec hold(pos_integer(), pid()) -> ok.
hold(N, Owner) ->
    Self = self(),
    Pids = spawn_all(N, idle(Self), []),
    erlang:garbage_collect(),
    Owner ! {Self, ok},
    receive ask -> ok end,
    Owner ! {Self, answer(Pids, Self)},
    ok.

spawn_all(0, _, Pids) -> Pids;
spawn_all(N, Idle, Pids) -> spawn_all(N - 1, Idle, [spawn(Idle) | Pids]).

%% @private In groups, so that the answers don't fill the mailbox.
-spec answer([pid()], pid()) -> ok.
answer([], _) -> ok;
answer(Pids, Self) ->
    {Some, Rest} = lists:split(min(10_000, length_up_to(Pids, 10_000)), Pids),
    _ = [Pid ! {Self, ping} || Pid <- Some],
    _ = [receive pong -> ok end || _ <- Some],
    answer(Rest, Self).

length_up_to([_ | Rest], N) when N > 0 -> 1 + length_up_to(Rest, N - 1);
length_up_to(_, _) -> 0.

%% @doc A message `{message, N}' that waits in a mailbox.
-spec messages(bench:side()) -> {number(), ok}.
messages(Side) ->
    with(Side, 1000, fun(Node, Resident) ->
        Before = Resident(),
        Pid = spawn(Node, ?MODULE, fill, [?MESSAGES, self()]),
        Result = reply(Pid),
        {(Resident() - Before) / ?MESSAGES, Result}
    end).

%% @private
-spec fill(pos_integer(), pid()) -> no_return().
fill(N, Owner) ->
    Receiver = spawn_link(fun() -> receive never -> ok end end),
    send(N, Receiver),
    Owner ! {self(), ok},
    receive never -> ok end.

send(0, _) -> ok;
send(N, Pid) -> Pid ! {message, N}, send(N - 1, Pid).

%% @doc What a node has more than before, some time after many processes have come and gone.
-spec peak(bench:side()) -> {number(), ok}.
peak(Side) ->
    with(Side, ?PEAK, fun(Node, Resident) ->
        Before = Resident(),
        Pid = spawn(Node, ?MODULE, peaked, [?PEAK, self()]),
        Result = reply(Pid),
        timer:sleep(?CALM),
        {max(0, Resident() - Before), Result}
    end).

%% @private
-spec peaked(pos_integer(), pid()) -> ok.
peaked(N, Owner) ->
    Owner ! {self(), answer(spawn_all(N, idle(self()), []), self())},
    ok.

%% An ordinary closure: it has a variable.
idle(Owner) ->
    fun() -> receive {From, ping} when From =:= Owner -> From ! pong end end.

%% A node of its own, warmed up so that code is loaded, and what it has in memory.
with(#{kind := Kind, workers := Workers} = Side, N, F) ->
    {Node, Stop} = bench_side:start_node(Kind, Workers, ["+P", integer_to_list(max(N * 2, 2_000_000))]),
    OsPid = bench_side:os_pid(Side#{node => Node}),
    Warm = spawn(Node, ?MODULE, peaked, [100, self()]),
    ok = reply(Warm),
    Fill = spawn(Node, ?MODULE, fill, [1, self()]),
    ok = reply(Fill),
    exit(Fill, kill),
    Result = F(Node, fun() -> tandem_side:resident(OsPid) end),
    Stop(),
    Result.

reply(Pid) ->
    Monitor = monitor(process, Pid),
    receive
        {Pid, Result} -> demonitor(Monitor, [flush]), Result;
        {'DOWN', Monitor, process, Pid, Reason} -> {down, Reason}
    after ?PATIENCE -> too_long
    end.

%% @doc Ten million processes on the engine: prints what they take, how long they took to spawn, and that all answered.
-spec huge() -> ok.
huge() ->
    N = 10_000_000,
    with(#{kind => tandem, workers => 1}, N, fun(Node, Resident) ->
        Before = Resident(),
        Start = erlang:monotonic_time(millisecond),
        Pid = spawn(Node, ?MODULE, hold, [N, self()]),
        ok = reply(Pid),
        Spawned = erlang:monotonic_time(millisecond),
        All = Resident(),
        Pid ! ask,
        ok = reply(Pid),
        Answered = erlang:monotonic_time(millisecond),
        io:format("~b processes: ~.1f bytes each (~b MB in all), spawned in ~.1f s, answered in ~.1f s~n",
                  [N, (All - Before) / N, All bsr 20, (Spawned - Start) / 1000, (Answered - Spawned) / 1000])
    end).
