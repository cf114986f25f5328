%% SPDX-License-Identifier: Apache-2.0
%% @doc What becomes of the numbers: lines of a table; a file of JSON with every number, the machine and the engine's counters; and
%% the comparison of two such files.
%%
%% The file: `{"machine": {...}, "classes": {CLASS: {"geometric_mean": N, "engines": [COUNTERS], "programs": [PROGRAM]}}}', where a
%% program has its name, title, unit (`time' in nanoseconds or `bytes'), operations a round, workers, and the numbers of each round
%% under `beam' and `tandem', each for one operation; or an error. The engine's counters come as a map from {@link tandem:info/1},
%% so that nothing in the engine has to write JSON.
-module(bench_report).

-export([row/3, print/1, summary/2, write/3, compare/2, last/0]).

-define(FOLDER, "_build/bench").
-define(LAST, ?FOLDER "/last.json").
%% A file holds so many of the latencies of a program, evenly chosen from the sorted ones.
-define(KEPT, 2000).

%% @doc A program with the numbers of both sides.
-spec row(bench:program(), [number()], [number()]) -> #{atom() => term()}.
row(Program, Beam, Tandem) ->
    Row = maps:with([name, what, unit, per, workers, tail], Program),
    Row#{beam => lists:sort(Beam), tandem => lists:sort(Tandem)}.

