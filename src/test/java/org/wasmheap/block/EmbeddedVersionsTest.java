package org.wasmheap.block;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.testkit.Guests;

/** What a runtime is told of code that it may become. */
@Timeout(120)
class EmbeddedVersionsTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final EmbeddedVersions versions = new EmbeddedVersions();

  @Test
  void the_sections_of_a_runtime_say_its_version() throws Exception {
    // when
    byte[] version = versions.versionOf(RuntimeCode.sample().wasm(), LONG);
    // then
    assertNotNull(version);
    assertEquals("wasm-heap-sample", RuntimeVersion.decode(version).specName());
  }

  @Test
  void a_runtime_without_sections_is_asked_and_says_the_same() throws Exception {
    // given: custom sections are behind all others, which are not touched
    byte[] wasm = RuntimeCode.sample().wasm();
    byte[] bare = withoutCustomSections(wasm);
    // when
    byte[] asked = versions.versionOf(bare, LONG);
    // then
    assertArrayEquals(versions.versionOf(wasm, LONG), asked);
  }

  /** By the binary format: id, size as LEB128, content. */
  private static byte[] withoutCustomSections(byte[] wasm) {
    byte[] kept = Arrays.copyOf(wasm, wasm.length);
    int to = 8;
    for (int at = 8; at < wasm.length; ) {
      int start = at;
      int id = wasm[at++];
      int size = 0;
      for (int shift = 0; ; shift += 7) {
        int octet = wasm[at++];
        size |= (octet & 0x7F) << shift;
        if (octet >= 0) {
          break;
        }
      }
      at += size;
      if (id != 0) {
        System.arraycopy(wasm, start, kept, to, at - start);
        to += at - start;
      }
    }
    return Arrays.copyOf(kept, to);
  }

  @Test
  void what_is_handed_out_is_a_copy_of_what_is_kept() throws Exception {
    // given
    byte[] first = versions.versionOf(RuntimeCode.sample().wasm(), LONG);
    byte[] before = first.clone();
    // when
    first[0]++;
    // then
    assertArrayEquals(before, versions.versionOf(RuntimeCode.sample().wasm(), LONG));
  }

  @ParameterizedTest
  @ValueSource(strings = {"traps", "own_memory", "refused_start_trap"})
  void code_that_is_no_runtime_has_no_version(String guest) throws Exception {
    assertNull(versions.versionOf(Guests.wasm(guest), LONG));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8, 100})
  void bytes_that_are_no_code_have_no_version(int length) throws Exception {
    assertNull(versions.versionOf(new byte[length], LONG));
  }

  @Test
  void code_whose_section_is_damaged_has_no_version() throws Exception {
    // given: the name stays, what follows is cut
    byte[] wasm = RuntimeCode.sample().wasm().clone();
    byte[] name = "runtime_version".getBytes(US_ASCII);
    int at = 0;
    while (!Arrays.equals(wasm, at, at + name.length, name, 0, name.length)) {
      at++;
    }
    wasm[at + name.length] = -1;
    // then
    assertNull(versions.versionOf(wasm, LONG));
  }

  @Test
  void what_the_host_has_no_time_for_is_no_answer() {
    // given
    byte[] bare = withoutCustomSections(RuntimeCode.sample().wasm());
    // then
    assertThrows(ModuleRefusedException.class, () -> versions.versionOf(bare, Duration.ofNanos(1)));
  }
}
