%% SPDX-License-Identifier: Apache-2.0
-module(same_server).
-same(programs).
-behaviour(gen_server).
-compile(nowarn_export_all).
-compile(export_all).

calls() -> with(fun(S) -> {gen_server:call(S, {add, 1}), gen_server:call(S, {add, 41}), gen_server:call(S, get)} end).
casts() -> with(fun(S) -> gen_server:cast(S, {add, 7}), gen_server:cast(S, {add, 1}), gen_server:call(S, get) end).
infos() -> with(fun(S) -> S ! {add, 3}, S ! unknown, gen_server:call(S, get) end).
delayed_reply() -> with(fun(S) -> gen_server:call(S, later) end).
noreply_timeout() -> with(fun(S) -> gen_server:call(S, {wait, 20}), timer_wait(60), gen_server:call(S, get) end).
continued() -> {ok, S} = gen_server:start_link(?MODULE, {continue, 100}, []), R = gen_server:call(S, get), gen_server:stop(S), R.
named() -> {ok, S} = gen_server:start_link({local, same_server_name}, ?MODULE, 5, []), R = gen_server:call(same_server_name, get),
           Again = gen_server:start({local, same_server_name}, ?MODULE, 5, []), gen_server:stop(S), {R, element(1, Again), whereis(same_server_name)}.
call_times_out() -> with(fun(S) -> catch gen_server:call(S, never, 30) end).
stops() -> process_flag(trap_exit, true), {ok, S} = gen_server:start_link(?MODULE, 0, []), R = gen_server:call(S, stop), {R, receive {'EXIT', S, Why} -> Why end}.
stops_with_reason() -> process_flag(trap_exit, true), {ok, S} = gen_server:start_link(?MODULE, 0, []), R = (catch gen_server:stop(S, {my, reason}, 1000)),
                       {R, receive {'EXIT', S, Why} -> Why end}.
crashes() -> process_flag(trap_exit, true), {ok, S} = gen_server:start_link(?MODULE, 0, []), R = (catch gen_server:call(S, crash)),
             {trimmed(R), receive {'EXIT', S, Why} -> element(1, Why) end}.
bad_return() -> process_flag(trap_exit, true), {ok, S} = gen_server:start_link(?MODULE, 0, []), R = (catch gen_server:call(S, bad_return)),
                {R, receive {'EXIT', S, Why} -> Why end}.
init_fails() ->
    process_flag(trap_exit, true),
    [{case gen_server:start_link(?MODULE, A, []) of {error, {E, _}} -> E; Other -> Other end, receive {'EXIT', _, {Why, _}} -> Why; {'EXIT', _, Why} -> Why end}
     || A <- [{stop, why}, ignore, {fail, oops}]].
no_server() -> gen_server:call(no_such_server_here, hello).
no_process() -> {Pid, M} = spawn_monitor(fun() -> ok end), receive {'DOWN', M, _, _, _} -> ok end, gen_server:call(Pid, hello).
multi_requests() -> with(fun(S) -> Rs = [gen_server:send_request(S, {add, N}) || N <- lists:seq(1, 5)], [gen_server:receive_response(R, 1000) || R <- Rs] end).
states() -> with(fun(S) -> {sys:get_state(S), sys:replace_state(S, fun(N) -> N + 10 end), element(1, sys:get_status(S))} end).
suspended() -> with(fun(S) -> sys:suspend(S), R = (catch gen_server:call(S, get, 30)), sys:resume(S), {R, gen_server:call(S, get)} end).
many_clients() ->
    with(fun(S) ->
                 Self = self(),
                 [spawn_link(fun() -> [gen_server:call(S, {add, 1}) || _ <- lists:seq(1, 50)], Self ! done end) || _ <- lists:seq(1, 10)],
                 [receive done -> ok end || _ <- lists:seq(1, 10)],
                 gen_server:call(S, get)
         end).
proc_lib_start() ->
    {ok, Pid, extra} = proc_lib:start_link(?MODULE, initialised, [self()]),
    receive {Pid, Dictionary} -> {Pid =/= self(), proc_lib:translate_initial_call(Pid), length(Dictionary)} end.
proc_lib_fails() -> process_flag(trap_exit, true), {error, {Reason, _}} = proc_lib:start_link(erlang, error, [start_failed]), Reason.
proc_lib_spawn() -> {_, M} = proc_lib:spawn_opt(fun() -> exit({shutdown, ok}) end, [monitor]), receive {'DOWN', M, _, _, R} -> R end.

initialised(Parent) -> proc_lib:init_ack(Parent, {ok, self(), extra}), Parent ! {self(), get('$ancestors')}, receive never -> ok end.

trimmed({'EXIT', {{Reason, _}, Call}}) -> {Reason, Call};
trimmed(Other) -> Other.

with(F) -> {ok, S} = gen_server:start_link(?MODULE, 0, []), R = F(S), gen_server:stop(S), R.

timer_wait(T) -> receive after T -> ok end.

init({continue, N}) -> {ok, 0, {continue, N}};
init({stop, Why}) -> {stop, {Why, stopped}};
init({fail, Why}) -> error(Why);
init(ignore) -> ignore;
init(N) -> {ok, N}.

handle_call({add, N}, _, Sum) -> {reply, Sum + N, Sum + N};
handle_call(get, _, Sum) -> {reply, Sum, Sum};
handle_call(later, From, Sum) -> self() ! {reply, From}, {noreply, Sum};
handle_call({wait, T}, _, Sum) -> {reply, ok, Sum, T};
handle_call(never, _, Sum) -> {noreply, Sum};
handle_call(stop, _, Sum) -> {stop, normal, stopping, Sum};
handle_call(crash, _, Sum) -> {reply, 1 / (Sum - Sum), Sum};
handle_call(bad_return, _, _) -> nonsense.

handle_cast({add, N}, Sum) -> {noreply, Sum + N}.

handle_info({add, N}, Sum) -> {noreply, Sum + N};
handle_info({reply, From}, Sum) -> gen_server:reply(From, {late, Sum}), {noreply, Sum};
handle_info(timeout, Sum) -> {noreply, Sum + 1000};
handle_info(_, Sum) -> {noreply, Sum}.

handle_continue(N, Sum) -> {noreply, Sum + N}.

terminate(_, _) -> ok.
