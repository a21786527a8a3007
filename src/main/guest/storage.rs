//! The host's storage: each function of the host under its plain name, with ordinary types. What the host answers is
//! decoded strictly, so that a host that answers wrongly is told with words.

use crate::host::PointerSize;
use crate::scale::{decode_all, Input};
use alloc::vec::Vec;

/// The state version that all roots are computed in: values of 33 bytes and more stand in the trie as their hash.
const STATE_VERSION: u32 = 1;

#[link(wasm_import_module = "env")]
extern "C" {
    fn ext_storage_get_version_1(key: PointerSize) -> PointerSize;
    fn ext_storage_read_version_1(key: PointerSize, out: PointerSize, offset: u32) -> PointerSize;
    fn ext_storage_set_version_1(key: PointerSize, value: PointerSize);
    fn ext_storage_clear_version_1(key: PointerSize);
    fn ext_storage_exists_version_1(key: PointerSize) -> u32;
    fn ext_storage_append_version_1(key: PointerSize, item: PointerSize);
    fn ext_storage_next_key_version_1(key: PointerSize) -> PointerSize;
    fn ext_storage_clear_prefix_version_2(prefix: PointerSize, limit: PointerSize) -> PointerSize;
    fn ext_storage_root_version_2(version: u32) -> PointerSize;
    fn ext_storage_start_transaction_version_1();
    fn ext_storage_commit_transaction_version_1();
    fn ext_storage_rollback_transaction_version_1();
    fn ext_default_child_storage_get_version_1(child: PointerSize, key: PointerSize)
        -> PointerSize;
    fn ext_default_child_storage_read_version_1(
        child: PointerSize,
        key: PointerSize,
        out: PointerSize,
        offset: u32,
    ) -> PointerSize;
    fn ext_default_child_storage_set_version_1(
        child: PointerSize,
        key: PointerSize,
        value: PointerSize,
    );
    fn ext_default_child_storage_clear_version_1(child: PointerSize, key: PointerSize);
    fn ext_default_child_storage_exists_version_1(child: PointerSize, key: PointerSize) -> u32;
    fn ext_default_child_storage_next_key_version_1(
        child: PointerSize,
        key: PointerSize,
    ) -> PointerSize;
    fn ext_default_child_storage_clear_prefix_version_2(
        child: PointerSize,
        prefix: PointerSize,
        limit: PointerSize,
    ) -> PointerSize;
    fn ext_default_child_storage_root_version_2(child: PointerSize, version: u32) -> PointerSize;
    fn ext_default_child_storage_storage_kill_version_3(
        child: PointerSize,
        limit: PointerSize,
    ) -> PointerSize;
}

/// What the host says of a removal, as it encodes it: 0 for all removed or 1 for some remain, and how many u32.
pub type Removal = [u8; 5];

/// An option of bytes, which the host has allocated.
unsafe fn optional_bytes(answer: PointerSize) -> Option<Vec<u8>> {
    let answer = answer.take();
    decode_all(&answer, "the host's answer", |input| {
        input.option(Input::bytes)
    })
    .map(<[u8]>::to_vec)
}

/// An option of a length, which the host has allocated.
unsafe fn optional_length(answer: PointerSize) -> Option<u32> {
    let answer = answer.take();
    decode_all(&answer, "the host's answer", |input| {
        input.option(Input::u32)
    })
}

/// Exactly `N` bytes, which the host has allocated.
unsafe fn exactly<const N: usize>(answer: PointerSize) -> [u8; N] {
    let answer = answer.take();
    decode_all(&answer, "the host's answer", Input::array)
}

/// An encoded limit of how much is removed.
fn limit(most: Option<u32>) -> Vec<u8> {
    let mut out = Vec::from([u8::from(most.is_some())]);
    if let Some(most) = most {
        out.extend_from_slice(&most.to_le_bytes());
    }
    out
}

pub fn get(key: &[u8]) -> Option<Vec<u8>> {
    unsafe { optional_bytes(ext_storage_get_version_1(PointerSize::of(key))) }
}

/// Copies what fits of the value from `offset` on; gives the length from there on.
pub fn read(key: &[u8], out: &mut [u8], offset: u32) -> Option<u32> {
    let range = PointerSize::new(out.as_mut_ptr() as u32, out.len() as u32);
    unsafe {
        optional_length(ext_storage_read_version_1(
            PointerSize::of(key),
            range,
            offset,
        ))
    }
}

