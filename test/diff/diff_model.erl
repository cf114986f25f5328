%% SPDX-License-Identifier: Apache-2.0
%% @doc Histories of processes: a stateful model (PropEr's) of what processes do to each other. What the actors of a history must see
%% is {@link diff_rules}' to say, doing it is {@link diff_stage}'s; here are the commands.
%%
%% A history is allowed on the engine if the rules allow it. That the rules are right is shown by running the same history on the
%% BEAM alone, which is done for every history: one that is wrong there is the rules' fault, and says so.
-module(diff_model).
-behaviour(proper_statem).

-import(proper_types, [oneof/1, integer/2, frequency/1, boolean/0]).

-export([history/2]).
-export([initial_state/0, command/1, precondition/2, next_state/3, postcondition/3]).

-define(NAMES, [diff_name_a, diff_name_b]).
-define(MOST, 7).
-define(SIZE, 45).

%% @doc Runs a random history from a seed, with actors on this node and that one: the number of its commands, or the smallest
%% history that differs.
-spec history(node(), pos_integer()) -> {ok, non_neg_integer()} | {differs, iolist()}.
history(Node, Seed) ->
    put(diff_places, element(Seed rem 3 + 1, {[there], [here, there], [there, here, there]})),
    {ok, Commands} = proper_gen:pick(proper_statem:commands(?MODULE), ?SIZE, {Seed, Seed div 7, 11}),
    case is_right(Commands, Node) of
        true -> {ok, length(Commands)};
        false ->
            put(diff_impatient, true),
            Small = smaller(Commands, 1, Node),
            put(diff_impatient, false),
            {differs, explained(Small, Node)}
    end.

is_right(Commands, Node) ->
    run(Commands, node()) =:= ok andalso run(Commands, Node) =:= ok.

%% Commands become `nothing' instead of going, since later ones name them by their number.
smaller(Commands, N, _) when N > length(Commands) -> Commands;
smaller(Commands, N, Node) ->
    {Before, [{set, Variable, {call, M, F, [Command]}} | After]} = lists:split(N - 1, Commands),
    Candidate = Before ++ [{set, Variable, {call, M, F, [{nothing}]}} | After],
    case Command =/= {nothing} andalso not is_right(Candidate, Node) of
        true -> smaller(Candidate, N + 1, Node);
        false -> smaller(Commands, N + 1, Node)
    end.

run(Commands, Node) ->
    diff_stage:open(Node),
    {_, _, Result} = proper_statem:run_commands(?MODULE, Commands),
    Left = diff_stage:close(),
    case Result of
        ok when Left =:= [] -> ok;
        ok -> {left, Left};
        {postcondition, _} -> {wrong, get(diff_wrong)};
        {exception, _, _, _} -> {wrong, Result};
        _ -> ok
    end.

explained(Commands, Node) ->
    Lines = [io_lib:format("%% ~b ~0tp~n", [N, Command]) || {set, {var, N}, {call, _, _, [Command]}} <- Commands, Command =/= {nothing}],
    [Lines, io_lib:format("%% BEAM alone: ~0tp~n%% with the engine: ~0tp~n", [run(Commands, node()), run(Commands, Node)])].

%% @private
initial_state() -> diff_rules:new().

%% @private
command(State) ->
    {call, diff_stage, perform, [command(diff_rules:actors(State), diff_rules:count(State), diff_rules:numbers(State))]}.

command(Actors, Count, _) when Actors =:= []; Count < 2 ->
    {spawn, place()};
command(Actors, Count, Numbers) ->
    A = oneof(Actors),
    Any = integer(1, Count),
    Number = case Numbers of
                 [] -> 1;
                 _ -> oneof(Numbers)
             end,
    frequency([{2, {spawn, place()}} || Count < ?MOST] ++
              [{2, {spawn_with, A, place(), oneof([[link], [monitor], [link, monitor]])}} || Count < ?MOST] ++
              [{4, {send, A, Any}}, {2, {send_name, A, place(), name()}}, {5, {link, A, Any}}, {3, {unlink, A, Any}}, {5, {monitor, A, Any}},
               {2, {monitor_name, A, place(), name()}}, {3, {demonitor, A, Number, oneof([[], [flush], [info], [flush, info]])}},
               {3, {alias, A, oneof([explicit_unalias, reply])}}, {3, {monitor_alias, A, Any, oneof([explicit_unalias, demonitor, reply_demonitor])}},
               {5, {send_alias, A, Number}}, {2, {unalias, A, Number}}, {4, {exit, A, Any, oneof([normal, boom, kill, shutdown])}},
               {2, {stop, A, oneof([normal, boom, killed])}}, {3, {trap, A, boolean()}}, {3, {register, A, name()}}, {2, {unregister, A, name()}},
               {2, {whereis, A, name()}}, {2, {send_after, A, Any}}, {1, {cancel, A, Any}}, {2, {is_alive, A, Any}}, {1, {links, A}},
               {1, {register_other, A, Any, name()}}]).

place() -> oneof(get(diff_places)).
name() -> oneof(?NAMES).

%% @private
precondition(State, {call, _, perform, [Command]}) -> diff_rules:is_possible(Command, State).

%% @private
next_state(State, _, {call, _, perform, [Command]}) -> element(3, diff_rules:step(Command, State)).

%% @private
postcondition(_, _, Result) -> Result =:= ok.
