%% SPDX-License-Identifier: Apache-2.0
%% @doc What the reference manual says that processes must see of each other's commands. Actors are numbered as they are spawned;
%% monitors and aliases have the number of the command that made them.
%%
%% A step gives what the command returns to the actor that runs it, what has arrived at which actor, and what is true now. A place
%% is `here' or `there'; whether these are two nodes is asked of {@link diff_stage}, since a few rules differ between nodes.
-module(diff_rules).

-export([new/0, actors/1, count/1, numbers/1, is_possible/2, step/2, alive/1]).

-export_type([state/0, news/0]).

-record(actor, {place :: here | there, alive = true :: boolean(), traps = false :: boolean()}).
-record(state, {actors = #{} :: #{pos_integer() => #actor{}},
                links = [] :: [{pos_integer(), pos_integer()}],
                monitors = #{} :: #{pos_integer() => {Watcher :: pos_integer(), Target :: pos_integer() | {place(), atom()}, Mode :: atom()}},
                aliases = #{} :: #{pos_integer() => {Owner :: pos_integer(), Mode :: atom()}},
                names = #{} :: #{{place(), atom()} => pos_integer()},
                owners = #{} :: #{pos_integer() => pos_integer()},
                turn = 0 :: non_neg_integer()}).

-opaque state() :: #state{}.
-type place() :: here | there.
%% What arrived: the actor and the message, with numbers in place of pids and references.
-type news() :: [{pos_integer(), term()}].

%% @doc Nobody is there.
-spec new() -> state().
new() -> #state{}.

