package org.wasmheap.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.cli.Commands.execute;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.testkit.CommandLineRun;
import org.wasmheap.testkit.ConformanceFiles;

/** {@code inspect}, and the poison reports that {@code run} writes for it. */
class InspectCommandTest {
  private static final String TRACE =
      """
      # heap_base=0 initial_pages=1 max_pages=4
      A 5 8
      A 100 24
      F 24
      # grow 1 3
      A 70000 160
      """;

  @TempDir private Path folder;

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private static String trace(String name) {
    return ConformanceFiles.traces().stream()
        .map(Path::toString)
        .filter(each -> each.contains(name))
        .findFirst()
        .orElseThrow();
  }

  private static JsonObject order(CommandLineRun run, int order) {
    return run.json().getAsJsonArray("orders").get(order).getAsJsonObject();
  }

  @Test
  void a_trace_gives_the_table_of_its_heap_at_its_end() throws IOException {
    // when
    CommandLineRun run = execute("inspect", file("t.trace", TRACE));

    // then
    List<String> lines = run.out().lines().toList();
    assertEquals("Heap of t.trace after 4 operations", lines.get(0));
    assertEquals("heap 0 to 131,232, 131,232 bytes; the memory has 196,608", lines.get(1));
    assertEquals(
        "    4      128     0     1       0        0       0         136         0  0.0 %",
        lines.get(7));
    assertEquals("", run.err());
    assertEquals(0, run.exitCode());
  }

  @Test
  void a_trace_can_be_looked_at_after_any_of_its_operations() throws IOException {
    // given
    String file = file("t.trace", TRACE);

    // when
    CommandLineRun none = execute("inspect", "--json", "--at", "0", file);
    CommandLineRun two = execute("inspect", "--json", "--at", "2", file);

    // then
    assertEquals(0, none.json().get("heap_bytes").getAsLong());
    assertEquals(2, two.json().get("operations").getAsInt());
    assertEquals(2, two.json().get("live_blocks").getAsInt());
    assertEquals(0, two.json().get("free_blocks").getAsInt());
    assertEquals(65_536, two.json().get("memory_bytes").getAsLong());
  }

  @Test
  void json_is_one_object_with_all_that_the_table_says() throws IOException {
    // when
    CommandLineRun run = execute("inspect", "--json", file("t.trace", TRACE));

    // then
    JsonObject json = run.json();
    assertEquals(
        List.of(
            "file",
            "source",
            "summary",
            "mismatch",
            "operations",
            "heap_base",
            "bumper",
            "heap_bytes",
            "memory_bytes",
            "live_blocks",
            "free_blocks",
            "asked_bytes",
            "taken_bytes",
            "waste_bytes",
            "free_bytes",
            "unknown_bytes",
            "growths",
            "orders"),
        List.copyOf(json.keySet()));
    assertEquals("trace", json.get("source").getAsString());
    assertEquals(131_232, json.get("bumper").getAsLong());
    assertEquals(70_005, json.get("asked_bytes").getAsLong());
    assertEquals(136, json.get("free_bytes").getAsLong());
    assertEquals(
        "{\"operations\":3,\"from_pages\":1,\"to_pages\":3,\"cause\":\"allocator\"}",
        json.getAsJsonArray("growths").get(0).toString());
    assertEquals(23, json.getAsJsonArray("orders").size());
    assertEquals(
        "{\"order\":0,\"block_bytes\":16,\"live_blocks\":1,\"free_blocks\":0,\"asked_bytes\":5,"
            + "\"taken_bytes\":16,\"waste_bytes\":3,\"free_bytes\":0,\"unusable_bytes\":136,"
            + "\"unusable_share\":"
            + 136.0 / 131_232
            + "}",
        order(run, 0).toString());
    assertEquals(0, order(run, 4).get("unusable_bytes").getAsLong());
  }

  @Test
  void the_picture_goes_to_its_file_and_the_table_to_standard_output() throws IOException {
    // given
    Path picture = folder.resolve("heap.svg");

    // when
    CommandLineRun run = execute("inspect", file("t.trace", TRACE), "--svg", picture.toString());

    // then
    String svg = Files.readString(picture);
    assertTrue(svg.startsWith("<svg "), svg);
    assertTrue(svg.contains("<title>Heap of t.trace after 4 operations</title>"), svg);
    assertTrue(run.out().startsWith("Heap of t.trace"), run::out);
    assertEquals(0, run.exitCode());
  }

  @Test
  void the_picture_in_the_documentation_is_what_its_command_draws() throws IOException {
    // given
    Path documented = Path.of("src", "docs", "westend-metadata.svg");
    Path drawn = folder.resolve("westend-metadata.svg");

    // when
    CommandLineRun run =
        execute(
            "inspect",
            trace("westend-9300__Metadata_metadata"),
            "--at",
            "14762",
            "--svg",
            drawn.toString());

    // then
    assertEquals(0, run.exitCode(), run::err);
    assertEquals(Files.readString(documented), Files.readString(drawn));
    assertTrue(Files.size(documented) < 100_000, "it is to stay small");
  }