pub fn set(key: &[u8], value: &[u8]) {
    unsafe { ext_storage_set_version_1(PointerSize::of(key), PointerSize::of(value)) }
}

pub fn clear(key: &[u8]) {
    unsafe { ext_storage_clear_version_1(PointerSize::of(key)) }
}

pub fn exists(key: &[u8]) -> bool {
    unsafe { ext_storage_exists_version_1(PointerSize::of(key)) != 0 }
}

/// Appends an encoded item to an encoded vector, without bringing it into the guest.
pub fn append(key: &[u8], item: &[u8]) {
    unsafe { ext_storage_append_version_1(PointerSize::of(key), PointerSize::of(item)) }
}

/// The keys that begin with `prefix`, in order; each is asked of the host when it is wanted.
pub fn keys(prefix: &'static [u8]) -> impl Iterator<Item = Vec<u8>> {
    let next = |key: &[u8]| unsafe {
        optional_bytes(ext_storage_next_key_version_1(PointerSize::of(key)))
    };
    core::iter::successors(next(prefix), move |key| next(key))
        .take_while(move |key| key.starts_with(prefix))
}

pub fn clear_prefix(prefix: &[u8], most: Option<u32>) -> Removal {
    let limit = limit(most);
    unsafe {
        exactly(ext_storage_clear_prefix_version_2(
            PointerSize::of(prefix),
            PointerSize::of(&limit),
        ))
    }
}

pub fn root() -> [u8; 32] {
    unsafe { exactly(ext_storage_root_version_2(STATE_VERSION)) }
}

/// Runs an action whose changes to the storage stay only if it succeeds.
pub fn in_transaction<E>(action: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    unsafe { ext_storage_start_transaction_version_1() }
    let result = action();
    unsafe {
        match result {
            Ok(()) => ext_storage_commit_transaction_version_1(),
            Err(_) => ext_storage_rollback_transaction_version_1(),
        }
    }
    result
}

/// A child trie, by its name without prefix.
pub struct Child(pub Vec<u8>);

impl Child {
    fn name(&self) -> PointerSize {
        PointerSize::of(&self.0)
    }

    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let key = PointerSize::of(key);
        unsafe { optional_bytes(ext_default_child_storage_get_version_1(self.name(), key)) }
    }

    /// The length of a value, which stays with the host.
    pub fn length(&self, key: &[u8]) -> Option<u32> {
        unsafe {
            optional_length(ext_default_child_storage_read_version_1(
                self.name(),
                PointerSize::of(key),
                PointerSize::of(&[]),
                0,
            ))
        }
    }

    pub fn set(&self, key: &[u8], value: &[u8]) {
        let value = PointerSize::of(value);
        unsafe { ext_default_child_storage_set_version_1(self.name(), PointerSize::of(key), value) }
    }

    pub fn clear(&self, key: &[u8]) {
        unsafe { ext_default_child_storage_clear_version_1(self.name(), PointerSize::of(key)) }
    }

    pub fn exists(&self, key: &[u8]) -> bool {
        let key = PointerSize::of(key);
        unsafe { ext_default_child_storage_exists_version_1(self.name(), key) != 0 }
    }

    /// All keys in order, but for the empty one; each is asked of the host when it is wanted.
    pub fn keys(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let next = move |key: &[u8]| {
            let key = PointerSize::of(key);
            unsafe {
                optional_bytes(ext_default_child_storage_next_key_version_1(
                    self.name(),
                    key,
                ))
            }
        };
        core::iter::successors(next(&[]), move |key| next(key))
    }

    pub fn clear_prefix(&self, prefix: &[u8], most: Option<u32>) -> Removal {
        let limit = limit(most);
        unsafe {
            exactly(ext_default_child_storage_clear_prefix_version_2(
                self.name(),
                PointerSize::of(prefix),
                PointerSize::of(&limit),
            ))
        }
    }

    pub fn root(&self) -> [u8; 32] {
        unsafe {
            exactly(ext_default_child_storage_root_version_2(
                self.name(),
                STATE_VERSION,
            ))
        }
    }

    /// Removes the whole trie, or as much of it as the limit permits.
    pub fn kill(&self, most: Option<u32>) -> Removal {
        let limit = limit(most);
        unsafe {
            exactly(ext_default_child_storage_storage_kill_version_3(
                self.name(),
                PointerSize::of(&limit),
            ))
        }
    }
}
