%% SPDX-License-Identifier: Apache-2.0
%% @doc How long a process waits because another of its worker is in a long native: `main([])' calls each in turn, with large
%% arguments, on an engine with one worker, while a process that does nothing but look at the clock notes its longest gap.
%% Of several rounds the one with the smallest gap counts, as the machine makes gaps of its own.
-module(bench_yield).

-export([main/1, run/1, names/0, native/2, turns/2]).

-define(ROUNDS, 3).
-define(SIZE, 1_000_000).

%% @doc Prints a table: the native, how long it took, the longest gap, and how often the other process had its turn.
%% Arguments: the engine's program, then parts of names; without them everything runs.
-spec main([string()]) -> no_return().
main(Arguments) ->
    {Options, Wanted} = case Arguments of
                            ["/" ++ _ = Program | Rest] -> {#{schedulers => 1, executable => Program}, Rest};
                            _ -> {#{schedulers => 1}, Arguments}
                        end,
    {ok, _, Node} = tandem:start_link(Options),
    io:format("~-34s ~10s ~10s ~10s ~12s~n", ["native", "ms", "gap ms", "turns", "reductions"]),
    _ = [row(Name, measured(Node, Name)) || Name <- names(), wanted(atom_to_list(Name), Wanted)],
    halt(0).

wanted(_, []) -> true;
wanted(Name, Wanted) -> lists:any(fun(Part) -> string:find(Name, Part) =/= nomatch end, Wanted).

row(Name, {Gap, Time, Turns, Reductions}) ->
    io:format("~-34s ~10.2f ~10.2f ~10b ~12b~n", [Name, Time / 1.0e6, Gap / 1.0e6, Turns, Reductions]);
row(Name, Reason) ->
    io:format("~-34s ~0P~n", [Name, Reason, 12]).

measured(Node, Name) ->
    {Pid, Monitor} = spawn_monitor(Node, fun() -> exit({measured, run(Name)}) end),
    receive
        {'DOWN', Monitor, process, Pid, {measured, Result}} -> Result;
        {'DOWN', Monitor, process, Pid, Reason} -> Reason
    after 120_000 ->
            exit(Pid, kill),
            timeout
    end.

%% @doc The smallest of several longest gaps, in nanoseconds, with that round's time, turns and reductions.
-spec run(atom()) -> {integer(), integer(), non_neg_integer(), integer()}.
run(Name) ->
    lists:min([one_round(Name) || _ <- lists:seq(1, ?ROUNDS)]).

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
     binary_to_term_maps, reverse, append, length, subtract, member, keyfind, list_to_binary, iolist_size, iolist_to_iovec,
     binary_to_list, list_to_tuple, tuple_to_list, md5, crc32, adler32, phash2, phash, compare, equal, send, spawn_argument,
     matches, match, split, replace, copy_binary, decode_unsigned, encode_unsigned, longest_common_prefix,
     utf8_to_list, list_to_utf8, utf8_to_utf16, list_to_string,
     maps_from_list, maps_from_keys, maps_to_list, maps_keys, maps_values, maps_merge, maps_iterator,
     multiply, divide, power, big_to_list, list_to_big,
     ets_insert, ets_tab2list, ets_select, ets_select_ordered, ets_match, ets_select_count, ets_select_delete,
     ets_select_replace, ets_delete_all_objects, ets_delete, ets_lookup_bag,
     exit_links, exit_monitors, exit_monitored, exit_ets, get_dictionary, messages, flat_size, list_to_atom, regular,
     term_to_text, persistent_put, split_binary_global].

mega(N) -> lists:seq(1, N).

terms(N) -> [{I, {key, I}, [I | <<"text">>]} || I <- lists:seq(1, N * 3 div 10)].

pairs(N) -> [{I, I} || I <- lists:seq(1, N)].

bytes(N) -> binary:copy(<<"abcdefghij">>, N * 10).

table(Type, N) ->
    T = ets:new(table, [Type, public]),
    _ = [ets:insert(T, {I, I rem 10, <<"value">>}) || I <- lists:seq(1, N * 3 div 10)],
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
native(subtract, N) -> L = mega(N), M = lists:reverse(L), fun() -> L -- M end;
native(member, N) -> L = mega(N), fun() -> lists:member(x, L) end;
native(keyfind, N) -> L = pairs(N), fun() -> lists:keyfind(x, 1, L) end;
native(list_to_binary, N) -> L = lists:duplicate(N, $a), fun() -> list_to_binary([L, L, L]) end;
native(iolist_size, N) -> L = lists:duplicate(N, $a), fun() -> iolist_size([L, L, L]) end;
native(iolist_to_iovec, N) -> L = lists:duplicate(N, $a), fun() -> iolist_to_binary(erlang:iolist_to_iovec([L, L, L])) end;
native(binary_to_list, N) -> B = binary:part(bytes(N), 0, N), fun() -> binary_to_list(B) end;
native(list_to_tuple, N) -> L = mega(N), fun() -> list_to_tuple(L) end;
native(tuple_to_list, N) -> T = list_to_tuple(mega(N)), fun() -> tuple_to_list(T) end;
native(md5, N) -> B = bytes(N), fun() -> erlang:md5(B) end;
native(crc32, N) -> B = bytes(N), fun() -> erlang:crc32(B) end;
native(adler32, N) -> B = bytes(N), fun() -> erlang:adler32(B) end;
native(phash2, N) -> L = terms(N), fun() -> erlang:phash2(L) end;
native(phash, N) -> L = terms(N), fun() -> apply(erlang, phash, [L, 100]) end;
native(compare, N) -> A = terms(N), B = terms(N), fun() -> A > B end;
native(equal, N) -> A = terms(N), B = terms(N), fun() -> A =:= B end;
native(send, N) -> L = terms(N), P = spawn_link(fun() -> receive stop -> ok end end), fun() -> P ! L end;
native(spawn_argument, N) -> L = terms(N), fun() -> spawn(erlang, hd, [L]) end;
native(matches, N) -> B = bytes(N), fun() -> binary:matches(B, <<"cdefghij0">>) end;
native(match, N) -> B = bytes(N), fun() -> binary:match(B, [<<"xyz">>, <<"uvw">>]) end;
native(split, N) -> B = binary:part(bytes(N), 0, N * 10), fun() -> binary:split(B, <<"c">>, [global]) end;
native(split_binary_global, N) -> B = bytes(N), fun() -> binary:split(B, <<"none">>, [global]) end;
native(replace, N) -> B = bytes(N), fun() -> binary:replace(B, <<"xyz">>, <<"b">>, [global]) end;
native(copy_binary, N) -> fun() -> binary:copy(<<"abcdefghij">>, N * 10) end;
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
native(power, _) -> fun() -> lists:foldl(fun(_, A) -> A * A end, 7, lists:seq(1, 22)) end;
native(big_to_list, N) -> A = big(4 * N), fun() -> integer_to_list(A) end;
native(list_to_big, N) -> L = lists:duplicate(N, $7), fun() -> list_to_integer(L) end;
native(ets_insert, N) -> L = pairs(N), fun() -> T = ets:new(t, []), ets:insert(T, L) end;
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
native(ets_lookup_bag, N) ->
    T = ets:new(table, [duplicate_bag]),
    ets:insert(T, [{1, I} || I <- lists:seq(1, N * 3 div 10)]),
    fun() -> ets:lookup(T, 1) end;
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
native(get_dictionary, N) -> _ = [put(I, I) || I <- mega(N)], fun() -> lists:sort(get()) end;
native(messages, N) ->
    Self = self(),
    _ = [Self ! I || I <- lists:seq(1, N div 10)],
    fun() -> process_info(self(), messages) end;
native(flat_size, N) -> L = terms(N), fun() -> erts_debug:flat_size(L) end;
native(list_to_atom, N) -> L = mega(N), fun() -> catch list_to_atom(L) end;
native(regular, N) -> B = bytes(N), fun() -> re:run(B, "[xyz]{3}") end;
native(term_to_text, N) -> L = lists:sublist(terms(N), N div 50), fun() -> io_lib:format("~w", [L]) end;
native(persistent_put, N) -> L = terms(N), fun() -> persistent_term:put(bench_yield, L) end.

%% A process with many ties to others that ends.
%% The call ends when monitors have been told, before links are.
gone(N, Tie, Further) ->
    Self = self(),
    Others = [spawn_link(fun() -> process_flag(trap_exit, true), receive stop -> ok end end) || _ <- lists:seq(1, N div 10)],
    {Pid, Monitor} = spawn_monitor(fun() -> lists:foreach(Tie, Others ++ Further), Self ! ready, receive stop -> ok end end),
    receive ready -> ok end,
    fun() -> Pid ! stop, receive {'DOWN', Monitor, _, _, _} -> ok end end.
