%% SPDX-License-Identifier: Apache-2.0
%% @doc Latencies at a fixed rate: requests are sent at fixed times, whether or not those before have been answered, and each latency counts
%% from the time at which its request was due. So what waits behind a slow answer is late as well, and is counted as such.
%%
%% Who answers gets `{From, Request}' and sends `{answer, Request}', itself or by another process.
-module(tandem_latency).

-export([measure/3, across/3, beside/3, requests/3, echo/0, serve/1]).

%% What has not been answered so many nanoseconds after the last request was due, is given up.
-define(PATIENCE, 3_000_000_000).

%% @doc Sends so many requests a second to a process, for so many nanoseconds, and waits for the answers. The latencies in nanoseconds; those
%% that never came are counted, and stand for the time that they were waited for. The first, which may have to load code, is sent
%% before and not counted. One process sends and receives, and never sleeps;
%% an answer to what is no longer waited for stays in its mailbox.
-spec measure(pid(), Rate :: pos_integer(), Duration :: pos_integer()) -> {[non_neg_integer()], Unanswered :: non_neg_integer()}.
measure(Pid, Rate, Duration) ->
    Pid ! {self(), first},
    receive {answer, first} -> ok after ?PATIENCE div 1_000_000 -> ok end,
    Period = 1_000_000_000 div Rate,
    Count = max(1, Duration div Period),
    Start = erlang:monotonic_time(nanosecond),
    drive(Pid, Start, Period, Count, 0, Start + Count * Period + ?PATIENCE, []).

drive(_, _, _, 0, 0, _, Times) -> {Times, 0};
drive(Pid, Due, Period, Unsent, Waiting, End, Times) ->
    case erlang:monotonic_time(nanosecond) of
        Now when Unsent > 0, Now >= Due ->
            Pid ! {self(), Due},
            drive(Pid, Due + Period, Period, Unsent - 1, Waiting + 1, End, Times);
        Now when Now > End ->
            {lists:duplicate(Waiting, ?PATIENCE) ++ Times, Waiting};
        _ ->
            receive
                {answer, Request} when is_integer(Request) ->
                    Time = erlang:monotonic_time(nanosecond) - Request,
                    drive(Pid, Due, Period, Unsent, Waiting - 1, End, [Time | Times])
            after 0 ->
                    erlang:yield(),
                    drive(Pid, Due, Period, Unsent, Waiting, End, Times)
            end
    end.

%% @doc Messages to a process of a node and back.
-spec across(node(), Rate :: pos_integer(), Duration :: pos_integer()) -> {[non_neg_integer()], non_neg_integer()}.
across(Node, Rate, Duration) ->
    measure(spawn_link(Node, ?MODULE, echo, []), Rate, Duration).

%% @doc On a side: messages to a process there and back, while the work runs again and again in other processes of that side.
-spec beside(tandem_work:work(), Rate :: pos_integer(), Duration :: pos_integer()) ->
          {[non_neg_integer()], non_neg_integer()}.
beside(Work, Rate, Duration) ->
    Echo = spawn_link(fun echo/0),
    Load = tandem_work:load(Work),
    Answer = measure(Echo, Rate, Duration),
    tandem_work:unload([Echo | Load]),
    Answer.

%% @doc On a side: requests to a server that does the work for each of them, in a process of its own.
-spec requests(tandem_work:work(), Rate :: pos_integer(), Duration :: pos_integer()) ->
          {[non_neg_integer()], non_neg_integer()}.
requests(Work, Rate, Duration) ->
    Server = spawn_link(?MODULE, serve, [Work]),
    Answer = measure(Server, Rate, Duration),
    tandem_work:unload([Server]),
    Answer.

%% @doc Answers at once.
-spec echo() -> no_return().
echo() ->
    receive {From, Request} -> From ! {answer, Request} end,
    echo().

%% @private Linked, so that all ends with the server.
-spec serve(tandem_work:work()) -> no_return().
serve(Work) ->
    process_flag(trap_exit, true),
    Sink = tandem_capture:start_sink(),
    serve(Work, Sink).

serve(Work, Sink) ->
    receive
        {From, Request} when is_pid(From) -> tandem_work:answer(Work, Sink, From, Request);
        {'EXIT', _, _} -> ok
    end,
    serve(Work, Sink).
