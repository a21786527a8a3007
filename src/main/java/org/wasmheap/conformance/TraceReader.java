package org.wasmheap.conformance;

import com.google.common.primitives.ImmutableIntArray;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.conformance.Trace.Header;
import org.wasmheap.conformance.Trace.Kind;
import org.wasmheap.memory.LinearMemory;

/** Reads traces from their text form, also those from before {@code trace-v1}. */
public final class TraceReader {
  private final BufferedReader lines;
  private final IntSequence steps = new IntSequence();
  private int lineNumber;

  private TraceReader(Reader text) {
    this.lines = new BufferedReader(text);
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
    Header header = header(nextLine());
    for (String line = nextLine(); line != null; line = nextLine()) {
      try {
        step(line);
      } catch (IllegalArgumentException e) {
        throw malformed("'" + line + "' is no step of a trace", e);
      }
    }
    return new Trace(header, steps.toArray());
  }

  private @Nullable String nextLine() throws IOException {
    lineNumber++;
    return lines.readLine();
  }

  private Header header(@Nullable String line) throws IOException {
    if (line == null || !line.startsWith("# ")) {
      throw malformed("a trace begins with '# key=value …'", null);
    }
    Map<String, String> keys = new HashMap<>();
    for (String word : line.substring(2).split(" ", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        keys.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    try {
      return new Header(
          required(keys, "heap_base"),
          (int) required(keys, "initial_pages"),
          (int) orElse(keys, "max_pages", LinearMemory.MAX_PAGES),
          orElse(keys, "limit", FreeingBumpAllocator.ON_CHAIN_LIMIT),
          keys.getOrDefault("status", "ok"),
          optional(keys, "mallocs"),
          optional(keys, "frees"),
          optional(keys, "peak_live_bytes"),
          optional(keys, "peak_bumper"),
          optional(keys, "final_pages"));
    } catch (NumberFormatException e) {
      throw malformed("a key of the first line is missing or no number: " + e.getMessage(), e);
    }
  }

  private static long required(Map<String, String> keys, String key) {
    String value = keys.get(key);
    if (value == null) {
      throw new NumberFormatException(key);
    }
    return Integer.toUnsignedLong(u32(value));
  }

  private static @Nullable Long optional(Map<String, String> keys, String key) {
    return keys.containsKey(key) ? required(keys, key) : null;
  }

  private static long orElse(Map<String, String> keys, String key, long absent) {
    String value = keys.get(key);
    return value == null || value.equals("-") ? absent : required(keys, key);
  }

  private void step(String line) {
    if (line.isEmpty() || (line.startsWith("#") && !line.startsWith("# grow "))) {
      return;
    }
    String[] words = (line.startsWith("# ") ? line.substring(2) : line).split(" ", -1);
    boolean failed = words.length == 4 && words[2].equals("!");
    switch (words[0]) {
      case "A" -> {
        if (failed) {
          steps.add(Kind.ALLOCATE_FAILED, u32(words[1]), fault(words[3]));
        } else {
          steps.add(Kind.ALLOCATE, u32(word(words, 1)), u32(last(words, 2)));
        }
      }
      case "F" -> {
        if (failed) {
          steps.add(Kind.DEALLOCATE_FAILED, u32(words[1]), fault(words[3]));
        } else {
          steps.add(Kind.DEALLOCATE, u32(last(words, 1)), 0);
        }
      }
      case "grow" -> steps.add(Kind.ALLOCATOR_GREW, u32(word(words, 1)), u32(last(words, 2)));
      case "G" -> steps.add(Kind.GUEST_GREW, u32(word(words, 1)), u32(last(words, 2)));
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  private static String word(String[] words, int index) {
    if (index >= words.length) {
      throw new IllegalArgumentException("too few words");
    }
    return words[index];
  }

  private static String last(String[] words, int index) {
    if (index != words.length - 1) {
      throw new IllegalArgumentException("too many or too few words");
    }
    return words[index];
  }

  private static int fault(String name) {
    return Trace.code(AllocatorFault.valueOf(name));
  }

  private static int u32(String digits) {
    return Integer.parseUnsignedInt(digits);
  }

  private IOException malformed(String why, @Nullable Exception cause) {
    return new IOException("line " + lineNumber + ": " + why, cause);
  }

  /** Steps as they are read. */
  private static final class IntSequence {
    private final ImmutableIntArray.Builder ints = ImmutableIntArray.builder();

    void add(Kind kind, int operand, int result) {
      ints.add(Trace.code(kind));
      ints.add(operand);
      ints.add(result);
    }

    int[] toArray() {
      return ints.build().toArray();
    }
  }
}
