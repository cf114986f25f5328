%% SPDX-License-Identifier: Apache-2.0
%% Tables: types, access, walks, counters, owners and heirs. Match specifications: same_ets_match.
-module(same_ets).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

try_(F) ->
    try F() of V -> {value, V}
    catch C:R:S -> {C, R, [{M, Fun, A, [I || {K, _} = I <- Info, K =:= error_info]} || {M, Fun, A, Info} <- S, M =:= ets]}
    end.

new(Type) -> ets:new(t, [Type]).

types() -> [set, ordered_set, bag, duplicate_bag].

fill(T) -> [ets:insert(T, {K, V}) || {K, V} <- [{b, 1}, {a, 1}, {b, 1}, {b, 2}, {c, []}, {1, x}, {1.0, y}, {"s", <<"b">>}]], T.

%% What all types share.

lookups() -> [{Type, [ets:lookup(fill(new(Type)), K) || K <- [a, b, c, d, 1, 1.0, "s"]]} || Type <- types()].
members() -> [[ets:member(fill(new(Type)), K) || K <- [a, b, x, 1, 1.0]] || Type <- types()].
sizes() -> [ets:info(fill(new(Type)), size) || Type <- types()].
lists() -> [lists:sort(ets:tab2list(fill(new(Type)))) || Type <- types()].
deletes() -> [begin T = fill(new(Type)), ets:delete(T, b), ets:delete(T, none), {ets:info(T, size), ets:lookup(T, b)} end || Type <- types()].
delete_objects() ->
    [begin T = fill(new(Type)), [ets:delete_object(T, O) || O <- [{b, 1}, {1, x}, {none, 1}, {1.0, x}]], lists:sort(ets:tab2list(T)) end
     || Type <- types()].
takes() -> [begin T = fill(new(Type)), {ets:take(T, b), ets:take(T, b), ets:take(T, zz), ets:info(T, size)} end || Type <- types()].
clears() -> [begin T = fill(new(Type)), {ets:delete_all_objects(T), ets:tab2list(T), ets:insert(T, {a, 1}), ets:tab2list(T)} end || Type <- types()].
insert_lists() ->
    [begin T = new(Type), {ets:insert(T, [{a, 1}, {b, 2}, {a, 3}, {a, 1}]), lists:sort(ets:tab2list(T)), ets:insert(T, []),
                           ets:lookup(T, a), ets:insert(T, [{z, 1}])} end || Type <- types()].
insert_news() ->
    [begin T = new(Type), {ets:insert_new(T, {a, 1}), ets:insert_new(T, {a, 2}), ets:insert_new(T, [{b, 1}, {c, 1}]),
                           ets:insert_new(T, [{d, 1}, {a, 3}]), ets:insert_new(T, [{e, 1}, {e, 2}]), ets:insert_new(T, []),
                           lists:sort(ets:tab2list(T))} end || Type <- types()].
lookup_elements() ->
    [begin T = new(Type), ets:insert(T, [{a, 1, x}, {a, 2, y}, {b, 3}]),
           [try_(fun() -> ets:lookup_element(T, K, P) end) || {K, P} <- [{a, 1}, {a, 2}, {a, 3}, {a, 4}, {b, 2}, {b, 3}, {none, 1}, {a, 0}, {a, x}]] end
     || Type <- types()].
key_positions() ->
    [begin T = ets:new(t, [Type, {keypos, 2}]), ets:insert(T, [{x, 1}, {y, 2, z}]),
           {ets:lookup(T, 1), ets:first(T), try_(fun() -> ets:insert(T, {x}) end), try_(fun() -> ets:insert(T, [{x, 1}, {x}]) end),
            ets:info(T, keypos), lists:sort(ets:tab2list(T))} end || Type <- types()].
