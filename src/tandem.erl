%% SPDX-License-Identifier: Apache-2.0
%% @doc Tandem: a second process engine beside the BEAM. An engine is an operating-system process that runs BEAM bytecode in
%% lightweight processes of its own. The VM starts it as a port, and sees it as a hidden node: `spawn/2', `send/2', links, monitors
%% and `gen_server:call/2' work across the border as they stand.
%%
%% ```
%% {ok, _, Node} = tandem:start_link(#{}),
%% Pid = spawn_link(Node, fun() -> receive {From, ping} -> From ! pong end end),
%% Pid ! {self(), ping}.
%% '''
%%
%% The engine gets the code it runs from this VM, module by module, as it needs it. It ends with the process that is returned
%% here, and with the VM.
-module(tandem).

-export([start_link/0, start_link/1, start/0, start/1, stop/1, child_spec/1, info/1, info/2, counters/1, top/1, top/2, trace/3, trace/4, compare/1, compare/2]).
-export([attach/1, attach/2, detach/1]).

-export_type([info/0]).

-include_lib("kernel/include/logger.hrl").

-type info() ::
        #{version := binary(),
          schedulers := pos_integer(),
          processes := non_neg_integer(),
          memory := non_neg_integer(),
          memory_limit := pos_integer(),
          memory_ended := non_neg_integer(),
          reductions := non_neg_integer(),
          modules := non_neg_integer(),
          messages_in := non_neg_integer(),
          messages_out := non_neg_integer(),
          delegated := non_neg_integer(),
          missing := #{mfa() => pos_integer()},
          atom() => term()}.
%% `memory' is in bytes, as is `memory_limit'; `memory_ended' counts the processes that asked for more (see the option `memory'); `modules' are those loaded on the engine; `messages_in' and `messages_out' are distribution messages from
%% and to this VM; `delegated' counts calls that the engine has run here; `missing' are functions that the engine should have
%% had itself, with how often they were called.

%% @equiv start_link(#{})
-spec start_link() -> {ok, pid(), node()} | {error, term()}.
start_link() ->
    start_link(#{}).

%% @doc Starts an engine that is linked to the caller, and returns when its node is up. If this VM is no node yet, it becomes one:
%% hidden, without a listener and without epmd.
%%
%% Errors: `{bad_option, Name, Value}', `{unknown_option, Name}', `{bad_options, Term}', `{already_started, Pid}' if an engine of that
%% name runs, `{name_taken, Text}' if another node has it, `{executable, File, Reason}', `{exit_status, Status}' or `{port_closed, epipe}' if the engine ended before it was up, `shutdown' if its
%% program doesn't answer as an engine does, `timeout', `{nif, Text}' if
%% the library for engines inside the VM can't be loaded, and `{distribution, Reason}' if this VM could not become a node. What an error means, and what to do about it, is told
%% to the logger.
-spec start_link(tandem_options:options()) -> {ok, pid(), node()} | {error, term()}.
start_link(Options) ->
    start(link, Options).

%% @equiv start(#{})
-spec start() -> {ok, pid(), node()} | {error, term()}.
start() ->
    start(#{}).

%% @doc The same as {@link start_link/1}, without a link to the caller.
-spec start(tandem_options:options()) -> {ok, pid(), node()} | {error, term()}.
start(Options) ->
    start(nolink, Options).

start(Link, Options) ->
    case tandem_options:check(Options) of
        {ok, Checked} ->
            ok = tandem_unsaved:watch(),
            case tandem_engine:start(Link, Checked) of
                {error, {distribution, _} = Reason} -> refused(Reason, []);
                Result -> Result
            end;
        {error, Reason} ->
            refused(Reason, tandem_options:takes())
    end.

refused(Reason, Options) ->
    ?LOG_ERROR("Tandem: ~ts", [tandem_reason:explain(Reason, Options)]),
    {error, Reason}.

told(F, Options) ->
    case F() of
        {error, Reason} -> refused(Reason, Options);
        Result -> Result
    end.

%% What can't be an engine is told to the logger. What has ended is not: who stops it, or asks for it, may not know that yet.
with_engine(Engine, F) ->
    case tandem_engine:is_possible(Engine) of
        true -> F();
        false -> told(F, [])
    end.

%% @doc Ends an engine, named by its pid or its node, and returns when the node is down. What can't be an engine is told to the
%% logger, by this and the functions below.
-spec stop(pid() | node()) -> ok | {error, {not_an_engine, term()}}.
stop(Engine) ->
    with_engine(Engine, fun() -> tandem_engine:stop(Engine) end).

%% @doc An engine as a child of a supervisor. Its id is the name given, or else this module's.
-spec child_spec(tandem_options:options()) -> supervisor:child_spec().
child_spec(Options) ->
    #{id => case Options of
                #{name := Name} -> Name;
                _ -> ?MODULE
            end,
      start => {?MODULE, start_link, [Options]},
      restart => permanent,
      shutdown => 5000,
      type => worker,
      modules => [tandem_engine]}.

%% @equiv info(Node, 5000)
-spec info(node()) -> info() | {error, term()}.
info(Node) ->
    info(Node, 5000).

%% @doc What an engine is, holds and has done. The error is `{not_an_engine, Node}', `noconnection' or `timeout'.
-spec info(node(), timeout()) -> info() | {error, term()}.
info(Node, Timeout) ->
    with_engine(Node, fun() -> tandem_engine:ask(Node, info, Timeout) end).

%% @doc The engine's counters, as an object of JSON that the engine has written: more than {@link info/1} tells, for reports that
%% are kept. Times are in nanoseconds, memory in bytes. The errors are those of {@link info/1}.
-spec counters(node()) -> binary() | {error, term()}.
counters(Node) ->
    with_engine(Node, fun() -> tandem_engine:ask(Node, counters, 5000) end).

%% @equiv top(Node, #{})
-spec top(node()) -> ok | {error, term()}.
top(Node) ->
    top(Node, #{}).

%% @doc Shows in the terminal what an engine does, until the key q: the use of its schedulers and their run queues, its processes by
%% reductions, memory or mailbox (the keys r, m and x), messages a second and collections. In a shell keys act at once; where input
%% comes by lines, after Enter.
%%
%% Options: `interval', milliseconds between two pictures (1,000); `order', `reductions', `memory' or `mailbox'; `times', after
%% so many pictures the view ends by itself, reads no keys, and prints one picture after the other.
-spec top(node(), tandem_top:options()) -> ok | {error, term()}.
top(Node, Options) ->
    told(fun() -> tandem_top:run(Node, Options) end, tandem_top:takes()).

%% @equiv trace(Node, Seconds, File, #{})
-spec trace(node(), number(), file:name_all()) -> {ok, tandem_trace:summary()} | {error, term()}.
trace(Node, Seconds, File) ->
    trace(Node, Seconds, File, #{}).

%% @doc Records for so many seconds what each scheduler of an engine runs: the slices of processes, collections in them, messages
%% between processes as arrows, and processes given from one scheduler to another. The file can be opened at
%% `https://ui.perfetto.dev', or in Chrome at `chrome://tracing'. While nothing is recorded, it costs nothing.
%%
%% Option: `limit', the bytes that the file may have, about (64 MiB; at least 64 KiB); a trace that reaches it ends early, and
%% is `cut'. A very busy engine does more than can be fetched and written: then the trace has gaps, which it shows, and `lost' tells how many
%% events are missing.
%%
%% Errors: `{file, File, Reason}' (the file is removed if it could not be written to its end), `already_traced', and those of {@link info/1}.
%% If the engine ends meanwhile the error is `noconnection', and the file holds what was recorded until then.
-spec trace(node(), number(), file:name_all(), tandem_trace:options()) -> {ok, tandem_trace:summary()} | {error, term()}.
trace(Node, Seconds, File, Options) ->
    told(fun() -> tandem_trace:run(Node, Seconds, File, Options) end, tandem_trace:takes()).

%% @equiv compare(Work, #{})
-spec compare(tandem_compare_options:work() | #{term() => tandem_compare_options:work()}) -> {ok, tandem_compare:result()} | {error, term()}.
compare(Work) ->
    compare(Work, #{}).

%% @doc Runs work on the BEAM (a second one, with as many schedulers) and on an engine, and tells whether both do the same and how long it
%% takes: run time, reductions, memory, and the latency of messages at a fixed rate. Prints a table, and writes a JSON file and a page
%% to look at, in `_build/compare' unless the options say otherwise.
%%
%% The work is a function without arguments, or one that takes each of the option `inputs'; or `{Module, Function, Arguments}'; or several
%% of these by name. It may be typed into a shell, but what it calls must be in files.
%%
%% ```
%% tandem:compare(fun() -> lists:sort([rand:uniform(1000) || _ <- lists:seq(1, 1000)]), ok end).
%% tandem:compare(#{"sort" => fun lists:sort/1, "usort" => fun lists:usort/1},
%%                #{inputs => #{"short" => lists:seq(10, 1, -1), "long" => lists:seq(10_000, 1, -1)}, time => 1}).
%% '''
%%
%% The result has the verdict (`same', `differs', `varies' or `failed'), the figures of each job, and the files. An error is also printed, with
%% what to do about it.
-spec compare(tandem_compare_options:work() | #{term() => tandem_compare_options:work()} | [{term(), tandem_compare_options:work()}],
              tandem_compare_options:options()) -> {ok, tandem_compare:result()} | {error, term()}.
compare(Work, Options) ->
    tandem_compare:compare(Work, Options).

%% @equiv attach(Node, #{})
-spec attach(node()) -> {ok, pid()} | {error, term()}.
attach(Node) ->
    attach(Node, #{}).

%% @doc Makes this VM a host of an engine that is a node of its own (`priv/tandem --name NAME@HOST'): it hands out object code, and runs
%% the calls that are a host's business, for as long as the returned process lives, which is linked to the caller. Of several hosts
%% the first serves; when it goes away, the next one does. What the engine calls without any host raises `undef'.
%%
%% The only option is `timeout', in milliseconds. The errors are `{no_connection, Node}' (no epmd, no such node, another cookie),
%% `{not_an_engine, Node}', `{already_started, Pid}', `timeout', `{bad_option, Name, Value}', `{unknown_option, Name}', `{bad_options, Term}'
%% and `{distribution, Reason}'. What they mean is told to the logger.
-spec attach(node(), #{timeout => timeout()}) -> {ok, pid()} | {error, term()}.
attach(Node, Options) ->
    case tandem_attachment:check(Node, Options) of
        {ok, Timeout} ->
            case tandem_distribution:ensure() of
                ok -> attached(tandem_attachment:start_link(Node, Timeout));
                {error, Reason} -> refused({distribution, Reason}, [])
            end;
        {error, Reason} ->
            refused(Reason, tandem_attachment:takes())
    end.

attached({error, {already_started, _}} = Already) -> Already;
attached({error, Reason}) -> refused(Reason, []);
attached({ok, Pid}) ->
    ok = tandem_unsaved:watch(),
    {ok, Pid}.

%% @doc The opposite of {@link attach/1}. The engine goes on.
-spec detach(node() | pid()) -> ok | {error, {not_attached, term()}}.
detach(Engine) ->
    with_engine(Engine, fun() -> tandem_attachment:detach(Engine) end).
