/**
 * The Endive wasm engine on pooled heaps.
 *
 * <p>What lives here: {@link org.wasmheap.endive.EndiveModule}, a compiled module that all
 * instances share and that makes them; {@link org.wasmheap.endive.EndiveGuest}, what a call sees of
 * an instance; {@link org.wasmheap.endive.HostFunction}, and how ranges of memory are handed over
 * ({@link org.wasmheap.endive.PointerSize}); the engine's view of our memory; and the refusals of
 * modules whose state could not be put back.
 *
 * <p>What this room must not know: Substrate runtimes and their call convention, and what host
 * functions do.
 */
@NullMarked
package org.wasmheap.endive;

import org.jspecify.annotations.NullMarked;
