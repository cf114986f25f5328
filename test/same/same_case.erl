%% SPDX-License-Identifier: Apache-2.0
%% @doc Runs one program in the calling process and reports what became of it: on the BEAM and on the engine alike.
-module(same_case).

-export([run/4]).

%% @doc Sends `{Reference, Outcome, Messages}' to the collector: the value, or class, reason and stack trace, and what is left in
%% the mailbox.
-spec run(pid(), reference(), module(), atom()) -> ok.
run(Collector, Reference, Module, Function) ->
    Outcome = try Module:Function() of
                  Value -> {value, Value}
              catch
                  Class:Reason:Stack -> {raised, Class, Reason, Stack}
              end,
    Collector ! {Reference, Outcome, left()},
    ok.

left() ->
    receive
        Message -> [Message | left()]
    after 0 -> []
    end.
