%% SPDX-License-Identifier: Apache-2.0
%% @doc The comparison: what it finds the same and different, what it measures, its files, and what it says when something is wrong.
-module(tandem_compare_tests).

-include_lib("eunit/include/eunit.hrl").

-export([fails/0, prints/0, prints_where/0, trace_of/1, crashes_linked/0, setup/0, uses_setup/0, halts_there/1, hangs/1, compare_hanging/1]).

-define(QUICK, #{time => 0.05, warmup => 0, latency => false, print => false, progress => false, json => false, page => false}).

%% A work for each verdict.

fails() -> lists:nth(3, [1, 2]).

prints() -> io:format("one~ntwo ~p~n", [self()]), done.

prints_where() -> io:format("one~nthis is ~s~n", [erlang:system_info(emu_flavor)]).

trace_of(0) -> error({no, [reason]});
trace_of(N) -> trace_of(N - 1) + 1.

crashes_linked() -> spawn_link(fun() -> exit(because) end), receive never -> ok end.

halts_there(Flavor) -> erlang:system_info(emu_flavor) =:= Flavor andalso halt().

setup() -> spawn_link(fun() -> register(?MODULE, self()), receive stop -> ok end end), wait_for(?MODULE).

wait_for(Name) -> whereis(Name) =:= undefined andalso begin timer:sleep(1), wait_for(Name) end.

uses_setup() -> is_pid(whereis(?MODULE)).

compare(Work) -> compare(Work, #{}).

compare(Work, Options) ->
    tandem:compare(Work, maps:merge(?QUICK, Options)).

%% What is printed by a comparison, and its result.
printed(Work, Options) ->
    Capture = tandem_capture:start_link(),
    Leader = group_leader(),
    group_leader(Capture, self()),
    Result = try compare(Work, Options#{print => true}) after group_leader(Leader, self()) end,
    {tandem_capture:stop(Capture), Result}.

contains(Text, Part) -> ?assertNotEqual({Part, nomatch}, {Part, string:find(Text, Part)}).

folder() ->
    Folder = filename:join([os:getenv("TMPDIR", "/tmp"), "tandem_compare_" ++ os:getpid() ++ "_" ++ integer_to_list(erlang:unique_integer([positive]))]),
    ok = filelib:ensure_dir(filename:join(Folder, "x")),
    Folder.

with_folder(F) ->
    Folder = folder(),
    try F(Folder) after file:del_dir_r(Folder) end.

verdicts_test_() ->
    {timeout, 120, fun() ->
        Work = [{fails, {?MODULE, fails, []}}, {prints, fun ?MODULE:prints/0}, {trace, {?MODULE, trace_of, [3]}},
                {crash, {?MODULE, crashes_linked, []}}, {there, {?MODULE, prints_where, []}}, {random, {rand, uniform, []}},
                {flavor, {erlang, system_info, [emu_flavor]}}],
        {ok, #{verdict := differs, jobs := Jobs, json := false, page := false}} = compare(Work),
        ?assertEqual([{<<"fails">>, same}, {<<"prints">>, same}, {<<"trace">>, same}, {<<"crash">>, same}, {<<"there">>, differs},
                      {<<"random">>, varies}, {<<"flavor">>, differs}], [{Name, Verdict} || #{name := Name, verdict := Verdict} <- Jobs]),
        ?assertMatch([#{what := output, where := <<"line 2, column 9">>}], maps:get(differences, lists:nth(5, Jobs))),
        ?assertMatch([#{what := result, where := <<>>, tandem := <<"emu">>}], maps:get(differences, lists:nth(7, Jobs))),
        _ = [?assertMatch(#{median := _, mean := _}, maps:get(Side, Job)) || Job <- Jobs, Side <- [beam, tandem]],
        #{beam := Beam, tandem := Tandem} = lists:nth(3, Jobs),
        _ = [?assert(maps:get(Key, Side) > 0) || Side <- [Beam, Tandem], Key <- [reductions, allocated]]
    end}.

inputs_test_() ->
    {timeout, 60, fun() ->
        {ok, #{verdict := same, jobs := Jobs}} = compare([{sort, fun lists:sort/1}, {usort, {lists, usort, []}}],
                                                         #{inputs => [{"short", [3, 1, 2]}, {long, lists:seq(1000, 1, -1)}], time => 0.02}),
        ?assertEqual([{<<"sort">>, <<"short">>}, {<<"usort">>, <<"short">>}, {<<"sort">>, <<"long">>}, {<<"usort">>, <<"long">>}],
                     [{Name, Input} || #{name := Name, input := Input} <- Jobs])
    end}.

%% What was typed into a shell is run by erl_eval.
typed_test_() ->
    {timeout, 60, fun() ->
        {ok, Tokens, _} = erl_scan:string("fun() -> self() ! hello, receive X -> {X, lists:sum([N || N <- [1, 2, 3]])} end end."),
        {ok, [Form]} = erl_parse:parse_exprs(Tokens),
        {value, Fun, _} = erl_eval:expr(Form, []),
        ?assertMatch({ok, #{verdict := same}}, compare(Fun))
    end}.

not_measured_test_() ->
    {timeout, 120, fun() ->
        {ok, #{verdict := failed, jobs := [Slow, Halts, Fine]}} =
            compare([{slow, {timer, sleep, [60_000]}}, {halts, {?MODULE, halts_there, [emu]}}, {fine, fun erlang:node/0}], #{timeout => 300}),
        ?assertMatch(#{verdict := failed}, Slow),
        ?assertMatch(#{verdict := failed, differences := [#{what := outcome, tandem := <<"ended the whole side">>}]}, Halts),
        ?assertMatch(#{verdict := same, beam := #{median := _}}, Fine)
    end}.

files_test_() ->
    {timeout, 120, fun() -> with_folder(fun files/1) end}.

files(Folder) ->
    Options = #{json => true, page => true, folder => Folder, latency => beside, latency_time => 0.3, rate => 500, border => [500], title => "<Tést>"},
    {Printed, {ok, #{json := Json, page := Page, verdict := same}}} = printed(fun ?MODULE:prints/0, Options),
    _ = [contains(Printed, Part) || Part <- ["the same on both: returned done; printed 2 lines", "ips", "average", "deviation", "median", "99th %",
                                             "Comparison:", "slower", "Reduction count", "Memory usage", "Message latency beside the work",
                                             "Messages from this VM and back, 500 a second", Json, Page]],
    {ok, Text} = file:read_file(Json),
    ?assertMatch(#{<<"title">> := <<"<Tést>"/utf8>>, <<"verdict">> := <<"same">>, <<"engine">> := #{<<"schedulers">> := 1, <<"spawned">> := _},
                   <<"jobs">> := [#{<<"name">> := null, <<"beam">> := #{<<"time">> := #{<<"median">> := _, <<"samples">> := [_ | _]},
                                                                       <<"latency">> := #{<<"count">> := 150, <<"p99">> := _, <<"p999">> := null}}}],
                   <<"border">> := [#{<<"rate">> := 500, <<"tandem">> := #{<<"latency">> := #{<<"count">> := 150}}}]},
                 tandem_json:decode(Text)),
    {ok, Html} = file:read_file(Page),
    _ = [contains(Html, Part) || Part <- ["The same on both schedulers", "&lt;Tést&gt;", "<svg", "prefers-color-scheme: dark", "name=\"viewport\""]],
    _ = [?assertEqual(nomatch, string:find(Html, Part)) || Part <- ["<script", "http:", "https:", "src=", "@import", "url("]],
    {Again, {ok, _}} = printed(fun ?MODULE:prints/0, Options#{against => Json, latency => false, page => filename:join(Folder, "again.html")}),
    contains(Again, "Held against the comparison of"),
    Odd = filename:join(Folder, "odd.json"),
    ok = file:write_file(Odd, re:replace(re:replace(Text, "\"curve\":\\[\\[", "\"curve\":[[\"x\",1],[", [global]), "\"samples\":\\[", "\"samples\":[null,", [global])),
    {StillHeld, {ok, #{page := [_ | _]}}} = printed(fun ?MODULE:prints/0, Options#{against => Odd, latency => false}),
    contains(StillHeld, "Comparison:"),
    {ok, Held} = file:read_file(filename:join(Folder, "again.html")),
    contains(Held, "dotted: the older comparison").

%% Nothing is lost when a report can't be written: the table is printed, and the report goes elsewhere if it can.
unwritable_test_() ->
    {timeout, 120, fun() -> with_folder(fun unwritable/1) end}.

unwritable(Folder) ->
    Temporary = os:getenv("TMPDIR"),
    os:putenv("TMPDIR", Folder),
    try
        {Full, {ok, #{json := {elsewhere, Json, {"/dev/full", enospc}}, page := {elsewhere, Page, {_, _}}}}} =
            printed(fun erlang:node/0, #{json => "/dev/full", page => "/proc/nobody/page.html"}),
        contains(Full, "no space left on device"),
        contains(Full, "Comparison:"),
        ?assert(filelib:is_regular(Json) andalso filelib:is_regular(Page)),
        os:putenv("TMPDIR", "/proc/nobody"),
        {Lost, {ok, #{json := {error, {"/dev/full", enospc}}}}} = printed(fun erlang:node/0, #{json => "/dev/full"}),
        contains(Lost, "Comparison:"),
        contains(Lost, "option json")
    after
        case Temporary of
            false -> os:unsetenv("TMPDIR");
            _ -> os:putenv("TMPDIR", Temporary)
        end
    end.

errors_test_() ->
    {timeout, 60, fun() ->
        {ok, M, Code} = compile:forms([{attribute, 1, module, nowhere_but_in_memory}, {attribute, 1, export, [{f, 0}]},
                                       {function, 1, f, 0, [{clause, 1, [], [], [{atom, 1, ok}]}]}]),
        {module, M} = code:load_binary(M, "nowhere", Code),
        _ = [begin
                 {Printed, Result} = printed(Work, Options),
                 ?assertEqual({error, Reason}, Result),
                 contains(Printed, Says)
             end || {Work, Options, Reason, Says} <-
                        [{fun erlang:node/0, #{time => 0}, {bad_option, time, 0}, "it takes a number of seconds above 0"},
                         {fun erlang:node/0, #{inputs => 1}, {bad_option, inputs, 1}, "a map, or a list of pairs"},
                         {fun erlang:node/0, #{tim => 0}, {unknown_option, tim}, "The options are inputs, time"},
                         {fun lists:sort/1, #{}, {bad_arity, 1, 0}, "without the option inputs it is 0"},
                         {fun erlang:node/0, #{inputs => [{a, 1}]}, {bad_arity, 0, 1}, "with the option inputs it is 1"},
                         {nothing, #{}, {bad_work, nothing}, "Give a function"},
                         {#{}, #{}, {bad_work, #{}}, "Give a function"},
                         {{no_such_module, f, []}, #{}, {no_object_code, no_such_module}, "Compile it to a .beam file"},
                         {{M, f, []}, #{}, {no_object_code, M}, "Compile it to a .beam file"},
                         {fun erlang:node/0, #{against => "/no/such/file"}, {unreadable, "/no/such/file", enoent}, "no such file"},
                         {fun erlang:node/0, #{against => "/dev/null"}, {unreadable, "/dev/null", no_comparison}, "it is not such a file"},
                         {fun erlang:node/0, #{executable => "/no/such/engine"}, {tandem, {executable, "/no/such/engine", enoent}}, "Tandem could not be started"},
                         {fun erlang:node/0, #{setup => fun() -> exit(unwilling) end}, {tandem, {setup, unwilling}}, "unwilling"}]],
        ?assertEqual({error, {bad_options, [1]}}, tandem:compare(fun erlang:node/0, [1]))
    end}.

carriers_test_() ->
    [{atom_to_list(Carrier), {timeout, 60, fun() ->
        ?assertMatch({ok, #{verdict := same}}, compare(fun ?MODULE:fails/0, #{carrier => Carrier, border => [200], latency_time => 0.1, schedulers => 2}))
    end}} || Carrier <- [port, tcp, nif]].

setup_test_() ->
    {timeout, 60, fun() ->
        ?assertMatch({ok, #{verdict := same, jobs := [#{differences := []}]}}, compare({?MODULE, uses_setup, []}, #{setup => fun ?MODULE:setup/0})),
        {Printed, _} = printed({?MODULE, uses_setup, []}, #{setup => fun ?MODULE:setup/0}),
        contains(Printed, "returned true")
    end}.

requests_test_() ->
    {timeout, 60, fun() ->
        with_folder(fun(Folder) ->
            Json = filename:join(Folder, "requests.json"),
            {ok, _} = compare({timer, sleep, [5]}, #{latency => requests, latency_time => 0.5, json => Json}),
            {ok, Text} = file:read_file(Json),
            #{<<"jobs">> := [#{<<"beam">> := #{<<"rate">> := Rate, <<"latency">> := #{<<"minimum">> := Least}}}]} = tandem_json:decode(Text),
            ?assert(Rate < 110),
            ?assert(Least >= 5.0e6)
        end)
    end}.

%% Whoever is killed while comparing leaves nothing behind.
killed_test_() ->
    {timeout, 60, fun() ->
        Before = {erlang:ports(), engines()},
        Caller = spawn(fun() -> compare({timer, sleep, [1]}, #{time => 30}) end),
        ?assert(tandem_support:until(fun() -> length(erlang:ports()) >= length(element(1, Before)) + 2 end)),
        timer:sleep(200),
        exit(Caller, kill),
        ?assert(tandem_support:until(fun() -> {erlang:ports(), engines()} =:= Before end))
    end}.

%% A BEAM that is in the middle of a native function which doesn't end is ended as well, whether the comparison ends or its VM is killed.
hanging_test_() ->
    {timeout, 60, fun() ->
        with_folder(fun(Folder) ->
            File = filename:join(Folder, "beam"),
            ?assertMatch({ok, #{verdict := failed}}, compare({?MODULE, hangs, [File]}, #{timeout => 1000})),
            tandem_support:await_gone(hanging(File)),
            ok = file:delete(File),
            {ok, Host, _} = peer:start(#{connection => standard_io, args => ["-pa" | code:get_path()]}),
            OsPid = list_to_integer(peer:call(Host, os, getpid, [])),
            ok = peer:cast(Host, ?MODULE, compare_hanging, [File]),
            Hanging = hanging(File),
            tandem_support:signal("KILL", OsPid),
            tandem_support:await_gone(Hanging)
        end)
    end}.

%% @private
compare_hanging(File) -> compare({?MODULE, hangs, [File]}, #{timeout => 3_600_000}).

%% Tells which operating-system process it is, and keeps that busy. All parts of the term are one, and are walked as often as there are ways
%% to them.
hangs(File) ->
    case erlang:system_info(emu_flavor) of
        emu -> ok;
        _ ->
            ok = file:write_file(File ++ ".new", os:getpid()),
            ok = file:rename(File ++ ".new", File),
            erlang:phash2(lists:foldl(fun(_, T) -> {T, T} end, [], lists:seq(1, 100)))
    end.

%% Work that ends the BEAM leaves no dump of it.
no_dump_test_() ->
    {timeout, 60, fun() ->
        with_folder(fun(Folder) ->
            Dump = filename:join(Folder, "dump"),
            true = os:putenv("ERL_CRASH_DUMP", Dump),
            Bytes = os:getenv("ERL_CRASH_DUMP_BYTES", "0"),
            true = os:unsetenv("ERL_CRASH_DUMP_BYTES"),
            try
                ?assertMatch({ok, #{verdict := failed}}, compare({erlang, halt, ["slogan"]})),
                ?assertNot(filelib:is_file(Dump))
            after
                os:unsetenv("ERL_CRASH_DUMP"),
                os:putenv("ERL_CRASH_DUMP_BYTES", Bytes)
            end
        end)
    end}.

hanging(File) ->
    tandem_support:until(fun() -> filelib:is_regular(File) end),
    {ok, OsPid} = file:read_file(File),
    binary_to_integer(OsPid).

engines() -> [Name || Name <- registered(), string:find(atom_to_list(Name), "tandem") =/= nomatch].

%% A server that stands still for 100 ms makes some hundred requests late, not one.
no_omission_test() ->
    Server = spawn_link(fun() -> receive {From, first} -> From ! {answer, first} end, timer:sleep(100), tandem_latency:echo() end),
    {Times, 0} = tandem_latency:measure(Server, 1000, 500_000_000),
    unlink(Server),
    exit(Server, kill),
    ?assertEqual(500, length(Times)),
    ?assert(length([T || T <- Times, T > 50_000_000]) >= 40),
    ?assert(lists:max(Times) >= 95_000_000).

never_answered_test_() ->
    {timeout, 30, fun() ->
        Silent = spawn(fun() -> receive stop -> ok end end),
        {Times, 10} = tandem_latency:measure(Silent, 100, 100_000_000),
        ?assertEqual(10, length(Times)),
        exit(Silent, kill)
    end}.

distribution_test() ->
    #{count := 10_000, mean := 5000.5, median := 5000, p90 := 9000, p99 := 9900, p999 := 9990, p9999 := 9999, maximum := 10_000, curve := Curve, samples := Samples} =
        tandem_stats:distribution(lists:reverse(lists:seq(1, 10_000))),
    ?assertEqual({0.9999, 10_000}, lists:last(Curve)),
    ?assertEqual({1, 10_000, 1000}, {hd(Samples), lists:last(Samples), length(Samples)}),
    ?assertMatch(#{count := 1, median := 7, p99 := null, deviation := +0.0, curve := [_ | _]}, tandem_stats:distribution([7])),
    ?assertMatch(#{median := 0, mean := +0.0}, tandem_stats:distribution([0, 0])).

difference_test() ->
    Show = fun(Term) -> tandem_compare_outcome:shown(Term, erlang) end,
    _ = [?assertEqual({Where, A, B}, tandem_difference:find(Left, Right, Show))
         || {Left, Right, Where, A, B} <-
                [{1, 2, <<>>, <<"1">>, <<"2">>},
                 {{a, [1, 2, {x}]}, {a, [1, 2, {y}]}, <<"element 2, item 3, element 1">>, <<"x">>, <<"y">>},
                 {#{a => 1, b => 2}, #{a => 1, b => 3}, <<"key b">>, <<"2">>, <<"3">>},
                 {#{a => 1}, #{}, <<"key a">>, <<"1">>, <<"not there">>},
                 {[1, 2], [1, 2, 3], <<"from item 3 on">>, <<"[]">>, <<"[3]">>},
                 {"one\ntwo", "one\ntwa", <<"line 2, column 3">>, <<"\"one\\ntwo\"">>, <<"\"one\\ntwa\"">>},
                 {<<"abc">>, <<"abd">>, <<"column 3">>, <<"\"abc\"">>, <<"\"abd\"">>},
                 {<<255, 1>>, <<255, 2>>, <<"byte 2">>, <<"<<255,1>>">>, <<"<<255,2>>">>}]],
    ?assertEqual(same, tandem_difference:find([a], [a], Show)).

%% Pictures of whatever numbers there are.
charts_test() ->
    _ = [begin
             Series = [(tandem_stats:distribution(Numbers))#{kind => Kind} || {Kind, Numbers} <- [{beam, Beam}, {tandem, Tandem}]],
             _ = [?assert(is_binary(unicode:characters_to_binary(Picture(Series, "x")))) || Picture <- [fun tandem_chart:percentiles/2, fun tandem_chart:histogram/2]]
         end || {Beam, Tandem} <- [{[0], [0]}, {[1], [1]}, {[5.5, 5.5], [5.5]}, {[1, 2, 3], [1000, 2000, 4000]}, {[1], [1.0e12]}, {lists:seq(1, 5000), [0.001]}]].
