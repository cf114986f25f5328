%% SPDX-License-Identifier: Apache-2.0
%% @doc Random expressions that give a term of one kind: arithmetic, lists, tuples, maps, bit strings, comprehensions, closures.
-module(diff_kinds).

-export([expr/3]).

-import(diff_term, [pick/1, chance/1, below/1]).
-import(diff_expr, [variable/0, body/3]).

-define(L, get(line)).
-define(E(Kind), diff_expr:expr(Environment, Kind, Depth)).

var(Name) -> {var, ?L, Name}.
atom(Atom) -> {atom, ?L, Atom}.
int(N) -> {integer, ?L, N}.
op(Op, A, B) -> {op, ?L, Op, A, B}.
call(Name, Arguments) -> {call, ?L, atom(Name), Arguments}.
call(Module, Name, Arguments) -> {call, ?L, {remote, ?L, atom(Module), atom(Name)}, Arguments}.
closure(Arity, Environment, Kind, Types, Depth) ->
    Names = [variable() || _ <- lists:seq(1, Arity)],
    {'fun', ?L, {clauses, [{clause, ?L, [var(Name) || Name <- Names], [], body(lists:zip(Names, Types) ++ Environment, Kind, Depth)}]}}.

%% @doc An expression of the kind.
-spec expr([{atom(), term()}], atom(), integer()) -> erl_parse:abstract_expr().
expr(Environment, any, Depth) ->
    expr(Environment, pick([integer, number, list, list, tuple, tuple, map, bits, bits, boolean, atom, function]), Depth);
expr(Environment, integer, Depth) ->
    case below(12) of
        N when N < 5 -> op(pick(['+', '-', '*', '+', '-', 'div', 'rem', 'band', 'bor', 'bxor']), ?E(integer), ?E(integer));
        5 -> op(pick(['bsl', 'bsr']), ?E(integer), op(pick(['band', 'rem']), ?E(integer), int(pick([7, 63, 64, 130]))));
        6 -> {op, ?L, pick(['-', 'bnot', '+']), ?E(integer)};
        7 -> call(pick([abs, round, trunc, ceil, floor]), [?E(number)]);
        8 -> call(pick([length, hd]), [?E(list)]);
        9 -> call(pick([byte_size, bit_size, size]), [?E(bits)]);
        10 -> call(pick([tuple_size, map_size]), [?E(pick([tuple, map]))]);
        11 -> call(pick([max, min]), [?E(integer), ?E(integer)])
    end;
expr(Environment, Kind, Depth) when Kind =:= number; Kind =:= float ->
    case below(6) of
        N when N < 3 -> op(pick(['+', '-', '*', '/']), ?E(number), ?E(number));
        3 -> call(float, [?E(number)]);
        4 -> call(math, pick([sqrt, sin, exp, ceil]), [?E(number)]);
        5 -> ?E(integer)
    end;
expr(Environment, boolean, Depth) ->
    case below(8) of
        0 -> op(pick(['and', 'or', 'xor', 'andalso', 'orelse']), ?E(boolean), ?E(boolean));
        1 -> {op, ?L, 'not', ?E(boolean)};
        2 -> call(pick([is_atom, is_integer, is_list, is_map, is_binary, is_bitstring, is_tuple, is_function, is_float, is_pid, is_boolean]), [?E(any)]);
        3 -> call(lists, member, [?E(any), ?E(list)]);
        4 -> call(is_map_key, [?E(any), ?E(map)]);
        5 -> call(is_function, [?E(any), int(below(3))]);
        _ -> op(pick(['<', '=<', '==', '=:=', '=/=', '/=', '>', '>=']), ?E(any), ?E(any))
    end;
expr(Environment, atom, Depth) ->
    case below(3) of
        0 -> call(erlang, get, [atom(a)]);
        1 -> call(element, [int(1), ?E(tuple)]);
        2 -> atom(pick([a, b, ok, error]))
    end;
expr(Environment, list, Depth) -> list(below(14), Environment, Depth);
expr(Environment, tuple, Depth) ->
    case below(7) of
        0 -> call(setelement, [int(1 + below(2)), ?E(tuple), ?E(any)]);
        1 -> call(list_to_tuple, [?E(list)]);
        2 -> {record, ?L, rec, [{record_field, ?L, atom(first), ?E(any)}]};
        3 -> {record, ?L, ?E(tuple), rec, [{record_field, ?L, atom(pick([second, third])), ?E(any)}, {record_field, ?L, atom(first), ?E(any)}]};
        4 -> {tuple, ?L, [{record_field, ?L, ?E(tuple), rec, atom(second)}, {record_index, ?L, rec, atom(third)}]};
        _ -> {tuple, ?L, [?E(any) || _ <- lists:seq(1, below(5))]}
    end;
expr(Environment, map, Depth) -> map(below(9), Environment, Depth);
expr(Environment, bits, Depth) -> bits(below(8), Environment, Depth);
expr(Environment, function, Depth) ->
    case below(4) of
        0 -> {'fun', ?L, {function, atom(erlang), atom(pick([abs, length, hd])), int(1)}};
        1 ->
            [Name, X] = [variable(), variable()],
            Inner = [{X, integer} | Environment],
            {named_fun, ?L, Name,
             [{clause, ?L, [var(X)], [[op('>', var(X), int(0)), op('<', var(X), int(9))]],
               [{cons, ?L, diff_expr:expr(Inner, any, Depth - 1), {call, ?L, var(Name), [op('-', var(X), int(1))]}}]},
              {clause, ?L, [var('_')], [], body(Environment, any, Depth - 1)}]};
        _ -> closure(1, Environment, any, [any], Depth)
    end.

