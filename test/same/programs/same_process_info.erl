%% SPDX-License-Identifier: Apache-2.0
%% What processes tell of themselves and of one another, their flags, and what the system tells: values where they are the language's,
%% shapes where they are the machine's.
-module(same_process_info).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

-import(same_calls, [t/1, calls/3]).

-define(T(Expression), t(fun() -> Expression end)).

rest() -> receive Message -> [Message | rest()] after 30 -> [] end.
next() -> receive Message -> Message after 2000 -> nothing end.

idle() -> Pid = spawn(?MODULE, wait, [x]), settle(Pid), Pid.
idle(Options) -> Pid = spawn_opt(?MODULE, wait, [x], Options), settle(Pid), Pid.
wait(X) -> receive {stop, Reason} -> exit(Reason); {call, From, F} -> From ! {self(), F()}, wait(X) end.
settle(Pid) -> case process_info(Pid, status) of {status, waiting} -> ok; _ -> erlang:yield(), settle(Pid) end.
call(Pid, F) -> Pid ! {call, self(), F}, receive {Pid, Value} -> Value after 25000 -> timeout end.
dead() -> {Pid, Monitor} = spawn_monitor(fun() -> ok end), receive {'DOWN', Monitor, process, Pid, _} -> Pid end.

ends(F) -> {Pid, Monitor} = spawn_monitor(F), receive {'DOWN', Monitor, process, Pid, Reason} -> Reason after 25000 -> exit(Pid, kill), alive end.

shape(N) when is_integer(N), N > 0 -> positive;
shape(0) -> positive;
shape(L) when is_list(L) -> case io_lib:printable_list(L) andalso L =/= [] of true -> text; false -> [shape(X) || X <- L] end;
shape({K, V}) when is_atom(K) -> {K, shape(V)};
shape(T) when is_tuple(T) -> list_to_tuple([shape(X) || X <- tuple_to_list(T)]);
shape(M) when is_map(M) -> maps:map(fun(_, V) -> shape(V) end, M);
shape(B) when is_binary(B) -> binary;
shape(P) when is_pid(P) -> pid;
shape(X) -> X.

%% --- process_info --------------------------------------------------------------------------------------------------------

items() -> [backtrace, binary, catchlevel, current_function, current_location, current_stacktrace, dictionary, error_handler, fullsweep_after, garbage_collection, garbage_collection_info,
            group_leader, heap_size, initial_call, last_calls, links, magic_ref, max_heap_size, memory, message_queue_data, message_queue_len, messages, min_bin_vheap_size, min_heap_size,
            monitored_by, monitors, parent, priority, reductions, registered_name, sequential_trace_token, stack_size, status, suspending, total_heap_size, trace, trap_exit].

without_lines(Stack) -> [{M, F, A} || {M, F, A, _} <- Stack].

every_item_of_another() -> Pid = idle(), [item_shape(process_info(Pid, Item)) || Item <- items()].
every_item_of_oneself() -> [item_shape(process_info(self(), Item)) || Item <- items()].
item_shape({current_stacktrace, S}) -> {current_stacktrace, without_lines(S)};
item_shape({current_location, {M, F, A, _}}) -> {current_location, {M, F, A}};
item_shape({binary, L}) when is_list(L) -> binaries;
item_shape({trace, N}) -> {trace, N};
item_shape({Item, V}) when Item =:= initial_call; Item =:= current_function; Item =:= catchlevel; Item =:= message_queue_len -> {Item, V};
item_shape(X) -> shape(X).

all_at_once() -> Pid = idle(), [[element(1, X) || X <- process_info(P, items())] || P <- [self(), Pid]].
order_and_repetition() -> Pid = idle(), [process_info(P, [trap_exit, priority, trap_exit, links, priority, registered_name]) || P <- [self(), Pid]].
default_items() -> Pid = idle(), [[element(1, X) || X <- process_info(P)] || P <- [self(), Pid]].
default_values() -> Pid = idle(), [lists:keyfind(K, 1, process_info(Pid)) || K <- [current_function, initial_call, status, message_queue_len, links, dictionary, trap_exit, error_handler, priority, suspending]].

process_info_wrong() ->
    Pid = idle(), Dead = dead(),
    [calls(erlang, process_info, [[x], [1], [make_ref()], [Dead]]),
     calls(erlang, process_info, [[P, I] || P <- [x, Pid, self(), Dead], I <- [x, 1, [x], [status | x], [], [status, x], {status}, {dictionary, a}, "status"]])].

