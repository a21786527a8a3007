/** Benchmarks; each says in its Javadoc which command runs it and what it is compared with. */
@NullMarked
package org.wasmheap.bench;

import org.jspecify.annotations.NullMarked;
