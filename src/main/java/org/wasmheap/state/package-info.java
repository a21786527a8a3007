/**
 * A chain's state, and the changes that a call makes to it.
 *
 * <p>What lives here: {@link org.wasmheap.state.State}, an immutable trie with its root and its
 * child tries; {@link org.wasmheap.state.Overlay}, the changes of one call with nested
 * transactions; {@link org.wasmheap.state.ValuePiece}, a part of a long value that is read; {@link
 * org.wasmheap.state.StateChanges}, what a call changed in the end; {@link
 * org.wasmheap.state.TrieRoots}, roots of maps and lists that no state holds.
 *
 * <p>What this room must not know: wasm, guests, heaps, calls, blocks, files. It throws plain
 * exceptions; whose fault one is, the room {@code host} decides.
 *
 * <p><b>The trie.</b> Radix 16 over the nibbles of the keys. A node's parent refers to it by its
 * encoding if that is shorter than 32 bytes, else by the BLAKE2b-256 of it. Each node keeps this
 * reference from its making, in a final field, and a node once made never changes. So a state
 * shares all nodes but the changed ones with the state that it came from, a change costs the nodes
 * between it and the root, and the root is known as soon as the state is there.
 *
 * <pre>
 *     State  --with(StateChanges)-->  State          changed nodes are new, all others shared
 *       ^                               ^
 *       | parent                        | next()
 *       +---------- Overlay ------------+
 *                     one ordered map of changes for the main trie and one for each child trie,
 *                     one undo log over all of them, with a mark for each open transaction
 * </pre>
 *
 * <p><b>Child tries.</b> The root of a child trie is a value of the main trie, under the key {@code
 * :child_storage:default:} and the child's name. In memory the node with that value also refers to
 * the child's own top node, so child tries are found, shared and forgotten with the main trie.
 *
 * <p><b>Nothing here is recursive.</b> Keys are the guest's choice, so a trie may be as deep as the
 * longest key has nibbles, which no thread's stack has room for. What walks down a trie is a loop.
 *
 * <p>Source of all formats: the Polkadot specification, chapter on states; what the overlay does in
 * corner cases is what Substrate's {@code sp-state-machine} does.
 *
 * <p><b>Words.</b> <i>Key, value</i>: bytes. <i>Reference</i>: of a node, as above. <i>Kind</i>: of
 * a value, whether it stands in its node or is replaced by its hash there. <i>Overlay</i>: changes
 * over a state. <i>Backend</i>: the state below an overlay.
 */
@NullMarked
package org.wasmheap.state;

import org.jspecify.annotations.NullMarked;
