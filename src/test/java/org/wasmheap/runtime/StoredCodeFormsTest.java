package org.wasmheap.runtime;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.CompressedCode.TINY_WASM;
import static org.wasmheap.testkit.CompressedCode.compressed;
import static org.wasmheap.testkit.HostileText.assertOneLine;
import static org.wasmheap.testkit.ModuleBytes.MEMORY;
import static org.wasmheap.testkit.ModuleBytes.bytes;
import static org.wasmheap.testkit.ModuleBytes.join;
import static org.wasmheap.testkit.ModuleBytes.module;
import static org.wasmheap.testkit.ModuleBytes.name;
import static org.wasmheap.testkit.ModuleBytes.section;
import static org.wasmheap.testkit.ModuleBytes.vector;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.HostileText;
import org.wasmheap.testkit.ThreadAllocation;

/**
 * Code as an RPC gives it: hexadecimal text, answers of a node; and what people give by mistake.
 */
class StoredCodeFormsTest {
  private static final String TINY = "0061736d01000000";

  /** BLAKE2b-256 of the shortest module, from {@code b2sum -l 256}. */
  private static final String TINY_HASH =
      "0xf6a5dbf080e9c9d7834145653bce4c8cded62e664d7ddcdb5c526f5877006d74";

  // Hexadecimal text.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0x" + TINY,
        TINY,
        "0x0061736D01000000",
        "0061736D01000000",
        " \t\r\n0x" + TINY + "\r\n\t ",
        "\n" + TINY + "\n",
        "\"0x" + TINY + "\"\n",
        "\" " + TINY + " \"",
      })
  void hexadecimal_text_is_the_code_that_it_says(String text) {
    // when
    RuntimeCode code = load(text);
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
    assertEquals(TINY_HASH, code.codeHashHex());
    assertEquals(OptionalLong.empty(), code.heapPages());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x", ""})
  void hexadecimal_text_of_compressed_code_is_unpacked(String prefix) {
    // given
    byte[] stored = compressed(TINY_WASM);
    // when
    RuntimeCode code = load(prefix + HexFormat.of().formatHex(stored));
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
    assertEquals(RuntimeCode.of("bytes", stored).codeHashHex(), code.codeHashHex());
  }

  @ParameterizedTest
  @CsvSource({
    "0x0061736d0100000, 'text that begins as hexadecimal, but it has an odd number of digits'",
    "0061736d0, 'text that begins as hexadecimal, but it has an odd number of digits'",
    "0x0, 'text that begins as hexadecimal, but it has an odd number of digits'",
    "0xg, 'text that begins as hexadecimal, but byte 2 of the file is no digit'",
    "0x0061736d0g, 'text that begins as hexadecimal, but byte 11 of the file is no digit'",
    "0x0061736dg0, 'text that begins as hexadecimal, but byte 10 of the file is no digit'",
    "0061736d 01000000, 'text that begins as hexadecimal, but byte 8 of the file is no digit'",
    "0x, hexadecimal text of what is neither wasm nor compressed wasm",
    "0xdeadbeef, hexadecimal text of what is neither wasm nor compressed wasm",
    "0x0061736d, 'wasm, cut off in its header'",
    "0x52bc537646db8e06, 'proof of validity, not code'",
    "0x52bc537646db8e05, compressed code is cut off",
    "deadbeef, neither wasm nor compressed wasm nor a chain specification",
    "0X0061736d01000000, neither wasm nor compressed wasm nor a chain specification",
    "0061736e01000000, neither wasm nor compressed wasm nor a chain specification",
    "'x0x0061736d01000000\"', neither wasm nor compressed wasm nor a chain specification",
    "'\"0x0061736d01000000', neither wasm nor compressed wasm nor a chain specification",
    "0061736, neither wasm nor compressed wasm nor a chain specification",
  })
  void text_that_says_no_code_is_refused(String text, String reason) {
    assertRefused(text, reason);
  }

  @Test
  void a_character_beyond_ascii_is_no_digit() {
    // given a digit of another script
    assertRefused(
        "0x" + TINY + "\u0661",
        "text that begins as hexadecimal, but byte 18 of the file is no digit");
  }

  @Test
  void hexadecimal_text_takes_half_its_size_to_decode() {
    // given
    byte[] text = ("0x" + TINY + "00".repeat(8 << 20)).getBytes(US_ASCII);
    // when
    long bytes = ThreadAllocation.bytesOf(() -> HexText.decode("x", text));
    // then
    assertTrue(bytes < (8 << 20) + (1 << 20), () -> bytes + " bytes allocated");
  }

  // Answers of a node.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'jsonrpc':'2.0','result':'0x" + TINY + "','id':1}",
        "{'jsonrpc':'2.0','id':1,'result':'0x" + TINY + "'}\n",
        " {'id': 'a', 'result': '0x" + TINY + "', 'jsonrpc': '2.0'}",
        "{'result': '0x" + TINY + "'}",
        "{'id': {'deep': [1, {}]}, 'result': '0x" + TINY + "', 'error': null}",
      })
  void the_result_of_an_answer_is_the_code(String json) {
    // when
    RuntimeCode code = load(quoted(json));
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
    assertEquals(TINY_HASH, code.codeHashHex());
    assertEquals(OptionalLong.empty(), code.heapPages());
  }

  @Test
  void compressed_code_of_an_answer_is_unpacked() {
    // given
    byte[] stored = compressed(TINY_WASM);
    JsonObject answer = new JsonObject();
    answer.addProperty("jsonrpc", "2.0");
    answer.addProperty("result", "0x" + HexFormat.of().formatHex(stored));
    // when
    RuntimeCode code = load(answer.toString());
    // then
    assertArrayEquals(TINY_WASM, code.wasm());
    assertEquals(RuntimeCode.of("bytes", stored).codeHashHex(), code.codeHashHex());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "'result': null | answer of a node has no value: no such key (result is null)",
        "'id': 1 | answer of a node has no result",
        "'result': {'block': 1} | answer of a node has a result that is no text,"
            + " so not of state_getStorage",
        "'result': true | answer of a node has a result that is no text, so not of"
            + " state_getStorage",
        "'result': '0x6d657461' | result in the answer of a node is neither wasm nor compressed"
            + " wasm",
        "'result': '0x' | result in the answer of a node is neither wasm nor compressed wasm",
        "'result': '0x0' | result in the answer of a node is not hexadecimal with 0x,"
            + " at line 1 column 33",
        "'result': '0061736d01000000' | result in the answer of a node is not hexadecimal with"
            + " 0x, at line 1 column 46",
        "'error': {'code': -32602, 'message': 'Invalid params', 'data': [1]}"
            + " | answer of a node is an error: Invalid params",
        "'error': {'message': 'Gone'}, 'result': null | answer of a node is an error: Gone",
        "'error': 'Gone' | answer of a node is an error: Gone",
        "'error': {'code': -32602} | answer of a node is an error: it has no message",
        "'error': {'message': 7} | answer of a node is an error: it has no message",
        "'error': 7 | answer of a node is an error: it has no message",
        "'error': null | answer of a node has no result",
        "'result': 1, 'result': 2 | answer of a node has \"result\" twice, at line 1 column 39",
        "'result': [TRUE] | answer of a node is not JSON, at line 1 column 29",
        "'result': '0x00' | result in the answer of a node is neither wasm nor compressed wasm",
      })
  void an_answer_without_code_is_refused(String member, String reason) {
    assertRefused(quoted("{'jsonrpc':'2.0'," + member.strip() + "}"), reason.strip());
  }

  @Test
  void an_answer_cut_after_its_first_name_is_refused_as_a_cut_answer() {
    // given
    String json = quoted("{'jsonrpc':'2.0','result':'0x" + TINY + "','id':1}");
    for (int length = "{'jsonrpc':".length(); length < json.length(); length++) {
      // when
      String cut = json.substring(0, length);
      var refusal = assertThrows(RuntimeLoadException.class, () -> load(cut));
      // then
      String message = refusal.getMessage();
      assertTrue(
          message.startsWith("the origin: answer of a node is cut off, at line 1 column "),
          message);
    }
  }

  @ParameterizedTest
  @EnumSource
  void the_message_of_an_error_is_told_in_one_line(HostileText hostile) {
    // given
    JsonObject error = new JsonObject();
    error.addProperty("message", hostile.named());
    JsonObject answer = new JsonObject();
    answer.add("error", error);
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> load(answer.toString()));
    // then
    assertOneLine("error", refusal.getMessage());
  }

  @Test
  void an_answer_is_no_chain_specification() {
    // given
    byte[] answer = quoted("{'jsonrpc': '2.0', 'result': '0x00'}").getBytes(UTF_8);
    // when
    var refusal =
        assertThrows(RuntimeLoadException.class, () -> ChainSpecification.of("x", answer));
    // then
    assertEquals("x: the answer of a node, not a chain specification", refusal.getMessage());
  }

  // Addresses.

  static Stream<Arguments> addresses() {
    String page = "the address of a node or a web page";
    String account = "the address of an account";
    return Stream.of(
        Arguments.of("wss://rpc.polkadot.io", page),
        Arguments.of("ws://127.0.0.1:9944", page),
        Arguments.of("HTTPS://kusama-rpc.polkadot.io/", page),
        Arguments.of("http://localhost:9933/a b", page),
        Arguments.of(
            "/dns/kusama-connect-0.parity.io/tcp/443/wss/p2p/12D3KooWBjxpFhVNM9poSsMEfdnX",
            "the address of a node"),
        Arguments.of("/dns4/p2p.cc3-0.kusama.network/tcp/30100", "the address of a node"),
        Arguments.of("/ip6/::1/tcp/30333", "the address of a node"),
        // Alice on Polkadot, on Kusama and on any chain, as Substrate's documentation has them.
        Arguments.of("15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5", account),
        Arguments.of("HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F", account),
        Arguments.of("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", account));
  }

  @ParameterizedTest
  @MethodSource("addresses")
  void an_address_in_place_of_a_file_is_told(String address, String what) {
    // given
    Path file = Path.of(address);
    // when
    var code = assertThrows(RuntimeLoadException.class, () -> RuntimeCode.read(file));
    var specification =
        assertThrows(RuntimeLoadException.class, () -> ChainSpecification.read(file));
    // then
    assertEquals(file + ": " + what + ", not a file", code.getMessage());
    assertEquals(code.getMessage(), specification.getMessage());
  }

  @ParameterizedTest
  @MethodSource("addresses")
  void an_address_in_a_file_is_told(String address, String what) {
    assertRefused("\n" + address + "\n", "text with " + what + ", not code");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "runtime.wasm",
        "httpd/runtime.wasm",
        "dns/runtime.wasm",
        "/dns",
        // One digit that base 58 has not, one too few, and the name of a file in IPFS.
        "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp0",
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKut",
        "QmeCit3Nif4VfNqrEJsdYHZGcKzRCnZvGxg6hha1iNj4mk",
      })
  void what_is_no_address_is_an_absent_file(String path) {
    // given
    Path file = Path.of(path);
    // when
    var refusal = assertThrows(RuntimeLoadException.class, () -> RuntimeCode.read(file));
    // then
    assertEquals(file + ": no such file", refusal.getMessage());
  }

  // Contracts.

  /** Imports as they stand in contracts: kind and type after the names. */
  private static byte[] imported(String module, String field, int... kindAndType) {
    return join(name(module), name(field), bytes(kindAndType));
  }

  private static final byte[] ENV_MEMORY = imported("env", "memory", 2, 1, 2, 16);
  private static final byte[] ENV_OPEN_MEMORY = imported("env", "memory", 2, 0, 2);
  private static final byte[] ENV_TABLE = imported("env", "table", 1, 0x70, 0, 1);
  private static final byte[] ENV_GLOBAL = imported("env", "global", 3, 0x7F, 0);
  private static final byte[] ENV_FUNCTION = imported("env", "f", 0, 0x80, 0x01);

  static Stream<byte[]> importsBeforeThose() {
    return Stream.of(
            new byte[0][0], // Nothing else.
            new byte[][] {ENV_MEMORY},
            new byte[][] {ENV_OPEN_MEMORY, ENV_TABLE},
            new byte[][] {ENV_GLOBAL, ENV_FUNCTION, ENV_MEMORY})
        .map(before -> importing(before, imported("seal1", "get_storage", 0, 3)));
  }

  private static byte[] importing(byte[][] before, byte[] last) {
    byte[][] all = Arrays.copyOf(before, before.length + 1);
    all[before.length] = last;
    return module(section(1, bytes(1, 0x60, 0, 0)), section(2, vector(all)));
  }

  @ParameterizedTest
  @MethodSource("importsBeforeThose")
  void a_contract_is_told_by_what_it_imports(byte[] contract) {
    String reason = "a smart contract, not a runtime: it imports from seal1";
    assertRefused(contract, reason);
    assertRefused(compressed(contract), reason);
    assertRefused(("0x" + HexFormat.of().formatHex(contract)).getBytes(US_ASCII), reason);
  }

  static Stream<byte[]> noContracts() {
    return Stream.of(
        importing(new byte[0][], imported("sealed", "f", 0, 0)),
        importing(new byte[0][], imported("env", "seal0", 0, 0)),
        importing(new byte[0][], imported("seal", "f", 0, 0)),
        // Malformed ones: for the engine to say.
        importing(new byte[][] {imported("env", "f", 9, 0)}, imported("seal0", "f", 0, 0)),
        module(section(2, bytes(0xFF, 0xFF, 0xFF, 0xFF, 0x0F))),
        module(section(2, bytes(1, 0x7F))),
        module(bytes(2, 0x7F)),
        module(bytes(2)),
        module(section(2)),
        module(MEMORY));
  }

  @ParameterizedTest
  @MethodSource("noContracts")
  void what_is_no_contract_is_taken(byte[] wasm) {
    // when
    RuntimeCode code = RuntimeCode.of("bytes", wasm);
    // then
    assertArrayEquals(wasm, code.wasm());
    assertFalse(code.wasm().length == 0);
  }

  private static void assertRefused(String text, String reason) {
    assertRefused(text.getBytes(UTF_8), reason);
  }

  private static void assertRefused(byte[] bytes, String reason) {
    var refusal =
        assertThrows(RuntimeLoadException.class, () -> RuntimeCode.of("the origin", bytes));
    assertEquals("the origin: " + reason, refusal.getMessage());
  }

  private static RuntimeCode load(String text) {
    return RuntimeCode.of("the origin", text.getBytes(UTF_8));
  }

  /** JSON in which single quotes stand for double ones. */
  private static String quoted(String json) {
    return json.replace('\'', '"');
  }
}
