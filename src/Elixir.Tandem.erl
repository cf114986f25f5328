%% SPDX-License-Identifier: Apache-2.0
%% @doc The module `Tandem' of Elixir, written in Erlang so that the package builds without Elixir.
%%
%% ```
%% defmodule Worker do
%%   use Tandem
%%   def start, do: spawn_link(fn -> loop() end)
%% end
%% '''
%%
%% `use Tandem' replaces `spawn/1,3', `spawn_link/1,3' and `spawn_monitor/1,3' of `Kernel' in the module, so that they start their
%% process on the engine: the one given by `use Tandem, node: expression' (evaluated at each call), or else the one that was started
%% last. `send', `receive', links and monitors need nothing. Such a module runs on an engine even if it is in no file: typed into iex, or
%% defined in a script.
%%
%% `start_link/1' and the others are those of {@link tandem}, with options as a map or a keyword list; `{Tandem, options}' is a
%% child of a supervisor.
-module('Elixir.Tandem').

-export(['__info__'/1, start_link/0, start_link/1, start/0, start/1, stop/1, child_spec/1, info/1, node/0, top/1, top/2, trace/3, trace/4, compare/1, compare/2]).
-export(['MACRO-__using__'/2]).
-export(['MACRO-spawn'/2, 'MACRO-spawn'/4, 'MACRO-spawn_link'/2, 'MACRO-spawn_link'/4,
         'MACRO-spawn_monitor'/2, 'MACRO-spawn_monitor'/4]).

-compile({no_auto_import, [node/0]}).

-define(SPAWNS, [{spawn, 1}, {spawn, 3}, {spawn_link, 1}, {spawn_link, 3}, {spawn_monitor, 1}, {spawn_monitor, 3}]).
-define(ATTRIBUTE, tandem_node).

-type ast() :: term().
-type macro_env() :: map() | {non_neg_integer(), term(), map()}.

%% @private What Elixir's compiler asks of a module before it imports from it.
-spec '__info__'(atom()) -> term().
'__info__'(functions) ->
    [{child_spec, 1}, {compare, 1}, {compare, 2}, {info, 1}, {node, 0}, {start, 0}, {start, 1}, {start_link, 0}, {start_link, 1}, {stop, 1}, {top, 1}, {top, 2}, {trace, 3}, {trace, 4}];
'__info__'(macros) -> [{'__using__', 1} | ?SPAWNS];
'__info__'(module) -> ?MODULE;
'__info__'(deprecated) -> [];
'__info__'(struct) -> nil;
'__info__'(Key) when Key =:= attributes; Key =:= compile; Key =:= md5 -> ?MODULE:module_info(Key).

%% @equiv tandem:start_link()
-spec start_link() -> {ok, pid(), node()} | {error, term()}.
start_link() ->
    tandem:start_link().

%% @doc The same as {@link tandem:start_link/1}; options may be a keyword list.
-spec start_link(tandem_options:options() | [{atom(), term()}]) -> {ok, pid(), node()} | {error, term()}.
start_link(Options) ->
    tandem:start_link(options(Options)).

%% @equiv tandem:start()
-spec start() -> {ok, pid(), node()} | {error, term()}.
start() ->
    tandem:start().

%% @doc The same as {@link tandem:start/1}; options may be a keyword list.
-spec start(tandem_options:options() | [{atom(), term()}]) -> {ok, pid(), node()} | {error, term()}.
start(Options) ->
    tandem:start(options(Options)).

%% @equiv tandem:stop(Engine)
-spec stop(pid() | node()) -> ok | {error, term()}.
stop(Engine) ->
    tandem:stop(Engine).

%% @doc The same as {@link tandem:child_spec/1}; options may be a keyword list.
-spec child_spec(tandem_options:options() | [{atom(), term()}]) -> supervisor:child_spec().
child_spec(Options) ->
    tandem:child_spec(options(Options)).

%% @equiv tandem:info(Node)
-spec info(node()) -> tandem:info() | {error, term()}.
info(Node) ->
    tandem:info(Node).

%% @equiv tandem:top(Node)
-spec top(node()) -> ok | {error, term()}.
top(Node) ->
    tandem:top(Node).

%% @doc The same as {@link tandem:top/2}; options may be a keyword list.
-spec top(node(), tandem_top:options() | [{atom(), term()}]) -> ok | {error, term()}.
top(Node, Options) ->
    tandem:top(Node, options(Options)).

%% @equiv tandem:trace(Node, Seconds, File)
-spec trace(node(), number(), file:name_all()) -> {ok, tandem_trace:summary()} | {error, term()}.
trace(Node, Seconds, File) ->
    tandem:trace(Node, Seconds, File).

%% @doc The same as {@link tandem:trace/4}; options may be a keyword list.
-spec trace(node(), number(), file:name_all(), tandem_trace:options() | [{atom(), term()}]) -> {ok, tandem_trace:summary()} | {error, term()}.
trace(Node, Seconds, File, Options) ->
    tandem:trace(Node, Seconds, File, options(Options)).

%% @equiv compare(Work, [])
-spec compare(term()) -> {ok, tandem_compare:result()} | {error, term()}.
compare(Work) ->
    compare(Work, []).

%% @doc The same as {@link tandem:compare/2}; options may be a keyword list, and so may named work.
-spec compare(term(), tandem_compare_options:options() | [{atom(), term()}]) -> {ok, tandem_compare:result()} | {error, term()}.
compare(Work, Options) ->
    case options(Options) of
        Map when is_map(Map) -> tandem:compare(Work, maps:merge(#{syntax => elixir}, Map));
        Other -> tandem:compare(Work, Other)
    end.

%% @doc The node of the engine that was started last; on an engine, its own. Raises `RuntimeError' if it doesn't run.
-spec node() -> node().
node() ->
    case tandem_engine:latest() of
        {ok, Node} -> Node;
        error -> own_node()
    end.

%% Only an engine knows a host.
own_node() ->
    try tandem_native:host() of
        _ -> erlang:node()
    catch
        error:_ -> erlang:error('Elixir.RuntimeError':exception(<<"no engine is running: call Tandem.start_link/1 first">>))
    end.

options(Options) when is_list(Options) ->
    try maps:from_list(Options)
    catch error:badarg -> Options
    end;
options(Options) ->
    Options.

%% @private
-spec 'MACRO-__using__'(macro_env(), ast()) -> ast().
'MACRO-__using__'(Env, Options) ->
    case is_list(Options) andalso lists:all(fun is_option/1, Options) of
        true -> ok;
        false -> bad_use(<<"use Tandem takes the option :node alone">>)
    end,
    keep_node(module(Env), lists:keyfind(node, 1, Options)),
    keep_code(module(Env)),
    {'__block__', [],
     [import('Elixir.Kernel', except),
      import(?MODULE, only)]}.

%% A macro's caller: the environment, alone or with the line and the compiler's state.
module({_, _, Env}) -> module(Env);
module(#{module := Module}) -> Module.

is_option({node, _}) -> true;
is_option(_) -> false.

%% The expression waits in an attribute of the module until the spawns below put it into place.
keep_node(_, false) ->
    ok;
keep_node(nil, {node, _}) ->
    bad_use(<<"use Tandem with the option :node belongs into a module">>);
keep_node(Module, {node, Expression}) ->
    'Elixir.Module':put_attribute(Module, ?ATTRIBUTE, {expression, Expression}).

keep_code(nil) -> ok;
keep_code(Module) -> 'Elixir.Module':put_attribute(Module, after_compile, {tandem_unsaved, after_compile}).

-spec bad_use(binary()) -> no_return().
bad_use(Message) ->
    erlang:error('Elixir.ArgumentError':exception(Message)).

import(Module, Which) ->
    {import, [{context, ?MODULE}], [Module, [{Which, ?SPAWNS}]]}.

%% @private
-spec 'MACRO-spawn'(macro_env(), ast()) -> ast().
'MACRO-spawn'(Env, Fun) -> spawning(spawn, Env, [Fun]).

%% @private
-spec 'MACRO-spawn'(macro_env(), ast(), ast(), ast()) -> ast().
'MACRO-spawn'(Env, M, F, Args) -> spawning(spawn, Env, [M, F, Args]).

%% @private
-spec 'MACRO-spawn_link'(macro_env(), ast()) -> ast().
'MACRO-spawn_link'(Env, Fun) -> spawning(spawn_link, Env, [Fun]).

%% @private
-spec 'MACRO-spawn_link'(macro_env(), ast(), ast(), ast()) -> ast().
'MACRO-spawn_link'(Env, M, F, Args) -> spawning(spawn_link, Env, [M, F, Args]).

%% @private
-spec 'MACRO-spawn_monitor'(macro_env(), ast()) -> ast().
'MACRO-spawn_monitor'(Env, Fun) -> spawning(spawn_monitor, Env, [Fun]).

%% @private
-spec 'MACRO-spawn_monitor'(macro_env(), ast(), ast(), ast()) -> ast().
'MACRO-spawn_monitor'(Env, M, F, Args) -> spawning(spawn_monitor, Env, [M, F, Args]).

%% `:erlang.spawn(node, ...)' and its like.
spawning(Function, Env, Args) ->
    {{'.', [], [erlang, Function]}, [], [node_expression(module(Env)) | Args]}.

node_expression(nil) ->
    latest_expression();
node_expression(Module) ->
    try 'Elixir.Module':get_attribute(Module, ?ATTRIBUTE) of
        {expression, Expression} -> Expression;
        nil -> latest_expression()
    catch
        error:_ -> latest_expression()
    end.

latest_expression() ->
    {{'.', [], [?MODULE, node]}, [], []}.
