%% SPDX-License-Identifier: Apache-2.0
%% A supervisor with one engine.
-module(tandem_tests_sup).

-behaviour(supervisor).

-export([init/1]).

-spec init(tandem_options:options()) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init(Options) ->
    {ok, {#{strategy => one_for_one, intensity => 3, period => 5}, [tandem:child_spec(Options)]}}.
