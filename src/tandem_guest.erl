%% SPDX-License-Identifier: Apache-2.0
%% @doc The connection to an engine inside this VM's operating-system process. It is made of the same three processes as that over a
%% port ({@link tandem_carrier}), and frames mean the same; but they are handed over in memory ({@link tandem_nif}), so each
%% message is a frame of its own.
%%
%% === Back-pressure ===
%%
%% Towards the engine: when too many bytes wait for it, the output waits until there are few, so the VM's queue for this node fills, and
%% the VM suspends those who send to it. Towards the host: as over a port, by what the host has acknowledged.
-module(tandem_guest).

-export([start_link/1, program/0, kill/1, place/1]).

-include_lib("kernel/include/dist.hrl").

-define(LOOP_OPTIONS, [link, {priority, high}, {message_queue_data, off_heap}]).

%% Milliseconds that the connection may take to tell net_kernel that the engine has ended.
-define(FAREWELL, 1000).

-record(input, {handle :: tandem_nif:handle(), engine :: reference(), executable :: file:name_all(), owner :: pid(), output :: pid(), connection :: pid(), grant :: non_neg_integer()}).

%% @doc As {@link tandem_carrier:start_link/1}; the executable is the engine's shared object.
-spec start_link(map()) -> pid().
start_link(Config) ->
    Owner = self(),
    spawn_opt(fun() -> open(Owner, Config) end, ?LOOP_OPTIONS).

%% @doc The engine's shared object, in the application's priv folder.
-spec program() -> string().
program() ->
    "tandem_engine.so".

%% @doc Ends the engine as soon as what its processes run can be left.
-spec kill(tandem_nif:handle()) -> ok.
kill(Handle) ->
    tandem_nif:close(Handle).

%% @doc Where the engine is.
-spec place(tandem_nif:handle()) -> iodata().
place(_) ->
    "inside this VM".

