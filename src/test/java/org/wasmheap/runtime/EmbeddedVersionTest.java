package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.ModuleBytes.HEAP_BASE;
import static org.wasmheap.testkit.ModuleBytes.MEMORY;
import static org.wasmheap.testkit.ModuleBytes.bytes;
import static org.wasmheap.testkit.ModuleBytes.join;
import static org.wasmheap.testkit.ModuleBytes.module;
import static org.wasmheap.testkit.ModuleBytes.name;
import static org.wasmheap.testkit.ModuleBytes.section;
import static org.wasmheap.testkit.ModuleBytes.times;
import static org.wasmheap.testkit.ModuleBytes.u32;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.runtime.RuntimeVersion.Api;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;
import org.wasmheap.testkit.RealRuntimes;
import org.wasmheap.testkit.ThreadAllocation;

/**
 * Versions that are written in modules. Which section holds what, and which of several counts, is
 * from {@code read_embedded_version} and {@code custom_section_contents} of the Polkadot SDK; that
 * real modules have what they tell of themselves is tried where real runtimes are loaded.
 */
class EmbeddedVersionTest {
  /** "node", "sub", then 1, 2, 3, and no interfaces. */
  private static final String NODE = "106e6f6465" + "0c737562" + "010000000200000003000000" + "00";

  /** Ids from {@code printf Core | b2sum -l 64}, and so on. */
  private static final String CORE = "df6acb689907609b";

  private static final String BABE_API = "cbca25e39f142387";

  /** Transaction version 9, state version 1. */
  private static final String REST = "09000000" + "01";

  private static final OptionalLong NONE = OptionalLong.empty();

  private static byte[] version(String content) {
    return custom("runtime_version", HexFormat.of().parseHex(content));
  }

  private static byte[] apis(String content) {
    return custom("runtime_apis", HexFormat.of().parseHex(content));
  }

  private static byte[] custom(String name, byte[] content) {
    return section(0, name(name), content);
  }

  private static Optional<RuntimeVersion> read(byte[]... sections) {
    return RuntimeVersion.read(RuntimeCode.of("bytes", module(sections)));
  }

  private static RuntimeVersion node(List<Api> apis, OptionalLong transactions, int state) {
    return new RuntimeVersion("node", "sub", 1, 2, 3, apis, transactions, state);
  }

  @Test
  void a_version_is_read_from_two_sections_in_any_order_among_others() {
    // given
    byte[] version = version(NODE + REST);
    byte[] apis = apis(BABE_API + "02000000" + CORE + "04000000");
    RuntimeVersion expected =
        node(List.of(new Api("0x" + BABE_API, 2), new Api("0x" + CORE, 4)), OptionalLong.of(9), 1);
    // when, then
    assertEquals(Optional.of(expected), read(version, apis));
    assertEquals(Optional.of(expected), read(apis, version));
    assertEquals(
        Optional.of(expected),
        read(custom("name", bytes(1, 2)), MEMORY, apis, HEAP_BASE, custom("", bytes()), version));
  }

  static Stream<Arguments> ages() {
    return Stream.of(
        Arguments.of(CORE + "02000000", "", NONE, 0),
        Arguments.of(CORE + "02000000", REST, NONE, 0),
        Arguments.of(CORE + "03000000", "09000000", OptionalLong.of(9), 0),
        Arguments.of(CORE + "03000000", REST, OptionalLong.of(9), 0),
        Arguments.of(CORE + "04000000", REST, OptionalLong.of(9), 1),
        Arguments.of(CORE + "05000000", "0900000002", OptionalLong.of(9), 2),
        Arguments.of(BABE_API + "04000000", REST, NONE, 0),
        Arguments.of(CORE + "02000000" + CORE + "04000000", REST, NONE, 0));
  }

  @ParameterizedTest
  @MethodSource("ages")
  void the_interface_core_of_the_other_section_says_which_fields_there_are(
      String apis, String rest, OptionalLong transactions, int state) {
    // when
    RuntimeVersion version = read(version(NODE + rest), apis(apis)).orElseThrow();
    // then
    assertEquals(transactions, version.transactionVersion());
    assertEquals(state, version.stateVersion());
    assertEquals(apis.length() / 24, version.apis().size());
  }

  @Test
  void without_the_other_section_the_interfaces_of_the_first_count() {
    // given
    String listing = NODE.substring(0, NODE.length() - 2) + "04" + CORE + "04000000" + REST;
    // when, then
    assertEquals(
        Optional.of(node(List.of(new Api("0x" + CORE, 4)), OptionalLong.of(9), 1)),
        read(version(listing)));
    assertEquals(Optional.of(node(List.of(), NONE, 0)), read(version(NODE + REST)));
  }

