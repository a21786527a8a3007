/**
 * Seeing inside, for people and for their tools.
 *
 * <p>What lives here: listeners that turn what heaps and executors tell into JFR events ({@link
 * org.wasmheap.observe.FlightRecorderListener}) and into metrics ({@link
 * org.wasmheap.observe.WasmHeapMetrics}, which needs Micrometer); {@link
 * org.wasmheap.observe.HeapMap}, a heap as a picture and as a table; and {@link
 * org.wasmheap.observe.PoisonReports}, the report on a poison as text and as JSON.
 *
 * <p>What this room must not know: engines, traces, host functions, the command line. It looks, and
 * changes nothing; nothing in it has a say in what a call does.
 */
@NullMarked
package org.wasmheap.observe;

import org.jspecify.annotations.NullMarked;
