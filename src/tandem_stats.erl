%% SPDX-License-Identifier: Apache-2.0
%% @doc What many numbers come to, and how one is shown.
-module(tandem_stats).

-export([median/1, quantile/2, geometric_mean/1, text/2]).
-export([distribution/1, thinned/2, change/2, ips/1]).

-export_type([distribution/0]).

-type distribution() ::
        #{count := pos_integer(), mean := float(), deviation := float(), minimum := number(), maximum := number(), median := number(),
          p90 := number(), p99 := number() | null, p999 := number() | null, p9999 := number() | null,
          curve := [{Share :: float(), number()}], samples := [number()]}.
%% What a table and a page show of many numbers. `deviation' is the standard deviation, as a share of the mean; a percentile that no
%% number lies beyond is `null', but for the first. `curve' are percentiles whose distance from the whole shrinks evenly; `samples'
%% are at most a thousand of the numbers, chosen evenly from the sorted ones.

-define(SAMPLES, 1000).
%% Medians that differ by less are the same.
-define(NOISE, 0.05).
%% Points of a curve from one nine to the next.
-define(POINTS, 20).

%% @doc The 50th percentile.
-spec median([number(), ...]) -> number().
median(Numbers) -> quantile(0.5, Numbers).

%% @doc The smallest of the numbers that at least this share of them does not exceed: of a few numbers, a high one is their maximum.
-spec quantile(float(), [number(), ...]) -> number().
quantile(Share, Numbers) -> lists:nth(max(1, ceil(length(Numbers) * Share)), lists:sort(Numbers)).

%% @doc What many numbers come to.
-spec distribution([number(), ...]) -> distribution().
distribution(Numbers) ->
    Sorted = list_to_tuple(lists:sort(Numbers)),
    Count = tuple_size(Sorted),
    Mean = lists:sum(Numbers) / Count,
    Variance = lists:sum([(Number - Mean) * (Number - Mean) || Number <- Numbers]) / max(1, Count - 1),
    At = fun(Share) -> element(rank(Share, Count), Sorted) end,
    Known = fun(Share) when Count * (1 - Share) >= 0.999 -> At(Share);
               (_) -> null
            end,
    #{count => Count, mean => Mean, deviation => math:sqrt(Variance) / max(Mean, 1.0e-9), minimum => element(1, Sorted),
      maximum => element(Count, Sorted), median => At(0.5), p90 => At(0.9), p99 => Known(0.99), p999 => Known(0.999),
      p9999 => Known(0.9999), curve => [{Share, At(Share)} || Share <- shares(Count)] ++ [{1 - 1 / Count, element(Count, Sorted)}], samples => evenly(Sorted, ?SAMPLES)}.

rank(Share, Count) -> min(Count, max(1, ceil(Count * Share))).

%% 0, and so on while there are numbers beyond; the last of a curve is the maximum.
shares(Count) ->
    Last = math:log10(Count),
    [1 - math:pow(10, -Step / ?POINTS) || Step <- lists:seq(0, trunc(Last * ?POINTS))].

%% @doc So many of sorted numbers, evenly chosen.
-spec thinned([number()], pos_integer()) -> [number()].
thinned(Numbers, Most) when length(Numbers) =< Most -> Numbers;
thinned(Numbers, Most) -> evenly(list_to_tuple(Numbers), Most).

evenly(Sorted, Most) when tuple_size(Sorted) =< Most -> tuple_to_list(Sorted);
evenly(Sorted, Most) -> [element(1 + (N * (tuple_size(Sorted) - 1)) div (Most - 1), Sorted) || N <- lists:seq(0, Most - 1)].

%% @doc Whether new times are others than the old ones: the middle halves don't overlap, and the medians differ by more than a little.
-spec change([number(), ...], [number(), ...]) -> faster | slower | same.
change(Old, New) ->
    Change = median(New) / max(median(Old), 1.0e-9),
    Above = quantile(0.25, New) > quantile(0.75, Old),
    Below = quantile(0.75, New) < quantile(0.25, Old),
    if
        Above, Change > 1 + ?NOISE -> slower;
        Below, Change < 1 - ?NOISE -> faster;
        true -> same
    end.

%% @doc The mean of ratios; those that are not above zero say nothing.
-spec geometric_mean([number()]) -> float() | undefined.
geometric_mean(Ratios) ->
    case [math:log(Ratio) || Ratio <- Ratios, Ratio > 0] of
        [] -> undefined;
        Logs -> math:exp(lists:sum(Logs) / length(Logs))
    end.

%% @doc A number of nanoseconds or bytes with a fitting unit.
-spec text(time | bytes, number()) -> iolist().
text(time, T) when T >= 1_000_000_000 -> io_lib:format("~.2f s", [T / 1_000_000_000]);
text(time, T) when T >= 1_000_000 -> io_lib:format("~.2f ms", [T / 1_000_000]);
text(time, T) when T >= 1000 -> io_lib:format("~.2f us", [T / 1000]);
text(time, T) -> io_lib:format("~.1f ns", [T / 1]);
text(bytes, B) when B >= 1 bsl 20 -> io_lib:format("~.2f MiB", [B / (1 bsl 20)]);
text(bytes, B) when B >= 10_240 -> io_lib:format("~.1f KiB", [B / 1024]);
text(bytes, B) -> io_lib:format("~.1f B", [B / 1]).

%% @doc How many of what takes so many nanoseconds fit into a second.
-spec ips(number()) -> iolist().
ips(Time) ->
    {Number, Unit} = scaled(1_000_000_000 / max(Time, 1.0e-3)),
    io_lib:format("~.2f~s", [Number, Unit]).

scaled(N) when N >= 1.0e9 -> {N / 1.0e9, " B"};
scaled(N) when N >= 1.0e6 -> {N / 1.0e6, " M"};
scaled(N) when N >= 1000 -> {N / 1000, " K"};
scaled(N) -> {N, ""}.
