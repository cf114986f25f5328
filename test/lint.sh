#!/bin/sh
# What a compiler does not refuse: includes that climb, files and functions past their size, a header that does not stand
# alone, layout, missing licence lines. Prints each offence; the last line tells how many.
set -eu
cd "$(dirname "$0")/.." || exit
offences=$(mktemp)
trap 'rm -f "$offences"' EXIT

sources() { find c_src test/c test/fuzz -name '*.[ch]' 2>/dev/null | sort; }
headers() { find c_src -name '*.h' | sort; }
erlang() { find src test bench -name '*.erl' 2>/dev/null | sort; }

layers() {
    awk 'BEGIN { n = split("base term proc dist code bif carrier main nif", names); for (i = 1; i <= n; i++) floor[names[i]] = i }
        FNR == 1 { split(FILENAME, path, "/"); own = floor[path[2]] }
        /^#include "/ {
            split($2, parts, /["\/]/)
            if (!(parts[2] in floor)) print FILENAME ":" FNR ": include without its folder: " $2
            else if (floor[parts[2]] > own) print FILENAME ":" FNR ": includes upward: " $2
        }' c_src/*/*.[ch]
}

sizes() {
    for f in $(sources) $(erlang); do
        case $f in
        test/same/programs/*) continue ;;
        *.h) limit=200 ;;
        *) limit=800 ;;
        esac
        lines=$(wc -l < "$f")
        [ "$lines" -le "$limit" ] || echo "$f: $lines lines, more than $limit"
    done
}

functions() {
    awk '/^\{/ { start = FNR } /^\}/ && start { if (FNR - start > 80) print FILENAME ":" start ": a function of " FNR - start " lines"; start = 0 }' \
        c_src/*/*.c test/c/*.c
}

licences() {
    for f in $(sources); do
        [ "$(head -n 1 "$f")" = "// SPDX-License-Identifier: Apache-2.0" ] || echo "$f: first line is not the SPDX line"
    done
    for f in $(erlang); do
        head -n 1 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$f: first line is not the SPDX line"
    done
}

layout() {
    sources | xargs clang-format --dry-run 2>&1 | grep 'warning:' | awk -F: '!seen[$1]++ { print $1 ":" $2 ": not laid out by clang-format (make format)" }'
}

alone() {
    headers | xargs -P 2 -I{} sh -c 'clang -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wno-pragma-once-outside-header -Ic_src -x c {} > /dev/null 2>&1 || echo "{}: does not compile alone"'
}

# Fuzzers are built by the long checks alone.
fuzzers() {
    for f in test/fuzz/*.c; do
        clang -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Werror -Wall -Ic_src -Itest/c "$f" > /dev/null 2>&1 || echo "$f: does not compile"
        ! clang -std=gnu17 -D_GNU_SOURCE -M -Ic_src -Itest/c "$f" 2> /dev/null | grep -q '/check\.h' || echo "$f: is not linked with Check"
    done
}

words() {
    grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -r c_src src test bench Makefile rebar.config --include='*.[ch]' --include='*.erl' --include='*.ex' --include='*.exs' \
        --include='*.def' --include='*.py' --include='Makefile' --include='rebar.config' || true
    grep -nP '\t' -r c_src src test bench --include='*.[ch]' --include='*.erl' --include='*.ex' || true
    grep -nE ' +$' -r c_src src test bench --include='*.[ch]' --include='*.erl' --include='*.ex' --include='*.sh' --include='*.py' || true
}

{ layers; sizes; functions; licences; layout; alone; fuzzers; words; } > "$offences" 2>&1 || true
cat "$offences"
n=$(wc -l < "$offences")
[ "$n" -eq 0 ] || { echo "lint: $n offences"; exit 1; }
