# Names for the commands that are run often. Without `just` they can be typed: each recipe is a line or two.

# What has to be green before a change is handed in.
check: fmt clippy doc test deny

# Sources are formatted.
fmt:
    cargo fmt --check

# No lint, in tests, benches and examples too.
clippy:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Every link of the documentation leads somewhere, also inside the crates.
doc:
    RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --document-private-items --locked

# All tests. They need nothing but Rust.
test:
    cargo test --workspace

# Licences, sources and doubled packages, by the tests that read deny.toml; and by cargo-deny where it is installed.
deny:
    cargo test -p chainwright-tests --test it licences
    if command -v cargo-deny >/dev/null; then cargo deny check; fi

# Other AWS clients against simcloud. Needs Python and its package index; what it installs stays in the build folder.
conformance *ARGS:
    tests/conformance/run {{ARGS}}

# Three virtual weeks of the main job.
demo *ARGS:
    cargo run -- demo {{ARGS}}

# A session over 10,000 tables by a real worker on the machine's clock, with its peak memory: about 40 minutes, at AWS's
# rate for reading tags. Linux only. loadtest/README.md says what is printed and what must hold.
ten-thousand TABLES="10000":
    CHAINWRIGHT_TEST_TABLES={{TABLES}} cargo test -p chainwright --test process many_tables -- --nocapture

# Writes the schemas and the AsyncAPI document anew from the types, then checks them.
schemas:
    CHAINWRIGHT_WRITE_SCHEMAS=1 cargo test -p chainwright-contracts --test it
    cargo test -p chainwright-contracts --test it

# The prune plan over chains of up to a million points.
bench:
    cargo bench -p chainwright-chain
