%% SPDX-License-Identifier: Apache-2.0
%% @doc Class `process': spawning, messages, links, monitors, timers. The programs of the Savina suite are in {@link bench_savina}.
%% What a program spawns is linked to it where it does not end by itself: it dies with the process that was measured.
-module(bench_process).

-export([programs/0]).
-export([spawn_exit/1, spawn_alive/1, spawn_monitored/1, ping_pong/1, pairs/2, ring/2, fan_in/2, fan_out/2, all_to_all/1]).
-export([server_call/1, selective/2, selective_key/2, call_behind/2, linking/1, exit_chain/1, exit_fan/1, timers_cancelled/1, timers_fired/1]).
-export([sleeping/1, parallel/1, skynet/1, large_messages/2, latency/2, registered/1, monitoring/1]).
-export([echo/0, init/1, handle_call/3, handle_cast/2]).

%% @doc The programs of the class.
-spec programs() -> [bench:program()].
programs() ->
    [#{name => spawn_exit, what => "spawn, run, exit, answer", run => {spawn_exit, [100_000]}, expect => 300_000,
       per => 100_000},
     #{name => spawn_monitor, what => "spawn_monitor to 'DOWN'", run => {spawn_monitored, [60_000]}, expect => 60_000,
       per => 60_000},
     #{name => spawn_alive, what => "100,000 alive at once, each", run => {spawn_alive, [100_000]}, expect => 100_000, per => 100_000},
     #{name => ping_pong, what => "ping-pong round trip", run => {ping_pong, [150_000]}, expect => 150_000, per => 150_000},
     #{name => ping_pong_two, what => "ping-pong round trip, two workers", run => {ping_pong, [100_000]}, expect => 100_000,
       per => 100_000, workers => 2},
     #{name => pairs_two, what => "16 ping-pong pairs, two workers", run => {pairs, [16, 20_000]}, expect => 320_000,
       per => 320_000, workers => 2},
     #{name => ring_100, what => "ring of 100, one hop", run => {ring, [100, 300_000]}, expect => 0, per => 300_000},
     #{name => ring_1000, what => "ring of 1,000, one hop", run => {ring, [1000, 300_000]}, expect => 0, per => 300_000},
     #{name => ring_100000, what => "ring of 100,000, spawned, 2 rounds", run => {ring, [100_000, 200_000]}, expect => 0, per => 200_000},
     #{name => fan_in, what => "fan-in from 100, one message", run => {fan_in, [100, 4000]}, expect => 800_200_000, per => 400_000},
     #{name => fan_in_two, what => "fan-in from 100, two workers", run => {fan_in, [100, 4000]}, expect => 800_200_000, per => 400_000,
       workers => 2},
     #{name => fan_out, what => "fan-out to 1,000, one message", run => {fan_out, [1000, 300]}, expect => 45_150_000, per => 300_000},
     #{name => all_to_all, what => "400 all to all, ping and pong", run => {all_to_all, [400]}, expect => 159_600, per => 159_600},
     #{name => all_to_all_two, what => "400 all to all, two workers", run => {all_to_all, [400]}, expect => 159_600, per => 159_600,
       workers => 2},
     #{name => server_call, what => "gen_server call", run => {server_call, [100_000]}, expect => 100_000, per => 100_000},
     #{name => server_call_two, what => "gen_server call, two workers", run => {server_call, [50_000]}, expect => 50_000, per => 50_000,
       workers => 2},
     #{name => large_messages, what => "1,000 tuples there and back", run => {large_messages, [1000, 1000]},
       expect => 1_000_000, per => 1000},
     #{name => selective_1000, what => "receive behind 1,000 messages", run => {selective, [1000, 20_000]}, expect => 500_500,
       per => 20_000},
     #{name => selective_100000, what => "receive behind 100,000 messages", run => {selective, [100_000, 100]},
       expect => 5_000_050_000, per => 100},
     #{name => selective_key_1000, what => "receive by key behind 1,000", run => {selective_key, [1000, 20_000]}, expect => 500_500,
       per => 20_000},
     #{name => selective_key_100000, what => "receive by key behind 100,000", run => {selective_key, [100_000, 100]},
       expect => 5_000_050_000, per => 100},
     #{name => call_behind_100000, what => "call behind 100,000 messages", run => {call_behind, [100_000, 50_000]},
       expect => {50_000, 5_000_050_000}, per => 50_000},
     #{name => linking, what => "link and unlink", run => {linking, [200_000]}, expect => 0, per => 200_000},
     #{name => monitoring, what => "monitor and demonitor", run => {monitoring, [300_000]}, expect => 0, per => 300_000},
     #{name => exit_chain, what => "exit along a chain of 20,000, each", run => {exit_chain, [20_000]}, expect => {20_000, boom},
       per => 20_000},
     #{name => exit_fan, what => "exit of 20,000 linked to one, each", run => {exit_fan, [20_000]}, expect => 20_000, per => 20_000},
     #{name => registered, what => "register, whereis, send, unregister", run => {registered, [100_000]}, expect => 100_000,
       per => 100_000},
     #{name => timers_cancelled, what => "timer set and cancelled", run => {timers_cancelled, [100_000]}, expect => 100_000,
       per => 100_000},
     #{name => timers_fired, what => "50,000 timers of 1 to 20 ms", run => {timers_fired, [50_000]}, expect => 1_250_025_000},
     #{name => sleeping, what => "100,000 sleep for 10 to 29 ms", run => {sleeping, [100_000]}, expect => 100_000},
     #{name => latency, what => "latency at 10,000 requests a second", run => {latency, [10_000, 0]}, expect => 10_000, measures => sample,
       tail => true, rounds => 5},
     #{name => latency_busy, what => "the same at 1,000, four others busy", run => {latency, [1000, 4]}, expect => 1000,
       measures => sample, tail => true, rounds => 5},
     #{name => parallel, what => "cpu-bound, 8 processes, one worker", run => {parallel, [8]}, expect => 8 * 27_711},
     #{name => parallel_two, what => "cpu-bound, 8 processes, two workers", run => {parallel, [8]}, expect => 8 * 27_711, workers => 2},
     #{name => skynet, what => "skynet with a million actors", run => {skynet, [1_000_000]}, expect => 499_999_500_000, rounds => 5}]
    ++ bench_savina:programs().

%% @doc Processes that compute, answer and die, one after the other.
-spec spawn_exit(non_neg_integer()) -> integer().
spawn_exit(N) -> spawn_exit(N, self(), 0).

spawn_exit(0, _, Sum) -> Sum;
spawn_exit(N, Self, Sum) ->
    spawn(fun() -> Self ! 1 + 2 end),
    receive Three -> spawn_exit(N - 1, Self, Sum + Three) end.

%% @doc The same, seen by a monitor.
-spec spawn_monitored(non_neg_integer()) -> integer().
spawn_monitored(N) -> spawn_monitored(N, 0).

spawn_monitored(0, Sum) -> Sum;
spawn_monitored(N, Sum) ->
    {_, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, process, _, normal} -> spawn_monitored(N - 1, Sum + 1) end.

%% @doc All alive at once, from the first spawn to the last answer.
-spec spawn_alive(pos_integer()) -> integer().
spawn_alive(N) ->
    Self = self(),
    Pids = [spawn(fun() -> receive go -> Self ! done end end) || _ <- lists:seq(1, N)],
    _ = [Pid ! go || Pid <- Pids],
    length([receive done -> ok end || _ <- Pids]).

%% @doc Two processes and a message there and back.
-spec ping_pong(non_neg_integer()) -> integer().
ping_pong(N) -> ping(N, spawn_link(fun echo/0), 0).

ping(0, _, Answers) -> Answers;
ping(N, Pid, Answers) ->
    Pid ! {self(), ping},
    receive pong -> ping(N - 1, Pid, Answers + 1) end.

%% @doc Answers each ping; runs until it is killed.
-spec echo() -> no_return().
echo() ->
    receive {From, ping} -> From ! pong, echo() end.

%% @doc Several such pairs at once.
-spec pairs(pos_integer(), pos_integer()) -> integer().
pairs(Pairs, N) ->
    Self = self(),
    _ = [spawn_link(fun() -> Self ! {answers, ping_pong(N)}, unlink(Self), exit(done) end) || _ <- lists:seq(1, Pairs)],
    lists:sum([receive {answers, Answers} -> Answers end || _ <- lists:seq(1, Pairs)]).

%% @doc A token around a ring.
-spec ring(pos_integer(), pos_integer()) -> integer().
ring(Size, Hops) ->
    Self = self(),
    Last = spawn(fun() -> receive {next, Next} -> hop(Next, Self) end end),
    [First | _] = Pids = lists:foldl(fun(_, [Next | _] = Pids) -> [spawn(fun() -> hop(Next, Self) end) | Pids] end,
                                     [Last], lists:seq(2, Size)),
    Last ! {next, First},
    First ! Hops,
    Result = receive {done, Left} -> Left end,
    _ = [Pid ! stop || Pid <- Pids],
    Result.

hop(Next, Owner) ->
    receive
        0 -> Owner ! {done, 0}, hop(Next, Owner);
        stop -> ok;
        Hops -> Next ! Hops - 1, hop(Next, Owner)
    end.

%% @doc Many send to one.
-spec fan_in(pos_integer(), pos_integer()) -> integer().
fan_in(Senders, Each) ->
    Self = self(),
    _ = [spawn_link(fun() -> count_up(Self, 1, Each) end) || _ <- lists:seq(1, Senders)],
    sum(Senders * Each, 0).

count_up(_, N, Last) when N > Last -> ok;
count_up(To, N, Last) -> To ! {number, N}, count_up(To, N + 1, Last).

sum(0, Sum) -> Sum;
sum(N, Sum) -> receive {number, Number} -> sum(N - 1, Sum + Number) end.

%% @doc One sends to many, each of which gives the sum of what it got.
-spec fan_out(pos_integer(), pos_integer()) -> integer().
fan_out(Receivers, Each) ->
    Self = self(),
    Pids = [spawn_link(fun() -> Self ! {sum, sum(Each, 0)} end) || _ <- lists:seq(1, Receivers)],
    _ = [Pid ! {number, N} || N <- lists:seq(1, Each), Pid <- Pids],
    lists:sum([receive {sum, Sum} -> Sum end || _ <- Pids]).

%% @doc Each sends a ping to every other, and answers those that it gets.
-spec all_to_all(pos_integer()) -> integer().
all_to_all(N) ->
    Self = self(),
    Pids = [spawn_link(fun() -> meet(Self) end) || _ <- lists:seq(1, N)],
    _ = [Pid ! {others, Pids} || Pid <- Pids],
    Pongs = lists:sum([receive {pongs, Count} -> Count end || _ <- Pids]),
    _ = [Pid ! stop || Pid <- Pids],
    Pongs.

meet(Owner) ->
    receive
        {others, Pids} ->
            Self = self(),
            _ = [Pid ! {ping, Self} || Pid <- Pids, Pid =/= Self],
            meet(Owner, length(Pids) - 1, 0)
    end.

meet(Owner, Missing, Missing) ->
    Owner ! {pongs, Missing},
    meet(Owner, none, 0);
meet(Owner, Missing, Pongs) ->
    receive
        {ping, From} -> From ! pong, meet(Owner, Missing, Pongs);
        pong -> meet(Owner, Missing, Pongs + 1);
        stop -> ok
    end.

%% @doc Calls to a gen_server.
-spec server_call(pos_integer()) -> integer().
server_call(N) ->
    {ok, Server} = gen_server:start_link(?MODULE, 0, []),
    Count = call(N, Server, 0),
    ok = gen_server:stop(Server),
    Count.

call(0, _, Last) -> Last;
call(N, Server, _) -> call(N - 1, Server, gen_server:call(Server, increment)).

%% @private
-spec init(integer()) -> {ok, integer()}.
init(N) -> {ok, N}.

%% @private
-spec handle_call(increment, gen_server:from(), integer()) -> {reply, integer(), integer()}.
handle_call(increment, _, N) -> {reply, N + 1, N + 1}.

%% @private
-spec handle_cast(term(), integer()) -> {noreply, integer()}.
handle_cast(_, N) -> {noreply, N}.

%% @doc A large term to another process, which sends it back.
-spec large_messages(pos_integer(), pos_integer()) -> integer().
large_messages(N, Size) ->
    Pid = spawn_link(fun return/0),
    Term = [{K, [K]} || K <- lists:seq(1, Size)],
    lists:sum([begin Pid ! {self(), Term}, receive {Pid, Copy} -> length(Copy) end end || _ <- lists:seq(1, N)]).

return() ->
    receive {From, Term} -> From ! {self(), Term}, return() end.

%% @doc Receives from behind messages that nobody wants, which are summed up in the end.
-spec selective(pos_integer(), pos_integer()) -> integer().
selective(Unwanted, N) ->
    Self = self(),
    count_up(Self, 1, Unwanted),
    _ = [begin Self ! wanted, receive wanted -> ok end end || _ <- lists:seq(1, N)],
    sum(Unwanted, 0).

%% @doc The same by a key, a different one each time, that all these messages have.
-spec selective_key(pos_integer(), pos_integer()) -> integer().
selective_key(Unwanted, N) ->
    Self = self(),
    count_up(Self, 1, Unwanted),
    _ = [begin Self ! {number, -Key}, receive {number, Sought} when Sought =:= -Key -> ok end end || Key <- lists:seq(1, N)],
    sum(Unwanted, 0).

%% @doc Calls whose answer can only be behind the messages that were there before.
-spec call_behind(pos_integer(), pos_integer()) -> {integer(), integer()}.
call_behind(Unwanted, N) ->
    count_up(self(), 1, Unwanted),
    {server_call(N), sum(Unwanted, 0)}.

%% @doc Links to a process and unlinks again.
-spec linking(pos_integer()) -> integer().
linking(N) ->
    Pid = spawn(fun echo/0),
    Left = linking(N, Pid),
    exit(Pid, kill),
    Left.

linking(0, _) -> 0;
linking(N, Pid) -> link(Pid), unlink(Pid), linking(N - 1, Pid).

%% @doc Monitors a process and demonitors it again.
-spec monitoring(pos_integer()) -> integer().
monitoring(N) -> monitoring(N, spawn_link(fun echo/0)).

monitoring(0, _) -> 0;
monitoring(N, Pid) -> true = erlang:demonitor(erlang:monitor(process, Pid)), monitoring(N - 1, Pid).

%% @doc A chain of linked processes, the first of which is told to die.
-spec exit_chain(pos_integer()) -> {integer(), term()}.
exit_chain(N) ->
    Self = self(),
    First = spawn(fun() -> chain(N - 1, 1, Self) end),
    {Last, Length} = receive {last, Pid, Count} -> {Pid, Count} end,
    Monitor = erlang:monitor(process, Last),
    exit(First, boom),
    receive {'DOWN', Monitor, process, Last, Reason} -> {Length, Reason} end.

chain(0, Length, Owner) -> Owner ! {last, self(), Length}, receive never -> ok end;
chain(N, Length, Owner) -> spawn_link(fun() -> chain(N - 1, Length + 1, Owner) end), receive never -> ok end.

%% @doc Many linked to one, which dies; each tells so.
-spec exit_fan(pos_integer()) -> integer().
exit_fan(N) ->
    Self = self(),
    Hub = spawn(fun() -> receive never -> ok end end),
    _ = [spawn(fun() -> fan(Hub, Self) end) || _ <- lists:seq(1, N)],
    _ = [receive linked -> ok end || _ <- lists:seq(1, N)],
    exit(Hub, boom),
    length([receive {Hub, boom} -> ok end || _ <- lists:seq(1, N)]).

fan(Hub, Owner) ->
    process_flag(trap_exit, true),
    link(Hub),
    Owner ! linked,
    receive {'EXIT', Hub, Reason} -> Owner ! {Hub, Reason} end.

%% @doc A name taken, found, sent to and given back.
-spec registered(pos_integer()) -> integer().
registered(N) -> registered(N, 0).

registered(0, Seen) -> Seen;
registered(N, Seen) ->
    true = register(?MODULE, self()),
    Self = whereis(?MODULE),
    ?MODULE ! {Self, N},
    receive {Self, N} -> unregister(?MODULE), registered(N - 1, Seen + 1) end.

%% @doc Timers that never fire, a thousand at once.
-spec timers_cancelled(pos_integer()) -> integer().
timers_cancelled(N) -> timers_cancelled(N div 1000, 0).

timers_cancelled(0, Cancelled) -> Cancelled;
timers_cancelled(Rounds, Cancelled) ->
    Timers = [erlang:send_after(60_000 + 97 * Number, self(), late) || Number <- lists:seq(1, 1000)],
    Left = [erlang:cancel_timer(Timer) || Timer <- Timers],
    timers_cancelled(Rounds - 1, Cancelled + length([Time || Time <- Left, is_integer(Time)])).

%% @doc Timers that fire; the sum of what they send.
-spec timers_fired(pos_integer()) -> integer().
timers_fired(N) ->
    _ = [erlang:send_after(1 + Number rem 20, self(), {number, Number}) || Number <- lists:seq(1, N)],
    sum(N, 0).

%% @doc Processes that sleep, all at once.
-spec sleeping(pos_integer()) -> integer().
sleeping(N) ->
    Self = self(),
    _ = [spawn(fun() -> receive after 10 + Number rem 20 -> Self ! done end end) || Number <- lists:seq(1, N)],
    length([receive done -> ok end || _ <- lists:seq(1, N)]).

%% @doc Requests at fixed times to a process here, which shares its scheduler with processes that compute.
-spec latency(pos_integer(), non_neg_integer()) -> {[integer()], integer()}.
latency(Rate, Busy) ->
    _ = [spawn_link(fun compute/0) || _ <- lists:seq(1, Busy)],
    bench_border:latency(#{node => node()}, Rate, 1).

compute() -> bench_sequential:fib(20), compute().

%% @doc Processes that compute: calls, lists, a tree. What one worker needs for it divided by what two need is their speed-up.
-spec parallel(pos_integer()) -> integer().
parallel(N) ->
    Self = self(),
    _ = [spawn_link(fun() -> Self ! {number, work()} end) || _ <- lists:seq(1, N)],
    sum(N, 0).

work() ->
    Numbers = [erlang:phash2(I) || I <- lists:seq(1, 10_000)],
    10_000 = gb_sets:size(gb_sets:from_list(Numbers)),
    length(lists:sort(Numbers)) + bench_sequential:fib(22).

%% @doc A tree of actors, ten to each, down to a number of leaves; the sum of the leaves' numbers comes up.
-spec skynet(pos_integer()) -> integer().
skynet(Leaves) ->
    Self = self(),
    spawn(fun() -> skynet(Self, 0, Leaves) end),
    receive {sum, Sum} -> Sum end.

skynet(Parent, Number, 1) -> Parent ! {sum, Number};
skynet(Parent, Number, Leaves) ->
    Self = self(),
    Each = Leaves div 10,
    _ = [spawn(fun() -> skynet(Self, Number + N * Each, Each) end) || N <- lists:seq(0, 9)],
    Parent ! {sum, sum_of(10, 0)}.

sum_of(0, Sum) -> Sum;
sum_of(N, Sum) -> receive {sum, Number} -> sum_of(N - 1, Sum + Number) end.
