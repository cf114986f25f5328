%% SPDX-License-Identifier: Apache-2.0
%% @doc An actor of {@link diff_stage}: it does what it is told and answers. It receives nothing else, so that what others send waits until
%% it is told to take it.
-module(diff_actor).

-export([actor/0, born/2, matches/2]).

%% @doc An actor's life.
-spec actor() -> no_return().
actor() ->
    receive
        {told, From, Reference, hibernate} ->
            From ! {Reference, true},
            erlang:hibernate(?MODULE, actor, []);
        {told, From, Reference, What} ->
            From ! {Reference, obey(What)},
            actor();
        {greeting, From, Reference} ->
            From ! {greeted, Reference},
            actor();
        {request, Alias} ->
            Alias ! {Alias, answered},
            actor()
    end.

%% @doc The same, which says first that it is there.
-spec born(pid(), term()) -> no_return().
born(Stage, Key) ->
    Stage ! {born, Key, self()},
    actor().

%% @doc Whether what is taken by a pattern may be the message.
-spec matches(term(), term()) -> boolean().
matches(any, _) -> true;
matches(hello, {hello, _}) -> true;
matches(others, {hello, _}) -> false;
matches(others, _) -> true;
matches(down, {'DOWN', _, _, _, _}) -> true;
matches(exit, {'EXIT', _, _}) -> true;
matches({hello, Number}, {hello, Number}) -> true;
matches({about, Reference}, Message) -> is_tuple(Message) andalso tuple_size(Message) > 1 andalso element(2, Message) =:= Reference;
matches(_, _) -> false.

take(any, Patience) -> receive Message -> {got, Message} after Patience -> none end;
take(hello, Patience) -> receive {hello, _} = Message -> {got, Message} after Patience -> none end;
take(others, Patience) -> receive Message when element(1, Message) =/= hello -> {got, Message} after Patience -> none end;
take(down, Patience) -> receive {'DOWN', _, _, _, _} = Message -> {got, Message} after Patience -> none end;
take(exit, Patience) -> receive {'EXIT', _, _} = Message -> {got, Message} after Patience -> none end;
take({hello, Number}, Patience) -> receive {hello, Number} = Message -> {got, Message} after Patience -> none end;
take({about, Reference}, Patience) -> receive Message when element(2, Message) =:= Reference -> {got, Message} after Patience -> none end.

drain(Pattern) ->
    case take(Pattern, 0) of
        {got, Message} -> [Message | drain(Pattern)];
        none -> []
    end.

obey(look) ->
    {messages, Messages} = process_info(self(), messages),
    Messages;
obey({info, Item}) ->
    case process_info(self(), Item) of
        {Item, Value} -> Value;
        [] -> none
    end;
obey(nothing) -> true;
obey({spawn, Node, Options}) -> spawn_opt(Node, ?MODULE, actor, [], Options);
obey({send, To, Message}) ->
    try To ! Message of
        Message -> true
    catch error:Reason -> {error, Reason}
    end;
obey({stop, Reason}) -> exit(Reason);
obey({take, Pattern, Patience}) -> take(Pattern, Patience);
obey({drain, Pattern}) -> drain(Pattern);
obey({call, Pid}) ->
    Reference = monitor(process, Pid, [{alias, reply_demonitor}]),
    Pid ! {request, Reference},
    receive
        {Reference, Answer} -> Answer;
        {'DOWN', Reference, process, Pid, Reason} -> Reason
    end;
obey({abandon, Node, Options, Stage, Key}) ->
    Reference = spawn_request(Node, ?MODULE, born, [Stage, Key], Options),
    case spawn_request_abandon(Reference) of
        true -> true;
        false ->
            receive {spawn_reply, Reference, ok, Pid} -> forget(Pid, Reference) end,
            true
    end;
obey({greet, Pids}) ->
    References = [begin
                      Reference = make_ref(),
                      Pid ! {greeting, self(), Reference},
                      Reference
                  end || Pid <- Pids],
    [receive {greeted, Reference} -> ok end || Reference <- References],
    true;
obey({burst, Parts}) -> burst(Parts, []);
obey({M, F, Arguments}) ->
    try apply(M, F, Arguments)
    catch error:Reason -> {error, Reason}
    end.

%% A part may name what an earlier one gave.
burst([], Results) -> lists:reverse(Results);
burst([{M, F, [{part, N} | Arguments]} | Rest], Results) -> burst([{M, F, [lists:nth(N, lists:reverse(Results)) | Arguments]} | Rest], Results);
burst([{send, {part, N}, Message} | Rest], Results) -> burst([{send, lists:nth(N, lists:reverse(Results)), Message} | Rest], Results);
burst([Part | Rest], Results) -> burst(Rest, [obey(Part) | Results]).

forget(Pid, Reference) ->
    unlink(Pid),
    receive {'EXIT', Pid, _} -> ok after 0 -> ok end,
    demonitor(Reference, [flush]),
    exit(Pid, kill).
