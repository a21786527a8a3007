package org.wasmheap.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;

/** Heaps of 1 to 4 pages without a guest: the call's own code plays one. */
public final class BareStage implements Stage<CallScope> {
  private static final int SIZE = 100;

  @Override
  public GuestFactory<CallScope> factory() {
    return ScopeGuests.withPages(1, 4);
  }

  @Override
  public HeapHandle heap(CallScope guest) {
    return guest.heap();
  }

  @Override
  public String probe(CallScope guest) {
    HeapHandle heap = guest.heap();
    int pointer = heap.malloc(SIZE);
    String found = pointer + " " + sum(heap.read(pointer, SIZE)) + " " + heap.memoryBytes();
    byte[] marks = new byte[SIZE];
    Arrays.fill(marks, (byte) 1);
    heap.write(pointer, marks);
    heap.growMemory(1);
    return found;
  }

  private static int sum(byte[] bytes) {
    int sum = 0;
    for (byte each : bytes) {
      sum += each;
    }
    return sum;
  }

  @Override
  public String pristine() {
    return "1032 0 65536";
  }

  @Override
  public void inHost(CallScope guest, HostWork work) throws Exception {
    boolean entered = guest.enterHost();
    try {
      work.run();
    } finally {
      if (entered) {
        guest.exitHost();
      }
    }
  }

  @Override
  public void freeWild(CallScope guest) {
    guest.heap().free(4);
  }

  @Override
  public void forgeHeader(CallScope guest) {
    HeapHandle heap = guest.heap();
    int pointer = heap.malloc(SIZE);
    heap.write(pointer - 8, new byte[] {-1, 0, 0, 0, 1});
    heap.free(pointer);
  }

  @Override
  public void trap(CallScope guest) {
    guest.heap().read(-4, 8);
  }

  /** As a caller of guests' entries does. */
  @Override
  public void resultOutside(CallScope guest) {
    throw new CallException(
        FailureKind.RESULT_OUT_OF_BOUNDS, "16 bytes at the end of " + guest.heap(), null);
  }

  @Override
  public void overflow(CallScope guest) {
    recurse(1);
  }

  @SuppressWarnings("InfiniteRecursion")
  private static int recurse(int depth) {
    return recurse(depth + 1) + depth;
  }

  @Override
  public void loop(CallScope guest) throws InterruptedException {
    if (!new CountDownLatch(1).await(60, SECONDS)) {
      throw new IllegalStateException("nobody interrupted the loop");
    }
  }

  @Override
  public void grow(CallScope guest) {
    guest.heap().growMemory(1);
  }

  @Override
  public void allocateMuch(CallScope guest) {
    guest.heap().malloc(100_000);
  }
}
