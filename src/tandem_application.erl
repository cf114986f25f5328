%% SPDX-License-Identifier: Apache-2.0
%% @doc Applications that run on the engine. Whether an application is loaded, its keys and its environment are the host's; who
%% starts it on the engine gets its processes there, under OTP's own `application_master'. Those whose servers are tied to what
%% only the host has are started there instead. This module runs on the engine: as the server `application_controller', and in the
%% processes that call the module `application_controller', whose functions end in {@link call/2}.
-module(tandem_application).

-behaviour(gen_server).

-export([call/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-include_lib("kernel/include/logger.hrl").

-define(SERVER, application_controller).
-define(MASTERS, ac_tab).    % {{application_master, Application}, Master}: OTP's masters add themselves

-define(ON_HOST, [kernel, stdlib, sasl, os_mon, inets, ssl, ssh, logger, mix, tandem]).

%% What application_master reads; the record is OTP's.
-record(appl_data, {name, regs = [], phases, mod, mods = [], maxP = infinity, maxT = infinity}).

-record(starting, {type :: restart_type(), waiting :: [gen_server:from()]}).
-record(running, {type :: restart_type(), master :: pid() | undefined}).

-type restart_type() :: permanent | transient | temporary.
-type state() :: #{atom() => #starting{} | #running{}}.

%% @doc What the function of application_controller does here.
-spec call(atom(), [term()]) -> term().
call(start_application, [Name, Type]) -> start(Name, Type);
call(start_boot_application, [Name, Type]) -> start_loaded(application:load(Name), Name, Type);
call(stop_application, [kernel]) -> init:stop();    % as on the BEAM, where nothing goes on without it
call(stop_application, [Name]) -> renamed(unless_on_host(Name, stop_application, [Name], {stop, Name}), Name);
call(unload_application, [Name]) -> unless_on_host(Name, unload_application, [Name], {unload, Name});
call(is_running, [Name]) when is_atom(Name) -> unless_on_host(Name, is_running, [Name], {is_running, Name});
call(which_applications, _) -> on_host_running() ++ [described(Name) || Name <- ask(which)];
call(get_master, [Name]) -> master(Name);
call(get_application, [Leader]) -> led_by(Leader, get_application, [Leader], fun(Name) -> {ok, Name} end);
call(get_pid_env, [Leader, Key]) -> led_by(Leader, get_pid_env, [Leader, Key], fun(Name) -> application:get_env(Name, Key) end);
call(get_pid_all_env, [Leader]) -> led_by(Leader, get_pid_all_env, [Leader], fun application:get_all_env/1);
call(get_pid_key, [Leader, Key]) -> led_by(Leader, get_pid_key, [Leader, Key], fun(Name) -> application:get_key(Name, Key) end);
call(get_pid_all_key, [Leader]) -> led_by(Leader, get_pid_all_key, [Leader], fun application:get_all_key/1);
call(start_type, [Leader]) -> led_by(Leader, start_type, [Leader], fun(Name) -> ask({start_type, Name}) end);
call(Function, Args) -> host(Function, Args).

host(Function, Args) ->
    tandem_delegate:on_host(application_controller, Function, Args).

ask(Request) ->
    gen_server:call(?SERVER, Request, infinity).

unless_on_host(Name, Function, Args, Request) ->
    case lists:member(Name, ?ON_HOST) of
        true -> host(Function, Args);
        false -> ask(Request)
    end.

start(Name, Type) ->
    case lists:member(Name, ?ON_HOST) of
        true -> start_on_host(Name, Type);
        false -> ask({start, Name, Type})
    end.

%% What it needs may be running here, but not there.
start_on_host(Name, Type) ->
    case renamed(tandem_delegate:on_host(application, ensure_all_started, [Name, Type]), Name) of
        {ok, []} -> {error, {already_started, Name}};
        {ok, _} -> ok;
        {error, {_, Reason}} -> {error, Reason}
    end.

%% Elixir's Logger has servers whose names are known here.
renamed(Result, logger) ->
    ok = tandem_native:host_names(tandem_delegate:on_host(tandem_connection, host_names, [])),
    Result;
renamed(Result, _) ->
    Result.

start_loaded(ok, Name, Type) -> start(Name, Type);
start_loaded({error, {already_loaded, Name}}, _, Type) -> start(Name, Type);
start_loaded(Error, _, _) -> Error.

on_host_running() ->
    [Running || {Name, _, _} = Running <- host(which_applications, []), lists:member(Name, ?ON_HOST)].

described(Name) ->
    {ok, Description} = application:get_key(Name, description),
    {ok, Version} = application:get_key(Name, vsn),
    {Name, Description, Version}.

master(Name) ->
    try ets:lookup(?MASTERS, {application_master, Name}) of
        [{_, Master}] -> Master;
        [] -> undefined
    catch
        error:badarg -> undefined
    end.

%% The application whose master is this group leader; one of the host's, perhaps.
led_by(Leader, Function, Args, Here) ->
    try ets:match(?MASTERS, {{application_master, '$1'}, Leader}) of
        [[Name]] -> Here(Name);
        [] -> host(Function, Args)
    catch
        error:badarg -> host(Function, Args)
    end.

%% --- The server ------------------------------------------------------------------------------------------------------------

%% @private
-spec init([]) -> {ok, state()}.
init([]) ->
    process_flag(trap_exit, true),
    _ = ets:new(?MASTERS, [set, public, named_table, {read_concurrency, true}]),
    {ok, #{}}.

%% @private
-spec handle_call(term(), gen_server:from(), state()) -> {reply, term(), state()} | {noreply, state()}.
handle_call({start, Name, Type}, From, State) ->
    case State of
        #{Name := #running{}} ->
            {reply, {error, {already_started, Name}}, State};
        #{Name := #starting{waiting = Waiting} = Starting} ->
            {noreply, State#{Name := Starting#starting{waiting = [From | Waiting]}}};
        #{} when Type =:= permanent; Type =:= transient; Type =:= temporary ->
            Server = self(),
            _ = spawn_link(fun() ->
                                   process_flag(trap_exit, true),
                                   gen_server:cast(Server, {started, Name, started(Name)})
                           end),
            {noreply, State#{Name => #starting{type = Type, waiting = [From]}}};
        #{} ->
            {reply, {error, {invalid_restart_type, Type}}, State}
    end;
handle_call({stop, Name}, _, State) ->
    case State of
        #{Name := #running{type = Type, master = Master}} ->
            stop_master(Master),
            report(Name, stopped, Type),
            {reply, ok, forget(Name, State)};
        #{} ->
            {reply, {error, {not_started, Name}}, State}
    end;
handle_call({unload, Name}, _, State) ->
    case State of
        #{Name := #running{}} -> {reply, {error, {running, Name}}, State};
        #{} -> {reply, host(unload_application, [Name]), State}
    end;
handle_call({is_running, Name}, _, State) ->
    {reply, is_record(maps:get(Name, State, none), running), State};
handle_call({start_type, Name}, _, State) ->
    {reply, case State of
                #{Name := #starting{}} -> normal;
                #{} -> local
            end, State};
handle_call(which, _, State) ->
    {reply, [Name || {Name, #running{}} <- maps:to_list(State)], State}.

%% @private
-spec handle_cast(term(), state()) -> {noreply, state()} | {stop, term(), state()}.
handle_cast({started, Name, Result}, State) ->
    #{Name := #starting{type = Type, waiting = Waiting}} = State,
    Reply = case Result of
                {ok, _} -> ok;
                Error -> Error
            end,
    _ = [gen_server:reply(From, Reply) || From <- Waiting],
    case Result of
        {ok, Master} -> {noreply, State#{Name := #running{type = Type, master = Master}}};
        {error, {not_started, _}} -> {noreply, forget(Name, State)};
        {error, {not_loaded, _}} -> {noreply, forget(Name, State)};
        {error, Reason} -> ended(Name, Reason, Type, State)
    end;
handle_cast(_, State) ->
    {noreply, State}.

%% @private
-spec handle_info(term(), state()) -> {noreply, state()} | {stop, term(), state()}.
handle_info({'EXIT', Pid, Reason}, State) ->
    case [{Name, Type} || {Name, #running{type = Type, master = Master}} <- maps:to_list(State), Master =:= Pid] of
        [{Name, Type}] -> ended(Name, Reason, Type, State);
        [] -> {noreply, State}
    end;
handle_info(_, State) ->
    {noreply, State}.

%% As on the BEAM, an application that was not meant to end takes its node with it.
ended(Name, Reason, Type, State) ->
    report(Name, Reason, Type),
    case Type of
        temporary -> ok;
        transient when Reason =:= normal -> ok;
        _ -> init:stop()
    end,
    {noreply, forget(Name, State)}.

report(Name, Reason, Type) ->
    ?LOG_NOTICE(#{label => {application_controller, exit},
                  report => [{application, Name}, {exited, Reason}, {type, Type}]},
                #{domain => [otp],
                  report_cb => fun application_controller:format_log/1,
                  error_logger => #{tag => info_report, type => std_info}}).

forget(Name, State) ->
    ets:delete(?MASTERS, {application_master, Name}),
    maps:remove(Name, State).

stop_master(undefined) ->
    ok;
stop_master(Master) ->
    unlink(Master),
    application_master:stop(Master),
    receive {'EXIT', Master, _} -> ok after 0 -> ok end.

%% --- Starting one, in a process of its own -----------------------------------------------------------------------------------

started(Name) ->
    case application:get_all_key(Name) of
        {ok, Keys} -> started(Name, maps:from_list(Keys));
        undefined -> {error, {not_loaded, Name}}
    end.

started(Name, #{applications := Needed, optional_applications := Optional} = Keys) ->
    case [App || App <- Needed, not application_controller:is_running(App), not is_left_out(App, Optional)] of
        [App | _] -> {error, {not_started, App}};
        [] -> start_master(Name, Keys)
    end.

is_left_out(App, Optional) ->
    lists:member(App, Optional) andalso application:get_all_key(App) =:= undefined.

start_master(_, #{mod := []}) ->
    {ok, undefined};
start_master(Name, #{mod := Mod, registered := Registered, start_phases := Phases, modules := Modules, maxP := MaxP, maxT := MaxT}) ->
    lists:foreach(fun tandem_native:take_over/1, own_tables(Name)),
    application_master:start_link(#appl_data{name = Name, regs = Registered, phases = Phases, mod = Mod, mods = Modules,
                                             maxP = MaxP, maxT = MaxT}, normal).

%% Modules that ask the host about a table of the application until the engine has one itself.
own_tables(elixir) -> [elixir_config];
own_tables(_) -> [].
