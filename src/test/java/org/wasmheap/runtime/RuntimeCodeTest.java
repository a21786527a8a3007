package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.wasmheap.testkit.CompressedCode.TINY_WASM;
import static org.wasmheap.testkit.CompressedCode.blob;
import static org.wasmheap.testkit.CompressedCode.compressed;
import static org.wasmheap.testkit.CompressedCode.frame;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.RealRuntimes;
import org.wasmheap.testkit.ThreadAllocation;

class RuntimeCodeTest {
  /** BLAKE2b-256 of the shortest module, from {@code b2sum -l 256}. */
  private static final String TINY_HASH =
      "0xf6a5dbf080e9c9d7834145653bce4c8cded62e664d7ddcdb5c526f5877006d74";

  @TempDir Path folder;

  @Test
  void wasm_is_taken_as_it_is() {
    // when
    RuntimeCode code = RuntimeCode.of("bytes", TINY_WASM);
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 7})
  void compressed_wasm_is_unpacked(int kind) {
    // given
    byte[] stored = blob(kind, frame(TINY_WASM));
    // when
    RuntimeCode code = RuntimeCode.of("bytes", stored);
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  @Test
  void hash_of_plain_code_is_that_of_the_wasm() {
    // when
    RuntimeCode code = RuntimeCode.of("bytes", TINY_WASM);
    // then
    assertEquals(TINY_HASH, code.codeHashHex());
  }

  @Test
  void hash_of_compressed_code_is_not_that_of_the_wasm() {
    // when
    RuntimeCode code = RuntimeCode.of("bytes", compressed(TINY_WASM));
    // then
    assertNotEquals(TINY_HASH, code.codeHashHex());
  }

  @Test
  void a_hash_given_out_is_a_copy() {
    // given
    RuntimeCode code = RuntimeCode.of("bytes", TINY_WASM);
    // when
    code.codeHash()[0] ^= 1;
    // then
    assertEquals(TINY_HASH, "0x" + HexFormat.of().formatHex(code.codeHash()));
  }

  @Test
  void a_file_is_read_and_its_path_is_the_origin() throws IOException {
    // given
    Path file = Files.write(folder.resolve("tiny.wasm"), TINY_WASM);
    // when
    RuntimeCode code = RuntimeCode.read(file);
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
    assertEquals(file.toString(), code.origin());
  }

  @Test
  void its_text_names_origin_size_and_hash() {
    // when
    RuntimeCode code = RuntimeCode.of("bytes", TINY_WASM);
    // then
    assertEquals("RuntimeCode[bytes, 8 bytes, " + TINY_HASH + "]", code.toString());
  }

  @Test
  void plain_code_has_no_heap_pages() {
    // when
    RuntimeCode code = RuntimeCode.of("bytes", TINY_WASM);
    // then
    assertEquals(OptionalLong.empty(), code.heapPages());
  }

  @Test
  void a_real_compressed_runtime_is_unpacked() {
    // given
    Path file = RealRuntimes.find(RealRuntimes.WESTEND);
    // when
    RuntimeCode code = RuntimeCode.read(file);
    // then
    assertEquals(6_348_887, code.wasm().length);
    assertEquals(
        "0x53254267cd0f1c130e589831280844318e3e0cef26db07f35eef15c8f240cbc7", code.codeHashHex());
  }

  @Test
  void a_real_plain_runtime_is_taken_as_it_is() {
    // given
    Path file = RealRuntimes.find(RealRuntimes.KUSAMA);
    // when
    RuntimeCode code = RuntimeCode.read(file);
    // then
    assertEquals(1_079_370, code.wasm().length);
    assertEquals(
        "0xe43ef38640d2c788641f3429a20a5c755ca41148c69bae1db772c9c7a60509e4", code.codeHashHex());
  }

  @Test
  void a_real_chain_specification_gives_its_code() {
    // given
    Path file = RealRuntimes.find(RealRuntimes.CORETIME);
    // when
    RuntimeCode code = RuntimeCode.read(file);
    // then
    assertEquals(
        "0x7a0cb64bcbdfa276cc4ebebdc5e81bfab10eaa5e9e1122aac3a29a0551d6b2da", code.codeHashHex());
    assertArrayEquals(TINY_WASM, Arrays.copyOf(code.wasm(), TINY_WASM.length));
  }

  // What is refused.

  @Test
  void an_absent_file_is_refused() {
    // given
    Path file = folder.resolve("absent.wasm");
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> RuntimeCode.read(file));
    // then
    assertEquals(file + ": no such file", refusal.getMessage());
  }

  @Test
  void a_folder_is_refused() {
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> RuntimeCode.read(folder));
    // then
    assertEquals(folder + ": a folder, not a file", refusal.getMessage());
  }

  @Test
  void a_file_that_may_not_be_read_is_refused() throws IOException {
    // given
    Path file = Files.write(folder.resolve("secret.wasm"), TINY_WASM);
    assumeFalse(
        file.toFile().setReadable(false) && Files.isReadable(file), "this user may read all");
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> RuntimeCode.read(file));
    // then
    assertEquals(file + ": permission denied", refusal.getMessage());
  }

  @Test
  void a_path_through_a_file_is_refused() throws IOException {
    // given
    Path file = Files.write(folder.resolve("tiny.wasm"), TINY_WASM).resolve("inner.wasm");
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> RuntimeCode.read(file));
    // then
    assertEquals(file + ": cannot be read: Not a directory", refusal.getMessage());
  }

  @Test
  void an_empty_file_is_refused() throws IOException {
    // given
    Path file = Files.createFile(folder.resolve("empty.wasm"));
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> RuntimeCode.read(file));
    // then
    assertEquals(file + ": empty file", refusal.getMessage());
  }

  @Test
  void a_file_that_is_too_large_is_refused_unread() throws IOException {
    // given a file that takes no room on most disks
    Path file = folder.resolve("large.wasm");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[1]), RuntimeCode.MAX_FILE_BYTES);
    }
    // when
    long bytes =
        ThreadAllocation.bytesOf(
            () -> {
              var refusal = assertThrows(RuntimeLoadException.class, () -> RuntimeCode.read(file));
              // then
              assertEquals(file + ": too large, more than 256 MiB", refusal.getMessage());
            });
    assertTrue(bytes < 1 << 20, () -> bytes + " bytes allocated");
  }

  @Test
  void text_is_refused() {
    assertRefused(
        "Not Found\n".getBytes(StandardCharsets.US_ASCII),
        "neither wasm nor compressed wasm nor a chain specification");
  }

  @Test
  void white_space_is_refused() {
    assertRefused(
        " \n".getBytes(StandardCharsets.US_ASCII),
        "neither wasm nor compressed wasm nor a chain specification");
  }

  @Test
  void zstd_without_the_prefix_is_refused() {
    assertRefused(frame(TINY_WASM), "neither wasm nor compressed wasm nor a chain specification");
  }

  @Test
  void a_prefix_without_its_last_byte_is_refused() {
    assertRefused(
        Arrays.copyOf(compressed(TINY_WASM), 7),
        "neither wasm nor compressed wasm nor a chain specification");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 7})
  void a_magic_number_without_version_is_refused(int length) {
    assertRefused(Arrays.copyOf(TINY_WASM, length), "wasm, cut off in its header");
  }

  @Test
  void another_version_of_wasm_is_refused() {
    assertRefused(
        HexFormat.of().parseHex("0061736d0d000100"), "wasm of version 65549, only 1 is supported");
  }

  @Test
  void another_virtual_machine_is_refused() {
    assertRefused(
        "PVM\0\1".getBytes(StandardCharsets.US_ASCII), "PolkaVM code, only wasm is supported");
  }

  @Test
  void compressed_code_of_another_virtual_machine_is_refused() {
    assertRefused(blob(8, frame(TINY_WASM)), "PolkaVM code, only wasm is supported");
  }

  @Test
  void a_compressed_proof_is_refused() {
    assertRefused(blob(6, frame(TINY_WASM)), "proof of validity, not code");
  }

  @Test
  void a_compressed_blob_of_unknown_kind_is_refused() {
    assertRefused(blob(9, frame(TINY_WASM)), "compressed data of unknown kind 9");
  }

  @Test
  void a_prefix_alone_is_refused() {
    assertRefused(blob(5, new byte[0]), "compressed code is cut off");
  }

  @Test
  void compressed_text_is_refused() {
    assertRefused(
        compressed("hello".getBytes(StandardCharsets.US_ASCII)),
        "compressed data with no wasm inside");
  }

  @Test
  void compressed_code_in_compressed_code_is_refused() {
    assertRefused(compressed(compressed(TINY_WASM)), "compressed data with no wasm inside");
  }

  @Test
  void a_cut_header_in_compressed_code_is_refused() {
    assertRefused(compressed(Arrays.copyOf(TINY_WASM, 5)), "wasm, cut off in its header");
  }

  @Test
  void code_that_unpacks_to_too_much_is_refused() {
    // given
    byte[] content = Arrays.copyOf(TINY_WASM, RuntimeCode.MAX_UNPACKED_BYTES + 1);
    // when, then
    assertRefused(compressed(content), "compressed code unpacks to more than 52428800 bytes");
  }

  @Test
  void a_refusal_is_the_hosts_doing() {
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> RuntimeCode.of("x", new byte[1]));
    // then
    assertFalse(refusal.isDeterministic());
  }

  private static void assertRefused(byte[] bytes, String reason) {
    var refusal =
        assertThrows(RuntimeLoadException.class, () -> RuntimeCode.of("the origin", bytes));
    assertEquals("the origin: " + reason, refusal.getMessage());
  }
}
