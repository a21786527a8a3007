/**
 * The contract between those who run calls and those who run wasm.
 *
 * <p>What lives here: {@link org.wasmheap.guest.GuestFactory}, which makes instances of a guest;
 * {@link org.wasmheap.guest.GuestCall}, the work of a call; {@link org.wasmheap.guest.CallScope},
 * what a call carries to its guest and to the host functions; {@link
 * org.wasmheap.guest.CallException} with its {@link org.wasmheap.guest.FailureKind}, how a call
 * fails.
 *
 * <p>Below it stand heaps. Beside each other above it stand the executor (room {@code pool}), which
 * knows no engine, and the engine (room {@code endive}), which knows no executor. Whoever brings an
 * engine of his own implements {@code GuestFactory} and needs nothing of {@code pool}.
 *
 * <p>What this room must not know: queues, threads, engines, runtimes.
 */
@NullMarked
package org.wasmheap.guest;

import org.jspecify.annotations.NullMarked;
