%% SPDX-License-Identifier: Apache-2.0
%% @doc What a comparison runs on a side: the user's work, once to see what it does, and many times to measure it. Every run has a process of
%% its own; what it prints goes nowhere, unless that is what is looked at. This module runs on both sides, as the same bytecode.
%%
%% A run's process ends with a reason that is no crash, but takes along what is linked to it: what the work has started and not ended.
-module(tandem_work).

-export([observe/2, samples/4, cost/1, allocated/1, answer/4, load/1, unload/1, settle/2]).
-export([enter/2]).

-export_type([work/0, outcome/0]).

-type work() :: {fun((...) -> term()), [term()]} | {module(), atom(), [term()]}.
-type outcome() ::
        {value, term()}
      | {raised, error | exit | throw, Reason :: term(), Stack :: list()}
      | {died, Reason :: term()}      % by an exit signal
      | timeout.

%% Words in which a run is tried without any collection: 2, 64 and 256 MiB.
-define(HEAPS, [1 bsl 18, 1 bsl 23, 1 bsl 25]).
%% A run that measures something else than its time is given up after so many milliseconds.
-define(PATIENCE, 60_000).
-define(COSTED, 3).
-define(COSTING, 200_000_000).

%% @doc Runs the work once: what became of it, and what it printed.
-spec observe(work(), timeout()) -> {outcome(), Printed :: binary()}.
observe(Work, Timeout) ->
    Capture = tandem_capture:start_link(),
    Outcome = await(start(Capture, [], fun() -> outcome(Work) end), Timeout),
    {Outcome, tandem_capture:stop(Capture)}.

outcome(Work) ->
    try run(Work) of
        Value -> {value, Value}
    catch
        Class:Reason:Stack -> {raised, Class, Reason, [Entry || Entry <- Stack, element(1, Entry) =/= ?MODULE]}
    end.

run({Fun, []}) -> Fun();
run({Fun, [Input]}) -> Fun(Input);
run({Module, Function, Arguments}) -> apply(Module, Function, Arguments).

start(Leader, Options, F) ->
    spawn_opt(?MODULE, enter, [Leader, F], [monitor | Options]).

%% @private Ends with the value of the function, with a reason that is no crash.
-spec enter(pid(), fun(() -> term())) -> no_return().
enter(Leader, F) ->
    group_leader(Leader, self()),
    exit({shutdown, {?MODULE, F()}}).

await({Pid, Monitor}, Timeout) ->
    receive
        {'DOWN', Monitor, process, Pid, {shutdown, {?MODULE, Answer}}} -> Answer;
        {'DOWN', Monitor, process, Pid, Reason} -> {died, Reason}
    after Timeout ->
            exit(Pid, kill),
            receive {'DOWN', Monitor, process, Pid, _} -> timeout end
    end.

