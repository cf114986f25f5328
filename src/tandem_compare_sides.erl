%% SPDX-License-Identifier: Apache-2.0
%% @doc Both sides of one comparison: started, made alike, started again when the work has ended one of them, and stopped.
%%
%% The BEAM gets the code paths of this VM and the environment of its applications, and Elixir is started there if it is here; the
%% engine asks this VM for all of that. What crashes there on purpose or not is not logged here: that both crash in the same way is
%% what is compared.
-module(tandem_compare_sides).

-export([start/1, stop/1, call/4, node/2, resident/2]).
-export([quiet/2, stay/2]).

-export_type([sides/0]).

-type sides() :: #{tandem_side:kind() => {node(), fun(() -> term())}, options := map()}.

-define(PREPARATION, 60_000).

%% @doc Starts both. The error tells which one it is about.
-spec start(map()) -> {ok, sides()} | {error, {tandem_side:kind(), term()}}.
start(Options) ->
    start([tandem, beam], #{options => Options}).

start([], Sides) -> {ok, Sides};
start([Kind | Kinds], #{options := Options} = Sides) ->
    case start_side(Kind, Options) of
        {ok, Node, Stop} -> start(Kinds, Sides#{Kind => {Node, Stop}});
        {error, Reason} ->
            stop(Sides),
            {error, {Kind, Reason}}
    end.

start_side(Kind, Options) ->
    Given = maps:filter(fun(_, Value) -> Value =/= undefined end, maps:with([schedulers, carrier, executable], Options)),
    case kept(Kind, Given) of
        {ok, Node, Stop} ->
            prepare(Kind, Node),
            case set_up(Node, maps:get(setup, Options)) of
                ok -> {ok, Node, Stop};
                {error, Reason} -> Stop(), {error, {setup, Reason}}
            end;
        {error, Reason} -> {error, Reason}
    end.

%% What the BEAM itself prints goes to the group leader of who started it: Elixir's start asks that for what not every one knows.
%% A process of its own keeps a side: it outlives the side if that ends, and ends it, quietly, if whoever asked for it is gone.
kept(Kind, Given) ->
    Owner = self(),
    {Keeper, Monitor} = spawn_monitor(fun() -> keep(Owner, Kind, Given) end),
    receive
        {started, Keeper, {ok, Node}} ->
            erlang:demonitor(Monitor, [flush]),
            {ok, Node, fun() -> stop_kept(Keeper) end};
        {'DOWN', Monitor, process, Keeper, Reason} -> {error, Reason}
    end.

stop_kept(Keeper) ->
    Monitor = erlang:monitor(process, Keeper),
    Keeper ! stop,
    receive {'DOWN', Monitor, process, Keeper, _} -> ok end.

keep(Owner, Kind, Given) ->
    process_flag(trap_exit, true),
    _ = [group_leader(User, self()) || User <- [whereis(user)], is_pid(User)],
    Monitor = erlang:monitor(process, Owner),
    case tandem_side:start(Kind, Given) of
        {ok, Node, Stop} ->
            Owner ! {started, self(), {ok, Node}},
            receive
                stop -> catch Stop();
                {'DOWN', Monitor, process, Owner, _} -> exit(shutdown)
            end;
        {error, Reason} -> exit(Reason)
    end.

prepare(tandem, Node) ->
    _ = logger:add_primary_filter(Node, {fun ?MODULE:quiet/2, Node}),
    ok;
prepare(beam, Node) ->
    ok = erpc:call(Node, logger, set_primary_config, [level, none]),
    Loaded = [App || {App, _, _} <- application:loaded_applications()],
    There = [App || {App, _, _} <- erpc:call(Node, application, loaded_applications, [])],
    Missing = Loaded -- There,
    _ = [erpc:call(Node, application, load, [App]) || App <- Missing],
    ok = erpc:call(Node, application, set_env, [[{App, application:get_all_env(App)} || App <- Missing]]),
    case lists:keymember(elixir, 1, application:which_applications()) of
        true -> {ok, _} = erpc:call(Node, application, ensure_all_started, [elixir]), ok;
        false -> ok
    end.

%% @private A filter of the logger: events of that node stop here.
-spec quiet(logger:log_event(), node()) -> stop | ignore.
quiet(#{meta := #{pid := Pid}}, Node) when node(Pid) =:= Node -> stop;
quiet(#{meta := #{gl := Leader}}, Node) when node(Leader) =:= Node -> stop;
quiet(_, _) -> ignore.

set_up(_, undefined) -> ok;
set_up(Node, Setup) ->
    {Pid, Monitor} = spawn_monitor(Node, ?MODULE, stay, [self(), Setup]),
    receive
        {ready, Pid} -> erlang:demonitor(Monitor, [flush]), ok;
        {'DOWN', Monitor, process, Pid, Reason} -> {error, Reason}
    after ?PREPARATION -> {error, timeout}
    end.

%% @private Stays, so that what it has started and linked does.
-spec stay(pid(), fun(() -> term())) -> no_return().
stay(Owner, Setup) ->
    process_flag(trap_exit, true),
    _ = Setup(),
    Owner ! {ready, self()},
    receive stop -> exit(normal) end.

%% @doc Stops what was started.
-spec stop(sides()) -> ok.
stop(Sides) ->
    _ = [catch Stop() || {_, Stop} <- maps:values(maps:without([options], Sides))],
    #{filters := Filters} = logger:get_primary_config(),
    Quiet = fun ?MODULE:quiet/2,
    _ = [logger:remove_primary_filter(Node) || {Node, {Filter, Node}} <- Filters, Filter =:= Quiet, whereis(Node) =:= undefined],
    ok.

%% @doc Runs a function of a module of ours on a side: its value, or what it died of. A side that has ended is started again, for
%% what comes after.
-spec call(sides(), tandem_side:kind(), {module(), atom(), [term()]}, timeout()) -> {{ok, term()} | {error, term()}, sides()}.
call(Sides, Kind, {Module, Function, Arguments}, Timeout) ->
    case tandem_side:call(?MODULE:node(Sides, Kind), Module, Function, Arguments, Timeout) of
        {error, noconnection} -> {{error, ended}, again(Sides, Kind)};
        Answer -> {Answer, Sides}
    end.

again(#{options := Options} = Sides, Kind) ->
    stop(maps:with([Kind], Sides)),
    case start_side(Kind, Options) of
        {ok, Node, Stop} -> Sides#{Kind := {Node, Stop}};
        {error, Reason} -> throw({Kind, Reason})
    end.

%% @doc The node of a side.
-spec node(sides(), tandem_side:kind()) -> node().
node(Sides, Kind) ->
    {Node, _} = maps:get(Kind, Sides),
    Node.

%% @doc Bytes of a side's operating-system process that are in memory; `null' for an engine that has no such process to itself.
-spec resident(sides(), tandem_side:kind()) -> non_neg_integer() | null.
resident(#{options := #{carrier := Carrier}}, tandem) when Carrier =/= port -> null;
resident(Sides, Kind) ->
    tandem_side:resident(tandem_side:os_pid(Kind, ?MODULE:node(Sides, Kind))).
