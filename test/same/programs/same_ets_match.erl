%% SPDX-License-Identifier: Apache-2.0
%% Match specifications, and the functions of ets that take them.
-module(same_ets_match).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).
-include_lib("stdlib/include/ms_transform.hrl").

try_(F) ->
    try F() of V -> V
    catch C:R -> {C, R}
    end.

filled(Type) -> filled(Type, []).
filled(Type, Options) -> T = ets:new(t, [Type | Options]), ets:insert(T, [{K, K rem 5, [K], integer_to_list(K)} || K <- lists:seq(1, 60)]), T.
types() -> [set, ordered_set, bag, duplicate_bag].

%% One object, one specification: {ok, Result} or {error, What}.

test(Object, Spec) -> ets:test_ms(Object, Spec).
result(Object, Head, Guards, Body) -> test(Object, [{Head, Guards, Body}]).

heads() ->
    [{P, O, result(O, P, [], ['$$'])} ||
        P <- ['_', '$1', '$_', a, {}, {'_'}, {'$1'}, {'$1', '$1'}, {'$1', '$2'}, {'$2', '$1'}, {'$0', '_', '$10'}, {a, '$1'}, {{'$1', b}, '$2'}, {['$1' | '$2']}, {['$1', '$2']}, {['$1', '_', '$1' | '$3']},
              {[]}, {1}, {1.0}, {0.0}, {-0.0}, {"ab"}, {<<"ab">>}, {#{}}, {#{a => '$1'}}, {#{a => #{b => '$1'}, c => '_'}}, {1 bsl 70}, {{{{'$1'}}}}, {'$01'}, {'$'}, {'$a'}, {'$1a'}, {{}, '$1'}, {['$1'], ['$1']}],
        O <- [{}, {a}, {a, a}, {a, b}, {{a, b}, c}, {[1, 2, 1]}, {[1, 2]}, {[]}, {1}, {1.0}, {0.0}, {-0.0}, {"ab"}, {<<"ab">>}, {#{}}, {#{a => 1}}, {#{a => #{b => 2}, c => 3, d => 4}}, {1 bsl 70}, {{{{x}}}},
              {'$01'}, {a, b, c}, {{}, 1}, {[x], [x]}, {[x], [y]}]].
big_heads() ->
    Wide = list_to_tuple(lists:seq(1, 300)), Deep = lists:foldl(fun(_, A) -> {A, [A]} end, '$1', lists:seq(1, 6)), DeepValue = lists:foldl(fun(_, A) -> {A, [A]} end, x, lists:seq(1, 6)),
    Variables = list_to_tuple([list_to_atom("$" ++ integer_to_list(N)) || N <- lists:seq(300, 1, -1)]),
    LargeMap = maps:from_list([{K, K} || K <- lists:seq(1, 100)]),
    [result(Wide, Variables, [], ['$$']), result({DeepValue}, {Deep}, [], ['$1']), result({lists:seq(1, 500)}, {['$1', '$2' | '$1000']}, [], [{{'$1', '$2', {length, '$1000'}}}]),
     result({LargeMap}, {#{50 => '$1', 3 => '$2'}}, [], [['$1', '$2']]), result({LargeMap}, {LargeMap#{7 => '$1'}}, [], ['$1']), result({#{1 => 2}}, {LargeMap}, [], ['$1']),
     result({1, 2}, {'$429496729', '$1000000'}, [], ['$$'])].
bodies() ->
    [{B, result({1, "two", {three, #{k => v}}}, {'$1', '$2', '$3'}, [], B)} ||
        B <- [['$_'], ['$$'], ['$1'], ['$1', '$2'], [x], [[]], ["str"], [{{}}], [{{'$1'}}], [{{'$1', {{'$2', '$3'}}}}], [['$1', '$2' | '$3']], [[['$1'], {{a}}]], [{const, {a, '$1'}}], [{const, '$1'}],
              [#{a => '$1', '$2' => b}], [#{}], [#{a => {{'$1'}}, {const, x} => 1}], [{self}], [1.5], [<<"bin">>], [{{'$1', [], [{{}}]}}], [{const, []}], [{const}], [{const, 1, 2}],
              [{element, 1, '$3'}], [{element, 4, '$3'}], [{hd, '$1'}], [{'+', '$1', 1}], [{'+', '$1', a}], [{'/', '$1', 0}], ['$4'], ['$2', '$5'], [{nosuch, 1}], [{a, b, c}], [{'$1', 1}], [{}],
              [{{{hd, x}, 1}}], [[{hd, x} | {tl, x}]], [{is_list, {hd, []}}], [], x, ['$1' | x], [{'and', true, false}], [{'and', true, x}], [{'or', false, x}], [{'andalso', false, x}], [{'andalso', true, x}],
              [{'orelse', true, x}], [{'orelse', false, x}], [{'andalso', x, true}], [{'orelse', x, true}], [{'and'}], [{'or'}], [{'andalso'}], [{'orelse'}], [{'andthen', true, 1}], [{'and', true}], [{'orelse', false}],
              [{'not', true}], [{'not', 1}], [{'xor', true, false}], [{'$1'}], [{{a}, b}]]].
guards() ->
    [{G, result({5, "list", {tuple, 1}, #{k => v}, <<"bin">>, 1.5}, {'$1', '$2', '$3', '$4', '$5', '$6'}, G, [true])} ||
        G <- [[], [true], [false], [x], ['$1'], x, [true | x], [{'>', '$1', 3}], [{'>', '$1', 7}], [{'>', '$1', 3}, {'<', '$1', 4}], [{is_integer, '$1'}], [{is_list, '$2'}, {is_tuple, '$3'}], [{hd, '$1'}],
              [{'==', {hd, '$2'}, $l}], [{'=:=', {element, 1, '$3'}, tuple}], [{'=:=', {element, 3, '$3'}, tuple}], [{'orelse', {is_atom, '$1'}, {is_integer, '$1'}}], [{'andalso', {is_atom, '$1'}, {hd, '$1'}}],
              [{'or', {is_atom, '$1'}, {hd, '$1'}}], [{'orelse', {is_integer, '$1'}, {hd, '$1'}}], [{'orelse', {hd, '$1'}, true}], [{'=:=', {map_get, k, '$4'}, v}], [{'=:=', {map_get, z, '$4'}, v}],
              [{is_map_key, k, '$4'}], [{'==', {map_size, '$4'}, 1}], [{'=:=', '$_', '$_'}], [{'==', {length, '$$'}, 6}], [{'==', '$6', 1.5}], [{'=:=', {self}, {self}}], [{'$7'}], ['$7'],
              [{is_record, '$3', tuple, 2}], [{is_record, '$3', tuple, 3}], [{is_record, '$3', x, 2}], [{'=:=', '$3', {{tuple, 1}}}], [{'=:=', '$3', {const, {tuple, 1}}}], [{'==', {node}, {node, {self}}}]]].
all_functions() ->
    Values = [1, -7, 2.5, 1 bsl 65, a, true, "ab", [], {a, 1}, {}, #{a => 1}, <<"abc">>, <<1:3>>, self],
    One = [is_atom, is_float, is_integer, is_list, is_number, is_pid, is_port, is_reference, is_tuple, is_map, is_binary, is_function, abs, hd, tl, length, node, round, trunc, float, size, map_size, bit_size, byte_size,
           '+', '-', 'bnot', 'not'],
    Two = ['+', '-', '*', '/', 'div', 'rem', 'band', 'bor', 'bxor', 'bsl', 'bsr', '>', '>=', '<', '=<', '==', '=:=', '/=', '=/=', 'xor', element, map_get, is_map_key, binary_part],
    Small = [1, 2, 2.5, a, true, {a, 1}, #{a => 1}, <<"abc">>, {1, 1}],
    {[{F, V, result({V}, {'$1'}, [], [{F, '$1'}])} || F <- One, V <- Values, {F, V} =/= {node, self}],
     [{F, V, W, result({V, W}, {'$1', '$2'}, [], [{F, '$1', '$2'}])} || F <- Two, V <- Small, W <- Small],
     [result({V}, {'$1'}, [], [{binary_part, '$1', P, L}]) || V <- [<<"hello">>, x], P <- [0, 2, 6], L <- [0, 2, -1, 9]],
     [result({V}, {'$1'}, [], [{is_record, '$1', N, S}]) || V <- [{r, 1}, {r}, x], N <- [r, 1], S <- [2, 1, x]]}.
not_allowed() ->
    [{F, result({1}, {'$1'}, [], [F]), result({1}, {'$1'}, [F], [true])} ||
        F <- [{ceil, 1.5}, {floor, 1.5}, {is_boolean, true}, {is_bitstring, <<>>}, {is_function, a, 1}, {is_record, {a}, a}, {tuple_size, {{}}}, {min, 1, 2}, {max, 1, 2}, {self, 1}, {node, 1, 2}, {lists, reverse, []},
              {message, x}, {return_trace}, {caller}, {display, 1}, {get_tcw}, {is_seq_trace}, {enable_trace, call}, {silent, true}, {'++', [], []}, {atom_to_list, a}]].
several_clauses() ->
    Spec = [{{'$1', a}, [{'<', '$1', 5}], [small]}, {{'$1', '_'}, [{is_integer, '$1'}], [{{number, '$1'}}]}, {'$1', [], [{{other, '$1'}}]}],
    [test(O, Spec) || O <- [{1, a}, {7, a}, {7, b}, {x, b}, {1}, x]].
malformed() -> [{S, try_(fun() -> ets:test_ms({a}, S) end), try_(fun() -> ets:match_spec_compile(S), ok end)} ||
                   S <- [[], x, [x], [{'_'}], [{'_', []}], [{'_', [], [], []}], [{'_', [], []}], [{'_', [], x}], [{'_', x, [a]}], [{'_', [], [a]} | x], [{'_', [], [a]}, y], [{#{'$1' => a}, [], [a]}],
                         [{#{'_' => a}, [], [a]}], [{{#{{'$1'} => a}}, [], [a]}], [{'_', [], ['$1', {x}, '$2']}], [{'$1', ['$2', {foo}], ['$3']}], [{{'$1'}, [], ['$5']}, {x, [], ['$6']}]]].
traces() ->
    [{S, try_(fun() -> erlang:match_spec_test([a, 1, [x]], S, trace) end)} ||
        S <- [[{'_', [], []}], [{'$1', [], []}], [{['$1', '$2', '_'], [], [{message, {{'$2', '$1'}}}]}], [{['_', '_', '_'], [{'>', 1, 2}], []}], [{[a | '_'], [], []}], [{['_'], [], []}], [{'_', [], [{return_trace}]}],
              [{'_', [], [{exception_trace}, {return_trace}, {message, false}]}], [{'$1', [], [{message, '$1'}]}], [{'_', [], [{message, '$_'}]}], [{['$1', '_', '_'], [], [{message, '$$'}]}], [{x, [], []}],
              [{'_', [{message, x}], []}], [{'_', [], [{message}]}], [{'_', [], [{caller}, {message, {caller}}]}], [{'_', [], [true, false]}], [{'_', [], x}], [{'_', [], [{nosuch}]}], [{[], [], []}], [{'_', [{caller, 1}], []}]]].
trace_arguments() -> [try_(fun() -> erlang:match_spec_test(A, [{'$1', [], [{message, '$1'}]}], D) end) || A <- [[], [1], x, {1}], D <- [trace, table, other]].

%% Selecting from tables.

spec() -> [{{'$1', '$2', '_', '_'}, [{'==', '$2', 3}], [{{'$1', '$2'}}]}].
selects() -> [{ets:select(filled(Type), spec()), ets:select_reverse(filled(Type), spec()), ets:select_count(filled(Type), [{{'$1', '_', '_', '_'}, [{'>', '$1', 50}], [true]}])} || Type <- types()].
select_everything() -> [begin T = filled(Type), {ets:select(T, [{'_', [], ['$_']}]) =:= ets:tab2list(T), ets:select(T, [{'$1', [], ['$1']}]) =:= ets:tab2list(T), ets:select(T, []), ets:select(T, [], 3)} end || Type <- types()].
select_keys() ->
    [begin T = filled(Type), [ets:select(T, [{{K, '$1', '_', '_'}, [], [{{K2, '$1'}}]} || {K, K2} <- Ks]) || Ks <- [[{3, 3}], [{3.0, 3.0}], [{99, 99}], [{5, 5}, {4, 4}], [{5, 5}, {5, x}], [{9, 9}, {'_', y}], [{x, x}, {7, 7}]]] end || Type <- types()].
select_partly_known() ->
    [begin T = ets:new(t, [Type]), ets:insert(T, [{{A, B, C}, x} || A <- [1, 2, 3, a], B <- [x, y, "z"], C <- [1, 2]]),
           {[lists:sort(ets:select(T, [{{P, '_'}, [], ['$_']}])) || P <- patterns()], [ets:match(T, {P, '_'}) =/= [] || P <- patterns()]} end || Type <- types()].
select_partly_ordered() ->
    T = ets:new(t, [ordered_set]), ets:insert(T, [{{A, B, C}, x} || A <- [1, 2, 3, a], B <- [x, y, "z"], C <- [1, 2, 3]]),
    [{P, ets:match_object(T, {P, '_'}), ets:select_reverse(T, [{{P, '_'}, [], ['$_']}]), chunks(ets:match_object(T, {P, '_'}, 2), fun ets:match_object/1),
      chunks(ets:select_reverse(T, [{{P, '_'}, [], ['$_']}], 2), fun ets:select_reverse/1)} || P <- patterns()].
patterns() -> [{1, '_', '_'}, {2, x, '$1'}, {2, '$1', 1}, {'_', x, 1}, {a, "z", '_'}, {a, [$z], 1}, {9, '_', '_'}, {0, '_', '_'}, {2.0, '_', '_'}, {1, '_'}, [a | '_'], {2, x, 2}, {#{a => '_'}, '_', '_'}].
deletes() -> [begin T = filled(Type), N = ets:select_delete(T, [{{'$1', '_', '_', '_'}, [{'<', {'rem', '$1', 7}, 4}], [true]}]), {N, lists:sort(ets:tab2list(T)), ets:select_delete(T, [{{3, '_', '_', '_'}, [], [true]}, {{4, '_', '_', '_'}, [], [true]}]),
                                    ets:select_delete(T, [{'_', [], [x]}]), ets:match_delete(T, {'_', 1, '_', '_'}), ets:info(T, size), ets:select_delete(T, [{'_', [], [true]}]), ets:info(T, size)} end || Type <- types()].
replaces() ->
    [begin T = filled(Type), {try_(fun() -> ets:select_replace(T, [{{'$1', 3, '$2', '$3'}, [], [{{'$1', three, '$3'}}]}]) end), lists:sort(ets:tab2list(T))} end || Type <- types()].
replace_checks() ->
    T = ets:new(t, []), ets:insert(T, [{{a, 1}, x}, {b, y}, {[c], z}]),
    [{S, try_(fun() -> ets:select_replace(T, S) end)} ||
        S <- [[{{'$1', '_'}, [], [{{'$1', n}}]}], [{{'$1', '_'}, [], [{{x, n}}]}], [{{'$1', '$2'}, [], ['$_']}], [{{'$1', '$2'}, [], [{{'$2', '$1'}}]}], [{{{a, '$1'}, '_'}, [], [{{{{a, '$1'}}, m}}]}],
              [{{{a, '$1'}, '_'}, [], [{{{const, {a, 1}}, m}}]}], [{{{a, 1}, '_'}, [], [{{{const, {a, 1}}, m}}]}], [{{b, '_'}, [], [{const, {b, k}}]}], [{{'$1', '_'}, [], [{const, {'$1', k}}]}], [{{'$1', '_'}, [], [{{{element, 1, '$_'}, q}}]}],
              [{{'$1', '_'}, [], [{{{element, 2, '$_'}, q}}]}], [{{['$1'], '_'}, [], [{{['$1'], r}}]}], [{{[c], '_'}, [], [{{"c", r}}]}], [{'$1', [], ['$1']}], [{'_', [], [{{b, 1}}]}], [{{'_', '$1'}, [], [{{'_', '$1'}}]}], [{{b, '_'}, [], [{{b, 1}}, {{b, 2}}]}],
              [{{1, '_'}, [], [{{1.0, a}}]}], [{{b, '$1'}, [], [{{b}}]}], [{{#{a => '$1'}, '_'}, [], [{{#{a => '$1'}, x}}]}]]] ++ [lists:sort(ets:tab2list(T))].
matches() -> [begin T = filled(Type), {ets:match(T, {'$1', 2, '_', '_'}), ets:match(T, {'$2', 2, '$1', '_'}), ets:match(T, '$1') =:= [[O] || O <- ets:tab2list(T)], ets:match(T, {'_', '_'}), ets:match_object(T, {'_', 4, '_', '_'}),
                                    ets:match(T, {5, '$1', '_', '_'}), ets:match_object(T, {'$1', '$1', '_', '_'})} end || Type <- types()].

%% In chunks.

chunks('$end_of_table', _) -> [];
chunks({L, C}, F) -> [L | chunks(F(C), F)].
chunked() -> [[chunks(ets:select(filled(Type), spec(), N), fun ets:select/1) || N <- [1, 2, 5, 11, 12, 13, 100]] || Type <- types()].
chunked_all() -> [[chunks(ets:match_object(filled(Type), '_', N), fun ets:match_object/1) || N <- [1, 7, 60, 61]] || Type <- types()].
chunked_match() -> [[chunks(ets:match(filled(Type), {'$1', '_', '_', '_'}, N), fun ets:match/1) || N <- [9, 60]] || Type <- types()].
chunked_reverse() -> [[chunks(ets:select_reverse(filled(Type), spec(), N), fun ets:select_reverse/1) || N <- [1, 5, 12]] || Type <- types()].
chunked_keys() -> [[ets:select(filled(Type), [{{K, '_', '_', '_'}, [], ['$_']} || K <- Ks], 1) =/= x || Ks <- [[3], [3, 4], [99]]] || Type <- types()].
chunked_one_key() -> [[ets:select(filled(Type), [{{K, '_', '_', '_'}, [], ['$_']}], N) || K <- [3, 99], N <- [1, 5]] || Type <- types()].
chunked_large() ->
    [begin T = ets:new(t, [Type]), ets:insert(T, [{K, K} || K <- lists:seq(1, 4000)]), [erlang:phash2(chunks(ets:select(T, [{{'$1', '_'}, [{'==', {'rem', '$1', 3}, 0}], ['$1']}], N), fun ets:select/1)) || N <- [1, 10, 300, 1500, 10000]] end || Type <- types()].
chunked_bag() -> T = ets:new(t, [bag]), ets:insert(T, [{K, V} || K <- lists:seq(1, 20), V <- lists:seq(1, 20)]), [chunks(ets:match_object(T, '_', N), fun ets:match_object/1) || N <- [1, 3, 20, 50]].
chunks_and_deletes() ->
    [begin T = filled(Type), ets:safe_fixtable(T, true), L = chunks(ets:select(T, [{{'$1', '_', '_', '_'}, [], ['$1']}], 4), fun(C) -> ets:delete(T, 30), ets:delete(T, 50), ets:select(C) end), {lists:sort(lists:append(L)), ets:info(T, size)} end || Type <- types()].
continuations() ->
    [begin T = filled(Type), {_, C} = ets:select(T, [{'_', [], ['$_']}], 5), C2 = ets:repair_continuation(C, [{'_', [], ['$_']}]), {tuple_size(C), C2 =:= C, element(1, C) =:= T, length(element(1, ets:select(C2))),
           [try_(fun() -> ets:select(X) end) || X <- [x, {}, {T}, setelement(2, C, x), {T, 0, 1, x, [], 0}, '$end_of_table', [C]]]} end || Type <- [set, bag]].
continuations_of_trees() ->
    T = filled(ordered_set), {_, C} = ets:select(T, [{'_', [], ['$_']}], 5), ets:delete(T, 5), {tuple_size(C), element(2, C), element(3, C), element(1, ets:select(C)), element(1, ets:select(C)),
           [try_(fun() -> ets:select(X) end) || X <- [{T}, {T, 0, 1, x, [], 0}, setelement(5, C, x)]]}.
deleted_between() -> T = filled(set), {_, C} = ets:select(T, [{'_', [], ['$_']}], 5), ets:delete(T), try_(fun() -> ets:select(C) end).
named_continuation() ->
    N = filled(ordered_set), ets:delete(N), M = ets:new(same_ets_chunks, [named_table, ordered_set]), ets:insert(M, [{1}, {2}, {3}]), {L, C} = ets:match(M, {'$1'}, 2), R = {L, element(1, C), ets:match(C)}, ets:delete(M), R.
compiled() ->
    C = ets:match_spec_compile([{{'$1', '$2'}, [{'>', '$1', 1}], [{{'$2', '$1'}}]}]),
    {ets:is_compiled_ms(C), ets:is_compiled_ms(x), ets:is_compiled_ms(make_ref()), is_reference(C), ets:match_spec_run([{1, a}, {2, b}, x, {3, c}], C), ets:match_spec_run([], C),
     [try_(fun() -> ets:match_spec_run(L, M) end) || {L, M} <- [{x, C}, {[a | b], C}, {[], x}]]}.
compiled_elsewhere() ->
    C = ets:match_spec_compile([{{'$1'}, [], [{{"some", #{long => term}, '$1'}}]}]), erlang:garbage_collect(), Me = self(),
    spawn(fun() -> Me ! ets:match_spec_run([{1}, {2}], C) end), receive L -> L end.

%% fun2ms.

-record(person, {name, age = 0, tags = []}).

transformed() ->
    [ets:fun2ms(fun({A, B}) when A > B -> A end), ets:fun2ms(fun({A, [H | _]} = O) when is_list(H), A =:= x; A == 1 -> {O, H, self()} end), ets:fun2ms(fun(#person{name = N, age = A} = P) when A >= 18 -> P#person{tags = [N]} end),
     ets:fun2ms(fun(X) -> X end), ets:fun2ms(fun({A, #{k := V}}) when map_size(V) > 1 orelse is_atom(A) -> #{a => A} end), ets:fun2ms(fun({A}) when A band 1 =:= 1 -> true; ({_}) -> false end)].
people() ->
    T = ets:new(t, [{keypos, #person.name}, ordered_set]), ets:insert(T, [#person{name = N, age = A} || {N, A} <- [{anna, 30}, {bert, 12}, {carla, 18}, {dan, 17}]]),
    {ets:select(T, ets:fun2ms(fun(#person{name = Name, age = Age}) when Age >= 18 -> {Name, Age + 1} end)), ets:select_replace(T, ets:fun2ms(fun(#person{age = Years} = P) when Years < 18 -> P#person{age = Years + 1} end)), ets:tab2list(T),
     ets:select_count(T, ets:fun2ms(fun(#person{age = Years}) -> Years =:= 18 end)), ets:select_delete(T, ets:fun2ms(fun(#person{age = Years}) -> Years rem 2 =:= 0 end)), ets:tab2list(T)}.
outer_variables() -> T = filled(ordered_set), Min = id(55), Tag = id({tag, "x"}), ets:select(T, ets:fun2ms(fun({K, _, _, _}) when K > Min -> {Tag, K} end)).
id(X) -> X.

%% Results are copies.

copies() ->
    T = ets:new(t, []), B = binary:copy(<<"y">>, 500), ets:insert(T, {1, B, [B, {x, 1.5}]}), [{B1, [B2 | R], O, P}] = ets:select(T, [{{'_', '$1', '$2'}, [], [{{'$1', '$2', '$_', {binary_part, '$1', 3, 100}}}]}]),
    ets:delete(T), erlang:garbage_collect(), {B1 =:= B, B2 =:= B, R, O =:= {1, B, [B, {x, 1.5}]}, byte_size(P)}.
many_intermediate_terms() -> T = ets:new(t, []), ets:insert(T, [{K, 1 bsl 80} || K <- lists:seq(1, 3000)]), {ets:select_count(T, [{{'$1', '$2'}, [{'>', {'+', '$2', {'*', '$1', 1.0}}, {'+', '$2', 2999.5}}], [true]}]),
                                     ets:select(T, [{{'$1', '$2'}, [{'>', {'*', '$2', '$1'}, {'*', '$2', 2998}}], [{{'$1', {'*', '$2', '$2'}}}]}])}.
