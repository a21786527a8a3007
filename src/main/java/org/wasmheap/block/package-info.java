/**
 * Executes blocks of Substrate's chains, and checks what they come to.
 *
 * <p>What lives here: a block ({@link org.wasmheap.block.Block}, with its {@link
 * org.wasmheap.block.BlockHeader}); readers of files of blocks ({@link
 * org.wasmheap.block.BlockFile}); and {@link org.wasmheap.block.BlockExecutor}, which takes a block
 * and its parent's state and gives a {@link org.wasmheap.block.BlockResult}: the next state, or
 * which of three things went wrong, with the figures of the execution ({@link
 * org.wasmheap.block.BlockFigures}).
 *
 * <p><b>The way of a block.</b>
 *
 * <pre>
 *  block, parent's state
 *    :code of that state ------------> Runtimes: code hash to executor, in a pool
 *    header without seal ++ body ----> Core_execute_block on a pristine instance
 *    an overlay over that state -----> context of the call, for the host functions
 *  the guest checks extrinsics root, digest and state root, and panics if one differs
 *    changes of the overlay ---------> the next state, whose root must be the header's
 * </pre>
 *
 * <p>Blocks do not depend on each other but through the states that they are given: as many run at
 * once as there are instances.
 *
 * <p>What this room must not know: the command line; consensus, that is who may make a block and
 * which one counts; how states are kept on disk.
 */
@NullMarked
package org.wasmheap.block;

import org.jspecify.annotations.NullMarked;
