%% SPDX-License-Identifier: Apache-2.0
%% @doc Object code that is in this VM's memory and in no file, so that an engine can have it all the same: of modules of Elixir that say
%% `use Tandem', wherever they are typed, and of those that are compiled from files into memory alone while engines run: tests, scripts,
%% and what `r' and `c' of iex compile. Nobody else keeps it.
-module(tandem_unsaved).

-export([watch/0, after_compile/2, trace/2, code/1, explain/1]).

-include_lib("kernel/include/logger.hrl").

%% @doc From now on what Elixir's compiler makes of files is kept.
-spec watch() -> ok.
watch() ->
    case ets:whereis(elixir_config) =/= undefined andalso 'Elixir.Code':get_compiler_option(tracers) of
        Tracers when is_list(Tracers) ->
            _ = [ok = 'Elixir.Code':put_compiler_option(tracers, [?MODULE | Tracers]) || not lists:member(?MODULE, Tracers)],
            ok;
        _ ->
            ok
    end.

%% @private Elixir's callback for a module that has it in its attribute `after_compile'.
-spec after_compile(map(), binary()) -> ok.
after_compile(#{module := Module}, Code) -> keep(Module, Code).

%% @private A compilation tracer's callback.
-spec trace(term(), map()) -> ok.
trace({on_module, Code, _}, #{module := Module}) when is_binary(Code) -> keep(Module, Code);
trace(_, _) -> ok.

keep(Module, Code) -> persistent_term:put({?MODULE, Module}, Code).

%% @doc The code of the version of a module that is loaded here, if it was kept.
-spec code(module()) -> {ok, binary()} | error.
code(Module) ->
    case persistent_term:get({?MODULE, Module}, none) of
        Code when is_binary(Code) ->
            case is_loaded(Module, Code) of
                true -> {ok, Code};
                false -> error
            end;
        none ->
            error
    end.

is_loaded(Module, Code) ->
    {ok, {Module, Md5}} = beam_lib:md5(Code),
    erlang:module_loaded(Module) andalso Module:module_info(md5) =:= Md5.

%% @doc Tells the logger, once, why a module can't be handed out that is here, or was.
-spec explain(module()) -> ok.
explain(Module) ->
    Unknown = persistent_term:get({?MODULE, Module}, unknown) =:= unknown,
    case Unknown andalso why(Module) of
        false ->
            ok;
        Why ->
            persistent_term:put({?MODULE, Module}, none),
            ?LOG_WARNING("Tandem: an engine asks for the code of ~tp, ~ts", [Module, Why])
    end.

why(Module) ->
    Name = atom_to_list(Module),
    case lists:prefix("elixir_compiler_", Name) of
        true ->
            "which is what a script does outside of its modules, and is not kept. Put the function into a module that says `use Tandem`";
        false ->
            erlang:module_loaded(Module) andalso
                "which is in this VM's memory and in no file. Compile it to a file in the code path; or, in Elixir, say `use Tandem` in it"
    end.