  @Test
  void interfaces_of_the_other_section_replace_those_of_the_first() {
    // given a first section that lists Core, and another that does not
    String listing = NODE.substring(0, NODE.length() - 2) + "04" + CORE + "04000000" + REST;
    // when
    Optional<RuntimeVersion> version = read(version(listing), apis(BABE_API + "01000000"));
    // then the first says which fields there are
    assertEquals(
        Optional.of(node(List.of(new Api("0x" + BABE_API, 1)), OptionalLong.of(9), 1)), version);
  }

  @Test
  void of_two_sections_of_one_name_the_first_counts() {
    // given
    byte[] other = version("00" + "00" + "070000000700000007000000" + "00");
    // when
    Optional<RuntimeVersion> version =
        read(version(NODE), other, apis(BABE_API + "01000000"), apis(CORE + "04000000"));
    // then
    assertEquals(Optional.of(node(List.of(new Api("0x" + BABE_API, 1)), NONE, 0)), version);
  }

  static Stream<Arguments> withoutVersion() {
    byte[] content = HexFormat.of().parseHex(NODE);
    return Stream.of(
        Arguments.of("no sections", module()),
        Arguments.of("interfaces alone", module(apis(CORE + "04000000"))),
        Arguments.of("a longer name", module(custom("runtime_version2", content))),
        Arguments.of("a shorter name", module(custom("runtime_versio", content))),
        Arguments.of("another case", module(custom("Runtime_version", content))),
        Arguments.of("no custom section", module(section(11, name("runtime_version"), content))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("withoutVersion")
  void a_module_without_the_section_has_no_version(String what, byte[] wasm) {
    // when
    Optional<RuntimeVersion> version = RuntimeVersion.read(RuntimeCode.of("bytes", wasm));
    // then
    assertEquals(Optional.empty(), version);
  }

  @Test
  void a_real_runtime_has_its_version_in_it() {
    // given the section and its neighbour as a script of other makes reads them:
    // 1c "westend" 38 "parity-westend" 02000000 54240000 00000000 00 0d000000 00
    RuntimeCode code = RuntimeCode.read(RealRuntimes.find(RealRuntimes.WESTEND));
    // when
    RuntimeVersion version = RuntimeVersion.read(code).orElseThrow();
    // then
    assertEquals("westend", version.specName());
    assertEquals("parity-westend", version.implName());
    assertEquals(2, version.authoringVersion());
    assertEquals(9300, version.specVersion());
    assertEquals(0, version.implVersion());
    assertEquals(OptionalLong.of(13), version.transactionVersion());
    assertEquals(0, version.stateVersion());
    assertEquals(16, version.apis().size());
    assertEquals(new Api("0x" + CORE, 4), version.apis().get(0));
    assertEquals(new Api("0x17a6bc0d0062aeb3", 1), version.apis().get(15));
  }

  // What is refused.

  private static void assertRefused(String reason, byte[]... sections) {
    var refusal = assertThrows(IllegalArgumentException.class, () -> read(sections));
    assertEquals(reason, refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "'', 'spec_name: 1 bytes wanted, 0 left'",
    "106e6f, 'spec_name: 4 bytes wanted, 2 left'",
    "03ffffffff, 'spec_name: 4294967295 bytes wanted, 0 left'",
    "000001000000020000000300000000, 'transaction_version: 4 bytes wanted, 0 left'",
    "00000100000002000000030000000009000000, 'state_version: 1 bytes wanted, 0 left'",
  })
  void a_section_that_is_no_version_is_refused_with_field_and_reason(
      String version, String reason) {
    assertRefused(reason, version(version), apis(CORE + "04000000"));
  }

  @Test
  void interfaces_that_are_clipped_are_refused() {
    assertRefused(
        "apis: 23 bytes, no multiple of 12",
        version(NODE + REST),
        apis(CORE + "04000000" + BABE_API + "010000"));
  }

  @Test
  void more_interfaces_than_any_runtime_has_are_refused_before_they_are_read() {
    // given
    byte[] api = HexFormat.of().parseHex(CORE + "04000000");
    byte[] most = custom("runtime_apis", times(65_536, api));
    byte[] many = custom("runtime_apis", times(65_537, api));
    RuntimeCode code = RuntimeCode.of("bytes", module(version(NODE + REST), many));
    // when
    long bytes =
        ThreadAllocation.bytesOf(
            () -> assertThrows(IllegalArgumentException.class, () -> RuntimeVersion.read(code)));
    // then
    assertEquals(65_536, read(version(NODE + REST), most).orElseThrow().apis().size());
    assertRefused("apis: there are 65537, at most 65536 are read", version(NODE + REST), many);
    assertTrue(bytes < 2 << 20, () -> bytes + " bytes allocated");
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
        Arguments.of("the section at byte 8 claims 5 bytes, 4 are left", bytes(0, 5, 1, 2, 3, 4)),
        Arguments.of(
            "the section at byte 8 claims 4294967295 bytes, 1 are left",
            bytes(0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0)),
        Arguments.of(
            "the section at byte 8 claims 2147483648 bytes, 0 are left",
            bytes(1, 0x80, 0x80, 0x80, 0x80, 0x08)),
        Arguments.of(
            "the section at byte 13 claims 1 bytes, 0 are left", join(MEMORY, bytes(0, 1))),
        Arguments.of("it is cut off at byte 9", bytes(0)),
        Arguments.of("it is cut off at byte 10", bytes(0, 0x80)),
        Arguments.of("it is cut off at byte 10", bytes(0, 0)),
        Arguments.of(
            "a number has more than 32 bits, at byte 13", bytes(0, 0x80, 0x80, 0x80, 0x80, 0x10)),
        Arguments.of(
            "a number has more than 32 bits, at byte 13",
            bytes(0, 0x80, 0x80, 0x80, 0x80, 0x80, 0)),
        Arguments.of(
            "the name at byte 10 claims 3 bytes, 2 are left", bytes(0, 3, 3, 'a', 'b', 0, 1, 0)),
        Arguments.of(
            "the name at byte 10 claims 4294967295 bytes, 0 are left",
            bytes(0, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0)),
        Arguments.of("it is cut off at byte 11", bytes(0, 1, 0x80, 0)));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void a_module_that_is_not_made_of_sections_is_refused(String reason, byte[] rest) {
    // given
    byte[] wasm = module(rest);
    // when
    var refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> RuntimeVersion.read(RuntimeCode.of("bytes", wasm)));
    // then

    assertEquals("malformed wasm: " + reason, refusal.getMessage());
  }

  @Test
  void a_section_behind_those_that_are_wanted_is_not_looked_at() {
    // given
    byte[] version = version(NODE + REST);
    byte[] apis = apis(CORE + "04000000");
    // when
    Optional<RuntimeVersion> read = read(version, apis, bytes(0, 0x7F));
    // then
    assertEquals(Optional.of(1), read.map(RuntimeVersion::stateVersion));
  }

  @Test
  void sections_without_number_take_no_memory() {
    // given a million sections of two bytes, and behind them those that are wanted
    byte[] many = times(1 << 20, bytes(11, 0));
    byte[] wasm = module(many, version(NODE + REST), apis(CORE + "04000000"));
    RuntimeCode code = RuntimeCode.of("bytes", wasm);
    // when
    long bytes = ThreadAllocation.bytesOf(() -> RuntimeVersion.read(code));
    // then
    assertTrue(bytes < 1 << 20, () -> bytes + " bytes allocated");
  }

  /** A module with bytes changed, cut somewhere. */
  private static final Inputs<byte[]> DAMAGED =
      Inputs.of(EmbeddedVersionTest::damaged, wasm -> Stream.empty());

  private static byte[] damaged(Draws draws) {
    byte[] wasm =
        module(
            MEMORY,
            section(0, name("x"), u32(draws.number(0L, 0xFFFF_FFFFL))),
            version(NODE + REST),
            apis(BABE_API + "02000000" + CORE + "04000000"));
    for (int changes = draws.between(1, 4); changes > 0; changes--) {
      wasm[draws.between(8, wasm.length - 1)] = (byte) draws.between(0, 255);
    }
    return draws.coin() ? wasm : Arrays.copyOf(wasm, draws.between(8, wasm.length));
  }

  @Test
  void whatever_the_bytes_there_is_a_version_or_none_or_a_refusal() {
    Property.assertHolds(
        20_000,
        DAMAGED,
        wasm -> {
          RuntimeCode code = RuntimeCode.of("bytes", wasm);
          try {
            RuntimeVersion.read(code).ifPresent(RuntimeVersion::encode);
          } catch (IllegalArgumentException refused) {
            assertTrue(String.valueOf(refused.getMessage()).length() < 200);
          }
        });
  }
}
