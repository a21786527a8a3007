package org.wasmheap.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.testkit.CuedListener.Cue;

/**
 * Plays misdeeds on a stage. The executor must have a {@link CuedListener}, or growth is not
 * refused and no hook fails.
 */
public final class Misdeeds<G> {
  /** Longer than the deadline of what waits for it. */
  private static final Duration PAST_THE_DEADLINE = Misdeed.SHORT.plusMillis(50);

  private final Stage<G> stage;

  /** The handle of the last call without misdeed, which is over. From any call to any other. */
  private volatile @Nullable HeapHandle kept;

  public Misdeeds(Stage<G> stage) {
    this.stage = stage;
  }

  public Stage<G> stage() {
    return stage;
  }

  /** The work of a call; where it must succeed, its result is the pristine one. */
  public GuestCall<G, String> of(Misdeed deed) {
    return guest -> play(deed, guest);
  }

  private String play(Misdeed deed, G guest) throws Exception {
    switch (deed) {
      case NONE -> {
        kept = stage.heap(guest);
        return stage.probe(guest);
      }
      case EXCEPTION_IN_HOOKS -> {
        CuedListener.cue(Cue.FAIL_IN_EVERY_HOOK);
        return stage.probe(guest);
      }
      case RESULT_OUTSIDE, ENDLESS_RECURSION, ENDLESS_LOOP, READ_OUTSIDE -> byGuest(deed, guest);
      case FREE_WILD, FORGE_HEADER, FAULT_SWALLOWED_BY_THE_CALL -> breakHeap(deed, guest);
      case FAULT_UNDER_FAILING_HOOKS, TRAP_UNDER_FAILING_HOOKS -> underFailingHooks(deed, guest);
      case GROWTH_REFUSED_TO_GUEST,
          GROWTH_REFUSED_TO_ALLOCATOR,
          GROWTH_CALLBACK_FAILS,
          REFUSAL_SWALLOWED_BY_THE_CALL ->
          refused(deed, guest);
      case HANDLE_ON_ANOTHER_THREAD, HANDLE_OF_AN_EARLIER_CALL -> handle(deed, guest);
      default -> byHost(deed, guest);
    }
    return "the misdeed went unpunished";
  }

  private void byGuest(Misdeed deed, G guest) throws Exception {
    switch (deed) {
      case RESULT_OUTSIDE -> stage.resultOutside(guest);
      case ENDLESS_RECURSION -> stage.overflow(guest);
      case READ_OUTSIDE -> stage.trap(guest);
      default -> stage.loop(guest);
    }
  }

  private void breakHeap(Misdeed deed, G guest) throws Exception {
    if (deed == Misdeed.FREE_WILD) {
      stage.freeWild(guest);
    } else if (deed == Misdeed.FORGE_HEADER) {
      stage.forgeHeader(guest);
    } else {
      try {
        stage.freeWild(guest);
      } catch (AllocatorException ignored) {
        // That is the misdeed.
      }
    }
  }

  private void underFailingHooks(Misdeed deed, G guest) throws Exception {
    CuedListener.cue(Cue.FAIL_IN_EVERY_HOOK);
    if (deed == Misdeed.FAULT_UNDER_FAILING_HOOKS) {
      stage.freeWild(guest);
    } else {
      stage.trap(guest);
    }
  }

  private void refused(Misdeed deed, G guest) throws Exception {
    CuedListener.cue(
        deed == Misdeed.GROWTH_CALLBACK_FAILS ? Cue.FAIL_WHEN_ASKED_FOR_GROWTH : Cue.REFUSE_GROWTH);
    try {
      if (deed == Misdeed.GROWTH_REFUSED_TO_ALLOCATOR) {
        stage.allocateMuch(guest);
      } else {
        stage.grow(guest);
      }
    } catch (GrowthRefusedException e) {
      if (deed != Misdeed.REFUSAL_SWALLOWED_BY_THE_CALL) {
        throw e;
      }
    } finally {
      CuedListener.cue(Cue.NONE);
    }
  }

  private void handle(Misdeed deed, G guest) throws Exception {
    HeapHandle earlier = kept;
    if (deed == Misdeed.HANDLE_OF_AN_EARLIER_CALL) {
      if (earlier == null) {
        throw new IllegalStateException("there was no call before");
      }
      earlier.malloc(8);
      return;
    }
    HeapHandle own = stage.heap(guest);
    FutureTask<Throwable> elsewhere = new FutureTask<>(() -> failureOfMalloc(own));
    Thread other = new Thread(elsewhere, "intruder");
    other.start();
    Throwable failure = elsewhere.get(30, SECONDS);
    if (failure instanceof RuntimeException refusal) {
      throw refusal;
    }
  }

  private static @Nullable Throwable failureOfMalloc(HeapHandle heap) {
    try {
      heap.malloc(8);
      return null;
    } catch (RuntimeException e) {
      return e;
    }
  }

  private void byHost(Misdeed deed, G guest) throws Exception {
    switch (deed) {
      case OUT_OF_MEMORY_IN_CODE -> takeAllMemory();
      case OUT_OF_MEMORY_IN_HOST -> stage.inHost(guest, Misdeeds::takeAllMemory);
      case EXCEPTION_IN_CODE -> throw new IOException("the call's own code fails on cue");
      case EXCEPTION_IN_HOST ->
          stage.inHost(
              guest,
              () -> {
                throw new IOException("the host fails on cue");
              });
      case ERROR_IN_HOST ->
          stage.inHost(
              guest,
              () -> {
                throw new AssertionError("the host is broken on cue");
              });
      case MISSING_IMPORT, ENGINE_FAULT ->
          stage.inHost(
              guest,
              () -> {
                throw new CallException(deed.row().kind(), "as an engine tells it, on cue", null);
              });
      case DEADLINE_IN_HOST -> {
        stage.inHost(guest, () -> takeTime(PAST_THE_DEADLINE));
        stage.loop(guest); // If nobody has noticed yet.
      }
      case INTERRUPT_FROM_OUTSIDE -> {
        Thread.currentThread().interrupt();
        stage.loop(guest);
      }
      default -> throw new IllegalArgumentException(deed + " is not the host's");
    }
  }

  /** Does not react to interruption meanwhile: that is the misdeed. */
  static void takeTime(Duration time) {
    Uninterruptibles.sleepUninterruptibly(time);
  }

  /** More than an array can be: the JVM's own error, without a heap that is full. */
  private static void takeAllMemory() {
    byte[] tooLarge = new byte[Integer.MAX_VALUE];
    throw new IllegalStateException("an array of " + tooLarge.length + " bytes");
  }
}
