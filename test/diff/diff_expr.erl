%% SPDX-License-Identifier: Apache-2.0
%% @doc Random expressions, patterns and guards as abstract forms. An environment lists the variables that may be used, with the kind of
%% term that each is likely to hold. Kinds are hints: one time in some the expression is of another kind, so that failures are met.
-module(diff_expr).

-export([variable/0, body/3, expr/3, patterns/2, guards/1, segments/2, built_segments/2]).

-import(diff_term, [pick/1, chance/1, below/1]).

-define(L, line()).

-type environment() :: [{atom(), atom() | tuple()}].
-type expr() :: erl_parse:abstract_expr().

line() ->
    Line = get(line),
    put(line, Line + case chance(20) of true -> 1; false -> 0 end),
    Line.

%% @doc A name that the module has not used yet.
-spec variable() -> atom().
variable() ->
    N = get(variables) + 1,
    put(variables, N),
    list_to_atom("V" ++ integer_to_list(N)).

var(Name) -> {var, ?L, Name}.
atom(Atom) -> {atom, ?L, Atom}.
int(N) when N >= 0 -> {integer, ?L, N};
int(N) -> {op, ?L, '-', {integer, ?L, -N}}.

%% @doc A sequence of expressions, of which the last is of the kind.
-spec body(environment(), atom(), non_neg_integer()) -> [expr()].
body(Environment, Kind, Depth) ->
    case below(3) of
        N when N > 0, Depth > 1 ->
            {Statement, Bound} = statement(Environment, Depth - 1),
            [Statement | body(Bound ++ Environment, Kind, Depth - 1)];
        _ -> [expr(Environment, Kind, Depth)]
    end.

statement(Environment, Depth) ->
    case below(8) of
        0 ->
            Type = pick([list, tuple, map, bits, integer]),
            {Pattern, Bound} = pattern(Type, Environment, 2),
            {{match, ?L, Pattern, expr(Environment, Type, Depth)}, Bound};
        1 ->
            {{op, ?L, '!', {call, ?L, atom(self), []}, expr(Environment, any, Depth)}, []};
        2 ->
            {{call, ?L, atom(put), [atom(pick([a, b])), expr(Environment, any, Depth)]}, []};
        3 ->
            {expr(Environment, any, Depth), []};
        _ ->
            Kind = pick([integer, integer, number, list, tuple, map, bits, bits, function, any]),
            Name = variable(),
            {{match, ?L, var(Name), expr(Environment, Kind, Depth)}, [{Name, Kind}]}
    end.

%% @doc An expression that likely gives a term of the kind.
-spec expr(environment(), atom() | tuple(), integer()) -> expr().
expr(Environment, Kind, Depth) ->
    case chance(4) of
        true -> typed(Environment, any, Depth);
        false -> typed(Environment, Kind, Depth)
    end.

typed(Environment, Kind, Depth) when Depth =< 0 -> leaf(Environment, Kind);
typed(Environment, Kind, Depth) ->
    case below(10) of
        0 -> leaf(Environment, Kind);
        1 -> control(Environment, Kind, Depth - 1);
        2 -> diff_control:expr(Environment, Kind, Depth - 1);
        _ -> diff_kinds:expr(Environment, base(Kind), Depth - 1)
    end.

base({list, _}) -> list;
base(Kind) when Kind =:= small; Kind =:= natural; Kind =:= big -> integer;
base(latin1) -> list;
base(binary) -> bits;
base(utf8) -> bits;
base(Kind) -> Kind.

leaf(Environment, Kind) ->
    Fitting = [Name || {Name, Type} <- Environment, base(Type) =:= base(Kind) orelse Kind =:= any],
    case Fitting =/= [] andalso chance(85) of
        true -> var(pick(Fitting));
        false -> literal(base(Kind))
    end.

literal(integer) -> erl_parse:abstract(diff_term:type(pick([integer, small])), [{line, ?L}]);
literal(function) -> {'fun', ?L, {function, atom(erlang), atom(pick([abs, is_atom, length])), int(1)}};
literal(bits) -> erl_parse:abstract(diff_term:type(pick([bits, binary])), [{line, ?L}]);
literal(boolean) -> atom(chance(50));
literal(Kind) when Kind =:= number; Kind =:= float; Kind =:= atom; Kind =:= list; Kind =:= tuple; Kind =:= map ->
    plain(diff_term:type(Kind));
literal(any) -> literal(pick([integer, atom, bits, list, float, number])).

