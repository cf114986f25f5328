%% SPDX-License-Identifier: Apache-2.0
-module(same_re).
-same(programs).
-compile(nowarn_export_all).
-compile(export_all).

id(X) -> X.

tried(F) -> try F() catch C:R:S -> {C, R, hd(S)} end.

%% The binary in a compiled pattern is each engine's own.
shape({ok, {re_pattern, Groups, Unicode, Crlf, Binary}}) -> {ok, Groups, Unicode, Crlf, is_binary(Binary)};
shape(Other) -> Other.

matches() ->
    [re:run(S, P) || S <- ["", "abc", "xxabcabc", <<"abc\nabc">>, ["a", [$b | <<"c">>]]], P <- ["abc", "a|b|c", "(a)(b)?(x)?", "^$", "c$", "x*", <<"(?<n>b).">>]].

captures() ->
    S = "ABCabcdABC", P = "(?<first>a)(b)(?<last>z)?c(d)",
    [re:run(S, P, [{capture, V, T}]) || V <- [all, all_but_first, first, none, all_names, [], [0], [2, 9, 3], [first, "last", <<"none">>, 4]], T <- [index, list, binary]].

capture_index() -> [re:run("xay", "(a)(b)?", [{capture, V}]) || V <- [all, first, [1, 2, 3], all_but_first]].

shared_captures() ->
    S = binary:copy(<<"word ">>, 40),
    {match, [A, B]} = re:run(S, "(word ){38}(w.*)", [{capture, [0, 2], binary}]),
    {byte_size(A), B}.

duplicate_names() ->
    P = "(?<d>mon)day|(?<d>tues)day|(?<d>wednes)day",
    {shape(re:compile(P)), [re:run(S, P, [dupnames, {capture, [d], list}]) || S <- ["monday", "tuesday", "wednesday", "friday"]],
     [begin {ok, C} = re:compile(Q, [dupnames]), re:inspect(C, namelist) end || Q <- [P, "(?<b>.)(?<a>.)", "x"]]}.

all_matches() ->
    [re:run("abcabdx", P, [global | O]) || P <- ["ab", "a(b)(c)?", "", "x*", "\\b", "(?=a)", "zz"], O <- [[], [{capture, all, list}], [{capture, first, binary}], [{capture, none}], [{offset, 2}]]].

all_matches_unicode() ->
    S = <<"grüße öfter éa"/utf8>>,
    [re:run(S, P, [global, unicode, {capture, all, T}]) || P <- [".", "\\w+", "[ü-ÿ]", "", "\\bé"], T <- [index, list, binary]].

all_matches_large() ->
    S = unicode:characters_to_binary(lists:duplicate(200, "ä1 bb ")),
    {match, M} = re:run(S, "[^ ]+", [global, unicode, {capture, all, list}]),
    {length(M), hd(M), lists:last(M)}.

lists_of_characters() ->
    [re:run(S, P, [unicode, {capture, all, T}]) || {S, P} <- [{[1234, $a, 256], [256]}, {"aéb", "é"}, {[<<"ab">>, 300, "c"], [$., 300]}], T <- [index, list, binary]].

case_and_letters() ->
    {[re:run(<<228>>, P) || P <- ["\\w", "[[:alpha:]]", "[[:upper:]]", <<"(?i)", 196>>, "\\W", "[[:punct:]]"]],
     [re:run(<<C>>, "^(?:(\\w)|(\\s)|([[:punct:]])|([[:cntrl:]])|(.))", [{capture, all_but_first}, dotall]) || C <- lists:seq(0, 255)],
     [re:run(<<"Ä"/utf8>>, P, [unicode, caseless | O]) || P <- [[228], "\\w", "\\pL", "\\p{Lu}", "[à-ö]"], O <- [[], [ucp]]]}.

options() ->
    S = "one\ntwo\nthree",
    [re:run(S, P, O) || P <- ["^t", "e$", ".+", "^.*$", "t w o", "E"], O <- [[], [multiline], [dotall], [caseless], [extended], [anchored], [dollar_endonly], [firstline], [ungreedy], [notbol], [noteol], [no_auto_capture]]].

newlines() ->
    [re:run("a\r\nb\rc\nd", P, [multiline, {capture, first, list} | O])
     || P <- ["^b", "b$", "^d", "c$", ".+", "\\R.", "(?:.|\\n)+\\Rd"], O <- [[]] ++ [[{newline, N}] || N <- [cr, lf, crlf, any, anycrlf]] ++ [[bsr_anycrlf], [bsr_unicode]]].

newline_of_a_run() ->
    {ok, C} = re:compile("^b", [multiline]),
    [re:run("a\rb", C, O) || O <- [[], [{newline, cr}], [{newline, anycrlf}]]].

empty_matches() ->
    [re:run("abc", P, O) || P <- ["", "a?", "x*"], O <- [[notempty], [notempty_atstart], [notempty, {offset, 2}], [notempty_atstart, {offset, 3}]]].

offsets() -> [re:run("aXbXc", P, [{offset, N}]) || P <- ["X", "^a", "\\GX", "(?<=X)b", "\\b"], N <- [0, 1, 2, 3, 5]].

compiled() ->
    [shape(re:compile(P, O)) || {P, O} <- [{"abc", []}, {"(a)(b)", []}, {"é", [unicode]}, {"a", [{newline, any}]}, {"a", [{newline, crlf}]}, {"a", [{newline, lf}]}, {"(*CRLF)a", []}, {"", []}, {["a", [<<"b">>]], []}, {"(*UTF8)a", []}]].

