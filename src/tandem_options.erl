%% SPDX-License-Identifier: Apache-2.0
%% @doc The options of `tandem:start_link/1': one row each, with its default and its check.
-module(tandem_options).

-export([check/1, names/0, takes/0]).

-export_type([options/0, error/0, carrier/0]).

-type carrier() :: port | tcp | nif.

-type options() ::
        #{carrier => carrier(),
          name => atom() | string() | binary(),
          schedulers => 1..64,
          memory => pos_integer() | infinity,
          log => error | warning | info | debug,
          timeout => timeout(),
          window => pos_integer(),
          executable => file:name_all(),
          env => [{os:env_var_name(), os:env_var_value() | false}],
          listen => string() | binary(),
          net_ticktime => pos_integer()}.
%% <dl>
%% <dt>`carrier'</dt><dd>how the engine is reached. `port', the default: an operating-system process, over pipes. `tcp': such a process
%%   that is a member of the cluster, so that other nodes reach it and it reaches them; epmd must run. It ends with its owner,
%%   too. `nif': on threads of this VM's own operating-system process, in memory; a crash of the engine then takes the VM along</dd>
%% <dt>`name'</dt><dd>the part of the node's name before the `@'; by default `tandem1', `tandem2' and so on, with
%%   `tcp' also the VM's process number, as in `tandem1_4711'. Two engines with one name can't run at once.</dd>
%% <dt>`schedulers'</dt><dd>threads that run processes; by default one a core that the host may use. `workers' is the same.</dd>
%% <dt>`memory'</dt><dd>bytes that the whole engine may use (at least 16 MiB); by default, `infinity', as many as the machine has. The
%%   process that asks for more exits with `{system_limit, memory}': the one whose heap, binary, message, table or spawn passes the
%%   limit, or the receiver if it is a message from the host. That exit cannot be trapped or caught by the process itself; links
%%   and monitors see it. The engine and all other processes go on, the host's logger gets an error report (20 a second at most), and
%%   `tandem:info/1' counts it under `memory_ended'. While the limit is passed by a 32nd nothing is spawned
%%   there.</dd>
%% <dt>`log'</dt><dd>what the engine itself writes to standard error: this and everything more severe; `warning' by default</dd>
%% <dt>`timeout'</dt><dd>milliseconds that starting may take; 15,000 by default</dd>
%% <dt>`window'</dt><dd>bytes that the engine may have under way to the host before the host has taken them in; 1 MiB by
%%   default</dd>
%% <dt>`executable'</dt><dd>the engine's program; by default `tandem' in the application's priv folder (`tandem_engine.so' for
%%   `nif')</dd>
%% <dt>`env'</dt><dd>additions to the environment of the engine's operating-system process, as `open_port/2' takes them</dd>
%% <dt>`listen'</dt><dd>with `tcp': the address on which other nodes reach the engine, `"ADDRESS"' or `"ADDRESS:PORT"' (of IPv6
%%   `"[ADDRESS]:PORT"'); by default that of
%%   the host in its name, where only this machine is let in</dd>
%% <dt>`net_ticktime'</dt><dd>with `tcp': seconds without a sign of life after which the engine takes a node for lost; 60 by default</dd>
%% </dl>
%% What the application's environment has under an option's name is its default (`erl -tandem schedulers 2').

-type error() :: {bad_option, Name :: term(), Value :: term()} | {unknown_option, Name :: term()} | {bad_options, term()}.

-define(WINDOW, 1 bsl 20).
-define(MOST_SCHEDULERS, 64).

%% Name, default, check, what it takes. A default is not checked.
rows() ->
    [{carrier, port, fun(C) -> lists:member(C, [port, tcp, nif]) end, "port, tcp or nif"},
     {name, undefined, fun is_name/1, "1 to 200 letters, digits, - and _, as an atom, a string or a binary"},
     {schedulers, cores(), fun is_schedulers/1, "a number from 1 to 64"},
     {memory, infinity, fun(M) -> M =:= infinity orelse (is_integer(M) andalso M >= 16 bsl 20 andalso M < 1 bsl 60) end,
      "bytes, at least 16 MiB (16777216), or infinity"},
     {log, warning, fun(L) -> lists:member(L, [error, warning, info, debug]) end, "error, warning, info or debug"},
     {timeout, 15_000, fun(T) -> T =:= infinity orelse (is_integer(T) andalso T > 0 andalso T < 1 bsl 32) end, "milliseconds, at least 1, or infinity"},
     {window, ?WINDOW, fun(W) -> is_integer(W) andalso W >= 4096 andalso W =< 1 bsl 30 end, "bytes, from 4096 to 1073741824"},
     {executable, undefined, fun is_file/1, "a file's name"},
     {env, [], fun is_env/1, "a list of {Name, Value} or {Name, false}, strings without NUL, and no = in a name"},
     {listen, undefined, fun is_text/1, "\"ADDRESS\" or \"ADDRESS:PORT\", with the carrier tcp alone"},
     {net_ticktime, 60, fun(T) -> is_integer(T) andalso T > 0 andalso T =< 7 * 24 * 3600 end, "seconds, from 1 to 604800, with the carrier tcp alone"}].

%% @doc The names of all options.
-spec names() -> [atom()].
names() ->
    [Name || {Name, _, _, _} <- rows()].

%% @doc What may be given for each option.
-spec takes() -> tandem_reason:options().
takes() ->
    [{Name, Takes} || {Name, _, _, Takes} <- rows()] ++ [{workers, "what schedulers takes, if that, which is the same, is not given"}].

%% @doc Checks every option and fills in the defaults. The error names the first option that is wrong.
-spec check(term()) -> {ok, map()} | {error, error()}.
check(Options) when is_map(Options) ->
    case maps:keys(maps:without([workers | names()], Options)) of
        [] -> check_all(Options);
        [Unknown | _] -> {error, {unknown_option, Unknown}}
    end;
check(Other) ->
    {error, {bad_options, Other}}.

check_all(Options) ->
    try maps:merge(with_schedulers(from_environment()), with_schedulers(Options)) of
        All -> of_carrier(check(rows(), All, #{}), Options)
    catch
        throw:Reason -> {error, Reason}
    end.

%% What an engine that is in no cluster would not heed. The environment's options are for those of all carriers.
of_carrier({ok, #{carrier := Carrier}}, #{listen := Address}) when Carrier =/= tcp -> {error, {bad_option, listen, Address}};
of_carrier({ok, #{carrier := Carrier}}, #{net_ticktime := Time}) when Carrier =/= tcp -> {error, {bad_option, net_ticktime, Time}};
of_carrier(Checked, _) -> Checked.

%% `workers' is another name, for which errors are told as well.
with_schedulers(#{workers := N} = Options) ->
    (is_schedulers(N) andalso not is_map_key(schedulers, Options)) orelse throw({bad_option, workers, N}),
    (maps:remove(workers, Options))#{schedulers => N};
with_schedulers(Options) ->
    Options.

from_environment() ->
    _ = application:load(tandem),
    maps:from_list([{Name, Value} || Name <- [workers | names()], {ok, Value} <- [application:get_env(tandem, Name)]]).

check([], _, Checked) ->
    {ok, Checked};
check([{Name, Default, Check, _} | Rows], Options, Checked) ->
    case Options of
        #{Name := Value} ->
            case Check(Value) of
                true -> check(Rows, Options, Checked#{Name => Value});
                false -> {error, {bad_option, Name, Value}}
            end;
        #{} ->
            check(Rows, Options, Checked#{Name => Default})
    end.

is_schedulers(N) -> is_integer(N) andalso N >= 1 andalso N =< ?MOST_SCHEDULERS.

%% A quota of CPU time counts as so many cores.
cores() ->
    Known = [N || Item <- [logical_processors_available, cpu_quota], N <- [erlang:system_info(Item)], is_integer(N)],
    min(?MOST_SCHEDULERS, lists:min([erlang:system_info(schedulers) || Known =:= []] ++ Known)).

%% The characters that a node's name may have.
is_name(Name) when is_atom(Name) ->
    is_name(atom_to_list(Name));
is_name(Name) when is_list(Name); is_binary(Name) ->
    try re:run(Name, "^[0-9A-Za-z_-]{1,200}$", [{capture, none}, dollar_endonly]) of
        Match -> Match =:= match
    catch
        error:badarg -> false
    end;
is_name(_) ->
    false.

%% As the operating system takes it.
is_text(Text) when is_list(Text); is_binary(Text) ->
    try unicode:characters_to_binary(Text) of
        Binary -> is_binary(Binary) andalso is_file(Binary)
    catch
        error:badarg -> false
    end;
is_text(_) ->
    false.

%% A name in bytes may be no UTF-8.
is_file(Name) when is_binary(Name) -> Name =/= <<>> andalso binary:match(Name, <<0>>) =:= nomatch;
is_file(Name) -> is_text(Name).

is_env([{Name, Value} | Rest]) ->
    io_lib:char_list(Name) andalso is_text(Name) andalso not lists:member($=, Name)
        andalso (Value =:= false orelse Value =:= "" orelse (io_lib:char_list(Value) andalso is_text(Value))) andalso is_env(Rest);
is_env(Rest) ->
    Rest =:= [].
