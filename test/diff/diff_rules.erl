%% SPDX-License-Identifier: Apache-2.0
%% @doc What the reference manual says that processes must see of each other's commands. Actors are numbered as they are spawned;
%% monitors, aliases, timers and spawn requests have the number of the command that made them.
%%
%% A step gives what the command returns to the actor that runs it, what has arrived at which actor, and what is true now. A place
%% is `here' or `there'; whether these are two nodes is asked of {@link diff_stage}, since a few rules differ between nodes.
-module(diff_rules).

-export([new/0, actors/1, count/1, numbers/1, timers/1, turn/1, is_possible/2, step/2]).

-export_type([state/0, news/0, message/0]).

-record(actor, {place :: here | there, alive = true :: boolean(), traps = false :: boolean(), leader = stage :: stage | pos_integer(),
                flags = #{priority => normal, message_queue_data => on_heap} :: #{atom() => atom()}}).
-record(monitor, {watcher :: pos_integer(), target :: pos_integer(), object :: term(), mode = none :: atom(), tag = 'DOWN' :: term()}).
-record(state, {actors = #{} :: #{pos_integer() => #actor{}},
                links = [] :: [{pos_integer(), pos_integer()}],
                monitors = #{} :: #{pos_integer() => #monitor{}},
                aliases = #{} :: #{pos_integer() => {Owner :: pos_integer(), Mode :: atom()}},
                names = #{} :: #{{node(), atom()} => pos_integer()},
                owners = #{} :: #{pos_integer() => pos_integer()},
                started = #{} :: #{pos_integer() => place()},
                running = #{} :: #{pos_integer() => {actor, pos_integer()} | {name, atom()}},
                turn = 0 :: non_neg_integer()}).

-opaque state() :: #state{}.
-type place() :: here | there.
%% With numbers in place of pids and references.
-type message() :: term().
%% What arrived: the actor and the message.
-type news() :: [{pos_integer(), message()}].

%% @doc Nobody is there.
-spec new() -> state().
new() -> #state{}.

%% @doc The actors that are alive.
-spec actors(state()) -> [pos_integer()].
actors(#state{actors = Actors}) -> [Id || {Id, #actor{alive = true}} <- lists:sort(maps:to_list(Actors))].

%% @doc How many have been spawned.
-spec count(state()) -> non_neg_integer().
count(#state{actors = Actors}) -> map_size(Actors).

%% @doc The numbers of monitors and aliases that have been made.
-spec numbers(state()) -> [pos_integer()].
numbers(#state{owners = Owners}) -> maps:keys(Owners).

%% @doc The numbers of timers that have been started.
-spec timers(state()) -> [pos_integer()].
timers(#state{started = Started}) -> maps:keys(Started).

%% @doc The number of the next command; its parts, if it has some, have those that follow.
-spec turn(state()) -> pos_integer().
turn(#state{turn = Turn}) -> (Turn + 1) * 10.

%% @doc Whether the actors of a command are there, and what it is about exists: shrinking may have taken it away. Commands whose outcome is
%% open are not possible.
-spec is_possible(tuple(), state()) -> boolean().
is_possible({nothing}, _) -> true;
is_possible({spawn, _}, _) -> true;
is_possible({burst, A, B, Parts}, State) ->
    A =/= B andalso is_alive(A, State) andalso exists(B, State) andalso
        case is_alive(B, State) of
            true -> is_settled(Parts, turn(State), A, B, State);
            false -> is_aftermath(Parts, turn(State), A, B, false, State)
        end;
is_possible({Name, A, Number, _}, State) when Name =:= demonitor -> is_alive(A, State) andalso is_owner(A, Number, State);
is_possible({unalias, A, Number}, State) -> is_alive(A, State) andalso is_number_of(Number, State);
is_possible({send_alias, A, Number}, State) -> is_alive(A, State) andalso is_number_of(Number, State);
is_possible({Name, A, Number, _}, #state{started = Started} = State) when Name =:= read_timer; Name =:= cancel_timer ->
    is_alive(A, State) andalso is_map_key(Number, Started);
is_possible({timer, A, _, {actor, B}, _}, State) -> is_alive(A, State) andalso exists(B, State);
is_possible({wait_for, A, B, _}, State) -> A =/= B andalso is_alive(A, State) andalso is_alive(B, State);
is_possible({call, A, B}, State) -> A =/= B andalso is_alive(A, State) andalso exists(B, State);
is_possible({set_leader, A, B, C}, State) -> is_alive(A, State) andalso exists(B, State) andalso is_alive(C, State);
is_possible({Name, A, B}, State) when Name =:= is_alive; Name =:= queue_length; Name =:= collect_garbage ->
    is_alive(A, State) andalso exists(B, State) andalso same_node(A, B, State);
is_possible(Command, State) ->
    is_alive(element(2, Command), State) andalso
        (tuple_size(Command) < 3 orelse not is_integer(element(3, Command)) orelse exists(element(3, Command), State)).

is_alive(Id, #state{actors = Actors}) ->
    case Actors of
        #{Id := #actor{alive = Alive}} -> Alive;
        #{} -> false
    end.

exists(Id, #state{actors = Actors}) -> is_map_key(Id, Actors).

is_number_of(Number, #state{owners = Owners}) -> is_map_key(Number, Owners).

is_owner(A, Number, #state{owners = Owners}) -> maps:get(Number, Owners, none) =:= A.

traps(Id, #state{actors = Actors}) -> (maps:get(Id, Actors))#actor.traps.

place(Id, #state{actors = Actors}) -> (maps:get(Id, Actors))#actor.place.

same_node(A, B, State) -> diff_stage:is_same_node(place(A, State), place(B, State)).

%% Parts of a burst: what one actor does to another without a pause. Order is kept between these two and no others, so when the other one
%% dies of it, what may be seen of that before the next part or after it is left out.
is_settled([], _, _, _, _) -> true;
is_settled([Part | Rest], Number, A, B, State) ->
    case is_alive(A, State) andalso is_possible(Part, State) andalso is_part(Part, A, B, State) of
        true ->
            {_, _, After} = do(Part, Number, State),
            (is_alive(A, After) orelse Rest =:= []) andalso
                case is_alive(B, After) of
                    true -> is_settled(Rest, Number + 1, A, B, After);
                    false -> is_aftermath(Rest, Number + 1, A, B, is_linked(A, B, State), After)
                end;
        false -> false
    end.

%% What one sends to oneself may take a while as well.
is_part({send_alias, _, Number}, _, B, State) -> is_owner(B, Number, State);
is_part({unalias, _, Number}, A, _, State) -> is_owner(A, Number, State);
is_part(_, _, _, _) -> true.

is_aftermath([], _, _, _, _, _) -> true;
is_aftermath([Part | Rest], Number, A, B, WasLinked, State) ->
    Fits = case Part of
               {send, _, _} -> true;
               {send_alias, _, N} -> is_owner(B, N, State);
               {monitor, _, _, Options} -> not is_map_key(alias, maps:from_list(Options));
               {demonitor, _, N, Options} -> lists:sort(Options) =:= [flush] andalso is_plain(N, State);
               {link, _, _} -> traps(A, State) andalso not WasLinked;
               {exit, _, _, _} -> true;
               {nothing} -> true;
               _ -> false
           end,
    Fits andalso is_possible(Part, State) andalso
        begin
            {_, _, After} = do(Part, Number, State),
            is_alive(A, After) andalso is_aftermath(Rest, Number + 1, A, B, WasLinked orelse element(1, Part) =:= link, After)
        end.

is_plain(Number, #state{aliases = Aliases}) -> not is_map_key(Number, Aliases).

is_linked(A, B, #state{links = Links}) -> lists:member({min(A, B), max(A, B)}, Links).

%% @doc What the command returns, what arrives, what is true then.
-spec step(tuple(), state()) -> {term(), news(), state()}.
step(Command, State) ->
    {Result, News, #state{turn = Turn} = After} = do(Command, turn(State), State),
    {Result, News, After#state{turn = Turn + 1}}.

do({nothing}, _, State) ->
    {true, [], State};
do({burst, A, _, Parts}, Number, State) ->
    {Results, News, After} = parts(Parts, Number, [], [], State),
    Heard = [Item || {Who, _} = Item <- News, is_alive(Who, After)],
    case is_alive(A, After) of
        true -> {{all, Results}, Heard, After};
        %% It has not said what it made.
        false -> {any, Heard, After#state{owners = maps:filter(fun(N, _) -> N < Number end, After#state.owners)}}
    end;
do({spawn, Place}, _, State) ->
    {true, [], born(Place, stage, State)};
do({spawn_with, A, Place, Options}, Number, State) ->
    {true, [], child(A, Place, Options, Number, State)};
do({spawn_request, A, Place, Options}, Number, State) ->
    Born = child(A, Place, Options, Number, State),
    {true, [{A, {spawned, reply_tag(Options), Number, count(Born)}} || lists:member(reply(Options), [yes, success_only])], Born};
do({spawn_refused, A, Options, Reason}, Number, State) ->
    {true, [{A, {not_spawned, reply_tag(Options), Number, Reason}} || lists:member(reply(Options), [yes, error_only])],
     %% When it becomes known that a node cannot be reached, and what is left of an alias then, is open.
     case Reason of
         badopt -> owned(Number, A, State);
         noconnection -> State
     end};
do({abandon, _, _, _}, _, State) ->
    {true, [], State};
do({send, _, B}, Number, State) ->
    {true, delivered(B, {hello, Number}, State), State};
do({send_name, _, Place, Name}, Number, State) ->
    {true, to_name(owner_of(Place, Name, State), {hello, Number}), State};
do({send_local, A, Name}, Number, State) ->
    case owner_of(place(A, State), Name, State) of
        none -> {{error, badarg}, [], State};
        B -> {true, [{B, {hello, Number}}], State}
    end;
do({take, A, Pattern, Patience}, _, State) -> {{first, A, Pattern, Patience}, [], State};
do({drain, A, Pattern}, _, State) -> {{every, A, Pattern}, [], State};
do({wait_for, A, _, Pattern}, Number, State) -> {{first, A, Pattern, infinity}, [{A, {hello, Number}}], State};
do({call, _, B}, _, State) ->
    {case is_alive(B, State) of
         true -> answered;
         false -> noproc
     end, [], State};
do({queue_length, _, B}, _, State) ->
    {case is_alive(B, State) of
         true -> {queue, B};
         false -> 0
     end, [], State};
do({hibernate, _}, _, State) -> {true, [], State};
do({collect_garbage, _, B}, _, State) -> {is_alive(B, State), [], State};
do({flag, A, Flag, Value}, _, #state{actors = Actors} = State) ->
    #{A := #actor{flags = Flags} = Actor} = Actors,
    {maps:get(Flag, Flags), [], State#state{actors = Actors#{A := Actor#actor{flags = Flags#{Flag := Value}}}}};
do({leader, A}, _, #state{actors = Actors} = State) -> {{leader, (maps:get(A, Actors))#actor.leader}, [], State};
do({set_leader, A, B, C}, _, #state{actors = Actors} = State) ->
    case is_alive(B, State) of
        true -> {true, [], State#state{actors = maps:update_with(B, fun(Actor) -> Actor#actor{leader = C} end, Actors)}};
        false ->
            {case same_node(A, B, State) of
                 true -> {error, badarg};
                 false -> true
             end, [], State}
    end;
do({link, A, A}, _, State) -> {true, [], State};
do({link, A, B}, _, State) ->
    case {is_alive(B, State), traps(A, State), same_node(A, B, State)} of
        {true, _, _} -> {true, [], linked(A, B, State)};
        {false, true, _} -> {true, [{A, {exit, B, noproc}}], State};
        {false, false, true} -> {{error, noproc}, [], State};
        {false, false, false} -> setelement(1, die(A, noproc, true, State), any)
    end;
do({unlink, A, B}, _, State) ->
    {true, [], unlinked(A, B, State)};
do({monitor, A, A, _}, Number, State) -> {true, [], owned(Number, A, State)};
do({monitor, A, B, Options}, Number, State) ->
    monitored(Number, A, B, B, is_alive(B, State), Options, State);
do({monitor_name, A, Place, Name, Options}, Number, State) ->
    Object = {name, Name, diff_stage:node_of(Place)},
    case owner_of(Place, Name, State) of
        none -> monitored(Number, A, none, Object, false, Options, State);
        A -> {true, [], owned(Number, A, State)};
        B -> monitored(Number, A, B, Object, true, Options, State)
    end;
do({demonitor, _, Number, Options}, _, #state{monitors = Monitors, aliases = Aliases} = State) ->
    Active = is_map_key(Number, Monitors),
    Result = not lists:member(info, Options) orelse Active,
    Kept = case Aliases of
               #{Number := {_, Mode}} when Active, Mode =/= explicit_unalias -> maps:remove(Number, Aliases);
               #{} -> Aliases
           end,
    {case lists:member(flush, Options) of
         true when not Active -> {flushed, Result, Number};
         _ -> Result
     end, [], State#state{monitors = maps:remove(Number, Monitors), aliases = Kept}};
do({alias, A, Mode}, Number, #state{aliases = Aliases} = State) ->
    {true, [], owned(Number, A, State#state{aliases = Aliases#{Number => {A, Mode}}})};
do({send_alias, _, Alias}, Number, #state{aliases = Aliases, monitors = Monitors} = State) ->
    case Aliases of
        #{Alias := {Owner, reply}} ->
            {true, [{Owner, {hello, Number}}], State#state{aliases = maps:remove(Alias, Aliases)}};
        #{Alias := {Owner, reply_demonitor}} ->
            {true, [{Owner, {hello, Number}}], State#state{aliases = maps:remove(Alias, Aliases), monitors = maps:remove(Alias, Monitors)}};
        #{Alias := {Owner, _}} ->
            {true, [{Owner, {hello, Number}}], State};
        #{} ->
            {true, [], State}
    end;
do({unalias, A, Number}, _, #state{aliases = Aliases} = State) ->
    case {is_owner(A, Number, State), Aliases} of
        {true, #{Number := _}} -> {true, [], State#state{aliases = maps:remove(Number, Aliases)}};
        {true, _} -> {false, [], State};
        {false, _} -> {any, [], State}
    end;
do({exit, A, B, Reason}, _, State) -> signal(A, B, Reason, is_alive(B, State), State);
do({stop, A, Reason}, _, State) -> die(A, Reason, true, State);
do({trap, A, Traps}, _, #state{actors = Actors} = State) ->
    Actor = maps:get(A, Actors),
    {Actor#actor.traps, [], State#state{actors = Actors#{A := Actor#actor{traps = Traps}}}};
do({register, A, Name}, _, State) -> register(place(A, State), Name, A, State);
do({register_other, A, B, Name}, _, State) ->
    case same_node(A, B, State) of
        true -> register(place(A, State), Name, B, State);
        false -> {{error, badarg}, [], State}
    end;
do({unregister, A, Name}, _, #state{names = Names} = State) ->
    Key = key(place(A, State), Name),
    case Names of
        #{Key := _} -> {true, [], State#state{names = maps:remove(Key, Names)}};
        #{} -> {{error, badarg}, [], State}
    end;
do({whereis, A, Name}, _, State) ->
    {case owner_of(place(A, State), Name, State) of
         none -> undefined;
         B -> {actor, B}
     end, [], State};
do({registered_name, A}, _, #state{names = Names} = State) ->
    {case [Name || {{_, Name}, Owner} <- maps:to_list(Names), Owner =:= A] of
         [Name] -> Name;
         [] -> none
     end, [], State};
do({timer, A, _, {actor, B}, _} = Command, Number, State) ->
    case {same_node(A, B, State), is_alive(B, State)} of
        {true, true} -> timer(Command, B, Number, State);
        {true, false} -> {true, [], started(Number, A, State)};
        {false, _} -> {{error, badarg}, [], State}
    end;
do({timer, A, _, {name, Name}, _} = Command, Number, State) -> timer(Command, owner_of(place(A, State), Name, State), Number, State);
do({read_timer, A, Number, Options}, _, State) -> asked(read_timer, A, Number, Options, State, State);
do({cancel_timer, A, Number, Options}, _, #state{running = Running} = State) ->
    After = case is_timer_of(A, Number, State) of
                true -> State#state{running = maps:remove(Number, Running)};
                false -> State
            end,
    asked(cancel_timer, A, Number, Options, State, After);
do({is_alive, _, B}, _, State) -> {is_alive(B, State), [], State};
do({links, A}, _, #state{links = Links} = State) ->
    {lists:sort([B || {X, B} <- Links, X =:= A] ++ [B || {B, X} <- Links, X =:= A]), [], State};
do({monitors, A}, _, #state{monitors = Monitors} = State) ->
    {lists:sort([Object || #monitor{watcher = Watcher, object = Object} <- maps:values(Monitors), Watcher =:= A]), [], State};
do({monitored_by, A}, _, #state{monitors = Monitors} = State) ->
    {lists:sort([stage | [Watcher || #monitor{watcher = Watcher, target = Target} <- maps:values(Monitors), Target =:= A]]), [], State}.

parts([], _, Results, News, State) -> {lists:reverse(Results), News, State};
parts([Part | Rest], Number, Results, News, State) ->
    {Result, More, After} = do(Part, Number, State),
    Kept = case Result of
               {flushed, _, Flushed} -> [Item || {_, Message} = Item <- News, not is_down(Message, Flushed)];
               _ -> News
           end,
    parts(Rest, Number + 1, [Result | Results], Kept ++ More, After).

is_down({down, _, Number, _, _}, Number) -> true;
is_down(_, _) -> false.

born(Place, Leader, #state{actors = Actors} = State) ->
    State#state{actors = Actors#{map_size(Actors) + 1 => #actor{place = Place, leader = Leader}}}.

child(A, Place, Options, Number, #state{actors = Actors} = State) ->
    Born = born(Place, (maps:get(A, Actors))#actor.leader, State),
    Id = count(Born),
    Linked = case lists:member(link, Options) of
                 true -> linked(A, Id, Born);
                 false -> Born
             end,
    case [monitor_options(Option) || Option <- Options, Option =:= monitor orelse is_tuple(Option) andalso element(1, Option) =:= monitor] of
        [MonitorOptions | _] -> watch(Number, A, Id, Id, MonitorOptions, aliased(Number, A, MonitorOptions, Linked));
        [] -> Linked
    end.

monitor_options(monitor) -> [];
monitor_options({monitor, Options}) -> Options.

reply(Options) -> proplists:get_value(reply, Options, yes).
reply_tag(Options) -> proplists:get_value(reply_tag, Options, spawn_reply).

delivered(B, Message, State) -> [{B, Message} || is_alive(B, State)].

to_name(none, _) -> [];
to_name(B, Message) -> [{B, Message}].

linked(A, B, #state{links = Links} = State) -> State#state{links = lists:usort([{min(A, B), max(A, B)} | Links])}.

unlinked(A, B, #state{links = Links} = State) -> State#state{links = lists:delete({min(A, B), max(A, B)}, Links)}.

owned(Number, A, #state{owners = Owners} = State) -> State#state{owners = Owners#{Number => A}}.

aliased(Number, A, Options, #state{aliases = Aliases} = State) ->
    case mode(Options) of
        none -> State;
        Mode -> State#state{aliases = Aliases#{Number => {A, Mode}}}
    end.

mode(Options) -> proplists:get_value(alias, Options, none).
tag(Options) -> proplists:get_value(tag, Options, 'DOWN').

watch(Number, A, B, Object, Options, #state{monitors = Monitors} = State) ->
    Monitor = #monitor{watcher = A, target = B, object = Object, mode = mode(Options), tag = tag(Options)},
    owned(Number, A, State#state{monitors = Monitors#{Number => Monitor}}).

monitored(Number, A, B, Object, true, Options, State) -> {true, [], watch(Number, A, B, Object, Options, aliased(Number, A, Options, State))};
monitored(Number, A, _, Object, false, Options, State) ->
    {true, [{A, {down, tag(Options), Number, Object, noproc}}], down(Number, mode(Options), owned(Number, A, aliased(Number, A, Options, State)))}.

%% Its `DOWN' ends an alias that is bound to the monitor.
down(Number, Mode, #state{monitors = Monitors, aliases = Aliases} = State) ->
    State#state{monitors = maps:remove(Number, Monitors),
                aliases = case Mode of
                              demonitor -> maps:remove(Number, Aliases);
                              reply_demonitor -> maps:remove(Number, Aliases);
                              _ -> Aliases
                          end}.

started(Number, A, #state{started = Started} = State) -> State#state{started = Started#{Number => place(A, State)}}.

timer({timer, A, Kind, _, short}, Owner, Number, State) ->
    {true, to_name(Owner, case Kind of
                              start -> {timeout, Number, Number};
                              send -> {late, Number}
                          end), started(Number, A, State)};
timer({timer, A, _, To, long}, _, Number, #state{running = Running} = State) ->
    {true, [], started(Number, A, State#state{running = Running#{Number => To}})}.

%% A timer is known on its own node alone.
is_timer_of(A, Number, #state{running = Running} = State) -> is_map_key(Number, Running) andalso is_near(A, Number, State).

is_near(A, Number, #state{started = Started} = State) -> diff_stage:is_same_node(place(A, State), maps:get(Number, Started)).

asked(Question, A, Number, Options, State, After) ->
    IsNear = is_near(A, Number, State),
    Left = case is_timer_of(A, Number, State) of
               true -> left;
               false -> false
           end,
    case {lists:member({async, true}, Options), lists:member({info, false}, Options)} of
        {true, false} -> {ok, [{A, {Question, Number, Left}}], After};
        {false, true} when IsNear -> {ok, [], After};
        {false, _} -> {Left, [], After};
        {true, true} -> {ok, [], After}
    end.

key(Place, Name) -> {diff_stage:node_of(Place), Name}.

owner_of(Place, Name, #state{names = Names}) -> maps:get(key(Place, Name), Names, none).

register(Place, Name, B, #state{names = Names} = State) ->
    Key = key(Place, Name),
    case is_alive(B, State) andalso not is_map_key(Key, Names) andalso not lists:member(B, maps:values(Names)) of
        true -> {true, [], State#state{names = Names#{Key => B}}};
        false -> {{error, badarg}, [], State}
    end.

%% exit/2. To oneself, `normal' ends as well.
signal(_, _, _, false, State) -> {true, [], State};
signal(A, B, kill, true, State) -> died(A, die(B, killed, A =:= B, State));
signal(A, B, Reason, true, State) ->
    case traps(B, State) of
        true -> {true, [{B, {exit, A, Reason}}], State};
        false when Reason =:= normal, A =/= B -> {true, [], State};
        false -> died(A, die(B, Reason, A =:= B, State))
    end.

%% One that dies of another's end may have answered before.
died(A, {true, News, State}) ->
    case is_alive(A, State) of
        true -> {true, News, State};
        false -> {any, News, State}
    end;
died(_, Outcome) -> Outcome.

%% An actor that ends by its own command does not get to say what it returned.
die(Id, Reason, IsOwn, State) ->
    {News, After} = gone([{Id, Reason}], [], State),
    {case IsOwn of
         true -> gone;
         false -> true
     end, [Item || {Who, _} = Item <- News, is_alive(Who, After)], After}.

gone([], News, State) -> {News, State};
gone([{Id, Reason} | Rest], News, #state{actors = Actors} = State) ->
    case maps:get(Id, Actors) of
        #actor{alive = false} -> gone(Rest, News, State);
        Actor -> end_of(Id, Reason, Rest, News, State#state{actors = Actors#{Id := Actor#actor{alive = false}}})
    end.

end_of(Id, Reason, Rest, News, #state{links = Links, monitors = Monitors, aliases = Aliases, names = Names, running = Running} = State) ->
    Linked = [B || {A, B} <- Links, A =:= Id] ++ [A || {A, B} <- Links, B =:= Id],
    Watching = [{Number, Monitor} || {Number, #monitor{target = Target, watcher = Watcher} = Monitor} <- maps:to_list(Monitors), Target =:= Id, Watcher =/= Id],
    Without = State#state{links = [Link || {A, B} = Link <- Links, A =/= Id, B =/= Id],
                          monitors = maps:filter(fun(_, #monitor{watcher = Watcher}) -> Watcher =/= Id end, Monitors),
                          aliases = maps:filter(fun(_, {Owner, _}) -> Owner =/= Id end, Aliases),
                          names = maps:filter(fun(_, Owner) -> Owner =/= Id end, Names),
                          running = maps:filter(fun(_, To) -> To =/= {actor, Id} end, Running)},
    After = lists:foldl(fun({Number, #monitor{mode = Mode}}, S) -> down(Number, Mode, S) end, Without, Watching),
    Downs = [{Watcher, {down, Tag, Number, Object, Reason}} || {Number, #monitor{watcher = Watcher, tag = Tag, object = Object}} <- Watching],
    Exits = [{B, {exit, Id, Reason}} || B <- Linked, traps(B, After)],
    Dying = [{B, Reason} || B <- Linked, not traps(B, After), Reason =/= normal],
    gone(Dying ++ Rest, Downs ++ Exits ++ News, After).
