%% SPDX-License-Identifier: Apache-2.0
%% @doc The options of `tandem:compare/2': one row each, with its default, its check, and what is said when it is wrong; and the work that is
%% given, as a list of jobs.
-module(tandem_compare_options).

-export([check/1, jobs/2, explain/1]).

-export_type([options/0, work/0, job/0, error/0]).

-type options() ::
        #{inputs => #{term() => term()} | [{term(), term()}],
          time => number(),
          warmup => number(),
          latency => beside | requests | false,
          latency_time => number(),
          rate => pos_integer() | auto,
          border => [pos_integer()] | boolean(),
          schedulers => 1..64,
          setup => fun(() -> term()),
          timeout => pos_integer(),
          title => string() | binary(),
          folder => file:name_all(),
          json => file:name_all() | boolean(),
          page => file:name_all() | boolean(),
          against => file:name_all(),
          print => boolean(),
          progress => boolean() | auto,
          syntax => tandem_compare_outcome:syntax(),
          carrier => tandem_options:carrier(),
          executable => file:name_all()}.
%% <dl>
%% <dt>`inputs'</dt><dd>by name, what the work is called with, which then takes one argument (`{M, F, A}': one more, before the others)</dd>
%% <dt>`time', `warmup'</dt><dd>seconds that each job is measured on each side, and before that runs without being measured; 2 and
%%   0.5 by default</dd>
%% <dt>`latency'</dt><dd>`beside' (the default): messages are sent to a process and back at a fixed rate, while the work runs again and again
%%   in other processes of the same side. `requests': at that rate the work itself is asked for, and runs in a process of its own.
%%   `false': neither.</dd>
%% <dt>`latency_time', `rate'</dt><dd>seconds of that for each job and side, 5 by default; and how many are sent a second. By default, `auto',
%%   2000; of requests, half of what the slower side can do, and at most 2000.</dd>
%% <dt>`border'</dt><dd>rates at which messages are also sent from this VM to each side and back, or `true' for 2,000 and 10,000 a
%%   second</dd>
%% <dt>`schedulers'</dt><dd>of either side; 1 by default</dd>
%% <dt>`setup'</dt><dd>runs on each side first, in a process that stays until the end: for what the work needs to be running</dd>
%% <dt>`timeout'</dt><dd>milliseconds that one run may take; a minute by default</dd>
%% <dt>`title'</dt><dd>what stands on top of the page</dd>
%% <dt>`folder', `json', `page'</dt><dd>where the reports are written: files that are named after the time, in `_build/compare', unless they are
%%   given names; `false' for none</dd>
%% <dt>`against'</dt><dd>the JSON file of an older comparison</dd>
%% <dt>`print', `progress'</dt><dd>whether the table is printed; whether a line tells how far a long run is (`auto': in a terminal)</dd>
%% <dt>`syntax'</dt><dd>in which language terms are shown, `erlang' or `elixir'; `Tandem.compare' shows them in Elixir's</dd>
%% <dt>`carrier', `executable'</dt><dd>how the engine is reached (`port'), and its program</dd>
%% </dl>

-type work() :: fun((...) -> term()) | {module(), atom(), [term()]}.
-type job() :: #{name := binary(), input := binary() | null, work := tandem_work:work()}.
-type error() :: {bad_option, Name :: term(), Value :: term()} | {unknown_option, Name :: term()} | {bad_options, term()}
               | {bad_work, term()} | {bad_arity, Given :: arity(), Needed :: arity()} | {no_object_code, module()}
               | {unreadable, file:name_all(), term()}.

-define(RATES, [2000, 10_000]).

