//! Entry points that end badly, each in one way. Where a host lets one pass that it should have stopped, the entry
//! point returns an empty result, so that the mistake shows as a call that succeeded.

use crate::host::{self, PointerSize};
use crate::probe::{memory_end, store};
use alloc::vec::Vec;
use core::arch::wasm32;
use core::num::NonZeroU32;
use core::ptr::addr_of;

/// A header's bit for "occupied"; without it the low half is the link to the next free block.
const OCCUPIED: u64 = 1 << 32;

/// The size of the blocks played with: large enough that nothing else in the call frees one of their order.
const SIZE: usize = 1000;

/// What a misbehaviour returns that the host did not stop.
fn survived() -> PointerSize {
    Vec::new().into()
}

/// Overwrites the allocator's header of a block, the 8 bytes before it.
fn forge(block: *mut u8, header: u64) {
    store(block as u64 - 8, header);
}

/// `test_trap`: executes `unreachable`.
pub fn trap(_input: &[u8]) -> PointerSize {
    wasm32::unreachable()
}

/// `test_panic`: panics; the message is logged as an error, then the guest traps.
pub fn panic(input: &[u8]) -> PointerSize {
    panic!("asked to panic, with {} bytes of input", input.len())
}

/// A zero that the compiler does not know.
static ZERO: u32 = 0;

/// `test_divide_by_zero`: divides by zero in wasm. Rust's own division would check first and panic, so the divisor is
/// a lie about being non-zero, told where the compiler cannot see it.
pub fn divide_by_zero(input: &[u8]) -> PointerSize {
    let divisor = unsafe { NonZeroU32::new_unchecked(addr_of!(ZERO).read_volatile()) };
    (input.len() as u32 / divisor).to_le_bytes().to_vec().into()
}

/// `test_read_out_of_bounds`: loads four bytes of which the last two are beyond memory.
pub fn read_out_of_bounds(_input: &[u8]) -> PointerSize {
    let value = unsafe { ((memory_end() - 2) as usize as *const u32).read_unaligned() };
    value.to_le_bytes().to_vec().into()
}

/// `test_write_out_of_bounds`: stores four bytes of which the last two are beyond memory.
pub fn write_out_of_bounds(_input: &[u8]) -> PointerSize {
    store(memory_end() - 2, u32::MAX);
    survived()
}

/// `test_forge_header`: frees a block, makes its link point beyond any memory, and allocates twice: the first takes
/// the block and makes the link the list's head, the second meets it (INVALID_LINK).
pub fn forge_header(_input: &[u8]) -> PointerSize {
    let block = host::malloc(SIZE);
    unsafe { host::free(block) };
    forge(block, 0xFFFF_FFF0);
    host::malloc(SIZE);
    host::malloc(SIZE);
    survived()
}

/// `test_forge_order`: gives an occupied block an order that does not exist and frees it (INVALID_ORDER).
pub fn forge_order(_input: &[u8]) -> PointerSize {
    let block = host::malloc(SIZE);
    forge(block, OCCUPIED | 200);
    unsafe { host::free(block) };
    survived()
}

/// `test_double_free`: frees a block twice (EMPTY_HEADER).
pub fn double_free(_input: &[u8]) -> PointerSize {
    let block = host::malloc(SIZE);
    unsafe {
        host::free(block);
        host::free(block);
    }
    survived()
}

/// `test_free_wild`: frees a pointer that leaves no room for a header (INVALID_POINTER).
pub fn free_wild(_input: &[u8]) -> PointerSize {
    unsafe { host::free(4 as *mut u8) };
    survived()
}

/// `test_alloc_too_large`: asks for one byte more than the 32 MiB of on-chain calls (REQUEST_TOO_LARGE).
pub fn alloc_too_large(_input: &[u8]) -> PointerSize {
    host::malloc((32 << 20) + 1);
    survived()
}

/// `test_alloc_huge`: asks for 2^32 - 1 bytes, which is -1 to a host that forgets the sign (REQUEST_TOO_LARGE).
pub fn alloc_huge(_input: &[u8]) -> PointerSize {
    host::malloc(usize::MAX);
    survived()
}

/// `test_alloc_forever`: takes blocks of 64 KiB until the host refuses (OUT_OF_SPACE).
pub fn alloc_forever(_input: &[u8]) -> PointerSize {
    loop {
        host::malloc(65536);
    }
}

/// `test_loop_forever`: a loop without a call in it, which only the engine can interrupt.
pub fn loop_forever(_input: &[u8]) -> PointerSize {
    loop {}
}

/// `test_recurse_forever`: calls itself until the host's stack is used up. The guest's own stack, in its memory, is
/// not used at all, so it is not that which runs out first.
pub fn recurse_forever(_input: &[u8]) -> PointerSize {
    descend(0).to_le_bytes().to_vec().into()
}

/// One step down. What happens after the call depends on its order, so it cannot become a loop, and the end is behind
/// a read that the compiler must make, so it cannot know that there is none.
#[inline(never)]
fn descend(depth: u32) -> u32 {
    if unsafe { addr_of!(ZERO).read_volatile() } != 0 {
        return depth;
    }
    descend(depth.wrapping_add(1)).rotate_left(1) ^ depth
}

/// `test_result_out_of_bounds`: returns a result that starts in memory and ends beyond it.
pub fn result_out_of_bounds(_input: &[u8]) -> PointerSize {
    PointerSize::new((memory_end() - 8) as u32, 16)
}

/// `test_result_huge`: returns a result of 2^32 - 1 bytes from the last address there is: -1 as an i64.
pub fn result_huge(_input: &[u8]) -> PointerSize {
    PointerSize::new(u32::MAX, u32::MAX)
}

/// `test_missing_import`: calls an import that no host provides; returns its answer, u32, if one does.
pub fn missing_import(input: &[u8]) -> PointerSize {
    host::not_provided(input.len() as u32)
        .to_le_bytes()
        .to_vec()
        .into()
}
