%% SPDX-License-Identifier: Apache-2.0
%% @doc Generated cases, run on a second BEAM (what the compiler does not check itself may crash it) and on an engine: what they
%% show must be the same. Three kinds: calls of library functions
%% ({@link diff_calls}), modules of random functions ({@link diff_code}) and histories of processes ({@link diff_model}).
%%
%% A run is repeated by giving it its seed; an odd one is played on an engine with two schedulers, an even one with one (the variable
%% DIFF_SCHEDULERS says otherwise). A case that differs is made as small as it gets, printed, and written to the folder
%% of results as a function that test/same/programs can take.
-module(diff).

-export([main/1]).

-record(run, {executable :: string(), schedulers = 1 :: pos_integer(), engine :: pid() | undefined, node :: node() | undefined, peer :: pid() | undefined, process :: string() | undefined, folder :: string(),
              passed = 0, failures = 0, skipped = 0, missing = #{}}).

-define(BEAM_PATIENCE, 1_000).
-define(ENGINE_PATIENCE, 10_000).
-define(CALLS_A_BATCH, 60).
%% A run that finds more than this has one cause, not many.
-define(ENOUGH, 25).

%% @doc `main([Folder, Seed, Seconds, Executable...])': each engine gets the same share of the seconds; the seed may be `random'.
%% Options in front: `calls', `code' or `model' alone instead of all three; `natives' or `scripts', calls of that sort alone.
-spec main([string()]) -> ok.
main([Kind | Arguments]) when Kind =:= "calls"; Kind =:= "code"; Kind =:= "model"; Kind =:= "natives"; Kind =:= "scripts" ->
    main([list_to_atom(Kind)], Arguments);
main(Arguments) ->
    main([calls, code, model], Arguments).

main(Kinds, [Folder, Seed, Seconds | Executables]) ->
    tandem_support:quiet(),
    {ok, _} = application:ensure_all_started(elixir),
    ok = filelib:ensure_path(Folder),
    First = case Seed of
                "random" -> erlang:system_time() rem 1_000_000_000;
                _ -> list_to_integer(Seed)
            end,
    Share = list_to_integer(Seconds) * 1000 div (length(Executables) * length(Kinds)),
    Totals = [kind(Kind, #run{executable = Executable, folder = Folder}, First + Index, Share)
              || {Index, Executable} <- lists:zip(lists:seq(0, length(Executables) - 1), Executables), Kind <- Kinds],
    io:format("diff: ~b passed, ~b failed~n", [lists:sum([P || {P, _} <- Totals]), lists:sum([F || {_, F} <- Totals])]).

kind(Kind, Run, Seed, Milliseconds) ->
    {Worker, Monitor} = spawn_monitor(fun() -> exit({total, cases(Kind, Run, Seed, Milliseconds)}) end),
    receive
        {'DOWN', Monitor, process, Worker, {total, Total}} -> Total;
        {'DOWN', Monitor, process, Worker, Reason} ->
            io:format("diff ~s, seed ~b: ~tp~n", [Kind, Seed, Reason]),
            {0, 1}
    end.

cases(Kind, Run, Seed, Milliseconds) ->
    diff_term:seed(Seed),
    Started = start(Run#run{schedulers = schedulers(Seed)}),
    End = erlang:monotonic_time(millisecond) + Milliseconds,
    Done = until(End, Kind, Seed, Started),
    stop(Done),
    #run{passed = Passed, failures = Failures, skipped = Skipped, missing = Missing} = Done,
    [io:format("diff ~s: not there: ~0tp~n", [Kind, maps:keys(Missing)]) || Missing =/= #{}],
    io:format("diff ~s on ~s with ~b schedulers, seed ~b: ~b passed, ~b failed, ~b could not be compared~n",
              [Kind, filename:basename(Run#run.executable), Done#run.schedulers, Seed, Passed, Failures, Skipped]),
    {Passed, Failures}.

schedulers(Seed) ->
    case os:getenv("DIFF_SCHEDULERS") of
        false -> 1 + Seed rem 2;
        Schedulers -> list_to_integer(Schedulers)
    end.

until(End, Kind, Seed, #run{failures = Failures} = Run) ->
    case erlang:monotonic_time(millisecond) < End andalso Failures < ?ENOUGH of
        true -> until(End, Kind, Seed, round(Kind, Run));
        false -> Run
    end.

round(calls, Run) ->
    batch([diff_calls:call() || _ <- lists:seq(1, ?CALLS_A_BATCH)], Run);
round(natives, Run) ->
    batch([diff_natives:call() || _ <- lists:seq(1, ?CALLS_A_BATCH)], Run);
round(scripts, Run) ->
    batch([diff_scripts:call() || _ <- lists:seq(1, ?CALLS_A_BATCH)], Run);
round(code, Run) ->
    {Module, Forms, Options, Calls} = diff_code:module(),
    case diff_code:compile(Forms, Options) of
        {ok, Binary} ->
            batch_of_module({Module, Forms, Options}, Binary, Calls, Run);
        error ->
            Run#run{skipped = Run#run.skipped + length(Calls)}
    end;
round(model, #run{node = Node} = Run) ->
    case diff_model:history(Node, 1 + diff_term:below(1 bsl 24)) of
        {ok, Commands} -> Run#run{passed = Run#run.passed + Commands};
        {differs, Text} ->
            report(Run, "model", Text),
            restart(Run#run{failures = Run#run.failures + 1})
    end.

batch(Calls, Run) ->
    judge(Calls, fun(Differing, R) -> failed_call(Differing, R) end, Run).

batch_of_module({Module, _, _} = Source, Binary, Calls, Run) ->
    case {load_beam(Module, Binary, Run), load(Module, Binary, Run)} of
        {refused, _} ->
            Run#run{skipped = Run#run.skipped + length(Calls)};
        {ok, ok} ->
            Again = fun(Restarted) -> load(Module, Binary, Restarted) end,
            Judged = judge(Calls, fun(Differing, R) -> failed_code(Source, Differing, R) end, Again, Run),
            _ = (catch erpc:call(Judged#run.node, diff_run, unload, [Module], ?ENGINE_PATIENCE)),
            Judged;
        {ok, refused} ->
            failed_load(Source, Run#run{failures = Run#run.failures + 1})
    end.

load_beam(Module, Binary, #run{peer = Peer}) ->
    try peer:call(Peer, diff_run, load, [Module, Binary], ?ENGINE_PATIENCE)
    catch _:_ -> refused
    end.

load(Module, Binary, #run{node = Node}) ->
    try erpc:call(Node, diff_run, load, [Module, Binary], ?ENGINE_PATIENCE)
    catch _:_ -> refused
    end.

failed_load({Module, Forms, Options}, Run) ->
    Refused = fun(Candidate) ->
                      case diff_code:compile(Candidate, Options) of
                          {ok, Binary} -> load_beam(Module, Binary, Run) =:= ok andalso load(Module, Binary, Run) =:= refused;
                          error -> false
                      end
              end,
    report(Run, "load", io_lib:format("%% not loaded: ~0tp~n~ts", [Options, diff_code:text(diff_shrink:forms(Forms, Refused))])),
    ensure(Run).

judge(Calls, Failed, Run) ->
    judge(Calls, Failed, fun(_) -> ok end, Run).

%% Runs a batch at once; only if that breaks the engine, one by one. The first difference of a batch is looked into.
judge(Calls, Failed, Again, Run) ->
    case expected(Calls, Run) of
        none ->
            restart(Run#run{skipped = Run#run.skipped + length(Calls)});
        Expected ->
            Fair = [{Call, Outcome} || {Call, Outcome} <- lists:zip(Calls, Expected), is_fair(Outcome)],
            {Seen, After} = on_engine([Call || {Call, _} <- Fair], Again, Run#run{skipped = Run#run.skipped + length(Calls) - length(Fair)}),
            verdict([{Call, Outcome, Other} || {{Call, Outcome}, Other} <- lists:zip(Fair, Seen)], Failed, After)
    end.

verdict(Triples, Failed, Run) ->
    Missing = [Call || {Call, _, Seen} <- Triples, is_missing(Seen)],
    Different = [Triple || {_, A, B} = Triple <- Triples, not is_missing(B), not agree(A, B, Run#run.node)],
    Count = Run#run{passed = Run#run.passed + length(Triples) - length(Missing) - length(Different),
                    missing = lists:foldl(fun({M, F, A}, Names) -> Names#{{M, F, length(A)} => true} end, Run#run.missing, Missing)},
    case Different of
        [] -> Count;
        [First | _] -> Failed(First, Count#run{failures = Count#run.failures + 1})
    end.

expected(Calls, #run{peer = Peer}) ->
    try peer:call(Peer, diff_run, all, [Calls, ?BEAM_PATIENCE], length(Calls) * ?BEAM_PATIENCE + ?ENGINE_PATIENCE)
    catch _:_ -> none
    end.

%% A native that the engine does not have: tandem:info/1 tells of these, other tests count them.
is_missing({raised, error, _, [{erlang, nif_error, _, _} | _], _}) -> true;
is_missing({raised, error, undef, [{_, _, Arity, _} | _], _}) -> is_integer(Arity);
is_missing(_) -> false.

%% A call that took too long here, or was stopped for its size, says nothing.
is_fair(timeout) -> false;
is_fair({raised, error, system_limit, _, _}) -> true;
is_fair({died, killed}) -> false;
is_fair(_) -> true.

on_engine(Calls, Again, #run{node = Node} = Run) ->
    try {erpc:call(Node, diff_run, all, [Calls, ?ENGINE_PATIENCE], ?ENGINE_PATIENCE * 2), Run}
    catch error:{erpc, _} when length(Calls) > 1 ->
            Restarted = restart(Run),
            Again(Restarted),
            lists:mapfoldl(fun(Call, R) -> {[Outcome], R1} = on_engine([Call], Again, R), {Outcome, R1} end, Restarted, Calls);
          error:{erpc, Reason} ->
            Restarted = restart(Run),
            Again(Restarted),
            {[{engine, Reason}], Restarted}
    end.

%% Equal to the last bit, or equal but for identities (in bytes that are a term as well), the insides of compiled patterns and the
%% version of their library.
agree(A, B, Node) ->
    bits(A) =:= bits(B) orelse bits(normal(A, nonode@nohost)) =:= bits(normal(B, Node)).

normal(Term, Node) -> patterns(tandem_normal:term(decoded(Term, Node), Node)).

%% What says nothing of a node is compared as it is.
decoded(<<131, _/binary>> = Bytes, Node) ->
    try binary_to_term(Bytes) of
        Term ->
            case tandem_normal:term(Term, Node) of
                Term -> Bytes;
                Normal -> {bytes_of, Normal}
            end
    catch error:badarg -> Bytes
    end;
decoded(Tuple, Node) when is_tuple(Tuple) -> list_to_tuple([decoded(Element, Node) || Element <- tuple_to_list(Tuple)]);
decoded([Head | Tail], Node) -> [decoded(Head, Node) | decoded(Tail, Node)];
decoded(Other, _) -> Other.

patterns({re_pattern, Groups, Unicode, Newline, Code}) when is_binary(Code) -> {re_pattern, Groups, Unicode, Newline};
patterns({Version, little}) when is_binary(Version) -> version;
patterns(Tuple) when is_tuple(Tuple) -> list_to_tuple([patterns(Element) || Element <- tuple_to_list(Tuple)]);
patterns([Head | Tail]) -> [patterns(Head) | patterns(Tail)];
patterns(Map) when is_map(Map) -> maps:map(fun(_, Value) -> patterns(Value) end, Map);
patterns(Other) -> Other.

bits(Term) -> term_to_binary(Term, [deterministic]).

differs(Call, #run{node = Node} = Run) ->
    [Expected] = expected([Call], Run),
    is_fair(Expected) andalso
        begin
            [Seen] = erpc:call(Node, diff_run, all, [[Call], ?ENGINE_PATIENCE], ?ENGINE_PATIENCE * 2),
            not agree(Expected, Seen, Node)
        end.

%% A call that breaks the engine is not made smaller: every attempt would cost an engine.
failed_call({Call, Expected, {engine, _} = Seen}, Run) ->
    report_call(Call, Expected, Seen, Run);
failed_call({Call, First, Other}, Run) ->
    {M, F, Arguments} = Call,
    Small = diff_shrink:term(Arguments, fun(Candidate) -> is_list(Candidate) andalso length(Candidate) =:= length(Arguments)
                                                              andalso (catch differs({M, F, Candidate}, Run)) =:= true end),
    case expected([{M, F, Small}], Run) of
        [Expected] -> compared_call({M, F, Small}, Expected, Run);
        none -> report_call(Call, First, Other, restart(Run))
    end.

compared_call(Call, Expected, Run) ->
    Seen = try hd(erpc:call(Run#run.node, diff_run, all, [[Call], ?ENGINE_PATIENCE], ?ENGINE_PATIENCE * 2))
           catch error:{erpc, Reason} -> {engine, Reason}
           end,
    report_call(Call, Expected, Seen, ensure(Run)).

report_call({M, F, Arguments}, Expected, Seen, Run) ->
    report(Run, "call", io_lib:format("call() -> ~0tp:~0tp(~ts).~n", [M, F, lists:join(", ", [io_lib:format("~0tp", [A]) || A <- Arguments])])
           ++ outcomes(Expected, Seen)),
    Run.

failed_code({Module, Forms, Options}, {Call, _, _}, Run) ->
    Try = fun(Candidate) ->
                  case diff_code:compile(Candidate, Options) of
                      {ok, Binary} ->
                          (catch begin
                                     ok = load_beam(Module, Binary, Run),
                                     ok = erpc:call(Run#run.node, diff_run, load, [Module, Binary], ?ENGINE_PATIENCE),
                                     differs(Call, Run)
                                 end) =:= true;
                      error -> false
                  end
          end,
    Small = diff_shrink:forms(Forms, Try),
    {Expected, Seen} = last_outcomes(Module, Small, Options, Call, ensure(Run)),
    report(Run, "code", io_lib:format("%% ~0tp, ~0tp~n~ts", [Options, Call, diff_code:text(Small)]) ++ outcomes(Expected, Seen)),
    ensure(Run).

last_outcomes(Module, Forms, Options, Call, #run{node = Node} = Run) ->
    {ok, Binary} = diff_code:compile(Forms, Options),
    ok = load_beam(Module, Binary, Run),
    [Expected] = expected([Call], Run),
    try
        ok = erpc:call(Node, diff_run, load, [Module, Binary], ?ENGINE_PATIENCE),
        {Expected, hd(erpc:call(Node, diff_run, all, [[Call], ?ENGINE_PATIENCE], ?ENGINE_PATIENCE * 2))}
    catch error:{erpc, Reason} -> {Expected, {engine, Reason}}
    end.

outcomes(Expected, Seen) ->
    io_lib:format("%% BEAM    ~0tp~n%% engine  ~0tp~n", [Expected, Seen]).

report(#run{folder = Folder, executable = Executable}, Name, Text) ->
    io:format("~n~ts differs on ~ts:~n~ts", [Name, filename:basename(Executable), Text]),
    Number = erlang:unique_integer([positive, monotonic]),
    ok = file:write_file(filename:join(Folder, io_lib:format("~s_~b.txt", [Name, Number])), unicode:characters_to_binary(Text)).

start(#run{executable = Executable, schedulers = Schedulers} = Run) ->
    {ok, Engine, Node} = tandem:start(#{executable => Executable, schedulers => Schedulers, timeout => 60_000, env => [{"ASAN_OPTIONS", "detect_leaks=0"}]}),
    {ok, Peer, _} = peer:start(#{connection => standard_io, args => ["+fnu", "-pa" | code:get_path()]}),
    ok = peer:call(Peer, logger, set_primary_config, [level, none]),
    {ok, _} = peer:call(Peer, application, ensure_all_started, [elixir]),
    Run#run{engine = Engine, node = Node, peer = Peer, process = peer:call(Peer, os, getpid, [])}.

%% A BEAM that hangs would not end by itself, and this one waits for its ports when it halts.
stop(#run{engine = Engine, peer = Peer, process = Process}) ->
    _ = os:cmd("kill -9 " ++ Process),
    _ = (catch peer:stop(Peer)),
    catch tandem:stop(Engine).

restart(Run) ->
    stop(Run),
    start(Run).

%% The engine, started anew if it has gone.
ensure(#run{node = Node} = Run) ->
    try erpc:call(Node, erlang, node, [], ?ENGINE_PATIENCE) of
        Node -> Run
    catch error:{erpc, _} -> restart(Run)
    end.
