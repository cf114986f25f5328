%% SPDX-License-Identifier: Apache-2.0
%% What a process wants from the system around it: files, paths, timers, applications, names, native code of the host.
-module(same_host).
-same(programs).
-behaviour(application).
-compile(nowarn_export_all).
-compile(export_all).

timer_send_after() -> {ok, _} = timer:send_after(10, hello), message().
timer_interval() -> {ok, T} = timer:send_interval(10, tick), R = [message() || _ <- "123"], {ok, cancel} = timer:cancel(T), flush(), R.
timer_apply_after() -> {ok, _} = timer:apply_after(10, erlang, send, [self(), applied]), message().
timer_apply_interval() -> {ok, T} = timer:apply_interval(10, erlang, send, [self(), applied]), R = [message() || _ <- "123"], timer:cancel(T), flush(), R.
timer_exit_after() -> {P, M} = spawn_monitor(fun() -> {ok, _} = timer:exit_after(10, bye), receive never -> ok end end), receive {'DOWN', M, _, P, R} -> R end.
timer_kill_after() -> {P, M} = spawn_monitor(fun() -> {ok, _} = timer:kill_after(10), receive never -> ok end end), receive {'DOWN', M, _, P, R} -> R end.
timer_send_interval_ends_with_receiver() ->
    P = spawn(fun() -> receive stop -> ok end end), {ok, T} = timer:send_interval(5, P, tick), M = monitor(process, P), P ! stop,
    receive {'DOWN', M, _, _, R} -> {R, element(1, timer:cancel(T))} end.
timer_bad() -> {timer:send_after(x, y), timer:apply_after(-1, a, b, []), timer:cancel(foo)}.

file_written_and_read() ->
    F = name(file), ok = file:write_file(F, <<"hello\nworld\n">>), {ok, D} = file:open(F, [read, binary]),
    R = [io:get_line(D, ""), file:read(D, 3), file:position(D, bof), io:get_line(D, ""), file:read_line(D), file:read_line(D), file:pread(D, 1, 4)],
    ok = file:close(D), {ok, D2} = file:open(F, [append]), io:format(D2, "~p~n", [{a, "b"}]), file:close(D2),
    X = file:read_file(F), file:delete(F), {R, X, file:read_file(F), file:open(F, [read]), file:close(D2)}.
file_raw() ->
    F = name(file), {ok, D} = file:open(F, [write, raw, binary, delayed_write]), ok = file:write(D, "abc"), ok = file:write(D, <<"def">>), ok = file:close(D),
    {ok, D1} = file:open(F, [read, raw, binary, {read_ahead, 10}]), R = [file:read(D1, 2), file:pread(D1, 1, 2), file:position(D1, eof), file:read(D1, 1)],
    file:close(D1), {R, file:read_file(F), file:consult(F), file:rename(F, F ++ "2"), file:delete(F ++ "2"), file:delete(F)}.
file_in_memory() -> {ok, D} = file:open(<<"hallo">>, [ram, binary, read, write]), A = file:read(D, 3), ok = file:pwrite(D, 0, "X"), B = file:pread(D, 0, 5), {A, B, file:close(D)}.
file_in_path() ->
    F = name(file), ok = file:write_file(F, "x"), {ok, D, Full} = file:path_open(["/nonexistent", "/", filename:dirname(F)], filename:basename(F), [read]),
    R = {Full =:= F, file:read(D, 5), file:path_open(["/nonexistent"], "nothing", [read]), element(1, file:path_open([], F, [read]))}, file:close(D), file:delete(F), R.
file_owned_by_opener() ->
    F = name(file), ok = file:write_file(F, "x"), Self = self(),
    {P, M} = spawn_monitor(fun() -> {ok, D} = file:open(F, [read]), Self ! {device, D}, receive stop -> ok end end),
    D = receive {device, D0} -> D0 end, A = file:read(D, 1), P ! stop, receive {'DOWN', M, _, _, _} -> ok end,
    N = monitor(process, D), receive {'DOWN', N, _, _, _} -> ok end, file:delete(F), {A, file:read(D, 1)}.
file_bad() -> [catch file:open(1, 2), file:open("/nonexistent/x", [write]), file:open("x", foo), file:open("x", [foo]), file:read_file(13), file:list_dir("/nonexistent"),
               file:close(foo), file:path_open([x], 1, [read])].
file_one_mode() ->
    F = name(file),
    Use = fun({ok, D}) -> R = {file:write(D, "ab"), file:position(D, bof), file:read(D, 2)}, file:close(D), R; (Error) -> Error end,
    R = [catch Use(file:open(F, Mode)) || Mode <- [write, read, read_write, {binary, read}, {character, write}, {binary, read_write}, foo, {binary, foo}, {binary, {binary, read}}, {foo, read}, 1, <<>>]]
        ++ [element(1, file:path_open([filename:dirname(F)], filename:basename(F), Mode)) || Mode <- [read, foo]],
    file:delete(F), R.
