%% SPDX-License-Identifier: Apache-2.0
-module(same_statem).
-same(programs).
-behaviour(gen_statem).
-compile(nowarn_export_all).
-compile(export_all).

door() -> with(fun(S) -> [gen_statem:call(S, E) || E <- [state, {enter, 9}, state, {enter, 1234}, state, close, state]] end).
closes_by_itself() -> with(fun(S) -> gen_statem:call(S, {enter, 1234}), receive after 80 -> ok end, gen_statem:call(S, state) end).
postponed() -> with(fun(S) -> R = gen_statem:send_request(S, when_open), gen_statem:call(S, {enter, 1234}), gen_statem:receive_response(R, 1000) end).
entered() -> with(fun(S) -> gen_statem:call(S, {enter, 1234}), gen_statem:cast(S, close), gen_statem:call(S, entries) end).
generic_timeout() -> with(fun(S) -> gen_statem:cast(S, {remind, 10, self()}), receive reminded -> yes after 1000 -> no end end).
crash() -> process_flag(trap_exit, true), {ok, S} = gen_statem:start_link(?MODULE, 1234, []), catch gen_statem:call(S, boom), receive {'EXIT', S, {R, _}} -> R end.

with(F) -> {ok, S} = gen_statem:start_link(?MODULE, 1234, []), R = F(S), gen_statem:stop(S), R.

init(Code) -> {ok, locked, #{code => Code, entries => 0}}.

callback_mode() -> [state_functions, state_enter].

locked(enter, _, Data) -> {keep_state, Data};
locked({call, From}, {enter, Code}, #{code := Code} = Data) -> {next_state, open, Data, [{reply, From, opened}]};
locked({call, From}, {enter, _}, _) -> {keep_state_and_data, [{reply, From, refused}]};
locked({call, _}, when_open, _) -> {keep_state_and_data, [postpone]};
locked(Type, Event, Data) -> common(Type, Event, locked, Data).

open(enter, locked, #{entries := N} = Data) -> {keep_state, Data#{entries := N + 1}, [{state_timeout, 40, close}]};
open(state_timeout, close, Data) -> {next_state, locked, Data};
open({call, From}, close, Data) -> {next_state, locked, Data, [{reply, From, closed}]};
open(cast, close, Data) -> {next_state, locked, Data};
open({call, From}, when_open, _) -> {keep_state_and_data, [{reply, From, it_is_open}]};
open(Type, Event, Data) -> common(Type, Event, open, Data).

common({call, From}, state, State, _) -> {keep_state_and_data, [{reply, From, State}]};
common({call, From}, entries, _, #{entries := N}) -> {keep_state_and_data, [{reply, From, N}]};
common({call, _}, boom, _, _) -> error(boom);
common(cast, {remind, T, To}, _, _) -> {keep_state_and_data, [{{timeout, reminder}, T, To}]};
common({timeout, reminder}, To, _, _) -> To ! reminded, keep_state_and_data.
