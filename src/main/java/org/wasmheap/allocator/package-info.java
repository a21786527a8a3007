/**
 * The freeing-bump allocator of Substrate, bit for bit.
 *
 * <p>{@link org.wasmheap.allocator.FreeingBumpAllocator} hands out and takes back blocks of a
 * guest's linear memory exactly as the reference does: pointers, header bytes, growth, the moment
 * of failure and the state after it. A {@link org.wasmheap.allocator.BlockLimit} says how large a
 * block may be; each failure is an {@link org.wasmheap.allocator.AllocatorException} with its
 * {@link org.wasmheap.allocator.AllocatorFault}. {@link org.wasmheap.allocator.HeapAuditor} reads
 * all headers of a heap, and the {@link org.wasmheap.allocator.HeapAudit} that it gives says which
 * of them are damaged.
 *
 * <p>One class knows what the 8 bytes of a header mean, {@code BlockHeader}; allocator and auditor
 * both stand on it, and the allocator does not know that it can be audited.
 *
 * <p>What this room must not know: threads, heaps, calls, engines, logging. An allocator is a plain
 * object over a {@link org.wasmheap.memory.LinearMemory}; who may use it and when, others decide.
 */
@NullMarked
package org.wasmheap.allocator;

import org.jspecify.annotations.NullMarked;
