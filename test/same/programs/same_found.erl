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

%% A native that is not called by name returns to what follows, and that is what is blamed.
native_fun_before_a_line() ->
    F = id(fun erlang:abs/1),
    catch hd(
            F(ok)).
native_applied_before_a_line() ->
    catch begin
              apply(id(erlang), id(atom_to_list), [1]),
              id(a),
              self()
          end.
error_applied_before_a_line() ->
    catch begin
              apply(id(erlang), id(error), [reason]),
              id(a),
              self()
          end.
process_info_before_a_line() ->
    catch begin
              process_info(id(a)),
              id(a),
              self()
          end.
native_fun_and_a_move_before_a_line(A) ->
    F = id(fun erlang:abs/1),
    F(ok),
    id(A),
    self().
native_fun_and_a_move_before_a_line() -> catch native_fun_and_a_move_before_a_line(a).

%% Raised again, a function_clause has no location any more.
function_clause_raised_again() ->
    try
        try lists:nth(a, id(b)) catch Class:Reason:Stack -> erlang:raise(Class, Reason, Stack) end
    catch C:R:S -> {C, R, lists:sublist(S, 3)}
    end.
function_clause_not_caught_by_class() ->
    try
        try lists:nth(a, id(b)) catch throw:_ -> ok end
    catch C:R:S -> {C, R, lists:sublist(S, 3)}
    end.
function_clause_raised_again_by_guard() ->
    try
        try lists:nth(a, id(b)) catch Class:Reason:_ when Class =:= Reason -> ok after id(a) end
    catch C:R:S -> {C, R, lists:sublist(S, 3)}
    end.

%% What re refuses inside cannot be caught.
internal_error_of_re() ->
    {_, Monitor} = spawn_monitor(fun() -> catch re:run(id(<<>>), [], [{offset, 1}, unicode]) end),
    receive {'DOWN', Monitor, process, _, {Reason, Trace}} -> {Reason, lists:sublist(Trace, 3)} end.

%% Lines that the loader leaves out: before a call in tail position, between div and rem of the same.
line_before_a_tail_call() -> generated(same_found_1, [no_init_yregs], "f(a, b) ->\n lists:map(ok);\nf(_, _) ->\n ok#r{a = 1}.\n", [c, d]).
line_before_a_local_tail_call() -> generated(same_found_2, [no_copt, r22], "f(a, b) ->\n f(1, 2);\nf(_, _) ->\n ok#r{a = 1}.\n", [c, d]).
line_between_divisions(Options) -> generated(same_found_3, Options, "f(A, B) ->\n C = A div B,\n D = A rem B,\n {C, D, ok#r{a = 1}}.\n", [7, 2]).
line_between_divisions() -> [line_between_divisions(Options) || Options <- [[], [no_copt], [no_copt, r22], [no_ssa_opt]]].

generated(Module, Options, Text, Arguments) ->
    Lines = ["-module(", atom_to_list(Module), ").\n", "-export([f/2]).\n", "-record(r, {a}).\n", Text],
    {ok, Tokens, _} = erl_scan:string(lists:append(Lines)),
    {ok, Module, Binary} = compile:forms(forms(Tokens), Options),
    {module, Module} = code:load_binary(Module, "generated", Binary),
    Outcome = try apply(Module, f, Arguments) catch Class:Reason:Stack -> {Class, Reason, lists:sublist(Stack, 2)} end,
    code:purge(Module),
    code:delete(Module),
    Outcome.

forms([]) -> [];
forms(Tokens) ->
    {Form, [Dot | Rest]} = lists:splitwith(fun(Token) -> element(1, Token) =/= dot end, Tokens),
    {ok, Parsed} = erl_parse:parse_form(Form ++ [Dot]),
    [Parsed | forms(Rest)].

%% A loop around a receive, and a branch back to it: what calls itself costs a reduction.
receive_without_clauses() ->
    generated(same_found_4, [no_postopt], "f(0, A) -> A;\nf(N, _) ->\n f(N - 1, receive x when a; b -> ok after 1 -> N end).\n", [3, ok]).

%% These three are Erlang in OTP: a call in tail position leaves its caller.
atom_text_of_no_atom() -> atom_to_binary(id(1)).
atom_of_no_text() -> binary_to_atom(id(a)).
existing_atom_of_no_text() -> binary_to_existing_atom(id([])).

