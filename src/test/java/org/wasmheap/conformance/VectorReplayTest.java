package org.wasmheap.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.conformance.VectorReplay.Divergence;
import org.wasmheap.conformance.VectorReplay.Result;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.ConformanceFiles;
import org.wasmheap.testkit.FaultyMemory;

/** What a replay says of memories and files that are not as they should be. */
class VectorReplayTest {
  private static final String ON_CHAIN = "# vectors-v1 profile=P-onchain\n";
  private static final String SLICE = "# vectors-v1 profile=S\n";

  @Test
  void an_altered_line_is_one_mismatch_shown_with_the_five_lines_before_it() throws IOException {
    // given
    Path file = named("P-onchain-normal");
    List<String> lines = new ArrayList<>(ConformanceFiles.lines(file));
    int allocation = lines.indexOf("A 27 = 18928");
    String right = lines.get(allocation);
    String altered = right + "6";
    lines.set(allocation, altered);
    // when
    Result result = run(String.join("\n", lines));
    // then
    assertEquals(lines.size() - 2, result.lines());
    assertEquals(1, result.mismatches());
    Divergence expected =
        new Divergence(allocation + 1, lines.subList(allocation - 5, allocation), altered, right);
    assertEquals(expected, result.firstDivergence());
  }

  @Test
  void the_first_line_of_all_diverges_with_nothing_before_it() throws IOException {
    // when
    Result result = run(ON_CHAIN + "R 8 1 - ! PANIC add-overflow\n# end ops=1\n");
    // then
    assertEquals(
        new Result(
            1, 1, 0, new Divergence(2, List.of(), "R 8 1 - ! PANIC add-overflow", "R 8 1 - = ok")),
        result);
  }

  @Test
  void a_memory_that_loses_a_bit_of_a_header_is_found() throws IOException {
    // given
    MemoryFactory loses =
        (initial, maximum) ->
            FaultyMemory.thatAltersWrites(
                LinearMemory.sparse(initial, maximum), bits -> bits & ~2L);
    // when
    Result result = run(text(named("P-onchain-script")), loses);
    // then
    assertTrue(result.mismatches() > 0, result::toString);
    assertEquals(0, result.skipped());
  }

  @Test
  void a_memory_that_takes_addresses_for_signed_is_found() throws IOException {
    // given
    MemoryFactory signed =
        (initial, maximum) ->
            FaultyMemory.thatAltersAddresses(
                LinearMemory.sparse(initial, maximum), address -> address & Integer.MAX_VALUE);
    // when
    Result result = run(text(named("P-onchain-big")), signed);
    // then
    assertTrue(result.mismatches() > 0, result::toString);
  }

  @Test
  void an_exception_of_the_memory_is_its_answer() throws IOException {
    // given
    MemoryFactory failing =
        (initial, maximum) ->
            FaultyMemory.thatAltersWrites(
                LinearMemory.sparse(initial, maximum),
                bits -> {
                  throw new UnsupportedOperationException("read-only");
                });
    // when
    Result result = run(ON_CHAIN + "R 0 1 - = ok\nA 8 = 8\n# end ops=2\n", failing);
    // then
    assertEquals(1, result.mismatches());
    Divergence first = result.firstDivergence();
    assertNotNull(first);
    assertEquals("A 8 ! java.lang.UnsupportedOperationException: read-only", first.actual());
  }

  @ParameterizedTest
  @CsvSource({
    "A 33554433, ! AllocatorOutOfSpace, A 33554433 ! REQUEST_TOO_LARGE",
    "A 33554432, ! PANIC assert-free-list, A 33554432 ! OUT_OF_SPACE",
    "F 7, ! Other: invalid order, F 7 ! INVALID_POINTER",
    "F 8, = ok, F 8 ! EMPTY_HEADER",
    "G 2, = ok, G 2 ! grow",
  })
  void another_fault_than_the_one_that_stands_for_the_result_is_a_mismatch(
      String operation, String result, String actual) throws IOException {
    // when
    Result replayed =
        run(ON_CHAIN + "R 0 1 2 = ok\n" + operation + " " + result + "\n# end ops=2\n");
    // then
    assertEquals(1, replayed.mismatches());
    Divergence first = replayed.firstDivergence();
    assertNotNull(first);
    assertEquals(actual, first.actual());
  }

  @ParameterizedTest
  @CsvSource({
    "A 33554433, ! RequestedAllocationTooLarge",
    "A 33554432, ! AllocatorOutOfSpace",
    "A 33554432, ! PANIC add-overflow",
    "F 7, ! Other: Invalid pointer for deallocation",
    "F 8, ! Other: the allocation points to an empty header",
    "F 4294967288, ! Other: read out of heap bounds",
    "G 2, ! grow",
    "G 1, = ok",
  })
  void the_fault_that_stands_for_the_result_is_none(String operation, String result)
      throws IOException {
    // when
    Result replayed =
        run(ON_CHAIN + "R 0 1 2 = ok\n" + operation + " " + result + "\n# end ops=2\n");
    // then
    assertEquals(new Result(2, 0, 0, null), replayed);
  }

  @Test
  void without_an_allocator_only_the_memory_goes_on() throws IOException {
    // given
    String text =
        SLICE
            + "R 4294967288 9 - ! PANIC add-overflow\nS none\nA 0 ! no-allocator\n"
            + "Z 8 = ok\nH size=8 fnv=a8c7f832281a39c5 sparse=cbf29ce484222325\n# end ops=3\n";
    // when
    Result result = run(text);
    // then
    assertEquals(new Result(5, 0, 0, null), result);
  }

