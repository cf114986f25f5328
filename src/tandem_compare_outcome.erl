%% SPDX-License-Identifier: Apache-2.0
%% @doc What a run of some work showed on a side, and where that differs from the other side.
-module(tandem_compare_outcome).

-export([differences/3, is_complete/1, text/2, shown/2]).

-export_type([seen/0, syntax/0]).

-type syntax() :: erlang | elixir.
%% In which language terms are shown.

%% Without identities (see {@link tandem_normal}). `gone': the side itself did not answer.
-type seen() :: {tandem_work:outcome() | {gone, term()}, Printed :: binary()}.

-define(DEPTH, 24).
-define(SHOWN, 300).

%% @doc Everything that differs, each at its first place.
-spec differences(seen(), seen(), syntax()) -> [#{what := atom(), where := binary(), beam := binary(), tandem := binary()}].
differences(Seen, Seen, _) -> [];
differences({Beam, BeamPrinted}, {Tandem, TandemPrinted}, Syntax) ->
    outcomes(Beam, Tandem, Syntax) ++ in_parts([{output, BeamPrinted, TandemPrinted}], Syntax).

outcomes(Beam, Tandem, Syntax) when is_tuple(Beam), is_tuple(Tandem), element(1, Beam) =:= element(1, Tandem) ->
    in_parts(parts(Beam, Tandem), Syntax);
outcomes(Same, Same, _) -> [];
outcomes(Beam, Tandem, Syntax) -> [#{what => outcome, where => <<>>, beam => outcome(Beam, Syntax), tandem => outcome(Tandem, Syntax)}].

in_parts(Parts, Syntax) ->
    [#{what => What, where => Where, beam => Left, tandem => Right}
     || {What, A, B} <- Parts, {Where, Left, Right} <- [tandem_difference:find(A, B, fun(Term) -> shown(Term, Syntax) end)]].

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
-spec text(seen(), syntax()) -> binary().
text({Outcome, <<>>}, Syntax) -> outcome(Outcome, Syntax);
text({Outcome, Printed}, Syntax) ->
    Lines = length(string:lexemes(Printed, "\n")),
    unicode:characters_to_binary(io_lib:format("~ts; printed ~b ~ts", [outcome(Outcome, Syntax), Lines, lines(Lines)])).

lines(1) -> "line";
lines(_) -> "lines".

outcome(timeout, _) -> <<"did not end in time">>;
outcome({gone, ended}, _) -> <<"ended the whole side">>;
outcome({value, Value}, Syntax) -> joined(["returned ", shown(Value, Syntax)]);
outcome({raised, Class, Reason, _}, Syntax) -> joined(["raised ", atom_to_list(Class), " ", shown(Reason, Syntax)]);
outcome({died, Reason}, Syntax) -> joined(["died of ", shown(Reason, Syntax)]);
outcome({gone, Reason}, Syntax) -> joined(["could not be run: ", shown(Reason, Syntax)]).

joined(Parts) -> unicode:characters_to_binary(Parts).

%% @doc A term as text of limited length.
-spec shown(term(), syntax()) -> binary().
shown(Term, Syntax) ->
    Text = printed(Term, Syntax),
    case string:length(Text) > ?SHOWN of
        true -> <<(string:slice(Text, 0, ?SHOWN))/binary, "...">>;
        false -> Text
    end.

printed(Term, erlang) -> unicode:characters_to_binary(io_lib:format("~0tP", [Term, ?DEPTH]));
printed(Term, elixir) -> 'Elixir.Kernel':inspect(Term, [{limit, ?DEPTH}, {printable_limit, ?SHOWN}]).
