%% SPDX-License-Identifier: Apache-2.0
%% @doc Histories of processes: a stateful model of what processes do to each other. Actors run on the BEAM, on the engine, or on both
%% with the border between them; they do what they are told and keep what they receive. After every command all is quiet again
%% before the next one, so the model knows what each actor must have received since: exactly that, in any order.
%%
%% A history is allowed on the engine if the model allows it. That the model is right is shown by running the same history on a
%% BEAM alone: one that fails there as well is the model's fault, and said so.
-module(diff_model).
-behaviour(proper_statem).

-include_lib("proper/include/proper.hrl").

-export([history/1, history/2]).
-export([initial_state/0, command/1, precondition/2, next_state/3, postcondition/3]).
-export([spawned/2, told/2]).

-define(ACTORS, 4).
-define(NAMES, [diff_model_a, diff_model_b]).

%% An actor: where it runs, alive or not, whether it traps exits; its links, monitors, names and aliases are in the other fields.
-record(actor, {where :: here | there, alive = true :: boolean(), traps = false :: boolean()}).
%% `expected': what the last command must have brought, for each actor. Monitors are told apart by the number of the command
%% that made them, as aliases and timers are.
-record(state, {actors = #{} :: #{pos_integer() => #actor{}}, links = [] :: [{pos_integer(), pos_integer()}],
                monitors = [] :: [{Number :: pos_integer(), Watcher :: pos_integer(), Target :: term()}],
                aliases = [] :: [{Number :: pos_integer(), Owner :: pos_integer(), Mode :: atom()}],
                names = #{} :: #{atom() => pos_integer()}, count = 0 :: non_neg_integer()}).

%% @doc Runs one random history; `differs' comes with the smallest one found.
-spec history(node()) -> ok | {differs, iolist()}.
history(Node) ->
    {_, _, Millis} = {0, 0, rand:uniform(1 bsl 30)},
    history(Node, Millis).

%% @doc The same, from a seed.
-spec history(node(), integer()) -> ok | {differs, iolist()}.
history(Node, Seed) ->
    put(diff_model_node, Node),
    Options = [quiet, {numtests, 1}, {start_size, 30}, {max_size, 30}, {constraint_tries, 100}, {seed, {Seed, Seed div 7, 11}}, long_result],
    case proper:quickcheck(property(Node), Options) of
        true -> ok;
        [Commands | _] when is_list(Commands) -> explain(Commands, Node);
        Other -> {differs, io_lib:format("%% seed ~b: ~0tp~n", [Seed, Other])}
    end.

property(Node) ->
    ?FORALL(Commands, proper_statem:commands(?MODULE), run(Commands, Node) =:= ok).

explain(Commands, Node) ->
    Lines = [io_lib:format("~b ~0tp~n", [N, Call]) || {set, {var, N}, {call, _, _, [Call | _]}} <- Commands],
    Here = case run(Commands, node()) of
               ok -> "% the BEAM alone: as the model says";
               Wrong -> io_lib:format("% the BEAM alone, so the model is wrong: ~0tp", [Wrong])
           end,
    {differs, [Lines, io_lib:format("% ~0tp~n", [run(Commands, Node)]), Here, $\n]}.
