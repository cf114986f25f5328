%% SPDX-License-Identifier: Apache-2.0
%% @doc What the engine adds to the language: functions that it has in C and the BEAM has not. On the BEAM they raise
%% `not_loaded'.
-module(tandem_native).

-export([host/0, may_lose_host/0, connect/1, disconnect/1, take_over/1, host_names/1, ask_process_info/2, load_binary/3, load_file/1, came_from_host/1, prepared_file/2]).

%% @doc The process on a host that serves this engine ({@link tandem_host}).
-spec host() -> pid() | undefined.
host() ->
    erlang:nif_error(not_loaded).

%% @doc Whether the engine lives on when its host has gone.
-spec may_lose_host() -> boolean().
may_lose_host() ->
    erlang:nif_error(not_loaded).

%% @doc net_kernel:connect_node/1.
-spec connect(node()) -> boolean().
connect(_) ->
    erlang:nif_error(not_loaded).

%% @doc Ends the connection to a node soon. False: there is none.
-spec disconnect(node()) -> boolean().
disconnect(_) ->
    erlang:nif_error(not_loaded).

%% @doc From now on the functions of a module that were delegated run on the engine.
-spec take_over(module()) -> ok.
take_over(_) ->
    erlang:nif_error(not_loaded).

%% @doc The host has these names now ({@link tandem_connection:host_names/0}).
-spec host_names(#{atom() => pid()}) -> ok.
host_names(_) ->
    erlang:nif_error(not_loaded).

%% @doc code:load_binary/3 and load_file/1, whether or not the module is sticky on the host.
-spec load_binary(module(), file:filename(), binary()) -> {module, module()} | {error, badfile | not_purged | on_load_failure}.
load_binary(_, _, _) ->
    erlang:nif_error(not_loaded).

-spec load_file(module()) -> {module, module()} | {error, nofile | badfile | not_purged | on_load_failure}.
load_file(_) ->
    erlang:nif_error(not_loaded).

%% @doc Whether a module that is loaded is one that a host has given, from its own code path.
-spec came_from_host(module()) -> boolean().
came_from_host(_) ->
    erlang:nif_error(not_loaded).

%% @doc The file name of a module that erlang:prepare_loading/2 has prepared.
-spec prepared_file(reference(), file:filename()) -> ok.
prepared_file(_, _) ->
    erlang:nif_error(not_loaded).

%% @doc Asks what erlang:process_info/2 gives; the answer comes as the message `{Reference, Answer}'.
-spec ask_process_info(pid(), atom() | [atom()]) -> reference().
ask_process_info(_, _) ->
    erlang:nif_error(not_loaded).
