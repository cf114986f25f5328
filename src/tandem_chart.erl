%% SPDX-License-Identifier: Apache-2.0
%% @doc Pictures of distributions, as SVG that stands in a page: percentile curves and histograms of both sides over one another. Colours
%% come from the page's style by class (`beam', `tandem', `older'), so that they follow light and dark; sizes are made for a phone.
-module(tandem_chart).

-export([percentiles/2, histogram/2, time/1]).

-export_type([series/0]).

-type series() :: #{kind := tandem_side:kind(), median := number(), curve := [{float(), number()}], samples := [number()],
                    p99 := number() | null, older => [{float(), number()}], _ => _}.

%% The picture, and the frame in it within which numbers are drawn.
-define(WIDTH, 360).
-define(HEIGHT, 236).
-define(LEFT, 48).
-define(RIGHT, 292).
%% A histogram has its labels above.
-define(FAR, 342).
-define(TOP, 18).
-define(BOTTOM, 196).
-define(LABEL_GAP, 28).
-define(BINS, 44).
%% Where the largest is so many times the smallest, a scale is logarithmic.
-define(WIDE, 5).

%% @doc Times by percentile: each further nine takes as much room as the one before.
-spec percentiles([series()], iodata()) -> unicode:chardata().
percentiles(Series, Title) ->
    Curves = [Curve || #{curve := Curve} <- Series] ++ [Older || #{older := Older} <- Series],
    Nines = max(1.0, lists:max([nines(Share) || Curve <- Curves, {Share, _} <- Curve])),
    Times = [max(0.1, Time) || Curve <- Curves, {_, Time} <- Curve],
    {Low, High} = decades(lists:min(Times), lists:max(Times)),
    X = fun(Share) -> ?LEFT + (?RIGHT - ?LEFT) * nines(Share) / Nines end,
    Y = fun(Time) -> ?BOTTOM - (?BOTTOM - ?TOP) * (log(max(0.1, Time)) - Low) / (High - Low) end,
    svg(Title,
        [[[line(?LEFT, Y(T), ?RIGHT, Y(T), "grid"), text(?LEFT - 6, Y(T) + 4, "end", "tick", tick(T))] || T <- log_ticks(Low, High)],
         [[line(X(Share), ?TOP, X(Share), ?BOTTOM, "grid"), text(X(Share), ?BOTTOM + 15, "middle", "tick", Name)]
          || {Share, Name} <- percentile_ticks(Nines)],
         text((?LEFT + ?RIGHT) / 2, ?BOTTOM + 32, "middle", "axis", "percentile"),
         line(?LEFT, ?BOTTOM, ?RIGHT, ?BOTTOM, "base"),
         [curve(Older, X, Y, Kind, " older") || #{kind := Kind, older := Older} <- Series],
         [curve(Curve, X, Y, Kind, "") || #{kind := Kind, curve := Curve} <- Series],
         end_labels(Series, Y)]).

nines(Share) -> -math:log10(max(1.0e-6, 1 - Share)).

log(Number) -> math:log10(Number).

curve(Curve, X, Y, Kind, Also) ->
    ["<polyline class=\"curve ", atom_to_list(Kind), Also, "\" points=\"",
     lists:join(" ", [[number(X(Share)), ",", number(Y(Time))] || {Share, Time} <- Curve]), "\"/>"].

%% Beside the end of its curve each side has its name and its last value; they keep apart.
end_labels(Series, Y) ->
    Ends = lists:sort([{Y(Time), Kind, Time} || #{kind := Kind, curve := Curve} <- Series, {_, Time} <- [lists:last(Curve)]]),
    [[text(?RIGHT + 7, Place, "start", ["name ", atom_to_list(Kind)], tandem_side:name(Kind)),
      text(?RIGHT + 7, Place + 13, "start", "tick", time(Time))] || {Place, Kind, Time} <- apart(Ends)].

apart([{A, K, T}, {B, L, U}]) when B - A < ?LABEL_GAP ->
    Middle = min(?BOTTOM - 14 - ?LABEL_GAP / 2, max(?TOP + ?LABEL_GAP / 2, (A + B) / 2)),
    [{Middle - ?LABEL_GAP / 2, K, T}, {Middle + ?LABEL_GAP / 2, L, U}];
apart(Ends) ->
    [{min(?BOTTOM - 14, Place + 2), Kind, Time} || {Place, Kind, Time} <- Ends].

percentile_ticks(Nines) ->
    [{Share, Name} || {Share, Name} <- [{0.0, "0"}, {0.5, "50"}, {0.9, "90 %"}, {0.99, "99 %"}, {0.999, "99.9 %"}, {0.9999, "99.99 %"}],
                      nines(Share) =< Nines + 0.01,
                      Nines < 3 orelse Share =/= 0.5].

%% @doc How often which times were seen. What lies beyond the 99th percentile of both is left out.
-spec histogram([series()], iodata()) -> unicode:chardata().
histogram(Series, Title) ->
    Least = max(0.1, lists:min([hd(Samples) || #{samples := Samples} <- Series])),
    Most = max(Least, lists:max([most(Each) || Each <- Series])),
    {Scale, Low, High} = case Most / Least > ?WIDE of
                             true -> {fun(T) -> log(max(0.1, T)) end, log(Least) - 0.03, log(Most) + 0.03};
                             false -> {fun(T) -> T end, Least - 0.05 * (Most - Least), Most + 0.01 * (Most - Least) + max(1, Most / 50)}
                         end,
    X = fun(Time) -> ?LEFT + (?FAR - ?LEFT) * (Scale(Time) - Low) / (High - Low) end,
    Bins = [{Each, bins(Samples, Scale, Low, High)} || #{samples := Samples} = Each <- Series],
    Highest = max(0.01, lists:max([lists:max(tuple_to_list(Shares)) || {_, Shares} <- Bins])),
    Top = ?TOP + 22,
    Y = fun(Share) -> ?BOTTOM - (?BOTTOM - Top) * Share / Highest end,
    Ticks = case Most / Least > ?WIDE of
                true -> log_ticks(Low, High);
                false -> linear_ticks(Low, High)
            end,
    svg(Title,
        [[[line(X(T), Top, X(T), ?BOTTOM, "grid"), text(X(T), ?BOTTOM + 15, "middle", "tick", tick(T))]
          || T <- Ticks, X(T) >= ?LEFT, X(T) =< ?FAR],
         [text(?LEFT - 6, Y(Share) + 4, "end", "tick", percent(Share)) || Share <- [0, Highest]],
         [area(Kind, Shares, Y) || {#{kind := Kind}, Shares} <- Bins],
         line(?LEFT, ?BOTTOM, ?FAR, ?BOTTOM, "base"),
         text((?LEFT + ?FAR) / 2, ?BOTTOM + 32, "middle", "axis", "time, and how often it was seen"),
         medians(Series, X)]).

most(#{p99 := null, samples := Samples}) -> lists:last(Samples);
most(#{p99 := P99}) -> P99.

bins(Samples, Scale, Low, High) ->
    Count = length(Samples),
    Numbers = [max(1, trunc(?BINS * (Scale(Time) - Low) / (High - Low)) + 1) || Time <- Samples],
    lists:foldl(fun(N, Bins) when N =< ?BINS -> setelement(N, Bins, element(N, Bins) + 1 / Count);
                   (_, Bins) -> Bins
                end, erlang:make_tuple(?BINS, 0.0), Numbers).

%% A step for each bin.
area(Kind, Shares, Y) ->
    Step = (?FAR - ?LEFT) / ?BINS,
    Steps = [[number(?LEFT + (N - 1) * Step), ",", number(Y(Share)), " ", number(?LEFT + N * Step), ",", number(Y(Share)), " "]
             || {N, Share} <- lists:zip(lists:seq(1, ?BINS), tuple_to_list(Shares))],
    ["<polygon class=\"area ", atom_to_list(Kind), "\" points=\"", number(?LEFT), ",", number(?BOTTOM), " ", Steps, number(?FAR), ",",
     number(?BOTTOM), "\"/>"].

%% A line of its own for each side, above the frame; from there down to the base.
medians(Series, X) ->
    Rows = [{atom_to_list(Kind), max(?LEFT, min(?FAR, X(Median))), ?TOP - 6 + 14 * N, [tandem_side:name(Kind), " median ", time(Median)]}
            || {N, #{kind := Kind, median := Median}} <- lists:zip(lists:seq(0, length(Series) - 1), Series)],
    [[line(At, Y + 4, At, ?BOTTOM, ["mark ", Class]) || {Class, At, Y, _} <- Rows],
     [text(At, Y, anchor(At), ["name ", Class], Label) || {Class, At, Y, Label} <- Rows]].

anchor(X) when X > (?LEFT + ?FAR) / 2 -> "end";
anchor(_) -> "start".

percent(Share) when Share >= 0.1; Share == 0 -> io_lib:format("~b %", [round(100 * Share)]);
percent(Share) -> io_lib:format("~.1f %", [100.0 * Share]).

%% Logarithms of what a scale begins and ends with: at least one decade.
decades(Least, Most) ->
    {Low, High} = {log(Least) - 0.05, log(Most) + 0.05},
    case High - Low < 1 of
        true -> Middle = (Low + High) / 2, {Middle - 0.5, Middle + 0.5};
        false -> {Low, High}
    end.

log_ticks(Low, High) ->
    Steps = if
                High - Low > 5 -> [1, 0];
                High - Low > 2.2 -> [1];
                High - Low > 1.2 -> [1, 3];
                true -> [1, 2, 5]
            end,
    [Tick || Power <- lists:seq(floor(Low), ceil(High)), Step <- Steps, Step > 0, not (Steps =:= [1, 0] andalso Power rem 2 =/= 0),
             Tick <- [Step * math:pow(10, Power)], log(Tick) >= Low, log(Tick) =< High].

linear_ticks(Low, High) ->
    Rough = (High - Low) / 4,
    Power = math:pow(10, floor(log(Rough))),
    Step = hd([S * Power || S <- [1, 2, 5, 10], S * Power >= Rough]),
    [N * Step || N <- lists:seq(ceil(Low / Step), floor(High / Step))].

tick(T) ->
    {Number, Unit} = scaled(T),
    [short(Number), " ", Unit].

%% @doc A time in nanoseconds with three digits and a unit.
-spec time(number()) -> unicode:chardata().
time(T) ->
    {Number, Unit} = scaled(T),
    [digits(Number), " ", Unit].

scaled(T) when T >= 0.9999e9 -> {T / 1.0e9, "s"};
scaled(T) when T >= 0.9999e6 -> {T / 1.0e6, "ms"};
scaled(T) when T >= 999.9 -> {T / 1000, "µs"};
scaled(T) -> {float(T), "ns"}.

digits(N) when N >= 99.95 -> integer_to_list(round(N));
digits(N) when N >= 9.995 -> io_lib:format("~.1f", [N]);
digits(N) -> io_lib:format("~.2f", [N]).

short(N) ->
    case abs(N - round(N)) < 0.001 * N of
        true -> integer_to_list(round(N));
        false -> digits(N)
    end.

svg(Title, Content) ->
    [io_lib:format("<svg viewBox=\"0 0 ~b ~b\" role=\"img\" aria-label=\"~ts\">", [?WIDTH, ?HEIGHT, Title]), Content, "</svg>"].

line(X1, Y1, X2, Y2, Class) ->
    ["<line x1=\"", number(X1), "\" y1=\"", number(Y1), "\" x2=\"", number(X2), "\" y2=\"", number(Y2), "\" class=\"", Class, "\"/>"].

text(X, Y, Anchor, Class, Text) ->
    ["<text x=\"", number(X), "\" y=\"", number(Y), "\" text-anchor=\"", Anchor, "\" class=\"", Class, "\">", Text, "</text>"].

number(N) -> io_lib:format("~.1f", [float(N)]).