%% Funs have no literal of their own.
plain(Term) ->
    try erl_parse:abstract(Term, [{line, ?L}])
    catch error:_ -> atom(ok)
    end.

%% case, if, try, catch, blocks, closures and calls that give whatever their bodies give.
control(Environment, Kind, Depth) ->
    case below(7) of
        0 ->
            Type = pick([any, integer, list, tuple, map, bits, boolean]),
            {'case', ?L, expr(Environment, Type, Depth), case_clauses(Environment, Type, Kind, Depth)};
        1 ->
            {'if', ?L, [{clause, ?L, [], guards_always(Environment), body(Environment, Kind, Depth)} || _ <- [1, 2]] ++
                 [{clause, ?L, [], [[atom(true)]], body(Environment, Kind, Depth)} || chance(85)]};
        2 -> {block, ?L, body(Environment, Kind, Depth)};
        3 ->
            [X, F] = [variable(), variable()],
            {block, ?L, [{match, ?L, var(F), {'fun', ?L, {clauses, [{clause, ?L, [var(X)], [], body([{X, any} | Environment], Kind, Depth)}]}}},
                         {call, ?L, var(F), [expr(Environment, any, Depth)]}]};
        4 -> earlier(Environment, Kind, Depth);
        _ -> {'case', ?L, expr(Environment, boolean, Depth),
              [{clause, ?L, [atom(true)], [], body(Environment, Kind, Depth)}, {clause, ?L, [var('_')], [], body(Environment, Kind, Depth)}]}
    end.

case_clauses(Environment, Type, Kind, Depth) ->
    Special = [begin
                   {Pattern, Bound} = pattern(Type, Environment, 2),
                   {clause, ?L, [Pattern], guards(Bound ++ Environment), body(Bound ++ Environment, Kind, Depth)}
               end || _ <- lists:seq(1, 1 + below(3))],
    Special ++ [{clause, ?L, [var('_')], [], body(Environment, Kind, Depth)} || chance(85)].

%% A call of a function before this one: by name, by module, or as a fun.
earlier(Environment, Kind, Depth) ->
    case get(function) of
        1 -> leaf(Environment, Kind);
        N ->
            Name = list_to_atom("f" ++ integer_to_list(1 + below(N - 1))),
            Arguments = [expr(Environment, T, Depth - 1) || T <- [any, integer, any]],
            case below(3) of
                0 -> {call, ?L, {'fun', ?L, {function, Name, 3}}, Arguments};
                1 -> {call, ?L, atom(apply), [{'fun', ?L, {function, Name, 3}}, lists:foldr(fun(A, L) -> {cons, ?L, A, L} end, {nil, ?L}, Arguments)]};
                2 -> {call, ?L, atom(Name), Arguments}
            end
    end.

%% @doc Patterns for terms of these kinds, and what they bind.
-spec patterns([atom() | tuple()], environment()) -> {[expr()], environment()}.
patterns(Types, Environment) ->
    lists:mapfoldl(fun(Type, Bound) ->
                           {Pattern, More} = pattern(Type, Environment, 2),
                           {Pattern, More ++ Bound}
                   end, [], Types).

pattern(Type, Environment, Depth) ->
    case below(12) of
        0 -> {var('_'), []};
        1 when Depth > 0 ->
            Name = variable(),
            {Pattern, Bound} = pattern(Type, Environment, Depth - 1),
            {{match, ?L, var(Name), Pattern}, [{Name, Type} | Bound]};
        2 when Environment =/= [] ->
            {Name, _} = pick(Environment),
            {var(Name), []};
        N when N < 5; Depth =< 0 -> bind(Type);
        _ -> structure(base(Type), Environment, Depth - 1)
    end.

bind(Type) ->
    Name = variable(),
    {var(Name), [{Name, Type}]}.

structure(list, Environment, Depth) ->
    case below(4) of
        0 -> {{nil, ?L}, []};
        1 ->
            {Tail, Bound} = bind(list),
            {{op, ?L, '++', {string, ?L, pick(["a", "ab", "", "0"])}, Tail}, Bound};
        _ ->
            {Head, Bound1} = pattern(any, Environment, Depth),
            {Tail, Bound2} = pattern(list, Environment, Depth),
            {{cons, ?L, Head, Tail}, Bound1 ++ Bound2}
    end;
