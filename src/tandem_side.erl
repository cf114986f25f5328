%% SPDX-License-Identifier: Apache-2.0
%% @doc The two sides of a comparison: an engine, and a BEAM with as many schedulers, which this VM reaches over loopback TCP. This VM
%% is a node afterwards.
-module(tandem_side).

-export([start/2, call/5, os_pid/2, resident/1, name/1]).
-export([answer/3]).

-export_type([kind/0]).

-type kind() :: beam | tandem.

%% How long a BEAM may take to stop when asked politely.
-define(PEER_SHUTDOWN, 2000).

%% Waits for the end of its input, which comes with that of whoever has opened it, however that ends; then kills the operating-system process
%% whose number it was given. When that was started stands behind its name in what the system tells of it: another may have got the number.
-define(WATCH, "started() { read -r told < /proc/$1/stat && set -- ${told##*) } && echo ${20}; } 2> /dev/null; "
               "was=$(started $1); while read -r _; do :; done; [ \"$(started $1)\" = \"$was\" ] && kill -KILL $1").

%% @doc Starts a side that is linked to the caller; gives its node, and what stops it. `executable' is the engine's program,
%% `arguments' are added to those of the BEAM.
-spec start(kind(), #{schedulers := pos_integer(), carrier => tandem_options:carrier(), executable => file:name_all(), arguments => [string()]}) ->
          {ok, node(), fun(() -> term())} | {error, term()}.
start(tandem, Options) ->
    case tandem:start_link(maps:with([schedulers, carrier, executable], Options)) of
        {ok, Pid, Node} -> {ok, Node, fun() -> tandem:stop(Pid) end};
        {error, Reason} -> {error, Reason}
    end;
start(beam, #{schedulers := Workers} = Options) ->
    case ensure_node() of
        ok ->
            Schedulers = integer_to_list(Workers),
            start_beam(["+S", Schedulers ++ ":" ++ Schedulers | maps:get(arguments, Options, [])]);
        {error, Reason} -> {error, Reason}
    end.

%% An engine makes this VM a node without a listener; a BEAM needs no more.
ensure_node() ->
    case is_alive() of
        true -> ok;
        false ->
            case tandem:start_link(#{}) of
                {ok, Pid, _} -> tandem:stop(Pid);
                {error, Reason} -> {error, Reason}
            end
    end.

%% The cookie goes over the pipe: a command line can be read by everybody. Until then nobody knows the one that is there.
start_beam(Arguments) ->
    Nobodys = binary_to_list(string:lowercase(integer_to_binary(rand:uniform(1 bsl 120), 36))),
    [_, Host] = string:split(atom_to_list(node()), "@"),
    try peer:start_link(#{name => peer:random_name(), host => Host, connection => standard_io, shutdown => ?PEER_SHUTDOWN,
                          env => [{"ERL_CRASH_DUMP_BYTES", "0"}],    % what ends it may be the work, and is told anyway
                          args => ["-setcookie", Nobodys, "-hidden", "-pa" | code:get_path()] ++ Arguments}) of
        {ok, Pid, Node} ->
            Watch = watch(peer:call(Pid, os, getpid, [])),
            Stop = fun() -> peer:stop(Pid), catch port_close(Watch) end,
            true = peer:call(Pid, erlang, set_cookie, [erlang:get_cookie()]),
            case net_kernel:connect_node(Node) of
                true -> {ok, Node, Stop};
                _ -> Stop(), {error, {not_connected, Node}}
            end;
        {error, Reason} -> {error, Reason}
    catch
        _:Reason -> {error, Reason}
    end.

%% A BEAM reads the end of its input, unless a native function that doesn't end has its scheduler. So a shell sees to it that it outlives
%% neither the caller nor this VM.
watch(OsPid) ->
    open_port({spawn_executable, "/bin/sh"}, [{args, ["-c", ?WATCH, "sh", OsPid]}, {env, [{"LC_ALL", "C"}]}]).

%% @doc Runs a function in a process of a node, and gives its value. A process that takes longer than that many milliseconds is
%% killed.
-spec call(node(), module(), atom(), [term()], timeout()) -> {ok, term()} | {error, term()}.
call(Node, Module, Function, Arguments, Timeout) ->
    {Pid, Monitor} = spawn_monitor(Node, ?MODULE, answer, [Module, Function, Arguments]),
    receive
        {'DOWN', Monitor, process, Pid, {?MODULE, Answer}} -> {ok, Answer};
        {'DOWN', Monitor, process, Pid, Reason} -> {error, Reason}
    after Timeout ->
            erlang:demonitor(Monitor, [flush]),
            exit(Pid, kill),
            {error, timeout}
    end.

%% @private Ends with the value as its reason.
-spec answer(module(), atom(), [term()]) -> no_return().
answer(Module, Function, Arguments) ->
    exit({?MODULE, apply(Module, Function, Arguments)}).

%% @doc The operating-system process of a side.
-spec os_pid(kind(), node()) -> string().
os_pid(beam, Node) -> erpc:call(Node, os, getpid, []);
os_pid(tandem, Node) ->
    Owner = whereis(Node),
    case [OsPid || Port <- erlang:ports(), {connected, Input} <- [erlang:port_info(Port, connected)],
                   {links, Links} <- [process_info(Input, links)], lists:member(Owner, Links),
                   {os_pid, OsPid} <- [erlang:port_info(Port, os_pid)]] of
        [Pid] -> integer_to_list(Pid);
        [] -> erpc:call(Node, os, getpid, [])
    end.

%% @doc The bytes of an operating-system process that are in memory; 0 where that can't be told.
-spec resident(string()) -> non_neg_integer().
resident(OsPid) ->
    case file:read_file(["/proc/", OsPid, "/status"]) of
        {ok, Status} ->
            {match, [Kilobytes]} = re:run(Status, "VmRSS:\\s*(\\d+) kB", [{capture, all_but_first, list}]),
            1024 * list_to_integer(Kilobytes);
        {error, _} -> 0
    end.

%% @doc What people call it.
-spec name(kind()) -> string().
name(beam) -> "BEAM";
name(tandem) -> "Tandem".
