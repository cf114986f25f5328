%% SPDX-License-Identifier: Apache-2.0
%% What code on an engine can't do to its VM: whatever it sends to the VM's own servers as exit signals, and whichever function it calls that
%% ends a node, the VM and its servers go on.
-module(tandem_contain_tests).

-include_lib("eunit/include/eunit.hrl").

-export([attempted/1, names/0]).

-import(tandem_support, [on/2]).

-define(LIMIT, 60_000).

%% In a VM of its own, which would end with its tests if it ended.
all_test_() ->
    [{atom_to_list(Name), {timeout, ?LIMIT div 1000, fun() -> attempt(Name, Engine, Of) end}}
     || {Name, Engine, Of} <- [{exit_signals, goes_on, [[true]]}, {linked_ends, goes_on, [ok]}, {exit_of_leader, goes_on, true},
                               {kernel_stops, ends, ended}, {init_stops, ends, ended}, {halts, ends, ended},
                               {net_kernel_stops, goes_on, {error, not_allowed}}, {code_is_deleted, goes_on, {true, false}}]].

attempt(Name, Engine, Result) ->
    {ok, Peer, _} = peer:start(#{connection => standard_io, args => ["-pa" | code:get_path()]}),
    ?assertEqual({Result, Engine, same}, peer:call(Peer, ?MODULE, attempted, [Name], ?LIMIT)),
    peer:stop(Peer).

%% @private In that VM.
attempted(Name) ->
    tandem_support:quiet(),
    {ok, Engine, Node} = tandem:start(#{carrier => port}),
    Monitor = monitor(process, Engine),
    Before = servers(),
    Result = try on(Node, fun() -> work(Name) end)
             catch error:{Node, noconnection} -> ended
             end,
    State = receive {'DOWN', Monitor, process, Engine, _} -> ends
            after 200 -> goes_on = on(Node, fun() -> goes_on end)
            end,
    {Result, State, case servers() of
                        Before -> same;
                        Others -> Others -- Before
                    end}.

%% @private
names() ->
    [init, user, standard_error, logger, code_server, file_server_2, net_kernel, erl_signal_server].

servers() ->
    {[{Name, whereis(Name)} || Name <- [application_controller, kernel_sup | names()]], logger:get_handler_ids(), lists:map(fun abs/1, [-1])}.

%% On the engine.

work(exit_signals) ->
    lists:usort([lists:usort([exit(whereis(Name), Reason) || Reason <- [kill, killed, shutdown, normal, boom]]) || Name <- names()]);
work(linked_ends) ->
    lists:usort([linked_ends(whereis(Name), Reason) || Reason <- [kill, killed, shutdown, boom], Name <- names()]);
work(exit_of_leader) ->
    exit(group_leader(), kill);
work(kernel_stops) ->
    ok = application:stop(kernel),
    receive never -> ok end;
work(init_stops) ->
    ok = init:stop(),
    receive never -> ok end;
work(halts) ->
    halt();
work(net_kernel_stops) ->
    net_kernel:stop();
work(code_is_deleted) ->
    lists:map(fun abs/1, [-1]),
    _ = code:purge(lists),
    {code:delete(lists), code:delete(lists)}.

linked_ends(Server, Reason) ->
    {Pid, Monitor} = spawn_monitor(fun() ->
                                       link(Server),
                                       true = lists:member(Server, element(2, process_info(self(), links))),
                                       exit(Reason)
                                   end),
    receive {'DOWN', Monitor, process, Pid, Reason} -> ok end.
