//! The protocol against the specification's own schemas and examples, and two connectors under every misfortune.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

mod schemas;
mod sides;
mod simulation;
mod vectors;
