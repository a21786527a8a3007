package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.CompressedCode.TINY_WASM;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.RealBlocks;
import org.wasmheap.testkit.RealRuntimes;

/** Genesis states; what makes the runtime among them has tests of its own. */
class ChainSpecificationTest {
  private static final HexFormat HEX = HexFormat.of();

  /** The entry that every state must have. */
  private static final String CODE = "'0x3a636f6465': '0x0061736d01000000'";

  @Test
  void the_state_is_bytes_by_bytes() {
    // when
    ChainSpecification specification = withTop(CODE + ", '0x00ff': '0xABcd'");
    // then
    assertEquals(
        List.of("00ff=abcd", "3a636f6465=0061736d01000000"), text(specification.genesis()));
  }

  @Test
  void a_value_is_found_by_any_array_of_the_keys_content() {
    // given
    NavigableMap<byte[], byte[]> genesis = withTop(CODE + ", '0x00ff': '0xabcd'").genesis();
    // when, then
    assertArrayEquals(HEX.parseHex("abcd"), genesis.get(HEX.parseHex("00ff")));
    assertNull(genesis.get(HEX.parseHex("00")));
  }

  @Test
  void keys_are_in_the_order_of_unsigned_bytes() {
    // when
    ChainSpecification specification =
        withTop("'0xff': '0x', '0x7f': '0x', '0x80': '0x', '0x7f00': '0x', '0x': '0x', " + CODE);
    // then
    assertEquals(
        List.of("", "3a636f6465", "7f", "7f00", "80", "ff"),
        specification.genesis().keySet().stream().map(HEX::formatHex).toList());
  }

  @Test
  void keys_and_values_may_be_empty() {
    // when
    ChainSpecification specification = withTop(CODE + ", '0x': '0x'");
    // then
    assertEquals(0, specification.genesis().get(new byte[0]).length);
  }

  @Test
  void of_a_key_that_is_there_twice_the_last_value_counts() {
    // when
    ChainSpecification specification =
        withTop("'0xaa': '0x01', '0xAA': '0x02', '0xaa': '0x03', " + CODE);
    // then
    assertEquals(2, specification.genesis().size());
    assertArrayEquals(new byte[] {3}, specification.genesis().get(HEX.parseHex("aa")));
  }

  @Test
  void the_runtime_is_that_of_the_same_file() {
    // given
    String json = raw("'top': {'0x3a686561707061676573': '0x0008000000000000', " + CODE + "}");
    // when
    RuntimeCode runtime = load(json).runtime();
    // then
    RuntimeCode same = RuntimeCode.of("spec.json", bytes(json));
    assertArrayEquals(TINY_WASM, runtime.wasm());
    assertEquals(OptionalLong.of(2048), runtime.heapPages());
    assertEquals(same.heapPages(), runtime.heapPages());
    assertEquals(same.toString(), runtime.toString());
  }

  @Test
  void child_tries_are_given_by_their_names() {
    // when
    ChainSpecification specification =
        withChildren("'0x02': {'0xbb': '0x01', '0xaa': '0x'}, '0x01': {}");
    // then
    NavigableMap<byte[], NavigableMap<byte[], byte[]>> children = specification.childrenDefault();
    assertEquals(List.of("01", "02"), children.keySet().stream().map(HEX::formatHex).toList());
    assertEquals(List.of("aa=", "bb=01"), text(children.get(new byte[] {2})));
    assertEquals(List.of(), text(children.get(new byte[] {1})));
    assertEquals(1, specification.genesis().size());
  }

  @Test
  void child_tries_may_come_before_the_main_trie() {
    // when
    ChainSpecification specification =
        load(raw("'childrenDefault': {'0x01': {}}, 'top': {" + CODE + "}"));
    // then
    assertEquals(1, specification.childrenDefault().size());
    assertEquals(1, specification.genesis().size());
  }

  @Test
  void of_a_child_trie_that_is_there_twice_the_last_counts_as_a_whole() {
    // when
    ChainSpecification specification =
        withChildren("'0xab': {'0xaa': '0x01'}, '0xAB': {'0xbb': '0x02'}");
    // then
    assertEquals(1, specification.childrenDefault().size());
    assertEquals(List.of("bb=02"), text(specification.childrenDefault().get(HEX.parseHex("ab"))));
  }

  @Test
  void without_child_tries_there_are_none() {
    // when
    ChainSpecification specification = withTop(CODE);
    // then
    assertEquals(Map.of(), specification.childrenDefault());
  }

