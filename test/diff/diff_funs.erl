%% SPDX-License-Identifier: Apache-2.0
%% @doc Functions that generated calls pass on to the library.
-module(diff_funs).

-export([same/1, throws/1, is_small/1, pair/1, twice/1, maybe_true/1, cons/2, second/2, less/2, keep/2, third/3, collect/3, closure/1, closure/2,
         piped/2, drawn/3, script/1, sorted/3, chunks/4, compiled/2, regex/0, regex/2, walked/1, taken/2, digest/1, size_of_counters/1, outcome/3]).

%% @doc Its argument.
-spec same(T) -> T.
same(X) -> X.

%% @doc Throws its argument.
-spec throws(term()) -> no_return().
throws(X) -> throw({thrown, X}).

%% @doc Below 5, in the order of terms.
-spec is_small(term()) -> boolean().
is_small(X) -> X < 5.

%% @doc Its argument as key and value.
-spec pair(T) -> {T, T}.
pair(X) -> {X, X}.

%% @doc Twice a number; raises for everything else.
-spec twice(number()) -> number().
twice(X) -> X * 2.

%% @doc As filter functions answer that change as well.
-spec maybe_true(T) -> boolean() | {true, [T]}.
maybe_true(X) when is_integer(X), X rem 2 =:= 0 -> {true, [X]};
maybe_true(X) -> is_atom(X).

%% @doc A fold's step.
-spec cons(A, B) -> nonempty_improper_list(A, B).
cons(X, Y) -> [X | Y].

%% @doc The second.
-spec second(term(), T) -> T.
second(_, Y) -> Y.

%% @doc An order.
-spec less(term(), term()) -> boolean().
less(X, Y) -> X =< Y.

%% @doc A filter of pairs.
-spec keep(term(), term()) -> boolean().
keep(K, V) -> K =/= V.

%% @doc The third.
-spec third(term(), term(), T) -> T.
third(_, _, Z) -> Z.

%% @doc A fold's step over pairs.
-spec collect(A, B, C) -> nonempty_improper_list({A, B}, C).
collect(X, Y, Z) -> [{X, Y} | Z].

%% @doc A closure.
-spec closure(integer()) -> fun((term()) -> term()).
closure(N) -> fun(X) when is_integer(X) -> X + N; (X) -> {N, X} end.

%% @doc A closure of two arguments.
-spec closure(integer(), term()) -> fun((term(), term()) -> term()).
closure(N, Y) -> fun(A, B) when is_number(A), is_number(B) -> A * N + B; (A, B) -> {A, B, N, Y} end.

%% @doc Applies functions one after the other, each to the last one's value between its own arguments.
-spec piped(term(), [{module(), atom(), [term()], [term()]}]) -> term().
piped(Value, Steps) ->
    lists:foldl(fun({M, F, Before, After}, Last) -> apply(M, F, Before ++ [Last | After]) end, Value, Steps).

%% @doc Random numbers that depend on the seed alone.
-spec drawn(atom(), integer(), pos_integer()) -> [term()].
drawn(Algorithm, Seed, N) ->
    Start = rand:seed_s(Algorithm, Seed),
    {A, State1} = rand:uniform_s(N, Start),
    {B, State2} = rand:uniform_s(State1),
    {C, State3} = rand:normal_s(State2),
    {D, State4} = rand:uniform_s(1 bsl 70, State3),
    {E, _} = rand:bytes_s(N, State4),
    [A, B, C, D, E].

