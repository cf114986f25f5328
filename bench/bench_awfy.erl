%% SPDX-License-Identifier: Apache-2.0
%% @doc Part of class `sequential': the fourteen programs of `Are we fast yet' (Marr and others, 2016), rewritten as Erlang programs
%% that give the results which that suite checks. Nine are here; DeltaBlue, Richards, Json, Havlak and CD are modules.
-module(bench_awfy).

-export([programs/0]).
-export([bounce/1, list/1, permute/1, queens/1, sieve/1, storage/1, towers/1, nbody/1, mandelbrot/1]).

%% @doc The programs.
-spec programs() -> [bench:program()].
programs() ->
    [#{name => Name, what => "AWFY " ++ What, module => Module, run => {Function, Arguments}, expect => Expect}
     || {Name, What, Module, Function, Arguments, Expect} <- rows()].

rows() ->
    [{bounce, "Bounce", ?MODULE, bounce, [200], 200 * 1331},
     {list, "List", ?MODULE, list, [400], 400 * 10},
     {permute, "Permute", ?MODULE, permute, [300], 300 * 8660},
     {queens, "Queens", ?MODULE, queens, [300], 300},
     {sieve, "Sieve", ?MODULE, sieve, [100], 100 * 669},
     {storage, "Storage", ?MODULE, storage, [40], 40 * 5461},
     {towers, "Towers", ?MODULE, towers, [200], 200 * 8191},
     {nbody, "NBody", ?MODULE, nbody, [250_000], -0.1690859889909308},
     {mandelbrot, "Mandelbrot", ?MODULE, mandelbrot, [500], 191},
     {richards, "Richards", bench_richards, run, [15], {15 * 23_246, 15 * 9297}},
     {deltablue, "DeltaBlue", bench_deltablue, run, [5000], ok},
     {json, "Json", bench_awfy_json, run, [30], 30 * 156},
     {havlak, "Havlak", bench_havlak, run, [15, 5], {1647, 5213}},
     {cd, "CD", bench_cd, run, [100], 4305}].

times(0, _) -> 0;
times(N, F) -> F() + times(N - 1, F).

random(Seed) -> (Seed * 1309 + 13849) band 65535.

%% @doc A hundred balls in a box for fifty frames; how often they bounce.
-spec bounce(pos_integer()) -> integer().
bounce(N) ->
    times(N, fun() -> frames(50, balls(100, 74755), 0) end).

balls(0, _) -> [];
balls(N, Seed) ->
    X = random(Seed),
    Y = random(X),
    Dx = random(Y),
    Dy = random(Dx),
    [{ball, X rem 500, Y rem 500, Dx rem 300 - 150, Dy rem 300 - 150} | balls(N - 1, Dy)].

frames(0, _, Bounces) -> Bounces;
frames(N, Balls, Bounces) ->
    {Moved, Sum} = lists:mapfoldl(fun move/2, Bounces, Balls),
    frames(N - 1, Moved, Sum).

move({ball, X0, Y0, Dx0, Dy0}, Bounces) ->
    {X, Dx, A} = wall(X0 + Dx0, Dx0),
    {Y, Dy, B} = wall(Y0 + Dy0, Dy0),
    {{ball, X, Y, Dx, Dy}, case A orelse B of true -> Bounces + 1; false -> Bounces end}.

wall(X, Dx) when X > 500 -> {500, -abs(Dx), true};
wall(X, Dx) when X < 0 -> {0, abs(Dx), true};
wall(X, Dx) -> {X, Dx, false}.

%% @doc Takeuchi's function on the lengths of lists.
-spec list(pos_integer()) -> integer().
list(N) ->
    times(N, fun() -> length(tail(lists:seq(1, 15), lists:seq(1, 10), lists:seq(1, 6))) end).

tail(X, Y, Z) ->
    case shorter(Y, X) of
        true -> tail(tail(tl(X), Y, Z), tail(tl(Y), Z, X), tail(tl(Z), X, Y));
        false -> Z
    end.

shorter(_, []) -> false;
shorter([], _) -> true;
shorter([_ | X], [_ | Y]) -> shorter(X, Y).

%% @doc All permutations of six numbers by swapping them; the calls that takes.
-spec permute(pos_integer()) -> integer().
permute(N) ->
    times(N, fun() -> {Count, {0, 1, 2, 3, 4, 5}} = permute(6, 0, {0, 1, 2, 3, 4, 5}), Count end).

permute(0, Count, Numbers) -> {Count + 1, Numbers};
permute(N, Count, Numbers) ->
    {Inner, After} = permute(N - 1, Count + 1, Numbers),
    swaps(N, N, Inner, After).

