%% SPDX-License-Identifier: Apache-2.0
%% @doc A listener of EUnit that tells a process the status of every test.
-module(real_listener).

-behaviour(eunit_listener).

-export([start/0, start/1, init/1, handle_begin/3, handle_end/3, handle_cancel/3, terminate/2]).

%% @private
start() -> start([]).

%% @private
start(Options) -> eunit_listener:start(?MODULE, Options).

%% @private
init(Options) -> proplists:get_value(to, Options).

%% @private
handle_begin(_, _, To) -> To.

%% @private
handle_end(test, Data, To) -> To ! {event, status(proplists:get_value(status, Data))}, To;
handle_end(group, _, To) -> To.

status(ok) -> passed;
status({error, {Class, _, _}}) -> {failed, Class}.

%% @private
handle_cancel(Kind, Data, To) -> To ! {event, {cancelled, Kind, reason(proplists:get_value(reason, Data))}}, To.

reason({abort, {Why, _}}) -> Why;
reason(Reason) when is_atom(Reason) -> Reason;
reason(_) -> other.

%% @private
terminate({ok, _}, To) -> To ! done;
terminate({error, _}, To) -> To ! done.