%% @doc Runs the work again and again for so many nanoseconds, at least once and at most so many times: nanoseconds of each process's
%% runs, of which it does `Repeat' one after the other. A run that does not come back in its process is timed from outside.
-spec samples(work(), Repeat :: pos_integer(), Duration :: pos_integer(), Most :: pos_integer()) -> [non_neg_integer()].
samples(Work, Repeat, Duration, Most) ->
    Sink = tandem_capture:start_sink(),
    Times = samples(Work, Repeat, Sink, now_ns() + Duration, Most, []),
    _ = tandem_capture:stop(Sink),
    Times.

samples(_, _, _, _, 0, Times) -> Times;
samples(Work, Repeat, Sink, End, Most, Times) ->
    Start = now_ns(),
    Time = case await(start(Sink, [], fun() -> timed(Work, Repeat) end), infinity) of
               Inside when is_integer(Inside) -> Inside;
               {died, _} -> now_ns() - Start
           end,
    case now_ns() >= End of
        true -> [Time | Times];
        false -> samples(Work, Repeat, Sink, End, Most - 1, [Time | Times])
    end.

timed(Work, Repeat) ->
    Start = now_ns(),
    repeat(Work, Repeat),
    now_ns() - Start.

repeat(_, 0) -> ok;
repeat(Work, N) -> attempt(Work), repeat(Work, N - 1).

attempt(Work) ->
    try run(Work) of
        _ -> ok
    catch
        _:_ -> ok
    end.

now_ns() -> erlang:monotonic_time(nanosecond).

%% @doc The reductions that a run costs its own process, and the bytes that this process takes afterwards; the least of some runs.
-spec cost(work()) -> #{reductions := non_neg_integer(), footprint := non_neg_integer()} | unknown.
cost(Work) ->
    Sink = tandem_capture:start_sink(),
    Costs = costs(Work, Sink, now_ns() + ?COSTING, ?COSTED),
    _ = tandem_capture:stop(Sink),
    case [Cost || {_, _, _} = Cost <- Costs] of
        [] -> unknown;
        Known -> #{reductions => lists:min([grown(reductions, Cost) || Cost <- Known]),
                   footprint => lists:min([proplists:get_value(memory, After) || {_, _, After} <- Known])}
    end.

costs(Work, Sink, End, N) ->
    Cost = watched(Work, Sink, [], [reductions, memory]),
    case N > 1 andalso now_ns() < End of
        true -> [Cost | costs(Work, Sink, End, N - 1)];
        false -> [Cost]
    end.

%% @doc The bytes that a run allocates on its own heap: it runs where nothing needs to be collected, and what is used afterwards is
%% counted. Large binaries are not on a heap.
-spec allocated(work()) -> non_neg_integer() | unknown.
allocated(Work) ->
    Sink = tandem_capture:start_sink(),
    Bytes = allocated(Work, Sink, ?HEAPS),
    _ = tandem_capture:stop(Sink),
    Bytes.

allocated(_, _, []) -> unknown;
allocated(Work, Sink, [Words | Larger]) ->
    case watched(Work, Sink, [{min_heap_size, Words}], [garbage_collection, garbage_collection_info]) of
        {_, Before, After} = Seen ->
            case collections(After) =:= 0 andalso used(After) >= used(Before) of
                true -> grown(used, Seen) * erlang:system_info(wordsize);
                false -> allocated(Work, Sink, Larger)
            end;
        _ -> unknown
    end.

collections(Info) -> proplists:get_value(minor_gcs, proplists:get_value(garbage_collection, Info)).

used(Info) ->
    Collected = proplists:get_value(garbage_collection_info, Info),
    proplists:get_value(heap_size, Collected) + proplists:get_value(mbuf_size, Collected).

%% A process that waits is looked at three times: at first, after doing nothing, and after the work. Of itself no process can see all.
watched(Work, Sink, Options, Items) ->
    Self = self(),
    {Pid, Monitor} = start(Sink, Options, fun() -> obey(Self, Work) end),
    Looks = [look(Pid, Monitor, Step, Items) || Step <- [nothing, nothing, run]],
    erlang:demonitor(Monitor, [flush]),
    exit(Pid, kill),
    case lists:member(gone, Looks) of
        true -> unknown;
        false -> list_to_tuple(Looks)
    end.

obey(Owner, Work) ->
    receive
        {step, nothing} -> ok;
        {step, run} -> attempt(Work)
    end,
    Owner ! {done, self()},
    obey(Owner, Work).

look(Pid, Monitor, Step, Items) ->
    Pid ! {step, Step},
    receive
        {done, Pid} -> seen(process_info(Pid, Items));
        {'DOWN', Monitor, process, Pid, _} -> gone
    after ?PATIENCE -> gone
    end.

seen(undefined) -> gone;
seen(Info) -> Info.

%% What the run made of it, less what doing nothing did.
grown(used, {First, Second, Third}) -> max(0, used(Third) - used(Second) - (used(Second) - used(First)));
grown(Item, {First, Second, Third}) ->
    [A, B, C] = [proplists:get_value(Item, Info) || Info <- [First, Second, Third]],
    max(0, C - B - (B - A)).

%% @doc Runs the work in a process of its own, and then sends the answer to a request; returns at once.
-spec answer(work(), Sink :: pid(), From :: pid(), Request :: term()) -> pid().
answer(Work, Sink, From, Request) ->
    spawn_link(fun() ->
                       _ = await(start(Sink, [], fun() -> attempt(Work) end), infinity),
                       From ! {answer, Request}
               end).

%% @doc Keeps the side busy with the work: as many processes as there are schedulers run it again and again.
-spec load(work()) -> [pid()].
load(Work) ->
    [spawn_link(fun() ->
                        process_flag(trap_exit, true),
                        keep_busy(Work, tandem_capture:start_sink())
                end) || _ <- lists:seq(1, erlang:system_info(schedulers_online))].

%% The run is linked, so that it ends with this process.
keep_busy(Work, Sink) ->
    {Pid, Monitor} = start(Sink, [link], fun() -> attempt(Work) end),
    receive {'DOWN', Monitor, process, Pid, _} -> ok end,
    receive {'EXIT', Pid, _} -> ok end,
    keep_busy(Work, Sink).

%% @doc Ends that.
-spec unload([pid()]) -> ok.
unload(Pids) ->
    lists:foreach(fun(Pid) ->
                          unlink(Pid),
                          Monitor = erlang:monitor(process, Pid),
                          exit(Pid, kill),
                          receive {'DOWN', Monitor, process, Pid, _} -> ok end
                  end, Pids).

%% @doc Waits until at most so many processes are there, but not longer than so many milliseconds: how many are too many.
-spec settle(pos_integer(), integer()) -> non_neg_integer().
settle(Processes, Left) ->
    case erlang:system_info(process_count) of
        Now when Now =< Processes -> 0;
        Now when Left =< 0 -> Now - Processes;
        _ -> timer:sleep(2), settle(Processes, Left - 2)
    end.
