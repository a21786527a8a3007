package org.wasmheap.block;

import org.wasmheap.state.State;

/**
 * A block that warms instances up.
 *
 * @param block what they execute
 * @param parent its parent's state
 */
record WarmUpBlock(Block block, State parent) {}
