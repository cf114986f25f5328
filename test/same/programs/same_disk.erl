%% SPDX-License-Identifier: Apache-2.0
%% Tables and logs on disk: dets, disk_log, ets:tab2file, file_sorter. Their servers run where they are used.
-module(same_disk).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

%% dets

table() ->
    with_file(fun(F) ->
        {ok, D} = dets:open_file(same_disk_1, [{file, F}, {type, bag}, {auto_save, 100}]),
        ok = dets:insert(D, [{I, I rem 5} || I <- lists:seq(1, 200)]),
        {dets:lookup(D, 7), dets:info(D, size), dets:info(D, type), length(dets:match(D, {'$1', 3})), dets:member(D, 3), dets:delete(D, 3),
         dets:member(D, 3), dets:insert_new(D, {3, x}), dets:update_counter(D, 100000, 1), dets:close(D)}
    end).
table_again() ->
    with_file(fun(F) ->
        {ok, D} = dets:open_file(same_disk_2, [{file, F}]),
        ok = dets:insert(D, [{I, I rem 5} || I <- lists:seq(1, 2000)]),
        ok = dets:close(D),
        {ok, D} = dets:open_file(same_disk_2, [{file, F}, {access, read}]),
        A = {dets:lookup(D, 77), dets:info(D, no_objects), dets:foldl(fun({_, V}, S) -> S + V end, 0, D), lists:member(D, dets:all())},
        {A, dets:close(D), dets:is_dets_file(F), catch dets:lookup(D, 1)}
    end).
table_of_memory() ->
    with_file(fun(F) ->
        T = ets:new(t, []),
        ets:insert(T, [{I} || I <- lists:seq(1, 50)]),
        {ok, D} = dets:open_file(same_disk_3, [{file, F}]),
        U = ets:new(u, []),
        {ets:to_dets(T, D), ets:from_dets(U, D), dets:close(D), ets:info(U, size)}
    end).
table_is_shared() ->
    with_file(fun(F) ->
        P = holder(fun() -> {ok, _} = dets:open_file(same_disk_4, [{file, F}]) end),
        A = {dets:info(same_disk_4, size), dets:insert(same_disk_4, {1, 2}), dets:lookup(same_disk_4, 1)},
        stop(P),
        gone(fun() -> dets:info(same_disk_4, size) =:= undefined end),
        {A, dets:info(same_disk_4, size)}
    end).
table_cut_off() ->
    with_file(fun(F) ->
        {ok, D} = dets:open_file(same_disk_5, [{file, F}]),
        dets:insert(D, {1, 2}),
        dets:close(D),
        {ok, B} = file:read_file(F),
        file:write_file(F, binary:part(B, 0, byte_size(B) - 10)),
        element(1, dets:open_file(same_disk_5, [{file, F}, {repair, false}]))
    end).
table_walked() ->
    with_file(fun(F) ->
        {ok, D} = dets:open_file(same_disk_6, [{file, F}, {keypos, 2}]),
        dets:insert(D, [{x, I} || I <- lists:seq(1, 40)]),
        A = lists:sort(dets:traverse(D, fun({x, I}) when I rem 2 =:= 0 -> {continue, I}; (_) -> continue end)),
        B = dets:select_delete(D, [{{x, '$1'}, [{'>', '$1', 20}], [true]}]),
        {A, B, dets:sync(D), element(1, dets:bchunk(D, start)), dets:close(D)}
    end).

%% disk_log

log() ->
    with_file(fun(F) ->
        {ok, L} = disk_log:open([{name, same_disk_1}, {file, F}]),
        A = [disk_log:log(L, {a, 1}), disk_log:log_terms(L, [b, c]), disk_log:balog(L, term_to_binary(d)), disk_log:sync(L)],
        {More, Terms} = disk_log:chunk(L, start),
        B = {disk_log:chunk(L, More), disk_log:close(L), element(1, disk_log:open([{name, L}, {file, F}, {mode, read_only}]))},
        disk_log:close(L),
        {A, Terms, B, disk_log:log(L, x)}
    end).
