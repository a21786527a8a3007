package org.wasmheap.block;

import org.wasmheap.state.State;

/**
 * A block that warms instances up.
 *
 * @param block what they execute
 * @param parent its parent's state
 * @param codeHash of that state's runtime, which is the one that is warmed up
 */
record WarmUpBlock(Block block, State parent, String codeHash) {}
