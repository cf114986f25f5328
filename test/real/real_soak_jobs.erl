%% SPDX-License-Identifier: Apache-2.0
%% @doc What the processes of {@link real_soak} do, kind by kind, until they are killed. Each looks at its mailbox between two rounds,
%% and so answers calls of its peers. A round that gives anything but `ok' is told as wrong. What a round may meet because somebody
%% else was killed in the middle of it is no error.
-module(real_soak_jobs).

-behaviour(gen_server).

-export([kinds/1, versions/0, job/3]).
-export([echo/1, tree/2, die/1, owner/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(REPORT, 20).
-define(MODULE_LOADED, real_soak_loaded).

%% @doc The kinds of load on a side.
-spec kinds(engine | host) -> [atom()].
kinds(engine) -> [spawns, messages, calls, servers, timers, tables, ties, delegated, loads, binaries, errors, border];
kinds(host) -> [messages, calls, ties, binaries, border].

%% @doc Versions of a module, as its object code.
-spec versions() -> [{pos_integer(), binary()}].
versions() ->
    [begin
         Text = io_lib:format("-module(~s).\n-export([version/0, adder/1]).\nversion() -> ~b.\nadder(A) -> fun(B) -> {~b, A + B} end.\n",
                              [?MODULE_LOADED, N, N]),
         {ok, Tokens, _} = erl_scan:string(lists:flatten(Text)),
         Forms = [begin {ok, Form} = erl_parse:parse_form(Part), Form end || Part <- parts(Tokens, [])],
         {ok, _, Code} = compile:forms(Forms),
         {N, Code}
     end || N <- [1, 2, 3]].

parts([], []) -> [];
parts([{dot, _} = Dot | Rest], Part) -> [lists:reverse([Dot | Part]) | parts(Rest, [])];
parts([Token | Rest], Part) -> parts(Rest, [Token | Part]).

%% @doc Does rounds of a kind for ever.
-spec job(engine | host, atom(), map()) -> no_return().
job(Where, Kind, State) ->
    process_flag(trap_exit, rand:uniform(4) =:= 1),
    rounds(Kind, State#{where => Where, peers => [self()]}, 1).

rounds(Kind, #{keeper := Keeper} = State, N) ->
    Now = mailbox(State),
    try one(Kind, Now) of
        ok -> ok;
        Wrong -> Keeper ! {wrong, {Kind, Wrong}}
    catch
        Class:Reason:Trace -> Keeper ! {wrong, {Kind, Class, Reason, Trace}}
    end,
    N rem ?REPORT =:= 0 andalso (Keeper ! {done, Kind, ?REPORT}),
    receive after rand:uniform(4) - 1 -> ok end,
    rounds(Kind, Now, N + 1).

mailbox(State) ->
    receive
        {peers, Peers} -> mailbox(State#{peers := Peers});
        {'$gen_call', From, {echo, Term}} -> gen_server:reply(From, {echoed, Term}), mailbox(State);
        _ -> mailbox(State)
    after 0 ->
            State
    end.

some(#{peers := Peers}) -> lists:nth(rand:uniform(length(Peers)), Peers).

%% --- Processes ------------------------------------------------------------------------------------------------------------

one(spawns, _) ->
    case rand:uniform(3) of
        1 -> tree_of(rand:uniform(200));
        2 -> deaths(rand:uniform(100));
        3 -> ring(rand:uniform(200))
    end;
one(messages, State) ->
    Term = term(rand:uniform(300)),
    _ = [some(State) ! {what, N, Term} || N <- lists:seq(1, rand:uniform(20))],
    exchange(spawn_link(?MODULE, echo, [self()]), Term, rand:uniform(20));
one(calls, State) ->
    Term = term(rand:uniform(50)),
    try gen_server:call(some(State), {echo, Term}, rand:uniform(20)) of
        {echoed, Term} -> ok;
        Other -> Other
    catch
        exit:{_, {gen_server, call, _}} -> ok
    end;
one(servers, _) ->
    {ok, Server} = gen_server:start(?MODULE, self(), []),
    N = rand:uniform(50),
    _ = [ok = gen_server:cast(Server, {add, I}) || I <- lists:seq(1, N)],
    Sum = gen_server:call(Server, sum, infinity),
    case rand:uniform(3) of
        1 -> ok = gen_server:stop(Server);
        2 -> {'EXIT', {{crashed, _}, _}} = (catch gen_server:call(Server, crash, infinity));
        3 -> exit(Server, kill)
    end,
    same(Sum, N * (N + 1) div 2);
one(timers, _) ->
    Set = [{N, erlang:start_timer(rand:uniform(30), self(), N)} || N <- lists:seq(1, rand:uniform(100))],
    Late = [erlang:send_after(3_600_000, self(), never) || _ <- lists:seq(1, 20)],
    {Off, On} = lists:partition(fun(_) -> rand:uniform(2) =:= 1 end, Set),
    Fired = [N || {N, Ref} <- Off, erlang:cancel_timer(Ref) =:= false],
    _ = [receive {timeout, Ref, N} -> ok end || {N, Ref} <- On ++ [{N, element(2, lists:keyfind(N, 1, Off))} || N <- Fired]],
    same([is_integer(erlang:cancel_timer(Ref)) || Ref <- Late], [true || _ <- Late]);
one(tables, _) ->
    Type = lists:nth(rand:uniform(4), [set, ordered_set, bag, duplicate_bag]),
    Owner = spawn(?MODULE, owner, [self()]),
    Table = ets:new(real_soak, [Type, public, {heir, Owner, gone}]),
    N = rand:uniform(1000),
    true = ets:insert(Table, [{I, term(3)} || I <- lists:seq(1, N)]),
    true = ets:insert(Table, {0, binary:copy(<<"x">>, 1000)}),
    Found = ets:select_count(Table, [{{'$1', '_'}, [{'>', '$1', 0}], [true]}]),
    _ = ets:select_delete(Table, [{{'$1', '_'}, [{'<', '$1', 10}], [true]}]),
    true = ets:setopts(Table, {heir, none}),
    case rand:uniform(3) of
        1 -> ets:delete(Table);
        2 -> ets:give_away(Table, Owner, gift), Owner ! go;
        3 -> ets:delete_all_objects(Table), ets:delete(Table)
    end,
    Owner ! go,
    same(Found, N);
one(ties, State) ->
    Peers = [some(State) || _ <- lists:seq(1, rand:uniform(20))],
    %% OTP 25 never forgets an alias that came with a monitor on oneself.
    Monitors = [monitor(process, Pid, [{alias, explicit_unalias} || Pid =/= self(), rand:uniform(2) =:= 1]) || Pid <- Peers],
    Linked = [Pid || Pid <- Peers, Pid =/= self(), rand:uniform(10) =:= 1],
    _ = [catch link(Pid) || Pid <- Linked],
    receive after rand:uniform(3) - 1 -> ok end,
    _ = [unlink(Pid) || Pid <- Linked],
    _ = [begin demonitor(Monitor, [flush]), unalias(Monitor) end || Monitor <- Monitors],
    ok;

%% --- What the host does, code, data -----------------------------------------------------------------------------------------

one(delegated, _) ->
    case rand:uniform(5) of
        1 -> {ok, _} = file:read_file_info("/etc/passwd"), ok;
        2 -> same(is_list(os:getenv("PATH")), true);
        3 -> same(crypto:hash(sha256, <<"abc">>), crypto:hash(sha256, [<<"a">>, "bc"]));
        4 -> {ok, File} = file:open("/etc/passwd", [read, binary]),
             {ok, _} = file:read(File, 10),
             rand:uniform(2) =:= 1 andalso file:close(File),
             rand:uniform(10) =:= 1 andalso exit(self(), kill),
             _ = file:close(File),
             ok;
        5 -> same(zlib:unzip(zlib:zip(<<0:80000>>)), <<0:80000>>)
    end;
one(loads, #{versions := Versions}) ->
    {N, Code} = lists:nth(rand:uniform(length(Versions)), Versions),
    Seen = global_lock(fun() ->
                               {module, _} = code:load_binary(?MODULE_LOADED, "real_soak_loaded.beam", Code),
                               Adder = ?MODULE_LOADED:adder(1),
                               Answer = {?MODULE_LOADED:version(), Adder(2)},
                               true = code:soft_purge(?MODULE_LOADED) orelse code:purge(?MODULE_LOADED),
                               Answer
                       end),
    receive after 200 -> ok end,
    same(Seen, {N, {N, 3}});
one(binaries, State) ->
    Size = rand:uniform(4_000_000),
    Binary = binary:copy(<<"0123456789">>, Size div 10 + 1),
    Parts = [binary:part(Binary, rand:uniform(Size) - 1, 1) || _ <- lists:seq(1, 50)],
    Self = self(),
    Back = exchange(spawn_link(fun() -> echo(Self) end), {Binary, Parts}, 1),
    some(State) ! {binary, binary:part(Binary, 0, min(Size, 300_000))},
    Back;
one(errors, _) ->
    {'EXIT', {badarith, _}} = (catch 1 / (rand:uniform(1) - 1)),
    {'EXIT', {system_limit, _}} = (catch binary_to_atom(binary:copy(<<"a">>, 300))),
    {'EXIT', {undef, _}} = (catch (list_to_existing_atom("real_soak")):no_such_function()),
    Term = term(500),
    Term = binary_to_term(term_to_binary(Term, [compressed])),
    same(length(lists:sort(maps:keys(maps:from_list([{N, Term} || N <- lists:seq(1, 200)])))), 200);

%% --- Across the border: spawned there, tied, answering ------------------------------------------------------------------------

one(border, #{where := Where, engine := Engine, keeper := Keeper}) ->
    There = case Where of engine -> node(Keeper); host -> Engine end,
    case rand:uniform(5) of
        1 -> exchange(spawn_link(There, ?MODULE, echo, [self()]), term(100), 5);
        2 -> {Pid, Monitor} = spawn_monitor(There, ?MODULE, die, [oops]),
             receive {'DOWN', Monitor, process, Pid, Reason} -> same(Reason, oops) end;
        3 -> Request = spawn_request(There, ?MODULE, die, [normal], [monitor]),
             receive {spawn_reply, Request, ok, Pid} -> receive {'DOWN', Request, process, Pid, Reason} -> same(Reason, normal) end end;
        4 -> Term = term(50),
             same(erpc:call(There, erlang, phash2, [Term]), erlang:phash2(Term));
        5 -> {_, Monitor} = spawn_monitor(There, ?MODULE, tree, [self(), 30]),
             receive {leaves, N} -> receive {'DOWN', Monitor, process, _, normal} -> same(N, 30) end end
    end.

same(A, A) -> ok;
same(A, B) -> {A, B}.

%% One at a time, or not at all.
global_lock(F) ->
    case catch register(real_soak_loader, self()) of
        true -> try F() after unregister(real_soak_loader) end;
        _ -> receive after 10 -> global_lock(F) end
    end.

exchange(Pid, _, 0) ->
    unlink(Pid),
    exit(Pid, kill),
    ok;
exchange(Pid, Term, N) ->
    Pid ! {self(), N, Term},
    receive {Pid, N, Back} when Back =:= Term -> exchange(Pid, Term, N - 1); {Pid, N, Other} -> {Term, Other} end.

%% @private Ends with its owner, who may be killed after he has unlinked it and before he ends it.
-spec echo(pid()) -> no_return().
echo(Owner) ->
    monitor(process, Owner),
    echo().

echo() ->
    receive
        {From, N, Term} -> From ! {self(), N, Term}, echo();
        {'DOWN', _, _, _, _} -> ok
    end.

tree_of(N) ->
    {Pid, Monitor} = spawn_monitor(?MODULE, tree, [self(), N]),
    receive {leaves, Leaves} -> ok end,
    receive {'DOWN', Monitor, process, Pid, normal} -> same(Leaves, N) end.

%% @private
-spec tree(pid(), pos_integer()) -> term().
tree(Parent, 1) -> Parent ! {leaves, 1};
tree(Parent, N) ->
    Self = self(),
    _ = [spawn_link(?MODULE, tree, [Self, Part]) || Part <- [N div 2, N - N div 2]],
    receive {leaves, A} -> receive {leaves, B} -> Parent ! {leaves, A + B} end end.

deaths(N) ->
    Started = [spawn_monitor(?MODULE, die, [lists:nth(I rem 3 + 1, [normal, {soak, I}, kill])]) || I <- lists:seq(1, N)],
    Reasons = [receive {'DOWN', Monitor, process, Pid, Reason} -> Reason end || {Pid, Monitor} <- Started],
    same(length([R || R <- Reasons, R =:= killed]), length([I || I <- lists:seq(1, N), I rem 3 =:= 2])).

%% @private
-spec die(term()) -> no_return().
die(kill) -> exit(self(), kill), receive never -> ok end;
die(Reason) -> exit(Reason).

ring(N) ->
    Self = self(),
    First = lists:foldl(fun(_, Next) -> spawn_link(fun() -> pass(Next) end) end, Self, lists:seq(1, N)),
    First ! {token, make_ref()},
    receive {token, Ref} -> same(is_reference(Ref), true) end.

pass(Next) ->
    receive {token, Ref} -> unlink(Next), Next ! {token, Ref} end.

%% @private Gets a table, and ends with it.
-spec owner(pid()) -> ok.
owner(Giver) ->
    Monitor = monitor(process, Giver),
    receive go -> ok; {'DOWN', Monitor, process, _, _} -> ok end.

term(0) -> [];
term(N) ->
    case rand:uniform(8) of
        1 -> [N | term(N - 1)];
        2 -> {N, 1.5 * N, term(N div 2), term(N div 3)};
        3 -> #{N => term(N div 2), key => N * 1 bsl 70};
        4 -> [binary:copy(<<N:16>>, rand:uniform(100)) | term(N - 1)];
        5 -> [self(), make_ref() | term(N div 2)];
        6 -> [fun(A) -> {A, N} end | term(N div 2)];
        7 -> ["text", atom, <<N:13>> | term(N - 1)];
        8 -> [lists:seq(1, N) | term(N div 4)]
    end.

%% --- A server --------------------------------------------------------------------------------------------------------------

%% @private
-spec init(pid()) -> {ok, integer()}.
init(Owner) ->
    monitor(process, Owner),
    {ok, 0}.

%% @private
-spec handle_call(term(), term(), integer()) -> {reply, integer(), integer()}.
handle_call(sum, _, Sum) -> {reply, Sum, Sum};
handle_call(crash, _, Sum) -> exit({crashed, Sum}).

%% @private
-spec handle_cast(term(), integer()) -> {noreply, integer()}.
handle_cast({add, N}, Sum) -> {noreply, Sum + N}.

%% @private
-spec handle_info(term(), integer()) -> {stop, normal, integer()}.
handle_info({'DOWN', _, _, _, _}, Sum) -> {stop, normal, Sum}.
