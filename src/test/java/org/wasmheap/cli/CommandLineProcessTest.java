package org.wasmheap.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.testkit.CommandLineRun;

/** Signals and standard error, which are a process's: in a JVM of its own, from the class path. */
@Timeout(180)
@EnabledOnOs(OS.LINUX)
class CommandLineProcessTest {
  @TempDir private Path folder;

  private File out() {
    return folder.resolve("out").toFile();
  }

  private File err() {
    return folder.resolve("err").toFile();
  }

  private Process start(File out, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dlogback.configurationFile=" + Path.of("config", "logback.xml"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(Arrays.asList(args));
    return new ProcessBuilder(command).redirectOutput(out).redirectError(err()).start();
  }

  private CommandLineRun ended(Process process) throws IOException, InterruptedException {
    boolean ended = process.waitFor(120, SECONDS);
    process.destroyForcibly(); // Or it would go on beside all other tests.
    assertTrue(ended);
    String printed = Files.isRegularFile(out().toPath()) ? Files.readString(out().toPath()) : "";
    return new CommandLineRun(
        process.exitValue(), printed, Files.readString(err().toPath(), UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "INT, 130, calls, run --calls 2000000000",
    "TERM, 143, calls, run --calls 2000000000",
    "INT, 130, blocks, blocks src/main/guest/sample-block.json --repeat 1000000"
  })
  void a_signal_ends_a_command_with_the_figures_so_far(
      String signal, int exitCode, String sum, String command) throws Exception {
    // given a command without end, which has written its first trace
    Path traces = Files.createDirectory(folder.resolve("traces"));
    try (WatchService watch = traces.getFileSystem().newWatchService()) {
      traces.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
      Process process =
          start(
              out(),
              Stream.concat(
                      Stream.of(command.split(" ")),
                      Stream.of("--instances", "1", "--record", traces.toString(), "--json"))
                  .toArray(String[]::new));
      assertNotNull(watch.poll(120, SECONDS));

      // when
      Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
      assertEquals(0, kill.waitFor());
      CommandLineRun run = ended(process);

      // then
      assertEquals(exitCode, run.exitCode(), run::err);
      assertEquals(0, run.json().get("failed").getAsInt());
      assertEquals(run.json().get(sum).getAsInt(), run.json().get("ok").getAsInt(), run::toString);
    }
  }

  @Test
  void a_module_that_is_refused_is_one_line_whatever_was_logged_on_the_way() throws Exception {
    Path bad = folder.resolve("bad.wasm");
    Files.write(bad, new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0, 'x'});

    CommandLineRun refused = ended(start(out(), "run", bad.toString()));
    CommandLineRun noEntry = ended(start(out(), "run", "--call", "nobody"));

    assertEquals(2, refused.exitCode());
    assertEquals(1, refused.errLines().size(), refused::err);
    assertTrue(refused.err().startsWith("wasm-heap-pool: " + bad + ": "), refused::err);
    assertEquals(2, noEntry.exitCode());
    assertEquals(1, noEntry.errLines().size(), noEntry::err);
  }

  @Test
  void a_full_disk_behind_standard_output_is_exit_code_1() throws Exception {
    CommandLineRun run =
        ended(start(new File("/dev/full"), "run", "--calls", "3", "--instances", "1", "--json"));

    assertEquals(1, run.exitCode(), run::err);
    List<String> errors =
        run.errLines().stream().filter(line -> line.startsWith("wasm-heap-pool: ")).toList();
    assertEquals(
        List.of("wasm-heap-pool: standard output: cannot be written: No space left on device"),
        errors);
  }
}
