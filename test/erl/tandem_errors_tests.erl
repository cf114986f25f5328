%% SPDX-License-Identifier: Apache-2.0
%% What each function says when it is used wrongly: the logger is told what is wrong, and what to do.
-module(tandem_errors_tests).

-include_lib("eunit/include/eunit.hrl").

-export([log/2]).

wrong_uses_test_() ->
    {setup, fun() -> {ok, Pid, Node} = tandem:start(#{}), {Pid, Node} end, fun({Pid, _}) -> tandem:stop(Pid) end,
     fun({Pid, Node}) ->
         No = "is no engine: give the node",
         [{Says, {timeout, 60, fun() -> said(Call, Reason, Says) end}} || {Call, Reason, Says} <-
             [{fun() -> tandem:F(What) end, {not_an_engine, What}, No} || F <- [stop, info, counters, top, attach], What <- [foo, "box", node(), self(), 1]]
             ++ [{fun() -> tandem:detach(What) end, {not_attached, What}, "give the node, or the pid"} || What <- [foo, 1, self()]]
             ++ [{fun() -> tandem:trace(foo, 1, "x") end, {not_an_engine, foo}, No},
                 {fun() -> tandem:trace(Node, 0, "x") end, {bad_seconds, 0}, "they are a number above 0"},
                 {fun() -> tandem:trace(Node, 0.1, "/no/such/x") end, {file, "/no/such/x", enoent}, "can't be written: no such file"},
                 {fun() -> tandem:trace(Node, 1, "x", #{limit => 1}) end, {bad_option, limit, 1}, "it takes bytes, at least 65536"},
                 {fun() -> tandem:top(Node, #{order => name}) end, {bad_option, order, name}, "it takes reductions, memory or mailbox"},
                 {fun() -> tandem:top(Node, #{colour => red}) end, {unknown_option, colour}, "the options are interval, order, times"},
                 {fun() -> tandem:top(Node, x) end, {bad_options, x}, "are a map"},
                 {fun() -> tandem:attach('no@where', #{name => a}) end, {unknown_option, name}, "the options are timeout"},
                 {fun() -> tandem:start(#{carrier => port, listen => "localhost"}) end, {bad_option, listen, "localhost"}, "with the carrier tcp alone"},
                 {fun() -> tandem:start(#{name => "a b"}) end, {bad_option, name, "a b"}, "letters, digits"},
                 {fun() -> 'Elixir.Tandem':start([a]) end, {bad_options, [a]}, "in Elixir, or keywords"}]]
             ++ [?_assertEqual({0, {error, {not_an_engine, 'no@where'}}}, told(fun() -> tandem:stop('no@where') end)),
                 ?_assertEqual({0, {error, {not_attached, Pid}}}, told(fun() -> tandem:detach(Pid) end))]
     end}.

%% Programs that aren't the engine: one that ends, one that can't run, one that says something else, one that says nothing. None stays.
wrong_programs_test_() ->
    [{Line, {timeout, 60, fun() ->
        File = script(Line),
        Start = fun() -> tandem:start(#{carrier => port, executable => File, timeout => 1000}) end,
        {1, {error, Reason}, Text} = told(Start),
        ?assertMatch({match, _}, re:run(Text, Says)),
        ?assertEqual(ok, Check(Reason)),
        tandem_support:until(fun() -> os:cmd("pgrep -f " ++ File) =:= "" end),
        ok = file:delete(File)
     end}} || {Line, Says, Check} <-
        [{"true", "is its program \\(the option executable\\) the engine", fun({Ended, _}) when Ended =:= exit_status; Ended =:= port_closed -> ok end},
         {"printf '\\0\\0\\0\\005hello' >&4; read -r _ <&3", "does not answer as an engine does", fun(shutdown) -> ok end},
         {"while :; do sleep 1; done", "has not answered in time", fun(timeout) -> ok end}]].

script(Line) ->
    File = filename:absname("_build/test/wrong" ++ integer_to_list(erlang:unique_integer([positive]))),
    ok = file:write_file(File, ["#!/bin/sh\n", Line, "\n"]),
    ok = file:change_mode(File, 8#755),
    File.

said(Call, Reason, Says) ->
    {1, {error, Told}, Text} = told(Call),
    ?assertEqual(Reason, Told),
    ?assertNotEqual({Text, nomatch}, {Text, string:find(Text, Says)}).

%% How much the logger was told by a call, the call's result, and the last of it.
told(Call) ->
    ok = logger:add_handler(?MODULE, ?MODULE, #{config => #{to => self()}}),
    Result = try Call() after ok = logger:remove_handler(?MODULE) end,
    case texts() of
        [] -> {0, Result};
        Texts -> {length(Texts), Result, lists:last(Texts)}
    end.

texts() -> receive {?MODULE, Text} -> [Text | texts()] after 0 -> [] end.

%% @private
log(#{msg := {"Tandem: " ++ _ = Format, Arguments}}, #{config := #{to := To}}) ->
    To ! {?MODULE, lists:flatten(io_lib:format(Format, Arguments))};
log(_, _) ->
    ok.
