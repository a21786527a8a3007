/**
 * The command line: the only place that prints.
 *
 * <p>{@link org.wasmheap.cli.Main} takes the command line and hands it to one of five commands:
 * {@code run} makes calls of a runtime on a pool, {@code blocks} executes blocks, {@code
 * conformance} and {@code replay} hold the allocator against recorded vectors and traces, and
 * {@code inspect} shows a heap. Commands know neither {@code Main} nor one another.
 *
 * <p>Results go to standard output, everything else to standard error. Exit code 0 means that all
 * that was asked for succeeded, 1 that the work ran and something failed, 2 that the command could
 * not run.
 */
@NullMarked
package org.wasmheap.cli;

import org.jspecify.annotations.NullMarked;
