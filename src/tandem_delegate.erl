%% SPDX-License-Identifier: Apache-2.0
%% @doc The engine's half of a delegated call: a function that is the host's business, called in a process of the engine. This
%% module runs on the engine, as bytecode like any other; {@link tandem_host} is the other half.
%%
%% An engine that belongs to its host ends with it, so the host's death needs no watching: the alias is enough. A member of a cluster
%% may lose its host while that runs a call, which then raises `noconnection'.
-module(tandem_delegate).

-export([call/3, on_host/3]).

%% @doc A call that the engine's table of delegated functions has caught. Applications may run here as well as there, and code is loaded here.
-spec call(module(), atom(), [term()]) -> term().
call(application_controller, F, Args) -> tandem_application:call(F, Args);
call(code_server, call, [Request]) -> tandem_code:request(Request);
call(erl_prim_loader, get_modules, [Modules, F | _]) -> tandem_code:get_modules(Modules, F);
call(net_kernel, disconnect, [Node]) -> disconnect(Node);
call(net_kernel, stop, []) -> {error, not_allowed};    % as on every node that was one from its start
call(net_kernel, F, [Node]) when F =:= connect_node; F =:= hidden_connect_node -> tandem_native:connect(Node);
call(M, F, Args) -> on_host(M, F, Args).

%% Where the host is the only node that there is, the engine ends by this: the host is who does it.
disconnect(Node) ->
    case tandem_native:may_lose_host() of
        true -> tandem_native:disconnect(Node);
        false -> Node =:= node(tandem_native:host()) andalso on_host(net_kernel, disconnect, [node()])
    end.

%% @doc Applies the function on the host, with the caller's group leader; gives its value, or raises what it raised. The stack
%% trace is that of the host, continued by the caller's own.
-spec on_host(module(), atom(), [term()]) -> term().
on_host(M, F, Args) ->
    case tandem_native:host() of
        undefined -> raise(error, undef, [{M, F, Args, []}]);
        Host -> ask(Host, tandem_native:may_lose_host(), M, F, Args)
    end.

ask(Host, false, M, F, Args) ->
    Alias = erlang:alias([reply]),
    Host ! {'$tandem_call', self(), Alias, group_leader(), M, F, Args},
    receive {Alias, Outcome} -> outcome(Outcome) end;
ask(Host, true, M, F, Args) ->
    Alias = erlang:monitor(process, Host, [{alias, reply_demonitor}]),
    Host ! {'$tandem_call', self(), Alias, group_leader(), M, F, Args},
    receive
        {Alias, Outcome} -> outcome(Outcome);
        {'DOWN', Alias, process, _, Reason} -> raise(error, Reason, [])
    end.

outcome({ok, Value}) -> Value;
outcome({Class, Reason, Stack}) -> raise(Class, Reason, Stack).

-spec raise(error | exit | throw, term(), [tuple()]) -> no_return().
raise(Class, Reason, Stack) ->
    {current_stacktrace, Own} = process_info(self(), current_stacktrace),
    erlang:raise(Class, Reason, Stack ++ callers(Own)).

callers([{?MODULE, _, _, _} | Stack]) -> callers(Stack);
callers([{tandem_application, _, _, _} | Stack]) -> callers(Stack);
callers([{tandem_code, _, _, _} | Stack]) -> callers(Stack);
callers([{erlang, process_info, _, _} | Stack]) -> callers(Stack);
callers(Stack) -> Stack.
