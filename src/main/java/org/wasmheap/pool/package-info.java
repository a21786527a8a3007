/**
 * Threads that each own one heap and one guest for life, behind one bounded queue.
 *
 * <p>What lives here: {@link org.wasmheap.pool.HeapExecutor} and what a call carries ({@link
 * org.wasmheap.pool.CallOptions} in, {@link org.wasmheap.guest.CallScope} while it runs, {@link
 * org.wasmheap.guest.CallException} if it fails).
 *
 * <p>What this room must not know: engines, runtimes, host functions. It sees a guest through
 * {@link org.wasmheap.guest.GuestFactory} only.
 *
 * <p><b>How a call ends.</b> The kinds are those of {@link org.wasmheap.guest.FailureKind}.
 *
 * <table border="1">
 *   <caption>Outcome, what the caller gets, what becomes of the instance</caption>
 *   <tr><th>what happened</th><th>kind</th><th>deterministic</th>
 *       <th>instance</th></tr>
 *   <tr><td>returned normally</td><td>none</td><td></td><td>reset, kept</td></tr>
 *   <tr><td>fault of the allocator</td><td>ALLOCATOR_FAULT</td><td>yes</td>
 *       <td>replaced</td></tr>
 *   <tr><td>trap; import that nobody provides</td><td>TRAP</td><td>yes</td>
 *       <td>replaced</td></tr>
 *   <tr><td>result outside memory</td><td>RESULT_OUT_OF_BOUNDS</td><td>yes</td>
 *       <td>replaced</td></tr>
 *   <tr><td>growth refused by callback, engine or JVM</td><td>GROWTH_REFUSED</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>stack of the thread ran out</td><td>STACK_OVERFLOW</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>JVM out of memory, wherever in the call</td><td>OUT_OF_MEMORY</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>exception in a host function or the call's code</td><td>HOST_FUNCTION</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>exception in a hook</td><td>none</td><td></td><td>reset, kept</td></tr>
 *   <tr><td>instance could not be put back</td><td>none</td><td></td><td>replaced</td></tr>
 *   <tr><td>handle used on another thread or after its call</td><td>CONFINEMENT</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>deadline passed while running</td><td>DEADLINE</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>thread did not come back from its call</td><td>DEADLINE</td><td>no</td>
 *       <td>replaced, with its thread</td></tr>
 *   <tr><td>deadline passed in the queue</td><td>DEADLINE</td><td>no</td>
 *       <td>untouched</td></tr>
 *   <tr><td>factory failed or hung until the deadline</td><td>DEADLINE</td><td>no</td>
 *       <td>made later</td></tr>
 *   <tr><td>interrupted from outside</td><td>INTERRUPTED</td><td>no</td><td>replaced</td></tr>
 *   <tr><td>cancelled while running</td><td>the future is cancelled</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>cancelled in the queue</td><td>the future is cancelled</td><td>no</td>
 *       <td>untouched</td></tr>
 *   <tr><td>no room in the queue</td><td>REJECTED</td><td>no</td><td>untouched</td></tr>
 *   <tr><td>more calls deep than allowed</td><td>NESTED_TOO_DEEP</td><td>no</td>
 *       <td>untouched</td></tr>
 *   <tr><td>submitted after, or cut off by, shutdown</td><td>SHUTDOWN</td><td>no</td>
 *       <td>retired</td></tr>
 * </table>
 */
@NullMarked
package org.wasmheap.pool;

import org.jspecify.annotations.NullMarked;
