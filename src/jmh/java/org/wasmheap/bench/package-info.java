/**
 * Benchmarks; each says in its Javadoc which command runs it and what it is compared with.
 *
 * <p>Those that are programs print their figures: that is their output, and no log.
 */
@NullMarked
package org.wasmheap.bench;

import org.jspecify.annotations.NullMarked;