%% Far before year 0 the BEAM's calendar is what it is.
times_before_christ() ->
    [erlang:posixtime_to_universaltime(id(N))
     || N <- [-288230376151711743, -(1 bsl 63), (1 bsl 63) - 1, -62167219200, -62167219201, -62162035200, -62162035201, -99999999999, -60000000000, 0, -1]
            ++ [-62167219200 - K * 86400 * 37 || K <- lists:seq(1, 60)], is_integer(N)].

%% What an earlier failure was about is not told of a later one.
failures_after_one_of_a_binary() ->
    [begin
         {'EXIT', {badarg, _}} = (catch <<(id(a)):8>>),
         try F() catch Class:Reason:Stack -> {Class, Reason, hd(Stack)} end
     end || F <- [fun() -> apply(id(ok), id(ok)) end, fun() -> apply(id(1), id(f), id([])) end, fun() -> [id(a) + 1] end, fun() -> [hd(id([]))] end,
                  fun() -> [element(id(1), id({}))] end, fun() -> [id(a) bsl 1] end, fun() -> [map_get(id(a), id(#{}))] end]].
failures_after_one_of_re() ->
    _ = internal_error_of_re(),
    _ = [(catch element(1, catch apply(id(ok), id(ok)))), (catch hd(id([]))), catch [id(a) + 1]],
    ok.

%% The compiler's instruction for floats subtracts from zero, the operator changes the sign.
negated_in_a_register() ->
    Zero = 0 / id(8),
    Negated = -Zero,
    Less = id(-0.0) * 1.0,
    [term_to_binary(F) || F <- [Negated, -Less, -id(0.0), -id(-0.0), -(id(3.5) * 2)]].

%% A timer of another node is unknown here, whoever wants to know it.
timers_that_are_none() ->
    Foreign = binary_to_term(<<131, 90, 0, 3, 100, 0, 3, "a@b", 1:32, 2:32, 3:32, 4:32>>),
    [Function(Reference, Options) || Function <- [fun erlang:cancel_timer/2], Reference <- [Foreign, make_ref()], Options <- [[], [{info, false}], [{info, true}]]]
        ++ [erlang:read_timer(Foreign), erlang:read_timer(Foreign, [{async, false}]), erlang:cancel_timer(Foreign, [{async, true}, {info, false}])].

%% A fun that was made elsewhere has its maker's identity in it.
sizes_of_what_is_foreign() ->
    Pid = binary_to_term(<<131, 88, 100, 0, 3, "a@b", 38:32, 0:32, 1:32>>),
    [erts_debug:flat_size(Pid), erts_debug:flat_size({Pid, [Pid]}), erts_debug:flat_size(fun() -> Pid end), erts_debug:size([Pid, Pid])].

%% Even a name of no characters names a variable.
variable_without_a_name() ->
    Set = os:putenv(id(""), "value"),
    Values = [os:getenv(""), [Text || [$= | _] = Text <- os:getenv()]],
    [Set, Values, os:unsetenv(""), os:getenv(""), os:getenv("", default)].

%% Natives that nobody calls look at their arguments as well.
arguments_of_what_is_inside() ->
    Outcome = fun(M, F, Arguments) -> try apply(M, F, Arguments) catch Class:Reason -> {Class, Reason} end end,
    [Outcome(erts_debug, breakpoint, Arguments) || Arguments <- [[a, true], [{a, b, 1}, 0], [{'_', b, 1}, true], [{a, '_', 1}, false], [{same_found, x, y}, true],
                                                                 [{same_found_none, '_', '_'}, false], [{same_found_none, none, 0}, false]]]
        ++ [Outcome(erl_ddll, F, Arguments) || {F, Arguments} <- [{try_unload, [[], []]}, {try_unload, ['', []]}, {try_unload, [["a", <<"b">>], []]},
                                                                  {try_unload, [[1000], []]}, {try_load, [a, "b", []]}, {try_load, [[a], "b", []]}]]
        ++ [Outcome(erts_literal_area_collector, send_copy_request, [a, b, c]), Outcome(erts_internal, abort_pending_connection, [a, make_ref()])].
