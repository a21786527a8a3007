package org.wasmheap.testkit;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.PoolListener;

/** Remembers which hooks it heard and on which threads; then does in each what the test wants. */
public final class HookRecorder implements PoolListener {
  private final Map<String, Set<String>> threads = new ConcurrentSkipListMap<>();
  private final Consumer<String> then;

  /** With what to do in each hook, given its name. */
  public HookRecorder(Consumer<String> then) {
    this.then = then;
  }

  public HookRecorder() {
    this(hook -> {});
  }

  /** The names of the threads of each hook that was heard. */
  public Map<String, Set<String>> threads() {
    return threads;
  }

  private void heard(String hook) {
    threads
        .computeIfAbsent(hook, any -> new ConcurrentSkipListSet<>())
        .add(Thread.currentThread().getName());
  }

  private void heardAndDone(String hook) {
    heard(hook);
    then.accept(hook);
  }

  @Override
  public void created(HeapView heap) {
    heardAndDone("created");
  }

  @Override
  public void grown(HeapView heap, int fromPages, int toPages, GrowthPolicy.Cause cause) {
    heardAndDone("grown");
  }

  @Override
  public void poisoned(HeapView heap, PoisonReport report) {
    heardAndDone("poisoned");
  }

  @Override
  public void reset(HeapView heap, int blocksRestored) {
    heardAndDone("reset");
  }

  @Override
  public void retired(HeapView heap) {
    heardAndDone("retired");
  }

  @Override
  public void callCompleted(CallReport report) {
    heardAndDone("callCompleted");
  }

  @Override
  public void replaced(HeapView heap, Replacement replacement) {
    heardAndDone("replaced");
  }

  @Override
  public void rejected(Rejection rejection) {
    heardAndDone("rejected");
  }
}
