package org.wasmheap.endive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.Samples;

/** What is logged, and what the compilers are told, in a JVM of its own: a JVM is told once. */
@Timeout(60)
class CompilerDirectivesTest {
  private static final boolean NEEDED = Runtime.version().feature() < 18;
  private static final String BEFORE_MANAGEMENT = "java.base,java.logging,java.naming,java.xml";

  @TempDir private Path folder;

  /** Asks for the workaround twice, by loading a runtime; calls it, and lives on. */
  static final class Program {
    private Program() {}

    public static void main(String[] args) throws Exception {
      CompilerDirectives.apply();
      SubstrateRuntime sample = Samples.load(HeapStrategy.ofStatic(16));
      try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(sample)) {
        byte[] version = executor.call(sample.call("Core_version", new byte[0]));
        // What the test that starts this program reads.
        System.out.println(version.length > 0 ? "alive" : "empty");
        if (args.length > 0) {
          System.out.println(directives());
        }
      }
    }
  }

  private static Object directives() throws JMException {
    return ManagementFactory.getPlatformMBeanServer()
        .invoke(
            new ObjectName("com.sun.management:type=DiagnosticCommand"),
            "compilerDirectivesPrint",
            new Object[0],
            new String[0]);
  }

  @Test
  void the_first_compiler_does_not_inline_what_all_functions_count_in() throws Exception {
    // when
    List<String> told = told();
    // then: the first directive is that of guests, for the first compiler and for the second
    assertEquals(
        List.of(
            "matching: run/endive/$gen/*.*",
            "inline: -run/endive/$gen/CompiledMachineShaded.*",
            NEEDED ? "inline: -*.I32_LT_U" : "inline: -"),
        told.subList(0, 3));
  }

  @Test
  void where_the_first_compiler_is_all_there_is_it_inlines_them() throws Exception {
    assertFalse(told("-XX:TieredStopAtLevel=1").contains("matching: run/endive/$gen/*.*"));
  }

  /** Whom directives are for, and what is inlined, from the first to the last. */
  private List<String> told(String... options) throws Exception {
    return run(List.of("print"), options)
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("matching: ") || line.startsWith("inline: "))
        .toList();
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
    run(List.of(), options);
    return Files.readString(folder.resolve("err"), UTF_8)
        .lines()
        .filter(line -> line.contains("jit.unsigned_comparison"))
        .map(line -> line.replaceAll(".* workaround=\"(\\w+)\".*", "$1"))
        .toList();
  }

  /** What the program prints after it has called its guest. */
  private String run(List<String> arguments, String... options) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-Dtest.log=WARN", "-cp", System.getProperty("java.class.path")));
    command.add(Program.class.getName());
    command.addAll(arguments);
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
    String printed = Files.readString(out, UTF_8).strip();
    assertEquals("alive", printed.lines().findFirst().orElse(""), Files.readString(err, UTF_8));
    return printed;
  }
}
