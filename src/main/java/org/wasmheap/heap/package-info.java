/**
 * A heap: one allocator on one memory with one owner.
 *
 * <p>What lives here: {@link org.wasmheap.heap.Heap} with its life cycle; the {@link
 * org.wasmheap.heap.HeapHandle} that a call gets and that dies with it; the {@link
 * org.wasmheap.heap.HeapView} that others look at; growth of the memory with the {@link
 * org.wasmheap.heap.GrowthPolicy} that may refuse it; the hooks ({@link
 * org.wasmheap.heap.HeapListener}, {@link org.wasmheap.heap.HeapObserver}); the report on a poison.
 *
 * <p>What this room must not know: executors, queues, classes of calls, engines. A heap is told who
 * owns it, and when a call begins and ends.
 *
 * <p><b>The states of a heap.</b> The owner moves it; the allocator's fault and the host's refusal
 * move it in the middle of a call.
 *
 * <pre>
 *                begin                 fault of the allocator
 *     READY ---------------&gt; IN_CALL ---------------------------&gt; POISONED
 *       ^                     |    |                                 |
 *       |        reset        |    |  refusal by the host, abort     |
 *       +---------------------+    +-----------------&gt; ABORTED       |
 *       |                                                 |          |
 *       +---------------------- reset --------------------+----------+
 *
 *     any of them -- retire --&gt; RETIRED, for ever
 * </pre>
 *
 * <p>The first cause of a poison or an abort is kept until the reset, whatever comes after it.
 *
 * <p><b>Words.</b> <i>Owner</i>: the one thread that may drive a heap; it changes by claim and
 * release. <i>Handle</i>: what a call drives the heap with. <i>Generation</i>: how many calls were
 * begun. <i>Poisoned</i>: the allocator failed. <i>Aborted</i>: the host failed the call, and
 * nothing follows about the guest.
 */
@NullMarked
package org.wasmheap.heap;

import org.jspecify.annotations.NullMarked;
