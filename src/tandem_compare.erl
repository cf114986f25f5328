%% SPDX-License-Identifier: Apache-2.0
%% @doc The comparison of one piece of work on the BEAM and on the engine: whether both do the same, and how long it takes. What the user
%% calls is `tandem:compare/2'.
%%
%% Each job is first run once on either side, in a process of its own, and what became of it and what it printed are compared, but for pids,
%% references and the names of the nodes. If they differ, the BEAM is asked a second time: what differs from itself says nothing. Then
%% it is measured, both sides taking turns in short rounds, and each round the other one first.
-module(tandem_compare).

-export([compare/2]).
-export([watched/2]).

-export_type([result/0, verdict/0, report/0, measured/0]).

-type verdict() :: same | differs | varies | failed.
%% `varies': the work gives other results at each run on the BEAM as well. `failed': it did not end in time, or ended a whole side.

-type result() ::
        #{verdict := verdict(),
          jobs := [#{name := binary() | null, input := binary() | null, verdict := verdict(), differences := [map()], _ => _}],
          json := written(),
          page := written()}.

-type written() :: file:filename_all() | false | {elsewhere, file:filename_all(), {Wanted :: file:filename_all(), Reason :: term()}} | {error, term()}.
%% `elsewhere': where it was wanted it could not be written.

-type measured() :: #{job := tandem_compare_options:job(), verdict := verdict(), differences := [difference()], outcome := binary(),
                      repeat := pos_integer(), beam := side(), tandem := side()}.
-type difference() :: #{what := atom(), where := binary(), beam := binary(), tandem := binary()}.
-type side() :: #{time := tandem_stats:distribution() | null, latency := tandem_stats:distribution() | null,
                  unanswered := non_neg_integer(), rate := pos_integer() | null,
                  reductions := number() | null, footprint := number() | null, allocated := number() | null}.
-type report() :: #{title := binary(), machine := map(), verdict := verdict(), options := map(), jobs := [measured()],
                    border := [map()], engine := term(), resident := map(), seconds := number(), against := term()}.

-define(SECOND, 1_000_000_000).
%% A round of run times, and of latencies, in nanoseconds; runs of one round.
-define(ROUND, 100_000_000).
-define(LATENCY_ROUND, 1_000_000_000).
-define(MOST, 5000).
%% What one clock reading is for takes at least so many nanoseconds: what is shorter is repeated.
-define(SHORTEST, 5000).
-define(MOST_REPEATS, 1000).
-define(RATE, 2000).
%% What the work leaves behind may take so many milliseconds to end.
-define(SETTLING, 500).
-define(SPARE_PROCESSES, 8).

%% @doc See `tandem:compare/2'.
-spec compare(term(), term()) -> {ok, result()} | {error, term()}.
compare(Given, Options) ->
    case prepare(Given, Options) of
        {ok, Jobs, Checked} -> said(apart(fun() -> run(Jobs, Checked) end));
        {error, Reason} -> said({error, Reason})
    end.

said({error, Reason}) ->
    io:format("~ts~n", [tandem_compare_options:explain(Reason)]),
    {error, Reason};
said(Result) ->
    Result.

