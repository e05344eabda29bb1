# make demo: the whole thing, from nothing. make test: every check. See README.md for what they need.
SHELL := /bin/bash
CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

.PHONY: demo build release chaos sbom test check web setup-test deny rustdoc fmt clients bless bless-check docs screenshots bench-web bench-rivals

demo: build
	./target/release/huitu demo

build: web
	$(CARGO) build --release --locked

# The program to hand out, for machines with glibc 2.28 and newer, with SBOM and digests: target/release-x86_64/.
release:
	@./deploy/release

# The workbench is built by Node where there is one; without it the server serves a plain page instead.
web:
	@./web/build

test:
	@./tests/check

# What takes long: kills, hostile deliveries, full disks, slow clients, nodes that die; bounded, with a summary at the end.
chaos: setup-test web
	@./tests/chaos

# What the program is made of: crates and packages of the workbench, as CycloneDX.
sbom:
	@./deploy/sbom > huitu.cdx.json

# Other people's clients against the release program, those too that no package brings (LibreOffice, by apt-get); writes their table.
clients: build
	HUITU_BIN="$${CARGO_TARGET_DIR:-target}/release/huitu" ./tests/clients/run --write

# Servers and browsers that the tests talk to; says the command where it may not install.
setup-test:
	@./tests/setup

fmt:
	$(CARGO) fmt --check

deny:
	@./tests/deny

# The comments of the code as pages: target/doc/huitu/index.html. A link that leads nowhere is an error.
rustdoc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --lib

# Rewrites every file that is generated from the program and compared by a test: schema.graphql, connectors/connector.schema.json,
# the tables of connectors/README.md, connectors/*/expected.json, examples/*.json, the tables of verdicts, routes and changes of the
# schema in docs/src, what the book's commands print, tests/it/rights*.txt.
bless:
	HUITU_BLESS=1 $(CARGO) test --locked --test it -- generated

# Nothing had to be rewritten.
bless-check: bless
	git diff --exit-code

# The book, as pages to read in a browser: target/book/index.html. Its text is checked by `make test`.
docs:
	@./docs/build

# The pictures of the book, made again of the release program with an invented city: docs/src/pictures/.
screenshots: build
	node web/screenshots.mjs

# Sizes and times of the workbench in Chromium; ENTERPRISES=1000000 for a large city.
bench-web: build
	node web/bench.mjs $(or $(ENTERPRISES),20000)

# Other people's programs in turn with the release program, and their table in docs/src/develop/benchmarks.md.
bench-rivals: build
	bench/rivals/run --write
