%% SPDX-License-Identifier: Apache-2.0
%% @doc Where a history of processes is played: the actors' pids, the references behind numbers, and what each actor has received.
%% Everything belongs to the process that opened the stage.
%%
%% A command is performed by an actor; then all must become quiet. The actor, if it lives, exchanges a message with every other
%% actor, so that its signals have been seen; and what {@link diff_rules} expects is waited for.
-module(diff_stage).

-export([open/1, close/0, perform/1, is_same_node/2, node_of/1]).
-export([actor/0]).

%% Milliseconds for what is expected to come; less will do to look for a smaller history.
-define(PATIENCE, 5_000).
-define(LITTLE_PATIENCE, 400).

%% @doc Opens a stage whose place `there' is that node.
-spec open(node()) -> ok.
open(Node) ->
    put(diff_stage, #{there => Node, here => node(), rules => diff_rules:new(), pids => #{}, references => #{}, turn => 0}),
    ok.

%% @doc Ends every actor; gives what they had received beyond what was expected.
-spec close() -> [term()].
close() ->
    #{pids := Pids, rules := Rules} = get(diff_stage),
    timer:sleep(2),
    Left = [{Id, News} || Id <- diff_rules:alive(Rules), News <- [received(Id)], News =/= []],
    _ = [exit(Pid, kill) || Pid <- maps:values(Pids)],
    _ = [receive {'DOWN', _, process, Pid, _} -> ok after ?PATIENCE -> ok end || Pid <- maps:values(Pids)],
    Left.

%% @doc The node of a place.
-spec node_of(here | there) -> node().
node_of(Place) ->
    case get(diff_stage) of
        #{Place := Node} -> Node;
        undefined -> Place
    end.

%% @doc Whether two places are on one node.
-spec is_same_node(here | there, here | there) -> boolean().
is_same_node(A, B) -> node_of(A) =:= node_of(B).

%% @doc Performs a command; `ok' if everything is as the rules say. What is wrong is kept under `diff_wrong'.
-spec perform(tuple()) -> ok | wrong.
perform(Command) ->
    #{rules := Rules, turn := Turn} = Stage = get(diff_stage),
    {Result, News, After} = diff_rules:step(Command, Rules),
    put(diff_stage, Stage#{rules := After, turn := Turn + 1}),
    Seen = do(Command, Turn + 1),
    Dead = diff_rules:actors(Rules) -- diff_rules:actors(After),
    case {agrees(Result, Seen), [Id || Id <- Dead, not is_gone(Id)]} of
        {true, []} ->
            settle(Command, After),
            compare(Command, News, After);
        {Agrees, Alive} ->
            wrong(Command, #{result => Seen, expected => Result, agrees => Agrees, alive => Alive})
    end.

wrong(Command, What) ->
    put(diff_wrong, {Command, What}),
    wrong.

agrees(any, _) -> true;
agrees({WasRunning, Last}, {Left, Last}) when is_boolean(WasRunning) -> is_integer(Left) =:= WasRunning;
agrees(Result, Result) -> true;
agrees(_, _) -> false.

is_gone(Id) ->
    Pid = pid(Id),
    receive {'DOWN', _, process, Pid, _} = Down ->
            self() ! Down,
            true
    after patience() -> false
    end.

settle({nothing}, _) ->
    true;
settle(Command, Rules) ->
    Alive = diff_rules:actors(Rules),
    Acting = element(2, Command),
    case lists:member(Acting, Alive) of
        true -> ask(Acting, {greet, [pid(Id) || Id <- Alive, Id =/= Acting]});
        false -> true
    end.

compare(Command, News, Rules) ->
    Wanted = [{Id, lists:sort([Message || {Who, Message} <- News, Who =:= Id])} || Id <- diff_rules:actors(Rules)],
    case [{Id, Expected, Got} || {Id, Expected} <- Wanted, Got <- [collect(Id, length(Expected), now_ms() + patience(), [])], Got =/= Expected] of
        [] -> ok;
        Differing -> wrong(Command, Differing)
    end.

patience() ->
    case get(diff_impatient) of
        true -> ?LITTLE_PATIENCE;
        _ -> ?PATIENCE
    end.

now_ms() -> erlang:monotonic_time(millisecond).

collect(Id, Count, End, Before) ->
    Got = lists:sort(received(Id) ++ Before),
    case length(Got) >= Count orelse now_ms() > End of
        true -> Got;
        false ->
            timer:sleep(1),
            collect(Id, Count, End, Got)
    end.

%% What has arrived since the last time, with numbers for identities.
received(Id) ->
    case ask(Id, collect) of
        {messages, Messages} -> [message(M) || M <- Messages];
        Other -> [Other]
    end.

message({'DOWN', Reference, process, _, Reason}) -> {down, number(Reference), Reason};
message({'EXIT', Pid, Reason}) -> {exit, id(Pid), Reason};
message(Other) -> Other.

number(Reference) ->
    #{references := References} = get(diff_stage),
    case [Number || {Number, R} <- maps:to_list(References), R =:= Reference] of
        [Number] -> Number;
        _ -> {unknown, Reference}
    end.

id(Pid) ->
    #{pids := Pids} = get(diff_stage),
    case [Id || {Id, P} <- maps:to_list(Pids), P =:= Pid] of
        [Id] -> Id;
        _ -> {unknown, Pid}
    end.

pid(Id) -> maps:get(Id, maps:get(pids, get(diff_stage))).

reference(Number) -> maps:get(Number, maps:get(references, get(diff_stage))).

keep(Key, Name, Value) ->
    Stage = get(diff_stage),
    Map = maps:get(Key, Stage),
    put(diff_stage, Stage#{Key := Map#{Name => Value}}),
    true.

born(Pid) ->
    _ = erlang:monitor(process, Pid),
    keep(pids, map_size(maps:get(pids, get(diff_stage))) + 1, Pid).

do({nothing}, _) -> true;
do({spawn, Place}, _) -> born(spawn(node_of(Place), ?MODULE, actor, []));
do({spawn_with, A, Place, Options}, Turn) ->
    case ask(A, {spawn, node_of(Place), Options}) of
        {Pid, Reference} ->
            keep(references, Turn, Reference),
            born(Pid);
        Pid when is_pid(Pid) -> born(Pid);
        Other -> Other
    end;
do({send, A, B}, Turn) -> ask(A, {send, pid(B), {hello, Turn}});
do({send_name, A, Place, Name}, Turn) -> ask(A, {send, {Name, node_of(Place)}, {hello, Turn}});
do({link, A, B}, _) -> ask(A, {erlang, link, [pid(B)]});
do({unlink, A, B}, _) -> ask(A, {erlang, unlink, [pid(B)]});
do({monitor, A, B}, Turn) -> keep_reference(Turn, ask(A, {erlang, monitor, [process, pid(B)]}));
do({monitor_name, A, Place, Name}, Turn) -> keep_reference(Turn, ask(A, {erlang, monitor, [process, {Name, node_of(Place)}]}));
do({demonitor, A, Number, Options}, _) -> ask(A, {erlang, demonitor, [reference(Number), Options]});
do({alias, A, explicit_unalias}, Turn) -> keep_reference(Turn, ask(A, {erlang, alias, []}));
do({alias, A, Mode}, Turn) -> keep_reference(Turn, ask(A, {erlang, alias, [[Mode]]}));
do({monitor_alias, A, B, Mode}, Turn) -> keep_reference(Turn, ask(A, {erlang, monitor, [process, pid(B), [{alias, Mode}]]}));
do({send_alias, A, Number}, Turn) -> ask(A, {send, reference(Number), {hello, Turn}});
do({unalias, A, Number}, _) -> ask(A, {erlang, unalias, [reference(Number)]});
do({exit, A, B, Reason}, _) -> ask(A, {erlang, exit, [pid(B), Reason]});
do({stop, A, Reason}, _) -> ask(A, {stop, Reason});
do({trap, A, Traps}, _) -> ask(A, {erlang, process_flag, [trap_exit, Traps]});
do({register, A, Name}, _) -> ask(A, {erlang, register, [Name, pid(A)]});
do({register_other, A, B, Name}, _) -> ask(A, {erlang, register, [Name, pid(B)]});
do({unregister, A, Name}, _) -> ask(A, {erlang, unregister, [Name]});
do({whereis, A, Name}, _) ->
    case ask(A, {erlang, whereis, [Name]}) of
        Pid when is_pid(Pid) -> {actor, id(Pid)};
        Other -> Other
    end;
do({send_after, A, B}, Turn) ->
    case ask(A, {erlang, send_after, [1, pid(B), {hello, Turn}]}) of
        Reference when is_reference(Reference) -> true;
        Other -> Other
    end;
do({cancel, A, B}, Turn) -> ask(A, {cancel, pid(B), {hello, Turn}});
do({is_alive, A, B}, _) -> ask(A, {erlang, is_process_alive, [pid(B)]});
do({links, A}, _) ->
    case ask(A, links) of
        Links when is_list(Links) -> lists:sort([id(Pid) || Pid <- Links]);
        Other -> Other
    end.

keep_reference(Turn, Reference) when is_reference(Reference) -> keep(references, Turn, Reference);
keep_reference(_, Other) -> Other.

%% What an actor answers; `gone' if it ended instead.
ask(Id, What) ->
    Pid = pid(Id),
    Reference = make_ref(),
    Pid ! {told, self(), Reference, What},
    receive
        {Reference, Answer} -> Answer;
        {'DOWN', _, process, Pid, _} = Down ->
            self() ! Down,
            gone
    after ?PATIENCE -> silent
    end.

%% @doc An actor's life: it does what it is told, answers greetings, and keeps everything else.
-spec actor() -> no_return().
actor() -> actor([]).

actor(Messages) ->
    receive
        {told, From, Reference, collect} ->
            From ! {Reference, {messages, lists:reverse(Messages)}},
            actor([]);
        {told, From, Reference, What} ->
            From ! {Reference, obey(What)},
            actor(Messages);
        {greeting, From, Reference} ->
            From ! {greeted, Reference},
            actor(Messages);
        Message ->
            actor([Message | Messages])
    end.

obey({spawn, Node, Options}) -> spawn_opt(Node, ?MODULE, actor, [], Options);
obey({send, To, Message}) ->
    To ! Message,
    true;
obey({stop, Reason}) -> exit(Reason);
obey({cancel, Pid, Message}) ->
    Timer = erlang:send_after(1_000_000, Pid, Message),
    {erlang:cancel_timer(Timer), erlang:cancel_timer(Timer)};
obey(links) ->
    {links, Links} = process_info(self(), links),
    Links;
obey({greet, Pids}) ->
    References = [begin
                      Reference = make_ref(),
                      Pid ! {greeting, self(), Reference},
                      Reference
                  end || Pid <- Pids],
    [receive {greeted, Reference} -> ok end || Reference <- References],
    true;
obey({M, F, Arguments}) ->
    try apply(M, F, Arguments)
    catch error:Reason -> {error, Reason}
    end.
