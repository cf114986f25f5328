%% SPDX-License-Identifier: Apache-2.0
%% The option `memory': who asks for more ends, the engine and everybody else go on.
-module(tandem_memory_tests).

-include_lib("eunit/include/eunit.hrl").

-export([log/2]).

-define(LIMIT, 96 bsl 20).

memory_test_() ->
    {timeout, 120, {setup, fun start/0, fun tandem:stop/1, fun(Node) ->
        [{timeout, 30, {Name, fun() -> ends(Node, Greedy) end}} || {Name, Greedy} <- greedy()]
            ++ [{"told", fun() -> told(Node) end}, {"of huge terms the beginning is told", fun() -> abridged(Node) end},
                {timeout, 30, {"flood from the host", fun() -> flood(Node) end}},
                {timeout, 30, {"many processes", fun() -> many(Node) end}},
                {timeout, 60, {"processes that spawn by turns", fun() -> by_turns(Node) end}}]
    end}}.

start() ->
    {ok, _, Node} = tandem:start_link(#{memory => ?LIMIT}),
    Node.

greedy() ->
    [{"a list", fun() -> grow([]) end},
     {"a binary that is too large", fun() -> binary:copy(<<0>>, 3 bsl 30) end},
     {"a binary under construction", fun() -> double(<<0:8000>>) end},
     {"a bit string", fun() -> N = 1 bsl 34, <<0:N>> end},
     {"an iolist", fun() -> B = binary:copy(<<1>>, 1 bsl 20), iolist_to_binary(lists:duplicate(3000, B)) end},
     {"many binaries", fun() -> binaries([], 0) end},
     {"characters", fun() -> B = binary:copy(<<"a">>, 1 bsl 20), unicode:characters_to_binary(lists:duplicate(3000, B)) end},
     {"a list of characters", fun() -> unicode:characters_to_list(binary:copy(<<"a">>, 20 bsl 20)) end},
     {"a text to be searched", fun() -> B = binary:copy(<<"a">>, 1 bsl 20), re:run(lists:duplicate(3000, B), "b") end},
     {"a regular expression", fun() -> B = binary:copy(<<"a">>, 1 bsl 20), re:compile(lists:duplicate(3000, B)) end},
     {"a list of bytes", fun() -> binary_to_list(binary:copy(<<7>>, 20 bsl 20)) end},
     {"messages to itself", fun() -> send_self(lists:seq(1, 1000)) end},
     {"a table", fun() -> T = ets:new(t, [public]), fill(T, 0) end},
     {"the dictionary", fun() -> remember(0) end},
     {"atomics", fun() -> atomics:new(1 bsl 28, []) end},
     {"an external term", fun() -> L = lists:seq(1, 100_000), term_to_binary(lists:duplicate(100_000, L)) end},
     {"a list for a table", fun() -> T = ets:new(t, []), B = binary:copy(<<1>>, 60), ets:insert(T, [{N, lists:duplicate(1000, B)} || N <- lists:seq(1, 20_000)]) end},
     {"an object of shared parts", fun() -> T = ets:new(t, []), ets:insert(T, {1, doubled(50)}) end},
     {"objects of shared parts", fun() -> T = ets:new(t, [bag]), ets:insert(T, [{N, doubled(50)} || N <- lists:seq(1, 100)]) end},
     {"an element of shared parts", fun() -> T = ets:new(t, [ordered_set]), ets:insert(T, {1, 2}), ets:update_element(T, 1, {2, doubled(50)}) end},
     {"a pattern of shared parts", fun() -> ets:match(ets:new(t, []), doubled(50)) end},
     {"a body of shared parts", fun() -> ets:select(ets:new(t, []), [{'$1', [], [lists:foldl(fun(_, T) -> {{T, T}} end, '$1', lists:seq(1, 50))]}]) end},
     {"a specification of shared parts", fun() -> ets:match_spec_compile([{doubled(50), [], ['$_']}]) end},
     {"a specification that is tested", fun() -> ets:test_ms({a}, [{doubled(50), [], [doubled(50)]}]) end},
     {"a timer's message of shared parts", fun() -> erlang:send_after(10_000, self(), doubled(50)) end},
     {"a message of shared parts", fun() -> spawn(fun() -> receive _ -> ok end end) ! doubled(50) end},
     {"a message of shared parts to itself", fun() -> self() ! doubled(50), erlang:garbage_collect(), erlang:yield() end},
     {"a persistent term of shared parts", fun() -> persistent_term:put(shared_parts, doubled(50)) end},
     {"what it catches", fun() -> insist() end}].

%% The reason is the documented one, and the engine answers afterwards.
ends(Node, Greedy) ->
    Bystander = spawn(Node, fun() -> receive {From, ping} -> From ! pong end end),
    {_, Monitor} = spawn_monitor(Node, fun() -> process_flag(trap_exit, true), Greedy(), exit(lived) end),
    receive {'DOWN', Monitor, process, _, Reason} -> ?assertEqual({system_limit, memory}, Reason) end,
    Bystander ! {self(), ping},
    receive pong -> ok end,
    ?assert(maps:get(memory, tandem:info(Node)) < ?LIMIT).

grow(L) -> grow([lists:seq(1, 100) | L]).

%% 2^N cells when it is copied.
doubled(N) -> lists:foldl(fun(_, T) -> [T | T] end, [], lists:seq(1, N)).

double(B) -> double(<<B/binary, B/binary>>).

binaries(Kept, N) -> binaries([binary:copy(<<N>>, 1 bsl 20) | Kept], (N + 1) rem 256).

send_self(M) -> self() ! M, send_self(M).

fill(T, N) -> ets:insert(T, {N, lists:seq(1, 100)}), fill(T, N + 1).

remember(N) -> put(N, lists:seq(1, 100)), remember(N + 1).

insist() ->
    catch binary:copy(<<0>>, 3 bsl 30),
    catch binary:copy(<<0>>, 3 bsl 30),
    insist().

%% @private
log(Event, #{config := Pid}) -> Pid ! {event, Event}.

told(Node) ->
    Before = maps:get(memory_ended, tandem:info(Node)),
    ok = logger:add_handler(?MODULE, ?MODULE, #{config => self(), level => error}),
    Pid = spawn(Node, fun() -> grow([]) end),
    receive
        {event, #{level := error, msg := {Format, Arguments}, meta := #{pid := Pid}}} ->
            Text = lists:flatten(io_lib:format(Format, Arguments)),
            ?assertNotEqual(nomatch, string:find(Text, "memory limit reached"))
    after 10_000 -> error(not_told)
    end,
    ok = logger:remove_handler(?MODULE),
    #{memory_ended := Ended, memory_limit := ?LIMIT} = tandem:info(Node),
    ?assertEqual(Before + 1, Ended).

%% The VM's logger would print an integer of millions of digits for hours. Who is linked gets all of it.
abridged(Node) ->
    ok = logger:add_handler(?MODULE, ?MODULE, #{config => self(), level => error}),
    {Pid, Monitor} = spawn_monitor(Node, fun() -> square(3, lists:seq(1, 100_000)) end),
    receive
        {event, #{msg := {_, [Pid, Node, {function_clause, [{?MODULE, square, [Square, List], Location} | _]}]}}} ->
            ?assertMatch({'...', [{file, _}, {line, _}]}, {Square, Location}),
            ?assertEqual([1, 2, 3], lists:sublist(List, 3)),
            ?assertEqual('...', lists:last(List))
    after 10_000 -> error(not_told)
    end,
    ok = logger:remove_handler(?MODULE),
    receive {'DOWN', Monitor, process, Pid, {function_clause, [{?MODULE, square, [_, Whole], _} | _]}} -> ?assertEqual(100_000, length(Whole)) end.

square(N, List) when N < 1 bsl 100_000 -> square(N * N, List).

%% The receiver ends, not the connection.
flood(Node) ->
    {Pid, Monitor} = spawn_monitor(Node, fun() -> receive never -> ok end end),
    Message = lists:seq(1, 50_000),
    Send = fun Send(0) -> ok; Send(N) -> Pid ! Message, Send(N - 1) end,
    Send(400),
    receive {'DOWN', Monitor, process, Pid, Reason} -> ?assertEqual({system_limit, memory}, Reason) end,
    ?assertEqual(pong, net_adm:ping(Node)).

%% Who spawns without end is ended, with all of its own.
many(Node) ->
    {_, Monitor} = spawn_monitor(Node, fun() -> spawn_more() end),
    receive {'DOWN', Monitor, process, _, Reason} -> ?assertEqual({system_limit, memory}, Reason) end,
    ?assertEqual(3, erpc:call(Node, erlang, '+', [1, 2])).

spawn_more() ->
    spawn_link(fun() -> receive never -> ok end end),
    spawn_more().

%% Each takes little, and asks no more: the limit holds all the same, and most of them end without a report of their own.
by_turns(Node) ->
    await_end(Node),
    Before = maps:get(memory_ended, tandem:info(Node)),
    ok = logger:add_handler(?MODULE, ?MODULE, #{config => self(), level => error}),
    spawn(Node, fun multiply/0),
    Most = lists:max([begin timer:sleep(10), maps:get(memory, tandem:info(Node)) end || _ <- lists:seq(1, 100)]),
    ?assert(Most > ?LIMIT div 2),
    ?assert(Most < ?LIMIT + ?LIMIT div 8),
    await_end(Node),
    Ended = maps:get(memory_ended, tandem:info(Node)) - Before,
    ok = logger:remove_handler(?MODULE),
    ?assert(reports() =< min(Ended, 20 * 60)),
    ?assertEqual(3, erpc:call(Node, erlang, '+', [1, 2])).

multiply() ->
    spawn(fun multiply/0),
    spawn(fun multiply/0),
    receive after 2000 -> ok end.

await_end(Node) ->
    case tandem:info(Node) of
        #{processes := Few} when Few < 100 -> ok;
        #{} -> timer:sleep(50), await_end(Node)
    end.

reports() ->
    receive {event, _} -> 1 + reports()
    after 0 -> 0
    end.
