package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.CompressedCode.TINY_WASM;
import static org.wasmheap.testkit.CompressedCode.compressed;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.ThreadAllocation;

/** Runtimes in chain specifications, as {@link RuntimeCode} finds them. */
class RuntimeInSpecificationTest {
  private static final String TINY_HEX = HexFormat.of().formatHex(TINY_WASM);

  @Test
  void plain_code_is_found_among_other_state() {
    // when
    RuntimeCode code = load(withCode("0x" + TINY_HEX));
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  @Test
  void compressed_code_is_unpacked() {
    // when
    RuntimeCode code = load(withCode("0x" + HexFormat.of().formatHex(compressed(TINY_WASM))));
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  @Test
  void the_hash_is_that_of_the_code_and_not_of_the_file() {
    // given
    byte[] stored = compressed(TINY_WASM);
    // when
    RuntimeCode code = load(withCode("0x" + HexFormat.of().formatHex(stored)));
    // then
    assertEquals(RuntimeCode.of("bytes", stored).codeHashHex(), code.codeHashHex());
  }

  @Test
  void white_space_may_come_first() {
    // when
    RuntimeCode code = load(" \t\r\n" + withCode("0x" + TINY_HEX) + "\n");
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  @Test
  void hexadecimal_text_may_be_of_either_case() {
    // when
    RuntimeCode code = load(raw("'0x3A636F6465': '0x0061736D01000000'"));
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  @Test
  void code_of_the_same_key_elsewhere_is_not_taken() {
    // given
    String elsewhere = "{'0x3a636f6465': '0x00', 'top': {'0x3a636f6465': '0x00'}}";
    String json =
        "{'codeSubstitutes': %s, 'genesis': {'other': %s, 'raw': {'top': {'0x3a636f6465': '0x%s'},"
            + " 'childrenDefault': %s}}, 'raw': %s}";
    // when
    RuntimeCode code = load(json.formatted(elsewhere, elsewhere, TINY_HEX, elsewhere, elsewhere));
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  @ParameterizedTest
  @CsvSource({
    "0x0008000000000000, 2048",
    "0xffffffffffffffff, -1",
    "0x000800000000000099, 2048",
  })
  void heap_pages_are_a_little_endian_u64(String value, long pages) {
    // when
    RuntimeCode code = load(raw(codeAnd("'0x3a686561707061676573': '" + value + "'")));
    // then
    assertEquals(OptionalLong.of(pages), code.heapPages());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x", "0x00080000000000"})
  void heap_pages_of_less_than_eight_bytes_are_none(String value) {
    // when
    RuntimeCode code = load(raw(codeAnd("'0x3a686561707061676573': '" + value + "'")));
    // then
    assertEquals(OptionalLong.empty(), code.heapPages());
  }

  @Test
  void without_heap_pages_there_are_none() {
    // when
    RuntimeCode code = load(withCode("0x" + TINY_HEX));
    // then
    assertEquals(OptionalLong.empty(), code.heapPages());
  }

  @Test
  void a_large_state_is_passed_over() {
    // given
    String value = "'0xaa': '0x" + "00".repeat(4 << 20) + "'";
    byte[] json = raw(codeAnd(value)).replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    // when
    long bytes = ThreadAllocation.bytesOf(() -> RuntimeCode.of("x", json));
    // then
    assertTrue(bytes < 1 << 20, () -> bytes + " bytes allocated");
  }

  // What is refused.

  @Test
  void a_specification_cut_anywhere_is_refused_as_cut() {
    // given
    String json = raw(codeAnd("'0xaa': '0xbb'"));
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

  @Test
  void broken_json_is_refused_with_its_place() {
    assertRefused(
        "{'name': 'x',\n  'id' 'y'}", "chain specification is not JSON, at line 2 column 9");
  }

  @Test
  void what_only_lenient_readers_take_for_json_is_refused() {
    assertRefused("{'a': TRUE}", "chain specification is not JSON, at line 1 column 7");
  }

  @Test
  void a_message_quotes_nothing_of_the_file() {
    // given
    String json = "{'\\u001b[2J\\n': {'genesis' 1}}";
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> load(json));
    // then
    assertEquals(
        "spec.json: chain specification is not JSON, at line 1 column 29", refusal.getMessage());
  }

  @Test
  void more_after_the_specification_is_refused() {
    assertRefused(
        withCode("0x" + TINY_HEX) + "{}", "chain specification is not JSON, at line 1 column 71");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'genesis': 1}",
        "{'genesis': {'raw': {'top': null}}}",
        "{'genesis': {'raw': {'top': {'0x3a636f6465': {}}}}}",
      })
  void other_values_where_objects_or_text_should_be_are_refused(String json) {
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> load(json));
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
        "{'genesis': {'raw': {}}}",
        "{'genesis': {'raw': []}}",
      })
  void a_specification_that_is_not_raw_is_refused(String json) {
    assertRefused(json, "chain specification is not raw: no genesis.raw.top");
  }

  @Test
  void a_raw_specification_without_code_is_refused() {
    assertRefused(
        raw("'0x3a636f64': '0x00'"),
        "chain specification has no :code (0x3a636f6465) in its genesis state");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0x0", "0xzz", "0061736d01000000", "0x 00"})
  void code_that_is_not_hexadecimal_is_refused(String value) {
    // then the place is behind the value
    int column = withCode(value).indexOf("'}") + 2;
    assertRefused(
        withCode(value),
        ":code in the chain specification is not hexadecimal with 0x, at line 1 column " + column);
  }

  @Test
  void heap_pages_that_are_not_hexadecimal_are_refused() {
    assertRefused(
        raw(codeAnd("'0x3a686561707061676573': '2048'")),
        ":heappages in the chain specification is not hexadecimal with 0x, at line 1 column 62");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x", "0x00", "0x7b7d"})
  void code_that_is_no_wasm_is_refused(String value) {
    assertRefused(
        withCode(value), ":code in the chain specification is neither wasm nor compressed wasm");
  }

  @Test
  void nesting_without_end_is_refused() {
    // given
    String json = "{'a': " + "[".repeat(100_000);
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> load(json));
    // then
    assertTrue(refusal.getMessage().startsWith("spec.json: chain specification is not JSON"));
  }

  @ParameterizedTest
  @CsvSource({
    "'{''genesis'': {''raw'': {''top'': {}}}, ''genesis'': {}}', genesis, 44",
    "'{''genesis'': {''raw'': {''top'': {}}, ''raw'': 1}}', raw, 39",
    "'{''genesis'': {''raw'': {''top'': {}, ''top'': {}}}}', top, 38",
  })
  void a_part_that_is_there_twice_is_refused(String json, String part, int column) {
    assertRefused(
        json, "chain specification has \"" + part + "\" twice, at line 1 column " + column);
  }

  @Test
  void of_a_key_that_is_there_twice_the_last_value_counts() {
    // when
    RuntimeCode code = load(raw("'0x3a636f6465': '0x00', '0x3A636F6465': '0x" + TINY_HEX + "'"));
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  private static void assertRefused(String json, String reason) {
    var refusal = assertThrows(RuntimeLoadException.class, () -> load(json));
    assertEquals("spec.json: " + reason, refusal.getMessage());
  }

  /** Loads JSON in which single quotes stand for double ones. */
  private static RuntimeCode load(String json) {
    return RuntimeCode.of("spec.json", json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static String withCode(String value) {
    return raw("'0x3a636f6465': '" + value + "'");
  }

  private static String codeAnd(String entry) {
    return entry + ", '0x3a636f6465': '0x" + TINY_HEX + "', '0xcc': '0xdd'";
  }

  private static String raw(String entries) {
    return "{'genesis': {'raw': {'top': {" + entries + "}}}}";
  }
}