%% @doc Calls one function after the other; what a call gave or raised, with what the native said is the cause. The atom
%% `subject' among a call's arguments stands for what the first call gave.
-spec script([{module(), atom(), [term()]}]) -> [term()].
script([First | Steps]) ->
    {Shown, Subject} = step(First, none),
    [Shown | [element(1, step(Step, Subject)) || Step <- Steps]];
script(_) -> [].

step({M, F, Arguments}, Subject) when is_list(Arguments), F =/= getenv orelse Arguments =/= [] ->
    try apply(M, F, [given(A, Subject) || A <- Arguments]) of
        Value -> {Value, Value}
    catch
        Class:Reason:Stack -> {{Class, Reason, [{Module, Function, Location} || {Module, Function, _, Location} <- lists:sublist(Stack, 1)]}, none}
    end;

%% What a shrunk sequence may hold.
step(_, _) -> {wrong, none}.

given(subject, Subject) -> Subject;
given([subject | Rest], Subject) -> [Subject | Rest];
given([A, B, subject], Subject) -> [A, B, Subject];
given(Other, _) -> Other.

%% @doc The result in an order of its own, if it is a list.
-spec sorted(module(), atom(), [term()]) -> term().
sorted(M, F, Arguments) ->
    case apply(M, F, Arguments) of
        List when is_list(List) -> by_bytes(List);
        Other -> Other
    end.

%% Even 1 and 1.0 have a place.
by_bytes(List) -> [Term || {_, Term} <- lists:sort([{term_to_binary(Term), Term} || Term <- List])].

%% @doc A compiled pattern.
-spec compiled(iodata(), [term()]) -> tuple().
compiled(Pattern, Options) -> element(2, {ok, _} = re:compile(Pattern, Options)).

%% @doc All that a search finds in a table, so many objects at a time.
-spec chunks(ets:table(), select | match | match_object | select_reverse, term(), integer()) -> [term()].
chunks(Table, Search, Pattern, Limit) -> by_bytes(more(Search, ets:Search(Table, Pattern, Limit))).

more(_, '$end_of_table') -> [];
more(Search, {Found, Rest}) -> Found ++ more(Search, ets:Search(Rest)).

%% @doc A digest made in steps.
-spec digest([iodata()]) -> binary().
digest(Parts) -> erlang:md5_final(lists:foldl(fun(Part, Context) -> erlang:md5_update(Context, Part) end, erlang:md5_init(), Parts)).

%% @doc How many counters there are; what they take is another matter.
-spec size_of_counters(counters:counters_ref()) -> pos_integer().
size_of_counters(Counters) -> maps:get(size, counters:info(Counters)).

%% @doc What an iterator gives.
-spec walked(map()) -> [{term(), term()}].
walked(Map) -> walk(maps:next(maps:iterator(Map))).

walk(none) -> [];
walk({Key, Value, Next}) -> [{Key, Value} | walk(maps:next(Next))].

%% @doc A map without every second of its keys, and without these.
-spec taken(map(), [term()]) -> [{term(), term()}].
taken(Map, Keys) ->
    {Fewer, _} = lists:foldl(fun(Key, {M, Take}) -> {case Take of true -> maps:remove(Key, M); false -> M end, not Take} end, {Map, true}, maps:keys(Map)),
    maps:to_list(maps:without(Keys, Fewer)).

%% @doc An Elixir regular expression.
-spec regex() -> map().
regex() -> 'Elixir.Regex':'compile!'(list_to_binary(diff_term:pick(["a", "[a-z]+", "(a)(b)?", "x{2}"]))).

%% @doc What Elixir makes of a pattern, but for the pattern itself.
-spec regex(term(), term()) -> term().
regex(Source, Options) ->
    case 'Elixir.Regex':compile(Source, Options) of
        {ok, Regex} -> {ok, 'Elixir.Regex':source(Regex), 'Elixir.Regex':opts(Regex), 'Elixir.Regex':names(Regex)};
        Error -> Error
    end.

%% @doc Calls a function with identities in place of their names, and gives what kind of term it gave: its value is another one here and
%% there.
-spec outcome(module(), atom(), [term()]) -> term().
outcome(erlang, F, [A, B]) when F =:= '<'; F =:= '>'; F =:= '=<'; F =:= '>=' ->
    is_boolean(apply(erlang, F, identified([A, B])));    % which of two pids is the larger one depends on who was there before
outcome(M, F, Arguments) -> kind(apply(M, F, identified(Arguments))).

identified('$self') -> self();
identified('$dead') ->
    {Pid, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, process, Pid, _} -> Pid end;
identified('$reference') -> make_ref();
identified('$alias') -> alias();
identified('$table') -> ets:new(diff_table, []);
identified([Head | Tail]) -> [identified(Head) | identified(Tail)];
identified(Tuple) when is_tuple(Tuple) -> list_to_tuple([identified(Element) || Element <- tuple_to_list(Tuple)]);
identified(Other) -> Other.

kind(Integer) when is_integer(Integer) -> integer;
kind(Atom) when is_atom(Atom) -> Atom;
kind([]) -> [];
kind(List) when is_list(List) -> list;
kind(Tuple) when is_tuple(Tuple) -> {tuple, tuple_size(Tuple)};
kind(Binary) when is_bitstring(Binary) -> bitstring;
kind(Map) when is_map(Map) -> map;
kind(Fun) when is_function(Fun) -> function;
kind(Float) when is_float(Float) -> float;
kind(_) -> identity.
