package org.wasmheap.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.cli.Commands.execute;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.CommandLineRun;
import org.wasmheap.testkit.ConformanceFiles;

/** {@code conformance} and {@code replay}. */
class ReplayCommandsTest {
  private static final String VECTORS =
      """
      # vectors-v1 profile=S
      R 0 32 - = ok
      A 1 = 8
      F 8 = ok
      A 8 = 8
      A 8 = 24
      A 8 ! AllocatorOutOfSpace
      # end ops=6
      """;
  private static final String TRACE = "# heap_base=0 initial_pages=1\nA 8 8\nF 8\n";

  @TempDir private Path folder;

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private static String[] command(String name, List<Path> files) {
    return Stream.concat(Stream.of(name), files.stream().map(Path::toString))
        .toArray(String[]::new);
  }

  @Test
  void all_vector_files_give_a_line_each_and_the_sums() {
    // given
    List<String> expected = new ArrayList<>();
    for (Path file : ConformanceFiles.vectors()) {
      long skipped = file.toString().contains("S-big") ? 10 : 0;
      long lines = ConformanceFiles.lines(file).size() - 2 - skipped;
      expected.add(
          file.getFileName() + ": " + lines + " lines, 0 mismatches, " + skipped + " skipped");
    }
    expected.add("57149 lines, 0 mismatches, 10 skipped");
    // when
    CommandLineRun run = execute(command("conformance", ConformanceFiles.vectors()));
    // then
    assertEquals(expected, run.out().lines().toList());
    assertEquals("", run.err());
    assertEquals(0, run.exitCode());
  }

  @Test
  void a_mismatch_is_shown_with_the_five_lines_before_it_and_exits_with_1() throws IOException {
    // given
    String altered = file("v.txt", VECTORS.replace("A 8 = 24", "A 8 = 32"));
    // when
    CommandLineRun run = execute("conformance", altered);
    // then
    assertEquals(
        List.of(
            "v.txt: 6 lines, 1 mismatches, 0 skipped",
            "  first divergence at line 6, after",
            "    R 0 32 - = ok",
            "    A 1 = 8",
            "    F 8 = ok",
            "    A 8 = 8",
            "  expected: A 8 = 32",
            "  actual:   A 8 = 24",
            "6 lines, 1 mismatches, 0 skipped"),
        run.out().lines().toList());
    assertEquals(1, run.exitCode());
  }

  @Test
  void the_flat_memory_skips_what_it_cannot_hold() throws IOException {
    // given
    String file = file("v.txt", "# vectors-v1 profile=S\nR 0 4294967295 - = ok\n# end ops=1\n");
    // when
    CommandLineRun run = execute("conformance", "--memory", "flat", file);
    // then
    assertEquals("0 lines, 0 mismatches, 1 skipped", run.out().lines().toList().get(1));
    assertEquals(0, run.exitCode());
  }

  @Test
  void all_traces_replay_equal_and_operations_are_what_the_guest_asked_for() {
    // when
    CommandLineRun run = execute(command("replay", ConformanceFiles.traces()));
    // then
    assertEquals("23254 operations, 0 mismatches\n", run.out());
    assertEquals("", run.err());
    assertEquals(0, run.exitCode());
  }

  @Test
  void an_altered_trace_has_a_line_for_each_difference_and_exits_with_1() throws IOException {
    // given
    String altered = file("t.trace", TRACE.replace("A 8 8", "A 8 16"));
    // when
    CommandLineRun run = execute("replay", altered, file("u.trace", TRACE));
    // then
    assertEquals(
        List.of("t.trace: step 1: expected 'A 8 16', was 'A 8 8'", "4 operations, 1 mismatches"),
        run.out().lines().toList());
    assertEquals(1, run.exitCode());
  }

  @Test
  void a_trace_that_a_flat_memory_cannot_hold_needs_the_sparse_one() throws IOException {
    // given
    String large = file("t.trace", TRACE.replace("pages=1", "pages=40000"));
    // when
    CommandLineRun flat = execute("replay", large);
    CommandLineRun sparse = execute("replay", "--memory=sparse", large);
    // then
    assertCannotRun(flat, large + ": flat memory: ");
    assertEquals(0, sparse.exitCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"conformance", "replay"})
  void a_file_that_is_not_there_or_none_of_its_kind_is_one_line_and_exit_code_2(String command)
      throws IOException {
    // given
    String missing = folder.resolve("missing").toString();
    String other = file("other.txt", "something else\n");
    String unpacked = file("unpacked.gz", TRACE);
    String cutShort = cutShort("cut.gz");
    // then
    assertCannotRun(execute(command, missing), missing + ": no such file");
    assertCannotRun(execute(command, folder.toString()), folder + ": is a folder");
    assertCannotRun(execute(command, other), other + ": line 1: ");
    assertCannotRun(execute(command, unpacked), unpacked + ": Not in GZIP format");
    assertCannotRun(execute(command, cutShort), cutShort + ": Unexpected end of ZLIB input");
    assertCannotRun(execute(command), command + ": ");
    assertCannotRun(execute(command, "--memory", "wet", other), command + ": ");
  }

  @Test
  void a_bad_line_is_named_by_its_number() throws IOException {
    // given
    String vectors = file("v.txt", VECTORS.replace("F 8 = ok", "F eight = ok"));
    String trace = file("t.trace", TRACE.replace("F 8", "F eight"));
    // then
    assertCannotRun(execute("conformance", vectors), vectors + ": line 4: 'F eight = ok'");
    assertCannotRun(execute("replay", trace), trace + ": line 3: 'F eight'");
  }

  private String cutShort(String name) throws IOException {
    Path whole = folder.resolve("whole.gz");
    try (OutputStream packed = new GZIPOutputStream(Files.newOutputStream(whole))) {
      packed.write(VECTORS.getBytes(StandardCharsets.UTF_8));
    }
    byte[] bytes = Files.readAllBytes(whole);
    byte[] half = Arrays.copyOf(bytes, bytes.length / 2);
    return Files.write(folder.resolve(name), half).toString();
  }

  private static void assertCannotRun(CommandLineRun run, String message) {
    assertEquals(2, run.exitCode(), run::out);
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().startsWith("wasm-heap-pool: " + message), run::err);
  }
}
