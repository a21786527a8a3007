package org.wasmheap.runtime;

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

/** A runtime that was evicted is collected whole, its classes with it. */
@Timeout(300)
class EvictedRuntimesTest {
  private static final int ROUNDS = 300;

  /** The JVM, the library and the engine take some 40 MiB, and each runtime a quarter of one. */
  private static final String ROOM_FOR_FEW = "-XX:MaxMetaspaceSize=48m";

  @TempDir private Path folder;

  @Test
  void many_more_runtimes_come_and_go_than_there_is_room_for_their_classes() throws Exception {
    // given
    Path out = folder.resolve("out");
    ProcessBuilder command =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            ROOM_FOR_FEW,
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=dontinline,*.I32_LT_U",
            "-cp",
            System.getProperty("java.class.path"),
            EvictionProgram.class.getName(),
            String.valueOf(ROUNDS));
    // when
    Process process = command.redirectErrorStream(true).redirectOutput(out.toFile()).start();
    boolean ended = process.waitFor(250, TimeUnit.SECONDS);
    process.destroyForcibly();
    // then
    List<String> lines = Files.readAllLines(out, UTF_8);
    assertTrue(ended, () -> "it hangs: " + lines);
    assertEquals(0, process.exitValue(), lines::toString);
    String last = lines.get(lines.size() - 1);
    assertTrue(last.startsWith("rounds=300 loads=300 compiled=2 "), last);
  }
}
