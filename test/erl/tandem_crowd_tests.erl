%% SPDX-License-Identifier: Apache-2.0
%% A million of each: messages, timers; links and monitors in the hundred thousands. What is left afterwards is little.
-module(tandem_crowd_tests).

-include_lib("eunit/include/eunit.hrl").

-export([run/1]).
-export([mailbox/0, timers/0, links/0, monitors/0]).

-define(LEFT, 8 bsl 20).    % bytes in use after each of them
-define(LONGEST, 60_000).

crowd_test_() ->
    {timeout, 300, {setup, fun() -> {ok, _, Node} = tandem:start_link(#{}), Node end, fun tandem:stop/1, fun(Node) ->
        [{timeout, 70, {atom_to_list(What), fun() -> alone(Node, What) end}} || What <- [mailbox, timers, links, monitors]]
    end}}.

alone(Node, What) ->
    {_, Monitor} = spawn_monitor(Node, ?MODULE, run, [What]),
    receive {'DOWN', Monitor, process, _, Result} -> ?assertEqual(done, Result)
    after ?LONGEST -> error({takes_too_long, What})
    end,
    ?assertEqual(little, left(Node, 50)).

%% What has ended is freed when no scheduler can be looking at it any more.
left(Node, Times) ->
    case maps:get(memory, tandem:info(Node)) of
        Left when Left < ?LEFT -> little;
        Left when Times =:= 0 -> Left;
        _ -> timer:sleep(100), left(Node, Times - 1)
    end.

%% @private
-spec run(atom()) -> no_return().
run(What) ->
    ?MODULE:What(),
    exit(done).

%% Collections and calls with references pass a full mailbox by: 10 times as many messages would not make them slower.
mailbox() ->
    Self = self(),
    _ = [Self ! {message, N} || N <- lists:seq(1, 1_000_000)],
    receive {message, 1_000_000} -> ok end,
    Echo = spawn_link(fun Echo() -> receive {From, Ref} -> From ! Ref, Echo() end end),
    _ = [begin Ref = make_ref(), Echo ! {Self, Ref}, receive Ref -> ok end end || _ <- lists:seq(1, 10_000)],
    _ = [lists:sum(lists:seq(1, 1000)) || _ <- lists:seq(1, 1000)],
    {message_queue_len, 999_999} = process_info(Self, message_queue_len),
    unlink(Echo),
    exit(Echo, kill).

timers() ->
    Refs = [erlang:send_after(3_600_000 + N rem 1000, self(), late) || N <- lists:seq(1, 1_000_000)],
    true = lists:all(fun(Ref) -> is_integer(erlang:cancel_timer(Ref)) end, Refs),
    false = erlang:cancel_timer(hd(Refs)).

links() ->
    {Hub, Monitor} = spawn_monitor(fun() -> hub(100_000) end),
    Members = receive {Hub, Pids} -> Pids end,
    Monitors = [monitor(process, Pid) || Pid <- Members],
    Hub ! stop,
    receive {'DOWN', Monitor, process, Hub, boom} -> ok end,
    _ = [receive {'DOWN', M, process, _, boom} -> ok end || M <- Monitors].

hub(N) ->
    {parent, Parent} = process_info(self(), parent),
    Parent ! {self(), [spawn_link(fun() -> receive never -> ok end end) || _ <- lists:seq(1, N)]},
    receive stop -> exit(boom) end.

monitors() ->
    {Pid, Monitor} = spawn_monitor(fun() -> receive stop -> ok end end),
    _ = [demonitor(M, [flush]) || M <- [monitor(process, Pid) || _ <- lists:seq(1, 200_000)]],
    Monitors = [monitor(process, Pid) || _ <- lists:seq(1, 200_000)],
    Pid ! stop,
    _ = [receive {'DOWN', M, process, Pid, normal} -> ok end || M <- [Monitor | Monitors]].