ram_files() ->
    {ok, D} = ram_file:open("hallo", [read, write]),
    R = [ram_file:pwrite(D, 1, "e"), ram_file:read(D, 3), ram_file:position(D, eof), ram_file:write(D, "!"), ram_file:get_file(D), ram_file:get_size(D), ram_file:close(D)],
    R ++ [ram_file:open(x, [read]), catch ram_file:read(x, 1)].
file_system() -> {filelib:is_dir("/tmp"), filelib:is_regular("/etc/passwd"), filelib:wildcard("/usr/lib/erlang/lib/stdlib*/ebin/lists.beam"), element(1, file:read_file_info("/etc/passwd")),
                  filelib:file_size("/nonexistent"), filename:absname("x") =:= filename:join(element(2, file:get_cwd()), "x")}.

environment() ->
    application:set_env(stdlib, same_host, 17),
    R = [application:get_env(stdlib, same_host), application:get_env(stdlib, no_such_key), application:get_env(no_app, key, 5), application:get_env(key),
         application:get_key(stdlib, mod), application:get_application(lists), application:get_application(), application:get_application(self()), application:get_all_env(no_app)],
    application:unset_env(stdlib, same_host), R.
commands() -> {os:cmd("echo hi"), os:getenv("HOME"), os:type(), is_list(os:find_executable("ls")), os:getenv("NO_SUCH"), os:cmd("echo err >&2; exit 3")}.
code_paths() -> {code:which(lists), code:which(no_such), code:is_loaded(lists), code:lib_dir(stdlib), code:priv_dir(no_such), code:where_is_file("lists.beam"), code:which(erlang),
                 code:is_loaded(no_such), code:ensure_loaded(no_such), code:is_sticky(lists), element(1, code:get_object_code(lists)), code:objfile_extension(), code:get_mode()}.
hashes() -> {crypto:hash(sha256, "abc"), byte_size(crypto:strong_rand_bytes(5)), crypto:mac(hmac, sha, <<"k">>, <<"d">>),
             crypto:crypto_one_time(aes_128_ctr, <<0:128>>, <<0:128>>, "text", true)}.
hash_in_steps() -> S0 = crypto:hash_init(sha), S1 = crypto:hash_update(S0, "abc"), S2 = crypto:hash_update(S1, "def"),
                   {crypto:hash_final(S1), crypto:hash_final(S2)} =:= {crypto:hash(sha, "abc"), crypto:hash(sha, "abcdef")}.
cipher_in_steps() -> S = crypto:crypto_init(aes_128_ctr, <<0:128>>, <<0:128>>, true), [crypto:crypto_update(S, "text"), crypto:crypto_update(S, "more")].
bad_hash() -> crypto:hash(no_such, "a").
compressed() -> {zlib:uncompress(zlib:compress("hello")), zlib:gunzip(zlib:gzip("abc")), catch element(1, zlib:uncompress("junk")), zlib:unzip(zlib:zip("xx"))}.
compressed_stream() ->
    Z = zlib:open(), ok = zlib:deflateInit(Z), B = [zlib:deflate(Z, "abc"), zlib:deflate(Z, "def", finish)], ok = zlib:deflateEnd(Z), ok = zlib:close(Z),
    I = zlib:open(), ok = zlib:inflateInit(I), R = iolist_to_binary(zlib:inflate(I, B)), zlib:close(I), {zlib:uncompress(iolist_to_binary(B)), R, catch zlib:close(I)}.
network_names() -> {inet:gethostname(), inet:parse_address("127.0.0.1"), inet:getaddr("localhost", inet), inet:ntoa({1, 2, 3, 4}), inet:parse_address("no")}.
global_names() -> yes = global:register_name(same_host, self()), R = {global:whereis_name(same_host) =:= self(), global:register_name(same_host, self())},
                  global:send(same_host, sent), global:unregister_name(same_host), {R, message(), global:whereis_name(same_host)}.
global_lock() -> global:trans({same_host, self()}, fun() -> in end).
groups() -> {ok, _} = pg:start_link(same_host_scope), ok = pg:join(same_host_scope, g, self()), R = {pg:get_members(same_host_scope, g) =:= [self()], pg:which_groups(same_host_scope)},
            ok = pg:leave(same_host_scope, g, self()), gen_server:stop(same_host_scope), R.
events() -> {ok, E} = gen_event:start_link(), ok = gen_event:add_handler(E, ?MODULE, []), ok = gen_event:notify(E, hi), R = {gen_event:call(E, ?MODULE, get), gen_event:which_handlers(E)},
            {R, gen_event:delete_handler(E, ?MODULE, done), gen_event:stop(E)}.
