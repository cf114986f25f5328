%% SPDX-License-Identifier: Apache-2.0
%% Back-pressure: whoever doesn't read stops those who write, and memory stays bounded on both sides.
-module(tandem_pressure_tests).

-include_lib("eunit/include/eunit.hrl").

-import(tandem_support, [os_pid/1, input/1, signal/2, until/1, resident/1]).

-define(COUNT, 1000).
-define(PAYLOAD, 100_000).
%% Of 100 MB on their way. Room for a few large messages, buffers and the machine's moods.
-define(BOUND_KIB, 24 * 1024).

pressure_test_() ->
    [{"the engine does not read", {timeout, 120, fun stopped_engine/0}} || tandem_support:has_os_process()] ++
    [{"the host does not read", {timeout, 120, fun stopped_host/0}},
     {"neither reads", {timeout, 120, fun both_talk/0}}] ++
    [{"more than 4 GiB", {timeout, 120, fun too_large/0}} || tandem_support:carrier() =/= tcp].

%% The binary is there once, so it costs nothing. Who sends such a message is told; who ends with it is as if its connection were lost.
too_large() ->
    {ok, Owner, Node} = tandem:start(#{}),
    Self = self(),
    Large = fun() -> lists:duplicate(64, binary:copy(<<0>>, 1 bsl 26)) end,
    Calls = [fun(L) -> Self ! L end, fun(L) -> erlang:send(Self, L, [nosuspend]) end, fun(L) -> exit(Self, L) end,
             fun(L) -> spawn(node(Self), erlang, phash2, [L]) end],
    ?assertEqual([{error, system_limit} || _ <- Calls],
                 erpc:call(Node, fun() -> L = Large(), [try Call(L) catch Class:Reason -> {Class, Reason} end || Call <- Calls] end)),
    Was = process_flag(trap_exit, true),
    {Pid, Monitor} = spawn_opt(Node, fun() -> exit(Large()) end, [link, monitor]),
    ?assertEqual(noconnection, receive {'EXIT', Pid, Exit} -> Exit end),
    ?assertEqual(noconnection, receive {'DOWN', Monitor, process, Pid, Down} -> Down end),
    process_flag(trap_exit, Was),
    ?assertEqual(6, erpc:call(Node, lists, sum, [[1, 2, 3]])),
    ok = tandem:stop(Owner).

%% The engine's operating-system process is stopped: senders here are suspended, and nothing piles up.
stopped_engine() ->
    {ok, Owner, Node} = tandem:start(#{}),
    Self = self(),
    Sink = spawn_link(Node, fun() -> sink(?COUNT, 0, Self) end),
    OsPid = os_pid(Owner),
    Before = erlang:memory(total),
    signal("STOP", OsPid),
    Sent = counters:new(1, []),
    Sender = spawn_link(fun() -> send_many(Sink, Sent) end),
    ?assert(until(fun() -> process_info(Sender, status) =:= {status, suspended} end)),
    ?assert(stays(fun() -> counters:get(Sent, 1) end)),
    ?assert(counters:get(Sent, 1) < ?COUNT div 2),
    ?assert(erlang:memory(total) - Before < ?BOUND_KIB * 1024),
    ?assertEqual(nosuspend, erlang:send(Sink, more, [nosuspend])),
    signal("CONT", OsPid),
    receive {sunk, Bytes} -> ?assertEqual(?COUNT * ?PAYLOAD, Bytes) end,
    ok = tandem:stop(Owner).

%% The process here that takes what the engine sends is suspended: senders there wait, and nothing piles up.
stopped_host() ->
    {ok, Owner, Node} = tandem:start(#{carrier => port}),
    Self = self(),
    Input = input(Owner),
    OsPid = os_pid(Owner),
    Sent = spawn(Node, fun() -> count(0) end),
    Sender = spawn_link(Node, fun() -> receive go -> send_there(Self, Sent) end end),
    0 = asked(Sent),
    Before = {erlang:memory(total), resident(OsPid)},
    true = erlang:suspend_process(Input),
    Sender ! go,
    timer:sleep(500),
    {Total, Resident} = {erlang:memory(total), resident(OsPid)},
    true = erlang:resume_process(Input),
    sink(?COUNT, 0, Self),
    receive {sunk, Bytes} -> ?assertEqual(?COUNT * ?PAYLOAD, Bytes) end,
    ?assert(Total - element(1, Before) < ?BOUND_KIB * 1024),
    ?assert(Resident - element(2, Before) < ?BOUND_KIB),
    ?assertEqual(?COUNT, asked(Sent)),
    ok = tandem:stop(Owner).

%% Two that write before they read: each side has more to say than all buffers hold, and still both come to an end.
both_talk() ->
    {ok, Owner, Node} = tandem:start(#{}),
    Self = self(),
    There = spawn_link(Node, fun() -> receive go -> ok end, send_there(Self, none), sink(?COUNT, 0, Self) end),
    There ! go,
    send_many(There, counters:new(1, [])),
    sink(?COUNT, 0, Self),
    _ = [receive {sunk, Bytes} -> ?assertEqual(?COUNT * ?PAYLOAD, Bytes) end || _ <- [here, there]],
    ok = tandem:stop(Owner).

send_many(To, Sent) ->
    Payload = binary:copy(<<"0123456789">>, ?PAYLOAD div 10),
    _ = [begin To ! {I, Payload}, counters:add(Sent, 1, 1) end || I <- lists:seq(1, ?COUNT)],
    ok.

send_there(To, Sent) ->
    Payload = binary:copy(<<"0123456789">>, ?PAYLOAD div 10),
    _ = [begin To ! {I, Payload}, Sent =:= none orelse (Sent ! one) end || I <- lists:seq(1, ?COUNT)],
    ok.

count(N) ->
    receive
        one -> count(N + 1);
        {asked, From} -> From ! {count, N}, count(N)
    end.

asked(Sent) ->
    Sent ! {asked, self()},
    receive {count, N} -> N end.

sink(0, Bytes, To) -> To ! {sunk, Bytes};
sink(N, Bytes, To) -> receive {I, Payload} when is_integer(I) -> sink(N - 1, Bytes + byte_size(Payload), To) end.

%% The value does not change for a while.
stays(F) ->
    Value = F(),
    timer:sleep(300),
    Value =:= F().
