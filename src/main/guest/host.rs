//! Everything between the guest and its host: the imports, the allocator and the panic handler built on them, and
//! the way bytes come in and go out. The rest of the guest holds no `unsafe` for ordinary work.

use alloc::{format, vec::Vec};
use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;
use core::{mem, ptr, slice};

/// Bytes in a wasm page.
pub const PAGE: u64 = 65536;

/// The target that all messages of this guest are logged under.
const LOG_TARGET: &str = "runtime";

#[link(wasm_import_module = "env")]
extern "C" {
    fn ext_allocator_malloc_version_1(size: usize) -> *mut u8;
    fn ext_allocator_free_version_1(pointer: *mut u8);
    fn ext_crypto_sr25519_verify_version_2(
        signature: *const u8,
        message: PointerSize,
        public: *const u8,
    ) -> u32;
    fn ext_hashing_blake2_128_version_1(data: PointerSize) -> *mut u8;
    fn ext_hashing_blake2_256_version_1(data: PointerSize) -> *mut u8;
    fn ext_logging_log_version_1(level: u32, target: PointerSize, message: PointerSize);
    fn ext_logging_max_level_version_1() -> u32;
    fn ext_sample_not_provided_version_1(value: u32) -> u32;
    fn ext_trie_blake2_256_ordered_root_version_2(items: PointerSize, version: u32) -> *mut u8;
}

/// A range of guest memory as one i64, `length << 32 | pointer`: how ranges cross the border in both directions.
#[repr(transparent)]
pub struct PointerSize(pub u64);

impl PointerSize {
    /// The range of `length` bytes from `pointer`; nothing is checked, for some entry points want to lie.
    pub fn new(pointer: u32, length: u32) -> Self {
        PointerSize(u64::from(length) << 32 | u64::from(pointer))
    }

    /// The range that a slice occupies; the host must be done with it when the slice's borrow ends.
    pub fn of(bytes: &[u8]) -> Self {
        Self::new(bytes.as_ptr() as u32, bytes.len() as u32)
    }

    /// The bytes of a range that the host allocated for its answer, which are the guest's to free. An empty answer may
    /// come with any pointer, so that pointer is not used.
    ///
    /// # Safety
    ///
    /// The range must be one block of the host's allocator that nothing else refers to.
    pub unsafe fn take(self) -> Vec<u8> {
        let length = (self.0 >> 32) as usize;
        if length == 0 {
            return Vec::new();
        }
        Vec::from_raw_parts(self.0 as u32 as *mut u8, length, length)
    }
}

impl From<Vec<u8>> for PointerSize {
    /// Gives a result to the host. The bytes are leaked on purpose, as real runtimes do: they must outlive the call,
    /// and the host forgets the whole heap afterwards.
    fn from(result: Vec<u8>) -> Self {
        let range = Self::of(&result);
        mem::forget(result);
        range
    }
}

/// The input of a call. An empty one may come with any pointer, so that pointer is not used.
///
/// # Safety
///
/// The host must have put `length` bytes at `pointer` and leave them there until the call ends.
pub unsafe fn input(pointer: *const u8, length: usize) -> &'static [u8] {
    if length == 0 {
        &[]
    } else {
        slice::from_raw_parts(pointer, length)
    }
}

/// The guest's allocator is the host's. `realloc` is the default of the trait (allocate, copy, free), so growing a
/// vector walks through the orders of the host's free lists as a real runtime does.
struct HostAllocator;

#[global_allocator]
static ALLOCATOR: HostAllocator = HostAllocator;

/// What the host's blocks are aligned to.
const ALIGNMENT: usize = 8;

unsafe impl GlobalAlloc for HostAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGNMENT {
            return ptr::null_mut();
        }
        malloc(layout.size())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, _layout: Layout) {
        free(pointer);
    }
}

/// A block straight from the host, for the entry points that look at the allocator from below. It never comes back
/// null: a host that cannot allocate ends the call.
pub fn malloc(size: usize) -> *mut u8 {
    unsafe { ext_allocator_malloc_version_1(size) }
}

/// Gives a block back to the host.
///
/// # Safety
///
/// For the guest's own good `pointer` should be a block of [`malloc`] that nothing refers to any more. For the host's
/// it need not be: a host must withstand any pointer.
pub unsafe fn free(pointer: *mut u8) {
    ext_allocator_free_version_1(pointer);
}

/// An answer of `N` bytes, which the host allocated and which are the guest's to free.
unsafe fn answered<const N: usize>(answer: *mut u8) -> [u8; N] {
    let bytes = ptr::read(answer.cast::<[u8; N]>());
    free(answer);
    bytes
}

/// BLAKE2b-128, computed by the host.
pub fn blake2_128(data: &[u8]) -> [u8; 16] {
    unsafe { answered(ext_hashing_blake2_128_version_1(PointerSize::of(data))) }
}

/// BLAKE2b-256, computed by the host.
pub fn blake2_256(data: &[u8]) -> [u8; 32] {
    unsafe { answered(ext_hashing_blake2_256_version_1(PointerSize::of(data))) }
}

/// The root of a trie of an encoded vector's items under their compact indices, in state version 1.
pub fn ordered_root(items: &[u8]) -> [u8; 32] {
    unsafe {
        answered(ext_trie_blake2_256_ordered_root_version_2(
            PointerSize::of(items),
            1,
        ))
    }
}

/// Whether the signature is that of the message by the key.
pub fn sr25519_verify(signature: &[u8; 64], message: &[u8], public: &[u8; 32]) -> bool {
    let message = PointerSize::of(message);
    let verified = unsafe {
        ext_crypto_sr25519_verify_version_2(signature.as_ptr(), message, public.as_ptr())
    };
    verified != 0
}

/// Severity of a logged message, with the numbers of the host interface.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum LogLevel {
    Error = 0,
    Info = 2,
}

/// Logs the bytes of a message, whatever they are: a host must withstand text that is not UTF-8.
pub fn log(level: LogLevel, message: &[u8]) {
    unsafe {
        ext_logging_log_version_1(
            level as u32,
            PointerSize::of(LOG_TARGET.as_bytes()),
            PointerSize::of(message),
        );
    }
}

/// Whether the host wants messages of this level. The host's maximum is a filter and counts from 0 = off, 1 = error;
/// the levels themselves count from 0 = error.
pub fn is_logged(level: LogLevel) -> bool {
    (level as u32) < unsafe { ext_logging_max_level_version_1() }
}

/// Calls the import that no host provides.
pub fn not_provided(value: u32) -> u32 {
    unsafe { ext_sample_not_provided_version_1(value) }
}

/// Logs the panic as an error, then traps: the host learns why from the log and that it happened from the trap.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    log(LogLevel::Error, format!("{}", info).as_bytes());
    core::arch::wasm32::unreachable()
}
