/**
 * The freeing-bump allocator of Substrate, bit for bit.
 *
 * <p>What lives here: {@link org.wasmheap.allocator.FreeingBumpAllocator}, which hands out and
 * takes back blocks of a guest's linear memory exactly as the reference does (pointers, header
 * bytes, growth, the moment of failure and the state after it), with its faults and statistics; and
 * {@link org.wasmheap.allocator.HeapAudit}, which reads all headers of a heap and says what of them
 * is damaged.
 *
 * <p>What this room must not know: threads, heaps, calls, engines, logging. An allocator is a plain
 * object over a {@link org.wasmheap.memory.LinearMemory}; who may use it and when, others decide.
 */
@NullMarked
package org.wasmheap.allocator;

import org.jspecify.annotations.NullMarked;
