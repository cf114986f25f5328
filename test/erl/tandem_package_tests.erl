%% SPDX-License-Identifier: Apache-2.0
%% What a user meets outside of the modules: building, installing, VMs of their own with and without a name, memory and start.
-module(tandem_package_tests).

-include_lib("eunit/include/eunit.hrl").

-import(tandem_support, [os_pid/1, signal/2, gone/1, await_gone/1, resident/1]).

-define(LIMIT, 120).

%% --- Building --------------------------------------------------------------------------------------------------------------

%% `make' has run before the tests do.
second_make_test_() ->
    {timeout, ?LIMIT, fun() ->
        ?assertEqual("0", run("env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make; echo $?")),
        Times = [element(1, timer:tc(fun() -> run("env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make") end)) || _ <- [1, 2, 3]],
        ?debugFmt("make with nothing to do: ~b ms", [lists:min(Times) div 1000]),
        ?assert(lists:min(Times) < 1_000_000)
    end}.

%% Without root, what is missing is named and nothing else happens: here a machine that lacks rebar3 and a header.
missing_packages_test() ->
    Folder = filename:absname("_build/test/lacking"),
    ok = filelib:ensure_path(Folder),
    _ = [begin
             _ = file:delete(filename:join(Folder, Tool)),
             ok = file:make_symlink(os:find_executable(Tool), filename:join(Folder, Tool))
         end || Tool <- ["sh", "make", "clang", "clang-format", "ld.lld", "erl", "dialyzer", "elixir", "python3", "git", "echo", "printf", "dirname",
                         "basename", "cat", "sed", "grep", "expr", "uname"], os:find_executable(Tool) =/= false],
    ok = file:write_file(filename:join(Folder, "id"), "#!/bin/sh\necho 1000\n"),
    ok = file:change_mode(filename:join(Folder, "id"), 8#755),
    ?assertEqual("Missing packages. As root: apt-get install rebar3\n1", run("PATH=" ++ Folder ++ " sh test/deps.sh install; echo $?")).

run(Command) ->
    string:trim(os:cmd(Command)).

%% --- VMs of their own ------------------------------------------------------------------------------------------------------

named_host_test_() ->
    {timeout, ?LIMIT, fun() ->
        ?assertMatch({[{before, Node}, {'after', Node}, {engine, there, Node}], _} when Node =/= nonode@nohost,
                     vm(["-sname", "tandem_named", "-dist_listen", "false"], host_names()))
    end}.

nameless_host_test_() ->
    {timeout, ?LIMIT, fun() ->
        {[{before, nonode@nohost}, {'after', Node}, {engine, there, Node}], Listening} = vm([], host_names()),
        ?assertMatch("host" ++ _, atom_to_list(Node)),
        ?assertEqual(0, Listening)
    end}.

%% A program that says its node's name before and after an engine starts, and whom the engine takes for its host.
host_names() ->
    "io:format(\"~p.~n\", [{before, node()}]), {ok, _, N} = tandem:start(#{}), io:format(\"~p.~n\", [{'after', node()}]), S = self(), "
        "spawn(N, fun() -> S ! {engine, case node() of N -> there; _ -> here end, node(S)} end), receive M -> io:format(\"~p.~n\", [M]) end, "
        "io:format(\"~p.~n\", [length([P || P <- erlang:ports(), {name, \"tcp_inet\"} =:= erlang:port_info(P, name)])]), halt().".

%% No home, none that exists, or one that takes no file: several start at once, and the environment is what it was.
homeless_host_test_() ->
    Program = "Me = self(), Before = lists:sort(os:getenv()), "
              "_ = [spawn(fun() -> {ok, _, N} = tandem:start(#{carrier => port}), Me ! {started, erpc:call(N, erlang, node, []) =:= N} end) || _ <- [1, 2, 3]], "
              "[receive {started, R} -> io:format(\"~p.~n\", [R]) end || _ <- [1, 2, 3]], io:format(\"~p.~n\", [Before =:= lists:sort(os:getenv())]), "
              "io:format(\"~p.~n\", [filelib:wildcard(os:getenv(\"TMPDIR\") ++ \"/*\")]), halt().",
    Folder = filename:absname("_build/test/homeless"),
    ok = filelib:ensure_path(Folder),
    [{timeout, ?LIMIT, fun() ->
          ?assertEqual({[true, true, true, true], []}, vm([], Program, [{"HOME", Home}, {"XDG_CONFIG_HOME", false}, {"TMPDIR", Folder}]))
      end} || Home <- [false, "/nonexistent", "/proc"]].

vm(Flags, Program) ->
    vm(Flags, Program, []).

vm(Flags, Program, Environment) ->
    Port = open_port({spawn_executable, os:find_executable("erl")},
                     [{args, ["-noinput", "-start_epmd", "false" | Flags] ++ ["-pa" | code:get_path()] ++ ["-eval", Program]}, exit_status, {line, 1000},
                      {env, Environment}]),
    Terms = lines(Port),
    {lists:droplast(Terms), lists:last(Terms)}.

lines(Port) ->
    receive
        {Port, {data, {eol, Line}}} ->
            {ok, Tokens, _} = erl_scan:string(Line),
            {ok, Term} = erl_parse:parse_term(Tokens),
            [Term | lines(Port)];
        {Port, {exit_status, 0}} -> []
    end.

%% The engine's only worker is in an endless loop and its output is stuck; the host is killed.
killed_host_of_a_busy_engine_test_() ->
    {timeout, ?LIMIT, fun() ->
        Port = open_port({spawn_executable, os:find_executable("erl")},
                         [{args, ["-noinput", "-pa" | code:get_path()] ++
                               ["-eval", "{ok, P, N} = tandem:start(#{}), S = self(), F = fun F() -> F() end, spawn(N, F), spawn(N, F), "
                                "spawn(N, fun() -> L = fun L() -> S ! {x, lists:seq(1, 1000)}, L() end, L() end), timer:sleep(300), "
                                "erlang:suspend_process(tandem_support:input(P)), io:format(\"~p.~n\", [tandem_support:os_pid(P)])."]},
                          {line, 1000}, exit_status]),
        OsPid = receive {Port, {data, {eol, Line}}} -> list_to_integer(lists:droplast(Line)) end,
        {os_pid, Host} = erlang:port_info(Port, os_pid),
        ?assertNot(gone(OsPid)),
        signal("KILL", Host),
        receive {Port, {exit_status, _}} -> ok end,
        await_gone(OsPid)
    end}.

%% --- Options that show -----------------------------------------------------------------------------------------------------

options_take_effect_test_() ->
    {timeout, ?LIMIT, fun() ->
        {ok, Owner, Node} = tandem:start(#{name => shown, schedulers => 2, log => debug, timeout => infinity, window => 4096,
                                           executable => filename:absname("priv/tandem"), env => [{"TANDEM_SHOWN", "yes"}]}),
        ?assertMatch("shown@" ++ _, atom_to_list(Node)),
        ?assertMatch(#{schedulers := 2}, tandem:info(Node)),
        {ok, Environment} = file:read_file(["/proc/", integer_to_list(os_pid(Owner)), "/environ"]),
        ?assertMatch({_, _}, binary:match(Environment, <<"TANDEM_SHOWN=yes">>)),
        Self = self(),
        spawn(Node, fun() -> Self ! {large, binary:copy(<<7>>, 1_000_000)} end),
        receive {large, Large} -> ?assertEqual(1_000_000, byte_size(Large)) end,
        ok = tandem:stop(Owner)
    end}.

%% --- Start and memory ------------------------------------------------------------------------------------------------------

%% What the system kills when it has no memory left.
goes_before_its_host_test() ->
    {ok, Owner, _} = tandem:start(#{carrier => port}),
    ?assertEqual(min(1000, score("self") + 300), score(integer_to_list(os_pid(Owner)))),
    ok = tandem:stop(Owner).

score(Process) ->
    {ok, Text} = file:read_file(filename:join(["/proc", Process, "oom_score_adj"])),
    binary_to_integer(string:trim(Text)).

fresh_engine_is_small_test_() ->
    {timeout, ?LIMIT, fun fresh_engine_is_small/0}.

fresh_engine_is_small() ->
    {ok, Owner, _} = tandem:start(#{}),
    Resident = resident(os_pid(Owner)),
    ok = tandem:stop(Owner),
    ?debugFmt("resident memory of a fresh engine: ~b KiB", [Resident]),
    ?assert(Resident < 8 * 1024).

start_time_test_() ->
    {timeout, ?LIMIT, fun() ->
        Times = lists:sort([element(1, timer:tc(fun start_and_answer/0)) || _ <- lists:seq(1, 15)]),
        ?debugFmt("start to first answer, median: ~.1f ms", [lists:nth(8, Times) / 1000]),
        ?assert(lists:nth(8, Times) < 1_000_000)
    end}.

start_and_answer() ->
    {ok, Owner, Node} = tandem:start(#{}),
    Self = self(),
    spawn(Node, fun() -> Self ! started end),
    receive started -> ok end,
    spawn(fun() -> tandem:stop(Owner) end).
