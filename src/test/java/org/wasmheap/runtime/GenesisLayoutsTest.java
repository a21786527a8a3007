package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.CompressedCode.TINY_WASM;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.RealBlocks;

/**
 * The layouts of a genesis state. The list is that of {@code service/res/kusama.json} in the
 * repository paritytech/polkadot until 2020, whose second element is empty; what keys it would have
 * is from the types of that time, {@code HashMap<StorageKey, HashMap<StorageKey, StorageData>>} by
 * the keys of the child tries' roots.
 */
class GenesisLayoutsTest {
  private static final HexFormat HEX = HexFormat.of();

  private static final String TOP =
      "{'0x3a636f6465': '0x0061736d01000000', '0x3a686561707061676573': '0x0008000000000000'}";

  /** {@code :child_storage:default:} by {@code xxd -p}. */
  private static final String PREFIX = "3a6368696c645f73746f726167653a64656661756c743a";

  /** All layouts of one state with two child tries. */
  static Stream<String> layouts() {
    String children = "{'0x02': {'0xbb': '0x01', '0xaa': '0x'}, '0x01': {}}";
    String byKeys =
        "{'0x%s02': {'0xbb': '0x01', '0xaa': '0x'}, '0x%s01': {}}".formatted(PREFIX, PREFIX);
    return Stream.of(
        "{'genesis': {'raw': {'top': %s, 'childrenDefault': %s}}}".formatted(TOP, children),
        "{'genesis': {'raw': [%s, %s]}}".formatted(TOP, byKeys),
        "{'genesis': {'top': %s, 'childrenDefault': %s}}".formatted(TOP, children),
        "{'genesis': {'childrenDefault': %s, 'top': %s}}".formatted(children, TOP));
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void a_state_is_the_same_in_every_layout(String json) {
    // when
    ChainSpecification specification = specification(json);
    // then
    NavigableMap<byte[], NavigableMap<byte[], byte[]>> children = specification.childrenDefault();
    assertEquals(
        List.of("3a636f6465=0061736d01000000", "3a686561707061676573=0008000000000000"),
        text(specification.genesis()));
    assertEquals(List.of("01", "02"), children.keySet().stream().map(HEX::formatHex).toList());
    assertEquals(List.of("aa=", "bb=01"), text(children.get(new byte[] {2})));
    assertEquals(List.of(), text(children.get(new byte[] {1})));
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void the_runtime_is_the_same_in_every_layout(String json) {
    // when
    RuntimeCode code = code(json);
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
    assertEquals(OptionalLong.of(2048), code.heapPages());
    assertEquals(code.toString(), specification(json).runtime().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'genesis': {'raw': {'top': %s, 'childrenDefault': 'any'}}}",
        "{'genesis': {'raw': [%s, 'any']}}",
        "{'genesis': {'childrenDefault': 'any', 'top': %s}}",
      })
  void child_tries_are_passed_over_where_the_runtime_alone_is_wanted(String json) {
    // when
    RuntimeCode code = code(json.formatted(TOP));
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  @Test
  void a_list_may_lack_its_children() {
    // when
    ChainSpecification specification = specification("{'genesis': {'raw': [%s]}}".formatted(TOP));
    // then
    assertEquals(2, specification.genesis().size());
    assertEquals(Map.of(), specification.childrenDefault());
  }

  @ParameterizedTest
  @ValueSource(strings = {RealBlocks.KUSAMA_GENESIS, RealBlocks.WESTEND_GENESIS})
  void a_real_genesis_is_the_same_as_a_list(String name) throws IOException {
    // given a specification, and the same with its state as a list
    byte[] bytes = Files.readAllBytes(RealBlocks.find(name));
    JsonObject json =
        JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8)).getAsJsonObject();
    JsonObject genesis = json.getAsJsonObject("genesis");
    JsonArray list = new JsonArray();
    list.add(genesis.getAsJsonObject("raw").get("top"));
    list.add(new JsonObject());
    genesis.add("raw", list);
    byte[] listed = json.toString().getBytes(StandardCharsets.UTF_8);
    // when
    ChainSpecification specification = ChainSpecification.of(name, listed);
    // then
    ChainSpecification same = ChainSpecification.of(name, bytes);
    assertEquals(same.toString(), specification.toString());
    assertEquals(text(same.genesis()), text(specification.genesis()));
    assertEquals(same.runtime().toString(), RuntimeCode.of(name, listed).toString());
  }

  // What is refused.

