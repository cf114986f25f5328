%% SPDX-License-Identifier: Apache-2.0
%% Long natives with arguments so large that they are done in many turns; on the stress build, whose slices are short, all of them.
%% Larger ones are compared by test/erl/tandem_yield_tests.erl.
-module(same_yield).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

-define(SIZE, 3_000).
-define(OBJECTS, 1_000).

%% Of bench_yield: those that give the same on both sides. Not a program: it has an argument too many.
all(Names) -> [{Name, erlang:phash2((bench_yield:native(Name, ?SIZE))())} || Name <- Names].

names(all) -> lists:append([names(Group) || Group <- [lists, external, binaries, hashes, unicode, tuples, maps, numbers, ets, sending, exits]]);
names(lists) -> [length, length_applied, reverse, append, subtract, member, keyfind];
names(external) -> [term_to_binary, term_to_binary_compressed, term_to_iovec, external_size, binary_to_term, binary_to_term_maps];
names(binaries) -> [list_to_binary, iolist_size, iolist_to_iovec, binary_to_list, copy_binary, longest_common_prefix, matches, match, split,
                    split_binary_global];
names(hashes) -> [md5, crc32, adler32, phash2, phash];
names(unicode) -> [utf8_to_list, list_to_utf8, list_to_string];
names(tuples) -> [list_to_tuple, tuple_to_list, append_element, set_element, make_tuple, flat_size];
names(ets) -> [ets_insert, ets_tab2list, ets_select, ets_select_ordered, ets_match, ets_select_count, ets_select_delete, ets_select_replace,
               ets_delete_all_objects, ets_delete];
names(numbers) -> [multiply, divide, multiply_applied, divide_applied, big_to_list, big_to_binary, list_to_big, binary_to_big];
names(sending) -> [send, send_named, send_options, send_shared, get_dictionary, match_spec_run];
names(exits) -> [exit_links, exit_monitors, exit_monitored, exit_ets, exit_reason, exit_signal];
names(maps) -> [maps_from_list, maps_from_keys, maps_to_list, maps_keys, maps_values, maps_merge].

of_lists() -> all(names(lists)).
of_external() -> all(names(external)).
of_binaries() -> all(names(binaries)).
of_hashes() -> all(names(hashes)).
of_unicode() -> all(names(unicode)).
of_tuples() -> all(names(tuples)).
of_numbers() -> all(names(numbers)).
of_ets() -> all(names(ets)).
of_sending() -> all(names(sending)).
of_exits() -> all(names(exits)).
of_maps() -> all(names(maps)).

%% The arguments of a failed call are those that it was called with.
failures() ->
    L = lists:seq(1, ?SIZE) ++ improper,
    [try apply(M, F, A) catch Class:Reason:Stack -> {Class, Reason, erlang:phash2(element(3, hd(Stack)))} end
     || {M, F, A} <- [{lists, reverse, [L, []]}, {lists, member, [x, L]}, {lists, keyfind, [x, 1, L]}, {erlang, '++', [L, []]},
                      {erlang, '--', [L, [1]]}, {erlang, length, [L]}]].

%% Huge integers in guards, with registers behind those that are live, with failures, and whose text is that of none.
huge() ->
    A = (1 bsl 100_000) div 3, B = (1 bsl 50_000) div 7,
    Text = integer_to_list(A),
    [erlang:phash2(huge(A, B, x, y)), erlang:phash2(huge(B, A, x, y)), A * B div B =:= A, (A * B + 5) rem B, list_to_integer(Text) =:= A,
     binary_to_integer(list_to_binary(Text)) =:= A, list_to_integer(integer_to_list(-A, 36), 36) =:= -A, erlang:phash2(integer_to_binary(A * A)),
     string:to_integer(Text ++ "rest") =:= {A, "rest"},
     try list_to_integer(Text ++ element(2, {text, [x]})) catch error:Reason:Trace -> {Reason, element(1, hd(Trace)), element(2, hd(Trace))} end,
     try binary_to_integer(list_to_binary(Text ++ element(2, {text, "x"}))) catch error:Other -> Other end].

huge(A, B, X, Y) when A * B rem (B + 1) > B -> {X, Y};
huge(A, B, X, Y) -> C = A * B, {X, Y, C div (B + 1), C rem (A + 1), erlang:phash2(C * C)}.

