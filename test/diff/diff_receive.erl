%% SPDX-License-Identifier: Apache-2.0
%% @doc Random functions that fill their mailbox with messages of one shape and look for some of them: by position, by what is bound, by guards
%% that compute, match bit strings and need memory, once and again, behind others, with more coming in between.
-module(diff_receive).

-export([function/1]).

-import(diff_term, [pick/1, chance/1, below/1]).
-import(diff_expr, [variable/0]).

-define(L, get(line)).

var(Name) -> {var, ?L, Name}.
atom(Atom) -> {atom, ?L, Atom}.
int(N) -> {integer, ?L, N}.
call(Name, Arguments) -> {call, ?L, atom(Name), Arguments}.
call(Module, Name, Arguments) -> {call, ?L, {remote, ?L, atom(Module), atom(Name)}, Arguments}.
send(Message) -> {op, ?L, '!', call(self, []), Message}.
list(Elements) -> lists:foldr(fun(E, Tail) -> {cons, ?L, E, Tail} end, {nil, ?L}, Elements).

%% @doc Its form and the kinds of its three arguments: contents of messages, and two terms to compare with.
-spec function(atom()) -> {erl_parse:abstract_form(), [atom() | tuple()]}.
function(Name) ->
    [A, B, C, Number, Content] = [variable() || _ <- lists:seq(1, 5)],
    Kind = pick([bits, bits, integer, number, tuple, list, map, any, binary, float, big]),
    Shape = below(7),
    Fill = {lc, ?L, send(message(Shape, var(Number), var(Content))),
            [{generate, ?L, var(Number), call(lists, seq, [int(1), int(1 + below(9))])}, {generate, ?L, var(Content), var(A)}]},
    Environment = [{B, small}, {C, Kind}],
    {Steps, Found} = steps(1 + below(4), Shape, Kind, Environment),
    Result = {tuple, ?L, [var(F) || F <- Found] ++ [rest()]},
    {{function, ?L, Name, 3, [{clause, ?L, [var(A), var(B), var(C)], [], [Fill] ++ Steps ++ [Result]}]}, [{list, Kind}, small, Kind]}.

message(0, Number, Content) -> {tuple, ?L, [Number, Content]};
message(1, Number, Content) -> {tuple, ?L, [atom(tag), Number, Content]};
message(2, Number, Content) -> {tuple, ?L, [Content, Number]};
message(3, Number, Content) -> {cons, ?L, Number, Content};
message(4, _, Content) -> Content;
message(5, Number, Content) -> {tuple, ?L, [atom(tag), {tuple, ?L, [Number, Content]}, Content, atom('end')]};
message(6, Number, Content) -> {map, ?L, [{map_field_assoc, ?L, atom(number), Number}, {map_field_assoc, ?L, atom(content), Content}]}.

pattern(6, Number, Content) -> {map, ?L, [{map_field_exact, ?L, atom(number), Number}, {map_field_exact, ?L, atom(content), Content}]};
pattern(5, Number, Content) -> {tuple, ?L, [atom(tag), {tuple, ?L, [Number, var('_')]}, Content, var('_')]};
pattern(Shape, Number, Content) -> message(Shape, Number, Content).

steps(0, _, _, _) -> {[], []};
steps(N, Shape, Kind, Environment) ->
    {Step, Bound} = step(below(8), Shape, Kind, Environment),
    {More, Found} = steps(N - 1, Shape, Kind, [{Name, any} || Name <- Bound] ++ Environment),
    {[Step | More], Bound ++ Found}.

step(0, Shape, Kind, Environment) -> {send(message(Shape, int(below(12)), diff_expr:expr(Environment, Kind, 1))), []};
step(1, _, _, _) -> {call(erlang, garbage_collect, []), []};
step(N, Shape, Kind, Environment) when N < 5 ->
    Name = variable(),
    {{match, ?L, var(Name), found(Shape, Kind, Environment)}, [Name]};
