package org.wasmheap.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.testkit.CommandLineRun;
import org.wasmheap.testkit.ConformanceFiles;
import org.wasmheap.testkit.HostileText;

/** What commands do where they cannot write, are interrupted, or are given names to print. */
@Timeout(120)
class CommandLineStreamsTest {
  private static final String FULL = "/dev/full";
  private static final String TRACE = "# heap_base=0 initial_pages=1\nA 8 8\nF 8\n";
  private static final String VECTORS = "# vectors-v1 profile=S\nR 0 32 - = ok\n# end ops=1\n";

  @TempDir private Path folder;

  private static CommandLineRun execute(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new CommandLineRun(exitCode, out.toString(), err.toString());
  }

  /** Runs a command whose standard output is this stream. */
  private static CommandLineRun execute(OutputStream out, String... args) {
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new StandardOutput(out), new PrintWriter(err), args);
    return new CommandLineRun(exitCode, "", err.toString());
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private static List<String> lines(CommandLineRun run) {
    return run.out().lines().toList();
  }

  @AfterEach
  void no_interrupt_is_left() {
    assertFalse(Thread.interrupted());
  }

  // What cannot be written.

  /** A pipe that nobody reads from after some bytes. */
  private static final class ClosedPipe extends OutputStream {
    private int left;

    ClosedPipe(int bytes) {
      left = bytes;
    }

    @Override
    public void write(int octet) throws IOException {
      if (left-- <= 0) {
        throw new IOException("Broken pipe");
      }
    }
  }

