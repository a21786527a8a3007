package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.runtime.RuntimeVersion.Api;
import org.wasmheap.testkit.ThreadAllocation;

/**
 * Encodings by hand, field by field as {@code sp_version::RuntimeVersion} of the Polkadot SDK
 * declares them: two strings, three u32, a vector of pairs of 8 bytes and u32, u32, u8. Which of
 * the last two there are, its {@code decode_with_version_hint} says.
 */
class RuntimeVersionTest {
  /** "node", "sub", then 1, 0xFFFFFFFE, 3. */
  private static final String NODE = "106e6f6465" + "0c737562" + "01000000feffffff03000000";

  /** Ids from {@code printf Core | b2sum -l 64}, and so on. */
  private static final String CORE = "df6acb689907609b";

  private static final String BABE_API = "cbca25e39f142387";
  private static final String METADATA = "37e397fc7c91f5e4";

  private static final OptionalLong NONE = OptionalLong.empty();

  @Test
  void fields_are_decoded_in_their_order() {
    // given two interfaces, a transaction version, a state version
    String apis = "08" + CORE + "04000000" + BABE_API + "fdffffff";
    // when
    RuntimeVersion version = decode(NODE + apis + "fcffffff" + "01");
    // then
    assertEquals(
        new RuntimeVersion(
            "node",
            "sub",
            1,
            0xFFFF_FFFEL,
            3,
            List.of(new Api("0x" + CORE, 4), new Api("0x" + BABE_API, 0xFFFF_FFFDL)),
            OptionalLong.of(0xFFFF_FFFCL),
            1),
        version);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void before_version_3_of_core_nothing_follows_the_interfaces(long core) {
    // when
    RuntimeVersion version = decode(NODE + "04" + CORE + "0" + core + "000000");
    // then
    assertEquals(OptionalLong.of(core), version.apiVersion("Core"));
    assertEquals(NONE, version.transactionVersion());
    assertEquals(0, version.stateVersion());
  }

  @Test
  void without_core_nothing_follows_the_interfaces() {
    // when
    RuntimeVersion version = decode(NODE + "04" + METADATA + "04000000" + "09000000" + "01");
    // then
    assertEquals(NONE, version.transactionVersion());
    assertEquals(0, version.stateVersion());
  }

  @Test
  void with_version_3_of_core_there_is_a_transaction_version() {
    // when
    RuntimeVersion version = decode(NODE + "04" + CORE + "03000000" + "09000000" + "01");
    // then
    assertEquals(OptionalLong.of(9), version.transactionVersion());
    assertEquals(0, version.stateVersion());
  }

  @ParameterizedTest
  @CsvSource({"04000000, 00, 0", "04000000, 01, 1", "05000000, 02, 2", "ffffffff, ff, 255"})
  void from_version_4_of_core_on_there_is_a_state_version_as_it_is_given(
      String core, String given, int state) {
    // when
    RuntimeVersion version = decode(NODE + "04" + CORE + core + "09000000" + given);
    // then
    assertEquals(OptionalLong.of(9), version.transactionVersion());
    assertEquals(state, version.stateVersion());
  }

  @Test
  void of_an_interface_that_is_listed_twice_the_first_counts() {
    // given
    String apis = "08" + CORE + "02000000" + CORE + "04000000";
    // when
    RuntimeVersion version = decode(NODE + apis + "09000000" + "01");
    // then
    assertEquals(NONE, version.transactionVersion());
    assertEquals(OptionalLong.of(2), version.apiVersion("Core"));
    assertEquals(2, version.apis().size());
  }

  @Test
  void what_follows_is_ignored() {
    // when
    RuntimeVersion version = decode(NODE + "00" + "ffffffffffffff");
    // then
    assertEquals(decode(NODE + "00"), version);
  }

  @Test
  void a_name_may_be_empty_or_long_or_beyond_ascii() {
    // given 70 times 2 bytes, whose length takes 2 bytes itself: 140 << 2 | 1
    String umlauts = "3102" + "c3a4".repeat(70);
    // when
    RuntimeVersion version = decode("00" + umlauts + "010000000200000003000000" + "00");
    // then
    assertEquals(new RuntimeVersion("", "ä".repeat(70), 1, 2, 3, List.of(), NONE, 0), version);
  }

  @Test
  void interfaces_may_be_many() {
    // given 100 interfaces, a number that takes 2 bytes: 100 << 2 | 1
    String apis = "9101" + (METADATA + "02000000").repeat(99) + CORE + "04000000";
    // when
    RuntimeVersion version = decode(NODE + apis + "09000000" + "01");
    // then
    assertEquals(100, version.apis().size());
    assertEquals(1, version.stateVersion());
  }

  @Test
  void bytes_cut_anywhere_are_refused() {
    // given
    byte[] scale = HexFormat.of().parseHex(NODE + "04" + CORE + "04000000" + "09000000" + "01");
    for (int length = 0; length < scale.length; length++) {
      byte[] cut = Arrays.copyOf(scale, length);
      // when, then
      assertThrows(IllegalArgumentException.class, () -> RuntimeVersion.decode(cut));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"BabeApi", "0x" + BABE_API, "0xCBCA25E39F142387"})
  void an_interface_is_asked_for_by_name_or_id(String nameOrId) {
    // given
    RuntimeVersion version = decode(NODE + "08" + METADATA + "02000000" + BABE_API + "01000000");
    // when, then
    assertEquals(OptionalLong.of(1), version.apiVersion(nameOrId));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Core", "babeapi", "", "cbca25e39f142387", "0x0000000000000000"})
  void an_interface_that_is_not_listed_has_no_version(String nameOrId) {
    // given
    RuntimeVersion version = decode(NODE + "04" + BABE_API + "01000000");
    // when, then
    assertEquals(NONE, version.apiVersion(nameOrId));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x", "0xcbca25e39f14238", "0xcbca25e39f1423870", "0xcbca25e39f14238g"})
  void what_begins_as_an_id_and_is_none_is_refused(String id) {
    // given
    RuntimeVersion version = decode(NODE + "00");
    // when
    var refusal = assertThrows(IllegalArgumentException.class, () -> version.apiVersion(id));
    // then
    assertEquals(
        "the id of an interface must be 0x and 16 hexadecimal digits", refusal.getMessage());
  }

  @Test
  void interfaces_cannot_be_changed_afterwards() {
    // given
    List<Api> apis = new ArrayList<>(List.of(new Api("0x" + CORE, 2)));
    RuntimeVersion version = new RuntimeVersion("node", "sub", 1, 2, 3, apis, NONE, 0);
    // when
    apis.clear();
    // then
    assertEquals(1, version.apis().size());
    assertThrows(UnsupportedOperationException.class, () -> version.apis().clear());
  }

  @Test
  void memory_is_not_set_aside_for_interfaces_that_are_not_there() {
    // given a count of 2^30 - 1
    byte[] scale = HexFormat.of().parseHex(NODE + "feffffff" + CORE + "04000000");
    // when
    long bytes =
        ThreadAllocation.bytesOf(
            () -> assertThrows(IllegalArgumentException.class, () -> RuntimeVersion.decode(scale)));
    // then
    assertTrue(bytes < 1 << 20, () -> bytes + " bytes allocated");
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
    "0000010000000200000003000000, 'apis: 1 bytes wanted, 0 left'",
    "000001000000020000000300000004df6acb, 'apis: 12 bytes wanted, 3 left'",
    "000001000000020000000300000003ffffffff00, 'apis: 51539607540 bytes wanted, 1 left'",
    "000001000000020000000300000004df6acb689907609b030000, 'apis: 12 bytes wanted, 11 left'",
    "000001000000020000000300000004df6acb689907609b030000000900,"
        + " 'transaction_version: 4 bytes wanted, 2 left'",
    "000001000000020000000300000004df6acb689907609b0400000009000000,"
        + " 'state_version: 1 bytes wanted, 0 left'",
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

  // Encoding.

  static Stream<String> encodings() {
    String apis = "08" + CORE + "0%d000000" + BABE_API + "fdffffff";
    String umlauts = "3102" + "c3a4".repeat(70);
    return Stream.of(
        NODE + "00",
        NODE + "04" + BABE_API + "01000000",
        NODE + apis.formatted(1),
        NODE + apis.formatted(2),
        NODE + apis.formatted(3) + "fcffffff",
        NODE + apis.formatted(4) + "fcffffff" + "01",
        NODE + apis.formatted(5) + "00000000" + "ff",
        // Core twice, of which the first counts.
        NODE + "08" + CORE + "02000000" + CORE + "04000000",
        // Lengths that take one, two and four bytes.
        "00" + umlauts + "010000000200000003000000" + "00",
        "02000100" + "61".repeat(1 << 14) + "00" + "010000000200000003000000" + "00",
        NODE + "9101" + (METADATA + "02000000").repeat(99) + CORE + "04000000" + "09000000" + "01");
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void what_was_decoded_is_encoded_again_as_it_was(String scale) {
    // given
    RuntimeVersion version = decode(scale);
    // when
    byte[] encoded = version.encode();
    // then
    assertEquals(scale, HexFormat.of().formatHex(encoded));
  }

  @Test
  void a_transaction_version_that_is_absent_is_encoded_as_one_where_there_must_be_one() {
    // given
    RuntimeVersion version =
        new RuntimeVersion("node", "sub", 1, 2, 3, List.of(new Api("0x" + CORE, 4)), NONE, 1);
    // when
    RuntimeVersion decoded = RuntimeVersion.decode(version.encode());
    // then
    assertEquals(OptionalLong.of(1), decoded.transactionVersion());
    assertEquals(1, decoded.stateVersion());
  }

  static Stream<Arguments> versionsOutOfRange() {
    List<Api> core = List.of(new Api("0x" + CORE, 4));
    List<Api> noId = List.of(new Api(CORE, 4));
    List<Api> large = List.of(new Api("0x" + CORE, 1L << 32));
    OptionalLong one = OptionalLong.of(1);
    String id = "apis: the id of an interface must be 0x and 16 hexadecimal digits";
    return Stream.of(
        Arguments.of(
            new RuntimeVersion("", "", -1, 2, 3, core, one, 1),
            "authoring_version: -1 is out of range"),
        Arguments.of(
            new RuntimeVersion("", "", 1, 1L << 32, 3, core, one, 1),
            "spec_version: 4294967296 is out of range"),
        Arguments.of(
            new RuntimeVersion("", "", 1, 2, Long.MAX_VALUE, core, one, 1),
            "impl_version: 9223372036854775807 is out of range"),
        Arguments.of(new RuntimeVersion("", "", 1, 2, 3, noId, one, 1), id),
        Arguments.of(
            new RuntimeVersion("", "", 1, 2, 3, large, one, 1), "apis: 4294967296 is out of range"),
        Arguments.of(
            new RuntimeVersion("", "", 1, 2, 3, core, OptionalLong.of(-1), 1),
            "transaction_version: -1 is out of range"),
        Arguments.of(
            new RuntimeVersion("", "", 1, 2, 3, core, one, 256),
            "state_version: 256 is out of range"));
  }

  @ParameterizedTest
  @MethodSource("versionsOutOfRange")
  void what_cannot_be_encoded_is_refused_with_its_field(RuntimeVersion version, String reason) {
    // when
    var refusal = assertThrows(IllegalArgumentException.class, version::encode);
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
  void compact_numbers_are_written_in_as_few_bytes_as_can_be(String scale, long number) {
    // given
    ScaleWriter writer = new ScaleWriter();
    // when
    writer.writeCompactU32(number, "number");
    // then
    assertEquals(scale, HexFormat.of().formatHex(writer.bytes()));
  }

  private static RuntimeVersion decode(String scale) {
    return RuntimeVersion.decode(HexFormat.of().parseHex(scale));
  }
}
