%% SPDX-License-Identifier: Apache-2.0
%% @doc Engines on threads of this VM's own operating-system process, by `priv/tandem_nif.so'. The process that opens one owns it; the
%% engine ends when its owner exits, when its handle is closed, or when nobody has the handle any more.
%%
%% The owner gets, each behind the reference given to {@link open/2}:
%%
%% <dl>
%% <dt>`frames'</dt><dd>the engine has sent something: see {@link take/1}</dd>
%% <dt>`{last_words, Text}'</dt><dd>why it is about to end</dd>
%% <dt>`{exit_status, Status}'</dt><dd>it has ended, and nothing of it is left: the last message</dd>
%% <dt>`{unloadable, Text}'</dt><dd>instead of all these: what the operating system says about the shared object</dd>
%% </dl>
-module(tandem_nif).

-export([open/2, put/2, take/1, close/1]).
-export([open_nif/2, put_nif/2, take_nif/1, close_nif/1]).

-export_type([handle/0]).

-opaque handle() :: reference().

-nifs([open_nif/2, put_nif/2, take_nif/1, close_nif/1]).
-on_load(load/0).

%% A library that cannot be loaded is no reason not to load the module: open/2 says what is wrong.
load() ->
    _ = load_library(),
    ok.

load_library() ->
    erlang:load_nif(filename:join(folder(), "tandem_nif"), none).

folder() ->
    case code:priv_dir(tandem) of
        {error, bad_name} -> filename:join(filename:dirname(filename:dirname(code:which(?MODULE))), "priv");
        Folder -> Folder
    end.

%% @doc Starts an engine from a shared object, `priv/tandem_engine.so'.
-spec open(file:name_all(), reference()) -> {ok, handle()} | {error, string()}.
open(File, Reference) ->
    Path = path(File),
    try open_nif(Path, Reference)
    catch error:not_loaded -> retry(Path, Reference)
    end.

path(File) when is_binary(File) -> File;
path(File) -> unicode:characters_to_binary(File, unicode, file:native_name_encoding()).

%% It may have been built since.
retry(Path, Reference) ->
    case load_library() of
        ok -> open_nif(Path, Reference);
        {error, {_, Text}} -> {error, Text}
    end.

%% @doc Hands a frame to the engine, without waiting. After `full' the caller should hand it no more before `{Reference, room}' has come.
-spec put(handle(), binary() | [binary()]) -> ok | full | closed.
put(Handle, Frame) ->
    put_nif(Handle, Frame).

%% @doc The frames that have come, oldest first. For the owner alone. `{Reference, frames}' tells that there are some, once after each call. After
%% a frame was put it may take some microseconds, if answers have come as fast lately.
-spec take(handle()) -> [binary()].
take(Handle) ->
    take_nif(Handle).

%% @doc Ends the engine. What it has sent can still be taken.
-spec close(handle()) -> ok.
close(Handle) ->
    close_nif(Handle).

%% @private
-spec open_nif(binary(), reference()) -> {ok, handle()} | {error, string()}.
open_nif(_, _) ->
    erlang:nif_error(not_loaded).

%% @private
-spec put_nif(handle(), binary() | [binary()]) -> ok | full | closed.
put_nif(_, _) ->
    erlang:nif_error(not_loaded).

%% @private
-spec take_nif(handle()) -> [binary()].
take_nif(_) ->
    erlang:nif_error(not_loaded).

%% @private
-spec close_nif(handle()) -> ok.
close_nif(_) ->
    erlang:nif_error(not_loaded).
