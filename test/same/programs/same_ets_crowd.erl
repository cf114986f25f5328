%% SPDX-License-Identifier: Apache-2.0
%% Many processes on the same tables: what must hold whoever came first. Most worth running with several workers.
-module(same_ets_crowd).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

-define(CROWD, 12).

types() -> [set, ordered_set, bag, duplicate_bag].

counters() ->
    [begin
         T = ets:new(t, [Type, public | Options]),
         crowd(fun(N) -> [ets:update_counter(T, I rem 7, [{2, 1}, {3, N}], {I rem 7, 0, 0}) || I <- lists:seq(1, 300)] end),
         {lists:sum([A || {_, A, _} <- ets:tab2list(T)]), lists:sum([B || {_, _, B} <- ets:tab2list(T)])}
     end || Type <- [set, ordered_set], Options <- [[], [{write_concurrency, true}], [{write_concurrency, auto}, {decentralized_counters, true}, {read_concurrency, true}]]].

inserts_and_deletes() ->
    [begin
         T = ets:new(t, [Type, public]),
         crowd(fun(N) -> [begin ets:insert(T, {{N, I}, "some", <<0:1000>>}), ets:delete(T, {N, I - 5}) end || I <- lists:seq(1, 300)] end),
         {ets:info(T, size), lists:sort([K || {K, _, _} <- ets:tab2list(T)])}
     end || Type <- types()].

only_one_inserts() ->
    [begin
         T = ets:new(t, [Type, public]),
         Won = crowd(fun(N) -> length([I || I <- lists:seq(1, 300), ets:insert_new(T, [{I, N}, {{pair, I}, N}])]) end),
         {lists:sum(Won), ets:info(T, size), lists:usort([ets:lookup_element(T, I, 2) =:= ets:lookup_element(T, {pair, I}, 2) || I <- lists:seq(1, 300)])}
     end || Type <- types()].

each_taken_once() ->
    [begin
         T = ets:new(t, [Type, public]),
         ets:insert(T, [{I, x} || I <- lists:seq(1, 1000)]),
         Taken = crowd(fun(_) -> lists:append([ets:take(T, I) || I <- lists:seq(1, 1000)]) end),
         {lists:sort(lists:append(Taken)) =:= [{I, x} || I <- lists:seq(1, 1000)], ets:info(T, size)}
     end || Type <- types()].

%% An object is seen whole or not at all.
objects_are_whole() ->
    [begin
         T = ets:new(t, [Type, public]),
         ets:insert(T, {k, 0, [0], <<0:1024>>}),
         Seen = crowd(fun(N) when N rem 3 =:= 0 -> [ets:insert(T, {k, I, [I], <<I:1024>>}) || I <- lists:seq(1, 500)], true;
                         (_) -> lists:all(fun([{k, I, [I], <<I:1024>>}]) -> true; (_) -> false end, [ets:lookup(T, k) || _ <- lists:seq(1, 500)])
                      end),
         {Type, lists:usort(Seen)}
     end || Type <- [set, ordered_set]].

%% Who walks over a fixed table meets what stays there the whole time once each.
fixed_walks() ->
    [begin
         T = ets:new(t, [Type, public]),
         ets:insert(T, [{{stays, I}} || I <- lists:seq(1, 300)]),
         Met = crowd(fun(N) when N rem 2 =:= 0 ->
                             [begin ets:insert(T, {{N, I}}), ets:delete(T, {N, I - 3}) end || I <- lists:seq(1, 400)], good;
                        (_) ->
                             lists:usort([begin
                                              ets:safe_fixtable(T, true),
                                              L = walked(T, ets:first(T), []),
                                              ets:safe_fixtable(T, false),
                                              case length([I || {stays, I} <- L]) of 300 -> good; Other -> Other end
                                          end || _ <- lists:seq(1, 5)])
                     end),
         {lists:usort(lists:flatten(Met)), ets:info(T, fixed)}
     end || Type <- types()].
walked(_, '$end_of_table', L) -> L;
walked(T, K, L) -> walked(T, ets:next(T, K), [K | L]).

chunks_of_changing_table() ->
    [begin
         T = ets:new(t, [Type, public]),
         ets:insert(T, [{{stays, I}} || I <- lists:seq(1, 300)]),
         Met = crowd(fun(N) when N rem 2 =:= 0 -> [begin ets:insert(T, {{N, I}}), ets:delete(T, {N, I - 3}) end || I <- lists:seq(1, 400)], good;
                        (_) ->
                             ets:safe_fixtable(T, true),
                             L = chunks(ets:select(T, [{{{stays, '$1'}}, [], ['$1']}], 7)),
                             ets:safe_fixtable(T, false),
                             lists:sort(L) =:= lists:seq(1, 300)
                     end),
         lists:usort(Met)
     end || Type <- types()].
chunks('$end_of_table') -> [];
chunks({L, More}) -> L ++ chunks(ets:select(More)).

