%% SPDX-License-Identifier: Apache-2.0
%% @doc The owner of one engine: the process that `tandem:start_link/1' starts, and that a supervisor supervises. It is registered
%% under the engine's node name. When it ends the engine ends, and when the engine ends it ends, with the reason
%% `{exit_status, Status}'.
-module(tandem_engine).

-behaviour(gen_server).

-export([start/2, stop/1, latest/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(LATEST, {tandem, latest}).
-define(COUNTER, {tandem, counter}).

-record(state, {node :: node(), input :: pid(), port :: port(), host :: pid()}).

%% @doc Starts an engine from checked options, after making the VM a node if it is none.
-spec start(link | nolink, map()) -> {ok, pid(), node()} | {error, term()}.
start(Link, Options) ->
    case ensure_distributed() of
        ok -> start_named(Link, maps:get(name, Options), Options);
        {error, Reason} -> {error, {distribution, Reason}}
    end.

%% Names count upward and are never used twice, unless they are given. One that is taken all the same is passed over.
start_named(Link, undefined, Options) ->
    Node = node_name("tandem" ++ integer_to_list(atomics:add_get(counter(), 1, 1))),
    case start_server(Link, Node, Options) of
        {error, {already_started, _}} -> start_named(Link, undefined, Options);
        Result -> Result
    end;
start_named(Link, Name, Options) ->
    start_server(Link, node_name(unicode:characters_to_list(name_text(Name))), Options).

name_text(Name) when is_atom(Name) -> atom_to_list(Name);
name_text(Name) -> Name.

node_name(Name) ->
    [_, Host] = string:split(atom_to_list(node()), "@"),
    list_to_atom(Name ++ "@" ++ Host).

start_server(Link, Node, Options) ->
    Start = case Link of
                link -> start_link;
                nolink -> start
            end,
    case gen_server:Start({local, Node}, ?MODULE, {Node, Options}, [{timeout, infinity}]) of
        {ok, Pid} -> {ok, Pid, Node};
        {error, {shutdown, Reason}} -> {error, Reason};
        {error, Reason} -> {error, Reason}
    end.

counter() ->
    case persistent_term:get(?COUNTER, undefined) of
        undefined ->
            persistent_term:put(?COUNTER, atomics:new(1, [])),
            persistent_term:get(?COUNTER);
        Counter ->
            Counter
    end.

%% Several may try at once: kernel's supervisor lets one of them win, and then the others are content as well.
ensure_distributed() ->
    case node() of
        nonode@nohost ->
            Name = "host" ++ os:getpid(),
            start_distribution([list_to_atom(Name), list_to_atom(Name ++ "@localhost")]);
        _ ->
            ok
    end.

start_distribution([Name | Names]) ->
    case net_kernel:start(Name, #{name_domain => shortnames, dist_listen => false, hidden => true}) of
        {ok, _} -> ok;
        {error, _} when node() =/= nonode@nohost -> ok;
        {error, _} when Names =/= [] -> start_distribution(Names);
        {error, Reason} -> {error, Reason}
    end.

%% @doc Ends an engine, and waits until its node is down.
-spec stop(pid() | node()) -> ok | {error, {not_an_engine, term()}}.
stop(Server) ->
    try gen_server:stop(Server)
    catch exit:_ -> {error, {not_an_engine, Server}}
    end.

%% @doc The engine started last, if it is running.
-spec latest() -> {ok, node()} | error.
latest() ->
    case persistent_term:get(?LATEST, undefined) of
        undefined ->
            error;
        Node ->
            case whereis(Node) of
                undefined -> error;
                _ -> {ok, Node}
            end
    end.

%% @private
-spec init({node(), map()}) -> {ok, #state{}} | {stop, term()}.
init({Node, Options}) ->
    process_flag(trap_exit, true),
    Host = tandem_host:start_link(Node),
    Executable = case Options of
                     #{executable := undefined} -> default_executable();
                     #{executable := Given} -> Given
                 end,
    Input = tandem_carrier:start_link(Options#{node => Node, host => Host, creation => creation(), executable => Executable}),
    receive
        {Input, up, Port} ->
            persistent_term:put(?LATEST, Node),
            {ok, #state{node = Node, input = Input, port = Port, host = Host}};
        {'EXIT', _, Reason} ->
            {stop, {shutdown, Reason}}
    after maps:get(timeout, Options) ->
            {stop, {shutdown, timeout}}
    end.

default_executable() ->
    Folder = case code:priv_dir(tandem) of
                 {error, bad_name} -> filename:join(filename:dirname(filename:dirname(code:which(?MODULE))), "priv");
                 Found -> Found
             end,
    filename:join(Folder, "tandem").

%% Tells the pids of one incarnation of a name from those of the next. Small ones have a meaning of their own.
creation() ->
    4 + erlang:phash2({erlang:system_time(), erlang:unique_integer(), os:getpid()}, 16#FFFFFFF0).

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
handle_info(_, State) ->
    {noreply, State}.

%% @private The input takes the rest of the connection with it. The port is killed, not closed: an engine that doesn't read would
%% keep a closing port waiting. Returns when the node is down.
-spec terminate(term(), #state{}) -> ok.
terminate(_, #state{node = Node, input = Input, port = Port, host = Host}) ->
    Watched = [Node || is_member(Node)],
    _ = [erlang:monitor_node(Watch, true) || Watch <- Watched],
    exit(Port, kill),
    Monitors = [begin exit(Pid, kill), erlang:monitor(process, Pid) end || Pid <- [Input, Host]],
    _ = [receive {'DOWN', Monitor, process, _, _} -> ok end || Monitor <- Monitors],
    _ = [receive {nodedown, Watch} -> ok after 1000 -> ok end || Watch <- Watched],
    forget(Node).

is_member(Node) ->
    lists:member(Node, nodes(connected)).

forget(Node) ->
    case persistent_term:get(?LATEST, undefined) of
        Node -> persistent_term:erase(?LATEST), ok;
        _ -> ok
    end.
