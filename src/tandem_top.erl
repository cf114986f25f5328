%% SPDX-License-Identifier: Apache-2.0
%% @doc A live view of an engine, for {@link tandem:top/2}. The engine's counters come by a message to the engine itself, so they
%% are seen however busy it is; what single processes do comes from {@link tandem_sampler}, which runs there.
%%
%% The view is a process of its own with the caller's group leader. Keys are read by another one, one key at a time: in a shell a
%% request for characters is answered without waiting for the end of a line while echoing is off. A request that is under way
%% can't be taken back, so the next one is made only once it is clear that the view goes on.
-module(tandem_top).

-export([run/2, takes/0, frame/4]).

-export_type([options/0]).

-type options() :: #{interval => pos_integer(), order => tandem_sampler:order(), times => pos_integer() | infinity}.
-type counters() :: map().

-record(view, {node :: node(), sampler :: pid(), interval :: pos_integer(), times :: pos_integer() | infinity,
               order :: tandem_sampler:order(), style :: screen | plain, keys :: pid() | undefined, ticks = 0 :: non_neg_integer(),
               ended = false :: boolean(), before :: counters(), now :: counters(), sample = none :: tandem_sampler:sample() | none,
               asked :: reference() | undefined}).

-define(PATIENCE, 5000).
-define(WIDE, 100).

