# Two commands are all a user needs: `cargo run --release` and `make test`.
.PHONY: test fmt lint deny bench tck ci

# Installs what is missing, runs every test, prints `N passed, N failed`.
test:
	@.ci/test

fmt:
	cargo fmt --all

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --release -- -D warnings

deny:
	@.ci/deny

# dataspace needs Java 17 and Maven for its peer, the others Python 3 with venv; targets takes about 5 GB of disk at its default of 5 million companies.
bench:
	bench/dataspace/run
	bench/landing/allocate/run
	bench/landing/cash/run
	bench/landing/match/run
	bench/landing/policy/run
	bench/place/run
	bench/targets/run

# The conformance kit of the Dataspace Protocol, from Maven Central; needs Java 17 and Maven.
tck:
	@tck/run

ci:
	@.ci/run
