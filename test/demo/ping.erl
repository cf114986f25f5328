%% SPDX-License-Identifier: Apache-2.0
%% @doc The guide's ping server, written in Erlang: the same bytecode runs on both engines.
-module(ping).

-export([examples/0, pings/0, counts_down/0, trapped/0]).

%% @doc The examples of this module: function and title.
-spec examples() -> [{atom(), string()}].
examples() ->
    [{pings, "Erlang: a server that answers pings"},
     {counts_down, "Erlang: timers"},
     {trapped, "Erlang: an exit signal, trapped"}].

%% @doc Asks a server three times, then stops it.
-spec pings() -> ok.
pings() ->
    Server = spawn_link(fun server/0),
    [begin
         Server ! {self(), {ping, N}},
         receive {pong, M} -> io:format("got pong ~b~n", [M]) end
     end || N <- [1, 2, 3]],
    Server ! stop,
    ok.

server() ->
    receive
        {From, {ping, N}} -> From ! {pong, N * N}, server();
        stop -> ok
    end.

%% @doc Three timers, set in the wrong order.
-spec counts_down() -> ok.
counts_down() ->
    _ = [erlang:send_after(N * 20, self(), {tick, N}) || N <- [3, 1, 2]],
    [receive {tick, N} -> io:format("~b~n", [N]) end || _ <- [1, 2, 3]],
    io:format("go~n").

%% @doc A linked process dies of a badarith; its parent gets the message.
-spec trapped() -> ok.
trapped() ->
    process_flag(trap_exit, true),
    Child = spawn_link(fun() -> receive N -> 1 div N end end),
    Child ! 0,
    receive {'EXIT', Child, {Reason, [{M, F, _, _} | _]}} -> io:format("child died of ~p in ~p:~p~n", [Reason, M, F]) end.
