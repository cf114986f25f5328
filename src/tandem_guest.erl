%% SPDX-License-Identifier: Apache-2.0
%% @doc The connection to an engine inside this VM's operating-system process. Frames mean what they mean over a port
%% ({@link tandem_carrier}), but are handed over in memory ({@link tandem_nif}): so each message is a frame of its own, and nothing that
%% moves frames waits. One process is input and output ({@link tandem_connection}).
%%
%% === Back-pressure ===
%%
%% Towards the engine: when too many bytes wait for it, nothing is taken from the VM until there are few, so the VM's queue for this node
%% fills, and the VM suspends those who send to it. Towards the host: as over a port, by what the host has acknowledged.
-module(tandem_guest).

-export([start_link/1, program/0, kill/1, place/1]).

-record(guest, {handle :: tandem_nif:handle(), engine :: reference(), executable :: file:name_all(), line :: tandem_connection:line()}).

%% @doc As {@link tandem_carrier:start_link/1}; the executable is the engine's shared object.
-spec start_link(map()) -> pid().
start_link(Config) ->
    tandem_connection:start_link(fun(Owner) -> open(Owner, Config) end).

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
    Engine = make_ref(),
    Handle = case tandem_nif:open(Executable, Engine) of
                 {ok, Opened} -> Opened;
                 {error, Reason} -> exit({nif, Reason})
             end,
    _ = tandem_nif:put(Handle, tandem_connection:first_frame(Config#{environment => environment(Env)})),
    Ways = #{send => fun(Data) -> tandem_nif:put(Handle, iolist_to_binary(Data)) end},
    Line = tandem_connection:open(Handle, Owner, Ways, Window div 4, Config),
    State = #guest{handle = Handle, engine = Engine, executable = Executable, line = Line},
    serve_handshake([], State, tandem_connection:connection(Line)).

%% The VM's environment, which is not that of its operating-system process, as `Name=Value' with a NUL behind each.
environment(Changes) ->
    Inherited = lists:foldl(fun({Name, _}, Left) -> lists:keydelete(Name, 1, Left) end, os:env(), Changes),
    iolist_to_binary([[unicode:characters_to_binary([Name, $=, Value]), 0] || {Name, Value} <- Inherited ++ Changes, is_list(Value)]).

%% --- The handshake ---------------------------------------------------------------------------------------------------------

%% Frames that have come and that nobody has asked for yet wait in a list.
serve_handshake(Frames, #guest{handle = Handle, engine = Engine, executable = Executable, line = Line} = State, Connection) ->
    receive
        {Connection, Reference, recv} ->
            [Frame | More] = some_frames(Frames, State),
            Connection ! {Reference, Frame},
            serve_handshake(More, State, Connection);
        {go, Distribution} ->
            loop(State, Distribution, input(Line, Distribution, Frames, 0));
        {Engine, frames} ->
            serve_handshake(Frames ++ tandem_nif:take(Handle), State, Connection);
        {Engine, {last_words, Words}} ->
            tandem_connection:last_words(Line, Words),
            serve_handshake(Frames, State, Connection);
        {Engine, {exit_status, Status}} ->
            exit({exit_status, Status});
        {Engine, {unloadable, Text}} ->
            exit({executable, Executable, Text});
        {'EXIT', _, Reason} ->
            exit(Reason)
    end.

some_frames([], #guest{engine = Engine, handle = Handle, executable = Executable, line = Line} = State) ->
    receive
        {Engine, frames} -> some_frames(tandem_nif:take(Handle), State);
        {Engine, {last_words, Words}} -> tandem_connection:last_words(Line, Words), some_frames([], State);
        {Engine, {exit_status, Status}} -> exit({exit_status, Status});
        {Engine, {unloadable, Text}} -> exit({executable, Executable, Text});
        {'EXIT', _, Reason} -> exit(Reason)
    end;
some_frames(Frames, _) ->
    Frames.

%% --- Frames ----------------------------------------------------------------------------------------------------------------

%% Consumed: bytes that the engine has not been told about.
loop(State, Distribution, Consumed) ->
    erlang:dist_ctrl_get_data_notification(Distribution),
    wait(State, Distribution, Consumed).

wait(#guest{engine = Engine, handle = Handle, line = Line} = State, Distribution, Consumed) ->
    receive
        dist_data ->
            output(State, Distribution, Consumed);
        {Engine, frames} ->
            wait(State, Distribution, input(Line, Distribution, tandem_nif:take(Handle), Consumed));
        {Engine, room} ->
            output(State, Distribution, Consumed);
        {credit, Granted} ->
            _ = tandem_nif:put(Handle, tandem_connection:credit_frame(Granted)),
            wait(State, Distribution, Consumed);
        tick ->
            _ = tandem_nif:put(Handle, []),
            wait(State, Distribution, Consumed);
        {Engine, {last_words, Words}} ->
            tandem_connection:last_words(Line, Words),
            wait(State, Distribution, Consumed);
        {Engine, {exit_status, Status}} ->
            _ = input(Line, Distribution, tandem_nif:take(Handle), Consumed),
            tandem_connection:ended(Line, {exit_status, Status});
        {'EXIT', _, Reason} ->
            exit(Reason);
        _ ->
            wait(State, Distribution, Consumed)
    end.

%% When there is too much for the engine its `room' will come. Where it is closed, its exit status.
output(#guest{handle = Handle, line = Line} = State, Distribution, Consumed) ->
    Drained = drain(Handle, Distribution),
    Left = input(Line, Distribution, tandem_nif:take(Handle), Consumed),
    case Drained of
        ok -> loop(State, Distribution, Left);
        _ -> wait(State, Distribution, Left)
    end.

drain(Handle, Distribution) ->
    case erlang:dist_ctrl_get_data(Distribution) of
        none ->
            ok;
        Data ->
            case tandem_nif:put(Handle, Data) of
                ok -> drain(Handle, Distribution);
                Other -> Other
            end
    end.

input(_, _, [], Consumed) ->
    Consumed;
input(Line, Distribution, [Frame | Frames], Consumed) ->
    input(Line, Distribution, Frames, tandem_connection:consume(Line, Distribution, Frame, Consumed)).
