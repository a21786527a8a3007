/**
 * A heap: one allocator on one memory with one owner.
 *
 * <p>What lives here: {@link org.wasmheap.heap.Heap} with its life cycle; the {@link
 * org.wasmheap.heap.HeapHandle} that a call gets and that dies with it; growth of the memory with
 * the callbacks that may refuse it; the hooks ({@link org.wasmheap.heap.HeapListener}) and the
 * report of a call.
 *
 * <p>What this room must not know: executors, queues, engines. A heap is told who owns it and when
 * a call begins and ends.
 */
@NullMarked
package org.wasmheap.heap;

import org.jspecify.annotations.NullMarked;
