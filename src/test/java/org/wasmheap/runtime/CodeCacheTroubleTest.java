package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.wasmheap.runtime.CodeFolders.NAME;
import static org.wasmheap.runtime.CodeFolders.code;
import static org.wasmheap.runtime.CodeFolders.file;
import static org.wasmheap.runtime.CodeFolders.names;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.testkit.LogCapture;

/** Folders that cannot be read or written: loads go on without, and the log says why, once. */
@Timeout(60)
class CodeCacheTroubleTest {
  private static final long MINUTE = 60_000_000_000L;
  private static final byte[] CODE = code(1, 1_000);

  @TempDir private Path temporary;
  private LogCapture log = LogCapture.of(Level.WARN);

  @BeforeEach
  void listen() {
    log.close();
    log = LogCapture.of(Level.WARN);
  }

  @AfterEach
  void stopListening() {
    log.close();
  }

  /** Why, as one event of that name says, and no other event. */
  private void assertTold(Path folder, String event, String why) {
    assertEquals(1, log.allEvents().size(), log.allEvents()::toString);
    assertEquals(
        Map.of("folder", folder.toString(), "why", why),
        LogCapture.values(log.events(event).get(0)));
  }

  private static boolean isRoot() throws IOException {
    return Files.getOwner(Path.of("/proc/self")).getName().equals("root");
  }

