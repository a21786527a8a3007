package org.wasmheap.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.runtime.CodeFolders.NAME;
import static org.wasmheap.runtime.CodeFolders.bad;
import static org.wasmheap.runtime.CodeFolders.code;
import static org.wasmheap.runtime.CodeFolders.file;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.Property;

/** Files that have the name of compiled code, and are something else, or a part of it. */
@Timeout(60)
class DamagedCodeTest {
  private static final byte[] CODE = code(1, 300);

  /** Where the lengths stand that a file claims: behind the mark and the number of the layout. */
  private static final int KEY_LENGTH_AT = 12;

  private static final int CODE_LENGTH_AT = 16;

  @TempDir private Path folder;
  private byte[] good = new byte[0];

  @BeforeEach
  void keep() throws IOException {
    CodeCache.at(folder).keep(NAME, CODE);
    good = Files.readAllBytes(file(folder, NAME));
    assertEquals(CodeFile.length(CodeKey.of(NAME).bytes(), CODE), good.length);
  }

  private void write(byte[] content) throws IOException {
    Files.write(file(folder, NAME), content);
  }

  private byte[] changed(int at, int number) {
    byte[] bytes = good.clone();
    ByteBuffer.wrap(bytes).putInt(at, number);
    return bytes;
  }

  /** Nothing is found, the file is aside, and a new one takes its place. */
  private void assertPutAside(String why) {
    CodeCache cache = CodeCache.at(folder);
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      assertNull(cache.find(NAME), why);
      assertNull(cache.find(NAME), why);
      assertEquals(new CodeCache.Statistics(0, 2, 1, 0, 0), cache.statistics());
      assertFalse(Files.exists(file(folder, NAME), LinkOption.NOFOLLOW_LINKS));
      assertTrue(Files.exists(bad(folder, NAME), LinkOption.NOFOLLOW_LINKS));
      assertEquals(1, log.allEvents().size());
      assertEquals(
          Map.of(
              "folder",
              folder.toString(),
              "file",
              CodeKey.of(NAME).fileName(),
              "why",
              why,
              "aside",
              CodeKey.of(NAME).badName()),
          LogCapture.values(log.events("code_cache.damaged").get(0)));
      cache.keep(NAME, CODE);
      assertArrayEquals(CODE, cache.find(NAME));
    }
  }

  private record Flip(int at, int bit) {}

  @Test
  void no_byte_of_a_file_can_be_changed_unseen() {
    Inputs<Flip> flips =
        Inputs.of(
            draws -> new Flip(draws.between(0, good.length - 1), draws.between(0, 7)),
            flip -> flip.at() == 0 ? Stream.empty() : Stream.of(new Flip(flip.at() - 1, 0)));
    Property.assertHolds(
        2_000,
        flips,
        flip -> {
          byte[] damaged = good.clone();
          damaged[flip.at()] ^= (byte) (1 << flip.bit());
          write(damaged);
          CodeCache cache = CodeCache.at(folder);
          assertNull(cache.find(NAME));
          assertEquals(1, cache.statistics().damaged());
          assertArrayEquals(damaged, Files.readAllBytes(bad(folder, NAME)));
        });
  }

  @Test
  void a_file_that_is_cut_at_any_length_is_not_used() throws IOException {
    CodeCache cache = CodeCache.at(folder);
    for (int length = 0; length < good.length; length++) {
      write(Arrays.copyOf(good, length));
      assertNull(cache.find(NAME), "length " + length);
    }
    assertEquals(good.length, cache.statistics().damaged());
  }

  @Test
  void an_empty_file_is_put_aside() throws IOException {
    write(new byte[0]);
    assertPutAside("is too short");
  }

  @Test
  void a_file_with_more_behind_it_is_put_aside() throws IOException {
    write(Arrays.copyOf(good, good.length + 1));
    assertPutAside("has another length than it says");
  }

  @Test
  void a_huge_length_is_not_believed() throws IOException {
    for (int claimed : new int[] {Integer.MAX_VALUE, -1, Integer.MIN_VALUE, 301, 299}) {
      write(changed(CODE_LENGTH_AT, claimed));
      assertPutAside("has another length than it says");
      write(changed(KEY_LENGTH_AT, claimed));
      assertPutAside("has another key");
    }
  }

  @Test
  void a_huge_file_is_put_aside_before_memory_is_taken() throws IOException {
    // given files without content but their beginning, which takes no room on most disks
    for (long length : new long[] {CodeFile.MOST_CODE_BYTES + 1_000L, 1L << 40}) {
      try (RandomAccessFile file = new RandomAccessFile(file(folder, NAME).toFile(), "rw")) {
        file.setLength(length);
      }
      assertPutAside("is too long");
    }
  }

  @Test
  void the_file_of_other_code_under_this_name_is_put_aside() throws IOException {
    String other = "0x" + "a5".repeat(32);
    CodeCache.at(folder).keep(other, CODE);
    Files.copy(file(folder, other), file(folder, NAME), StandardCopyOption.REPLACE_EXISTING);
    assertPutAside("has another key");
  }

  @Test
  void a_file_of_something_else_is_put_aside() throws IOException {
    write("x".repeat(10_000).getBytes(UTF_8));
    assertPutAside("does not begin as compiled code does");
  }

  @Test
  void one_file_is_kept_aside_for_each_name() throws IOException {
    write(new byte[1]);
    assertNull(CodeCache.at(folder).find(NAME));
    write(new byte[2]);
    assertNull(CodeCache.at(folder).find(NAME));

    assertArrayEquals(new byte[2], Files.readAllBytes(bad(folder, NAME)));
    assertEquals(1, CodeFolders.names(folder).size());
  }

  @Test
  void a_folder_of_the_files_name_is_put_aside() throws IOException {
    Files.delete(file(folder, NAME));
    Path inside = Files.createDirectory(file(folder, NAME)).resolve("kept");
    Files.createFile(inside);
    assertPutAside("is a folder, a link or another special file");
    assertTrue(Files.exists(bad(folder, NAME).resolve("kept")));
  }

  @Test
  void a_folder_takes_the_place_of_a_file_that_is_aside_and_the_other_way() throws IOException {
    // given a file aside, then a folder
    write(new byte[1]);
    assertNull(CodeCache.at(folder).find(NAME));
    Files.createDirectory(file(folder, NAME));
    assertPutAside("is a folder, a link or another special file");
    assertTrue(Files.isDirectory(bad(folder, NAME)));
    // when a file again
    write(new byte[1]);
    assertPutAside("is too short");
    assertTrue(Files.isRegularFile(bad(folder, NAME)));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void a_link_of_the_files_name_is_put_aside_and_not_followed() throws IOException {
    Path elsewhere = folder.resolve("elsewhere");
    Files.move(file(folder, NAME), elsewhere);
    for (Path target : new Path[] {elsewhere, folder.resolve("nowhere"), Path.of("/dev/zero")}) {
      Files.deleteIfExists(file(folder, NAME));
      Files.createSymbolicLink(file(folder, NAME), target);
      assertPutAside("is a folder, a link or another special file");
    }
    assertArrayEquals(good, Files.readAllBytes(elsewhere));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_pipe_of_the_files_name_is_not_waited_for() throws Exception {
    Files.delete(file(folder, NAME));
    Process made = new ProcessBuilder("mkfifo", file(folder, NAME).toString()).start();
    assertEquals(0, made.waitFor());
    assertPutAside("is a folder, a link or another special file");
  }

  @Test
  void damage_that_cannot_be_put_aside_is_told_once_until_the_file_is_written_again()
      throws IOException {
    // given a folder in the way of what is put aside, which cannot be deleted
    Path inTheWay = Files.createDirectory(bad(folder, NAME)).resolve("kept");
    Files.createFile(inTheWay);
    CodeCache cache = CodeCache.at(folder);
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // when
      write(new byte[1]);
      assertNull(cache.find(NAME));
      assertNull(cache.find(NAME));
      // then
      assertEquals(1, log.events("code_cache.damaged").size());
      // when it is made anew, and damaged anew
      cache.keep(NAME, CODE);
      assertArrayEquals(CODE, cache.find(NAME));
      write(new byte[1]);
      assertNull(cache.find(NAME));
      // then
      assertEquals(2, log.events("code_cache.damaged").size());
      assertEquals(new CodeCache.Statistics(1, 3, 3, 1, 0), cache.statistics());
    }
  }
}
