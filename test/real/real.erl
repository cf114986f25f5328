%% SPDX-License-Identifier: Apache-2.0
%% @doc Real programs, unchanged, on the engine: compilers, test frameworks, a tree of processes under fire.
%%
%% `main([Executable, Folder, Out, Seconds])': the engine's program, the folder of this file's sources, a folder for what is made, and
%% how long the tree of processes is shot at.
-module(real).

-export([main/1]).

%% @doc Prints what failed, then the numbers of checks passed and failed.
-spec main([string()]) -> ok.
main([Executable, Folder, Out, Seconds]) ->
    tandem_support:quiet(),
    process_flag(trap_exit, true),
    Project = filename:absname(filename:join(Folder, "project")),
    {ok, Engine, Node} = tandem:start_link(#{executable => Executable, timeout => 60_000}),
    {ok, Peer, PeerNode} = peer:start_link(#{name => peer:random_name(), connection => standard_io, args => ["-pa" | code:get_path()]}),
    Checks = [{Name, checks(Run)}
              || {Name, Run} <- [{"tree", fun() -> real_tree:run(Node, list_to_integer(Seconds)) end},
                                 {"suites", fun() -> suites(Node) end},
                                 {"elixir", fun() -> real_compile:elixir({Node, PeerNode}, Project, filename:absname(Out)) end},
                                 {"ex_unit", fun() -> real_compile:tested(Node, Project) end},
                                 {"stdlib", fun() -> real_compile:stdlib(Node) end},
                                 {"missing", fun() -> missing(tandem:info(Node)) end}]],
    Ended = receive {'EXIT', Engine, Reason} -> [{"engine", [{{"ended", Reason}, false}]}] after 0 -> [] end,
    _ = Ended =:= [] andalso tandem:stop(Engine),
    peer:stop(Peer),
    All = Checks ++ Ended,
    Failed = [{Name, What} || {Name, Results} <- All, {What, false} <- Results],
    [io:format("real: ~ts: ~0tp failed~n", [Name, What]) || {Name, What} <- Failed],
    Count = lists:sum([length(Results) || {_, Results} <- All]),
    io:format("real: ~b passed, ~b failed~n", [Count - length(Failed), length(Failed)]).

checks(Run) ->
    try Run()
    catch Class:Reason:Stack -> [{{Class, Reason, Stack}, false}]
    end.

%% Both sides run the same suites; a few of their numbers are random, so the results are compared, not the runs.
suites(Node) ->
    [{"EUnit", erpc:call(Node, real_suites, eunit, []) =:= real_suites:eunit()},
     {"PropEr", erpc:call(Node, real_suites, proper, [], 120_000) =:= real_suites:proper()}].

missing(#{missing := Missing}) ->
    [{"nothing missing: " ++ lists:flatten(io_lib:format("~0p", [Missing])), Missing =:= #{}}].
