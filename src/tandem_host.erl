%% SPDX-License-Identifier: Apache-2.0
%% @doc What the host does for one engine: it hands out object code and runs the calls that are the host's business. One process
%% an engine, linked to the process that owns the engine; the engine knows its pid from the first frame.
%%
%% Every request runs in a process of its own, so that many overlap and none can harm the others.
%%
%% <dl>
%% <dt>`{'$tandem_get_module', Module}'</dt>
%% <dd>answered by `{module, Module, Binary}' or `{module, Module, error}', sent to the name `'$tandem'' on the engine</dd>
%% <dt>`{'$tandem_call', Caller, Alias, GroupLeader, M, F, Args}'</dt>
%% <dd>answered by `{Alias, {ok, Value}}' or `{Alias, {Class, Reason, Stack}}', sent to the alias. A process of nobody's has no group
%% leader. If the caller dies before, so does the process that runs the call.</dd>
%% </dl>
%%
%% What some functions return belongs to the process that called them: a stream, the state of a hash, a file in memory. Who calls one
%% of those gets an agent, a process that runs this and all later calls of the same caller, and lives as long as the caller does.
-module(tandem_host).

-export([start_link/1]).

%% Callers of calls shorter than this, in ms, are not watched: watching takes a monitor and a demonitor over the border. Once in this
%% time those are watched whose calls had begun a round before: one timer for all of them.
-define(WATCH_AFTER, 50).

%% A call in progress: its process and monitor, and the monitor of its caller once that is watched.
-record(call, {worker :: pid(), caller :: pid(), alias :: reference(), watch :: reference() | undefined}).

%% An agent, the monitor of its caller, and the call that it runs or has run last.
-record(agent, {pid :: pid(), caller :: pid(), watch :: reference(), alias :: reference()}).

%% Calls by the monitor of their process; what a caller's monitor is for; agents by their monitor, and that by the caller. The calls
%% that began in this round, and in the one before; no round is under way when there is no such key.
-type calls() :: #{reference() => #call{} | {caller_of, reference()} | #agent{},
                   pid() => reference(),
                   begun => {[reference()], [reference()]}}.

