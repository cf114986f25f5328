%% SPDX-License-Identifier: Apache-2.0
%% @doc The connection to an engine: a port, the distribution handshake over it, and then frames both ways. Three processes, linked
%% to each other and to the caller of {@link start_link/1}, so that they live and die together:
%%
%% <dl>
%% <dt>the input</dt><dd>owns the port, gives what arrives to the VM, and counts it. It never writes, so nothing makes it wait</dd>
%% <dt>the output</dt><dd>the distribution controller: moves what the VM has for the engine to the port, and grants credit</dd>
%% <dt>the connection</dt><dd>runs `dist_util''s side of the handshake, and then its loop, which ticks and answers
%%   `net_kernel'</dd>
%% </dl>
%%
%% === Frames ===
%%
%% Every frame is a 4-byte length and that many bytes, over the engine's file descriptors 3 and 4. The first one, from the host, is
%% `term_to_binary/1' of a map: `node' (the engine's name, an atom), `cookie' (a binary), `host' (the pid of {@link tandem_host}),
%% `flags' (the distribution flags that the host offers), `creation', `window', and the options that are the engine's. Then the
%% engine connects: the handshake of distribution version 6, without inner lengths. After it, a frame is
%%
%% <ul>
%% <li>empty: a tick. The engine answers each tick with a tick.</li>
%% <li>`112, Control' or `112, Control, Message': a distribution message without header, fragments or atom cache.</li>
%% <li>`$S', and then several such messages, each behind its 4-byte length, from the host only: what the VM has ready at once
%%   costs the port, and the operating system, one command.</li>
%% <li>`<<$C, N:32>>', from the host only: N more bytes of distribution messages have been consumed.</li>
%% <li>`<<$E, Text/binary>>', from the engine only, at any time: why it is about to end.</li>
%% </ul>
%%
%% === Back-pressure ===
%%
%% Towards the engine: the output is suspended while the port is busy, so the VM's queue for this node fills, and the VM suspends
%% those who send to it. Towards the host: the VM reads a port eagerly, into the mailbox of the port's owner. So the engine stops
%% when `window' bytes are under way, not counting the length fields, that the host has not acknowledged; it may pass the window by
%% one frame. The host acknowledges after the bytes have reached their receivers, when a quarter of the window has come together.
%% The engine reads whatever the state of its output, so the two can't wait for each other.
-module(tandem_carrier).

-export([start_link/1, program/0, kill/1, place/1]).
-export([first_frame/1, connect/6, offered_flags/0, open_port/3, host_names/0]).

-include_lib("kernel/include/dist.hrl").
-include_lib("kernel/include/dist_util.hrl").
-include_lib("kernel/include/net_address.hrl").

-type config() :: #{node := node(), host := pid(), executable := file:name_all(), env := list(), timeout := timeout(),
                    window := pos_integer(), atom() => term()}.

%% Features that change the form of messages, and that an engine need not know.
-define(REJECTED_FLAGS, (?DFLAG_DIST_HDR_ATOM_CACHE bor ?DFLAG_FRAGMENTS)).

%% Bytes that the port queues for an engine that doesn't read: where it gets busy, and where it recovers.
-define(BUSY_LIMITS, {64 bsl 10, 256 bsl 10}).

%% Messages go together until they have so many bytes.
-define(TOGETHER, 16 bsl 10).

-define(LOOP_OPTIONS, [link, {priority, high}, {message_queue_data, off_heap}]).

-record(input, {port :: port(), owner :: pid(), output :: pid(), connection :: pid(), grant :: non_neg_integer()}).

%% Milliseconds that the connection may take to tell net_kernel that the engine has ended.
-define(FAREWELL, 1000).

%% @doc Starts an engine and connects to it. The caller is linked to the three processes and gets `{Input, up, Port}' when the node
%% is up; `Input' is the pid returned. If starting fails they exit, with the reason. When the engine ends the input exits with
%% `{exit_status, Status}'; if the engine could say why, the caller has got `{Input, last_words, Text}' before.
-spec start_link(config()) -> pid().
start_link(Config) ->
    Owner = self(),
    spawn_opt(fun() -> open(Owner, Config) end, ?LOOP_OPTIONS).

%% @doc The engine's program, in the application's priv folder.
-spec program() -> string().
program() ->
    "tandem".

%% @doc Ends the engine of a connection at once, even if it reads nothing: a port that is closed would wait for that.
-spec kill(port()) -> true.
kill(Port) ->
    exit(Port, kill).

%% @doc Where the engine is.
-spec place(port()) -> iodata().
place(Port) ->
    case erlang:port_info(Port, os_pid) of
        {os_pid, OsPid} -> ["OS process ", integer_to_list(OsPid)];
        undefined -> "ended"
    end.