  @Test
  void every_recorded_trace_can_be_inspected() {
    for (Path file : ConformanceFiles.traces()) {
      CommandLineRun run = execute("inspect", "--json", file.toString());

      assertEquals(0, run.exitCode(), run::err);
      JsonObject json = run.json();
      assertEquals(
          json.get("heap_bytes").getAsLong(),
          json.get("taken_bytes").getAsLong() + json.get("free_bytes").getAsLong());
      assertEquals(0, json.get("unknown_bytes").getAsLong());
    }
  }

  @Test
  void a_trace_that_does_not_replay_is_shown_as_far_as_it_does_and_exits_with_1()
      throws IOException {
    // given the trace of a guest that overwrote a header, which no trace holds
    String file = file("t.trace", TRACE.replace("F 24", "F 24 ! EMPTY_HEADER"));

    // when
    CommandLineRun run = execute("inspect", "--json", file);

    // then
    assertEquals(1, run.exitCode());
    assertEquals(3, run.json().get("operations").getAsInt());
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(
        run.err()
            .contains(
                "shown as far as it does: step 3: expected 'F 24 ! EMPTY_HEADER', was 'F 24'"),
        run::err);
  }

  @Test
  void a_poisoned_call_of_run_leaves_a_report_that_can_be_inspected() throws IOException {
    // given
    Path reports = folder.resolve("reports");
    CommandLineRun run =
        execute(
            "run",
            "--json",
            "--calls",
            "4",
            "--instances",
            "1",
            "--call",
            "test_double_free",
            "--poison-reports",
            reports.toString());
    assertEquals(4, run.json().get("poisoned").getAsInt());
    List<Path> files;
    try (Stream<Path> each = Files.list(reports)) {
      files = each.toList();
    }
    assertEquals(1, files.size(), files::toString);
    Path report = files.get(0);
    assertTrue(
        report.getFileName().toString().matches("test_double_free-[0-9a-f]{12}\\.poison\\.json"),
        report::toString);
    Path picture = folder.resolve("heap.svg");

    // when
    CommandLineRun table = execute("inspect", report.toString(), "--svg", picture.toString());
    CommandLineRun json = execute("inspect", "--json", report.toString());

    // then
    assertEquals(0, table.exitCode(), table::err);
    assertTrue(
        table.out().contains("The same pointer was given back one operation before"), table::out);
    assertEquals("poison_report", json.json().get("source").getAsString());
    assertEquals(3, json.json().get("operations").getAsInt());
    assertEquals(1, order(json, 7).get("free_blocks").getAsInt());
    assertTrue(Files.readString(picture).contains("header of the fault"));
  }

  @Test
  void what_cannot_be_inspected_is_one_line_and_exit_code_2() throws IOException {
    // given
    String trace = file("t.trace", TRACE);
    String other = file("other.txt", "something else\n");
    String object = file("other.json", "{\"calls\":1}");
    String huge = file("huge.trace", TRACE.replace("heap_base=0", "heap_base=4294967295"));
    Path nowhere = folder.resolve("nowhere").resolve("heap.svg");

    // then
    assertCannotRun(execute("inspect", folder.resolve("missing").toString()), "no such file");
    assertCannotRun(execute("inspect", folder.toString()), "is a folder");
    assertCannotRun(execute("inspect", other), "line 1: ");
    assertCannotRun(execute("inspect", object), "is no poison report");
    assertCannotRun(execute("inspect", huge), "heap_base");
    assertCannotRun(execute("inspect", "--at", "5", trace), "the trace has 4 operations");
    assertCannotRun(execute("inspect", "--at", "-2", trace), "must be 0 or more");
    assertCannotRun(execute("inspect", "--at", "-1", trace), "must be 0 or more");
    assertCannotRun(execute("inspect", "--at", "last", trace), "--at");
    assertCannotRun(execute("inspect", "--svg", nowhere.toString(), trace), "cannot be written");
    assertCannotRun(execute("inspect"), "inspect: ");
  }

  @Test
  void an_operation_goes_with_a_trace_and_not_with_a_report() throws IOException {
    // given
    Path reports = folder.resolve("reports");
    execute(
        "run", "--calls", "1", "--call", "test_free_wild", "--poison-reports", reports.toString());
    String report;
    try (Stream<Path> files = Files.list(reports)) {
      report = files.findFirst().orElseThrow().toString();
    }

    // then
    assertCannotRun(execute("inspect", "--at", "1", report), "--at: goes with a trace");
  }

  private static void assertCannotRun(CommandLineRun run, String message) {
    assertEquals(2, run.exitCode(), run::out);
    assertEquals("", run.out());
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().startsWith("wasm-heap-pool: "), run::err);
    assertTrue(run.err().contains(message), run::err);
  }
}
