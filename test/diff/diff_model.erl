%% SPDX-License-Identifier: Apache-2.0
%% @doc Histories of processes: a stateful model (PropEr's) of what processes do to each other. What the actors of a history must see
%% is {@link diff_rules}' to say, doing it is {@link diff_stage}'s; here are the commands.
%%
%% A history is allowed on the engine if the rules allow it. That the rules are right is shown by running the same history on the
%% BEAM alone, which is done for every history: one that is wrong there is the rules' fault, and says so.
-module(diff_model).
-behaviour(proper_statem).

-import(proper_types, [oneof/1, integer/2, frequency/1, boolean/0, vector/2, bind/3]).

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
        false -> smaller(fewer_parts(Command, 1, fun(Fewer) -> Before ++ [{set, Variable, {call, M, F, [Fewer]}} | After] end, Node), N + 1, Node)
    end.

fewer_parts({burst, A, B, Parts} = Burst, N, Put, Node) when N =< length(Parts) ->
    {Before, [_ | After]} = lists:split(N - 1, Parts),
    Fewer = {burst, A, B, Before ++ [{nothing} | After]},
    case lists:nth(N, Parts) =/= {nothing} andalso not is_right(Put(Fewer), Node) of
        true -> fewer_parts(Fewer, N + 1, Put, Node);
        false -> fewer_parts(Burst, N + 1, Put, Node)
    end;
fewer_parts(Command, _, Put, _) -> Put(Command).

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
    {call, diff_stage, perform, [command(diff_rules:actors(State), diff_rules:count(State), State)]}.

command(Actors, Count, _) when Actors =:= []; Count < 2 ->
    {spawn, place()};
command(Actors, Count, State) ->
    A = oneof(Actors),
    Any = integer(1, Count),
    Number = number(diff_rules:numbers(State)),
    Timer = number(diff_rules:timers(State)),
    frequency([{2, {spawn, place()}} || Count < ?MOST] ++
              [{2, {spawn_with, A, place(), oneof([[link], [monitor], [link, monitor], [link, {monitor, monitor_options()}]])}} || Count < ?MOST] ++
              [{2, {spawn_request, A, place(), request_options()}} || Count < ?MOST] ++
              [{1, {spawn_refused, A, request_options(), oneof([noconnection, badopt])}},
               {1, {abandon, A, place(), oneof([[link], [link, monitor], [monitor, link, {reply, yes}]])}},
               {4, {send, A, Any}}, {2, {send_name, A, place(), name()}}, {1, {send_local, A, name()}}, {5, {link, A, Any}}, {3, {unlink, A, Any}},
               {5, {monitor, A, Any, []}}, {3, {monitor, A, Any, monitor_options()}}, {2, {monitor_name, A, place(), name(), monitor_options()}},
               {3, {demonitor, A, Number, demonitor_options()}},
               {3, {alias, A, oneof([explicit_unalias, reply])}}, {5, {send_alias, A, Number}}, {2, {unalias, A, Number}},
               {4, {exit, A, Any, oneof([normal, boom, kill, shutdown])}}, {2, {stop, A, oneof([normal, boom, killed])}}, {3, {trap, A, boolean()}},
               {3, {register, A, name()}}, {2, {unregister, A, name()}}, {2, {whereis, A, name()}}, {1, {register_other, A, Any, name()}}, {1, {registered_name, A}},
               {3, {timer, A, oneof([send, start]), oneof([{actor, Any}, {actor, Any}, {name, name()}]), oneof([short, long])}},
               {2, {read_timer, A, Timer, oneof([[], [{async, false}], [{async, true}]])}},
               {2, {cancel_timer, A, Timer, oneof([[], [{info, false}], [{async, true}], [{async, true}, {info, false}], [{info, true}]])}},
               {4, {take, A, pattern(Number), oneof([0, 1, infinity])}}, {2, {drain, A, pattern(Number)}}, {3, {wait_for, A, Any, oneof([any, hello, {number, diff_rules:turn(State)}])}},
               {2, {call, A, Any}}, {1, {queue_length, A, Any}}, {1, {leader, A}}, {1, {set_leader, A, Any, Any}}, {1, {hibernate, A}}, {1, {collect_garbage, A, Any}},
               {1, {flag, A, priority, oneof([low, normal, high])}}, {1, {flag, A, message_queue_data, oneof([on_heap, off_heap])}},
               {2, {is_alive, A, Any}}, {1, {links, A}}, {1, {monitors, A}}, {1, {monitored_by, A}},
               {6, then({A, Any}, fun({One, Other}) -> {burst, One, Other, parts(One, Other, Number, diff_rules:turn(State))} end)}]).

then(Type, Next) -> bind(Type, Next, false).

%% What one actor does to another without a pause; what a part makes is used by later ones.
parts(A, B, Number, Turn) ->
    Made = oneof([Number, Turn, Turn + 1, Turn + 2]),
    then(integer(2, 6), fun(Count) -> vector(Count, part(A, B, Made)) end).

part(A, B, Number) ->
    frequency([{6, {send, A, B}}, {4, {link, A, B}}, {4, {unlink, A, B}}, {4, {monitor, A, B, []}}, {3, {monitor, A, B, monitor_options()}},
               {5, {demonitor, A, Number, demonitor_options()}}, {2, {alias, A, oneof([explicit_unalias, reply])}}, {4, {send_alias, A, Number}}, {2, {unalias, A, Number}},
               {3, {exit, A, B, oneof([normal, boom, kill, shutdown])}}, {1, {trap, A, boolean()}}, {1, {stop, A, oneof([normal, boom])}}]).

pattern(Number) -> oneof([any, hello, others, down, exit, {number, Number}]).

monitor_options() -> oneof([[{alias, explicit_unalias}], [{alias, demonitor}], [{alias, reply_demonitor}], [{tag, gone}], [{tag, {gone, 1}}, {alias, demonitor}]]).

demonitor_options() -> oneof([[], [flush], [info], [flush, info]]).

request_options() ->
    then({oneof([[], [link]]), oneof([[], [monitor], [{monitor, monitor_options()}]]),
          oneof([[], [{reply, yes}], [{reply, no}], [{reply, error_only}], [{reply, success_only}]]), oneof([[], [{reply_tag, made}]])},
         fun(Parts) -> lists:append(tuple_to_list(Parts)) end).

%% One that is not there is never possible.
number([]) -> 1;
number(Numbers) -> oneof(Numbers).

place() -> oneof(get(diff_places)).
name() -> oneof(?NAMES).

%% @private
precondition(State, {call, _, perform, [Command]}) -> diff_rules:is_possible(Command, State).

%% @private
next_state(State, _, {call, _, perform, [Command]}) -> element(3, diff_rules:step(Command, State)).

%% @private
postcondition(_, _, Result) -> Result =:= ok.
