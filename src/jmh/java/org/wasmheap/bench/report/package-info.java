/**
 * One command that runs a plan of benchmarks and shows what came out: {@link
 * org.wasmheap.bench.report.BenchPass}.
 *
 * <p>{@code Plans} says what is measured and which goals there are, {@code JmhRuns} and {@code
 * NodeRuns} run one fork of a row, {@code Outcome} holds what was measured, {@code Figures}
 * computes with it, and the rest draws it. Nothing here knows what a benchmark does.
 */
@NullMarked
package org.wasmheap.bench.report;

import org.jspecify.annotations.NullMarked;