open(Owner, Config) ->
    process_flag(trap_exit, true),
    Port = open_port(Config, "port", [{busy_limits_port, ?BUSY_LIMITS}]),
    true = port_command(Port, first_frame(Config)),
    Input = self(),
    Output = spawn_opt(fun() -> output(Port, Input) end, ?LOOP_OPTIONS),
    Send = fun(Data) -> command(Port, Data) end,
    Connection = spawn_opt(fun() -> connect(Port, Send, Input, Output, Owner, Config) end,
                           dist_util:net_ticker_spawn_options()),
    serve_handshake(#input{port = Port, owner = Owner, output = Output, connection = Connection, grant = maps:get(window, Config) div 4}).

%% @doc Starts an engine's program for a carrier; the caller owns the port.
-spec open_port(map(), string(), list()) -> port().
open_port(#{executable := Executable, env := Env}, Carrier, Options) ->
    try
        erlang:open_port({spawn_executable, Executable},
                         [{args, ["--carrier", Carrier]}, {env, Env}, {packet, 4}, nouse_stdio, binary, exit_status | Options])
    catch
        error:Reason -> exit({executable, Executable, Reason})
    end.

%% @doc What the engine is told first.
-spec first_frame(config()) -> binary().
first_frame(#{node := Node} = Config) ->
    Engine = maps:without([carrier, executable, env, timeout, name], Config),
    term_to_binary(Engine#{flags => offered_flags(),
                           cookie => cookie(Node),
                           printable_range => io:printable_range(),
                           names => host_names()}).

%% @doc Registered processes of this VM that have their names on the engine, too: who asks for them there reaches them here.
-spec host_names() -> #{atom() => pid()}.
host_names() ->
    Names = [user, standard_error, logger, error_logger, code_server, file_server_2, net_kernel, init, erl_signal_server],
    maps:from_list([{Name, Pid} || Name <- Names, Pid <- [whereis(Name)], is_pid(Pid)]).

%% @doc What this VM supports, but for what would make it a visible node or change the form of messages.
-spec offered_flags() -> non_neg_integer().
offered_flags() ->
    Default = element(2, erts_internal:get_dflags()),
    Default band bnot (?REJECTED_FLAGS bor ?DFLAG_PUBLISHED).

cookie(Node) ->
    atom_to_binary(erlang:get_cookie(Node), latin1).

%% --- The input -------------------------------------------------------------------------------------------------------------

serve_handshake(#input{port = Port, connection = Connection} = State) ->
    receive
        {Connection, Reference, recv} ->
            Connection ! {Reference, next_frame(State)},
            serve_handshake(State);
        {go, Handle} ->
            input(State, Handle, 0);
        {Port, {exit_status, Status}} ->
            exit({exit_status, Status});
        {'EXIT', From, Reason} ->
            exited(Port, From, Reason)
    end.

next_frame(#input{port = Port} = State) ->
    receive
        {Port, {data, <<$E, Words/binary>>}} -> last_words(State, Words), next_frame(State);
        {Port, {data, Frame}} -> Frame;
        {Port, {exit_status, Status}} -> exit({exit_status, Status});
        {'EXIT', From, Reason} -> exited(Port, From, Reason)
    end.

input(#input{port = Port} = State, Handle, Consumed) ->
    receive
        {Port, {data, <<$E, Words/binary>>}} ->
            last_words(State, Words),
            input(State, Handle, Consumed);
        {Port, {data, Frame}} ->
            put_data(State, Handle, Frame),
            input(State, Handle, credit(State, Consumed + byte_size(Frame)));
        {Port, {exit_status, Status}} ->
            ended(State, {exit_status, Status});
        {'EXIT', From, Reason} ->
            exited(State, From, Reason);
        _ ->
            input(State, Handle, Consumed)
    end.

last_words(#input{owner = Owner}, Words) ->
    Owner ! {self(), last_words, Words},
    ok.

%% Fails only when the VM has given the connection up, after a malformed frame for one.
put_data(State, Handle, Frame) ->
    try erlang:dist_ctrl_put_data(Handle, Frame)
    catch error:_ -> ended(State, connection_closed)
    end.

credit(#input{grant = Grant}, Consumed) when Consumed < Grant ->
    Consumed;
credit(#input{output = Output}, Consumed) ->
    Output ! {credit, Consumed},
    0.

-spec exited(#input{} | port(), port() | pid(), term()) -> no_return().
exited(#input{port = Port} = State, Port, Reason) -> ended(State, {port_closed, Reason});
exited(Port, Port, Reason) -> exit({port_closed, Reason});
exited(_, _, Reason) -> exit(Reason).

%% The connection ends first, of itself, as that to any other node does: net_kernel then tells `connection_closed', too.
-spec ended(#input{}, term()) -> no_return().
ended(#input{port = Port, connection = Connection}, Reason) ->
    Connection ! {tcp_closed, Port},
    receive {'EXIT', Connection, _} -> ok after ?FAREWELL -> ok end,
    exit(Reason).

%% --- The output ------------------------------------------------------------------------------------------------------------

output(Port, Input) ->
    receive
        {go, Handle} ->
            ok = erlang:dist_ctrl_input_handler(Handle, Input),
            _ = erlang:dist_ctrl_set_opt(Handle, get_size, true),
            Input ! {go, Handle},
            output_loop(Port, Handle)
    end.

output_loop(Port, Handle) ->
    erlang:dist_ctrl_get_data_notification(Handle),
    receive
        dist_data -> drain(Port, Handle);
        {credit, Consumed} -> grant(Port, Consumed);
        tick -> command(Port, [])
    end,
    output_loop(Port, Handle).

%% An engine that waits for credit reads all the same: so the port lets it through at last, however much the VM has to say.
grant(Port, Consumed) ->
    command(Port, <<$C, Consumed:32>>).

drain(Port, Handle) ->
    receive {credit, Consumed} -> grant(Port, Consumed) after 0 -> ok end,
    case erlang:dist_ctrl_get_data(Handle) of
        none -> ok;
        {Size, Data} -> gather(Port, Handle, Size, Data)
    end.

%% A message alone goes as it is.
gather(Port, Handle, Size, Data) ->
    case erlang:dist_ctrl_get_data(Handle) of
        none ->
            command(Port, Data);
        {NextSize, Next} ->
            Gathered = [[<<Size:32>> | Data] | [<<NextSize:32>> | Next]],
            more(Port, Handle, Size + NextSize, Gathered)
    end.

more(Port, Handle, Bytes, Gathered) when Bytes >= ?TOGETHER ->
    command(Port, [$S | Gathered]),
    drain(Port, Handle);
more(Port, Handle, Bytes, Gathered) ->
    case erlang:dist_ctrl_get_data(Handle) of
        none -> command(Port, [$S | Gathered]);
        {Size, Data} -> more(Port, Handle, Bytes + Size, [Gathered, <<Size:32>> | Data])
    end.

%% A port that has just closed: its exit status, which says more than we could, is on its way to the input.
command(Port, Data) ->
    try port_command(Port, Data) of true -> ok
    catch error:badarg -> receive after 5000 -> exit(connection_closed) end
    end.

%% --- The connection --------------------------------------------------------------------------------------------------------

%% @doc The handshake, and the loop behind it. Send takes a frame to the engine; the input answers `{Connection, Reference, recv}' by
%% `{Reference, Frame}', and ends the connection by `{tcp_closed, Socket}'. When the node is up the output gets `{go, Handle}', and the
%% owner `{Input, up, Socket}'.
-spec connect(Socket :: term(), Send :: fun((iodata()) -> ok), Input :: pid(), Output :: pid(), Owner :: pid(), config()) -> no_return().
connect(Socket, Send, Input, Output, Owner, #{node := Node, timeout := Timeout}) ->
    link(Output),
    Kernel = whereis(net_kernel),
    link(Kernel),
    await_absence(Node),
    HandshakeTime = case Timeout of
                        infinity -> 1 bsl 31;
                        _ -> Timeout
                    end,
    dist_util:handshake_other_started(
      #hs_data{kernel_pid = Kernel,
               this_node = node(),
               socket = Socket,
               timer = dist_util:start_timer(HandshakeTime),
               this_flags = 0,
               add_flags = 0,
               reject_flags = ?REJECTED_FLAGS,
               require_flags = 0,
               request_type = hidden,
               allowed = [],
               f_send = fun(_, Data) -> Send(Data) end,
               f_recv = fun(_, _, _) -> receive_frame(Input) end,
               f_setopts_pre_nodeup = fun(_) -> ok end,
               f_setopts_post_nodeup = fun(_) -> ok end,
               f_getll = fun(_) -> {ok, Output} end,
               f_address = fun(_, _) -> #net_address{address = {}, host = Node, protocol = port, family = local} end,
               mf_tick = fun(_) -> Output ! tick end,
               mf_getstat = undefined,
               f_handshake_complete = fun(_, _, Handle) ->
                                              Output ! {go, Handle},
                                              Owner ! {Input, up, Socket}
                                      end}).

%% An engine of the same name may just have ended, and net_kernel not yet have heard of it.
await_absence(Node) ->
    case net_kernel:node_info(Node) of
        {ok, _} -> receive after 5 -> await_absence(Node) end;
        {error, _} -> ok
    end.

receive_frame(Input) ->
    Reference = make_ref(),
    Input ! {self(), Reference, recv},
    receive
        {Reference, Frame} -> {ok, binary_to_list(Frame)}
    end.
