/**
 * Substrate's host functions: what executing the blocks of a chain takes of its host.
 *
 * <p>What lives here: {@link org.wasmheap.host.SubstrateHostFunctions}, the face, and behind it a
 * class for each group of the Polkadot specification's host API: hashing, logging, the abort
 * handler, miscellaneous, storage, child storage, tries, crypto. The storage is the overlay of the
 * call ({@link org.wasmheap.state.Overlay}), which its caller gives as the host context. {@link
 * org.wasmheap.host.VersionReader} is what a node provides, as this room knows no runtimes.
 *
 * <p>What this room must not know: runtimes and their call convention, blocks, executors, the
 * command line. A host function sees the call that it runs in, and nothing else. All that comes
 * from a guest is hostile: it is checked before it is believed, and before memory is set aside for
 * it.
 */
@NullMarked
package org.wasmheap.host;

import org.jspecify.annotations.NullMarked;