  static Stream<List<String>> commands() {
    String trace = ConformanceFiles.traces().get(0).toString();
    String vectors = ConformanceFiles.vectors().get(0).toString();
    return Stream.of(
        List.of("run", "--calls", "3", "--instances", "1", "--json"),
        List.of("run", "--calls", "3", "--instances", "1"),
        List.of("conformance", vectors),
        List.of("replay", trace),
        List.of("inspect", trace),
        List.of("inspect", "--json", trace),
        List.of("--help"),
        List.of("run", "--help"),
        List.of("--version"));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void results_that_nobody_can_read_are_one_line_and_exit_code_1(List<String> args) {
    String[] command = args.toArray(new String[0]);
    for (int bytes : new int[] {0, 5}) {
      CommandLineRun run = execute(new ClosedPipe(bytes), command);

      assertEquals(1, run.exitCode(), run::err);
      assertEquals("wasm-heap-pool: standard output: cannot be written: Broken pipe\n", run.err());
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_full_disk_is_named_with_its_reason() throws IOException {
    String trace = file("t.trace", TRACE);
    try (OutputStream full = Files.newOutputStream(Path.of(FULL))) {
      assertFailed(execute(full, "replay", trace), "standard output: cannot be written: No space");
    }
    CommandLineRun picture = execute("inspect", "--svg", FULL, trace);
    assertFailed(picture, FULL + ": cannot be written: No space left on device");
    assertEquals("", picture.out());
  }

  @Test
  void an_error_of_the_command_is_the_only_line_though_nothing_can_be_written() {
    CommandLineRun run = execute(new ClosedPipe(0), "replay", folder.resolve("none").toString());

    assertEquals(2, run.exitCode());
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().contains("no such file"), run::err);
  }

  @Test
  void files_after_a_closed_pipe_are_not_replayed() throws IOException {
    // given files of which the third is none
    String[] command = {
      "conformance", file("a", VECTORS), file("b", VECTORS), folder.resolve("none").toString()
    };

    // then
    assertFailed(execute(new ClosedPipe(3), command), "standard output: cannot be written");
    command[0] = "replay";
    command[1] = file("a", TRACE.replace("A 8 8", "A 8 16"));
    assertFailed(execute(new ClosedPipe(3), command), "standard output: cannot be written");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_trace_or_report_that_cannot_be_written_is_exit_code_1_after_the_figures()
      throws IOException {
    for (String option : List.of("--record", "--poison-reports")) {
      // given the file's name
      Path first = folder.resolve("first" + option);
      Path second = Files.createDirectory(folder.resolve("second" + option));
      String[] command = {
        "run", "--calls", "2", "--instances", "1", "--call", "test_free_wild", option, "", "--json"
      };
      command[8] = first.toString();
      execute(command);
      try (Stream<Path> files = Files.list(first)) {
        Path name = files.findFirst().orElseThrow().getFileName();
        Files.createSymbolicLink(second.resolve(name), Path.of(FULL));
      }

      // when
      command[8] = second.toString();
      CommandLineRun run = execute(command);

      // then
      assertEquals(2, run.json().get("calls").getAsInt());
      assertFailed(run, second.toString());
      assertTrue(run.err().contains("cannot be written: No space left on device"), run::err);
    }
  }

  private static void assertFailed(CommandLineRun run, String message) {
    assertEquals(1, run.exitCode(), run::err);
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().startsWith("wasm-heap-pool: " + message), run::err);
  }

  // Interrupts. That a signal becomes one is tested with a process.

  private static CommandLineRun interrupted(String... args) {
    Thread.currentThread().interrupt();
    return execute(args);
  }

  @Test
  void an_interrupted_run_prints_an_object_with_every_field() {
    CommandLineRun whole = execute("run", "--calls", "1", "--instances", "1", "--json");
    CommandLineRun run = interrupted("run", "--calls", "5", "--instances", "1", "--json");

    assertEquals(130, run.exitCode(), run::err);
    assertEquals("", run.err());
    JsonObject json = run.json();
    assertEquals(List.copyOf(whole.json().keySet()), List.copyOf(json.keySet()));
    assertEquals(0, json.get("calls").getAsInt());
    assertTrue(json.get("calls_per_second").isJsonNull());
    assertEquals(130, interrupted("run", "--calls", "5", "--instances", "1").exitCode());
  }

  @Test
  void an_interrupted_replay_prints_the_sums_so_far() throws IOException {
    CommandLineRun vectors = interrupted("conformance", file("a", VECTORS), file("b", VECTORS));
    CommandLineRun traces = interrupted("replay", file("c", TRACE), file("d", TRACE));

    assertEquals(130, vectors.exitCode());
    assertEquals("0 lines, 0 mismatches, 0 skipped", lines(vectors).get(1));
    assertEquals(2, lines(vectors).size());
    assertEquals(130, traces.exitCode());
    assertEquals(List.of("2 operations, 0 mismatches"), lines(traces));
  }

  // Files that are none.

  @Test
  void a_file_of_one_long_line_is_not_read_whole_and_not_quoted() throws IOException {
    String line = file("line", "x".repeat(1_000_000));
    String trace = file("t.trace", TRACE + "A " + "8".repeat(1_000_000));
    String vectors = file("v.txt", VECTORS.replace("# end", "A " + "8".repeat(70_000) + "\n# end"));

    for (String command : List.of("conformance", "replay", "inspect")) {
      assertCannotRun(execute(command, line), line + ": line 1: it has more than 65536 characters");
    }
    assertCannotRun(execute("replay", trace), trace + ": line 4: it has more than 65536");
    assertCannotRun(execute("conformance", vectors), vectors + ": line 3: it has more than 65536");
    assertCannotRun(execute("run", line), line + ": neither wasm");
  }

  @Test
  void a_binary_file_is_one_line_that_names_it() throws IOException {
    byte[] bytes = new byte[3_000];
    new Random(1).nextBytes(bytes);
    String binary = Files.write(folder.resolve("binary"), bytes).toString();
    String empty = file("empty", "");

    for (String command : List.of("run", "conformance", "replay", "inspect")) {
      assertCannotRun(execute(command, binary), binary + ": ");
      assertCannotRun(execute(command, empty), empty + ": ");
      assertCannotRun(execute(command, folder.toString()), folder + ": ");
      assertCannotRun(execute(command, folder.resolve("no").toString()), folder + "/no: no such");
    }
  }

  private static void assertCannotRun(CommandLineRun run, String message) {
    assertEquals(2, run.exitCode(), run::out);
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().startsWith("wasm-heap-pool: " + message), run::err);
  }

  // The input.

  @Test
  void the_input_may_be_a_file_raw_or_in_hex() throws IOException {
    String hex = file("hex", "0x2A00FF\n");
    String bare = file("bare", "2a00ff");
    Path raw = Files.write(folder.resolve("raw"), new byte[] {0x2a, 0, (byte) 0xff});
    List<String> hashes = new ArrayList<>();
    for (String[] input :
        new String[][] {
          {"--input", "0x2a00ff"},
          {"--input-file", hex},
          {"--input-file", bare},
          {"--input-file", raw.toString()}
        }) {
      CommandLineRun run =
          execute(
              "run",
              "--json",
              "--calls",
              "1",
              "--instances",
              "1",
              "--call",
              "test_echo",
              input[0],
              input[1]);
      assertEquals(0, run.exitCode(), run::err);
      hashes.add(run.json().get("result_blake2_256").getAsString());
    }
    assertEquals(1, hashes.stream().distinct().count(), hashes::toString);
    assertCannotRun(
        execute("run", "--input", "00", "--input-file", hex),
        "--input-file: does not go with --input");
    assertCannotRun(
        execute("run", "--input-file", folder.resolve("no").toString()), folder + "/no: no such");
    assertCannotRun(execute("run", "--input-file", folder.toString()), folder + ": is a folder");
  }

  // Names.

  /** One line of an error, whatever it quotes. */
  private static void assertErrorIsPrintable(CommandLineRun run) {
    assertEquals(2, run.exitCode(), run::out);
    String line = run.err().substring(0, run.err().length() - 1);
    HostileText.assertOneLine("an error", line);
  }

  @ParameterizedTest
  @EnumSource
  void a_word_of_the_command_line_is_quoted_in_one_line(HostileText hostile) {
    String word = hostile.named();
    assertErrorIsPrintable(execute(word));
    assertErrorIsPrintable(execute("--" + word));
    assertErrorIsPrintable(execute("run", "--calls", word));
    assertErrorIsPrintable(execute("run", "--call", word));
    assertErrorIsPrintable(execute("run", "--dynamic=" + word));
    assertErrorIsPrintable(execute("replay", "--memory", word, "x"));
    if (word.indexOf('\0') < 0) {
      assertErrorIsPrintable(execute("run", word));
      assertErrorIsPrintable(execute("conformance", word));
      assertErrorIsPrintable(execute("inspect", word));
      assertErrorIsPrintable(execute("--log-config", word, "run"));
    }
    CommandLineRun input = execute("run", "--input", word);
    HostileText.assertPrintable("input", input.err());
    assertEquals(1, input.errLines().size(), input::err);
  }

  @ParameterizedTest
  @EnumSource
  void with_verbose_a_message_cannot_add_a_line_to_the_trace(HostileText hostile) {
    CommandLineRun run = execute("replay", "--verbose", hostile.named());

    HostileText.assertPrintable("trace", run.err().replace("\t", ""));
    for (String line : run.errLines()) {
      assertTrue(
          line.startsWith("wasm-heap-pool: ")
              || line.startsWith("\tat ")
              || line.startsWith("Caused by: ")
              || line.startsWith("org.wasmheap.")
              || line.startsWith("java.")
              || line.startsWith("picocli."),
          line);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LINES", "ESCAPE", "FORGED_VALUE", "FORMAT"})
  void the_name_of_a_file_is_printed_in_one_line(HostileText hostile) throws IOException {
    String name = hostile.named();
    String vectors = file(name + ".txt", VECTORS);
    String trace = file(name + ".trace", TRACE.replace("A 8 8", "A 8 16"));
    String svg = folder.resolve(name + ".svg").toString();

    CommandLineRun conformance = execute("conformance", vectors);
    CommandLineRun replay = execute("replay", trace);
    CommandLineRun inspect = execute("inspect", "--svg", svg, trace);
    CommandLineRun json = execute("inspect", "--json", trace);

    assertEquals(2, lines(conformance).size(), conformance::out);
    HostileText.assertOneLine("conformance", lines(conformance).get(0));
    assertEquals(2, lines(replay).size(), replay::out);
    HostileText.assertOneLine("replay", lines(replay).get(0));
    HostileText.assertOneLine("inspect", lines(inspect).get(0));
    assertEquals(1, inspect.errLines().size(), inspect::err);
    HostileText.assertOneLine("inspect", inspect.errLines().get(0));
    HostileText.assertPrintable("picture", Files.readString(Path.of(svg), UTF_8));
    HostileText.assertPrintable("json", json.out());
    assertEquals(name + ".trace", json.json().get("file").getAsString());
  }
}
