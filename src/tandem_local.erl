%% SPDX-License-Identifier: Apache-2.0
%% @doc What the engine does in Erlang rather than in C. This module runs on the engine, as bytecode like any other.
-module(tandem_local).

-export([run_on_load/1, finish_load/1, loaded/1, purge/1, purge_module/1, soft_purge/1, purge_and_load/3, open_file/2, path_open/3]).

%% Older programs say how a file is to be opened by one term.
-define(IS_DIRECTION(Mode), (Mode =:= read orelse Mode =:= write orelse Mode =:= read_write)).

%% @doc Runs the on_load function of a module that has arrived and waits for it. Whether it succeeded is told to all who
%% wait for the module; if it failed, or wanted native code, the module becomes the host's business. A process that was started for it
%% belongs to nobody, and prints to the host's `user'.
-spec run_on_load(module()) -> boolean().
run_on_load(Module) ->
    _ = [group_leader(User, self()) || not is_pid(group_leader()), User <- [whereis(user)], is_pid(User)],
    Ok = try erlang:call_on_load_function(Module) =:= ok
         catch _:_ -> false
         end,
    _ = erlang:finish_after_on_load(Module, Ok),
    Ok andalso erlang:module_loaded(Module).

%% @doc The end of code:load_binary/3 for a module with an on_load function.
-spec finish_load(module()) -> {module, module()} | {error, on_load_failure}.
finish_load(Module) ->
    case run_on_load(Module) of
        true -> {module, Module};
        false -> {error, on_load_failure}
    end.

%% @doc code:is_loaded/1 for a module that came from the host.
-spec loaded(module()) -> {file, file:filename() | preloaded | cover_compiled}.
loaded(Module) ->
    case code:which(Module) of
        non_existing -> {file, []};
        File -> {file, File}
    end.

%% @doc code:purge/1: whoever runs old code is killed.
-spec purge(module()) -> boolean().
purge(Module) ->
    _ = whereis(erts_code_purger),
    {_, Killed} = erts_code_purger:purge(Module),
    Killed.

%% @doc erlang:purge_module/1, where there was old code a moment ago.
-spec purge_module(module()) -> true.
purge_module(Module) ->
    _ = whereis(erts_code_purger),
    case erts_code_purger:purge(Module) of
        {true, _} -> true;
        {false, _} -> erlang:error(badarg, [Module])
    end.

%% @doc code:soft_purge/1.
-spec soft_purge(module()) -> boolean().
soft_purge(Module) ->
    _ = whereis(erts_code_purger),
    erts_code_purger:soft_purge(Module).

%% @doc code:load_binary/3 where two versions are loaded already: it purges the old one.
-spec purge_and_load(module(), file:filename() | preloaded | cover_compiled, binary()) -> {module, module()} | {error, atom()}.
purge_and_load(Module, File, Binary) ->
    _ = purge(Module),
    code:load_binary(Module, File, Binary).

%% @doc file:open/2: the host's file server opens the file, and its process belongs to the caller. There are no raw files
%% here: they are served like others. Those in memory live in the process that serves the caller on the host.
-spec open_file(file:name_all(), [file:mode() | ram] | term()) ->
          {ok, file:io_device()} | {error, file:posix() | badarg | system_limit}.
open_file(Name, Modes) when is_list(Modes) ->
    case {lists:member(ram, Modes), lists:member(raw, Modes)} of
        {true, true} -> erlang:error(badarg, [Name, Modes]);
        {true, false} -> tandem_delegate:on_host(ram_file, open, [Name, Modes]);
        {false, _} -> open_served(Name, Modes)
    end;
open_file(Name, {binary, Mode}) when ?IS_DIRECTION(Mode) -> open_file(Name, [binary | directions(Mode)]);
open_file(Name, {character, Mode}) when ?IS_DIRECTION(Mode) -> open_file(Name, directions(Mode));
open_file(Name, Mode) when ?IS_DIRECTION(Mode) -> open_file(Name, directions(Mode));
open_file(_, _) -> {error, badarg}.

directions(read_write) -> [read, write];
directions(Direction) -> [Direction].

open_served(Name, Modes) ->
    case file_name(Name) of
        {ok, Checked} ->
            Server = {file_server_2, node(tandem_native:host())},
            gen_server:call(Server, {open, Checked, [Mode || Mode <- Modes, not is_raw(Mode)]}, infinity);
        error ->
            {error, badarg}
    end.

%% @doc file:path_open/3: the first file of that name in a list of folders.
-spec path_open([file:name_all()], file:name_all(), [file:mode() | directory]) ->
          {ok, file:io_device(), file:filename_all()} | {error, file:posix() | badarg | system_limit}.
path_open(Path, Name, Modes) ->
    case file_name(Name) of
        {ok, Checked} ->
            case filename:pathtype(Checked) of
                relative -> open_in(Path, Checked, Modes);
                _ -> named(Checked, file:open(Checked, Modes))
            end;
        error ->
            {error, badarg}
    end.

open_in([], _, _) ->
    {error, enoent};
open_in([Folder | Folders], Name, Modes) ->
    case file_name(Folder) of
        {ok, Checked} ->
            File = joined(Checked, Name),
            case file:open(File, Modes) of
                {error, Reason} when Reason =:= enoent; Reason =:= enotdir -> open_in(Folders, Name, Modes);
                Result -> named(File, Result)
            end;
        error ->
            {error, badarg}
    end.

joined(".", Name) -> Name;
joined(Folder, Name) -> filename:join(Folder, Name).

named(File, {ok, Device}) -> {ok, Device, File};
named(_, Error) -> Error.

is_raw(raw) -> true;
is_raw(read_ahead) -> true;
is_raw({read_ahead, _}) -> true;
is_raw(delayed_write) -> true;
is_raw({delayed_write, _, _}) -> true;
is_raw(_) -> false.

file_name(Name) when is_binary(Name) -> {ok, Name};
file_name(Name) when is_atom(Name) -> {ok, atom_to_list(Name)};
file_name(Name) when is_list(Name) ->
    try {ok, flat(Name)}
    catch throw:bad_name -> error
    end;
file_name(_) -> error.

flat([C | Rest]) when is_integer(C), C > 0 -> [C | flat(Rest)];
flat([Atom | Rest]) when is_atom(Atom) -> atom_to_list(Atom) ++ flat(Rest);
flat([List | Rest]) when is_list(List) -> flat(List) ++ flat(Rest);
flat([]) -> [];
flat(_) -> throw(bad_name).