%% @doc Its lines of the table.
-spec print(#{atom() => term()}) -> ok.
print(#{what := What, unit := Unit, beam := Beam, tandem := Tandem, tail := Tail}) ->
    io:format("~-38s ~11s ~11s ~11s ~11s ~8s~n",
              [What | [tandem_stats:text(Unit, Number) || Number <- [tandem_stats:median(Beam), tandem_stats:quantile(0.99, Beam),
                                                                    tandem_stats:median(Tandem), tandem_stats:quantile(0.99, Tandem)]]]
              ++ [share(ratio(Beam, Tandem))]),
    _ = [io:format("~-38s ~11s ~11s ~11s ~11s ~8s~n",
                   ["    " ++ Title, tandem_stats:text(Unit, Least), "", tandem_stats:text(Unit, Most), "", share(Most / max(Least, 1))])
         || Tail, {Title, Share} <- [{"9 of 10 within", 0.9}, {"999 of 1,000 within", 0.999}, {"9,999 of 10,000 within", 0.9999}],
            Least <- [tandem_stats:quantile(Share, Beam)], Most <- [tandem_stats:quantile(Share, Tandem)]],
    ok.

ratio(Beam, Tandem) -> tandem_stats:median(Tandem) / max(tandem_stats:median(Beam), 1.0e-9).

share(Ratio) when Ratio < 0.1 -> io_lib:format("~.4f", [float(Ratio)]);
share(Ratio) -> io_lib:format("~.2f", [float(Ratio)]).

%% @doc The last line of a class.
-spec summary(atom(), [#{atom() => term()}]) -> ok.
summary(Class, Rows) ->
    case mean(Rows) of
        undefined -> ok;
        Mean -> io:format("~-86s ~8s~n", [io_lib:format("geometric mean of ~s", [Class]), share(Mean)])
    end.

mean(Rows) -> tandem_stats:geometric_mean([ratio(Beam, Tandem) || #{beam := Beam, tandem := Tandem} <- Rows]).

%% @doc Writes the file, and that it is the last one; gives its name.
-spec write(#{atom() => term()}, [{atom(), {[map()], [map()]}}], file:filename() | undefined) -> file:filename().
write(Machine, Classes, Out) ->
    #{load := Load} = tandem_machine:facts(),
    File = case Out of
               undefined -> filename:join(?FOLDER, [C || <<C>> <= maps:get(time, Machine), C =/= $:] ++ ".json");
               _ -> Out
           end,
    Report = #{machine => Machine#{load_after => Load},
               classes => maps:from_list([{Class, class(Rows, Counters)} || {Class, {Rows, Counters}} <- Classes])},
    Json = [tandem_json:encode(Report), $\n],
    ok = filelib:ensure_dir(File),
    ok = filelib:ensure_dir(?LAST),
    ok = file:write_file(File, Json),
    ok = file:write_file(?LAST, Json),
    File.

class(Rows, Counters) ->
    Mean = case mean(Rows) of
               undefined -> null;
               Number -> Number
           end,
    #{geometric_mean => Mean, engines => Counters, programs => [kept(Row) || Row <- Rows]}.

kept(#{beam := Beam, tandem := Tandem} = Row) -> Row#{beam := thinned(Beam), tandem := thinned(Tandem)};
kept(Row) -> Row.

thinned(Numbers) -> [rounded(Number) || Number <- tandem_stats:thinned(Numbers, ?KEPT)].

rounded(Number) -> round(Number * 1000) / 1000.

%% @doc The last file that was written.
-spec last() -> file:filename().
last() -> ?LAST.

%% @doc Prints the programs that both files have: the engine's medians, and the ratios to the BEAM, which a different machine or a
%% busy one changes less. `faster' and `slower' are said where the middle halves of the rounds don't overlap and the medians differ.
-spec compare(file:filename(), file:filename()) -> ok.
compare(OldFile, NewFile) ->
    [Old, New] = [read(File) || File <- [OldFile, NewFile]],
    _ = [io:format("~s: ~ts, ~ts~n", [Which, maps:get(<<"time">>, Machine), maps:get(<<"commit">>, Machine)])
         || {Which, #{<<"machine">> := Machine}} <- [{"old", Old}, {"new", New}]],
    Classes = lists:sort(maps:keys(maps:get(<<"classes">>, New))),
    lists:foreach(fun(Class) -> compare_class(Class, programs(Class, Old), programs(Class, New)) end, Classes).

read(File) ->
    case file:read_file(File) of
        {ok, Text} -> tandem_json:decode(Text);
        {error, Reason} -> io:format(standard_error, "~ts: ~ts~n", [File, file:format_error(Reason)]), halt(2)
    end.

programs(Class, #{<<"classes">> := Classes}) ->
    case Classes of
        #{Class := #{<<"programs">> := Programs}} ->
            [{Name, Program} || #{<<"name">> := Name, <<"tandem">> := [_ | _]} = Program <- Programs];
        _ -> []
    end.

compare_class(Class, Old, New) ->
    io:format("~n~-38ts ~11s ~11s ~8s ~8s ~8s~n", [Class, "old", "new", "new/old", "old/BEAM", "new/BEAM"]),
    Changes = [compare_program(Before, Program) || {Name, Program} <- New, {_, Before} <- [lists:keyfind(Name, 1, Old)]],
    Mean = tandem_stats:geometric_mean(Changes),
    Mean =:= undefined orelse io:format("~-62s ~8s~n", ["geometric mean", share(Mean)]),
    _ = [io:format("~b programs only in the ~s file~n", [Count, Which])
         || {Which, These, Others} <- [{"old", Old, New}, {"new", New, Old}],
            Count <- [length([Name || {Name, _} <- These, not lists:keymember(Name, 1, Others)])], Count > 0],
    ok.

compare_program(#{<<"beam">> := OldBeam, <<"tandem">> := Old},
                #{<<"what">> := What, <<"unit">> := Unit, <<"beam">> := Beam, <<"tandem">> := New}) ->
    [Before, Now] = [tandem_stats:median(Numbers) || Numbers <- [Old, New]],
    Change = Now / max(Before, 1.0e-9),
    Kind = binary_to_existing_atom(Unit),
    io:format("~-38ts ~11s ~11s ~8s ~8s ~8s ~s~n",
              [What, tandem_stats:text(Kind, Before), tandem_stats:text(Kind, Now), share(Change), share(ratio(OldBeam, Old)),
               share(ratio(Beam, New)), verdict(Old, New)]),
    Change.

verdict(Old, New) ->
    case tandem_stats:change(Old, New) of
        same -> "";
        Changed -> atom_to_list(Changed)
    end.
