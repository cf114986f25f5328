%% SPDX-License-Identifier: Apache-2.0
%% c_src/bif/bifs.tsv, the table of all functions that the virtual machine provides, tells the truth: compared with what the BEAM
%% has, what the engine has, and what is delegated.
-module(tandem_bifs_tests).

-include_lib("eunit/include/eunit.hrl").

-define(TABLE, "c_src/bif/bifs.tsv").
-define(RULES, "c_src/code/delegate.def").

%% OTP's own list, on the release that the table is made for.
complete_test() ->
    Names = names(table()),
    ?assertEqual(length(Names), length(lists:usort(Names))),
    case erlang:system_info(otp_release) of
        "25" -> ?assertEqual(lists:sort(erlang:system_info(snifs)), lists:sort(Names));
        _ -> ok
    end.

status_test() ->
    Natives = natives(),
    Rules = rules(),
    Wrong = [{Name, Status, status(Name, Natives, Rules)} || {Name, Status, _} <- table(),
                                                             Status =/= status(Name, Natives, Rules)],
    ?assertEqual([], Wrong).

%% What is not the engine's own needs a reason.
reasons_test() ->
    ?assertEqual([], [Name || {Name, Status, <<>>} <- table(), Status =/= native]).

%% What the engine has in C beyond that is Erlang in OTP, and about the engine's own modules, names and processes; or it is the engine's own.
beyond_test() ->
    Known = [{code, [delete, ensure_loaded, is_loaded, load_binary, load_file, purge, soft_purge, which]},
             {erlang, [alias, max, memory, min, purge_module, yield]}, {file, [open, path_open]}, {init, [stop]}, {logger_proxy, [log]},
             {net_kernel, [monitor_nodes]}],
    ?assertEqual([], [Name || {M, F, _} = Name <- natives() -- names(table()), M =/= tandem_native,
                              not lists:member(F, proplists:get_value(M, Known, []))]).

%% Generated calls reach every native that takes terms, or say why they don't.
generated_test() ->
    Called = diff_natives:natives() ++ diff_calls:table() ++ diff_scripts:functions(),
    {Out, Reasons} = lists:unzip(diff_natives:not_called()),
    Taking = [Name || {{_, _, A} = Name, native, _} <- table(), A > 0],
    ?assertEqual([], Taking -- (Called ++ Out)),
    ?assertEqual([], Out -- names(table())),
    ?assertEqual(length(Out), length(lists:usort(Out))),
    ?assertNot(lists:member("", Reasons)).

%% Of those that are left out, whatever takes a number as a size, or is a state that is ended again, is called elsewhere.
otherwise_test() ->
    Elsewhere = diff_calls:table() ++ diff_scripts:functions(),
    ?assertEqual([], [Name || Name <- [{erlang, make_tuple, 2}, {erlang, make_tuple, 3}, {erlang, 'bsl', 2}, {binary, copy, 2}, {erlang, list_to_existing_atom, 1},
                                       {erlang, binary_to_existing_atom, 2}, {persistent_term, put, 2}, {persistent_term, erase, 1}, {os, putenv, 2},
                                       {os, unsetenv, 1}, {os, getenv, 1}, {atomics, new, 2}, {counters, new, 2}],
                              not lists:member(Name, Elsewhere)]).

