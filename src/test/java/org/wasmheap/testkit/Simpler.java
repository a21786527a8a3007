package org.wasmheap.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What is a little simpler than a number or a list, the boldest first. */
public final class Simpler {
  private Simpler() {}

  /** Zero, then half as far from zero, then a quarter nearer, and at last the number beside it. */
  public static Stream<Long> numbers(long value) {
    return LongStream.iterate(value, nearer -> nearer != 0, nearer -> nearer / 2)
        .map(nearer -> value - nearer)
        .boxed();
  }

  /** The same for an {@code int}. */
  public static Stream<Integer> numbers(int value) {
    return numbers((long) value).map(Long::intValue);
  }

  /** Shorter lists first, then those of the same length with one simpler element. */
  public static <E> Stream<List<E>> lists(List<E> list, Function<E, Stream<E>> simpler) {
    return Stream.concat(shorter(list), plainer(list, simpler));
  }

  /** Lists that lack a part: all, then a half, a quarter, down to one element; the last first. */
  public static <E> Stream<List<E>> shorter(List<E> list) {
    return IntStream.iterate(list.size(), part -> part > 0, part -> part / 2)
        .boxed()
        .flatMap(part -> withoutPart(list, part));
  }

  private static <E> Stream<List<E>> withoutPart(List<E> list, int part) {
    return IntStream.iterate(list.size(), end -> end > 0, end -> end - part)
        .mapToObj(end -> without(list, Math.max(0, end - part), end));
  }

  private static <E> List<E> without(List<E> list, int from, int to) {
    List<E> rest = new ArrayList<>(list.subList(0, from));
    rest.addAll(list.subList(to, list.size()));
    return List.copyOf(rest);
  }

  /** Lists of the same length with one simpler element. */
  public static <E> Stream<List<E>> plainer(List<E> list, Function<E, Stream<E>> simpler) {
    return IntStream.range(0, list.size())
        .boxed()
        .flatMap(at -> simpler.apply(list.get(at)).map(element -> with(list, at, element)));
  }

  private static <E> List<E> with(List<E> list, int at, E element) {
    List<E> changed = new ArrayList<>(list);
    changed.set(at, element);
    return List.copyOf(changed);
  }
}
