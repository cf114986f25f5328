%% SPDX-License-Identifier: Apache-2.0
%% @doc Takes out of a term what may differ between two runs of one program: pids, references and ports become numbers in the order
%% in which they appear, and the name of the node a fixed one; within text as well.
-module(tandem_normal).

-export([term/2]).

%% @doc The term without identities; the node is the one that ran the program.
-spec term(term(), node()) -> term().
term(Term, Node) ->
    {Normal, _} = walk(Term, #{node => Node}),
    Normal.

walk(Pid, Seen) when is_pid(Pid) -> number('$pid', Pid, Seen);
walk(Reference, Seen) when is_reference(Reference) -> number('$reference', Reference, Seen);
walk(Port, Seen) when is_port(Port) -> number('$port', Port, Seen);
walk(Node, #{node := Node} = Seen) -> {'$node', Seen};
walk(Fun, Seen) when is_function(Fun) -> function(Fun, Seen);
walk(Binary, Seen) when is_binary(Binary) -> {text(Binary, Seen), Seen};
walk(Tuple, Seen) when is_tuple(Tuple) ->
    {Elements, Seen1} = lists:mapfoldl(fun walk/2, Seen, tuple_to_list(Tuple)),
    {list_to_tuple(Elements), Seen1};
walk([_ | _] = List, Seen) ->
    case io_lib:char_list(List) of
        true -> {unicode:characters_to_list(text(unicode:characters_to_binary(List), Seen)), Seen};
        false -> list(List, Seen, [])
    end;
walk(Map, Seen) when is_map(Map) ->
    {Pairs, Seen1} = lists:mapfoldl(fun walk/2, Seen, lists:sort(maps:to_list(Map))),
    {maps:from_list(Pairs), Seen1};
walk(Other, Seen) ->
    {Other, Seen}.

list([Head | Tail], Seen, Done) ->
    {Normal, Seen1} = walk(Head, Seen),
    list(Tail, Seen1, [Normal | Done]);
list([], Seen, Done) ->
    {lists:reverse(Done), Seen};
list(Tail, Seen, Done) ->
    {Normal, Seen1} = walk(Tail, Seen),
    {lists:reverse(Done, Normal), Seen1}.

number(Kind, Identity, Seen) ->
    case Seen of
        #{Identity := Number} ->
            {{Kind, Number}, Seen};
        #{} ->
            Number = maps:get(Kind, Seen, 1),
            {{Kind, Number}, Seen#{Identity => Number, Kind => Number + 1}}
    end.

function(Fun, Seen) ->
    Info = fun(Key) -> element(2, erlang:fun_info(Fun, Key)) end,
    case Info(type) of
        external -> {Fun, Seen};
        local ->
            {Environment, Seen1} = walk(Info(env), Seen),
            {{'$fun', Info(module), Info(arity), Environment}, Seen1}
    end.

text(Binary, #{node := Node}) ->
    Name = atom_to_list(Node),
    Rows = [{"<[0-9]+\\.[0-9]+\\.[0-9]+>", "<pid>"},
            {"(#Ref|#Reference)<[0-9.]+>", "\\1<>"},
            {"#Port<[0-9.]+>", "#Port<>"},
            {["'?", Name, "'?"], "$node"}],
    lists:foldl(fun({Pattern, Replacement}, Text) ->
                        re:replace(Text, Pattern, Replacement, [global, {return, binary}])
                end, Binary, Rows).
