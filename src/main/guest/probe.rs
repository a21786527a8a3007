//! Entry points that end well and tell something about the host: whether a reset was true, what growth does, whether
//! every store is tracked.

use crate::host::{self, LogLevel, PAGE};
use crate::scale::{decode_all, put_u32};
use alloc::vec::Vec;
use core::arch::wasm32::{memory_grow, memory_size};
use core::ptr::{addr_of, addr_of_mut};

/// What `memory.grow` answers when it cannot.
const REFUSED: usize = usize::MAX;

/// What the probes write; any value but 0, which memory has anyway.
const MARK: u8 = 0xA5;

/// The end of memory as the guest sees it. 64 bits, for it can be 2^32.
pub fn memory_end() -> u64 {
    memory_size::<0>() as u64 * PAGE
}

/// Stores `value` as one wasm store of its width, at any address: misaligned, and beyond memory, too.
pub fn store<T>(address: u64, value: T) {
    unsafe { (address as usize as *mut T).write_unaligned(value) }
}

/// `test_echo`: a copy of the input.
pub fn echo(input: &[u8]) -> Vec<u8> {
    input.to_vec()
}

/// `test_sum`: the sum of the input's bytes as u64; only reads, so that nearly nothing is left to reset.
pub fn sum(input: &[u8]) -> Vec<u8> {
    let sum: u64 = input.iter().map(|&byte| u64::from(byte)).sum();
    sum.to_le_bytes().to_vec()
}

/// `test_log`: logs the input as a message of level info if the host's maximum permits; one byte, 1 if it did.
pub fn log(input: &[u8]) -> Vec<u8> {
    let wanted = host::is_logged(LogLevel::Info);
    if wanted {
        host::log(LogLevel::Info, input);
    }
    Vec::from([u8::from(wanted)])
}

/// Adds 1 to the number at `place` and returns what it was, without the compiler drawing conclusions.
unsafe fn count(place: *mut u32) -> u32 {
    let before = place.read_volatile();
    place.write_volatile(before.wrapping_add(1));
    before
}

/// A static that starts at zero.
static mut ZERO: u32 = 0;

/// A static that has its value from a data segment.
static mut PRESET: u32 = 42;

/// How far below the current frame `test_dirty` looks on the stack: deeper than its own calls reach.
const DEEP: usize = 8192;

/// `test_dirty`: counts calls in four places, and returns what it found there: (u32, u32), on a pristine heap always
/// (0, 42). The second is the preset static. The first is the largest found in the three places that start at zero: a
/// static, a place far down the stack, and a fresh block of the allocator. The last two have no data segment, so only
/// a host that restores memory itself makes them zero again.
pub fn dirty(_input: &[u8]) -> Vec<u8> {
    let frame = 0_u32;
    let (zeros, preset) = unsafe {
        let stack = (addr_of!(frame) as usize - DEEP) as *mut u32;
        let heap = host::malloc(4).cast();
        let zeros = [count(addr_of_mut!(ZERO)), count(stack), count(heap)];
        (zeros, count(addr_of_mut!(PRESET)))
    };
    let mut out = Vec::new();
    put_u32(&mut out, zeros.into_iter().fold(0, u32::max));
    put_u32(&mut out, preset);
    out
}

/// `test_grow`: grows memory by the u32 of the input, and if that succeeds writes to its new last byte. Returns
/// (pages before as i32, -1 if refused; pages now as u32).
pub fn grow(input: &[u8]) -> Vec<u8> {
    let pages = decode_all(input, "number of pages", |input| input.u32());
    let before = memory_grow::<0>(pages as usize);
    if before != REFUSED {
        store(memory_end() - 1, MARK);
    }
    let mut out = Vec::new();
    put_u32(&mut out, before as u32);
    put_u32(&mut out, memory_size::<0>() as u32);
    out
}

/// `test_grow_forever`: grows memory page by page until refused; returns by how many pages, u32.
pub fn grow_forever(_input: &[u8]) -> Vec<u8> {
    let mut grown = 0_u32;
    while memory_grow::<0>(1) != REFUSED {
        grown += 1;
    }
    grown.to_le_bytes().to_vec()
}

/// An address of at least 8 bytes that belong to the guest, with nothing in use above: a block just taken from the
/// top of the heap, and no block of its order is ever freed before.
fn top_of_heap() -> u64 {
    host::malloc(8) as u64
}

/// `test_touch_pages`: writes one byte per page, from the top of the heap upward, for the u32 of the input or up to
/// the end of memory; returns how many, u32.
pub fn touch_pages(input: &[u8]) -> Vec<u8> {
    let most = decode_all(input, "number of pages", |input| input.u32());
    let top = top_of_heap();
    let mut touched = 0_u32;
    while touched < most && top + u64::from(touched) * PAGE < memory_end() {
        store(top + u64::from(touched) * PAGE, MARK);
        touched += 1;
    }
    touched.to_le_bytes().to_vec()
}

/// The unit in which hosts track writes.
const BLOCK: u64 = 4096;

/// A value of each width to store; all bytes are marks.
const MARK_2: u16 = u16::from_le_bytes([MARK; 2]);
const MARK_4: u32 = u32::from_le_bytes([MARK; 4]);
const MARK_8: u64 = u64::from_le_bytes([MARK; 8]);

/// `test_write_everywhere`: stores into every 4 KiB block from the top of the heap to the end of memory, all widths,
/// misaligned; returns how many bytes, u32.
///
/// Of two neighbouring blocks the lower one gets a single byte and the start of a wider store, the upper one only the
/// rest of that store: a host that tracks the first byte of a store, and forgets the others, leaves the upper one
/// dirty. The last 15 bytes of memory get one store of each width.
pub fn write_everywhere(_input: &[u8]) -> Vec<u8> {
    let top = top_of_heap();
    let end = memory_end();
    let mut written = 0;
    let first_border = ((top + 16) / BLOCK + 1) * BLOCK;
    for border in (first_border..end).step_by(2 * BLOCK as usize) {
        store(border - 16, MARK);
        written += 1;
        match border / BLOCK / 2 % 3 {
            0 => {
                store(border - 1, MARK_2);
                written += 2;
            }
            1 => {
                store(border - 3, MARK_4);
                written += 4;
            }
            _ => {
                store(border - 5, MARK_8);
                written += 8;
            }
        }
    }
    store(end - 15, MARK_8);
    store(end - 7, MARK_4);
    store(end - 3, MARK_2);
    store(end - 1, MARK);
    written += 15;
    let mut out = Vec::new();
    put_u32(&mut out, written);
    out
}
