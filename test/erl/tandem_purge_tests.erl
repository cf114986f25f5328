%% SPDX-License-Identifier: Apache-2.0
%% What was purged or erased gives its memory back, and not before nobody refers to it: ten thousand versions of a module, each with
%% constants and funs of its own, are loaded and purged while processes, messages, timers, tables and persistent terms hold on to some.
-module(tandem_purge_tests).

-include_lib("eunit/include/eunit.hrl").

-export([rounds/3, run/3, keep/1]).

-define(MODULE_UNDER_TEST, tandem_purge_subject).
-define(BATCH, 250).

purge_test_() ->
    {timeout, 300, fun() -> run(filename:join(code:priv_dir(tandem), "tandem"), 1, 10_000) end}.

several_workers_test_() ->
    {timeout, 300, fun() -> run(filename:join(code:priv_dir(tandem), "tandem"), 3, 2000) end}.

persistent_terms_test_() ->
    {timeout, 60, fun persistent_terms/0}.

failed_on_load_test_() ->
    {timeout, 60, fun failed_on_load/0}.

%% @doc Also for other builds of the engine. The first fifth of the rounds is for what grows once.
-spec run(file:filename(), pos_integer(), pos_integer()) -> ok.
run(Executable, Workers, Rounds) ->
    {ok, Engine, Node} = tandem:start_link(#{executable => Executable, schedulers => Workers, timeout => 60_000}),
    Owner = spawn_link(Node, ?MODULE, keep, [none]),
    Others = [spawn_link(Node, fun Busy() -> _ = lists:sum(lists:seq(1, 500)), receive stop -> ok after 1 -> Busy() end end) || _ <- lists:seq(2, Workers)],
    {First, Later} = lists:split(max(1, Rounds div ?BATCH div 5), lists:seq(1, Rounds, ?BATCH)),
    _ = [batch(Node, Owner, From) || From <- First],
    Before = memory(Node),
    _ = [batch(Node, Owner, From) || From <- Later],
    After = memory(Node),
    _ = [unlink(Pid) || Pid <- [Owner | Others]],
    ok = tandem:stop(Engine),
    io:format("purge: ~b rounds with ~b workers, ~0p before, ~0p after~n", [Rounds, Workers, Before, After]),
    ?assert(maps:get(total, After) < maps:get(total, Before) * 1.1),
    ?assert(maps:get(code, After) < maps:get(code, Before) * 1.1),
    ?assert(is_sanitized(Executable) orelse maps:get(resident, After) < maps:get(resident, Before) * 1.25 + 1_000_000).

%% Sanitizers keep what was freed for a while.
is_sanitized(Executable) -> lists:suffix("san", Executable).

memory(Node) ->
    timer:sleep(1500),
    _ = erpc:call(Node, fun() -> [erlang:garbage_collect(Pid) || Pid <- processes()] end),
    Memory = maps:from_list(erpc:call(Node, erlang, memory, [])),
    {ok, Status} = file:read_file("/proc/" ++ erpc:call(Node, os, getpid, []) ++ "/statm"),
    [_, Pages | _] = binary:split(Status, <<" ">>, [global]),
    #{total => maps:get(total, Memory), code => maps:get(code, Memory), resident => binary_to_integer(Pages) * 4096}.

batch(Node, Owner, From) ->
    Versions = [{N, version(N)} || N <- lists:seq(From, From + ?BATCH - 1)],
    {Pid, Monitor} = spawn_monitor(Node, ?MODULE, rounds, [Versions, Owner, []]),
    receive {'DOWN', Monitor, process, Pid, Reason} -> ?assertEqual(normal, Reason) end.

%% The module as it was compiled once, with other constants: the checksum of its funs is another one, too.
version(N) ->
    Template = template(),
    {ok, ?MODULE_UNDER_TEST, Chunks} = beam_lib:all_chunks(Template),
    Literals = [begin Bin = term_to_binary(of_version(N, Constant)), <<(byte_size(Bin)):32, Bin/binary>> end || Constant <- constants()],
    Table = iolist_to_binary([<<(length(Literals)):32>>, Literals]),
    {ok, Binary} = beam_lib:build_module(lists:keyreplace("LitT", 1, Chunks, {"LitT", <<(byte_size(Table)):32, (zlib:compress(Table))/binary>>})),
    Binary.

constants() ->
    {ok, {_, [{"LitT", <<_:32, Packed/binary>>}]}} = beam_lib:chunks(template(), ["LitT"]),
    <<Count:32, Table/binary>> = zlib:uncompress(Packed),
    constants(Count, Table).

constants(0, <<>>) -> [];
constants(Count, <<Size:32, Bin:Size/binary, Rest/binary>>) -> [binary_to_term(Bin) | constants(Count - 1, Rest)].

of_version(N, version) -> N;
of_version(N, [H | T]) -> [of_version(N, H) | of_version(N, T)];
of_version(N, T) when is_tuple(T) -> list_to_tuple(of_version(N, tuple_to_list(T)));
of_version(N, M) when is_map(M) -> maps:from_list(of_version(N, maps:to_list(M)));
of_version(_, T) -> T.

template() ->
    case get(template) of
        undefined ->
            Text = "-module(tandem_purge_subject). -export([state/0, list/0, adder/1, wait/0, fails/1]).\n"
                "state() -> {state, version, #{version => \"a text of some length, and a number\"}}.\n"
                "list() -> [version, 2.5, 123456789012345678901234567890, {version, <<\"" ++ lists:duplicate(100, $b) ++ "\">>}].\n"
                "adder(X) -> fun(Y) -> {state(), X + Y} end.\n"
                "wait() -> receive stop -> state() end.\n"
                "fails(X) -> [hd(Y) || Y <- X].\n",
            {ok, Tokens, _} = erl_scan:string(Text),
            {ok, ?MODULE_UNDER_TEST, Binary} = compile:forms(forms(Tokens, []), [binary, deterministic]),
            put(template, Binary),
            Binary;
        Binary ->
            Binary
    end.

forms([], []) -> [];
forms([{dot, _} = Dot | Rest], Form) -> {ok, Parsed} = erl_parse:parse_form(lists:reverse(Form, [Dot])), [Parsed | forms(Rest, [])];
forms([Token | Rest], Form) -> forms(Rest, [Token | Form]).

%% @private What others hold: replaced by the next version but two, so that nothing is needed long after its purge, yet all for a while.
-spec keep(term()) -> no_return().
keep(Kept) ->
    receive
        {N, State, List, Fun} ->
            ok = unharmed(Kept),
            keep({N, State, List, Fun})
    end.

waits(Pid, M) ->
    case process_info(Pid, [current_function, status]) of
        [{_, {M, wait, 0}}, {status, waiting}] -> ok;
        _ -> erlang:yield(), waits(Pid, M)
    end.

unharmed(none) ->
    ok;
unharmed({N, {state, N, Map}, List, Fun}) when is_function(Fun, 1) ->
    #{N := "a text of some length, and a number"} = Map,
    [N, 2.5, 123456789012345678901234567890, {N, <<_:100/binary>>}] = List,
    ok.

%% @private On the engine.
-spec rounds([{pos_integer(), binary()}], pid(), [term()]) -> ok.
rounds([], _, _) ->
    ok;
rounds([{N, Binary} | Versions], Owner, Kept) ->
    M = ?MODULE_UNDER_TEST,
    {module, M} = code:load_binary(M, "purged_" ++ integer_to_list(N), Binary),
    {state, N, #{N := _}} = State = M:state(),
    [N | _] = List = M:list(),
    Fun = M:adder(1),
    {State, 3} = Fun(2),
    Owner ! {N, State, List, Fun},
    _ = erlang:send_after(20, self(), {State, List}),
    ok = persistent_term:put({?MODULE, N rem 3}, {State, fun M:state/0}),
    {Waiter, Monitor} = spawn_monitor(M, wait, []),
    ok = waits(Waiter, M),
    Stack = try M:fails([[1], []]) catch error:badarg:Trace -> Trace end,
    [{erlang, hd, [[]], _}, {M, _, 1, _}, {M, _, 1, _} | _] = Stack,
    true = erlang:delete_module(M),
    false = code:soft_purge(M),
    {State, 4} = Fun(3),
    case N rem 2 of
        0 -> Waiter ! stop, receive {'DOWN', Monitor, process, _, normal} -> true = code:soft_purge(M) end;
        1 -> true = code:purge(M), receive {'DOWN', Monitor, process, _, killed} -> ok end
    end,
    false = erlang:check_old_code(M),
    {'EXIT', {undef, _}} = (catch M:state()),
    _ = [{state, Old, #{Old := "a text of some length, and a number"}} = Value || {Old, Value} <- Kept],
    receive {{state, Sent, _}, [Sent | _]} -> ok after 0 -> ok end,
    _ = [{{state, Put, _}, _} = persistent_term:get({?MODULE, Put rem 3}) || Put <- lists:seq(max(1, N - 2), N), persistent_term:get({?MODULE, Put rem 3}, none) =/= none],
    rounds(Versions, Owner, lists:sublist([{N, State} | Kept], 3)).

%% A value that was replaced goes once nobody holds it.
persistent_terms() ->
    {ok, Engine, Node} = tandem:start_link(#{}),
    Put = fun(Times) -> erpc:call(Node, fun() -> put_all(Times, []) end) end,
    {P1, _} = Put(1000),
    {P2, _} = Put(20_000),
    ok = tandem:stop(Engine),
    ?assert(P2 =< P1).

put_all(0, Kept) ->
    _ = [true = lists:all(fun(X) -> X =:= N end, List) || {N, List} <- Kept],
    #{memory := Memory} = persistent_term:info(),
    {Memory, Kept};
put_all(N, Kept) ->
    persistent_term:put(key, lists:duplicate(100, N)),
    More = case N rem 100 of 0 -> [{N, persistent_term:get(key)} | Kept]; _ -> Kept end,
    _ = N rem 7 =:= 0 andalso persistent_term:erase(key),
    put_all(N - 1, lists:sublist(More, 5)).

%% The code of a module whose on_load function fails goes as well.
failed_on_load() ->
    {ok, Tokens, _} = erl_scan:string("-module(tandem_purge_subject). -export([f/0]). -on_load(l/0). l() -> F = fun() -> f() end, no = g(F). g(F) -> [_ | _] = F(), put(fun_of_it, F), no. f() -> \"" ++ lists:duplicate(10_000, $x) ++ "\"."),
    {ok, M, Binary} = compile:forms(forms(Tokens, []), [binary, deterministic]),
    {ok, Engine, Node} = tandem:start_link(#{}),
    Load = fun(Times) -> erpc:call(Node, fun() -> load_all(Times, M, Binary), erlang:memory(total) end) end,
    Before = Load(100),
    After = Load(500),
    ok = tandem:stop(Engine),
    ?assert(After < Before * 1.5).    % what has been left waits a while: one copy takes 160 kB

load_all(0, _, _) -> ok;
load_all(N, M, Binary) -> {error, on_load_failure} = code:load_binary(M, "nowhere", Binary), load_all(N - 1, M, Binary).
