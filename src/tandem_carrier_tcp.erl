%% SPDX-License-Identifier: Apache-2.0
%% @doc An engine of this VM that is a member of the cluster: it listens, is known to epmd, and is connected over TCP as any other
%% hidden node. Its port is its life line: the options, the cookie among them, go over it, and when it closes the engine ends. The
%% frames on it are described in `c_src/main/member.h'.
%%
%% If the connection is lost and the engine lives on, it is made again as soon as that is possible. If this VM is no node any more, the
%% engine ends.
-module(tandem_carrier_tcp).

-export([start_link/1, program/0, kill/1, place/1]).

-record(state, {port :: port(), owner :: pid(), node :: node(), host :: pid()}).

%% @doc Starts an engine and connects to it: the same as {@link tandem_carrier:start_link/1}, from the caller's point of view. It may
%% exit with `{no_epmd | name_taken | cannot_listen, Text}', too: the text says what to do.
-spec start_link(map()) -> pid().
start_link(Config) ->
    Owner = self(),
    spawn_opt(fun() -> open(Owner, Config) end, [link, {message_queue_data, off_heap}]).

%% @private
-spec program() -> string().
program() -> tandem_carrier:program().

%% @private
-spec kill(port()) -> true.
kill(Port) -> tandem_carrier:kill(Port).

%% @private
-spec place(port()) -> iodata().
place(Port) -> tandem_carrier:place(Port).

open(Owner, #{node := Node, host := Host} = Config) ->
    process_flag(trap_exit, true),
    link(whereis(net_kernel)),
    Port = tandem_carrier:open_port(Config, "tcp", []),
    true = port_command(Port, tandem_connection:first_frame(Config#{listen => listen_address(Config)})),
    State = #state{port = Port, owner = Owner, node = Node, host = Host},
    await_start(State),
    case net_kernel:hidden_connect_node(Node) of
        true -> ok;
        _ -> exit({no_connection, Node})
    end,
    erlang:monitor_node(Node, true),
    Owner ! {self(), up, Port},
    serve(State).

listen_address(#{listen := undefined}) -> undefined;
listen_address(#{listen := Address}) -> unicode:characters_to_binary(Address).

await_start(#state{port = Port} = State) ->
    receive
        {Port, {data, <<"U">>}} -> ok;
        {Port, {data, <<"F", Why/binary>>}} -> exit(refused(binary:split(Why, <<0>>)));
        Other -> event(Other, State), await_start(State)
    end.

refused([<<"no_epmd">>, Text]) -> {no_epmd, Text};
refused([<<"name_taken">>, Text]) -> {name_taken, Text};
refused([<<"cannot_listen">>, Text]) -> {cannot_listen, Text}.

serve(State) ->
    receive Message -> event(Message, State) end,
    serve(State).

event({Port, {data, <<"E", Words/binary>>}}, #state{port = Port, owner = Owner}) ->
    Owner ! {self(), last_words, Words},
    ok;
event({Port, {exit_status, Status}}, #state{port = Port}) ->
    exit({exit_status, Status});
event({'EXIT', Port, Reason}, #state{port = Port}) ->
    exit({port_closed, Reason});
event({'EXIT', _, Reason}, #state{port = Port}) ->
    tandem_carrier:kill(Port),
    exit(Reason);
event(Message, #state{node = Node, host = Host}) ->
    tandem_attachment:keep(Message, Node, Host).
