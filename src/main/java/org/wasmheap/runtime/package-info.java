/**
 * Substrate runtimes on pooled heaps.
 *
 * <p>What lives here: loading the code of a runtime ({@link org.wasmheap.runtime.RuntimeCode}) with
 * the refusal of what is none ({@link org.wasmheap.runtime.RuntimeLoadException}); the genesis of a
 * chain specification, the runtime in it, as plain maps ({@link
 * org.wasmheap.runtime.ChainSpecification}); heap strategies, which say how many pages a runtime
 * gets and whether they may grow ({@link org.wasmheap.runtime.HeapStrategy}); and the call
 * convention ({@link org.wasmheap.runtime.SubstrateRuntime}), by which input goes into a guest's
 * heap and a result such as {@link org.wasmheap.runtime.RuntimeVersion} comes out of it; a version
 * may also be written in the code, and is read there without running it. What code compiles to is
 * kept in a folder ({@link org.wasmheap.runtime.CodeCache}).
 *
 * <p>Several runtimes at once are {@link org.wasmheap.runtime.RuntimePool}: {@code RuntimeRegistry}
 * has the books under one lock and decides, {@code RuntimeHolds} says which one goes, {@code
 * RuntimeKeeper} loads and ends on threads of the pool. {@code WarmUpRun} makes the calls of a
 * {@link org.wasmheap.runtime.Preparation}.
 *
 * <p>What this room must not know: the command line, what host functions do, and what a state is
 * beyond keys and values: tries and their roots.
 */
@NullMarked
package org.wasmheap.runtime;

import org.jspecify.annotations.NullMarked;