  @Test
  void a_list_cut_anywhere_is_refused_as_cut() {
    // given
    String json = "{'genesis': {'raw': [%s, {'0x%s01': {'0xaa': '0xbb'}}]}}".formatted(TOP, PREFIX);
    for (int length = 1; length < json.length(); length++) {
      // when
      String cut = json.substring(0, length);
      var refusal = assertThrows(RuntimeLoadException.class, () -> specification(cut));
      // then
      String message = refusal.getMessage();
      assertTrue(
          message.startsWith("spec.json: chain specification is cut off, at line 1 column "),
          message);
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "'raw': [{'0xzz': '0x'}] | a key of genesis.raw[0] in the chain specification is not"
            + " hexadecimal with 0x, at line 1 column 28",
        "'raw': [{'0xaa': '0'}] | a value of genesis.raw[0] in the chain specification is not"
            + " hexadecimal with 0x, at line 1 column 33",
        "'raw': [{'0x3a636f6465': '0'}] | :code in the chain specification is not"
            + " hexadecimal with 0x, at line 1 column 41",
        "'raw': [{}, {'y': {}}] | a key of genesis.raw[1] in the chain specification is not"
            + " hexadecimal with 0x, at line 1 column 29",
        "'raw': [{}, {'0x3a6368696c645f73746f726167653a64656661756c74': {}}]"
            + " | chain specification has a child trie whose key does not begin with"
            + " :child_storage:default:, at line 1 column 74",
        "'raw': [{}, {'0x3a6368696c645f73746f726167653a6f746865723a0000000000': {}}]"
            + " | chain specification has a child trie whose key does not begin with"
            + " :child_storage:default:, at line 1 column 82",
        "'raw': [{}, {'0x01': {}}] | chain specification has a child trie whose key does not"
            + " begin with :child_storage:default:, at line 1 column 32",
        "'raw': [{}, {}, {}] | chain specification has more than two parts in genesis.raw,"
            + " at line 1 column 30",
        "'raw': [{}, {}] | chain specification has no :code (0x3a636f6465) in its genesis state",
        "'raw': [] | chain specification is not raw: no genesis.raw.top",
        "'raw': [[]] | chain specification is not laid out as one, at line 1 column 22",
        "'raw': [{}, []] | chain specification is not laid out as one, at line 1 column 26",
        "'top': [] | chain specification is not laid out as one, at line 1 column 21",
        "'top': {'0xa': '0x'} | a key of genesis.top in the chain specification is not"
            + " hexadecimal with 0x, at line 1 column 26",
        "'childrenDefault': {'0xaa': {'0xbb': ''}} | a value of genesis.childrenDefault in the"
            + " chain specification is not hexadecimal with 0x, at line 1 column 52",
        "'childrenDefault': {} | chain specification is not raw: no genesis.raw.top",
        "'top': {}, 'raw': {'top': {}} | chain specification has a state twice, in genesis and"
            + " in genesis.raw, at line 1 column 37",
        "'raw': [{}], 'top': {} | chain specification has a state twice, in genesis.raw and in"
            + " genesis, at line 1 column 31",
        "'raw': {'top': {}}, 'childrenDefault': {} | chain specification has a state twice, in"
            + " genesis.raw and in genesis, at line 1 column 50",
        "'top': {}, 'top': {} | chain specification has \"top\" twice, at line 1 column 29",
      })
  void a_layout_that_is_not_understood_is_refused(String genesis, String reason) {
    // when
    var refusal =
        assertThrows(
            RuntimeLoadException.class,
            () -> specification("{'genesis':{" + genesis.strip() + "}}"));
    // then
    assertEquals("spec.json: " + reason.strip(), refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"runtimeGenesis", "runtime", "runtimeGenesisConfig", "runtimeGenesisConfigPatch"})
  void a_plain_specification_is_told_by_what_it_has(String name) {
    // given
    String json = "{'genesis': {'" + name + "': {'code': '0x00', 'patch': {'top': {}}}}}";
    String reason =
        "spec.json: chain specification is plain: it has genesis."
            + name
            + " in place of a state; a node's \"build-spec --raw\" makes a raw one of it";
    // when
    var code = assertThrows(RuntimeLoadException.class, () -> code(json));
    var state = assertThrows(RuntimeLoadException.class, () -> specification(json));
    // then
    assertEquals(reason, code.getMessage());
    assertEquals(reason, state.getMessage());
  }

  @Test
  void a_light_specification_is_told_by_what_it_has() {
    // given
    String json = "{'lightSyncState': {}, 'genesis': {'stateRootHash': '0x00'}}";
    String reason =
        "spec.json: chain specification is light: it has genesis.stateRootHash in place of a state";
    // when
    var code = assertThrows(RuntimeLoadException.class, () -> code(json));
    var state = assertThrows(RuntimeLoadException.class, () -> specification(json));
    // then
    assertEquals(reason, code.getMessage());
    assertEquals(reason, state.getMessage());
  }

  @Test
  void a_raw_state_beside_a_root_counts() {
    // when
    RuntimeCode code =
        code("{'genesis': {'stateRootHash': '0x00', 'raw': {'top': %s}}}".formatted(TOP));
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
  }

  private static ChainSpecification specification(String json) {
    return ChainSpecification.of("spec.json", bytes(json));
  }

  private static RuntimeCode code(String json) {
    return RuntimeCode.of("spec.json", bytes(json));
  }

  /** JSON in which single quotes stand for double ones. */
  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> text(NavigableMap<byte[], byte[]> entries) {
    return entries.entrySet().stream()
        .map(each -> HEX.formatHex(each.getKey()) + "=" + HEX.formatHex(each.getValue()))
        .toList();
  }
}
