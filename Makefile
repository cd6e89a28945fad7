# SPDX-License-Identifier: GPL-2.0-only
GO ?= go

.PHONY: all test test-browser playground vendor race lint bench bench-smoke million \
	fuzz strace-logs search bugs-table mutants conformance conformance-random \
	conformance-doc record bench-spin

all: test

# The tests. Under two minutes on two cores.
test:
	$(GO) test ./...

# The playground's page in a headless Chromium, which must be there.
test-browser:
	NSSIM_BROWSER=1 $(GO) test -count=1 -run TestPlayground ./cmd/nssim

# The playground as static files for any web server, and their size.
PLAYGROUND ?= playground
playground:
	$(GO) run ./cmd/nssim play --write $(PLAYGROUND)
	@printf 'compressed: '; for f in $$(find $(PLAYGROUND) -type f); do gzip -9 -c $$f; done | wc -c

# The page's libraries from the npm registry, in the versions that are written there.
VENDOR = cmd/nssim/play/vendor
vendor:
	dir=$$(mktemp -d) && cp $(VENDOR)/package.json $$dir && (cd $$dir && npm install --ignore-scripts --no-audit --no-fund) && \
	cp $$dir/node_modules/@viz-js/viz/dist/viz.js $$dir/node_modules/d3/dist/d3.min.js $(VENDOR) && rm -r $$dir

# The model and what runs it under the race detector.
race:
	CGO_ENABLED=1 $(GO) test -race -short ./refcount ./nstree ./sim ./sim/check ./sim/program ./syscall/...

lint:
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt: $$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# Benchmarks, a goal beside each number that has one (...-at-least, ...-at-most);
# compare two runs with benchstat. COUNT=10 make bench > new.txt
COUNT ?= 1
bench:
	$(GO) test -run '^$$' -bench . -count $(COUNT) ./...

# Every benchmark once, so that none rots.
bench-smoke:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./... >/dev/null

# A million random texts for the parser, and a million random sets of arguments spread over
# every call that programs can make, with the properties checked after each.
INPUTS ?= 1000000
million:
	NSSIM_INPUTS=$(INPUTS) $(GO) test -count 1 -timeout 2h -v -run 'TestRandomTexts|TestRandomArguments' ./sim/program

# The parser and the calls on random input, for FUZZTIME each.
FUZZTIME ?= 1m
fuzz:
	$(GO) test -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME) ./sim/program
	$(GO) test -run '^$$' -fuzz FuzzImport -fuzztime $(FUZZTIME) ./sim/export/syz

# The logs in testdata/strace, made anew under QEMU. SELFTESTS is a directory with the
# statically linked binaries of the kernel's tools/testing/selftests/namespaces, KERNELS the
# images by version.
#   make strace-logs SELFTESTS=dir KERNELS="6.19.14=vmlinuz-6.19.14 7.3.4=vmlinuz-7.3.4"
strace-logs:
	testdata/strace/make-logs.sh -s "$(SELFTESTS)" $(KERNELS)

# Random programs against the properties, N calls on every kernel from seed SEED on.
N ?= 1000000
SEED ?= 1
search:
	$(GO) build -o nssim ./cmd/nssim
	for k in v6.18 rfc-v1 v6.19 v6.19.9 v7.0 v7.1 v7.2 v7.3 v7.3.4; do \
		./nssim fuzz --kernel $$k --n $(N) --seed $(SEED) || exit 1; done

# docs/bugs.md anew: what catches each known bug, and how many random calls it takes.
bugs-table:
	$(GO) run ./cmd/nssim bugs --table >docs/bugs.md.new
	mv docs/bugs.md.new docs/bugs.md

# Small mistakes in the model, one after the other: which test notices each. Slow.
mutants:
	$(GO) run ./cmd/nssim/internal/mutants
# Programs on real kernels (docs/live.md). KERNELS are versions that `nssim live fetch`
# gets, or images.
KERNELS ?= v6.19.8 v6.19.14 v7.0.13 v7.1.13 v7.2.13 v7.3.4
PROGRAMS ?= testdata/calls testdata/selftests $(wildcard testdata/bugs)
KERNEL_FLAGS = $(addprefix --kernel ,$(KERNELS))

# All programs on the model and on each kernel.
conformance:
	$(GO) run ./cmd/nssim live -q $(KERNEL_FLAGS) $(PROGRAMS)

# Random programs, made for each kernel's model. N=10000 make conformance-random
N ?= 1000
SEED ?= 1
conformance-random:
	$(GO) run ./cmd/nssim live -q $(KERNEL_FLAGS) --random $(N) --seed $(SEED)

# What they do there, for the tests: testdata/recordings.
record:
	$(GO) run ./cmd/nssim live -q $(KERNEL_FLAGS) --record testdata/recordings $(PROGRAMS)
	$(GO) run ./cmd/nssim live -q $(KERNEL_FLAGS) --record testdata/recordings --random 500 --made-for v6.19
	$(MAKE) conformance-doc

# docs/conformance.md, from the recordings.
conformance-doc:
	$(GO) test ./sim/live -run TestRecordings -update

# The same question to SPIN (Debian package spin) and to nssim: the protocol of
# testdata/spin/lifecycle.pml. TASKS and FDS make it smaller.
TASKS ?= 3
FDS ?= 2
bench-spin:
	GO="$(GO)" TASKS=$(TASKS) FDS=$(FDS) sh testdata/spin/bench.sh
