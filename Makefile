# Everything here needs Go, git and make. Tools are pinned in tools.mod; Go builds them when they are first used.

GO        ?= go
FUZZTIME  ?= 20s
BENCHTIME ?= 3x
PACKAGES  ?= ./...
E2E_PACKAGES ?= ./forge/... ./web/... ./cmd/sluice/...
SEEDS     ?= 5000
FROM      ?= 1
PLATFORMS ?= linux/amd64,linux/arm64,darwin/amd64,darwin/arm64
# The race detector needs a C compiler; without one Go sets CGO_ENABLED to 0.
RACE      := $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)

.DEFAULT_GOAL := help
.PHONY: help build demo demo-live test script e2e golden simulate spread fuzz bench conformance lint tidy sizes release check

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

build: ## build bin/sluice
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/sluice ./cmd/sluice

demo: build ## show all of it: a config repo, four gateway groups, commits under traffic; ends by itself
	bin/sluice demo --tour </dev/null

demo-live: build ## the same to play with: it runs until Ctrl-C and prints what to try
	bin/sluice demo

test: ## run all tests with the race detector, shuffled; the totals are the last line
	@test -n "$(RACE)" || echo "SKIPPED the race detector: no C compiler is here"
	$(GO) run ./tools/gotest $(RACE) -shuffle=on -timeout 20m $(PACKAGES)

script: ## run the end-to-end scripts alone
	$(GO) run ./tools/gotest $(RACE) -run 'TestScript' ./cmd/sluice/...

# Gitea is built from its Go module, once: that takes some minutes and a C compiler. The pages are looked at in the Chromium that is
# installed. What is not there is skipped, and said so by every test that wanted it.
e2e: ## run the tests against a real Gitea, which is built the first time, and in a real Chromium
	@$(GO) run ./tools/gitea || echo "SKIPPED the tests against a real Gitea: it could not be built"
	SLUICE_E2E=1 $(GO) run ./tools/gotest $(RACE) -timeout 30m -run 'E2E' $(E2E_PACKAGES)

golden: ## rewrite the wanted parts of testdata, and show what changed
	$(GO) test ./render ./importer ./cmd/sluice ./deploy -update
	git --no-pager diff --stat -- testdata docs deploy

simulate: ## play SEEDS (5000) whole runs with faults everywhere, from seed FROM (1) on; SEED=42 shows that one
	$(GO) $(if $(SEED),test -v,run ./tools/gotest) -run '^TestSeeds$$' -count=1 -timeout 3h ./simulation \
	  -args $(if $(SEED),-seed=$(SEED),-seeds=$(SEEDS) -from=$(FROM))

spread: ## run the reconciler's tests once more, with a worker doing the work at every gateway group
	$(GO) run ./tools/gotest $(RACE) -timeout 30m -run '^Test' ./reconciler -args -afar

fuzz: ## run every fuzz target for FUZZTIME (20s)
	@for package in $$($(GO) list $(PACKAGES)); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
	  done; \
	done

bench: ## run the benchmarks BENCHTIME (3x) each, and print the ratios; takes some minutes
	$(GO) run ./tools/bench -benchtime=$(BENCHTIME) -timeout 60m $(PACKAGES)

# The key reaches the program through the environment: a command line can be read by every process on the machine.
conformance: ## check a real gateway: ADMIN_URL=… ADMIN_KEY=… [PROXY_URL=…] [CONTROL_URL=… WORKERS=…]; without them the embedded ones
	@$(GO) run ./tools/conformance

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt wants to change: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=tools.mod staticcheck ./...

release: ## build VERSION=1.2.3 into dist/ twice, compare byte by byte, and install what can be installed; PLATFORMS=linux/amd64 for less
	$(GO) run ./tools/release -version "$(VERSION)" -platforms "$(PLATFORMS)"
	SLUICE_DIST=$(CURDIR)/dist $(GO) run ./tools/gotest -count=1 -run '^TestReleased' ./deploy

tidy: ## tidy go.mod (tools.mod changes by: go get -tool -modfile=tools.mod MODULE@VERSION)
	$(GO) mod tidy

sizes: ## print how long files and functions are
	@$(GO) run ./tools/sizes

check: ## everything that CI does
	.ci/run
