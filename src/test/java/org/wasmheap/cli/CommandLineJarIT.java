package org.wasmheap.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.testkit.CommandLineRun;

/** The packaged jar, in a JVM of its own. */
@Timeout(120)
class CommandLineJarIT {
  @TempDir private Path folder;

  private CommandLineRun jar(String... args) throws IOException, InterruptedException {
    return jar(List.of(), args);
  }

  private CommandLineRun jar(List<String> jvmOptions, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Arrays.stream(System.getProperty("wasmheap.cli.jvm-args", "").split(" "))
        .filter(arg -> !arg.isBlank())
        .forEach(command::add);
    command.addAll(jvmOptions);
    command.addAll(List.of("-jar", System.getProperty("wasmheap.cli.jar")));
    command.addAll(Arrays.asList(args));
    File out = folder.resolve("out").toFile();
    File err = folder.resolve("err").toFile();
    Process process = new ProcessBuilder(command).redirectOutput(out).redirectError(err).start();
    assertTrue(process.waitFor(100, TimeUnit.SECONDS));
    return new CommandLineRun(
        process.exitValue(),
        Files.readString(out.toPath(), UTF_8),
        Files.readString(err.toPath(), UTF_8));
  }

  @Test
  void the_main_job_prints_one_object_to_standard_output_and_nothing_else() throws Exception {
    CommandLineRun run = jar("run", "--json");

    assertEquals(0, run.exitCode(), run::err);
    assertEquals(1000, run.json().get("ok").getAsInt());
  }

  @Test
  void all_that_host_functions_need_is_in_the_jar() throws Exception {
    // when a module is loaded, which goes through the host functions that it imports
    CommandLineRun run = jar("run", "--json", "--calls", "1", "--instances", "1");

    assertTrue(run.err().contains("failures.preloaded"), run::err);
    assertFalse(run.err().contains("preload.failed"), run::err);
  }

  @Test
  void a_poison_is_logged_to_standard_error_by_the_bundled_configuration() throws Exception {
    CommandLineRun run =
        jar("run", "--json", "--calls", "1", "--instances", "1", "--call", "test_double_free");

    assertEquals(1, run.exitCode(), run::err);
    assertEquals(1, run.json().get("poisoned").getAsInt());
    List<String> poisons =
        run.errLines().stream().filter(line -> line.contains("heap.poisoned")).toList();
    assertEquals(1, poisons.size(), run::err);
    assertTrue(poisons.get(0).contains("fault=\"EMPTY_HEADER\""), poisons::toString);
  }

  @Test
  void with_a_property_a_poison_is_logged_as_a_line_of_json_too() throws Exception {
    // given
    Path file = folder.resolve("heaps.json");
    List<String> options = List.of("-Dwasm-heap-pool.log.file=" + file);

    // when
    CommandLineRun run =
        jar(options, "run", "--calls", "1", "--instances", "1", "--call", "test_double_free");

    // then
    assertEquals(1, run.exitCode(), run::err);
    assertTrue(run.err().contains("heap.poisoned"), run::err);
    List<JsonObject> poisons =
        Files.readAllLines(file, UTF_8).stream()
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .filter(
                event -> event.get("kvpList").toString().contains("{\"event\":\"heap.poisoned\"}"))
            .toList();
    assertEquals(1, poisons.size());
    assertEquals("ERROR", poisons.get(0).get("level").getAsString());
    assertTrue(poisons.get(0).get("kvpList").toString().contains("{\"fault\":\"EMPTY_HEADER\"}"));
  }

  @Test
  void bad_input_is_one_line_and_exit_code_2() throws Exception {
    CommandLineRun run = jar("run", folder.resolve("nowhere.wasm").toString());

    assertEquals(2, run.exitCode());
    assertEquals("", run.out());
    assertEquals(1, run.errLines().size(), run::err);
  }

  @Test
  void another_log_configuration_takes_the_place_of_the_bundled_one() throws Exception {
    // given one that writes nothing
    Path silent = folder.resolve("silent.xml");
    Files.writeString(silent, "<configuration><root level=\"OFF\"/></configuration>", UTF_8);

    // when
    CommandLineRun run =
        jar("run", "--calls", "1", "--call", "test_double_free", "--log-config", silent.toString());

    // then
    assertEquals(1, run.exitCode());
    assertEquals("", run.err());
  }
}