%% The same as functions, which fail as instructions do, and in match specifications, where nobody could go on with them.
applied() ->
    A = (1 bsl 100_000) div 3, B = (1 bsl 50_000) div 7,
    Apply = fun(Name, Args) -> apply(erlang, Name, Args) end,
    Product = Apply('*', [A, B]),
    Funs = [fun erlang:'*'/2, fun erlang:'div'/2, fun erlang:'rem'/2, fun erlang:'+'/2, fun erlang:'-'/2, fun erlang:'bxor'/2],
    Spec = [{{'$1', '$2'}, [{'>', {'*', '$1', '$2'}, 0}], [{{{'*', '$1', '$2'}, {'div', '$1', '$2'}, {'rem', '$1', '$2'}, {'div', '$1', {'-', '$2', '$2'}}}}]}],
    T = ets:new(t, []),
    ets:insert(T, {A, B}),
    Huge = 1 bsl (1 bsl 24),
    {Product =:= A * B, erlang:phash2([Fun(A, B) || Fun <- Funs]), Apply('div', [Product, B]) =:= A, Apply('rem', [Product + 5, B]),
     erlang:phash2([hd(ets:match_spec_run([{A, B}], ets:match_spec_compile(Spec))), ets:select(T, Spec), ets:test_ms({A, B}, Spec)]),
     [try apply(erlang, Name, Args) catch Class:Reason:Stack -> {Class, Reason, erlang:phash2(element(3, hd(Stack)))} end
      || {Name, Args} <- [{'*', [Huge, Huge]}, {'*', [A, x]}, {'div', [A, 0]}, {'rem', [A, 1.0]}]]}.

%% Signals are taken in meanwhile: messages wait, exits of links count afterwards.
signals() ->
    process_flag(trap_exit, true),
    Self = self(),
    L = lists:seq(1, ?SIZE * 4),
    Others = [spawn_link(fun() -> Self ! {hello, N}, exit({bye, N}) end) || N <- lists:seq(1, 5)],
    R = lists:reverse(L),
    Hellos = lists:sort([receive {hello, N} -> N end || _ <- Others]),
    Byes = lists:sort([receive {'EXIT', Other, {bye, N}} -> N end || Other <- Others]),
    {hd(R), Hellos, Byes}.

%% Whom it asks to collect its garbage in the middle collects later, and who is suspended goes on later.
asked() ->
    Self = self(),
    {Pid, Monitor} = spawn_monitor(fun() ->
                                           L = lists:seq(1, ?SIZE * 4),
                                           Self ! ready,
                                           exit({length(lists:reverse(L) ++ L), hd(lists:reverse(L))})
                                   end),
    receive ready -> ok end,
    _ = erlang:garbage_collect(Pid),
    _ = (catch erlang:suspend_process(Pid)),    % it may have ended
    _ = (catch erlang:resume_process(Pid)),
    _ = erlang:garbage_collect(Pid),
    receive {'DOWN', Monitor, process, Pid, Reason} -> Reason end.

%% What one call inserts is there as a whole or not at all; two calls at once don't mix.
insertions() ->
    [begin
         T = ets:new(T0, [Type, public, named_table]),
         Objects = fun(Mark) -> [{N, Mark} || N <- lists:seq(1, ?OBJECTS)] end,
         Looks = [fun() -> ets:info(T, size) end,
                  fun() -> case ets:member(T, ?OBJECTS) of true -> length([N || N <- lists:seq(1, ?OBJECTS, 100), ets:lookup(T, N) =/= []]) * 100; false -> 0 end end],
         Self = self(),
         Watchers = [spawn_link(fun() -> Self ! {self(), ready}, watch(Look, Self, []) end) || Look <- Looks],
         _ = [receive {Watcher, ready} -> ok end || Watcher <- Watchers],
         Writers = [spawn_monitor(fun() -> exit({inserted, ets:insert(T, Objects(Mark))}) end) || Mark <- [a, b]],
         Written = [receive {'DOWN', Monitor, process, Pid, Reason} -> Reason end || {Pid, Monitor} <- Writers],
         Seen = [begin Watcher ! stop, receive {Watcher, Some} -> [S || S <- Some, S rem ?OBJECTS =/= 0] end end || Watcher <- Watchers],
         Marks = length(lists:usort([Mark || {_, Mark} <- ets:tab2list(T)])),
         Again = ets:insert_new(T, Objects(c)),
         ets:delete(T),
         {Written, Seen, Marks, Again}
     end || {T0, Type} <- [{a_set, set}, {a_tree, ordered_set}, {a_bag, bag}, {bags, duplicate_bag}]].

watch(Look, To, Seen) ->
    receive stop -> To ! {self(), lists:usort(Seen)} after 0 -> watch(Look, To, [Look() | lists:sublist(Seen, 1000)]) end.

