package org.wasmheap.endive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A guest that ends its calls where the stack ends harms nobody but itself: in a fresh JVM for each
 * way to end, since what was initialised once is safe.
 */
@Timeout(300)
class DeepEndsTest {
  @TempDir private Path folder;

  /** All of them with {@code mvn -Pdepths test}; else of each kind one. */
  static Stream<DeepEndsProgram.Way> ways() {
    return Boolean.getBoolean("depths.all")
        ? Stream.of(DeepEndsProgram.Way.values())
        : Stream.of(
            DeepEndsProgram.Way.GROWTH_BEYOND_THE_ENGINE,
            DeepEndsProgram.Way.HEADER_OVERWRITTEN,
            DeepEndsProgram.Way.HASHES,
            DeepEndsProgram.Way.GROWTH_HEARD);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void what_ends_a_call_at_the_end_of_the_stack_works_afterwards(DeepEndsProgram.Way way)
      throws Exception {
    assertEquals(
        way + " overflowed=true wrong={} afterwards=100 whole=true", lastLineOf(way.name()));
  }

  private String lastLineOf(String way) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:CompileCommand=quiet", "-XX:CompileCommand=dontinline,*.I32_LT_U"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(DeepEndsProgram.class.getName(), way));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    boolean ended = process.waitFor(250, TimeUnit.SECONDS);
    process.destroyForcibly();
    List<String> lines = Files.readAllLines(out, UTF_8);
    assertTrue(ended, () -> "it hangs: " + lines);
    assertFalse(lines.isEmpty(), () -> "it printed nothing, and to standard error: " + err);
    return lines.get(lines.size() - 1);
  }
}
