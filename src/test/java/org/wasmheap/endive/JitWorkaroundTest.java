package org.wasmheap.endive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.Samples;

/** What is logged, in a JVM of its own, since a JVM is told once. */
@Timeout(60)
class JitWorkaroundTest {
  private static final boolean NEEDED = Runtime.version().feature() < 18;
  private static final String BEFORE_MANAGEMENT = "java.base,java.logging,java.naming,java.xml";

  @TempDir private Path folder;

  /** Asks for the workaround twice, by loading a runtime; calls it, and lives on. */
  static final class Program {
    private Program() {}

    public static void main(String[] args) throws InterruptedException {
      JitWorkaround.apply();
      SubstrateRuntime sample = Samples.load(HeapStrategy.ofStatic(16));
      try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(sample)) {
        byte[] version = executor.call(sample.call("Core_version", new byte[0]));
        // What the test that starts this program reads.
        System.out.println(version.length > 0 ? "alive" : "empty");
      }
    }
  }

  @Test
  void on_an_old_jdk_the_compiler_is_told_once() throws Exception {
    assertEquals(NEEDED ? List.of("applied") : List.of(), workarounds());
  }

  @Test
  void nothing_is_said_where_the_option_is_given() throws Exception {
    assertEquals(
        List.of(),
        workarounds("-XX:CompileCommand=quiet", "-XX:CompileCommand=dontinline,*.I32_LT_U"));
  }

  @Test
  void an_image_without_the_diagnostic_commands_gets_one_warning() throws Exception {
    assertEquals(
        NEEDED ? List.of("failed") : List.of(),
        workarounds("--limit-modules", BEFORE_MANAGEMENT + ",java.management"));
  }

  /** HotSpot of 17 then has one command, that of the recorder. */
  @Test
  void an_image_without_flight_recorder_gets_one_warning() throws Exception {
    assertEquals(
        NEEDED ? List.of("failed") : List.of(),
        workarounds("--limit-modules", BEFORE_MANAGEMENT + ",java.management,jdk.management"));
  }

  @Test
  void an_image_without_management_gets_one_warning_too() throws Exception {
    assertEquals(
        NEEDED ? List.of("failed") : List.of(), workarounds("--limit-modules", BEFORE_MANAGEMENT));
  }

  /** What the program's warnings say of the workaround, in order. */
  private List<String> workarounds(String... options) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-Dtest.log=WARN", "-cp", System.getProperty("java.class.path")));
    command.add(Program.class.getName());
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      process.waitFor(50, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(err, UTF_8);
    assertEquals("alive", Files.readString(out, UTF_8).strip(), said);
    return said.lines()
        .filter(line -> line.contains("jit.unsigned_comparison"))
        .map(line -> line.replaceAll(".* workaround=\"(\\w+)\".*", "$1"))
        .toList();
  }
}