%% In the middle of an insertion its table gets another name, or is given away, or is fixed, or ends with its owner, or somebody
%% more important than who inserts looks at it, again and again.
insertion_disturbed() ->
    [begin
         Self = self(),
         {Owner, Down} = spawn_monitor(fun() -> T = ets:new(table, [public, named_table]), Self ! {table, ets:whereis(T)}, receive stop -> ok end end),
         T = receive {table, Found} -> Found end,
         {Writer, Written} = spawn_monitor(fun() ->
                                                   process_flag(priority, low),
                                                   Self ! ready,
                                                   catch ets:insert(table, [{N, N} || N <- lists:seq(1, ?OBJECTS)])
                                           end),
         receive ready -> ok end,
         process_flag(priority, high),
         erlang:yield(),
         Disturb(T, Owner, Writer),
         process_flag(priority, normal),
         Owner ! stop,
         _ = [receive {'DOWN', Monitor, process, _, _} -> ok end || Monitor <- [Down, Written]],
         {Which, ets:info(T, size)}
     end || {Which, Disturb} <- [{rename, fun(T, _, _) -> ets:rename(T, other) end},
                                 {fix, fun(T, _, _) -> ets:safe_fixtable(T, true), ets:safe_fixtable(T, false) end},
                                 {look, fun(T, _, _) -> [ets:info(T, size) || _ <- lists:seq(1, 1000)] end},
                                 {stop, fun(_, Owner, _) -> Owner ! stop end},
                                 {kill, fun(_, _, Writer) -> exit(Writer, kill) end},
                                 {delete, fun(T, _, _) -> ets:delete(T) end}]].

%% A table that others change or delete while it is walked.
tables() ->
    [begin
         T = ets:new(t, [Type, public]),
         [ets:insert(T, {N, N rem 7}) || N <- lists:seq(1, ?SIZE)],
         Self = self(),
         spawn_link(fun() -> [ets:insert(T, {{other, N}, a}) || N <- lists:seq(1, 100)], Self ! done end),
         Found = lists:sort(ets:select(T, [{{'$1', 3}, [], ['$1']}])),
         receive done -> ok end,
         Deleted = ets:select_delete(T, [{{'_', 3}, [], [true]}]),
         Left = {ets:info(T, size), ets:info(T, safe_fixed_monotonic_time), lists:sum([N || {N, _} <- ets:tab2list(T), is_integer(N)])},
         {length(Found), erlang:phash2(Found), Deleted, Left, ets:delete_all_objects(T), ets:tab2list(T), ets:delete(T)}
     end || Type <- [set, ordered_set, bag, duplicate_bag]].

%% In a guard, in a body, and where nothing could go on with it.
lengths() ->
    L = lists:seq(1, ?SIZE * 4),
    {if length(L) > ?SIZE -> long; true -> short end, if length([a | L]) =:= 1; length([b | L]) < 2 -> wrong; true -> right end,
     element(1, element(2, (catch length(L ++ c)))), apply(erlang, length, [L]), ets:match_spec_run([{L}], ets:match_spec_compile([{{'$1'}, [{'>', {length, '$1'}, 3}], [{length, '$1'}]}])),
     length(L) + length(L)}.

%% Large messages keep their order, and their sender may be killed in the middle of one.
large_messages() ->
    L = [{N, <<N:1000>>} || N <- lists:seq(1, ?SIZE * 2)],
    Self = self(),
    Pid = spawn_link(fun() -> receive go -> Self ! one, Self ! {two, L}, Self ! three end end),
    Pid ! go,
    First = receive M1 -> M1 end,
    Second = receive {two, M2} -> erlang:phash2(M2) end,
    Third = receive M3 -> M3 end,
    {Sender, Monitor} = spawn_monitor(fun() -> Self ! {self(), L}, Self ! after_it end),
    erlang:yield(),
    exit(Sender, kill),
    receive {'DOWN', Monitor, process, Sender, _} -> ok end,
    receive {Sender, L} -> ok after 0 -> ok end,
    receive after_it -> ok after 0 -> ok end,
    {First, Second, Third}.

