%% SPDX-License-Identifier: Apache-2.0
%% @doc Modules of random functions, as abstract forms, with calls of them. A function gets three arguments; it may call those before it,
%% itself in a loop that ends, and closures. Whatever its types, every run ends: no other loop exists.
%%
%% Variables are never named twice in a module, and one that is bound inside a clause is not used outside it, so that nearly
%% everything compiles; what does not is thrown away.
-module(diff_code).

-export([module/0, compile/2, text/1]).

-import(diff_term, [pick/1, chance/1, below/1]).
-import(diff_expr, [variable/0, body/3]).

-define(FUNCTIONS, 5).
-define(CALLS, 10).

%% Options of the compiler that choose other instructions or another shape of the code.
-define(OPTIONS, [[], [], [inline], [r24], [r23], [r22], [no_copt], [no_bsm_opt], [no_type_opt], [no_ssa_opt], [no_fun_opt], [no_recv_opt], [{inline_size, 100}, inline],
                  [no_bool_opt], [no_share_opt], [no_bs_match], [no_init_yregs], [no_stack_trimming], [no_module_opt], [no_copt, r22], [no_ssa_opt, r23],
                  [no_postopt], [no_postopt], [no_make_fun3], [no_copt, no_postopt], [no_ssa_opt, no_postopt, r22], [deterministic]]).

%% @doc A module's name, its forms, the options to compile it with, and calls of its functions.
-spec module() -> {module(), [erl_parse:abstract_form()], [compile:option()], [{module(), atom(), [term()]}]}.
module() ->
    Module = list_to_atom("diff_generated_" ++ integer_to_list(below(16))),
    put(variables, 0),
    Functions = [function(N) || N <- lists:seq(1, ?FUNCTIONS)],
    Forms = [{attribute, 1, module, Module},
             {attribute, 2, compile, [export_all, nowarn_export_all]},
             {attribute, 3, record, {rec, [{record_field, 3, {atom, 3, first}}, {record_field, 3, {atom, 3, second}, {integer, 3, 7}},
                                           {record_field, 3, {atom, 3, third}}]}}
             | [Form || {Form, _, _} <- Functions]] ++ [{eof, 1000}],
    Calls = [{Module, Name, [argument(Type) || Type <- Types]} || {_, Name, Types} <- Functions, _ <- lists:seq(1, ?CALLS)],
    {Module, Forms, pick(?OPTIONS), Calls}.

argument(Type) ->
    case chance(85) of
        true -> diff_term:type(Type);
        false -> diff_term:any()
    end.

%% @doc The object code of the forms.
-spec compile([erl_parse:abstract_form()], [compile:option()]) -> {ok, binary()} | error.
compile(Forms, Options) ->
    Leader = group_leader(),
    group_leader(silent(), self()),
    try compile:forms(Forms, [binary, return_errors | Options]) of
        {ok, _, Binary} -> {ok, Binary};
        {ok, _, Binary, _} -> {ok, Binary};
        _ -> error
    catch
        _:_ -> error
    after
        group_leader(Leader, self())
    end.

%% A compiler pass that fails prints so: to nobody.
silent() ->
    case get(silent) of
        undefined ->
            Leader = tandem_capture:start_link(),
            put(silent, Leader),
            Leader;
        Leader -> Leader
    end.

%% @doc The forms as text.
-spec text([erl_parse:abstract_form()]) -> iolist().
text(Forms) ->
    [erl_pp:form(Form, [{encoding, unicode}]) || Form <- Forms, element(1, Form) =/= eof].

function(N) ->
    Name = list_to_atom("f" ++ integer_to_list(N)),
    put(function, N),
    put(line, N * 100),
    case below(5) of
        0 -> list_loop(Name);
        1 -> counted_loop(Name);
        2 -> binary_loop(Name);
        3 ->
            {Form, Types} = diff_receive:function(Name),
            {Form, Name, Types};
        _ -> clauses(Name)
    end.

%% Several clauses with patterns and guards, then one that takes everything (or not: a function_clause).
clauses(Name) ->
    Types = [pick([integer, integer, number, list, tuple, map, binary, bits, float, any, atom, latin1, small]) || _ <- [1, 2, 3]],
    Special = [clause(Types) || _ <- lists:seq(1, below(4))],
    Last = case chance(90) of
               true ->
                   Variables = [variable() || _ <- Types],
                   [{clause, line(), [{var, line(), V} || V <- Variables], [], body(lists:zip(Variables, Types), any, 4)}];
               false -> []
           end,
    case Special ++ Last of
        [] -> clauses(Name);
        Clauses -> {{function, line(), Name, 3, Clauses}, Name, Types}
    end.

