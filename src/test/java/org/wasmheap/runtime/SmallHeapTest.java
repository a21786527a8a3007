package org.wasmheap.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.testkit.RealRuntimes;

/**
 * Modules are loaded in heaps that all their parsed code would not fit in, and none of it stays.
 */
@Timeout(300)
class SmallHeapTest {
  @TempDir private Path folder;

  @Test
  void a_module_of_many_functions_is_compiled_in_less_heap_than_its_parsed_code_takes()
      throws Exception {
    // when 1,600 functions of 500 instructions each are loaded: 88 MB if all were parsed at once
    List<String> lines = linesOf("-Xmx64m", "1600", "1250");
    // then of parsed code no more is left than one body for all functions
    assertEquals("right beyond=2", lines.get(lines.size() - 1), lines::toString);
  }

  @Test
  void a_module_that_does_not_fit_is_refused_before_any_thread_is_without_memory()
      throws Exception {
    // when 6,000 functions of 500 instructions each are loaded
    List<String> lines = linesOf("-Xmx64m", "6000", "1250");
    // then
    String all = String.join("\n", lines);
    assertTrue(all.contains("ModuleRefusedException: module refused: to parse and compile"), all);
    assertTrue(!all.contains("OutOfMemoryError"), all);
  }

  @Test
  void modules_that_are_to_be_interpreted_are_parsed_one_after_the_other_where_memory_is_short()
      throws Exception {
    // when three threads load 600 functions at once, whose parsed code takes 33 MB each
    List<String> lines = linesOf("-Xmx64m", "600", "1250", "3");
    // then
    assertEquals("functions=1800", lines.get(lines.size() - 1), lines::toString);
  }

  @Test
  void westend_is_loaded_and_called_in_a_heap_of_256_mib() throws Exception {
    // when 2.5 million instructions, which take 270 MB if all are parsed at once, are loaded
    List<String> lines =
        linesOf("-Xmx256m", RealRuntimes.find(RealRuntimes.WESTEND).toAbsolutePath().toString());
    // then
    assertEquals("westend beyond=2", lines.get(lines.size() - 1), lines::toString);
  }

  /** What the program prints, in a JVM with so much heap. */
  private List<String> linesOf(String heap, String... arguments) throws Exception {
    Path out = folder.resolve("out");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                heap,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:CompileCommand=quiet",
                "-XX:CompileCommand=dontinline,*.I32_LT_U",
                "-cp",
                System.getProperty("java.class.path"),
                SmallHeapProgram.class.getName()));
    command.addAll(Arrays.asList(arguments));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    boolean ended = process.waitFor(250, TimeUnit.SECONDS);
    process.destroyForcibly();
    List<String> lines = Files.readAllLines(out, UTF_8);
    assertTrue(ended, () -> "it hangs: " + lines);
    return lines;
  }
}
