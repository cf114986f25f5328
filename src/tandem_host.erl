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
%% <dd>answered by `{Alias, {ok, Value}}' or `{Alias, {Class, Reason, Stack}}', sent to the alias. If the caller dies before, so
%% does the process that runs the call.</dd>
%% </dl>
-module(tandem_host).

-export([start_link/1]).

%% Callers of calls shorter than this are not watched: watching takes a monitor and a demonitor over the border.
-define(WATCH_AFTER, 50).

%% A call in progress: its process and monitor, and the monitor of its caller once that is watched.
-record(call, {worker :: pid(), caller :: pid(), alias :: reference(), watch :: reference() | undefined}).

-type calls() :: #{reference() => #call{} | {caller_of, reference()}}.

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
        {'$tandem_call', Caller, Alias, Leader, M, F, Args} when is_pid(Caller), is_reference(Alias), is_pid(Leader) ->
            loop(Engine, start_call(Caller, Alias, Leader, {M, F, Args}, Calls));
        {watch, Monitor} ->
            loop(Engine, watch(Monitor, Calls));
        {'DOWN', Monitor, process, _, Reason} ->
            loop(Engine, down(Monitor, Reason, Calls));
        _ ->
            loop(Engine, Calls)
    end.

%% The file that the host has loaded the module from, or would load it from. Reading it here keeps the code server free.
object_code(Module) ->
    try read_object_code(code:is_loaded(Module), Module)
    catch _:_ -> error
    end.

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

start_call(Caller, Alias, Leader, MFA, Calls) ->
    {Worker, Monitor} = spawn_monitor(fun() -> run(Alias, Leader, MFA) end),
    _ = erlang:send_after(?WATCH_AFTER, self(), {watch, Monitor}),
    Calls#{Monitor => #call{worker = Worker, caller = Caller, alias = Alias}}.

run(Alias, Leader, {M, F, Args}) ->
    group_leader(Leader, self()),
    Alias ! {Alias, outcome(M, F, Args)}.

outcome(M, F, Args) ->
    try apply(M, F, Args) of
        Value -> {ok, Value}
    catch
        Class:Reason:Stack -> {Class, Reason, lists:takewhile(fun is_foreign/1, Stack)}
    end.

is_foreign({Module, _, _, _}) -> Module =/= ?MODULE.

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
        {{caller_of, Worker}, Rest} ->
            #{Worker := #call{worker = Pid}} = Rest,
            erlang:demonitor(Worker, [flush]),
            exit(Pid, kill),
            maps:remove(Worker, Rest);
        error ->
            Calls
    end.

unwatch(undefined, Calls) ->
    Calls;
unwatch(Watch, Calls) ->
    erlang:demonitor(Watch, [flush]),
    maps:remove(Watch, Calls).
