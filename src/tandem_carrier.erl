%% SPDX-License-Identifier: Apache-2.0
%% @doc The connection to an engine over a port: the distribution handshake, and then frames both ways. Its processes are those of
%% {@link tandem_connection}; the input owns the port.
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
%% <li>`<<$B, N:32, Bytes/binary>>', and then `<<$P, Bytes/binary>>' until there are N bytes, from the host only: such a message in
%%   pieces. A port copies what it gets: a piece stays in the cache of the core meanwhile.</li>
%% <li>`<<$C, N:64>>', from the host only: N more bytes of distribution messages have been consumed.</li>
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
-export([open_port/3]).

%% Bytes that the port queues for an engine that doesn't read: where it gets busy, and where it recovers.
-define(BUSY_LIMITS, {64 bsl 10, 256 bsl 10}).

%% Larger messages go in pieces of at most so many bytes. 1 MB to an engine takes 0.34 ms instead of 0.46; pieces of 128 KB are as good,
%% larger ones worse.
-define(LARGE, 128 bsl 10).
-define(PIECE, 64 bsl 10).

%% An engine takes no larger ones. It would say so, but not be heard by a port that is still writing.
-define(MOST, 1 bsl 30).

%% Milliseconds between two looks at an engine that is to end, at most; how many there are before it is killed.
-define(LOOK, 1000).
-define(LOOKS, 20).

%% Messages go together until they have so many bytes.
-define(TOGETHER, 16 bsl 10).

-record(input, {port :: port(), line :: tandem_connection:line(), held :: undefined | none | file:fd()}).

%% @doc Starts an engine and connects to it. The caller is linked to the three processes and gets `{Input, up, Port}' when the node
%% is up; `Input' is the pid returned. If starting fails they exit, with the reason. When the engine ends the input exits with
%% `{exit_status, Status}'; if the engine could say why, the caller has got `{Input, last_words, Text}' before.
-spec start_link(map()) -> pid().
start_link(Config) ->
    tandem_connection:start_link(fun(Owner) -> open(Owner, Config) end).

%% @doc The engine's program, in the application's priv folder.
-spec program() -> string().
program() ->
    "tandem".

%% @doc Ends the engine of a connection at once, even if it reads nothing: a port that is closed would wait for that. One that is stopped
%% does not notice that its port is gone, and is killed; it may be about to be stopped, so it is looked at until it has ended. A program that
%% is no engine may not care for its port, and is killed after some looks.
-spec kill(port()) -> true.
kill(Port) ->
    case erlang:port_info(Port, os_pid) of
        {os_pid, OsPid} ->
            Seen = seen(OsPid),
            true = exit(Port, kill),
            has_ended(OsPid, Seen) orelse spawn(fun() -> see_end(OsPid, Seen, 1, ?LOOKS) end),
            true;
        undefined ->
            exit(Port, kill)
    end.

see_end(OsPid, Seen, _, 0) ->
    has_ended(OsPid, Seen) orelse kill_process(OsPid);
see_end(OsPid, Seen, Pause, Looks) ->
    receive after Pause -> has_ended(OsPid, Seen) orelse see_end(OsPid, Seen, min(2 * Pause, ?LOOK), Looks - 1) end.

kill_process(OsPid) ->
    _ = os:cmd("kill -KILL " ++ integer_to_list(OsPid)),
    true.

%% Kills it if it is stopped. Another process may have got its number.
has_ended(_, none) ->
    true;
has_ended(OsPid, {_, Started}) ->
    case seen(OsPid) of
        {State, Started} when State =:= <<"T">>; State =:= <<"t">> ->
            kill_process(OsPid);
        {State, Started} ->
            State =:= <<"Z">>;
        _ ->
            true
    end.

%% Its state and when it was started, which stand behind its name, which may have parentheses. Where there is no /proc nobody knows.
seen(OsPid) ->
    case file:open("/proc/" ++ integer_to_list(OsPid) ++ "/stat", [read, raw, binary]) of
        {ok, File} ->
            Read = file:read(File, 1000),
            ok = file:close(File),
            case Read of
                {ok, Text} ->
                    Fields = binary:split(lists:last(binary:split(Text, <<") ">>, [global])), <<" ">>, [global]),
                    {hd(Fields), lists:nth(20, Fields)};
                _ ->
                    none
            end;
        {error, _} ->
            none
    end.

%% @doc Where the engine is.
-spec place(port()) -> iodata().
place(Port) ->
    case erlang:port_info(Port, os_pid) of
        {os_pid, OsPid} -> ["OS process ", integer_to_list(OsPid)];
        undefined -> "ended"
    end.

