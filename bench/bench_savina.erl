%% SPDX-License-Identifier: Apache-2.0
%% @doc Part of class `process'.
-module(bench_savina).
-export([programs/0]).
-spec programs() -> [bench:program()].
programs() -> [].
