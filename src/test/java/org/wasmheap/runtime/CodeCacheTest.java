package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.runtime.CodeFolders.NAME;
import static org.wasmheap.runtime.CodeFolders.code;
import static org.wasmheap.runtime.CodeFolders.file;
import static org.wasmheap.runtime.CodeFolders.names;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.testkit.LogCapture;

/** A folder of compiled code in which nothing is wrong. */
@Timeout(60)
class CodeCacheTest {
  private static final int BYTES = 1_000;

  @TempDir private Path temporary;

  /** Not there before something is written. */
  private Path folder() {
    return temporary.resolve("code");
  }

  private static long fileBytes() {
    return CodeFile.length(CodeKey.of("a").bytes(), new byte[BYTES]);
  }

  /** As if it were used last so long ago. */
  private void used(String name, int secondsAgo) throws IOException {
    long millis = System.currentTimeMillis() - 1_000L * secondsAgo;
    Files.setLastModifiedTime(file(folder(), name), FileTime.fromMillis(millis));
  }

  @Test
  void what_was_kept_is_found_by_another_cache_on_the_folder() {
    // given
    byte[] code = code(1, BYTES);
    CodeCache first = CodeCache.at(folder());
    assertNull(first.find(NAME));
    // when
    first.keep(NAME, code);
    // then
    CodeCache second = CodeCache.at(folder());
    assertArrayEquals(code, second.find(NAME));
    assertNull(second.find("another"));
    assertEquals(new CodeCache.Statistics(0, 1, 0, 1, 0), first.statistics());
    assertEquals(new CodeCache.Statistics(1, 1, 0, 0, 0), second.statistics());
    assertEquals(List.of(CodeKey.of(NAME).fileName()), names(folder()));
  }

  @Test
  void the_last_writer_of_a_name_wins() {
    CodeCache cache = CodeCache.at(folder());
    cache.keep(NAME, code(1, BYTES));
    cache.keep(NAME, code(2, 10));

    assertArrayEquals(code(2, 10), cache.find(NAME));
  }

  @Test
  void code_of_no_bytes_is_code() {
    CodeCache cache = CodeCache.at(folder());
    cache.keep(NAME, new byte[0]);

    assertArrayEquals(new byte[0], cache.find(NAME));
  }

  @Test
  void code_of_other_versions_is_not_found() throws IOException {
    // given code of another JDK, another engine, another version of this library
    CodeKey key = CodeKey.of(NAME);
    CodeFolder folder = new CodeFolder(folder(), 1_000_000);
    folder.write(new CodeKey(NAME, key.engine(), key.library(), key.jdk() + 1), code(1, BYTES));
    folder.write(new CodeKey(NAME, "0.9.9", key.library(), key.jdk()), code(2, BYTES));
    folder.write(new CodeKey(NAME, key.engine(), "0.0.9", key.jdk()), code(3, BYTES));
    // when
    CodeCache cache = CodeCache.at(folder());
    // then
    assertNull(cache.find(NAME));
    assertEquals(new CodeCache.Statistics(0, 1, 0, 0, 0), cache.statistics());
  }

  @Test
  void what_was_not_used_for_longest_goes_when_the_bound_is_reached() throws IOException {
    // given room for three
    CodeCache cache = CodeCache.at(folder(), 3 * fileBytes());
    for (String name : List.of("a", "b", "c")) {
      cache.keep(name, code(1, BYTES));
    }
    used("a", 30);
    used("b", 20);
    used("c", 10);
    // when one is used, and a fourth comes
    assertArrayEquals(code(1, BYTES), cache.find("a"));
    cache.keep("d", code(1, BYTES));
    // then
    assertFalse(Files.exists(file(folder(), "b")));
    assertEquals(3, names(folder()).size());
  }

  @Test
  void what_was_just_written_stays_also_if_its_time_is_the_oldest() throws IOException {
    // given a file from the future
    CodeCache cache = CodeCache.at(folder(), fileBytes());
    cache.keep("a", code(1, BYTES));
    used("a", -1_000);
    // when
    cache.keep("b", code(1, BYTES));
    // then
    assertEquals(List.of(CodeKey.of("b").fileName()), names(folder()));
  }

