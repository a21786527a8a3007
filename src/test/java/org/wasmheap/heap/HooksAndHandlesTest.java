package org.wasmheap.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.testkit.BareHeaps;

/** While a hook is told something, the handle of the call does nothing, on the same thread too. */
class HooksAndHandlesTest {
  private static final int BEYOND_ONE_PAGE = 100_000;

  /** What a hook does with a handle that it got hold of, and what came of it. */
  private static final class Meddler implements HeapListener, GrowthPolicy, HeapObserver {
    private final Consumer<HeapHandle> deed;
    private final String moment;
    private final List<Throwable> refusals = new ArrayList<>();
    private int done;
    private @Nullable HeapHandle handle;

    Meddler(String moment, Consumer<HeapHandle> deed) {
      this.moment = moment;
      this.deed = deed;
    }

    private void meddle(String now) {
      HeapHandle captured = handle;
      if (captured == null || !now.equals(moment)) {
        return;
      }
      try {
        deed.accept(captured);
        done++;
      } catch (Throwable e) {
        refusals.add(e);
      }
    }

    @Override
    public boolean allows(String heap, int fromPages, int toPages, Cause cause) {
      meddle("policy");
      return true;
    }

    @Override
    public void created(HeapView heap) {
      heap.observe(this);
    }

    @Override
    public void grown(HeapView heap, int fromPages, int toPages, Cause cause) {
      meddle("listener.grown");
    }

    @Override
    public void poisoned(HeapView heap, PoisonReport report) {
      meddle("listener.poisoned");
    }

    @Override
    public void reset(HeapView heap, int blocksRestored) {
      meddle("listener.reset");
    }

    @Override
    public void began() {}

    @Override
    public void allocated(int size, int pointer) {
      meddle("observer.allocated");
    }

    @Override
    public void deallocated(int pointer) {
      meddle("observer.deallocated");
    }

    @Override
    public void failed(AllocatorException fault) {
      meddle("observer.failed");
    }

    @Override
    public void grown(int fromPages, int toPages, Cause cause) {
      meddle("observer.grown");
    }

    @Override
    public void ended() {
      meddle("observer.ended");
    }
  }

  static Stream<Arguments> meddling() {
    List<String> moments =
        List.of(
            "policy",
            "listener.grown",
            "listener.poisoned",
            "listener.reset",
            "observer.allocated",
            "observer.deallocated",
            "observer.failed",
            "observer.grown",
            "observer.ended");
    List<Consumer<HeapHandle>> deeds =
        List.of(
            handle -> handle.malloc(8),
            handle -> handle.free(BareHeaps.FIRST_POINTER),
            handle -> handle.growMemory(1),
            handle -> handle.write(BareHeaps.HEAP_BASE, new byte[64]),
            handle -> handle.read(0, 1),
            HeapHandle::memoryBytes);
    return moments.stream()
        .flatMap(moment -> deeds.stream().map(deed -> Arguments.of(moment, deed)));
  }

  @ParameterizedTest
  @MethodSource("meddling")
  void a_hook_cannot_use_the_handle_and_changes_nothing(String moment, Consumer<HeapHandle> deed) {
    // given
    Meddler meddler = new Meddler(moment, deed);
    // when
    List<Long> trace = everything(meddler);
    // then
    assertEquals(everything(new Meddler("never", handle -> {})), trace);
    assertEquals(0, meddler.done);
    assertTrue(!meddler.refusals.isEmpty(), "the hook was never told");
    meddler.refusals.forEach(
        refusal -> assertInstanceOf(HeapConfinementException.class, refusal, refusal::toString));
  }

  /** A call with each thing that hooks are told of; all that it saw. */
  private static List<Long> everything(Meddler meddler) {
    Heap heap = BareHeaps.heap(meddler, meddler);
    heap.claim();
    HeapHandle handle = heap.begin(1, "call");
    meddler.handle = handle;
    List<Long> saw = new ArrayList<>();
    saw.add((long) handle.malloc(100));
    saw.add((long) handle.malloc(BEYOND_ONE_PAGE));
    saw.add((long) handle.malloc(100));
    handle.free(BareHeaps.FIRST_POINTER);
    saw.add((long) handle.growMemory(1));
    saw.add((long) handle.malloc(100));
    saw.add(heap.view().statistics().allocations());
    assertThrows(AllocatorException.class, () -> handle.free(3));
    heap.reset();
    return saw;
  }

  @Test
  void the_refusal_says_that_a_hook_was_being_told() {
    Meddler meddler = new Meddler("listener.grown", handle -> handle.malloc(8));

    everything(meddler);

    String message = String.valueOf(meddler.refusals.get(0).getMessage());
    assertTrue(message.contains("while a hook is told of it"), message);
  }

  @Test
  void a_growth_policy_that_lets_the_refusal_through_refuses_the_growth() {
    // given a policy that uses the handle
    HeapHandle[] captured = new HeapHandle[1];
    Heap heap = BareHeaps.claimed((name, fromPages, toPages, cause) -> captured[0].malloc(8) != 0);
    HeapHandle handle = heap.begin(1, "call");
    captured[0] = handle;
    // when
    GrowthRefusedException refused =
        assertThrows(GrowthRefusedException.class, () -> handle.malloc(BEYOND_ONE_PAGE));
    // then
    assertInstanceOf(HeapConfinementException.class, refused.getCause());
  }

  @Test
  void the_handle_works_again_when_the_hook_has_returned_or_failed() {
    // given a hook that fails
    Heap heap =
        BareHeaps.claimed(
            new HeapListener() {
              @Override
              public void grown(
                  HeapView grown, int fromPages, int toPages, GrowthPolicy.Cause cause) {
                throw new AssertionError("the hook fails");
              }
            });
    HeapHandle handle = heap.begin(1, "call");
    // when
    int first = handle.malloc(BEYOND_ONE_PAGE);
    int second = handle.malloc(8);
    // then
    assertTrue(second > first);
  }
}
