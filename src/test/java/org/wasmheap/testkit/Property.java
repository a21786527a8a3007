package org.wasmheap.testkit;

import java.lang.StackWalker.StackFrame;
import java.util.Iterator;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.ThrowingConsumer;

/**
 * What must hold of every input, tried with many random ones.
 *
 * <p>Each run draws other inputs, so that proof accumulates. A failure says the seed that it came
 * from, and {@code -Dwasmheap.seed} draws the same inputs again; the input that it shows is the
 * simplest one that was found to fail in the same manner.
 */
public final class Property {
  private static final String SEED = "wasmheap.seed";

  /** Enough for lists of hundreds of elements, and over in seconds. */
  private static final int MOST_RERUNS = 3_000;

  private final long seed;
  private final Class<?> test;

  Property(long seed, Class<?> test) {
    this.seed = seed;
    this.test = test;
  }

  /**
   * Draws inputs and checks each.
   *
   * @throws AssertionError if a check throws anything; its cause is what was thrown first
   */
  public static <T> void assertHolds(int tries, Inputs<T> inputs, ThrowingConsumer<T> check) {
    new Property(seedOf(System.getProperty(SEED)), callingTest()).holds(tries, inputs, check);
  }

  private static Class<?> callingTest() {
    return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
        .walk(
            frames ->
                frames
                    .<Class<?>>map(StackFrame::getDeclaringClass)
                    .filter(each -> each != Property.class)
                    .findFirst())
        .orElseThrow();
  }

  /** The seed that was asked for, as a failure writes it; a new one if none was. */
  static long seedOf(@Nullable String asked) {
    if (asked == null) {
      return new SplittableRandom().nextLong();
    }
    return asked.startsWith("0x")
        ? Long.parseUnsignedLong(asked.substring(2), 16)
        : Long.parseLong(asked);
  }

  <T> void holds(int tries, Inputs<T> inputs, ThrowingConsumer<T> check) {
    SplittableRandom seeds = new SplittableRandom(seed);
    for (int number = 1; number <= tries; number++) {
      T input = inputs.draw(new Draws(seeds.nextLong()));
      Throwable failure = failureOf(check, input);
      if (failure != null) {
        Search<T> search = new Search<>(inputs, check, input, failure);
        search.run();
        throw new AssertionError(report(number, tries, search), failure);
      }
    }
  }

  /** Errors count as well: whatever is thrown, the input that caused it must become known. */
  private static <T> @Nullable Throwable failureOf(ThrowingConsumer<T> check, T input) {
    try {
      check.accept(input);
      return null;
    } catch (Throwable e) {
      return e;
    }
  }

  private String report(int number, int tries, Search<?> search) {
    String hex = "0x%016x".formatted(seed);
    return """
        the property fails in try %d of %d, seed %s
          again:   mvn test -Dtest=%s -D%s=%s
          input:   %s (the simplest found in %d reruns)
          failure: %s"""
        .formatted(
            number,
            tries,
            hex,
            test.getNestHost().getSimpleName(),
            SEED,
            hex,
            search.input,
            search.reruns,
            search.failure);
  }

  /** From an input that fails to a simple one, one step after the other. */
  private static final class Search<T> {
    private final Inputs<T> inputs;
    private final ThrowingConsumer<T> check;
    private T input;
    private Throwable failure;
    private int reruns;

    Search(Inputs<T> inputs, ThrowingConsumer<T> check, T input, Throwable failure) {
      this.inputs = inputs;
      this.check = check;
      this.input = input;
      this.failure = failure;
    }

    void run() {
      boolean simpler = true;
      while (simpler) {
        simpler = pass();
      }
    }

    /**
     * Once through what may be simpler; whether anything was. After a step it goes on at the same
     * place: what comes before it was in vain a moment ago.
     */
    private boolean pass() {
      boolean found = false;
      long inVain = 0;
      Iterator<T> candidates = inputs.simplerThan(input).iterator();
      while (reruns < MOST_RERUNS && candidates.hasNext()) {
        if (failsAlike(candidates.next())) {
          found = true;
          candidates = inputs.simplerThan(input).skip(inVain).iterator();
        } else {
          inVain++;
        }
      }
      return found;
    }

    /** Whether a candidate fails; then it takes the input's place. */
    private boolean failsAlike(T candidate) {
      reruns++;
      Throwable thrown = failureOf(check, candidate);
      // A failure of another class is another failure.
      if (thrown == null || thrown.getClass() != failure.getClass()) {
        return false;
      }
      input = candidate;
      failure = thrown;
      return true;
    }
  }
}