  @Test
  void nobody_can_change_the_maps() {
    // given
    ChainSpecification specification = withChildren("'0x01': {'0xaa': '0xbb'}");
    NavigableMap<byte[], byte[]> child = specification.childrenDefault().get(new byte[] {1});
    byte[] key = {1};
    // when, then
    assertThrows(UnsupportedOperationException.class, () -> specification.genesis().put(key, key));
    assertThrows(
        UnsupportedOperationException.class,
        () -> specification.genesis().firstEntry().setValue(key));
    assertThrows(
        UnsupportedOperationException.class, () -> specification.childrenDefault().remove(key));
    assertThrows(UnsupportedOperationException.class, child::clear);
  }

  @Test
  void its_text_names_runtime_and_numbers() {
    // when
    ChainSpecification specification = withChildren("'0x01': {'0xaa': '0xbb'}");
    // then
    assertEquals(
        "ChainSpecification[" + specification.runtime() + ", 1 keys, 1 child tries]",
        specification.toString());
  }

  @Test
  void a_file_is_read_and_its_path_is_the_origin(@TempDir Path folder) throws IOException {
    // given
    Path file = Files.write(folder.resolve("spec.json"), bytes(raw("'top': {" + CODE + "}")));
    // when
    ChainSpecification specification = ChainSpecification.read(file);
    // then
    assertEquals(1, specification.genesis().size());
    assertEquals(file.toString(), specification.runtime().origin());
  }

  /** Numbers of entries and SHA-256 of {@link #digest}, computed by a few lines of Python. */
  static Stream<Arguments> realSpecifications() {
    return Stream.of(
        Arguments.of(
            RealBlocks.FOLDER_PROPERTY,
            RealBlocks.KUSAMA_GENESIS,
            3419,
            "89965e73bcbcc67d5b74fde2fe78609e9d1a53d2b3c16febf70126c3666753da"),
        Arguments.of(
            RealBlocks.FOLDER_PROPERTY,
            RealBlocks.WESTEND_GENESIS,
            93,
            "dd41763ceb73c1558522f707c51acc9e4f790d8e9e28fa4d5ce7e14d28f5fbca"),
        Arguments.of(
            RealRuntimes.FOLDER_PROPERTY,
            RealRuntimes.CORETIME,
            64,
            "b9f3fab4845b70bd76a56b059724e2792d7f09422d75ee8502a2145a919640e1"));
  }

  @ParameterizedTest
  @MethodSource("realSpecifications")
  void the_genesis_of_a_real_chain_is_read(String folder, String name, int keys, String digest) {
    // given
    Path file =
        folder.equals(RealBlocks.FOLDER_PROPERTY) ? RealBlocks.find(name) : RealRuntimes.find(name);
    // when
    ChainSpecification specification = ChainSpecification.read(file);
    // then
    assertEquals(keys, specification.genesis().size());
    assertEquals(digest, digest(specification.genesis()));
    assertEquals(Map.of(), specification.childrenDefault());
    assertEquals(RuntimeCode.read(file).toString(), specification.runtime().toString());
  }

  // What is refused.

  @Test
  void a_specification_cut_anywhere_is_refused_as_cut() {
    // given
    String json = raw("'childrenDefault': {'0x01': {'0xaa': '0xbb'}}, 'top': {" + CODE + "}");
    for (int length = 1; length < json.length(); length++) {
      // when
      String cut = json.substring(0, length);
      var refusal = assertThrows(RuntimeLoadException.class, () -> load(cut));
      // then
      String message = refusal.getMessage();
      assertTrue(
          message.startsWith("spec.json: chain specification is cut off, at line 1 column "),
          message);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "aa, 0x00, a key, 34",
    "0xa, 0x00, a key, 35",
    "0xzz, 0x00, a key, 36",
    "0Xaa, 0x00, a key, 36",
    "'', 0x00, a key, 32",
    "0xaa, 0x0, a value, 43",
    "0xaa, 0x0g, a value, 44",
    "0xaa, 00, a value, 42",
    "0xaa, 'with space', a value, 50",
  })
  void what_is_not_hexadecimal_is_refused_with_the_place_behind_it(
      String key, String value, String what, int column) {
    // given
    String entry = "'" + key + "': '" + value + "'";
    // when, then
    assertRefused(
        raw("'top': {" + entry + ", " + CODE + "}"),
        what
            + " of genesis.raw.top in the chain specification is not hexadecimal with 0x,"
            + " at line 1 column "
            + column);
  }

