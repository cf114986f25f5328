%% SPDX-License-Identifier: Apache-2.0
%% @doc A comparison as a page of its own: no script, nothing from elsewhere, for wide screens and phones, light and dark. On top the
%% verdict; then each job with its figures, percentile curves and histograms.
-module(tandem_compare_page).

-export([html/1]).

%% So many jobs are shown in full; of more, each opens when it is chosen.
-define(IN_FULL, 3).

%% @doc The page.
-spec html(tandem_compare:report()) -> unicode:chardata().
html(#{title := Title, jobs := Jobs, border := Border, against := Against} = Report) ->
    ["<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n",
     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n",
     "<link rel=\"icon\" href=\"data:,\">\n<title>", safe(Title), "</title>\n<style>", tandem_compare_style:css(), "</style>\n</head>\n<body>\n<main>\n",
     head(Report), overview(Jobs),
     [job(N, Job, Against, length(Jobs) =< ?IN_FULL) || {N, Job} <- numbered(Jobs)],
     [border(Each, Against) || Each <- Border],
     foot(Report), "</main>\n</body>\n</html>\n"].

numbered(List) -> lists:zip(lists:seq(1, length(List)), List).

safe(Text) ->
    [case C of
         $< -> "&lt;";
         $> -> "&gt;";
         $& -> "&amp;";
         $" -> "&quot;";
         _ when C < 32, C =/= $\n -> $\s;
         _ -> C
     end || C <- unicode:characters_to_list(Text)].

%% What is on top.

head(#{title := Title, jobs := Jobs, verdict := Verdict, machine := Machine, border := Border}) ->
    ["<header>\n<h1>", safe(Title), "</h1>\n<p class=\"when\">", safe(maps:get(time, Machine)), " · ", safe(tandem_machine:headline(Machine)), "</p>\n",
     "<div class=\"verdict ", atom_to_list(Verdict), "\"><p class=\"headline\">", sign(Verdict), " ", headline(Verdict), "</p>\n<p>", agreement(Jobs), "</p></div>\n",
     tiles(Jobs, Border), key(), "</header>\n"].

sign(same) -> "<span aria-hidden=\"true\">✓</span>";
sign(differs) -> "<span aria-hidden=\"true\">≠</span>";
sign(varies) -> "<span aria-hidden=\"true\">~</span>";
sign(failed) -> "<span aria-hidden=\"true\">✕</span>".

headline(same) -> "The same on both schedulers";
headline(differs) -> "The schedulers differ";
headline(varies) -> "Not the same twice, on the BEAM either";
headline(failed) -> "Not everything could be measured".

agreement(Jobs) ->
    Same = length([same || #{verdict := same} <- Jobs]),
    case length(Jobs) of
        1 when Same =:= 1 -> "Result, exceptions and printed output agree.";
        1 -> "Where, is told below.";
        All -> io_lib:format("Result, exceptions and printed output agree in ~b of ~b jobs.", [Same, All])
    end.

%% The means of what Tandem takes of what the BEAM takes.
tiles(Jobs, Border) ->
    Tiles = [{Title, Mean} || {Title, Ratios} <- [{"run time, median", ratios(Jobs, time, median)}, {"run time, 99 %", ratios(Jobs, time, p99)},
                                                   {"message latency, median", ratios(Jobs, latency, median)},
                                                   {"message latency, 99.9 %", ratios(Jobs, latency, p999)},
                                                   {"from this VM and back, median", ratios(Border, latency, median)}],
                              Mean <- [tandem_stats:geometric_mean(Ratios)], Mean =/= undefined],
    ["<div class=\"tiles\">", [["<div><b>", times(Mean), "</b><span>", Title, "</span></div>"] || {Title, Mean} <- Tiles], "</div>\n",
     [["<p class=\"note\">What Tandem takes of what the BEAM takes", [" (geometric mean of the jobs)" || length(Jobs) > 1],
       "; below 1, Tandem takes less.</p>\n"] || Tiles =/= []]].

ratios(Measured, What, Key) ->
    [Tandem / Beam || #{beam := OnBeam, tandem := OnTandem} <- Measured, #{What := #{Key := Beam}} <- [OnBeam], #{What := #{Key := Tandem}} <- [OnTandem],
                      is_number(Beam), is_number(Tandem), Beam > 0].

times(Ratio) when Ratio >= 9.95 -> io_lib:format("~.1f ×", [float(Ratio)]);
times(Ratio) -> io_lib:format("~.2f ×", [float(Ratio)]).

key() -> "<p class=\"key\"><span class=\"beam\">BEAM</span> <span class=\"tandem\">Tandem</span></p>\n".

%% Many jobs in a table.
overview([_]) -> "";
overview(Jobs) ->
    ["<h2>All jobs</h2>\n<table class=\"jobs\"><thead><tr><th>median run time</th><th class=\"beam\">BEAM</th><th class=\"tandem\">Tandem</th><th>ratio</th></tr></thead>\n<tbody>\n",
     [["<tr><th><a href=\"#job", integer_to_list(N), "\">", safe(title(Job)), "</a>", [[" ", chip(Verdict)] || Verdict =/= same], "</th>",
       [["<td>", time(Side, median), "</td>"] || Side <- [Beam, Tandem]],
       "<td>", [ratio(Ratio) || Ratio <- ratios([Job], time, median)], "</td></tr>\n"]
      || {N, #{verdict := Verdict, beam := Beam, tandem := Tandem} = Job} <- numbered(Jobs)],
     "</tbody></table>\n"].

%% A bar from the middle: to the left where Tandem takes less; half of its room is a factor of ten.
ratio(Ratio) ->
    Length = min(50.0, 50 * abs(math:log10(max(1.0e-6, Ratio)))),
    From = case Ratio < 1 of
               true -> 50 - Length;
               false -> 50.0
           end,
    [times(Ratio), io_lib:format("<span class=\"bar\"><i style=\"left:~.1f%;width:~.1f%\"></i></span>", [From, Length])].

title(#{job := #{name := null, input := null}}) -> "The work";
title(#{job := #{name := null, input := Input}}) -> ["Input ", Input];
title(#{job := #{name := Name, input := null}}) -> Name;
title(#{job := #{name := Name, input := Input}}) -> [Name, ", input ", Input].

chip(same) -> "<span class=\"chip same\">the same</span>";
chip(differs) -> "<span class=\"chip differs\">differs</span>";
chip(varies) -> "<span class=\"chip varies\">varies</span>";
chip(failed) -> "<span class=\"chip failed\">not measured</span>".

time(#{time := #{} = Time}, Key) -> known(maps:get(Key, Time));
time(_, _) -> "–".

known(null) -> "–";
known(Time) -> tandem_chart:time(Time).

%% A job.
job(N, #{verdict := Verdict, outcome := Outcome, job := Job} = Measured, Against, InFull) ->
    Title = ["<h2>", safe(title(Measured)), "</h2> ", chip(Verdict)],
    Id = ["id=\"job", integer_to_list(N), "\""],
    Content = ["<p class=\"outcome\" ", Id, ">", safe(Outcome), "</p>\n", [difference(Each) || Each <- maps:get(differences, Measured)],
               figures(Measured, Job, Against)],
    case InFull of
        true -> ["<section>\n<div class=\"title\">", Title, "</div>\n", Content, "</section>\n"];
        false -> ["<section><details>\n<summary>", Title, [[" <span class=\"brief\">", times(R), "</span>"] || R <- ratios([Measured], time, median)],
                  "</summary>\n", Content, "</details></section>\n"]
    end.

difference(#{what := What, where := Where, beam := Beam, tandem := Tandem}) ->
    ["<div class=\"difference\"><p><b>", string:replace(atom_to_list(What), "_", " "), "</b> ", safe(Where), "</p>\n<dl>",
     [["<dt class=\"", atom_to_list(Kind), "\">", tandem_side:name(Kind), "</dt><dd>", safe(Text), "</dd>"]
      || {Kind, Text} <- [{beam, Beam}, {tandem, Tandem}], Text =/= <<>>], "</dl></div>\n"].

figures(#{beam := #{time := #{}} = Beam, tandem := #{time := #{}} = Tandem} = Measured, Job, Against) ->
    [table(rows(Beam, Tandem)), repeated(Measured), "<div class=\"charts\">\n", charts("Run time", time, Measured, Job, Against),
     charts("Message latency", latency, Measured, Job, Against), "</div>\n"];
figures(_, _, _) -> "".

repeated(#{repeat := 1}) -> "";
repeated(#{repeat := N}) -> io_lib:format("<p class=\"note\">Each time is the mean of ~b runs one after the other: one alone is too short to be timed.</p>~n", [N]).

rows(#{time := Beam} = OnBeam, #{time := Tandem} = OnTandem) ->
    [{"runs a second", tandem_stats:ips(maps:get(mean, Beam)), tandem_stats:ips(maps:get(mean, Tandem)), null},
     row("average", Beam, Tandem, mean),
     {"deviation", deviation(Beam), deviation(Tandem), null}]
    ++ [row(Name, Beam, Tandem, Key) || {Name, Key} <- [{"median", median}, {"99 %", p99}, {"99.9 %", p999}, {"maximum", maximum}]]
    ++ [amount(Name, maps:get(Key, OnBeam), maps:get(Key, OnTandem), Unit)
        || {Name, Key, Unit} <- [{"memory", allocated, bytes}, {"process after", footprint, bytes}, {"reductions", reductions, count}]]
    ++ latency_rows(OnBeam, OnTandem).

latency_rows(#{latency := #{} = Beam, rate := Rate, unanswered := BeamLost}, #{latency := #{} = Tandem, unanswered := TandemLost}) ->
    [{section, ["message latency at ", grouped(Rate), " a second"]}]
    ++ [row(Name, Beam, Tandem, Key) || {Name, Key} <- [{"median", median}, {"90 %", p90}, {"99 %", p99}, {"99.9 %", p999}, {"99.99 %", p9999}, {"maximum", maximum}]]
    ++ [{"never answered", integer_to_list(BeamLost), integer_to_list(TandemLost), null} || BeamLost + TandemLost > 0];
latency_rows(_, _) -> [].

deviation(#{deviation := Deviation}) -> ["±", io_lib:format("~.1f %", [100 * Deviation])].

row(Name, Beam, Tandem, Key) ->
    {B, T} = {maps:get(Key, Beam), maps:get(Key, Tandem)},
    {Name, known(B), known(T), case is_number(B) andalso is_number(T) andalso B > 0 of
                                   true -> T / B;
                                   false -> null
                               end}.

amount(Name, Beam, Tandem, Unit) when is_number(Beam), is_number(Tandem) ->
    {Name, size(Unit, Beam), size(Unit, Tandem), case Beam of
                                                     0 -> null;
                                                     _ -> Tandem / Beam
                                                 end};
amount(Name, Beam, Tandem, Unit) -> {Name, size(Unit, Beam), size(Unit, Tandem), null}.

size(_, null) -> "–";
size(bytes, Bytes) when Bytes < 1000 -> [integer_to_list(Bytes), " B"];
size(bytes, Bytes) -> tandem_stats:text(bytes, Bytes);
size(count, Count) when Count < 10_000 -> integer_to_list(Count);
size(count, Count) -> io_lib:format("~.1f K", [Count / 1000]).

table(Rows) ->
    ["<table class=\"figures\"><thead><tr><th></th><th class=\"beam\">BEAM</th><th class=\"tandem\">Tandem</th><th>ratio</th></tr></thead>\n<tbody>\n",
     [case Row of
          {section, Name} -> ["<tr class=\"part\"><th colspan=\"4\">", Name, "</th></tr>\n"];
          {Name, Beam, Tandem, Ratio} ->
              ["<tr><th>", Name, "</th><td>", Beam, "</td><td>", Tandem, "</td><td>", [times(Ratio) || Ratio =/= null], "</td></tr>\n"]
      end || Row <- Rows], "</tbody></table>\n"].

charts(Name, What, #{beam := Beam, tandem := Tandem}, Key, Against) ->
    case {Beam, Tandem} of
        {#{What := #{} = OnBeam}, #{What := #{} = OnTandem}} ->
            Series = [with_older(Distribution#{kind => Kind}, What, tandem_compare_report:older(Against, Key, Kind))
                      || {Kind, Distribution} <- [{beam, OnBeam}, {tandem, OnTandem}]],
            [figure([Name, " by percentile"], older_note(Series), tandem_chart:percentiles(Series, [Name, " by percentile, both sides"])),
             figure([Name, ", how often"], "", tandem_chart:histogram(Series, [Name, ", how often which was seen, both sides"]))];
        _ -> ""
    end.

with_older(Series, What, Older) ->
    case Older of
        #{What := #{curve := Curve}} -> Series#{older => Curve};
        _ -> Series
    end.

older_note(Series) ->
    case [older || #{older := _} <- Series] of
        [] -> "";
        _ -> "dotted: the older comparison"
    end.

figure(Title, Note, Svg) ->
    ["<figure><figcaption>", Title, [[" <small>", Note, "</small>"] || Note =/= ""], "</figcaption>", Svg, "</figure>\n"].

border(#{rate := Rate, beam := Beam, tandem := Tandem} = Each, Against) ->
    [{section, _} | Rows] = latency_rows(Beam, Tandem),
    ["<section>\n<div class=\"title\"><h2>", io_lib:format("From this VM and back, ~ts messages a second", [grouped(Rate)]), "</h2></div>\n",
     "<p class=\"outcome\">To a process of a second BEAM over loopback TCP, and to one of the engine.</p>\n", table(Rows),
     "<div class=\"charts\">\n", charts("Latency", latency, Each, Each, Against), "</div>\n</section>\n"].

grouped(N) when N >= 1000 -> io_lib:format("~b,~3..0b", [N div 1000, N rem 1000]);
grouped(N) -> integer_to_list(N).

%% What it was measured on, and how.
foot(#{machine := Machine, options := Options, resident := Resident, seconds := Seconds, against := Against}) ->
    Facts = [{"Machine", [text(processor, Machine), ", ", io_lib:format("~p cores, ", [maps:get(cores, Machine)]), text(memory, Machine), ", ", text(kernel, Machine)]},
             {"BEAM", text(emulator, Machine)},
             {"Load", [text(load, Machine), " when it began; ", io_lib:format("it took ~.1f s", [float(Seconds)])]},
             {"Each side", [schedulers(Options), io_lib:format("; a job ~p s on each, after ~p s of warming up", [maps:get(time, Options), maps:get(warmup, Options)])]},
             {"The engine", ["reached over ", carrier(Options)]}]
        ++ [{"Resident at the end", [tandem_stats:text(bytes, Beam), " the BEAM, ", tandem_stats:text(bytes, Tandem), " the engine"]}
            || #{beam := Beam, tandem := Tandem} <- [Resident], is_integer(Tandem)]
        ++ [{"Held against", [text(<<"time">>, Then), ", ", text(<<"commit">>, Then)]} || #{<<"machine">> := Then} <- [Against]],
    ["<footer>\n<h2>How it was measured</h2>\n",
     "<p>Both sides take turns in short rounds. Each run has a process of its own. Run time is inside that process; memory is what the run "
     "allocates on its heap, reductions are its process's own. ", latency_note(Options), "</p>\n<dl>",
     [["<dt>", Name, "</dt><dd>", safe(Value), "</dd>"] || {Name, Value} <- Facts], "</dl>\n</footer>\n"].

carrier(#{carrier := port}) -> "pipes";
carrier(#{carrier := tcp}) -> "TCP";
carrier(#{carrier := nif}) -> "memory: it lives in this VM's OS process".

schedulers(#{schedulers := 1}) -> "one scheduler on either side";
schedulers(#{schedulers := N}) -> io_lib:format("~b schedulers on either side", [N]).

latency_note(#{latency := false}) -> "";
latency_note(#{latency := beside}) ->
    "Message latency: to a process and back, sent at fixed times while the work runs beside it without pause, and counted from the time at which the "
        "message was due, so that none is left out because another was late.";
latency_note(#{latency := requests}) ->
    "Message latency: requests at fixed times, each of which runs the work in a process of its own, counted from the time at which the request was due, "
        "so that none is left out because another was late.".

text(Key, Facts) ->
    case maps:get(Key, Facts, null) of
        null -> "unknown";
        Text -> Text
    end.
