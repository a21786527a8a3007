/**
 * Seeing inside, for people and for their tools.
 *
 * <p>What lives here: listeners that turn what heaps and executors tell into JFR events ({@link
 * org.wasmheap.observe.FlightRecorderListener}) and into metrics ({@link
 * org.wasmheap.observe.WasmHeapMetrics}, which needs Micrometer).
 *
 * <p>What this room must not know: engines, runtimes, host functions, the command line. Nothing in
 * it has a say in what a call does, and nothing outside, but for the command line, needs it.
 */
@NullMarked
package org.wasmheap.observe;

import org.jspecify.annotations.NullMarked;