%% @doc Starts the services for the engine that is, or will be, this node.
-spec start_link(node()) -> pid().
start_link(Engine) ->
    proc_lib:spawn_link(fun() ->
                                process_flag(message_queue_data, off_heap),
                                loop(Engine, #{})
                        end).

-spec loop(node(), calls()) -> no_return().
loop(Engine, Calls) ->
    receive
        {'$tandem_get_module', Module} when is_atom(Module) ->
            _ = spawn(fun() -> {'$tandem', Engine} ! {module, Module, object_code(Module)} end),
            loop(Engine, Calls);
        {'$tandem_call', Caller, Alias, Leader, M, F, Args} when is_pid(Caller), is_reference(Alias) ->
            loop(Engine, call(Caller, Alias, Leader, {M, F, Args}, Calls));
        watch ->
            loop(Engine, watch_round(Calls));
        {'DOWN', Monitor, process, _, Reason} when is_reference(Monitor) ->
            loop(Engine, down(Monitor, Reason, Calls));
        _ ->
            loop(Engine, Calls)
    end.

object_code(Module) ->
    try saved_or_not(Module)
    catch _:_ -> error
    end.

saved_or_not(Module) ->
    case tandem_unsaved:code(Module) of
        {ok, Binary} ->
            Binary;
        error ->
            Found = read_object_code(code:is_loaded(Module), Module),
            _ = [tandem_unsaved:explain(Module) || Found =:= error],
            Found
    end.

%% The file that the host has loaded the module from, or would load it from. Reading it here keeps the code server free.
read_object_code({file, [_ | _] = File}, Module) ->
    case erl_prim_loader:get_file(File) of
        {ok, Binary, _} -> Binary;
        error -> read_object_code(false, Module)
    end;
read_object_code(_, Module) ->
    case code:get_object_code(Module) of
        {Module, Binary, _} -> Binary;
        error -> error
    end.

call(Caller, Alias, Leader, Call, Calls) ->
    {M, F, _} = MFA = event_from(node(Caller), Call),
    case Calls of
        #{Caller := Monitor} -> tell_agent(Monitor, Alias, Leader, MFA, Calls);
        #{} ->
            case needs_agent(M, F) of
                true -> start_agent(Caller, Alias, Leader, MFA, Calls);
                false -> start_call(Caller, Alias, Leader, MFA, Calls)
            end
    end.

%% Handlers pass over events whose group leader is on another node. The master of an application on the engine is one; on the BEAM it would
%% be here.
event_from(Engine, {logger_backend, log_allowed, [#{meta := #{gl := Leader} = Meta} = Event | More]} = Call) when node(Leader) =:= Engine ->
    case whereis(user) of
        undefined -> Call;
        User -> {logger_backend, log_allowed, [Event#{meta := Meta#{gl := User}} | More]}
    end;
event_from(_, Call) ->
    Call.

needs_agent(crypto, F) -> lists:member(F, [hash_init, mac_init, crypto_init, crypto_dyn_iv_init]);
needs_agent(prim_file, F) -> F =:= open;
needs_agent(ram_file, F) -> F =:= open;
needs_agent(zlib, F) -> F =:= open;
needs_agent(_, _) -> false.

start_agent(Caller, Alias, Leader, MFA, Calls) ->
    {Pid, Monitor} = spawn_monitor(fun() -> agent([]) end),
    Watch = erlang:monitor(process, Caller),
    Agent = #agent{pid = Pid, caller = Caller, watch = Watch, alias = Alias},
    tell_agent(Monitor, Alias, Leader, MFA, Calls#{Monitor => Agent, Watch => {caller_of, Monitor}, Caller => Monitor}).

tell_agent(Monitor, Alias, Leader, MFA, Calls) ->
    #{Monitor := #agent{pid = Pid} = Agent} = Calls,
    Pid ! {run, Alias, Leader, MFA},
    Calls#{Monitor := Agent#agent{alias = Alias}}.

%% References are kept: what they name on this VM lives as long as somebody here has them.
agent(Kept) ->
    receive
        {run, Alias, Leader, MFA} ->
            case run(Alias, Leader, MFA) of
                {ok, Reference} when is_reference(Reference) -> agent([Reference | Kept]);
                _ -> agent(Kept)
            end;
        _ ->
            agent(Kept)
    end.

start_call(Caller, Alias, Leader, MFA, Calls) ->
    {Worker, Monitor} = spawn_monitor(fun() -> run(Alias, Leader, MFA) end),
    begun(Monitor, Calls#{Monitor => #call{worker = Worker, caller = Caller, alias = Alias}}).

begun(Monitor, #{begun := {These, Before}} = Calls) ->
    Calls#{begun := {[Monitor | These], Before}};
begun(Monitor, Calls) ->
    _ = next_round(),
    Calls#{begun => {[Monitor], []}}.

next_round() ->
    erlang:send_after(?WATCH_AFTER, self(), watch).

run(Alias, Leader, {M, F, Args}) ->
    is_pid(Leader) andalso group_leader(Leader, self()),
    Outcome = outcome(M, F, Args),
    Alias ! {Alias, Outcome},
    Outcome.

outcome(M, F, Args) ->
    try apply(M, F, Args) of
        Value -> {ok, Value}
    catch
        Class:Reason:Stack -> {Class, Reason, lists:takewhile(fun is_foreign/1, Stack)}
    end.

is_foreign({Module, _, _, _}) -> Module =/= ?MODULE.

watch_round(#{begun := {[], Before}} = Calls) ->
    lists:foldl(fun watch/2, maps:remove(begun, Calls), Before);
watch_round(#{begun := {These, Before}} = Calls) ->
    _ = next_round(),
    lists:foldl(fun watch/2, Calls#{begun := {[], These}}, Before);
watch_round(Calls) ->
    Calls.

watch(Monitor, Calls) ->
    case Calls of
        #{Monitor := #call{caller = Caller} = Call} ->
            Watch = erlang:monitor(process, Caller),
            Calls#{Monitor := Call#call{watch = Watch}, Watch => {caller_of, Monitor}};
        #{} ->
            Calls
    end.

down(Monitor, Reason, Calls) ->
    case maps:take(Monitor, Calls) of
        {#call{alias = Alias, watch = Watch}, Rest} ->
            Reason =:= normal orelse (Alias ! {Alias, {exit, Reason, []}}),
            unwatch(Watch, Rest);
        {#agent{alias = Alias, caller = Caller, watch = Watch}, Rest} ->
            Alias ! {Alias, {exit, Reason, []}},
            unwatch(Watch, maps:remove(Caller, Rest));
        {{caller_of, Worker}, Rest} ->
            #{Worker := Of} = Rest,
            erlang:demonitor(Worker, [flush]),
            exit(pid_of(Of), kill),
            maps:without([Worker | callers(Of)], Rest);
        error ->
            Calls
    end.

pid_of(#call{worker = Pid}) -> Pid;
pid_of(#agent{pid = Pid}) -> Pid.

callers(#call{}) -> [];
callers(#agent{caller = Caller}) -> [Caller].

unwatch(undefined, Calls) ->
    Calls;
unwatch(Watch, Calls) ->
    erlang:demonitor(Watch, [flush]),
    maps:remove(Watch, Calls).
