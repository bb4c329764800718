//! A backup: one zip file with a manifest, the tables as JSON lines, and the files beside the database.
//!
//! | part | what |
//! |---|---|
//! | `manifest.json` | format, schema version, when, the journal's head, rows of every table, SHA-256 of every other part |
//! | `tables/NAME.jsonl` | a table, one row a line, an object by column |
//! | `files/aa/bb/SHA256` | an evidence file |
//! | `uploads/SHA256` | an uploaded list whose import has not ended |
//! | `imports/ID/rejects.csv` | the rejected rows of an import |
//! | `universe/…` | the snapshot that serves |
//!
//! The tables are of one moment, while the server runs on. Sessions, one-time links and access tokens are left out.

pub mod manifest;
pub mod new_file;
pub mod read;
pub mod write;
