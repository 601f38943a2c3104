# The commands that CONTRACT.md promises; each is one line to read here, and its work is in scripts/.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: run build test soak bench lint generate tools

run: ## needs Go and nothing else
	go run ./cmd/ponte demo

build: ## says which commit it is of, counted from the last release
	go build -ldflags "-X ponte/internal/app.Version=$(or $(patsubst v%,%,$(shell git describe --tags --always --dirty 2>/dev/null)),dev)" -o ponte ./cmd/ponte

test: tools
	scripts/setup.sh
	scripts/postgres.sh run scripts/test.sh

soak: ## DURATION=1h
	scripts/setup.sh
	DURATION=$(or $(DURATION),1h) scripts/postgres.sh run scripts/soak.sh

bench:
	scripts/setup.sh
	scripts/postgres.sh run scripts/bench.sh

lint: tools
	.tools/golangci-lint run

generate: tools
	scripts/generate.sh

# Built once for each tools.mod and Go version; without cgo, so that sqlc brings its parser as WebAssembly instead of
# compiling PostgreSQL's C.
tools: .tools/$(shell go env GOVERSION)
.tools/go%: tools.mod tools.sum
	rm -rf .tools && mkdir .tools
	CGO_ENABLED=0 go build -modfile=tools.mod -o .tools/ tool
	touch $@
