package org.wasmheap.guest;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.text.Printable;

/**
 * What a call carries to its guest and to the host functions: heap, host context, and the marks
 * round host functions, inside which the call is never interrupted, and round their callbacks, in
 * which it can be.
 *
 * <p>Valid on the call's thread until the call ends; afterwards every method throws {@link
 * HeapConfinementException}, and so does the handle that {@link #heap()} gives. An executor makes
 * one for each call; whoever tests a factory of his own makes one with {@link #of(HeapHandle,
 * Object)}.
 */
public final class CallScope {
  private static final Duration NO_DEADLINE = Duration.ofDays(30);

  private final HeapHandle heap;

  /** The caller's, until the end. The call's thread's own. */
  private @Nullable Object context;

  private final Interrupts interrupts;

  /**
   * What host functions keep, by its type, and what the guest last said of an error; made with the
   * first of it, as most calls have none. The call's thread's own.
   */
  private @Nullable Map<Class<?>, Object> attachments;

  /** How many callbacks from host functions are under way. The call's thread's own. */
  private int callbacks;

  /** Holds interrupts of a call back while a host function works. Used on the call's thread. */
  public interface Interrupts {
    /**
     * A host function begins.
     *
     * @return {@code false} if the call is inside a host function already
     * @throws CallException if the call was interrupted before this point
     */
    boolean enterHost();

    /**
     * The host function is over for which {@link #enterHost} gave {@code true}.
     *
     * @throws CallException if the call was to be interrupted meanwhile
     */
    void exitHost();

    /**
     * Guest code begins: inside a host function it is a callback, which can be interrupted.
     *
     * @return {@code false} if the call is inside no host function, so that nothing changes; or if
     *     callbacks count as work of the host function, as they do here by default
     * @throws CallException if the call was interrupted before this point
     */
    default boolean enterGuest() {
      return false;
    }

    /**
     * The callback is over for which {@link #enterGuest} gave {@code true}, however it ended: the
     * host function works on, and cannot be interrupted. If the callback was, the thread's
     * interrupt flag is clean afterwards, and {@link #exitHost} tells of it.
     */
    default void exitGuest() {}

    /**
     * How long the call may still run.
     *
     * @return more than zero; 30 days if it has no deadline
     */
    default Duration timeLeft() {
      return NO_DEADLINE;
    }
  }

  private CallScope(HeapHandle heap, @Nullable Object context, Interrupts interrupts) {
    this.heap = Objects.requireNonNull(heap, "heap");
    this.context = context;
    this.interrupts = Objects.requireNonNull(interrupts, "interrupts");
  }

  /**
   * The scope of a call that nobody interrupts: for tests of factories and host functions.
   *
   * @param heap the heap of the call
   * @param context for the host functions; {@code null} for none
   * @return a scope that is valid as long as the handle
   */
  public static CallScope of(HeapHandle heap, @Nullable Object context) {
    return new CallScope(heap, context, new Uninterrupted());
  }

  /**
   * The scope of a call, for those who run calls.
   *
   * @param heap the heap of the call
   * @param context for the host functions; {@code null} for none
   * @param interrupts holds interrupts back
   * @return a scope that is valid as long as the handle
   */
  public static CallScope of(HeapHandle heap, @Nullable Object context, Interrupts interrupts) {
    return new CallScope(heap, context, interrupts);
  }

  /**
   * The heap of this call.
   *
   * @return a handle that is valid as long as this scope
   */
  public HeapHandle heap() {
    return heap;
  }

  /**
   * What the caller gave the call for its host functions: the storage overlay of a block, say.
   *
   * @param type what the host function expects
   * @param <T> the same
   * @return the context
   * @throws IllegalStateException if the caller gave none, or something else: the call then fails
   *     as the host's doing
   */
  public <T> T context(Class<T> type) {
    heap.check();
    if (!type.isInstance(context)) {
      throw new IllegalStateException(
          "a host function needs a context of type "
              + type.getName()
              + ", and the caller gave the call "
              + (context == null ? "none" : "one of type " + context.getClass().getName()));
    }
    return type.cast(context);
  }

  /**
   * Whether the caller gave the call a context.
   *
   * @return {@code false} if {@link #context} must not be asked
   */
  public boolean hasContext() {
    heap.check();
    return context != null;
  }

