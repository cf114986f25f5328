%% SPDX-License-Identifier: Apache-2.0
%% @doc The owner of one engine: the process that `tandem:start_link/1' starts, and that a supervisor supervises. It is registered
%% under the engine's node name. When it ends the engine ends, and when the engine ends it ends, with the reason
%% `{exit_status, Status}' (where there is no /proc, `{port_closed, epipe}' if the VM was writing to it); how the engine ended, and what
%% it said about it, is reported to the logger before.
-module(tandem_engine).

-behaviour(gen_server).

-export([start/2, stop/1, latest/0, ask/3, is_possible/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(LATEST, {tandem, latest}).
-define(COUNTER, {tandem, counter}).

%% Milliseconds that the connection of an engine that is stopped may take to end by itself.
-define(PATIENCE, 1500).

-include_lib("kernel/include/logger.hrl").

-record(state, {node :: node(), carrier :: module(), input :: pid(), socket :: term(), place :: iodata(), host :: pid(), words = <<>> :: binary()}).

%% @doc Starts an engine from checked options, after making the VM a node if it is none.
-spec start(link | nolink, map()) -> {ok, pid(), node()} | {error, term()}.
start(Link, Options) ->
    case tandem_distribution:ensure() of
        ok -> start_named(Link, maps:get(name, Options), Options);
        {error, Reason} -> {error, {distribution, Reason}}
    end.

%% Names count upward and are never used twice, unless they are given. One that is taken all the same is passed over.
start_named(Link, undefined, #{carrier := Carrier} = Options) ->
    Node = node_name("tandem" ++ integer_to_list(atomics:add_get(counter(), 1, 1)) ++ suffix(Carrier)),
    case start_server(Link, Node, Options) of
        {error, {already_started, _}} -> start_named(Link, undefined, Options);
        Result -> Result
    end;
start_named(Link, Name, Options) ->
    start_server(Link, node_name(unicode:characters_to_list(name_text(Name))), Options).

%% What is in a cluster shares epmd's names with the engines of other VMs.
suffix(tcp) -> "_" ++ os:getpid();
suffix(_) -> "".

name_text(Name) when is_atom(Name) -> atom_to_list(Name);
name_text(Name) -> Name.

node_name(Name) ->
    [_, Host] = string:split(atom_to_list(node()), "@"),
    list_to_atom(Name ++ "@" ++ Host).

start_server(_, Node, _) when Node =:= node() ->
    Reason = {name_taken, <<"this VM has that name itself: choose another one">>},
    ?LOG_ERROR("Tandem: the engine ~ts could not start: ~ts", [Node, tandem_reason:explain(Reason)]),
    {error, Reason};
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

%% @doc Ends an engine, and waits until its node is down.
-spec stop(pid() | node()) -> ok | {error, {not_an_engine, term()}}.
stop(Pid) when is_pid(Pid) ->
    case kind(Pid) of
        engine ->
            try gen_server:stop(Pid)
            catch exit:_ -> {error, {not_an_engine, Pid}}
            end;
        attachment ->
            case process_info(Pid, registered_name) of
                {registered_name, Node} -> stop_attached(Pid, Node);
                _ -> {error, {not_an_engine, Pid}}
            end;
        none ->
            {error, {not_an_engine, Pid}}
    end;
stop(Node) when is_atom(Node), Node =/= node() ->
    case {whereis(Node), kind(whereis(Node))} of
        {Pid, engine} -> stop(Pid);
        {Pid, attachment} -> stop_attached(Pid, Node);
        {undefined, none} ->
            case is_node(Node) of
                true -> tandem_attachment:stop_node(Node);
                false -> {error, {not_an_engine, Node}}
            end;
        {_, none} -> {error, {not_an_engine, Node}}
    end;
stop(Other) ->
    {error, {not_an_engine, Other}}.

stop_attached(Pid, Node) ->
    _ = tandem_attachment:detach(Pid),
    tandem_attachment:stop_node(Node).

%% What a process is: the owner of an engine, or what makes this VM a host of one.
kind(Pid) when is_pid(Pid), node(Pid) =:= node() ->
    case proc_lib:translate_initial_call(Pid) of
        {?MODULE, _, _} -> engine;
        {tandem_attachment, _, _} -> attachment;
        _ -> none
    end;
kind(_) ->
    none.

%% @doc The engine started last, if it is running. Its name stays when it has ended: an engine that erased it could erase that of one which
%% starts at that moment.
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

%% @doc Whether that may be an engine, or have been one: any node but this, and any process that has ended.
-spec is_possible(term()) -> boolean().
is_possible(Node) when is_atom(Node) -> Node =/= node() andalso is_node(Node);
is_possible(Pid) when is_pid(Pid), node(Pid) =:= node() -> kind(Pid) =/= none orelse not is_process_alive(Pid);
is_possible(_) -> false.

is_node(Name) ->
    lists:member($@, atom_to_list(Name)).

%% @doc Asks the engine itself, whatever its processes do: `info' and `load' are maps, `counters' is JSON; the others are described in
%% c_src/main/timeline.h.
-spec ask(node(), info | load | counters | timeline_start | timeline_take | timeline_stop, timeout()) -> term() | {error, {not_an_engine, term()} | noconnection | timeout}.
ask(Node, What, Timeout) when is_atom(Node) ->
    Owner = whereis(Node),
    case {kind(Owner), is_member(Node)} of
        {none, true} -> ask({'$tandem', Node}, Node, What, Timeout);
        {none, false} -> {error, {not_an_engine, Node}};
        _ -> ask(Owner, Node, What, Timeout)
    end;
ask(Node, _, _) ->
    {error, {not_an_engine, Node}}.

%% Whoever owns it or, for an engine that is a node of its own, the engine itself, which tells of its end in this way. The alias ends with
%% the monitor: an answer that comes later is nobody's.
ask(Watched, Node, What, Timeout) ->
    Alias = erlang:monitor(process, Watched, [{alias, reply_demonitor}]),
    {'$tandem', Node} ! {What, Alias, Alias},
    receive
        {Alias, Answer} -> Answer;
        {'DOWN', Alias, process, _, _} -> {error, noconnection}
    after Timeout ->
            erlang:demonitor(Alias, [flush]),
            receive {Alias, Answer} -> Answer after 0 -> {error, timeout} end
    end.

%% @private
-spec init({node(), map()}) -> {ok, #state{}} | {stop, term()}.
init({Node, Options}) ->
    process_flag(trap_exit, true),
    Host = tandem_host:start_link(Node),
    Carrier = carrier(maps:get(carrier, Options)),
    Executable = case Options of
                     #{executable := undefined} -> default_executable(Carrier);
                     #{executable := Given} -> Given
                 end,
    Input = Carrier:start_link(Options#{node => Node, host => Host, creation => creation(), executable => Executable}),
    receive
        {Input, up, Socket} ->
            persistent_term:put(?LATEST, Node),
            {ok, #state{node = Node, carrier = Carrier, input = Input, socket = Socket, place = Carrier:place(Socket), host = Host}};
        {'EXIT', _, Reason} ->
            not_started(Node, Input, Reason),
            {stop, {shutdown, Reason}}
    after maps:get(timeout, Options) ->
            not_started(Node, Input, timeout),
            {stop, {shutdown, timeout}}
    end.

%% The module that starts an engine of that kind, and is the connection to it.
carrier(port) -> tandem_carrier;
carrier(tcp) -> tandem_carrier_tcp;
carrier(nif) -> tandem_guest.

%% The caller gets the reason; here is what it means.
not_started(Node, Input, Reason) ->
    Words = receive {Input, last_words, Last} -> Last after 0 -> <<>> end,
    ?LOG_ERROR("Tandem: the engine ~ts could not start: ~ts~ts", [Node, tandem_reason:explain(Reason), tandem_reason:said(Words)]).

default_executable(Carrier) ->
    Folder = case code:priv_dir(tandem) of
                 {error, bad_name} -> filename:join(filename:dirname(filename:dirname(code:which(?MODULE))), "priv");
                 Found -> Found
             end,
    filename:join(Folder, Carrier:program()).

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
handle_info({Input, last_words, Words}, #state{input = Input} = State) ->
    {noreply, State#state{words = Words}};
handle_info({'EXIT', Input, Reason}, #state{input = Input} = State) ->
    report(Reason, State),
    {stop, Reason, State};
handle_info({'EXIT', _, Reason}, State) ->
    {stop, Reason, State};
handle_info(_, State) ->
    {noreply, State}.

report(Reason, #state{node = Node, place = Place, words = Words}) ->
    ?LOG_ERROR("Tandem: the engine ~ts (~ts) ended: ~ts~ts", [Node, Place, tandem_reason:ended(Reason), tandem_reason:said(Words)]).

%% @private The engine is killed. The input then ends by itself, and takes the rest of the connection with it. Returns when the node is
%% down.
-spec terminate(term(), #state{}) -> ok.
terminate(_, #state{node = Node, carrier = Carrier, input = Input, socket = Socket, host = Host}) ->
    Watched = [Node || is_member(Node)],
    _ = [erlang:monitor_node(Watch, true) || Watch <- Watched],
    Carrier:kill(Socket),
    exit(Host, kill),
    await(Input, ?PATIENCE),
    exit(Input, kill),
    _ = [await(Pid, infinity) || Pid <- [Input, Host]],
    lists:foreach(fun(Watch) -> await_down(Carrier, Watch) end, Watched).

%% An engine on TCP leaves by itself: then epmd has forgotten its name before its connections end. One that is stopped does not.
await_down(Carrier, Node) ->
    receive
        {nodedown, Node} -> ok
    after 1000 ->
        Carrier =:= tandem_carrier_tcp andalso erlang:disconnect_node(Node),
        receive {nodedown, Node} -> ok after 1000 -> ok end
    end.

await(Pid, Time) ->
    Monitor = erlang:monitor(process, Pid),
    receive {'DOWN', Monitor, process, _, _} -> ok after Time -> erlang:demonitor(Monitor, [flush]) end.

is_member(Node) ->
    lists:member(Node, nodes(connected)).