log_wraps() ->
    with_file(fun(F) ->
        {ok, L} = disk_log:open([{name, same_disk_2}, {file, F}, {type, wrap}, {size, {200, 3}}, {notify, true}]),
        _ = [disk_log:log(L, lists:seq(1, 20)) || _ <- lists:seq(1, 30)],
        Info = disk_log:info(L),
        A = [proplists:get_value(Key, Info) || Key <- [type, size, items, no_current_items, current_file, no_overflows]],
        disk_log:close(L),
        _ = [file:delete(F ++ End) || End <- [".1", ".2", ".3", ".idx", ".siz"]],
        {A, length(messages())}
    end).
log_ends_with_owner() ->
    with_file(fun(F) ->
        P = holder(fun() -> {ok, _} = disk_log:open([{name, same_disk_3}, {file, F}]) end),
        A = disk_log:log(same_disk_3, x),
        stop(P),
        gone(fun() -> disk_log:log(same_disk_3, x) =/= ok end),
        {A, disk_log:log(same_disk_3, x)}
    end).
log_of_text() ->
    with_file(fun(F) ->
        {ok, L} = disk_log:open([{name, same_disk_4}, {file, F}, {format, external}, {head_func, {?MODULE, first_line, [first]}}]),
        disk_log:blog(L, "line\n"), disk_log:alog(L, x), disk_log:truncate(L), disk_log:blog(L, "more"), disk_log:reopen(L, F ++ "o"), disk_log:close(L),
        R = {file:read_file(F), file:read_file(F ++ "o")},
        file:delete(F ++ "o"),
        R
    end).

%% Others

table_to_file() ->
    [with_file(fun(F) ->
        T = ets:new(t, [ordered_set, {keypos, 2}]),
        ets:insert(T, [{x, I} || I <- lists:seq(1, 500)]),
        A = ets:tab2file(T, F, Options),
        {ok, U} = ets:file2tab(F, [{verify, true}]),
        {ok, Info} = ets:tabfile_info(F),
        {A, ets:info(U, type), ets:info(U, size), ets:tab2list(T) =:= ets:tab2list(U), proplists:get_value(extended_info, Info), proplists:get_value(size, Info)}
     end) || Options <- [[], [{sync, true}], [{extended_info, [md5sum]}], [{extended_info, [md5sum, object_count]}, {sync, true}]]].
table_to_bad_file() ->
    T = ets:new(t, [private]),
    {ets:tab2file(T, "/nonexistent/x"), ets:file2tab("/nonexistent/x"), catch ets:tab2file(foo, "/tmp/x"), ets:file2tab("/etc/passwd"), ets:tabfile_info("/etc/passwd")}.
sorted_file() ->
    with_file(fun(F) ->
        file:write_file(F, [begin B = term_to_binary(X), [<<(byte_size(B)):32>>, B] end || X <- [3, 1, 2]]),
        {file_sorter:sort(F), file:read_file(F)}
    end).

first_line(first) -> {ok, "first\n"}.

with_file(F) ->
    Name = "/tmp/same_disk_" ++ os:getpid() ++ "_" ++ atom_to_list(node()) ++ "_" ++ integer_to_list(erlang:unique_integer([positive])),
    try hide(F(Name), Name)
    after file:delete(Name)
    end.

%% The name differs from run to run.
hide(Term, Name) when Term =:= Name -> '$file';
hide(Term, Name) when is_tuple(Term) -> list_to_tuple(hide(tuple_to_list(Term), Name));
hide([Head | Tail], Name) -> [hide(Head, Name) | hide(Tail, Name)];
hide(Term, _) -> Term.

holder(F) ->
    Self = self(),
    P = spawn(fun() -> F(), Self ! up, receive stop -> ok end end),
    receive up -> P end.

stop(P) ->
    M = monitor(process, P),
    P ! stop,
    receive {'DOWN', M, _, _, _} -> ok end.

gone(F) -> gone(F, 200).
gone(_, 0) -> no;
gone(F, N) -> case F() of true -> yes; false -> receive after 10 -> gone(F, N - 1) end end.

messages() -> receive M -> [M | messages()] after 0 -> [] end.