clause(Types) ->
    {Patterns, Environment} = diff_expr:patterns(Types, []),
    {clause, line(), Patterns, diff_expr:guards(Environment), body(Environment, any, 3)}.

line() ->
    Line = get(line),
    put(line, Line + below(2)),
    Line.

%% name([H | T], B, C) -> step, name(T, ..); once over a list.
list_loop(Name) ->
    [H, T, B, C, X, Y, Z] = [variable() || _ <- lists:seq(1, 7)],
    Environment = [{H, any}, {B, integer}, {C, any}],
    Next = {call, line(), {atom, line(), Name}, [{var, line(), T}, diff_expr:expr(Environment, integer, 2), diff_expr:expr(Environment, any, 2)]},
    Step = case below(3) of
               0 -> [Next];
               1 -> [{cons, line(), diff_expr:expr(Environment, any, 3), Next}];
               2 -> lists:droplast(body(Environment, any, 2)) ++ [Next]
           end,
    {{function, line(), Name, 3,
      [{clause, line(), [{cons, line(), {var, line(), H}, {var, line(), T}}, {var, line(), B}, {var, line(), C}], [], Step},
       {clause, line(), [{var, line(), X}, {var, line(), Y}, {var, line(), Z}], [], body([{X, any}, {Y, integer}, {Z, any}], any, 3)}]},
     Name, [pick([list, {list, integer}, {list, bits}, latin1]), integer, any]}.

%% name(N, B, C) when N > 0 -> step, name(N - 1, ..).
counted_loop(Name) ->
    [N, B, C, X, Y, Z] = [variable() || _ <- lists:seq(1, 6)],
    Environment = [{N, integer}, {B, integer}, {C, any}],
    Guard = [[{op, line(), '>', {var, line(), N}, {integer, line(), 0}}, {op, line(), '<', {var, line(), N}, {integer, line(), 20}}]],
    Next = {call, line(), {atom, line(), Name},
            [{op, line(), '-', {var, line(), N}, {integer, line(), 1}}, diff_expr:expr(Environment, integer, 2), diff_expr:expr(Environment, any, 2)]},
    Step = case below(3) of
               0 -> [Next];
               1 -> [{tuple, line(), [diff_expr:expr(Environment, any, 2), Next]}];
               2 -> lists:droplast(body(Environment, any, 3)) ++ [Next]
           end,
    {{function, line(), Name, 3,
      [{clause, line(), [{var, line(), N}, {var, line(), B}, {var, line(), C}], Guard, Step},
       {clause, line(), [{var, line(), X}, {var, line(), Y}, {var, line(), Z}], [], body([{X, any}, {Y, integer}, {Z, any}], any, 3)}]},
     Name, [small, integer, any]}.

%% name(<<Segments, Rest/bits>>, B, C) -> step, name(Rest, ..): a match context that is handed on, or a binary that grows.
binary_loop(Name) ->
    [Rest, B, C, X, Y, Z] = [variable() || _ <- lists:seq(1, 6)],
    {Segments, Bound} = diff_expr:segments([], 1 + below(2)),
    %% At least a bit goes with every turn.
    Consuming = [{bin_element, line(), {var, line(), '_'}, {integer, line(), 1 + below(9)}, default} | Segments],
    Environment = [{B, integer}, {C, bits} | Bound],
    Grown = case chance(60) of
                true -> {bin, line(), [{bin_element, line(), {var, line(), C}, default, [bits]} | diff_expr:built_segments(Environment, 1 + below(2))]};
                false -> diff_expr:expr(Environment, any, 2)
            end,
    Next = {call, line(), {atom, line(), Name}, [{var, line(), Rest}, diff_expr:expr(Environment, integer, 2), Grown]},
    Step = case below(3) of
               0 -> [{cons, line(), diff_expr:expr(Environment, any, 2), Next}];
               _ -> [Next]
           end,
    Pattern = {bin, line(), Consuming ++ [{bin_element, line(), {var, line(), Rest}, default, [bitstring]}]},
    {{function, line(), Name, 3,
      [{clause, line(), [Pattern, {var, line(), B}, {var, line(), C}], [], Step},
       {clause, line(), [{var, line(), X}, {var, line(), Y}, {var, line(), Z}], [], body([{X, bits}, {Y, integer}, {Z, bits}], any, 3)}]},
     Name, [pick([bits, binary, utf8]), integer, bits]}.
