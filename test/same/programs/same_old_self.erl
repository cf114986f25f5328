%% SPDX-License-Identifier: Apache-2.0
%% Identifiers of this node's name from another life of it: nobody is there, and nothing waits for an answer.
-module(same_old_self).
-same(programs).
-compile([export_all, nowarn_export_all]).

-import(same_calls, [t/1]).

%% The same process, alias or port, of a node that had this one's name before.
older(Ident) ->
    Bytes = term_to_binary(Ident),
    {Head, <<Creation:32, Tail/binary>>} = creation(Bytes),
    binary_to_term(<<Head/binary, (Creation bxor 5):32, Tail/binary>>).
creation(Bytes = <<131, 88, _/binary>>) -> split_binary(Bytes, byte_size(Bytes) - 4);
creation(<<131, 90, N:16, 119, L, Rest/binary>>) ->
    <<Name:L/binary, More/binary>> = Rest, {<<131, 90, N:16, 119, L, Name/binary>>, More};
creation(<<131, 90, N:16, 100, L:16, Rest/binary>>) ->
    <<Name:L/binary, More/binary>> = Rest, {<<131, 90, N:16, 100, L:16, Name/binary>>, More}.

next() -> receive Message -> Message after 2000 -> nothing end.
rest() -> receive Message -> [Message | rest()] after 30 -> [] end.
shown({'DOWN', R, process, P, Reason}) when is_reference(R), is_pid(P) -> {down, Reason};
shown({Tag, R, process, P, Reason}) when is_reference(R), is_pid(P) -> {Tag, Reason};
shown({'EXIT', P, Reason}) when is_pid(P) -> {exit, Reason};
shown({spawn_reply, _, error, Reason}) -> {spawn, Reason};
shown(Other) -> Other.

itself() -> Old = older(self()), {Old =:= self(), node(Old) =:= node(), is_pid(Old), node(older(make_ref())) =:= node(), term_to_binary(Old) =:= term_to_binary(older(self()))}.
monitored() -> _ = monitor(process, older(self())), shown(next()).
monitored_with_options() ->
    M = monitor(process, older(self()), [{tag, other}, {alias, explicit_unalias}]),
    R = shown(next()),
    M ! through,
    {R, next(), unalias(M), unalias(M)}.
demonitored() -> M = monitor(process, older(self())), {demonitor(M, [flush]), rest(), demonitor(M, [info])}.
demonitored_late() -> M = monitor(process, older(self())), R = shown(next()), {R, demonitor(M, [info, flush]), rest()}.
linked() -> process_flag(trap_exit, true), R = t(fun() -> link(older(self())) end), {R, shown(next()), process_info(self(), links)}.
linked_to_death() -> {P, M} = spawn_monitor(fun() -> link(older(self())), receive after 1000 -> stayed end end), receive {'DOWN', M, process, P, R} -> R end.
unlinked() -> process_flag(trap_exit, true), Old = older(self()), {t(fun() -> link(Old), unlink(Old) end), rest(), process_info(self(), links)}.
ended() -> Old = older(self()), {exit(Old, kill), exit(Old, x), rest()}.
sent() -> Old = older(self()), {Old ! x, erlang:send(Old, y), erlang:send(Old, z, [noconnect, nosuspend]), rest()}.
sent_to_alias() -> Old = older(alias()), {(Old ! x) =:= Old, (Old ! x) =:= x, rest()}.
asked() ->
    Old = older(self()),
    [t(fun() -> is_process_alive(Old) end), t(fun() -> process_info(Old) end), t(fun() -> process_info(Old, links) end),
     t(fun() -> erlang:suspend_process(Old) end), t(fun() -> erlang:resume_process(Old) end), t(fun() -> garbage_collect(Old) end),
     t(fun() -> check_process_code(Old, lists) end), t(fun() -> register(old_self, Old) end), t(fun() -> process_display(Old, backtrace) end),
     t(fun() -> erlang:process_flag(Old, save_calls, 0) end), x].
process_display(P, X) -> erlang:process_display(P, X).
led() -> t(fun() -> erlang:group_leader(self(), older(self())) end).
leader() -> P = spawn(fun() -> erlang:group_leader(older(self()), self()), receive after 300 -> ok end end), erlang:yield(), timer:sleep(50), {_, L} = process_info(P, group_leader), {node(L) =:= node(), L =:= P, L =:= older(P)}.
timed() -> Old = older(self()), [t(fun() -> is_reference(erlang:send_after(1, Old, x)) end), t(fun() -> is_reference(erlang:start_timer(1, Old, x)) end), rest()].
given() -> T = ets:new(x, []), t(fun() -> ets:give_away(T, older(self()), x) end).
inherited() -> t(fun() -> ets:new(x, [{heir, older(self()), x}]) end), ok.
%% A port that never was, of this node and of an older one.
port(Creation) ->
    <<131, 88, 100, L:16, Rest/binary>> = term_to_binary(self()),
    <<Name:L/binary, _:8/binary, Own:32>> = Rest,
    binary_to_term(<<131, 120, 100, L:16, Name/binary, 77777:64, (Own bxor Creation):32>>).
port_monitored() -> [begin _ = monitor(port, port(C)), receive {'DOWN', R, port, P, Reason} when is_reference(R), is_port(P) -> {down, Reason} after 1000 -> nothing end end || C <- [0, 5]].
called() -> try gen_server:call(older(self()), hello, 1000) catch exit:{R, {gen_server, call, [P, hello, 1000]}} -> {R, node(P) =:= node()} end.
ordered() -> Old = older(self()), {Old == self(), lists:sort([Old, self()]) =:= lists:sort([self(), Old]), maps:size(#{Old => 1, self() => 2})}.
no_path() -> [t(fun() -> erlang:load_nif(P, x) end) || P <- [{bad, path}, 1, #{}]].
