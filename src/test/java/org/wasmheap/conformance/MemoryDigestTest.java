package org.wasmheap.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.wasmheap.memory.LinearMemory.PAGE_SIZE;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.wasmheap.memory.LinearMemory;

class MemoryDigestTest {
  @Test
  void an_empty_memory_has_the_offset_basis() {
    // given
    LinearMemory memory = LinearMemory.sparse(0, 0);
    // then
    assertEquals(
        "H size=0 fnv=cbf29ce484222325 sparse=cbf29ce484222325",
        MemoryDigest.lineOf(memory, chunk -> true));
  }

  @Test
  void a_short_memory_has_the_published_digest_of_its_bytes() {
    // given
    ScriptedMemory memory = ScriptedMemory.ofBytes(LinearMemory::sparse, 6);
    memory.write(0, "foobar".getBytes(StandardCharsets.US_ASCII), 0, 6);
    // when
    String line = MemoryDigest.lineOf(memory, memory::mayHoldData);
    // then
    String sparse = hex(fnv(ByteBuffer.allocate(10).put(4, bytesOf("foobar")).array()));
    assertEquals("H size=6 fnv=85944171f73967e8 sparse=" + sparse, line);
  }

  @Test
  void zeros_before_between_and_after_count_in_the_first_digest_alone() {
    // given
    LinearMemory memory = LinearMemory.sparse(4, 4);
    memory.writeLong(PAGE_SIZE + 3, 0x0102_0304_0506_0708L);
    byte[] all = new byte[4 * PAGE_SIZE];
    memory.read(0, all, 0, all.length);
    ByteBuffer chunk = ByteBuffer.allocate(4 + PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    chunk.putInt(1).put(all, PAGE_SIZE, PAGE_SIZE);
    // when
    String line = MemoryDigest.lineOf(memory, index -> true);
    // then
    assertEquals("H size=262144 fnv=" + hex(fnv(all)) + " sparse=" + hex(fnv(chunk.array())), line);
  }

  @Test
  void over_64_mib_only_the_second_digest_is_told_and_only_chunks_with_data_are_read() {
    // given
    int pages = 1025;
    LinearMemory memory = LinearMemory.sparse(pages, pages);
    memory.writeLong(1024 * PAGE_SIZE, 1);
    ByteBuffer chunk = ByteBuffer.allocate(4 + PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    chunk.putInt(1024).put((byte) 1);
    // when
    String all = MemoryDigest.lineOf(memory, index -> true);
    String none = MemoryDigest.lineOf(memory, index -> false);
    // then
    assertEquals("H size=67174400 fnv=- sparse=" + hex(fnv(chunk.array())), all);
    assertEquals("H size=67174400 fnv=- sparse=cbf29ce484222325", none);
  }

  private static byte[] bytesOf(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static long fnv(byte[] bytes) {
    long digest = 0xcbf29ce484222325L;
    for (byte each : bytes) {
      digest = (digest ^ (each & 0xFF)) * 0x100000001b3L;
    }
    return digest;
  }

  private static String hex(long digest) {
    return "%016x".formatted(digest);
  }
}