  private static boolean succeeds(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      // There is no such command.
      return false;
    }
  }

  @Test
  void a_folder_that_is_deleted_meanwhile_is_made_again_at_the_next_write() throws IOException {
    // given
    Path folder = temporary.resolve("a").resolve("b");
    CodeCache cache = CodeCache.at(folder);
    cache.keep(NAME, CODE);
    Files.delete(file(folder, NAME));
    Files.delete(folder);
    Files.delete(folder.getParent());
    // when
    assertNull(cache.find(NAME));
    cache.keep(NAME, CODE);
    // then
    assertArrayEquals(CODE, cache.find(NAME));
    assertEquals(new CodeCache.Statistics(1, 1, 0, 2, 0), cache.statistics());
    assertEquals(List.of(), log.allEvents());
  }

  @Test
  void a_file_in_the_place_of_the_folder_is_told_once() throws IOException {
    Path folder = Files.createFile(temporary.resolve("file"));
    CodeCache cache = CodeCache.at(folder);
    // when written
    cache.keep(NAME, CODE);
    cache.keep("another", CODE);
    // then
    assertTold(folder, "code_cache.not_written", "a file is where the folder should be");
    assertEquals(new CodeCache.Statistics(0, 0, 0, 0, 2), cache.statistics());
    // when read
    assertNull(cache.find(NAME));
    assertNull(cache.find("another"));
    // then
    assertEquals(1, log.events("code_cache.not_read").size());
    assertEquals(2, log.allEvents().size());
    assertThrows(IOException.class, cache::makeFolder);
    assertEquals(0, Files.size(folder));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void another_reason_is_told_and_the_same_one_only_after_a_success() throws IOException {
    // given a file in the place of the folder's parent
    Path parent = temporary.resolve("parent");
    Path folder = parent.resolve("folder");
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE);
    CodeCache cache = CodeCache.at(folder, 1_000_000, nanos::get, true);
    Files.createFile(parent);
    // when
    cache.keep(NAME, CODE);
    nanos.addAndGet(MINUTE);
    cache.keep(NAME, CODE);
    // then the reason, in the words of the system, is told once
    assertEquals(1, log.events("code_cache.not_written").size());
    assertEquals(1, log.allEvents().size());
    // when all is well, and then is not, as before
    Files.delete(parent);
    cache.keep(NAME, CODE);
    assertArrayEquals(CODE, cache.find(NAME));
    Files.delete(file(folder, NAME));
    Files.delete(folder);
    Files.delete(parent);
    Files.createFile(parent);
    cache.keep(NAME, CODE);
    // then
    assertEquals(2, log.allEvents().size());
    // when the reason is another one, within the minute and after it
    Files.delete(parent);
    Files.createDirectory(parent);
    Files.createFile(folder);
    nanos.addAndGet(MINUTE - 1);
    cache.keep(NAME, CODE);
    assertEquals(2, log.allEvents().size());
    nanos.incrementAndGet();
    cache.keep(NAME, CODE);
    // then
    assertEquals(3, log.events("code_cache.not_written").size());
    assertEquals(new CodeCache.Statistics(1, 0, 0, 1, 5), cache.statistics());
  }

  @Test
  void a_build_that_does_not_know_its_version_keeps_and_finds_nothing() {
    // given code of this build
    CodeCache.at(temporary).keep(NAME, CODE);
    CodeCache cache = CodeCache.at(temporary, 1_000_000, () -> 0, false);
    // when
    assertNull(cache.find(NAME));
    cache.keep("another", CODE);
    // then
    assertTold(temporary, "code_cache.not_read", "the version of the library is not known");
    assertEquals(List.of(CodeKey.of(NAME).fileName()), names(temporary));
    assertEquals(new CodeCache.Statistics(0, 1, 0, 0, 1), cache.statistics());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_place_where_no_folder_can_be_is_told_once() {
    Path folder = Path.of("/proc/wasm-heap-pool/code");
    CodeCache cache = CodeCache.at(folder);
    assertNull(cache.find(NAME));
    cache.keep(NAME, CODE);
    cache.keep(NAME, CODE);
    assertTold(folder, "code_cache.not_written", "no such file or folder");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_folder_without_permission_to_write_is_read() throws IOException {
    assumeFalse(isRoot(), "root may write everywhere");
    CodeCache cache = CodeCache.at(temporary);
    cache.keep(NAME, CODE);
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      cache.keep("another", CODE);
      assertArrayEquals(CODE, cache.find(NAME));
      assertTold(temporary, "code_cache.not_written", "permission denied");
    } finally {
      Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void a_folder_of_the_files_name_that_cannot_go_is_no_more_than_told() throws IOException {
    // given folders in the way of the file and of what is put aside
    CodeCache cache = CodeCache.at(temporary);
    for (Path each : List.of(file(temporary, NAME), CodeFolders.bad(temporary, NAME))) {
      Files.createFile(Files.createDirectory(each).resolve("kept"));
    }
    // when
    assertNull(cache.find(NAME));
    cache.keep(NAME, CODE);
    assertNull(cache.find(NAME));
    // then
    assertEquals(1, log.events("code_cache.damaged").size());
    assertEquals(1, log.events("code_cache.not_written").size());
    assertEquals(2, names(temporary).size());
  }

  @Test
  void a_name_that_would_leave_the_folder_is_neither_read_nor_written() {
    CodeCache cache = CodeCache.at(temporary.resolve("code"));
    assertNull(cache.find("../x"));
    cache.keep("../x", CODE);

    assertFalse(Files.exists(temporary.resolve("code")));
    assertEquals(1, log.events("code_cache.not_read").size());
    assertEquals(1, log.events("code_cache.not_written").size());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_full_disk_keeps_what_is_there_and_nothing_half_written() throws Exception {
    // given a disk of two megabytes, where one may be made
    Path disk = Files.createDirectory(temporary.resolve("disk"));
    assumeTrue(
        succeeds("mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", disk.toString()));
    try {
      AtomicLong nanos = new AtomicLong();
      CodeCache cache = CodeCache.at(disk, CodeCache.DEFAULT_MOST_BYTES, nanos::get, true);
      byte[] first = code(1, 1_500_000);
      cache.keep("first", first);
      // when
      cache.keep("second", code(2, 1_500_000));
      cache.keep("first", code(3, 1_500_000));
      // then
      assertEquals(1, log.events("code_cache.not_written").size());
      assertEquals(1, log.allEvents().size());
      assertEquals(List.of(CodeKey.of("first").fileName()), names(disk));
      assertArrayEquals(first, cache.find("first"));
      assertEquals(new CodeCache.Statistics(1, 0, 0, 1, 2), cache.statistics());

      // when there is room, and then no more writing at all
      cache.keep("small", CODE);
      Files.write(file(disk, "damaged"), new byte[1]);
      assumeTrue(succeeds("mount", "-o", "remount,ro", disk.toString()));
      nanos.addAndGet(MINUTE);
      cache.keep("late", CODE);
      // then it is read all the same
      assertArrayEquals(CODE, cache.find("small"));
      assertNull(cache.find("damaged"));
      assertNull(cache.find("damaged"));
      assertEquals(1, log.events("code_cache.damaged").size());
      assertEquals(2, log.events("code_cache.not_written").size());
    } finally {
      succeeds("umount", disk.toString());
    }
  }
}
