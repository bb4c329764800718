//! A usage policy: read or refused; what nobody understands is never allowed at an access, and its words never panic.
#![no_main]

use dataspace::odrl::Policy;
use dataspace::policy::words::sentences;
use dataspace::policy::{Ask, Point, decide};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(policy) = serde_json::from_slice::<Policy>(bytes) else { return };
    let _ = (policy.check_offer(), policy.check_agreement(), sentences(&policy));
    assert!(policy.same_rules(&policy));
    let ask = Ask {
        action: "read",
        now: jiff::Timestamp::UNIX_EPOCH,
        asker: "did:web:a.example",
        purpose: Some("研判"),
        region: Some("320000"),
        count: 1,
        bytes: 1,
        since: Some(jiff::Timestamp::UNIX_EPOCH),
    };
    for point in [Point::Catalogue, Point::Access] {
        let decision = decide(&policy, &ask, point);
        assert!(!decision.allowed || point != Point::Access || !policy.permission.is_empty(), "nothing permits it");
        let _ = decision.reasons();
    }
});
