package org.wasmheap.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.Calls.waiting;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.wasmheap.guest.CallException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.HeapExecutor;

/**
 * Calls that make an executor of one worker tell all that it ever tells: a plain call, growth, a
 * poison with the replacement after it, a rejection.
 */
public final class EveryOutcome {
  private EveryOutcome() {}

  /** An executor for it. */
  public static HeapExecutor.Builder<HeapHandle> executor() {
    return BareHeaps.executor().queueCapacity(1);
  }

  /** Makes the calls; what the callers see of them. */
  public static List<String> of(HeapExecutor<HeapHandle> executor) throws Exception {
    List<String> seen = new ArrayList<>();
    seen.add("plain " + executor.call(named("plain"), heap -> heap.malloc(10)));
    seen.add(
        "grows "
            + executor.call(
                named("grows").withClass(CallClass.AUTHORING),
                heap -> heap.growMemory(1) + " " + heap.malloc(2 * LinearMemory.PAGE_SIZE)));
    CallException poison =
        failureOf(
            executor.submit(
                named("poisons").withClass(CallClass.BLOCK_IMPORT),
                heap -> {
                  int pointer = heap.malloc(100);
                  heap.free(pointer);
                  heap.free(pointer);
                  return pointer;
                }));
    seen.add("poisons " + poison.kind() + ": " + poison.getMessage());
    assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    ListenableFuture<String> runs = executor.submit(CALL, waiting(started, go));
    assertTrue(started.await(30, SECONDS));
    ListenableFuture<Integer> waits = executor.submit(CALL, heap -> heap.malloc(10));
    seen.add("full " + failureOf(executor.submit(named("full"), heap -> 1)).kind());
    go.countDown();
    seen.add("runs " + runs.get(30, SECONDS));
    seen.add("waits " + waits.get(30, SECONDS));
    return seen;
  }

  private static CallOptions named(String name) {
    return CallOptions.named(name);
  }
}
