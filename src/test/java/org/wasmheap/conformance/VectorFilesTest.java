package org.wasmheap.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.conformance.VectorReplay.Result;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.ByteBufferMemory;
import org.wasmheap.testkit.ConformanceFiles;

/** Every vector file on every kind of memory. */
class VectorFilesTest {
  private static final Map<String, MemoryFactory> MEMORIES =
      Map.of(
          "flat", FlatMemory::new,
          "sparse", LinearMemory::sparse,
          "byte buffer", ByteBufferMemory::new);

  /**
   * Lines that cannot be run. {@code S-big} ends with a memory of 2^32 bytes, which the reference
   * cannot hold; the byte buffer is too small for most of what is big.
   */
  private static final Map<String, Long> SKIPPED =
      Map.of(
          "S-big on sparse", 10L,
          "S-big on byte buffer", 832L,
          "P-onchain-big on byte buffer", 508L,
          "P-offchain-big on byte buffer", 564L);

  static Stream<Arguments> files_and_memories() {
    return ConformanceFiles.vectors().stream()
        .flatMap(
            file ->
                MEMORIES.keySet().stream()
                    .sorted()
                    .filter(memory -> isBigEnough(memory, file))
                    .map(memory -> arguments(file, memory)));
  }

  /** A flat memory holds 2 GiB, and materialises up to the highest byte written. */
  private static boolean isBigEnough(String memory, Path file) {
    return !memory.equals("flat") || !file.toString().contains("-big");
  }

  @ParameterizedTest
  @MethodSource("files_and_memories")
  void every_result_state_and_digest_is_the_references(Path file, String memory)
      throws IOException {
    // given
    String name = file.getFileName().toString().replace(".txt.gz", "") + " on " + memory;
    long skipped = SKIPPED.getOrDefault(name, 0L);
    long lines = ConformanceFiles.lines(file).size() - 2L;
    // when
    Result result;
    try (Reader text = ConformanceFiles.open(file)) {
      result = VectorReplay.run(text, MEMORIES.get(memory));
    }
    // then
    assertEquals(new Result(lines - skipped, 0, skipped, null), result);
  }

  @Test
  void all_files_are_there() {
    // given
    long lines =
        ConformanceFiles.vectors().stream()
            .mapToLong(file -> ConformanceFiles.lines(file).size())
            .sum();
    // then
    assertEquals(15, ConformanceFiles.vectors().size());
    assertEquals(57_189, lines);
  }
}
