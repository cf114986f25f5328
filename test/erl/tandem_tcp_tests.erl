%% SPDX-License-Identifier: Apache-2.0
%% Engines as members of a cluster: VMs and engines with an epmd of their own, and what may happen to each of them.
-module(tandem_tcp_tests).

-include_lib("eunit/include/eunit.hrl").

-import(tandem_support, [os_pid/1, signal/2, await_gone/1, until/1, resident/1]).

-export([start/1, owned/1, try_start/1, echo/0, forward/0, watch/2, starts/2, loop/0]).

-define(COOKIE, "clustered").
%% Seconds that a test may take on a busy machine.
-define(LIMIT, 120).
-define(LONG, 900).

-record(cluster, {port :: pos_integer(), epmd :: port(), cookie :: file:filename()}).

cluster_test_() ->
    {setup, fun open/0, fun close/1,
     fun(C) ->
             [{"many starts", {timeout, ?LONG, fun() -> many_starts(C) end}}
              | [{atom_to_list(Name), {timeout, ?LIMIT, fun() -> Test(C) end}}
              || {Name, Test} <- [{life, fun life/1}, {terminated, fun terminated/1}, {two_hosts, fun two_hosts/1}, {no_host, fun no_host/1},
                                  {two_engines, fun two_engines/1}, {third_node, fun third_node/1}, {first_call, fun first_call/1}, {long_name, fun long_name/1}, {wrong_cookie, fun wrong_cookie/1},
                                  {another_life, fun another_life/1}, {stopped_engine, fun stopped_engine/1}, {stopped_node, fun stopped_node/1},
                                  {strangers, fun strangers/1}, {epmd_comes_back, fun epmd_comes_back/1}, {killed_owner, fun killed_owner/1},
                                  {name_taken, fun name_taken/1}, {missing_epmd, fun missing_epmd/1}, {cookie_files, fun cookie_files/1},
                                  {addresses, fun addresses/1}, {large_and_small, fun large_and_small/1}, {both_at_once, fun both_at_once/1},
                                  {nodes, fun nodes_known/1}, {ipv6, fun ipv6/1}]]]
     end}.

%% --- The cluster -----------------------------------------------------------------------------------------------------------

open() ->
    Folder = filename:absname("_build/test/tcp"),
    Cookie = filename:join(Folder, "cookie"),
    ok = filelib:ensure_dir(Cookie),
    write_cookie(Cookie, [?COOKIE, "\n"]),
    Port = 20000 + erlang:phash2({os:getpid(), erlang:unique_integer()}, 12000),
    #cluster{port = Port, epmd = start_epmd(Port), cookie = Cookie}.