%% Name, default, check, what it takes. A default is not checked.
rows() ->
    [{inputs, [], fun is_named/1, "a map, or a list of pairs, from names to what the work is called with"},
     {time, 2, fun is_seconds/1, "a number of seconds above 0"},
     {warmup, 0.5, fun(S) -> S =:= 0 orelse is_seconds(S) end, "a number of seconds, 0 or more"},
     {latency, beside, fun(L) -> lists:member(L, [beside, requests, false]) end, "beside, requests or false"},
     {latency_time, 5, fun is_seconds/1, "a number of seconds above 0"},
     {rate, auto, fun(R) -> R =:= auto orelse is_rate(R) end, "auto, or 1 to 1,000,000 a second"},
     {border, false, fun(B) -> is_boolean(B) orelse (is_list(B) andalso lists:all(fun is_rate/1, B)) end, "true, false, or a list of rates a second"},
     {schedulers, 1, fun(N) -> is_integer(N) andalso N >= 1 andalso N =< 64 end, "1 to 64"},
     {setup, undefined, fun(F) -> is_function(F, 0) end, "a function without arguments"},
     {timeout, 60_000, fun(T) -> is_integer(T) andalso T > 0 andalso T < 1 bsl 32 end, "a number of milliseconds above 0"},
     {title, <<"BEAM and Tandem">>, fun is_text/1, "text"},
     {folder, "_build/compare", fun is_text/1, "the name of a folder"},
     {json, true, fun is_file/1, "the name of a file, true or false"},
     {page, true, fun is_file/1, "the name of a file, true or false"},
     {against, undefined, fun is_text/1, "the name of the JSON file of an older comparison"},
     {print, true, fun is_boolean/1, "true or false"},
     {progress, auto, fun(P) -> is_boolean(P) orelse P =:= auto end, "auto, true or false"},
     {syntax, erlang, fun(S) -> S =:= erlang orelse S =:= elixir end, "erlang or elixir"},
     {carrier, port, fun(C) -> lists:member(C, [port, tcp, nif]) end, "port, tcp or nif"},
     {executable, undefined, fun is_text/1, "the name of the engine's program"}].

is_seconds(S) -> is_number(S) andalso S > 0 andalso S =< 86_400.

is_rate(R) -> is_integer(R) andalso R >= 1 andalso R =< 1_000_000.

is_text([]) -> false;
is_text(T) when is_list(T); is_binary(T) -> is_list(catch unicode:characters_to_list(T));
is_text(_) -> false.

is_file(File) -> is_boolean(File) orelse is_text(File).

is_named(Named) when is_map(Named) -> true;
is_named(Named) when is_list(Named) -> lists:all(fun(Pair) -> is_tuple(Pair) andalso tuple_size(Pair) =:= 2 end, Named);
is_named(_) -> false.

