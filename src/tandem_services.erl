%% SPDX-License-Identifier: Apache-2.0
%% @doc Registered servers of OTP's kernel that the engine has itself: who looks one up by name for the first time starts it. They
%% belong to nobody, and print to the host's `user'. This module runs on the engine.
%%
%% <dl>
%% <dt>`kernel_sup', `kernel_safe_sup'</dt><dd>supervisors for what libraries start on demand, such as the server of `timer'</dd>
%% <dt>`application_controller'</dt><dd>{@link tandem_application}</dd>
%% <dt>`erts_code_purger'</dt><dd>the BEAM's own, which looks for processes that run old code</dd>
%% </dl>
-module(tandem_services).

-behaviour(supervisor).

-export([start/1, serve/1, init/1]).

%% @doc The pid of the server of that name, which is started if it doesn't run. `erlang:whereis/1' ends here.
-spec start(atom()) -> pid() | undefined.
start(Name) ->
    case proc_lib:start(?MODULE, serve, [Name]) of
        {ok, Pid} -> Pid;
        {error, _} -> undefined
    end.

%% @private Somebody else may have been faster.
-spec serve(atom()) -> ok | no_return().
serve(Name) ->
    try register(Name, self()) of
        true -> become(Name)
    catch
        error:badarg -> proc_lib:init_ack({ok, whereis(Name)})
    end.

become(Name) ->
    case whereis(user) of
        undefined -> ok;
        User -> group_leader(User, self())
    end,
    case server(Name) of
        {Module, {ok, State}} ->
            proc_lib:init_ack({ok, self()}),
            gen_server:enter_loop(Module, [], State, {local, Name});
        Loop ->
            proc_lib:init_ack({ok, self()}),
            Loop()
    end.

server(erts_code_purger) -> fun erts_code_purger:wait_for_request/0;
server(application_controller) -> {tandem_application, tandem_application:init([])};
server(Supervisor) -> {supervisor, supervisor:init({{local, Supervisor}, ?MODULE, []})}.

%% @private
-spec init([]) -> {ok, {supervisor:sup_flags(), []}}.
init([]) ->
    {ok, {#{strategy => one_for_one, intensity => 4, period => 3600}, []}}.
