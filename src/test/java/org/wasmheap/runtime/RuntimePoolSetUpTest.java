package org.wasmheap.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.testkit.HeldCalls;
import org.wasmheap.testkit.SampleVersions;

/**
 * Runtimes of a pool that come from a source, get an executor that is set up, and may fail at it.
 */
@Timeout(120)
class RuntimePoolSetUpTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final HeapStrategy STRATEGY = HeapStrategy.ofStatic(8);
  private static final RuntimeCode ONE = SampleVersions.code(1);
  private static final RuntimeCode TWO = SampleVersions.code(2);

  private final List<RuntimePool> pools = new ArrayList<>();
  private final AtomicLong clock = new AtomicLong();

  private RuntimePool pool(int most) {
    return kept(builder(most).build(clock::get));
  }

  private static RuntimePool.Builder builder(int most) {
    return RuntimePool.builder(HeldCalls.hostFunctions())
        .mostRuntimes(most)
        .executors((runtime, executor) -> executor.workers(1));
  }

  private RuntimePool kept(RuntimePool pool) {
    pools.add(pool);
    return pool;
  }

  @AfterEach
  void nothingIsLeft() {
    for (RuntimePool each : pools) {
      assertTrue(each.shutdown(Duration.ofSeconds(20)));
      assertEquals("RuntimePool[0 of", each.toString().substring(0, 16));
      assertEquals(List.of(), each.executors());
    }
    await().until(() -> threads().isEmpty());
  }

  /** The threads of all pools of runtimes, and of their executors. */
  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("runtime-"))
        .toList();
  }

  private static long version(RuntimePool.Lease lease) throws Exception {
    return RuntimeVersion.decode(
            lease.executor().call(lease.runtime().call("Core_version", new byte[0])))
        .specVersion();
  }

  @Test
  void an_executor_that_cannot_be_set_up_is_a_failed_load() {
    // given
    RuntimePool pool =
        kept(
            builder(1)
                .executors(
                    (runtime, executor) -> {
                      throw new java.io.IOException("on cue");
                    })
                .build());
    // when
    CallException failed =
        assertThrows(CallException.class, () -> pool.lease(ONE, STRATEGY, LIMIT));
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failed.kind());
    assertInstanceOf(java.io.IOException.class, failed.getCause());
    assertEquals(0, pool.executors().size());
  }

  @Test
  void a_source_that_fails_or_gives_another_code_says_nothing_of_the_code() throws Exception {
    // given
    RuntimePool pool = pool(1);
    String hash = ONE.codeHashHex();
    for (int i = 0; i < 3; i++) {
      // when the source fails
      assertThrows(
          IllegalStateException.class,
          () ->
              pool.lease(
                  hash,
                  STRATEGY,
                  () -> {
                    throw new IllegalStateException();
                  },
                  LIMIT));
      // then it is tried again a second later, each time
      IllegalStateException later =
          assertThrows(IllegalStateException.class, () -> pool.lease(ONE, STRATEGY, LIMIT));
      assertEquals(
          "java.lang.IllegalStateException"
              + "; that was a while ago, and it is not tried again for another 1.0 s",
          later.getMessage());
      clock.addAndGet(BackOff.SHORTEST_NANOS);
    }
    // when another code is given
    assertThrows(
        IllegalArgumentException.class, () -> pool.lease(hash, STRATEGY, () -> TWO, LIMIT));
    // then who gives the right one has it at once
    try (RuntimePool.Lease lease = pool.lease(ONE, STRATEGY, LIMIT)) {
      assertEquals(1, version(lease));
    }
  }

  @Test
  void only_what_loading_says_of_the_code_is_its_doing() {
    assertTrue(RuntimeLoader.isCodesDoing(new IllegalArgumentException("does not fit")));
    for (Throwable hosts :
        List.of(
            new OutOfMemoryError(),
            new StackOverflowError(),
            new InterruptedException(),
            new IllegalStateException("no engine"))) {
      assertFalse(RuntimeLoader.isCodesDoing(hosts));
    }
  }

  @Test
  void memory_and_stack_are_told_apart() {
    assertEquals(FailureKind.OUT_OF_MEMORY, toldOf(new OutOfMemoryError()).kind());
    CallException stack = toldOf(new StackOverflowError());
    assertEquals(FailureKind.STACK_OVERFLOW, stack.kind());
    assertEquals("a thread has not the stack to load a runtime", stack.getMessage());
  }

  private static CallException toldOf(Throwable thrown) {
    LeaseRefusal refusal =
        new LeaseRefusal(
            LeaseRefusal.Kind.LOAD_FAILED,
            new RuntimeKey(ONE.codeHashHex(), STRATEGY),
            thrown,
            0,
            new LeaseRefusal.Rooms(1, 0, 0, 0));
    return assertInstanceOf(CallException.class, refusal.toException());
  }

  @Test
  void a_set_up_that_fails_as_a_guest_would_is_the_hosts_failure() {
    // given
    RuntimePool pool =
        kept(
            builder(1)
                .executors(
                    (runtime, executor) -> {
                      throw CallException.trap("on cue");
                    })
                .build());
    // when
    CallException failed =
        assertThrows(CallException.class, () -> pool.lease(ONE, STRATEGY, LIMIT));
    // then
    assertFalse(failed.isDeterministic());
    assertEquals("an executor could not be set up: on cue", failed.getMessage());
  }

  @Test
  void the_longest_limits_are_no_limits_too_long() throws Exception {
    Duration longest = Duration.ofDays(30);
    RuntimePool pool = kept(builder(1).loadDeadline(longest).drain(longest).build());
    pool.prepare(ONE, STRATEGY, List.of(), Preparation.Limits.DEFAULT).get();
    try (RuntimePool.Lease lease =
        pool.leaseForBlock(ONE.codeHashHex(), STRATEGY, () -> ONE, longest)) {
      assertEquals(1, version(lease));
    }
  }

  @Test
  void an_executor_has_a_number_only_if_its_name_is_taken() throws Exception {
    // given
    RuntimePool pool = pool(2);
    HeapStrategy other = HeapStrategy.ofStatic(9);
    String name = "runtime-" + ONE.codeHashHex().substring(2, 10);
    pool.lease(ONE, STRATEGY, LIMIT).close();
    // then
    try (RuntimePool.Lease lease = pool.lease(ONE, other, LIMIT)) {
      assertEquals(name + "-2", lease.executor().statistics().pool());
    }
    // when both are gone
    pool.evict(ONE.codeHashHex(), STRATEGY);
    pool.evict(ONE.codeHashHex(), other);
    await().until(() -> threads().stream().noneMatch(each -> each.startsWith("runtime-end")));
    // then it is free
    try (RuntimePool.Lease lease = pool.lease(ONE, other, LIMIT)) {
      assertEquals(name, lease.executor().statistics().pool());
    }
  }

  @Test
  void an_executor_is_named_for_its_code_unless_it_is_given_another_name() throws Exception {
    // given
    RuntimePool pool = pool(1);
    // when
    try (RuntimePool.Lease lease = pool.lease(ONE, STRATEGY, LIMIT)) {
      // then
      assertEquals(
          "runtime-" + ONE.codeHashHex().substring(2, 10), lease.executor().statistics().pool());
    }
  }
}
