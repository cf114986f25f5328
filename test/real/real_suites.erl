%% SPDX-License-Identifier: Apache-2.0
%% @doc Suites for EUnit and PropEr, which run on the engine: fixtures, generators, timeouts, mocks of nothing, and properties of
%% the libraries. Each gives what it gives on the BEAM.
-module(real_suites).

-export([eunit/0, proper/0]).
-compile([nowarn_unused_function, {no_auto_import, [size/1]}]).

-define(NOTEST, true).
-include_lib("eunit/include/eunit.hrl").

-import(proper_types, [any/0, atom/0, binary/0, float/0, integer/0, list/1, oneof/1, range/2, term/0]).

%% What proper.hrl defines, which Debian's package lacks.
-define(FORALL(X, Type, Property), proper:forall(Type, fun(X) -> Property end)).
-define(IMPLIES(Condition, Property), proper:implies(Condition, fun() -> Property end)).

%% --- EUnit -----------------------------------------------------------------------------------------------------------------

%% @doc The result, and how often each kind of event was seen by a listener.
-spec eunit() -> {term(), map()}.
eunit() ->
    Self = self(),
    Listener = spawn_link(fun() -> listener(Self, #{}) end),
    Result = eunit:test(tests(), [{report, {real_listener, [{to, Listener}]}}, no_tty]),
    receive {seen, Seen} -> {Result, Seen} end.

listener(To, Seen) ->
    receive
        {event, Kind} -> listener(To, maps:update_with(Kind, fun(N) -> N + 1 end, 1, Seen));
        done -> To ! {seen, Seen}
    end.

tests() ->
    [{"plain", fun() -> ?assertEqual(3, 1 + 2) end},
     {"many", [?_assert(lists:sort(L) =:= lists:usort(L)) || L <- [[], [1], [3, 1, 2]]]},
     {"raised", ?_assertError(badarith, 1 / zero())},
     {"matched", ?_assertMatch({ok, _}, list_to_tuple([ok, self()]))},
     {"thrown", ?_assertThrow({up, 1}, throw({up, 1}))},
     {"exited", ?_assertExit(normal, exit(normal))},
     {"fails", ?_assertEqual(1, zero())},
     {"crashes", fun() -> error(oh) end},
     {"debugged", fun() -> ?debugVal(1 + 1), ?debugFmt("~p", [x]) end},
     {timeout, 1, {"slow", fun() -> timer:sleep(30) end}},
     {setup, fun() -> ets:new(real_suites, [public]) end, fun ets:delete/1,
      fun(Table) -> [?_assert(ets:insert(Table, {1, 2})), ?_assertEqual([{1, 2}], ets:lookup(Table, 1))] end},
     {foreach, fun() -> spawn(fun() -> receive stop -> ok end end) end, fun(Pid) -> Pid ! stop end,
      [fun(Pid) -> ?_assert(is_process_alive(Pid)) end, fun(Pid) -> ?_assert(is_pid(Pid)) end]},
     {inparallel, 4, [?_test(timer:sleep(5)) || _ <- lists:seq(1, 20)]},
     {spawn, ?_assertEqual([], process_info(self(), links) -- [process_info(self(), links)])},
     {generator, fun() -> [?_assertEqual(N, length(lists:seq(1, N))) || N <- [1, 10, 100]] end},
     {with, 5, [fun(X) -> ?assert(X > 4) end, fun(X) -> ?assertNotEqual(X, 6) end]},
     {spawn, {setup, fun() -> error(no_setup) end, fun(_) -> ok end, fun(_) -> [?_assert(true)] end}},
     {timeout, 0.05, {"too slow", fun() -> timer:sleep(5000) end}}].

zero() -> length([]).

%% --- PropEr ----------------------------------------------------------------------------------------------------------------

%% @doc Properties that hold, one that doesn't (its counterexample is shrunk), and a stateful one.
-spec proper() -> [{atom(), term()}].
proper() ->
    Options = [quiet, {numtests, 100}, {on_output, fun(_, _) -> ok end}],
    [{Name, proper:quickcheck(Property, Options)}
     || {Name, Property} <- [{reverse, reverse()}, {sorted, sorted()}, {terms, terms()}, {strings, strings()}, {maps, maps()},
                             {trees, trees()}, {server, server()}]]
        ++ [{fails, fails(Options)}].

reverse() -> ?FORALL(L, list(any()), lists:reverse(lists:reverse(L)) =:= L).

sorted() ->
    ?FORALL(L, list(integer()), begin S = lists:sort(L), is_sorted(S) andalso length(S) =:= length(L) andalso L -- S =:= [] end).

is_sorted([A, B | Rest]) -> A =< B andalso is_sorted([B | Rest]);
is_sorted(_) -> true.

terms() -> ?FORALL(T, any(), binary_to_term(term_to_binary(T)) =:= T).

strings() ->
    ?FORALL(S, list(range(0, 16#D7FF)), unicode:characters_to_list(unicode:characters_to_binary(S)) =:= S).

maps() ->
    ?FORALL(L, list({oneof([integer(), float(), binary(), atom()]), term()}),
            begin M = maps:from_list(L), lists:all(fun({K, _}) -> is_map_key(K, M) end, L) andalso map_size(M) =:= length(maps:keys(M)) end).

trees() ->
    ?FORALL(L, list({integer(), integer()}),
            ?IMPLIES(L =/= [], begin
                                   T = lists:foldl(fun({K, V}, T0) -> gb_trees:enter(K, V, T0) end, gb_trees:empty(), L),
                                   gb_trees:to_list(T) =:= lists:ukeysort(1, lists:reverse(L))
                               end)).

fails(Options) ->
    false = proper:quickcheck(?FORALL(L, list(integer()), lists:sum(L) < 1000), [{start_size, 50}, {max_size, 400} | Options]),
    [Found] = proper:counterexample(),
    lists:sum(Found) >= 1000.

%% A server of a counter against its model.
server() ->
    ?FORALL(Steps, list(oneof([{add, integer()}, get, reset])),
            begin
                {ok, Agent} = real_counter(),
                {Real, Model} = lists:unzip(run_steps(Steps, Agent, 0)),
                Agent ! stop,
                Real =:= Model
            end).

real_counter() -> {ok, spawn_link(fun() -> counter(0) end)}.

counter(N) ->
    receive
        {From, {add, M}} -> From ! {self(), ok}, counter(N + M);
        {From, get} -> From ! {self(), N}, counter(N);
        {From, reset} -> From ! {self(), ok}, counter(0);
        stop -> ok
    end.

run_steps([], _, _) -> [];
run_steps([Step | Steps], Agent, N) ->
    Agent ! {self(), Step},
    Real = receive {Agent, Answer} -> Answer end,
    {Model, Next} = case Step of
                        {add, M} -> {ok, N + M};
                        get -> {N, N};
                        reset -> {ok, 0}
                    end,
    [{Real, Model} | run_steps(Steps, Agent, Next)].
