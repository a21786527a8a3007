package org.wasmheap.testkit;

import static org.wasmheap.testkit.ModuleBytes.I32;
import static org.wasmheap.testkit.ModuleBytes.body;
import static org.wasmheap.testkit.ModuleBytes.bytes;
import static org.wasmheap.testkit.ModuleBytes.join;
import static org.wasmheap.testkit.ModuleBytes.name;
import static org.wasmheap.testkit.ModuleBytes.section;
import static org.wasmheap.testkit.ModuleBytes.signed;
import static org.wasmheap.testkit.ModuleBytes.times;
import static org.wasmheap.testkit.ModuleBytes.u32;
import static org.wasmheap.testkit.ModuleBytes.vector;

import com.google.common.primitives.Bytes;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * A module of as many functions as one likes, each of which adds its number to what it is given and
 * calls the one before it, through a table if its number is odd. So the last one, exported as
 * {@code f}, gives the sum of all numbers and its argument. The module imports a function, has
 * data, an element segment, and functions of given sizes.
 */
public final class ManyFunctions {
  private static final int IMPORTED = 1;

  /** Each load and store is a call of a method in compiled code, so that it becomes longer. */
  private static final byte[] PAD = bytes(0x41, 32, 0x41, 32, 0x28, 2, 0, 0x36, 2, 0);

  private ManyFunctions() {}

  /**
   * The module.
   *
   * @param count of its own functions
   * @param padding bytes that each body has in addition: additions and subtractions of one
   * @param padded another padding for some, by number
   */
  public static byte[] module(int count, int padding, Map<Integer, Integer> padded) {
    // Each load and store is a call of a method in compiled code, so that it becomes longer.
    byte[] pad = bytes(0x41, 32, 0x41, 32, 0x28, 2, 0, 0x36, 2, 0);
    return module(count, number -> times(padded.getOrDefault(number, padding) / pad.length, pad));
  }

  private static byte[] module(int count, IntFunction<byte[]> padding) {
    byte[][] bodies = new byte[count][];
    byte[][] types = new byte[count][];
    byte[][] entries = new byte[count][];
    for (int i = 0; i < count; i++) {
      bodies[i] = function(i, padding.apply(i));
      types[i] = bytes(0);
      entries[i] = u32(i + IMPORTED);
    }
    return ModuleBytes.module(
        section(1, vector(bytes(0x60, 1, I32, 1, I32), bytes(0x60, 0, 0))),
        section(2, vector(join(name("env"), name("given"), bytes(0, 1)))),
        section(3, vector(types)),
        section(4, vector(join(bytes(0x70, 0), u32(count)))),
        ModuleBytes.MEMORY,
        ModuleBytes.HEAP_BASE,
        section(
            7,
            vector(
                ModuleBytes.EXPORTED_HEAP_BASE,
                join(name("f"), bytes(0), u32(count - 1 + IMPORTED)))),
        section(9, vector(join(bytes(0, 0x41, 0, 0x0B), vector(entries)))),
        section(12, u32(2)),
        section(10, vector(bodies)),
        section(11, vector(bytes(0, 0x41, 8, 0x0B, 3, 'a', 'b', 'c'), bytes(1, 2, 'd', 'e'))));
  }

  /** The same, whose functions load constants each that no other has; some are padded, too. */
  public static byte[] withConstants(int count, int constants, Map<Integer, Integer> padded) {
    return module(
        count,
        number -> {
          byte[][] loads = new byte[constants][];
          for (int i = 0; i < constants; i++) {
            int value = 1_000_000 + number * constants + i;
            loads[i] = join(bytes(0x41), signed(value), bytes(0x1A));
          }
          return join(join(loads), times(padded.getOrDefault(number, 0) / PAD.length, PAD));
        });
  }

  /** The module with a function whose sum has become a drop of its last value. */
  public static byte[] invalid(byte[] module, int function) {
    byte[] sum = join(bytes(0x20, 0, 0x41), signed(function), bytes(0x6A));
    int at = Bytes.indexOf(module, sum);
    byte[] changed = module.clone();
    changed[at + sum.length - 1] = 0x1A;
    changed[at] = 0x01;
    changed[at + 1] = 0x01;
    return changed;
  }

  /** What {@code f} gives. */
  public static int sum(int count, int argument) {
    return count * (count - 1) / 2 + argument;
  }

  private static byte[] function(int number, byte[] padding) {
    byte[] added = join(bytes(0x20, 0, 0x41), signed(number), bytes(0x6A));
    byte[] call =
        number == 0
            ? bytes()
            : number % 2 == 0
                ? join(bytes(0x10), u32(number - 1 + IMPORTED))
                : join(bytes(0x41), signed(number - 1), bytes(0x11, 0, 0));
    return body(bytes(0), padding, added, call);
  }
}
