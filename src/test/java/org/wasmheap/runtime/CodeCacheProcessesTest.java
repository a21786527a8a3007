package org.wasmheap.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.runtime.CodeFolders.names;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Several processes on one folder of compiled code; some of them are killed. */
@Timeout(120)
class CodeCacheProcessesTest {
  private static final int BYTES = CodeCacheProgram.BYTES;
  private static final int KILLS = 2;

  @TempDir private Path folder;

  private static Process start(List<String> before, Object... args) throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // They live for moments, and write nothing of their own.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(CodeCacheProgram.class.getName());
    Stream.of(args).map(Object::toString).forEach(command::add);
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static BufferedReader printed(Process process) {
    return new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  @Test
  void a_process_that_is_killed_while_it_writes_leaves_the_earlier_file_whole() throws Exception {
    // given files that others wrote
    CodeCache cache = CodeCache.at(folder);
    for (int number = 0; number < 2; number++) {
      cache.keep(CodeCacheProgram.name(number), CodeFolders.code(number, BYTES));
    }
    for (int kill = 0; kill < KILLS; kill++) {
      // when a process is killed that has written a half
      killInItsWrite(kill);
      // then
      for (int number = 0; number < 2; number++) {
        byte[] found = cache.find(CodeCacheProgram.name(number));
        assertTrue(found != null && CodeFolders.isWhole(found, BYTES));
      }
    }
    assertEquals(KILLS, names(folder).stream().filter(CodeKey::isTemporaryFile).count());
    assertEquals(new CodeCache.Statistics(2 * KILLS, 0, 0, 2, 0), cache.statistics());

    // when an hour has passed, and something is written
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.fromMillis(0));
      }
    }
    cache.keep("another", CodeFolders.code(1, BYTES));
    // then nothing is left but what is whole
    assertEquals(3, names(folder).size());
    assertTrue(names(folder).stream().allMatch(CodeKey::isCodeFile));
  }

  private void killInItsWrite(int number) throws Exception {
    Process process = start(List.of(), "write-a-half", folder, number);
    try (BufferedReader out = printed(process)) {
      assertEquals("half", out.readLine());
    } finally {
      process.destroyForcibly();
    }
    process.waitFor();
  }

  @Test
  void two_processes_that_write_and_read_the_same_files_never_see_a_part() throws Exception {
    int rounds = 12;
    // when
    Process first = start(List.of(), "write-and-read", folder, rounds, 0);
    Process second = start(List.of(), "write-and-read", folder, rounds, 1_000);
    // then
    String end = "torn=0 " + new CodeCache.Statistics(rounds, 0, 0, rounds, 0);
    for (Process each : List.of(first, second)) {
      try (BufferedReader out = printed(each)) {
        assertEquals("begins", out.readLine());
        assertEquals(end, out.readLine());
      }
      assertEquals(0, each.waitFor());
    }
    assertEquals(2, names(folder).size());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_quota_that_ends_a_write_in_its_middle_leaves_nothing_behind() throws Exception {
    // given a process whose files may have a megabyte at most, as a disk that is full
    List<String> limited = List.of("sh", "-c", "ulimit -f 2048; exec \"$@\"", "sh");
    // when
    Process process = start(limited, "write", folder, 3);
    // then
    try (BufferedReader out = printed(process)) {
      String statistics = out.readLine();
      assertNotNull(statistics);
      assertEquals(new CodeCache.Statistics(0, 0, 0, 0, 3).toString(), statistics);
    }
    assertEquals(0, process.waitFor());
    assertEquals(List.of(), names(folder));
  }
}
