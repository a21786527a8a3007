package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.testkit.RealRuntimes;

class RuntimeVersionTest {
  /** "node", "sub", then 1, 0xFFFFFFFE, 3. */
  private static final String NODE = "106e6f6465" + "0c737562" + "01000000feffffff03000000";

  @Test
  void fields_are_decoded_in_their_order() {
    // when
    RuntimeVersion version = decode(NODE);
    // then
    assertEquals(new RuntimeVersion("node", "sub", 1, 0xFFFF_FFFEL, 3), version);
  }

  @Test
  void what_follows_is_ignored() {
    // when
    RuntimeVersion version = decode(NODE + "ffffffffffffff");
    // then
    assertEquals(decode(NODE), version);
  }

  @Test
  void a_name_may_be_empty_or_long_or_beyond_ascii() {
    // given 70 times 2 bytes, whose length takes 2 bytes itself: 140 << 2 | 1
    String umlauts = "3102" + "c3a4".repeat(70);
    // when
    RuntimeVersion version = decode("00" + umlauts + "010000000200000003000000");
    // then
    assertEquals(new RuntimeVersion("", "ä".repeat(70), 1, 2, 3), version);
  }

  @Test
  void bytes_cut_anywhere_are_refused() {
    // given
    byte[] scale = HexFormat.of().parseHex(NODE);
    for (int length = 0; length < scale.length; length++) {
      byte[] cut = Arrays.copyOf(scale, length);
      // when, then
      assertThrows(IllegalArgumentException.class, () -> RuntimeVersion.decode(cut));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', 'spec_name: 1 bytes wanted, 0 left'",
    "106e6f, 'spec_name: 4 bytes wanted, 2 left'",
    "01, 'spec_name: 2 bytes wanted, 1 left'",
    "02ffff, 'spec_name: 4 bytes wanted, 3 left'",
    "03ffffff, 'spec_name: 4 bytes wanted, 3 left'",
    "03ffffffff, 'spec_name: 4294967295 bytes wanted, 0 left'",
    "0700000000, 'spec_name: a compact number of more than 32 bits'",
    "fd00, 'spec_name: a compact number in more bytes than it takes'",
    "feff0000, 'spec_name: a compact number in more bytes than it takes'",
    "03ffffff3f, 'spec_name: a compact number in more bytes than it takes'",
    "04ff, 'spec_name: text that is not UTF-8'",
    "0008c328, 'impl_name: text that is not UTF-8'",
    "0000010000, 'authoring_version: 4 bytes wanted, 3 left'",
    "000001000000, 'spec_version: 4 bytes wanted, 0 left'",
    "0000010000000200000003, 'impl_version: 4 bytes wanted, 1 left'",
  })
  void a_refusal_names_field_and_reason(String scale, String reason) {
    // when
    var refusal = assertThrows(IllegalArgumentException.class, () -> decode(scale));
    // then
    assertEquals(reason, refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "fc, 63",
    "0101, 64",
    "fdff, 16383",
    "02000100, 16384",
    "feffffff, 1073741823",
    "0300000040, 1073741824",
    "03ffffffff, 4294967295",
  })
  void compact_numbers_are_read_up_to_the_last_of_each_width(String scale, long number) {
    // given
    ScaleReader reader = new ScaleReader(HexFormat.of().parseHex(scale));
    // when
    long read = reader.readCompactU32("number");
    // then
    assertEquals(number, read);
  }

  @Test
  void a_real_runtime_carries_a_version_that_is_decoded() {
    // given the custom section of a module: length of its name, name, content
    byte[] wasm = RuntimeCode.read(RealRuntimes.find(RealRuntimes.WESTEND)).wasm();
    byte[] section = "\u000fruntime_version".getBytes(StandardCharsets.US_ASCII);
    int at = indexOf(wasm, section) + section.length;
    // when
    RuntimeVersion version = RuntimeVersion.decode(Arrays.copyOfRange(wasm, at, wasm.length));
    // then
    assertEquals(new RuntimeVersion("westend", "parity-westend", 2, 9300, 0), version);
  }

  private static RuntimeVersion decode(String scale) {
    return RuntimeVersion.decode(HexFormat.of().parseHex(scale));
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int at = 0; at <= bytes.length - part.length; at++) {
      if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    throw new AssertionError("not found");
  }
}