%% The same receive several times, for different values; at times with a message more each time.
step(_, Shape, Kind, Environment) ->
    [Name, Sought] = [variable(), variable()],
    Found = found(Shape, Kind, [{Sought, small} | Environment]),
    Each = case chance(30) of
               true -> {block, ?L, [send(message(Shape, var(Sought), diff_expr:expr(Environment, Kind, 1))), Found]};
               false -> Found
           end,
    Values = list([pick([int(below(12)), var(element(1, pick(Environment)))]) || _ <- lists:seq(1, 2 + below(8))]),
    {{match, ?L, var(Name), {lc, ?L, Each, [{generate, ?L, var(Sought), Values}]}}, [Name]}.

found(Shape, Kind, Environment) ->
    Clauses = [clause(Shape, Kind, Environment) || _ <- lists:seq(1, pick([1, 1, 1, 2, 3]))],
    Late = case chance(15) of
               true -> found(Shape, Kind, Environment);
               false -> atom(none)
           end,
    {'receive', ?L, Clauses, int(0), [Late]}.

clause(Shape, Kind, Environment) ->
    {Number, Bound} = number(Environment),
    {[Content], More} = case chance(60) of
                            true -> diff_expr:patterns([Kind], Bound ++ Environment);
                            false -> {[var('_')], []}
                        end,
    Inner = Bound ++ More ++ Environment,
    Guards = case {Bound, below(4)} of
                 {[{Name, _}], N} when N > 1 -> [[{op, ?L, pick(['=:=', '=:=', '==', '=/=', '>']), var(Name), computed(Environment)}]];
                 {[{Name, _}], 1} -> [[{op, ?L, pick(['=:=', '>']), large(var(Name)), computed(Environment)}]];
                 _ -> diff_expr:guards(Inner)
             end,
    Shown = case chance(70) of
                true -> {tuple, ?L, [var(Name) || {Name, _} <- Bound ++ More]};
                false -> diff_expr:expr(Inner, any, 1)
            end,
    {clause, ?L, [pattern(Shape, Number, Content)], Guards, [Shown]}.

number(Environment) ->
    case below(4) of
        0 -> {int(below(12)), []};
        1 -> {var(element(1, pick(Environment))), []};
        2 -> {var('_'), []};
        3 ->
            Name = variable(),
            {var(Name), [{Name, small}]}
    end.

%% From what is bound, without what the message holds: small, large or a failure.
computed(Environment) ->
    {Name, _} = pick(Environment),
    case below(7) of
        6 -> large(var(Name));
        0 -> {op, ?L, pick(['+', '-', '*', 'rem']), var(Name), int(below(5))};
        1 -> {op, ?L, '-', var(Name)};
        2 -> {op, ?L, 'div', {op, ?L, '*', var(Name), int(1 bsl 70)}, int(1 bsl 70)};
        3 -> call(pick([abs, round, length, hd, byte_size]), [var(Name)]);
        4 -> {op, ?L, '+', {op, ?L, '-', var(Name), int(1 + below(3))}, int(below(4))};
        5 -> var(Name)
    end.

%% The same number, by way of very large ones.
large(Value) ->
    case below(2) of
        0 -> {op, ?L, 'bsr', {op, ?L, '*', Value, int(1 bsl 3000)}, int(3000)};
        1 -> {op, ?L, 'div', {op, ?L, '*', {op, ?L, '*', Value, int(1 bsl 5000)}, int(1 bsl 4000)}, int(1 bsl 9000)}
    end.

rest() ->
    [Next, Message] = [variable(), variable()],
    Take = {'receive', ?L, [{clause, ?L, [var(Message)], [], [{cons, ?L, var(Message), {call, ?L, var(Next), []}}]}], int(0), [{nil, ?L}]},
    {call, ?L, {named_fun, ?L, Next, [{clause, ?L, [], [], [Take]}]}, []}.
