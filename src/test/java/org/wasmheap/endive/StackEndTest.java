package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.testkit.Guests;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

/**
 * Host and guest that call each other until the thread's stack ends: it may end in the very code
 * that leaves a level, which then stays where it was.
 */
class StackEndTest {
  private static final int DEPTH = 3;

  /** Whether host functions go on when the stack has ended. */
  private boolean swallows;

  private final HostFunction act =
      new HostFunction(
          "test",
          "act",
          FunctionType.of(List.of(ValType.I32), List.of()),
          (scope, arguments) -> {
            try {
              deeper((int) arguments[0]);
            } catch (StackOverflowError e) {
              if (!swallows) {
                throw e;
              }
            }
            return 0;
          });

  private final GuestFactory.Instance<EndiveGuest> instance = Guests.load("imports", act).create();

  private final Heap heap =
      new Heap(
          "test",
          "test/guest",
          instance.memory(),
          instance.heapBase(),
          BlockLimit.ON_CHAIN,
          GrowthPolicy.ALLOW_ALL,
          HeapListener.NONE);

  private EndiveGuest guest;

  /** What happens where host and guest have called each other often enough. */
  private Runnable atTheBottom =
      () -> {
        throw new StackOverflowError();
      };

  /** Which way out is not gone, once. */
  enum WayOut {
    OF_THE_HOST,
    OF_THE_GUEST
  }

  /** Whether a host function works, told as strictly as the executor tells it. */
  private static final class Interrupts implements CallScope.Interrupts {
    private final WayOut blocked;
    private final boolean isTold;
    private boolean wasBlocked;
    private boolean inHost;

    Interrupts(WayOut blocked, boolean isTold) {
      this.blocked = blocked;
      this.isTold = isTold;
    }

    private void leave(WayOut by, boolean from) {
      if (by == blocked && !wasBlocked) {
        wasBlocked = true;
        if (isTold) {
          throw new StackOverflowError();
        }
        return;
      }
      if (inHost != from) {
        throw new IllegalStateException("left already");
      }
      inHost = !from;
    }

    @Override
    public boolean enterHost() {
      boolean entered = !inHost;
      inHost = true;
      return entered;
    }

    @Override
    public void exitHost() {
      leave(WayOut.OF_THE_HOST, true);
    }

    @Override
    public boolean enterGuest() {
      boolean entered = inHost;
      inHost = false;
      return entered;
    }

    @Override
    public void exitGuest() {
      leave(WayOut.OF_THE_GUEST, false);
    }
  }

  private void deeper(int level) {
    if (level == DEPTH) {
      atTheBottom.run();
    } else {
      guest.call("act", level + 1);
    }
  }

  private FailureKind outcome(Interrupts interrupts) {
    heap.claim();
    guest = instance.open(CallScope.of(heap.begin(1, "act"), null, interrupts));
    return assertThrows(CallException.class, () -> guest.call("act", 1)).kind();
  }

  private FailureKind firstCause() {
    return assertInstanceOf(CallException.class, heap.firstCause()).kind();
  }

  @ParameterizedTest
  @EnumSource
  void a_stack_that_ends_while_a_level_is_left_must_be_a_stack_overflow_all_the_same(WayOut way) {
    // given
    Interrupts interrupts = new Interrupts(way, true);
    // then
    assertEquals(FailureKind.STACK_OVERFLOW, outcome(interrupts));
    assertEquals(FailureKind.STACK_OVERFLOW, firstCause());
    assertTrue(interrupts.wasBlocked);
    assertFalse(interrupts.inHost);
  }

  @Test
  void a_stack_that_ends_while_a_callback_is_left_must_be_told_though_the_host_swallows_it() {
    // given
    Interrupts interrupts = new Interrupts(WayOut.OF_THE_GUEST, true);
    atTheBottom = () -> {};
    swallows = true;
    // when
    outcome(interrupts);
    // then
    assertTrue(interrupts.wasBlocked);
    assertEquals(FailureKind.STACK_OVERFLOW, firstCause());
  }

  @ParameterizedTest
  @CsvSource({"OF_THE_HOST, HOST_FUNCTION", "OF_THE_GUEST, ENGINE_FAULT"})
  void a_level_that_was_left_already_must_be_told_where_nothing_else_failed(
      WayOut way, FailureKind kind) {
    // given
    Interrupts interrupts = new Interrupts(way, false);
    atTheBottom = () -> {};
    // then
    assertEquals(kind, outcome(interrupts));
    assertTrue(interrupts.wasBlocked);
  }
}
