#!/bin/sh
# newer.sh SUITE FOLDER SOURCES...: compiles Erlang sources with the OTP of another suite of Debian, into FOLDER/SUITE/beams, and prints its
# release. Its packages are unpacked in the folder and run with the C library that belongs to them; apt works there as well, and nothing
# of the machine is changed. Exit status 1: it can't be had, and what is printed tells why.
set -u
suite=$1
folder=$2/$1
shift 2
last_known=29
root=$folder/root
packages="erlang-base libc6 libgcc-s1 libsctp1 libstdc++6 libsystemd0 libtinfo6 zlib1g"
keys=/usr/share/keyrings/debian-archive-keyring.gpg

skip() {
    echo "$*"
    exit 1
}

download() {
    command -v apt-get > /dev/null && [ -e $keys ] || skip "no apt of Debian"
    rm -rf "$folder"
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/debs" "$root"
    : > "$folder/status"
    echo "deb [signed-by=$keys] http://deb.debian.org/debian $suite main" > "$folder/sources.list"
    cat > "$folder/apt.conf" << END
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$folder/lists";
Dir::State::status "$folder/status";
Dir::Cache "$folder/cache";
APT::Sandbox::User "";
Acquire::Retries "1";
Acquire::http::Timeout "20";
END
    export APT_CONFIG="$folder/apt.conf"
    timeout 300 apt-get -qq update > "$folder/log" 2>&1 || skip "no package lists of $suite"
    # shellcheck disable=SC2086
    (cd "$folder/debs" && timeout 600 apt-get -qq download $packages) >> "$folder/log" 2>&1 || skip "no packages of $suite"
    for package in "$folder"/debs/*.deb; do dpkg-deb -x "$package" "$root" || skip "$package is no package"; done
    rm -rf "$folder/lists" "$folder/cache" "$folder/debs"
}

# Programs that the VM starts know nothing of its C library.
wrap() {
    for program in erl_child_setup inet_gethost; do
        [ -e "$bin/$program.real" ] || mv "$bin/$program" "$bin/$program.real"
        printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' "$loader" "$libraries" "$bin/$program.real" > "$bin/$program"
        chmod +x "$bin/$program"
    done
}

find_parts() {
    [ -d "$root/usr/lib" ] || return
    bin=$(echo "$root"/usr/lib/erlang/erts-*/bin)
    loader=$(find "$root/usr/lib64" "$root/usr/lib" -name 'ld-linux*.so*' 2> /dev/null | head -n 1)
    libraries=$(dirname "$(find "$root/usr/lib" -name 'libtinfo.so.6' | head -n 1)")
    [ -x "$bin/beam.smp" ] && [ -n "$loader" ]
}

# erlang EXPRESSION ARGUMENTS...
erlang() {
    expression=$1
    shift
    BINDIR=$bin ROOTDIR=$root/usr/lib/erlang EMU=beam PROGNAME=erl ERL_CRASH_DUMP_BYTES=0 "$loader" --library-path "$libraries" "$bin/beam.smp" -- \
        -root "$root/usr/lib/erlang" -bindir "$bin" -progname erl -home "$folder" -boot "$(dirname "$root"/usr/lib/erlang/releases/*/no_dot_erlang.boot)/no_dot_erlang" \
        -noinput -eval "$expression" -extra "$@" 2>> "$folder/log"
}

case $folder in /*) ;; *) skip "not an absolute folder: $folder" ;; esac
find_parts || { download && find_parts; } || skip "packages of $suite without what is wanted"
wrap
release=$(erlang 'io:put_chars(erlang:system_info(otp_release)), halt().') || skip "the OTP of $suite doesn't run here"
[ "$release" -le $last_known ] || skip "OTP $release is newer than what the loader knows"
rm -rf "$folder/beams"
mkdir -p "$folder/beams"
erlang "[compile:file(F, [debug_info, {outdir, \"$folder/beams\"}, report_errors]) || F <- init:get_plain_arguments()], halt()." "$@" >> "$folder/log"
echo "$release"