%% @doc Shows the view until the key q, or as often as the options say.
-spec run(node(), options()) -> ok | {error, term()}.
run(Node, Options) ->
    case check(Options) of
        ok -> run_checked(Node, maps:merge(#{interval => 1000, order => reductions, times => infinity}, Options));
        {error, Reason} -> {error, Reason}
    end.

%% @doc What may be given for each option.
-spec takes() -> tandem_reason:options().
takes() ->
    [{interval, "milliseconds, at least 100"}, {order, "reductions, memory or mailbox"}, {times, "a number of pictures, at least 1, or infinity"}].

check(Options) when is_map(Options) ->
    case [{Name, Value} || {Name, Value} <- maps:to_list(Options), not is_good(Name, Value)] of
        [] -> ok;
        [{Name, Value} | _] when Name =:= interval; Name =:= order; Name =:= times -> {error, {bad_option, Name, Value}};
        [{Name, _} | _] -> {error, {unknown_option, Name}}
    end;
check(Options) ->
    {error, {bad_options, Options}}.

is_good(interval, N) -> is_integer(N) andalso N >= 100 andalso N < 1 bsl 31;
is_good(order, Order) -> lists:member(Order, [reductions, memory, mailbox]);
is_good(times, N) -> N =:= infinity orelse (is_integer(N) andalso N >= 1);
is_good(_, _) -> false.

run_checked(Node, Options) ->
    case tandem_engine:ask(Node, load, ?PATIENCE) of
        {error, Reason} -> {error, Reason};
        Counters -> show(Node, Options, Counters)
    end.

show(Node, #{interval := Interval, order := Order, times := Times}, Counters) ->
    Caller = self(),
    {Pid, Monitor} = spawn_monitor(fun() ->
                                           _ = erlang:monitor(process, Caller),
                                           {Sampler, _} = spawn_opt(Node, tandem_sampler, start, [self()], [monitor, {priority, high}]),
                                           open(#view{node = Node, sampler = Sampler, interval = Interval, times = Times, order = Order,
                                                      style = style(Times), before = Counters, now = Counters})
                                   end),
    receive
        {'DOWN', Monitor, process, Pid, normal} -> ok;
        {'DOWN', Monitor, process, Pid, Reason} -> {error, Reason}
    end.

%% A view that ends by itself reads no keys, and leaves what it has shown where it is.
style(infinity) ->
    case io:columns() of
        {ok, _} -> screen;
        {error, _} -> plain
    end;
style(_) ->
    plain.

open(#view{times = Times, style = plain} = View) when Times =/= infinity ->
    tick(View);
open(#view{style = plain} = View) ->
    tick(View#view{keys = start_keys(line)});
open(View) ->
    Old = case io:getopts() of
              {error, _} -> [];
              Options -> [Option || {Name, _} = Option <- Options, Name =:= echo orelse Name =:= binary]
          end,
    Mode = case io:setopts([{echo, false}, {binary, false}]) of
               ok -> key;
               {error, _} -> line
           end,
    put_text("\e[?1049h\e[2J"),
    try tick(View#view{keys = start_keys(Mode)})
    after
        _ = io:setopts(Old),
        put_text("\e[2J\e[H\e[?1049l")
    end.

start_keys(Mode) ->
    View = self(),
    spawn_link(fun() -> keys(View, Mode) end).

keys(View, Mode) ->
    Read = case Mode of
               key -> io:get_chars("", 1);
               line -> io:get_line("")
           end,
    View ! {keys, self(), text(Read)},
    receive next -> keys(View, Mode) end.

text(Data) when is_list(Data) -> Data;
text(Data) when is_binary(Data) -> unicode:characters_to_list(Data);
text(_) -> "q".

%% Each tick asks for both, and the view is drawn when the sample has come.
tick(#view{ended = true} = View) ->
    wait(View);
tick(#view{node = Node, now = Now, interval = Interval, order = Order, sampler = Sampler} = View) ->
    case tandem_engine:ask(Node, load, ?PATIENCE) of
        {error, _} ->
            finish(View);
        Counters ->
            Ref = make_ref(),
            Sampler ! {sample, Ref, Order, rows()},
            _ = erlang:send_after(Interval, self(), tick),
            wait(View#view{before = Now, now = Counters, asked = Ref})
    end.

wait(#view{keys = Keys, asked = Asked, sampler = Sampler} = View) ->
    receive
        {Asked, Sample} when is_reference(Asked) -> shown(View#view{sample = Sample, asked = undefined});
        {keys, Keys, Typed} -> typed(Typed, View);
        tick when Asked =/= undefined -> late(View);
        tick -> tick(View);
        {'DOWN', _, process, Sampler, _} -> finish(View);
        {'DOWN', _, process, _, _} -> ok
    end.

%% The engine is too busy for the sampler: the counters are shown all the same.
late(#view{node = Node, now = Now, interval = Interval} = View) ->
    case tandem_engine:ask(Node, load, ?PATIENCE) of
        {error, _} ->
            finish(View);
        Counters ->
            _ = erlang:send_after(Interval, self(), tick),
            shown(View#view{before = Now, now = Counters})
    end.

%% Rates need two looks, so the first one isn't counted, and not shown where it would stay.
shown(#view{ticks = 0, style = plain} = View) ->
    wait(View#view{ticks = 1});
shown(#view{ticks = Ticks, times = Times} = View) ->
    draw(View),
    case Ticks =:= Times of
        true -> ok;
        false -> wait(View#view{ticks = Ticks + 1})
    end.

finish(#view{times = infinity} = View) ->
    Ended = View#view{ended = true, asked = undefined},
    draw(Ended),
    wait(Ended);
finish(_) ->
    exit(noconnection).

typed(Typed, #view{keys = Keys} = View) ->
    case lists:member($q, Typed) of
        true ->
            ok;
        false ->
            Keys ! next,
            Chosen = lists:foldl(fun order/2, View#view.order, Typed),
            Next = View#view{order = Chosen},
            draw(Next),
            wait(Next)
    end.

order($r, _) -> reductions;
order($m, _) -> memory;
order($x, _) -> mailbox;
order(_, Order) -> Order.

draw(#view{style = Style} = View) ->
    Lines = frame(View#view.node, {View#view.before, View#view.now}, View#view.sample,
                  #{columns => columns(), rows => rows(), order => View#view.order, ended => View#view.ended}),
    put_text(case Style of
                 screen -> ["\e[H", [[Line, "\e[K\n"] || Line <- Lines], "\e[J"];
                 plain -> [[[Line, $\n] || Line <- Lines], $\n]
             end).

put_text(Text) ->
    io:put_chars(Text).

columns() -> size(io:columns(), 40, 80).

rows() -> size(io:rows(), 2, 24).

size({ok, N}, Least, _) -> max(N, Least);
size({error, _}, _, Default) -> Default.

%% @private The lines of one picture, none longer than the terminal is wide, at most one less than it has rows.
-spec frame(node(), {counters(), counters()}, tandem_sampler:sample() | none, map()) -> [string()].
frame(Node, {Before, Now}, Sample, #{columns := Columns, rows := Rows, order := Order, ended := Ended}) ->
    Head = [title(Node, Now, Ended) | schedulers(Before, Now, Columns - 1, max(Rows div 3, 1))] ++ rates(Before, Now),
    Foot = [legend(Order)],
    Room = max(Rows - 1 - length(Head) - length(Foot) - 3, 0),
    Table = [table_title(Order, Columns - 1) |
             [table_row(Row, seconds(Before, Now), Columns - 1) || Row <- lists:sublist(sorted(Order, Sample), Room)]],
    [cut(Line, Columns - 1) || Line <- lists:sublist(Head ++ [""] ++ Table ++ [looked_at(Sample) | Foot], Rows - 1)].

cut(Line, Columns) -> string:slice(lists:flatten(Line), 0, Columns).

title(Node, _, true) ->
    io_lib:format("~ts has ended", [Node]);
title(Node, #{time := Time, processes := Processes, memory := Memory, run_queue := Waiting, timers := Timers}, false) ->
    io_lib:format("~ts  up ~ts  ~ts processes, ~ts waiting to run  ~ts  ~ts timers",
                  [Node, up(Time div 1_000_000_000), number(Processes), number(Waiting), bytes(Memory), number(Timers)]).

up(Seconds) when Seconds < 86400 ->
    io_lib:format("~b:~2..0b:~2..0b", [Seconds div 3600, Seconds div 60 rem 60, Seconds rem 60]);
up(Seconds) ->
    io_lib:format("~bd ~b:~2..0b", [Seconds div 86400, Seconds div 3600 rem 24, Seconds div 60 rem 60]).

%% The share of time that a scheduler had something to run as a bar, and its thread's use of a core, which counts input and output as well.
%% Of many the busiest are shown.
schedulers(#{schedulers := Before} = Old, #{schedulers := Now} = New, Columns, Most) ->
    Time = maps:get(time, New) - maps:get(time, Old),
    Loads = [load(N, B, A, Time) || {N, B, A} <- lists:zip3(lists:seq(1, length(Now)), Before, Now)],
    case length(Loads) > Most of
        false ->
            [bar(Load, Columns) || Load <- Loads];
        true ->
            Busiest = lists:sublist(lists:reverse(lists:keysort(2, Loads)), Most - 1),
            [bar(Load, Columns) || Load <- lists:keysort(1, Busiest)] ++ [io_lib:format("and ~b schedulers that do less", [length(Loads) - Most + 1])]
    end.

load(N, {_, _, _, _}, {_, _, Queue, Given}, 0) ->
    {N, 0, 0, Queue, Given};
load(N, {Idle0, Cpu0, _, Given0}, {Idle, Cpu, Queue, Given}, Time) ->
    {N, percent(Time - (Idle - Idle0), Time), percent(Cpu - Cpu0, Time), Queue, per_second(Given - Given0, Time)}.

percent(Part, Whole) -> min(max(round(Part * 100 / Whole), 0), 100).

bar({N, Busy, Cpu, Queue, Given}, Columns) ->
    Right = io_lib:format(" ~3b%  core ~3b%  queue ~5ts  given ~5ts/s", [Busy, Cpu, number(Queue), number(Given)]),
    Left = io_lib:format("scheduler ~2b ", [N]),
    Width = max(Columns - string:length(Left) - string:length(Right) - 2, 5),
    Full = round(Busy * Width / 100),
    [Left, $[, lists:duplicate(Full, $|), lists:duplicate(Width - Full, $\s), $], Right].

rates(Before, Now) ->
    Rate = fun(Key) -> number(rate(Key, Before, Now)) end,
    [io_lib:format("messages ~ts/s  other signals ~ts/s  from the VM ~ts/s  to the VM ~ts/s",
                   [Rate(messages), Rate(signals), Rate(messages_in), Rate(messages_out)]),
     io_lib:format("reductions ~ts/s  slices ~ts/s  spawns ~ts/s  collections ~ts/s",
                   [Rate(reductions), Rate(slices), Rate(spawned), Rate(collections)])].

rate(Key, #{time := Since} = Before, #{time := Time} = Now) ->
    per_second(maps:get(Key, Now) - maps:get(Key, Before), Time - Since).

per_second(_, 0) -> 0;
per_second(Count, Time) -> round(Count * 1_000_000_000 / Time).

seconds(#{time := Before}, #{time := Now}) -> max((Now - Before) / 1_000_000_000, 0.001).

sorted(_, none) -> [];
sorted(Order, #{rows := Rows}) -> lists:reverse(lists:sort(fun(A, B) -> maps:get(Order, A) =< maps:get(Order, B) end, Rows)).

%% What a process does at the moment has a place beside its name only on a wide terminal.
table_title(Order, Columns) ->
    Mark = fun(Column, Title) when Column =:= Order -> [$*, Title];
              (_, Title) -> Title
           end,
    table_line(Columns, "pid", Mark(reductions, "reductions/s"), Mark(memory, "memory"), Mark(mailbox, "mailbox"), "name, or started with", "at").

table_row(#{pid := Pid, reductions := Reductions, memory := Memory, mailbox := Mailbox, name := Name, current := Current}, Seconds, Columns) ->
    table_line(Columns, pid_to_list(Pid), number(round(Reductions / Seconds)), bytes(Memory), number(Mailbox),
               started(Name, Current, Columns), name(Current)).

table_line(Columns, Pid, Reductions, Memory, Mailbox, Name, _) when Columns < ?WIDE ->
    io_lib:format("~-15ts ~13ts ~9ts ~8ts  ~ts", [Pid, Reductions, Memory, Mailbox, fit(Name, Columns - 50)]);
table_line(Columns, Pid, Reductions, Memory, Mailbox, Name, At) ->
    Width = (Columns - 52) div 2,
    io_lib:format("~-15ts ~13ts ~9ts ~8ts  ~-*ts  ~ts", [Pid, Reductions, Memory, Mailbox, Width, fit(Name, Width), fit(At, Width)]).

started({erlang, apply, _}, Current, Columns) when Columns < ?WIDE, Current =/= undefined -> ["at ", name(Current)];
started(Name, _, _) -> name(Name).

%% The end of a long name tells more than its beginning.
fit(Text, Width) ->
    case string:length(Text) of
        Length when Length > Width -> ["..", string:slice(Text, Length - Width + 2)];
        _ -> Text
    end.

name(undefined) -> "";
name({M, F, A}) -> io_lib:format("~ts~ts/~b", [module(atom_to_list(M)), atom_to_list(F), A]);
name(Name) -> atom_to_list(Name).

module("Elixir." ++ Rest) -> [Rest, $.];
module(Module) -> [Module, $:].

looked_at(#{processes := All, looked_at := Looked}) when Looked < All ->
    io_lib:format("of ~ts processes ~ts were looked at", [number(All), number(Looked)]);
looked_at(_) ->
    "".

legend(Order) ->
    Keys = [{"r reductions", reductions}, {"m memory", memory}, {"x mailbox", mailbox}],
    ["order: ", lists:join("  ", [mark(Text, Of =:= Order) || {Text, Of} <- Keys]), "     q ends"].

mark(Text, true) -> [$[, Text, $]];
mark(Text, false) -> [$\s, Text, $\s].

%% Numbers in four digits at most.
number(N) when N < 10_000 -> integer_to_list(N);
number(N) -> scaled(N, 1000, ["", "k", "M", "G", "T", "P"]).

bytes(N) when N < 1024 -> [integer_to_list(N), " B"];
bytes(N) -> scaled(N, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]).

scaled(N, Base, [_, Unit | Units]) when N >= Base * Base, Units =/= [] -> scaled(N / Base, Base, [Unit | Units]);
scaled(N, Base, [_, Unit | _]) ->
    Value = N / Base,
    [float_to_list(Value, [{decimals, case Value < 100 of true -> 1; false -> 0 end}]), Unit].
