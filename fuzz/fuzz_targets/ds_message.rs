//! Every message of the Dataspace Protocol: read or refused with a fault; what was read writes and reads back as itself.
#![no_main]

use dataspace::message::ack::{self, CatalogError, ContractNegotiation, ContractNegotiationError, TransferError, TransferProcess, Versions};
use dataspace::message::{self, *};
use libfuzzer_sys::fuzz_target;

fn both<M: Wire + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    match M::read(bytes) {
        Ok(message) => assert_eq!(M::of(message.json()).as_ref(), Ok(&message), "{}", M::TYPE),
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
}

fuzz_target!(|bytes: &[u8]| {
    both::<CatalogRequestMessage>(bytes);
    both::<ContractRequestMessage>(bytes);
    both::<ContractOfferMessage>(bytes);
    both::<ContractAgreementMessage>(bytes);
    both::<ContractAgreementVerificationMessage>(bytes);
    both::<ContractNegotiationEventMessage>(bytes);
    both::<ContractNegotiationTerminationMessage>(bytes);
    both::<TransferRequestMessage>(bytes);
    both::<TransferStartMessage>(bytes);
    both::<TransferSuspensionMessage>(bytes);
    both::<TransferCompletionMessage>(bytes);
    both::<TransferTerminationMessage>(bytes);
    both::<ContractNegotiation>(bytes);
    both::<TransferProcess>(bytes);
    both::<ContractNegotiationError>(bytes);
    both::<TransferError>(bytes);
    both::<CatalogError>(bytes);
    let _ = Versions::read(bytes);
    if let Ok(value) = serde_json::from_slice(bytes) {
        let _ = (message::name(&value), message::leads_to(&value), ack::read_state(&value), ack::read_error(&value));
    }
});