swaps(0, _, Count, Numbers) -> {Count, Numbers};
swaps(I, N, Count, Numbers) ->
    {Inner, After} = permute(N - 1, Count, swap(N, I, Numbers)),
    swaps(I - 1, N, Inner, swap(N, I, After)).

swap(I, J, Numbers) -> setelement(I, setelement(J, Numbers, element(I, Numbers)), element(J, Numbers)).

%% @doc The first way to put eight queens on a board, ten times.
-spec queens(pos_integer()) -> integer().
queens(N) ->
    times(N, fun() -> 10 = times(10, fun() -> [_, _, _, _, _, _, _, _] = place(8, []), 1 end), 1 end).

place(0, Queens) -> Queens;
place(N, Queens) -> place(1, N, Queens).

place(9, _, _) -> false;
place(Row, N, Queens) ->
    case is_safe(Row, 1, Queens) andalso place(N - 1, [Row | Queens]) of
        false -> place(Row + 1, N, Queens);
        Placed -> Placed
    end.

is_safe(_, _, []) -> true;
is_safe(Row, Away, [Queen | Queens]) ->
    Queen =/= Row andalso Queen =/= Row + Away andalso Queen =/= Row - Away andalso is_safe(Row, Away + 1, Queens).

%% @doc The number of primes to 5,000; the sieve is a map of what is crossed out.
-spec sieve(pos_integer()) -> integer().
sieve(N) ->
    times(N, fun() -> primes(2, 5000, #{}, 0) end).

primes(I, Last, _, Count) when I > Last -> Count;
primes(I, Last, Crossed, Count) ->
    case is_map_key(I, Crossed) of
        true -> primes(I + 1, Last, Crossed, Count);
        false -> primes(I + 1, Last, cross(I + I, I, Last, Crossed), Count + 1)
    end.

cross(I, _, Last, Crossed) when I > Last -> Crossed;
cross(I, Step, Last, Crossed) -> cross(I + Step, Step, Last, Crossed#{I => true}).

%% @doc A tree of tuples of random sizes; the number of its nodes.
-spec storage(pos_integer()) -> integer().
storage(N) ->
    times(N, fun() -> {_, Count, _} = storage(7, 0, 74755), Count end).

storage(1, Count, Seed) ->
    Random = random(Seed),
    {erlang:make_tuple(Random rem 10 + 1, nil), Count + 1, Random};
storage(Depth, Count, Seed) ->
    {Children, {Sum, Last}} = lists:mapfoldl(fun(_, {C, S}) -> {Child, More, Next} = storage(Depth - 1, C, S), {Child, {More, Next}} end,
                                             {Count + 1, Seed}, [1, 2, 3, 4]),
    {list_to_tuple(Children), Sum, Last}.

%% @doc The towers of Hanoi with 13 disks; the moves.
-spec towers(pos_integer()) -> integer().
towers(N) ->
    times(N, fun() ->
                     {Moves, {[], Moved, []}} = disks(13, 1, 2, {lists:seq(1, 13), [], []}, 0),
                     13 = length(Moved),
                     Moves
             end).

disks(1, From, To, Piles, Moves) -> {Moves + 1, one(From, To, Piles)};
disks(N, From, To, Piles, Moves) ->
    Other = 6 - From - To,
    {Before, Cleared} = disks(N - 1, From, Other, Piles, Moves),
    disks(N - 1, Other, To, one(From, To, Cleared), Before + 1).

one(From, To, Piles) ->
    [Disk | Rest] = element(From, Piles),
    case element(To, Piles) of
        [Top | _] when Top < Disk -> error(larger_on_smaller);
        Pile -> setelement(To, setelement(From, Piles, Rest), [Disk | Pile])
    end.

-define(PI, 3.141592653589793).
-define(SOLAR_MASS, 4 * ?PI * ?PI).
-define(DAYS, 365.24).

%% @doc The energy of the Sun and four planets after so many steps.
-spec nbody(pos_integer()) -> float().
nbody(N) ->
    energy(steps(N, system()), 0.0).

system() ->
    Bodies = [{0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ?SOLAR_MASS},
              body(4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01, 1.66007664274403694e-03,
                   7.69901118419740425e-03, -6.90460016972063023e-05, 9.54791938424326609e-04),
              body(8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01, -2.76742510726862411e-03,
                   4.99852801234917238e-03, 2.30417297573763929e-05, 2.85885980666130812e-04),
              body(1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01, 2.96460137564761618e-03,
                   2.37847173959480950e-03, -2.96589568540237556e-05, 4.36624404335156298e-05),
              body(1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01, 2.68067772490389322e-03,
                   1.62824170038242295e-03, -9.51592254519715870e-05, 5.15138902046611451e-05)],
    {Px, Py, Pz} = lists:foldl(fun({_, _, _, Vx, Vy, Vz, Mass}, {X, Y, Z}) -> {X + Vx * Mass, Y + Vy * Mass, Z + Vz * Mass} end,
                               {0.0, 0.0, 0.0}, Bodies),
    [{X, Y, Z, _, _, _, Mass} | Planets] = Bodies,
    [{X, Y, Z, -(Px / (?SOLAR_MASS)), -(Py / (?SOLAR_MASS)), -(Pz / (?SOLAR_MASS)), Mass} | Planets].

body(X, Y, Z, Vx, Vy, Vz, Mass) -> {X, Y, Z, Vx * ?DAYS, Vy * ?DAYS, Vz * ?DAYS, Mass * (?SOLAR_MASS)}.

steps(0, Bodies) -> Bodies;
steps(N, Bodies) -> steps(N - 1, [shift(Body, 0.01) || Body <- advance(Bodies, 0.01)]).

%% Each pair pulls at each other once: what comes out is the first body and the others as it has left them.
advance([], _) -> [];
advance([Body | Others], Dt) ->
    {Moved, Rest} = pull(Body, Others, Dt, []),
    [Moved | advance(Rest, Dt)].

pull(Body, [], _, Done) -> {Body, lists:reverse(Done)};
pull({X, Y, Z, Vx, Vy, Vz, Mass}, [{X2, Y2, Z2, Vx2, Vy2, Vz2, Mass2} | Others], Dt, Done) ->
    Dx = X - X2,
    Dy = Y - Y2,
    Dz = Z - Z2,
    Squared = Dx * Dx + Dy * Dy + Dz * Dz,
    Magnitude = Dt / (Squared * math:sqrt(Squared)),
    pull({X, Y, Z, Vx - Dx * Mass2 * Magnitude, Vy - Dy * Mass2 * Magnitude, Vz - Dz * Mass2 * Magnitude, Mass}, Others, Dt,
         [{X2, Y2, Z2, Vx2 + Dx * Mass * Magnitude, Vy2 + Dy * Mass * Magnitude, Vz2 + Dz * Mass * Magnitude, Mass2} | Done]).

shift({X, Y, Z, Vx, Vy, Vz, Mass}, Dt) -> {X + Dt * Vx, Y + Dt * Vy, Z + Dt * Vz, Vx, Vy, Vz, Mass}.

energy([], E) -> E;
energy([{X, Y, Z, Vx, Vy, Vz, Mass} | Others], E) ->
    Kinetic = E + 0.5 * Mass * (Vx * Vx + Vy * Vy + Vz * Vz),
    energy(Others, lists:foldl(fun({X2, Y2, Z2, _, _, _, Mass2}, Sum) ->
                                       Dx = X - X2,
                                       Dy = Y - Y2,
                                       Dz = Z - Z2,
                                       Sum - Mass * Mass2 / math:sqrt(Dx * Dx + Dy * Dy + Dz * Dz)
                               end, Kinetic, Others)).

%% @doc The bits of the Mandelbrot set, eight to a byte, folded by exclusive or.
-spec mandelbrot(pos_integer()) -> integer().
mandelbrot(Size) -> rows(0, Size, 0).

rows(Size, Size, Sum) -> Sum;
rows(Y, Size, Sum) -> rows(Y + 1, Size, columns(0, Size, 2.0 * Y / Size - 1.0, 0, 0, Sum)).

columns(Size, Size, _, _, 0, Sum) -> Sum;
columns(Size, Size, _, Byte, Bits, Sum) -> Sum bxor ((Byte bsl (8 - Bits)) band 255);
columns(X, Size, Ci, Byte, 8, Sum) -> columns(X, Size, Ci, 0, 0, Sum bxor Byte);
columns(X, Size, Ci, Byte, Bits, Sum) ->
    Bit = escapes(50, 0.0, 0.0, 2.0 * X / Size - 1.5, Ci),
    columns(X + 1, Size, Ci, Byte bsl 1 + Bit, Bits + 1, Sum).

%% The bit of a point: 1 if it goes too far within so many steps. As in that suite, the imaginary part is made with the new real one.
escapes(0, _, _, _, _) -> 0;
escapes(N, Zr, Zi, Cr, Ci) ->
    NextZr = Zr * Zr - Zi * Zi + Cr,
    NextZi = 2.0 * NextZr * Zi + Ci,
    case NextZr * NextZr + NextZi * NextZi > 4.0 of
        true -> 1;
        false -> escapes(N - 1, NextZr, NextZi, Cr, Ci)
    end.
