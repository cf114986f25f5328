%% SPDX-License-Identifier: Apache-2.0
%% What the engine leaves to the VM: the calling process keeps its group leader and its exceptions, its worker runs others meanwhile,
%% and what is called ends with the caller. Input and output across the border.
-module(tandem_host_tests).

-include_lib("eunit/include/eunit.hrl").

-export([log/2]).

-import(tandem_support, [until/1, on/2]).

-define(LIMIT, 60).

all_test_() ->
    {setup, fun() -> {ok, Pid, Node} = tandem:start(#{}), {Pid, Node} end, fun({Pid, _}) -> tandem:stop(Pid) end,
     fun({_, Node}) ->
         [{Name, {timeout, ?LIMIT, fun() -> Test(Node) end}}
          || {Name, Test} <- [{"a delegated call has the caller's group leader", fun leader_of_call/1}, {"and raises what was raised there", fun exceptions/1},
                              {"and holds no worker", fun no_worker/1}, {"and ends with its caller", fun cancelled/1}, {"many at once", fun many/1},
                              {"a device of the host", fun device_of_host/1}, {"a device of the engine", fun device_of_engine/1},
                              {"a device ends with its owner", fun device_ends/1}, {"input from the leader", fun input/1},
                              {"IO.stream", fun stream/1}, {"a leader that ends", fun leader_ends/1}, {"a module that wants native code", fun native_code/1},
                              {"environment", fun environment/1}, {"events of processes whose leader is there", fun events/1},
                              {"sticky modules that only the engine has loaded", fun sticky/1},
                              {"messages that nobody has for it", fun strange_messages/1}]]
     end}.

leader_of_call(Node) ->
    Leader = leader([]),
    Seen = on_with_leader(Node, Leader, fun() -> code:clash(), erlang:group_leader() end),
    ?assertEqual(Leader, Seen),
    ?assertMatch([_ | _], printed(Leader)).

exceptions(Node) ->
    Calls = [{crypto, hash, [no_such, "a"]}, {zlib, uncompress, [<<"junk">>]}, {inet_db, no_such, []}, {file, read_file, [1, 2, 3]}],
    [?assertEqual(raised(Call), on(Node, fun() -> raised(Call) end)) || Call <- Calls].

raised({M, F, A}) ->
    try {value, apply(M, F, A)}
    catch Class:Reason:Stack -> {Class, Reason, [{Module, Function} || {Module, Function, _, _} <- lists:sublist(Stack, 1)]}
    end.

no_worker(Node) ->
    Self = self(),
    spawn(Node, fun() -> Self ! {slow, os:cmd("sleep 0.5; echo done")} end),
    ?assert(is_integer(on(Node, fun() -> lists:sum(lists:seq(1, 100_000)) end))),
    Others = [spawn(Node, fun() -> Self ! {other, N, lists:sum(lists:seq(1, N))} end) || N <- lists:seq(1, 50)],
    [receive {other, N, _} -> ok; {slow, _} -> error(held) end || {N, _} <- lists:enumerate(Others)],
    receive {slow, Answer} -> ?assertEqual("done\n", Answer) end.

cancelled(Node) ->
    Before = running(),
    Callers = [spawn(Node, fun() -> os:cmd("sleep 30") end) || _ <- lists:seq(1, 5)],
    ?assert(until(fun() -> length(running() -- Before) >= 5 end)),
    [exit(Caller, kill) || Caller <- Callers],
    ?assert(until(fun() -> running() -- Before =:= [] end)).

running() ->
    [Pid || Pid <- processes(), {current_stacktrace, Stack} <- [process_info(Pid, current_stacktrace)], lists:keymember(tandem_host, 1, Stack),
            lists:keymember(os, 1, Stack)].

many(Node) ->
    Answers = on(Node, fun() ->
                           Self = self(),
                           Pids = [spawn(fun() -> Self ! {self(), {N, crypto:hash(md5, <<N:32>>)}} end) || N <- lists:seq(1, 500)],
                           [receive {Pid, Answer} -> Answer end || Pid <- Pids]
                       end),
    ?assertEqual([{N, crypto:hash(md5, <<N:32>>)} || N <- lists:seq(1, 500)], Answers).

device_of_host(Node) ->
    with_file(fun(Name) ->
        {ok, Device} = file:open(Name, [write, read, binary]),
        ok = on(Node, fun() -> io:format(Device, "~p ~ts~n", [{a, 1}, "text"]), io:put_chars(Device, "second\n"), file:write(Device, "third\n") end),
        {ok, 0} = on(Node, fun() -> file:position(Device, bof) end),
        ?assertEqual({<<"{a,1} text\n">>, <<"second\n">>, {ok, <<"thi">>}, {ok, <<"{a,">>}},
                     on(Node, fun() -> {io:get_line(Device, ""), io:get_line(Device, ""), file:read(Device, 3), file:pread(Device, 0, 3)} end)),
        ok = on(Node, fun() -> file:close(Device) end),
        ?assertNot(is_process_alive(Device))
    end).

device_of_engine(Node) ->
    with_file(fun(Name) ->
        Self = self(),
        Owner = spawn(Node, fun() -> {ok, Device} = file:open(Name, [write]), Self ! {device, Device}, receive stop -> ok end end),
        Device = receive {device, Opened} -> Opened end,
        ok = io:format(Device, "from the VM ~b~n", [1]),
        ok = on(Node, fun() -> io:format(Device, "from another process~n", []) end),
        Owner ! stop,
        ?assert(until(fun() -> not is_process_alive(Device) end)),
        ?assertEqual({ok, <<"from the VM 1\nfrom another process\n">>}, file:read_file(Name))
    end).

device_ends(Node) ->
    with_file(fun(Name) ->
        {ok, Device} = on(Node, fun() -> file:open(Name, [write]) end),
        ?assert(until(fun() -> not is_process_alive(Device) end)),
        ?assertEqual({error, terminated}, on(Node, fun() -> io:format(Device, "x", []) end, caught))
    end).

on(Node, F, caught) -> on(Node, fun() -> try F() catch error:Reason -> {error, Reason} end end).

input(Node) ->
    Leader = leader(["first line\n", "{a, term}.\n", "rest"]),
    ?assertEqual({<<"first line\n">>, {ok, {a, term}}, <<"re">>, <<"st">>, eof},
                 on_with_leader(Node, Leader, fun() -> {io:get_line("> "), io:read("> "), io:get_chars("", 2), io:get_line(""), io:get_line("")} end)),
    ?assertEqual({error, no_terminal}, on_with_leader(Node, Leader, fun() -> case io:columns() of {error, _} -> {error, no_terminal}; Other -> Other end end)).

stream(Node) ->
    Leader = leader(["one\n", "two\n"]),
    ?assertEqual([<<"one\n">>, <<"two\n">>],
                 on_with_leader(Node, Leader, fun() -> 'Elixir.Enum':to_list('Elixir.IO':stream(stdio, line)) end)).

leader_ends(Node) ->
    Leader = leader([]),
    unlink(Leader),
    Answer = on_with_leader(Node, Leader, fun() ->
                                              exit(group_leader(), kill),
                                              ok = until_dead(group_leader()),
                                              try io:format("x") catch error:Reason -> Reason end
                                          end),
    ?assertEqual(terminated, Answer).

until_dead(Pid) ->
    Monitor = monitor(process, Pid),
    receive {'DOWN', Monitor, _, _, _} -> ok end.

%% Its functions run on the VM, where the native code is.
native_code(Node) ->
    ?assertEqual({true, true}, on(Node, fun() -> {is_list(crypto:supports(hashs)), erlang:module_loaded(tandem_host_tests)} end)),
    Folder = "_build/test/host_native",
    ok = filelib:ensure_dir(filename:join(Folder, "x")),
    {ok, Tokens, _} = erl_scan:string("-module(tandem_host_native). -export([where/0]). -on_load(load/0). load() -> case node() of '" ++ atom_to_list(node()) ++
                                      "' -> ok; _ -> io:format(user, \"\", []), erlang:load_nif(filename:join(code:lib_dir(stdlib), \"nothing\"), 0) end. where() -> node()."),
    {ok, M, Code} = compile:forms(forms(Tokens, [])),
    ok = file:write_file(filename:join(Folder, "tandem_host_native.beam"), Code),
    true = code:add_patha(Folder),
    ?assertEqual({node(), node()}, {M:where(), on(Node, fun() -> M:where() end)}),
    true = code:del_path(Folder).

forms([], []) -> [];
forms([{dot, _} = Dot | Rest], Form) -> {ok, Parsed} = erl_parse:parse_form(lists:reverse([Dot | Form])), [Parsed | forms(Rest, [])];
forms([Token | Rest], Form) -> forms(Rest, [Token | Form]).

environment(Node) ->
    ok = application:set_env(stdlib, tandem_host_tests, here),
    ?assertEqual({ok, here}, on(Node, fun() -> application:get_env(stdlib, tandem_host_tests) end)),
    ok = on(Node, fun() -> application:set_env(stdlib, tandem_host_tests, there) end),
    ?assertEqual({ok, there}, application:get_env(stdlib, tandem_host_tests)),
    ok = application:unset_env(stdlib, tandem_host_tests).

%% --- Helpers -----------------------------------------------------------------------------------------------------------------

on_with_leader(Node, Leader, F) ->
    on(Node, fun() -> group_leader(Leader, self()), F() end).

with_file(F) ->
    Name = filename:join("_build/test", "host" ++ integer_to_list(erlang:unique_integer([positive]))),
    try F(Name) after file:delete(Name) end.

%% A leader that gives these lines as input and keeps what is printed.
leader(Lines) ->
    {ok, Leader} = 'Elixir.StringIO':open(list_to_binary(Lines)),
    Leader.

printed(Leader) ->
    {_, Output} = 'Elixir.StringIO':contents(Leader),
    binary_to_list(Output).

%% As an application on the engine has them: handlers pass over events of other nodes, but not over these.
events(Node) ->
    ok = logger:add_handler(?MODULE, ?MODULE, #{config => self(), filters => [{remote_gl, {fun logger_filters:remote_gl/2, stop}}]}),
    Pid = spawn(Node, fun() ->
                              group_leader(spawn_link(fun() -> receive never -> ok end end), self()),
                              logger:error("said"),
                              error(crashed)
                      end),
    Said = receive {event, #{msg := {string, Text}, meta := #{pid := Pid, gl := Leader}}} -> {Text, Leader} end,
    ?assertEqual({"said", whereis(user)}, Said),
    Crashed = receive {event, #{level := error, msg := {_, [Pid | _]}, meta := #{pid := Pid, gl := Last}}} -> Last end,
    ?assertEqual(whereis(user), Crashed),
    ok = logger:remove_handler(?MODULE).

%% @private
log(Event, #{config := Pid}) -> Pid ! {event, Event}.

sticky(Node) ->
    {Module, Binary, File} = code:get_object_code(log_mf_h),
    ?assertEqual(false, code:is_loaded(Module)),
    Load = fun() -> {code:is_sticky(Module), code:ensure_loaded(Module), code:is_sticky(Module), code:load_binary(Module, File, Binary)} end,
    ?assertEqual({false, {module, Module}, true, {error, sticky_directory}}, on(Node, Load)).

%% What runs on the engine knows the process that serves it.
strange_messages(Node) ->
    Strange = [watch, {'DOWN', begun, process, self(), normal}, {'$tandem_call', nobody, make_ref(), none, lists, seq, [1, 2]}, {}],
    Send = fun() -> [tandem_native:host() ! Message || Message <- Strange ++ Strange], filelib:is_dir("/") end,
    ?assert(on(Node, Send)),
    [?assert(on(Node, fun() -> timer:sleep(30), filelib:is_dir("/") end)) || _ <- lists:seq(1, 10)].
