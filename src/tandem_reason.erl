%% SPDX-License-Identifier: Apache-2.0
%% @doc What the reasons of errors, and of the ends of engines, mean in words, and what to do about them.
-module(tandem_reason).

-export([explain/1, explain/2, ended/1, said/1]).

-export_type([options/0]).

-type options() :: [{Name :: atom(), Takes :: string()}].

%% @doc Of errors of the functions of {@link tandem}, but for those about options.
-spec explain(term()) -> unicode:chardata().
explain({already_started, Pid}) ->
    io_lib:format("~p is the engine of that name: choose another name, or stop that one with tandem:stop/1", [Pid]);
explain({executable, File, Reason}) ->
    io_lib:format("~0tp can't be run: ~ts. `make` builds the engine; the option executable tells where it is", [File, readable(Reason)]);
explain({nif, Text}) ->
    io_lib:format("the library for engines inside the VM can't be loaded: ~ts. `make` builds it; other carriers need none", [Text]);
explain({distribution, {{shutdown, {failed_to_start_child, auth, {Text, _}}}, _}}) when is_list(Text) ->
    io_lib:format("this VM could not become a node: ~ts. A cookie given by -setcookie needs no file", [Text]);
explain({distribution, Reason}) ->
    io_lib:format("this VM could not become a node (~0tP). Start it with -sname NAME, and look what it says", [Reason, 20]);
explain({Kind, Text}) when Kind =:= no_epmd; Kind =:= name_taken; Kind =:= cannot_listen ->
    Text;
explain({no_connection, Node}) ->
    io_lib:format("~ts can't be reached: see that it runs (`epmd -names` on its machine), that it lets this machine in (its option --listen), and "
                  "that it has the cookie of this VM", [Node]);
explain({not_an_engine, Other}) ->
    io_lib:format("~0tP is no engine: give the node that tandem:start_link/1 has returned, or that `priv/tandem --name` has started", [Other, 12]);
explain({not_attached, Other}) ->
    io_lib:format("this VM is not attached to ~0tP: give the node, or the pid, of a call of tandem:attach/1", [Other, 12]);
explain({bad_seconds, Seconds}) ->
    io_lib:format("the seconds to record are ~0tP; they are a number above 0, up to a day", [Seconds, 12]);
explain({file, File, Reason}) ->
    io_lib:format("the file ~0tp can't be written: ~ts", [File, file:format_error(Reason)]);
explain(already_traced) ->
    "a trace of this engine is being recorded: wait until it has ended";
explain(noconnection) ->
    "the engine has ended";
explain(timeout) ->
    "it has not answered in time; the option timeout gives it more";
explain({exit_status, 127} = Reason) ->
    ended(Reason);
explain({Ended, _} = Reason) when Ended =:= exit_status; Ended =:= port_closed ->
    [ended(Reason), ", before it had answered; is its program (the option executable) the engine, which `make` builds?"];
explain(shutdown) ->
    "it does not answer as an engine does; is its program (the option executable) the engine, which `make` builds?";
explain(Reason) ->
    io_lib:format("~0tP", [Reason, 20]).

%% @doc Also of those about options, for a function that takes these.
-spec explain(term(), options()) -> unicode:chardata().
explain({bad_option, Name, Value}, Options) ->
    {Name, Takes} = lists:keyfind(Name, 1, Options),
    io_lib:format("the option ~ts can't be ~0tP; it takes ~ts", [Name, Value, 12, Takes]);
explain({unknown_option, Name}, Options) ->
    io_lib:format("there is no option ~0tP; the options are ~ts", [Name, 12, lists:join(", ", [atom_to_list(Known) || {Known, _} <- Options])]);
explain({bad_options, Given}, _) ->
    io_lib:format("options are a map (in Elixir, or keywords), not ~0tP", [Given, 12]);
explain(Reason, _) ->
    explain(Reason).

readable(Reason) when is_atom(Reason) -> [file:format_error(Reason), " (", atom_to_list(Reason), ")"];
readable(Text) -> Text.

%% @doc How an engine has ended.
-spec ended(term()) -> unicode:chardata().
ended({exit_status, Status}) when Status > 128, Status < 160 -> io_lib:format("killed by signal ~b~ts", [Status - 128, signal(Status - 128)]);
ended({exit_status, 127}) -> "exit status 127; its program, or a library that it needs, was not found";
ended({exit_status, Status}) -> io_lib:format("exit status ~b", [Status]);
ended({port_closed, epipe}) -> "this VM was writing to it, so its exit status is not known (epipe)";
ended({port_closed, Reason}) -> io_lib:format("its port was closed (~0tp)", [Reason]);
ended({too_large, Size}) -> io_lib:format("this VM has sent it a message of ~b bytes; it takes 1 GiB at most", [Size]);
ended(Reason) -> io_lib:format("this VM has ended the connection (~0tp)", [Reason]).

signal(4) -> " (SIGILL)";
signal(6) -> " (SIGABRT)";
signal(7) -> " (SIGBUS)";
signal(8) -> " (SIGFPE)";
signal(9) -> " (SIGKILL)";
signal(11) -> " (SIGSEGV)";
signal(15) -> " (SIGTERM)";
signal(_) -> "".

%% @doc Its last words, if there are any.
-spec said(binary()) -> unicode:chardata().
said(<<>>) -> "";
said(Words) -> [". It said: ", Words].
