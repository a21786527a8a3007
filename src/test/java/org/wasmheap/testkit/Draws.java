package org.wasmheap.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Where the parts of a random input come from. The same seed gives the same draws. */
public final class Draws {
  /** One number in so many is an edge. */
  private static final int EDGES_AMONG = 10;

  /** One list in so many is as short or as long as it may be. */
  private static final int EXTREMES_AMONG = 20;

  /** Where sizes, addresses and numbers of pages make a difference. */
  private static final long[] EDGES = {
    0,
    1,
    7,
    8,
    9,
    32_767,
    32_768,
    65_527,
    65_528,
    65_529,
    65_535,
    65_536,
    65_537,
    0x7FFF_FFFFL,
    0x8000_0000L,
    0x8000_0001L,
    0xFFFF_FFFFL
  };

  private final SplittableRandom random;

  public Draws(long seed) {
    random = new SplittableRandom(seed);
  }

  /** A number from {@code least} to {@code most}, each as likely as any other. */
  public long between(long least, long most) {
    return random.nextLong(least, most + 1);
  }

  /** A number from {@code least} to {@code most}, each as likely as any other. */
  public int between(int least, int most) {
    return (int) between((long) least, (long) most);
  }

  /**
   * A number from {@code least} to {@code most}: often an edge, else small ones as likely as large
   * ones. Small means near to the end of the range that is nearer to zero.
   */
  public long number(long least, long most) {
    if (oneIn(EDGES_AMONG)) {
      return edge(least, most);
    }
    long span = most - least;
    int bits = between(0, Long.SIZE - Long.numberOfLeadingZeros(span));
    long offset = bits == 0 ? 0 : between(1L << (bits - 1), Math.min((1L << bits) - 1, span));
    return Math.abs(least) <= Math.abs(most) ? least + offset : most - offset;
  }

  /** The same for an {@code int}. */
  public int number(int least, int most) {
    return (int) number((long) least, (long) most);
  }

  private long edge(long least, long most) {
    LongStream known = LongStream.of(EDGES).filter(edge -> least < edge && edge < most);
    long[] edges = LongStream.concat(LongStream.of(least, most), known).toArray();
    return edges[between(0, edges.length - 1)];
  }

  /** Any {@code long}: small ones as likely as large ones, of either sign. */
  public long word() {
    return random.nextLong() >> between(0, Long.SIZE - 1);
  }

  public boolean coin() {
    return random.nextBoolean();
  }

  /** Whether this is the one time in so many. */
  public boolean oneIn(int times) {
    return between(1, times) == 1;
  }

  /** One of the values, each as likely as any other. */
  public <T> T oneOf(T[] values) {
    return values[between(0, values.length - 1)];
  }

  /** The index of a weight, each as likely as its weight says. */
  public int weighted(int... weights) {
    int rest = between(1, IntStream.of(weights).sum());
    int index = 0;
    while (rest > weights[index]) {
      rest -= weights[index];
      index++;
    }
    return index;
  }

  /** A list of {@code least} to {@code most} elements; each length as likely as any other. */
  public <T> List<T> list(int least, int most, Function<Draws, T> element) {
    int length = between(least, most);
    if (oneIn(EXTREMES_AMONG)) {
      length = coin() ? least : most;
    }
    List<T> list = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      list.add(element.apply(this));
    }
    return List.copyOf(list);
  }
}
