%% SPDX-License-Identifier: Apache-2.0
%% @doc A tree of 1,000 workers under 10 supervisors on the engine, while processes of the engine and of the host kill workers at
%% random. Every worker keeps a neighbour monitored, a timer running, and its place known to a process on the host. At the end every
%% place must be taken by a living worker, and when the tree is stopped nothing may be left of it.
-module(real_tree).

-behaviour(gen_server).

-export([run/2]).
-export([top/1, group/2, worker/2, killer/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(GROUPS, 10).
-define(IN_GROUP, 100).
-define(TICK, 50).

%% @doc Grows and stops a tree twice: the first, short time fills whatever is filled once. Gives the checks, each with whether it held.
-spec run(node(), pos_integer()) -> [{string(), boolean()}].
run(Node, Seconds) ->
    _ = season(Node, 2),
    Before = measure(Node),
    {Kills, Placed} = season(Node, Seconds),
    After = measure(Node),
    io:format("real_tree: ~b kills in ~b s; before ~0p, after ~0p~n", [Kills, Seconds, Before, After]),
    [{"every worker in its place", Placed =:= ?GROUPS * ?IN_GROUP},
     {"kills from both sides", Kills > 10 * Seconds}
     | [{"no more " ++ atom_to_list(What), maps:get(What, After) =< allowed(What, maps:get(What, Before))} || What <- maps:keys(Before)]].

allowed(memory, Before) -> Before + Before div 10;
allowed(resident, Before) -> 2 * Before;    % the allocator keeps what the busiest moment took
allowed(_, Before) -> Before.

season(Node, Seconds) ->
    Registry = spawn_link(fun() -> registry(#{}) end),
    {ok, Top} = erpc:call(Node, ?MODULE, top, [Registry]),
    await_all(Node, Registry),
    Killers = [{here, spawn_link(?MODULE, killer, [Registry, 0])}, {there, spawn_link(Node, ?MODULE, killer, [Registry, 0])}],
    receive after Seconds * 1000 -> ok end,
    Counts = [begin Pid ! {stop, self()}, receive {killed, Pid, Count} -> Count end end || {_, Pid} <- Killers],
    await_all(Node, Registry),
    Placed = length([Id || {Id, Pid} <- maps:to_list(everybody(Registry)), catch gen_server:call(Pid, id) =:= Id]),
    ok = gen_server:stop(Top),
    unlink(Registry),
    exit(Registry, kill),
    {case lists:min(Counts) of 0 -> 0; _ -> lists:sum(Counts) end, Placed}.

%% Everything that ended has ended, and every heap that is left is collected.
measure(Node) ->
    receive after 500 -> ok end,
    [erpc:call(Node, erlang, garbage_collect, [Pid]) || Pid <- erpc:call(Node, erlang, processes, [])],
    #{processes := Processes, memory := Memory} = tandem:info(Node),
    #{processes => Processes,
      memory => Memory,
      resident => resident(erpc:call(Node, os, getpid, [])),
      atoms => erpc:call(Node, erlang, system_info, [atom_count]),
      host_processes => erlang:system_info(process_count),
      host_monitors => lists:sum([length(element(2, process_info(Pid, monitors))) || Pid <- processes()])}.

%% Pages that the engine's process has in memory.
resident(OsPid) ->
    {ok, Text} = file:read_file("/proc/" ++ OsPid ++ "/statm"),
    [_, Pages | _] = binary:split(Text, <<" ">>, [global]),
    binary_to_integer(Pages).

%% --- On the host: who is where -----------------------------------------------------------------------------------------------

registry(Places) ->
    receive
        {here, Id, Pid} -> registry(Places#{Id => Pid});
        {some, From} -> From ! {some, pick(Places)}, registry(Places);
        {all, From} -> From ! {all, Places}, registry(Places)
    end.

pick(Places) ->
    lists:nth(rand:uniform(map_size(Places)), maps:values(Places)).

everybody(Registry) ->
    Registry ! {all, self()},
    receive {all, Places} -> Places end.

%% Until all are there and alive: the last ones killed come back a moment later.
await_all(Node, Registry) ->
    lists:member(Node, nodes(connected)) orelse error({the_engine_is_gone, Node}),
    Places = everybody(Registry),
    case map_size(Places) =:= ?GROUPS * ?IN_GROUP andalso lists:all(fun lives/1, maps:values(Places)) of
        true -> ok;
        false -> receive after 20 -> await_all(Node, Registry) end
    end.

lives(Pid) ->
    try gen_server:call(Pid, id) of
        _ -> true
    catch
        exit:_ -> false
    end.

%% --- On both sides: kills until it is stopped ----------------------------------------------------------------------------------

%% @private
-spec killer(pid(), non_neg_integer()) -> ok.
killer(Registry, Killed) ->
    Registry ! {some, self()},
    receive
        {some, Pid} ->
            Monitor = monitor(process, Pid),
            exit(Pid, lists:nth(rand:uniform(3), [kill, {bad, luck}, shutdown])),
            receive {'DOWN', Monitor, process, Pid, _} -> ok end,
            receive
                {stop, From} -> From ! {killed, self(), Killed + 1}, ok
            after rand:uniform(4) - 1 ->
                    killer(Registry, Killed + 1)
            end
    end.

%% --- On the engine: the tree -----------------------------------------------------------------------------------------------

%% @private Belongs to nobody: whoever calls this is gone soon.
-spec top(pid()) -> {ok, pid()}.
top(Registry) ->
    {ok, Top} = supervisor:start_link(?MODULE, {top, Registry}),
    unlink(Top),
    {ok, Top}.

%% @private
-spec group(pos_integer(), pid()) -> {ok, pid()}.
group(Group, Registry) ->
    supervisor:start_link(?MODULE, {group, Group, Registry}).

%% @private
-spec worker({pos_integer(), pos_integer()}, pid()) -> {ok, pid()}.
worker(Id, Registry) ->
    gen_server:start_link(?MODULE, {worker, Id, Registry}, []).

%% @private
-spec init(term()) -> {ok, term()}.
init({top, Registry}) ->
    {ok, {#{strategy => one_for_one, intensity => 1000000, period => 1},
          [#{id => Group, start => {?MODULE, group, [Group, Registry]}, type => supervisor} || Group <- lists:seq(1, ?GROUPS)]}};
init({group, Group, Registry}) ->
    {ok, {#{strategy => one_for_one, intensity => 1000000, period => 1},
          [#{id => N, start => {?MODULE, worker, [{Group, N}, Registry]}} || N <- lists:seq(1, ?IN_GROUP)]}};
init({worker, Id, Registry}) ->
    Registry ! {here, Id, self()},
    _ = erlang:send_after(rand:uniform(?TICK), self(), tick),
    {ok, #{id => Id, registry => Registry, watched => none, ticks => []}}.

%% @private
-spec handle_call(term(), gen_server:from(), map()) -> {reply, term(), map()}.
handle_call(id, _, #{id := Id} = State) ->
    {reply, Id, State}.

%% @private
-spec handle_cast(term(), map()) -> {noreply, map()}.
handle_cast(_, State) ->
    {noreply, State}.

%% @private A tick asks the host for a neighbour, who is monitored until the next one comes. The next tick follows the answer: a slow
%% host is asked less often, rather than drowned.
-spec handle_info(term(), map()) -> {noreply, map()}.
handle_info(tick, #{registry := Registry, ticks := Ticks} = State) ->
    Registry ! {some, self()},
    {noreply, State#{ticks := lists:sublist([erlang:monotonic_time() | Ticks], 100)}};
handle_info({some, Pid}, #{watched := Watched} = State) ->
    _ = erlang:send_after(?TICK, self(), tick),
    Watched =:= none orelse demonitor(Watched, [flush]),
    {noreply, State#{watched := monitor(process, Pid)}};
handle_info({'DOWN', _, process, _, _}, State) ->
    {noreply, State#{watched := none}}.
