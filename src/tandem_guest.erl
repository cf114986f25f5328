%% SPDX-License-Identifier: Apache-2.0
%% @doc The connection to an engine inside this VM's operating-system process. It is made of the same three processes as that over a
%% port ({@link tandem_connection}), and frames mean the same ({@link tandem_carrier}); but they are handed over in memory
%% ({@link tandem_nif}), so each message is a frame of its own.
%%
%% === Back-pressure ===
%%
%% Towards the engine: when too many bytes wait for it, the output waits until there are few, so the VM's queue for this node fills, and
%% the VM suspends those who send to it. Towards the host: as over a port, by what the host has acknowledged.
-module(tandem_guest).

-export([start_link/1, program/0, kill/1, place/1]).

-record(input, {engine :: reference(), executable :: file:name_all(), line :: tandem_connection:line()}).

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
    Ways = #{send => fun(Data) -> command(Handle, Engine, iolist_to_binary(Data)) end,
             drain => fun(Distribution) -> drain(Handle, Engine, Distribution) end,
             sizes => false},
    Line = tandem_connection:open(Handle, Owner, Ways, Window div 4, Config),
    serve_handshake(#input{engine = Engine, executable = Executable, line = Line}, tandem_connection:connection(Line)).

%% The VM's environment, which is not that of its operating-system process, as `Name=Value' with a NUL behind each.
environment(Changes) ->
    Inherited = lists:foldl(fun({Name, _}, Left) -> lists:keydelete(Name, 1, Left) end, os:env(), Changes),
    iolist_to_binary([[unicode:characters_to_binary([Name, $=, Value]), 0] || {Name, Value} <- Inherited ++ Changes, is_list(Value)]).

%% --- The input -------------------------------------------------------------------------------------------------------------

serve_handshake(#input{engine = Engine, executable = Executable, line = Line} = State, Connection) ->
    receive
        {Connection, Reference, recv} ->
            Connection ! {Reference, next_frame(State)},
            serve_handshake(State, Connection);
        {go, Distribution} ->
            input(State, Distribution, 0);
        {Engine, {last_words, Words}} ->
            tandem_connection:last_words(Line, Words),
            serve_handshake(State, Connection);
        {Engine, {exit_status, Status}} ->
            exit({exit_status, Status});
        {Engine, {unloadable, Text}} ->
            exit({executable, Executable, Text});
        {'EXIT', _, Reason} ->
            exit(Reason)
    end.

next_frame(#input{engine = Engine, executable = Executable, line = Line} = State) ->
    receive
        {Engine, {data, Frame}} -> Frame;
        {Engine, {several, [Frame | Frames]}} -> self() ! {Engine, {several, Frames}}, Frame;
        {Engine, {last_words, Words}} -> tandem_connection:last_words(Line, Words), next_frame(State);
        {Engine, {exit_status, Status}} -> exit({exit_status, Status});
        {Engine, {unloadable, Text}} -> exit({executable, Executable, Text});
        {'EXIT', _, Reason} -> exit(Reason)
    end.

input(#input{engine = Engine, line = Line} = State, Distribution, Consumed) ->
    receive
        {Engine, {data, Frame}} ->
            input(State, Distribution, tandem_connection:consume(Line, Distribution, Frame, Consumed));
        {Engine, {several, Frames}} ->
            input(State, Distribution, several(Line, Distribution, Frames, Consumed));
        {Engine, {last_words, Words}} ->
            tandem_connection:last_words(Line, Words),
            input(State, Distribution, Consumed);
        {Engine, {exit_status, Status}} ->
            tandem_connection:ended(Line, {exit_status, Status});
        {'EXIT', _, Reason} ->
            exit(Reason);
        _ ->
            input(State, Distribution, Consumed)
    end.

several(_, _, [], Consumed) ->
    Consumed;
several(Line, Distribution, [Frame | Frames], Consumed) ->
    several(Line, Distribution, Frames, tandem_connection:consume(Line, Distribution, Frame, Consumed)).

%% --- The output ------------------------------------------------------------------------------------------------------------

drain(Handle, Engine, Distribution) ->
    case erlang:dist_ctrl_get_data(Distribution) of
        none ->
            ok;
        Data ->
            command(Handle, Engine, Data),
            drain(Handle, Engine, Distribution)
    end.

%% While it waits for room the engine may wait for credit; it takes frames in all the same, so the room comes.
command(Handle, Engine, Data) ->
    case tandem_nif:put(Handle, Data) of
        ok -> ok;
        full -> receive {Engine, room} -> ok end;
        closed -> receive after 5000 -> exit(connection_closed) end
    end.
