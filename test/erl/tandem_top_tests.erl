%% SPDX-License-Identifier: Apache-2.0
%% What tandem:top/2 shows: pictures that fit a terminal of 80 columns, with what the engine really does in them. Keys are typed into a
%% real terminal by test/elixir/terminal.py.
-module(tandem_top_tests).

-include_lib("eunit/include/eunit.hrl").

top_test_() ->
    tandem_support:each_on_an_engine([{options, fun options/1}, {pictures, fun pictures/1}, {height, fun height/1}, {orders, fun orders/1}, {busy, fun busy/1},
                                      {ends_with_caller, fun ends_with_caller/1}, {ends_with_engine, fun ends_with_engine/1}]).

options(Node) ->
    ?assertEqual({error, {bad_option, interval, 0}}, tandem:top(Node, #{interval => 0})),
    ?assertEqual({error, {bad_option, order, name}}, tandem:top(Node, #{order => name})),
    ?assertEqual({error, {bad_option, times, 0}}, tandem:top(Node, #{times => 0})),
    ?assertEqual({error, {unknown_option, colour}}, tandem:top(Node, #{colour => red})),
    ?assertEqual({error, {bad_options, x}}, tandem:top(Node, x)),
    ?assertEqual({error, {not_an_engine, node()}}, tandem:top(node(), #{times => 1})),
    ?assertEqual({error, {bad_option, times, x}}, 'Elixir.Tandem':top(Node, [{times, x}])).

pictures(Node) ->
    Server = start_there(Node, fun() -> register(the_server, self()), waits() end),
    Text = shown(fun() -> tandem:top(Node, #{times => 2, interval => 200}) end),
    Lines = string:split(Text, "\n", all),
    ?assertEqual([], [Line || Line <- Lines, string:length(Line) > 79]),
    ?assertEqual(2, length([Line || Line <- Lines, string:prefix(Line, "pid ") =/= nomatch])),
    [?assertMatch({match, _}, re:run(Text, Pattern, [unicode]))
     || Pattern <- [["^", atom_to_list(Node), "  up 0:00:"], "scheduler  1 \\[[| ]*\\] +[0-9]+%  core +[0-9]+%  queue +0",
                    "messages [0-9.k]+/s  other signals [0-9.k]+/s  from the VM", "collections [0-9]+/s", "the_server",
                    "tandem_sampler:start/1", "\\[r reductions\\]"]],
    exit(Server, kill).

%% However many processes there are, the first line of a picture is not pushed out of the terminal: of 24 lines where nobody knows, and
%% the cursor stands in the last.
height(Node) ->
    Many = [start_there(Node, fun waits/0) || _ <- lists:seq(1, 50)],
    Lines = string:split(string:trim(shown(fun() -> tandem:top(Node, #{times => 1, interval => 100}) end)), "\n", all),
    ?assertEqual({23, atom_to_list(Node)}, {length(Lines), hd(string:lexemes(hd(Lines), " "))}),
    ?assertMatch("order:" ++ _, lists:last(Lines)),
    [exit(Pid, kill) || Pid <- Many].

%% The first of each order is who has most.
orders(Node) ->
    Self = self(),
    Big = start_there(Node, fun() -> Self ! ready, keeps(lists:seq(1, 300_000)) end),
    Full = start_there(Node, fun() -> Self ! ready, waits() end),
    Busy = start_there(Node, fun() -> Self ! ready, spins() end),
    [receive ready -> ok end || _ <- [Big, Full, Busy]],
    [Full ! N || N <- lists:seq(1, 5000)],
    [?assertEqual({Order, pid_to_list(Pid)}, {Order, first(shown(fun() -> tandem:top(Node, #{times => 1, interval => 300, order => Order}) end))})
     || {Order, Pid} <- [{memory, Big}, {mailbox, Full}, {reductions, Busy}]],
    ?assertMatch({match, _}, re:run(shown(fun() -> tandem:top(Node, #{times => 1, interval => 300}) end), "scheduler +[12] \\[\\|+ *\\] +([6-9][0-9]|100)%")),
    [exit(Pid, kill) || Pid <- [Big, Full, Busy]].

first(Text) ->
    {match, [Pid]} = re:run(Text, "\npid [^\n]*\n(<[0-9.]+>) ", [{capture, all_but_first, list}]),
    Pid.

%% More that want to run than there are schedulers: the counters are shown, and whoever hasn't answered yet is not waited for.
busy(Node) ->
    Pids = [start_there(Node, fun spins/0) || _ <- lists:seq(1, 200)],
    Text = shown(fun() -> tandem:top(Node, #{times => 2, interval => 300}) end),
    {match, [Waiting]} = re:run(Text, "([0-9]+) waiting to run", [{capture, all_but_first, list}]),
    ?assert(list_to_integer(Waiting) >= 150),
    [exit(Pid, kill) || Pid <- Pids].

ends_with_caller(Node) ->
    Before = processes(),
    {Pid, Monitor} = spawn_monitor(fun() -> shown(fun() -> tandem:top(Node, #{times => 1000}) end) end),
    timer:sleep(300),
    exit(Pid, kill),
    receive {'DOWN', Monitor, _, _, killed} -> ok end,
    ?assert(tandem_support:until(fun() -> [P || P <- processes() -- Before, is_view(P)] =:= [] end)),
    ?assert(tandem_support:until(fun() -> not lists:member(tandem_sampler, modules_running(Node)) end)).

is_view(Pid) ->
    case process_info(Pid, current_stacktrace) of
        {_, Stack} -> lists:keymember(tandem_top, 1, Stack);
        undefined -> false
    end.

modules_running(Node) ->
    erpc:call(Node, fun() -> [M || P <- erlang:processes(), {initial_call, {M, _, _}} <- [process_info(P, initial_call)]] end).

ends_with_engine(_) ->
    {ok, Pid, Node} = tandem:start(#{}),
    Self = self(),
    spawn(fun() -> Self ! {result, shown_result(fun() -> tandem:top(Node, #{times => 1000, interval => 100}) end)} end),
    timer:sleep(300),
    ok = tandem:stop(Pid),
    receive {result, Result} -> ?assertEqual({error, noconnection}, Result) end.

start_there(Node, F) -> spawn(Node, F).

waits() -> receive stop -> ok end.
keeps(List) -> receive stop -> length(List) end.
spins() -> spins(lists:seq(1, 10)).
spins(List) -> spins(lists:reverse(List)).

shown(F) ->
    {Text, ok} = run(F),
    Text.

shown_result(F) ->
    {_, Result} = run(F),
    Result.

run(F) ->
    Capture = tandem_capture:start_link(),
    Leader = group_leader(),
    group_leader(Capture, self()),
    Result = F(),
    group_leader(Leader, self()),
    {unicode:characters_to_list(tandem_capture:stop(Capture)), Result}.
