%% SPDX-License-Identifier: Apache-2.0
%% Processes with an error handler of their own, and what waits for answers of processes that have no turn.
-module(same_own_handler).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

undefined_function(M, F, As) -> {said, M, F, As}.
undefined_lambda(M, F, As) when is_function(F) -> {said_fun, M, As}.

with(Handler, F) ->
    {Pid, Monitor} = spawn_monitor(fun() ->
        process_flag(error_handler, Handler),
        exit(try {ok, F()} catch C:R:S -> {C, R, [{M, N, if is_list(A) -> length(A); true -> A end} || {M, N, A, _} <- lists:sublist(S, 2)]} end)
    end),
    receive {'DOWN', Monitor, process, Pid, Reason} -> Reason end.

id(X) -> X.

%% A fun of a module that there is not.
foreign_fun() ->
    binary_to_term(<<131,112,0,0,0,84,3,109,96,69,208,5,175,207,75,36,93,112,218,232,222,22,251,0,0,0,0,0,0,0,1,100,0,11,"foobarblurf",97,0,98,5,244,197,144,
                     103,100,0,13,"nonode@nohost",0,0,0,46,0,0,0,0,0,104,3,97,1,97,2,97,3>>).

calls() ->
    [fun() -> no_such_module:x(a, [1, id(b)]) end, fun() -> [no_such_module:x() | id([])] end, fun() -> apply(id(no_such_module), id(y), [1, 2]) end,
     fun() -> (id(no_such_module)):z(1.5) end, fun() -> (fun no_such_module:f/2)(1, {2}) end, fun() -> ?MODULE:no_such_function(1) end, fun() -> lists:no_such_function() end,
     fun() -> (foreign_fun())(1, 2, 3) end, fun() -> apply(foreign_fun(), [{foo, bar}, 99.0, []]) end, fun() -> lists:map(fun no_such_module:g/1, [1, 2, 3]) end,
     fun() -> lists:reverse(lists:seq(1, id(3))) end, fun() -> (foreign_fun())(1) end, fun() -> hd(id([])) end].

own() -> [with(?MODULE, F) || F <- calls()].
usual() -> [with(error_handler, F) || F <- calls()].
many() ->
    with(?MODULE, fun() -> L = [no_such_module:x(a, b, [N, id(g)]) || N <- lists:seq(1, 500)], erlang:garbage_collect(), {length(L), lists:sum([N || {said, no_such_module, x, [a, b, [N, g]]} <- L])} end).
not_inherited() -> with(?MODULE, fun() -> {P, M} = spawn_monitor(fun() -> exit(process_info(self(), error_handler)) end), receive {'DOWN', M, process, P, R} -> R end end).

%% --- Priorities ----------------------------------------------------------------------------------------------------------

spin(X) -> spin(X).
wait(_) -> receive stop -> ok end.

%% While more processes of high priority spin than there are schedulers, those of lower priority have no turn, but answer.
answers_without_a_turn() ->
    process_flag(priority, max),
    Low = [spawn_opt(?MODULE, F, [x], [{priority, P}]) || P <- [low, normal], F <- [spin, wait]],
    timer:sleep(20),
    High = [spawn_opt(?MODULE, spin, [x], [{priority, high}]) || _ <- lists:seq(1, 2 * erlang:system_info(schedulers))],
    timer:sleep(20),
    R = [{process_info(P, priority), process_info(P, [trap_exit, message_queue_len]), erlang:garbage_collect(P), erlang:check_process_code(P, no_such_module), is_process_alive(P), group_leader(self(), P), process_info(P, group_leader) =:= {group_leader, self()},
          erlang:suspend_process(P), erlang:resume_process(P)} || P <- Low],
    Ends = [begin M = monitor(process, P), exit(P, kill), receive {'DOWN', M, process, P, Reason} -> Reason end end || P <- High ++ Low],
    process_flag(priority, normal),
    {R, Ends =:= [killed || _ <- High ++ Low]}.

%% --- What is told and nothing else ---------------------------------------------------------------------------------------

