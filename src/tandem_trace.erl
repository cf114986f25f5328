%% SPDX-License-Identifier: Apache-2.0
%% @doc A trace of what an engine's schedulers do, for {@link tandem:trace/4}: fetched in pieces while it is recorded
%% (c_src/proc/timeline.h), and written as it comes, in the trace event format that Perfetto and Chrome's viewer open.
%%
%% The events of each scheduler are in the order of their times, but for the beginnings of arrows: both ends are written when the
%% message is taken in, so that no arrow has one alone. The events are flat, and hundreds of thousands of them are written, so
%% they are put together here and not by a library for JSON.
-module(tandem_trace).

-export([run/4, takes/0]).

-include_lib("kernel/include/file.hrl").

-export_type([options/0, summary/0]).

-type options() :: #{limit => pos_integer()}.
-type summary() :: #{events := non_neg_integer(), bytes := non_neg_integer(), seconds := float(), arrows := non_neg_integer(),
                     lost := non_neg_integer(), cut := boolean()}.
%% `lost' events were too many for the engine to hold until they were fetched: the trace shows where; `cut': the file had reached its
%% limit, and the trace ends early, after so many `seconds'.

-define(LIMIT, 64 bsl 20).
-define(LEAST_LIMIT, 64 bsl 10).
-define(MOST_SECONDS, 86_400).
-define(PAUSE, 20).             % milliseconds between two requests, when the last one has got all
-define(PATIENCE, 5000).

%% The rows of c_src/proc/timeline.def.
-define(RUN, 0).
-define(RAN, 1).
-define(COLLECT, 2).
-define(COLLECTED, 3).
-define(OUTSIDE, 4).
-define(DELIVERED, 5).
-define(TAKEN, 6).
-define(LEFT, 7).
-define(GIVEN, 8).
-define(LOST, 9).
-define(NAMED, 16#10000).

%% `open': how many slices and collections of a scheduler have begun and not ended; `missing': how many of its records the engine
%% has not written, as far as events have told.
-record(trace, {node :: node(), device :: file:fd(), limit :: pos_integer(), start = 0 :: integer(), stop = 0 :: integer(), last = 0 :: integer(),
                open = #{} :: #{pos_integer() => non_neg_integer()}, missing = #{} :: #{pos_integer() => non_neg_integer()},
                atoms = #{} :: #{non_neg_integer() => atom()}, names = #{} :: map(), first = true :: boolean(), bytes = 0 :: non_neg_integer(),
                events = 0 :: non_neg_integer(), arrows = 0 :: non_neg_integer(), cut = false :: boolean()}).

%% @doc Records for so many seconds, and returns when the file is closed.
-spec run(node(), number(), file:name_all(), options()) -> {ok, summary()} | {error, term()}.
run(Node, Seconds, File, Options) ->
    case check(Seconds, Options) of
        ok -> in_a_process(Node, fun() -> record(Node, Seconds, File, maps:get(limit, Options, ?LIMIT)) end);
        {error, Reason} -> {error, Reason}
    end.

%% @doc What may be given for each option.
-spec takes() -> tandem_reason:options().
takes() ->
    [{limit, "bytes, at least " ++ integer_to_list(?LEAST_LIMIT)}].

check(Seconds, _) when not is_number(Seconds); Seconds =< 0; Seconds > ?MOST_SECONDS -> {error, {bad_seconds, Seconds}};
check(_, Options) when not is_map(Options) -> {error, {bad_options, Options}};
check(_, Options) ->
    case maps:to_list(Options) of
        [] -> ok;
        [{limit, Limit}] when is_integer(Limit), Limit >= ?LEAST_LIMIT -> ok;
        [{limit, Limit}] -> {error, {bad_option, limit, Limit}};
        [{Name, _} | _] when Name =/= limit -> {error, {unknown_option, Name}};
        [_, {Name, _} | _] -> {error, {unknown_option, Name}}
    end.

