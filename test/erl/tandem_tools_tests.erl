%% SPDX-License-Identifier: Apache-2.0
%% What people use on nodes works on an engine: OTP's own tools, and those that look at every process.
-module(tandem_tools_tests).

-include_lib("eunit/include/eunit.hrl").
-include_lib("runtime_tools/include/observer_backend.hrl").

-behaviour(gen_server).

-export([init/1, handle_call/3, handle_cast/2]).

-import(tandem_support, [until/1, on/2]).

tools_test_() ->
    tandem_support:each_on_an_engine([{rpc, fun rpcs/1}, {erpc, fun erpcs/1}, {ping, fun ping/1}, {monitors, fun monitors/1}, {global, fun globals/1},
                                      {pg, fun groups/1}, {observer_backend, fun observer/1}, {scheduler_use, fun scheduler_use/1}, {etop, fun etop/1},
                                      {sys, fun sys_calls/1}, {every_process, fun every_process/1}, {remote_shell, fun remote_shell/1},
                                      {multi_call, fun multi_call/1}]).

rpcs(Node) ->
    ?assertEqual(6, rpc:call(Node, lists, sum, [[1, 2, 3]])),
    ?assertMatch({badrpc, {'EXIT', {badarith, _}}}, rpc:call(Node, erlang, '/', [1, 0])),
    ?assertEqual({badrpc, timeout}, rpc:call(Node, timer, sleep, [5000], 50)),
    ?assertEqual({[Node, node()], []}, rpc:multicall([Node, node()], erlang, node, [])),
    Key = rpc:async_call(Node, lists, reverse, [[1, 2]]),
    ?assertEqual([2, 1], rpc:yield(Key)),
    ?assertEqual([1, 4, 9], rpc:parallel_eval([{erlang, '*', [N, N]} || N <- [1, 2, 3]])),
    Self = self(),
    true = rpc:cast(Node, erlang, send, [Self, cast]),
    receive cast -> ok end,
    ?assertEqual(abcast, rpc:abcast([Node], no_such_server, hello)),
    {ok, _} = rpc:call(Node, rpc, start, []),    % not there by itself
    ?assertEqual(ok, rpc:block_call(Node, timer, sleep, [1])).

erpcs(Node) ->
    ?assertEqual([{ok, Node}, {ok, node()}], erpc:multicall([Node, node()], fun() -> node() end)),
    ?assertError({exception, badarith, [_ | _]}, erpc:call(Node, fun() -> 1 / zero() end)),
    ?assertError({erpc, timeout}, erpc:call(Node, timer, sleep, [5000], 50)),
    Request = erpc:send_request(Node, lists, max, [[1, 3, 2]]),
    ?assertEqual({response, 3}, erpc:wait_response(Request, 5000)),
    Self = self(),
    ok = erpc:cast(Node, fun() -> Self ! {cast, node()} end),
    receive {cast, There} -> ?assertEqual(Node, There) end,
    ?assertMatch([{current_function, {_, _, _}}, {status, waiting}],
                 erpc:call(Node, erlang, process_info, [idle(Node), [current_function, status]])).

ping(Node) ->
    ?assertEqual(pong, net_adm:ping(Node)),
    ?assertEqual(pong, on(Node, fun() -> net_adm:ping(node()) end)),
    Host = node(),
    ?assertEqual(pong, on(Node, fun() -> net_adm:ping(Host) end)),
    ?assertEqual(pang, on(Node, fun() -> net_adm:ping(nobody@nowhere) end)),
    ?assertEqual([Node], [N || N <- nodes(hidden), N =:= Node]),
    ?assertNot(lists:member(Node, nodes())).

