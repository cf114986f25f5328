%% SPDX-License-Identifier: Apache-2.0
%% @doc Runs cases one after the other, each in a process of its own, and says what each showed: on the BEAM and on the engine alike.
-module(diff_run).

-export([load/2, all/2, unload/1]).

-export_type([outcome/0]).

-define(TIMEOUTS, 3).

-type outcome() :: {value, term(), Left :: [term()]} | {raised, atom(), term(), list(), Left :: [term()]} | {died, term()} | timeout.

%% @doc Loads the object code of a generated module.
-spec load(module(), binary()) -> ok.
load(Module, Binary) ->
    _ = code:purge(Module),
    {module, Module} = code:load_binary(Module, "generated", Binary),
    ok.

%% @doc Takes a generated module out again.
-spec unload(module()) -> boolean().
unload(Module) ->
    _ = code:delete(Module),
    code:purge(Module).

%% @doc The outcomes of calls, in their order; a call may take so many milliseconds.
-spec all([{module(), atom(), [term()]}], timeout()) -> [outcome()].
all(Calls, Patience) -> all(Calls, Patience, ?TIMEOUTS).

%% After so many timeouts, all others are taken for one.
all([], _, _) -> [];
all([_ | Rest], Patience, 0) -> [timeout | all(Rest, Patience, 0)];
all([Call | Rest], Patience, Left) ->
    case one(Call, Patience) of
        timeout -> [timeout | all(Rest, Patience, Left - 1)];
        Outcome -> [Outcome | all(Rest, Patience, Left)]
    end.

one({Module, Function, Arguments}, Patience) ->
    Self = self(),
    Reference = make_ref(),
    {Pid, Monitor} = spawn_monitor(fun() -> Self ! {Reference, observe(Module, Function, Arguments)} end),
    receive
        {Reference, Outcome} ->
            erlang:demonitor(Monitor, [flush]),
            Outcome;
        {'DOWN', Monitor, process, Pid, Reason} ->
            {died, Reason}
    after Patience ->
            erlang:demonitor(Monitor, [flush]),
            exit(Pid, kill),
            timeout
    end.

observe(Module, Function, Arguments) ->
    try apply(Module, Function, Arguments) of
        Value -> {value, Value, left()}
    catch
        Class:Reason:Stack -> {raised, Class, Reason, Stack, left()}
    end.

left() ->
    receive
        Message -> [Message | left()]
    after 0 -> []
    end.