compiled_runs() ->
    {ok, C} = re:compile("(\\d+)-(?<tail>\\w*)", [caseless]),
    Self = self(),
    spawn(fun() -> receive {run, P} -> Self ! re:run("x 12-ab", P, [{capture, [tail, 1], binary}]) end end) ! {run, C},
    Copy = binary_to_term(term_to_binary(C)),
    {receive R -> R end, re:run("7-", Copy), re:run("seven", Copy), [element(1, re:run(integer_to_list(N) ++ "-x", C)) || N <- lists:seq(1, 20)]}.

compile_errors() ->
    [re:compile(P) || P <- ["(", ")", "a)", "[", "[a", "*", "+a", "a**", "a{2,1}", "\\", "(?z)", "(?<n>a)(?<n>b)", "[z-a]", "[[:foo:]]", "\\1", "(?<=a*)", "(?P=x)", "\\x{zz}", "\\p{Foo}", "(?#", "(?<1>a)", "(*FOO)"]].

lenient() ->
    [{re:run(S, P), P} || {P, S} <- [{"\\y\\i", "yi"}, {"[\\w-.]+", "a-b.c"}, {"[\\y]", "y"}, {"a{,2}", "a{,2}"}, {"\\Q\\y\\E\\y", "\\yy"}, {"x{", "x{"}, {"]", "]"}, {"\\8", "8"}]].

syntax() ->
    [re:run(S, P, [{capture, all, list}])
     || {P, S} <- [{"(a)(?:b)(?i:C)\\1", "abca"}, {"(?<!x)a(?!b)", "xa ab ac"}, {"(?>a+)b", "aaab"}, {"a++b", "aab"}, {"(?|(a)|(b))\\1", "bb"}, {"(?(?=a)ab|cd)", "cd"},
                   {"\\((?:[^()]++|(?R))*\\)", "x(a(b)c)y"}, {"(?<n>a)\\k<n>\\g{n}\\g{-1}", "aaaa"}, {"\\x41\\101\\o{101}\\cA", "AAA\1"}, {"\\h\\v\\R\\N", " \n\r\nx"}, {"(?x) a b # c", "ab"},
                   {"a\\Kb", "ab"}, {"\\Aa\\z", "a"}, {"[[:^digit:]]\\D\\S", "1abc"}, {"(*MARK:m)a", "a"}, {"a(*ACCEPT)b", "a"}, {"(a(*F))|b", "ab"}, {"(?C1)a", "a"}]].

splits() ->
    [re:split(S, P, O) || S <- ["a,b,,c,", <<"xyz">>, ""], P <- [",", "", "(,)", "(?<q>[,y])"], O <- [[], [{return, list}], [trim], [{parts, 2}], [group], [{return, binary}, trim, group]]].

replacements() ->
    [re:replace(S, P, R, O) || S <- ["abcabc", <<"xyz">>], P <- ["b", "(b)(c)", "", "q"], R <- ["-", "[&]", "\\2\\1", "\\g{1}\\&", <<"é"/utf8>>], O <- [[], [global], [{return, list}], [global, {return, binary}]]].

replacements_unicode() -> [re:replace("aéb€", P, [1234, "&"], [unicode, global, {return, T}]) || P <- ["é", ".", [$[, 8364, $]]], T <- [list, binary]].

limits() ->
    [re:run(lists:duplicate(40, $a), "(a+)+[bx]", O) || O <- [[], [report_errors], [report_errors, {match_limit, 5}], [report_errors, {match_limit_recursion, 5}], [{match_limit, 1}]]].

reported() -> {re:run("a", "(", [report_errors]), re:run("a", "(", [report_errors, global]), re:run("a", "a", [report_errors])}.

wrong_arguments() ->
    {ok, C} = re:compile(id("a")),
    [tried(F) || F <- [fun() -> re:run(id("abc"), "b", [foo]) end, fun() -> re:run(id("abc"), "(", []) end, fun() -> re:compile(id("abc"), [global]) end, fun() -> re:compile(id(abc)) end,
                       fun() -> re:run(id("abc"), id(abc)) end, fun() -> re:run(id(<<1:3>>), "a") end, fun() -> re:run(id("a"), {re_pattern, 0, 0, 0, <<"some bytes">>}) end,
                       fun() -> re:inspect(id(foo), namelist) end, fun() -> re:run("a", "a", [{capture, foo}]) end, fun() -> re:run("a", "a", [{capture, [a | b]}]) end,
                       fun() -> re:run("a", "a", [{capture, [-1]}]) end, fun() -> re:run("a", "a", [{offset, -1}]) end, fun() -> re:run("a", "a", [{offset, x}]) end,
                       fun() -> re:run("a", "a", [{newline, x}]) end, fun() -> re:run("a", "a", [a | b]) end, fun() -> re:run("a", "a", id(foo)) end, fun() -> re:internal_run("a", "a", [], 1) end]]
        ++ [try re:run("a", C, [caseless]) catch error:badarg -> badarg end].

bad_utf8() ->
    [tried(F) || F <- [fun() -> re:run(id(<<"a", 200, "b">>), "b", [unicode]) end, fun() -> re:run(id(<<"aé"/utf8>>), "a", [unicode, {offset, 2}]) end,
                       fun() -> re:run(id(<<"a", 200>>), "a", [unicode, global]) end, fun() -> re:compile(id(<<"a", 200, "b">>), [unicode]) end, fun() -> re:compile(id("(*UTF8)a"), [never_utf]) end]].

split_wrongly() -> [tried(F) || F <- [fun() -> re:split(id("a"), "(") end, fun() -> re:split(id("a"), "a", [global]) end, fun() -> re:replace(id("a"), "a", "b", [{return, x}]) end, fun() -> re:replace(id("a"), "(", "b") end]].