%% Who wants to know hears of it once, when it comes and when it goes.
monitors(_) ->
    ok = net_kernel:monitor_nodes(true, [{node_type, all}, nodedown_reason]),
    ok = net_kernel:monitor_nodes(true),
    {ok, Pid, Node} = tandem:start(#{}),
    receive {nodeup, Node, Up} -> ?assertEqual(hidden, proplists:get_value(node_type, Up)) end,
    true = erlang:monitor_node(Node, true),
    Watched = on(Node, fun() -> spawn(fun() -> receive stop -> ok end end) end),
    Monitor = monitor(process, Watched),
    ok = tandem:stop(Pid),
    receive {nodedown, Node, Down} -> ?assertEqual(hidden, proplists:get_value(node_type, Down)) end,
    receive {nodedown, Node} -> ok end,
    receive {'DOWN', Monitor, process, Watched, Reason} -> ?assertEqual(noconnection, Reason) end,
    receive {_, Node} -> error(twice); {_, Node, _} -> error(twice) after 50 -> ok end,
    ok = net_kernel:monitor_nodes(false, [{node_type, all}, nodedown_reason]),
    ok = net_kernel:monitor_nodes(false).

%% The VM's own, with an engine beside it; called from there, they are the VM's.
globals(Node) ->
    Self = self(),
    yes = global:register_name(tools_here, Self),
    ?assertEqual(Self, global:whereis_name(tools_here)),
    ?assertEqual(Self, on(Node, fun() -> global:whereis_name(tools_here) end)),
    ?assertEqual(Self, on(Node, fun() -> global:send(tools_here, {from, node()}) end)),
    receive {from, Where} -> ?assertEqual(Node, Where) end,
    Idle = idle(Node),
    ?assertEqual(yes, global:register_name(tools_there, Idle)),
    ?assertEqual(Idle, global:whereis_name(tools_there)),
    exit(Idle, kill),
    ?assert(until(fun() -> global:whereis_name(tools_there) =:= undefined end)),
    ?assertEqual([node()], global:trans({tools_lock, Self}, fun() -> [node()] end, [node()])),
    ok = global:sync(),
    global:unregister_name(tools_here).

groups(Node) ->
    {ok, Here} = pg:start_link(tools_scope),
    ok = pg:join(tools_scope, group, self()),
    Self = self(),
    Members = on(Node, fun() ->
                           {ok, There} = pg:start(tools_scope),
                           ok = pg:join(tools_scope, group, self()),
                           Own = pg:get_members(tools_scope, group) =:= [self()],
                           gen_server:stop(There),
                           Own
                       end),
    ?assert(Members),
    ?assertEqual([Self], pg:get_members(tools_scope, group)),
    unlink(Here),
    gen_server:stop(Here).

%% What observer and etop ask of a node.
observer(Node) ->
    Info = rpc:call(Node, observer_backend, sys_info, []),
    [?assertMatch({Key, _}, {Key, proplists:get_value(Key, Info)}) || Key <- [process_count, uptime, otp_release, version, schedulers, atom_count]],
    ?assertEqual("25", proplists:get_value(otp_release, Info)),
    Self = self(),
    spawn(Node, observer_backend, procs_info, [Self]),
    Processes = procs(Self),
    ?assert(length(Processes) >= 1),
    [?assert(is_pid(Pid) andalso is_integer(Memory) andalso is_integer(Reductions))
     || #etop_proc_info{pid = Pid, mem = Memory, reds = Reductions} <- Processes],
    Tables = rpc:call(Node, observer_backend, get_table_list, [ets, [{sys_hidden, false}, {unread_hidden, false}]]),
    ?assert(is_list(Tables)),
    ?assertEqual([], rpc:call(Node, observer_backend, get_port_list, [])),
    Owner = spawn(Node, fun() -> _ = ets:new(observed, [named_table]), ets:insert(observed, {a, 1}), receive stop -> ok end end),
    ?assert(until(fun() -> rpc:call(Node, ets, whereis, [observed]) =/= undefined end)),
    spawn(Node, observer_backend, get_table, [Self, observed, ets]),
    ?assertEqual([{a, 1}], lists:flatten(table_of(Self))),
    exit(Owner, kill).

table_of(Self) ->
    receive
        {_, '$end_of_table'} -> [];
        {_, Rows} when is_list(Rows) -> [Rows | table_of(Self)]
    end.

procs(Self) ->
    receive
        {procs_info, _, Processes} -> Processes ++ procs(Self);
        {_, #etop_info{procinfo = Processes}} -> Processes
    after 3000 -> []
    end.

%% Shares of time, as scheduler:utilization/2 makes them.
scheduler_use(Node) ->
    ?assertEqual(undefined, on(Node, fun() -> erlang:statistics(scheduler_wall_time) end)),
    Use = on(Node, fun() ->
                       false = erlang:system_flag(scheduler_wall_time, true),
                       Before = scheduler:get_sample(),
                       spins(erlang:monotonic_time(millisecond) + 300),
                       Found = scheduler:utilization(Before, scheduler:get_sample()),
                       true = erlang:system_flag(scheduler_wall_time, false),
                       Found
                   end),
    {total, Total, [_ | _]} = lists:keyfind(total, 1, Use),
    Schedulers = [Share || {normal, _, Share, _} <- Use],
    ?assertEqual(on(Node, fun() -> erlang:system_info(schedulers) end), length(Schedulers)),
    [?assert(Share >= 0 andalso Share =< 1) || Share <- [Total | Schedulers]],
    ?assert(lists:max(Schedulers) > 0.5).

spins(Until) ->
    case erlang:monotonic_time(millisecond) < Until of
        true -> _ = lists:seq(1, 1000), spins(Until);
        false -> ok
    end.

%% Its pictures, as text: of the engine's processes.
etop(Node) ->
    case code:which(etop) of
        non_existing -> ok;
        _ ->
            Capture = tandem_capture:start_link(),
            Named = idle(Node),
            true = on(Node, fun() -> register(etop_sees_this, Named) end),
            Leader = group_leader(),
            group_leader(Capture, self()),
            spawn(fun() -> etop:start([{node, Node}, {output, text}, {interval, 1}, {lines, 20}, {tracing, off}]) end),
            group_leader(Leader, self()),
            timer:sleep(2500),
            etop:stop(),
            Text = unicode:characters_to_list(tandem_capture:stop(Capture)),
            [?assertMatch({match, _}, re:run(Text, Pattern)) || Pattern <- ["etop_sees_this", atom_to_list(Node), "Load: ", "binary "]],
            exit(Named, kill)
    end.

sys_calls(Node) ->
    Server = on(Node, fun() -> {ok, Pid} = gen_server:start(?MODULE, 1, []), Pid end),
    ?assertEqual(1, sys:get_state(Server)),
    ?assertEqual(5, sys:replace_state(Server, fun(N) -> N + 4 end)),
    ?assertMatch({status, Server, {module, gen_server}, [_ | _]}, sys:get_status(Server)),
    ok = sys:statistics(Server, true),
    ok = sys:log(Server, true),
    Capture = tandem_capture:start_link(),
    _ = on(Node, fun() -> group_leader(Capture, Server) end),
    ok = sys:trace(Server, true),
    ?assertEqual(6, gen_server:call(Server, next)),
    ok = sys:trace(Server, false),
    Text = unicode:characters_to_list(tandem_capture:stop(Capture)),
    [?assertMatch({match, _}, re:run(Text, Pattern)) || Pattern <- ["\\*DBG\\* <[0-9.]+> got call next from", "sent 6 to"]],
    {ok, [_ | _]} = sys:log(Server, get),
    {ok, [{start_time, _} | _]} = sys:statistics(Server, get),
    ok = sys:suspend(Server),
    ?assertExit({timeout, _}, gen_server:call(Server, next, 50)),
    ok = sys:resume(Server),
    ?assertEqual(8, gen_server:call(Server, next)),
    ?assertEqual(ok, sys:terminate(Server, normal)).

%% In the manner of recon: some items of all processes there, at once, while they come and go.
every_process(Node) ->
    Churn = spawn(Node, fun Loop() -> spawn(fun() -> lists:seq(1, 1000) end), erlang:yield(), Loop() end),
    Items = [reductions, memory, message_queue_len, current_function, initial_call, registered_name, total_heap_size, status, links, dictionary],
    All = on(Node, fun() -> [{P, process_info(P, Items)} || P <- processes()] end),
    exit(Churn, kill),
    Alive = [Info || {_, Info} <- All, Info =/= undefined],
    ?assert(length(Alive) >= 2),
    [?assertEqual(Items, [Key || {Key, _} <- Info]) || Info <- Alive],
    Window = on(Node, fun() ->
                          Sample = fun() -> maps:from_list([{P, R} || P <- processes(), {reductions, R} <- [process_info(P, reductions)]]) end,
                          Before = Sample(),
                          spins(erlang:monotonic_time(millisecond) + 50),
                          maps:filter(fun(P, R) -> R > maps:get(P, Before, 0) end, Sample())
                      end),
    ?assert(map_size(Window) >= 1).

%% What a remote shell evaluates: expressions, with bindings, records of nobody, and processes of its own.
remote_shell(Node) ->
    ?assertEqual({value, Node, []}, evaluated(Node, "node().", [])),
    ?assertMatch({value, 10, [{'X', 4}, {'Y', 6}]}, evaluated(Node, "Y = X + 2, X + Y.", [{'X', 4}])),
    ?assertMatch({value, [2, 4, 6], _}, evaluated(Node, "F = fun(N) -> 2 * N end, [F(N) || N <- [1, 2, 3]].", [])),
    ?assertMatch({value, {echo, 5}, _}, evaluated(Node, "P = spawn(fun() -> receive {S, M} -> S ! {echo, M} end end), P ! {self(), 5}, receive R -> R end.", [])),
    ?assertMatch({value, {badarith, caught}, _}, evaluated(Node, "try 1 / (1 - 1) catch error:E -> {E, caught} end.", [])),
    ?assertError({exception, {badmatch, 2}, _}, evaluated(Node, "1 = 2.", [])),
    ?assertMatch({value, #{a := 1}, _}, evaluated(Node, "#{a => 1}.", [])),
    Self = self(),
    Leader = group_leader(),
    Capture = tandem_capture:start_link(),
    group_leader(Capture, self()),
    {value, ok, _} = evaluated(Node, "io:format(\"~p~n\", [lists:seq(1, 3)]).", []),
    group_leader(Leader, Self),
    ?assertEqual(<<"[1,2,3]\n">>, tandem_capture:stop(Capture)).

evaluated(Node, Text, Bindings) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    {value, Value, New} = erpc:call(Node, erl_eval, exprs, [Expressions, orddict:from_list(Bindings)]),
    {value, Value, lists:sort([{Name, V} || {Name, V} <- New, not is_function(V), not is_pid(V)])}.

multi_call(Node) ->
    {ok, Here} = gen_server:start({local, tools_server}, ?MODULE, 10, []),
    There = on(Node, fun() -> {ok, Pid} = gen_server:start({local, tools_server}, ?MODULE, 20, []), Pid end),
    {Replies, []} = gen_server:multi_call([node(), Node], tools_server, next),
    ?assertEqual(lists:sort([{node(), 11}, {Node, 21}]), lists:sort(Replies)),
    ?assertEqual({[{node(), 12}], [nobody@nowhere]}, gen_server:multi_call([node(), nobody@nowhere], tools_server, next)),
    abcast = gen_server:abcast([Node], tools_server, {add, 100}),
    ?assertEqual(122, gen_server:call({tools_server, Node}, next)),
    ?assertEqual(123, on(Node, fun() -> gen_server:call(tools_server, next) end)),
    gen_server:stop(There),
    gen_server:stop(Here).

zero() -> 0.

idle(Node) -> spawn(Node, fun() -> receive stop -> ok end end).

-spec init(integer()) -> {ok, integer()}.
init(N) -> {ok, N}.

-spec handle_call(next, gen_server:from(), integer()) -> {reply, integer(), integer()}.
handle_call(next, _, N) -> {reply, N + 1, N + 1}.

-spec handle_cast({add, integer()}, integer()) -> {noreply, integer()}.
handle_cast({add, More}, N) -> {noreply, N + More}.
