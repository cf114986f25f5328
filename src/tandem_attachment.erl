%% SPDX-License-Identifier: Apache-2.0
%% @doc This VM as a host of an engine that it has not started: it hands out object code and runs calls there, for as long as this
%% process lives. It is registered under the engine's node name. If the connection is lost it is made again when that is possible.
-module(tandem_attachment).

-behaviour(gen_server).

-export([check/2, takes/0, start_link/2, detach/1, keep/3, stop_node/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-record(state, {node :: node(), host :: pid()}).

%% Milliseconds between two tries to connect again; that an engine may take to answer, and to end.
-define(AGAIN, 1000).
-define(ANSWER, 5000).

%% @doc The time that the options give.
-spec check(term(), term()) -> {ok, timeout()} | {error, {not_an_engine, term()} | tandem_options:error()}.
check(Node, _) when not is_atom(Node); Node =:= node() ->
    {error, {not_an_engine, Node}};
check(Node, Options) when is_map(Options) ->
    HasHost = lists:member($@, atom_to_list(Node)),
    case {maps:keys(maps:remove(timeout, Options)), tandem_options:check(maps:with([timeout], Options))} of
        {[Unknown | _], _} -> {error, {unknown_option, Unknown}};
        {[], {ok, #{timeout := Timeout}}} when HasHost -> {ok, Timeout};
        {[], {ok, _}} -> {error, {not_an_engine, Node}};
        {[], Error} -> Error
    end;
check(_, Options) ->
    {error, {bad_options, Options}}.

%% @doc What may be given for each option.
-spec takes() -> tandem_reason:options().
takes() ->
    [Row || {timeout, _} = Row <- tandem_options:takes()].

%% @doc Makes this VM a host of that engine. The caller is linked to the process if that succeeds. The error is `{no_connection, Node}', `{not_an_engine, Node}' or `{already_started, Pid}'.
-spec start_link(node(), timeout()) -> {ok, pid()} | {error, term()}.
start_link(Node, Timeout) ->
    case gen_server:start({local, Node}, ?MODULE, Node, [{timeout, Timeout}]) of
        {ok, Pid} -> link(Pid), {ok, Pid};
        {error, {shutdown, Reason}} -> {error, Reason};
        {error, Reason} -> {error, Reason}
    end.

%% @doc The engine goes on without this VM. One that this VM has started can't.
-spec detach(node() | pid()) -> ok | {error, {not_attached, term()}}.
detach(Engine) ->
    Pid = case is_atom(Engine) of
              true -> whereis(Engine);
              false -> Engine
          end,
    try is_attachment(Pid) andalso gen_server:stop(Pid) of
        ok -> ok;
        false -> {error, {not_attached, Engine}}
    catch
        exit:_ -> {error, {not_attached, Engine}}
    end.

is_attachment(Pid) ->
    is_pid(Pid) andalso node(Pid) =:= node() andalso element(1, proc_lib:translate_initial_call(Pid)) =:= ?MODULE.

%% @private
-spec init(node()) -> {ok, #state{}} | {stop, term()}.
init(Node) ->
    process_flag(trap_exit, true),
    Host = tandem_host:start_link(Node),
    case connect(Node, Host) of
        ok ->
            erlang:monitor_node(Node, true),
            {ok, #state{node = Node, host = Host}};
        {error, Reason} ->
            {stop, {shutdown, Reason}}
    end.

%% Connects to an engine, and makes a process of {@link tandem_host} one of its hosts.
connect(Node, Host) ->
    case net_kernel:hidden_connect_node(Node) of
        true -> request(Node, fun(Alias) -> {attach, Alias, Alias, Host, tandem_connection:host_names(), io:printable_range()} end);
        _ -> {error, {no_connection, Node}}
    end.

request(Node, Message) ->
    Alias = erlang:alias([reply]),
    {'$tandem', Node} ! Message(Alias),
    receive
        {Alias, ok} -> ok
    after ?ANSWER ->
            _ = erlang:unalias(Alias),
            receive {Alias, ok} -> ok after 0 -> {error, {not_an_engine, Node}} end
    end.

%% @doc To be called with the messages of a process that has a monitor of the node: a connection that is lost is made again.
-spec keep(Message :: term(), node(), Host :: pid()) -> ok.
keep({nodedown, Node}, Node, _) ->
    try_again();
keep(connect_again, Node, Host) ->
    case connect(Node, Host) of
        ok -> erlang:monitor_node(Node, true), ok;
        {error, _} -> try_again()
    end;
keep(_, _, _) ->
    ok.

try_again() ->
    _ = erlang:send_after(?AGAIN, self(), connect_again),
    ok.

%% @doc Ends an engine that this VM may or may not be a host of, and waits until it is down.
-spec stop_node(node()) -> ok | {error, {not_an_engine, node()}}.
stop_node(Node) ->
    case net_kernel:hidden_connect_node(Node) of
        true ->
            erlang:monitor_node(Node, true),
            Result = request(Node, fun(Alias) -> {stop, Alias, Alias} end),
            Time = case Result of
                       ok -> ?ANSWER;
                       _ -> 0
                   end,
            receive
                {nodedown, Node} -> ok
            after Time ->
                    erlang:monitor_node(Node, false),
                    receive {nodedown, Node} -> ok after 0 -> Result end
            end;
        _ ->
            {error, {not_an_engine, Node}}
    end.

%% @private
-spec handle_call(term(), gen_server:from(), #state{}) -> {reply, term(), #state{}}.
handle_call(_, _, State) ->
    {reply, {error, bad_request}, State}.

%% @private
-spec handle_cast(term(), #state{}) -> {noreply, #state{}}.
handle_cast(_, State) ->
    {noreply, State}.

%% @private
-spec handle_info(term(), #state{}) -> {noreply, #state{}} | {stop, term(), #state{}}.
handle_info({'EXIT', _, Reason}, State) ->
    {stop, Reason, State};
handle_info(Message, #state{node = Node, host = Host} = State) ->
    keep(Message, Node, Host),
    {noreply, State}.

%% @private
-spec terminate(term(), #state{}) -> ok.
terminate(_, #state{node = Node, host = Host}) ->
    _ = erlang:send({'$tandem', Node}, {detach, Host}, [noconnect]),
    exit(Host, kill),
    ok.