  @ParameterizedTest
  @CsvSource({
    "'{''x'': {}}', a key",
    "'{''0x01'': {''0xa'': ''0x''}}', a key",
    "'{''0x01'': {''0xaa'': ''0''}}', a value",
    "'{''0x01'': {''0x3a636f6465'': ''0''}}', a value",
  })
  void what_is_not_hexadecimal_in_child_tries_is_refused(String children, String what) {
    // when
    var refusal =
        assertThrows(RuntimeLoadException.class, () -> load(raw("'childrenDefault': " + children)));
    // then
    String reason =
        " of genesis.raw.childrenDefault in the chain specification is not hexadecimal with 0x, at";
    assertTrue(
        refusal.getMessage().startsWith("spec.json: " + what + reason), refusal.getMessage());
  }

  @Test
  void a_message_quotes_nothing_of_the_file() {
    // given
    String json = raw("'top': {'0xaa': '0x" + "\\u001b".repeat(100_000) + "'}");
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> load(json));
    // then
    String message = refusal.getMessage();
    assertTrue(message.length() < 200 && !message.contains("\u001b"), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'top': {'0xaa': {}}",
        "'top': {'0xaa': null}",
        "'top': []",
        "'childrenDefault': null",
        "'childrenDefault': {'0x01': '0x00'}",
        "'childrenDefault': {'0x01': {'0xaa': []}}",
      })
  void other_values_where_objects_or_text_should_be_are_refused(String raw) {
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> load(raw(raw)));
    // then
    String message = refusal.getMessage();
    assertTrue(
        message.startsWith("spec.json: chain specification is not laid out as one, at line 1"),
        message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'genesis': {}}",
        "{'genesis': {'raw': {'childrenDefault': {}}}}",
      })
  void a_specification_that_is_not_raw_is_refused(String json) {
    assertRefused(json, "chain specification is not raw: no genesis.raw.top");
  }

  @Test
  void a_specification_without_code_is_refused() {
    assertRefused(
        raw("'top': {'0xaa': '0xbb'}"),
        "chain specification has no :code (0x3a636f6465) in its genesis state");
  }

  @Test
  void a_part_that_is_there_twice_is_refused() {
    assertRefused(
        raw("'top': {" + CODE + "}, 'childrenDefault': {}, 'childrenDefault': {}"),
        "chain specification has \"childrenDefault\" twice, at line 1 column 109");
  }

  @Test
  void state_in_a_part_that_is_not_understood_is_refused() {
    assertRefused(
        raw("'top': {" + CODE + "}, 'children': {'0x01': {}}"),
        "chain specification has more than top and childrenDefault in genesis.raw,"
            + " at line 1 column 79");
  }

  @Test
  void wasm_is_refused() {
    // when
    var refusal =
        assertThrows(
            RuntimeLoadException.class, () -> ChainSpecification.of("code.wasm", TINY_WASM));
    // then
    assertEquals(
        "code.wasm: chain specification is not JSON, at line 1 column 1", refusal.getMessage());
  }

  @Test
  void an_empty_file_is_refused() {
    assertRefused("", "empty file");
  }

  @Test
  void an_absent_file_is_refused(@TempDir Path folder) {
    // given
    Path file = folder.resolve("absent.json");
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> ChainSpecification.read(file));
    // then
    assertEquals(file + ": no such file", refusal.getMessage());
  }

  private static void assertRefused(String json, String reason) {
    var refusal = assertThrows(RuntimeLoadException.class, () -> load(json));
    assertEquals("spec.json: " + reason, refusal.getMessage());
  }

  private static List<String> text(NavigableMap<byte[], byte[]> entries) {
    return entries.entrySet().stream()
        .map(each -> HEX.formatHex(each.getKey()) + "=" + HEX.formatHex(each.getValue()))
        .toList();
  }

  /** Of all keys and values in order, each behind its length, a big-endian u32. */
  private static String digest(NavigableMap<byte[], byte[]> entries) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      entries.forEach(
          (key, value) -> {
            for (byte[] each : List.of(key, value)) {
              digest.update(ByteBuffer.allocate(4).putInt(each.length).array());
              digest.update(each);
            }
          });
      return HEX.formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ChainSpecification withTop(String entries) {
    return load(raw("'top': {" + entries + "}"));
  }

  private static ChainSpecification withChildren(String children) {
    return load(raw("'top': {" + CODE + "}, 'childrenDefault': {" + children + "}"));
  }

  private static ChainSpecification load(String json) {
    return ChainSpecification.of("spec.json", bytes(json));
  }

  /** JSON in which single quotes stand for double ones. */
  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private static String raw(String parts) {
    return "{'genesis': {'raw': {" + parts + "}}}";
  }
}
