#!/bin/sh
# What building and testing take from Debian. `deps.sh install` installs what is missing when it may; otherwise, and with
# `deps.sh check`, it names the command that does. `deps.sh browser` does the same for a headless Chromium, which is large and which only
# `make check-long` needs, and prints its name.
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

browser() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome; do
        command -v $name && return
    done
    return 1
}

install() {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

can_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null
}

if [ "${1:-}" = browser ]; then
    browser && exit 0
    can_install && install chromium-headless-shell fonts-dejavu-core > /dev/null 2>&1
    browser || { echo "no Chromium here. As root: apt-get install chromium-headless-shell" >&2; exit 1; }
    exit 0
fi

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

if [ "${1:-check}" = install ] && can_install; then
    echo "Installing$missing"
    # shellcheck disable=SC2086
    install $missing
else
    echo "Missing packages. As root: apt-get install$missing" >&2
    exit 1
fi
