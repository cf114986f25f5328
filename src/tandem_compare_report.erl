%% SPDX-License-Identifier: Apache-2.0
%% @doc The files of a comparison: JSON with every figure, which a later comparison can be held against, and a page to look at.
%%
%% The JSON: `{"title", "machine", "verdict", "seconds", "options", "jobs": [JOB], "border": [...], "engine": COUNTERS, "resident"}'. A job
%% has its name and input (or null), its verdict, what became of it, the differences, and `beam' and `tandem': `time' and `latency' in
%% nanoseconds (count, mean, deviation as a share, percentiles, the curve as pairs of share and time, and at most a thousand of the
%% samples), `reductions', `allocated' and `footprint' in bytes. The counters of the engine are as the engine has written them.
-module(tandem_compare_report).

-export([read/1, older/3, write/1]).

-include_lib("kernel/include/file.hrl").

%% What is kept of the options.
-define(KEPT, [time, warmup, latency, latency_time, schedulers, carrier]).

%% @doc An older comparison; `null' if none is given.
-spec read(file:name_all() | undefined) -> {ok, map() | null} | {error, term()}.
read(undefined) -> {ok, null};
read(File) ->
    case file:read_file(File) of
        {ok, Text} ->
            try tandem_json:decode(Text) of
                #{<<"jobs">> := Jobs, <<"machine">> := #{<<"time">> := <<_/binary>>}, <<"border">> := Border} = Old when is_list(Jobs), is_list(Border) ->
                    {ok, Old};
                _ -> {error, no_comparison}
            catch
                error:_ -> {error, no_comparison}
            end;
        {error, Reason} -> {error, Reason}
    end.

%% @doc What an older comparison has of a side of that job: `time' and `latency', as far as they were measured. A job is known by name and
%% input, one of the border by its rate.
-spec older(map() | null, term(), tandem_side:kind()) -> #{time => map(), latency => map()}.
older(null, _, _) -> #{};
older(#{<<"jobs">> := Jobs, <<"border">> := Border}, Job, Kind) ->
    Key = atom_to_binary(Kind),
    case [Side || Old <- Jobs ++ Border, is_job(Old, Job), #{Key := Side} <- [Old]] of
        [#{} = Side | _] -> maps:from_list([{What, Known} || What <- [time, latency], {ok, Known} <- [distribution(part(Side, What))]]);
        _ -> #{}
    end.

is_job(#{<<"rate">> := Rate}, #{rate := Rate}) -> true;
is_job(#{<<"name">> := Name, <<"input">> := Input}, #{name := Name, input := Input}) -> true;
is_job(_, _) -> false.

part(Side, What) -> maps:get(atom_to_binary(What), Side, null).

%% What another hand has changed is not there.
distribution(#{<<"median">> := Median, <<"samples">> := [_ | _] = Samples, <<"curve">> := [_ | _] = Curve}) when is_number(Median) ->
    Points = [{Share, Time} || [Share, Time] <- Curve, is_number(Share), is_number(Time), Share >= 0, Share < 1],
    case lists:all(fun is_number/1, Samples) andalso Points =/= [] of
        true -> {ok, #{median => Median, samples => Samples, curve => Points}};
        false -> unknown
    end;
distribution(_) -> unknown.

%% @doc Writes what the options ask for; each file with what became of it. What cannot be written where it should be goes to the folder for
%% temporary files.
-spec write(tandem_compare:report()) -> [{json | page, file:filename_all() | false | {elsewhere, file:filename_all(), term()} | {error, term()}}].
write(#{options := Options} = Report) ->
    [{Kind, write(maps:get(Kind, Options), Kind, Report)} || Kind <- [json, page]].

write(false, _, _) -> false;
write(true, Kind, #{options := #{folder := Folder}, machine := #{time := Time}} = Report) ->
    Name = [C || <<C>> <= binary:replace(Time, <<":">>, <<"-">>, [global]), C =/= $Z],
    write(free_name(filename:join(Folder, Name), suffix(Kind), 1), Kind, Report);
write(File, Kind, Report) ->
    Content = content(Kind, Report),
    case save(File, Content) of
        ok -> File;
        {error, Reason} ->
            Other = filename:join(temporary(), filename:basename(File)),
            case save(Other, Content) of
                ok -> {elsewhere, Other, {File, Reason}};
                {error, _} -> {error, {File, Reason}}
            end
    end.

%% Two comparisons in a second don't write over one another.
free_name(Name, Suffix, N) ->
    File = unicode:characters_to_list([Name, [["-", integer_to_list(N)] || N > 1], Suffix]),
    case filelib:is_file(File) of
        true -> free_name(Name, Suffix, N + 1);
        false -> File
    end.

suffix(json) -> ".json";
suffix(page) -> ".html".

content(json, Report) -> [tandem_json:encode(json(Report)), $\n];
content(page, Report) -> unicode:characters_to_binary(tandem_compare_page:html(Report)).

%% A file that was there stays until the new one is complete; a device is written to as it is.
save(File, Content) ->
    case file:read_file_info(File) of
        {ok, #file_info{type = Type}} when Type =/= regular -> file:write_file(File, Content, [raw]);
        _ -> replace(File, Content)
    end.

replace(File, Content) ->
    New = unicode:characters_to_list([File, ".new"]),
    Written = case filelib:ensure_dir(New) of
                  ok -> file:write_file(New, Content, [raw]);
                  Error -> Error
              end,
    case Written of
        ok -> file:rename(New, File);
        {error, Reason} ->
            _ = file:delete(New),
            {error, Reason}
    end.

temporary() -> os:getenv("TMPDIR", "/tmp").

json(#{options := Options, jobs := Jobs, border := Border} = Report) ->
    (maps:with([title, machine, verdict, seconds, engine, resident], Report))
        #{options => maps:with(?KEPT, Options), jobs => [job(Job) || Job <- Jobs],
          border => [Each#{beam := side(Beam), tandem := side(Tandem)} || #{beam := Beam, tandem := Tandem} = Each <- Border]}.

job(#{job := Job, beam := Beam, tandem := Tandem} = Measured) ->
    maps:merge(maps:with([name, input], Job), (maps:without([job], Measured))#{beam := side(Beam), tandem := side(Tandem)}).

side(Side) -> maps:map(fun(What, #{curve := Curve, samples := Samples} = Numbers) when What =:= time; What =:= latency ->
                               maps:map(fun(_, Number) -> rounded(Number) end,
                                        Numbers#{curve := [[Share, rounded(Time)] || {Share, Time} <- Curve],
                                                 samples := [rounded(Sample) || Sample <- Samples]});
                          (_, Other) -> Other
                       end, Side).

rounded(Number) when is_float(Number) -> round(Number * 10_000) / 10_000;
rounded(Other) -> Other.
