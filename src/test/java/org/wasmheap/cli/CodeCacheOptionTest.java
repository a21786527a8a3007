package org.wasmheap.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.cli.Commands.execute;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.block.BlockExecutor;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.runtime.CodeCache;
import org.wasmheap.testkit.CommandLineRun;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.SampleBlockFiles;
import org.wasmheap.text.LibraryVersion;

/** The folder of compiled code, as {@code run} is told of it. */
@Timeout(60)
class CodeCacheOptionTest {
  @TempDir private Path temporary;

  @AfterEach
  void clear() {
    System.clearProperty(CodeCache.PROPERTY);
  }

  private static CommandLineRun run(String... option) {
    String[] args = {"run", "--json", "--instances", "1", "--calls", "1"};
    String[] all = Arrays.copyOf(args, args.length + option.length);
    System.arraycopy(option, 0, all, args.length, option.length);
    return execute(all);
  }

  private static boolean cached(CommandLineRun run) {
    assertEquals(0, run.exitCode(), run::err);
    assertEquals("", run.err());
    return run.json().get("code_cached").getAsBoolean();
  }

  @Test
  void a_run_without_a_folder_finds_nothing_and_counts_its_functions() {
    CommandLineRun run = run();

    assertFalse(cached(run));
    assertTrue(run.json().get("functions").getAsInt() > 10, run::out);
    assertEquals(0, run.json().get("functions_interpreted").getAsInt());
    assertTrue(run.json().get("functions_huge").getAsInt() >= 0);
  }

  @Test
  void a_second_run_finds_in_the_folder_what_the_first_compiled() {
    // given a folder that is not there yet
    String folder = temporary.resolve("a").resolve("b").toString();
    // when
    CommandLineRun first = run("--code-cache", folder);
    CommandLineRun second = run("--code-cache", folder);
    // then
    assertFalse(cached(first));
    assertTrue(cached(second));
    for (String field : new String[] {"functions", "functions_huge", "result_blake2_256"}) {
      assertEquals(first.json().get(field), second.json().get(field), field);
    }
  }

  @Test
  void blocks_keeps_and_finds_the_runtimes_of_a_chain() throws IOException {
    // given a chain whose runtime is upgraded once
    String folder = temporary.resolve("c").toString();
    String[] chain = {
      "blocks",
      SampleBlockFiles.chain().toString(),
      "--genesis",
      SampleBlockFiles.genesis().toString(),
      "--code-cache",
      folder,
      "--json"
    };
    CommandLineRun first = execute(chain);
    assertEquals(0, first.exitCode(), first::err);
    Map<String, String> kept = files(folder);
    // when
    CommandLineRun second = execute(chain);
    // then both versions are there, and perhaps the guest of the library's own; none was written
    // again, as another file would be in its place
    assertTrue(kept.size() >= 2, kept::toString);
    assertEquals(kept, files(folder));
    assertEquals(first.json().get("state_root"), second.json().get("state_root"));
  }

  /** Which file has which name; a hit changes its time alone, a write makes another file. */
  private static Map<String, String> files(String folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(Path.of(folder))) {
      for (Path file : all.toList()) {
        Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        files.put(file.getFileName().toString(), String.valueOf(key));
      }
    }
    return files;
  }

  @Test
  void a_folder_that_was_not_opened_is_not_left_out_in_silence() {
    assertThrows(
        IllegalStateException.class, () -> new CodeCacheOption().addTo(LoadOptions.DEFAULT));
    assertThrows(
        IllegalStateException.class, () -> new CodeCacheOption().addTo(BlockExecutor.builder()));
  }

  @Test
  void a_folder_that_cannot_be_is_one_line_and_exit_code_2() throws IOException {
    Path file = Files.createFile(temporary.resolve("file"));
    assertRefused(
        "--code-cache: " + file + " cannot be made as a folder: there is a file of this name",
        "--code-cache",
        file.toString());
    assertRefused("--code-cache: the name of the folder is empty", "--code-cache", "");
  }

  private static void assertRefused(String why, String... option) {
    CommandLineRun refused = run(option);
    assertEquals(2, refused.exitCode());
    assertEquals("", refused.out());
    assertEquals("wasm-heap-pool: " + why, refused.err().strip());
  }

  @Test
  void a_property_that_cannot_be_a_path_is_one_line_and_exit_code_2() {
    System.setProperty(CodeCache.PROPERTY, "a\0b");

    assertRefused("-Dwasm-heap-pool.code-cache: its value cannot be a path");
  }

  @Test
  void the_property_says_the_same_and_the_option_comes_first() {
    System.setProperty(CodeCache.PROPERTY, temporary.resolve("of property").toString());

    assertFalse(cached(run()));
    assertTrue(cached(run()));
    assertFalse(cached(run("--code-cache", temporary.resolve("of option").toString())));
  }

  @Test
  void a_folder_of_the_property_that_cannot_be_is_told_in_the_log_alone() throws IOException {
    Path file = Files.createFile(temporary.resolve("file"));
    System.setProperty(CodeCache.PROPERTY, file.toString());
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      assertFalse(cached(run()));
      assertEquals(1, log.events("code_cache.not_read").size());
      assertEquals(1, log.events("code_cache.not_written").size());
    }
  }

  @Test
  void the_version_is_that_of_the_pom() {
    assertEquals("wasm-heap-pool " + LibraryVersion.version(), execute("--version").out().strip());
  }
}
