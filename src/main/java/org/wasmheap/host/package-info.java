/**
 * The small set of Substrate's host functions that the command line and the benchmarks need.
 *
 * <p>What lives here: {@link org.wasmheap.host.SubstrateHostFunctions}, which hashes, logs and
 * prints. They are enough for calls that read no storage, such as {@code Core_version} and {@code
 * Metadata_metadata}; a node brings its own.
 *
 * <p>What this room must not know: runtimes and their call convention, executors, the command line.
 * A host function sees the call that it runs in, and nothing else.
 */
@NullMarked
package org.wasmheap.host;

import org.jspecify.annotations.NullMarked;