%% However a process is addressed; also where there is nobody.
addressed() ->
    L = [{N, <<N:1000>>} || N <- lists:seq(1, ?SIZE * 2)],
    Self = self(),
    Alias = alias(),
    true = register(yield_addressed, Self),
    _ = spawn_link(fun() ->
        yield_addressed ! {1, L}, {yield_addressed, node()} ! {2, L}, Alias ! {3, L},
        ok = erlang:send(Self, {4, L}, [noconnect]), ok = erlang:send(Alias, {5, L}, [nosuspend]), ok = erlang:send(yield_addressed, {6, L}, []),
        {yield_nobody, node()} ! L, unalias(Alias), Alias ! L,
        Self ! {7, [catch_class(Send) || Send <- [fun() -> yield_nobody ! L end, fun() -> erlang:send(yield_nobody, L, []) end,
                                                    fun() -> erlang:send(Self, L, [none]) end, fun() -> erlang:send(Self, L, [nosuspend | x]) end]]}
    end),
    Got = [receive {N, Got} -> erlang:phash2(Got) end || N <- lists:seq(1, 7)],
    unregister(yield_addressed),
    {Got, receive Other -> Other after 0 -> none end}.

%% Messages that are received one after the other without waiting are collected all the same.
received() ->
    Self = self(),
    L = lists:seq(1, ?SIZE),
    {Pid, Monitor} = spawn_monitor(fun() -> receive go -> Self ! {received, received_of(300, 0)} end end),
    _ = [Pid ! {N, L} || N <- lists:seq(1, 300)],
    Pid ! go,
    receive {received, Sum} -> receive {'DOWN', Monitor, process, Pid, normal} -> Sum end end.

received_of(0, Sum) -> Sum;
received_of(N, Sum) -> receive {M, [First, Second | _]} -> received_of(N - 1, Sum + M * First + Second) end.

%% Collections of heaps so large that they are done in turns: with messages, signals and questions in the middle.
collections() ->
    Self = self(),
    {Pid, Monitor} = spawn_monitor(fun() -> process_flag(trap_exit, true), exit({done, collector(Self)}) end),
    receive ready -> ok end,
    Linked = [spawn(fun() -> link(Pid), exit({bye, N}) end) || N <- lists:seq(1, 5)],
    _ = [Pid ! {N, <<N:1000>>, self()} || N <- lists:seq(1, 20)],
    _ = [erlang:garbage_collect(Pid) || _ <- lists:seq(1, 3)],
    Infos = [process_info(Pid, Item) || Item <- [status, trap_exit, priority, monitored_by], _ <- [process_info(Pid, messages)]],
    true = erlang:is_process_alive(Pid),
    Pid ! {stop, length(Linked)},
    receive {'DOWN', Monitor, process, Pid, {done, Done}} -> {Done, [Info || {_, _} = Info <- Infos, element(1, Info) =/= status]} end.

%% More than is collected at once. Natives make it, as the stress build collects for every need of code.
large(N) -> {binary_to_list(<<N:1_600_000>>), tuple_to_list(erlang:make_tuple(10_000, <<N:600>>)), make_ref()}.

collector(To) ->
    put(kept, large(1)),
    To ! ready,
    self() ! {large, get(kept)},
    true = erlang:garbage_collect(),
    Grown = [large(N) || N <- [2, 3]],
    {Exits, Others} = collected(To, 0, 0),
    receive {large, {Large, _, _}} -> ok end,
    {[erlang:phash2({A, B}) || {A, B, _} <- Grown], Exits, Others, erlang:phash2(Large), Large =:= element(1, get(kept))}.

collected(To, Exits, Others) ->
    receive
        {'EXIT', _, {bye, _}} -> collected(To, Exits + 1, Others);
        {_, <<_:1000>>, To} -> collected(To, Exits, Others + 1);
        {stop, Exits} when Others =:= 20 -> {Exits, Others}
    end.

