%% SPDX-License-Identifier: Apache-2.0
%% @doc What the benchmarks are counted and kept with, and that some of them run.
-module(bench_tests).

-include_lib("eunit/include/eunit.hrl").

json_there_and_back_test() ->
    Terms = [null, true, 0, -17, 1.5, 1.0e-7, 1.0e22, <<>>, <<"\"\\\n\t", 1, "é€😀"/utf8>>, [], [[], [1, [2]]], #{},
             #{<<"a">> => [1, null], <<"b">> => #{<<"c">> => false}}],
    _ = [?assertEqual(Term, tandem_json:decode(iolist_to_binary(tandem_json:encode(Term)))) || Term <- Terms].

json_as_others_write_it_test() ->
    ?assertEqual(#{<<"a">> => [1, -2.0, 300.0, 0.5], <<"b">> => <<"é/😀"/utf8>>},
                 tandem_json:decode(<<" {\"a\" : [ 1,-2.0 , 3e2, 5E-1 ],\n\"b\":\"\\u00e9\\/\\ud83d\\ude00\" } ">>)).

json_in_json_test() ->
    ?assertEqual(<<"{\"a\":{\"b\":[1]}}">>, iolist_to_binary(tandem_json:encode(#{a => {json, <<"{\"b\":[1]}">>}}))).

json_refused_test() ->
    _ = [?assertError({json, _}, tandem_json:decode(Text))
         || Text <- [<<>>, <<"[1,">>, <<"{\"a\"}">>, <<"nul">>, <<"1 2">>, <<"\"", 10, "\"">>, <<"[1 2]">>]].

quantile_test() ->
    Numbers = lists:reverse(lists:seq(1, 100)),
    ?assertEqual([1, 50, 99, 100], [tandem_stats:quantile(Share, Numbers) || Share <- [0.0, 0.5, 0.99, 0.9999]]),
    ?assertEqual(7, tandem_stats:median([7])).

geometric_mean_test() ->
    ?assert(abs(tandem_stats:geometric_mean([0.5, 2.0, 8.0]) - 2.0) < 1.0e-9),
    ?assertEqual(undefined, tandem_stats:geometric_mean([])).

names_test() ->
    _ = [begin
             Names = [Name || #{name := Name} <- Module:programs()],
             ?assertEqual([], Names -- lists:usort(Names))
         end || Module <- [bench_process, bench_sequential, bench_border, bench_start]].

%% Those of the suites whose results are published.
awfy_test_() ->
    {timeout, 120, [fun() -> ?assertEqual(Expect, apply(Module, Function, Arguments)) end
                    || {Module, Function, Arguments, Expect} <-
                           [{bench_awfy, bounce, [1], 1331}, {bench_awfy, permute, [1], 8660}, {bench_awfy, sieve, [1], 669},
                            {bench_awfy, storage, [1], 5461}, {bench_awfy, towers, [1], 8191}, {bench_awfy, mandelbrot, [1], 128},
                            {bench_awfy, nbody, [1], -0.16907495402506745}, {bench_richards, run, [1], {23_246, 9297}},
                            {bench_havlak, run, [1, 0], {1605, 5213}}, {bench_havlak, run, [150, 0], {2052, 5213}},
                            {bench_cd, run, [2], 42}, {bench_cd, run, [10], 390}, {bench_deltablue, run, [10], ok}]]}.

%% `make bench OUT=file' gives the file to the runner, and not to what builds the engine.
out_is_a_file_test_() ->
    {timeout, 60, fun() ->
        Set = os:cmd("make -pn -C c_src OUT=/no/such/folder 2> /dev/null | grep -E '^(override )?OUT '"),
        ?assertMatch({match, _}, re:run(Set, "_build/c/release")),
        ?assertEqual(nomatch, re:run(Set, "/no/such/folder"))
    end}.