selections_at_once() ->
    [begin
         T = ets:new(t, [Type, public]),
         ets:insert(T, [{I, 0} || I <- lists:seq(1, 200)]),
         crowd(fun(N) ->
                       [case N rem 4 of
                            0 -> ets:select_replace(T, [{{'$1', '$2'}, [{'<', '$1', 100}], [{{'$1', {'+', '$2', 1}}}]}]);
                            1 -> ets:select_count(T, [{{'_', '$1'}, [{'>', '$1', 3}], [true]}]);
                            2 -> ets:match_object(T, {'_', I});
                            3 -> ets:select_delete(T, [{{'$1', '_'}, [{'>', '$1', 190}], [true]}])
                        end || I <- lists:seq(1, 20)]
               end),
         {ets:info(T, size), ets:lookup(T, 1), ets:lookup(T, 150)}
     end || Type <- [set, ordered_set, duplicate_bag]].

tables_come_and_go() ->
    Known = ets:new(same_ets_crowd, [public, named_table]),
    crowd(fun(N) ->
                  [begin
                       T = ets:new(t, [lists:nth(1 + I rem 4, types()), public]),
                       ets:insert(T, [{N, I}, {I, N}]),
                       catch ets:insert(Known, {N, T}),
                       _ = [catch ets:lookup(Other, I) || {_, Other} <- ets:tab2list(Known)],
                       ets:delete(T)
                   end || I <- lists:seq(1, 50)]
          end),
    R = [catch ets:info(T) || {_, T} <- ets:tab2list(Known)],
    ets:delete(Known),
    R.

names_are_fought_for() ->
    Won = crowd(fun(_) ->
                        length([I || I <- lists:seq(1, 100),
                                     try ets:new(same_ets_crowd_name, [named_table, public]) of _ -> ets:delete(same_ets_crowd_name)
                                     catch error:badarg -> false
                                     end])
                end),
    {lists:sum(Won) > 0, ets:whereis(same_ets_crowd_name)}.

%% Tables go round between processes that end meanwhile; each is somebody's, or gone, at the end.
given_around() ->
    T = ets:new(t, [public, {heir, self(), left}]),
    ets:insert(T, {count, 0}),
    Self = self(),
    Pids = [spawn(fun() -> receiver(Self) end) || _ <- lists:seq(1, 40)],
    hd(Pids) ! {go, tl(Pids), T},
    ets:give_away(T, hd(Pids), [tl(Pids)]),
    receive {'ETS-TRANSFER', T, _, left} -> ok after 5000 -> error(lost) end,
    {ets:lookup(T, count), ets:info(T, owner) =:= Self}.
receiver(Heir) ->
    receive
        {'ETS-TRANSFER', T, _, [[]]} -> ets:update_counter(T, count, 1);
        {'ETS-TRANSFER', T, _, [[Next | Rest]]} -> ets:update_counter(T, count, 1), ets:give_away(T, Next, [Rest]);
        {go, _, _} -> receiver(Heir)
    after 5000 -> ok
    end.

%% Owners die while others use their tables.
owners_are_killed() ->
    Known = ets:new(k, [public, bag]),
    Owners = [spawn(fun() -> own(Known) end) || _ <- lists:seq(1, 20)],
    Users = [spawn_monitor(fun() -> use(Known, 300) end) || _ <- lists:seq(1, 6)],
    _ = [begin receive after 1 -> ok end, exit(P, kill) end || P <- Owners],
    Ended = [receive {'DOWN', M, _, _, Why} -> Why end || {_, M} <- Users],
    gone([T || {_, T} <- ets:tab2list(Known)], 100),
    {lists:usort(Ended), [x || {_, T} <- ets:tab2list(Known), ets:info(T) =/= undefined]}.
own(Known) ->
    T = ets:new(t, [public, lists:nth(rand:uniform(4), types())]),
    ets:insert(Known, {t, T}),
    ets:insert(T, [{I, <<0:800>>} || I <- lists:seq(1, 200)]),
    receive never -> ok end.
use(_, 0) -> ok;
use(Known, N) ->
    _ = [begin catch ets:insert(T, {N}), catch ets:select_count(T, [{{'_'}, [], [true]}]), catch ets:safe_fixtable(T, true), catch ets:next(T, N) end
         || {_, T} <- ets:tab2list(Known)],
    use(Known, N - 20).
gone([], _) -> ok;
gone(_, 0) -> ok;
gone([T | Rest] = All, N) -> case ets:info(T) of undefined -> gone(Rest, N); _ -> receive after 10 -> gone(All, N - 1) end end.

crowd(F) ->
    Workers = [spawn_monitor(fun() -> exit({done, F(N)}) end) || N <- lists:seq(1, ?CROWD)],
    [receive {'DOWN', M, process, P, {done, R}} -> R; {'DOWN', M, process, P, Why} -> error({crowd, Why}) end || {P, M} <- Workers].
