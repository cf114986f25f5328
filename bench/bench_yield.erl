%% SPDX-License-Identifier: Apache-2.0
%% @doc How long a process waits because another of its scheduler is in a long native: `main([])' calls each in turn, with large
%% arguments, on an engine with one scheduler, while a process that does nothing but look at the clock notes its longest gap; with the
%% argument `beam' on a BEAM with one scheduler, too. Of several rounds the one with the smallest gap counts, as the machine makes gaps
%% of its own.
-module(bench_yield).

-export([main/1, run/1, names/0, native/2, turns/2, woken/2]).

-define(ROUNDS, 3).
-define(SIZE, 1_000_000).

%% @doc Prints a table: the native, and for each side how long it took, the longest gap, how often the other process had its turn, and
%% reductions. Arguments: the engine's program, `beam', parts of names; without parts everything runs.
-spec main([string()]) -> no_return().
main(Arguments) ->
    {Sides, Wanted} = sides(Arguments),
    io:format("~-34s~s~n", ["native", [io_lib:format(" ~10s ~10s ~10s ~12s", [[Side, " ms"], "gap ms", "turns", "reductions"]) || {Side, _} <- Sides]]),
    _ = [row(Name, [measured(Side, Node, Name) || {Side, Node} <- Sides]) || Name <- names(), wanted(atom_to_list(Name), Wanted)],
    halt(0).

