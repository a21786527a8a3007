package org.wasmheap.testkit;

import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** What many threads saw: how often, and what must not have been. */
public final class Tally {
  private static final int MOST_WRONGS = 20;

  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
  private final Queue<String> wrongs = new ConcurrentLinkedQueue<>();

  public void count(Object what) {
    counts.computeIfAbsent(label(what), key -> new LongAdder()).increment();
  }

  public long of(Object what) {
    LongAdder count = counts.get(label(what));
    return count == null ? 0 : count.sum();
  }

  private static String label(Object what) {
    return what.toString().toLowerCase(Locale.ROOT);
  }

  /** Something happened that must not; the first few are kept. */
  public void wrong(String what) {
    if (wrongs.size() < MOST_WRONGS) {
      wrongs.add(what);
    }
  }

  public String wrongs() {
    return String.join("\n", wrongs);
  }

  /** All counts in one line. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder();
    new TreeMap<>(counts)
        .forEach(
            (what, count) ->
                line.append(line.isEmpty() ? "" : ", ")
                    .append(count.sum())
                    .append(' ')
                    .append(what));
    return line.toString();
  }
}
