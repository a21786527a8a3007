/**
 * Linear memories and the way back to pristine.
 *
 * <p>What lives here: {@link org.wasmheap.memory.LinearMemory}, the view that allocator and host
 * functions have of a guest's memory; {@link org.wasmheap.memory.FlatMemory}, the memory of a
 * pooled instance, which marks each block that is written; {@link
 * org.wasmheap.memory.SparseMemory}, which holds up to 4 GiB of address space in little real
 * memory; and {@link org.wasmheap.memory.MemoryImage}, the pristine content that all instances of a
 * module share.
 *
 * <p>What this room must not know: allocators, heaps, threads, engines. A memory is a value that
 * one thread at a time uses; who that is, others decide.
 */
@NullMarked
package org.wasmheap.memory;

import org.jspecify.annotations.NullMarked;
