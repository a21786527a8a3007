package org.wasmheap.text;

import java.util.Collections;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a report keeps of a caller's diagnostic context (SLF4J's MDC), and how it is printed. Names
 * and values are the caller's: they are kept as they are but for their length, and escaped where
 * they are printed.
 */
public final class MdcEntries {
  /** Most entries that are kept: {@value}. */
  public static final int MOST = 32;

  private MdcEntries() {}

  /**
   * A bounded copy, sorted by name. The work does not grow beyond the bounds, and a copy of a copy
   * is equal to it.
   *
   * @param entries a diagnostic context, whose names and values may be {@code null}; {@code null}
   *     for none
   * @return an immutable map of at most {@link #MOST} entries; names of at most {@link
   *     Printable#MAX_NAME} characters, values of at most {@link Printable#MAX_TEXT}, with three
   *     dots behind what was cut
   */
  public static Map<String, String> bounded(
      @Nullable Map<? extends @Nullable String, ? extends @Nullable String> entries) {
    if (entries == null || entries.isEmpty()) {
      return Map.of();
    }
    Map<String, String> copy = new TreeMap<>();
    for (Map.Entry<? extends @Nullable String, ? extends @Nullable String> each :
        entries.entrySet()) {
      if (copy.size() == MOST) {
        break;
      }
      copy.put(
          Printable.cut(String.valueOf(each.getKey()), Printable.MAX_NAME),
          Printable.cut(String.valueOf(each.getValue()), Printable.MAX_TEXT));
    }
    return Collections.unmodifiableMap(copy);
  }

  /**
   * The entries in one line.
   *
   * @param entries as {@link #bounded} gives them
   * @return {@code name='value', …}, each escaped and cut as a {@linkplain Printable#name name} is;
   *     empty if there are none
   */
  public static String line(Map<String, String> entries) {
    StringJoiner line = new StringJoiner(", ");
    entries.forEach(
        (name, value) -> line.add(Printable.name(name) + "='" + Printable.name(value) + "'"));
    return line.toString();
  }
}
