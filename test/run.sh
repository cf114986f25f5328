#!/bin/sh
# Runs what the Makefile's targets promise. `run.sh test` ends with one line that counts everything: `N passed, N failed`.
set -u
cd "$(dirname "$0")/.." || exit
export ERL_FLAGS="${ERL_FLAGS:-} +fnu" ELIXIR_ERL_OPTIONS="+fnu" ERL_CRASH_DUMP_BYTES=0
LC_ALL=C.UTF-8
export LC_ALL
out=_build/test
ebin=$out/ebin
programs=$out/programs
tandem=_build/default/lib/tandem/ebin
results=$out/results
inside_tests="test/erl/tandem_tests.erl test/erl/tandem_host_tests.erl test/erl/tandem_pressure_tests.erl test/erl/tandem_top_tests.erl test/erl/tandem_trace_tests.erl
    test/erl/tandem_tools_tests.erl test/erl/tandem_memory_tests.erl test/erl/tandem_differences_tests.erl test/erl/tandem_host_differences_tests.erl"
border_tests="$inside_tests test/erl/tandem_end_tests.erl"
mkdir -p "$ebin" "$programs"

# compile FOLDER-OF-BEAMS SOURCES: compiles what is newer than the last time.
compile() {
    to=$1
    shift
    mark=$to/.$(basename "$(dirname "$1")")
    [ -e "$mark" ] && [ -z "$(find "$@" -newer "$mark" | head -n 1)" ] && return
    erl_sources=$(printf '%s\n' "$@" | grep '\.erl$')
    ex_sources=$(printf '%s\n' "$@" | grep '\.ex$')
    # shellcheck disable=SC2086
    { [ -z "$erl_sources" ] || erlc +debug_info -pa "$tandem" -pa "$ebin" -o "$to" $erl_sources; } &&
        { [ -z "$ex_sources" ] || elixirc -pa "$tandem" -pa "$ebin" -o "$to" $ex_sources; } && touch "$mark"
}

prepare() {
    compile "$ebin" test/same/*.erl && compile "$ebin" test/diff/*.erl && compile "$ebin" bench/*.erl && compile "$ebin" test/erl/*.erl && compile "$ebin" test/real/*.erl && compile "$ebin" test/page/*.erl &&
        compile "$ebin" test/demo/*.erl test/demo/*.ex && compile "$programs" test/same/programs/*.erl test/same/programs/*.ex || exit 1
    [ -s $out/elixir ] || elixir -e 'IO.write(Path.dirname(:code.lib_dir(:elixir)))' > $out/elixir
    elixir_libs=$(cat $out/elixir)
}

prepare_bench() {
    compile "$ebin" bench/*.erl || exit 1
    elixir_libs=/nonexistent
}

# Engines on TCP need an epmd: one of these tests' own, for as long as they run.
start_epmd() {
    export ERL_EPMD_PORT=$((20000 + $$ % 12000))
    epmd -port "$ERL_EPMD_PORT" -relaxed_command_check > "$out/epmd.log" 2>&1 &
    epmd=$!
    trap 'kill $epmd' EXIT
}

# on_carrier CARRIER COMMAND ...: engines that the command starts are reached in that way, if they don't say how.
on_carrier() (
    export ERL_FLAGS="$ERL_FLAGS -tandem carrier $1"
    shift
    "$@"
)

# An Erlang VM with everything in its path, that evaluates its first argument; the rest are its plain arguments.
vm() {
    code=$1
    shift
    erl -noinput -pa "$tandem" "$ebin" "$programs" "$elixir_libs"/elixir/ebin "$elixir_libs"/logger/ebin "$elixir_libs"/iex/ebin "$elixir_libs"/ex_unit/ebin "$elixir_libs"/mix/ebin \
        -eval "$code" -extra "$@"
}

# count NAME PASSED FAILED
count() {
    printf '%-12s %s passed, %s failed\n' "$1" "$2" "$3"
    echo "$2 $3" >> "$results"
}

# told NAME LABEL LOG: counts what the last line `NAME: N passed, N failed` of a log says. No such line is a failure, a sanitizer's report is
# one more.
told() {
    line=$(grep -E "^$1: [0-9]+ passed, [0-9]+ failed\$" "$3" | tail -n 1)
    [ -n "$line" ] || line="$1: 0 passed, 1 failed"
    passed=$(echo "$line" | sed 's/.*: \([0-9]*\) passed.*/\1/')
    failed=$(echo "$line" | sed 's/.*, \([0-9]*\) failed/\1/')
    if grep -q 'Sanitizer:' "$3"; then failed=$((failed + 1)); fi
    [ "$failed" = 0 ] || tail -n 60 "$3"
    count "$2" "$passed" "$failed"
}