prepare(Given, Options) ->
    maybe_all([fun(_) -> tandem_compare_options:check(Options) end,
               fun(Checked) -> with_jobs(Given, Checked) end,
               fun({Jobs, #{against := File} = Checked}) ->
                       case tandem_compare_report:read(File) of
                           {ok, Old} -> {ok, Jobs, Checked#{older => Old}};
                           {error, Reason} -> {error, {unreadable, File, Reason}}
                       end
               end]).

maybe_all(Steps) ->
    lists:foldl(fun(Step, {ok, Value}) -> Step(Value);
                   (_, Error) -> Error
                end, {ok, undefined}, Steps).

with_jobs(Given, #{inputs := Inputs} = Checked) ->
    case tandem_compare_options:jobs(Given, Inputs) of
        {ok, Jobs} -> {ok, {Jobs, Checked}};
        Error -> Error
    end.

%% In a process of its own, so that neither the caller's links and messages nor ours matter to the other. It ends with the caller.
apart(F) ->
    case tandem_side:call(node(), ?MODULE, watched, [self(), F], infinity) of
        {ok, Answer} -> Answer;
        {error, Reason} -> {error, Reason}
    end.

%% @private
-spec watched(pid(), fun(() -> Answer)) -> Answer.
watched(Caller, F) ->
    Self = self(),
    spawn_link(fun() -> watch(Caller, Self) end),
    process_flag(trap_exit, true),
    F().

watch(Caller, Runner) ->
    process_flag(trap_exit, true),
    Monitor = erlang:monitor(process, Caller),
    receive
        {'DOWN', Monitor, process, Caller, _} -> exit(Runner, kill);
        {'EXIT', Runner, _} -> ok
    end.

run(Jobs, Options) ->
    case tandem_compare_sides:start(Options) of
        {ok, Sides} -> run(Jobs, Options, Sides);
        {error, Reason} -> {error, Reason}
    end.

run(Jobs, #{progress := Wanted} = Options, Sides) ->
    Began = erlang:monotonic_time(millisecond),
    Machine = tandem_machine:facts(),
    State = #{options => Options, total => length(Jobs), number => 0, sides => Sides,
              progress => tandem_progress:start(Wanted, expected(Jobs, Options)),
              processes => maps:from_list([{Kind, processes(Sides, Kind)} || Kind <- [beam, tandem]])},
    try
        {Measured, State1} = lists:mapfoldl(fun job/2, State, Jobs),
        {Border, State2} = lists:foldl(fun border/2, {[], State1}, maps:get(border, Options)),
        Report = #{title => unicode:characters_to_binary(maps:get(title, Options)), machine => Machine, options => Options,
                   verdict => verdict(Measured), jobs => Measured, border => lists:reverse(Border), against => maps:get(older, Options, null),
                   seconds => (erlang:monotonic_time(millisecond) - Began) / 1000},
        All = maps:merge(Report, sides_report(State2)),
        tandem_compare_sides:stop(maps:get(sides, State2)),
        finish(All, State2)
    catch
        throw:{Kind, Reason} ->
            tandem_compare_sides:stop(Sides),
            {error, {Kind, Reason}}
    end.

%% The progress is cleared before the table is printed.
finish(Report, #{progress := Progress, options := Options}) ->
    tandem_progress:clear(Progress),
    maps:get(print, Options) andalso print(tandem_compare_table:text(Report)),
    Files = tandem_compare_report:write(Report),
    maps:get(print, Options) andalso io:put_chars(tandem_compare_table:files(Files)),
    {ok, maps:merge(#{verdict => maps:get(verdict, Report), jobs => [summary(Job) || Job <- maps:get(jobs, Report)]},
                    maps:from_list(Files))}.

%% Where only Latin-1 is written, nobody knows how the one sign that is not ASCII would look.
print(Text) ->
    case io:getopts() of
        Options when is_list(Options) ->
            case proplists:get_value(encoding, Options, unicode) of
                latin1 -> io:put_chars(string:replace(Text, [16#B1], "+-", all));
                _ -> io:put_chars(Text)
            end;
        {error, _} -> io:put_chars(Text)
    end.

summary(#{beam := Beam, tandem := Tandem, job := Job} = Measured) ->
    Brief = fun(#{time := null}) -> #{};
               (#{time := Time} = Side) -> maps:merge(maps:with([reductions, allocated], Side), maps:with([median, mean, p99], Time))
            end,
    maps:merge(maps:with([verdict, differences], Measured), (maps:with([name, input], Job))#{beam => Brief(Beam), tandem => Brief(Tandem)}).

sides_report(#{sides := Sides}) ->
    #{engine => case tandem:counters(tandem_compare_sides:node(Sides, tandem)) of
                    Json when is_binary(Json) -> {json, Json};
                    {error, _} -> null
                end,
      resident => maps:from_list([{Kind, tandem_compare_sides:resident(Sides, Kind)} || Kind <- [beam, tandem]])}.

verdict(Measured) ->
    Verdicts = [Verdict || #{verdict := Verdict} <- Measured],
    hd([Worst || Worst <- [differs, failed, varies], lists:member(Worst, Verdicts)] ++ [same]).

%% Seconds, about.
expected(Jobs, #{time := Time, warmup := Warmup, latency_time := LatencyTime, latency := Latency, border := Rates}) ->
    Latencies = case Latency of
                    false -> 0;
                    _ -> LatencyTime
                end,
    2 * (length(Jobs) * (Time + Warmup + Latencies + 0.2) + length(Rates) * LatencyTime).

processes(Sides, Kind) ->
    {{ok, Count}, _} = tandem_compare_sides:call(Sides, Kind, {erlang, system_info, [process_count]}, infinity),
    Count + ?SPARE_PROCESSES.

show(#{number := Number, total := Total, progress := Progress}, #{name := Name, input := Input}, Doing) ->
    What = lists:join(", ", [Part || Part <- [Name, Input], Part =/= null] ++ [Doing]),
    tandem_progress:show(Progress, (Number - 1) / max(1, Total), unicode:characters_to_binary(What)).

%% Runs something on a side. What cannot be answered is thrown: this job is not measured.
call(#{sides := Sides} = State, Kind, Function, Arguments, Timeout) ->
    Module = case Function of
                 beside -> tandem_latency;
                 requests -> tandem_latency;
                 _ -> tandem_work
             end,
    case tandem_compare_sides:call(Sides, Kind, {Module, Function, Arguments}, Timeout) of
        {{ok, Answer}, Now} -> {Answer, State#{sides := Now}};
        {{error, Reason}, Now} -> throw({not_measured, Kind, Reason, State#{sides := Now}})
    end.

job(Job, #{number := Number} = Before) ->
    State = Before#{number := Number + 1},
    Empty = #{time => null, latency => null, unanswered => 0, rate => null, reductions => null, footprint => null, allocated => null},
    Unmeasured = #{job => Job, verdict => failed, differences => [], outcome => <<>>, repeat => 1, beam => Empty, tandem => Empty},
    try
        show(State, Job, "comparing"),
        {Seen, State1} = agree(Job, State),
        measure(maps:merge(Unmeasured, Seen), State1)
    catch
        throw:{not_measured, Kind, Reason, State2} ->
            {Unmeasured#{differences => [unmeasured(Kind, Reason)]}, State2}
    end.

unmeasured(Kind, Reason) ->
    What = case Reason of
               timeout -> <<"did not end in time">>;
               ended -> <<"the whole side ended">>;
               _ -> tandem_compare_outcome:shown(Reason, erlang)
           end,
    maps:merge(#{what => measuring, where => <<>>, beam => <<>>, tandem => <<>>}, #{Kind => What}).

agree(#{work := Work}, #{options := #{syntax := Syntax}} = State) ->
    {Beam, State1} = observe(beam, Work, State),
    {Tandem, State2} = observe(tandem, Work, State1),
    Seen = #{outcome => tandem_compare_outcome:text(Beam, Syntax), differences => tandem_compare_outcome:differences(Beam, Tandem, Syntax)},
    case {tandem_compare_outcome:is_complete(Beam) andalso tandem_compare_outcome:is_complete(Tandem), Seen} of
        {false, _} ->
            {Seen#{verdict => failed}, State2};
        {true, #{differences := []}} ->
            {Seen#{verdict => same}, State2};
        {true, _} ->
            case observe(beam, Work, State2) of
                {Beam, State3} -> {Seen#{verdict => differs}, State3};
                {_, State3} -> {Seen#{verdict => varies}, State3}
            end
    end.

observe(Kind, Work, #{options := #{timeout := Timeout}} = State) ->
    {Seen, #{sides := Sides} = State1} =
        try call(State, Kind, observe, [Work, Timeout], infinity)
        catch throw:{not_measured, _, Reason, After} -> {{{gone, Reason}, <<>>}, After}
        end,
    {tandem_normal:term(Seen, tandem_compare_sides:node(Sides, Kind)), State1}.

measure(#{verdict := failed} = Measured, State) ->
    {Measured, State};
measure(#{job := #{work := Work} = Job} = Measured, #{options := Options} = State) ->
    Warmup = round(maps:get(warmup, Options) * ?SECOND),
    show(State, Job, "warming up"),
    {Warm, State1} = both(State, samples, [Work, 1, max(1, Warmup), ?MOST * 100], patience(Options, Warmup)),
    Repeat = repeat(lists:min([tandem_stats:median(Times) || Times <- maps:values(Warm)])),
    {Times, State2} = rounds(Measured#{repeat := Repeat}, maps:get(time, Options) * ?SECOND, #{beam => [], tandem => []}, State1),
    show(State2, Job, "memory and reductions"),
    {Costs, State3} = both(State2, cost, [Work], infinity),
    {Allocated, State4} = both(State3, allocated, [Work], infinity),
    Timed = lists:foldl(fun(Kind, So) ->
                                #{Kind := Side} = So,
                                So#{Kind := maps:merge(Side#{time := tandem_stats:distribution(maps:get(Kind, Times)),
                                                             allocated := number(maps:get(Kind, Allocated))},
                                                       cost(maps:get(Kind, Costs)))}
                        end, Measured#{repeat := Repeat}, [beam, tandem]),
    latency(maps:get(latency, Options), Timed, State4).

number(unknown) -> null;
number(Number) -> Number.

cost(unknown) -> #{};
cost(Cost) -> Cost.

%% Milliseconds that a call may take which measures for so many nanoseconds.
patience(#{timeout := Timeout}, Nanoseconds) -> Timeout + 2 * Nanoseconds div 1_000_000 + 10_000.

both(State, Function, Arguments, Timeout) ->
    {Beam, State1} = call(State, beam, Function, Arguments, Timeout),
    {Tandem, State2} = call(State1, tandem, Function, Arguments, Timeout),
    {#{beam => Beam, tandem => Tandem}, State2}.

repeat(Median) ->
    lists:foldl(fun(_, Repeat) when Median * Repeat >= ?SHORTEST -> Repeat;
                   (_, Repeat) -> Repeat * 10
                end, 1, lists:seq(1, round(math:log10(?MOST_REPEATS)))).

%% Rounds on both sides, until the time of both is over.
rounds(#{job := #{work := Work} = Job, repeat := Repeat} = Measured, Left, Times, #{options := Options} = State) when Left > 0 ->
    show(State, Job, "run time"),
    Before = erlang:monotonic_time(nanosecond),
    Patience = patience(Options, ?ROUND),
    {Round, State1} = in_turn(State, fun(Kind, Now) ->
                                             Settled = settle(Kind, Now),
                                             call(Settled, Kind, samples, [Work, Repeat, round(min(?ROUND, Left)), ?MOST], Patience)
                                     end),
    More = maps:map(fun(Kind, Known) -> [Time / Repeat || Time <- maps:get(Kind, Round)] ++ Known end, Times),
    rounds(Measured, Left - (erlang:monotonic_time(nanosecond) - Before) / 2, More, State1);
rounds(_, _, Times, State) ->
    {Times, State}.

settle(Kind, #{processes := Processes} = State) ->
    {_, State1} = call(State, Kind, settle, [maps:get(Kind, Processes), ?SETTLING], infinity),
    State1.

%% Each time another side is the first.
in_turn(State, F) ->
    Turn = maps:get(turn, State, beam),
    Other = case Turn of
                beam -> tandem;
                tandem -> beam
            end,
    {First, State1} = F(Turn, State),
    {Second, State2} = F(Other, State1),
    {#{Turn => First, Other => Second}, State2#{turn => Other}}.

latency(false, Measured, State) ->
    {Measured, State};
latency(Function, #{job := #{work := Work} = Job} = Measured, #{options := #{latency_time := Seconds} = Options} = State) ->
    Rate = rate(Function, maps:get(rate, Options), Measured),
    Run = fun(Kind, Duration, Now) -> call(Now, Kind, Function, [Work, Rate, Duration], patience(Options, Duration)) end,
    latencies(Measured, Rate, fun(Now) -> show(Now, Job, "latency") end, Run, Seconds * ?SECOND, State).

rate(requests, auto, #{beam := #{time := #{mean := Beam}}, tandem := #{time := #{mean := Tandem}}}) ->
    max(1, min(?RATE, round(0.5 * ?SECOND / max(Beam, Tandem))));
rate(_, auto, _) -> ?RATE;
rate(_, Rate, _) -> Rate.

latencies(Measured, Rate, Show, Run, Left, State) ->
    {Sums, State1} = latency_rounds(Show, Run, Left, #{beam => {[], 0}, tandem => {[], 0}}, State),
    {maps:fold(fun(Kind, {Times, Unanswered}, So) ->
                       #{Kind := Side} = So,
                       So#{Kind := Side#{latency => tandem_stats:distribution(Times), unanswered => Unanswered, rate => Rate}}
               end, Measured, Sums), State1}.

latency_rounds(Show, Run, Left, Sums, State) when Left > 0 ->
    Show(State),
    Duration = round(min(?LATENCY_ROUND, Left)),
    {Round, State1} = in_turn(State, fun(Kind, Now) -> Run(Kind, Duration, Now) end),
    More = maps:map(fun(Kind, {Times, Unanswered}) ->
                            {New, Lost} = maps:get(Kind, Round),
                            {New ++ Times, Lost + Unanswered}
                    end, Sums),
    latency_rounds(Show, Run, Left - Duration, More, State1);
latency_rounds(_, _, _, Sums, State) ->
    {Sums, State}.

%% From this VM to each side and back; nothing, if a side has ended meanwhile.
border(Rate, {Done, #{options := #{latency_time := Seconds}} = State}) ->
    Run = fun(Kind, Duration, #{sides := Sides} = Now) ->
                  Arguments = [tandem_compare_sides:node(Sides, Kind), Rate, Duration],
                  case tandem_side:call(node(), tandem_latency, across, Arguments, infinity) of
                      {ok, Answer} -> {Answer, Now};
                      {error, Reason} -> throw({not_measured, Kind, Reason, Now})
                  end
          end,
    Job = #{name => null, input => null},
    try latencies(#{rate => Rate, beam => #{}, tandem => #{}}, Rate, fun(Now) -> show(Now, Job, "from this VM and back") end, Run,
                  Seconds * ?SECOND, State) of
        {Measured, State1} -> {[Measured | Done], State1}
    catch
        throw:{not_measured, _, _, State1} -> {Done, State1}
    end.
