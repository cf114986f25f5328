%% SPDX-License-Identifier: Apache-2.0
%% @doc What connections to engines have in common, whatever moves their frames. Three processes, linked to each other and to the
%% caller of {@link start_link/1}, so that they live and die together:
%%
%% <dl>
%% <dt>the input</dt><dd>gives the frames that arrive to the VM, and counts them. It never writes, so nothing makes it wait</dd>
%% <dt>the output</dt><dd>the distribution controller: moves what the VM has for the engine to the carrier, and grants credit</dd>
%% <dt>the connection</dt><dd>runs `dist_util''s side of the handshake, and then its loop, which ticks and answers
%%   `net_kernel'</dd>
%% </dl>
%%
%% The carrier is the input's loop and what moves frames: it calls {@link open/5}, answers the connection's `{Pid, Reference, recv}' by
%% `{Reference, Frame}' until it gets `{go, Handle}', and from then on calls {@link consume/4} with every frame. Where nothing that moves
%% frames waits the input is the output, too.
%%
%% The first frame, from the host, is {@link first_frame/1}. Then the engine connects: the handshake of distribution version 6, without
%% inner lengths. A frame `<<$C, N:64>>' to the engine grants credit: N more bytes of distribution messages have been consumed.
-module(tandem_connection).

-export([first_frame/1, host_names/0]).
-export([start_link/1, open/5, consume/4, credit_frame/1, connection/1, last_words/2, ended/2]).
-export_type([line/0, ways/0]).

-include_lib("kernel/include/dist.hrl").
-include_lib("kernel/include/dist_util.hrl").
-include_lib("kernel/include/net_address.hrl").

-type config() :: #{node := node(), host := pid(), executable := file:name_all(), env := list(), timeout := timeout(),
                    window := pos_integer(), atom() => term()}.

%% How frames get to the engine. `send' takes one there; `drain' takes there what `erlang:dist_ctrl_get_data/1' has, which tells sizes, too,
%% if `sizes' says so. Without `drain' the input is the output, and gets `dist_data', `tick' and `{credit, Consumed}'.
-type ways() :: #{send := fun((iodata()) -> term()), drain => fun((erlang:dist_handle()) -> term()), sizes => boolean()}.

%% The socket is what the carrier calls the other end, the owner who started the connection. A grant is so many bytes.
-record(line, {socket :: term(), owner :: pid(), output :: pid(), connection :: pid(), grant :: non_neg_integer()}).
-opaque line() :: #line{}.

%% Features that change the form of messages, and that an engine need not know.
-define(REJECTED_FLAGS, (?DFLAG_DIST_HDR_ATOM_CACHE bor ?DFLAG_FRAGMENTS)).

-define(LOOP_OPTIONS, [link, {priority, high}, {message_queue_data, off_heap}]).

%% Milliseconds that the connection may take to tell net_kernel that the engine has ended.
-define(FAREWELL, 1000).

%% And that net_kernel may take to hear of the end of another; how often it is asked.
-define(ABSENCE, 5000).
-define(LOOK, 5).

%% @doc What the engine is told first: `term_to_binary/1' of a map.
-spec first_frame(config()) -> binary().
first_frame(#{node := Node} = Config) ->
    Engine = maps:without([carrier, executable, env, timeout, name], Config),
    term_to_binary(Engine#{flags => offered_flags(),
                           cookie => atom_to_binary(erlang:get_cookie(Node), latin1),
                           printable_range => io:printable_range(),
                           names => host_names()}).

%% @doc Registered processes of this VM that have their names on the engine, too: who asks for them there reaches them here.
-spec host_names() -> #{atom() => pid()}.
host_names() ->
    Names = [user, standard_error, logger, error_logger, code_server, file_server_2, net_kernel, init, erl_signal_server,
             'Elixir.Logger', 'Elixir.Logger.Supervisor', 'Elixir.Logger.BackendSupervisor'],
    maps:from_list([{Name, Pid} || Name <- Names, Pid <- [whereis(Name)], is_pid(Pid)]).

%% What this VM supports, but for what would make it a visible node or change the form of messages.
offered_flags() ->
    Default = element(2, erts_internal:get_dflags()),
    Default band bnot (?REJECTED_FLAGS bor ?DFLAG_PUBLISHED).

%% @doc Starts the input: a process that traps exits and calls `Open' with the pid of the caller, the owner.
-spec start_link(fun((Owner :: pid()) -> no_return())) -> pid().
start_link(Open) ->
    Owner = self(),
    spawn_opt(fun() -> process_flag(trap_exit, true), Open(Owner) end, ?LOOP_OPTIONS).