%% The caller's mailbox and heap have nothing to do with it; if the caller ends, so does the recording.
in_a_process(Node, F) ->
    Caller = self(),
    Ref = make_ref(),
    {Pid, Monitor} = spawn_monitor(fun() ->
                                           Worker = self(),
                                           _ = spawn(fun() -> end_with(Caller, Worker, Node) end),
                                           Caller ! {Ref, F()}
                                   end),
    receive
        {Ref, Result} ->
            erlang:demonitor(Monitor, [flush]),
            Result;
        {'DOWN', Monitor, process, Pid, Reason} ->
            {error, Reason}
    end.

end_with(Caller, Worker, Node) ->
    Of = erlang:monitor(process, Worker),
    By = erlang:monitor(process, Caller),
    receive
        {'DOWN', Of, _, _, _} -> ok;
        {'DOWN', By, _, _, _} ->
            exit(Worker, kill),
            receive {'DOWN', Of, _, _, _} -> tandem_engine:ask(Node, timeline_stop, ?PATIENCE) end
    end.

record(Node, Seconds, File, Limit) ->
    case tandem_engine:ask(Node, info, ?PATIENCE) of
        {error, Reason} ->
            {error, Reason};
        _ ->
            case file:open(File, [write, raw, binary]) of
                {ok, Device} -> record_to(Device, Node, Seconds, File, Limit);
                {error, Reason} -> {error, {file, File, Reason}}
            end
    end.

