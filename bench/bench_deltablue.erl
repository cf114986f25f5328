%% SPDX-License-Identifier: Apache-2.0
%% @doc DeltaBlue: a planner that keeps constraints of different strengths satisfied as some are added and removed. Its objects
%% refer to one another in circles and change, so they live in the process dictionary, under their numbers.
-module(bench_deltablue).

-export([run/1]).

%% Strengths, from the strongest; the weakest is that of a variable which nothing determines.
-define(REQUIRED, 0).
-define(PREFERRED, 2).
-define(STRONG_DEFAULT, 3).
-define(DEFAULT, 4).
-define(WEAKEST, 6).

-record(variable, {value, constraints = [], determined_by = none, mark = 0, strength = ?WEAKEST, stay = true}).
-record(constraint, {kind, strength, from, to, scale, offset, state = none}).

%% @doc A chain and a projection of so many variables; fails where a value is wrong.
-spec run(pos_integer()) -> ok.
run(N) ->
    put(last, 0),
    put(mark, 0),
    chain(N),
    projection(N).

%% A value goes along a chain of equal variables.
chain(N) ->
    First = variable(0),
    Last = lists:foldl(fun(_, Before) -> Next = variable(0), binary(equal, Before, Next), Next end, First, lists:seq(1, N)),
    unary(stay, Last, ?STRONG_DEFAULT),
    Edit = unary(edit, First, ?PREFERRED),
    Plan = plan_from(Edit),
    lists:foreach(fun(Value) -> assign(First, Value), execute_plan(Plan), Value = value(Last) end, lists:seq(1, 100)),
    remove(Edit).

