%% SPDX-License-Identifier: Apache-2.0
%% What several programs share: outcomes of calls, as far as they are the language's.
-module(same_calls).
-export([t/1, calls/3]).

%% The value, or class, reason and the top of the stack trace without lines.
t(F) ->
    try {ok, F()}
    catch Class:Reason:Stack ->
            [{M, Name, Args, Info} | _] = Stack,
            {Class, Reason, M, Name, Args, lists:keyfind(error_info, 1, Info)}
    end.

calls(M, F, ArgLists) -> [{Args, t(fun() -> apply(M, F, Args) end)} || Args <- ArgLists].