structure(tuple, Environment, Depth) ->
    case below(5) of
        0 ->
            {Pattern, Bound} = pattern(any, Environment, Depth),
            {{record, ?L, rec, [{record_field, ?L, atom(pick([first, second])), Pattern}]}, Bound};
        _ ->
            {Patterns, Bound} = lists:mapfoldl(fun(_, B) -> {P, More} = pattern(any, Environment, Depth), {P, More ++ B} end, [], lists:seq(1, below(4))),
            {{tuple, ?L, Patterns}, Bound}
    end;
structure(map, Environment, Depth) ->
    Keys = lists:usort([diff_term:type(key) || _ <- lists:seq(1, below(3))]),
    {Fields, Bound} = lists:mapfoldl(fun(Key, B) ->
                                             {P, More} = pattern(any, Environment, Depth),
                                             {{map_field_exact, ?L, key(Key, Environment), P}, More ++ B}
                                     end, [], Keys),
    {{map, ?L, Fields}, Bound};
structure(bits, Environment, _) ->
    {Segments, Bound} = segments(Environment, 1 + below(3)),
    case below(3) of
        0 -> {{bin, ?L, Segments}, Bound};
        1 ->
            Rest = variable(),
            {{bin, ?L, Segments ++ [{bin_element, ?L, var(Rest), default, [binary]}]}, [{Rest, bits} | Bound]};
        2 ->
            Rest = variable(),
            {{bin, ?L, Segments ++ [{bin_element, ?L, var(Rest), default, [bitstring]}]}, [{Rest, bits} | Bound]}
    end;
structure(any, Environment, Depth) ->
    structure(pick([list, tuple, map, bits, integer, atom]), Environment, Depth);
structure(boolean, _, _) -> {atom(chance(50)), []};
structure(function, _, _) -> bind(function);
structure(Kind, _, _) ->
    {literal(case Kind of number -> integer; _ -> Kind end), []}.

key(Key, Environment) ->
    case Environment =/= [] andalso chance(20) of
        true -> var(element(1, pick(Environment)));
        false -> plain(Key)
    end.

%% @doc Segments of a pattern, and what they bind; a later one's size may be an earlier one's value.
-spec segments(environment(), non_neg_integer()) -> {[tuple()], environment()}.
segments(Environment, N) ->
    lists:mapfoldl(fun(_, Bound) ->
                           {Segment, More} = segment(Bound, Environment),
                           {Segment, More ++ Bound}
                   end, [], lists:seq(1, N)).

segment(Bound, Environment) ->
    case below(10) of
        0 -> {{bin_element, ?L, {string, ?L, pick(["a", "ab", "\0"])}, default, default}, []};
        1 -> {{bin_element, ?L, int(below(3)), default, default}, []};
        2 ->
            Name = variable(),
            {{bin_element, ?L, var(Name), default, [pick([utf8, utf16, utf32]) | pick([[], [little], [big], [native]])]}, [{Name, integer}]};
        3 ->
            {{bin_element, ?L, var('_'), matched_size(Bound ++ Environment), [pick([binary, bitstring, integer])]}, []};
        4 ->
            Name = variable(),
            {{bin_element, ?L, var(Name), {integer, ?L, pick([16, 32, 64, 32, 64, 8])}, [float | pick([[], [little], [native]])]}, [{Name, float}]};
        N when N < 7 ->
            Name = variable(),
            {{bin_element, ?L, var(Name), matched_size(Bound ++ Environment), binary_options()}, [{Name, bits}]};
        _ ->
            Name = variable(),
            {{bin_element, ?L, var(Name), matched_size(Bound ++ Environment), [integer | integer_options()]}, [{Name, integer}]}
    end.

integer_options() ->
    pick([[], [], [signed], [little], [signed, little], [native], [signed, native], [{unit, 1 + below(9)}], [little, {unit, 8}], [signed, little, {unit, 3}],
          [unsigned, big], [signed, big, {unit, 64}], [native, {unit, pick([16, 100, 256])}]]).

%% bitstring has a unit of its own.
binary_options() ->
    pick([[binary], [bitstring], [binary, {unit, 1 + below(12)}], [binary, {unit, pick([1, 16, 100, 256])}], [binary, little]]).

matched_size(Environment) ->
    Integers = [Name || {Name, Type} <- Environment, base(Type) =:= integer],
    case Integers =/= [] andalso chance(35) of
        true ->
            case below(3) of
                0 -> var(pick(Integers));
                _ -> {op, ?L, 'rem', var(pick(Integers)), {integer, ?L, 1 + below(40)}}
            end;
        false -> {integer, ?L, pick([0, 1, 3, 4, 7, 8, 8, 8, 9, 12, 16, 16, 17, 24, 31, 32, 33, 48, 56, 59, 60, 61, 63, 64, 65, 72, 100, 128, 130])}
    end.

