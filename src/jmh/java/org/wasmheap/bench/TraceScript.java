package org.wasmheap.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;
import java.util.zip.GZIPInputStream;

/** The allocations and deallocations of a recorded call, as plain arrays. */
final class TraceScript {
  /** The calls that Westend and Kusama made; the copies are test resources. */
  private static final List<String> CALLS =
      List.of(
          "westend-9300__Core_version",
          "westend-9300__Core_initialize_block",
          "westend-9300__block_BlockBuilder_apply_extrinsic",
          "westend-9300__Metadata_metadata",
          "kusama-1020__Core_version",
          "kusama-1020__block_Core_initialize_block",
          "kusama-1020__Metadata_metadata");

  final int heapBase;
  final int pages;
  final boolean[] isMalloc;
  final int[] operand;

  /** What each malloc gave when the call was recorded; 0 for a free. */
  private final int[] recorded;

  private TraceScript(int heapBase, int pages, boolean[] isMalloc, int[] operand, int[] recorded) {
    this.heapBase = heapBase;
    this.pages = pages;
    this.isMalloc = isMalloc;
    this.operand = operand;
    this.recorded = recorded;
  }

  /** Replays it on a pristine allocator, which must give the recorded pointers. */
  void check(IntUnaryOperator allocate, IntConsumer deallocate) {
    for (int i = 0; i < operand.length; i++) {
      if (isMalloc[i]) {
        int pointer = allocate.applyAsInt(operand[i]);
        Expected.require(pointer == recorded[i], "malloc " + i + " gave another pointer");
      } else {
        deallocate.accept(operand[i]);
      }
    }
  }

  static List<TraceScript> all() {
    return CALLS.stream().map(TraceScript::read).toList();
  }

  private static TraceScript read(String call) {
    String resource = "/traces/" + call + ".trace.gz";
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(
                    java.util.Objects.requireNonNull(
                        TraceScript.class.getResourceAsStream(resource), resource)),
                StandardCharsets.US_ASCII))) {
      String header = lines.readLine();
      List<String> steps =
          lines.lines().filter(line -> line.startsWith("A ") || line.startsWith("F ")).toList();
      boolean[] isMalloc = new boolean[steps.size()];
      int[] operand = new int[steps.size()];
      int[] recorded = new int[steps.size()];
      for (int i = 0; i < operand.length; i++) {
        String[] words = steps.get(i).split(" ", -1);
        isMalloc[i] = words[0].equals("A");
        operand[i] = Integer.parseUnsignedInt(words[1]);
        recorded[i] = isMalloc[i] ? Integer.parseUnsignedInt(words[2]) : 0;
      }
      return new TraceScript(
          key(header, "heap_base="), key(header, "final_pages="), isMalloc, operand, recorded);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int key(String header, String key) {
    List<String> words = new ArrayList<>(List.of(header.split(" ", -1)));
    words.removeIf(word -> !word.startsWith(key));
    return Integer.parseInt(words.get(0).substring(key.length()));
  }
}