%% A file that could not be written to its end is of no use to anybody.
record_to(Device, Node, Seconds, File, Limit) ->
    try start(#trace{node = Node, device = Device, limit = Limit}, Seconds) of
        Result ->
            case file:close(Device) of
                ok -> Result;
                {error, Reason} -> throw_away(File, Reason)
            end
    catch
        throw:{file, Reason} ->
            _ = tandem_engine:ask(Node, timeline_stop, ?PATIENCE),
            _ = file:close(Device),
            throw_away(File, Reason)
    end.

throw_away(File, Reason) ->
    case file:read_link_info(File) of
        {ok, #file_info{type = regular}} -> _ = file:delete(File), ok;
        _ -> ok
    end,
    {error, {file, File, Reason}}.

start(#trace{node = Node, device = Device} = Trace, Seconds) ->
    case tandem_engine:ask(Node, timeline_start, ?PATIENCE) of
        Start when is_integer(Start) ->
            Begun = text(["{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"], Trace),
            Named = event([<<"\"ph\":\"M\",\"name\":\"process_name\",\"tid\":0,\"args\":{\"name\":">>, json(atom_to_binary(Node)), $}], Begun),
            follow(Named#trace{start = Start, stop = Start + round(Seconds * 1_000_000_000), last = Start});
        Other ->
            _ = file:truncate(Device),
            case Other of
                busy -> {error, already_traced};
                memory -> {error, {system_limit, memory}};
                {error, Reason} -> {error, Reason}
            end
    end.

follow(#trace{node = Node, stop = Stop} = Trace) ->
    case tandem_engine:ask(Node, timeline_take, ?PATIENCE) of
        {Time, Rings, Atoms} ->
            #trace{bytes = Bytes, limit = Limit} = Got = got(Rings, Atoms, Trace),
            Whole = lists:all(fun({_, All, _}) -> All end, Rings),
            if
                Bytes >= Limit -> finish(Got#trace{cut = true});
                Time >= Stop, Whole -> finish(missing(Rings, Got));
                Whole -> timer:sleep(?PAUSE), follow(Got);
                true -> follow(Got)
            end;
        {error, Reason} ->
            _ = finish(Trace),
            {error, case Reason of {not_an_engine, _} -> noconnection; _ -> Reason end}
    end.

got(Rings, Atoms, #trace{atoms = Known} = Trace) ->
    lists:foldl(fun({Track, {Records, _, _}}, T) -> records(Records, Track, known(Track, T)) end,
                Trace#trace{atoms = maps:merge(Known, maps:from_list(Atoms))}, numbered(Rings)).

numbered(List) -> lists:zip(lists:seq(1, length(List)), List).

known(Track, #trace{open = Open} = Trace) when is_map_key(Track, Open) ->
    Trace;
known(Track, #trace{open = Open, missing = Missing} = Trace) ->
    event([<<"\"ph\":\"M\",\"name\":\"thread_name\",\"tid\":">>, integer_to_binary(Track), <<",\"args\":{\"name\":\"scheduler ">>,
           integer_to_binary(Track), <<"\"}">>], Trace#trace{open = Open#{Track => 0}, missing = Missing#{Track => 0}}).

records(<<Time:64/signed-little, What:64/little, More:64/little, Kind:32/little, Number:32/little, Rest/binary>>, Track,
        #trace{stop = Stop, last = Last, bytes = Bytes, limit = Limit} = Trace) when Time =< Stop, Bytes < Limit ->
    records(Rest, Track, moment(Kind, {Track, Time}, What, More, Number, Trace#trace{last = max(Last, Time)}));
records(_, _, Trace) ->
    Trace.

%% What an engine has not recorded at the end, when no more room came for saying so.
missing(Rings, #trace{last = Last} = Trace) ->
    lists:foldl(fun({Track, {_, _, Lost}}, #trace{missing = Missing} = T) ->
                        case Lost - maps:get(Track, Missing) of
                            0 -> T;
                            More -> moment(?LOST, {Track, Last}, More, 0, 0, T)
                        end
                end, Trace, numbered(Rings)).

moment(?RUN, At, Pid, More, Number, Trace) ->
    {Name, Named} = name(More, Number, Trace),
    opened(At, at($B, At, [<<",\"cat\":\"process\",\"name\":">>, Name, <<",\"args\":{\"pid\":\"">>, process(Pid), <<"\"}">>], Named));
moment(?RAN, At, Reductions, _, Number, Trace) ->
    closed(At, at($E, At, [<<",\"args\":{\"reductions\":">>, integer_to_binary(Reductions), <<",\"then\":\"">>, ending(Number), <<"\"}">>], Trace));
moment(?COLLECT, At, _, _, Number, Trace) ->
    opened(At, at($B, At, [<<",\"cat\":\"memory\",\"name\":\"">>, case Number of 1 -> <<"full collection">>; _ -> <<"collection">> end, $"], Trace));
moment(?COLLECTED, At, Words, _, _, Trace) ->
    closed(At, at($E, At, [<<",\"args\":{\"words\":">>, integer_to_binary(Words), $}], Trace));
moment(?OUTSIDE, At, _, _, _, Trace) ->
    opened(At, at($B, At, <<",\"cat\":\"outside\",\"name\":\"from outside\"">>, Trace));
moment(?DELIVERED, At, _, _, _, Trace) ->
    closed(At, at($E, At, <<>>, Trace));
moment(?TAKEN, At, Mark, _, _, #trace{arrows = Arrows} = Trace) ->
    Arrow = [<<",\"cat\":\"message\",\"name\":\"message\",\"id\":\"">>, integer_to_binary(Mark, 16), $"],
    Begun = at($s, {Mark bsr 48 + 1, Mark band 16#ffffffffffff}, Arrow, Trace),
    at($f, At, [<<",\"bp\":\"e\"">>, Arrow], Begun#trace{arrows = Arrows + 1});
moment(?LEFT, At, _, _, _, Trace) ->
    instant(At, <<"message to another node">>, Trace);
moment(?GIVEN, At, Count, _, To, Trace) ->
    instant(At, [<<"gave ">>, integer_to_binary(Count), <<" to scheduler ">>, integer_to_binary(To + 1)], Trace);
moment(?LOST, {Track, _} = At, Count, _, _, #trace{missing = Missing} = Trace) ->
    instant(At, [integer_to_binary(Count), <<" events not recorded">>], Trace#trace{missing = Missing#{Track => maps:get(Track, Missing) + Count}}).

instant(At, Text, Trace) -> at($i, At, [<<",\"s\":\"t\",\"cat\":\"scheduler\",\"name\":\"">>, Text, $"], Trace).

ending(0) -> <<"waits">>;
ending(1) -> <<"yields">>;
ending(_) -> <<"exits">>.

process(Pid) -> [<<"<0.">>, integer_to_binary(Pid band 16#ffffffff), $., integer_to_binary(Pid bsr 32), $>].

opened({Track, _}, #trace{open = Open} = Trace) -> Trace#trace{open = Open#{Track => maps:get(Track, Open) + 1}}.

closed({Track, _}, #trace{open = Open} = Trace) -> Trace#trace{open = Open#{Track => maps:get(Track, Open) - 1}}.

name(More, Number, #trace{names = Names, atoms = Atoms} = Trace) ->
    case Names of
        #{{More, Number} := Name} ->
            {Name, Trace};
        #{} ->
            First = atom_to_binary(maps:get(More bsr 32, Atoms)),
            Name = case Number of
                       ?NAMED -> json(First);
                       Arity -> json(function(First, atom_to_binary(maps:get(More band 16#ffffffff, Atoms)), Arity))
                   end,
            {Name, Trace#trace{names = Names#{{More, Number} => Name}}}
    end.

function(<<"Elixir.", Module/binary>>, Function, Arity) -> <<Module/binary, $., Function/binary, $/, (integer_to_binary(Arity))/binary>>;
function(Module, Function, Arity) -> <<Module/binary, $:, Function/binary, $/, (integer_to_binary(Arity))/binary>>.

json(Text) -> iolist_to_binary(tandem_json:encode(Text)).

at(Phase, {Track, Time}, Rest, Trace) ->
    event([<<"\"ph\":\"">>, Phase, <<"\",\"tid\":">>, integer_to_binary(Track), <<",\"ts\":">>, time(Time), Rest], Trace).

%% Microseconds.
time(Nanoseconds) ->
    Part = Nanoseconds rem 1000,
    [integer_to_binary(Nanoseconds div 1000), $., $0 + Part div 100, $0 + Part div 10 rem 10, $0 + Part rem 10].

event(Content, #trace{first = First, events = Events} = Trace) ->
    Comma = case First of
                true -> <<>>;
                false -> <<",\n">>
            end,
    text([Comma, <<"{\"pid\":1,">>, Content, $}], Trace#trace{first = false, events = Events + 1}).

%% Pieces are gathered in the process dictionary of the process that does nothing else than this.
text(Text, #trace{bytes = Bytes} = Trace) ->
    Size = iolist_size(Text),
    {Waiting, Old} = case get(text) of
                         undefined -> {0, []};
                         Gathered -> Gathered
                     end,
    put(text, {Waiting + Size, [Old, Text]}),
    case Waiting + Size > 1 bsl 16 of
        true -> flush(Trace);
        false -> ok
    end,
    Trace#trace{bytes = Bytes + Size}.

flush(#trace{device = Device}) ->
    {_, Text} = put(text, {0, []}),
    case file:write(Device, Text) of
        ok -> ok;
        {error, Reason} -> throw({file, Reason})
    end.

%% What has not ended yet ends where the trace does.
finish(#trace{node = Node} = Trace) ->
    _ = tandem_engine:ask(Node, timeline_stop, ?PATIENCE),
    #trace{open = Open, last = Last} = Trace,
    Closed = lists:foldl(fun(Track, T) -> closed({Track, Last}, at($E, {Track, Last}, <<>>, T)) end, Trace,
                         [Track || {Track, Count} <- lists:sort(maps:to_list(Open)), _ <- lists:seq(1, Count)]),
    Seconds = (Last - Trace#trace.start) / 1_000_000_000,
    #trace{events = Events, cut = Cut, arrows = Arrows, missing = Missing} = Closed,
    Lost = lists:sum(maps:values(Missing)),
    Ended = text([<<"\n],\"otherData\":{\"cut\":\"">>, atom_to_binary(Cut), <<"\",\"lost\":\"">>, integer_to_binary(Lost), <<"\"}}\n">>], Closed),
    flush(Ended),
    {ok, #{events => Events, bytes => Ended#trace.bytes, seconds => Seconds, arrows => Arrows, lost => Lost, cut => Cut}}.
