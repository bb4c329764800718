//! Evidence: files that prove facts. Bytes lie under `files/aa/bb/SHA256` of the data folder, are known by what is in them and not by
//! their names, are never executed, and say so when they are missing or altered.

pub mod keep;
pub mod serve;
pub mod sheet;
pub mod sniff;
