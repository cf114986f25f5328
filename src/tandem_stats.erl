%% SPDX-License-Identifier: Apache-2.0
%% @doc What many numbers come to, and how one is shown.
-module(tandem_stats).

-export([median/1, quantile/2, geometric_mean/1, text/2]).

%% @doc The 50th percentile.
-spec median([number(), ...]) -> number().
median(Numbers) -> quantile(0.5, Numbers).

%% @doc The smallest of the numbers that at least this share of them does not exceed: of a few numbers, a high one is their maximum.
-spec quantile(float(), [number(), ...]) -> number().
quantile(Share, Numbers) -> lists:nth(max(1, ceil(length(Numbers) * Share)), lists:sort(Numbers)).

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