%% @doc Segments of a binary that is built. Sizes that are computed stay small.
-spec built_segments(environment(), non_neg_integer()) -> [tuple()].
built_segments(Environment, N) ->
    [built_segment(Environment) || _ <- lists:seq(1, N)].

built_segment(Environment) ->
    case below(10) of
        0 -> {bin_element, ?L, {string, ?L, pick(["abc", "", "ÿ"])}, default, pick([default, [utf8], [utf16], [little, utf16], [utf32]])};
        1 -> {bin_element, ?L, expr(Environment, integer, 1), default, [pick([utf8, utf16, utf32]) | pick([[], [little], [native]])]};
        2 -> {bin_element, ?L, expr(Environment, number, 1), {integer, ?L, pick([16, 32, 64, 64])}, [float | pick([[], [little], [native]])]};
        3 -> {bin_element, ?L, expr(Environment, bits, 1), default, [pick([binary, bitstring, bitstring])]};
        4 -> {bin_element, ?L, expr(Environment, bits, 1), built_size(Environment), binary_options()};
        5 -> {bin_element, ?L, expr(Environment, integer, 1), default, default};
        _ -> {bin_element, ?L, expr(Environment, integer, 1), built_size(Environment), [integer | integer_options()]}
    end.

built_size(Environment) ->
    Integers = [Name || {Name, Type} <- Environment, base(Type) =:= integer],
    case Integers =/= [] andalso chance(35) of
        true ->
            Mask = case chance(85) of
                       true -> {op, ?L, 'band', var(pick(Integers)), {integer, ?L, pick([7, 15, 31, 63, 127])}};
                       false -> {op, ?L, 'rem', var(pick(Integers)), {integer, ?L, 70}}
                   end,
            Mask;
        false -> {integer, ?L, pick([0, 1, 3, 4, 7, 8, 8, 8, 9, 12, 16, 16, 24, 31, 32, 33, 56, 59, 60, 61, 63, 64, 65, 72, 100, 128, 200])}
    end.

%% @doc No guard, or some that use the environment.
-spec guards(environment()) -> [[expr()]].
guards(Environment) ->
    case chance(50) of
        true -> [];
        false -> guards_always(Environment)
    end.

guards_always(Environment) ->
    [[guard(Environment, 2) || _ <- lists:seq(1, 1 + below(2))] || _ <- lists:seq(1, 1 + below(2))].

guard(Environment, Depth) ->
    case below(8) of
        0 when Depth > 0 -> {op, ?L, pick(['and', 'or', 'andalso', 'orelse', 'xor']), guard(Environment, Depth - 1), guard(Environment, Depth - 1)};
        1 when Depth > 0 -> {op, ?L, 'not', guard(Environment, Depth - 1)};
        2 -> {call, ?L, atom(pick([is_atom, is_integer, is_list, is_map, is_binary, is_bitstring, is_tuple, is_number, is_float, is_function, is_boolean])), [operand(Environment, Depth)]};
        3 -> {call, ?L, atom(is_map_key), [operand(Environment, 0), operand(Environment, 0)]};
        4 -> {call, ?L, atom(is_record), [operand(Environment, 0), atom(rec)]};
        _ -> {op, ?L, pick(['<', '=<', '==', '=:=', '=/=', '/=', '>', '>=']), operand(Environment, Depth), operand(Environment, Depth)}
    end.

operand(Environment, Depth) ->
    case below(8) of
        0 when Depth > 0 ->
            {op, ?L, pick(['+', '-', '*', 'div', 'rem', 'band', 'bor', 'bxor', '/']), operand(Environment, Depth - 1), operand(Environment, Depth - 1)};
        1 when Depth > 0 ->
            {call, ?L, atom(pick([abs, hd, tl, length, byte_size, bit_size, tuple_size, map_size, round, trunc, float, ceil, floor, size])), [operand(Environment, Depth - 1)]};
        2 when Depth > 0 -> {call, ?L, atom(element), [{integer, ?L, 1 + below(2)}, operand(Environment, Depth - 1)]};
        3 -> literal(pick([integer, atom, float]));
        _ -> leaf(Environment, pick([any, integer]))
    end.
