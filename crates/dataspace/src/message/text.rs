//! Names of the protocol's states, as pages show them.

/// The Chinese and the English name of a state of either machine; the word itself for one that is none.
#[must_use]
pub fn state_names(state: &str) -> (&str, &str) {
    match state {
        "REQUESTED" => ("已请求", "requested"),
        "OFFERED" => ("已报价", "offered"),
        "ACCEPTED" => ("已接受", "accepted"),
        "AGREED" => ("已达成", "agreed"),
        "VERIFIED" => ("已核验", "verified"),
        "FINALIZED" => ("已签署", "finalised"),
        "TERMINATED" => ("已终止", "terminated"),
        "STARTED" => ("传输中", "started"),
        "SUSPENDED" => ("已暂停", "suspended"),
        "COMPLETED" => ("已完成", "completed"),
        other => (other, other),
    }
}