sides(["/" ++ _ = Program | Arguments]) -> sides(Arguments, #{executable => Program});
sides(Arguments) -> sides(Arguments, #{}).

sides(["beam" | Wanted], Options) -> {[{"tandem", node_of(tandem, Options)}, {"beam", node_of(beam, Options)}], Wanted};
sides(Wanted, Options) -> {[{"tandem", node_of(tandem, Options)}], Wanted}.

node_of(Kind, Options) ->
    {ok, Node, _} = tandem_side:start(Kind, Options#{schedulers => 1, arguments => ["+P", "2000000"]}),
    Node.

wanted(_, []) -> true;
wanted(Name, Wanted) -> lists:any(fun(Part) -> string:find(Name, Part) =/= nomatch end, Wanted).

row(Name, Results) ->
    io:format("~-34s~s~n", [Name, [columns(Result) || Result <- Results]]).

columns({Gap, Time, Turns, Reductions}) -> io_lib:format(" ~10.2f ~10.2f ~10b ~12b", [Time / 1.0e6, Gap / 1.0e6, Turns, Reductions]);
columns(Reason) ->
    io_lib:format(" ~45P", [Reason, 12]).

%% Minutes, which nothing interrupts.
measured("beam", _, Name) when Name =:= multiply; Name =:= divide; Name =:= multiply_applied; Name =:= divide_applied; Name =:= power; Name =:= big_to_list; Name =:= big_to_binary;
                               Name =:= list_to_big; Name =:= binary_to_big ->
    endless;
measured(_, Node, Name) ->
    {Pid, Monitor} = spawn_monitor(Node, ?MODULE, run, [Name]),
    receive
        {'DOWN', Monitor, process, Pid, {measured, Result}} -> Result;
        {'DOWN', Monitor, process, Pid, Reason} -> Reason
    after 120_000 ->
            exit(Pid, kill),
            timeout
    end.

%% @doc Exits with the smallest of several longest gaps, in nanoseconds, that round's time, turns and reductions.
-spec run(atom()) -> no_return().
run(Name) ->
    exit({measured, lists:min([one_round(Name) || _ <- lists:seq(1, ?ROUNDS)])}).

%% In a process of its own: what one round leaves is nobody's.
one_round(Name) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({round, in_round(Name)}) end),
    receive {'DOWN', Monitor, process, Pid, {round, Result}} -> Result; {'DOWN', Monitor, process, Pid, Reason} -> exit(Reason) end.

in_round(Name) ->
    Call = native(Name, ?SIZE),
    erlang:garbage_collect(),
    Self = self(),
    Ticker = spawn_link(fun() -> Self ! ready, tick(erlang:monotonic_time(nanosecond), 0, 0) end),
    receive ready -> ok end,
    erlang:yield(),
    {_, Before} = process_info(self(), reductions),
    Start = erlang:monotonic_time(nanosecond),
    _ = Call(),
    Time = erlang:monotonic_time(nanosecond) - Start,
    {_, After} = process_info(self(), reductions),
    Ticker ! {stop, self()},
    receive {Gap, Turns} -> {Gap, Time, Turns, After - Before} end.

tick(Last, Gap, Turns) ->
    receive
        {turns, Asker} ->
            Asker ! {turns, Turns},
            tick(Last, Gap, Turns);
        {stop, Asker} ->
            Now = erlang:monotonic_time(nanosecond),
            Asker ! {max(Gap, Now - Last), Turns}
    after 0 ->
            erlang:yield(),
            Now = erlang:monotonic_time(nanosecond),
            tick(Now, max(Gap, Now - Last), Turns + 1)
    end.

%% @doc How often another process of the only worker had its turn while the native ran; for a size.
-spec turns(atom(), pos_integer()) -> non_neg_integer().
turns(Name, Size) ->
    Call = native(Name, Size),
    Self = self(),
    Ticker = spawn_link(fun() -> Self ! ready, tick(erlang:monotonic_time(nanosecond), 0, 0) end),
    receive ready -> ok end,
    erlang:yield(),
    Ticker ! {turns, self()},
    Before = receive {turns, First} -> First end,
    _ = Call(),
    Ticker ! {stop, self()},
    receive {_, Turns} -> Turns - Before end.

%% @doc What can be measured.
-spec names() -> [atom()].
names() ->
    [nothing, garbage_collect, term_to_binary, term_to_binary_compressed, term_to_iovec, external_size, binary_to_term,
     binary_to_term_maps, reverse, append, length, length_applied, subtract, member, keyfind, list_to_binary, iolist_size, iolist_to_iovec,
     binary_to_list, list_to_tuple, tuple_to_list, append_element, set_element, make_tuple, md5, crc32, adler32, phash2, phash,
     compare, equal, equal_maps, sort_huge, send, send_tuple, send_named, send_options,
     send_shared, spawn_argument, spawn_fun,
     matches, match, split, replace, copy_binary, append_binary, shift_bits, decode_unsigned, encode_unsigned, longest_common_prefix,
     utf8_to_list, list_to_utf8, utf8_to_utf16, list_to_string,
     maps_from_list, maps_from_keys, maps_to_list, maps_keys, maps_values, maps_merge, maps_iterator,
     multiply, divide, multiply_applied, divide_applied, power, shift_integer, big_to_list, big_to_binary, list_to_big, binary_to_big,
     ets_insert, ets_insert_new, ets_insert_one, ets_tab2list, ets_select, ets_select_ordered, ets_match, ets_select_count, ets_select_delete,
     ets_select_replace, ets_delete_all_objects, ets_delete, ets_lookup_bag, ets_insert_bag, ets_insert_new_bag, ets_delete_bag, ets_take_bag,
     ets_delete_object_bag, ets_member_bag, ets_lookup_element_bag, ets_tab2list_bag, ets_match_object_bag, ets_huge_object,
     ets_huge_key, ets_fixed, ets_rename, ets_give_away, ets_grow,
     exit_links, exit_linked, exit_monitors, exit_monitored, exit_ets, exit_heap, exit_mailbox, exit_reason, exit_signal,
     get_dictionary, grow_dictionary, messages, messages_of_other, process_info_links, processes, spawn_many, flat_size, list_to_atom, regular,
     regular_global, term_to_text, grow_heap, collect_other, hibernate,
     persistent_put, persistent_replace, persistent_erase, match_spec_run, load_code, purge_code, timers, split_binary_global].

mega(N) -> lists:seq(1, N).

terms(N) -> [{I, {key, I}, [I | <<"text">>]} || I <- lists:seq(1, N * 3 div 10)].

%% 2 * N words and more, made of few.
shared(N) -> lists:foldl(fun(_, Twice) -> [Twice | Twice] end, [], lists:seq(1, trunc(math:log2(N)) + 1)).

%% A process that has the name of this module.
named() ->
    P = spawn_link(fun() -> receive stop -> ok end end),
    _ = (catch unregister(?MODULE)),
    register(?MODULE, P),
    P.

pairs(N) -> [{I, I} || I <- lists:seq(1, N)].

bytes(N) -> binary:copy(<<"abcdefghij">>, N * 10).

table(Type, N) ->
    T = ets:new(table, [Type, public]),
    _ = [ets:insert(T, {I, I rem 10, <<"value">>}) || I <- lists:seq(1, N * 3 div 10)],
    T.

objects(N) -> [{1, I} || I <- lists:seq(1, N * 3 div 10)].

bag(N) ->
    T = ets:new(table, [duplicate_bag]),
    ets:insert(T, objects(N)),
    T.

big(Bits) -> (1 bsl Bits) div 3.

%% @doc A call of it, its arguments made: how large goes by N, a million in the table.
-spec native(atom(), pos_integer()) -> fun(() -> term()).
native(nothing, _) -> fun() -> ok end;
native(garbage_collect, N) -> L = terms(N), fun() -> erlang:garbage_collect(), hd(L) end;
native(term_to_binary, N) -> L = terms(N), fun() -> term_to_binary(L) end;
native(term_to_binary_compressed, N) -> L = terms(N), fun() -> term_to_binary(L, [compressed]) end;
native(term_to_iovec, N) -> L = terms(N), fun() -> term_to_iovec(L) end;
native(external_size, N) -> L = terms(N), fun() -> erlang:external_size(L) end;
native(binary_to_term, N) -> B = term_to_binary(terms(N)), fun() -> binary_to_term(B) end;
native(binary_to_term_maps, N) -> B = term_to_binary(maps:from_list(pairs(N))), fun() -> binary_to_term(B) end;
native(reverse, N) -> L = mega(N), fun() -> lists:reverse(L) end;
native(append, N) -> L = mega(N), fun() -> L ++ [a] end;
native(length, N) -> L = mega(N), fun() -> length(L) end;
native(length_applied, N) -> L = mega(N), fun() -> apply(erlang, length, [L]) end;
native(subtract, N) -> L = mega(N), M = lists:reverse(L), fun() -> L -- M end;
native(member, N) -> L = mega(N), fun() -> lists:member(x, L) end;
native(keyfind, N) -> L = pairs(N), fun() -> lists:keyfind(x, 1, L) end;
native(list_to_binary, N) -> L = lists:duplicate(N, $a), fun() -> list_to_binary([L, L, L]) end;
native(iolist_size, N) -> L = lists:duplicate(N, $a), fun() -> iolist_size([L, L, L]) end;
native(iolist_to_iovec, N) -> L = lists:duplicate(N, $a), fun() -> iolist_to_binary(erlang:iolist_to_iovec([L, L, L])) end;
native(binary_to_list, N) -> B = binary:part(bytes(N), 0, N), fun() -> binary_to_list(B) end;
native(list_to_tuple, N) -> L = mega(N), fun() -> list_to_tuple(L) end;
native(tuple_to_list, N) -> T = list_to_tuple(mega(N)), fun() -> tuple_to_list(T) end;
native(append_element, N) -> T = list_to_tuple(mega(N)), fun() -> erlang:append_element(T, a) end;
native(set_element, N) -> T = list_to_tuple(mega(N)), fun() -> setelement(5, T, a) end;
native(make_tuple, N) -> fun() -> erlang:make_tuple(10 * N, a) end;
native(md5, N) -> B = bytes(N), fun() -> erlang:md5(B) end;
native(crc32, N) -> B = bytes(N), fun() -> erlang:crc32(B) end;
native(adler32, N) -> B = bytes(N), fun() -> erlang:adler32(B) end;
native(phash2, N) -> L = terms(N), fun() -> erlang:phash2(L) end;
native(phash, N) -> L = terms(N), fun() -> apply(erlang, phash, [L, 100]) end;
native(compare, N) -> A = terms(N), B = terms(N), fun() -> A > B end;
native(equal, N) -> A = terms(N), B = terms(N), fun() -> A =:= B end;
native(equal_maps, N) -> A = maps:from_list(pairs(N)), B = maps:from_list(lists:reverse(pairs(N))), fun() -> A =:= B end;
native(sort_huge, N) -> A = terms(N), B = terms(N), C = terms(N), fun() -> length(lists:sort([A, B, C])) end;
native(send, N) -> L = terms(N), P = spawn_link(fun() -> receive stop -> ok end end), fun() -> P ! L end;
native(send_tuple, N) -> T = list_to_tuple(mega(N)), P = spawn_link(fun() -> receive stop -> ok end end), fun() -> P ! T end;
native(send_named, N) -> L = terms(N), _ = named(), fun() -> ?MODULE ! L end;
native(send_options, N) -> L = terms(N), _ = named(), fun() -> erlang:send({?MODULE, node()}, L, [nosuspend]) end;
native(send_shared, N) -> L = shared(N), P = named(), fun() -> P ! L, N end;
native(spawn_argument, N) -> L = terms(N), fun() -> spawn(erlang, hd, [L]) end;
native(spawn_fun, N) -> L = terms(N), fun() -> spawn(fun() -> hd(L) end) end;
native(matches, N) -> B = bytes(N), fun() -> binary:matches(B, <<"cdefghij0">>) end;
native(match, N) -> B = bytes(N), fun() -> binary:match(B, [<<"xyz">>, <<"uvw">>]) end;
native(split, N) -> B = binary:part(bytes(N), 0, N * 10), fun() -> binary:split(B, <<"c">>, [global]) end;
native(split_binary_global, N) -> B = bytes(N), fun() -> binary:split(B, <<"none">>, [global]) end;
native(replace, N) -> B = bytes(N), fun() -> binary:replace(B, <<"xyz">>, <<"b">>, [global]) end;
native(copy_binary, N) -> fun() -> binary:copy(<<"abcdefghij">>, N * 10) end;
native(append_binary, N) -> A = bytes(N), B = bytes(N), fun() -> <<A/binary, B/binary>> end;
native(shift_bits, N) -> A = bytes(N), fun() -> <<1:3, A/binary>> end;
native(decode_unsigned, N) -> B = binary:copy(<<255>>, 4 * N), fun() -> binary:decode_unsigned(B) end;
native(encode_unsigned, N) -> A = big(32 * N), fun() -> binary:encode_unsigned(A) end;
native(longest_common_prefix, N) -> A = bytes(N), B = bytes(N), fun() -> binary:longest_common_prefix([A, B]) end;
native(utf8_to_list, N) -> B = binary:copy(<<"h\x{e9}llo"/utf8>>, N div 2), fun() -> unicode:characters_to_list(B) end;
native(list_to_utf8, N) -> L = lists:duplicate(N, 233), fun() -> unicode:characters_to_binary(L) end;
native(utf8_to_utf16, N) ->
    B = binary:copy(<<"h\x{e9}llo"/utf8>>, 2 * N),
    fun() -> unicode:characters_to_binary(B, utf8, utf16) end;
native(list_to_string, N) -> B = bytes(N), fun() -> unicode:characters_to_binary(B) end;
native(maps_from_list, N) -> L = pairs(N), fun() -> maps:from_list(L) end;
native(maps_from_keys, N) -> L = mega(N), fun() -> maps:from_keys(L, 1) end;
native(maps_to_list, N) -> M = maps:from_list(pairs(N)), fun() -> maps:to_list(M) end;
native(maps_keys, N) -> M = maps:from_list(pairs(N)), fun() -> maps:keys(M) end;
native(maps_values, N) -> M = maps:from_list(pairs(N)), fun() -> maps:values(M) end;
native(maps_merge, N) ->
    A = maps:from_list(pairs(N)),
    B = maps:from_list([{I + N div 2, I} || I <- lists:seq(1, N div 2)]),
    fun() -> maps:merge(A, B) end;
native(maps_iterator, N) -> M = maps:from_list(pairs(N)), fun() -> maps:next(maps:iterator(M)) end;
native(multiply, N) -> A = big(16 * N), fun() -> A * (A + 1) end;
native(divide, N) -> A = big(32 * N), B = big(16 * N + 1), fun() -> A div B end;
native(multiply_applied, N) -> L = [big(16 * N), big(16 * N) + 1], fun() -> apply(erlang, '*', L) end;
native(divide_applied, N) -> A = big(32 * N), B = big(16 * N + 1), F = fun erlang:'div'/2, fun() -> F(A, B) end;
native(shift_integer, N) -> A = big(16 * N), fun() -> (A bsl 8_000_001) bxor A end;
native(power, _) -> fun() -> lists:foldl(fun(_, A) -> A * A end, 7, lists:seq(1, 22)) end;
native(big_to_list, N) -> A = big(4 * N), fun() -> integer_to_list(A) end;
native(big_to_binary, N) -> A = big(4 * N), fun() -> integer_to_binary(A) end;
native(binary_to_big, N) -> B = binary:copy(<<"7">>, N), fun() -> binary_to_integer(B) end;
native(list_to_big, N) -> L = lists:duplicate(N, $7), fun() -> list_to_integer(L) end;
native(ets_insert, N) -> L = pairs(N), fun() -> T = ets:new(t, []), ets:insert(T, L) end;
native(ets_insert_new, N) -> L = pairs(N), fun() -> T = ets:new(t, []), ets:insert_new(T, L) end;
native(ets_insert_one, N) -> T = ets:new(t, []), fun() -> lists:foreach(fun(I) -> ets:insert(T, {I}) end, mega(N)) end;
native(ets_tab2list, N) -> T = table(set, N), fun() -> ets:tab2list(T) end;
native(ets_select, N) -> T = table(set, N), fun() -> ets:select(T, [{{'$1', 3, '_'}, [], ['$1']}]) end;
native(ets_select_ordered, N) -> T = table(ordered_set, N), fun() -> ets:select(T, [{{'$1', 3, '_'}, [], ['$1']}]) end;
native(ets_match, N) -> T = table(set, N), fun() -> ets:match(T, {'$1', 3, '_'}) end;
native(ets_select_count, N) -> T = table(set, N), fun() -> ets:select_count(T, [{{'$1', 3, '_'}, [], [true]}]) end;
native(ets_select_delete, N) -> T = table(set, N), fun() -> ets:select_delete(T, [{{'$1', '_', '_'}, [], [true]}]) end;
native(ets_select_replace, N) ->
    T = table(set, N),
    fun() -> ets:select_replace(T, [{{'$1', '$2', '$3'}, [], [{{'$1', 5, '$3'}}]}]) end;
native(ets_delete_all_objects, N) -> T = table(set, N), fun() -> ets:delete_all_objects(T) end;
native(ets_delete, N) -> T = table(set, N), fun() -> ets:delete(T) end;
native(ets_lookup_bag, N) -> T = bag(N), fun() -> ets:lookup(T, 1) end;
native(ets_insert_bag, N) -> L = objects(N), fun() -> T = ets:new(t, [duplicate_bag]), ets:insert(T, L) end;
native(ets_insert_new_bag, N) -> L = objects(N), fun() -> T = ets:new(t, [duplicate_bag]), ets:insert_new(T, L) end;
native(ets_delete_bag, N) -> T = bag(N), fun() -> ets:delete(T, 1) end;
native(ets_take_bag, N) -> T = bag(N), fun() -> ets:take(T, 1) end;
native(ets_delete_object_bag, N) -> T = bag(N), fun() -> ets:delete_object(T, {1, none}) end;
native(ets_member_bag, N) -> T = bag(N), fun() -> ets:member(T, 1) end;
native(ets_lookup_element_bag, N) -> T = bag(N), fun() -> ets:lookup_element(T, 1, 2) end;
native(ets_tab2list_bag, N) -> T = bag(N), fun() -> ets:tab2list(T) end;
native(ets_match_object_bag, N) -> T = bag(N), fun() -> ets:match_object(T, {1, '_'}) end;
native(ets_huge_object, N) -> L = terms(N), T = ets:new(t, []), fun() -> ets:insert(T, {1, L}), length(ets:lookup(T, 1)) end;
native(ets_huge_key, N) -> L = terms(N), T = ets:new(t, []), ets:insert(T, {L, 1}), fun() -> ets:member(T, L) end;
native(ets_fixed, N) ->
    T = table(set, N),
    ets:safe_fixtable(T, true),
    _ = [ets:delete(T, I) || I <- lists:seq(1, N * 3 div 10)],
    fun() -> ets:safe_fixtable(T, false) end;
native(ets_rename, N) -> T = table(set, N), fun() -> ets:rename(T, another) end;
native(ets_give_away, N) -> T = table(set, N), P = spawn_link(fun() -> receive stop -> ok end end), fun() -> ets:give_away(T, P, a) end;
native(ets_grow, N) -> T = ets:new(t, [ordered_set]), fun() -> lists:foreach(fun(I) -> ets:insert(T, {I}) end, mega(N)) end;
native(exit_links, N) ->
    Self = self(),
    Last = spawn_link(fun() -> process_flag(trap_exit, true), Self ! traps, receive {'EXIT', Pid, _} when Pid =/= Self -> Self ! last_told end end),
    receive traps -> ok end,
    Call = gone(N, fun(Pid) -> link(Pid) end, [Last]),
    fun() -> Call(), receive last_told -> ok end end;
native(exit_monitors, N) -> gone(N, fun(Pid) -> monitor(process, Pid) end, []);
native(exit_monitored, N) ->
    Pid = spawn(fun() -> receive stop -> ok end end),
    Self = self(),
    Others = [spawn_link(fun() -> monitor(process, Pid), Self ! self(), receive stop -> ok end end) || _ <- lists:seq(1, N div 10)],
    _ = [receive Other -> ok end || Other <- Others],
    Monitor = monitor(process, Pid),    % is told last
    fun() -> Pid ! stop, receive {'DOWN', Monitor, _, _, _} -> ok end end;
native(exit_ets, N) ->
    Self = self(),
    {Pid, Monitor} = spawn_monitor(fun() -> table(set, N), Self ! ready, receive stop -> ok end end),
    receive ready -> ok end,
    fun() -> Pid ! stop, receive {'DOWN', Monitor, _, _, _} -> ok end end;
native(exit_linked, N) ->
    {Pid, Others} = tied(N, fun(Pid) -> link(Pid) end),
    fun() -> Pid ! stop, [receive {Other, told} -> ok end || Other <- Others] end;
native(exit_heap, N) -> held(fun() -> terms(10 * N) end);
native(exit_mailbox, N) -> held(fun() -> Self = self(), [Self ! I || I <- mega(N)], ok end);
native(exit_reason, N) -> L = terms(N), fun() -> {Pid, Monitor} = spawn_monitor(fun() -> exit(L) end), receive {'DOWN', Monitor, _, Pid, _} -> ok end end;
native(exit_signal, N) ->
    L = terms(N),
    {Pid, Monitor} = spawn_monitor(fun() -> receive stop -> ok end end),
    fun() -> exit(Pid, L), receive {'DOWN', Monitor, _, Pid, _} -> ok end end;
native(get_dictionary, N) -> _ = [put(I, I) || I <- mega(N)], fun() -> lists:sort(get()) end;
native(grow_dictionary, N) -> fun() -> lists:foreach(fun(I) -> put(I, I) end, mega(N)) end;
native(messages, N) ->
    Self = self(),
    _ = [Self ! I || I <- lists:seq(1, N div 10)],
    fun() -> process_info(self(), messages) end;
native(messages_of_other, N) ->
    Pid = spawn_link(fun() -> receive stop -> ok end end),
    _ = [Pid ! I || I <- lists:seq(1, N)],
    fun() -> process_info(Pid, messages) end;
native(process_info_links, N) ->
    {Pid, _} = tied(N, fun(Pid) -> link(Pid) end),
    fun() -> process_info(Pid, links) end;
native(processes, N) -> _ = tied(2 * N, fun(_) -> ok end), fun() -> length(processes()) end;
native(spawn_many, N) -> fun() -> lists:foreach(fun(_) -> spawn_link(fun() -> receive stop -> ok end end) end, lists:seq(1, N div 5)) end;
native(flat_size, N) -> L = terms(N), fun() -> erts_debug:flat_size(L) end;
native(list_to_atom, N) -> L = mega(N), fun() -> catch list_to_atom(L) end;
native(regular, N) -> B = bytes(N), fun() -> re:run(B, "[xyz]{3}") end;
native(term_to_text, N) -> L = lists:sublist(terms(N), N div 50), fun() -> io_lib:format("~w", [L]) end;
native(regular_global, N) -> B = binary:part(bytes(N), 0, N), fun() -> re:run(B, "c", [global]) end;
native(grow_heap, N) -> fun() -> length(grown(N * 3, [])) end;
native(collect_other, N) -> Pid = holder(fun() -> terms(10 * N) end), fun() -> erlang:garbage_collect(Pid) end;
native(hibernate, N) ->
    Self = self(),
    Pid = spawn_link(fun() -> L = terms(N), receive go -> erlang:hibernate(?MODULE, woken, [Self, L]) end end),
    fun() -> Pid ! go, Pid ! wake, receive woken -> ok end end;
native(persistent_put, N) -> L = terms(N), fun() -> persistent_term:put(bench_yield, L) end;
native(persistent_replace, N) -> L = terms(N), persistent_term:put(bench_yield, L), fun() -> persistent_term:put(bench_yield, replaced) end;
native(persistent_erase, N) ->
    persistent_term:put(bench_yield, terms(N)),
    _ = [holder(fun() -> persistent_term:get(bench_yield) end) || _ <- lists:seq(1, 10)],
    fun() -> persistent_term:erase(bench_yield) end;
native(match_spec_run, N) ->
    L = pairs(N),
    S = ets:match_spec_compile([{{'$1', '$2'}, [{'>', '$1', N div 2}], ['$2']}]),
    fun() -> ets:match_spec_run(L, S) end;
native(load_code, N) -> B = module(N), fun() -> {module, bench_yield_large} = code:load_binary(bench_yield_large, "none", B) end;
native(purge_code, N) ->
    B = module(N),
    {module, M} = code:load_binary(bench_yield_large, "none", B),
    _ = [holder(fun() -> terms(N) end) || _ <- lists:seq(1, 5)],
    fun() -> code:delete(M), code:purge(M) end;
native(timers, N) ->
    Self = self(),
    _ = [erlang:send_after(100, Self, I) || I <- lists:seq(1, N div 5)],
    fun() -> [receive I -> ok end || I <- lists:seq(1, N div 5)] end.

grown(0, Grown) -> Grown;
grown(N, Grown) -> grown(N - 1, [N | Grown]).

%% @private
-spec woken(pid(), term()) -> term().
woken(To, Held) -> receive wake -> To ! woken, hd(Held) end.

holder(Make) ->
    Self = self(),
    Pid = spawn_link(fun() -> Held = Make(), erlang:garbage_collect(), Self ! {self(), ready}, receive stop -> Held end end),
    receive {Pid, ready} -> Pid end.

%% A process that ends while it holds something large.
held(Make) ->
    Pid = holder(Make),
    unlink(Pid),
    Monitor = monitor(process, Pid),
    fun() -> exit(Pid, kill), receive {'DOWN', Monitor, process, Pid, _} -> ok end end.

%% A process to which others have such a tie.
tied(N, Tie) ->
    Self = self(),
    Pid = spawn(fun() -> receive stop -> exit(shutdown) end end),
    Others = [spawn(fun() ->
                            process_flag(trap_exit, true),
                            link(Self),
                            Tie(Pid),
                            Self ! {self(), tied},
                            receive {'EXIT', Pid, _} -> Self ! {self(), told} end
                    end) || _ <- lists:seq(1, N div 10)],
    _ = [receive {Other, tied} -> ok end || Other <- Others],
    {Pid, Others}.

%% Object code of very many functions.
module(N) ->
    Functions = [{function, 1, list_to_atom("f" ++ integer_to_list(I)), 1,
                  [{clause, 1, [{var, 1, 'X'}], [], [{tuple, 1, [{integer, 1, I}, {var, 1, 'X'}, {string, 1, "text"}]}]}]} || I <- lists:seq(1, N div 200)],
    {ok, _, Code} = compile:forms([{attribute, 1, module, bench_yield_large}, {attribute, 1, compile, export_all} | Functions], []),
    Code.

%% A process with many ties to others that ends.
%% The call ends when monitors have been told, before links are.
gone(N, Tie, Further) ->
    Self = self(),
    Others = [spawn_link(fun() -> process_flag(trap_exit, true), receive stop -> ok end end) || _ <- lists:seq(1, N div 10)],
    {Pid, Monitor} = spawn_monitor(fun() -> lists:foreach(Tie, Others ++ Further), Self ! ready, receive stop -> ok end end),
    receive ready -> ok end,
    fun() -> Pid ! stop, receive {'DOWN', Monitor, _, _, _} -> ok end end.
