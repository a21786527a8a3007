/**
 * The command line: the only place that prints.
 *
 * <p>What lives here: {@link org.wasmheap.cli.Main} and its commands. Results go to standard
 * output, everything else to standard error; exit code 0 means that all that was asked for
 * succeeded, 1 that the work ran and something failed, 2 that the command could not run.
 */
@NullMarked
package org.wasmheap.cli;

import org.jspecify.annotations.NullMarked;