open(Owner, #{window := Window} = Config) ->
    Port = open_port(Config, "port", [{busy_limits_port, ?BUSY_LIMITS}]),
    true = port_command(Port, tandem_connection:first_frame(Config)),
    Ways = #{send => fun(Data) -> command(Port, Data) end, drain => fun(Handle) -> drain(Port, Handle) end, sizes => true},
    Line = tandem_connection:open(Port, Owner, Ways, Window div 4, Config),
    serve_handshake(#input{port = Port, line = Line}, tandem_connection:connection(Line)).

%% @doc Starts an engine's program for a carrier; the caller owns the port.
-spec open_port(map(), string(), list()) -> port().
open_port(#{executable := Executable, env := Env}, Carrier, Options) ->
    try
        erlang:open_port({spawn_executable, Executable},
                         [{args, ["--carrier", Carrier]}, {env, Env}, {packet, 4}, nouse_stdio, binary, exit_status | Options])
    catch
        error:Reason -> exit({executable, Executable, Reason})
    end.

%% --- The input -------------------------------------------------------------------------------------------------------------

serve_handshake(#input{port = Port} = State, Connection) ->
    receive
        {Connection, Reference, recv} ->
            Frame = next_frame(State),
            Holding = hold(State),
            Connection ! {Reference, Frame},
            serve_handshake(Holding, Connection);
        {go, Handle} ->
            input(State, Handle, 0);
        {Port, {exit_status, Status}} ->
            exit({exit_status, Status});
        {'EXIT', From, Reason} ->
            exited(Port, From, Reason)
    end.

next_frame(#input{port = Port, line = Line} = State) ->
    receive
        {Port, {data, <<$E, Words/binary>>}} -> tandem_connection:last_words(Line, Words), next_frame(State);
        {Port, {data, Frame}} -> Frame;
        {Port, {exit_status, Status}} -> exit({exit_status, Status});
        {'EXIT', From, Reason} -> exited(Port, From, Reason)
    end.

input(#input{port = Port, line = Line} = State, Handle, Consumed) ->
    receive
        {Port, {data, <<$E, Words/binary>>}} ->
            tandem_connection:last_words(Line, Words),
            input(State, Handle, Consumed);
        {Port, {data, Frame}} ->
            input(State, Handle, tandem_connection:consume(Line, Handle, Frame, Consumed));
        {Port, {exit_status, Status}} ->
            tandem_connection:ended(Line, {exit_status, Status});
        {'EXIT', Port, Reason} ->
            tandem_connection:ended(Line, {port_closed, Reason});
        {'EXIT', _, Reason} ->
            kill(Port),
            exit(Reason);
        _ ->
            input(State, Handle, Consumed)
    end.

%% The end of the pipe that the engine reads from: with it a write to an engine that has just ended does not fail, which would close the
%% port before the engine's last messages and its exit status are told. Opening it waits for a writer, so here is one until then. Where
%% there is no /proc nothing is held.
hold(#input{port = Port, held = undefined} = State) ->
    case erlang:port_info(Port, os_pid) of
        {os_pid, OsPid} -> State#input{held = hold_file("/proc/" ++ integer_to_list(OsPid) ++ "/fd/3")};
        undefined -> State
    end;
hold(State) ->
    State.

hold_file(File) ->
    case file:open(File, [raw, read, write]) of
        {ok, Writer} ->
            Held = file:open(File, [raw, read]),
            ok = file:close(Writer),
            held(Held);
        {error, _} ->
            none
    end.

held({ok, File}) -> File;
held({error, _}) -> none.

-spec exited(port(), port() | pid(), term()) -> no_return().
exited(Port, Port, Reason) -> exit({port_closed, Reason});
exited(Port, _, Reason) -> kill(Port), exit(Reason).

%% --- The output ------------------------------------------------------------------------------------------------------------

%% An engine that waits for credit reads all the same: so the port lets it through at last, however much the VM has to say.
drain(Port, Handle) ->
    receive {credit, Consumed} -> command(Port, tandem_connection:credit_frame(Consumed)) after 0 -> ok end,
    case data(Handle) of
        none -> ok;
        {Size, Data} when Size > ?LARGE -> large(Port, Handle, Size, Data);
        {Size, Data} -> gather(Port, Handle, Size, Data)
    end.

data(Handle) ->
    case erlang:dist_ctrl_get_data(Handle) of
        {Size, _} when Size > ?MOST -> exit({too_large, Size});
        Data -> Data
    end.

large(Port, Handle, Size, Data) ->
    pieces(Port, Data, 0, [$B, <<Size:32>>]),
    drain(Port, Handle).

%% The data is a list of binaries.
pieces(Port, [Binary | Rest], Bytes, Piece) when Bytes + byte_size(Binary) =< ?PIECE ->
    pieces(Port, Rest, Bytes + byte_size(Binary), [Piece, Binary]);
pieces(Port, [Binary | Rest], Bytes, Piece) ->
    {First, More} = split_binary(Binary, ?PIECE - Bytes),
    command(Port, [Piece, First]),
    pieces(Port, [More | Rest], 0, [$P]);
pieces(Port, [], _, Piece) ->
    command(Port, Piece).

%% A message alone goes as it is.
gather(Port, Handle, Size, Data) ->
    case data(Handle) of
        none ->
            command(Port, Data);
        {NextSize, Next} when NextSize > ?LARGE ->
            command(Port, Data),
            large(Port, Handle, NextSize, Next);
        {NextSize, Next} ->
            Gathered = [[<<Size:32>> | Data] | [<<NextSize:32>> | Next]],
            more(Port, Handle, Size + NextSize, Gathered)
    end.

more(Port, Handle, Bytes, Gathered) when Bytes >= ?TOGETHER ->
    command(Port, [$S | Gathered]),
    drain(Port, Handle);
more(Port, Handle, Bytes, Gathered) ->
    case data(Handle) of
        none -> command(Port, [$S | Gathered]);
        {Size, Data} when Size > ?LARGE -> command(Port, [$S | Gathered]), large(Port, Handle, Size, Data);
        {Size, Data} -> more(Port, Handle, Bytes + Size, [Gathered, <<Size:32>> | Data])
    end.

%% A port that has just closed: its exit status, which says more than we could, is on its way to the input.
command(Port, Data) ->
    try port_command(Port, Data) of true -> ok
    catch error:badarg -> receive after 5000 -> exit(connection_closed) end
    end.
