%% SPDX-License-Identifier: Apache-2.0
%% @doc What OTP's code server does for the module `code' on the BEAM: of what is loaded on the engine, the engine knows; paths and files are
%% the host's, and so is what is sticky, but for what was made so here: the host tells nothing of modules that it has not. This module runs on the engine, in the process that calls `code'.
-module(tandem_code).

-export([request/1, get_modules/2, load_binary/3, load_file/1]).

-define(STICKY, {?MODULE, sticky}).

%% @doc A request to the code server.
-spec request(term()) -> term().
request({finish_loading, Prepared, EnsureLoaded}) ->
    finish_loading([Each || {Module, _} = Each <- Prepared, not (EnsureLoaded andalso erlang:module_loaded(Module))]);
request({load_abs, File, Module}) when is_atom(Module) -> load_abs(File, Module);
request({ensure_loaded, Module}) -> code:ensure_loaded(Module);
request({load_file, Module}) -> code:load_file(Module);
request({load_binary, Module, File, Binary}) -> code:load_binary(Module, File, Binary);
request({is_loaded, Module}) -> code:is_loaded(Module);
request({delete, Module}) -> code:delete(Module);
request({purge, Module}) -> code:purge(Module);
request({soft_purge, Module}) -> code:soft_purge(Module);
request({is_sticky, Module}) -> is_sticky(Module);
request({stick_mod, Module} = Request) -> made_sticky([Module | sticky()]), host(Request);
request({unstick_mod, Module} = Request) -> made_sticky(lists:delete(Module, sticky())), host(Request);
request(all_loaded) -> all_loaded();
request(Request) -> host(Request).

%% @doc erl_prim_loader:get_modules/3: object code of many modules, each handed to a function.
-spec get_modules([module()], fun((module(), file:filename(), binary()) -> {ok, Result} | {error, Reason})) ->
          {ok, {[{module(), Result}], [{module(), Reason | nofile}]}}.
get_modules(Modules, F) ->
    Results = [{Module, with_object_code(Module, F)} || Module <- Modules],
    {ok, {[{Module, Result} || {Module, {ok, Result}} <- Results],
          [{Module, Reason} || {Module, {error, Reason}} <- Results]}}.

with_object_code(Module, F) ->
    case host({get_object_code, Module}) of
        {Module, Binary, File} -> F(Module, File, Binary);
        error -> {error, nofile}
    end.

%% @doc code:load_binary/3 for a module that is loaded, and may be sticky.
-spec load_binary(module(), file:filename(), binary()) -> {module, module()} | {error, term()}.
load_binary(Module, File, Binary) ->
    unless_sticky(Module, fun() -> tandem_native:load_binary(Module, File, Binary) end).

%% @doc code:load_file/1 for such a module.
-spec load_file(module()) -> {module, module()} | {error, term()}.
load_file(Module) ->
    case tandem_native:came_from_host(Module) orelse host({get_object_code, Module}) =/= error of
        true -> unless_sticky(Module, fun() -> tandem_native:load_file(Module) end);
        false -> {error, nofile}
    end.

unless_sticky(Module, Load) ->
    case is_sticky(Module) of
        true ->
            logger:error("Can't load module '~w' that resides in sticky dir\n", [Module]),
            {error, sticky_directory};
        false ->
            Load()
    end.

%% The host knows what lies in sticky folders, but tells it only of what it has loaded.
is_sticky(Module) ->
    erlang:module_loaded(Module)
        andalso (lists:member(Module, sticky()) orelse (tandem_native:came_from_host(Module) andalso is_sticky_there(Module))).

%% Those that were made so on this engine.
sticky() -> persistent_term:get(?STICKY, []).

made_sticky([]) -> _ = persistent_term:erase(?STICKY), ok;
made_sticky(Modules) -> persistent_term:put(?STICKY, lists:usort(Modules)).

is_sticky_there(Module) ->
    _ = host({ensure_loaded, Module}),
    host({is_sticky, Module}).

finish_loading(Prepared) ->
    case [{Module, sticky_directory} || {Module, _} <- Prepared, is_sticky(Module)] of
        [] ->
            _ = [tandem_native:prepared_file(Code, File) || {_, {Code, File}} <- Prepared],
            case erlang:finish_loading([Code || {_, {Code, _}} <- Prepared]) of
                ok -> ok;
                {Reason, Modules} -> {error, [{Module, Reason} || Module <- Modules]}
            end;
        Sticky ->
            {error, Sticky}
    end.

load_abs(File, Module) ->
    case is_name(File) of
        true ->
            Name = filename:absname(lists:concat([File, code:objfile_extension()])),
            case erl_prim_loader:get_file(Name) of
                {ok, Binary, _} -> code:load_binary(Module, Name, Binary);
                error -> {error, nofile}
            end;
        false ->
            {error, badarg}
    end.

is_name(File) -> is_atom(File) orelse (is_list(File) andalso lists:all(fun is_integer/1, File)).

all_loaded() ->
    Files = maps:from_list(host(all_loaded)),
    [{Module, file(Module, Files)} || Module <- erlang:loaded(), erlang:module_loaded(Module)].

file(Module, Files) ->
    case Files of
        #{Module := File} -> File;
        #{} -> code:which(Module)
    end.

host(Request) ->
    tandem_delegate:on_host(code_server, call, [Request]).