%% @doc Called by the input: starts the output and the connection. When the node is up the output and the input get `{go, Handle}',
%% and the owner `{Input, up, Socket}'.
-spec open(Socket :: term(), Owner :: pid(), ways(), Grant :: non_neg_integer(), config()) -> line().
open(Socket, Owner, #{send := Send} = Ways, Grant, Config) ->
    Input = self(),
    Output = case Ways of
                 #{drain := _} -> spawn_opt(fun() -> output(Input, Ways) end, ?LOOP_OPTIONS);
                 _ -> Input
             end,
    Connection = spawn_opt(fun() -> connect(Socket, Send, Input, Output, Owner, Config) end, dist_util:net_ticker_spawn_options()),
    #line{socket = Socket, owner = Owner, output = Output, connection = Connection, grant = Grant}.

%% @doc The process that asks the input for the frames of the handshake.
-spec connection(line()) -> pid().
connection(#line{connection = Connection}) ->
    Connection.

%% --- For the input ---------------------------------------------------------------------------------------------------------

%% @doc Gives a frame to the VM; returns how many bytes have been consumed since credit was granted. It fails only when the VM has given the
%% connection up, after a malformed frame for one.
-spec consume(line(), erlang:dist_handle(), binary(), Consumed) -> Consumed when Consumed :: non_neg_integer().
consume(Line, Handle, Frame, Consumed) ->
    try erlang:dist_ctrl_put_data(Handle, Frame) of
        _ -> credit(Line, Consumed + byte_size(Frame))
    catch
        error:_ -> ended(Line, connection_closed)
    end.

credit(#line{grant = Grant}, Consumed) when Consumed < Grant ->
    Consumed;
credit(#line{output = Output}, Consumed) ->
    Output ! {credit, Consumed},
    0.

%% @doc Tells the owner why the engine is about to end.
-spec last_words(line(), binary()) -> ok.
last_words(#line{owner = Owner}, Words) ->
    Owner ! {self(), last_words, Words},
    ok.

%% @doc The connection ends first, of itself, as that to any other node does: net_kernel then tells `connection_closed', too.
-spec ended(line(), term()) -> no_return().
ended(#line{socket = Socket, connection = Connection}, Reason) ->
    Connection ! {tcp_closed, Socket},
    receive {'EXIT', Connection, _} -> ok after ?FAREWELL -> ok end,
    exit(Reason).

%% --- The output ------------------------------------------------------------------------------------------------------------

output(Input, #{sizes := Sizes} = Ways) ->
    receive
        {go, Handle} ->
            ok = erlang:dist_ctrl_input_handler(Handle, Input),
            _ = erlang:dist_ctrl_set_opt(Handle, get_size, Sizes),
            Input ! {go, Handle},
            output_loop(Handle, Ways)
    end.

output_loop(Handle, #{send := Send, drain := Drain} = Ways) ->
    erlang:dist_ctrl_get_data_notification(Handle),
    receive
        dist_data -> Drain(Handle);
        {credit, Consumed} -> Send(credit_frame(Consumed));
        tick -> Send([])
    end,
    output_loop(Handle, Ways).

%% @doc A carrier whose `drain' may take long looks for `{credit, Consumed}' itself, and sends this.
-spec credit_frame(non_neg_integer()) -> binary().
credit_frame(Consumed) ->
    <<$C, Consumed:64>>.

%% --- The connection --------------------------------------------------------------------------------------------------------

%% The handshake, and the loop behind it.
-spec connect(Socket :: term(), Send :: fun((iodata()) -> term()), Input :: pid(), Output :: pid(), Owner :: pid(), config()) -> no_return().
connect(Socket, Send, Input, Output, Owner, #{node := Node, timeout := Timeout}) ->
    link(Output),
    Kernel = whereis(net_kernel),
    link(Kernel),
    await_absence(Node, ?ABSENCE div ?LOOK),
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
await_absence(Node, 0) ->
    exit({name_taken, unicode:characters_to_binary(["this VM is connected to a node ", atom_to_list(Node), " already: choose another name"])});
await_absence(Node, Looks) ->
    case net_kernel:node_info(Node) of
        {ok, _} -> receive after ?LOOK -> await_absence(Node, Looks - 1) end;
        {error, _} -> ok
    end.

receive_frame(Input) ->
    Reference = make_ref(),
    Input ! {self(), Reference, recv},
    receive
        {Reference, Frame} -> {ok, binary_to_list(Frame)}
    end.
