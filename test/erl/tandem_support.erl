%% SPDX-License-Identifier: Apache-2.0
%% What several test modules need: the engine's operating-system process, and waiting for something to hold.
-module(tandem_support).

-export([os_pid/1, input/1, port/1, signal/2, gone/1, await_gone/1, until/1, until/2, resident/1, on/2, no_native/1, quiet/0]).
-export([carrier/0, has_os_process/0, end_at_once/2, is_telling/2, each_on_an_engine/1]).

%% The process that owns the engine's port, the port, and the engine's operating-system process, by the engine's owner.
-spec input(pid()) -> pid().
input(Owner) ->
    {Input, _} = connection(Owner),
    Input.

-spec os_pid(pid()) -> pos_integer().
os_pid(Owner) ->
    {_, Port} = connection(Owner),
    {os_pid, OsPid} = erlang:port_info(Port, os_pid),
    OsPid.

-spec port(pid()) -> port().
port(Owner) ->
    {_, Port} = connection(Owner),
    Port.

connection(Owner) ->
    {links, Links} = process_info(Owner, links),
    [Found] = [{Input, Port} || Port <- erlang:ports(), {connected, Input} <- [erlang:port_info(Port, connected)],
                                lists:member(Input, Links)],
    Found.

%% How engines that aren't told otherwise are reached.
-spec carrier() -> tandem_options:carrier().
carrier() ->
    _ = application:load(tandem),
    application:get_env(tandem, carrier, port).

%% Whether they have an operating-system process of their own.
-spec has_os_process() -> boolean().
has_os_process() ->
    carrier() =/= nif.

%% Ends an engine as hard as it can be ended.
-spec end_at_once(pid(), node()) -> term().
end_at_once(Owner, Node) ->
    case has_os_process() of
        true -> signal("KILL", os_pid(Owner));
        false -> spawn(Node, fun() -> halt(1, [{flush, false}]) end)
    end.

-spec signal(string(), pos_integer()) -> string().
signal(Name, OsPid) -> os:cmd("kill -" ++ Name ++ " " ++ integer_to_list(OsPid)).

%% A zombie that nobody has reaped yet is gone as well.
-spec gone(pos_integer()) -> boolean().
gone(OsPid) ->
    case file:read_file("/proc/" ++ integer_to_list(OsPid) ++ "/stat") of
        {ok, Stat} -> binary:match(Stat, <<") Z ">>) =/= nomatch;
        {error, _} -> true
    end.

-spec await_gone(pos_integer()) -> true.
await_gone(OsPid) -> until(fun() -> gone(OsPid) end).

%% Asks every 10 ms, as long as it takes: how fast the machine is decides nothing. What never comes ends with the test's own limit.
-spec until(fun(() -> boolean())) -> true.
until(F) -> F() orelse begin timer:sleep(10), until(F) end.

%% For who tells what is wrong then, or expects nothing to come: asks so many times.
-spec until(fun(() -> boolean()), non_neg_integer()) -> boolean().
until(_, 0) -> false;
until(F, Times) -> F() orelse begin timer:sleep(10), until(F, Times - 1) end.

%% Resident memory of an operating-system process in KiB.
-spec resident(pos_integer()) -> pos_integer().
resident(OsPid) ->
    {ok, Status} = file:read_file("/proc/" ++ integer_to_list(OsPid) ++ "/status"),
    {match, [Text]} = re:run(Status, "VmRSS:\\s*([0-9]+) kB", [{capture, all_but_first, list}]),
    list_to_integer(Text).

%% Runs a function there and gives its value.
-spec on(node(), fun(() -> Value)) -> Value.
on(Node, F) ->
    {Pid, Monitor} = spawn_monitor(Node, fun() -> exit({value, F()}) end),
    receive
        {'DOWN', Monitor, process, Pid, {value, Value}} -> Value;
        {'DOWN', Monitor, process, Pid, Reason} -> error({Node, Reason})
    end.

%% Of all that the logger is told, only why an engine or this VM ends is printed: what programs do on purpose would hide that.
-spec quiet() -> ok.
quiet() ->
    ok = logger:set_primary_config(level, info),
    case logger:add_primary_filter(?MODULE, {fun ?MODULE:is_telling/2, []}) of
        ok -> ok;
        {error, {already_exist, _}} -> ok
    end.

%% @private
-spec is_telling(logger:log_event(), term()) -> ignore | stop.
is_telling(#{msg := {"Tandem:" ++ _, _}}, _) -> ignore;
is_telling(#{msg := {"SIGTERM" ++ _, _}}, _) -> ignore;
is_telling(#{msg := {"** Node " ++ _, _}}, _) -> ignore;
is_telling(#{msg := {report, #{format := "SIGTERM" ++ _}}}, _) -> ignore;
is_telling(#{msg := {report, #{format := "** Node " ++ _}}}, _) -> ignore;
is_telling(_, _) -> stop.

%% As OTP's own modules say that a function is native.
-spec no_native(term()) -> no_return().
no_native(_) -> erlang:nif_error(undef).

%% A generator: each of these functions is a test, and gets the node of an engine that is started for all of them.
-spec each_on_an_engine([{atom(), fun((node()) -> term())}]) -> term().
each_on_an_engine(Tests) ->
    {setup, fun() -> {ok, Pid, Node} = tandem:start(#{}), {Pid, Node} end, fun({Pid, _}) -> tandem:stop(Pid) end,
     fun({_, Node}) -> [{atom_to_list(Name), {timeout, 60, fun() -> Test(Node) end}} || {Name, Test} <- Tests] end}.