write_cookie(File, Text) ->
    _ = file:delete(File),
    ok = file:write_file(File, Text),
    ok = file:change_mode(File, 8#400).

close(#cluster{epmd = Epmd}) ->
    stop_program(Epmd, "KILL").

start_epmd(Port) ->
    Epmd = open_port({spawn_executable, os:find_executable("epmd")}, [{args, ["-port", integer_to_list(Port), "-relaxed_command_check"]}, exit_status]),
    true = until(fun() -> is_listening(Port) end),
    Epmd.

is_listening(Port) ->
    case gen_tcp:connect("localhost", Port, []) of
        {ok, Socket} -> gen_tcp:close(Socket), true;
        {error, _} -> false
    end.

stop_program(Port, Signal) ->
    case erlang:port_info(Port, os_pid) of
        {os_pid, OsPid} -> signal(Signal, OsPid), receive {Port, {exit_status, Status}} -> Status after 10000 -> error(still_there) end;
        undefined -> receive {Port, {exit_status, Status}} -> Status after 0 -> none end
    end.

environment(#cluster{port = Port}) -> [{"ERL_EPMD_PORT", integer_to_list(Port)}].

%% A VM of the cluster, which is controlled over its standard input.
vm(C, Args) ->
    {ok, Pid, Node} = peer:start_link(#{name => peer:random_name(), connection => standard_io, env => environment(C),
                                        args => ["-setcookie", ?COOKIE, "-pa" | code:get_path()] ++ Args}),
    _ = peer:call(Pid, logger, set_primary_config, [level, none]),
    {Pid, Node}.

with_vms(C, Count, Test) -> with_vms(C, Count, [], Test).

with_vms(C, Count, Args, Test) ->
    Vms = [vm(C, Args) || _ <- lists:seq(1, Count)],
    try Test(Vms)
    after [catch peer:stop(Pid) || {Pid, _} <- Vms]
    end.

host_part({_, Node}) ->
    [_, Host] = string:split(atom_to_list(Node), "@"),
    Host.

%% An engine of nobody.
alone(C, Vm, Args) -> alone(C, Vm, "alone" ++ integer_to_list(erlang:unique_integer([positive])), Args).

alone(#cluster{cookie = Cookie} = C, Vm, Name, Args) ->
    Full = Name ++ "@" ++ host_part(Vm),
    Program = program(C, ["--name", Full, "--cookie-file", Cookie, "--log", "info" | Args]),
    receive
        {Program, {data, {eol, <<"tandem: info: ", _/binary>>}}} -> ok;
        {Program, {exit_status, Status}} -> error({ended, Status})
    after 10000 -> error(no_engine)
    end,
    {Program, list_to_atom(Full)}.

program(C, Args) ->
    open_port({spawn_executable, filename:absname("priv/tandem")},
              [{args, Args}, {env, environment(C)}, exit_status, stderr_to_stdout, {line, 1000}, binary]).

%% How a program ends that cannot start, and what it says.
refused(C, Args) ->
    Program = program(C, Args),
    said(Program, []).

said(Program, Lines) ->
    receive
        {Program, {data, {eol, Line}}} -> said(Program, [Line | Lines]);
        {Program, {exit_status, Status}} -> {Status, iolist_to_binary(lists:join("\n", lists:reverse(Lines)))}
    after 10000 -> error(goes_on)
    end.

says(Program, Pattern) ->
    receive
        {Program, {data, {eol, Line}}} -> re:run(Line, Pattern) =/= nomatch orelse says(Program, Pattern)
    after 10000 -> false
    end.

%% --- What runs in the VMs --------------------------------------------------------------------------------------------------

%% @private Starts an engine of this VM that lives on when the caller ends.
start(Options) ->
    Self = self(),
    _ = spawn(fun() -> process_flag(trap_exit, true), Self ! {started, tandem:start_link(Options)}, receive never -> ok end end),
    receive {started, Result} -> Result end.

owned(Options) -> {ok, Pid, Node} = start(Options#{carrier => tcp}), {Pid, Node}.

%% @private
try_start(Options) -> tandem:start(Options#{carrier => tcp}).

echo() -> receive {From, Message} -> From ! {self(), Message}, echo() end.

forward() -> receive {to, To, Message} -> To ! Message, forward() end.

%% Waits for the end of what it monitors, and tells it once more than it should be told.
watch(To, Pids) ->
    process_flag(trap_exit, true),
    _ = [begin link(P), monitor(process, P) end || P <- Pids],
    To ! {self(), watching},
    loop(To).

loop(To) -> receive Message -> To ! {self(), Message}, loop(To) end.

loop() -> receive _ -> loop() end.

%% Starts and stops, one name after the other; gives of what there is more then: processes, ports, and file descriptors. What sees to it that
%% an engine ends may take as long as that.
starts(N, Name) ->
    Count = fun() -> [length(processes()), length(erlang:ports()), length(element(2, file:list_dir("/proc/self/fd")))] end,
    More = fun(Before) -> [Both || {Old, New} = Both <- lists:zip(Before, Count()), New > Old] end,
    One = fun() ->
                  {ok, Pid, Node} = try_start(#{name => Name}),
                  2 = erpc:call(Node, erlang, '+', [1, 1]),
                  ok = tandem:stop(Pid)
          end,
    One(),
    true = tandem_support:until(fun() -> true end, 1),    % is loaded
    {Before, Atoms} = {Count(), erlang:system_info(atom_count)},
    _ = [One() || _ <- lists:seq(1, N)],
    _ = tandem_support:until(fun() -> More(Before) =:= [] end, 6000),
    {More(Before), erlang:system_info(atom_count) - Atoms}.

call({Pid, _}, F, Args) -> peer:call(Pid, ?MODULE, F, Args, 60000).
call({Pid, _}, M, F, Args) -> peer:call(Pid, M, F, Args, 60000).

%% Runs a fun of this module in a VM.
in({Pid, _}, F) -> peer:call(Pid, erlang, apply, [F, []], 100_000).

%% --- Tests -----------------------------------------------------------------------------------------------------------------

life(C) ->
    with_vms(C, 1, fun([Vm]) ->
        {Program, Node} = alone(C, Vm, []),
        {os_pid, OsPid} = erlang:port_info(Program, os_pid),
        {ok, CommandLine} = file:read_file("/proc/" ++ integer_to_list(OsPid) ++ "/cmdline"),
        ?assertEqual(nomatch, binary:match(CommandLine, <<?COOKIE>>)),
        ?assertEqual({ok, ok, pong}, in(Vm, fun() ->
            {ok, Attached} = tandem:attach(Node),
            {error, {already_started, Attached}} = tandem:attach(Node),
            #{version := _} = tandem:info(Node),
            Node = erpc:call(Node, fun() -> node() end),
            {ok, _} = erpc:call(Node, file, get_cwd, []),
            _ = tandem:detach(Node),
            #{version := _} = tandem:info(Node),
            Ping = net_adm:ping(Node),
            {ok, tandem:stop(Node), Ping}
        end)),
        receive {Program, {exit_status, Status}} -> ?assertEqual(0, Status) end,
        ?assertMatch({error, {no_connection, Node}}, call(Vm, tandem, attach, [Node])),
        ?assertEqual({error, {not_an_engine, Node}}, call(Vm, tandem, stop, [Node]))
    end).

terminated(C) ->
    with_vms(C, 1, fun([Vm]) ->
        {Program, Node} = alone(C, Vm, []),
        ?assertEqual(nodedown, in(Vm, fun() ->
            true = net_kernel:connect_node(Node),
            monitor_node(Node, true),
            {'$tandem', Node} ! {ignored},
            spawn(fun() -> timer:sleep(200), os:cmd("kill -TERM " ++ integer_to_list(element(2, erlang:port_info(Program, os_pid)))) end),
            nodedown
        end)),
        ?assertEqual(0, stop_program(Program, "TERM"))
    end).

%% The first serves; when it is killed the second one does, and what had ties to the first hears of it once.
two_hosts(C) ->
    with_vms(C, 2, fun([{FirstPid, _} = First, Second]) ->
        {Program, Node} = alone(C, First, []),
        in(First, fun() -> spawn(fun() -> {ok, _} = tandem:attach(Node), receive never -> ok end end), ok end),
        true = until(fun() -> in(First, fun() -> try erpc:call(Node, lists, sum, [[1]]) =:= 1 catch _:_ -> false end end) end),
        Remote = in(First, fun() -> spawn(fun ?MODULE:loop/0) end),
        in(Second, fun() -> spawn(fun() -> {ok, _} = tandem:attach(Node), receive never -> ok end end), ok end),
        Self = in(Second, fun() -> register(collector, spawn(fun() -> collect([]) end)), whereis(collector) end),
        Watcher = in(Second, fun() -> spawn(Node, ?MODULE, watch, [whereis(collector), [Remote]]) end),
        true = until(fun() -> in(Second, fun() -> ask(Self) end) =:= [{Watcher, watching}] end),
        unlink(FirstPid),
        FirstOs = list_to_integer(call(First, os, getpid, [])),
        signal("KILL", FirstOs),
        true = until(fun() -> length(in(Second, fun() -> ask(Self) end)) =:= 3 end),
        timer:sleep(200),
        [{Watcher, watching} | Ends] = in(Second, fun() -> ask(Self) end),
        ?assertMatch([{Watcher, {'DOWN', _, process, Remote, noconnection}}, {Watcher, {'EXIT', Remote, noconnection}}], lists:sort(fun is_down/2, Ends)),
        ?assertMatch([{1, a}], in(Second, fun() -> erpc:call(Node, orddict, from_list, [[{1, a}]]) end)),
        ?assertMatch({ok, _}, in(Second, fun() -> erpc:call(Node, file, get_cwd, []) end)),
        ?assertEqual(0, stop_program(Program, "TERM"))
    end).

collect(All) ->
    receive
        {ask, From, R} -> From ! {R, lists:reverse(All)}, collect(All);
        Other -> collect([Other | All])
    end.

ask(Pid) ->
    R = make_ref(),
    Pid ! {ask, self(), R},
    receive {R, All} -> All end.

is_down({_, A}, {_, _}) -> element(1, A) =:= 'DOWN'.

no_host(C) ->
    with_vms(C, 1, fun([Vm]) ->
        {Program, Node} = alone(C, Vm, []),
        ?assertMatch({undef, [{lists, sum, [[1]], _}]}, in(Vm, fun() ->
            {P, M} = spawn_monitor(Node, lists, sum, [[1]]),
            receive {'DOWN', M, process, P, Reason} -> Reason end
        end)),
        ?assertEqual(1, in(Vm, fun() -> {ok, _} = tandem:attach(Node), erpc:call(Node, lists, sum, [[1]]) end)),
        ?assertEqual(0, stop_program(Program, "TERM"))
    end).

%% Two engines know each other through pids alone; when one ends the other's processes hear of it.
two_engines(C) ->
    with_vms(C, 1, fun([Vm]) ->
        {_, A} = call(Vm, owned, [#{}]),
        {OwnerB, B} = call(Vm, owned, [#{}]),
        ?assertEqual({answered, [B]}, in(Vm, fun() ->
            Echo = spawn(B, ?MODULE, echo, []),
            Self = self(),
            spawn(A, fun() -> Echo ! {self(), hello}, receive {Echo, hello} -> Self ! {answered, nodes(hidden) -- [node(Self)]} end end),
            receive {answered, _} = Answered -> Answered after 5000 -> nothing end
        end)),
        Messages = in(Vm, fun() ->
            Echo = spawn(B, ?MODULE, echo, []),
            Watcher = spawn(A, ?MODULE, watch, [self(), [Echo]]),
            receive {Watcher, watching} -> ok end,
            os:cmd("kill -KILL " ++ integer_to_list(os_pid(OwnerB))),
            Got = [receive {Watcher, {'EXIT', Echo, R1}} -> {exit, R1} after 5000 -> none end,
                   receive {Watcher, {'DOWN', _, process, Echo, R2}} -> {down, R2} after 5000 -> none end],
            Got ++ [receive {Watcher, _} -> more after 200 -> nothing end]
        end),
        ?assertEqual([{exit, noconnection}, {down, noconnection}, nothing], Messages)
    end).

%% A process of an engine sends to one of a node that the engine has never heard of, by pid and by name.
third_node(C) ->
    with_vms(C, 2, fun([Vm, {_, ThirdNode} = Third]) ->
        {_, Node} = call(Vm, owned, [#{}]),
        Collector = in(Third, fun() -> P = spawn(fun() -> collect([]) end), register(collector, P), P end),
        ?assertEqual([], call(Third, erlang, nodes, [connected])),
        in(Vm, fun() -> F = spawn(Node, ?MODULE, forward, []), F ! {to, Collector, by_pid}, F ! {to, {collector, ThirdNode}, by_name}, ok end),
        ?assert(until(fun() -> in(Third, fun() -> ask(Collector) end) =:= [by_pid, by_name] end)),
        ?assertEqual([Node], call(Third, erlang, nodes, [hidden])),
        ?assertEqual([noconnection, nodedown, false, true], in(Vm, fun() ->
            Self = self(),
            spawn(Node, fun() ->
                M = monitor(process, {nobody, 'nobody@nowhere'}),
                R1 = receive {'DOWN', M, process, _, Reason} -> Reason end,
                monitor_node('nobody@localhost', true),
                R2 = receive {nodedown, 'nobody@localhost'} -> nodedown end,
                Self ! [R1, R2, net_kernel:connect_node('nobody@localhost'), net_kernel:connect_node(ThirdNode)]
            end),
            receive Results -> Results after 30000 -> nothing end
        end))
    end).

%% A call of a server on a node that the engine is not connected to: its monitor begins the connection, the request itself must not.
first_call(C) ->
    with_vms(C, 2, fun([Vm, {_, ThirdNode}]) ->
        {_, Node} = call(Vm, owned, [#{}]),
        ?assertEqual([noconnect, ThirdNode, ok], in(Vm, fun() ->
            erpc:call(Node, fun() ->
                [erlang:send({nobody, ThirdNode}, hello, [noconnect]), rpc:block_call(ThirdNode, erlang, node, [], 5000),
                 erlang:send({nobody, ThirdNode}, hello, [noconnect])]
            end)
        end))
    end).

%% Registered, looked for and called by the longest name that the option takes, and by the longest that there can be.
long_name(C) ->
    with_vms(C, 1, fun([Vm]) ->
        {Program, Longest} = alone(C, Vm, lists:duplicate(255 - length("@" ++ host_part(Vm)), $l), []),
        ?assert(call(Vm, net_kernel, connect_node, [Longest])),
        stop_program(Program, "TERM"),
        {_, Node} = call(Vm, owned, [#{}]),
        {_, Long} = call(Vm, owned, [#{name => lists:duplicate(200, $n)}]),
        ?assertEqual(Long, in(Vm, fun() -> erpc:call(Node, fun() -> erpc:call(Long, erlang, node, []) end) end))
    end).

wrong_cookie(#cluster{cookie = Cookie} = C) ->
    Other = Cookie ++ ".other",
    write_cookie(Other, "different"),
    with_vms(C, 1, fun([{_, VmNode} = Vm]) ->
        {Program, Node} = alone(C#cluster{cookie = Other}, Vm, []),
        ?assertEqual(false, call(Vm, net_kernel, connect_node, [Node])),
        ?assert(says(Program, "has another cookie")),
        ?assertEqual(true, in(Vm, fun() -> erlang:set_cookie(Node, different), net_kernel:connect_node(Node) end)),
        ?assertEqual(noconnection, in(Vm, fun() ->
            {ok, _} = tandem:attach(Node),
            Self = self(),
            spawn(Node, fun() ->
                tandem_native:disconnect(VmNode),
                timer:sleep(300),
                Self ! gone
            end),
            timer:sleep(100),
            noconnection
        end)),
        _ = stop_program(Program, "TERM")
    end).

%% A node that comes back under its name: what belonged to its earlier life is gone.
another_life(C) ->
    with_vms(C, 1, fun([Vm]) ->
        {First, Node} = call(Vm, owned, [#{name => again}]),
        Old = in(Vm, fun() -> spawn(Node, ?MODULE, echo, []) end),
        in(Vm, fun() -> signal("KILL", os_pid(First)) end),
        true = until(fun() -> in(Vm, fun() -> not lists:member(Node, nodes(connected)) andalso whereis(Node) =:= undefined end) end),
        {_, Node} = call(Vm, owned, [#{name => again}]),
        ?assertEqual({noproc, ok}, in(Vm, fun() ->
            M = monitor(process, Old),
            Reason = receive {'DOWN', M, process, Old, R} -> R after 5000 -> nothing end,
            Old ! {self(), hello},
            {Reason, receive {Old, hello} -> answered after 200 -> ok end}
        end))
    end).

%% Neither sign of life nor end: the tick time decides. When the engine goes on, both find each other again.
stopped_engine(C) ->
    with_vms(C, 1, ["-kernel", "net_ticktime", "4"], fun([Vm]) ->
        {Owner, Node} = call(Vm, owned, [#{net_ticktime => 4}]),
        OsPid = in(Vm, fun() -> os_pid(Owner) end),
        Pid = in(Vm, fun() -> spawn(Node, ?MODULE, echo, []) end),
        signal("STOP", OsPid),
        ?assertEqual([noconnection, nodedown], in(Vm, fun() ->
            M = monitor(process, Pid),
            monitor_node(Node, true),
            [receive {'DOWN', M, process, Pid, R} -> R after 15000 -> nothing end, receive {nodedown, Node} -> nodedown after 1000 -> nothing end]
        end)),
        signal("CONT", OsPid),
        ?assert(until(fun() -> in(Vm, fun() -> lists:member(Node, nodes(hidden)) end) end)),
        ?assert(until(fun() -> in(Vm, fun() -> try erpc:call(Node, lists, sum, [[1, 2]], 5000) =:= 3 catch _:_ -> false end end) end)),
        ?assertEqual(ok, call(Vm, tandem, stop, [Node])),
        await_gone(OsPid)
    end).

%% The same seen from the engine, which has much to say to a node that reads nothing: its senders wait, all others go on.
stopped_node(C) ->
    with_vms(C, 2, fun([Vm, {_, _} = Third]) ->
        {Owner, Node} = call(Vm, owned, [#{net_ticktime => 4}]),
        OsPid = in(Vm, fun() -> os_pid(Owner) end),
        Sink = in(Third, fun() -> spawn(fun ?MODULE:loop/0) end),
        ThirdOs = list_to_integer(call(Third, os, getpid, [])),
        in(Vm, fun() -> Sink ! hello, spawn(Node, fun() -> Sink ! hello end), ok end),
        timer:sleep(300),
        Before = resident(OsPid),
        signal("STOP", ThirdOs),
        Result = in(Vm, fun() ->
            Self = self(),
            Watcher = spawn(Node, ?MODULE, watch, [self(), [Sink]]),
            Sender = spawn(Node, fun() -> [Sink ! binary:copy(<<"x">>, 100000) || _ <- lists:seq(1, 1000)], Self ! all_sent end),
            receive {Watcher, watching} -> ok end,
            timer:sleep(1000),
            Waits = process_info_of(Node, Sender),
            Sum = erpc:call(Node, lists, sum, [[1, 2]]),
            Sent = receive all_sent -> sent after 0 -> waits end,
            Down = receive {Watcher, {'DOWN', _, process, Sink, R}} -> R after 15000 -> nothing end,
            After = resident(OsPid),
            signal("CONT", ThirdOs),
            ?assert(After - Before < 32 * 1024),
            {Waits, Sum, Sent, Down, receive all_sent -> released after 30000 -> nothing end}
        end),
        ?assertMatch({_, 3, waits, noconnection, released}, Result)
    end).

process_info_of(Node, Pid) -> erpc:call(Node, erlang, process_info, [Pid, status]).

%% Whoever connects without knowing the protocol, or the cookie, or leaves in the middle of a frame, harms nobody.
strangers(C) ->
    with_vms(C, 1, fun([Vm]) ->
        {Program, Node} = alone(C, Vm, []),
        [Name, _] = string:split(atom_to_list(Node), "@"),
        Port = engine_port(C, Name),
        Sockets = [element(2, {ok, _} = gen_tcp:connect("localhost", Port, [binary, {active, false}])) || _ <- lists:seq(1, 100)],
        _ = [gen_tcp:send(S, Bytes) || {S, Bytes} <- lists:zip(lists:sublist(Sockets, 6),
             [<<0, 0>>, <<255, 255>>, <<0, 3, "Nxy">>, <<0, 10, "n", 0, 5, 0, 0, 0, 0, "a@b">>, crypto:strong_rand_bytes(1000), <<0, 5, "sok">>])],
        [A, B, D, E] = [shake(Port, ?COOKIE) || _ <- lists:seq(1, 4)],
        gen_tcp:send(A, <<0, 0, 1, 0, 131, 68>>),
        gen_tcp:close(A),
        gen_tcp:send(B, <<0, 0, 0, 3, 1, 2, 3>>),
        ?assertEqual({error, closed}, drain(B)),
        gen_tcp:send(D, <<255, 255, 255, 255, 1>>),
        ?assertEqual({error, closed}, drain(D)),
        gen_tcp:send(E, <<0, 0, 0, 19, 131, 70, 7:64, 3:64, 1>>),
        ?assertEqual({error, closed}, drain(E)),
        ?assertEqual({error, closed}, shake(Port, "wrong")),
        ?assertEqual(3, in(Vm, fun() -> {ok, _} = tandem:attach(Node), erpc:call(Node, lists, sum, [[1, 2]]) end)),
        _ = [gen_tcp:close(S) || S <- Sockets],
        ?assertEqual(0, stop_program(Program, "TERM"))
    end).

engine_port(#cluster{port = Epmd}, Name) ->
    {ok, S} = gen_tcp:connect("localhost", Epmd, [binary, {active, false}]),
    ok = gen_tcp:send(S, <<(length(Name) + 1):16, 122, (list_to_binary(Name))/binary>>),
    {ok, <<119, 0, Port:16, _/binary>>} = gen_tcp:recv(S, 0),
    gen_tcp:close(S),
    Port.

%% A node of this test's own: the socket after the handshake.
shake(Port, Cookie) ->
    {ok, S} = gen_tcp:connect("localhost", Port, [binary, {active, false}, {packet, 2}]),
    Name = iolist_to_binary(["strange", integer_to_list(erlang:unique_integer([positive])), "@nowhere"]),
    Flags = element(2, erts_internal:get_dflags()),
    ok = gen_tcp:send(S, <<"N", Flags:64, 77:32, (byte_size(Name)):16, Name/binary>>),
    {ok, <<"sok">>} = gen_tcp:recv(S, 0),
    {ok, <<"N", _:64, Challenge:32, _/binary>>} = gen_tcp:recv(S, 0),
    Digest = erlang:md5([Cookie, integer_to_list(Challenge)]),
    ok = gen_tcp:send(S, <<"r", 5:32, Digest/binary>>),
    case gen_tcp:recv(S, 0) of
        {ok, <<"a", Proof/binary>>} ->
            ?assertEqual(erlang:md5([Cookie, "5"]), Proof),
            ok = inet:setopts(S, [{packet, raw}]),
            S;
        Error ->
            Error
    end.

drain(S) ->
    case gen_tcp:recv(S, 0, 5000) of
        {ok, _} -> drain(S);
        Error -> Error
    end.

epmd_comes_back(#cluster{port = Port}) ->
    Own = Port + 1,
    Epmd = start_epmd(Own),
    C = (open())#cluster{port = Own},
    with_vms(C, 1, fun([Vm]) ->
        {_, Node} = call(Vm, owned, [#{name => returning}]),
        _ = stop_program(Epmd, "KILL"),
        ?assertEqual(2, in(Vm, fun() -> erpc:call(Node, erlang, '+', [1, 1]) end)),
        Second = start_epmd(Own),
        ?assert(until(fun() -> try engine_port(C, "returning") > 0 catch _:_ -> false end end)),
        ?assertEqual(true, in(Vm, fun() -> erlang:disconnect_node(Node), timer:sleep(100), net_kernel:connect_node(Node) end)),
        ?assertEqual(ok, call(Vm, tandem, stop, [Node])),
        _ = stop_program(Second, "KILL")
    end),
    close(C).

killed_owner(C) ->
    with_vms(C, 1, fun([{Pid, _} = Vm]) ->
        {Owner, _} = call(Vm, owned, [#{}]),
        OsPid = in(Vm, fun() -> os_pid(Owner) end),
        unlink(Pid),
        signal("KILL", list_to_integer(call(Vm, os, getpid, []))),
        await_gone(OsPid)
    end).

name_taken(#cluster{cookie = Cookie} = C) ->
    with_vms(C, 2, fun([First, Second]) ->
        {_, Node} = call(First, owned, [#{name => taken}]),
        {error, {name_taken, Text}} = call(Second, try_start, [#{name => taken}]),
        _ = [call(Vm, owned, [#{}]) || Vm <- [First, Second]],    % names of its own
        [Known, _] = string:split(atom_to_list(element(2, Second)), "@"),
        pong = call(First, net_adm, ping, [element(2, Second)]),
        ?assertMatch({error, {name_taken, <<"this VM is connected", _/binary>>}}, call(First, tandem, start, [#{name => Known}])),
        ?assertEqual(pong, call(First, net_adm, ping, [element(2, Second)])),
        ?assertNotEqual(nomatch, binary:match(Text, <<"choose another name">>)),
        {1, Said} = refused(C, ["--name", atom_to_list(Node), "--cookie-file", Cookie]),
        ?assertNotEqual(nomatch, binary:match(Said, <<"choose another name">>))
    end).

missing_epmd(#cluster{port = Port, cookie = Cookie} = C) ->
    Without = C#cluster{port = Port + 2},
    {1, Said} = refused(Without, ["--name", "x@localhost", "--cookie-file", Cookie]),
    ?assertNotEqual(nomatch, binary:match(Said, <<"epmd -daemon">>)),
    {ok, Pid, _} = peer:start_link(#{connection => standard_io, env => environment(Without), args => ["-pa" | code:get_path()]}),
    _ = peer:call(Pid, logger, set_primary_config, [level, none]),
    {error, {no_epmd, Text}} = peer:call(Pid, ?MODULE, try_start, [#{}], 60000),
    ?assertNotEqual(nomatch, binary:match(Text, <<"epmd -daemon">>)),
    peer:stop(Pid).

cookie_files(#cluster{cookie = Cookie} = C) ->
    File = Cookie ++ ".wrong",
    Name = ["--name", "x@localhost", "--cookie-file"],
    _ = [begin
             write_cookie(File, Text),
             ok = file:change_mode(File, Mode),
             {2, Said} = refused(C, Name ++ [File]),
             ?assertNotEqual({Said, nomatch}, {Said, binary:match(Said, Expected)})
         end || {Text, Mode, Expected} <- [{"secret", 8#644, <<"chmod 400">>}, {"", 8#400, <<"no cookie">>}, {"a b\n", 8#400, <<"blank">>},
                                           {lists:duplicate(300, $x), 8#400, <<"255">>}]],
    _ = file:delete(File),
    ?assertMatch({2, <<_, _/binary>>}, refused(C, Name ++ [File])),
    ?assertMatch({2, <<_, _/binary>>}, refused(C, Name ++ [filename:dirname(File)])).

addresses(#cluster{cookie = Cookie} = C) ->
    Run = fun(Name, Args) -> refused(C, ["--name", Name, "--cookie-file", Cookie | Args]) end,
    _ = [begin
             {Status, Said} = Run(Name, Args),
             ?assertNotEqual({Said, nomatch}, {Said, re:run(Said, Expected)})
         end || {Status, Expected, Name, Args} <-
                    [{2, "NAME@HOST", "noname", []}, {1, "not known", "a@no-such-host.invalid", []}, {1, "ADDRESS:PORT", "a@localhost", ["--listen", ":x"]},
                     {1, "ADDRESS:PORT", "a@localhost", ["--listen", "[::1"]}, {1, "ADDRESS:PORT", "a@localhost", ["--listen", "[::1]:70000"]},
                     {1, "not known", "a@localhost", ["--listen", "no-such-host.invalid"]},
                     {1, "cannot listen", "a@localhost", ["--listen", "192.0.2.1:0"]}, {2, "number from 1", "a@localhost", ["--schedulers", "many"]},
                     {2, "number from 16777216", "a@localhost", ["--memory", "5"]}, {2, "--net-ticktime needs SECONDS", "a@localhost", ["--net-ticktime"]},
                     {2, "--listen needs ADDRESS", "a@localhost", ["--listen", "--log", "info"]}, {2, "give one of them", "a@localhost", ["--carrier", "port"]},
                     {2, "letters, digits", "a b@localhost", []}, {2, "such as box@", "@localhost", []}, {2, "such as a@", "a@", []}]],
    with_vms(C, 1, fun([Vm]) ->
        ?assertMatch({error, {cannot_listen, _}}, call(Vm, try_start, [#{listen => "192.0.2.1"}])),
        {_, Node} = call(Vm, owned, [#{listen => "0.0.0.0:0"}]),
        ?assertEqual(pong, call(Vm, net_adm, ping, [Node]))
    end).

%% A VM, an engine of its own and one of nobody, on a host that has no address of IPv4: each reaches the others.
ipv6(C) ->
    case gen_tcp:listen(0, [inet6, {ip, {0, 0, 0, 0, 0, 0, 0, 1}}]) of
        {error, _} ->
            ok;    % this machine has none
        {ok, Socket} ->
            gen_tcp:close(Socket),
            {Program, Node} = alone(C, {none, 'any@::1'}, ["--listen", "[::1]:0"]),
            {ok, Pid, VmNode} = peer:start_link(#{name => peer:random_name(), host => "::1", longnames => true, connection => standard_io, env => environment(C),
                                                  args => ["-proto_dist", "inet6_tcp", "-setcookie", ?COOKIE, "-pa" | code:get_path()]}),
            Vm = {Pid, VmNode},
            {_, Owned} = call(Vm, owned, [#{listen => "::1"}]),
            ?assertEqual([Node, VmNode], in(Vm, fun() ->
                Self = self(),
                {ok, _} = tandem:attach(Node),
                Echo = spawn(Node, ?MODULE, echo, []),
                spawn(Owned, fun() -> Echo ! {self(), hello}, receive {Echo, hello} -> Self ! {met, lists:sort(nodes(hidden))} end end),
                receive {met, Nodes} -> Nodes after 10000 -> nothing end
            end)),
            ?assertEqual(pong, call(Vm, net_adm, ping, [Owned])),
            peer:stop(Pid),
            ?assertEqual(0, stop_program(Program, "TERM"))
    end.

%% What is small doesn't wait for what is large, both ways; everything arrives as it was, and in order.
large_and_small(C) ->
    with_vms(C, 1, fun([Vm]) ->
        {_, Node} = call(Vm, owned, [#{schedulers => 1}]),
        ?assertEqual([small, large, {large, 100_000_000, true}], in(Vm, fun() ->
            Self = self(),
            Payload = fun() -> binary:copy(<<"0123456789">>, 10_000_000) end,
            spawn(Node, fun() ->
                B = Payload(),
                spawn(fun() -> timer:sleep(2), Self ! small end),
                Self ! {large, B},
                Self ! behind_large
            end),
            First = receive small -> small; {large, _} = L1 -> self() ! L1, large_first end,
            {large, B} = receive behind_large -> wrong_order; {large, _} = L2 -> L2 end,
            receive behind_large -> ok end,
            Echo = spawn(Node, ?MODULE, echo, []),
            Echo ! {self(), {large, Payload()}},
            Echo ! {self(), small},
            Echoed = receive {Echo, {large, E}} -> {large, byte_size(E), E =:= B}; {Echo, small} -> wrong_order end,
            [First, large, Echoed]
        end)),
        Terms = [lists:seq(1, 100_000), list_to_tuple(lists:duplicate(50_000, {a, <<"bin">>})), maps:from_list([{I, I} || I <- lists:seq(1, 20_000)]),
                 [binary:copy(<<I>>, 70_000) || I <- lists:seq(1, 20)], binary:copy(<<1>>, 65_536), binary:copy(<<1>>, 65_400)],
        ?assertEqual(true, in(Vm, fun() ->
            Echoes = [spawn(Node, ?MODULE, echo, []) || _ <- lists:seq(1, 8)],
            _ = [E ! {self(), T} || T <- Terms, E <- Echoes],
            lists:all(fun(E) -> lists:all(fun(T) -> receive {E, Back} -> Back =:= T end end, Terms) end, Echoes)
        end))
    end).

%% Connections that both sides begin at the same time, again and again: one stays, and nothing that was sent after it is lost.
both_at_once(C) ->
    with_vms(C, 1, fun([{_, VmNode} = Vm]) ->
        {_, A} = call(Vm, owned, [#{}]),
        {_, B} = call(Vm, owned, [#{}]),
        ?assertEqual(ok, in(Vm, fun() ->
            [EchoA, EchoB] = [spawn(N, ?MODULE, echo, []) || N <- [A, B]],
            [Here, There] = [spawn(N, ?MODULE, forward, []) || N <- [A, B]],
            Self = self(),
            _ = [begin
                     Here ! {to, EchoB, {Self, I}},
                     There ! {to, EchoA, {Self, I}},
                     _ = [receive {E, I} -> ok after 10000 -> error({lost, I, E}) end || E <- [EchoA, EchoB]],
                     true = erpc:call(A, net_kernel, disconnect, [B]),
                     ok = apart(A, B, 200)
                 end || I <- lists:seq(1, 30)],
            ok
        end)),
        ?assertEqual(ok, in(Vm, fun() ->
            Echo = spawn(A, ?MODULE, echo, []),
            There = spawn(A, ?MODULE, forward, []),
            register(collector, spawn(fun() -> collect([]) end)),
            _ = [begin
                     There ! {to, {collector, VmNode}, I},
                     Echo ! {self(), I},
                     receive {Echo, I} -> ok after 10000 -> error({lost, I}) end,
                     erlang:disconnect_node(A),
                     spawn(fun() -> There ! {to, {collector, VmNode}, {again, I}} end)
                 end || I <- lists:seq(1, 20)],
            ok
        end))
    end).

apart(_, _, 0) -> still_connected;
apart(A, B, N) ->
    case lists:member(B, erpc:call(A, erlang, nodes, [hidden])) orelse lists:member(A, erpc:call(B, erlang, nodes, [hidden])) of
        false -> ok;
        true -> timer:sleep(5), apart(A, B, N - 1)
    end.

nodes_known(C) ->
    with_vms(C, 2, fun([{_, VmNode} = Vm, {_, ThirdNode}]) ->
        {_, Node} = call(Vm, owned, [#{}]),
        ?assertEqual({[], [VmNode], true, true, true, nodedown, [VmNode], false}, in(Vm, fun() ->
            erpc:call(Node, fun() ->
                Before = nodes(hidden),
                Connected = net_kernel:connect_node(ThirdNode),
                Both = lists:sort(nodes(connected)) =:= lists:sort([VmNode, ThirdNode]),
                monitor_node(ThirdNode, true),
                Ended = erlang:disconnect_node(ThirdNode),
                Down = receive {nodedown, ThirdNode} -> nodedown after 5000 -> nothing end,
                {nodes(), Before, Connected, Both, Ended, Down, nodes(hidden), erlang:disconnect_node('nobody@nowhere')}
            end)
        end))
    end).

%% Nothing is left behind on the host.
many_starts(C) ->
    Times = list_to_integer(os:getenv("TANDEM_STARTS", "100")),
    with_vms(C, 1, fun([{Pid, _}]) ->
        {More, Atoms} = peer:call(Pid, ?MODULE, starts, [Times, many], ?LONG * 1000),
        ?assertEqual([], More),
        ?assert(Atoms < Times div 2)    % not one for each; some come with what is loaded meanwhile
    end).
