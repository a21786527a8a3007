/**
 * Proof that an allocator behaves as the reference does: traces of live heaps, recorded and
 * replayed.
 *
 * <p>What lives here: {@link org.wasmheap.conformance.Trace} and its text form, {@link
 * org.wasmheap.conformance.TraceRecorder} for a live heap, and {@link
 * org.wasmheap.conformance.TraceReplay} on any memory. Node teams run the replay in their own CI,
 * on the {@link org.wasmheap.memory.LinearMemory} that they wrote.
 *
 * <p>What this room must not know: engines, executors, the command line.
 */
@NullMarked
package org.wasmheap.conformance;

import org.jspecify.annotations.NullMarked;
