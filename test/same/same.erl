%% SPDX-License-Identifier: Apache-2.0
%% @doc Runs every program on the BEAM and on the engine and compares: the result or the exception with its stack trace, the messages
%% received, and what was printed. A program is an exported function of arity 0 of a module in the folder of programs.
%%
%% `main([Folder, Executable | Patterns])': the engine's program, or `peer' for a second BEAM instead, which shows that the programs are
%% deterministic. The variable SAME_SCHEDULERS is the number of the engine's schedulers. With patterns, only the programs `module:function' that contain one of them run.
-module(same).

-export([main/1, newer/1]).

-define(WORKERS, 4).
-define(PATIENCE, 120_000).

%% @doc Prints every difference, then the number of programs that agreed and not; gives these numbers.
-spec main([string()]) -> {non_neg_integer(), non_neg_integer()}.
main([Folder, Executable | Patterns]) ->
    run(Folder, Executable, Patterns, fun(_) -> ok end).

%% @doc `newer([Folder, Newer, Executable | Patterns])': the same, but what the engine runs are the modules of the folder Newer, which
%% another compiler has made of the same sources. Programs of modules that are not there don't run.
-spec newer([string()]) -> {non_neg_integer(), non_neg_integer()}.
newer([Folder, Newer, Executable | Patterns]) ->
    run(Folder, Executable, Patterns, fun(Node) -> [load(Node, File) || File <- filelib:wildcard(filename:join(Newer, "*.beam"))] end).

load(Node, File) ->
    Module = list_to_atom(filename:basename(File, ".beam")),
    {ok, Code} = file:read_file(File),
    {module, Module} = erpc:call(Node, code, load_binary, [Module, File, Code]),
    Module.

run(Folder, Executable, Patterns, Prepare) ->
    tandem_support:quiet(),
    {ok, _} = application:ensure_all_started(elixir),
    {Stop, Node} = start_engine(Executable),
    Loaded = Prepare(Node),
    Programs = [Program || {Module, _} = Program <- programs(Folder), matches(Program, Patterns),
                          Loaded =:= ok orelse lists:member(Module, Loaded)],
    Verdicts = run_all(Programs, Node),
    Stop(),
    Failed = [Verdict || {_, different} = Verdict <- Verdicts],
    io:format("same: ~b programs, ~b differ~n", [length(Verdicts), length(Failed)]),
    {length(Verdicts) - length(Failed), length(Failed)}.

start_engine("peer") ->
    _ = net_kernel:start(same, #{name_domain => shortnames}),
    {ok, Peer, Node} = peer:start_link(#{name => peer:random_name(), args => ["-pa" | code:get_path()],
                                         connection => standard_io}),
    _ = erpc:call(Node, logger, set_primary_config, [level, none]),
    {ok, _} = erpc:call(Node, application, ensure_all_started, [elixir]),
    {fun() -> peer:stop(Peer) end, Node};
start_engine(Executable) ->
    Schedulers = case os:getenv("SAME_SCHEDULERS") of
                     false -> #{};
                     N -> #{schedulers => list_to_integer(N)}
                 end,
    {ok, Pid, Node} = tandem:start_link(Schedulers#{executable => Executable, timeout => 60_000}),
    {fun() -> tandem:stop(Pid) end, Node}.

programs(Folder) ->
    Modules = [list_to_atom(filename:basename(File, ".beam")) || File <- filelib:wildcard(filename:join(Folder, "*.beam"))],
    [{Module, Function} || Module <- lists:sort(Modules),
                           {module, _} <- [code:ensure_loaded(Module)],
                           lists:member({same, [programs]}, Module:module_info(attributes)),
                           {Function, 0} <- lists:sort(Module:module_info(exports)),
                           Function =/= module_info, Function =/= callback_mode, Function =/= '__info__'].

matches(_, []) -> true;
matches(Program, Patterns) -> lists:any(fun(Pattern) -> string:find(name(Program), Pattern) =/= nomatch end, Patterns).

name({Module, Function}) -> lists:flatten(io_lib:format("~ts:~ts", [Module, Function])).

%% Several at a time, since many of them wait.
run_all(Programs, Node) ->
    Self = self(),
    Queue = spawn_link(fun() -> hand_out(Programs) end),
    Workers = [spawn_link(fun() -> work(Queue, Node, Self) end) || _ <- lists:seq(1, ?WORKERS)],
    lists:append([receive {Worker, Verdicts} -> Verdicts end || Worker <- Workers]).

hand_out(Programs) ->
    receive
        {next, Worker} ->
            case Programs of
                [] -> Worker ! none, hand_out([]);
                [Program | Rest] -> Worker ! {program, Program}, hand_out(Rest)
            end
    end.

work(Queue, Node, Collector) ->
    Collector ! {self(), work(Queue, Node)}.

work(Queue, Node) ->
    Queue ! {next, self()},
    receive
        {program, Program} -> [{Program, compare(Program, Node)} | work(Queue, Node)];
        none -> []
    end.

compare(Program, Node) ->
    Expected = observe(Program, node()),
    case observe(Program, Node) of
        Expected when Expected =/= [timeout] ->
            same;
        Seen ->
            Both = pairs(Expected, Seen),
            io:put_chars([io_lib:format("~ts differs~n", [name(Program)]),
                          [io_lib:format("  BEAM    ~0tp~n  engine  ~0tp~n", [A, B]) || {A, B} <- Both, A =/= B orelse A =:= timeout]]),
            different
    end.

pairs([A | As], [B | Bs]) -> [{A, B} | pairs(As, Bs)];
pairs([A | As], []) -> [{A, nothing} | pairs(As, [])];
pairs([], [B | Bs]) -> [{nothing, B} | pairs([], Bs)];
pairs([], []) -> [].

%% What a run shows, without identities.
observe({Module, Function}, Node) ->
    Capture = tandem_capture:start_link(),
    {Launcher, Monitor} = spawn_monitor(fun() ->
                                                group_leader(Capture, self()),
                                                exit({outcome, watch(Node, Module, Function)})
                                        end),
    Shown = receive {'DOWN', Monitor, process, Launcher, {outcome, Seen}} -> Seen end,
    Printed = tandem_capture:stop(Capture),
    case Shown of
        timeout -> [timeout];
        _ -> [tandem_normal:term(Part, Node) || Part <- Shown ++ [{printed, Printed}]]
    end.

watch(Node, Module, Function) ->
    Reference = make_ref(),
    {Pid, Monitor} = spawn_monitor(Node, same_case, run, [self(), Reference, Module, Function]),
    receive
        {Reference, Outcome, Messages} ->
            receive {'DOWN', Monitor, process, Pid, Reason} -> [Outcome, {messages, Messages}, {ended, Reason}] end;
        {'DOWN', Monitor, process, Pid, Reason} ->
            [{died, Reason}]
    after ?PATIENCE ->
            exit(Pid, kill),
            timeout
    end.
