%% SPDX-License-Identifier: Apache-2.0
%% @doc What the engine adds to the language: functions that it has in C and the BEAM has not. On the BEAM they raise
%% `not_loaded'.
-module(tandem_native).

-export([host/0, take_over/1]).

%% @doc The process on the host that serves this engine ({@link tandem_host}).
-spec host() -> pid().
host() ->
    erlang:nif_error(not_loaded).

%% @doc From now on the functions of a module that was delegated as a whole run on the engine.
-spec take_over(module()) -> ok.
take_over(_) ->
    erlang:nif_error(not_loaded).
