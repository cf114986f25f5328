%% SPDX-License-Identifier: Apache-2.0
%% @doc CD: aircraft fly in pairs, and a detector finds which come too near to one another. Motions are drawn on a map of squares, and
%% only those that share a square are compared. The maps are balanced trees (`gb_trees'), as that suite has red-black ones.
-module(bench_cd).

-export([run/1]).

-define(MAXIMUM, 1000.0).
-define(HIGHEST, 10.0).
-define(RADIUS, 1.0).
-define(SQUARE, 2.0).
-define(FRAMES, 200).

%% @doc The collisions of so many aircraft in all frames.
-spec run(pos_integer()) -> integer().
run(Aircraft) -> frames(0, Aircraft, gb_trees:empty(), 0).

frames(?FRAMES, _, _, Collisions) -> Collisions;
frames(Frame, Aircraft, Positions, Collisions) ->
    {Motions, Now} = lists:mapfoldl(fun moved/2, Positions, simulate(Frame / 10.0, Aircraft)),
    frames(Frame + 1, Aircraft, Now, Collisions + collisions(Motions)).

simulate(Time, Aircraft) ->
    lists:append([[{I, {Time, math:cos(Time) * 2 + I * 3, 10.0}}, {I + 1, {Time, math:sin(Time) * 2 + I * 3, 10.0}}]
                  || I <- lists:seq(0, Aircraft - 1, 2)]).

%% One that is new has not moved.
moved({Sign, Position}, Positions) ->
    From = case gb_trees:lookup(Sign, Positions) of
               {value, Before} -> Before;
               none -> Position
           end,
    {{Sign, From, Position}, gb_trees:enter(Sign, Position, Positions)}.

collisions(Motions) ->
    Squares = lists:foldl(fun draw/2, gb_trees:empty(), Motions),
    lists:sum([pairs(Shared) || [_, _ | _] = Shared <- gb_trees:values(Squares)]).

pairs([]) -> 0;
pairs([Motion | Others]) -> length([near || Other <- Others, meet(Motion, Other) =/= never]) + pairs(Others).

draw({_, {X, Y, _}, _} = Motion, Squares) ->
    {After, _} = spread({corner(X), corner(Y)}, Motion, Squares, gb_sets:empty()),
    After.

corner(X) when X < 0 -> ?SQUARE * trunc(X / ?SQUARE) - ?SQUARE;
corner(X) -> ?SQUARE * trunc(X / ?SQUARE).

%% From a square to its neighbours, as long as the motion touches them.
spread({X, Y} = Square, Motion, Squares, Seen) ->
    case touches(Square, Motion) andalso not gb_sets:is_member(Square, Seen) of
        true ->
            Others = case gb_trees:lookup(Square, Squares) of
                         {value, Motions} -> Motions;
                         none -> []
                     end,
            lists:foldl(fun({Dx, Dy}, {Drawn, Known}) -> spread({X + Dx, Y + Dy}, Motion, Drawn, Known) end,
                        {gb_trees:enter(Square, Others ++ [Motion], Squares), gb_sets:add(Square, Seen)},
                        [{-?SQUARE, 0.0}, {?SQUARE, 0.0}, {0.0, -?SQUARE}, {0.0, ?SQUARE}, {-?SQUARE, -?SQUARE}, {-?SQUARE, ?SQUARE},
                         {?SQUARE, -?SQUARE}, {?SQUARE, ?SQUARE}]);
        false -> {Squares, Seen}
    end.

touches({X, Y}, _) when X < 0; X > ?MAXIMUM; Y < 0; Y > ?MAXIMUM -> false;
touches({X, Y}, {_, {X0, Y0, _}, {X1, Y1, _}}) ->
    Along = span(X, X0, X1 - X0),
    Across = span(Y, Y0, Y1 - Y0),
    overlaps(Along) andalso overlaps(Across) andalso cross(Along, Across).

%% When the motion enters and leaves a strip, as shares of its length; without motion, whether it is inside.
span(Low, From, Way) when Way == 0 -> Low =< From + ?RADIUS / 2 andalso From - ?RADIUS / 2 =< Low + ?SQUARE;
span(Low, From, Way) ->
    In = (Low - ?RADIUS / 2 - From) / Way,
    Out = (Low + ?SQUARE + ?RADIUS / 2 - From) / Way,
    case Way < 0 of
        true -> {Out, In};
        false -> {In, Out}
    end.

overlaps({Low, High}) -> (Low =< 1.0 andalso 1.0 =< High) orelse (Low =< 0.0 andalso 0.0 =< High) orelse (0.0 =< Low andalso High =< 1.0);
overlaps(Inside) -> Inside.

cross({LowX, HighX}, {LowY, HighY}) ->
    (LowY =< HighX andalso HighX =< HighY) orelse (LowY =< LowX andalso LowX =< HighY) orelse (LowX =< LowY andalso HighY =< HighX);
cross(_, _) -> true.

%% Where two motions are first within the radius of one another.
meet({_, From1, To1}, {_, From2, To2}) ->
    Way1 = minus(To1, From1),
    Way2 = minus(To2, From2),
    Between = minus(From1, From2),
    A = squared(minus(Way2, Way1)),
    case A == 0 of
        true -> case math:sqrt(squared(Between)) =< ?RADIUS of true -> From1; false -> never end;
        false ->
            B = 2.0 * dot(Between, minus(Way1, Way2)),
            C = squared(Between) - ?RADIUS * ?RADIUS,
            place(A, B, B * B - 4.0 * A * C, From1, Way1, From2, Way2)
    end.

place(_, _, Discriminant, _, _, _, _) when Discriminant < 0 -> never;
place(A, B, Discriminant, From1, Way1, From2, Way2) ->
    First = (-B - math:sqrt(Discriminant)) / (2.0 * A),
    Last = (-B + math:sqrt(Discriminant)) / (2.0 * A),
    case First =< Last andalso overlaps({First, Last}) of
        true -> inside(times(plus(plus(From1, times(Way1, max(First, 0.0))), plus(From2, times(Way2, max(First, 0.0)))), 0.5));
        false -> never
    end.

inside({X, Y, Z} = Place) when X >= 0, X =< ?MAXIMUM, Y >= 0, Y =< ?MAXIMUM, Z >= 0, Z =< ?HIGHEST -> Place;
inside(_) -> never.

plus({X1, Y1, Z1}, {X2, Y2, Z2}) -> {X1 + X2, Y1 + Y2, Z1 + Z2}.

minus({X1, Y1, Z1}, {X2, Y2, Z2}) -> {X1 - X2, Y1 - Y2, Z1 - Z2}.

times({X, Y, Z}, Factor) -> {X * Factor, Y * Factor, Z * Factor}.

dot({X1, Y1, Z1}, {X2, Y2, Z2}) -> X1 * X2 + Y1 * Y2 + Z1 * Z2.

squared(Vector) -> dot(Vector, Vector).
