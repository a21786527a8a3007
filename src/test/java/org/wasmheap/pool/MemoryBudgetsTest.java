package org.wasmheap.pool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import com.google.common.util.concurrent.ListenableFuture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.memory.MemoryImage;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.ScriptedFactory;

/** Executors and the budget that their memory is taken from. */
@Timeout(120)
class MemoryBudgetsTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final MemoryImage IMAGE = new FlatMemory(1, 256).capture(LinearMemory.PAGE_SIZE);

  /** A page with its cards: what an idle heap holds. */
  private static final long HEAP_BYTES = LinearMemory.PAGE_SIZE + 16;

  @TempDir private Path folder;

  private static HeapExecutor.Builder<HeapHandle> executor(MemoryBudget budget) {
    return BareHeaps.executor(GuestFactory.bare(IMAGE, 1024, BlockLimit.ON_CHAIN))
        .memoryBudget(budget);
  }

  private static int touch(HeapHandle heap, int pages) {
    heap.growMemory(pages - 1);
    heap.write(pages * LinearMemory.PAGE_SIZE - 1, new byte[] {1});
    return pages;
  }

  @Test
  void after_a_burst_of_large_calls_no_single_call_is_refused_what_lies_spare_elsewhere()
      throws Exception {
    Path out = folder.resolve("out");
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                BurstProgram.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    boolean ended = program.waitFor(100, TimeUnit.SECONDS);
    program.destroyForcibly();

    assertTrue(ended, "it hangs");
    assertEquals(
        "spare=true refused=0",
        Files.readAllLines(out, UTF_8).stream()
            .filter(line -> line.startsWith("spare="))
            .findFirst()
            .orElseGet(() -> "no result"));
  }

  @Test
  void a_pool_that_is_busy_with_small_calls_gives_back_what_a_large_one_left() throws Exception {
    MemoryBudget budget = MemoryBudget.of(1L << 30);
    try (HeapExecutor<HeapHandle> executor =
        executor(budget).trimAfter(Duration.ofMillis(50)).build()) {
      // given
      executor.call(CALL, heap -> touch(heap, 50));

      // then calls that follow one another without a pause do not keep it
      await()
          .until(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  executor.call(CALL, heap -> heap.malloc(8));
                }
                return executor.statistics().materialisedBytes() == HEAP_BYTES;
              });
      assertEquals(HEAP_BYTES, budget.usedBytes());
    }
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void memory_that_waits_for_the_next_instance_is_in_the_statistics() throws Exception {
    MemoryBudget budget = MemoryBudget.of(1L << 30);
    ScriptedFactory<EndiveGuest> factory = new ScriptedFactory<>(Guests.load("own_memory"));
    try (HeapExecutor<EndiveGuest> executor =
        BareHeaps.executor(factory).memoryBudget(budget).build()) {
      executor.awaitReady(LONG);
      long image = budget.usedBytes() - executor.statistics().materialisedBytes();
      // given a call that failed, and a factory that hangs
      factory.hang();
      failureOf(
          executor.submit(
              CALL,
              guest -> {
                guest.call("dirty_all");
                throw new IllegalStateException("on purpose");
              }));
      await().until(() -> factory.hanging() == 1);
      // then
      ExecutorStatistics now = executor.statistics();
      assertEquals(0, now.instances());
      assertTrue(now.materialisedBytes() > 0, now::toString);
      assertEquals(image, budget.usedBytes() - now.materialisedBytes());
      factory.release();
      executor.call(CALL, guest -> guest.call("dirty_all"));
    }
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void what_does_not_fit_is_the_hosts_shortage_and_the_pool_goes_on() throws Exception {
    MemoryBudget budget = MemoryBudget.of(20 * HEAP_BYTES);
    try (HeapExecutor<HeapHandle> executor = executor(budget).build()) {
      // when
      CallException failure = failureOf(executor.submit(CALL, heap -> touch(heap, 50)));
      // then
      assertEquals(FailureKind.GROWTH_REFUSED, failure.kind());
      assertFalse(failure.isDeterministic());
      assertTrue(failure.getMessage().contains("the memory budget of"), failure.getMessage());
      executor.call(CALL, heap -> touch(heap, 5));
    }
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void spare_memory_of_another_executor_is_taken_before_a_call_is_refused() throws Exception {
    MemoryBudget budget = MemoryBudget.of(60 * HEAP_BYTES);
    try (HeapExecutor<HeapHandle> one = executor(budget).build();
        HeapExecutor<HeapHandle> other = executor(budget).build()) {
      // given
      one.call(CALL, heap -> touch(heap, 50));
      assertTrue(one.statistics().materialisedBytes() > 50 * HEAP_BYTES);
      // when
      other.call(CALL, heap -> touch(heap, 50));
      // then
      assertEquals(HEAP_BYTES, one.statistics().materialisedBytes());
    }
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void an_instance_that_finds_no_room_is_made_when_some_is_free() throws Exception {
    // given room for one instance, which another executor has
    MemoryBudget budget = MemoryBudget.of(HEAP_BYTES + HEAP_BYTES / 2);
    HeapExecutor<HeapHandle> first = executor(budget).build();
    assertTrue(first.awaitReady(LONG).isReady());
    try (HeapExecutor<HeapHandle> second = executor(budget).build()) {
      await().until(() -> second.health().failuresInARow() > 3);
      ListenableFuture<Integer> waits = second.submit(CALL, heap -> heap.malloc(8));
      assertTrue(second.health().degraded());
      // when
      first.close();
      // then
      assertTrue(waits.get(30, TimeUnit.SECONDS) > 0);
      assertEquals(0, second.health().failuresInARow());
      assertFalse(second.health().degraded());
    }
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void a_closed_executor_has_given_everything_back_however_many_calls_had_failed()
      throws Exception {
    // given
    EndiveModule module = Guests.load("own_memory");
    MemoryBudget budget = MemoryBudget.of(1L << 30);
    try (HeapExecutor<EndiveGuest> executor =
        BareHeaps.executor(module).workers(3).queueCapacity(64).memoryBudget(budget).build()) {
      assertTrue(executor.awaitReady(LONG).isReady());
      long held = budget.usedBytes();
      for (int i = 0; i < 30; i++) {
        failureOf(
            executor.submit(
                CALL,
                guest -> {
                  guest.call("dirty_all");
                  throw new IllegalStateException("on purpose");
                }));
      }
      // then no more is held than before
      assertTrue(executor.awaitReady(LONG).isReady());
      assertEquals(held, budget.usedBytes());
    }
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void memory_of_a_discarded_instance_is_given_back_if_no_other_can_be_made() throws Exception {
    // given a factory that works once
    EndiveModule module = Guests.load("own_memory");
    CountDownLatch made = new CountDownLatch(1);
    GuestFactory<EndiveGuest> once =
        () -> {
          if (made.getCount() == 0) {
            throw new IllegalStateException("no more");
          }
          made.countDown();
          return module.create();
        };
    MemoryBudget budget = MemoryBudget.of(1L << 30);
    try (HeapExecutor<EndiveGuest> executor =
        BareHeaps.executor(once).memoryBudget(budget).build()) {
      assertTrue(executor.awaitReady(LONG).isReady());
      // when the instance is discarded
      failureOf(
          executor.submit(
              CALL,
              guest -> {
                throw new IllegalStateException("on purpose");
              }));
      await().until(() -> executor.statistics().instances() == 0);
      await().until(() -> executor.health().failuresInARow() > 0);
      // then
      assertEquals(0, executor.statistics().materialisedBytes());
      assertEquals(0, budget.usedBytes());
    }
  }

  /** Counts its attempts, and how long they took from the first to the last of some. */
  private static final class TimedFactory implements GuestFactory<HeapHandle> {
    private static final int ATTEMPTS = 5;
    private final GuestFactory<HeapHandle> sound;
    private final AtomicLong first = new AtomicLong();
    private final AtomicLong last = new AtomicLong();
    private final AtomicInteger attempts = new AtomicInteger();

    TimedFactory(GuestFactory<HeapHandle> sound) {
      this.sound = sound;
    }

    @Override
    public Instance<HeapHandle> create() throws Exception {
      int attempt = attempts.incrementAndGet();
      if (attempt == 1) {
        first.set(System.nanoTime());
      } else if (attempt == ATTEMPTS) {
        last.set(System.nanoTime());
      }
      return sound.create();
    }
  }

  @Test
  void an_image_that_does_not_fit_beside_its_instance_is_waited_for_and_not_asked_for_at_once() {
    // given an instance that fits, and an image that does not fit beside it
    FlatMemory memory = new FlatMemory(1, 256);
    memory.writeLong(LinearMemory.PAGE_SIZE - Long.BYTES, 1);
    MemoryImage image = memory.capture(LinearMemory.PAGE_SIZE);
    TimedFactory factory = new TimedFactory(GuestFactory.bare(image, 1024, BlockLimit.ON_CHAIN));
    MemoryBudget budget = MemoryBudget.of(HEAP_BYTES + 1_000);

    // when
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).memoryBudget(budget).build()) {
      await().until(() -> factory.last.get() != 0);
      assertEquals(0, executor.health().ready());
    }

    // then the pauses doubled from 10 ms on
    long nanos = factory.last.get() - factory.first.get();
    assertTrue(nanos >= TimeUnit.MILLISECONDS.toNanos(10 + 20 + 40 + 80), nanos + " ns");
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void memory_that_comes_back_without_end_does_not_make_a_pool_try_without_a_pause()
      throws Exception {
    // given a pool whose factory fails
    AtomicInteger attempts = new AtomicInteger();
    GuestFactory<HeapHandle> broken =
        () -> {
          attempts.incrementAndGet();
          throw new GrowthRefusedException("no memory", null);
        };
    MemoryBudget budget = MemoryBudget.of(2 * HEAP_BYTES + 10_000);
    try (HeapExecutor<HeapHandle> waits = BareHeaps.executor(broken).memoryBudget(budget).build();
        HeapExecutor<HeapHandle> busy = executor(budget).build()) {
      assertTrue(busy.awaitReady(LONG).isReady());
      await().until(() -> attempts.get() > 0);
      // when memory comes back again and again, after somebody was refused
      int before = attempts.get();
      long began = System.nanoTime();
      for (int i = 0; i < 300; i++) {
        assertEquals(
            FailureKind.GROWTH_REFUSED,
            failureOf(busy.submit(CALL, heap -> touch(heap, 50))).kind());
      }
      // then it tries at most once in 10 ms, and once for each of two that began before
      long tens = (System.nanoTime() - began) / TimeUnit.MILLISECONDS.toNanos(10);
      int made = attempts.get() - before;
      assertTrue(made <= 2 * tens + 4, made + " attempts in " + tens + " times 10 ms");
      assertEquals(0, waits.health().ready());
    }
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void an_instance_that_cannot_become_a_heap_gives_its_memory_back() {
    MemoryBudget budget = MemoryBudget.of(20 * HEAP_BYTES);
    GuestFactory<HeapHandle> highest = GuestFactory.bare(IMAGE, -1, BlockLimit.ON_CHAIN);
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(highest).memoryBudget(budget).build()) {
      await().until(() -> executor.health().failuresInARow() >= 3);
      assertTrue(
          executor.health().lastFailure().getMessage().contains("heap base"),
          () -> String.valueOf(executor.health().lastFailure()));
      assertTrue(budget.usedBytes() <= HEAP_BYTES, budget::toString);
    }
    assertEquals(0, budget.usedBytes());
  }

  /** Somebody's exception, whose message cannot be had. */
  private static final class Unspeakable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("says nothing");
    }
  }

  @Test
  void what_a_factory_failed_with_does_not_grow_with_the_calls_that_waited_for_it() {
    Unspeakable failure = new Unspeakable();
    GuestFactory<HeapHandle> broken =
        () -> {
          throw failure;
        };
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor(broken).build()) {
      await().until(() -> executor.health().failuresInARow() > 0);
      for (int i = 0; i < 3; i++) {
        CallException expired =
            failureOf(executor.submit(CALL.withDeadline(Duration.ofMillis(10)), heap -> 0));
        assertSame(failure, expired.getCause());
      }
      assertEquals(0, failure.getSuppressed().length);
    }
  }

  @Test
  void a_closed_executor_is_as_it_should_be_and_nobody_waits_for_it() throws Exception {
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().build();
    assertTrue(executor.awaitReady(LONG).isReady());
    executor.close();
    ExecutorStatistics.Health health = executor.awaitReady(Duration.ofHours(1));
    assertEquals(0, health.kept());
    assertEquals(0, health.ready());
    assertFalse(health.degraded());
  }
}