sensitive() ->
    Pid = idle(),
    call(Pid, fun() -> put(secret, 1), process_flag(sensitive, true) end),
    call(Pid, fun() -> self() ! {other, message}, ok end),
    [process_info(Pid, I) || I <- [dictionary, messages, message_queue_len, current_stacktrace, current_function, backtrace]].

dictionary_item() -> Pid = idle(), call(Pid, fun() -> put(a, 1), put({b}, [2]) end), {dictionary, D} = process_info(Pid, dictionary), lists:sort(D).

messages_item() -> Pid = spawn(fun() -> receive stop -> ok end end), [Pid ! X || X <- [a, {b, [1, "two", <<3:2000>>]}, self(), #{k => v}]], R = [process_info(Pid, messages), process_info(Pid, message_queue_len)], exit(Pid, kill), R.

binary_item() ->
    Pid = idle(),
    B = binary:copy(<<"x">>, 1000),
    call(Pid, fun() -> put(b, B), ok end),
    call(Pid, fun() -> erlang:garbage_collect() end),
    {binary, L} = process_info(Pid, binary),
    {[Size || {_, Size, Count} <- L, is_integer(Count)], byte_size(B)}.

parent_item() -> Self = self(), Pid = idle(), [process_info(Pid, parent) =:= {parent, Self}, call(Pid, fun() -> {_, P} = process_info(self(), parent), P =:= Self end)].

memory_grows() ->
    Pid = idle(),
    Items = [memory, total_heap_size, heap_size],
    Before = [element(2, process_info(Pid, I)) || I <- Items],
    call(Pid, fun() -> put(x, lists:seq(1, 100000)), ok end),
    After = [element(2, process_info(Pid, I)) || I <- Items],
    [A > B || {A, B} <- lists:zip(tl(lists:reverse(After)), tl(lists:reverse(Before)))].

reductions_grow() -> Pid = idle(), {_, A} = process_info(Pid, reductions), call(Pid, fun() -> lists:foldl(fun(X, Y) -> X + Y end, 0, lists:seq(1, 10000)) end), {_, B} = process_info(Pid, reductions), {_, C} = process_info(self(), reductions), erlang:bump_reductions(1000), {_, D} = process_info(self(), reductions), [B - A >= 10000, D - C >= 1000].

status_item() ->
    Self = self(),
    Waiting = idle(), Spinning = spawn(fun Loop() -> Loop() end), Suspended = idle(), erlang:suspend_process(Suspended),
    Hibernating = spawn(fun() -> erlang:hibernate(?MODULE, wait, [x]) end), settle(Hibernating),
    Sleeping = spawn(fun() -> receive after infinity -> Self end end), settle(Sleeping),
    R = [process_info(P, status) || P <- [Self, Waiting, Suspended, Hibernating, Sleeping]] ++ [process_info(P, current_function) || P <- [Self, Waiting, Suspended, Hibernating]]
        ++ [case process_info(Spinning, status) of {status, S} when S =:= running; S =:= runnable -> busy end],
    [exit(P, kill) || P <- [Waiting, Spinning, Suspended, Hibernating, Sleeping]], R.

initial_calls() ->
    Self = self(),
    F = fun() -> Self ! process_info(self(), initial_call) end,
    [begin Spawn(), next() end || Spawn <- [fun() -> spawn(?MODULE, tell_initial_call, [Self]) end, fun() -> spawn(fun() -> tell_initial_call(Self) end) end, fun() -> spawn(erlang, apply, [?MODULE, tell_initial_call, [Self]]) end,
                                            fun() -> proc_lib:spawn(?MODULE, tell_initial_call, [Self]) end, fun() -> spawn(F) end, fun() -> spawn(lists, foreach, [fun(S) -> tell_initial_call(S) end, [Self]]) end]].
tell_initial_call(To) -> To ! process_info(self(), initial_call).

deep_stack() -> Pid = spawn(fun() -> deep(20) end), settle(Pid), {current_stacktrace, S} = process_info(Pid, current_stacktrace), R = without_lines(S), exit(Pid, kill), R.
deep(0) -> receive stop -> [] end;
deep(N) -> [N | deep(N - 1)].

catchlevels() -> F = fun() -> {catchlevel, N} = process_info(self(), catchlevel), N end, A = F(), B = (catch F()), C = try F() after ok end, D = try (catch F()) catch _:_ -> x end, [B - A, C - A, D - A].

monitored_by_item() ->
    Pid = idle(), Other = idle(),
    call(Other, fun() -> monitor(process, Pid), monitor(process, Pid), ok end), M = monitor(process, Pid),
    {monitored_by, L} = process_info(Pid, monitored_by),
    R = {length([x || P <- L, P =:= Other]), length([x || P <- L, P =:= self()])},
    demonitor(M), {R, process_info(Pid, monitored_by) =:= {monitored_by, [Other, Other]}}.

backtrace_form() ->
    Pid = spawn(fun() -> put(x, y), deep(3) end), settle(Pid),
    {backtrace, B} = process_info(Pid, backtrace),
    Text = binary_to_list(B),
    Lines = string:split(Text, "\n", all),
    R = [is_binary(B), string:find(Text, "same_process_info:deep/1") =/= nomatch, length([L || "y(" ++ _ = L <- Lines]) > 0, length([L || L <- Lines, string:find(L, "Return addr 0x") =/= nomatch]),
         [L || "y(" ++ _ = L <- Lines], [string:find(Text, T) =/= nomatch || T <- ["Program counter: 0x", "(same_process_info:deep/1 + ", "(<terminate process normally>)"]]],
    exit(Pid, kill), R.

backtrace_of_oneself() -> {backtrace, B} = process_info(self(), backtrace), [is_binary(B), binary:match(B, <<"Program counter: ">>) =/= nomatch, binary:match(B, <<"same_process_info:backtrace_of_oneself/0">>) =/= nomatch].

%% --- Flags ---------------------------------------------------------------------------------------------------------------

flags_and_old_values() ->
    Values = [{trap_exit, [true, true, false]}, {priority, [high, low, max, normal]}, {message_queue_data, [off_heap, on_heap, on_heap]}, {sensitive, [true, false]}, {error_handler, [some_module, error_handler]},
              {fullsweep_after, [10, 0, 20, 65535, 65536]}, {save_calls, [0, 0]}],
    [{Flag, [process_flag(Flag, Value) || Value <- tl(All ++ All)], process_info(self(), Flag) =/= []} || {Flag, All} <- Values, lists:member(Flag, [trap_exit, priority, message_queue_data, sensitive])]
        ++ [begin process_flag(Flag, hd(All)), [process_flag(Flag, Value) || Value <- tl(All)] end || {Flag, All} <- Values, lists:member(Flag, [error_handler, save_calls])]
        ++ [begin process_flag(fullsweep_after, 3), [process_flag(fullsweep_after, 5), process_info(self(), fullsweep_after), lists:keyfind(fullsweep_after, 1, element(2, process_info(self(), garbage_collection)))] end].

flags_wrong() ->
    calls(erlang, process_flag, [[F, V] || F <- [trap_exit, priority, message_queue_data, sensitive, error_handler, fullsweep_after, min_heap_size, min_bin_vheap_size, max_heap_size, save_calls, no_such_flag],
                                           V <- [-1, 1.5, "x", {}, #{a => b}, 1 bsl 70]])
        ++ calls(erlang, process_flag, [[1, true], ["trap_exit", true], [self(), trap_exit, true], [x, save_calls, 0], [self(), save_calls, x], [self(), save_calls, -1], [dead(), save_calls, 0], [max_heap_size, #{size => 5}], [max_heap_size, #{kill => x, size => 100000}], [max_heap_size, #{}]]).

heap_flags() ->
    Old = process_flag(max_heap_size, 1000000),
    One = process_flag(max_heap_size, #{size => 2000000, kill => false}),
    Two = process_flag(max_heap_size, #{size => 3000000, error_logger => false}),
    Three = process_flag(max_heap_size, 0),
    [Old, One, Two, Three, process_info(self(), max_heap_size), process_flag(max_heap_size, #{size => 0}),
     begin process_flag(min_heap_size, 10000), is_integer(process_flag(min_heap_size, 20000)) end, element(2, process_info(self(), min_heap_size)) >= 20000,
     begin process_flag(min_bin_vheap_size, 100000), V = process_flag(min_bin_vheap_size, 200000), V >= 100000 end, element(2, process_info(self(), min_bin_vheap_size)) >= 200000].

heap_options() ->
    Pid = idle([{min_heap_size, 5000}, {fullsweep_after, 7}, {min_bin_vheap_size, 99999}, {max_heap_size, #{size => 1000000, kill => false, error_logger => false}}, {message_queue_data, off_heap}, {priority, low}]),
    R = [element(2, process_info(Pid, I)) || I <- [fullsweep_after, max_heap_size, message_queue_data, priority]] ++ [element(2, process_info(Pid, I)) >= N || {I, N} <- [{min_heap_size, 5000}, {min_bin_vheap_size, 99999}]],
    {garbage_collection, G} = process_info(Pid, garbage_collection),
    R ++ [[K || {K, _} <- G], lists:keyfind(fullsweep_after, 1, G), lists:keyfind(max_heap_size, 1, G)].

too_large_a_heap() ->
    Grow = fun Grow(L) -> Grow([L, lists:seq(1, 100) | L]) end,
    [ends(fun() -> process_flag(max_heap_size, #{size => 20000, error_logger => false}), Grow([]) end),
     ends(fun() -> process_flag(trap_exit, true), process_flag(max_heap_size, #{size => 20000, error_logger => false, kill => true}), Grow([]) end),
     ends(fun() -> process_flag(max_heap_size, #{size => 20000, error_logger => false, kill => false}), L = lists:seq(1, 12000), exit({survived, length(L)}) end),
     begin {P, M} = spawn_opt(fun() -> Grow([]) end, [monitor, {max_heap_size, #{size => 20000, error_logger => false}}]), receive {'DOWN', M, process, P, R} -> R end end,
     ends(fun() -> process_flag(max_heap_size, #{size => 20000, error_logger => false}), [self() ! {N, lists:seq(1, 100)} || N <- lists:seq(1, 1000)], erlang:garbage_collect(), exit(survived) end)].

%% Of many runnable processes those of high priority run first, and max before high.
priorities() ->
    Old = process_flag(priority, max),
    Self = self(),
    [spawn_opt(fun() -> Self ! P end, [{priority, P}]) || P <- [low, normal, high]],
    R = [next(), next(), next()],
    process_flag(priority, Old),
    {Old, lists:sort(R)}.

low_still_runs() ->
    Self = self(),
    Busy = [spawn(fun Loop() -> Loop() end) || _ <- lists:seq(1, 3)],
    spawn_opt(fun() -> Self ! low end, [{priority, low}]),
    R = next(),
    [exit(P, kill) || P <- Busy], R.

%% --- Suspension, hibernation, collection, code -----------------------------------------------------------------------------

suspend_counts() ->
    Pid = idle(), Other = idle(),
    R = [erlang:suspend_process(Pid), erlang:suspend_process(Pid), [{N, M} || {_, N, M} <- element(2, process_info(self(), suspending))], call(Other, fun() -> erlang:suspend_process(Pid) end), process_info(Pid, status),
         erlang:resume_process(Pid), erlang:resume_process(Pid), process_info(Pid, status), ?T(erlang:resume_process(Pid)), call(Other, fun() -> erlang:resume_process(Pid) end)],
    settle(Pid), R ++ [call(Pid, fun() -> alive end), erlang:suspend_process(Pid, [unless_suspending]), erlang:suspend_process(Pid, [unless_suspending]), erlang:suspend_process(Pid, [unless_suspending, asynchronous]), erlang:resume_process(Pid), erlang:suspend_process(dead(), [asynchronous])].

suspend_wrong() -> Pid = idle(), calls(erlang, suspend_process, [[self()], [x], [Pid, x], [Pid, [x]], [Pid, [asynchronous | x]], [Pid, [{asynchronous}]], [dead(), []], [self(), [asynchronous]]]) ++ calls(erlang, resume_process, [[Pid], [x], [dead()], [self()]]).

%% A suspended process takes signals: it tells of itself, is linked to, gets its messages, and can be made to exit.
suspended_takes_signals() ->
    process_flag(trap_exit, true),
    Pid = idle(), erlang:suspend_process(Pid),
    Pid ! {call, self(), fun() -> done end}, link(Pid), M = monitor(process, Pid),
    R = [process_info(Pid, message_queue_len), process_info(Pid, links) =:= {links, [self()]}, rest(), is_process_alive(Pid)],
    exit(Pid, stop),
    R ++ lists:sort([case X of {'EXIT', Pid, W} -> {exit, W}; {'DOWN', M, process, Pid, W} -> {down, W} end || X <- rest()]).

suspend_with_timer() ->
    Self = self(),
    Pid = spawn(fun() -> receive after 20 -> Self ! fired end end), settle(Pid),
    erlang:suspend_process(Pid), First = (receive fired -> early after 60 -> quiet end), erlang:resume_process(Pid), [First, next()].

hibernation() ->
    Self = self(),
    Pid = spawn(fun() -> put(a, 1), link(Self), catch catch erlang:hibernate(?MODULE, woken, [Self, {some, [data]}]), Self ! never end), settle(Pid),
    R = [process_info(Pid, current_function), process_info(Pid, current_stacktrace), process_info(Pid, catchlevel), process_info(Pid, dictionary), process_info(Pid, initial_call)],
    Pid ! now, R ++ [next(), calls(erlang, hibernate, [[1, f, []], [m, 1, []], [m, f, x]]), element(2, ?T(erlang:hibernate(m, f, lists:duplicate(5000, x))))].
woken(To, Data) -> receive M -> To ! {M, Data, catchless} after 0 -> To ! no_message end.

queue_counts_as_heap() -> [begin Pid = spawn_opt(fun() -> receive stop -> ok end end, [{message_queue_data, Data}]), settle(Pid), {_, A} = process_info(Pid, total_heap_size), [Pid ! lists:seq(1, N) || N <- lists:seq(1, 200)], {_, B} = process_info(Pid, total_heap_size), exit(Pid, kill), {Data, B > A + 10000} end || Data <- [on_heap, off_heap]].

hibernate_with_messages() -> Self = self(), spawn(fun() -> self() ! m, erlang:hibernate(?MODULE, woken, [Self, x]) end), next().

hibernate_exits() -> [ends(fun() -> self() ! m, erlang:hibernate(erlang, exit, [reason]) end), ends(fun() -> S = self(), spawn(fun() -> exit(S, by_signal) end), erlang:hibernate(erlang, exit, [reason]) end)].

collection() ->
    Pid = idle(),
    [erlang:garbage_collect(), erlang:garbage_collect(self()), erlang:garbage_collect(Pid), erlang:garbage_collect(dead()), erlang:garbage_collect(Pid, []), erlang:garbage_collect(Pid, [{type, minor}]), erlang:garbage_collect(Pid, [{type, major}]),
     erlang:garbage_collect(Pid, [{async, id}]), erlang:garbage_collect(self(), [{async, {own, id}}, {type, minor}]), erlang:garbage_collect(dead(), [{async, of_dead}]), lists:sort(rest()),
     calls(erlang, garbage_collect, [[x], [self(), x], [self(), [x]], [self(), [{type, x}]], [self(), [{async}]], [x, []]])].

collects_garbage() ->
    Pid = idle(),
    call(Pid, fun() -> lists:foreach(fun(_) -> lists:seq(1, 1000) end, lists:seq(1, 100)), put(big, lists:seq(1, 30000)), erase(big), ok end),
    {_, Before} = process_info(Pid, total_heap_size), true = erlang:garbage_collect(Pid), {_, After} = process_info(Pid, total_heap_size),
    After =< Before andalso After < 20000.

code_checks() ->
    Pid = idle(),
    [erlang:check_process_code(Pid, ?MODULE), erlang:check_process_code(self(), ?MODULE), erlang:check_process_code(Pid, no_such_module), erlang:check_process_code(dead(), ?MODULE), erlang:check_process_code(Pid, ?MODULE, [{async, id}]), erlang:check_process_code(self(), ?MODULE, [{async, id}, {allow_gc, false}]),
     erlang:check_process_code(dead(), ?MODULE, [{async, of_dead}]), lists:sort([next(), next(), next()]), erlang:check_old_code(?MODULE),
     calls(erlang, check_process_code, [[x, m], [self(), 1], [self(), m, x], [self(), m, [x]], [self(), m, [{allow_gc, x}]], [x, m, []]]), calls(erlang, check_old_code, [[1], [no_such_module]])].

%% --- Timers --------------------------------------------------------------------------------------------------------------

timers() ->
    T = erlang:start_timer(60000, self(), m), U = erlang:send_after(60000, self(), m), A = erlang:start_timer(erlang:monotonic_time(millisecond) + 60000, self(), m, [{abs, true}]),
    [is_integer(erlang:read_timer(X)) andalso erlang:read_timer(X) =< 60000 || X <- [T, U, A]]
        ++ [erlang:cancel_timer(T) > 1000, erlang:cancel_timer(T), erlang:read_timer(T), erlang:read_timer(T, [{async, true}]), next(), erlang:cancel_timer(U, [{async, true}, {info, true}]), element(1, next()), erlang:cancel_timer(A, [{info, false}]), erlang:cancel_timer(A, [{info, false}]), erlang:cancel_timer(A, [{async, true}, {info, false}]), rest(),
            erlang:cancel_timer(make_ref()), erlang:read_timer(make_ref()), erlang:cancel_timer(make_ref(), [{async, true}]), next()].

timers_wrong() ->
    [calls(erlang, F, [[x, self(), m], [-1, self(), m], [1.0, self(), m], [1 bsl 80, self(), m], [1 bsl 63, self(), m], [10, 1, m], [10, "x", m], [10, {a, node()}, m], [0, self(), m, x], [0, self(), m, [x]], [0, self(), m, [{abs, x}]], [0, self(), m, [{abs, true} | x]], [-(1 bsl 80), self(), m, [{abs, true}]]]) || F <- [send_after, start_timer]]
        ++ [calls(erlang, F, [[x], [1], [self()], [make_ref(), x], [make_ref(), [x]], [make_ref(), [{async, x}]], [make_ref(), [{info, x}]], [make_ref(), [{async, false} | x]]]) || F <- [cancel_timer, read_timer]].

zero_and_past_timers() -> erlang:send_after(0, self(), zero), Z = next(), erlang:send_after(erlang:monotonic_time(millisecond) - 1, self(), past, [{abs, true}]), P = next(), R = erlang:start_timer(0, self(), m), {Z, P, next() =:= {timeout, R, m}}.

timer_order() -> [erlang:send_after(N, self(), N) || N <- [40, 10, 30, 20]], [next() || _ <- [1, 2, 3, 4]].
timers_of_one_time() -> At = erlang:monotonic_time(millisecond) + 30, [erlang:send_after(At, self(), N, [{abs, true}]) || N <- lists:seq(1, 50)], lists:sort([next() || _ <- lists:seq(1, 50)]) =:= lists:seq(1, 50).

%% A timer to a pid goes with the process; one to a name looks the name up when it fires.
timer_to_dead() -> Pid = idle(), T = erlang:send_after(60000, Pid, x), Before = is_integer(erlang:read_timer(T)), exit(Pid, kill), M = monitor(process, Pid), receive {'DOWN', M, _, _, _} -> ok end, receive after 20 -> ok end, [Before, erlang:read_timer(T), erlang:send_after(10, dead(), x) =/= x, rest()].
timer_to_late_name() -> erlang:send_after(40, same_info_late, hello), register(same_info_late, self()), R = next(), unregister(same_info_late), erlang:send_after(1, same_info_late, lost), {R, rest()}.
timer_outlives_its_maker() -> Self = self(), {P, M} = spawn_monitor(fun() -> erlang:send_after(30, Self, outlived) end), receive {'DOWN', M, process, P, _} -> ok end, next().
timer_of_another() -> Pid = idle(), T = call(Pid, fun() -> erlang:send_after(60000, self(), x) end), R = [is_integer(erlang:read_timer(T)), is_integer(erlang:cancel_timer(T)), call(Pid, fun() -> erlang:read_timer(T) end)], U = call(Pid, fun() -> erlang:send_after(60000, self(), x) end), erlang:cancel_timer(U, [{async, true}]), R ++ [is_integer(element(3, next()))].

timer_no_message_after_cancel() -> lists:usort([begin T = erlang:send_after(rand:uniform(2), self(), tick), receive after 1 -> ok end, case erlang:cancel_timer(T) of false -> receive tick -> fine after 0 -> lost end; N when is_integer(N) -> receive tick -> ghost after 0 -> fine end end end || _ <- lists:seq(1, 100)]).

receive_after() -> [receive after 0 -> zero end, ?T(receive after list_to_integer("-1") -> x end), ?T(receive after list_to_atom("x") -> x end), ?T(receive after 1 bsl list_to_integer("40") -> x end), begin self() ! m, receive m -> m after 0 -> late end end, begin self() ! other, R = receive m -> m after 10 -> late end, {R, rest()} end].

%% A receive that failed by its timeout has looked at nothing.
bad_timeouts() ->
    [begin
         self() ! first,
         Failed = (catch receive no -> no after Time -> late end),
         Reference = make_ref(),
         self() ! Reference,
         {element(1, element(2, Failed)), receive first -> first after 100 -> lost end, receive Reference -> then after 100 -> lost end}
     end || Time <- [atom, -1, 1.5, 1 bsl 32, {}]].

%% --- The system ----------------------------------------------------------------------------------------------------------

system_info_shapes() ->
    [{I, case shape(catch erlang:system_info(I)) of {'EXIT', {R, _}} -> R; [X | _] when I =/= garbage_collection -> {list, is_tuple(X)}; [] -> {list, true}; X -> X end}
     || I <- [atom_count, atom_limit, build_type, c_compiler_used, compat_rel, cpu_quota, creation, debug_compiled, delayed_node_table_gc, dirty_cpu_schedulers, dirty_cpu_schedulers_online,
              dirty_io_schedulers, dist, dist_buf_busy_limit, dist_ctrl, driver_version, dynamic_trace, dynamic_trace_probes, emu_type, end_time, ets_count, ets_limit, fullsweep_after, heap_type, info, kernel_poll, loaded,
              logical_processors, logical_processors_online, machine, max_heap_size, message_queue_data, min_bin_vheap_size, min_heap_size, modified_timing_level, multi_scheduling, multi_scheduling_blockers, nif_version, normal_multi_scheduling_blockers,
              otp_release, outstanding_system_requests_limit, port_count, port_limit, port_parallelism, process_count, process_limit, procs, scheduler_bind_type, scheduler_id, schedulers, schedulers_online, smp_support, system_architecture,
              system_version, thread_pool_size, threads, time_correction, time_offset, time_warp_mode, tolerant_timeofday, trace_control_word, update_cpu_info, version, wordsize, {wordsize, internal}, {wordsize, external}, heap_sizes, allocated_areas]].

heap_sizes() -> L = erlang:system_info(heap_sizes), [is_list(L), L =:= lists:usort(L), length(L) > 5, lists:all(fun is_integer/1, L)].
ets_count() -> N = erlang:system_info(ets_count), T = ets:new(x, []), M = erlang:system_info(ets_count), ets:delete(T), [is_integer(N), M > 0].
text_items() -> [{I, shape(binary_to_list(B)), B =/= <<>>} || I <- [procs, loaded, dist, info], B <- [erlang:system_info(I)]].
process_counts() -> N = erlang:system_info(process_count), Pids = [idle() || _ <- lists:seq(1, 50)], M = erlang:system_info(process_count), All = processes(), [M - N >= 40, [] =:= Pids -- All, lists:member(self(), All), length(lists:usort(All)) =:= length(All), [exit(P, kill) || P <- Pids] =/= []].
registered_names() -> register(same_info_name, self()), R = registered(), unregister(same_info_name), [lists:member(same_info_name, R), lists:member(same_info_name, registered()), lists:all(fun is_atom/1, R), length(R) =:= length(lists:usort(R))].

memory_adds_up() ->
    ets:new(x, []),
    M = erlang:memory(),
    Get = fun(K) -> proplists:get_value(K, M) end,
    [[K || {K, _} <- M], Get(total) =:= Get(processes) + Get(system), Get(processes) >= Get(processes_used), Get(system) >= Get(atom) + Get(binary) + Get(ets), Get(atom) >= Get(atom_used),
     [K || {K, N} <- M, N =< 0, K =/= code], [K || {K, _} <- erlang:memory([ets, total, binary])], erlang:memory([]), calls(erlang, memory, [[x], [1], [[total, x]], [maximum], [low]])].

memory_follows() ->
    Grown = fun(Kind, Make) ->
                    Before = erlang:memory(Kind),
                    Kept = Make(),
                    During = erlang:memory(Kind),
                    During - Before > 4000000 andalso Kept =/= none
            end,
    Hold = fun(Kind, Make) -> {Kind, lists:any(fun(_) -> Grown(Kind, Make) end, [1, 2, 3])} end,    % others run at the same time
    T = ets:new(x, [public]),
    R = [Hold(binary, fun() -> binary:copy(<<"x">>, 8000000) end), Hold(ets, fun() -> [ets:insert(T, {N, binary_to_list(<<0:8000>>)}) || N <- lists:seq(1, 1000)] end),
         Hold(processes, fun() -> P = spawn(fun() -> L = binary_to_list(<<0:(8 * 2000000)>>), receive stop -> L end end), settle(P), P end)],
    ets:delete(T),
    R.

counters_memory() -> C = counters:new(1000, [atomics]), A = atomics:new(1000, []), [maps:get(memory, counters:info(C)) >= 8000, maps:get(memory, atomics:info(A)) >= 8000, maps:get(size, atomics:info(A)), maps:get(size, counters:info(C))].

statistics() -> [{I, shape(erlang:statistics(I))} || I <- [context_switches, exact_reductions, garbage_collection, io, reductions, run_queue, runtime, total_active_tasks, total_run_queue_lengths, wall_clock, total_active_tasks_all, total_run_queue_lengths_all]].
statistics_move() -> {R, _} = erlang:statistics(reductions), {W, _} = erlang:statistics(wall_clock), {G, _, _} = erlang:statistics(garbage_collection), lists:foreach(fun(_) -> lists:seq(1, 1000) end, lists:seq(1, 200)), erlang:garbage_collect(), receive after 20 -> ok end, {R1, _} = erlang:statistics(reductions), {W1, _} = erlang:statistics(wall_clock), {G1, _, _} = erlang:statistics(garbage_collection), [R1 > R, W1 - W >= 19, G1 > G].

%% Who asks for another's collection goes on when that is over: here what only garbage refers to is gone.
collected_when_told() ->
    Me = self(),
    Told = fun(Ask) ->
        Pid = spawn(fun() -> List = lists:seq(1, 300000), Me ! {made, self(), dropped()}, receive done -> length(List) end end),
        receive {made, Pid, _} -> ok end,
        {binary, Before} = process_info(Pid, binary),
        {N, _, _} = erlang:statistics(garbage_collection),
        Answer = Ask(Pid),
        {N1, _, _} = erlang:statistics(garbage_collection),
        {binary, After} = process_info(Pid, binary),
        Pid ! done,
        {Answer, N1 > N, length(Before), After}
    end,
    Dead = spawn(fun() -> ok end),
    Monitor = monitor(process, Dead),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    {[Told(fun erlang:garbage_collect/1), Told(fun(Pid) -> async = erlang:garbage_collect(Pid, [{async, here}]), receive {garbage_collect, here, Done} -> Done end end),
      Told(fun(Pid) -> true = erlang:suspend_process(Pid), Done = erlang:garbage_collect(Pid), true = erlang:resume_process(Pid), Done end)],
     erlang:garbage_collect(Dead), erlang:garbage_collect(self(), [{async, me}]), receive {garbage_collect, me, Mine} -> Mine end}.
dropped() -> byte_size(binary:copy(<<"x">>, 1000)).

%% Asked by another while it waits, runs, and has just begun.
reductions_never_shrink() ->
    Asked = fun(Pid) ->
        Seen = [begin {_, R} = lists:keyfind(reductions, 1, process_info(Pid, [reductions, current_function | I])), R end || _ <- lists:seq(1, 30), I <- [[], [messages]]],
        true = exit(Pid, kill),
        Seen =:= lists:sort(Seen)
    end,
    [Asked(spawn(F)) || F <- [fun() -> receive never -> ok end end, fun() -> counting(0) end, fun() -> receive never -> ok after 1 -> counting(0) end end]].
counting(N) -> counting(N + 1).

bumped_reductions() ->
    Of = fun(N) -> {reductions, Before} = process_info(self(), reductions), true = erlang:bump_reductions(N), erlang:yield(), {reductions, After} = process_info(self(), reductions), After - Before end,
    [Of(100) >= 100, Of(1 bsl 27) < 20000, calls(erlang, bump_reductions, [[0], [-1], [x], [1.0]])].

%% --- Tracing: there is none, and whoever asks is told so ---------------------------------------------------------------------

tracing_off() -> [erlang:trace(self(), false, [all]), erlang:trace(self(), false, [call, send, 'receive']), erlang:trace_info(self(), flags), erlang:trace_info(self(), tracer), erlang:trace_info({lists, seq, 2}, traced), erlang:trace_pattern({lists, seq, 2}, false, [local]) >= 0, seq_trace:get_token(), erlang:system_monitor(), erlang:system_monitor(undefined), erlang:system_profile()].

%% Wherever a process is when it is asked, it is somewhere: in a native that has to wait for its turn as well.
looker(Parent) -> process_info(Parent, current_location), looker(Parent).
where(Pid) ->
    erlang:yield(),
    case process_info(Pid, [current_location, current_function]) of
        [{current_location, {M, F, A, _}}, {current_function, {M, F, A}}] -> known(M, F, A);
        Other -> Other
    end.
known(erlang, process_info, 2) -> known;
known(erts_internal, await_result, 1) -> known;
known(?MODULE, looker, 1) -> known;
known(M, F, A) -> {M, F, A}.
located_everywhere() ->
    Self = self(),
    Pid = spawn(fun() -> looker(Self) end),
    erlang:yield(),
    Places = lists:usort([where(Pid) || _ <- lists:seq(1, 5000)]),
    exit(Pid, kill),
    Places.

%% A trace keeps one entry at least.
backtrace_depths() ->
    {'EXIT', {_, Trace}} = (catch error(trace)),
    Long = lists:append(lists:duplicate(12, [hd(Trace)])),
    Old = erlang:system_flag(backtrace_depth, 8),
    Lengths = [begin
                   erlang:system_flag(backtrace_depth, D),
                   {try error(x) catch error:x:S -> length(S) end > 0, try erlang:raise(error, x, Long) catch error:x:S -> length(S) end}
               end || D <- [0, 1, 2, 5, 8]],
    erlang:system_flag(backtrace_depth, Old),
    Lengths.
