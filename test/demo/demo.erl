%% SPDX-License-Identifier: Apache-2.0
%% @doc The demonstration: every example once on the BEAM and once on the engine, from the same compiled code; what each printed,
%% how it ended and what reached the logger, and whether they are the same. Then latencies, and a page. Exits with 1 if anything differs.
-module(demo).

-export([main/1, log/2]).

-define(SETTLE, 150).
-define(PAGE, "_build/compare/demo.html").
-define(NUMBERS, "_build/compare/demo.json").

%% @doc Runs everything and ends the VM.
-spec main([string()]) -> no_return().
main(_) ->
    {ok, _} = application:ensure_all_started(elixir),
    _ = [application:load(App) || App <- [iex, logger]],
    ok = logger:remove_handler(default),
    Start = erlang:monotonic_time(microsecond),
    {ok, _, Node} = tandem:start_link(#{}),
    io:format("The engine ~s is up after ~.1f ms; this VM is ~s.~n",
              [Node, (erlang:monotonic_time(microsecond) - Start) / 1000, node()]),
    Examples = [{Module, Function, Title} || Module <- ['Elixir.Guide', ping], {Function, Title} <- Module:examples()],
    Inside = [example(Module, Function, Title, Node) || {Module, Function, Title} <- Examples],
    Verdicts = [from_host(Node) | Inside],
    Differ = length([different || different <- Verdicts]),
    io:format("~n~b examples, ~b the same on both~n", [length(Verdicts), length(Verdicts) - Differ]),
    ok = bench:quick(),
    page([{Title, {Module, Function, []}} || {Module, Function, Title} <- Examples]),
    halt(min(Differ, 1)).

%% The examples again, many times each, and messages from this VM: what came of it is a page to look at.
page(Work) ->
    io:format("~nNow the examples are measured, side by side.~n"),
    Options = #{title => "The guide's examples on the BEAM and on Tandem", time => 0.3, warmup => 0.1, latency => false, border => true,
                latency_time => 3, print => false, syntax => elixir, progress => os:getenv("DEMO_TERMINAL") =:= "1", page => ?PAGE, json => ?NUMBERS},
    case tandem:compare(Work, Options) of
        {ok, #{page := ?PAGE}} -> io:format("~nA page with both sides' percentile curves, for a browser: ~ts~n", [filename:absname(?PAGE)]);
        {ok, #{page := {elsewhere, File, _}}} -> io:format("~nA page with both sides' percentile curves, for a browser: ~ts~n", [File]);
        {ok, #{page := {error, {File, Reason}}}} -> io:format("~nNo page: ~ts: ~ts~n", [File, file:format_error(Reason)]);
        {error, _} -> ok
    end.

example(Module, Function, Title, Node) ->
    show(Title, fun(Where) -> {Where, {Module, Function, []}, Where} end, Node).

%% Runs in this VM both times; only the server is elsewhere.
from_host(Node) ->
    show("the same server, called from the host", fun(Where) -> {node(), {'Elixir.Guide', server_from_host, [Where]}, Where} end, Node).

show(Title, Job, Node) ->
    io:format("~n~ts~n", [Title]),
    Beam = observe(Job(node())),
    print("BEAM  ", Beam),
    Tandem = observe(Job(Node)),
    case Tandem of
        Beam -> io:format("  Tandem   the same~n"), same;
        _ -> print("Tandem", Tandem), io:format("  DIFFERENT~n"), different
    end.

print(Who, {Printed, Ended, Logged}) ->
    Lines = [Line || Line <- string:split(string:trim(Printed), "\n", all), Line =/= <<>>],
    _ = [io:format("  ~s   ~ts~n", [Who, Line]) || Line <- Lines],
    Ended =:= "normal" orelse io:format("  ~s   ended: ~ts~n", [Who, string:slice(Ended, 0, 110)]),
    _ = [io:format("  ~s   logged: ~ts~n", [Who, string:slice(hd(string:split(Report, "\n")), 0, 110)]) || Report <- Logged],
    ok.

%% Output, exit reason and log events of one run, without pids and times.
observe({Where, {Module, Function, Args}, Subject}) ->
    Capture = tandem_capture:start_link(),
    ok = logger:add_handler(?MODULE, ?MODULE, #{config => self()}),
    {Launcher, Monitor} = spawn_monitor(fun() ->
                                                group_leader(Capture, self()),
                                                {_, Inner} = spawn_monitor(Where, Module, Function, Args),
                                                exit({ended, receive {'DOWN', Inner, _, _, Reason} -> Reason end})
                                        end),
    Ended = receive {'DOWN', Monitor, process, Launcher, {ended, Reason}} -> Reason end,
    Logged = logged(),
    ok = logger:remove_handler(?MODULE),
    Printed = tandem_capture:stop(Capture),
    {tandem_normal:term(Printed, Subject), lists:flatten(io_lib:format("~0tp", [tandem_normal:term(Ended, Subject)])),
     [tandem_normal:term(Report, Subject) || Report <- lists:sort(Logged)]}.

%% @private The logger's call for each event.
-spec log(logger:log_event(), logger:handler_config()) -> ok.
log(Event, #{config := Collector}) ->
    Collector ! {logged, iolist_to_binary(logger_formatter:format(Event, #{template => [level, ": ", msg], single_line => false}))},
    ok.

logged() ->
    receive
        {logged, Report} -> [Report | logged()]
    after ?SETTLE -> []
    end.
