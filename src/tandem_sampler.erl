%% SPDX-License-Identifier: Apache-2.0
%% @doc What the processes of an engine do. This module runs on the engine, for {@link tandem_top}: one process, which ends with
%% whoever looks. All processes are asked at once, by signals, so that a busy engine is kept waiting no longer than a round of its
%% run queue takes; those that have not answered in time are left out.
-module(tandem_sampler).

-export([start/1]).

-export_type([order/0, row/0, sample/0]).

-type order() :: reductions | memory | mailbox.
-type row() :: #{pid := pid(), reductions := non_neg_integer(), memory := non_neg_integer(), mailbox := non_neg_integer(),
                 name := atom() | mfa(), % registered, or what it was started with
                 current := mfa() | undefined}.
%% `reductions' since the last sample; `looked_at' of all `processes' have been asked.
-type sample() :: #{processes := non_neg_integer(), looked_at := non_neg_integer(), rows := [row()]}.

%% More processes than this are not asked: then one in two, three, ... by a hash, so that it is the same ones each time.
-define(MOST, 20000).

-define(PATIENCE, 500).

%% @doc Serves one process: `{sample, Ref, Order, Count}' is answered by `{Ref, Sample}' with the first `Count' in that order.
-spec start(pid()) -> ok.
start(Client) ->
    _ = erlang:monitor(process, Client),
    loop(Client, #{}).

loop(Client, Before) ->
    receive
        {sample, Ref, Order, Count} ->
            {Sample, Now} = sample(Order, Count, Before),
            Client ! {Ref, Sample},
            loop(Client, Now);
        {'DOWN', _, process, Client, _} ->
            ok;
        _ ->
            loop(Client, Before)
    end.

sample(Order, Count, Before) ->
    All = processes(),
    Number = length(All),
    Asked = chosen(All, Number),
    Answers = ask(Asked, [reductions, memory, message_queue_len]),
    Rows = [row(Pid, Info, Before) || {Pid, Info} <- Answers],
    First = lists:sublist(lists:sort(fun(A, B) -> key(Order, A) >= key(Order, B) end, Rows), Count),
    {#{processes => Number, looked_at => length(Asked), rows => named(First)},
     maps:from_list([{Pid, Reductions} || {Pid, [{reductions, Reductions} | _]} <- Answers])}.

chosen(All, Number) when Number =< ?MOST ->
    All;
chosen(All, Number) ->
    Every = Number div ?MOST + 1,
    [Pid || Pid <- All, erlang:phash2(Pid) rem Every =:= 0].

row(Pid, [{reductions, Reductions}, {memory, Memory}, {message_queue_len, Length}], Before) ->
    Old = maps:get(Pid, Before, 0),
    #{pid => Pid, reductions => max(Reductions - Old, 0), memory => Memory, mailbox => Length}.

key(Order, #{pid := Pid} = Row) -> {maps:get(Order, Row), Pid}.

%% Of the first ones more is wanted than can be asked of all.
named(Rows) ->
    Pids = [Pid || #{pid := Pid} <- Rows],
    Infos = maps:from_list(ask(Pids, [registered_name, current_function, initial_call, dictionary])),
    [Row#{name => name(maps:get(Pid, Infos, [])), current => current(maps:get(Pid, Infos, []))} || #{pid := Pid} = Row <- Rows].

name([{registered_name, Name} | _]) when is_atom(Name) -> Name;
name([_, _, {initial_call, {proc_lib, _, _}} | _] = Info) -> proc_lib:translate_initial_call(Info);
name([_, _, {initial_call, Call} | _]) -> Call;
name(_) -> undefined.

current([_, {current_function, {_, _, _} = Current} | _]) -> Current;
current(_) -> undefined.

%% The answers of those that are alive and not kept by something long, in no order.
ask(Pids, Items) ->
    Asked = maps:from_list([{tandem_native:ask_process_info(Pid, Items), Pid} || Pid <- Pids]),
    gather(Asked, erlang:monotonic_time(millisecond) + ?PATIENCE, []).

gather(Asked, _, Answers) when map_size(Asked) =:= 0 ->
    Answers;
gather(Asked, Deadline, Answers) ->
    receive
        {Ref, Answer} when is_map_key(Ref, Asked) ->
            {Pid, Rest} = maps:take(Ref, Asked),
            gather(Rest, Deadline, [{Pid, Answer} || is_list(Answer)] ++ Answers)
    after max(Deadline - erlang:monotonic_time(millisecond), 0) ->
            Answers
    end.
