//! The version a node asks for before anything else, also as custom sections, where it is read without running
//! anything.

use crate::scale::{put_length, put_str, put_u32};
use alloc::vec::Vec;
use core::ptr::addr_of;

/// The interfaces the runtime claims, as real ones list them: the first 8 bytes of the BLAKE2b hash of the name, and
/// the version. `Core`, `Metadata` and `BlockBuilder`; only functions of `Core` have entry points here.
const APIS: [([u8; 8], u32); 3] = [
    ([0xDF, 0x6A, 0xCB, 0x68, 0x99, 0x07, 0x60, 0x9B], 4),
    ([0x37, 0xE3, 0x97, 0xFC, 0x7C, 0x91, 0xF5, 0xE4], 2),
    ([0x40, 0xFE, 0x3A, 0xD4, 0x01, 0xF8, 0x95, 0x9A], 6),
];

const NAME: &str = "wasm-heap-sample";

/// The encoded `RuntimeVersion` without interfaces: both names, authoring, spec and implementation version, an empty
/// vector, transaction version, state version.
const VERSION: [u8; 52] = *b"\x40wasm-heap-sample\x40wasm-heap-sample\
    \x01\0\0\0\x01\0\0\0\0\0\0\0\0\x01\0\0\0\x01";

/// Where the spec version stands in [`VERSION`].
const SPEC_VERSION: usize = 17 + 17 + 4;

/// The section that says which runtime it is; the interfaces are in the other one.
#[link_section = "runtime_version"]
#[used]
static VERSION_SECTION: [u8; 52] = VERSION;

/// The section that lists the interfaces.
#[link_section = "runtime_apis"]
#[used]
static APIS_SECTION: [u8; 36] = apis();

/// The interfaces as the section holds them, 12 bytes each.
const fn apis() -> [u8; 36] {
    let mut out = [0; 36];
    let mut at = 0;
    while at < out.len() {
        let (id, version) = APIS[at / 12];
        out[at] = match at % 12 {
            low @ 0..=7 => id[low],
            high => version.to_le_bytes()[high - 8],
        };
        at += 1;
    }
    out
}

/// The version as the guest itself reads it. In memory, so that an upgrade can find it in the code and change it.
static VERSION_IN_MEMORY: [u8; 52] = VERSION;

/// The spec version, read without the compiler drawing conclusions: an upgrade changes it in the code.
pub fn spec_version() -> u32 {
    let version = unsafe { addr_of!(VERSION_IN_MEMORY).read_volatile() };
    let mut spec = [0; 4];
    spec.copy_from_slice(&version[SPEC_VERSION..SPEC_VERSION + 4]);
    u32::from_le_bytes(spec)
}

/// Changes the spec version in the code of a runtime like this one: in its section and in its data, behind the second
/// name and the authoring version. What the new runtime does is the same but for what it says of itself. Gives the
/// number of places.
pub fn upgrade(code: &mut [u8], spec: u32) -> u32 {
    let version = unsafe { addr_of!(VERSION_IN_MEMORY).read_volatile() };
    let before = &version[17..SPEC_VERSION];
    let mut places = 0;
    let mut at = 0;
    while at + before.len() + 4 <= code.len() {
        if code[at..].starts_with(before) {
            let place = at + before.len();
            code[place..place + 4].copy_from_slice(&spec.to_le_bytes());
            places += 1;
        }
        at += 1;
    }
    places
}

/// `Core_version`: the encoded `RuntimeVersion`. The vector starts empty and grows as it is filled, as in Substrate's
/// encoders, so even this smallest of calls allocates, copies and frees a few times.
pub fn core_version(_input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_str(&mut out, NAME); // spec_name
    put_str(&mut out, NAME); // impl_name
    put_u32(&mut out, 1); // authoring_version
    put_u32(&mut out, spec_version());
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
