%% SPDX-License-Identifier: Apache-2.0
%% @doc A long mixed load: processes of the engine and of the host do whatever processes do ({@link real_soak_jobs}), to each other and
%% across the border, while killers on both sides end them at random, and new ones take their places. A first, short season fills
%% whatever is filled once. After the long one nothing may be there that wasn't after the short one.
-module(real_soak).

-export([main/1, run/2]).
-export([killer/3, totals/0]).

-define(PROGRESS, 10_000).
-define(EACH, 3).             % processes of each kind, on each side that has the kind
-define(MEGABYTE, 1048576).

%% @doc `main([Executable, Seconds])'. Prints how it goes, what failed, and the numbers of checks passed and failed.
-spec main([string()]) -> ok.
main([Executable, Seconds]) ->
    tandem_support:quiet(),
    Checks = run(Executable, list_to_integer(Seconds)),
    _ = [io:format("soak: ~ts~n", [What]) || {What, false} <- Checks],
    io:format("soak: ~b passed, ~b failed~n", [length([1 || {_, true} <- Checks]), length([1 || {_, false} <- Checks])]).

%% @doc Gives the checks, each with whether it held.
-spec run(file:filename(), pos_integer()) -> [{string(), boolean()}].
run(Executable, Seconds) ->
    {ok, Engine, Node} = tandem:start_link(#{executable => Executable, timeout => 60_000}),
    _ = season(Node, max(10, min(60, Seconds div 5))),
    Before = measure(Engine, Node),
    {Done, Kills, Wrong} = season(Node, Seconds),
    After = measure(Engine, Node),
    Missing = maps:get(missing, tandem:info(Node)),
    ok = tandem:stop(Engine),
    io:format("soak: before ~0p~nsoak: after  ~0p~nsoak: done   ~0p~n", [Before, After, Done]),
    [{lists:flatten(io_lib:format("wrong: ~0tP", [Why, 40])), false} || Why <- lists:sublist(Wrong, 20)] ++
        [{lists:flatten(io_lib:format("natives that are missing: ~0tp", [maps:keys(Missing)])), Missing =:= #{}},
         {"kills from both sides", lists:all(fun(N) -> N > Seconds end, Kills)} |
         [{"done: " ++ atom_to_list(Kind), is_map_key(Kind, Done)} || Kind <- real_soak_jobs:kinds(engine) ++ real_soak_jobs:kinds(host)] ++
         [{"no more " ++ atom_to_list(What), Now =< allowed(What, maps:get(What, Before))} || {What, Now} <- lists:sort(maps:to_list(After))]].

allowed(memory, Before) -> Before + Before div 10 + ?MEGABYTE div 2;
allowed(resident, Before) -> Before + Before div 2 + 8 * ?MEGABYTE;    % the allocators keep what the busiest moment took
allowed(host_memory, Before) -> Before + Before div 10 + 8 * ?MEGABYTE;    % OTP 25 never forgets an alias of a process that is killed
allowed(host_resident, Before) -> Before + Before div 2 + 64 * ?MEGABYTE;
allowed(host_atoms, Before) -> Before + 50;    % of modules that the host loads late
allowed(_, Before) -> Before.

%% --- What is there --------------------------------------------------------------------------------------------------------

%% Everything that ended has ended, and every heap that is left is collected. The engine gives memory back after some seconds.
measure(Engine, Node) ->
    settle(Node, 100),
    receive after 10_000 -> ok end,
    [garbage_collect(Pid) || Pid <- processes()],
    There = erpc:call(Node, ?MODULE, totals, []),
    OsPid = integer_to_list(tandem_support:os_pid(Engine)),
    #{memory := Memory, processes := Processes} = tandem:info(Node),
    #{<<"timers">> := Timers} = tandem_json:decode(tandem:counters(Node)),
    Here = maps:fold(fun(Key, Value, Map) -> Map#{list_to_atom("host_" ++ atom_to_list(Key)) => Value} end, #{}, totals()),
    maps:merge(Here, There#{memory => Memory - maps:get(code, There), processes => Processes, timers => Timers,
                            resident => resident(OsPid), files => files(OsPid), host_files => files(os:getpid()),
                            host_resident => resident(os:getpid()), host_processes => erlang:system_info(process_count),
                            host_ports => erlang:system_info(port_count), host_memory => erlang:memory(total) - erlang:memory(code)}).

%% Until no process is there that the load has left.
settle(_, 0) -> ok;
settle(Node, Tries) ->
    case erpc:call(Node, erlang, processes, []) of
        Few when length(Few) < 10 -> ok;
        _ -> receive after 100 -> settle(Node, Tries - 1) end
    end.

%% @private On either side.
-spec totals() -> #{atom() => non_neg_integer()}.
totals() ->
    Pids = processes(),
    _ = [garbage_collect(Pid) || Pid <- Pids],
    Count = fun(Item) -> lists:sum([length(List) || Pid <- Pids, {_, List} <- [process_info(Pid, Item)]]) end,
    #{atoms => erlang:system_info(atom_count), tables => erlang:system_info(ets_count), links => Count(links), monitors => Count(monitors),
      monitored => Count(monitored_by), names => length(registered()), code => erlang:memory(code), binaries => erlang:memory(binary) div 65536}.

resident(OsPid) ->
    {ok, Text} = file:read_file("/proc/" ++ OsPid ++ "/statm"),
    [_, Pages | _] = binary:split(Text, <<" ">>, [global]),
    4096 * binary_to_integer(Pages).

files(OsPid) ->
    {ok, Names} = file:list_dir("/proc/" ++ OsPid ++ "/fd"),
    length(Names).

%% --- A season -------------------------------------------------------------------------------------------------------------

season(Node, Seconds) ->
    Start = erlang:monotonic_time(millisecond),
    Versions = real_soak_jobs:versions(),
    Jobs = lists:append([[start(Where, Kind, Node, Versions) || Kind <- real_soak_jobs:kinds(Where), _ <- lists:seq(1, ?EACH)] || Where <- [engine, host]]),
    Killers = [{Where, spawn_link(On, ?MODULE, killer, [self(), reasons(), 0])} || {Where, On} <- [{here, node()}, {there, Node}]],
    Timers = [Timer || {Time, What} <- [{1000, peers}, {?PROGRESS, progress}], {ok, Timer} <- [timer:send_interval(Time, What)]],
    self() ! progress,
    erlang:send_after(Seconds * 1000, self(), stop),
    State = keep(#{node => Node, versions => Versions, jobs => maps:from_list(Jobs), done => #{}, wrong => [], kills => 0, start => Start,
                   seconds => Seconds, stop => false}),
    _ = [{ok, cancel} = timer:cancel(Timer) || Timer <- Timers],
    Kills = [begin Pid ! {stop, self()}, receive {killed, Pid, Count} -> Count end end || {_, Pid} <- Killers],
    _ = [exit(Pid, kill) || Pid <- maps:keys(maps:get(jobs, State))],
    _ = [receive {'DOWN', Monitor, process, Pid, _} -> ok end || {Pid, {Monitor, _, _}} <- maps:to_list(maps:get(jobs, State))],
    drain(),
    {maps:get(done, State), Kills, maps:get(wrong, State)}.

drain() ->
    receive _ -> drain() after 200 -> ok end.

start(Where, Kind, Node, Versions) ->
    On = case Where of engine -> Node; host -> node() end,
    {Pid, Monitor} = spawn_monitor(On, real_soak_jobs, job, [Where, Kind, #{keeper => self(), engine => Node, versions => Versions}]),
    {Pid, {Monitor, Where, Kind}}.

keep(#{jobs := Jobs, done := Done} = State) ->
    receive
        {done, Kind, N} -> keep(State#{done := maps:update_with(Kind, fun(Before) -> Before + N end, N, Done)});
        {wrong, Why} -> io:format("real_soak: wrong: ~0tP~n", [Why, 60]), keep(State#{wrong := [Why | maps:get(wrong, State)]});
        {some, From} -> From ! {some, some(Jobs)}, keep(State);
        {'DOWN', _, process, Pid, _} when is_map_key(Pid, Jobs) -> ended(Pid, State);
        {again, Where, Kind} -> keep(again(Where, Kind, State));
        peers -> tell_peers(maps:keys(Jobs)), keep(State);
        progress -> show(State), keep(State);
        stop -> State;
        _ -> keep(State)
    end.

ended(Pid, #{jobs := Jobs, kills := Kills} = State) ->
    #{Pid := {_, Where, Kind}} = Jobs,
    erlang:send_after(rand:uniform(20), self(), {again, Where, Kind}),
    keep(State#{jobs := maps:remove(Pid, Jobs), kills := Kills + 1}).

again(Where, Kind, #{jobs := Jobs, node := Node, versions := Versions} = State) ->
    {Pid, Job} = start(Where, Kind, Node, Versions),
    State#{jobs := Jobs#{Pid => Job}}.

some(Jobs) ->
    case maps:keys(Jobs) of
        [] -> none;
        Pids -> lists:nth(rand:uniform(length(Pids)), Pids)
    end.

tell_peers(Pids) ->
    _ = [Pid ! {peers, [lists:nth(rand:uniform(length(Pids)), Pids) || _ <- lists:seq(1, 8)]} || Pid <- Pids],
    ok.

show(#{node := Node, start := Start, seconds := Seconds, done := Done, kills := Kills, wrong := Wrong}) ->
    #{processes := Processes, memory := Memory, messages_in := In, messages_out := Out} = tandem:info(Node),
    io:format("real_soak: ~b of ~b s: ~b done, ~b ended, ~b messages across; engine ~b processes, ~b MiB; host ~b processes, ~b MiB; ~b wrong~n",
              [(erlang:monotonic_time(millisecond) - Start) div 1000, Seconds, lists:sum(maps:values(Done)), Kills, In + Out, Processes,
               Memory div ?MEGABYTE, erlang:system_info(process_count), erlang:memory(total) div ?MEGABYTE, length(Wrong)]).

%% @private On both sides.
-spec killer(pid(), [term()], non_neg_integer()) -> ok.
killer(Keeper, Reasons, Killed) ->
    Keeper ! {some, self()},
    receive
        {some, Pid} when is_pid(Pid) ->
            Monitor = monitor(process, Pid),
            exit(Pid, lists:nth(rand:uniform(length(Reasons)), Reasons)),
            receive {'DOWN', Monitor, process, Pid, _} -> ok after 100 -> demonitor(Monitor, [flush]) end;
        {some, none} -> ok;
        {stop, From} -> self() ! {stop, From}
    end,
    receive
        {stop, From1} -> From1 ! {killed, self(), Killed + 1}, ok
    after rand:uniform(100) ->
            killer(Keeper, Reasons, Killed + 1)
    end.

%% Of the VMs that end a process by a signal wrongly (README, Limits), this load finds one in minutes.
reasons() ->
    case [N || Part <- string:lexemes(erlang:system_info(version), ".-"), {N, _} <- [string:to_integer(Part)], is_integer(N)] of
        Old when Old < [13, 2, 2, 7]; Old >= [14], Old < [14, 2, 3] -> [kill, kill, bad_luck, shutdown];
        _ -> [kill, kill, {bad, luck}, shutdown]
    end.