%% Variables that are others times a scale plus an offset.
projection(N) ->
    Scale = variable(10),
    Offset = variable(1000),
    Pairs = [begin
                 From = variable(I),
                 To = variable(I),
                 unary(stay, From, ?DEFAULT),
                 add(#constraint{kind = scale, strength = ?REQUIRED, from = From, to = To, scale = Scale, offset = Offset}),
                 {I, From, To}
             end || I <- lists:seq(1, N)],
    {N, From, To} = lists:last(Pairs),
    change(From, 17),
    1170 = value(To),
    change(To, 1050),
    5 = value(From),
    Others = lists:droplast(Pairs),
    change(Scale, 5),
    [] = [I || {I, _, Dest} <- Others, value(Dest) =/= I * 5 + 1000],
    change(Offset, 2000),
    [] = [I || {I, _, Dest} <- Others, value(Dest) =/= I * 5 + 2000],
    ok.

change(Variable, Value) ->
    Edit = unary(edit, Variable, ?PREFERRED),
    Plan = plan_from(Edit),
    lists:foreach(fun(_) -> assign(Variable, Value), execute_plan(Plan) end, lists:seq(1, 10)),
    remove(Edit).

%% Objects.

new(Object) ->
    Number = get(last) + 1,
    put(last, Number),
    put(Number, Object),
    Number.

variable(Value) -> new(#variable{value = Value}).

value(Variable) -> (get(Variable))#variable.value.

assign(Variable, Value) -> put(Variable, (get(Variable))#variable{value = Value}).

unary(Kind, Variable, Strength) -> add(#constraint{kind = Kind, strength = Strength, to = Variable}).

binary(Kind, From, To) -> add(#constraint{kind = Kind, strength = ?REQUIRED, from = From, to = To}).

add(Constraint) ->
    Number = new(Constraint),
    _ = [put(V, (get(V))#variable{constraints = [Number | (get(V))#variable.constraints]}) || V <- variables(Constraint)],
    satisfy_all(Number),
    Number.

variables(#constraint{from = From, to = To, scale = Scale, offset = Offset}) -> [V || V <- [From, To, Scale, Offset], V =/= undefined].

%% Adding, and what that may push aside.

new_mark() -> put(mark, get(mark) + 1) + 1.

satisfy_all(Number) -> satisfy_all(Number, new_mark()).

satisfy_all(none, _) -> ok;
satisfy_all(Number, Mark) -> satisfy_all(satisfy(Number, Mark), Mark).

satisfy(Number, Mark) ->
    Constraint = choose(get(Number), Mark),
    put(Number, Constraint),
    case Constraint of
        #constraint{state = none, strength = ?REQUIRED} -> error(required);
        #constraint{state = none} -> none;
        _ ->
            _ = [put(V, (get(V))#variable{mark = Mark}) || V <- inputs(Constraint)],
            Out = output(Constraint),
            #variable{determined_by = Overridden} = Variable = get(Out),
            Overridden =:= none orelse put(Overridden, (get(Overridden))#constraint{state = none}),
            put(Out, Variable#variable{determined_by = Number}),
            propagate([Number], Mark),
            put(Out, (get(Out))#variable{mark = Mark}),
            Overridden
    end.

%% Which of its variables a constraint may determine: the weaker one, and none that this turn has touched.
choose(#constraint{from = undefined, to = To, strength = Strength} = Constraint, Mark) ->
    Constraint#constraint{state = forward_if(is_free(To, Mark, Strength))};
choose(#constraint{from = From, to = To, strength = Strength} = Constraint, Mark) ->
    #variable{mark = FromMark, strength = FromStrength} = get(From),
    #variable{mark = ToMark, strength = ToStrength} = get(To),
    State = if
                FromMark =:= Mark -> forward_if(is_free(To, Mark, Strength));
                ToMark =:= Mark; FromStrength > ToStrength ->
                    case is_free(From, Mark, Strength) of true -> backward; false -> none end;
                true -> forward_if(is_free(To, Mark, Strength))
            end,
    Constraint#constraint{state = State}.

forward_if(true) -> forward;
forward_if(false) -> none.

is_free(Variable, Mark, Strength) ->
    #variable{mark = Marked, strength = Walk} = get(Variable),
    Marked =/= Mark andalso Strength < Walk.

output(#constraint{state = backward, from = From}) -> From;
output(#constraint{to = To}) -> To.

inputs(#constraint{from = undefined}) -> [];
inputs(#constraint{state = backward, to = To} = Constraint) -> [To | others(Constraint)];
inputs(#constraint{from = From} = Constraint) -> [From | others(Constraint)].

others(#constraint{kind = scale, scale = Scale, offset = Offset}) -> [Scale, Offset];
others(_) -> [].

propagate([], _) -> ok;
propagate([Number | Rest], Mark) ->
    Constraint = get(Number),
    Out = output(Constraint),
    (get(Out))#variable.mark =:= Mark andalso error(cycle),
    recalculate(Constraint),
    propagate(consumers(Out, Rest), Mark).

%% The satisfied constraints that take a variable as an input.
consumers(Variable, Rest) ->
    #variable{constraints = Constraints, determined_by = Determining} = get(Variable),
    [Number || Number <- Constraints, Number =/= Determining, (get(Number))#constraint.state =/= none] ++ Rest.

recalculate(#constraint{strength = Strength} = Constraint) ->
    Out = output(Constraint),
    {Walk, Stay} = case inputs(Constraint) of
                       [] -> {Strength, Constraint#constraint.kind =:= stay};
                       [First | _] = In -> {max(Strength, (get(First))#variable.strength),
                                            lists:all(fun(V) -> (get(V))#variable.stay end, In)}
                   end,
    put(Out, (get(Out))#variable{strength = Walk, stay = Stay}),
    Stay andalso execute(Constraint).

execute(#constraint{from = undefined}) -> ok;
execute(#constraint{kind = equal, state = forward, from = From, to = To}) -> assign(To, value(From));
execute(#constraint{kind = equal, from = From, to = To}) -> assign(From, value(To));
execute(#constraint{state = forward, from = From, to = To, scale = Scale, offset = Offset}) ->
    assign(To, value(From) * value(Scale) + value(Offset));
execute(#constraint{from = From, to = To, scale = Scale, offset = Offset}) ->
    assign(From, (value(To) - value(Offset)) div value(Scale)).

%% Removing, and what that may let in.

remove(Number) ->
    Constraint = get(Number),
    Out = output(Constraint),
    put(Number, Constraint#constraint{state = none}),
    _ = [put(V, (get(V))#variable{constraints = lists:delete(Number, (get(V))#variable.constraints)}) || V <- variables(Constraint)],
    put(Out, (get(Out))#variable{determined_by = none, strength = ?WEAKEST, stay = true}),
    Unsatisfied = [{(get(C))#constraint.strength, C} || C <- unsatisfied([Out], [])],
    lists:foreach(fun({_, C}) -> satisfy_all(C) end, lists:keysort(1, Unsatisfied)).

unsatisfied([], Found) -> lists:reverse(Found);
unsatisfied([Variable | Rest], Found) ->
    None = [C || C <- (get(Variable))#variable.constraints, (get(C))#constraint.state =:= none],
    Outs = [begin recalculate(get(C)), output(get(C)) end || C <- consumers(Variable, [])],
    unsatisfied(Outs ++ Rest, lists:reverse(None, Found)).

%% A plan: the constraints to execute in order when an edited variable changes.

plan_from(Edit) ->
    case get(Edit) of
        #constraint{state = none} -> [];
        _ -> plan([Edit], new_mark())
    end.

plan([], _) -> [];
plan([Number | Rest], Mark) ->
    Constraint = get(Number),
    Out = output(Constraint),
    case (get(Out))#variable.mark =/= Mark andalso lists:all(fun(V) -> is_known(get(V), Mark) end, inputs(Constraint)) of
        true -> put(Out, (get(Out))#variable{mark = Mark}), [Number | plan(consumers(Out, Rest), Mark)];
        false -> plan(Rest, Mark)
    end.

is_known(#variable{mark = Marked, stay = Stay, determined_by = By}, Mark) -> Marked =:= Mark orelse Stay orelse By =:= none.

execute_plan(Plan) -> lists:foreach(fun(Number) -> execute(get(Number)) end, Plan).