large_objects() ->
    T = new(set), B = binary:copy(<<"x">>, 1000), ets:insert(T, {a, B, [B, {B}], #{b => B}, fun(X) -> X end, make_ref(), self(), 1 bsl 100, 1.5}),
    [{a, B2, [B3, {B4}], #{b := B5}, F, R, P, N, D}] = ets:lookup(T, a), erlang:garbage_collect(),
    {B2 =:= B, B3 =:= B, B4 =:= B, B5 =:= B, F(3), is_reference(R), P =:= self(), N, D}.
literals() -> T = new(set), ets:insert(T, {k, {some, [literal, "term"], #{a => 1}}}), ets:lookup(T, k).

%% Keys and their order.

keys() -> [1, 1.0, 2, -1, 1.5, 1 bsl 70, -(1 bsl 70), 1.0e30, a, b, '', {}, {a}, {a, 1}, {a, 1.0}, {1, 2, 3}, [], [a], [a | b], "string", <<>>,
           <<"bin">>, <<1:3>>, #{}, #{a => 1}, #{1 => a}, #{1.0 => a}].
all_keys() -> [begin T = new(Type), [ets:insert(T, {K, N}) || {N, K} <- lists:enumerate(keys())],
                     {ets:info(T, size), [ets:lookup(T, K) || K <- keys()]} end || Type <- types()].
ordered_keys() -> T = ordered(), walk(T, first, next).
ordered_back() -> T = ordered(), walk(T, last, prev).
ordered() -> T = new(ordered_set), [ets:insert(T, {K}) || K <- keys()], T.
walk(T, End, Step) -> walk_on(T, ets:End(T), Step).
walk_on(_, '$end_of_table', _) -> [];
walk_on(T, K, Step) -> [K | walk_on(T, ets:Step(T, K), Step)].
beyond_missing_keys() ->
    T = new(ordered_set), ets:insert(T, [{K} || K <- [10, 20, 30]]),
    {[ets:next(T, K) || K <- [0, 10, 15, 20.0, 30, a]], [ets:prev(T, K) || K <- [0, 10, 15, 20.0, 30, 31, a]]}.
missing_key_in_set() -> T = new(set), ets:insert(T, {a}), [try_(fun() -> ets:F(T, b) end) || F <- [next, prev]].
empty_walks() -> [{ets:first(T), ets:last(T)} || Type <- types(), T <- [new(Type)]].
float_and_integer() ->
    T = new(ordered_set), ets:insert(T, {1, a}), ets:insert(T, {1.0, b}),
    {ets:tab2list(T), ets:lookup(T, 1), ets:insert_new(T, {1, c}), ets:member(T, 1), ets:delete(T, 1), ets:info(T, size)}.

%% The order of a set is the BEAM's wherever hashes do not depend on the node.

set_order() -> [begin T = new(Type), [ets:insert(T, {K, K * K}) || K <- lists:seq(1, N)], {erlang:phash2(ets:tab2list(T)), erlang:phash2(walk(T, first, next))} end
                || N <- [10, 256, 257, 300, 1000, 5000], Type <- types()].
set_order_small() -> T = new(set), [ets:insert(T, {K}) || K <- lists:seq(1, 12) ++ ["ab", <<"cd">>, {1, 2}, 3.5, [1, 2], a, b, some_atom]], {ets:tab2list(T), walk(T, first, next)}.
set_order_after_deletes() ->
    T = new(set), [ets:insert(T, {K}) || K <- lists:seq(1, 20000)], [ets:delete(T, K) || K <- lists:seq(1, 20000), K rem 19 =/= 0],
    {ets:info(T, size), element(1, ets:info(T, stats)), erlang:phash2(ets:tab2list(T)), erlang:phash2(walk(T, first, next))}.
set_order_concurrent() ->
    [begin T = ets:new(t, [Type, {write_concurrency, W}]), [ets:insert(T, {K, x}) || K <- lists:seq(1, 3000)], {erlang:phash2(ets:tab2list(T)), erlang:phash2(walk(T, first, next))} end
     || W <- [true, auto, {debug_hash_fixed_number_of_locks, 512}], Type <- [set, bag]].
slots() ->
    [begin T = new(Type), [ets:insert(T, {K}) || K <- lists:seq(1, 10)], slots(T, 0) end || Type <- types()].
slots(T, N) -> case ets:slot(T, N) of '$end_of_table' -> [{slots, N}]; [] -> slots(T, N + 1); L -> [{N, L} | slots(T, N + 1)] end.
no_slots() ->
    [try_(fun() -> ets:slot(ets:new(t, [ordered_set, Access, {write_concurrency, Kind}]), N) end)
     || Access <- [public, protected, private], Kind <- [true, false, auto], N <- [0, 1]].
bad_slots() -> [[try_(fun() -> ets:slot(T, N) end) || N <- [-1, 100000, x, 1 bsl 70]] || Type <- types(), T <- [new(Type)]].
bag_order() -> [begin T = new(Type), [ets:insert(T, {k, V}) || V <- [3, 1, 2, 1, 3, 5]], ets:delete_object(T, {k, 1}), ets:insert(T, {k, 0}), ets:lookup(T, k) end || Type <- [bag, duplicate_bag]].

%% Errors.

bad_new() ->
    [try_(fun() -> ets:new(N, O) end) || {N, O} <- [{1, []}, {t, x}, {t, [x]}, {t, [set | x]}, {t, [{keypos, 0}]}, {t, [{keypos, a}]}, {t, [{heir, x, y}]},
      {t, [{write_concurrency, x}]}, {t, [{read_concurrency, 1}]}, {t, [{decentralized_counters, x}]}, {t, [{heir, none, x}]}, {"t", []},
      {t, [ordered_set, {write_concurrency, {debug_hash_fixed_number_of_locks, 64}}]}, {t, [{write_concurrency, {debug_hash_fixed_number_of_locks, 0}}]}]].
name_taken() -> ets:new(same_ets_taken, [named_table]), R = try_(fun() -> ets:new(same_ets_taken, [named_table]) end), ets:delete(same_ets_taken), R.
calls() ->
    [{insert, [{a}]}, {insert, [x]}, {insert, [[{a}, b]]}, {insert, [[{a} | b]]}, {insert, [{}]}, {insert_new, [{a}]}, {insert_new, [[x]]}, {lookup, [a]}, {lookup_element, [a, 1]},
     {member, [a]}, {first, []}, {last, []}, {next, [a]}, {prev, [a]}, {delete, []}, {delete, [a]}, {delete_object, [{a}]}, {delete_object, [a]}, {delete_all_objects, []},
     {take, [a]}, {slot, [0]}, {rename, [x]}, {rename, ["x"]}, {give_away, [self(), x]}, {give_away, [x, x]}, {setopts, [[]]}, {setopts, [x]}, {setopts, [[{heir, x}]]},
     {safe_fixtable, [true]}, {safe_fixtable, [x]}, {update_counter, [a, 1]}, {update_counter, [a, 1, {a, 1}]}, {update_element, [a, {2, x}]}, {match, ['_']}, {match, ['_', 1]},
     {match, ['_', 0]}, {match_object, ['_']}, {match_object, ['_', x]}, {select, [[]]}, {select, [[{'_', [], ['$_']}]]}, {select, [x]}, {select, [[{'_', [], ['$_']}], 0]},
     {select_count, [[{'_', [], [true]}]]}, {select_count, [x]}, {select_delete, [[{'_', [], [true]}]]}, {select_delete, [[{'$1', [], [true]}]]}, {select_delete, [x]},
     {select_replace, [[{'$1', [], ['$1']}]]}, {select_replace, [x]}, {select_reverse, [[{'_', [], ['$_']}]]}, {select_reverse, [x, 1]}, {info, []}, {info, [size]}, {info, [nothing]},
     {tab2list, []}, {match_delete, ['_']}, {whereis, []}].
call_all(T) -> [{F, A, try_(fun() -> apply(ets, F, [T | A]) end)} || {F, A} <- calls()].
on_nothing() -> call_all(same_ets_no_such_table).
on_other_terms() -> [call_all(X) || X <- [1, "t", {t}, <<"t">>]].
on_a_reference() -> [{F, element(1, R), element(2, R)} || {F, _, R} <- call_all(make_ref())].
on_deleted() -> T = new(set), ets:delete(T), [{F, A, C, R, [I || {_, _, _, I} <- S]} || {F, A, {C, R, S}} <- call_all(T)] ++ [ets:info(T), ets:info(T, size)].
on_private() ->
    Owner = other(fun(T) -> T end, [private]), Seen = call_all(Owner), [{F, A, hide(R)} || {F, A, R} <- Seen, F =/= info, F =/= whereis].
on_protected() ->
    T = other(fun(X) -> X end, [protected]), [{F, A, hide(R)} || {F, A, R} <- call_all(T), F =/= info, F =/= whereis, F =/= safe_fixtable].
hide({C, R, S}) -> {C, R, [I || {_, _, _, I} <- S]};
hide(V) -> V.
%% A table of another process, with one object.
other(F, Options) ->
    Me = self(), spawn(fun() -> T = ets:new(t, Options), ets:insert(T, {a, 1}), Me ! {made, F(T)}, receive after infinity -> ok end end),
    receive {made, X} -> X end.
formatted() ->
    Format = fun(F, A) -> try apply(ets, F, A) catch error:R:S -> {R, erl_stdlib_errors:format_error(R, [hd(S)])} end end,
    B = new(bag), S = new(set), ets:insert(S, {a, x, 1}),
    [Format(F, A) || {F, A} <- [{lookup, [no_such, k]}, {lookup, [12, k]}, {insert, [S, x]}, {insert, [S, {}]}, {update_counter, [B, a, 1]}, {update_counter, [S, a, 1]},
      {update_counter, [S, b, 1]}, {update_counter, [S, a, {1, 1}]}, {update_counter, [S, a, {9, 1}]}, {update_counter, [S, a, {3, x}]}, {update_counter, [S, b, {3, 1}, x]},
      {update_element, [S, a, {1, x}]}, {update_element, [S, a, {9, x}]}, {update_element, [S, a, x]}, {update_element, [B, a, {2, x}]}, {lookup_element, [S, z, 1]},
      {lookup_element, [S, a, 9]}, {give_away, [S, self(), x]}, {give_away, [S, x, x]}, {new, [x, [y]]}, {new, ["x", []]}, {rename, [S, "x"]}, {select, [S, [x]]},
      {select, [S, [{'_', [], ['$1']}], 0]}, {match, [S, '_', x]}, {next, [S, zz]}, {slot, [S, 99999]}, {select_replace, [B, [{'_', [], ['$_']}]]}, {info, [S, x]}, {whereis, ["x"]}]].

%% update_counter, update_element.

counters() ->
    [begin T = new(Type), ets:insert(T, [{a, 1, 10, x}, {b, 1 bsl 59, -(1 bsl 59)}]),
           [try_(fun() -> ets:update_counter(T, K, Op) end) ||
               {K, Op} <- [{a, 1}, {a, -5}, {a, {3, 7}}, {a, [{2, 1}, {3, -1}, {2, 100}]}, {a, []}, {a, {2, 1, 50, 0}}, {a, {2, 1000, 50, 3}}, {a, {2, -1000, -50, 3}},
                           {a, {2, 0, 0, 9}}, {b, (1 bsl 59)}, {b, {3, -(1 bsl 60)}}, {a, 1 bsl 80}, {a, -(1 bsl 80)}, {a, {4, 1}}, {a, {1, 1}}, {a, {9, 1}}, {a, {0, 1}}, {a, x},
                           {a, {2, x}}, {a, {2, 1, x, 0}}, {a, {2, 1, 1, x}}, {a, [{2, 1}, {4, 1}]}, {a, [{2, 1} | x]}, {a, {2}}, {zz, 1}, {a, 1.0}]]
               ++ [ets:tab2list(T)] end || Type <- [set, ordered_set]].
counters_with_default() ->
    [begin T = new(Type),
           [try_(fun() -> ets:update_counter(T, K, Op, D) end) ||
               {K, Op, D} <- [{a, 1, {x, 5}}, {a, 1, {x, 5}}, {b, [{2, 1}, {3, 2}], {x, 1, 2, y}}, {c, 1, {x, y}}, {c, 1, x}, {c, {3, 1}, {x, 1}}, {d, [], {k, 1}}, {e, {1, 1}, {e, 1}}]]
               ++ [lists:sort(ets:tab2list(T))] end || Type <- [set, ordered_set]].
counters_of_large_integers() ->
    [begin T = new(Type), ets:insert(T, {k, 1 bsl 76, -(1 bsl 80)}), A = ets:update_counter(T, k, 0), ets:insert(T, {x, lists:seq(1, 50)}), B = ets:update_counter(T, k, [{2, 0}, {3, 0}, {2, 1}]),
           erlang:garbage_collect(), {A, B, ets:lookup(T, k)} end || Type <- [set, ordered_set]].
counters_of_bags() -> [try_(fun() -> ets:update_counter(new(Type), a, 1) end) || Type <- [bag, duplicate_bag]].
counter_warps() -> T = new(set), ets:insert(T, {k, 0}), [ets:update_counter(T, k, {2, 1, 3, 0}) || _ <- lists:seq(1, 10)].
elements() ->
    [begin T = new(Type), ets:insert(T, {a, 1, 2, 3}),
           [try_(fun() -> ets:update_element(T, K, Op) end) ||
               {K, Op} <- [{a, {2, x}}, {a, [{3, "y"}, {4, <<"z">>}, {3, yy}]}, {a, []}, {a, {1, b}}, {a, {5, b}}, {a, {0, b}}, {a, x}, {a, [{2, q}, {9, q}]}, {a, {2}}, {none, {2, x}}, {a, [{2, p} | x]}]]
               ++ [ets:tab2list(T)] end || Type <- types()].

%% Names, options and info.

names() ->
    N = ets:new(same_ets_named, [named_table]), T = ets:new(same_ets_unnamed, []),
    R = {N, is_reference(T), ets:whereis(N) =:= ets:info(N, id), ets:whereis(same_ets_unnamed), ets:info(N, name), ets:info(T, name),
         ets:rename(N, same_ets_renamed), ets:whereis(N), ets:info(same_ets_renamed, name), ets:rename(T, whatever) =:= T, ets:info(T, name),
         ets:insert(ets:whereis(same_ets_renamed), {a, 1}), ets:lookup(same_ets_renamed, a), try_(fun() -> ets:rename(same_ets_renamed, same_ets_renamed) end)},
    ets:delete(same_ets_renamed), R.
infos() ->
    [begin T = ets:new(t, Options), [{K, V} || {K, V} <- ets:info(T), not lists:member(K, [memory, owner, id, node])] end
     || Options <- [[], [bag], [duplicate_bag, public], [ordered_set, private], [set, {keypos, 3}, compressed], [{read_concurrency, true}], [{write_concurrency, true}],
                    [{write_concurrency, auto}], [ordered_set, {write_concurrency, true}], [ordered_set, {write_concurrency, true}, {decentralized_counters, false}],
                    [{write_concurrency, true}, {decentralized_counters, true}], [private, {write_concurrency, true}, {read_concurrency, true}], [bag, set], [public, protected],
                    [{write_concurrency, {debug_hash_fixed_number_of_locks, 100}}], [{heir, none}], [ordered_set, {write_concurrency, true}, {write_concurrency, false}]]].
info_items() -> T = new(set), [ets:info(T, I) || I <- [size, type, name, protection, keypos, named_table, compressed, heir, fixed, safe_fixed, safe_fixed_monotonic_time, stats, read_concurrency]].
identity() -> T = new(set), {ets:info(T, owner) =:= self(), ets:info(T, id) =:= T, ets:info(T, node) =:= node(), is_integer(ets:info(T, memory)), ets:info(T, memory) > 0}.
setopts() ->
    T = new(set), Me = self(),
    [{Name, try_(fun() -> ets:setopts(T, O) end), ets:info(T, protection), ets:info(T, heir) =:= Me} ||
        {Name, O} <- [{none, []}, {heir, [{heir, Me, data}]}, {no_heir, {heir, none}}, {private, [{protection, private}]}, {public, {protection, public}}, {twice, [{protection, public}, {protection, private}]},
              {bad, [{protection, x}]}, {bad, [{heir, x, y}]}, {bad, [{keypos, 1}]}, {both, [{heir, Me, 1}, {protection, protected}]}, {bad, [{protection, public} | x]}]].
all_tables() -> T = new(set), N = ets:new(same_ets_all, [named_table]), R = {lists:member(T, ets:all()), lists:member(N, ets:all())}, ets:delete(N), {R, lists:member(N, ets:all())}.

binaries() ->
    [begin T = new(Type), ets:insert(T, [{K, binary:copy(<<"x">>, 100 * K)} || K <- [1, 2, 3]]), ets:insert(T, {4, [binary:copy(<<"y">>, 1000), short, <<"z">>]}),
           L = ets:info(T, binary), {lists:sort([Size || {_, Size, _} <- L]), [is_integer(Id) || {Id, _, _} <- L]} end || Type <- types()].

%% Fixed tables.

%% When it was fixed is told in two ways, and always the same.
fixed_since() -> lists:usort([fixed_since(new(set)) || _ <- lists:seq(1, 300)]).
fixed_since(T) ->
    Before = erlang:timestamp(), ets:safe_fixtable(T, true), After = erlang:timestamp(),
    [{Since, [{Me, 1}]}] = lists:usort([ets:info(T, safe_fixed) || _ <- lists:seq(1, 30)]), {Monotonic, _} = ets:info(T, safe_fixed_monotonic_time),
    ets:delete(T),
    Us = erlang:convert_time_unit(Monotonic + erlang:time_offset(), native, microsecond),
    {Me =:= self(), Before =< Since andalso Since =< After, timer:now_diff(Since, {0, 0, 0}) - Us}.

fixed_walk() ->
    [begin T = new(Type), ets:insert(T, [{K, K} || K <- lists:seq(1, 100)]), ets:safe_fixtable(T, true),
           Seen = fixed_walk(T, ets:first(T)), S = {ets:info(T, size), ets:info(T, fixed)}, ets:safe_fixtable(T, false),
           {lists:sort(Seen) =:= lists:seq(1, 100), S, ets:info(T, fixed), ets:info(T, size), ets:first(T)} end || Type <- types()].
fixed_walk(_, '$end_of_table') -> [];
fixed_walk(T, K) -> ets:delete(T, K), [K | fixed_walk(T, ets:next(T, K))].
fixed_counts() ->
    T = new(set), [ets:safe_fixtable(T, true) || _ <- [1, 2, 3]], {Time, [{P, N}]} = ets:info(T, safe_fixed_monotonic_time), ets:safe_fixtable(T, false),
    {_, [{_, N2}]} = ets:info(T, safe_fixed), {P =:= self(), N, N2, is_integer(Time), abs(erlang:monotonic_time() - Time) < erlang:convert_time_unit(10, second, native)}.
fixed_ends_with_process() ->
    T = ets:new(t, [public]), ets:insert(T, {a, 1}), {P, M} = spawn_monitor(fun() -> ets:safe_fixtable(T, true), ets:delete(T, a), receive stop -> ok end end),
    wait(fun() -> ets:info(T, fixed) end), R = {ets:lookup(T, a), ets:insert(T, {b, 1})}, P ! stop, receive {'DOWN', M, _, _, _} -> ok end,
    wait(fun() -> not ets:info(T, fixed) end), {R, ets:tab2list(T)}.
wait(F) -> case F() of true -> ok; false -> timer:sleep(5), wait(F) end.
fixed_reinsert() ->
    [begin T = new(Type), ets:insert(T, [{a, 1}, {a, 2}, {b, 1}]), ets:safe_fixtable(T, true), ets:delete(T, a), A = {ets:lookup(T, a), ets:member(T, a), ets:info(T, size)},
           ets:insert(T, {a, 1}), B = ets:lookup(T, a), ets:delete_object(T, {a, 1}), ets:insert_new(T, {a, 7}), C = ets:lookup(T, a), ets:delete_all_objects(T),
           D = {ets:tab2list(T), ets:info(T, size), ets:first(T)}, ets:insert(T, {z, 1}), ets:safe_fixtable(T, false), {A, B, C, D, ets:tab2list(T)} end || Type <- types()].

%% Owners and heirs.

owner_dies() ->
    {P, M} = spawn_monitor(fun() -> ets:new(same_ets_mortal, [named_table, public]), receive stop -> ok end end),
    wait(fun() -> ets:whereis(same_ets_mortal) =/= undefined end), ets:insert(same_ets_mortal, {a, 1}), P ! stop, receive {'DOWN', M, _, _, _} -> ok end,
    {ets:whereis(same_ets_mortal), ets:info(same_ets_mortal), try_(fun() -> ets:lookup(same_ets_mortal, a) end)}.
heir_gets() ->
    Me = self(), P = spawn(fun() -> T = ets:new(t, [{heir, Me, {gift, "data"}}]), ets:insert(T, {a, 1}), receive stop -> ok end end),
    P ! stop, receive {'ETS-TRANSFER', T, From, Data} -> {From =:= P, Data, ets:lookup(T, a), ets:info(T, owner) =:= Me, ets:info(T, heir) =:= Me} after 5000 -> nothing end.
named_heir() ->
    Me = self(), spawn(fun() -> ets:new(same_ets_inherited, [named_table, {heir, Me, 1}]) end),
    receive {'ETS-TRANSFER', T, _, Data} -> R = {T, Data, ets:info(T, owner) =:= Me}, ets:delete(T), R after 5000 -> nothing end.
dead_heir() ->
    {D, DM} = spawn_monitor(fun() -> ok end), receive {'DOWN', DM, _, _, _} -> ok end,
    T = ets:new(t, [{heir, D, x}]), ets:info(T, heir).
given_away() ->
    Me = self(), {P, M} = spawn_monitor(fun() -> receive {'ETS-TRANSFER', T, From, G} -> Me ! {got, From =:= Me, G, ets:info(T, owner) =:= self(), ets:insert(T, {b, 2})}, receive stop -> ok end end end),
    T = ets:new(t, []), ets:insert(T, {a, 1}), G = ets:give_away(T, P, {gift, [1]}),
    R = receive {got, _, _, _, _} = X -> X end, E = try_(fun() -> ets:insert(T, {c, 3}) end), L = ets:tab2list(T), P ! stop, receive {'DOWN', M, _, _, _} -> ok end,
    {G, R, element(1, E), lists:sort(L), ets:info(T)}.
give_away_errors() ->
    T = new(set), O = other(fun(X) -> X end, [public]), D = spawn(fun() -> ok end), timer:sleep(20), Live = spawn(fun() -> receive after infinity -> ok end end),
    [hide(try_(F)) || F <- [fun() -> ets:give_away(T, self(), x) end, fun() -> ets:give_away(O, Live, x) end, fun() -> ets:give_away(O, self(), x) end, fun() -> ets:give_away(T, D, x) end, fun() -> ets:give_away(T, x, x) end]].
many_owners() ->
    Me = self(), Ps = [spawn_monitor(fun() -> Ts = [ets:new(t, [{heir, Me, N}]) || _ <- lists:seq(1, 5)], [ets:insert(T, {N}) || T <- Ts] end) || N <- lists:seq(1, 20)],
    [receive {'DOWN', M, _, _, R} -> R end || {_, M} <- Ps], Got = [receive {'ETS-TRANSFER', T, _, N} -> {N, ets:tab2list(T)} after 1000 -> nothing end || _ <- lists:seq(1, 100)],
    lists:sort(Got).

%% From several processes.

shared_counter() ->
    T = ets:new(t, [public, {write_concurrency, true}]), ets:insert(T, {c, 0}),
    Ms = [element(2, spawn_monitor(fun() -> [ets:update_counter(T, c, 1) || _ <- lists:seq(1, 500)] end)) || _ <- lists:seq(1, 20)],
    [receive {'DOWN', M, _, _, _} -> ok end || M <- Ms], ets:lookup(T, c).
shared_writes() ->
    [begin T = ets:new(t, [Type, public]),
           Ms = [element(2, spawn_monitor(fun() -> [begin ets:insert(T, {{P, K}, K}), ets:delete(T, {P, K - 3}) end || K <- lists:seq(1, 300)] end)) || P <- lists:seq(1, 10)],
           [receive {'DOWN', M, _, _, normal} -> ok end || M <- Ms], lists:sort(ets:tab2list(T)) end || Type <- types()].
readers_and_writer() ->
    T = ets:new(t, [public]), ets:insert(T, {k, lists:seq(1, 50)}),
    Rs = [spawn_monitor(fun() -> [begin [{k, L}] = ets:lookup(T, k), 50 = length(L), L = lists:seq(hd(L), hd(L) + 49) end || _ <- lists:seq(1, 500)] end) || _ <- lists:seq(1, 8)],
    [ets:insert(T, {k, lists:seq(N, N + 49)}) || N <- lists:seq(1, 500)], [receive {'DOWN', M, _, _, R} -> element(1, {R, x}) end || {_, M} <- Rs].

%% The library over it.

tabs() ->
    T = new(ordered_set), ets:insert(T, [{K, K * 2} || K <- lists:seq(1, 20)]),
    {ets:foldl(fun({K, V}, A) -> A + K * V end, 0, T), ets:foldr(fun({K, _}, A) -> [K | A] end, [], T), ets:tab2list(T),
     begin U = new(bag), ets:from_dets(U, x) end} .
to_dets() -> T = new(set), ets:insert(T, {a, 1}), ets:foldl(fun(X, A) -> [X | A] end, [], T).
init_table() -> T = new(set), R = ets:init_table(T, fun(read) -> {[{a, 1}, {b, 2}], fun(read) -> end_of_input end} end), {R, lists:sort(ets:tab2list(T))}.
tests() -> {ets:test_ms({1, 2}, [{{'$1', '$2'}, [], [{{'$2', '$1'}}]}]), ets:test_ms(x, [{{'$1'}, [], [y]}])}.

%% The neighbours of what is told of the last key.
beyond_the_end() ->
    [try ets:F(T, '$end_of_table') catch error:R:S -> {R, element(4, hd(S))} end
     || Type <- [set, ordered_set, bag, duplicate_bag], Objects <- [[], [{a}, {1}, {"x"}], [{'$end_of_table'}, {a}, {1}]], F <- [next, prev],
        T <- [begin X = ets:new(x, [Type]), ets:insert(X, Objects), X end]].
