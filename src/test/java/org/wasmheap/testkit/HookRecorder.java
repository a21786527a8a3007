package org.wasmheap.testkit;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.heap.CallReport;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;

/** Remembers which hooks it heard and on which threads; then does in each what the test wants. */
public final class HookRecorder implements HeapListener {
  private final Map<String, Set<String>> threads = new ConcurrentSkipListMap<>();
  private final Consumer<String> then;

  /** With what to do in each hook, given its name; not in {@code mayGrow}, where it has a say. */
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
  public void created(Heap heap) {
    heardAndDone("created");
  }

  @Override
  public boolean mayGrow(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    heard("mayGrow");
    return true;
  }

  @Override
  public void grown(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    heardAndDone("grown");
  }

  @Override
  public void poisoned(Heap heap, AllocatorException cause, PoisonReport report) {
    heardAndDone("poisoned");
  }

  @Override
  public void reset(Heap heap, int blocksRestored) {
    heardAndDone("reset");
  }

  @Override
  public void retired(Heap heap) {
    heardAndDone("retired");
  }

  @Override
  public void callCompleted(CallReport report) {
    heardAndDone("callCompleted");
  }

  @Override
  public void replaced(Heap heap, Replacement replacement) {
    heardAndDone("replaced");
  }

  @Override
  public void rejected(Rejection rejection) {
    heardAndDone("rejected");
  }
}
