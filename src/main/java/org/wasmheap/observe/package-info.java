/**
 * Seeing inside: what heaps did and what became of them, for people and for their tools.
 *
 * <p>What lives here: {@link org.wasmheap.observe.HeapMap}, a heap as a picture and as a table; and
 * {@link org.wasmheap.observe.PoisonReports}, the report on a poison as text and as JSON.
 *
 * <p>What this room must not know: engines, traces, the command line. It looks, and changes
 * nothing.
 */
@NullMarked
package org.wasmheap.observe;

import org.jspecify.annotations.NullMarked;
