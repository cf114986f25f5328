%% SPDX-License-Identifier: Apache-2.0
%% @doc The line that shows how far a long run is, and is overwritten again and again. Only where somebody looks on, and only when the run has
%% taken a while.
-module(tandem_progress).

-export([start/2, show/3, clear/1]).

-export_type([progress/0]).

-opaque progress() :: #{begun := integer(), expected := number(), shown := boolean()}.

-define(WIDTH, 24).
-define(QUIET, 1500).

%% @doc A run that is expected to take so many seconds. `auto' looks whether this process prints to a terminal.
-spec start(boolean() | auto, number()) -> progress().
start(Wanted, Expected) ->
    #{begun => erlang:monotonic_time(millisecond), expected => max(1, Expected),
      shown => case Wanted of
                   auto -> is_terminal();
                   _ -> Wanted
               end}.

is_terminal() ->
    case io:columns() of
        {ok, _} -> true;
        {error, _} -> false
    end.

%% @doc Shows what is done now; `Done' is the share that is finished for certain.
-spec show(progress(), Done :: float(), iodata()) -> ok.
show(#{begun := Begun, expected := Expected, shown := true}, Done, What) ->
    Elapsed = erlang:monotonic_time(millisecond) - Begun,
    case Elapsed > ?QUIET of
        true ->
            Share = min(0.99, max(Done, Elapsed / (1000 * Expected))),
            Left = max(1, round((1000 * Expected - Elapsed) / 1000)),
            Full = round(Share * ?WIDTH),
            io:format("\r\e[K[~ts~ts] ~3b%  ~b s left  ~ts",
                      [lists:duplicate(Full, $#), lists:duplicate(?WIDTH - Full, $.), round(100 * Share), Left, string:slice(What, 0, 36)]);
        false -> ok
    end;
show(_, _, _) ->
    ok.

%% @doc Takes the line away.
-spec clear(progress()) -> ok.
clear(#{shown := true}) -> io:put_chars("\r\e[K");
clear(_) -> ok.
