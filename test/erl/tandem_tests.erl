%% SPDX-License-Identifier: Apache-2.0
%% The host's side: starting and stopping engines, what their death does, and traffic across the border.
-module(tandem_tests).

-include_lib("eunit/include/eunit.hrl").

-import(tandem_support, [os_pid/1, signal/2, gone/1, await_gone/1, until/1, on/2]).

%% Seconds that a test may take on a busy machine.
-define(LIMIT, 60).

% The default limit of a test is too short for a busy machine.
single_test_() ->
    [{atom_to_list(Name), {timeout, ?LIMIT, Test}}
     || {Name, Test} <- [{start_and_stop, fun start_and_stop/0}, {latest, fun latest/0}, {names, fun names/0}, {names_of_nodes, fun names_of_nodes/0}, {link_to_owner, fun link_to_owner/0}]
                        ++ [Killing || Killing <- [{start_failure, fun start_failure/0}, {killed_engine, fun killed_engine/0},
                                                   {stopped_engine_can_be_stopped, fun stopped_engine_can_be_stopped/0}, {supervised, fun supervised/0}],
                                       tandem_support:has_os_process()]].

%% --- Options ---------------------------------------------------------------------------------------------------------------

options_test_() ->
    [?_assertEqual({error, {bad_options, nothing}}, tandem:start_link(nothing)),
     ?_assertEqual({error, {unknown_option, colour}}, tandem:start_link(#{colour => red})),
     [?_assertEqual({error, {bad_option, Name, Value}}, tandem:start_link(#{Name => Value}))
      || {Name, Value} <- [{carrier, pigeon}, {name, "with space"}, {name, ''}, {name, 1}, {schedulers, 0}, {schedulers, many}, {schedulers, 65}, {log, loud}, {timeout, -1},
                           {window, 1}, {executable, 7}, {executable, ""}, {executable, <<0>>}, {env, [a]}, {env, [{"A=B", "x"}]}, {env, [{"A", [0]}]},
                           {env, [{"", "x"}]}, {env, [{"A", "x"} | b]}, {name, "line\n"}, {name, <<"line\n">>}, {name, [1 | 2]}, {listen, [a]}, {listen, "a\0b"}, {listen, <<255>>},
                           {net_ticktime, 0}, {memory, 1000}, {memory, 1 bsl 70}, {log, "error"}, {timeout, 1.5}, {workers, none}]],
     [?_assertEqual({error, {bad_option, Name, Value}}, tandem:start_link(#{carrier => port, Name => Value})) || {Name, Value} <- [{listen, "localhost"}, {net_ticktime, 5}]],
     ?_assertEqual({error, {bad_option, workers, 2}}, tandem:start_link(#{schedulers => 1, workers => 2})),
     ?_assertEqual({error, {unknown_option, "name"}}, tandem:start_link(#{"name" => a})),
     fun every_option_is_explained/0, fun workers_of_the_environment/0, fun not_an_engine/0,
     ?_assertMatch(#{id := tandem, type := worker, start := {tandem, start_link, [#{}]}}, tandem:child_spec(#{})),
     ?_assertMatch(#{id := box}, tandem:child_spec(#{name => box}))].

%% Each option's error says what the option takes, and the logger is told.
every_option_is_explained() ->
    _ = [begin
             Text = lists:flatten(io_lib:format("~ts", [tandem_reason:explain({bad_option, Name, self()}, tandem_options:takes())])),
             ?assertMatch({match, _}, re:run(Text, "^the option " ++ atom_to_list(Name) ++ " can't be .*; it takes .+"))
         end || Name <- [workers | tandem_options:names()]],
    ?assertMatch({match, _}, re:run(tandem_reason:explain({unknown_option, colour}, tandem_options:takes()), "colour.*schedulers")).

workers_of_the_environment() ->
    ok = application:set_env(tandem, workers, 2),
    {ok, #{schedulers := 2}} = tandem_options:check(#{}),
    {ok, #{schedulers := 1}} = tandem_options:check(#{schedulers => 1}),
    {ok, #{schedulers := 1}} = tandem_options:check(#{workers => 1}),
    ok = application:set_env(tandem, workers, many),
    ?assertEqual({error, {bad_option, workers, many}}, tandem_options:check(#{})),
    ok = application:unset_env(tandem, workers).

%% What isn't an engine stays as it is.
not_an_engine() ->
    Server = whereis(logger),
    _ = [?assertEqual({error, {not_an_engine, Other}}, tandem:F(Other)) || Other <- [logger, 'no@where', node(), "box"], F <- [stop, info, attach], Other =/= 'no@where' orelse F =/= attach],
    ?assertEqual({error, {not_an_engine, Server}}, tandem:stop(Server)),
    ?assertEqual(Server, whereis(logger)),
    ?assertEqual({error, {no_connection, 'no@where'}}, tandem:attach('no@where')),
    _ = [?assertEqual({error, Reason}, tandem:attach('no@where', Options))
         || {Reason, Options} <- [{{bad_options, x}, x}, {{unknown_option, time}, #{time => 1}}, {{bad_option, timeout, 0}, #{timeout => 0}}]],
    _ = [?assertEqual({error, {not_attached, Other}}, tandem:detach(Other)) || Other <- [logger, 'no@where', Server, 1]],
    {ok, Pid, Node} = tandem:start(#{}),
    _ = [?assertEqual({error, {not_attached, Other}}, tandem:detach(Other)) || Other <- [Pid, Node]],
    ?assertEqual(Node, on(Node, fun() -> node() end)),
    ok = tandem:stop(Pid).

%% In a process of its own: exit signals of what was linked may come late.
start_failure() ->
    {Pid, Monitor} = spawn_monitor(fun start_failures/0),
    receive {'DOWN', Monitor, process, Pid, Why} -> ?assertEqual(normal, Why) end.

start_failures() ->
    _ = trap(),
    [?assertEqual({error, Reason}, tandem:start_link(Options))
     || {Reason, Options} <- [{{executable, "/no/such/file", enoent}, #{executable => "/no/such/file"}},
                              {{exit_status, 3}, #{executable => script("head -c 1 <&3 > /dev/null; exit 3")}},
                              {timeout, #{executable => script("exec sleep 5"), timeout => 100}}]],
    {error, AtOnce} = tandem:start_link(#{executable => os:find_executable("false")}),
    ?assert(lists:member(AtOnce, [{exit_status, 1}, {port_closed, epipe}])).    % the options may find it gone

script(Line) ->
    File = filename:join("_build/test", "script" ++ integer_to_list(erlang:unique_integer([positive]))),
    ok = file:write_file(File, ["#!/bin/sh\n", Line, "\n"]),
    ok = file:change_mode(File, 8#755),
    filename:absname(File).

trap() -> process_flag(trap_exit, true).
untrap(Was) -> process_flag(trap_exit, Was).

%% --- A life ----------------------------------------------------------------------------------------------------------------

start_and_stop() ->
    {ok, Pid, Node} = tandem:start(#{}),
    ?assert(lists:member(Node, nodes(hidden))),
    ?assertEqual(Pid, whereis(Node)),
    ?assertEqual([], on(Node, fun persistent_term:get/0)),
    ?assertEqual({42, Node}, on(Node, fun() -> {6 * 7, node()} end)),
    monitor_node(Node, true),
    ?assertEqual(ok, tandem:stop(Node)),
    ?assertNot(lists:member(Node, nodes(connected))),
    receive {nodedown, Node} -> ok end,
    ?assertNot(is_process_alive(Pid)),
    ?assertEqual({error, {not_an_engine, Node}}, tandem:stop(Node)),
    ?assertEqual({error, {not_an_engine, Node}}, tandem:info(Node)).

%% The engine started last, also while others end.
latest() ->
    {ok, A, NodeA} = tandem:start(#{}),
    ?assertEqual({ok, NodeA}, tandem_engine:latest()),
    ?assertEqual(error, lists:foldl(fun after_another/2, A, lists:seq(1, 20))).

after_another(Round, Ending) ->
    Stopping = spawn(tandem, stop, [Ending]),
    Monitor = monitor(process, Stopping),
    timer:sleep(Round rem 5),
    {ok, Engine, Node} = tandem:start(#{}),
    receive {'DOWN', Monitor, process, Stopping, _} -> ok end,
    ?assertEqual({ok, Node}, tandem_engine:latest()),
    case Round of
        20 -> ok = tandem:stop(Engine), tandem_engine:latest();
        _ -> Engine
    end.

names() ->
    {ok, A, NodeA} = tandem:start(#{name => box}),
    [_, Host] = string:split(atom_to_list(node()), "@"),
    ?assertEqual(list_to_atom("box@" ++ Host), NodeA),
    ?assertEqual({error, {already_started, A}}, tandem:start(#{name => "box"})),
    ok = tandem:stop(A),
    [begin {ok, P, NodeA} = tandem:start(#{name => <<"box">>}), ?assertEqual(NodeA, on(NodeA, fun node/0)), ok = tandem:stop(P) end
     || _ <- lists:seq(1, 10)].

%% What is no engine has it: this VM, or one that is connected, or that epmd knows.
names_of_nodes() ->
    _ = tandem_distribution:ensure(),
    [Own, _] = string:split(atom_to_list(node()), "@"),
    ?assertMatch({error, {name_taken, <<"this VM has", _/binary>>}}, tandem:start(#{name => Own})),
    {ok, Pid, Node} = tandem:start(#{name => first}),
    {ok, Kept, Node} = begin exit(Pid, kill), started_again() end,
    ?assertEqual(Node, on(Node, fun() -> node() end)),
    ok = tandem:stop(Kept).

%% It takes the name as soon as who had it is gone.
started_again() ->
    case tandem:start(#{name => first}) of
        {error, {already_started, _}} -> timer:sleep(10), started_again();
        Result -> Result
    end.

several_at_once_test_() ->
    {timeout, ?LIMIT, fun() ->
        Self = self(),
        _ = [spawn(fun() -> Self ! tandem:start(#{}) end) || _ <- lists:seq(1, 8)],
        Engines = [receive {ok, Pid, Node} -> {Pid, Node} end || _ <- lists:seq(1, 8)],
        Nodes = [Node || {_, Node} <- Engines],
        ?assertEqual(8, length(lists:usort(Nodes))),
        ?assertEqual(Nodes, [on(Node, fun node/0) || Node <- Nodes]),
        _ = [ok = tandem:stop(Pid) || {Pid, _} <- Engines]
    end}.

link_to_owner() ->
    Self = self(),
    Owner = spawn(fun() -> {ok, _, Node} = tandem:start_link(#{}), Self ! {node, Node}, receive stop -> exit(done) end end),
    Node = receive {node, N} -> N end,
    monitor_node(Node, true),
    Owner ! stop,
    receive {nodedown, Node} -> ok end.

%% --- Death -----------------------------------------------------------------------------------------------------------------

killed_engine() ->
    Was = trap(),
    {ok, Pid, Node} = tandem:start_link(#{}),
    Remote = spawn_link(Node, fun() -> receive never -> ok end end),
    Monitor = monitor(process, Remote),
    monitor_node(Node, true),
    signal("KILL", os_pid(Pid)),
    receive {'EXIT', Remote, R1} -> ?assertEqual(noconnection, R1) end,
    receive {'DOWN', Monitor, process, Remote, R2} -> ?assertEqual(noconnection, R2) end,
    receive {nodedown, Node} -> ok end,
    receive {'EXIT', Pid, R3} -> ?assertEqual({exit_status, 137}, R3) end,
    untrap(Was).

stopped_engine_can_be_stopped() ->
    {ok, Pid, _} = tandem:start(#{}),
    OsPid = os_pid(Pid),
    signal("STOP", OsPid),
    ?assertEqual(ok, tandem:stop(Pid)),
    await_gone(OsPid).

supervised() ->
    {ok, Supervisor} = supervisor:start_link(tandem_tests_sup, #{name => supervised}),
    [{supervised, First, worker, _}] = supervisor:which_children(Supervisor),
    Node = element(2, process_info(First, registered_name)),
    signal("KILL", os_pid(First)),
    ?assert(until(fun() -> case supervisor:which_children(Supervisor) of
                               [{_, Pid, _, _}] when is_pid(Pid), Pid =/= First -> true;
                               _ -> false
                           end
                  end)),
    ?assertEqual(restarted, on(Node, fun() -> restarted end)),
    unlink(Supervisor),
    Monitor = monitor(process, Supervisor),
    exit(Supervisor, shutdown),
    receive {'DOWN', Monitor, _, _, shutdown} -> ok end,
    ?assertNot(lists:member(Node, nodes(connected))).

%% A VM of its own, without a name, that starts an engine and is killed; also in the middle of large messages both ways.
killed_host_test_() ->
    Large = "Large = binary:copy(<<1>>, 5000000), Sink = fun F() -> receive _ -> F() end end, "
            "There = spawn(N, Sink), Here = spawn(Sink), spawn(fun F() -> There ! Large, F() end), spawn(N, fun F() -> Here ! Large, F() end), timer:sleep(300), ",
    [{timeout, ?LIMIT, fun() ->
        Port = open_port({spawn_executable, os:find_executable("erl")},
                         [{args, ["-noinput", "-pa" | code:get_path()] ++
                               ["-eval", "{ok, P, N} = tandem:start(#{}), Q = [I || R <- erlang:ports(), {os_pid, I} <- [erlang:port_info(R, os_pid)], is_integer(I)], "
                                "spawn(N, fun() -> receive never -> ok end end), " ++ Talk ++
                                "io:format(\"~p.~n\", [{P =/= N, node() =/= nonode@nohost, lists:max(Q)}])."]},
                          {line, 1000}, exit_status, binary]),
        OsPid = receive
                    {Port, {data, {eol, <<"{true,true,", Rest/binary>>}}} -> binary_to_integer(hd(binary:split(Rest, <<"}">>)))
                end,
        {os_pid, Host} = erlang:port_info(Port, os_pid),
        ?assertNot(gone(OsPid)),
        signal("KILL", Host),
        receive {Port, {exit_status, _}} -> ok end,
        await_gone(OsPid)
    end} || tandem_support:has_os_process(), Talk <- ["", Large]].

%% --- Across the border -----------------------------------------------------------------------------------------------------

across_test_() ->
    {setup,
     fun() -> {ok, Pid, Node} = tandem:start(#{}), {Pid, Node} end,
     fun({Pid, _}) -> tandem:stop(Pid) end,
     fun({_, Node}) ->
             [{atom_to_list(Name), {timeout, ?LIMIT, fun() -> Test(Node) end}}
              || {Name, Test} <- [{in_order, fun in_order/1}, {terms, fun terms/1}, {links, fun links/1}, {names, fun names/1},
                                  {spawning, fun spawning/1}, {server, fun server/1}, {delegated, fun delegated/1}, {info, fun info/1}, {counters, fun counters/1},
                                  {errors, fun errors/1}, {missing, fun missing/1}, {erpc, fun remote_calls/1}, {printing, fun printing/1},
                                  {flood_from_host, fun flood_from_host/1}, {flood_from_engine, fun flood_from_engine/1},
                                  {both_ways, fun flood_both_ways/1}, {large, fun large_messages/1}]]
     end}.

in_order(Node) ->
    Self = self(),
    N = 20000,
    Pid = spawn_link(Node, fun() -> echo(N, Self) end),
    _ = [Pid ! I || I <- lists:seq(1, N)],
    ?assertEqual(lists:seq(1, N), [receive {echo, I} -> I end || _ <- lists:seq(1, N)]).

echo(0, _) -> ok;
echo(N, To) -> receive I -> To ! {echo, I} end, echo(N - 1, To).

terms(Node) ->
    Terms = [0, -1, 255, 1 bsl 27, 1 bsl 59, 1 bsl 60, -(1 bsl 64), 1 bsl 5000, 1.5, -0.0, a, 'ätöm', list_to_atom(lists:duplicate(255, $x)), {},
             list_to_tuple(lists:seq(1, 300)), [], "text", [a | b], <<>>, <<"bin">>, binary:copy(<<"big">>, 50000), <<5:3>>, self(), make_ref(),
             hd(erlang:ports()), #{}, #{a => 1}, maps:from_list([{I, I} || I <- lists:seq(1, 200)]), fun lists:map/2, fun(X) -> X end,
             lists:foldl(fun(_, T) -> {T} end, x, lists:seq(1, 100000)), lists:foldl(fun(_, T) -> [T] end, x, lists:seq(1, 100000))],
    Echo = spawn_link(Node, fun Loop() -> receive {From, R, T} -> From ! {R, T}, Loop() end end),
    _ = [begin R = make_ref(), Echo ! {self(), R, T}, receive {R, Back} -> ?assert(T =:= Back) end end || T <- Terms],
    unlink(Echo),
    exit(Echo, kill).

links(Node) ->
    Was = trap(),
    _ = [begin
             Pid = spawn_link(Node, fun() -> receive {die, How} -> How() end end),
             Pid ! {die, How},
             receive {'EXIT', Pid, Reason} -> ?assert(Expected(Reason)) end
         end || {How, Expected} <- [{fun() -> ok end, fun(R) -> R =:= normal end}, {fun() -> exit(why) end, fun(R) -> R =:= why end},
                                    {fun() -> error(e) end, fun({e, [_ | _]}) -> true end}, {fun() -> exit(self(), kill) end, fun(R) -> R =:= killed end}]],
    Remote = spawn(Node, fun() -> process_flag(trap_exit, true), receive {'EXIT', P, R} -> P ! never, exit({seen, R}) end end),
    Monitor = monitor(process, Remote),
    _ = spawn(fun() -> link(Remote), exit(local_reason) end),
    receive {'DOWN', Monitor, process, Remote, R} -> ?assertEqual({seen, local_reason}, R) end,
    Other = spawn_link(Node, fun() -> receive never -> ok end end),
    exit(Other, kill),
    receive {'EXIT', Other, killed} -> ok end,
    Unlinked = spawn_link(Node, fun() -> receive go -> exit(unseen) end end),
    Ended = monitor(process, Unlinked),
    true = unlink(Unlinked),
    Unlinked ! go,
    receive {'DOWN', Ended, process, Unlinked, unseen} -> ok end,
    ?assertEqual(later, on(Node, fun() -> later end)),
    receive {'EXIT', Unlinked, _} -> error(linked) after 0 -> ok end,
    link(Unlinked),
    receive {'EXIT', Unlinked, noproc} -> ok end,
    untrap(Was).

names(Node) ->
    Self = self(),
    Missing = monitor(process, {no_such_name, Node}),
    receive {'DOWN', Missing, process, {no_such_name, Node}, noproc} -> ok end,
    _ = spawn(Node, fun() -> register(named, self()), Self ! ready, receive {From, hello} -> From ! {hello, node()} end end),
    receive ready -> ok end,
    M = monitor(process, {named, Node}),
    {named, Node} ! {self(), hello},
    receive {hello, Node} -> ok end,
    receive {'DOWN', M, process, {named, Node}, normal} -> ok end,
    {no_such_name, Node} ! lost,
    register(host_named, self()),
    _ = spawn(Node, fun() -> {host_named, node(Self)} ! to_host end),
    receive to_host -> ok end,
    unregister(host_named).

spawning(Node) ->
    {P1, M1} = spawn_monitor(Node, fun() -> exit(one) end),
    receive {'DOWN', M1, process, P1, one} -> ok end,
    {P2, M2} = spawn_monitor(Node, erlang, exit, [two]),
    receive {'DOWN', M2, process, P2, two} -> ok end,
    {P3, M3} = spawn_opt(Node, fun() -> exit(three) end, [monitor, {priority, low}]),
    receive {'DOWN', M3, process, P3, three} -> ok end,
    R = erlang:spawn_request(Node, fun() -> ok end, [{reply_tag, started}]),
    receive {started, R, ok, P4} -> ?assertEqual(Node, node(P4)) end.

server(Node) ->
    Self = self(),
    Owner = spawn_link(Node, fun() -> {ok, S} = gen_server:start_link(bench_process, 4, []), Self ! {server, S}, receive stop -> gen_server:stop(S) end end),
    S = receive {server, P} -> P end,
    ?assertEqual([5, 6, 7], [gen_server:call(S, increment) || _ <- [1, 2, 3]]),
    Owner ! stop.

delegated(Node) ->
    ?assertEqual(file:get_cwd(), on(Node, fun() -> file:get_cwd() end)),
    ?assertMatch({error, {badarg, [{erlang, binary_to_existing_atom, _, _} | _]}},
                 on(Node, fun() -> try binary_to_existing_atom(<<"no such atom ever">>) catch C:R:S -> {C, {R, S}} end end)),
    ?assertEqual({ok, undefined}, on(Node, fun() -> {ok, application:get_env(kernel, no_such_variable, undefined)} end)).

info(Node) ->
    Info = tandem:info(Node),
    _ = [?assert(is_map_key(Key, Info)) || Key <- [version, schedulers, processes, memory, reductions, modules, messages_in, messages_out, delegated, missing]],
    #{processes := Before} = Info,
    Pids = [spawn(Node, fun() -> receive stop -> ok end end) || _ <- lists:seq(1, 10)],
    pong = on(Node, fun() -> pong end),
    #{processes := During} = tandem:info(Node),
    ?assertEqual(10, During - Before),
    _ = [P ! stop || P <- Pids],
    ?assertMatch({error, {not_an_engine, _}}, tandem:info(no_such_node@nowhere)).

counters(Node) ->
    Counters = tandem_json:decode(tandem:counters(Node)),
    ?assertMatch(#{<<"schedulers">> := _, <<"memory">> := #{<<"in_use">> := _}, <<"messages">> := #{<<"from_host">> := _}}, Counters),
    ?assertMatch({error, {not_an_engine, _}}, tandem:counters(no_such_node@nowhere)).

errors(Node) ->
    {P, M} = spawn_monitor(Node, fun() -> lists:nth(3, [1]) end),
    receive {'DOWN', M, process, P, {function_clause, [{lists, nth, [2, []], _} | _]}} -> ok end,
    {P1, M1} = spawn_monitor(Node, no_such_module_anywhere, f, [1]),
    receive {'DOWN', M1, process, P1, {undef, [{no_such_module_anywhere, f, [1], []} | _]}} -> ok end.

%% A function that native code should have replaced.
missing(Node) ->
    ?assertMatch({error, undef, [{tandem_support, no_native, _, _} | _]},
                 on(Node, fun() -> try tandem_support:no_native(1) catch C:R:S -> {C, R, S} end end)),
    #{missing := Missing} = tandem:info(Node),
    ?assertMatch(#{{tandem_support, no_native, 1} := 1}, Missing),
    #{<<"missing">> := Counted} = tandem_json:decode(tandem:counters(Node)),
    ?assert(lists:member(#{<<"module">> => <<"tandem_support">>, <<"function">> => <<"no_native">>, <<"arity">> => 1, <<"calls">> => 1},
                         Counted)).

remote_calls(Node) ->
    ?assertEqual(6, erpc:call(Node, lists, sum, [[1, 2, 3]])),
    ?assertError({exception, badarith, _}, erpc:call(Node, fun() -> 1 / zero() end)),
    ?assertExit({exception, why}, erpc:call(Node, erlang, exit, [why])).

zero() -> 0.

printing(Node) ->
    Capture = tandem_capture:start_link(),
    Leader = group_leader(),
    group_leader(Capture, self()),
    done = on(Node, fun() -> io:format("from ~p~n", [node()]), done end),
    group_leader(Leader, self()),
    ?assertEqual(iolist_to_binary(io_lib:format("from ~p~n", [Node])), tandem_capture:stop(Capture)).

%% More than any buffer between them holds. The engine's process reads slowly, so the senders here must be stopped on their way.
flood_from_host(Node) ->
    Self = self(),
    Count = 4000,
    Sink = spawn_link(Node, fun() -> sink(Count, 0, Self) end),
    Payload = binary:copy(<<"0123456789">>, 1000),
    _ = [Sink ! {I, Payload} || I <- lists:seq(1, Count)],
    receive {sunk, Bytes} -> ?assertEqual(Count * byte_size(Payload), Bytes) end.

sink(0, Bytes, To) -> To ! {sunk, Bytes};
sink(N, Bytes, To) -> receive {_, Payload} -> sink(N - 1, Bytes + byte_size(Payload), To) end.

flood_from_engine(Node) ->
    Self = self(),
    Count = 4000,
    _ = spawn_link(Node, fun() ->
                                 Payload = binary:copy(<<"0123456789">>, 1000),
                                 [Self ! {I, Payload} || I <- lists:seq(1, Count)]
                         end),
    sink(Count, 0, Self),
    receive {sunk, Bytes} -> ?assertEqual(Count * 10000, Bytes) end.

flood_both_ways(Node) ->
    N = 3000,
    Payload = binary:copy(<<"x">>, 5000),
    Echo = spawn_link(Node, fun Loop() -> receive {From, T} -> From ! {back, T}, Loop(); stop -> ok end end),
    _ = [Echo ! {self(), {I, Payload}} || I <- lists:seq(1, N)],
    ?assertEqual(lists:seq(1, N), [receive {back, {I, Payload}} -> I end || _ <- lists:seq(1, N)]),
    Echo ! stop.

large_messages(Node) ->
    Echo = spawn_link(Node, fun Loop() -> receive {From, T} -> From ! {back, T}, Loop(); stop -> ok end end),
    _ = [begin
             Big = binary:copy(<<7>>, Size),
             Echo ! {self(), Big},
             receive {back, Back} -> ?assert(Back =:= Big) end
         end || Size <- [65535, 65536, 1 bsl 20, 20 bsl 20]],
    _ = [Echo ! {self(), Term} || Term <- mixed()],
    _ = [receive {back, Back} -> ?assert(Back =:= Term) end || Term <- mixed()],
    Echo ! stop.

%% Around the sizes where messages, and the pieces of which they are made, are treated in another way.
mixed() ->
    Sizes = [K * 1024 + Off || K <- [8, 32, 64, 128, 192, 1000], Off <- [-80, -4, 0, 1, 70]],
    lists:append([[I, Bytes, {I, [Bytes, {<<I:16>>, Bytes}]}, [<<"first">>, Bytes, small], <<Bytes/binary, 5:3>>]
                  || {I, Size} <- lists:enumerate(Sizes), Bytes <- [bytes(I, Size)]]).

bytes(Seed, Size) ->
    binary:part(iolist_to_binary([<<(N * Seed):32>> || N <- lists:seq(1, Size div 4 + 1)]), 0, Size).
