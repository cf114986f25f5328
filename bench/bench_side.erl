%% SPDX-License-Identifier: Apache-2.0
%% @doc The two sides of a measurement ({@link tandem_side}), and one round on one of them.
-module(bench_side).

-export([start/3, start_node/3, stop_all/1, run/2, os_pid/1]).
-export([measure/3]).

-define(ROUND_TIMEOUT, 120_000).
-define(SETTLE_TIMEOUT, 10_000).

%% @doc Starts a side. This VM is a node afterwards.
-spec start(tandem_side:kind(), pos_integer(), tandem_options:carrier() | any) -> bench:side().
start(Kind, Workers, Carrier) ->
    {Node, Stop} = started(Kind, over(Carrier, options(Workers, ["+P", "2000000"]))),
    #{kind => Kind, workers => Workers, node => Node, stop => Stop, processes => processes(Node)}.

%% @doc Starts no more than the node; a BEAM with these arguments. Throws what a program's failure is told as.
-spec start_node(tandem_side:kind(), pos_integer(), [string()]) -> {node(), fun(() -> term())}.
start_node(Kind, Workers, Arguments) ->
    started(Kind, options(Workers, Arguments)).

over(any, Options) -> Options;
over(nif, Options) -> maps:remove(executable, Options#{carrier => nif});
over(Carrier, Options) -> Options#{carrier => Carrier}.

options(Workers, Arguments) ->
    case application:get_env(tandem, bench_executable) of
        {ok, File} -> #{schedulers => Workers, arguments => Arguments, executable => File};
        undefined -> #{schedulers => Workers, arguments => Arguments}
    end.

started(Kind, Options) ->
    case tandem_side:start(Kind, Options) of
        {ok, Node, Stop} -> {Node, Stop};
        {error, Reason} -> throw({wrong, Kind, Reason})
    end.

%% @doc Ends all of them.
-spec stop_all(#{term() => bench:side()}) -> ok.
stop_all(Sides) ->
    _ = [catch Stop() || #{stop := Stop} <- maps:values(Sides)],
    receive {'EXIT', _, _} -> stop_all(#{}) after 0 -> ok end.

%% @doc One round of a program: its numbers, one of them or many, and its result.
-spec run(bench:program(), bench:side()) -> {ok, [number()], term()} | {error, term()}.
run(#{where := inside, module := Module, run := {Function, Arguments}, measures := Measures}, #{node := Node} = Side) ->
    case settled(Side) of
        ok -> numbers(Measures, call(Node, measure, [Module, Function, Arguments]));
        Error -> Error
    end;
run(#{where := host, module := Module, run := {Function, Arguments}, measures := Measures}, Side) ->
    case settled(Side) of
        ok -> numbers(Measures, call(node(), measure, [Module, Function, [Side | Arguments]]));
        Error -> Error
    end.

numbers(time, {ok, {Time, Result}}) -> {ok, [Time], Result};
numbers(self, {ok, {_, {Number, Result}}}) -> {ok, [Number], Result};
numbers(sample, {ok, {_, {Numbers, Result}}}) -> {ok, Numbers, Result};
numbers(_, {error, Reason}) -> {error, Reason}.

%% Runs one of this module's functions in a process of a node.
call(Node, Function, Arguments) ->
    tandem_side:call(Node, ?MODULE, Function, Arguments, ?ROUND_TIMEOUT).

%% @private On the side: nanoseconds and result. What the program has linked to this process ends with it.
-spec measure(module(), atom(), [term()]) -> {integer(), term()}.
measure(Module, Function, Arguments) ->
    Start = erlang:monotonic_time(nanosecond),
    Result = apply(Module, Function, Arguments),
    {erlang:monotonic_time(nanosecond) - Start, Result}.

%% Processes of the round before may still be ending.
settled(#{processes := Processes, node := Node}) ->
    case tandem_side:call(Node, tandem_work, settle, [Processes, ?SETTLE_TIMEOUT], ?ROUND_TIMEOUT) of
        {ok, 0} -> ok;
        {ok, Left} -> {error, {processes_left, Left}};
        Error -> Error
    end.

%% Those that are always there, and a few that come and go.
processes(Node) ->
    {ok, {_, Count}} = call(Node, measure, [erlang, system_info, [process_count]]),
    Count + 8.

%% @doc The operating-system process of a side.
-spec os_pid(bench:side()) -> string().
os_pid(#{kind := Kind, node := Node}) -> tandem_side:os_pid(Kind, Node).
