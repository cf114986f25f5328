%% SPDX-License-Identifier: Apache-2.0
%% @doc What the engine adds to the language: functions that it has in C and the BEAM has not. On the BEAM they raise
%% `not_loaded'.
-module(tandem_native).

-export([host/0]).

%% @doc The process on the host that serves this engine ({@link tandem_host}).
-spec host() -> pid().
host() ->
    erlang:nif_error(not_loaded).
