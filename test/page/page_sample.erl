%% SPDX-License-Identifier: Apache-2.0
%% @doc Pages to look at with a browser: one job that is held against an older run, and many jobs with long names, of which some differ.
-module(page_sample).

-export([main/1, long_words/0]).

%% @doc Writes `one.html' and `many.html' into a folder.
-spec main([string()]) -> ok.
main([Folder]) ->
    Options = #{time => 0.3, warmup => 0.1, latency_time => 1, print => false, progress => false, folder => Folder, json => false},
    Json = filename:join(Folder, "one.json"),
    Work = {lists, sort, [lists:seq(300, 1, -1)]},
    {ok, _} = tandem:compare(Work, Options#{page => false, json => Json}),
    One = filename:join(Folder, "one.html"),
    {ok, #{page := One}} = tandem:compare(Work, Options#{page => One, against => Json, border => [1000], title => <<"Sorting 300 numbers">>}),
    Many = filename:join(Folder, "many.html"),
    Jobs = [{"a name that goes on and on, and then on, with_something_that_has_no_place_to_break_it_in", {?MODULE, long_words, []}},
            {flavor, {erlang, system_info, [emu_flavor]}}, {random, {rand, uniform, []}}, {never, {timer, sleep, [infinity]}},
            {slow, {timer, sleep, [20]}}, {<<"<b>&\"é\""/utf8>>, {lists, seq, [1, 10]}}],
    {ok, #{page := Many}} = tandem:compare(Jobs, Options#{page => Many, timeout => 500, latency_time => 0.2}),
    ok.

%% @private Prints, and returns what is wide.
-spec long_words() -> binary().
long_words() ->
    io:format("~s~n", [lists:duplicate(200, $a + erlang:system_info(wordsize) - 8)]),
    <<(binary:copy(<<"w">>, 300))/binary, (atom_to_binary(erlang:system_info(emu_flavor)))/binary>>.
