%% SPDX-License-Identifier: Apache-2.0
%% @doc Class `border': from this VM to a process of the engine, and to one of a second BEAM over loopback TCP.
-module(bench_border).

-export([programs/0]).
-export([round_trip/2, latency/3, calls/2, to_there/2, from_there/2, binaries_to/3, binaries_from/3, spawning/2, spawn_answer/2, delegated/2]).
-export([echo/0, sum/3, give/3, answer/2, serve/1, asks/3]).

%% How the engine is reached. Programs over other carriers than a port have its name in theirs.
-define(CARRIERS, [port, tcp, nif]).
-define(RATES, [2000, 10_000]).
-define(MEGABYTE, 1_000_000).

%% @doc The programs of the class.
-spec programs() -> [bench:program()].
programs() ->
    [over(Carrier, (program(Program))#{where => host}) || Program <- rows(), Carrier <- ?CARRIERS]
    ++ [#{name => list_to_atom("latency_" ++ integer_to_list(Rate)), where => host, measures => sample, tail => true, rounds => 5,
          what => io_lib:format("latency at ~b requests a second", [Rate]), run => {latency, [Rate, 1]}, expect => Rate}
        || Rate <- application:get_env(tandem, bench_rates, ?RATES)].

over(port, Program) -> Program#{carrier => port};
over(Carrier, #{name := Name, what := What} = Program) ->
    Program#{carrier => Carrier, name => list_to_atom(lists:concat([Name, "_", Carrier])), what => lists:concat([What, ", ", Carrier])}.

program({Name, What, time, Function, [N | _] = Arguments, Expect}) ->
    #{name => Name, what => What, run => {Function, Arguments}, expect => Expect, per => N};
program({Name, What, sample, Function, Arguments, Expect}) ->
    #{name => Name, what => What, run => {Function, Arguments}, expect => Expect, measures => sample, tail => true, rounds => 8}.

rows() ->
    [{round_trip, "round trip", sample, round_trip, [3000], 3000},
     {gen_server_call, "gen_server call", sample, calls, [3000], 3000},
     {spawn_answer, "spawn there, answer", sample, spawn_answer, [2000], 2000},
     {delegated, "call there that is run here", sample, delegated, [2000], 2000},
     {spawning, "10,000 spawned at once, each", time, spawning, [10_000], 50_005_000},
     {messages_to, "messages to there, one", time, to_there, [100_000], 5_000_050_000},
     {messages_from, "messages from there, one", time, from_there, [100_000], 5_000_050_000},
     {binaries_to, "1 MB to there", time, binaries_to, [50, ?MEGABYTE], 50_000_000},
     {binaries_from, "1 MB from there", time, binaries_from, [50, ?MEGABYTE], 50_000_000}].

%% @doc A message there and back, again and again.
-spec round_trip(bench:side(), pos_integer()) -> {[integer()], integer()}.
round_trip(#{node := Node}, N) ->
    Pid = spawn_link(Node, ?MODULE, echo, []),
    sample(N, fun() -> Pid ! {self(), ping}, receive {Pid, ping} -> ok end end).

sample(N, F) ->
    _ = [F() || _ <- lists:seq(1, 200)],
    Times = sample(N, F, []),
    {Times, length(Times)}.

sample(0, _, Times) -> Times;
sample(N, F, Times) ->
    Start = erlang:monotonic_time(nanosecond),
    F(),
    Time = erlang:monotonic_time(nanosecond) - Start,
    sample(N - 1, F, [Time | Times]).

%% @private Sends back what it gets.
-spec echo() -> no_return().
echo() ->
    receive {From, What} -> From ! {self(), What}, echo() end.

%% @doc Calls to a gen_server.
-spec calls(bench:side(), pos_integer()) -> {[integer()], integer()}.
calls(#{node := Node}, N) ->
    Self = self(),
    spawn_link(Node, ?MODULE, serve, [Self]),
    Server = receive {server, Pid} -> Pid end,
    Answer = sample(N, fun() -> gen_server:call(Server, increment) end),
    ok = gen_server:stop(Server),
    Answer.

%% @private Starts the server of {@link bench_process}.
-spec serve(pid()) -> term().
serve(Owner) ->
    {ok, Server} = gen_server:start(bench_process, 0, []),
    Owner ! {server, Server}.

%% @doc Requests at fixed times ({@link tandem_latency}).
-spec latency(bench:side() | #{node := node()}, pos_integer(), pos_integer()) -> {[integer()], integer()}.
latency(#{node := Node}, Rate, Seconds) ->
    {Times, 0} = tandem_latency:across(Node, Rate, Seconds * 1_000_000_000),
    {Times, length(Times) div Seconds}.

%% @doc Small messages, as fast as they can be sent; until the sum of them is back.
-spec to_there(bench:side(), pos_integer()) -> integer().
to_there(#{node := Node}, N) ->
    Pid = spawn_link(Node, ?MODULE, sum, [self(), N, 0]),
    give(Pid, 1, N),
    receive {sum, Sum} -> Sum end.

%% @private Sums up messages.
-spec sum(pid(), non_neg_integer(), integer()) -> {sum, integer()}.
sum(Owner, 0, Sum) -> Owner ! {sum, Sum};
sum(Owner, N, Sum) ->
    receive
        Number when is_integer(Number) -> sum(Owner, N - 1, Sum + Number);
        Binary when is_binary(Binary) -> sum(Owner, N - 1, Sum + byte_size(Binary))
    end.

%% @private Sends numbers.
-spec give(pid(), pos_integer(), pos_integer()) -> ok.
give(_, N, Last) when N > Last -> ok;
give(To, N, Last) -> To ! N, give(To, N + 1, Last).

%% @doc The other way.
-spec from_there(bench:side(), pos_integer()) -> integer().
from_there(#{node := Node}, N) ->
    spawn_link(Node, ?MODULE, give, [self(), 1, N]),
    here(N).

here(N) ->
    {sum, Sum} = sum(self(), N, 0),
    receive {sum, Sum} -> Sum end.

%% @doc Large binaries.
-spec binaries_to(bench:side(), pos_integer(), pos_integer()) -> integer().
binaries_to(#{node := Node}, N, Size) ->
    Pid = spawn_link(Node, ?MODULE, sum, [self(), N, 0]),
    send_binaries(Pid, N, Size),
    receive {sum, Sum} -> Sum end.

send_binaries(Pid, N, Size) ->
    Binary = binary:copy(<<"x">>, Size),
    _ = [Pid ! Binary || _ <- lists:seq(1, N)],
    ok.

%% @doc The other way.
-spec binaries_from(bench:side(), pos_integer(), pos_integer()) -> integer().
binaries_from(#{node := Node}, N, Size) ->
    Self = self(),
    spawn_link(Node, fun() -> send_binaries(Self, N, Size) end),
    here(N).

%% @doc Processes spawned there without waiting, each of which answers with its number.
-spec spawning(bench:side(), pos_integer()) -> integer().
spawning(#{node := Node}, N) ->
    _ = [spawn(Node, ?MODULE, answer, [self(), Number]) || Number <- lists:seq(1, N)],
    here(N).

%% @private Answers with a number.
-spec answer(pid(), integer()) -> integer().
answer(To, Number) -> To ! Number.

%% @doc A process spawned there, and its answer.
-spec spawn_answer(bench:side(), pos_integer()) -> {[integer()], integer()}.
spawn_answer(#{node := Node}, N) ->
    sample(N, fun() -> spawn(Node, ?MODULE, answer, [self(), 1]), receive 1 -> ok end end).

%% @doc A call there of what is this VM's business. An engine delegates it; a BEAM needs `erpc'.
-spec delegated(bench:side(), pos_integer()) -> {[integer()], integer()}.
delegated(#{node := Node, kind := Kind}, N) ->
    spawn_link(Node, ?MODULE, asks, [self(), Kind, N]),
    receive {asked, Answer} -> Answer end.

%% @private Calls, and tells how long each took.
-spec asks(pid(), tandem_side:kind(), pos_integer()) -> term().
asks(Owner, tandem, N) -> Owner ! {asked, sample(N, fun() -> {ok, <<"x">>, <<>>} = erlang:decode_packet(raw, <<"x">>, []) end)};
asks(Owner, beam, N) -> Owner ! {asked, sample(N, fun() -> {ok, <<"x">>, <<>>} = erpc:call(node(Owner), erlang, decode_packet, [raw, <<"x">>, []]) end)}.
