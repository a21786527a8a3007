package org.wasmheap.pool;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Lincheck: whatever two threads do to a call queue at once, each gets what it would have got if
 * they had come one after the other.
 *
 * <p>A take from an empty queue that is open waits, which no scenario can have. So the queue begins
 * with as many calls as a scenario has operations, none of which takes out more than one of them.
 *
 * <p>{@code mvn -q test-compile surefire:test@lincheck}. Short, since it runs in every build; more
 * iterations and invocations find more.
 */
@Timeout(300)
class CallQueueLinearizabilityTest {
  private static final int THREADS = 2;
  private static final int OPERATIONS = SequentialCallQueue.PRELOADED.size() / THREADS;

  @Test
  void a_queue_must_be_linearizable_in_every_schedule_that_is_tried() {
    new ModelCheckingOptions()
        .threads(THREADS)
        .actorsPerThread(OPERATIONS)
        .actorsBefore(0)
        .actorsAfter(0)
        .iterations(15)
        .invocationsPerIteration(40)
        .minimizeFailedScenario(false)
        .sequentialSpecification(SequentialCallQueue.class)
        .check(CheckedCallQueue.class);
  }
}
