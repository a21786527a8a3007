package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.wasmheap.testkit.LogCapture;

/** Whom the watchdog may interrupt, and when; parts have an hour for an instance. */
class MakingTest {
  private final Making making = new Making(PoolParts.withRoomFor(1).settings);

  private static long inTwoHours() {
    return System.nanoTime() + TimeUnit.HOURS.toNanos(2);
  }

  @AfterEach
  void clearFlag() {
    Thread.interrupted();
  }

  @Test
  void a_thread_must_be_interrupted_while_it_makes_an_instance_for_too_long_and_clean_afterwards() {
    making.begin();
    making.look(inTwoHours());
    assertTrue(Thread.currentThread().isInterrupted());

    making.end();

    assertFalse(Thread.currentThread().isInterrupted());
  }

  @Test
  void a_thread_that_has_time_left_must_be_left_alone() {
    making.begin();
    making.look(System.nanoTime());

    assertFalse(Thread.currentThread().isInterrupted());
  }

  @Test
  void a_thread_that_makes_nothing_must_be_left_alone() {
    making.look(inTwoHours());
    making.begin();
    making.end();
    making.look(inTwoHours());

    assertFalse(Thread.currentThread().isInterrupted());
  }

  @Test
  void a_making_that_was_interrupted_must_not_be_so_again_but_the_next_one_may() {
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      making.begin();
      making.look(inTwoHours());
      assertTrue(Thread.interrupted());
      making.look(inTwoHours());
      assertFalse(Thread.currentThread().isInterrupted());
      making.end();
      making.begin();
      making.look(inTwoHours());
      assertTrue(Thread.currentThread().isInterrupted());
      making.end();

      assertEquals(2, log.events("instance.interrupted").size());
      assertEquals(2, log.events("instance.slow").size());
    }
  }

  @Test
  void a_making_that_goes_on_in_spite_of_it_must_be_interrupted_again_after_the_grace_time() {
    making.begin();
    making.look(inTwoHours());
    assertTrue(Thread.interrupted());

    making.look(inTwoHours() + TimeUnit.HOURS.toNanos(2));

    assertTrue(Thread.currentThread().isInterrupted());
    making.end();
  }
}
