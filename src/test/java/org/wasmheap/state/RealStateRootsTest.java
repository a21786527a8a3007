package org.wasmheap.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.testkit.RealBlocks;

/** Roots of states of real chains, which the chains' own headers hold. */
class RealStateRootsTest {
  private static final int PARENT_HASH_BYTES = 32;
  private static final int ROOT_BYTES = 32;

  /** The hashes are the chains' published genesis hashes. */
  @ParameterizedTest
  @CsvSource({
    RealBlocks.WESTEND_GENESIS
        + ", e143f23803ac50e8f6f8e62695d1ce9e4e1d68aa36c1cd2cfd15340213f3423e",
    RealBlocks.KUSAMA_GENESIS
        + ", b0a8d493285c2df73290dfb7e61f870f17b41801197a149ca93654499ea3dafe",
  })
  void the_root_of_a_genesis_makes_the_hash_of_its_block(String file, String hash)
      throws IOException {
    // given
    JsonObject raw = read(file).getAsJsonObject("genesis").getAsJsonObject("raw");

    // when
    State state = State.of(map(raw.getAsJsonObject("top")), children(), StateVersion.V0);

    // then
    assertEquals(hash, HexFormat.of().formatHex(genesisHash(state.root())));
  }

  /** Of a header without a parent, with number 0, no extrinsics and no digest items. */
  private static byte[] genesisHash(byte[] stateRoot) {
    byte[] noExtrinsics = hash(new byte[1]);
    byte[] header = new byte[PARENT_HASH_BYTES + 1 + 2 * ROOT_BYTES + 1];
    System.arraycopy(stateRoot, 0, header, PARENT_HASH_BYTES + 1, ROOT_BYTES);
    System.arraycopy(noExtrinsics, 0, header, PARENT_HASH_BYTES + 1 + ROOT_BYTES, ROOT_BYTES);
    return hash(header);
  }

  private static byte[] hash(byte[] bytes) {
    Blake2bDigest digest = new Blake2bDigest(256);
    digest.update(bytes, 0, bytes.length);
    byte[] hash = new byte[32];
    digest.doFinal(hash, 0);
    return hash;
  }

  @ParameterizedTest
  @CsvSource({
    "child-trie-create-one.json, child-trie-create-multiple.json",
    "child-trie-create-multiple.json, child-trie-read-basic.json",
  })
  void the_root_of_a_state_is_in_the_header_of_the_block_that_made_it(String made, String parent)
      throws IOException {
    // given
    byte[] header = hex(read(made).getAsJsonObject("block").get("header").getAsString());
    // A number below 64 takes one byte.
    int at = PARENT_HASH_BYTES + 1;
    byte[] expected = Arrays.copyOfRange(header, at, at + ROOT_BYTES);

    // when
    State state = testChain(parent);

    // then
    assertArrayEquals(expected, state.root());
  }

  @Test
  void the_roots_of_child_tries_are_those_that_the_main_trie_held() throws IOException {
    // given
    JsonObject storage = read("child-trie-read-basic.json").getAsJsonObject("parentStorage");
    NavigableMap<byte[], byte[]> top = map(storage.getAsJsonObject("mainTrie"));

    // when
    State state = testChain("child-trie-read-basic.json");

    // then
    for (String name : storage.getAsJsonObject("childTries").keySet()) {
      byte[] key =
          hex(
              "0x"
                  + HexFormat.of()
                      .formatHex(
                          ":child_storage:default:"
                              .getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                  + name.substring(2));
      assertArrayEquals(top.get(key), state.childRoot(hex(name)));
      assertArrayEquals(top.get(key), state.get(key));
    }
  }

  private static State testChain(String file) throws IOException {
    JsonObject storage = read(file).getAsJsonObject("parentStorage");
    NavigableMap<byte[], NavigableMap<byte[], byte[]>> children = children();
    storage
        .getAsJsonObject("childTries")
        .asMap()
        .forEach((name, content) -> children.put(hex(name), map(content.getAsJsonObject())));
    return State.of(map(storage.getAsJsonObject("mainTrie")), children, StateVersion.V1);
  }

  private static JsonObject read(String file) throws IOException {
    return JsonParser.parseString(Files.readString(RealBlocks.find(file))).getAsJsonObject();
  }

  private static NavigableMap<byte[], NavigableMap<byte[], byte[]>> children() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }

  private static NavigableMap<byte[], byte[]> map(JsonObject entries) {
    NavigableMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
    entries.asMap().forEach((key, value) -> map.put(hex(key), hex(value.getAsString())));
    return map;
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text, 2, text.length());
  }
}
