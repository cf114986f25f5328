%% SPDX-License-Identifier: Apache-2.0
%% @doc Where a history of processes is played: the actors' pids, the references behind numbers, and what waits at each actor, in the
%% order in which it came. Everything belongs to the process that opened the stage.
%%
%% A command is performed by an actor; then all must become quiet. The actor, if it lives, exchanges a message with every other
%% actor, so that its signals have been seen; and what {@link diff_rules} expects is waited for.
-module(diff_stage).

-export([open/1, close/0, perform/1, is_same_node/2, node_of/1]).

%% Milliseconds for what is expected to come; less will do to look for a smaller history.
-define(PATIENCE, 5_000).
-define(LITTLE_PATIENCE, 400).
%% Longer than any history.
-define(LONG, 1_000_000).
-define(NOBODY, 'nobody@nowhere').

%% @doc Opens a stage whose place `there' is that node.
-spec open(node()) -> ok.
open(Node) ->
    put(diff_stage, #{there => Node, here => node(), rules => diff_rules:new(), pids => #{}, references => #{}, boxes => #{}, key => make_ref()}),
    ok.

%% @doc Ends every actor; gives what they had received beyond what was expected, and the children that should not be.
-spec close() -> [term()].
close() ->
    #{pids := Pids, rules := Rules, boxes := Boxes} = get(diff_stage),
    timer:sleep(2),
    Left = [{Id, Waiting} || Id <- diff_rules:actors(Rules), Waiting <- [ask(Id, look)], Waiting =/= box(Id, Boxes)],
    _ = [exit(Pid, kill) || Pid <- maps:values(Pids)],
    _ = [is_down(Pid) || Pid <- maps:values(Pids)],
    Left ++ abandoned().

abandoned() ->
    receive
        {born, _, Pid} ->
            _ = erlang:monitor(process, Pid),
            case is_down(Pid) of
                true -> abandoned();
                false -> [{not_abandoned, Pid} | abandoned()]
            end
    after 0 -> []
    end.

is_down(Pid) ->
    receive {'DOWN', _, process, Pid, _} -> true after patience() -> false end.

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
    #{rules := Rules} = Stage = get(diff_stage),
    {Result, Expected, After} = diff_rules:step(Command, Rules),
    put(diff_stage, Stage#{rules := After}),
    Seen = do(Command, diff_rules:turn(Rules)),
    Dead = diff_rules:actors(Rules) -- diff_rules:actors(After),
    {Wanted, News} = wanted(Command, Result, Expected),
    case {agrees(Wanted, Seen, Command, now_ms() + patience()), [Id || Id <- Dead, not is_gone(Id)]} of
        {true, []} ->
            settle(Command, After),
            compare(Command, News, After);
        {Agrees, Alive} ->
            wrong(Command, #{result => Seen, expected => Wanted, agrees => Agrees, alive => Alive})
    end.

wrong(Command, What) ->
    put(diff_wrong, {Command, What}),
    wrong.

%% What the rules leave to what waits at an actor.
wanted({wait_for, A, _, _}, {first, A, Pattern, _}, [{A, Hello}] = News) ->
    case taken(A, pattern(Pattern)) of
        none -> {{got, Hello}, []};
        Got -> {Got, News}
    end;
wanted(_, {first, A, Pattern, _}, News) -> {taken(A, pattern(Pattern)), News};
wanted(_, {every, A, Pattern}, News) ->
    Of = pattern(Pattern),
    {Taken, Kept} = lists:partition(fun(Message) -> diff_actor:matches(Of, Message) end, box(A)),
    keep(boxes, A, Kept),
    {Taken, News};
wanted(_, {queue, B}, News) -> {length(box(B)), News};
wanted({burst, A, _, _}, {all, Results}, News) -> {{all, [flushed(A, Result) || Result <- Results]}, News};
wanted(Command, {flushed, _, _} = Result, News) -> {flushed(element(2, Command), Result), News};
wanted(_, Result, News) -> {Result, News}.

taken(A, Of) ->
    case lists:splitwith(fun(Message) -> not diff_actor:matches(Of, Message) end, box(A)) of
        {_, []} -> none;
        {Before, [Message | After]} ->
            keep(boxes, A, Before ++ After),
            {got, Message}
    end.

flushed(A, {flushed, Result, Number}) ->
    {Before, After} = lists:splitwith(fun(Message) -> not is_about(reference(Number), Message) end, box(A)),
    keep(boxes, A, Before ++ lists:nthtail(min(1, length(After)), After)),
    Result;
flushed(_, Result) -> Result.

is_about(Reference, {_, Reference, _, _, _}) -> true;
is_about(_, _) -> false.

%% Of a number: what was said with it, or what its reference is about.
pattern({number, Number}) ->
    case get(diff_stage) of
        #{references := #{Number := Reference}} -> {about, Reference};
        #{} -> {hello, Number}
    end;
pattern(Pattern) -> Pattern.

%% What others' ends have to do with may come a little later.
agrees(any, _, _, _) -> true;
agrees(left, Left, _, _) -> is_integer(Left);
agrees({all, Wanted}, Seen, Command, End) when is_list(Seen), length(Wanted) =:= length(Seen) ->
    lists:all(fun({W, S}) -> agrees(W, S, Command, End) end, lists:zip(Wanted, Seen));
agrees(true, Reference, {Kind, _, _, _}, _) when is_reference(Reference), Kind =:= burst -> true;
agrees(Result, Result, _, _) -> true;
agrees(Wanted, _, Command, End) ->
    is_question(element(1, Command)) andalso now_ms() < End andalso
        begin
            timer:sleep(1),
            agrees(Wanted, do(Command, 0), Command, End)
        end.

is_question(Name) -> lists:member(Name, [links, monitors, monitored_by, whereis, registered_name, is_alive, leader, queue_length]).

is_gone(Id) ->
    Pid = pid(Id),
    receive {'DOWN', _, process, Pid, _} = Down ->
            self() ! Down,
            true
    after patience() -> false
    end.

settle({nothing}, _) ->
    true;
%% It may be for nobody.
settle({timer, _, _, _, short}, _) ->
    timer:sleep(3);
settle(Command, Rules) ->
    Alive = diff_rules:actors(Rules),
    Acting = element(2, Command),
    case lists:member(Acting, Alive) of
        true -> ask(Acting, {greet, [pid(Id) || Id <- Alive, Id =/= Acting]});
        false -> true
    end.

%% What waited is still there, in its order, and after it is what is new. What one actor sends another comes as it was sent.
compare(Command, News, Rules) ->
    Wanted = [{Id, [Message || {Who, Message} <- News, Who =:= Id]} || Id <- diff_rules:actors(Rules)],
    case [{Id, Expected, Got} || {Id, Expected} <- Wanted, Got <- [collect(Id, length(Expected), now_ms() + patience())],
                                 not is_expected(Command, Id, Expected, Got)] of
        [] -> ok;
        Differing -> wrong(Command, Differing)
    end.

is_expected({burst, _, B, Parts}, B, Expected, Got) when is_list(Got) ->
    case element(1, lists:last(Parts)) of
        stop -> lists:sort(Expected) =:= lists:sort(Got) andalso [M || {hello, _} = M <- Expected] =:= [M || {hello, _} = M <- Got];
        _ -> Expected =:= Got
    end;
is_expected(_, _, Expected, Got) -> is_list(Got) andalso lists:sort(Expected) =:= lists:sort(Got).

patience() ->
    case get(diff_impatient) of
        true -> ?LITTLE_PATIENCE;
        _ -> ?PATIENCE
    end.

now_ms() -> erlang:monotonic_time(millisecond).

%% What has come since the last time.
collect(Id, Count, End) ->
    Box = box(Id),
    Waiting = ask(Id, look),
    case is_list(Waiting) andalso lists:prefix(Box, Waiting) of
        false -> {waiting, Waiting, before, Box};
        true ->
            New = lists:nthtail(length(Box), Waiting),
            case length(New) >= Count orelse now_ms() > End of
                true ->
                    keep(boxes, Id, Waiting),
                    [message(M) || M <- New];
                false ->
                    timer:sleep(1),
                    collect(Id, Count, End)
            end
    end.

%% With numbers for identities.
message({Tag, Reference, process, Object, Reason}) -> {down, Tag, number(Reference), object(Object), Reason};
message({Tag, Reference, ok, Pid}) -> {spawned, Tag, number(Reference), id(Pid)};
message({Tag, Reference, error, Reason}) -> {not_spawned, Tag, number(Reference), Reason};
message({'EXIT', Pid, Reason}) -> {exit, id(Pid), Reason};
message({timeout, Reference, {late, Number}}) -> {timeout, number(Reference), Number};
message({Question, Reference, Left}) when is_integer(Left) -> {Question, number(Reference), left};
message({Question, Reference, false}) -> {Question, number(Reference), false};
message(Other) -> Other.

object({Name, Node}) -> {name, Name, Node};
object(Pid) -> id(Pid).

number(Reference) ->
    #{references := References} = get(diff_stage),
    case [Number || {Number, R} <- maps:to_list(References), R =:= Reference] of
        [Number] -> Number;
        _ -> {unknown, Reference}
    end.

id(Pid) when Pid =:= self() -> stage;
id(Pid) ->
    #{pids := Pids} = get(diff_stage),
    case [Id || {Id, P} <- maps:to_list(Pids), P =:= Pid] of
        [Id] -> Id;
        _ -> {unknown, Pid}
    end.

pid(Id) -> maps:get(Id, maps:get(pids, get(diff_stage))).

box(Id) -> box(Id, maps:get(boxes, get(diff_stage))).
box(Id, Boxes) -> maps:get(Id, Boxes, []).

%% One that ended with what it was told has not said what it made.
reference(Number) -> maps:get(Number, maps:get(references, get(diff_stage)), none).

keep(Key, Name, Value) ->
    Stage = get(diff_stage),
    Map = maps:get(Key, Stage),
    put(diff_stage, Stage#{Key := Map#{Name => Value}}),
    true.

born(Pid) ->
    _ = erlang:monitor(process, Pid),
    keep(pids, map_size(maps:get(pids, get(diff_stage))) + 1, Pid).

do({nothing}, _) -> true;
do({spawn, Place}, _) -> born(spawn(node_of(Place), diff_actor, actor, []));
do({spawn_with, A, Place, Options}, Turn) ->
    case ask(A, {spawn, node_of(Place), Options}) of
        {Pid, Reference} ->
            keep(references, Turn, Reference),
            born(Pid);
        Pid when is_pid(Pid) -> born(Pid);
        Other -> Other
    end;
do({spawn_request, A, Place, Options}, Turn) ->
    Key = key(Turn),
    case keep_reference(Turn, ask(A, {erlang, spawn_request, [node_of(Place), diff_actor, born, [self(), Key], Options]})) of
        true -> receive {born, Key, Pid} -> born(Pid) after patience() -> not_born end;
        Other -> Other
    end;
do({spawn_refused, A, Options, noconnection}, Turn) -> keep_reference(Turn, ask(A, {erlang, spawn_request, [?NOBODY, diff_actor, actor, [], Options]}));
do({spawn_refused, A, Options, badopt}, Turn) -> keep_reference(Turn, ask(A, {erlang, spawn_request, [diff_actor, actor, [], Options ++ [unknown]]}));
do({abandon, A, Place, Options}, Turn) -> ask(A, {abandon, node_of(Place), Options, self(), key(Turn)});
do({wait_for, A, B, Pattern}, Turn) ->
    Asked = tell(A, {take, pattern(Pattern), infinity}),
    true = ask(B, {send, pid(A), {hello, Turn}}),
    answer(A, Asked);
do({take, A, Pattern, Patience}, _) ->
    Of = pattern(Pattern),
    ask(A, {take, Of, case lists:any(fun(Message) -> diff_actor:matches(Of, Message) end, box(A)) of
                          true -> Patience;
                          false -> min(Patience, 1)
                      end});
do({drain, A, Pattern}, _) -> ask(A, {drain, pattern(Pattern)});
do({burst, A, _, Parts}, Turn) ->
    Numbered = lists:zip(lists:seq(Turn, Turn + length(Parts) - 1), Parts),
    case ask(A, {burst, [in_burst(action(Part, Number), Turn) || {Number, Part} <- Numbered]}) of
        Results when is_list(Results) ->
            [keep_reference(Number, Result) || {{Number, _}, Result} <- lists:zip(Numbered, Results), is_reference(Result)],
            Results;
        Other -> Other
    end;
do({whereis, A, Name}, _) ->
    case ask(A, {erlang, whereis, [Name]}) of
        Pid when is_pid(Pid) -> {actor, id(Pid)};
        Other -> Other
    end;
do({leader, A}, _) ->
    Own = group_leader(),
    case ask(A, {erlang, group_leader, []}) of
        Own -> {leader, stage};
        Pid -> {leader, id(Pid)}
    end;
do({Item, A}, _) when Item =:= links; Item =:= monitored_by ->
    case ask(A, {info, Item}) of
        Pids when is_list(Pids) -> lists:sort([id(Pid) || Pid <- Pids]);
        Other -> Other
    end;
do({monitors, A}, _) ->
    case ask(A, {info, monitors}) of
        Monitors when is_list(Monitors) -> lists:sort([object(Object) || {process, Object} <- Monitors]);
        Other -> Other
    end;
do({queue_length, A, B}, _) ->
    case ask(A, {erlang, process_info, [pid(B), message_queue_len]}) of
        {message_queue_len, Length} -> Length;
        undefined -> 0
    end;
do(Command, Turn) ->
    Result = ask(element(2, Command), action(Command, Turn)),
    case is_maker(element(1, Command)) of
        true -> keep_reference(Turn, Result);
        false -> Result
    end.

is_maker(Name) -> lists:member(Name, [monitor, monitor_name, alias, timer]).

%% What an actor is told for a command that is one call.
action({nothing}, _) -> nothing;
action({send, _, B}, Turn) -> {send, pid(B), {hello, Turn}};
action({send_name, _, Place, Name}, Turn) -> {send, {Name, node_of(Place)}, {hello, Turn}};
action({send_local, _, Name}, Turn) -> {send, Name, {hello, Turn}};
action({send_alias, _, Number}, Turn) -> {send, reference_or(Number), {hello, Turn}};
action({stop, _, Reason}, _) -> {stop, Reason};
action({call, _, B}, _) -> {call, pid(B)};
action({registered_name, _}, _) -> {info, registered_name};
action({hibernate, _}, _) -> hibernate;
action(Command, Turn) ->
    {Function, Arguments} = function(Command, Turn),
    {erlang, Function, Arguments}.

function({link, _, B}, _) -> {link, [pid(B)]};
function({unlink, _, B}, _) -> {unlink, [pid(B)]};
function({monitor, _, B, []}, _) -> {monitor, [process, pid(B)]};
function({monitor, _, B, Options}, _) -> {monitor, [process, pid(B), Options]};
function({monitor_name, _, Place, Name, Options}, _) -> {monitor, [process, {Name, node_of(Place)}, Options]};
function({demonitor, _, Number, Options}, _) -> {demonitor, [reference_or(Number), Options]};
function({alias, _, explicit_unalias}, _) -> {alias, []};
function({alias, _, Mode}, _) -> {alias, [[Mode]]};
function({unalias, _, Number}, _) -> {unalias, [reference_or(Number)]};
function({exit, _, B, Reason}, _) -> {exit, [pid(B), Reason]};
function({trap, _, Traps}, _) -> {process_flag, [trap_exit, Traps]};
function({flag, _, Flag, Value}, _) -> {process_flag, [Flag, Value]};
function({register, A, Name}, _) -> {register, [Name, pid(A)]};
function({register_other, _, B, Name}, _) -> {register, [Name, pid(B)]};
function({unregister, _, Name}, _) -> {unregister, [Name]};
function({set_leader, _, B, C}, _) -> {group_leader, [pid(C), pid(B)]};
function({timer, _, Kind, To, Time}, Turn) ->
    Name = case Kind of
               send -> send_after;
               start -> start_timer
           end,
    Destination = case To of
                      {actor, B} -> pid(B);
                      {name, N} -> N
                  end,
    case Time of
        short -> {Name, [1, Destination, {late, Turn}]};
        long -> {Name, [?LONG, Destination, {late, Turn}]}
    end;
function({Question, _, Number, []}, _) when Question =:= read_timer; Question =:= cancel_timer -> {Question, [reference_or(Number)]};
function({Question, _, Number, Options}, _) when Question =:= read_timer; Question =:= cancel_timer -> {Question, [reference_or(Number), Options]};
function({is_alive, _, B}, _) -> {is_process_alive, [pid(B)]};
function({collect_garbage, _, B}, _) -> {garbage_collect, [pid(B)]}.

%% Of what is not known yet, the number.
reference_or(Number) ->
    case reference(Number) of
        none -> {number, Number};
        Reference -> Reference
    end.

in_burst({M, F, [{number, Number} | Arguments]}, Turn) -> {M, F, [{part, Number - Turn + 1} | Arguments]};
in_burst({send, {number, Number}, Message}, Turn) -> {send, {part, Number - Turn + 1}, Message};
in_burst(Action, _) -> Action.

key(Turn) -> {maps:get(key, get(diff_stage)), Turn}.

keep_reference(Turn, Reference) when is_reference(Reference) -> keep(references, Turn, Reference);
keep_reference(_, Other) -> Other.

%% What an actor answers; `gone' if it ended instead.
ask(Id, What) -> answer(Id, tell(Id, What)).

tell(Id, What) ->
    Reference = make_ref(),
    pid(Id) ! {told, self(), Reference, What},
    Reference.

answer(Id, Reference) ->
    Pid = pid(Id),
    receive
        {Reference, Answer} -> Answer;
        {'DOWN', _, process, Pid, _} = Down ->
            self() ! Down,
            gone
    after patience() -> silent
    end.
