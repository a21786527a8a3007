package org.wasmheap.pool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
    // given a JVM with little memory
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                FullHeapProgram.class.getName())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();

    // when calls fill it past their deadlines, and others follow
    boolean ended = process.waitFor(150, TimeUnit.SECONDS);
    process.destroyForcibly();

    // then
    assertTrue(ended, () -> "it hangs: " + text(err));
    List<String> lines = Files.readAllLines(out, UTF_8);
    assertEquals(
        "failed=40 succeeded=20 drained=true submitted=60 ended=60 running=0 lost=0",
        lines.isEmpty() ? "" : lines.get(lines.size() - 1),
        () -> text(err));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
