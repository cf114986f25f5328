%% SPDX-License-Identifier: Apache-2.0
%% @doc Class `start': an engine of one's own, and a second BEAM.
-module(bench_start).

-export([programs/0]).
-export([first_answer/1, resident/1]).

%% @doc The programs of the class.
-spec programs() -> [bench:program()].
programs() ->
    [#{name => first_answer, what => "start to first answer", where => host, run => {first_answer, []}, measures => self, expect => 5050},
     #{name => resident, what => "resident memory when fresh", where => host, run => {resident, []}, measures => self, unit => bytes,
       expect => 5050, rounds => 5}].

%% @doc From the call that starts it to the answer of a process there.
-spec first_answer(bench:side()) -> {integer(), integer()}.
first_answer(#{kind := Kind}) ->
    Start = erlang:monotonic_time(nanosecond),
    {Node, Stop} = bench_side:start_node(Kind, 1, []),
    Answer = answer(Node),
    Time = erlang:monotonic_time(nanosecond) - Start,
    Stop(),
    {Time, Answer}.

answer(Node) ->
    Self = self(),
    spawn(Node, fun() -> Self ! {sum, lists:sum(lists:seq(1, 100))} end),
    receive {sum, Sum} -> Sum end.

%% @doc What is in memory after that answer.
-spec resident(bench:side()) -> {integer(), integer()}.
resident(#{kind := Kind} = Side) ->
    {Node, Stop} = bench_side:start_node(Kind, 1, []),
    Answer = answer(Node),
    Bytes = tandem_side:resident(bench_side:os_pid(Side#{node := Node})),
    Stop(),
    {Bytes, Answer}.
