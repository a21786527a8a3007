package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.memory.MemoryImage;
import org.wasmheap.testkit.Guests;

/**
 * Three executors on one budget that is too small for them: eight threads make calls that grow and
 * fail, trim, and change the number of workers. The budget is never exceeded, no call is lost, and
 * at the end nothing is taken.
 *
 * <p>For two minutes: {@code mvn -Pchaos test}. {@code -Dbudget.seconds} sets the time, {@code
 * -Dchaos.seed} repeats what the threads did, though not when.
 */
@Timeout(600)
class BudgetChaosTest {
  private static final int THREADS = 8;
  private static final long SECONDS_TO_RUN = Long.getLong("budget.seconds", 15);
  private static final long SEED = Long.getLong("chaos.seed", System.nanoTime());
  private static final int PAGE = LinearMemory.PAGE_SIZE;
  private static final Set<FailureKind> EXPECTED =
      Set.of(FailureKind.GROWTH_REFUSED, FailureKind.HOST_FUNCTION, FailureKind.REJECTED);

  private final MemoryBudget budget = MemoryBudget.of(60L * PAGE);
  private final MemoryImage image = image();
  private final AtomicInteger warmUps = new AtomicInteger();
  private final List<HeapExecutor<HeapHandle>> bare = List.of(bare("one"), bare("two"));
  private final HeapExecutor<EndiveGuest> wasm = builder("wasm", Guests.load("own_memory")).build();

  private HeapExecutor<HeapHandle> bare(String name) {
    // A warm-up that fails does so when the memory counts already.
    return builder(name, GuestFactory.bare(image, 1024, BlockLimit.ON_CHAIN))
        .warmUp(
            heap -> {
              heap.write(PAGE, new byte[] {1});
              if (warmUps.incrementAndGet() % 4 == 0) {
                throw new IllegalStateException("on purpose");
              }
              return heap;
            })
        .build();
  }

  /** Two pages that are not all zero. */
  private static MemoryImage image() {
    FlatMemory memory = new FlatMemory(2, 256);
    memory.writeInt(4 * 1024, 1);
    memory.writeInt(PAGE + 8, 2);
    return memory.capture(2 * PAGE);
  }

  private <G> HeapExecutor.Builder<G> builder(String name, GuestFactory<G> factory) {
    return HeapExecutor.builder(factory)
        .name("budget-" + name)
        .workers(2)
        .minInstances(1)
        .queueCapacity(64)
        .stackBytes(1 << 20)
        .memoryBudget(budget)
        .trimAfter(Duration.ofMillis(5))
        .verifyResets(true);
  }

  @Test
  void the_budget_is_never_exceeded_and_all_of_it_comes_back() throws Exception {
    // given what the images take, beside what the statistics name
    List<HeapExecutor<?>> executors = List.of(bare.get(0), bare.get(1), wasm);
    for (HeapExecutor<?> each : executors) {
      await().until(() -> each.awaitReady(Duration.ofSeconds(1)).isReady());
    }
    long images = budget.usedBytes() - namedBytes(executors);
    assertTrue(images > 0, budget::toString);

    // when
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    long over = System.nanoTime() + SECONDS.toNanos(SECONDS_TO_RUN);
    List<Future<Map<FailureKind, Integer>>> all = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      Random random = new Random(SEED + i);
      all.add(threads.submit(() -> playUntil(over, random)));
    }
    Map<FailureKind, Integer> failures = new EnumMap<>(FailureKind.class);
    for (Future<Map<FailureKind, Integer>> each : all) {
      each.get(SECONDS_TO_RUN + 60, SECONDS)
          .forEach((kind, n) -> failures.merge(kind, n, Integer::sum));
    }
    threads.shutdown();
    System.out.println("budget: seed " + SEED + ", " + SECONDS_TO_RUN + " s, failures " + failures);

    // then what was to happen did, and nothing else
    assertTrue(failures.containsKey(FailureKind.GROWTH_REFUSED), failures::toString);
    assertTrue(EXPECTED.containsAll(failures.keySet()), failures::toString);
    // and instances failed when their memory counted already
    assertTrue(warmUps.get() >= 4, warmUps::toString);
    // and all executors work on
    for (HeapExecutor<HeapHandle> each : bare) {
      each.call(CALL, heap -> heap.malloc(8));
    }
    // and the books are what there is
    await().untilAsserted(() -> assertEquals(images, budget.usedBytes() - namedBytes(executors)));
    for (HeapExecutor<?> each : executors) {
      ExecutorStatistics.ShutdownAccount account = each.shutdown(Duration.ofSeconds(20));
      assertEquals(0, account.cutOff() + account.threadsLeft(), each::toString);
      ExecutorStatistics did = account.total();
      assertEquals(did.submitted(), did.completed() + did.failed() + did.rejected(), did::toString);
    }
    await().untilAsserted(() -> assertEquals(0, budget.usedBytes()));
  }

  private static long namedBytes(List<HeapExecutor<?>> executors) {
    return executors.stream().mapToLong(each -> each.statistics().materialisedBytes()).sum();
  }

  private Map<FailureKind, Integer> playUntil(long end, Random random) throws Exception {
    Map<FailureKind, Integer> failures = new EnumMap<>(FailureKind.class);
    while (System.nanoTime() - end < 0) {
      HeapExecutor<HeapHandle> executor = bare.get(random.nextInt(bare.size()));
      switch (random.nextInt(12)) {
        case 0 -> executor.workers(1 + random.nextInt(5));
        case 1 -> executor.trim();
        case 2 -> budget.trim();
        case 3 -> wasm.workers(1 + random.nextInt(3));
        case 4, 5 -> settle(wasm.submit(CALL, guest -> dirty(guest, random.nextInt(3))), failures);
        default -> {
          int pages = 2 + random.nextInt(40);
          boolean fails = random.nextInt(6) == 0;
          settle(executor.submit(CALL, heap -> touch(heap, pages, fails)), failures);
        }
      }
      long used = budget.usedBytes();
      assertTrue(used >= 0 && used <= budget.limitBytes(), budget::toString);
    }
    return failures;
  }

  private static int touch(HeapHandle heap, int pages, boolean fails) {
    heap.growMemory(pages - 2);
    heap.write(pages * PAGE - 1, new byte[] {1});
    if (fails) {
      throw new IllegalStateException("on purpose");
    }
    return pages;
  }

  private static int dirty(EndiveGuest guest, int how) {
    guest.call("dirty_all");
    if (how == 0) {
      throw new IllegalStateException("on purpose");
    }
    return how;
  }

  private static void settle(ListenableFuture<?> call, Map<FailureKind, Integer> failures)
      throws Exception {
    try {
      call.get(60, SECONDS);
    } catch (ExecutionException e) {
      failures.merge(((CallException) e.getCause()).kind(), 1, Integer::sum);
    }
  }
}
