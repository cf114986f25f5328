%% SPDX-License-Identifier: Apache-2.0
%% @doc Makes the VM a node, if it is none: hidden, without a listener and without epmd. No cookie protects anything then, but OTP wants
%% to read one, and to write it to the user's home first. Where that is impossible (no HOME, or one that can't be written to) it gets one
%% in a folder of its own, in the way in which OTP looks for it: by XDG_CONFIG_HOME, for this moment.
-module(tandem_distribution).

-export([ensure/0, run_alone/1]).

-define(COOKIE, ".erlang.cookie").

%% @doc Several may try at once: kernel's supervisor lets one of them win, and then the others are content as well. The name can be short
%% even where the machine's is not: localhost does for what no other machine reaches.
-spec ensure() -> ok | {error, term()}.
ensure() ->
    case node() of
        nonode@nohost ->
            Name = "host" ++ os:getpid(),
            Start = fun() -> start([list_to_atom(Name), list_to_atom(Name ++ "@localhost")]) end,
            case finds_cookie() of
                true -> Start();
                false -> alone(fun() -> with_cookie(Start) end)
            end;
        _ ->
            ok
    end.

start([Name | Names]) ->
    case net_kernel:start(Name, #{name_domain => shortnames, dist_listen => false, hidden => true}) of
        {ok, _} -> ok;
        {error, _} when node() =/= nonode@nohost -> ok;
        {error, _} when Names =/= [] -> start(Names);
        {error, Reason} -> {error, Reason}
    end.

%% A file that is there and is wrong is for the user to mend.
finds_cookie() ->
    lists:any(fun(Flag) -> init:get_argument(Flag) =/= error end, [setcookie, nocookie])
        orelse filelib:is_file(filename:join(config(), ?COOKIE)) orelse home_has_cookie().

home_has_cookie() ->
    case init:get_argument(home) of
        {ok, [[Home]]} -> filelib:is_file(filename:join(Home, ?COOKIE)) orelse is_writable(Home);
        _ -> false
    end.

config() ->
    case {os:getenv("XDG_CONFIG_HOME", ""), os:getenv("HOME", "")} of
        {"", Home} -> filename:join([Home, ".config", "erlang"]);
        {Folder, _} -> filename:join(Folder, "erlang")
    end.

%% Rights don't tell of file systems that can only be read.
is_writable(Folder) ->
    Probe = filename:join(Folder, ".tandem-" ++ os:getpid()),
    file:write_file(Probe, <<>>, [exclusive]) =:= ok andalso file:delete(Probe) =:= ok.

%% The environment is one for all.
alone(F) ->
    {_, Monitor} = spawn_monitor(?MODULE, run_alone, [F]),
    receive
        {'DOWN', Monitor, process, _, {done, Result}} -> Result;
        {'DOWN', Monitor, process, _, busy} -> await(monitor(process, ?MODULE));
        {'DOWN', Monitor, process, _, Reason} -> {error, Reason}
    end.

%% @private In a process of its own, which ends with what came out.
-spec run_alone(fun(() -> term())) -> no_return().
run_alone(F) -> exit(registered(F)).

registered(F) ->
    try register(?MODULE, self()) of
        true -> {done, F()}
    catch
        error:badarg -> busy
    end.

await(Monitor) ->
    receive {'DOWN', Monitor, process, _, _} -> ensure() end.

with_cookie(Start) ->
    Variables = [{Name, os:getenv(Name)} || Name <- ["XDG_CONFIG_HOME", "HOME"]],
    case make_folder(8) of
        {ok, Folder} ->
            try
                _ = [os:putenv(Name, Folder) || {Name, Value} <- Variables, Name =:= "XDG_CONFIG_HOME" orelse Value =:= false],
                Start()
            after
                lists:foreach(fun restore/1, Variables),
                file:del_dir_r(Folder)
            end;
        error ->
            Start()
    end.

restore({Name, false}) -> os:unsetenv(Name);
restore({Name, Value}) -> os:putenv(Name, Value).

%% In the folder for temporary files, and for nobody else.
make_folder(0) ->
    error;
make_folder(Tries) ->
    Folder = filename:join(os:getenv("TMPDIR", "/tmp"), "tandem-" ++ random()),
    File = filename:join([Folder, "erlang", ?COOKIE]),
    case file:make_dir(Folder) of
        ok ->
            ok = file:change_mode(Folder, 8#700),
            ok = filelib:ensure_dir(File),
            ok = file:write_file(File, random()),
            ok = file:change_mode(File, 8#400),
            {ok, Folder};
        {error, eexist} ->
            make_folder(Tries - 1);
        {error, _} ->
            error
    end.

random() ->
    [lists:nth(rand:uniform(26), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") || _ <- lists:seq(1, 20)].