%% A process that is killed, suspended, or over its limit in the middle of a collection, and one that hibernates.
collections_disturbed() ->
    Self = self(),
    Large = fun() -> {A, B, _} = large(1), Self ! {self(), ready}, {A, B} end,
    Ready = fun(Pid) -> receive {Pid, ready} -> ok end end,
    Ends = [begin
                {Pid, Monitor} = spawn_monitor(fun() -> Kept = Large(), receive go -> ok end, erlang:garbage_collect(), hold(Kept) end),
                Ready(Pid),
                Pid ! go,
                erlang:garbage_collect(Pid),
                exit(Pid, Reason),
                receive {'DOWN', Monitor, process, Pid, Why} -> Why end
            end || Reason <- [kill, shutdown, {some, [reason, <<"with">>, 1 bsl 70]}]],
    {Limited, Ended} = spawn_opt(fun() -> hold([large(N) || N <- [1, 2, 3]]) end,
                                 [monitor, {max_heap_size, #{size => 500_000, kill => true, error_logger => false}}]),
    Killed = receive {'DOWN', Ended, process, Limited, W} -> W end,
    Sleeper = spawn_link(fun() -> Kept = Large(), erlang:hibernate(?MODULE, woken, [Self, Kept, erlang:phash2(Kept)]) end),
    Ready(Sleeper),
    Sleeper ! wake,
    Woken = receive {Sleeper, Same} -> Same end,
    {Stopped, _} = Two = spawn_monitor(fun() -> Kept = Large(), receive go -> ok end, erlang:garbage_collect(), receive stop -> exit(erlang:phash2(Kept)) end end),
    Ready(Stopped),
    Stopped ! go,
    erlang:garbage_collect(Stopped),
    true = erlang:suspend_process(Stopped),
    {status, suspended} = process_info(Stopped, status),
    true = erlang:resume_process(Stopped),
    Stopped ! stop,
    Resumed = receive {'DOWN', _, process, _, Hash} when element(1, Two) =:= Stopped -> Hash end,
    {Ends, Killed, Woken, Resumed}.

hold(Kept) -> receive stop -> Kept end.

woken(To, Kept, Hash) -> receive wake -> To ! {self(), Hash =:= erlang:phash2(Kept)} end.

%% Large arguments of a spawn and reasons of an exit: whoever gets them, and who is killed while it spawns.
spawns() ->
    {A, B, _} = large(1),
    Hash = erlang:phash2({A, B}),
    process_flag(trap_exit, true),
    Self = self(),
    Spawned = [receive {'DOWN', Monitor, process, Pid, Reason} -> {Reason =:= Hash, receive {'EXIT', Pid, _} -> linked after 0 -> not_linked end} end
               || {Pid, Monitor} <- [spawn_monitor(fun() -> exit(erlang:phash2({A, B})) end), spawn_monitor(?MODULE, exits, [A, B]),
                                     spawn_opt(?MODULE, exits, [A, B], [link, monitor])]],
    Linked = spawn_link(?MODULE, exits, [A, B]),
    Reasons = [receive {'EXIT', Linked, Why} -> Why =:= Hash end
               | [begin
                      {Pid, Monitor} = spawn_opt(End, [link, monitor]),
                      Pid ! go,
                      {receive {'DOWN', Monitor, process, Pid, R1} -> erlang:phash2(R1) end, receive {'EXIT', Pid, R2} -> erlang:phash2(R2) end}
                  end || End <- [fun() -> receive go -> exit({A, B}) end end, fun() -> exit({B, <<1:1000>>}) end]]],
    Killed = [begin
                  {Pid, Monitor} = spawn_monitor(fun() -> Self ! ready, spawn_link(?MODULE, stays, [A, B]), hold(A) end),
                  receive ready -> ok end,
                  erlang:yield(),
                  exit(Pid, Reason),
                  receive {'DOWN', Monitor, process, Pid, R} -> erlang:phash2(R) end
              end || Reason <- [kill, {large, A}]],
    Request = spawn_request(?MODULE, exits, [A, B], [monitor]),
    Requested = receive {spawn_reply, Request, ok, Child} -> receive {'DOWN', Request, process, Child, H} -> H =:= Hash end end,
    {Spawned, Reasons, Killed, Requested}.

exits(A, B) -> exit(erlang:phash2({A, B})).

stays(A, B) -> receive stop -> {A, B} end.

%% Large tuples, lists of processes, and match specifications over lists, by natives that are killed in the middle too.
more() ->
    T = erlang:make_tuple(?SIZE * 10, x),
    Calls = [{make_tuple, fun() -> erlang:make_tuple(?SIZE * 10, y, [{1, a}, {?SIZE, b}]) end},
             {setelement, fun() -> setelement(?SIZE, T, b) end},
             {append, fun() -> erlang:append_element(T, c) end},
             {insert, fun() -> erlang:insert_element(?SIZE, T, d) end},
             {delete, fun() -> erlang:delete_element(?SIZE * 10, setelement(1, T, e)) end},
             {run, fun() -> ets:match_spec_run(tuple_to_list(setelement(7, T, {1, 2})), ets:match_spec_compile([{'$1', [{is_tuple, '$1'}], [{{'$1'}}]}, {x, [], [{x}]}])) end},
             {subtract, fun() -> tuple_to_list(T) -- tuple_to_list(setelement(9, T, z)) end},
             {to_list, fun() -> lists:sort(maps:to_list(maps:from_keys(lists:seq(1, ?SIZE), a))) end},
             {processes, fun() -> lists:member(self(), processes()) end}],
    [begin
         Same = erlang:phash2(Call()),
         {Pid, Monitor} = spawn_monitor(fun() -> hold(Call()) end),
         erlang:yield(),
         exit(Pid, kill),
         receive {'DOWN', Monitor, process, Pid, Why} -> {Name, Same, Why} end
     end || {Name, Call} <- Calls]
        ++ [catch_class(fun() -> erlang:make_tuple(?SIZE * 10, y, [{1, a}, {?SIZE * 20, b}]) end),
            catch_class(fun() -> ets:match_spec_run(lists:seq(1, ?SIZE) ++ x, ets:match_spec_compile([{'$1', [], ['$1']}])) end),
            catch_class(fun() -> spawn(?MODULE, exits, tuple_to_list(T)) end)].

catch_class(Fun) -> try Fun() catch Class:Reason -> {Class, Reason} end.

%% Expressions of floats, in the middle of which heaps that hold much are collected, while others compute as well.
floats() ->
    Self = self(),
    Pids = [spawn_link(fun() -> Kept = lists:seq(1, ?SIZE), Self ! {self(), waves(?OBJECTS, Factor, 0.0, []), length(Kept)} end) || Factor <- [0.25, 1.5, 3.75]],
    [receive {Pid, Sum, Kept} -> {Sum, Kept} end || Pid <- Pids].

waves(0, _, Sum, All) -> {Sum, lists:sum(All)};
waves(N, Factor, Sum, All) ->
    Wave = N * Factor + Sum / (N + 0.5) - Factor * Factor,
    waves(N - 1, Factor, Sum + Wave, [Wave | All]).

%% Bit strings with long fields: at any bit, more of them than are done later, whose construction fails behind them, or that extend
%% what was there.
bit_strings() ->
    A = binary:copy(<<"abcdefghij">>, 20_000), B = binary:copy(<<1, 2, 3>>, 70_000),
    <<_:5, Shifted/bitstring>> = A,
    Bits = 8 * byte_size(B) + 3,
    Huge = (1 bsl 800_000) div 7,
    Small = length([x]),
    [erlang:phash2(Built)
     || Built <- [<<A/binary, B/binary>>, <<Small:3, A/binary>>, <<Small:3, A/binary, 5:7, B/bitstring, Small:1>>, <<Shifted/bitstring, 1:1, Shifted/bitstring>>,
                  <<B:150_000/binary, A:100_000/binary, $x>>, <<Small:Bits>>, <<(-Small):Bits/little, A/binary>>, <<Small:5, (-Small):Bits, Small:3>>,
                  <<Small:3, Small:Bits/little, Small:2>>, <<Huge:900_000>>, <<3:3, (-Huge):900_001/little>>, <<Huge:700_001>>, <<Small:2, (-Huge):Bits>>,
                  <<A/binary, A/binary, A/binary, A/binary, A/binary, B/binary, A/binary, A/binary, A/binary, A/binary, B/binary>>,
                  lists:foldl(fun(I, Acc) -> <<Acc/binary, A/binary, I, B/binary>> end, <<>>, lists:seq(1, 5)),
                  << <<A/binary, X>> || <<X>> <= <<1, 2, 3, 4>> >>]]
        ++ [try <<A/binary, B/binary, Wrong/binary>> catch error:Reason:Stack -> {Reason, element(1, hd(Stack)), element(2, hd(Stack))} end
            || Wrong <- [wrong, <<1:1>>]]
        ++ [begin X = <<A/binary, $x>>, Y = <<X/binary, B/binary>>, Z = <<X/binary, A/binary, "z">>, [erlang:phash2(T) || T <- [X, Y, Z]] end].

%% Who makes one is killed in the middle, is asked to collect, gets messages; and two extend the same at once.
bit_strings_disturbed() ->
    Self = self(),
    A = binary:copy(<<"abcdefghij">>, 100_000),
    Start = <<A/binary, 1>>,
    Makers = [spawn_monitor(fun() -> Self ! ready, exit({done, erlang:phash2(<<Start/binary, N, A/binary>>), receive hello -> hello end}) end)
              || N <- [1, 2, 3]],
    disturbed(Makers).

%% Each says that it is ready, then is at something long; the last is killed in it.
disturbed(Makers) ->
    {Killed, _} = lists:last(Makers),
    _ = [receive ready -> ok end || _ <- Makers],
    _ = [begin Pid ! hello, erlang:garbage_collect(Pid) end || {Pid, _} <- Makers],
    exit(Killed, kill),
    [receive {'DOWN', Monitor, process, Pid, Reason} when Pid =/= Killed -> Reason; {'DOWN', Monitor, process, Killed, _} -> gone end
     || {Pid, Monitor} <- Makers].

%% Comparisons of large terms, by instructions and as functions, whose answer is found early, late, or behind long binaries and maps.
comparisons() ->
    L = lists:seq(1, ?SIZE * 2),
    T = [{I, [I | <<"text">>], #{I => <<I:64>>}} || I <- lists:seq(1, ?SIZE)],
    M = maps:from_list([{I, {I, I}} || I <- lists:seq(1, ?SIZE)]),
    B = binary:copy(<<"abcdefghij">>, 20_000),
    Pairs = [{L ++ [1], L ++ [1.0]}, {T, [setelement(1, hd(T), 1.0) | tl(T)]}, {T ++ [a], T ++ [a]}, {[T, T, x], [T, lists:reverse(T), x]}, {M, M#{5 := {5, 5.0}}},
             {M, M#{?SIZE := {b, a}}}, {maps:remove(1, M), M#{a => b}}, {[M | M], [maps:map(fun(_, V) -> V end, M) | M]}, {B, <<B/binary>>}, {[B | <<B/binary, 1>>], [B | <<B/binary, 2>>]},
             {<<1:1, B/binary>>, <<1:1, B/binary>>}, {list_to_tuple(L), list_to_tuple(L)}, {#{M => L}, #{M => L ++ [1]}}, {fun() -> {L, T} end, fun() -> T end}],
    [{compared(A, C), compared(C, A), called(A, C), called(C, A)} || {A, C} <- Pairs] ++ [erlang:phash2(lists:sort([T, L, [T], tl(T), L ++ L, T ++ T, L]))].

compared(A, B) ->
    {if A < B -> less; A > B -> more; A == B -> same end, if A =< B -> at_most; true -> more end, if A =:= B -> exactly; A =/= B -> not_exactly end,
     if A /= B -> differs; true -> equals end, A < B orelse A =:= B, case {A, 1} of {B, 1} -> match; _ -> no_match end, hash(min(A, B), max(B, A))}.

%% That of a fun is also its code's, which compilers make differently.
hash(A, B) when is_function(A) -> {is_function(A), is_function(B)};
hash(A, B) -> erlang:phash2({A, B}).

called(A, B) ->
    [apply(erlang, F, [A, B]) || F <- ['<', '>', '=<', '>=', '==', '/=', '=:=', '=/=']]
        ++ ets:match_spec_run([{A, B}], ets:match_spec_compile([{{'$1', '$2'}, [{'>=', '$1', '$2'}], [{{{'=:=', '$1', '$2'}, more}}]}, {'_', [], [less]}])).

%% Who compares is killed, or asked to collect in the middle.
comparisons_disturbed() ->
    Self = self(),
    Makers = [spawn_monitor(fun() ->
                                    A = [{N, [N]} || N <- lists:seq(1, ?SIZE * 4)], B = [{N, [N]} || N <- lists:seq(1, ?SIZE * 4)],
                                    Self ! ready,
                                    exit({[A =:= B, A == [B], A < B], receive hello -> hello end})
                            end) || _ <- [1, 2, 3]],
    disturbed(Makers).

%% Objects that are large, and keys with very many of them: what goes in and comes out, and what fails.
large_objects() ->
    Large = [{I, [I, <<I:1000>>]} || I <- lists:seq(1, ?SIZE)],
    [begin
         T = ets:new(t, [Type]),
         In = [ets:insert(T, {1, Large}), ets:insert_new(T, {1, Large}), ets:insert_new(T, {2, x, Large}), ets:insert(T, [{3, y}, {2, Large, z}, {4, Large}]),
               ets:insert_new(T, [{5, Large}, {3, Large}]), ets:insert_new(T, [{5, Large}, {6, Large}]), ets:insert(T, [{if Type =:= set; Type =:= ordered_set -> I + 6; true -> I rem 5 + 7 end, I} || I <- lists:seq(1, ?SIZE * 3)])],
         Out = [erlang:phash2(lists:sort(ets:lookup(T, Key))) || Key <- lists:seq(0, 12)],
         Elements = [catch_class(fun() -> erlang:phash2(lists:sort(lists:flatten([ets:lookup_element(T, Key, At)]))) end) || Key <- [0, 1, 2, 7, 8], At <- [0, 1, 2, 3, x]],
         Fixed = ets:safe_fixtable(T, true),
         Taken = [begin L = ets:take(T, Key), {length(L), erlang:phash2(lists:sort(L)), ets:lookup(T, Key)} end || Key <- [0, 1, 2, 8, 9]],
         Again = [ets:insert(T, {8, Large}), length(ets:lookup(T, 8)), ets:safe_fixtable(T, false), length(ets:lookup(T, 8))],
         Bad = [catch_class(fun() -> ets:insert(T, Bad) end) || Bad <- [Large, [{1, Large}, x], [{1, Large} | x], {}, x, [{}, {1, Large}]]],
         Gone = begin ets:delete(T), [catch_class(Fun) || Fun <- [fun() -> ets:insert(T, {1, Large}) end, fun() -> ets:lookup(T, 1) end, fun() -> ets:take(T, 1) end]] end,
         {Type, In, Out, Elements, Fixed, Taken, Again, Bad, Gone}
     end || Type <- [set, ordered_set, bag, duplicate_bag]].

%% They are read while others take, delete, and put them back: all of a key's or none. Readers are killed, and the table goes.
large_objects_disturbed() ->
    Objects = [{1, I, <<I:800>>} || I <- lists:seq(1, ?OBJECTS * 2)],
    T = ets:new(t, [duplicate_bag, public]),
    Self = self(),
    Readers = [spawn_monitor(fun() -> Self ! ready, exit({seen, read_key(T, Read, 20, [])}) end)
               || Read <- [fun() -> length(ets:lookup(T, 1)) end, fun() -> length(ets:lookup_element(T, 1, 3)) end, fun() -> length(ets:take(T, 1)) end,
                           fun() -> length(ets:lookup(T, 1)) end]],
    _ = [receive ready -> ok end || _ <- Readers],
    _ = [begin ets:insert(T, Objects), erlang:yield(), ets:delete(T, 1) end || _ <- lists:seq(1, 10)],
    {Killed, _} = lists:last(Readers),
    exit(Killed, kill),
    ets:insert(T, Objects),
    ets:delete(T),
    [receive
         {'DOWN', Monitor, process, Pid, {seen, Seen}} -> [N || N <- Seen, N rem (?OBJECTS * 2) =/= 0];
         {'DOWN', Monitor, process, Pid, killed} -> []
     end || {Pid, Monitor} <- Readers].

read_key(_, _, 0, Seen) -> Seen;
read_key(T, Read, N, Seen) ->
    try Read() of Length -> read_key(T, Read, N - 1, [Length | Seen]) catch error:badarg -> read_key(T, Read, N - 1, Seen) end.

%% Selections of very many objects of a key, while others change them, and from tables that others have fixed.
large_buckets() ->
    [begin
         T = ets:new(t, [Type, public]),
         ets:insert(T, [{I rem 2, I, <<I:600>>} || I <- lists:seq(1, ?OBJECTS * 5)]),
         Selections = [fun() -> ets:match_object(T, {1, '_', '_'}) end, fun() -> ets:tab2list(T) end, fun() -> ets:select(T, [{{0, '$1', '_'}, [{'<', '$1', 2000}], ['$1']}]) end,
                       fun() -> [ets:select_count(T, [{{'_', '$1', '_'}, [{'>', '$1', 100}], [true]}])] end, fun() -> ets:match(T, {'_', '$1', '_'}) end,
                       fun() -> ets:select(T, [{{1, '$1', '_'}, [], ['$1']}, {{0, 17, '$1'}, [], ['$1']}]) end],
         Hashes = fun() -> [erlang:phash2(lists:sort(Select())) || Select <- Selections] end,
         First = Hashes(),
         ets:safe_fixtable(T, true),
         [ets:delete_object(T, {I rem 2, I, <<I:600>>}) || I <- lists:seq(1, 200)],
         Second = Hashes(),
         {Fixer, Fixed} = spawn_monitor(fun() -> [begin ets:insert(T, {1, a, b}), ets:delete_object(T, {1, a, b}) end || _ <- lists:seq(1, 50)], ets:delete(T, 0), ets:delete(T, 1) end),
         {Reader, Read} = spawn_monitor(fun() -> _ = Hashes(), hold(T) end),
         _ = Hashes(),
         receive {'DOWN', Fixed, process, Fixer, _} -> ok end,
         exit(Reader, kill),
         receive {'DOWN', Read, process, Reader, _} -> ok end,
         Third = Hashes(),
         {Late, Failed} = spawn_monitor(fun() -> Self = self(), ets:insert(T, [{1, I} || I <- lists:seq(1, ?OBJECTS * 2)]), exit({late, catch_class(fun() -> length(ets:match_object(T, {1, '_'})) end), is_pid(Self)}) end),
         Last = receive {'DOWN', Failed, process, Late, Why} -> Why end,
         ets:delete(T),
         {Type, First, Second, Third, Last}
     end || Type <- [bag, duplicate_bag]].
