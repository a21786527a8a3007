package org.wasmheap.host;

import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.MemoryAccessException;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;
import run.endive.wasm.types.ValType;

/**
 * Arguments and a state with which host functions are gone through before any guest calls them, so
 * that each class they need is there and none of their failures is the first of its kind.
 */
final class PreloadSamples {
  /** Below the heap of the memory on which this runs, and zero as all of it. */
  private static final int AT = 256;

  /** A vector of two vectors, which is a vector of one pair but for its count. */
  private static final byte[] TWO_VECTORS = {8, 4, 1, 4, 2};

  private static final byte[] ONE_PAIR = {4, 4, 1, 4, 2};
  private static final byte[] SOME_NUMBER = {1, 1, 0, 0, 0};
  private static final List<byte[]> SAMPLES =
      List.of(TWO_VECTORS, ONE_PAIR, SOME_NUMBER, new byte[16]);

  private static final long OUTSIDE = -1;

  /** State versions, the last of which is none, and offsets. */
  private static final int NUMBERS = 3;

  private PreloadSamples() {}

  /** What is gone through, whatever it gives. */
  @FunctionalInterface
  interface Function {
    long run(long[] arguments) throws Exception;
  }

  /** Over a state in which keys and a child are what {@link #goThrough} asks for. */
  static Overlay overlay() {
    NavigableMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
    for (byte[] sample : SAMPLES) {
      entries.put(sample, sample);
      entries.put(Arrays.copyOf(sample, sample.length + 1), new byte[40]);
    }
    NavigableMap<byte[], NavigableMap<byte[], byte[]>> children =
        new TreeMap<>(Arrays::compareUnsigned);
    children.put(TWO_VECTORS, entries);
    return new Overlay(State.of(entries, children, StateVersion.V1));
  }

  /** Runs a function with each sample, and with a range outside. */
  static void goThrough(HeapHandle heap, List<ValType> parameters, Function function)
      throws Exception {
    for (int number = 0; number < NUMBERS; number++) {
      for (byte[] sample : SAMPLES) {
        heap.write(AT, sample);
        long range = new PointerSize(AT, sample.length).packed();
        goThrough(parameters, range, number, function);
      }
      goThrough(parameters, OUTSIDE, number, function);
    }
  }

  private static void goThrough(
      List<ValType> parameters, long range, long number, Function function) throws Exception {
    long[] arguments =
        parameters.stream().mapToLong(type -> type.equals(ValType.I64) ? range : number).toArray();
    try {
      function.run(arguments);
    } catch (MemoryAccessException | CallException e) {
      return; // As it should be: a range outside, no such version, no open transaction.
    }
  }
}
