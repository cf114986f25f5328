%% SPDX-License-Identifier: Apache-2.0
%% @doc The engine's half of a delegated call: a function that is the host's business, called in a process of the engine. This
%% module runs on the engine, as bytecode like any other; {@link tandem_host} is the other half.
%%
%% The host's services live exactly as long as the engine's connection, so their death needs no watching: the alias is enough.
-module(tandem_delegate).

-export([call/3, on_host/3]).

%% @doc A call that the engine's table of delegated functions has caught. Applications may run here as well as there, and code is loaded here.
-spec call(module(), atom(), [term()]) -> term().
call(application_controller, F, Args) -> tandem_application:call(F, Args);
call(code_server, call, [Request]) -> tandem_code:request(Request);
call(erl_prim_loader, get_modules, [Modules, F | _]) -> tandem_code:get_modules(Modules, F);
call(net_kernel, disconnect, [Node]) -> disconnect(Node);
call(net_kernel, F, [Node]) when F =:= connect_node; F =:= hidden_connect_node -> Node =:= node() orelse is_host(Node);
call(M, F, Args) -> on_host(M, F, Args).

%% The host is the only node that there is here; what it is connected to is its own business.
disconnect(Node) -> is_host(Node) andalso on_host(net_kernel, disconnect, [node()]).

is_host(Node) -> Node =:= node(tandem_native:host()).

%% @doc Applies the function on the host, with the caller's group leader; gives its value, or raises what it raised. The stack
%% trace is that of the host, continued by the caller's own.
-spec on_host(module(), atom(), [term()]) -> term().
on_host(M, F, Args) ->
    Alias = erlang:alias([reply]),
    tandem_native:host() ! {'$tandem_call', self(), Alias, group_leader(), M, F, Args},
    receive
        {Alias, {ok, Value}} ->
            Value;
        {Alias, {Class, Reason, Stack}} ->
            {current_stacktrace, Own} = process_info(self(), current_stacktrace),
            erlang:raise(Class, Reason, Stack ++ callers(Own))
    end.

callers([{?MODULE, _, _, _} | Stack]) -> callers(Stack);
callers([{tandem_application, _, _, _} | Stack]) -> callers(Stack);
callers([{tandem_code, _, _, _} | Stack]) -> callers(Stack);
callers([{erlang, process_info, _, _} | Stack]) -> callers(Stack);
callers(Stack) -> Stack.
