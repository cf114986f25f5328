%% SPDX-License-Identifier: Apache-2.0
%% @doc A comparison as text: what Benchee's users know, a line a side; first of all whether both do the same.
-module(tandem_compare_table).

-export([text/1, files/1]).

-define(NAME_MOST, 40).

%% @doc The whole table.
-spec text(tandem_compare:report()) -> unicode:chardata().
text(#{machine := Machine, jobs := Jobs, border := Border, options := Options, against := Against} = Report) ->
    Width = max(8, lists:max([string:length(row_name(Job, tandem)) || Job <- Jobs])) + 2,
    ["\n", tandem_machine:headline(Machine), "\n", schedulers(Options), "\n",
     [verdict(Job) || Job <- Jobs],
     [block(Input, Of, Width, Options) || {Input, Of} <- by_input(Jobs)],
     [border(Each) || Each <- Border],
     older(Against, Jobs, Border, Width), resident(Report)].

schedulers(#{schedulers := 1}) -> "one scheduler on either side\n";
schedulers(#{schedulers := N}) -> io_lib:format("~b schedulers on either side~n", [N]).

%% In their order.
by_input([]) -> [];
by_input([#{job := #{input := Input}} | _] = Jobs) ->
    {Of, Others} = lists:partition(fun(#{job := #{input := Its}}) -> Its =:= Input end, Jobs),
    [{Input, Of} | by_input(Others)].

row_name(#{job := #{name := null}}, Kind) -> tandem_side:name(Kind);
row_name(#{job := #{name := Name}}, Kind) -> [string:slice(Name, 0, ?NAME_MOST - 8), ", ", tandem_side:name(Kind)].

verdict(#{job := #{name := Name, input := Input}, verdict := Verdict, outcome := Outcome, differences := Differences}) ->
    What = lists:join(", ", [Part || Part <- [Name, Input], Part =/= null]),
    [[[What, ": "] || What =/= []], says(Verdict, Outcome), "\n", [difference(Difference) || Difference <- Differences]].

says(same, Outcome) -> ["the same on both: ", Outcome];
says(differs, _) -> "DIFFERS";
says(varies, _) -> "differs, but on the BEAM from run to run as well";
says(failed, Outcome) -> ["could not be measured; on the BEAM: ", Outcome].

difference(#{what := What, where := Where, beam := Beam, tandem := Tandem}) ->
    ["  ", string:replace(atom_to_binary(What), "_", " "), [[", ", Where] || Where =/= <<>>], "\n",
     [["    ", string:pad(tandem_side:name(Kind), 8), Text, "\n"] || {Kind, Text} <- [{beam, Beam}, {tandem, Tandem}], Text =/= <<>>]].

%% The fastest of a job first, as there.
block(Input, Jobs, Width, Options) ->
    case [Job || #{beam := #{time := #{}}, tandem := #{time := #{}}} = Job <- Jobs] of
        [] -> "";
        Timed ->
            [[["\n##### With input ", Input, " #####\n"] || Input =/= null],
             line(Width, ["Name", "ips", "average", "deviation", "median", "99th %"]),
             [[times(Width, row_name(Job, Kind), maps:get(time, maps:get(Kind, Job))) || Kind <- order(Job)] || Job <- Timed],
             "\nComparison:\n", [compared(Width, Job) || Job <- Timed],
             costs(Width, Timed, "Memory usage (allocated by the run's own process)", allocated, bytes),
             costs(Width, Timed, "Reduction count (of the run's own process)", reductions, count),
             latencies(Width, Timed, Options)]
    end.

line(Width, [Name | Columns]) ->
    ["\n", string:pad(Name, Width), [string:pad(Column, W, leading) || {Column, W} <- lists:zip(Columns, [11, 14, 11, 14, 14])], "\n"].

times(Width, Name, #{mean := Mean, deviation := Deviation, median := Median} = Time) ->
    tl(line(Width, [Name, tandem_stats:ips(Mean), tandem_stats:text(time, Mean), deviation(Deviation), tandem_stats:text(time, Median),
                    time(maps:get(p99, Time))])).

deviation(Share) -> io_lib:format("~ts~.2f%", [[16#B1], 100 * Share]).

time(null) -> "-";
time(Time) -> tandem_stats:text(time, Time).

order(#{beam := #{time := #{mean := Beam}}, tandem := #{time := #{mean := Tandem}}}) when Beam < Tandem -> [beam, tandem];
order(_) -> [tandem, beam].

%% The first, and the second with what it is of the first.
compared(Width, Job) ->
    [First, Second] = order(Job),
    {Best, Worse} = {maps:get(First, Job), maps:get(Second, Job)},
    [string:pad(row_name(Job, First), Width), speed(first, Best), "\n",
     string:pad(row_name(Job, Second), Width), speed({second, Best}, Worse), "\n"].

speed(first, #{time := #{mean := Mean}}) -> string:pad(tandem_stats:ips(Mean), 11, leading);
speed({second, #{time := #{mean := Best}}}, #{time := #{mean := Mean}} = Side) ->
    [speed(first, Side), io_lib:format(" - ~.2fx slower +~ts", [Mean / max(Best, 1.0e-9), tandem_stats:text(time, Mean - Best)])].

costs(Width, Jobs, Title, Key, Unit) ->
    Known = [{Job, Beam, Tandem} || #{beam := #{} = OnBeam, tandem := #{} = OnTandem} = Job <- Jobs,
                                    {Beam, Tandem} <- [{maps:get(Key, OnBeam), maps:get(Key, OnTandem)}],
                                    is_number(Beam), is_number(Tandem)],
    [["\n", Title, ":\n", [cost(Width, Each, Unit) || Each <- Known]] || Known =/= []].

cost(Width, {Job, Beam, Tandem}, Unit) ->
    Times = case Beam of
                0 -> "";
                _ -> io_lib:format(" - ~.2fx", [Tandem / Beam])
            end,
    [string:pad(row_name(Job, beam), Width), string:pad(amount(Unit, Beam), 11, leading), "\n",
     string:pad(row_name(Job, tandem), Width), string:pad(amount(Unit, Tandem), 11, leading), Times, "\n"].

amount(bytes, Bytes) -> tandem_stats:text(bytes, Bytes);
amount(count, Count) when Count >= 1000 -> io_lib:format("~.2f K", [Count / 1000]);
amount(count, Count) -> integer_to_list(Count).

latencies(Width, Jobs, #{latency := What}) ->
    Known = [Job || #{beam := #{latency := #{}}, tandem := #{latency := #{}}} = Job <- Jobs],
    [[latency_head(Width, title(What)), [latency_rows(Width, Job, row_names(Job)) || Job <- Known]] || Known =/= []].

title(beside) -> "Message latency beside the work, at a fixed rate:";
title(requests) -> "Latency of requests that do the work, at a fixed rate:".

row_names(Job) -> fun(Kind) -> row_name(Job, Kind) end.

border(#{rate := Rate} = Each) ->
    [latency_head(10, io_lib:format("Messages from this VM and back, ~b a second:", [Rate])), latency_rows(10, Each, fun tandem_side:name/1)].

latency_head(Width, Title) ->
    ["\n", Title, "\n", string:pad("Name", Width),
     [string:pad(Column, 12, leading) || Column <- ["rate/s", "median", "99th %", "99.9 %", "99.99 %", "maximum"]], "\n"].

latency_rows(Width, Job, Name) ->
    [[string:pad(Name(Kind), Width), string:pad(integer_to_list(Rate), 12, leading),
      [string:pad(time(maps:get(Key, Latency)), 12, leading) || Key <- [median, p99, p999, p9999, maximum]],
      [io_lib:format("  ~b never answered", [Unanswered]) || Unanswered > 0], "\n"]
     || Kind <- [beam, tandem], #{latency := Latency, rate := Rate, unanswered := Unanswered} <- [maps:get(Kind, Job)]].

older(null, _, _, _) -> "";
older(#{<<"machine">> := #{<<"time">> := Time}} = Old, Jobs, Border, Width) ->
    ["\nHeld against the comparison of ", Time, " (medians):\n", string:pad("Name", Width),
     [string:pad(Column, 14, leading) || Column <- ["before", "now", "now/before"]], "\n",
     [change(Old, Width, Key, What, Kind, Side, Name(Kind))
      || {Key, What, Name, Sides} <- [{Job, time, row_names(Measured), Measured} || #{job := Job} = Measured <- Jobs]
             ++ [{Each, latency, fun tandem_side:name/1, Each} || Each <- Border],
         Kind <- [beam, tandem], Side <- [maps:get(Kind, Sides)]]].

change(Old, Width, Key, What, Kind, Side, Name) ->
    case {tandem_compare_report:older(Old, Key, Kind), Side} of
        {#{What := #{median := Before, samples := Samples}}, #{What := #{median := Now, samples := NowSamples}}} ->
            Changed = case tandem_stats:change(Samples, NowSamples) of
                          same -> "";
                          Other -> ["  ", atom_to_list(Other)]
                      end,
            [string:pad(Name, Width), string:pad(time(Before), 14, leading), string:pad(time(Now), 14, leading),
             string:pad(io_lib:format("~.2f", [Now / max(Before, 1.0e-9)]), 14, leading), Changed, "\n"];
        _ -> ""
    end.

resident(#{resident := #{tandem := null}}) -> "";
resident(#{resident := #{beam := Beam, tandem := Tandem}}) ->
    io_lib:format("~nResident memory of each side at the end: ~ts the BEAM, ~ts the engine~n",
                  [tandem_stats:text(bytes, Beam), tandem_stats:text(bytes, Tandem)]).

%% @doc Where the files are, or why they are not where they should be.
-spec files([{json | page, term()}]) -> unicode:chardata().
files(Files) ->
    [file(Name, What) || {Kind, What} <- Files, Name <- [maps:get(Kind, #{json => "numbers", page => "page"})]].

file(_, false) -> "";
file(Name, {elsewhere, File, {Wanted, Reason}}) ->
    io_lib:format("~s: ~ts (~ts: ~ts)~n", [Name, File, Wanted, file:format_error(Reason)]);
file(Name, {error, {File, Reason}}) ->
    io_lib:format("~s: not written: ~ts: ~ts. Make room, or name another place with the option ~s or folder; the table above has what was "
                  "measured.~n", [Name, File, file:format_error(Reason), option(Name)]);
file(Name, File) -> io_lib:format("~s: ~ts~n", [Name, File]).

option("numbers") -> "json";
option("page") -> "page".
