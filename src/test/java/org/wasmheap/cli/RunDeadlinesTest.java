package org.wasmheap.cli;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.wasmheap.cli.Commands.execute;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.testkit.CommandLineRun;
import org.wasmheap.testkit.Guests;

/** The command ends in time, with one line, whatever its file and its guest do. */
@Timeout(120)
class RunDeadlinesTest {
  @TempDir private Path folder;

  private Path guest(String name) throws IOException {
    return Files.write(folder.resolve(name + ".wasm"), Guests.wasm(name));
  }

  @Test
  void a_start_function_that_never_ends_is_ended_at_the_load_deadline() throws IOException {
    // given time enough to read the file, with all classes that this needs
    Path file = guest("start_loop");
    // when
    CommandLineRun run = execute("run", "--load-deadline", "5000", file.toString());
    // then
    assertEquals(2, run.exitCode());
    assertEquals(
        List.of(
            "wasm-heap-pool: "
                + file
                + ": not loaded within the 5000 ms that --load-deadline allows"),
        run.errLines());
    assertEquals("", run.out());
  }

  @Test
  void a_pipe_that_nobody_writes_to_is_given_up_at_the_load_deadline() throws Exception {
    // given
    Path pipe = folder.resolve("pipe");
    Process makes = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assumeTrue(makes.waitFor(30, SECONDS) && makes.exitValue() == 0);
    // when
    CommandLineRun run = execute("run", "--load-deadline", "300", pipe.toString());
    // then
    assertEquals(2, run.exitCode());
    assertEquals(
        List.of(
            "wasm-heap-pool: " + pipe + ": not read within the 300 ms that --load-deadline allows"),
        run.errLines());
    releaseReader(pipe);
  }

  /** Opened for both, a pipe does not wait, and lets the thread go that waits for a writer. */
  private static void releaseReader(Path pipe) throws IOException {
    new RandomAccessFile(pipe.toFile(), "rw").close();
  }

  @Test
  void a_start_function_of_a_later_instance_is_ended_at_the_deadline() throws IOException {
    // given one that takes long, but ends, which loading allows
    Path file = guest("start_long");
    // when
    CommandLineRun run =
        execute(
            "run",
            "--instances",
            "2",
            "--deadline",
            "1",
            "--call",
            "entry",
            "--calls",
            "1",
            "--dynamic",
            "1",
            file.toString());
    // then
    assertEquals(2, run.exitCode(), run::out);
    assertTrue(
        run.err()
            .contains("wasm-heap-pool: --deadline: no instance was made in 1 ms, beside 1 of 2"),
        run::err);
  }

  @Test
  void a_load_deadline_out_of_its_range_is_refused() {
    for (String value : List.of("0", "-1", "2592000001")) {
      CommandLineRun run = execute("run", "--load-deadline", value);

      assertEquals(2, run.exitCode());
      assertEquals(
          "wasm-heap-pool: --load-deadline: is " + value + ", must be 1 to 2592000000\n",
          run.err());
    }
  }
}
