package org.wasmheap.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.PoisonReport.Growth;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.ByteBufferMemory;
import org.wasmheap.testkit.ConformanceFiles;
import org.wasmheap.testkit.FaultyMemory;

class TraceReplayTest {
  private static final String HEADER =
      "# trace-v1 heap_base=0 initial_pages=1 max_pages=4 limit=33554432 status=ok";

  static List<Path> traces() {
    return ConformanceFiles.traces();
  }

  @ParameterizedTest
  @MethodSource("traces")
  void a_real_runtimes_trace_replays_equal_on_every_memory(Path file) throws IOException {
    // given
    Trace trace;
    try (Reader text = ConformanceFiles.open(file)) {
      trace = TraceReader.read(text);
    }
    // then
    assertEquals(List.of(), TraceReplay.run(trace, FlatMemory::new));
    assertEquals(List.of(), TraceReplay.run(trace, LinearMemory::sparse));
    assertEquals(List.of(), TraceReplay.run(trace, ByteBufferMemory::new));
  }

  @Test
  void all_traces_are_there() throws IOException {
    // given
    long operations = 0;
    for (Path file : ConformanceFiles.traces()) {
      try (Reader text = ConformanceFiles.open(file)) {
        operations += TraceReader.read(text).operations();
      }
    }
    // then
    assertEquals(23, ConformanceFiles.traces().size());
    assertEquals(23_254, operations);
  }

  @Test
  void growth_by_allocator_and_by_guest_and_failures_replay_equal() throws IOException {
    // given
    String text =
        HEADER
            + " mallocs=3 frees=1 peak_live_bytes=131096 peak_bumper=131096 final_pages=4\n"
            + "A 8 8\n# a remark\n\nG 1 2\n# grow 2 4\nA 65537 24\nF 8\nA 1 8\n"
            + "A 131073 ! OUT_OF_SPACE\nA 1 ! POISONED\nF 8 ! POISONED\n";
    // then
    assertEquals(List.of(), replay(text));
    assertEquals(7, TraceReader.read(new StringReader(text)).operations());
  }

  @ParameterizedTest
  @CsvSource({
    "'', A 8 16, step 1: expected 'A 8 16'; was 'A 8 8'",
    "'', A 8 ! OUT_OF_SPACE, step 1: expected 'A 8 ! OUT_OF_SPACE'; was 'A 8 8'",
    "'', A 262144 8, step 1: expected 'A 262144 8'; was 'A 262144 ! OUT_OF_SPACE'",
    "'', F 8, step 1: expected 'F 8'; was 'F 8 ! EMPTY_HEADER'",
    "'', A 65536 8, growth before step 1: expected '[]'; was '[# grow 1 2]'",
    "'', # grow 1 2, growth at the end: expected '[# grow 1 2]'; was '[]'",
    "'', G 2 3, step 1: expected 'G 2 3'; was 'G 1 2'",
    "'', G 1 5, step 1: expected 'G 1 5'; was 'G 1 1'",
    "mallocs=2, A 8 8, mallocs: expected '2'; was '1'",
    "frees=1, A 8 8, frees: expected '1'; was '0'",
    "peak_live_bytes=8, A 8 8, peak_live_bytes: expected '8'; was '16'",
    "peak_bumper=8, A 8 8, peak_bumper: expected '8'; was '16'",
    "final_pages=2, A 8 8, final_pages: expected '2'; was '1'",
  })
  void what_differs_is_said_in_a_line(String key, String step, String difference)
      throws IOException {
    // when
    List<String> differences = replay(HEADER + " " + key + "\n" + step + "\n");
    // then
    assertEquals(List.of(difference.replace(';', ',')), differences);
  }

  @Test
  void what_the_memory_cannot_hold_is_no_mismatch_but_an_exception() throws IOException {
    // given
    Trace small = TraceReader.read(new StringReader(HEADER + "\nA 65536 8\n"));
    Trace large =
        TraceReader.read(new StringReader("# heap_base=0 initial_pages=40000\nA 65536 8\n"));
    // then
    assertThrows(
        GrowthRefusedException.class,
        () ->
            TraceReplay.run(
                small,
                (initial, maximum) ->
                    FaultyMemory.thatRefusesToGrow(
                        LinearMemory.sparse(initial, maximum),
                        new GrowthRefusedException("budget", null))));
    assertThrows(IllegalArgumentException.class, () -> TraceReplay.run(large, FlatMemory::new));
    assertEquals(List.of(), TraceReplay.run(large, LinearMemory::sparse));
  }

  private static List<String> replay(String text) throws IOException {
    return TraceReplay.run(TraceReader.read(new StringReader(text)), LinearMemory::sparse);
  }

  @Test
  void a_trace_can_be_replayed_up_to_an_operation() throws IOException {
    // given
    Trace trace =
        TraceReader.read(
            new StringReader(HEADER + "\nA 8 8\nG 1 2\n# grow 2 4\nA 65537 24\nF 8\nA 1 8\n"));

    // when
    TraceReplay.State two = TraceReplay.until(trace, 2, FlatMemory::new);
    TraceReplay.State all = TraceReplay.until(trace, 4, FlatMemory::new);

    // then
    assertEquals(Map.of(8, 8, 24, 65_537), two.asked());
    assertEquals(2, two.operations());
    assertEquals(
        List.of(
            new Growth(1, 1, 2, GrowthPolicy.Cause.GUEST),
            new Growth(1, 2, 4, GrowthPolicy.Cause.ALLOCATOR)),
        two.growths());
    assertEquals(Map.of(8, 1, 24, 65_537), all.asked());
    assertNull(all.mismatch());
  }

  @Test
  void a_replay_up_to_an_operation_stops_at_the_first_mismatch() throws IOException {
    // given
    Trace trace = TraceReader.read(new StringReader(HEADER + "\nA 8 8\nA 8 32\nA 8 40\n"));

    // when
    TraceReplay.State state = TraceReplay.until(trace, 3, FlatMemory::new);

    // then
    assertEquals("step 2: expected 'A 8 32', was 'A 8 24'", state.mismatch());
    assertEquals(2, state.operations());
  }
}
