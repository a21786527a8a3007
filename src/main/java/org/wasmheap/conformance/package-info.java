/**
 * Proof that an allocator behaves as the reference does: vectors that the reference recorded, and
 * traces of live heaps.
 *
 * <p>What lives here: {@link org.wasmheap.conformance.VectorReplay}, which compares every result,
 * state and digest of a vector file; {@link org.wasmheap.conformance.Trace} and its text form,
 * {@link org.wasmheap.conformance.TraceRecorder} for a live heap, and {@link
 * org.wasmheap.conformance.TraceReplay}. Node teams run both replays in their own CI, on the {@link
 * org.wasmheap.memory.LinearMemory} that they wrote, which a {@link
 * org.wasmheap.conformance.MemoryFactory} makes.
 *
 * <p>What this room must not know: engines, executors, the command line.
 */
@NullMarked
package org.wasmheap.conformance;

import org.jspecify.annotations.NullMarked;
