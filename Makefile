# Tandem. `make` builds, `make demo` shows what it does, `make test` tests it: each needs nothing run before it.
#
#   deps        installs what is missing (as root, from Debian's packages) or says what to install
#   all         the engine (priv/tandem) and the Erlang side (_build/default/lib/tandem)
#   demo        the examples of a process guide on the BEAM and on the engine, a table of latencies, and a page of both
#   test        lint, unit tests, the programs run on both engines, host-side tests
#   lint        layers, sizes, format
#   soak        an hour of mixed load with kills at random, or SECONDS=N; then nothing may be left of it
#   check-long  test, and: unit tests under every sanitizer, the programs on the stress build and as newer OTPs compile them, fuzzers, a comparison's page in a browser, dialyzer; PARTS='units fuzz' selects (all parts: test/run.sh)
#   bench       measures both engines: a table, and a file of numbers; CLASS= and ONLY= select (all options: bench/bench.erl)
#   bench-huge  ten million processes on the engine: 5 GB
#   bench-compare OLD=file  compares the last measurement, or NEW=file, with an older one
#   doc         the reference: pages in _build/doc, and for `h` in iex and erl
#   format      lays out the C sources
#   clean       removes everything built

MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
BUILD ?= release
STAMP := _build/stamp
EBIN := _build/default/lib/tandem/ebin
options = $(foreach name,$(1),$(if $($(name)),$(shell echo $(name) | tr A-Z a-z)='$($(name))'))
ERLANG_SOURCES := $(wildcard src/*.erl src/*.app.src) rebar.config

.PHONY: all deps engine demo test doc soak lint check-long bench bench-huge bench-compare format clean
.DEFAULT_GOAL := all

all: $(STAMP)/deps engine $(STAMP)/erlang
	@:

deps:
	@sh test/deps.sh install
	@mkdir -p $(STAMP) && touch $(STAMP)/deps

$(STAMP)/deps: test/deps.sh
	@sh test/deps.sh install
	@mkdir -p $(STAMP) && touch $@

engine: $(STAMP)/deps
	@$(MAKE) -C c_src BUILD=$(BUILD)

$(STAMP)/erlang: $(ERLANG_SOURCES) | engine
	@rebar3 compile
	@mkdir -p $(STAMP) && touch $@

demo: all
	@sh test/run.sh demo

test: all
	@sh test/run.sh test

lint: $(STAMP)/deps
	@sh test/lint.sh

soak: all
	@sh test/run.sh soak $(or $(SECONDS),3600)

check-long: all
	@sh test/run.sh long $(PARTS)

bench: all
	@sh test/run.sh bench $(call options,CLASS ONLY ROUNDS SECONDS RATES OUT EXECUTABLE)

bench-huge: all
	@sh test/run.sh bench-huge

bench-compare: all
	@sh test/run.sh bench-compare $(call options,OLD NEW)

doc: all
	@sh test/doc.sh

format:
	@clang-format -i c_src/*/*.[ch] test/c/*.[ch] $(wildcard test/fuzz/*.[ch])

clean:
	rm -rf _build priv
