%% SPDX-License-Identifier: Apache-2.0
%% @doc What is measured inside an engine: each function runs there and gives nanoseconds for one operation.
-module(bench_processes).

-export([names/0, large/0, measure/2, echo/0]).
-export([spawning/1, ping_pong/1, ring/1, big_ring/1, server_call/1, fib/1, alive/1]).
-export([init/1, handle_call/3, handle_cast/2, loop_fib/1]).

%% @doc The measurements: function, operations a round, and what it is.
-spec names() -> [{atom(), pos_integer(), string()}].
names() ->
    [{spawning, 20_000, "spawn, run, exit, answer"},
     {ping_pong, 50_000, "ping-pong round trip"},
     {ring, 100_000, "ring of 1,000, one hop"},
     {server_call, 30_000, "gen_server call"},
     {fib, 30, "fib(30)"}].

%% @doc Measurements with 100,000 processes.
-spec large() -> [{atom(), pos_integer(), string()}].
large() ->
    [{alive, 100_000, "100,000 alive at once, each"},
     {big_ring, 200_000, "ring of 100,000, one hop"}].

%% @doc Runs one measurement in this process.
-spec measure(atom(), pos_integer()) -> float().
measure(Function, N) ->
    ?MODULE:Function(N).

timed(N, F) ->
    Start = erlang:monotonic_time(nanosecond),
    F(),
    (erlang:monotonic_time(nanosecond) - Start) / N.

%% @doc A process that computes, answers and dies.
-spec spawning(pos_integer()) -> float().
spawning(N) ->
    Self = self(),
    timed(N, fun() -> spawn_each(N, Self) end).

spawn_each(0, _) -> ok;
spawn_each(N, Self) ->
    spawn(fun() -> Self ! 1 + 2 end),
    receive 3 -> spawn_each(N - 1, Self) end.

%% @doc All alive at once, from the first spawn to the last answer.
-spec alive(pos_integer()) -> float().
alive(N) ->
    Self = self(),
    timed(N, fun() ->
                     Pids = [spawn(fun() -> receive go -> Self ! done end end) || _ <- lists:seq(1, N)],
                     _ = [Pid ! go || Pid <- Pids],
                     _ = [receive done -> ok end || _ <- Pids]
             end).

%% @doc Two processes and a message there and back.
-spec ping_pong(pos_integer()) -> float().
ping_pong(N) ->
    Pid = spawn_link(fun echo/0),
    Time = timed(N, fun() -> ping(N, Pid) end),
    unlink(Pid),
    exit(Pid, kill),
    Time.

ping(0, _) -> ok;
ping(N, Pid) ->
    Pid ! {self(), ping},
    receive pong -> ping(N - 1, Pid) end.

%% @doc Answers each ping; runs until it is killed.
-spec echo() -> no_return().
echo() ->
    receive {From, ping} -> From ! pong, echo() end.

%% @doc One hop of a token around 1,000 processes.
-spec ring(pos_integer()) -> float().
ring(Hops) -> ring(1000, Hops).

%% @doc One hop of a token around 100,000 processes.
-spec big_ring(pos_integer()) -> float().
big_ring(Hops) -> ring(100_000, Hops).

ring(Size, Hops) ->
    Self = self(),
    Last = spawn(fun() -> receive {next, Next} -> hop(Next, Self) end end),
    [First | _] = Pids = lists:foldl(fun(_, [Next | _] = Pids) -> [spawn(fun() -> hop(Next, Self) end) | Pids] end,
                                     [Last], lists:seq(2, Size)),
    Last ! {next, First},
    Time = timed(Hops, fun() -> First ! Hops, receive done -> ok end end),
    _ = [Pid ! stop || Pid <- Pids],
    Time.

hop(Next, Owner) ->
    receive
        0 -> Owner ! done, hop(Next, Owner);
        stop -> ok;
        Hops -> Next ! Hops - 1, hop(Next, Owner)
    end.

%% @doc A call to a gen_server of this engine.
-spec server_call(pos_integer()) -> float().
server_call(N) ->
    {ok, Server} = gen_server:start_link(?MODULE, 0, []),
    Time = timed(N, fun() -> call(N, Server) end),
    gen_server:stop(Server),
    Time.

call(0, _) -> ok;
call(N, Server) -> gen_server:call(Server, increment), call(N - 1, Server).

%% @private
-spec init(integer()) -> {ok, integer()}.
init(N) -> {ok, N}.

%% @private
-spec handle_call(increment, gen_server:from(), integer()) -> {reply, integer(), integer()}.
handle_call(increment, _, N) -> {reply, N, N + 1}.

%% @private
-spec handle_cast(term(), integer()) -> {noreply, integer()}.
handle_cast(_, N) -> {noreply, N}.

%% @doc Sequential code: the time of the whole.
-spec fib(pos_integer()) -> float().
fib(N) ->
    timed(1, fun() -> ?MODULE:loop_fib(N) end).

%% @private
-spec loop_fib(non_neg_integer()) -> non_neg_integer().
loop_fib(N) when N < 2 -> N;
loop_fib(N) -> loop_fib(N - 1) + loop_fib(N - 2).
