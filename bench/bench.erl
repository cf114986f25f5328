%% SPDX-License-Identifier: Apache-2.0
%% @doc Measures the BEAM and an engine alternately in one run, and prints tables.
-module(bench).

-export([main/1, inside/2, round_trips/2, starting/0, start_peer/0]).

-define(ROUNDS, 7).
-define(TRIPS, 300).

%% @doc Prints everything: inside each, across the border, starting, memory.
-spec main([string()]) -> no_return().
main(_) ->
    {ok, _, Node} = tandem:start_link(#{}),
    {Stop, Peer} = start_peer(),
    inside(Node, bench_processes:names() ++ bench_processes:large()),
    round_trips(Node, Peer),
    starting(),
    Stop(),
    halt(0).

%% @doc A second BEAM, reached over loopback TCP. This VM must be a node.
-spec start_peer() -> {fun(() -> ok), node()}.
start_peer() ->
    {ok, Pid, Peer} = peer:start_link(#{name => peer:random_name(), connection => standard_io,
                                        args => ["-setcookie", atom_to_list(erlang:get_cookie()), "-pa" | code:get_path()]}),
    true = net_kernel:connect_node(Peer),
    {fun() -> peer:stop(Pid) end, Peer}.

%% @doc The table of what happens inside each: medians of alternate rounds.
-spec inside(node(), [{atom(), pos_integer(), string()}]) -> ok.
inside(Node, Measurements) ->
    io:format("~n~-34s ~12s ~12s ~12s~n", ["inside, median", "BEAM", "Tandem", "Tandem/BEAM"]),
    lists:foreach(fun({Function, N, What}) -> inside(Node, Function, N, What) end, Measurements).

inside(Node, Function, N, What) ->
    Pairs = [{measured(node(), Function, N), measured(Node, Function, N)} || _ <- lists:seq(1, ?ROUNDS)],
    {Beam, Tandem} = lists:unzip(Pairs),
    row(What, [median(Beam), median(Tandem)]).

measured(Node, Function, N) ->
    {Pid, Monitor} = spawn_monitor(Node, fun() -> exit({nanoseconds, bench_processes:measure(Function, N)}) end),
    receive
        {'DOWN', Monitor, process, Pid, {nanoseconds, Time}} -> Time;
        {'DOWN', Monitor, process, Pid, Reason} -> io:format("~p on ~p: ~p~n", [Function, Node, Reason]), 0.0
    end.

%% @doc Round trips from this VM to a process of the engine and to one of a second BEAM, in alternate blocks.
-spec round_trips(node(), node()) -> float().
round_trips(Node, Peer) ->
    Engine = spawn(Node, fun bench_processes:echo/0),
    Beam = spawn(Peer, fun bench_processes:echo/0),
    _ = [{trips(Beam, 100), trips(Engine, 100)} || _ <- lists:seq(1, 3)],
    Blocks = [{trips(Beam, ?TRIPS), trips(Engine, ?TRIPS)} || _ <- lists:seq(1, 20)],
    {Beams, Engines} = lists:unzip(Blocks),
    io:format("~n~-34s ~12s ~12s ~12s~n", ["round trip from the host", "second BEAM", "Tandem", "Tandem/BEAM"]),
    _ = [row(What, [F(lists:append(Beams)), F(lists:append(Engines))])
         || {What, F} <- [{"median", fun median/1}, {"9 of 10 within", quantile(0.9)}, {"99 of 100 within", quantile(0.99)}]],
    exit(Engine, kill),
    exit(Beam, kill),
    median(lists:append(Engines)) / median(lists:append(Beams)).

trips(Pid, N) ->
    [begin
         Start = erlang:monotonic_time(nanosecond),
         Pid ! {self(), ping},
         receive pong -> ok end,
         erlang:monotonic_time(nanosecond) - Start
     end || _ <- lists:seq(1, N)].

%% @doc From the call that starts an engine to the first answer of a process on it, and the memory of a fresh engine.
-spec starting() -> ok.
starting() ->
    Times = [start_and_answer() || _ <- lists:seq(1, 15)],
    {ok, Pid, Node} = tandem:start_link(#{}),
    Resident = resident(Node),
    tandem:stop(Pid),
    io:format("~n~-34s ~12s~n", ["an engine of its own", "Tandem"]),
    _ = [io:format("~-34s ~12s~n", Row) || Row <- [["start to first answer, median", text(median(Times))],
                                                   ["the longest of 15", text(lists:max(Times))],
                                                   ["resident memory when fresh", Resident]]],
    ok.

start_and_answer() ->
    Start = erlang:monotonic_time(nanosecond),
    {ok, Pid, Node} = tandem:start_link(#{}),
    Self = self(),
    spawn(Node, fun() -> Self ! started end),
    receive started -> ok end,
    Time = erlang:monotonic_time(nanosecond) - Start,
    tandem:stop(Pid),
    Time.

resident(Node) ->
    Owner = whereis(Node),
    Pids = [OsPid || Port <- erlang:ports(), {connected, Input} <- [erlang:port_info(Port, connected)],
                     {links, Links} <- [process_info(Input, links)], lists:member(Owner, Links),
                     {os_pid, OsPid} <- [erlang:port_info(Port, os_pid)]],
    case [Line || OsPid <- Pids, {ok, Status} <- [file:read_file(["/proc/", integer_to_list(OsPid), "/status"])],
                  Line <- binary:split(Status, <<"\n">>, [global]), binary:longest_common_prefix([Line, <<"VmRSS:">>]) =:= 6] of
        [Line] -> string:trim(string:slice(Line, 6));
        _ -> "unknown"
    end.

row(What, [Beam, Tandem]) ->
    io:format("~-34s ~12s ~12s ~12.2f~n", [What, text(Beam), text(Tandem), Tandem / max(Beam, 1)]).

text(Nanoseconds) when Nanoseconds >= 1_000_000 -> io_lib:format("~.2f ms", [Nanoseconds / 1_000_000]);
text(Nanoseconds) -> io_lib:format("~.2f us", [Nanoseconds / 1000]).

median(Times) -> (quantile(0.5))(Times).

quantile(Q) -> fun(Times) -> lists:nth(max(1, ceil(length(Times) * Q)), lists:sort(Times)) end.