%% @doc Checks every option and fills in the defaults. The error names the first option that is wrong.
-spec check(term()) -> {ok, map()} | {error, error()}.
check(Options) when is_map(Options) ->
    case maps:keys(maps:without([Name || {Name, _, _, _} <- rows()], Options)) of
        [] -> check(rows(), Options, #{});
        [Unknown | _] -> {error, {unknown_option, Unknown}}
    end;
check(Other) ->
    {error, {bad_options, Other}}.

check([], _, Checked) -> {ok, Checked};
check([{Name, Default, Check, _} | Rows], Options, Checked) ->
    case Options of
        #{Name := Value} ->
            case Check(Value) of
                true -> check(Rows, Options, Checked#{Name => value(Name, Value)});
                false -> {error, {bad_option, Name, Value}}
            end;
        #{} -> check(Rows, Options, Checked#{Name => value(Name, Default)})
    end.

value(inputs, Named) -> pairs(Named);
value(border, true) -> ?RATES;
value(border, false) -> [];
value(_, Value) -> Value.

pairs(Named) when is_map(Named) -> lists:sort(maps:to_list(Named));
pairs(Named) -> Named.

%% @doc Every work with every input.
-spec jobs(term(), [{term(), term()}]) -> {ok, [job()]} | {error, error()}.
jobs(Given, Inputs) ->
    Named = case is_named(Given) andalso not is_tuple(Given) of
                true -> [{name(Name), Work} || {Name, Work} <- pairs(Given)];
                false -> [{null, Given}]
            end,
    try
        Jobs = case Inputs of
                   [] -> [#{name => Name, input => null, work => work(Work, [])} || {Name, Work} <- Named];
                   _ -> [#{name => Name, input => name(Input), work => work(Work, [Value])} || {Input, Value} <- Inputs, {Name, Work} <- Named]
               end,
        Jobs =:= [] andalso throw({bad_work, Given}),
        {ok, Jobs}
    catch
        throw:Reason -> {error, Reason}
    end.

work(Fun, Arguments) when is_function(Fun) ->
    {arity, Arity} = erlang:fun_info(Fun, arity),
    {module, Module} = erlang:fun_info(Fun, module),
    Arity =:= length(Arguments) orelse throw({bad_arity, Arity, length(Arguments)}),
    has_object_code(Module) orelse throw({no_object_code, Module}),
    {Fun, Arguments};
work({Module, Function, Rest}, Arguments) when is_atom(Module), is_atom(Function), is_list(Rest) ->
    has_object_code(Module) orelse throw({no_object_code, Module}),
    {Module, Function, Arguments ++ Rest};
work(Other, _) ->
    throw({bad_work, Other}).

%% Code of the VM's memory alone can't be given to another.
has_object_code(Module) ->
    case code:is_loaded(Module) of
        {file, preloaded} -> true;
        {file, [_ | _] = File} -> filelib:is_regular(File) orelse code:get_object_code(Module) =/= error;
        _ -> code:get_object_code(Module) =/= error
    end.

name(Name) when is_binary(Name) ->
    case unicode:characters_to_list(Name) of
        Text when is_list(Text) -> Name;
        _ -> printed(Name)
    end;
name(Name) when is_atom(Name) -> atom_to_binary(Name);
name([_ | _] = Name) ->
    case io_lib:printable_unicode_list(Name) of
        true -> unicode:characters_to_binary(Name);
        false -> printed(Name)
    end;
name(Name) -> printed(Name).

printed(Name) -> unicode:characters_to_binary(io_lib:format("~0tp", [Name])).

%% @doc What is wrong, and what to do about it.
-spec explain(term()) -> iolist().
explain({bad_option, Name, Value}) ->
    {Name, _, _, Takes} = lists:keyfind(Name, 1, rows()),
    io_lib:format("The option ~ts is ~0tP; it takes ~ts.", [Name, Value, 10, Takes]);
explain({unknown_option, Name}) ->
    io_lib:format("There is no option ~0tp. The options are ~ts.", [Name, lists:join(", ", [atom_to_list(Row) || {Row, _, _, _} <- rows()])]);
explain({bad_options, Options}) -> io_lib:format("The options are ~0tP; give a map (in Elixir, or keywords).", [Options, 10]);
explain({bad_work, Work}) ->
    io_lib:format("~0tP can't be run. Give a function, {Module, Function, Arguments}, or a map from names to these.", [Work, 10]);
explain({bad_arity, Given, 0}) ->
    io_lib:format("The function's arity is ~b; without the option inputs it is 0.", [Given]);
explain({bad_arity, Given, Needed}) ->
    io_lib:format("The function's arity is ~b; with the option inputs it is ~b.", [Given, Needed]);
explain({no_object_code, Module}) ->
    io_lib:format("There is no file with the code of ~tp, so no other node can run it. Compile it to a .beam file in the code path, as a project "
                  "does (what a script or a test defines has none, nor has a module typed into a shell).", [Module]);
explain({unreadable, File, Reason}) ->
    io_lib:format("The older comparison ~ts can't be read: ~ts. Give the JSON file that a comparison has written.", [File, reason(Reason)]);
explain({tandem, Reason}) ->
    io_lib:format("~ts could not be started: ~ts.", [tandem_side:name(tandem), tandem_reason:explain(Reason, tandem_options:takes())]);
explain({beam, Reason}) ->
    io_lib:format("~ts could not be started: ~0tP. A second VM needs erl in the path and epmd, which it starts if it may.",
                  [tandem_side:name(beam), Reason, 20]);
explain(Reason) -> io_lib:format("It failed: ~0tP.", [Reason, 20]).

reason(no_comparison) -> "it is not such a file";
reason(Reason) -> file:format_error(Reason).
