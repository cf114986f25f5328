%% SPDX-License-Identifier: Apache-2.0
%% @doc A group leader that keeps what is printed, or throws it away.
-module(tandem_capture).

-export([start_link/0, start_sink/0, stop/1]).

%% @doc Starts a group leader that keeps what is printed.
-spec start_link() -> pid().
start_link() ->
    spawn_link(fun() -> loop([]) end).

%% @doc Starts one that throws it away.
-spec start_sink() -> pid().
start_sink() ->
    spawn_link(fun() -> loop(sink) end).

%% @doc Ends it; gives what it has kept.
-spec stop(pid()) -> binary().
stop(Capture) ->
    Reference = make_ref(),
    Capture ! {stop, self(), Reference},
    receive {Reference, Printed} -> Printed end.

loop(Printed) ->
    receive
        {io_request, From, ReplyAs, Request} ->
            {Reply, Chars} = request(Request),
            From ! {io_reply, ReplyAs, Reply},
            loop(kept(Printed, Chars));
        {stop, From, Reference} ->
            From ! {Reference, text(Printed)};
        _ ->
            loop(Printed)
    end.

kept(sink, _) -> sink;
kept(Printed, Chars) -> [Printed | Chars].

text(sink) -> <<>>;
text(Printed) -> unicode:characters_to_binary(Printed).

request({put_chars, Encoding, Chars}) -> {ok, decoded(Chars, Encoding)};
request({put_chars, Encoding, M, F, Args}) -> {ok, decoded(apply(M, F, Args), Encoding)};
request({put_chars, Chars}) -> {ok, decoded(Chars, latin1)};
request({put_chars, M, F, Args}) -> {ok, decoded(apply(M, F, Args), latin1)};
request({requests, Requests}) -> lists:foldl(fun(R, {_, Chars}) -> {Reply, More} = request(R), {Reply, [Chars | More]} end,
                                             {ok, []}, Requests);
request({setopts, _}) -> {ok, []};
request(getopts) -> {[{binary, true}, {encoding, unicode}], []};
request({get_geometry, columns}) -> {80, []};
request({get_geometry, rows}) -> {24, []};
request({get_until, _, _, _, _, _}) -> {eof, []};
request({get_line, _, _}) -> {eof, []};
request({get_chars, _, _, _}) -> {eof, []};
request(_) -> {{error, request}, []}.

decoded(Chars, Encoding) ->
    unicode:characters_to_list(Chars, Encoding).