lint() {
    if sh test/lint.sh; then count lint 1 0; else count lint 0 1; fi
}

# unit BUILD
unit() {
    log=$out/unit-$1.log
    if make --no-print-directory -C c_src BUILD="$1" check > "$log" 2>&1; then status=0; else status=1; fi
    line=$(grep -E '^[0-9]+%: Checks:' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        tail -n 40 "$log"
        count "unit $1" 0 1
        return
    fi
    checks=$(echo "$line" | sed 's/.*Checks: \([0-9]*\).*/\1/')
    wrong=$(echo "$line" | sed 's/.*Failures: \([0-9]*\), .*/\1/')
    broken=$(echo "$line" | sed 's/.*Errors: \([0-9]*\).*/\1/')
    failed=$((wrong + broken))
    [ "$failed" = 0 ] || grep -E ':[FES]:' "$log"
    [ "$status" = 0 ] || [ "$failed" != 0 ] || { tail -n 40 "$log"; failed=1; checks=$((checks + 1)); }
    count "unit $1" $((checks - failed)) "$failed"
}

# same NAME EXECUTABLE [FOLDER]: with a folder the engine runs the modules there.
same() {
    log=$out/$1.log
    if [ -n "${3:-}" ]; then
        vm 'same:newer(init:get_plain_arguments()), halt().' "$programs" "$3" "$2" > "$log" 2>&1
    else
        vm 'same:main(init:get_plain_arguments()), halt().' "$programs" "$2" > "$log" 2>&1
    fi
    line=$(grep -E '^same: [0-9]+ programs, [0-9]+ differ$' "$log" | tail -n 1)
    grep -vE '^same: ' "$log" | head -n 60
    all=$(echo "$line" | sed 's/same: \([0-9]*\) .*/\1/')
    differ=$(echo "$line" | sed 's/.* \([0-9]*\) differ/\1/')
    if [ -n "$line" ]; then count "$1" $((all - differ)) "$differ"; else count "$1" 0 1; fi
}

# guest BUILD: the programs on the engine's shared object, in the OS process of a program that is nothing but that, so that a sanitizer
# sees what is left when it has been unloaded.
guest() {
    make --no-print-directory -C c_src BUILD="$1" bridge && same "guest $1" "$PWD/_build/c/$1/bridge"
    sleep 10
    if grep -E 'Sanitizer:' "$out/guest $1.log"; then count "guest $1 ends" 0 1; else count "guest $1 ends" 1 0; fi
}

# The programs as the compilers of newer OTPs make them, on the engine, against the same sources on the BEAM of this machine, as its compiler
# makes them. The VM can't run what they make, so programs whose funs are run there stay out, and one that shows names of functions
# that compilers make up.
newer() {
    sources=$(printf '%s\n' test/same/same_case.erl test/same/programs/*.erl | grep -vE '/same_(host|signals|process_info).erl')
    for suite in trixie sid; do
        # shellcheck disable=SC2086
        if said=$(sh test/newer.sh $suite "$PWD/$out/newer" $sources); then
            same "newer $said" "$PWD/priv/tandem-asan" "$PWD/$out/newer/$suite/beams"
        else
            printf '%-12s %s\n' newer "skipped for $suite: $said"
        fi
    done
}

# Generated cases: differential SEED SECONDS EXECUTABLE.... Its log tells the seed.
differential() {
    log=$out/diff.log
    mkdir -p "$out/diff"
    vm 'diff:main(init:get_plain_arguments()), halt().' "$out/diff" "$@" > "$log" 2>&1
    grep -E '^diff .*, seed ' "$log"
    told diff differential "$log"
}

# EUnit counts what passed and failed, but not what it had to cancel: erlang_tests NAME FILES.
erlang_tests() {
    log=$out/$1.log
    name=$1
    shift
    vm 'R = eunit:test([list_to_atom(filename:basename(F, ".erl")) || F <- init:get_plain_arguments()], []), io:format("eunit: ~p~n", [R]), halt().' \
        "$@" > "$log" 2>&1
    passed=$(sed -n -e 's/.*All \([0-9]*\) tests passed.*/\1/p' -e 's/.*Passed: \([0-9]*\)\..*/\1/p' "$log" | tail -n 1)
    failed=$(sed -n 's/.*Failed: \([0-9]*\)\..*/\1/p' "$log" | tail -n 1)
    grep -q '^eunit: ok$' "$log" || [ "${failed:-0}" != 0 ] || failed=1
    [ "${failed:-0}" = 0 ] || tail -n 60 "$log"
    count "$name" "${passed:-0}" "${failed:-0}"
}

elixir_tests() {
    log=$out/elixir.log
    elixir -pa "$tandem" -pa "$ebin" test/elixir/run.exs > "$log" 2>&1
    line=$(grep -E '^[0-9]+ tests?, [0-9]+ failures?' "$log" | tail -n 1)
    tests=$(echo "$line" | sed 's/ .*//')
    failed=$(echo "$line" | sed 's/.*, \([0-9]*\) failure.*/\1/')
    [ "${failed:-1}" = 0 ] || tail -n 60 "$log"
    if [ -n "$line" ]; then count elixir $((tests - failed)) "$failed"; else count elixir 0 1; fi
}

terminal() {
    log=$out/terminal.log
    python3 test/elixir/terminal.py "$tandem" > "$log" 2>&1
    told terminal terminal "$log"
}

# Compilers, test frameworks and a tree of processes on the engine.
real() {
    log=$out/real.log
    vm 'real:main(init:get_plain_arguments()), halt().' "$PWD/priv/tandem" test/real "$out/real" "${REAL_SECONDS:-60}" > "$log" 2>&1
    told real real "$log"
}

# The pages of comparisons, in a browser.
page() {
    log=$out/page.log
    if ! browser=$(sh test/deps.sh browser 2> "$log"); then
        printf '%-12s %s\n' page "skipped: $(tail -n 1 "$log")"
        return
    fi
    mkdir -p "$out/page"
    { vm 'page_sample:main(init:get_plain_arguments()), halt().' "$out/page" &&
        timeout 300 python3 test/page/page.py "$browser" "$out/page" "$out/page/one.html" "$out/page/many.html"; } > "$log" 2>&1
    told page page "$log"
}

# A long mixed load: soak SECONDS.
soak() {
    log=$out/soak.log
    vm 'real_soak:main(init:get_plain_arguments()), halt().' "$PWD/priv/tandem" "$1" 2>&1 | tee "$log" | grep --line-buffered '^real_soak: '
    told soak soak "$log"
}

# Modules replaced while they are called: reload BUILD.
reload() {
    log=$out/reload-$1.log
    vm 'real_reload:main(init:get_plain_arguments()), halt().' "$(executable "$1")" "$out/reload" 4 "${RELOAD_SECONDS:-20}" > "$log" 2>&1
    told reload "reload $1" "$log"
}

# Every fuzzer for ten minutes, from the corpus that is kept, as many at once as there are cores.
fuzz_one() {
    name=$(basename "$1")
    mkdir -p "$out/$name" "test/fuzz/corpus/${name#fuzz_}"
    "$1" -max_total_time="${FUZZ_SECONDS:-600}" -rss_limit_mb=2048 -artifact_prefix="$out/$name/" "$out/$name" \
        "test/fuzz/corpus/${name#fuzz_}" > "$out/$name.log" 2>&1
    echo $? > "$out/$name.status"
}

fuzz() {
    make --no-print-directory -C c_src BUILD=fuzz fuzzers || { count fuzzers 0 1; return; }
    running=    # not all that runs: an epmd does
    for fuzzer in _build/c/fuzz/fuzz_*; do
        [ -x "$fuzzer" ] || continue
        rm -f "$out/$(basename "$fuzzer").status"
        fuzz_one "$fuzzer" &
        running="$running $!"
        # shellcheck disable=SC2086
        [ $(($(echo $running | wc -w) % $(nproc))) -ne 0 ] || { wait $running; running=; }
    done
    # shellcheck disable=SC2086
    [ -z "$running" ] || wait $running
    for fuzzer in _build/c/fuzz/fuzz_*; do
        [ -x "$fuzzer" ] || continue
        name=$(basename "$fuzzer")
        if [ "$(cat "$out/$name.status" 2> /dev/null)" = 0 ]; then count "$name" 1 0; else
            tail -n 40 "$out/$name.log"
            count "$name" 0 1
        fi
    done
}

dialyzer_check() {
    if rebar3 dialyzer > $out/dialyzer.log 2>&1 && rebar3 xref >> $out/dialyzer.log 2>&1; then count dialyzer 1 0; else
        tail -n 40 $out/dialyzer.log
        count dialyzer 0 1
    fi
}

total() {
    awk '{ p += $1; f += $2 } END { printf "%d passed, %d failed\n", p, f; exit f > 0 }' "$results"
}

everything() {
    lint
    unit asan
    same same "$PWD/priv/tandem"
    on_carrier tcp same "same tcp" "$PWD/priv/tandem"
    on_carrier nif same "same nif" "$PWD/priv/tandem_engine.so"
    make --no-print-directory -C c_src BUILD=asan && differential "${DIFF_SEED:-1}" "${DIFF_SECONDS:-30}" "$PWD/priv/tandem" "$PWD/priv/tandem-asan"
    erlang_tests erlang test/erl/*_tests.erl
    # shellcheck disable=SC2086
    on_carrier tcp erlang_tests "erlang tcp" $border_tests
    # shellcheck disable=SC2086
    on_carrier nif erlang_tests "erlang nif" $inside_tests
    elixir_tests
    terminal
}

# What `long` does, a function a part.
parts="test units sanitizers workers carriers guests reloads newer real soak page differential fuzz dialyzer"
long_test() (
    export TANDEM_STARTS=1000
    everything
)

long_units() {
    for build in release stress tsan; do unit $build; done
}

executable() {
    case $1 in release) echo "$PWD/priv/tandem" ;; *) make --no-print-directory -C c_src BUILD="$1" >&2 && echo "$PWD/priv/tandem-$1" ;; esac
}

long_sanitizers() {
    for build in stress asan tsan; do same "same $build" "$(executable $build)"; done
}

long_workers() {
    for build in release stress tsan; do (export SAME_SCHEDULERS=4 && same "same $build 4" "$(executable $build)"); done
    (export SAME_SCHEDULERS=1 && same "same 1" "$PWD/priv/tandem")
}

long_carriers() {
    for build in asan tsan; do on_carrier tcp same "same tcp $build" "$(executable $build)"; done
}

long_guests() {
    for build in asan tsan; do guest $build; done
}

long_reloads() {
    for build in release asan tsan; do reload $build; done
}

long_newer() {
    executable asan > /dev/null && newer
}

long_real() {
    real
}

long_soak() {
    soak "${SOAK_SECONDS:-600}"
}

long_page() {
    page
}

long_differential() {
    differential "${DIFF_SEED:-random}" 600 "$(executable stress)" "$(executable asan)" "$PWD/priv/tandem"
}

long_fuzz() {
    fuzz
}

long_dialyzer() {
    dialyzer_check
}

case ${1:-} in
test)
    prepare
    : > "$results"
    start_epmd
    everything
    total
    ;;
long)
    shift
    for part; do
        case " $parts " in *" $part "*) ;; *) echo "run.sh: no part $part; there are: $parts" >&2 && exit 2 ;; esac
    done
    # shellcheck disable=SC2086
    [ $# -gt 0 ] || set -- $parts
    prepare
    : > "$results"
    start_epmd
    for part; do "long_$part"; done
    total
    ;;
soak)
    prepare
    : > "$results"
    soak "$2"
    total
    ;;
demo)
    prepare
    [ -t 1 ] && export DEMO_TERMINAL=1
    vm 'demo:main(init:get_plain_arguments()).'
    ;;
bench)
    shift
    prepare_bench
    start_epmd
    [ -t 2 ] && export BENCH_TERMINAL=1
    vm 'bench:main(init:get_plain_arguments()).' "$@"
    ;;
bench-huge)
    prepare_bench
    vm 'bench_memory:huge(), halt().'
    ;;
bench-compare)
    shift
    prepare_bench
    vm 'bench:compare(init:get_plain_arguments()).' "$@"
    ;;
*)
    echo "usage: run.sh test|long [PART...]|soak SECONDS|demo|bench|bench-huge|bench-compare" >&2
    exit 2
    ;;
esac
