package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ch.qos.logback.classic.Level;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.Calls;
import org.wasmheap.testkit.FaultyMemory;
import org.wasmheap.testkit.ForwardingMemory;
import org.wasmheap.testkit.LogCapture;

/** A call fails by what came first, over heap, guest and interruption together. */
@Timeout(60)
class FirstCauseTest {
  private static final long CALL = 1;

  private final InterruptGate gate = new InterruptGate(Thread.currentThread());

  /** What can go wrong in a call; each once as the first thing, once as a later one. */
  private enum Cause {
    POISON(FailureKind.ALLOCATOR_FAULT),
    REFUSED_GROWTH(FailureKind.GROWTH_REFUSED),
    TRAP(FailureKind.TRAP),
    RESULT(FailureKind.RESULT_OUT_OF_BOUNDS),
    STACK(FailureKind.STACK_OVERFLOW),
    MEMORY(FailureKind.OUT_OF_MEMORY),
    HOST_FUNCTION(FailureKind.HOST_FUNCTION),
    MISSING_IMPORT(FailureKind.MISSING_IMPORT),
    ENGINE(FailureKind.ENGINE_FAULT),
    DEADLINE(FailureKind.DEADLINE),
    CANCELLED(FailureKind.CANCELLED),
    SHUTDOWN(FailureKind.SHUTDOWN);

    private final FailureKind kind;

    Cause(FailureKind kind) {
      this.kind = kind;
    }

    /** Comes about; the call's own code swallows what it throws. */
    void happen(HeapHandle heap, InterruptGate gate) {
      switch (this) {
        case POISON ->
            assertFalse(
                assertThrows(RuntimeException.class, () -> heap.free(4096))
                    instanceof CallException);
        case REFUSED_GROWTH -> assertThrows(GrowthRefusedException.class, () -> heap.growMemory(1));
        case DEADLINE, CANCELLED, SHUTDOWN -> {
          gate.interrupt(CALL, kind);
          Thread.interrupted(); // As what throws an InterruptedException does.
        }
        default -> heap.fail(new CallException(kind, "as engines tell it", null));
      }
    }
  }

  static Stream<Arguments> pairs() {
    return Arrays.stream(Cause.values())
        .flatMap(first -> Arrays.stream(Cause.values()).map(then -> Arguments.of(first, then)));
  }

  private CallException failureOf(PoolParts pool, GuestCall<HeapHandle, @Nullable Integer> body)
      throws Exception {
    InstanceSlot<HeapHandle> slot = pool.slots.open(true);
    slot.create();
    CallTask<HeapHandle, @Nullable Integer> task =
        pool.task("call", CallClass.AUTHORING, System.nanoTime() + 1_000_000_000L, body);
    task.begin(gate);
    pool.run.execute(task, slot, gate, new CallStack());
    gate.release();
    return Calls.failureOf(task);
  }

  private static PoolParts onMemoryThatRefusesToGrow() {
    return PoolParts.of(
        GuestFactory.bare(
            () ->
                FaultyMemory.thatRefusesToGrow(
                    new FlatMemory(1, 4), new GrowthRefusedException("refused on cue", null)),
            BareHeaps.HEAP_BASE,
            BlockLimit.ON_CHAIN));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void what_comes_first_is_what_the_call_fails_by(Cause first, Cause then) throws Exception {
    try (LogCapture log = LogCapture.of(Level.INFO)) {
      // given
      PoolParts pool = onMemoryThatRefusesToGrow();
      // when
      CallException failure =
          failureOf(
              pool,
              heap -> {
                first.happen(heap, gate);
                then.happen(heap, gate);
                throw new IllegalStateException("what the call's own code throws at last");
              });
      // then
      assertEquals(first.kind, failure.kind(), failure.getMessage());
      int poisons = first == Cause.POISON ? 1 : 0;
      assertEquals(poisons, log.events("heap.poisoned").size());
      assertEquals(poisons == 1, failure.poisonReport().isPresent());
      assertEquals(poisons, pool.counters.poisoned.get());
      assertEquals(
          first.kind.isDeterministic() ? 0 : 1, log.events("heap.aborted").size(), "aborted");
    }
  }

  @ParameterizedTest
  @EnumSource(Cause.class)
  void after_any_failure_the_heap_does_nothing_more(Cause first) throws Exception {
    // given
    AtomicBoolean interrupted = new AtomicBoolean();
    // when
    failureOf(
        PoolParts.withRoomFor(1),
        heap -> {
          int pointer = heap.malloc(8);
          if (first == Cause.REFUSED_GROWTH) {
            heap.fail(new GrowthRefusedException("on cue", null));
          } else {
            first.happen(heap, gate);
          }
          // then
          interrupted.set(gate.whetherInterrupted().getAsBoolean());
          if (!interrupted.get()) {
            assertThrows(WasmHeapException.class, () -> heap.free(pointer));
            assertThrows(WasmHeapException.class, () -> heap.malloc(8));
            assertThrows(GrowthRefusedException.class, () -> heap.growMemory(1));
          }
          throw new IllegalStateException("at last");
        });
    assertEquals(first.compareTo(Cause.DEADLINE) >= 0, interrupted.get());
  }

  @Test
  void what_the_calls_own_code_throws_after_an_interruption_is_no_verdict() throws Exception {
    CallException failure =
        failureOf(
            PoolParts.withRoomFor(1),
            heap -> {
              Cause.DEADLINE.happen(heap, gate);
              return (int) heap.read(-4, 8)[0];
            });
    assertEquals(FailureKind.DEADLINE, failure.kind());
  }

  @Test
  void a_failure_is_gone_in_the_next_call() throws Exception {
    PoolParts pool = PoolParts.withRoomFor(1);
    failureOf(
        pool,
        heap -> {
          throw new CallException(FailureKind.TRAP, "thrown, and not told to the heap", null);
        });
    CallException second =
        failureOf(
            pool,
            heap -> {
              heap.fail(new CallException(FailureKind.MISSING_IMPORT, "on cue", null));
              return heap.malloc(8);
            });
    assertEquals(FailureKind.MISSING_IMPORT, second.kind());
  }

  @Test
  void a_memory_that_shrinks_is_no_doing_of_the_guest_but_poisons_and_is_reported()
      throws Exception {
    // given
    AtomicBoolean shrunk = new AtomicBoolean();
    LinearMemory whole = new FlatMemory(2, 4);
    ForwardingMemory shrinking =
        new ForwardingMemory() {
          @Override
          public LinearMemory inner() {
            return whole;
          }

          @Override
          public long sizeInBytes() {
            return whole.sizeInBytes() - (shrunk.get() ? LinearMemory.PAGE_SIZE : 0);
          }
        };
    PoolParts pool =
        PoolParts.of(GuestFactory.bare(() -> shrinking, BareHeaps.HEAP_BASE, BlockLimit.ON_CHAIN));
    // when
    CallException failure =
        failureOf(
            pool,
            heap -> {
              int pointer = heap.malloc(8);
              shrunk.set(true);
              return heap.malloc(pointer);
            });
    // then
    assertEquals(FailureKind.ENGINE_FAULT, failure.kind());
    assertFalse(failure.isDeterministic());
    assertEquals(AllocatorFault.MEMORY_SHRANK, failure.poisonReport().orElseThrow().fault());
    assertFalse(((AllocatorException) failure.getCause()).isDeterministic());
    assertEquals(1, pool.counters.poisoned.get());
  }
}