  @Test
  void a_size_that_the_factory_refuses_is_skipped_up_to_the_next_one() throws IOException {
    // given
    MemoryFactory small =
        (initial, maximum) -> {
          if (initial > 1) {
            throw new IllegalArgumentException("one page at most");
          }
          return LinearMemory.sparse(initial, maximum);
        };
    // when
    Result result =
        run(
            ON_CHAIN
                + "R 0 1 - = ok\nA 8 = 8\nR 0 2 - = ok\nA 8 = 8\nA 8 = 24\nR 0 1 - = ok\nF 3 = ok\n"
                + "# end ops=7\n",
            small);
    // then
    assertEquals(4, result.lines());
    assertEquals(1, result.mismatches());
    assertEquals(3, result.skipped());
    Divergence first = result.firstDivergence();
    assertNotNull(first);
    assertEquals(8, first.lineNumber());
  }

  @Test
  void from_a_growth_on_that_the_host_refuses_lines_are_skipped() throws IOException {
    // given
    MemoryFactory refusing =
        (initial, maximum) ->
            FaultyMemory.thatRefusesToGrow(
                LinearMemory.sparse(initial, maximum), new GrowthRefusedException("budget", null));
    // when
    Result result =
        run(ON_CHAIN + "R 0 1 - = ok\nA 8 = 8\nA 65536 = 24\nA 8 = 9\n# end ops=4\n", refusing);
    // then
    assertEquals(new Result(2, 0, 2, null), result);
  }

  @Test
  void a_size_that_the_reference_cannot_hold_is_skipped_as_a_whole() throws IOException {
    // when
    Result result =
        run(SLICE + "R 0 4294967296 - = ok\nA 8 ! PANIC memory-size-not-u32\n# end ops=2\n");
    // then
    assertEquals(new Result(0, 0, 2, null), result);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "|line 1: a vector file begins with",
        "# vectors-v2 profile=S|line 1: a vector file begins with",
        "# vectors-v1 arith=checked|line 1: the first line has no profile=",
        "# vectors-v1 profile=Q|line 1: there is no profile 'Q'",
        "# vectors-v1 profile=S|line 2: the file is cut short",
        "# vectors-v1 profile=S;A 8 = 8|line 2: the first operation must be an R",
        "# vectors-v1 profile=S;R 0 8 - = ok;A 8 = 8|line 4: the file is cut short",
        "# vectors-v1 profile=S;R 0 8 - = ok;# end ops=2|line 3: ",
        "# vectors-v1 profile=S;R 0 8 - = ok;B 8 = 8|line 3: 'B 8 = 8': no line begins with 'B'",
        "# vectors-v1 profile=S;R 0 8 - = ok;A 8|line 3: 'A 8': too few words",
        "# vectors-v1 profile=S;R 0 8 - = ok;A|line 3: 'A': too few words",
        "# vectors-v1 profile=S;R 0 8 - = ok;A 8 ! Tired|line 3: 'A 8 ! Tired': there is no result",
        "# vectors-v1 profile=S;R 0 8 - = ok;A 4294967296 = 8|line 3: ",
        "# vectors-v1 profile=S;R 0 8 - = ok;A -1 = 8|line 3: ",
        "# vectors-v1 profile=S;R 0 8 - = ok;A +1 = 8|line 3: ",
        "# vectors-v1 profile=S;R 0 8 - = ok;W 0 12 = ok|line 3: ",
        "# vectors-v1 profile=S;R 0 8 - = ok;W 0 +123456789abcdef = ok|line 3: ",
        "# vectors-v1 profile=S;R 0 8 - = ok;W 0 x123456789abcdef = ok|line 3: ",
        "# vectors-v1 profile=S;R 0 4294967297 - = ok|line 2: ",
        "# vectors-v1 profile=P-onchain;R 0 65537 - = ok|line 2: ",
        "# vectors-v1 profile=P-onchain;R 0 1 65537 = ok|line 2: ",
        "# vectors-v1 profile=S;R 0 8 - = ok;|line 3: ",
      })
  void what_is_no_vector_file_is_refused_with_the_line(String fileAndMessage) {
    // given
    String[] parts = fileAndMessage.split("\\|", 2);
    String text = parts[0].replace(';', '\n') + (parts[0].endsWith(";") ? "\n" : "");
    // when
    IOException refused = assertThrows(IOException.class, () -> run(text));
    // then
    assertTrue(refused.getMessage().startsWith(parts[1]), refused.getMessage());
  }

  @Test
  void nothing_is_read_after_the_last_line() throws IOException {
    assertNull(run(SLICE + "R 0 8 - = ok\n# end ops=1\nnonsense\n").firstDivergence());
  }

  private static Path named(String beginning) {
    return ConformanceFiles.vectors().stream()
        .filter(file -> file.getFileName().toString().startsWith(beginning))
        .findFirst()
        .orElseThrow();
  }

  private static String text(Path file) {
    return String.join("\n", ConformanceFiles.lines(file));
  }

  private static Result run(String text) throws IOException {
    return run(text, LinearMemory::sparse);
  }

  private static Result run(String text, MemoryFactory memories) throws IOException {
    return VectorReplay.run(new StringReader(text), memories);
  }
}
