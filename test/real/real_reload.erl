%% SPDX-License-Identifier: Apache-2.0
%% @doc Modules that are loaded, replaced, deleted, purged and fetched again by several processes of an engine with several workers, while
%% others call them: by name, through funs of any version, and inside functions that wait while their module is replaced.
%%
%% A call may find its function gone (`undef'), its fun purged (`badfun'), or its process killed by a purge. But whatever it returns must
%% be of one version as a whole, and a fun's value must be that of the version that made it.
-module(real_reload).

-export([main/1, run/4]).
-export([load/3, call/2]).

-define(MODULES, [real_reload_a, real_reload_b, real_reload_c]).
-define(VERSIONS, 4).
-define(LOADERS, 4).
-define(CALLERS, 12).

%% @doc `main([Executable, Out, Workers, Seconds])'. Prints what failed, then the numbers of checks passed and failed.
-spec main([string()]) -> ok.
main([Executable, Out, Workers, Seconds]) ->
    tandem_support:quiet(),
    Checks = run(Executable, Out, list_to_integer(Workers), list_to_integer(Seconds)),
    _ = [io:format("reload: ~ts~n", [What]) || {What, false} <- Checks],
    io:format("reload: ~b passed, ~b failed~n", [length([1 || {_, true} <- Checks]), length([1 || {_, false} <- Checks])]).

%% @doc Gives the checks, each with whether it held. What the engine asks the host for is written to the folder `Out'.
-spec run(file:filename(), file:filename(), pos_integer(), pos_integer()) -> [{string(), boolean()}].
run(Executable, Out, Workers, Seconds) ->
    ok = filelib:ensure_path(Out),
    true = code:add_patha(filename:absname(Out)),
    Versions = maps:from_list([{{Module, Version}, built(Module, Version)} || Module <- ?MODULES, Version <- lists:seq(1, ?VERSIONS)]),
    _ = [ok = file:write_file(filename:join(Out, atom_to_list(Module) ++ ".beam"), maps:get({Module, 1}, Versions)) || Module <- ?MODULES],
    {ok, Engine, Node} = tandem:start_link(#{executable => Executable, schedulers => Workers, timeout => 60_000}),
    Time = Seconds * 1000,
    Jobs = [spawn_monitor(Node, ?MODULE, load, [maps:to_list(Versions), Time, self()]) || _ <- lists:seq(1, ?LOADERS)] ++
        [spawn_monitor(Node, ?MODULE, call, [Time, self()]) || _ <- lists:seq(1, ?CALLERS)],
    Results = [receive
                   {Pid, Result} -> erlang:demonitor(Monitor, [flush]), Result;
                   {'DOWN', Monitor, process, Pid, Reason} -> {died, Reason}
               end || {Pid, Monitor} <- Jobs],
    ok = tandem:stop(Engine),
    true = code:del_path(filename:absname(Out)),
    checks(Results).

checks(Results) ->
    Loads = lists:sum([N || {loads, N} <- Results]),
    Calls = lists:sum([N || {calls, N, _} <- Results]),
    io:format("real_reload: ~b versions loaded, ~b calls~n", [Loads, Calls]),
    [{"modules were replaced", Loads > 10}, {"functions were called", Calls > 100}
     | [{lists:flatten(io_lib:format("~0tp", [Wrong])), Wrong =:= ok}
        || Result <- Results, Wrong <- [case Result of {loads, _} -> ok; {calls, _, W} -> W; Died -> Died end]]].

%% --- The modules -------------------------------------------------------------------------------------------------------------

%% The last of the modules has an on_load function, which fails in every fourth version.
built(Module, Version) ->
    Text = ["-module(", atom_to_list(Module), ").\n-export([whole/1, adder/1, named/0, wait/1, fail/1]).\n",
            case Module of
                real_reload_c ->
                    ["-on_load(start/0).\nstart() -> F = adder(1), {V, 2} = F(1), if V =:= ", integer_to_list(?VERSIONS),
                     " -> failed; true -> ok end.\n"];
                _ -> []
            end,
            io_lib:format("whole(X) -> F = adder(X), {v, ~b, F(1), X, #{v => ~b}, \"text ~b\"}.\n", [Version, Version, Version]),
            io_lib:format("adder(X) -> fun(Y) -> {~b, X + Y} end.\n", [Version]),
            io_lib:format("named() -> {~b, fun ~s:adder/1, fun fail/1}.\n", [Version, Module]),
            io_lib:format("wait(T) -> receive after T -> ok end, {~b, whole(1)}.\n", [Version]),
            io_lib:format("fail(X) -> {~b, hd([Y || Y <- X, Y > 1])}.\n", [Version])],
    Source = lists:flatten(Text),
    {ok, Module, Binary} = compile:forms(forms(Source, 1), [binary, deterministic]),
    Binary.

forms(Text, Line) ->
    case erl_scan:tokens([], Text, Line) of
        {done, {ok, Tokens, Next}, Rest} ->
            {ok, Form} = erl_parse:parse_form(Tokens),
            [Form | case Rest of
                        eof -> [];
                        _ -> forms(Rest, Next)
                    end];
        _ ->
            []
    end.

%% --- Loaders, on the engine ---------------------------------------------------------------------------------------------------

%% @private
-spec load([{{module(), pos_integer()}, binary()}], pos_integer(), pid()) -> term().
load(Versions, Time, To) ->
    To ! {self(), {loads, load_until(list_to_tuple(Versions), now_ms() + Time, 0)}}.

load_until(Versions, End, Loads) ->
    case now_ms() < End of
        true -> load_until(Versions, End, Loads + act(rand:uniform(8), element(rand:uniform(tuple_size(Versions)), Versions)));
        false -> Loads
    end.

act(1, {{Module, _}, _}) -> _ = code:delete(Module), 0;
act(2, {{Module, _}, _}) -> _ = code:soft_purge(Module), 0;
act(3, {{Module, _}, _}) -> _ = code:purge(Module), 0;
act(4, {{Module, _}, _}) -> _ = code:load_file(Module), 0;
act(5, _) -> receive after rand:uniform(5) -> 0 end;
act(_, {{Module, _}, Binary}) ->
    case code:load_binary(Module, "nowhere", Binary) of
        {module, Module} -> 1;
        {error, _} -> 0
    end.

now_ms() ->
    erlang:monotonic_time(millisecond).

%% --- Callers, on the engine ---------------------------------------------------------------------------------------------------

%% @private Who calls may be killed, so those who count are others.
-spec call(pos_integer(), pid()) -> term().
call(Time, To) ->
    {Calls, Wrong} = call_until(now_ms() + Time, 0, []),
    To ! {self(), {calls, Calls, case Wrong of [] -> ok; _ -> lists:sublist(Wrong, 3) end}}.

call_until(End, Calls, Wrong) ->
    case now_ms() < End of
        true ->
            {Pid, Monitor} = spawn_monitor(fun() -> exit({wrong, calls(100, #{})}) end),
            receive
                {'DOWN', Monitor, process, Pid, {wrong, More}} -> call_until(End, Calls + 100, More ++ Wrong);
                {'DOWN', Monitor, process, Pid, killed} -> call_until(End, Calls, Wrong);
                {'DOWN', Monitor, process, Pid, Reason} -> call_until(End, Calls, [{died, Reason} | Wrong])
            end;
        false ->
            {Calls, Wrong}
    end.

%% What was wrong in so many calls. A fun of every version that was seen is kept.
calls(0, _) ->
    [];
calls(N, Funs) ->
    Module = lists:nth(rand:uniform(3), ?MODULES),
    try call_one(rand:uniform(5), Module, Funs) of
        {ok, More} -> calls(N - 1, More);
        Wrong -> [Wrong | calls(N - 1, Funs)]
    catch
        error:undef -> calls(N - 1, Funs);
        error:{badfun, _} -> calls(N - 1, Funs);
        Class:Reason:Stack -> [{Class, Reason, Stack} | calls(N - 1, Funs)]
    end.

call_one(1, Module, Funs) ->
    whole(Module:whole(7), Funs);
call_one(2, Module, Funs) ->
    F = Module:adder(5),
    {Version, 6} = F(1),
    {ok, Funs#{{Module, Version} => F}};
call_one(3, Module, Funs) ->
    {Version, Adder, Fail} = Module:named(),
    {_, 3} = (Adder(1))(2),
    try Fail([0, 1, 2]) of
        {Version, 2} -> failed(Fail, Funs);
        Other -> {another_version, Version, Other}
    catch
        error:{badfun, Fail} -> {ok, Funs}
    end;
call_one(4, Module, Funs) ->
    {Version, Whole} = Module:wait(rand:uniform(3) - 1),
    case whole(Whole, Funs) of
        {ok, _} when element(2, Whole) =:= Version -> {ok, Funs};
        _ -> {waited, Version, Whole}
    end;
call_one(5, _, Funs) ->
    case [Kept || {{_, Version}, F} <- maps:to_list(Funs), Kept <- [kept(F, Version)], Kept =/= ok] of
        [] -> {ok, Funs};
        Wrong -> Wrong
    end.

whole({v, V, {V, Sum}, X, #{v := V}, Text}, Funs) when Sum =:= X + 1 ->
    case "text " ++ integer_to_list(V) of
        Text -> {ok, Funs};
        _ -> {text, V, Text}
    end;
whole(Other, _) ->
    {mixed, Other}.

kept(F, Version) ->
    try F(2) of
        {Version, _} -> ok;
        Other -> {kept, Version, Other}
    catch
        error:{badfun, F} -> ok
    end.

%% A failure has its trace, whichever version it is in.
failed(Fail, Funs) ->
    try Fail([]) of
        Value -> {no_failure, Value}
    catch
        error:{badfun, Fail} -> {ok, Funs};
        error:Reason:Stack ->
            case {Reason, Stack} of
                {badarg, [{erlang, hd, [[]], _} | _]} -> {ok, Funs};
                _ -> {Reason, Stack}
            end
    end.
