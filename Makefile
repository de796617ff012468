# Everything a developer or an operator does from a checkout. `make help` prints itself from the ## comments.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
GOFLAGS  ?= -buildvcs=false
export GOFLAGS
LINT     := .bin/golangci-lint
LINT_VERSION := v2.15.0
DATA     ?= ./lms-data

.PHONY: help run build setup setup-test generate test unit race fuzz e2e lint vet verify bench soak golden cover clean

help: ## print this help
	@grep -hE '^[a-z][a-z0-9/-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup build ## install what is missing, build, start everything with a sample course and demo accounts
	./lms serve --demo --data "$(DATA)"

build: ## build the binary ./lms
	@[ -x lms ] || echo "building ./lms: the first time takes a few minutes and says nothing meanwhile"
	$(GO) build -trimpath -o lms ./cmd/lms

setup: ## install what running needs (PostgreSQL, Python), by apt where that is allowed
	@./scripts/setup run

setup-test: ## install what tests need (PostgreSQL, Python, Redis, Chromium), by apt where that is allowed
	@./scripts/setup test

generate: ## rebuild templ pages and browser bundles
	$(GO) tool templ generate -include-version=false
	npm ci --prefix static --no-audit --no-fund --silent
	$(GO) run ./static/build

test: setup-test vet lint verify ## everything: vet, lint, unit, real stores, browser walks, conformance
	@# The browser walks have the machine to themselves: they run after the rest, and both are told of. Vet has run by then.
	@ok=0; $(GO) test -vet=off -timeout 40m $$($(GO) list ./... | grep -v /web/e2e) || ok=1; $(GO) test -vet=off -timeout 40m ./web/e2e/... || ok=1; exit $$ok

unit: ## tests of one or more packages: make unit PKG=./course/...
	$(GO) test $(or $(PKG),./...)

race: setup-test ## tests under the race detector
	$(GO) test -race -timeout 60m ./...

fuzz: ## every fuzz target for FUZZTIME (default 60s) each
	@./scripts/fuzz $(or $(FUZZTIME),60s)

e2e: setup-test build ## the browser walks only
	$(GO) test -count=1 -timeout 20m ./web/e2e/...

vet: ## go vet
	$(GO) vet ./...

$(LINT):
	@mkdir -p .bin
	GOFLAGS=-buildvcs=false GOBIN="$$PWD/.bin" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

lint: $(LINT) ## golangci-lint with the rules of .golangci.yml
	$(LINT) run --allow-parallel-runners ./...

verify: ## fail when generated files are stale, formatting is off or go.mod is untidy
	@./scripts/verify

bench: setup-test build ## the figures of docs/performance.md
	@./scripts/bench

soak: setup-test build ## long runs: every shared course page by page in a browser, fuzzing
	LYCEUM_LONG=1 $(GO) test -count=1 -timeout 60m -run TestSharedCoursesInStudio -v ./web/e2e
	@./scripts/fuzz 10m

golden: ## rewrite golden files after a wanted change
	$(GO) test ./web/... ./component/... ./migrations/... -update

cover: setup-test ## coverage of the tests as an HTML page in coverage/
	@mkdir -p coverage
	$(GO) test -coverprofile=coverage/cover.out ./... && $(GO) tool cover -html=coverage/cover.out -o coverage/index.html

clean: ## remove build results; data directories stay
	rm -rf lms .bin coverage
