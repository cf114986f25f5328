%% SPDX-License-Identifier: Apache-2.0
%% Engines inside this VM's operating-system process: that nothing is left of them, that they end with their owner, that a slow side
%% holds the other one up without either being stuck, and that what belongs to the whole OS process stays as it is.
-module(tandem_nif_tests).

-include_lib("eunit/include/eunit.hrl").

-import(tandem_support, [until/1, resident/1, on/2]).

-export([work/0]).

-define(LIMIT, 120).
-define(MEGABYTE, 1_000_000).

start(Options) ->
    {ok, Pid, Node} = tandem:start(Options#{carrier => nif}),
    {Pid, Node}.

with(Options, F) ->
    {Pid, Node} = start(Options),
    try F(Pid, Node) after tandem:stop(Pid) end.

%% --- Nothing is left -------------------------------------------------------------------------------------------------------

starts_and_stops_test_() ->
    Times = list_to_integer(os:getenv("TANDEM_STARTS", "100")),
    {timeout, Times * 3, fun() ->
        repeat(20),
        Before = left(),
        repeat(Times),
        ?assertEqual([], grown(Before, #{threads => 1, files => 0, mappings => 40, atoms => 0, processes => 1, ports => 0}, 200)),
        ?debugFmt("~b starts and stops: ~tp KiB resident before, ~tp after", [Times, maps:get(resident, Before), maps:get(resident, left())]),
        ?assertEqual([], grown(Before, #{resident => 8 * 1024 + Times * 4}, 200))
    end}.

repeat(Times) ->
    _ = [with(#{name => "again", schedulers => 1 + N rem 3}, fun(_, Node) -> ?assertEqual(done, on(Node, fun ?MODULE:work/0)) end) || N <- lists:seq(1, Times)],
    ok.

%% Uses what has memory of its own in an engine: tables, literals, patterns, binaries, stacks, timers, names.
work() ->
    Self = self(),
    Table = ets:new(table, [ordered_set]),
    ets:insert(Table, [{N, lists:seq(1, 10)} || N <- lists:seq(1, 1000)]),
    _ = ets:new(named, [named_table, public]),
    persistent_term:put(held, {binary:copy(<<"x">>, 1000), lists:seq(1, 100)}),
    _ = [{match, _} = re:run("abc" ++ integer_to_list(N), "([a-z]+)[0-9]+") || N <- lists:seq(1, 10)],
    Pids = [spawn(fun() -> receive after 1_000_000 -> ok end end) || _ <- lists:seq(1, 1000)],
    true = register(named, hd(Pids)),
    _ = erlang:send_after(1_000_000, self(), never),
    _ = [spawn(fun() -> Self ! {N, erlang:phash2(lists:seq(1, 5000))} end) || N <- lists:seq(1, 20)],
    _ = [receive {N, _} -> ok end || N <- lists:seq(1, 20)],
    hd(Pids) ! {keep, binary:copy(<<"y">>, ?MEGABYTE)},
    _ = lists:foldl(fun(N, Product) -> N * Product end, 1, lists:seq(1, 500)),
    _ = lists:sort(lists:reverse(lists:seq(1, 10000))),
    done.

left() ->
    Folder = "/proc/" ++ os:getpid() ++ "/",
    {ok, Status} = file:read_file(Folder ++ "status"),
    {match, [Threads]} = re:run(Status, "Threads:\\s*([0-9]+)", [{capture, all_but_first, list}]),
    {ok, Files} = file:list_dir(Folder ++ "fd"),
    {ok, Maps} = file:read_file(Folder ++ "maps"),
    #{threads => list_to_integer(Threads), files => length(Files), mappings => length(binary:matches(Maps, <<"\n">>)),
      atoms => erlang:system_info(atom_count), processes => erlang:system_info(process_count), ports => length(erlang:ports()),
      resident => resident(list_to_integer(os:getpid()))}.

%% What has grown by more than is allowed, and stays so.
grown(Before, Allowed, Looks) ->
    Now = left(),
    case [{What, maps:get(What, Before), maps:get(What, Now)} || {What, More} <- maps:to_list(Allowed), maps:get(What, Now) > maps:get(What, Before) + More] of
        [] -> [];
        Grown when Looks =:= 0 -> Grown;
        _ -> timer:sleep(20), grown(Before, Allowed, Looks - 1)
    end.

%% The mappings of engines' own copies of the shared object.
images() ->
    {ok, Maps} = file:read_file("/proc/" ++ os:getpid() ++ "/maps"),
    length(binary:matches(Maps, <<"/memfd:tandem">>)).

several_at_once_test_() ->
    {timeout, ?LIMIT, fun() ->
        Engines = [start(#{schedulers => 2}) || _ <- lists:seq(1, 12)],
        Self = self(),
        _ = [spawn(fun() -> Self ! {Node, on(Node, fun ?MODULE:work/0), on(Node, fun erlang:node/0)} end) || {_, Node} <- Engines],
        _ = [receive {Node, done, Node} -> ok end || {_, Node} <- Engines],
        _ = [?assertEqual(N, on(Node, fun() -> persistent_term:get(number, N) end)) || {N, {_, Node}} <- lists:enumerate(Engines)],
        _ = [ok = tandem:stop(Pid) || {Pid, _} <- Engines],
        ?assert(until(fun() -> images() =:= 0 end))
    end}.

%% --- Ends ------------------------------------------------------------------------------------------------------------------

%% Whatever ends: the owner of an engine, the process that has the connection, one that has opened an engine by hand; or nobody has the
%% handle any more.
ends_with_owner_test_() ->
    [{timeout, ?LIMIT, End}
     || End <- [fun() -> {Pid, Node} = start(#{}), watched(Node, fun() -> exit(Pid, kill) end) end,
                fun() -> {Pid, Node} = start(#{}), watched(Node, fun() -> exit(input(Pid), kill) end) end,
                fun() ->
                        {_, Monitor} = spawn_monitor(fun() -> {ok, _} = tandem_nif:open(engine(), make_ref()) end),
                        receive {'DOWN', Monitor, _, _, normal} -> ok end,
                        ?assert(until(fun() -> images() =:= 0 end))
                end,
                fun() ->
                        Reference = make_ref(),
                        {ok, _} = tandem_nif:open(engine(), Reference),
                        erlang:garbage_collect(),
                        receive {Reference, {exit_status, 0}} -> ok end
                end]].

watched(Node, F) ->
    monitor_node(Node, true),
    F(),
    receive {nodedown, Node} -> ok end,
    ?assert(until(fun() -> images() =:= 0 end)).

input(Owner) ->
    {links, Links} = process_info(Owner, links),
    [Input] = [Pid || Pid <- Links, is_pid(Pid), {dictionary, D} <- [process_info(Pid, dictionary)], not lists:keymember('$ancestors', 1, D),
                      {current_function, {tandem_guest, wait, 3}} <- [process_info(Pid, current_function)]],
    Input.

engine() ->
    filename:join(code:priv_dir(tandem), "tandem_engine.so").

%% In the middle of bytecode that never ends, of messages in both directions, and of long natives.
stopped_when_busy_test_() ->
    [{Name, {timeout, ?LIMIT, fun() ->
        {Pid, Node} = start(#{schedulers => 2}),
        Self = self(),
        _ = [spawn(Node, fun() -> F(Self) end) || _ <- [1, 2, 3]],
        timer:sleep(50),
        ?assertEqual(ok, tandem:stop(Pid)),
        ?assert(until(fun() -> images() =:= 0 end))
      end}} || {Name, F} <- [{"loop", fun Loop(To) -> Loop(To) end},
                            {"chatter", fun Loop(To) -> To ! {chatter, lists:seq(1, 100)}, Loop(To) end},
                            {"sort", fun Loop(To) -> _ = lists:sort([erlang:phash2(N) || N <- lists:seq(1, 300_000)]), Loop(To) end},
                            {"keys", fun Loop(To) -> _ = maps:from_list([{N, N} || N <- lists:seq(1, 100_000)]), Loop(To) end}]].

%% A program there that halts ends the engine, never the VM.
halts_test_() ->
    [{lists:flatten(io_lib:format("~p", [Arguments])), {timeout, ?LIMIT, fun() ->
        tandem_support:quiet(),
        {Pid, Node} = start(#{}),
        Monitor = monitor(process, Pid),
        spawn(Node, erlang, halt, Arguments),
        receive {'DOWN', Monitor, process, Pid, Reason} -> ?assertEqual({exit_status, Status}, Reason) end,
        ?assert(until(fun() -> images() =:= 0 end))
      end}} || {Arguments, Status} <- [{[], 0}, {[3], 3}, {[4, [{flush, false}]], 4}, {["said on purpose"], 1}, {[abort], 134}]].

host_ends_test_() ->
    [{Name, {timeout, ?LIMIT, fun() ->
        Program = "{ok, _, N} = tandem:start(#{carrier => nif}), S = self(), [spawn(N, fun() -> L = fun L() -> S ! x, L() end, L() end) || _ <- [1, 2]], "
                  "timer:sleep(100), " ++ End,
        Command = "ulimit -c 0; timeout 50 erl -noinput -pa " ++ filename:dirname(code:which(tandem)) ++ " -eval '" ++ Program ++ "' > /dev/null 2>&1; echo $?",
        ?assertEqual(Status, string:trim(os:cmd(Command)))
      end}} || {Name, End, Status} <- [{"halt", "halt(5).", "5"}, {"halt at once", "halt(6, [{flush, false}]).", "6"}, {"stop", "init:stop(7), timer:sleep(10000).", "7"},
                                      {"SIGTERM", "os:cmd(\"kill -TERM \" ++ os:getpid()), timer:sleep(10000).", "0"},
                                      {"fault", "os:cmd(\"kill -SEGV \" ++ erpc:call(N, os, getpid, [])), timer:sleep(10000).", "139"}]].

%% --- Messages --------------------------------------------------------------------------------------------------------------

big_messages_test_() ->
    {timeout, ?LIMIT, fun() ->
        with(#{}, fun(_, Node) ->
            Echo = spawn(Node, fun Loop() -> receive {From, What} -> From ! {self(), What}, Loop() end end),
            _ = [begin
                     Echo ! {self(), What},
                     receive {Echo, Back} -> ?assert(Back =:= What) end
                 end || Size <- [0, 1, 63, 64, 65, 16_000, 17_000, ?MEGABYTE, 20 * ?MEGABYTE],
                        Bytes <- [binary:copy(<<"z">>, Size)],
                        What <- [Bytes, [Bytes, Bytes], [Bytes, <<1:7>>, lists:seq(1, 1000), {Bytes}]]]
        end)
    end}.

%% The engine says more than the VM takes in: its senders wait, and all of it arrives, in order, when the VM goes on.
slow_host_test_() ->
    {timeout, ?LIMIT, fun() ->
        with(#{window => 65536}, fun(Pid, Node) ->
            Self = self(),
            Input = input(Pid),
            Count = 1000,
            Sender = spawn(Node, fun() -> receive go -> ok end, _ = [Self ! {N, binary:copy(<<N:32>>, 10_000)} || N <- lists:seq(1, Count)] end),
            true = erlang:suspend_process(Input),
            Sender ! go,
            timer:sleep(300),
            {message_queue_len, Waiting} = process_info(Input, message_queue_len),
            ?assert(Waiting < 20),
            true = erlang:resume_process(Input),
            ?assertEqual(ok, on(Node, fun() -> ok end)),
            _ = [receive {N, <<N:32, _/binary>>} -> ok end || N <- lists:seq(1, Count)]
        end)
    end}.

%% The VM says more than the engine takes in: senders are suspended, and all of it arrives.
slow_engine_test_() ->
    {timeout, ?LIMIT, fun() ->
        with(#{schedulers => 1}, fun(_, Node) ->
            Self = self(),
            Count = 3000,
            Sum = spawn(Node, fun() ->
                                      receive {start, From} -> From ! started end,
                                      _ = lists:foldl(fun(_, N) -> N * N end, 3, lists:seq(1, 21)),
                                      From ! {sum, lists:sum([receive {N, <<N:32, _/binary>>} -> N end || N <- lists:seq(1, Count)])}
                              end),
            Sum ! {start, Self},
            receive started -> ok end,
            Sender = spawn(fun() -> _ = [Sum ! {N, binary:copy(<<N:32>>, 10_000)} || N <- lists:seq(1, Count)] end),
            ?assert(until(fun() -> process_info(Sender, status) =:= {status, suspended} orelse not is_process_alive(Sender) end)),
            receive {sum, Total} -> ?assertEqual(Count * (Count + 1) div 2, Total) end
        end)
    end}.

%% --- What is the OS process's ----------------------------------------------------------------------------------------------

environment_test_() ->
    {timeout, ?LIMIT, fun environment/0}.

environment() ->
    true = os:putenv("TANDEM_OF_THE_VM", "here"),
    with(#{env => [{"TANDEM_GIVEN", "there"}, {"HOME", false}]}, fun(_, Node) ->
        ?assertEqual({"here", "there", false, os:getpid()},
                     on(Node, fun() -> {os:getenv("TANDEM_OF_THE_VM"), os:getenv("TANDEM_GIVEN"), os:getenv("HOME"), os:getpid()} end)),
        ?assertEqual(true, on(Node, fun() -> os:putenv("TANDEM_OF_THE_VM", "elsewhere") end)),
        ?assertEqual("elsewhere", on(Node, fun() -> os:getenv("TANDEM_OF_THE_VM") end)),
        ?assertEqual("here", os:getenv("TANDEM_OF_THE_VM"))
    end).

%% --- What is wrong ---------------------------------------------------------------------------------------------------------

errors_test_() ->
    {timeout, ?LIMIT, fun errors/0}.

errors() ->
    ?assertEqual({error, {executable, "/no/such/file", "No such file or directory"}}, tandem:start(#{carrier => nif, executable => "/no/such/file"})),
    Beam = code:which(?MODULE),
    ?assertEqual({error, {executable, Beam, "invalid ELF header"}}, tandem:start(#{carrier => nif, executable => Beam})),
    ?assertEqual({error, {bad_option, carrier, fin}}, tandem:start(#{carrier => fin})),
    with(#{name => "taken"}, fun(Pid, _) -> ?assertEqual({error, {already_started, Pid}}, tandem:start(#{carrier => nif, name => "taken"})) end),
    ?assertEqual(0, images()).

%% Frames that no VM sends: the engine says why it ends, and ends.
malformed_test_() ->
    {timeout, ?LIMIT, fun malformed/0}.

malformed() ->
    _ = [begin
             Reference = make_ref(),
             {ok, Handle} = tandem_nif:open(engine(), Reference),
             _ = tandem_nif:put(Handle, Frame),
             receive {Reference, {last_words, <<"tandem: error: ", _/binary>>}} -> ok end,
             receive {Reference, {exit_status, 1}} -> ok end,
             closed = tandem_nif:put(Handle, Frame),
             ok = tandem_nif:close(Handle),
             ok = tandem_nif:close(Handle)
         end || Frame <- [<<>>, <<"x">>, [], term_to_binary(#{}), [term_to_binary(#{node => 1}), <<"x">>]]],
    {ok, Opened} = tandem_nif:open(engine(), make_ref()),
    _ = [?assertError(badarg, tandem_nif:put(Opened, Wrong)) || Wrong <- [x, 1, [x], [<<1:11>>], [<<"a">> | <<"b">>], {}]],
    ?assertError(badarg, tandem_nif:put(make_ref(), <<>>)),
    ok = tandem_nif:close(Opened),
    closed = tandem_nif:put(Opened, <<>>).
