package org.wasmheap.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapObserver;
import org.wasmheap.heap.HeapView;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.SubstrateRuntime;

/**
 * What a call of a runtime leaves behind in its memory: growths, and blocks with another content.
 * Measured once on a real call, so that a benchmark can leave the same behind at little cost.
 */
final class Footprint {
  private static final byte[] SCRIBBLE = {1, 2, 3, 4, 5, 6, 7, 8};

  private final List<int[]> growths = new ArrayList<>();
  private int[] blocks = {};

  static Footprint of(SubstrateRuntime runtime, String call) throws InterruptedException {
    Footprint footprint = new Footprint();
    AtomicReference<byte[]> pristine = new AtomicReference<>(new byte[0]);
    PoolListener listener =
        new PoolListener() {
          @Override
          public void created(HeapView heap) {
            pristine.set(content(heap.memory()));
            heap.observe(footprint.new Measure(heap, pristine));
          }
        };
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(runtime).workers(1).listener(listener).build()) {
      executor.call(CallOptions.named(call), runtime.call(call, new byte[0]));
    }
    return footprint;
  }

  /** The low 16 MiB, more than any call here touches. */
  private static byte[] content(LinearMemory memory) {
    byte[] bytes = new byte[(int) Math.min(memory.sizeInBytes(), 16 << 20)];
    memory.read(0, bytes, 0, bytes.length);
    return bytes;
  }

  /** Leaves the footprint in a heap that is in a call. */
  void leave(HeapHandle heap) {
    for (int[] growth : growths) {
      heap.growMemory(growth[1] - growth[0]);
    }
    for (int block : blocks) {
      heap.write(block * FlatMemory.BLOCK_SIZE, SCRIBBLE);
    }
  }

  int blocks() {
    return blocks.length;
  }

  /** Numbers of the blocks that the call changed. */
  int[] changedBlocks() {
    return blocks.clone();
  }

  /** Looks at the memory when the call is over and nothing was put back yet. */
  private final class Measure implements HeapObserver {
    private final HeapView heap;
    private final AtomicReference<byte[]> pristine;

    Measure(HeapView heap, AtomicReference<byte[]> pristine) {
      this.heap = heap;
      this.pristine = pristine;
    }

    @Override
    public void began() {}

    @Override
    public void allocated(int size, int pointer) {}

    @Override
    public void deallocated(int pointer) {}

    @Override
    public void failed(AllocatorException fault) {}

    @Override
    public void grown(int fromPages, int toPages, GrowthPolicy.Cause cause) {
      growths.add(new int[] {fromPages, toPages});
    }

    @Override
    public void ended() {
      byte[] after = content(heap.memory());
      byte[] before = Arrays.copyOf(pristine.get(), after.length);
      List<Integer> changed = new ArrayList<>();
      for (int at = 0; at < after.length; at += FlatMemory.BLOCK_SIZE) {
        int end = at + FlatMemory.BLOCK_SIZE;
        if (!Arrays.equals(before, at, end, after, at, end)) {
          changed.add(at / FlatMemory.BLOCK_SIZE);
        }
      }
      blocks = changed.stream().mapToInt(Integer::intValue).toArray();
    }
  }
}