  @Test
  void what_was_put_aside_counts_and_goes_first() throws IOException {
    // given one good file, and one put aside, which is newer
    CodeCache cache = CodeCache.at(folder(), 2 * fileBytes());
    cache.keep("b", code(1, BYTES));
    cache.keep("g", code(1, BYTES));
    used("g", 30);
    Files.move(file(folder(), "b"), CodeFolders.bad(folder(), "b"));
    // when
    cache.keep("n", code(1, BYTES));
    // then
    assertEquals(List.of(CodeKey.of("g").fileName(), CodeKey.of("n").fileName()), names(folder()));
  }

  @Test
  void files_of_others_are_neither_counted_nor_deleted() throws IOException {
    // given
    Files.createDirectory(folder());
    List<String> foreign =
        List.of(
            "notes.txt",
            "other.code",
            "wasmheap_a.code",
            CodeKey.of("a").fileName() + ".old",
            CodeKey.of("a").fileName() + ".tmp",
            "x" + CodeKey.of("a").fileName());
    for (String name : foreign) {
      Path file = Files.write(folder().resolve(name), new byte[10_000]);
      Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    }
    CodeCache cache = CodeCache.at(folder(), 2 * fileBytes());
    // when
    cache.keep("a", code(1, BYTES));
    cache.keep("b", code(1, BYTES));
    cache.keep("c", code(1, BYTES));
    // then
    List<String> left = names(folder());
    assertTrue(left.containsAll(foreign), left::toString);
    assertEquals(foreign.size() + 2, left.size(), left::toString);
  }

