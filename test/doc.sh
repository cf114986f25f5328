#!/bin/sh
# Makes the reference from the sources: pages in _build/doc, and what `h Tandem.start_link` in iex and `h(tandem, info)` in erl show, beside
# the compiled modules. A warning of edoc's is a failure.
set -eu
cd "$(dirname "$0")/.." || exit
said=$(erl -noinput -eval '
    Sources = lists:sort(filelib:wildcard("src/*.erl")),
    Common = [{preprocess, true}, {application, tandem}],
    ok = edoc:files(Sources, [{dir, "_build/doc"}, {title, "Tandem"} | Common]),
    ok = edoc:files(Sources, [{dir, "_build/default/lib/tandem/doc"}, {doclet, edoc_doclet_chunks}, {layout, edoc_layout_chunks} | Common]),
    halt().' 2>&1) || { echo "$said"; exit 1; }
[ -z "$said" ] || { echo "$said"; exit 1; }
echo "_build/doc/index.html"
