package org.wasmheap.conformance;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.io.Reader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.conformance.Trace.Header;
import org.wasmheap.conformance.Trace.Kind;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.text.Printable;

/**
 * Reads traces from their text form, also those from before {@code trace-v1}: these need not say
 * maximum, limit and status, and are taken for traces of on-chain calls without a maximum.
 */
public final class TraceReader {
  private static final String VERSION = "trace-v1";
  private static final String GROWTH = "# grow ";

  private static final List<String> ALWAYS = List.of("heap_base", "initial_pages");
  private static final List<String> SINCE_V1 = List.of("max_pages", "limit", "status");

  /** The allocator takes no higher one. */
  private static final long MAX_HEAP_BASE = 0xFFFF_FFF7L;

  private final LineReader lines;
  private final ImmutableIntArray.Builder steps = ImmutableIntArray.builder();

  private TraceReader(Reader text) {
    this.lines = new LineReader(text);
  }

  /**
   * Reads a trace.
   *
   * @param text the trace; not closed
   * @return the trace
   * @throws IOException if reading fails, or what is read is no trace; the message names the line
   */
  public static Trace read(Reader text) throws IOException {
    return new TraceReader(text).read();
  }

  private Trace read() throws IOException {
    String first = lines.next();
    if (first == null || !first.startsWith("# ")) {
      throw malformed("a trace begins with '# key=value …'", null);
    }
    Header header;
    try {
      header = header(first);
    } catch (IllegalArgumentException e) {
      throw malformed(String.valueOf(e.getMessage()), e);
    }
    for (String line = lines.next(); line != null; line = lines.next()) {
      try {
        step(line);
      } catch (IllegalArgumentException e) {
        throw malformed(
            "'" + Printable.name(line) + "' is no step of a trace: " + e.getMessage(), e);
      }
    }
    return new Trace(header, steps.build().toArray());
  }

  private IOException malformed(String why, @Nullable Exception cause) {
    return new IOException("line " + lines.number() + ": " + Printable.text(why), cause);
  }

  // The first line.

  private static Header header(String line) {
    Map<String, String> keys = new HashMap<>();
    for (String word : line.split(" ", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        keys.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    requireKeys(keys, ALWAYS);
    if (line.startsWith("# " + VERSION + " ")) {
      requireKeys(keys, SINCE_V1);
    }
    Long initialPages = number(keys, "initial_pages", LinearMemory.MAX_PAGES);
    Long maximumPages = number(keys, "max_pages", LinearMemory.MAX_PAGES);
    int initial = orElse(initialPages, 0);
    int maximum = orElse(maximumPages, LinearMemory.MAX_PAGES);
    if (initial > maximum) {
      throw new IllegalArgumentException("initial_pages is over max_pages");
    }
    return new Header(
        orElse(number(keys, "heap_base", MAX_HEAP_BASE), 0L),
        initial,
        maximum,
        limit(number(keys, "limit", Decimal.MAX_U32)),
        keys.getOrDefault("status", "ok"),
        number(keys, "mallocs", Long.MAX_VALUE),
        number(keys, "frees", Long.MAX_VALUE),
        number(keys, "peak_live_bytes", Long.MAX_VALUE),
        number(keys, "peak_bumper", Decimal.MAX_U32),
        number(keys, "final_pages", LinearMemory.MAX_PAGES));
  }

  private static void requireKeys(Map<String, String> keys, List<String> required) {
    for (String key : required) {
      if (!keys.containsKey(key)) {
        throw new IllegalArgumentException("the first line has no " + key);
      }
    }
  }

  /** The number of a key; {@code null} if the line does not have it, or says that there is none. */
  private static @Nullable Long number(Map<String, String> keys, String key, long most) {
    String value = keys.get(key);
    if (value == null || (value.equals("-") && key.equals("max_pages"))) {
      return null;
    }
    try {
      return Decimal.parse(value, most);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
    }
  }

  private static int orElse(@Nullable Long value, int absent) {
    return value == null ? absent : value.intValue();
  }

  private static long orElse(@Nullable Long value, long absent) {
    return value == null ? absent : value;
  }

  /** Files hold bytes. */
  private static BlockLimit limit(@Nullable Long bytes) {
    if (bytes == null) {
      return BlockLimit.ON_CHAIN;
    }
    for (BlockLimit limit : BlockLimit.values()) {
      if (limit.bytes() == bytes) {
        return limit;
      }
    }
    throw new IllegalArgumentException("limit: " + bytes + " is neither 32 MiB nor 2 GiB");
  }

  // Steps.

  private void step(String line) {
    if (line.startsWith(GROWTH)) {
      growth(Kind.ALLOCATOR_GREW, line.substring(GROWTH.length()).split(" ", -1));
      return;
    }
    if (line.isEmpty() || line.startsWith("#")) {
      return;
    }
    String[] words = line.substring(Math.min(2, line.length())).split(" ", -1);
    if (line.startsWith("A ")) {
      boolean failed = requireWords(words, 2, 3) == 3;
      add(
          failed ? Kind.ALLOCATE_FAILED : Kind.ALLOCATE,
          words[0],
          failed ? fault(words, 1) : Decimal.u32(words[1]));
    } else if (line.startsWith("F ")) {
      boolean failed = requireWords(words, 1, 3) == 3;
      add(
          failed ? Kind.DEALLOCATE_FAILED : Kind.DEALLOCATE,
          words[0],
          failed ? fault(words, 1) : 0);
    } else if (line.startsWith("G ")) {
      growth(Kind.GUEST_GREW, words);
    } else {
      throw new IllegalArgumentException("it begins with none of 'A ', 'F ', 'G ', '#'");
    }
  }

  private void growth(Kind kind, String[] words) {
    requireWords(words, 2, 2);
    int to = (int) Decimal.parse(words[1], LinearMemory.MAX_PAGES);
    Decimal.parse(words[0], to);
    add(kind, words[0], to);
  }

  private void add(Kind kind, String operand, int result) {
    steps.add(Trace.code(kind));
    steps.add(Decimal.u32(operand));
    steps.add(result);
  }

  private static int requireWords(String[] words, int one, int other) {
    if (words.length != one && words.length != other) {
      throw new IllegalArgumentException("too many or too few words");
    }
    return words.length;
  }

  private static int fault(String[] words, int mark) {
    if (!words[mark].equals("!")) {
      throw new IllegalArgumentException("a fault comes after '!'");
    }
    return Trace.code(AllocatorFault.valueOf(words[mark + 1]));
  }
}