list(0, Environment, Depth) -> op('++', ?E(list), ?E(list));
list(1, Environment, Depth) -> op('--', ?E(list), ?E(list));
list(2, Environment, Depth) -> call(lists, map, [closure(1, Environment, any, [any], Depth), ?E(list)]);
list(3, Environment, Depth) -> call(lists, foldl, [closure(2, Environment, any, [any, any], Depth), ?E(any), ?E(list)]);
list(4, Environment, Depth) -> call(lists, pick([reverse, sort, usort, flatten]), [?E(list)]);
list(5, Environment, Depth) -> call(tl, [?E(list)]);
list(6, Environment, Depth) -> call(pick([tuple_to_list, bitstring_to_list, binary_to_list, integer_to_list, atom_to_list]), [?E(pick([tuple, bits, integer, atom]))]);
list(N, Environment, Depth) when N < 10 ->
    {Qualifiers, Inner} = qualifiers(Environment, Depth),
    {lc, ?L, diff_expr:expr(Inner, any, Depth), Qualifiers};
list(10, Environment, Depth) -> call(maps, pick([keys, values, to_list]), [?E(map)]);
list(11, Environment, Depth) -> {call, ?L, ?E(function), [?E(any)]};
list(_, Environment, Depth) -> {cons, ?L, ?E(any), ?E(list)}.

%% Generators over lists and bit strings, with filters; a later one may use what an earlier one binds.
qualifiers(Environment, Depth) ->
    lists:mapfoldl(fun(_, Bound) -> qualifier(Bound, Depth) end, Environment, lists:seq(1, 1 + below(2))).

qualifier(Environment, Depth) ->
    case below(4) of
        0 ->
            {Segments, Bound} = diff_expr:segments([], 1 + below(2)),
            Pattern = {bin, ?L, [{bin_element, ?L, var('_'), int(1 + below(8)), default} | Segments]},
            {{b_generate, ?L, Pattern, ?E(bits)}, Bound ++ Environment};
        1 -> {?E(boolean), Environment};
        2 ->
            {[Pattern], Bound} = diff_expr:patterns([pick([any, tuple, list])], []),
            {{generate, ?L, Pattern, ?E(list)}, Bound ++ Environment};
        3 ->
            Name = variable(),
            {{generate, ?L, var(Name), ?E(list)}, [{Name, any} | Environment]}
    end.

map(0, Environment, Depth) -> {map, ?L, ?E(map), [{map_field_exact, ?L, ?E(any), ?E(any)}]};
map(1, Environment, Depth) -> call(maps, map, [closure(2, Environment, any, [any, any], Depth), ?E(map)]);
map(2, Environment, Depth) -> call(maps, from_list, [?E(list)]);
map(3, Environment, Depth) -> call(maps, merge, [?E(map), ?E(map)]);
map(4, Environment, Depth) -> call(maps, remove, [?E(any), ?E(map)]);
map(5, Environment, Depth) -> call(maps, get, [?E(any), ?E(map), ?E(any)]);
map(6, Environment, Depth) -> {map, ?L, ?E(map), [{map_field_assoc, ?L, ?E(any), ?E(any)} || _ <- lists:seq(1, 1 + below(3))]};
map(7, Environment, Depth) -> {map, ?L, ?E(map), [{map_field_assoc, ?L, atom(pick([a, b])), ?E(any)}, {map_field_exact, ?L, atom(pick([a, b])), ?E(any)}]};
map(8, Environment, Depth) -> {map, ?L, [{map_field_assoc, ?L, ?E(any), ?E(any)} || _ <- lists:seq(1, below(5))]}.

bits(0, Environment, Depth) ->
    {Qualifiers, Inner} = qualifiers(Environment, Depth),
    {bc, ?L, {bin, ?L, diff_expr:built_segments(Inner, 1 + below(2))}, Qualifiers};
bits(1, Environment, Depth) -> call(pick([list_to_binary, iolist_to_binary, list_to_bitstring, term_to_binary]), [?E(list)]);
bits(2, Environment, Depth) -> {bin, ?L, [{bin_element, ?L, ?E(bits), default, [bitstring]} | diff_expr:built_segments(Environment, 1 + below(2))]};
bits(3, Environment, Depth) ->
    Name = variable(),
    {block, ?L, [{match, ?L, {bin, ?L, [{bin_element, ?L, var('_'), int(below(10)), default}, {bin_element, ?L, var(Name), default, [bitstring]}]}, ?E(bits)}, var(Name)]};
bits(4, Environment, Depth) -> call(binary, pick([copy, encode_unsigned]), [?E(pick([bits, integer]))]);
bits(5, Environment, Depth) -> call(binary_part, [?E(bits), int(below(3)), int(below(4))]);
bits(_, Environment, _) -> {bin, ?L, diff_expr:built_segments(Environment, 1 + below(4))}.