%% @doc The actors that are alive.
-spec actors(state()) -> [pos_integer()].
actors(#state{actors = Actors}) -> [Id || {Id, #actor{alive = true}} <- lists:sort(maps:to_list(Actors))].

%% @doc The same, for those who look at what has become of all.
-spec alive(state()) -> [pos_integer()].
alive(State) -> actors(State).

%% @doc How many have been spawned.
-spec count(state()) -> non_neg_integer().
count(#state{actors = Actors}) -> map_size(Actors).

%% @doc The numbers of monitors and aliases that have been made.
-spec numbers(state()) -> [pos_integer()].
numbers(#state{owners = Owners}) -> maps:keys(Owners).

%% @doc Whether the actors of a command are there, and what it is about exists: shrinking may have taken it away.
-spec is_possible(tuple(), state()) -> boolean().
is_possible({spawn, _}, _) -> true;
is_possible({nothing}, _) -> true;
is_possible({Name, A, Number, _}, State) when Name =:= demonitor -> is_alive(A, State) andalso is_owner(A, Number, State);
is_possible({unalias, A, Number}, State) -> is_alive(A, State) andalso is_owner(A, Number, State);
is_possible({send_alias, A, Number}, #state{owners = Owners} = State) -> is_alive(A, State) andalso is_map_key(Number, Owners);
is_possible({spawn_with, A, _, _}, State) -> is_alive(A, State);
is_possible({Name, A, B}, State) when Name =:= send_after; Name =:= cancel; Name =:= is_alive ->
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

is_owner(A, Number, #state{owners = Owners}) -> maps:get(Number, Owners, none) =:= A.

traps(Id, #state{actors = Actors}) -> (maps:get(Id, Actors))#actor.traps.

place(Id, #state{actors = Actors}) -> (maps:get(Id, Actors))#actor.place.

same_node(A, B, State) -> diff_stage:is_same_node(place(A, State), place(B, State)).

%% @doc What the command returns, what arrives, what is true then.
-spec step(tuple(), state()) -> {term(), news(), state()}.
step(Command, #state{turn = Turn} = State) ->
    do(Command, State#state{turn = Turn + 1}).

do({nothing}, State) ->
    {true, [], State};
do({spawn, Place}, State) ->
    {true, [], born(Place, State)};
do({spawn_with, A, Place, Options}, #state{turn = Turn} = State) ->
    Born = born(Place, State),
    Id = count(Born),
    Linked = case lists:member(link, Options) of
                 true -> linked(A, Id, Born);
                 false -> Born
             end,
    case lists:member(monitor, Options) of
        true -> {true, [], watch(Turn, A, Id, none, Linked)};
        false -> {true, [], Linked}
    end;
do({send, _, B}, #state{turn = Turn} = State) ->
    {true, delivered(B, {hello, Turn}, State), State};
do({send_name, _, Place, Name}, #state{turn = Turn} = State) ->
    {true, case owner_of(Place, Name, State) of
               none -> [];
               B -> [{B, {hello, Turn}}]
           end, State};
do({link, A, A}, State) -> {true, [], State};
do({link, A, B}, State) ->
    case {is_alive(B, State), traps(A, State), same_node(A, B, State)} of
        {true, _, _} -> {true, [], linked(A, B, State)};
        {false, true, _} -> {true, [{A, {exit, B, noproc}}], State};
        {false, false, true} -> {{error, noproc}, [], State};
        {false, false, false} -> setelement(1, die(A, noproc, true, State), any)
    end;
do({unlink, A, B}, State) ->
    {true, [], unlinked(A, B, State)};
do({monitor, A, A}, #state{turn = Turn} = State) -> {true, [], owned(Turn, A, State)};
do({monitor_alias, A, A, _}, #state{turn = Turn} = State) -> {true, [], owned(Turn, A, State)};
do({monitor, A, B}, #state{turn = Turn} = State) ->
    monitored(Turn, A, B, is_alive(B, State), none, State);
do({monitor_name, A, Place, Name}, #state{turn = Turn} = State) ->
    case owner_of(Place, Name, State) of
        none -> {true, [{A, {down, Turn, noproc}}], owned(Turn, A, State)};
        A -> {true, [], owned(Turn, A, State)};
        B -> {true, [], watch(Turn, A, B, none, State)}
    end;
do({demonitor, _, Number, Options}, #state{monitors = Monitors, aliases = Aliases} = State) ->
    Active = is_map_key(Number, Monitors),
    Result = not lists:member(info, Options) orelse Active,
    Kept = case Aliases of
               #{Number := {_, Mode}} when Active, Mode =/= explicit_unalias -> maps:remove(Number, Aliases);
               #{} -> Aliases
           end,
    {Result, [], State#state{monitors = maps:remove(Number, Monitors), aliases = Kept}};
do({alias, A, Mode}, #state{turn = Turn, aliases = Aliases} = State) ->
    {true, [], owned(Turn, A, State#state{aliases = Aliases#{Turn => {A, Mode}}})};
do({monitor_alias, A, B, Mode}, #state{turn = Turn, aliases = Aliases} = State) ->
    monitored(Turn, A, B, is_alive(B, State), Mode, State#state{aliases = Aliases#{Turn => {A, Mode}}});
do({send_alias, _, Number}, #state{turn = Turn, aliases = Aliases, monitors = Monitors} = State) ->
    case Aliases of
        #{Number := {Owner, reply}} ->
            {true, [{Owner, {hello, Turn}}], State#state{aliases = maps:remove(Number, Aliases)}};
        #{Number := {Owner, reply_demonitor}} ->
            {true, [{Owner, {hello, Turn}}], State#state{aliases = maps:remove(Number, Aliases), monitors = maps:remove(Number, Monitors)}};
        #{Number := {Owner, _}} ->
            {true, [{Owner, {hello, Turn}}], State};
        #{} ->
            {true, [], State}
    end;
do({unalias, _, Number}, #state{aliases = Aliases} = State) ->
    {is_map_key(Number, Aliases), [], State#state{aliases = maps:remove(Number, Aliases)}};
do({exit, A, B, Reason}, State) -> signal(A, B, Reason, is_alive(B, State), State);
do({stop, A, Reason}, State) -> die(A, Reason, true, State);
do({trap, A, Traps}, #state{actors = Actors} = State) ->
    Actor = maps:get(A, Actors),
    {Actor#actor.traps, [], State#state{actors = Actors#{A := Actor#actor{traps = Traps}}}};
do({register, A, Name}, State) -> register(place(A, State), Name, A, State);
do({register_other, A, B, Name}, State) ->
    case same_node(A, B, State) of
        true -> register(place(A, State), Name, B, State);
        false -> {{error, badarg}, [], State}
    end;
do({unregister, A, Name}, #state{names = Names} = State) ->
    Key = key(place(A, State), Name),
    case Names of
        #{Key := _} -> {true, [], State#state{names = maps:remove(Key, Names)}};
        #{} -> {{error, badarg}, [], State}
    end;
do({whereis, A, Name}, State) ->
    {case owner_of(place(A, State), Name, State) of
         none -> undefined;
         B -> {actor, B}
     end, [], State};
do({send_after, _, B}, #state{turn = Turn} = State) -> {true, delivered(B, {hello, Turn}, State), State};
do({cancel, _, B}, State) -> {{is_alive(B, State), false}, [], State};
do({is_alive, _, B}, State) -> {is_alive(B, State), [], State};
do({links, A}, #state{links = Links} = State) ->
    {lists:sort([B || {X, B} <- Links, X =:= A] ++ [B || {B, X} <- Links, X =:= A]), [], State}.

born(Place, #state{actors = Actors} = State) ->
    State#state{actors = Actors#{map_size(Actors) + 1 => #actor{place = Place}}}.

delivered(B, Message, State) -> [{B, Message} || is_alive(B, State)].

linked(A, B, #state{links = Links} = State) -> State#state{links = lists:usort([{min(A, B), max(A, B)} | Links])}.

unlinked(A, B, #state{links = Links} = State) -> State#state{links = lists:delete({min(A, B), max(A, B)}, Links)}.

owned(Number, A, #state{owners = Owners} = State) -> State#state{owners = Owners#{Number => A}}.

watch(Number, A, B, Mode, #state{monitors = Monitors} = State) ->
    owned(Number, A, State#state{monitors = Monitors#{Number => {A, B, Mode}}}).

monitored(Number, A, B, true, Mode, State) -> {true, [], watch(Number, A, B, Mode, State)};
monitored(Number, A, _, false, Mode, State) -> {true, [{A, {down, Number, noproc}}], down(Number, Mode, owned(Number, A, State))}.

%% Its `DOWN' ends an alias that is bound to the monitor.
down(Number, Mode, #state{monitors = Monitors, aliases = Aliases} = State) ->
    State#state{monitors = maps:remove(Number, Monitors),
                aliases = case Mode of
                              demonitor -> maps:remove(Number, Aliases);
                              reply_demonitor -> maps:remove(Number, Aliases);
                              _ -> Aliases
                          end}.

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
signal(A, B, kill, true, State) -> die(B, killed, A =:= B, State);
signal(A, B, Reason, true, State) ->
    case traps(B, State) of
        true -> {true, [{B, {exit, A, Reason}}], State};
        false when Reason =:= normal, A =/= B -> {true, [], State};
        false -> die(B, Reason, A =:= B, State)
    end.

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

end_of(Id, Reason, Rest, News, #state{links = Links, monitors = Monitors, aliases = Aliases, names = Names} = State) ->
    Linked = [B || {A, B} <- Links, A =:= Id] ++ [A || {A, B} <- Links, B =:= Id],
    Watching = [{Number, Watcher, Mode} || {Number, {Watcher, Target, Mode}} <- maps:to_list(Monitors), Target =:= Id, Watcher =/= Id],
    Without = State#state{links = [Link || {A, B} = Link <- Links, A =/= Id, B =/= Id],
                          monitors = maps:filter(fun(_, {Watcher, _, _}) -> Watcher =/= Id end, Monitors),
                          aliases = maps:filter(fun(_, {Owner, _}) -> Owner =/= Id end, Aliases),
                          names = maps:filter(fun(_, Owner) -> Owner =/= Id end, Names)},
    After = lists:foldl(fun({Number, _, Mode}, S) -> down(Number, Mode, S) end, Without, Watching),
    Downs = [{Watcher, {down, Number, Reason}} || {Number, Watcher, _} <- Watching],
    Exits = [{B, {exit, Id, Reason}} || B <- Linked, traps(B, After)],
    Dying = [{B, Reason} || B <- Linked, not traps(B, After), Reason =/= normal],
    gone(Dying ++ Rest, Downs ++ Exits ++ News, After).
