%% SPDX-License-Identifier: Apache-2.0
%% @doc Json: a document of 156 operations is parsed by {@link tandem_json}.
-module(bench_awfy_json).

-export([run/1]).

-define(OPERATIONS, 156).

%% @doc Parses the document so often; the operations seen.
-spec run(pos_integer()) -> integer().
run(N) ->
    Text = iolist_to_binary(tandem_json:encode(document())),
    lists:sum([operations(tandem_json:decode(Text)) || _ <- lists:seq(1, N)]).

operations(#{<<"head">> := #{<<"requestCounter">> := 4}, <<"operations">> := Operations}) -> length(Operations).

document() ->
    #{head => #{requestCounter => 4, title => <<"A \"client\"\tand its server\n">>, session => null},
      operations => [operation(N) || N <- lists:seq(1, ?OPERATIONS)]}.

operation(N) when N rem 3 =:= 0 ->
    [create, <<"w", (integer_to_binary(N))/binary>>, <<"widgets.Label">>,
     #{parent => <<"w", (integer_to_binary(N div 2))/binary>>, bounds => [N, 2 * N, 100 + N, 24], style => [<<"NONE">>],
       text => <<"Label number ", (integer_to_binary(N))/binary>>, tabIndex => N, visible => true}];
operation(N) when N rem 3 =:= 1 ->
    [set, <<"w", (integer_to_binary(N))/binary>>,
     #{font => [[<<"Verdana">>, <<"Lucida Sans">>, <<"sans-serif">>], 11, false, N rem 2 =:= 0], foreground => [N, 95, 180, 255],
       alpha => N / 8, customVariant => <<"variant_navigation">>}];
operation(N) ->
    [listen, <<"w", (integer_to_binary(N))/binary>>, #{'Selection' => true, 'MouseDown' => false, 'Modify' => null}].
