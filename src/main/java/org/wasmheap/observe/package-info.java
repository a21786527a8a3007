/**
 * Seeing inside, for people and for their tools.
 *
 * <p>Two listeners turn what heaps and executors tell into JFR events ({@link
 * org.wasmheap.observe.FlightRecorderListener}) and into metrics ({@link
 * org.wasmheap.observe.WasmHeapMetrics}, which needs Micrometer). {@link
 * org.wasmheap.observe.RuntimeMetrics} does the latter for a pool of runtimes; nothing else here
 * knows of these, or of it. {@link org.wasmheap.observe.PoisonReports} gives the report on a poison
 * as text and as JSON.
 *
 * <p>{@link org.wasmheap.observe.HeapMap} says what lies where in a heap, and knows nothing of how
 * it is shown. {@link org.wasmheap.observe.HeapTable} shows it as text, and {@link
 * org.wasmheap.observe.HeapPicture} as a picture, whose parts are drawn by classes of their own.
 *
 * <p>What this room must not know: engines, traces, host functions, the command line. It looks, and
 * changes nothing; nothing in it has a say in what a call does.
 */
@NullMarked
package org.wasmheap.observe;

import org.jspecify.annotations.NullMarked;