  @Test
  void code_that_is_larger_than_the_bound_is_not_written() {
    CodeCache cache = CodeCache.at(folder(), fileBytes() - 1);
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // when
      cache.keep("a", code(1, BYTES));
      cache.keep("a", code(1, BYTES + 1));
      // then
      assertFalse(Files.exists(folder()));
      assertEquals(new CodeCache.Statistics(0, 0, 0, 0, 2), cache.statistics());
      assertEquals(1, log.allEvents().size());
      assertEquals(
          Map.of("folder", folder().toString(), "why", "compiled code is larger than is allowed"),
          LogCapture.values(log.events("code_cache.not_written").get(0)));
    }
  }

  @Test
  void temporary_files_of_a_process_that_is_gone_are_deleted_after_an_hour() throws IOException {
    // given three, one of them being written, one from the future
    Files.createDirectory(folder());
    CodeKey key = CodeKey.of("a");
    Path old = Files.write(folder().resolve(key.temporaryName(1)), new byte[10]);
    Path young = Files.write(folder().resolve(key.temporaryName(2)), new byte[10]);
    Path future = Files.write(folder().resolve(key.temporaryName(3)), new byte[10]);
    long now = System.currentTimeMillis();
    Files.setLastModifiedTime(old, FileTime.fromMillis(now - 3_700_000));
    Files.setLastModifiedTime(young, FileTime.fromMillis(now - 3_400_000));
    Files.setLastModifiedTime(future, FileTime.fromMillis(now + 8_000_000));
    // when
    CodeCache.at(folder()).keep("b", code(1, BYTES));
    // then
    assertEquals(
        List.of(young.getFileName().toString(), CodeKey.of("b").fileName()), names(folder()));
  }

  @Test
  void temporary_files_count_in_the_bound_and_go_first_when_a_minute_old() throws IOException {
    // given room for two, a good file, and three that were being written
    CodeCache cache = CodeCache.at(folder(), 2 * fileBytes());
    cache.keep("a", code(1, BYTES));
    used("a", 10_000);
    List<Path> left = temporaryFiles(120, 90, 10);
    // when
    cache.keep("b", code(1, BYTES));
    // then the two of more than a minute are gone, and then the file that was not used for longest
    assertEquals(
        List.of(left.get(2).getFileName().toString(), CodeKey.of("b").fileName()), names(folder()));
  }

  /** Each as large as a file of code, written to last so many seconds ago. */
  private List<Path> temporaryFiles(int... secondsAgo) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int each : secondsAgo) {
      Path file = folder().resolve(CodeKey.of("a").temporaryName(each));
      Files.write(file, new byte[(int) fileBytes()]);
      long millis = System.currentTimeMillis() - 1_000L * each;
      Files.setLastModifiedTime(file, FileTime.fromMillis(millis));
      files.add(file);
    }
    return files;
  }

  @Test
  void temporary_files_are_looked_for_at_the_first_find_and_only_then() throws IOException {
    // given too many bytes, of good files also
    for (String name : List.of("a", "b", "c")) {
      CodeCache.at(folder()).keep(name, code(1, BYTES));
    }
    List<Path> left = temporaryFiles(4_000, 120, 10);
    CodeCache cache = CodeCache.at(folder(), 2 * fileBytes());
    // when
    assertNull(cache.find("another"));
    // then whoever reads deletes nothing good
    assertEquals(4, names(folder()).size());
    assertTrue(Files.exists(left.get(2)));
    // when
    temporaryFiles(120);
    assertNull(cache.find("another"));
    // then
    assertEquals(5, names(folder()).size());
  }

  @Test
  void an_interrupt_neither_harms_a_file_nor_is_lost() {
    CodeCache cache = CodeCache.at(folder());
    byte[] code = code(1, 3_000_000);
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // when
      Thread.currentThread().interrupt();
      cache.keep(NAME, code);
      byte[] found = cache.find(NAME);
      // then
      assertTrue(Thread.interrupted());
      assertArrayEquals(code, found);
      assertEquals(List.of(), log.allEvents());
      assertEquals(List.of(CodeKey.of(NAME).fileName()), names(folder()));
    }
  }

  @Test
  void threads_that_write_and_read_one_name_see_whole_files_only() throws Exception {
    // given
    CodeCache cache = CodeCache.at(folder(), 3 * CodeFile.length(new byte[200], new byte[50_000]));
    cache.keep(NAME, code(0, 50_000));
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    // when
    List<Future<Integer>> ended = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      int first = 100 * thread;
      Callable<Integer> work =
          () -> {
            start.await();
            int whole = 0;
            for (int i = 1; i <= 25; i++) {
              cache.keep(NAME, code(first + i, 50_000));
              byte[] found = cache.find(NAME);
              whole += found != null && CodeFolders.isWhole(found, 50_000) ? 1 : 0;
            }
            return whole;
          };
      ended.add(threads.submit(work));
    }
    start.countDown();
    // then
    for (Future<Integer> each : ended) {
      assertEquals(25, each.get());
    }
    threads.shutdown();
    assertEquals(new CodeCache.Statistics(100, 0, 0, 101, 0), cache.statistics());
    assertEquals(List.of(CodeKey.of(NAME).fileName()), names(folder()));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void a_folder_that_is_made_is_its_owners_alone() throws IOException {
    CodeCache.at(folder()).keep(NAME, code(1, BYTES));

    assertEquals("rwx------", modes(folder()));
    assertEquals("rw-------", modes(file(folder(), NAME)));
  }

  private static String modes(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void a_folder_that_others_may_write_in_is_told_of_once_and_used() throws IOException {
    for (String modes : List.of("rwxrwx---", "rwx---rwx")) {
      // given
      Path open = Files.createDirectory(temporary.resolve(modes));
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString(modes));
      try (LogCapture log = LogCapture.of(Level.WARN)) {
        // when
        CodeCache cache = CodeCache.at(open);
        assertNull(cache.find(NAME));
        cache.keep(NAME, code(1, BYTES));
        assertArrayEquals(code(1, BYTES), cache.find(NAME));
        // then
        assertEquals(1, log.allEvents().size());
        assertEquals(
            Map.of("folder", open.toString(), "why", "others than its owner may write in it"),
            LogCapture.values(log.events("code_cache.open_folder").get(0)));
      }
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void a_folder_of_another_user_is_told_of_once() throws IOException {
    // given one that its owner alone may write in, but for root
    Path foreign = Files.createDirectory(temporary.resolve("foreign"));
    CodeFolders.giveAway(foreign);
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // when
      CodeCache cache = CodeCache.at(foreign);
      assertNull(cache.find(NAME));
      cache.keep(NAME, code(1, BYTES));
      // then what this process wrote is its own
      assertArrayEquals(code(1, BYTES), cache.find(NAME));
      assertEquals(1, log.allEvents().size());
      assertEquals(
          Map.of("folder", foreign.toString(), "why", "it is of another user"),
          LogCapture.values(log.events("code_cache.open_folder").get(0)));
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void a_file_of_another_user_is_not_used_and_told_of_once() throws IOException {
    // given a good file, and a damaged one
    CodeCache cache = CodeCache.at(folder());
    cache.keep("a", code(1, BYTES));
    Path damaged = Files.write(file(folder(), "b"), new byte[1]);
    CodeFolders.giveAway(file(folder(), "a"));
    CodeFolders.giveAway(damaged);
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // when
      assertNull(cache.find("a"));
      assertNull(cache.find("b"));
      // then
      assertEquals(1, log.allEvents().size());
      assertEquals(
          Map.of("folder", folder().toString(), "why", "a file is of another user"),
          LogCapture.values(log.events("code_cache.not_read").get(0)));
      assertEquals(new CodeCache.Statistics(0, 2, 0, 1, 0), cache.statistics());
    }
    // when it is written anew
    cache.keep("a", code(2, BYTES));
    // then
    assertArrayEquals(code(2, BYTES), cache.find("a"));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void a_link_to_a_folder_is_a_folder() throws IOException {
    Path real = Files.createDirectory(temporary.resolve("real"));
    Files.createSymbolicLink(folder(), real);
    CodeCache cache = CodeCache.at(folder());
    cache.keep(NAME, code(1, BYTES));

    assertArrayEquals(code(1, BYTES), cache.find(NAME));
    assertEquals(1, names(real).size());
  }

  @Test
  void the_system_property_is_read_when_it_is_asked_for() {
    assertEquals(Optional.empty(), CodeCache.configured());
    try {
      System.setProperty(CodeCache.PROPERTY, "");
      assertEquals(Optional.empty(), CodeCache.configured());
      System.setProperty(CodeCache.PROPERTY, folder().toString());
      assertEquals("CodeCache[" + folder() + "]", CodeCache.configured().orElseThrow().toString());
      System.setProperty(CodeCache.PROPERTY, "a\0b");
      assertThrows(IllegalArgumentException.class, CodeCache::configured);
    } finally {
      System.clearProperty(CodeCache.PROPERTY);
    }
  }

  @Test
  void a_good_file_in_the_place_of_a_damaged_one_is_not_put_aside() throws IOException {
    // given a reader that has seen a damaged file
    Files.createDirectory(folder());
    CodeFolder reader = new CodeFolder(folder(), 1_000_000);
    CodeKey key = CodeKey.of(NAME);
    Files.write(file(folder(), NAME), new byte[1]);
    CodeFolder.Seen seen = reader.see(key);
    assertThrows(CodeFile.DamagedException.class, () -> reader.read(key, seen));
    // when another writes a good one, and then the reader puts aside what it saw
    CodeCache.at(folder()).keep(NAME, code(1, BYTES));
    reader.putAside(key, seen);
    // then
    assertEquals(List.of(key.fileName()), names(folder()));
    assertArrayEquals(code(1, BYTES), CodeCache.at(folder()).find(NAME));
    // when another has put it aside already, also with a folder in the way
    Files.delete(file(folder(), NAME));
    Files.createDirectory(CodeFolders.bad(folder(), NAME));
    reader.putAside(key, seen);
    // then it is no trouble
    assertEquals(List.of(key.badName()), names(folder()));
  }

  @Test
  void nothing_is_no_name_and_no_code() {
    CodeCache cache = CodeCache.at(folder());
    assertThrows(NullPointerException.class, () -> cache.keep(NAME, CodeFolders.nothing()));
    assertThrows(NullPointerException.class, () -> cache.keep(CodeFolders.nothing(), new byte[1]));
    assertThrows(NullPointerException.class, () -> cache.find(CodeFolders.nothing()));
  }

  @Test
  void what_cannot_be_a_cache_is_refused() throws IOException {
    Path zip = temporary.resolve("a.zip");
    try (FileSystem inside = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      Path foreign = inside.getPath("/code");
      assertThrows(IllegalArgumentException.class, () -> CodeCache.at(foreign));
    }
    assertThrows(IllegalArgumentException.class, () -> CodeCache.at(folder(), 0));
  }
}