  /**
   * What host functions keep for the rest of the call, beside the context, which is the caller's: a
   * thing that one import opens and another closes, say. Each call has its own, and it goes with
   * the call.
   *
   * @param type which of the things that are kept; a class of the host functions' own
   * @param maker makes it when it is asked for the first time in this call; must not ask for others
   * @param <T> the same type
   * @return the same object for the whole call
   */
  public <T> T attachment(Class<T> type, Supplier<? extends T> maker) {
    heap.check();
    return type.cast(attachments().computeIfAbsent(type, absent -> maker.get()));
  }

  private Map<Class<?>, Object> attachments() {
    if (attachments == null) {
      attachments = new HashMap<>();
    }
    return attachments;
  }

  /**
   * Enters a host function: from here to {@link #exitHost} a deadline or a cancellation waits, so
   * that it cannot close a channel or leave the host's state half changed.
   *
   * @return {@code false} if the call is inside a host function already; then do not exit
   * @throws CallException if the call was interrupted before this point
   */
  public boolean enterHost() {
    heap.check();
    return interrupts.enterHost();
  }

  /**
   * Leaves the host function that {@link #enterHost} entered.
   *
   * @throws CallException if the call was to be interrupted meanwhile
   */
  public void exitHost() {
    heap.check();
    interrupts.exitHost();
  }

  /**
   * Enters guest code, for engines: from here to {@link #exitGuest} a callback from a host function
   * can be interrupted, as any guest code. Inside it, host functions are entered as ever.
   *
   * @return {@code false} if the call is inside no host function; then do not exit
   * @throws CallException if the call was interrupted before this point, also if that waits for the
   *     host function to return
   */
  public boolean enterGuest() {
    heap.check();
    boolean entered = interrupts.enterGuest();
    callbacks += entered ? 1 : 0;
    return entered;
  }

  /**
   * Leaves the guest code that {@link #enterGuest} entered, however it ended: the host function
   * that called the guest back goes on undisturbed. If the call was interrupted meanwhile, {@link
   * #exitHost} tells so.
   *
   * @throws IllegalStateException if none was entered
   * @throws HeapConfinementException if the call was given up meanwhile
   */
  public void exitGuest() {
    if (callbacks == 0 || !heap.isOnItsThread()) {
      heap.check();
      throw new IllegalStateException("no host function has called the guest");
    }
    callbacks--;
    interrupts.exitGuest(); // First, as the host function cleans up after a call given up, too.
    heap.check();
  }

  /**
   * How long the call may still run: for host functions that do work of unknown length, in which no
   * deadline interrupts them.
   *
   * @return more than zero, also if the deadline has passed; 30 days if the call has none
   */
  public Duration timeLeft() {
    heap.check();
    return interrupts.timeLeft();
  }

  /**
   * The guest says what is wrong, as a runtime does before it panics. If it then traps, its last
   * words are in the message of the failure.
   *
   * @param words what it says; escaped and cut here
   */
  public void guestSaid(String words) {
    heap.check();
    attachments().put(GuestWords.class, new GuestWords(Printable.text(words)));
  }

  /**
   * What the guest said last of an error in this call.
   *
   * @return text of bounded length that can be printed; {@code null} if it said nothing
   */
  public @Nullable String guestWords() {
    heap.check();
    return attachments != null && attachments.get(GuestWords.class) instanceof GuestWords said
        ? said.words()
        : null;
  }

  /**
   * Tells that the guest ended abnormally: from here on the call fails with this, whatever its own
   * code makes of the exception, unless it has failed before. For engines.
   *
   * @param failure what ended the guest
   * @see HeapHandle#fail
   */
  public void guestFailed(Throwable failure) {
    heap.fail(failure);
  }

  /**
   * Lets go of all that the call carried, so that a scope that somebody keeps keeps none of it; on
   * the call's thread, once nothing of the call runs any more. For those who run calls.
   */
  public void end() {
    context = null;
    attachments = null;
  }

  private record GuestWords(String words) {}

  /** Only remembers whether a host function works. One thread's own. */
  private static final class Uninterrupted implements Interrupts {
    private boolean inHost;

    @Override
    public boolean enterHost() {
      boolean entered = !inHost;
      inHost = true;
      return entered;
    }

    @Override
    public void exitHost() {
      if (!inHost) {
        throw new IllegalStateException("the call is in no host function");
      }
      inHost = false;
    }

    @Override
    public boolean enterGuest() {
      boolean entered = inHost;
      inHost = false;
      return entered;
    }

    @Override
    public void exitGuest() {
      inHost = true;
    }
  }
}
