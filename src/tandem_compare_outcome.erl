%% SPDX-License-Identifier: Apache-2.0
%% @doc What a run of some work showed on a side, and where that differs from the other side.
-module(tandem_compare_outcome).

-export([differences/2, is_complete/1, text/1, shown/1]).

-export_type([seen/0]).

%% Without identities (see {@link tandem_normal}). `gone': the side itself did not answer.
-type seen() :: {tandem_work:outcome() | {gone, term()}, Printed :: binary()}.

-define(DEPTH, 24).
-define(SHOWN, 300).

%% @doc Everything that differs, each at its first place.
-spec differences(seen(), seen()) -> [#{what := atom(), where := binary(), beam := binary(), tandem := binary()}].
differences(Seen, Seen) -> [];
differences({Beam, BeamPrinted}, {Tandem, TandemPrinted}) ->
    outcomes(Beam, Tandem) ++ in_parts([{output, BeamPrinted, TandemPrinted}]).

outcomes(Beam, Tandem) when is_tuple(Beam), is_tuple(Tandem), element(1, Beam) =:= element(1, Tandem) -> in_parts(parts(Beam, Tandem));
outcomes(Same, Same) -> [];
outcomes(Beam, Tandem) -> [#{what => outcome, where => <<>>, beam => outcome(Beam), tandem => outcome(Tandem)}].

in_parts(Parts) ->
    [#{what => What, where => Where, beam => Left, tandem => Right}
     || {What, A, B} <- Parts, {Where, Left, Right} <- [tandem_difference:find(A, B)]].

parts({value, A}, {value, B}) -> [{result, A, B}];
parts({raised, C, R, S}, {raised, C1, R1, S1}) -> [{class, C, C1}, {reason, R, R1}, {trace, S, S1}];
parts({died, A}, {died, B}) -> [{exit_reason, A, B}];
parts({gone, A}, {gone, B}) -> [{outcome, A, B}].

%% @doc Whether the run came to an end.
-spec is_complete(seen()) -> boolean().
is_complete({timeout, _}) -> false;
is_complete({{gone, _}, _}) -> false;
is_complete(_) -> true.

%% @doc What became of the run, in a line.
-spec text(seen()) -> binary().
text({Outcome, <<>>}) -> outcome(Outcome);
text({Outcome, Printed}) ->
    Lines = length(string:lexemes(Printed, "\n")),
    unicode:characters_to_binary(io_lib:format("~ts; printed ~b ~ts", [outcome(Outcome), Lines, lines(Lines)])).

lines(1) -> "line";
lines(_) -> "lines".

outcome({value, Value}) -> <<"returned ", (shown(Value))/binary>>;
outcome({raised, Class, Reason, _}) -> <<"raised ", (atom_to_binary(Class))/binary, " ", (shown(Reason))/binary>>;
outcome({died, Reason}) -> <<"died of ", (shown(Reason))/binary>>;
outcome(timeout) -> <<"did not end in time">>;
outcome({gone, ended}) -> <<"ended the whole side">>;
outcome({gone, Reason}) -> <<"could not be run: ", (shown(Reason))/binary>>.

%% @doc A term as text of limited length.
-spec shown(term()) -> binary().
shown(Term) ->
    Text = unicode:characters_to_binary(io_lib:format("~0tP", [Term, ?DEPTH])),
    case string:length(Text) > ?SHOWN of
        true -> <<(string:slice(Text, 0, ?SHOWN))/binary, "...">>;
        false -> Text
    end.
