%% SPDX-License-Identifier: Apache-2.0
%% @doc What the reasons of errors, and of the ends of engines, mean in words, and what to do about them.
-module(tandem_reason).

-export([explain/1, ended/1, said/1]).

%% @doc Of errors of {@link tandem:start_link/1} and {@link tandem:attach/1}.
-spec explain(term()) -> unicode:chardata().
explain({bad_option, Name, Value}) ->
    io_lib:format("the option ~ts can't be ~0tP; it takes ~ts", [Name, Value, 12, tandem_options:takes(Name)]);
explain({unknown_option, Name}) ->
    io_lib:format("there is no option ~0tP; the options are ~ts", [Name, 12, lists:join(", ", [atom_to_list(Known) || Known <- tandem_options:names()])]);
explain({bad_options, Options}) ->
    io_lib:format("options are a map, not ~0tP", [Options, 12]);
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
explain({not_an_engine, Node}) ->
    io_lib:format("~0tp is no engine: give the name of a node that `priv/tandem --name` has started", [Node]);
explain(timeout) ->
    "it has not answered in time; the option timeout gives it more";
explain({exit_status, _} = Reason) ->
    ended(Reason);
explain({port_closed, _} = Reason) ->
    ended(Reason);
explain(Reason) ->
    io_lib:format("~0tP", [Reason, 20]).

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
