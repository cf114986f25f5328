#!/bin/sh
# What building and testing take from Debian. `deps.sh install` installs what is missing when it may; otherwise, and with
# `deps.sh check`, it names the command that does.
set -eu

# package, and a file or a command that shows it is there: /x is a file, -lx a library with its header, x a command.
needs="
make            make
clang           clang
clang-format    clang-format
lld             ld.lld
libgmp-dev      gmp.h
zlib1g-dev      zlib.h
libpcre2-dev    pcre2.h
libjansson-dev  jansson.h
check           check.h
libsubunit-dev  subunit/child.h
erlang-base     erl
erlang-dev      ei.h
erlang-dialyzer dialyzer
rebar3          rebar3
elixir          elixir
python3         python3
git             git
"

# Where ei.h is depends on the Erlang installation; the other headers are where the compiler looks.
have() {
    case $1 in
    ei.h) erl -noinput -boot start_clean -eval \
        'halt(case filelib:is_file(filename:join(code:lib_dir(erl_interface), "include/ei.h")) of true -> 0; _ -> 1 end).' ;;
    pcre2.h) echo '#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>' | clang -E -x c -o /dev/null - ;;
    *.h) echo "#include <$1>" | clang -E -x c -o /dev/null - ;;
    *) command -v "$1" ;;
    esac > /dev/null 2>&1
}

missing=$(echo "$needs" | while read -r package sign; do
    [ -n "$package" ] || continue
    have "$sign" || printf ' %s' "$package"
done)
[ -n "$missing" ] || exit 0

if [ "${1:-check}" = install ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "Installing$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
else
    echo "Missing packages. As root: apt-get install$missing" >&2
    exit 1
fi