log_metadata() -> {logger:get_process_metadata(), logger:set_process_metadata(#{a => 1}), logger:update_process_metadata(#{b => 2}), logger:get_process_metadata(), logger:unset_process_metadata(),
                   logger:allow(info, ?MODULE), error_logger:info_msg("~p", [x]), logger:error("~p", [x])}.
kernel_names() -> [is_pid(whereis(Name)) || Name <- [user, logger, code_server, file_server_2, application_controller, kernel_sup, kernel_safe_sup, init]].
%% A name that the host has is taken away and given back, as who captures standard_error does it.
name_taken_and_given_back() ->
    Name = erl_signal_server, Was = whereis(Name), Self = self(),
    A = [unregister(Name), whereis(Name), catch Name ! lost, catch unregister(Name), catch gen_server:call(Name, x), register(Name, Self), whereis(Name) =:= Self],
    Name ! mine, {Name, node()} ! mine_too,
    B = [message(), message(), unregister(Name), whereis(Name), register(Name, Was), whereis(Name) =:= Was, gen_event:which_handlers(Name), catch register(Name, Was)],
    {[short(X) || X <- A], [short(X) || X <- B]}.
short({'EXIT', {R, [_ | _]}}) -> {exit, R};
short(X) -> X.
remote_calls() -> {rpc:call(node(), erlang, abs, [-1]), rpc:multicall([node()], erlang, abs, [-2]), erpc:call(node(), erlang, abs, [-2]), rpc:pmap({erlang, abs}, [], [-1, 2]),
                   rpc:yield(rpc:async_call(node(), erlang, abs, [-3])), erpc:multicall([node()], lists, seq, [1, 2])}.
evaluated() -> {ok, T, _} = erl_scan:string("F = fun(X) -> X * 2 end, lists:map(F, [1,2,3])."), {ok, E} = erl_parse:parse_exprs(T), {value, V, _} = erl_eval:exprs(E, []), V.
chunks() -> {ok, {lists, [{exports, E}]}} = beam_lib:chunks(code:which(lists), [exports]), {length(E), beam_lib:md5(code:which(lists))}.

%% An application of ours, whose processes run where it was started.
application_lives() ->
    Spec = {application, same_host_app, [{description, "d"}, {vsn, "1"}, {modules, [?MODULE]}, {registered, []}, {applications, [kernel, stdlib]}, {env, [{k, v}]}, {mod, {?MODULE, arg}}]},
    A = {application:load(Spec), application:start(same_host_app), application:start(same_host_app), lists:keyfind(same_host_app, 1, application:which_applications())},
    Node = node(whereis(same_host_sup)),
    B = {Node =:= node(), gen_server:call(same_host_sup, which_children), ask_child(env), ask_child(app), application:get_env(same_host_app, k), application:unload(same_host_app)},
    C = {application:stop(same_host_app), whereis(same_host_sup), application:stop(same_host_app), application:ensure_all_started(same_host_app), application:stop(same_host_app), application:unload(same_host_app)},
    {A, setelement(2, B, length(element(2, B))), C}.
application_fails() ->
    Spec = fun(Name, Arg, Needs) -> {application, Name, [{vsn, "1"}, {applications, Needs}, {mod, {?MODULE, Arg}}]} end,
    [application:load(Spec(Name, Arg, Needs)) || {Name, Arg, Needs} <- [{same_host_bad, bad, []}, {same_host_needy, arg, [same_host_bad]}, {same_host_lost, arg, [no_such_app]}, {same_host_crash, crash, []}]],
    R = [application:start(same_host_bad), application:start(same_host_needy), application:ensure_all_started(same_host_needy), application:ensure_all_started(same_host_lost), application:start(no_such_app),
         application:start(same_host_bad, wrong), case application:start(same_host_crash) of {error, {{bad_return, {_, {'EXIT', {oh, _}}}}, _}} -> crash; {error, {bad_return, {_, {'EXIT', {oh, _}}}}} -> crash end],
    [application:unload(Name) || Name <- [same_host_bad, same_host_needy, same_host_lost, same_host_crash]], R.

start(_, bad) -> {error, because};
start(_, crash) -> error(oh);
start(normal, arg) -> supervisor:start_link({local, same_host_sup}, ?MODULE, sup).
stop(_) -> ok.

init(sup) -> {ok, {#{}, [#{id => child, start => {?MODULE, start_child, [1]}}]}};
init([]) -> {ok, []}.
start_child(1) -> Pid = spawn_link(fun() -> register(same_host_child, self()), child(up) end), {ok, Pid}.
child(up) ->
    receive
        {From, env} -> From ! {answer, application:get_env(k)};
        {From, app} -> From ! {answer, application:get_application()}
    end,
    child(up).
ask_child(What) -> whereis(same_host_child) ! {self(), What}, receive {answer, R} -> R end.

handle_event(E, S) -> {ok, [E | S]}.
handle_call(get, S) -> {ok, S, S}.
terminate(Why, S) -> {Why, S}.

name(file) -> "/tmp/same_host_" ++ os:getpid() ++ "_" ++ atom_to_list(node()) ++ "_" ++ integer_to_list(erlang:unique_integer([positive])).
message() -> receive M -> M after 2000 -> none end.
flush() -> receive _ -> flush() after 0 -> ok end.
