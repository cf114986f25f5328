%% SPDX-License-Identifier: Apache-2.0
%% What generated cases (test/diff) have found.
-module(same_found).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

trace(Function) ->
    try Function() catch Class:Reason:Stack -> {Class, Reason, [{M, F, A} || {M, F, A, _} <- lists:sublist(Stack, 3)]} end.

%% The match starts at a literal that is not live.
literal_matched() -> <<_:0>> = <<>>.
literal_matched_rest() -> <<Rest/bitstring>> = <<0>>, Rest.

no_fun_in_body() -> F = id(a), [F(1)].
wrong_arity_in_body() -> F = id(fun erlang:abs/1), [F(1, 2)].
no_fun_applied_in_body() -> F = id(a), [apply(F, id([1]))].
no_fun_in_try() -> F = id(a), try F(1) catch throw:_ -> ok end.
no_fun_in_tail_position() -> F = id(a), F(1).
no_argument_list() -> F = id(a), [apply(F, id([1 | 2]))].

error_called_as_fun() -> E = id(fun erlang:error/2), [E(reason, [1, 2])].
error_called_as_fun_without_arguments() -> E = id(fun erlang:error/2), [E(reason, [])].
error_applied() -> [apply(erlang, error, id([reason, []]))].

arithmetic_of_no_number() ->
    X = id(a),
    [trace(F) || F <- [fun() -> [+X] end, fun() -> [-X] end, fun() -> [X - 1] end, fun() -> [X - -1] end, fun() -> [X + -1] end, fun() -> [1 - X] end,
                       fun() -> [a - id(0)] end, fun() -> [1 + X] end, fun() -> [X * 1] end]].

monitor_of_own_name() ->
    register(same_found_name, self()),
    Reference = monitor(process, same_found_name),
    unregister(same_found_name),
    demonitor(Reference, [info]).

timer_for_a_dead_process() ->
    {Pid, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, process, Pid, _} -> ok end,
    erlang:cancel_timer(erlang:send_after(100_000, Pid, message)).