%% On an engine a function that is not supported is undef, whatever the module's own bytecode says.
unsupported_test_() ->
    {timeout, 60, fun() ->
        {ok, Pid, Node} = tandem:start(#{}),
        Unsupported = [Name || {Name, unsupported, _} <- table()],
        ?assertEqual([], [{Name, Got} || {_, _, A} = Name <- Unsupported, Got <- [call(Node, Name, lists:duplicate(A, x))],
                                         not is_undefined(Got)]),
        ok = tandem:stop(Pid)
    end}.

%% What is native on the BEAM is told to be so, whoever provides it here.
builtin_test_() ->
    {timeout, 60, fun() ->
        {ok, Pid, Node} = tandem:start(#{}),
        Functions = lists:usort(erlang:system_info(snifs) ++ natives() ++ [{lists, map, 2}, {erlang, apply, 2}, {no, such, 0}]),
        Builtin = fun() -> [Name || {M, F, A} = Name <- Functions, erlang:is_builtin(M, F, A)] end,
        ?assertEqual(Builtin(), erpc:call(Node, Builtin)),
        ok = tandem:stop(Pid)
    end}.

%% Nothing that a native has at hand when it is called is there because of what was called before: each is the first on an engine.
first_test_() ->
    {timeout, 300, fun() -> ?assertEqual([], [Name || {_, F, _} = Name <- natives(), not lists:member(F, [halt, stop]), not is_harmless(Name)]) end}.

is_harmless({M, F, A}) ->
    {ok, Pid, Node} = tandem:start(#{}),
    Calls = fun() -> [ended(fun() -> catch apply(M, F, lists:duplicate(A, Argument)) end) || Argument <- [0, a, [], {}]] end,
    Result = try erpc:call(Node, Calls), alive catch error:{erpc, noconnection} -> gone end,
    _ = tandem:stop(Pid),
    Result =:= alive.

ended(F) ->
    {Pid, Monitor} = spawn_monitor(F),
    receive {'DOWN', Monitor, process, Pid, _} -> ok after 1000 -> exit(Pid, kill) end.

%% halt/0,1,2 on an engine ends the engine, with the status that it asks for.
halt_test_() ->
    {timeout, 60, fun() ->
        [?assertEqual({Args, {exit_status, Status}}, {Args, halted(Args)})
         || {Args, Status} <- [{[0], 0}, {[3], 3}, {[7, [{flush, false}]], 7}, {[], 0}]]
    end}.

halted(Args) ->
    {ok, Pid, Node} = tandem:start(#{}),
    Monitor = monitor(process, Pid),
    spawn(Node, erlang, halt, Args),
    receive {'DOWN', Monitor, process, Pid, Reason} -> Reason end.

call(Node, {M, F, _}, Args) ->
    try {value, erpc:call(Node, M, F, Args)}
    catch _:{exception, Reason, _} -> Reason;
          _:Reason -> Reason
    end.

is_undefined(Reason) -> lists:member(Reason, [undef, undefined, not_loaded]).

names(Rows) -> [Name || {Name, _, _} <- Rows].

status({M, F, A} = Name, Natives, Rules) ->
    case lists:member(Name, Natives) of
        true -> native;
        false ->
            Fitting = [{weight(Rule), Delegated} || {{RM, RF, RA} = Rule, Delegated} <- Rules, RM =:= M,
                                                    RF =:= '*' orelse RF =:= F, RA =:= any orelse RA =:= A],
            case lists:sort(Fitting) of
                [] -> unsupported;
                Sorted -> case lists:last(Sorted) of
                              {_, true} -> delegated;
                              {_, false} -> unsupported
                          end
            end
    end.

%% The closest rule counts.
weight({_, '*', _}) -> 1;
weight({_, _, any}) -> 2;
weight({_, _, _}) -> 3.

table() ->
    [case binary:split(Line, <<"\t">>, [global]) of
         [M, F, A, Status] -> {name(M, F, A), binary_to_atom(Status), <<>>};
         [M, F, A, Status, Note] -> {name(M, F, A), binary_to_atom(Status), Note}
     end || Line <- lines(?TABLE), binary:first(Line) =/= $#].

natives() ->
    Port = open_port({spawn_executable, filename:join(code:priv_dir(tandem), "tandem")}, [{args, ["--natives"]}, binary, exit_status]),
    [begin [M, F, A] = binary:split(Line, <<"\t">>, [global]), name(M, F, A) end
     || Line <- binary:split(output(Port, <<>>), <<"\n">>, [global, trim])].

output(Port, Got) ->
    receive
        {Port, {data, More}} -> output(Port, <<Got/binary, More/binary>>);
        {Port, {exit_status, 0}} -> Got
    end.

rules() ->
    Form = "^(DELEGATE|OURS)\\(\"([^\"]+)\", \"([^\"]+)\", (ANY|[0-9]+)\\)",
    [{{binary_to_atom(M), binary_to_atom(F), arity(A)}, Kind =:= <<"DELEGATE">>}
     || Line <- lines(?RULES), {match, [Kind, M, F, A]} <- [re:run(Line, Form, [{capture, all_but_first, binary}])]].

arity(<<"ANY">>) -> any;
arity(A) -> binary_to_integer(A).

name(M, F, A) -> {binary_to_atom(M), binary_to_atom(F), binary_to_integer(A)}.

lines(File) ->
    {ok, Text} = file:read_file(File),
    binary:split(Text, <<"\n">>, [global, trim_all]).