schedulers() ->
    N = erlang:system_info(schedulers),
    Online = erlang:system_info(schedulers_online),
    One = [erlang:system_flag(schedulers_online, 1) =:= Online, erlang:system_info(schedulers_online), element(2, erlang:system_info(schedulers_state)), erlang:system_flag(schedulers_online, Online)],
    Limit = erlang:system_flag(outstanding_system_requests_limit, 5),
    [One, Limit, erlang:system_info(outstanding_system_requests_limit), erlang:system_flag(outstanding_system_requests_limit, Limit)
     | [try F() catch C:R:S -> {C, R, S =/= [] andalso element(2, hd(S))} end
        || F <- [fun() -> erlang:system_flag(schedulers_online, 0) end, fun() -> erlang:system_flag(schedulers_online, N + 1) end, fun() -> erlang:system_flag(outstanding_system_requests_limit, 0) end,
                 fun() -> erlang:system_flag(outstanding_system_requests_limit, 1 bsl 27) end, fun() -> erlang:system_flag(outstanding_system_requests_limit, x) end,
                 fun() -> process_flag(scheduler, 1) end, fun() -> process_flag(scheduler, 0) end, fun() -> process_flag(scheduler, N + 1) end, fun() -> process_flag(scheduler, -1) end,
                 fun() -> process_flag(scheduler, x) end]]].

%% --- Fields --------------------------------------------------------------------------------------------------------------

float_sizes() ->
    [{V, N, try [<<V:N/float>>, <<1, V:N/float-unit:2>>] catch error:R:S -> {R, [{A, [P || {error_info, _} = P <- I]} || {_, float_sizes, A, I} <- S]} end}
     || V <- [42.0, 1, a, 1 bsl 2000, <<>>, 70000.0, 1.0e300], N <- [0, 1, 8, 15, 16, 32, 64, 65, 128, a, -1]].

%% Integers have 2^25 - 64 bits at most; what a larger field holds may be one all the same.
large_fields() ->
    M = 1 bsl 20,
    [{N - 32 * M, O, F(B, N, O)} || B <- [binary:copy(<<255>>, 10 * M), binary:copy(<<0>>, 10 * M), <<0:(3 * M * 8), 1, (binary:copy(<<0>>, 8 * M))/binary>>, <<-1:(16 * M), 0:(32 * M - 64)>>, <<-1:(16 * M), 0:(32 * M)>>],
        {N, O} <- [{32 * M - 64, 0}, {32 * M - 63, 3}, {32 * M, 0}, {32 * M + 1, 3}, {48 * M - 64, 0}, {64 * M, 3}],
        F <- [fun large_unsigned/3, fun large_signed/3, fun large_little/3]].
large_unsigned(B, N, O) -> case B of <<_:O, X:N, _/bits>> -> {X > 0, erlang:external_size(X), X rem 1000003}; _ -> none end.
large_signed(B, N, O) -> case B of <<_:O, X:N/signed, _/bits>> -> {X > 0, erlang:external_size(X), X rem 1000003}; _ -> none end.
large_little(B, N, O) -> case B of <<_:O, X:N/little-signed, _/bits>> -> {X > 0, erlang:external_size(X), X rem 1000003}; _ -> none end.

%% --- Funs of purged code -------------------------------------------------------------------------------------------------

%% What is purged has no name any more, and asking for it loads nothing.
purged_names() ->
    Name = fun(F) -> {erlang:fun_info(F, name), proplists:get_value(name, erlang:fun_info(F)), erlang:fun_info(F, arity), erlang:module_loaded(same_purged_names)} end,
    Code = fun(Text) ->
        {ok, M, Code} = compile:forms([begin {ok, Ts, _} = erl_scan:string(T), {ok, P} = erl_parse:parse_form(Ts), P end
                                       || T <- ["-module(same_purged_names).", "-export([f/1]).", Text]], [deterministic]),
        {module, M} = code:load_binary(M, "x.beam", Code)
    end,
    Code("f(X) -> fun(Y) -> X + Y end."),
    F = (id(same_purged_names)):f(1),
    A = Name(F),
    true = code:delete(same_purged_names),
    B = Name(F),
    code:purge(same_purged_names),
    C = Name(F),
    Code("f(X) -> fun(Y) -> {X, Y} end."),
    D = [Name(F), try F(1) catch error:{badfun, _} -> badfun end],
    code:delete(same_purged_names),
    code:purge(same_purged_names),
    Code("f(X) -> fun(Y) -> X + Y end."),
    E = [Name(F), F(1)],
    code:delete(same_purged_names),
    code:purge(same_purged_names),
    {A, B, C, D, E, Name(F)}.
