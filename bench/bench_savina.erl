%% SPDX-License-Identifier: Apache-2.0
%% @doc Part of class `process': programs of the Savina suite of actor benchmarks (Imam and Sarkar, 2014) with its default
%% parameters, as an Erlang programmer writes them: actors are processes, and what each knows are arguments. Where Savina draws
%% random numbers, these come from a small generator, the same on both sides.
%%
%% One parameter differs: the bounded buffer's cost of an item, 25 there, is 1 here; at 25 all but a hundredth of the time is
%% spent in `math:log/1'.
-module(bench_savina).

-export([programs/0]).
-export([counting/1, fork_join_create/1, fork_join_throughput/2, thread_ring/2, chameneos/2, big/2, dictionary/3, buffer/5]).
-export([philosophers/2, barber/4, smokers/2, bank/2]).

%% @doc The programs.
-spec programs() -> [bench:program()].
programs() ->
    [(maps:from_list(lists:zip([name, what, run, expect], tuple_to_list(Row))))#{module => ?MODULE} || Row <- rows()].

rows() ->
    [{counting, "Savina counting", {counting, [1_000_000]}, 1_000_000},
     {fork_join_create, "Savina fork-join create", {fork_join_create, [40_000]}, 40_000},
     {fork_join_throughput, "Savina fork-join throughput", {fork_join_throughput, [10_000, 60]}, 600_000},
     {thread_ring, "Savina thread ring", {thread_ring, [100, 100_000]}, 0},
     {chameneos, "Savina chameneos", {chameneos, [100, 200_000]}, 400_000},
     {big, "Savina big", {big, [20_000, 120]}, 2_400_000},
     {dictionary, "Savina concurrent dictionary", {dictionary, [20, 10_000, 10]}, {200_000, 19_934}},
     {buffer, "Savina bounded buffer", {buffer, [50, 40, 40, 1000, 1]}, 40_000},
     {philosophers, "Savina philosophers", {philosophers, [20, 10_000]}, 200_000},
     {barber, "Savina sleeping barber", {barber, [1000, 5000, 1000, 1000]}, 5000},
     {smokers, "Savina cigarette smokers", {smokers, [1000, 200]}, 1000},
     {bank, "Savina bank transactions", {bank, [1000, 50_000]}, {50_000, 0}}].

%% A generator of 16 bits, and a number below a limit from it.
random(Seed) -> (Seed * 1309 + 13849) band 65535.

below(Limit, Seed) -> Seed * Limit bsr 16.

%% So many steps of it keep a process busy.
busy(0, Seed) -> Seed;
busy(N, Seed) -> busy(N - 1, random(Seed)).

%% @doc One tells another to count, and asks how far it came.
-spec counting(pos_integer()) -> integer().
counting(N) ->
    Self = self(),
    Counter = spawn_link(fun() -> counter(0) end),
    spawn_link(fun() -> produce(N, Counter), Counter ! {retrieve, Self} end),
    receive {result, Count} -> Count end.

produce(0, _) -> ok;
produce(N, Counter) -> Counter ! increment, produce(N - 1, Counter).

counter(N) ->
    receive
        increment -> counter(N + 1);
        {retrieve, From} -> From ! {result, N}
    end.

%% @doc Actors that get one message each, compute and end.
-spec fork_join_create(pos_integer()) -> integer().
fork_join_create(N) ->
    Self = self(),
    Pids = [begin
                Pid = spawn_link(fun() -> receive go -> compute(37.2), unlink(Self), Self ! done end end),
                Pid ! go,
                Pid
            end || _ <- lists:seq(1, N)],
    length([receive done -> ok end || _ <- Pids]).

compute(Theta) ->
    Sine = math:sin(Theta),
    Sine * Sine.

%% @doc Messages to each of many, in turns.
-spec fork_join_throughput(pos_integer(), pos_integer()) -> integer().
fork_join_throughput(Messages, Actors) ->
    Self = self(),
    Pids = [spawn_link(fun() -> throughput(Messages, 0, Self) end) || _ <- lists:seq(1, Actors)],
    spread(Messages, Pids),
    lists:sum([receive {got, N} -> N end || _ <- Pids]).

spread(0, _) -> ok;
spread(N, Pids) -> _ = [Pid ! message || Pid <- Pids], spread(N - 1, Pids).

throughput(0, Got, Owner) -> Owner ! {got, Got};
throughput(N, Got, Owner) -> receive message -> compute(37.2), throughput(N - 1, Got + 1, Owner) end.

%% @doc A token that counts down around a ring.
-spec thread_ring(pos_integer(), pos_integer()) -> integer().
thread_ring(Actors, Hops) -> bench_process:ring(Actors, Hops).

%% @doc Creatures meet at a mall and change their colours; the mall's meetings are limited. The sum of what all have met.
-spec chameneos(pos_integer(), pos_integer()) -> integer().
chameneos(Creatures, Meetings) ->
    Self = self(),
    Mall = spawn_link(fun() -> mall(Meetings, nobody, Creatures, 0, Self) end),
    _ = [spawn_link(fun() -> creature(Mall, element(1 + N rem 3, {blue, red, yellow}), 0) end) || N <- lists:seq(1, Creatures)],
    receive {met, Sum} -> Sum end.

mall(_, _, 0, Sum, Owner) -> Owner ! {met, Sum};
mall(Left, Waiting, Creatures, Sum, Owner) ->
    receive
        {meet, From, Colour} when Left > 0, Waiting =:= nobody -> mall(Left, {From, Colour}, Creatures, Sum, Owner);
        {meet, From, Colour} when Left > 0 ->
            {First, _} = Waiting,
            First ! {meet, From, Colour},
            mall(Left - 1, nobody, Creatures, Sum, Owner);
        {meet, From, _} -> From ! stop, mall(0, Waiting, Creatures, Sum, Owner);
        {count, Met} -> mall(Left, Waiting, Creatures - 1, Sum + Met, Owner)
    end.

creature(Mall, Colour, Met) ->
    Mall ! {meet, self(), Colour},
    receive
        {meet, Other, Theirs} ->
            New = complement(Colour, Theirs),
            Other ! {change, New},
            creature(Mall, New, Met + 1);
        {change, New} -> creature(Mall, New, Met + 1);
        stop -> Mall ! {count, Met}
    end.

complement(Same, Same) -> Same;
complement(A, B) when A =/= red, B =/= red -> red;
complement(A, B) when A =/= blue, B =/= blue -> blue;
complement(_, _) -> yellow.

%% @doc Each pings random others, one ping after the pong of the last; the sum of all pongs.
-spec big(pos_integer(), pos_integer()) -> integer().
big(Pings, Actors) ->
    Self = self(),
    Pids = list_to_tuple([spawn_link(fun() -> receive {go, All} -> big(Pings, N * 7919 band 65535, 0, All, Self) end end)
                          || N <- lists:seq(1, Actors)]),
    _ = [Pid ! {go, Pids} || Pid <- tuple_to_list(Pids)],
    Sum = lists:sum([receive {pongs, N} -> N end || _ <- lists:seq(1, Actors)]),
    _ = [Pid ! stop || Pid <- tuple_to_list(Pids)],
    Sum.

big(0, _, Pongs, _, Owner) -> Owner ! {pongs, Pongs}, answer();
big(Left, Seed, Pongs, All, Owner) ->
    element(1 + below(tuple_size(All), Seed), All) ! {ping, self()},
    pong(Left, Seed, Pongs, All, Owner).

pong(Left, Seed, Pongs, All, Owner) ->
    receive
        {ping, From} -> From ! pong, pong(Left, Seed, Pongs, All, Owner);
        pong -> big(Left - 1, random(Seed), Pongs + 1, All, Owner)
    end.

answer() ->
    receive
        {ping, From} -> From ! pong, answer();
        stop -> ok
    end.

%% @doc Workers read and write in a dictionary that one process holds; how many answers they got, and how many writes those were.
-spec dictionary(pos_integer(), pos_integer(), pos_integer()) -> {integer(), integer()}.
dictionary(Workers, Messages, WritePercent) ->
    Self = self(),
    Holder = spawn_link(fun() -> holder(maps:from_list([{Key, Key} || Key <- lists:seq(0, 511)])) end),
    _ = [spawn_link(fun() -> Self ! {done, use(Messages, N * 7919 band 65535, WritePercent, Holder, 0, 0)}, unlink(Self) end)
         || N <- lists:seq(1, Workers)],
    Counts = [receive {done, Count} -> Count end || _ <- lists:seq(1, Workers)],
    {lists:sum([Answers || {Answers, _} <- Counts]), lists:sum([Writes || {_, Writes} <- Counts])}.

holder(Map) ->
    receive
        {write, From, Key, Value} -> From ! {value, Value}, holder(Map#{Key => Value});
        {read, From, Key} -> From ! {value, maps:get(Key, Map, 0)}, holder(Map)
    end.

use(0, _, _, _, Answers, Writes) -> {Answers, Writes};
use(N, Seed0, Percent, Holder, Answers, Writes) ->
    Seed = random(Seed0),
    Key = Seed band 511,
    Write = case below(100, random(Seed)) < Percent of
                true -> Holder ! {write, self(), Key, N}, 1;
                false -> Holder ! {read, self(), Key}, 0
            end,
    receive {value, Value} when is_integer(Value) -> use(N - 1, Seed, Percent, Holder, Answers + 1, Writes + Write) end.

%% @doc Producers and consumers around a manager that keeps what fits; how many items were consumed.
-spec buffer(pos_integer(), pos_integer(), pos_integer(), pos_integer(), pos_integer()) -> integer().
buffer(Size, Producers, Consumers, Items, Cost) ->
    Self = self(),
    Manager = spawn_link(fun() -> manager(Size, queue:new(), [], [], Producers) end),
    _ = [spawn_link(fun() -> producer(Items, Cost, Manager, 0.0) end) || _ <- lists:seq(1, Producers)],
    _ = [spawn_link(fun() -> Self ! {consumed, consumer(Cost, Manager, 0, 0.0)}, unlink(Self) end) || _ <- lists:seq(1, Consumers)],
    lists:sum([receive {consumed, N} -> N end || _ <- lists:seq(1, Consumers)]).

manager(Size, Items, [], Consumers, 0) ->
    case queue:is_empty(Items) of
        true -> dismiss(Consumers);
        false -> serve(Size, Items, [], Consumers, 0)
    end;
manager(Size, Items, Waiting, Consumers, Producers) -> serve(Size, Items, Waiting, Consumers, Producers).

serve(Size, Items, Waiting, Consumers, Producers) ->
    receive
        {item, From, Item} -> stock(Size, Item, Items, [From | Waiting], Consumers, Producers);
        {ready, Consumer} ->
            case queue:out(Items) of
                {{value, Item}, Rest} -> Consumer ! {item, Item}, refill(Size, Rest, Waiting, Consumers, Producers);
                {empty, _} -> manager(Size, Items, Waiting, [Consumer | Consumers], Producers)
            end;
        finished -> manager(Size, Items, Waiting, Consumers, Producers - 1)
    end.

stock(Size, Item, Items, Waiting, [Consumer | Consumers], Producers) ->
    Consumer ! {item, Item},
    refill(Size, Items, Waiting, Consumers, Producers);
stock(Size, Item, Items, Waiting, [], Producers) ->
    refill(Size, queue:in(Item, Items), Waiting, [], Producers).

%% A producer goes on when there is room for its next item.
refill(Size, Items, Waiting, Consumers, Producers) ->
    case Waiting =/= [] andalso queue:len(Items) < Size of
        true -> hd(Waiting) ! go_on, manager(Size, Items, tl(Waiting), Consumers, Producers);
        false -> manager(Size, Items, Waiting, Consumers, Producers)
    end.

dismiss(Consumers) ->
    _ = [Consumer ! stop || Consumer <- Consumers],
    receive {ready, Consumer} -> dismiss([Consumer]) end.

producer(0, _, Manager, _) -> Manager ! finished;
producer(N, Cost, Manager, Term) ->
    Item = process_item(Term, Cost * 100, N),
    Manager ! {item, self(), Item},
    receive go_on -> producer(N - 1, Cost, Manager, Item) end.

consumer(Cost, Manager, N, Term) ->
    Manager ! {ready, self()},
    receive
        {item, Item} -> consumer(Cost, Manager, N + 1, process_item(Term + Item, Cost * 100, N));
        stop -> N
    end.

process_item(Term, 0, _) -> Term;
process_item(Term, N, Seed) -> process_item(Term + math:log(Seed / 65536 + 0.01), N - 1, random(Seed)).

%% @doc Philosophers who ask an arbitrator for both forks until they get them; how often all have eaten.
-spec philosophers(pos_integer(), pos_integer()) -> integer().
philosophers(N, Meals) ->
    Self = self(),
    Arbitrator = spawn_link(fun() -> arbitrator(list_to_tuple(lists:duplicate(N, free))) end),
    _ = [spawn_link(fun() -> Self ! {eaten, dine(Id, 0, Meals, Arbitrator)}, unlink(Self) end) || Id <- lists:seq(0, N - 1)],
    lists:sum([receive {eaten, Eaten} -> Eaten end || _ <- lists:seq(1, N)]).

arbitrator(Forks) ->
    receive
        {hungry, From, Id} ->
            Left = Id + 1,
            Right = 1 + Left rem tuple_size(Forks),
            case element(Left, Forks) =:= free andalso element(Right, Forks) =:= free of
                true -> From ! eat, arbitrator(setelement(Right, setelement(Left, Forks, taken), taken));
                false -> From ! denied, arbitrator(Forks)
            end;
        {done, Id} ->
            Left = Id + 1,
            arbitrator(setelement(1 + Left rem tuple_size(Forks), setelement(Left, Forks, free), free))
    end.

dine(_, Meals, Meals, _) -> Meals;
dine(Id, Eaten, Meals, Arbitrator) ->
    Arbitrator ! {hungry, self(), Id},
    receive
        denied -> dine(Id, Eaten, Meals, Arbitrator);
        eat -> Arbitrator ! {done, Id}, dine(Id, Eaten + 1, Meals, Arbitrator)
    end.

%% @doc Customers come to a room that has so many seats; those who find it full come again. How many haircuts there were.
-spec barber(pos_integer(), pos_integer(), pos_integer(), pos_integer()) -> integer().
barber(Seats, Haircuts, Production, Cutting) ->
    Self = self(),
    Barber = spawn_link(fun() -> barber(Cutting, 9219) end),
    Room = spawn_link(fun() -> room(Seats, queue:new(), 0, true, Barber) end),
    spawn_link(fun() ->
                       Shop = self(),
                       customers(Haircuts, Production, 16421, Room, Shop),
                       Self ! {haircuts, returned(Haircuts, Room, 0)},
                       unlink(Self)
               end),
    receive {haircuts, N} -> N end.

customers(0, _, _, _, _) -> ok;
customers(N, Production, Seed0, Room, Shop) ->
    Seed = busy(10 + below(Production, Seed0), Seed0),
    Customer = spawn_link(fun() -> customer(Shop) end),
    Room ! {enter, Customer},
    customers(N - 1, Production, Seed, Room, Shop).

returned(0, _, Haircuts) -> Haircuts;
returned(N, Room, Haircuts) ->
    receive
        {again, Customer} -> Room ! {enter, Customer}, returned(N, Room, Haircuts);
        done -> returned(N - 1, Room, Haircuts + 1)
    end.

customer(Shop) ->
    receive
        full -> Shop ! {again, self()}, customer(Shop);
        wait -> customer(Shop);
        start -> customer(Shop);
        finished -> unlink(Shop), Shop ! done
    end.

room(Seats, Queue, Length, Asleep, Barber) ->
    receive
        {enter, Customer} when Length =:= Seats -> Customer ! full, room(Seats, Queue, Length, Asleep, Barber);
        {enter, Customer} when Asleep -> self() ! next, room(Seats, queue:in(Customer, Queue), Length + 1, false, Barber);
        {enter, Customer} -> Customer ! wait, room(Seats, queue:in(Customer, Queue), Length + 1, false, Barber);
        next when Length =:= 0 -> room(Seats, Queue, 0, true, Barber);
        next ->
            {{value, Customer}, Rest} = queue:out(Queue),
            Barber ! {cut, Customer, self()},
            room(Seats, Rest, Length - 1, false, Barber)
    end.

barber(Cutting, Seed) ->
    receive
        {cut, Customer, Room} ->
            Customer ! start,
            Next = busy(10 + below(Cutting, Seed), Seed),
            Customer ! finished,
            Room ! next,
            barber(Cutting, Next)
    end.

%% @doc An arbiter lets a random smoker smoke, and the next one as soon as that one has started.
-spec smokers(pos_integer(), pos_integer()) -> integer().
smokers(Rounds, Smokers) ->
    Self = self(),
    Pids = list_to_tuple([spawn_link(fun() -> smoker(0, Self) end) || _ <- lists:seq(1, Smokers)]),
    arbiter(Rounds, 9219, Pids),
    _ = [Pid ! stop || Pid <- tuple_to_list(Pids)],
    lists:sum([receive {smoked, N} -> N end || _ <- lists:seq(1, Smokers)]).

arbiter(0, _, _) -> ok;
arbiter(N, Seed, Pids) ->
    element(1 + below(tuple_size(Pids), Seed), Pids) ! {smoke, 10 + below(1000, random(Seed))},
    receive started -> arbiter(N - 1, random(random(Seed)), Pids) end.

smoker(Smoked, Arbiter) ->
    receive
        {smoke, Time} -> Arbiter ! started, _ = busy(Time, Time), smoker(Smoked + 1, Arbiter);
        stop -> Arbiter ! {smoked, Smoked}
    end.

%% @doc Transfers between accounts, each of which waits for the other's answer before it takes the next; how many were answered, and
%% by how much the sum of all balances has changed.
-spec bank(pos_integer(), pos_integer()) -> {integer(), integer()}.
bank(Accounts, Transactions) ->
    Pids = list_to_tuple([spawn_link(fun() -> account(1_000_000) end) || _ <- lists:seq(1, Accounts)]),
    transfers(Transactions, 9219, Pids),
    Answers = length([receive done -> ok end || _ <- lists:seq(1, Transactions)]),
    _ = [Pid ! {stop, self()} || Pid <- tuple_to_list(Pids)],
    {Answers, lists:sum([receive {balance, Balance} -> Balance - 1_000_000 end || _ <- lists:seq(1, Accounts)])}.

%% As in Savina, money goes from the first eight tenths to an account further on: no circle of accounts waits for itself.
transfers(0, _, _) -> ok;
transfers(N, Seed0, Pids) ->
    Source = below(tuple_size(Pids) div 10 * 8, Seed0),
    Seed = random(Seed0),
    Target = Source + 1 + below(tuple_size(Pids) - Source - 1, Seed),
    Next = random(Seed),
    element(Source + 1, Pids) ! {credit, self(), 1 + below(1000, Next), element(Target + 1, Pids)},
    transfers(N - 1, random(Next), Pids).

account(Balance) ->
    receive
        {credit, Teller, Amount, Target} ->
            Reference = make_ref(),
            Target ! {debit, self(), Reference, Amount},
            receive {Reference, ok} -> Teller ! done end,
            account(Balance - Amount);
        {debit, From, Reference, Amount} -> From ! {Reference, ok}, account(Balance + Amount);
        {stop, From} -> From ! {balance, Balance}
    end.
