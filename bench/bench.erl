%% SPDX-License-Identifier: Apache-2.0
%% @doc The runner of `make bench': programs with known results, each run alternately on a BEAM (a peer with as many schedulers as
%% the engine has workers) and on an engine. A line a program: median and 99th percentile of both, and the engine's median divided
%% by the BEAM's; the geometric mean of these ratios a class. What was measured is kept as JSON (see {@link bench_report}).
%%
%% Options, as `make bench NAME=value' (in capitals) or as plain arguments `name=value':
%% <dl>
%% <dt>`class'</dt><dd>`process', `memory', `sequential', `border', `start'; several with commas; all by default</dd>
%% <dt>`only'</dt><dd>programs by name, with commas; a `*' at the end stands for anything</dd>
%% <dt>`rounds'</dt><dd>rounds of each program and side; by default at least 5, and up to 15 while a program takes less than
%%   two seconds</dd>
%% <dt>`seconds'</dt><dd>those two seconds</dd>
%% <dt>`rates'</dt><dd>requests a second of the latencies at a fixed rate, with commas</dd>
%% <dt>`out'</dt><dd>the file of JSON; by default one named after the time, in `_build/bench'</dd>
%% <dt>`executable'</dt><dd>the engine's program</dd>
%% </dl>
%%
%% A class is a module `bench_CLASS' that exports `programs/0'; see {@type program()}. A round should take 50 to 200 ms.
-module(bench).

-export([main/1, compare/1, quick/0]).

-export_type([program/0, side/0]).

-type program() ::
        #{name := atom(),                  % unique in its class, and what `only' selects
          what := string(),                % the line's title
          run := {atom(), [term()]},       % a function of `module' and its arguments; its result is compared with `expect'
          expect := term(),                % `any' when there is nothing to know
          module => module(),              % by default the class's own
          per => pos_integer(),            % operations a round: what is printed is the time of one
          workers => pos_integer(),        % schedulers and workers; 1 by default
          carrier => tandem_options:carrier(),    % of the engine; that of the options by default
          where => inside | host,          % `host': runs in this VM, and gets the {@type side()} as its first argument
          measures => time | self | sample,% `self': the function gives `{Number, Result}', `sample' `{[Number], Result}'
          unit => time | bytes,            % of the numbers; times are in nanoseconds
          rounds => pos_integer(),         % at most so many
          tail => boolean()}.              % whether the far percentiles get lines of their own
-type side() :: #{kind := beam | tandem, workers := pos_integer(), node := node(), stop := fun(() -> term()),
                  processes := pos_integer()}.

-define(CLASSES, [process, memory, sequential, border, start]).
-define(LEAST_ROUNDS, 5).
-define(MOST_ROUNDS, 15).

%% @doc Runs what the arguments select, and ends the VM: with 1 if a program failed or gave a wrong result.
-spec main([string()]) -> no_return().
main(Arguments) ->
    Options = options(Arguments),
    prepare(),
    Before = tandem_machine:facts(),
    io:format("~s~n", [tandem_machine:headline(Before)]),
    Selected = select(Options),
    Selected =:= [] andalso stop("no such program; bench/bench_CLASS.erl have their names, and a * at the end stands for anything"),
    Total = lists:sum([length(Programs) || {_, Programs} <- Selected]),
    put(progress, {0, Total}),
    Classes = [{Class, class(Class, Programs, Options)} || {Class, Programs} <- Selected],
    File = bench_report:write(Before, Classes, maps:get(out, Options, undefined)),
    Failed = [Name || {_, {Rows, _}} <- Classes, #{name := Name, error := _} <- Rows],
    io:format("~nraw numbers: ~s~n", [File]),
    Failed =:= [] orelse io:format("FAILED: ~p~n", [Failed]),
    halt(min(length(Failed), 1)).

%% @doc Compares the run in `old' with the one in `new' (by default the last one), and ends the VM.
-spec compare([string()]) -> no_return().
compare(Arguments) ->
    Options = options(Arguments),
    is_map_key(old, Options) orelse stop("which run? OLD=file"),
    bench_report:compare(maps:get(old, Options), maps:get(new, Options, bench_report:last())),
    halt(0).

