%% SPDX-License-Identifier: Apache-2.0
%% @doc Compilers on the engine: what they make there must be what they make on the BEAM, byte for byte.
-module(real_compile).

-export([stdlib/1, elixir/3, tested/2]).
-export([object/1, project/2, suite/1]).

%% @doc Compiles every source file of stdlib on both sides. Gives the checks.
-spec stdlib(node()) -> [{string(), boolean()}].
stdlib(Node) ->
    Files = filelib:wildcard(filename:join([code:lib_dir(stdlib), "src", "*.erl"])),
    [{"sources of stdlib are there", length(Files) > 80}
     | [{filename:basename(File), erpc:call(Node, ?MODULE, object, [File]) =:= object(File)} || File <- lists:sort(Files)]].

%% @private A hash, since the whole need not cross the border.
-spec object(file:filename()) -> {ok, module(), binary()} | term().
object(File) ->
    Includes = [{i, filename:join(code:lib_dir(App), "include")} || App <- [stdlib, kernel]],
    case compile:file(File, [binary, deterministic, return_errors | Includes]) of
        {ok, Module, Binary} -> {ok, Module, erlang:md5(Binary)};
        Other -> Other
    end.

%% @doc Compiles a project in Elixir on both sides: on the engine, and on a second BEAM.
-spec elixir({node(), node()}, file:filename(), file:filename()) -> [{string(), boolean()}].
elixir({Engine, Peer}, Project, Out) ->
    {{ok, Modules, Warnings} = Result, Objects} = made(Engine, Project, filename:join(Out, "engine")),
    {Expected, ExpectedObjects} = made(Peer, Project, filename:join(Out, "beam")),
    [{"at least 20 modules", length(Modules) >= 20},
     {"no warnings", Warnings =:= []},
     {"the same modules", Result =:= Expected},
     {"the same object code", Objects =:= ExpectedObjects}].

made(Node, Project, Folder) ->
    _ = file:del_dir_r(Folder),
    ok = filelib:ensure_path(Folder),
    {erpc:call(Node, ?MODULE, project, [Project, Folder]), contents(Folder)}.

%% Project.Text holds a regular expression in compiled form, which is each engine's own.
contents(Folder) ->
    [{filename:basename(File), element(2, file:read_file(File))}
     || File <- lists:sort(filelib:wildcard(filename:join(Folder, "*.beam"))), filename:basename(File) =/= "Elixir.Project.Text.beam"].

%% @private
-spec project(file:filename(), file:filename()) -> {ok, [module()], [term()]} | {error, [term()], [term()]}.
project(Project, Folder) ->
    {ok, _} = application:ensure_all_started(elixir),
    true = code:add_patha(Folder),
    {Result, Modules, Warnings} =
        'Elixir.Kernel.ParallelCompiler':compile_to_path([list_to_binary(File) || File <- sources(Project, "lib", "*.ex")], list_to_binary(Folder)),
    {Result, lists:sort(Modules), Warnings}.

sources(Project, Folder, Pattern) ->
    lists:sort(filelib:wildcard(filename:join([Project, Folder, Pattern]))).

%% @doc The project's tests, by ExUnit on the node where it was compiled.
-spec tested(node(), file:filename()) -> [{string(), boolean()}].
tested(Node, Project) ->
    #{failures := Failures, total := Total} = erpc:call(Node, ?MODULE, suite, [Project]),
    io:format("real_compile: ExUnit ran ~b tests, ~b failed~n", [Total, Failures]),
    [{"ExUnit's tests run", Total >= 16}, {"ExUnit's tests pass", Failures =:= 0}].

%% @private
-spec suite(file:filename()) -> #{failures := non_neg_integer(), total := non_neg_integer(), atom() => term()}.
suite(Project) ->
    {ok, _} = application:ensure_all_started(ex_unit),
    ok = 'Elixir.ExUnit':start([{autorun, false}, {seed, 0}, {colors, [{enabled, false}]}]),
    {ok, _, _} = 'Elixir.Kernel.ParallelCompiler':require([list_to_binary(File) || File <- sources(Project, "test", "*.exs")], []),
    'Elixir.ExUnit':run().
