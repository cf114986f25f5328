%% SPDX-License-Identifier: Apache-2.0
%% @doc Random expressions about exceptions and messages.
-module(diff_control).

-export([expr/3]).

-import(diff_term, [pick/1, chance/1, below/1]).
-import(diff_expr, [variable/0, body/3]).

-define(L, get(line)).
-define(E(Kind), diff_expr:expr(Environment, Kind, Depth)).

var(Name) -> {var, ?L, Name}.
atom(Atom) -> {atom, ?L, Atom}.
int(N) -> {integer, ?L, N}.

%% @doc An expression that gives a term of the kind, if it gives one.
-spec expr([{atom(), term()}], atom(), integer()) -> erl_parse:abstract_expr().
expr(Environment, Kind, Depth) ->
    case below(12) of
        0 -> {'catch', ?L, ?E(Kind)};
        1 -> {call, ?L, atom(pick([throw, exit, error])), [?E(any)]};
        2 -> {call, ?L, {remote, ?L, atom(erlang), atom(error)}, [?E(any), ?E(list)]};
        3 -> received(Environment, Kind, Depth);
        4 -> {call, ?L, {remote, ?L, atom(pick([lists, maps, erlang])), atom(pick([nth, get, element, last, hd]))}, [?E(any) || _ <- lists:seq(1, 1 + below(2))]};
        5 -> {call, ?L, {remote, ?L, atom(erlang), atom(raise)}, [atom(pick([error, exit, throw])), ?E(any), {nil, ?L}]};
        6 -> {'try', ?L, body(Environment, Kind, Depth), [], [], body(Environment, any, Depth)};
        _ -> tried(Environment, Kind, Depth)
    end.

tried(Environment, Kind, Depth) ->
    Cases = case below(3) of
                0 ->
                    Name = variable(),
                    [{clause, ?L, [var(Name)], diff_expr:guards([{Name, any}]), body([{Name, any} | Environment], Kind, Depth)}];
                _ -> []
            end,
    After = case chance(30) of
                true -> body(Environment, any, Depth - 1);
                false -> []
            end,
    {'try', ?L, body(Environment, any, Depth), Cases, [handler(Environment, Kind, Depth) || _ <- lists:seq(1, 1 + below(2))], After}.

%% A handler that looks at the class, the reason, the stack trace, or passes it all on.
handler(Environment, Kind, Depth) ->
    [Class, Reason, Stack] = [variable(), variable(), variable()],
    Inner = [{Reason, any} | Environment],
    case below(6) of
        0 -> caught(atom(throw), Reason, '_', diff_expr:guards(Inner), body(Inner, Kind, Depth));
        1 -> caught(atom(error), Reason, '_', [], [{tuple, ?L, [atom(caught), var(Reason)]}]);
        2 -> caught(var(Class), Reason, Stack, [], [{tuple, ?L, [var(Class), var(Reason), var(Stack)]}]);
        3 -> caught(var(Class), Reason, Stack, [], [{call, ?L, {remote, ?L, atom(erlang), atom(raise)}, [var(Class), var(Reason), var(Stack)]}]);
        4 -> caught(var(Class), Reason, Stack, diff_expr:guards(Inner), [{cons, ?L, var(Class), {cons, ?L, diff_expr:expr(Inner, any, Depth - 1), var(Stack)}}]);
        5 -> caught(var('_'), Reason, '_', [], body(Inner, Kind, Depth))
    end.

caught(Class, Reason, Stack, Guards, Body) ->
    {clause, ?L, [{tuple, ?L, [Class, var(Reason), var(Stack)]}], Guards, Body}.

%% Something sent to oneself, then looked for; nothing waits longer than a moment.
received(Environment, Kind, Depth) ->
    {[Pattern], Bound} = diff_expr:patterns([pick([any, tuple, integer])], Environment),
    Inner = Bound ++ Environment,
    Clauses = [{clause, ?L, [Pattern], diff_expr:guards(Inner), body(Inner, Kind, Depth)}],
    Receive = {'receive', ?L, Clauses, int(below(2)), body(Environment, Kind, Depth)},
    case below(3) of
        0 -> Receive;
        1 ->
            Tag = variable(),
            {block, ?L, [{match, ?L, var(Tag), {call, ?L, atom(make_ref), []}},
                         {op, ?L, '!', {call, ?L, atom(self), []}, {tuple, ?L, [var(Tag), ?E(any)]}},
                         {'receive', ?L, [{clause, ?L, [{tuple, ?L, [var(Tag), var(variable())]}], [], body(Environment, Kind, Depth)}], int(0), [atom(late)]}]};
        2 -> {block, ?L, [{op, ?L, '!', {call, ?L, atom(self), []}, ?E(any)}, Receive]}
    end.
