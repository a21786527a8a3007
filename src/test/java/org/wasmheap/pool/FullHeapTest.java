package org.wasmheap.pool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A JVM whose heap is full, again and again: no call is lost, and no thread. */
@Timeout(180)
final class FullHeapTest {
  @TempDir private Path folder;

  @Test
  void a_java_heap_that_is_full_must_lose_no_call_and_no_worker() throws Exception {
    // when calls fill the memory past their deadlines, and others follow
    String end = lastLineOf(FullHeapProgram.class);

    // then
    assertEquals("failed=40 succeeded=20 drained=true submitted=60 ended=60 running=0 lost=0", end);
  }

  @Test
  void calls_submitted_cancelled_and_nested_while_the_java_heap_is_full_must_all_end()
      throws Exception {
    // when
    String end = lastLineOf(FullHeapChaosProgram.class);

    // then
    assertEquals(
        "undone=0 succeeded=20 ready=true drained=true unaccounted=0 running=0 instances=0 lost=0",
        end);
  }

  /** Runs a program in a JVM with little memory; the last line that it printed. */
  private String lastLineOf(Class<?> program) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    boolean ended = process.waitFor(150, TimeUnit.SECONDS);
    process.destroyForcibly();
    assertTrue(ended, () -> "it hangs: " + text(err));
    List<String> lines = Files.readAllLines(out, UTF_8);
    assertFalse(lines.isEmpty(), () -> text(err));
    return lines.get(lines.size() - 1);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
