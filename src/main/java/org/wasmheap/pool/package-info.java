/**
 * Threads that each own one instance of a guest for life, behind one bounded queue.
 *
 * <p>What lives here: {@link org.wasmheap.pool.HeapExecutor}; {@link
 * org.wasmheap.pool.CallOptions}, how a call is to be made; {@link org.wasmheap.pool.PoolListener},
 * the hooks, with {@link org.wasmheap.pool.CallReport}; {@link
 * org.wasmheap.pool.ExecutorStatistics}.
 *
 * <p>What this room must not know: engines, runtimes, host functions. It sees a guest through
 * {@link org.wasmheap.guest.GuestFactory} only.
 *
 * <p><b>The life of a call.</b> It is in one list of the queue from the moment when it is accepted
 * until its future is done: it waits, or runs, or is condemned, that is, to be failed.
 *
 * <pre>
 *  caller's thread                     worker's thread
 *  ---------------                     ---------------
 *  HeapExecutor    submit
 *  Submissions     make a CallTask
 *  CallQueue       it waits ---------&gt; CallQueue      take: it runs
 *                                      InterruptGate  begin: it can be interrupted
 *                                      CallRun        the guest works on the slot's instance
 *  watchdog: a call that is due        InterruptGate  end: it can be interrupted no more
 *  is condemned, and the Reaper        InstanceSlot   put back, or dropped if the call failed
 *  fails it                            PoolListener   callCompleted
 *  future is done &lt;------------------- CallTask       complete, or fail
 *                                      InterruptGate  release, then the next take
 * </pre>
 *
 * <p>A call that is made inside a call never waits: {@code NestedCalls} runs it at once, on the
 * same thread and on a nested slot.
 *
 * <p><b>Which call is next.</b> Of the calls that wait, the more urgent class goes first, and each
 * class in the order in which its calls came. A call that has waited longer than {@link
 * org.wasmheap.pool.HeapExecutor.Builder#ageing} has aged. If the one that has waited longest of
 * all has, it is taken after three others at the latest, whatever its class is. So of any four
 * calls that are taken, at most one is taken out of the order of the classes: block import waits
 * for a few calls and not for a backlog of older ones. And nothing waits for ever, since every call
 * is at some time the one that has waited longest.
 *
 * <p><b>The storeys.</b> No class knows one that stands above it; a test holds this.
 *
 * <pre>
 *  the face              HeapExecutor
 *  running the house     House, Shutdown, Watchdog, Preloader, Reaper, BudgetMember,
 *                        ExecutorFigures
 *  threads               Workers, Worker
 *  entrance              Submissions, NestedCalls
 *  one call, one slot    CallRun
 *  failures              Failures, FailedCalls, RejectionLog, UntoldEvents
 *  queue                 CallQueue, ClassQueues, ClassQueue, DueCalls, CallList, QueueLoad,
 *                        InstanceDemand, Seats, Seat
 *  the call              CallTask, CallStack, InterruptGate, DueHeap, Verdict
 *  instances             NestedSlots, InstanceSlots, InstanceSlot, Making, BackOff
 *  ground                PoolSettings, WarmUp, Counters, CallTimes, CallMdc, FullJavaHeap, Ranges,
 *                        GuardedPoolListener, and the public values
 * </pre>
 *
 * <p><b>Words.</b> Beside those of room {@code heap}:
 *
 * <table border="1">
 *   <caption>One word for one thing</caption>
 *   <tr><th>word</th><th>is</th></tr>
 *   <tr><td>instance slot</td><td>the place of one instance, through all its replacements</td></tr>
 *   <tr><td>worker</td><td>a thread that owns a slot and takes calls from the queue</td></tr>
 *   <tr><td>nested slot</td><td>a slot for calls that are made inside calls</td></tr>
 *   <tr><td>seat</td><td>what the queue knows of a worker</td></tr>
 *   <tr><td>instance demand</td><td>how many instances there should be, for the calls there
 *       are</td></tr>
 *   <tr><td>class queue</td><td>the calls of one class that wait</td></tr>
 *   <tr><td>call list</td><td>calls that are linked through themselves</td></tr>
 *   <tr><td>gate</td><td>the state word that lets one call be interrupted, and no other</td></tr>
 *   <tr><td>back-off</td><td>how long a thread waits before it asks a factory that failed
 *       again</td></tr>
 *   <tr><td>abandoned</td><td>a thread that did not come back from its call</td></tr>
 *   <tr><td>broken</td><td>the executor's own fault, for want of memory, say</td></tr>
 *   <tr><td>first cause</td><td>what a call failed by first, over heap and guest together</td></tr>
 *   <tr><td>failed</td><td>how a call ended that has no result</td></tr>
 *   <tr><td>cut off</td><td>ended by shutdown, since its time was over</td></tr>
 * </table>
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
 *   <tr><td>trap</td><td>TRAP</td><td>yes</td>
 *       <td>replaced</td></tr>
 *   <tr><td>result outside memory</td><td>RESULT_OUT_OF_BOUNDS</td><td>yes</td>
 *       <td>replaced</td></tr>
 *   <tr><td>growth refused by policy, engine or JVM</td><td>GROWTH_REFUSED</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>stack of the thread ran out</td><td>STACK_OVERFLOW</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>JVM out of memory, wherever in the call</td><td>OUT_OF_MEMORY</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>exception in a host function or the call's code</td><td>HOST_FUNCTION</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>call of an import that nobody provides</td><td>MISSING_IMPORT</td><td>no</td>
 *       <td>replaced</td></tr>
 *   <tr><td>fault of the engine, the memory or this library</td><td>ENGINE_FAULT</td><td>no</td>
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
