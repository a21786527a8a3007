/**
 * Substrate runtimes on pooled heaps.
 *
 * <p>What lives here: loading the code of a runtime ({@link org.wasmheap.runtime.RuntimeCode}) with
 * the refusal of what is none ({@link org.wasmheap.runtime.RuntimeLoadException}); heap strategies,
 * which say how many pages a runtime gets and whether they may grow; and the call convention, by
 * which input goes into a guest's heap and a result such as {@link
 * org.wasmheap.runtime.RuntimeVersion} comes out of it.
 *
 * <p>What this room must not know: the command line, and what host functions do.
 */
@NullMarked
package org.wasmheap.runtime;

import org.jspecify.annotations.NullMarked;
