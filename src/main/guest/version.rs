//! The version a node asks for before anything else.

use crate::scale::{put_length, put_str, put_u32};
use alloc::vec::Vec;

/// The interfaces the runtime claims, as real ones list them: the first 8 bytes of the BLAKE2b hash of the name, and
/// the version. `Core`, `Metadata` and `BlockBuilder`; only functions of `Core` have entry points here.
const APIS: [([u8; 8], u32); 3] = [
    ([0xDF, 0x6A, 0xCB, 0x68, 0x99, 0x07, 0x60, 0x9B], 4),
    ([0x37, 0xE3, 0x97, 0xFC, 0x7C, 0x91, 0xF5, 0xE4], 2),
    ([0x40, 0xFE, 0x3A, 0xD4, 0x01, 0xF8, 0x95, 0x9A], 6),
];

/// `Core_version`: the encoded `RuntimeVersion`. The vector starts empty and grows as it is filled, as in Substrate's
/// encoders, so even this smallest of calls allocates, copies and frees a few times.
pub fn core_version(_input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_str(&mut out, "wasm-heap-sample"); // spec_name
    put_str(&mut out, "wasm-heap-sample"); // impl_name
    put_u32(&mut out, 1); // authoring_version
    put_u32(&mut out, 1); // spec_version
    put_u32(&mut out, 0); // impl_version
    put_length(&mut out, APIS.len());
    for (id, version) in APIS {
        out.extend_from_slice(&id);
        put_u32(&mut out, version);
    }
    put_u32(&mut out, 1); // transaction_version
    out.push(1); // state_version
    out
}