%% @doc A short table for `make demo': some of each class.
-spec quick() -> ok.
quick() ->
    prepare(),
    Names = ["spawn_exit", "ping_pong", "ring_1000", "server_call", "fib", "round_trip", "first_answer", "resident"],
    Selected = select(#{class => ["process", "sequential", "border", "start"], only => Names}),
    put(progress, {0, length(Names)}),
    Options = #{rounds => ?LEAST_ROUNDS},
    lists:foreach(fun({Class, Programs}) -> class(Class, Programs, Options) end, Selected).

prepare() ->
    _ = logger:set_primary_config(level, error),
    process_flag(trap_exit, true),
    ok.

stop(Why) ->
    io:format(standard_error, "bench: ~s~n", [Why]),
    halt(2).

options(Arguments) ->
    maps:from_list([option(string:split(Argument, "=")) || Argument <- Arguments]).

option(["class", Names]) -> {class, string:lexemes(Names, ",")};
option(["only", Names]) -> {only, string:lexemes(Names, ",")};
option(["rounds", N]) -> {rounds, max(1, number("rounds", N))};
option(["seconds", N]) -> {seconds, number("seconds", N)};
option(["rates", Rates]) ->
    application:set_env(tandem, bench_rates, [number("rates", Rate) || Rate <- string:lexemes(Rates, ",")]),
    {rates, Rates};
option([Name, File]) when Name =:= "old"; Name =:= "new"; Name =:= "out" -> {list_to_atom(Name), File};
option(["executable", File]) -> application:set_env(tandem, bench_executable, File), {executable, File};
option([Other | _]) -> stop("unknown option " ++ Other).

number(Name, Text) ->
    try list_to_integer(Text)
    catch error:badarg -> stop([Name, " takes whole numbers, not ", Text])
    end.

%% What to run: the classes in their order, each with its programs.
select(Options) ->
    Known = [atom_to_list(Class) || Class <- ?CLASSES],
    Wanted = maps:get(class, Options, Known),
    Wanted -- Known =:= [] orelse stop("the classes are " ++ lists:join(", ", Known)),
    [{Class, Programs} || Class <- ?CLASSES, lists:member(atom_to_list(Class), Wanted),
                          (Programs = [P || P <- programs(Class), is_wanted(P, Options)]) =/= []].

programs(Class) ->
    Module = list_to_atom("bench_" ++ atom_to_list(Class)),
    case code:ensure_loaded(Module) of
        {module, _} -> [maps:merge(defaults(Module), Program) || Program <- Module:programs()];
        {error, _} -> []
    end.

defaults(Module) ->
    #{module => Module, per => 1, workers => 1, where => inside, measures => time, unit => time, rounds => ?MOST_ROUNDS,
      tail => false}.

is_wanted(#{name := Name}, #{only := Patterns}) -> lists:any(fun(Pattern) -> matches(atom_to_list(Name), Pattern) end, Patterns);
is_wanted(_, _) -> true.

matches(Name, Pattern) ->
    case lists:reverse(Pattern) of
        "*" ++ Prefix -> lists:prefix(lists:reverse(Prefix), Name);
        _ -> Name =:= Pattern
    end.

class(Class, Programs, Options) ->
    io:format("~n~-38s ~11s ~11s ~11s ~11s ~8s~n", [atom_to_list(Class), "BEAM", "p99", "Tandem", "p99", "ratio"]),
    put(sides, #{}),
    Rows = [program(Program, Options) || Program <- Programs],
    Sides = erase(sides),
    Counters = [tandem:info(Node) || #{kind := tandem, node := Node} <- maps:values(Sides)],
    bench_side:stop_all(Sides),
    bench_report:summary(Class, Rows),
    {Rows, Counters}.

%% One program: a round of each side to warm up and to check the result, then measured rounds, taking turns in who goes first.
program(Program, Options) ->
    {Done, Total} = get(progress),
    put(progress, {Done + 1, Total}),
    try measure(Program, Options) of
        {Beam, Tandem} ->
            Row = bench_report:row(Program, Beam, Tandem),
            bench_report:print(Row),
            Row
    catch
        throw:{wrong, Kind, Why} ->
            clear(),
            io:format("~-38s FAILED on ~s: ~0.110tP~n", [maps:get(what, Program), Kind, Why, 30]),
            renew(Program),
            #{name => maps:get(name, Program), what => maps:get(what, Program),
              error => iolist_to_binary(io_lib:format("~s: ~0tP", [Kind, Why, 30]))}
    end.

measure(#{workers := Workers} = Program, Options) ->
    Sides = [side(beam, Workers, any), side(tandem, Workers, maps:get(carrier, Program, any))],
    show(Program, "warming up"),
    _ = [round_of(Program, Side) || Side <- Sides],
    Most = case Options of
               #{rounds := Rounds} -> {Rounds, Rounds};
               _ -> {?LEAST_ROUNDS, maps:get(rounds, Program)}
           end,
    Deadline = erlang:monotonic_time(millisecond) + 1000 * maps:get(seconds, Options, 2),
    Measured = rounds(1, Most, Deadline, Program, Sides),
    clear(),
    {lists:append([Numbers || {Numbers, _} <- Measured]), lists:append([Numbers || {_, Numbers} <- Measured])}.

rounds(N, {Least, Most}, Deadline, Program, [Beam, Tandem] = Sides) ->
    show(Program, io_lib:format("round ~b", [N])),
    Measured = case N rem 2 of
                   1 -> B = round_of(Program, Beam), {B, round_of(Program, Tandem)};
                   0 -> T = round_of(Program, Tandem), {round_of(Program, Beam), T}
               end,
    case N >= Most orelse (N >= Least andalso erlang:monotonic_time(millisecond) > Deadline) of
        true -> [Measured];
        false -> [Measured | rounds(N + 1, {Least, Most}, Deadline, Program, Sides)]
    end.

round_of(#{per := Per, expect := Expect} = Program, #{kind := Kind} = Side) ->
    case bench_side:run(Program, Side) of
        {ok, Numbers, Result} when Expect =:= any; Result =:= Expect -> [Number / Per || Number <- Numbers];
        {ok, _, Result} -> throw({wrong, Kind, {result, Result}});
        {error, Reason} -> throw({wrong, Kind, Reason})
    end.

side(Kind, Workers, Carrier) ->
    Sides = get(sides),
    case Sides of
        #{{Kind, Workers, Carrier} := Side} -> Side;
        _ ->
            Side = bench_side:start(Kind, Workers, Carrier),
            put(sides, Sides#{{Kind, Workers, Carrier} => Side}),
            Side
    end.

%% After a failure nobody knows what still runs there.
renew(#{workers := Workers}) ->
    {Old, Kept} = maps:fold(fun({_, W, _} = Key, Side, {Out, In}) when W =:= Workers -> {Out#{Key => Side}, In};
                               (Key, Side, {Out, In}) -> {Out, In#{Key => Side}}
                            end, {#{}, #{}}, get(sides)),
    bench_side:stop_all(Old),
    put(sides, Kept).

%% The line that is overwritten, if someone looks on.
show(#{what := What}, Doing) ->
    {N, Total} = get(progress),
    os:getenv("BENCH_TERMINAL") =:= "1" andalso io:format(standard_error, "\r\e[K[~b/~b] ~s: ~s", [N, Total, What, Doing]).

clear() ->
    os:getenv("BENCH_TERMINAL") =:= "1" andalso io:format(standard_error, "\r\e[K", []).
