//! The sample guest: a small runtime in the manner of Substrate, for tests, benchmarks, the command line and first
//! steps with the library, where a real runtime of megabytes would be too large to carry and too slow to load.
//!
//! It does four things. It executes blocks as a real runtime does: `Core_execute_block` takes a header and extrinsics,
//! reads and writes the host's storage, and checks the roots in the header; blocks.py makes such blocks and works out
//! their roots independently. It works without storage too: `Core_version` and `Sample_transfers` decode SCALE, build
//! trees and vectors on the host's allocator, hash through the host and leave their result allocated, and
//! `Sample_block` makes their input, so nothing else is needed to see it work. And it misbehaves on demand: each
//! `test_*` entry point does one thing that a host must survive, or looks for one thing that a host must have put
//! back.
//!
//! Every entry point is `(pointer: i32, length: i32) -> i64`: the host has put `length` bytes of input at `pointer`
//! through its allocator, and the result is `length << 32 | pointer` of bytes that stay allocated. README.md in this
//! folder lists all of them with the exact bytes; build.sh rebuilds the resource that the library ships.

#![no_std]

extern crate alloc;

mod accounts;
mod block;
mod host;
mod misbehave;
mod operations;
mod probe;
mod sample;
mod scale;
mod storage;
mod transfers;
mod version;

/// Exports each function under the given name, with the calling convention above. A table, so that what the guest
/// offers can be read in one place.
macro_rules! entry_points {
    ($($name:literal => $body:path,)*) => {$(
        const _: () = {
            #[export_name = $name]
            unsafe extern "C" fn entry(pointer: *const u8, length: usize) -> u64 {
                let result: host::PointerSize = $body(host::input(pointer, length)).into();
                result.0
            }
        };
    )*};
}

entry_points! {
    "Core_version" => version::core_version,
    "Core_execute_block" => block::execute,
    "Core_initialize_block" => block::initialize,
    "Sample_accounts" => accounts::sample_accounts,
    "Sample_balance" => accounts::sample_balance,
    "Sample_block" => sample::sample_block,
    "Sample_events" => accounts::sample_events,
    "Sample_notes" => accounts::sample_notes,
    "Sample_transfers" => transfers::execute,

    "test_echo" => probe::echo,
    "test_sum" => probe::sum,
    "test_log" => probe::log,
    "test_dirty" => probe::dirty,
    "test_grow" => probe::grow,
    "test_grow_forever" => probe::grow_forever,
    "test_touch_pages" => probe::touch_pages,
    "test_write_everywhere" => probe::write_everywhere,

    "test_trap" => misbehave::trap,
    "test_panic" => misbehave::panic,
    "test_divide_by_zero" => misbehave::divide_by_zero,
    "test_read_out_of_bounds" => misbehave::read_out_of_bounds,
    "test_write_out_of_bounds" => misbehave::write_out_of_bounds,
    "test_forge_header" => misbehave::forge_header,
    "test_forge_order" => misbehave::forge_order,
    "test_double_free" => misbehave::double_free,
    "test_free_wild" => misbehave::free_wild,
    "test_alloc_too_large" => misbehave::alloc_too_large,
    "test_alloc_huge" => misbehave::alloc_huge,
    "test_alloc_forever" => misbehave::alloc_forever,
    "test_loop_forever" => misbehave::loop_forever,
    "test_recurse_forever" => misbehave::recurse_forever,
    "test_result_out_of_bounds" => misbehave::result_out_of_bounds,
    "test_result_huge" => misbehave::result_huge,
    "test_missing_import" => misbehave::missing_import,
}
