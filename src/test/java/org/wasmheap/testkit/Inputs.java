package org.wasmheap.testkit;

import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The inputs that a property must hold for.
 *
 * @param <T> immutable, or a failure could not be repeated; its {@code toString} is what a person
 *     gets to see
 */
public interface Inputs<T> {
  T draw(Draws draws);

  /** Inputs that are a little simpler than this one, the boldest first; none if it is plain. */
  Stream<T> simplerThan(T input);

  static <T> Inputs<T> of(Function<Draws, T> drawn, Function<T, Stream<T>> simpler) {
    return new Inputs<>() {
      @Override
      public T draw(Draws draws) {
        return drawn.apply(draws);
      }

      @Override
      public Stream<T> simplerThan(T input) {
        return simpler.apply(input);
      }
    };
  }
}