open(Owner, #{executable := Executable, env := Env, window := Window} = Config) ->
    process_flag(trap_exit, true),
    Engine = make_ref(),
    Handle = case tandem_nif:open(Executable, Engine) of
                 {ok, Opened} -> Opened;
                 {error, Reason} -> exit({nif, Reason})
             end,
    _ = tandem_nif:put(Handle, tandem_carrier:first_frame(Config#{environment => environment(Env)})),
    Input = self(),
    Output = spawn_opt(fun() -> output(Handle, Engine, Input) end, ?LOOP_OPTIONS),
    Send = fun(Data) -> command(Handle, Engine, [iolist_to_binary(Data)]) end,
    Connection = spawn_opt(fun() -> tandem_carrier:connect(Handle, Send, Input, Output, Owner, Config) end,
                           dist_util:net_ticker_spawn_options()),
    serve_handshake(#input{handle = Handle, engine = Engine, executable = Executable, owner = Owner, output = Output, connection = Connection, grant = Window div 4}).

%% The VM's environment, which is not that of its operating-system process, as `Name=Value' with a NUL behind each.
environment(Changes) ->
    Inherited = lists:foldl(fun({Name, _}, Left) -> lists:keydelete(Name, 1, Left) end, os:env(), Changes),
    iolist_to_binary([[unicode:characters_to_binary([Name, $=, Value]), 0] || {Name, Value} <- Inherited ++ Changes, is_list(Value)]).

%% --- The input -------------------------------------------------------------------------------------------------------------

serve_handshake(#input{connection = Connection, engine = Engine, executable = Executable} = State) ->
    receive
        {Connection, Reference, recv} ->
            Connection ! {Reference, next_frame(State)},
            serve_handshake(State);
        {go, Distribution} ->
            input(State, Distribution, 0);
        {Engine, {last_words, Words}} ->
            last_words(State, Words),
            serve_handshake(State);
        {Engine, {exit_status, Status}} ->
            exit({exit_status, Status});
        {Engine, {unloadable, Text}} ->
            exit({executable, Executable, Text});
        {'EXIT', _, Reason} ->
            exit(Reason)
    end.

next_frame(#input{engine = Engine} = State) ->
    receive
        {Engine, {data, Frame}} -> Frame;
        {Engine, {several, [Frame | Frames]}} -> self() ! {Engine, {several, Frames}}, Frame;
        {Engine, {last_words, Words}} -> last_words(State, Words), next_frame(State);
        {Engine, {exit_status, Status}} -> exit({exit_status, Status});
        {Engine, {unloadable, Text}} -> exit({executable, State#input.executable, Text});
        {'EXIT', _, Reason} -> exit(Reason)
    end.

input(#input{engine = Engine} = State, Distribution, Consumed) ->
    receive
        {Engine, {data, Frame}} ->
            input(State, Distribution, one(State, Distribution, Frame, Consumed));
        {Engine, {several, Frames}} ->
            input(State, Distribution, several(State, Distribution, Frames, Consumed));
        {Engine, {last_words, Words}} ->
            last_words(State, Words),
            input(State, Distribution, Consumed);
        {Engine, {exit_status, Status}} ->
            ended(State, {exit_status, Status});
        {'EXIT', _, Reason} ->
            exit(Reason);
        _ ->
            input(State, Distribution, Consumed)
    end.

several(_, _, [], Consumed) -> Consumed;
several(State, Distribution, [Frame | Frames], Consumed) -> several(State, Distribution, Frames, one(State, Distribution, Frame, Consumed)).

%% Fails only when the VM has given the connection up, after a malformed frame for one.
one(State, Distribution, Frame, Consumed) ->
    try erlang:dist_ctrl_put_data(Distribution, Frame) of
        _ -> credit(State, Consumed + byte_size(Frame))
    catch error:_ -> ended(State, connection_closed)
    end.

credit(#input{grant = Grant}, Consumed) when Consumed < Grant ->
    Consumed;
credit(#input{output = Output}, Consumed) ->
    Output ! {credit, Consumed},
    0.

last_words(#input{owner = Owner}, Words) ->
    Owner ! {self(), last_words, Words},
    ok.

%% The connection ends first, of itself, as that to any other node does: net_kernel then tells `connection_closed', too.
-spec ended(#input{}, term()) -> no_return().
ended(#input{handle = Handle, connection = Connection}, Reason) ->
    Connection ! {tcp_closed, Handle},
    receive {'EXIT', Connection, _} -> ok after ?FAREWELL -> ok end,
    exit(Reason).

%% --- The output ------------------------------------------------------------------------------------------------------------

output(Handle, Engine, Input) ->
    receive
        {go, Distribution} ->
            ok = erlang:dist_ctrl_input_handler(Distribution, Input),
            Input ! {go, Distribution},
            output_loop(Handle, Engine, Distribution)
    end.

output_loop(Handle, Engine, Distribution) ->
    erlang:dist_ctrl_get_data_notification(Distribution),
    receive
        dist_data -> drain(Handle, Engine, Distribution);
        {credit, Consumed} -> grant(Handle, Engine, Consumed);
        tick -> command(Handle, Engine, [])
    end,
    output_loop(Handle, Engine, Distribution).

drain(Handle, Engine, Distribution) ->
    case erlang:dist_ctrl_get_data(Distribution) of
        none ->
            ok;
        Data ->
            command(Handle, Engine, Data),
            drain(Handle, Engine, Distribution)
    end.

grant(Handle, Engine, Consumed) ->
    command(Handle, Engine, <<$C, Consumed:32>>).

%% While it waits for room the engine may wait for credit; it takes frames in all the same, so the room comes.
command(Handle, Engine, Data) ->
    case tandem_nif:put(Handle, Data) of
        ok -> ok;
        full -> receive {Engine, room} -> ok end;
        closed -> receive after 5000 -> exit(connection_closed) end
    end.
