package org.wasmheap.block;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of blocks, right ones and others. */
class BlockFileTest {
  private static final String ZEROS = "00".repeat(32);
  private static final String HEADER = "0x" + ZEROS + "04" + ZEROS + ZEROS + "00";

  /** BLAKE2b-256 of it, by Python's hashlib. */
  private static final String HASH =
      "6443a0b46e0412e626363028115a9f2cf963eeed526b8b33e5316f08b50d0dc3";

  private static final String CODE = "\"0x3a636f6465\": \"0x01\"";

  @TempDir private Path folder;

  private static String block(String header, String body) {
    return "{\"header\": \"" + header + "\", \"body\": " + body + "}";
  }

  private static String json(String block, String storage) {
    return "{\"block\": " + block + ", \"parentStorage\": " + storage + "}";
  }

  private static BlockFile file(String json) {
    return BlockFile.ofBlock("b.json", json.getBytes(UTF_8));
  }

  @Test
  void a_block_comes_with_the_storage_of_its_parent() {
    // when
    BlockFile file =
        file(
            json(
                block(HEADER, "[\"0x0401\", \"0x\"]"),
                "{\"more\": [1, {}], \"mainTrie\": {"
                    + CODE
                    + ", \"0x\": \"0xFF00\"}, \"childTries\": {\"0xAb\": {\"0x01\": \"0x02\"}}}"));
    // then
    assertFalse(file.isChain());
    assertEquals(1, file.blocks().size());
    assertEquals(1, file.blocks().get(0).header().number());
    assertEquals(2, file.blocks().get(0).body().size());
    assertArrayEquals(new byte[] {4, 1}, file.blocks().get(0).body().get(0));
    assertEquals(2, file.parentStorage().size());
    assertArrayEquals(new byte[] {-1, 0}, file.parentStorage().get(new byte[0]));
    assertArrayEquals(
        new byte[] {2}, file.parentChildTries().get(new byte[] {(byte) 0xAB}).get(new byte[] {1}));
  }

  @Test
  void a_chain_has_a_block_on_each_line_and_may_have_blank_ones() throws Exception {
    // given
    String first = block(HEADER, "[]");
    String hash = HASH;
    String second = block("0x" + hash + "08" + ZEROS + ZEROS + "00", "[\"0x04ff\"]");
    Path path = folder.resolve("chain.jsonl");
    Files.writeString(path, first + "\n\r\n \n" + second);
    // when
    BlockFile file = BlockFile.read(path);
    // then
    assertTrue(file.isChain());
    assertEquals(2, file.blocks().size());
    assertEquals(2, file.blocks().get(1).header().number());
    assertTrue(file.parentStorage().isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"block"                    | is cut off
          {"block": {"header": "0x00  | is cut off
          nothing                     | is not JSON
          [1]                         | is not laid out as one
          {}                          | has no header
          {"block": 5}                | is not laid out as one
          {"block": {"body": []}}     | has no header
          {"block": {"header": "0x"}} | has no body
          {"block": {"header": "0x", "body": []}} | has a header that does not decode
          {"block": {"header": "00", "body": []}} | header NOHEX
          {"block": {"header": "0x0g", "body": []}} | header NOHEX
          {"block": {"header": "0x", "header": "0x"}} | has "header" twice
          {} {}                       | is not JSON
          """)
  void what_is_no_block_is_refused_in_one_line(String json, String why) {
    // when
    BlockFileException refusal = assertThrows(BlockFileException.class, () -> file(json));
    // then
    assertSays(why, refusal);
    assertFalse(refusal.isDeterministic());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                     | has no parentStorage.mainTrie
          {"mainTrie": {}}                       | has no :code (0x3a636f6465) in
          {"mainTrie": {"0x1": "0x"}}            | a key in parentStorage.mainTrie NOHEX
          {"mainTrie": {"0x01": "1"}}            | a value in parentStorage.mainTrie NOHEX
          {"mainTrie": {"0xaa": "0x", "0xAA": "0x"}} | has a key twice in parentStorage.mainTrie
          {"childTries": {"0xaa": {}, "0xAA": {}}} | has a name twice in parentStorage.childTries
          {"childTries": {"0xaa": 7}}            | is not laid out as one
          """)
  void what_is_no_state_is_refused_in_one_line(String storage, String why) {
    // given
    String json = json(block(HEADER, "[]"), storage);
    // when
    BlockFileException refusal = assertThrows(BlockFileException.class, () -> file(json));
    // then
    assertSays(why, refusal);
  }

  private static void assertSays(String why, BlockFileException refusal) {
    String message = String.valueOf(refusal.getMessage());
    String expected =
        why.endsWith("NOHEX")
            ? why.replace("NOHEX", "in the block file is not hexadecimal with 0x")
            : "block file " + why;
    assertTrue(message.startsWith("b.json: " + expected), message);
  }

  @Test
  void hash_and_number_must_be_the_headers() {
    // given
    String header = block(HEADER, "[]");
    String right = header.replace("{", "{\"number\": 1, \"hash\": \"0x" + HASH + "\", ");
    String wrongHash = right.replace(HASH, HASH.replace('f', '0'));
    String wrongNumber = header.replace("{", "{\"number\": 7, ");
    String noNumber = header.replace("{", "{\"number\": 1e99, ");
    // then
    assertEquals(1, BlockFile.ofChain("c.jsonl", right.getBytes(UTF_8)).blocks().size());
    assertTrue(refusalOfChain(wrongHash).startsWith("c.jsonl: block file has the hash 0x"));
    assertTrue(
        refusalOfChain(wrongNumber)
            .startsWith("c.jsonl: block file has the number 7, and its header's is 1"),
        refusalOfChain(wrongNumber));
    assertTrue(
        refusalOfChain(noNumber).startsWith("c.jsonl: block file is not laid out as one"),
        refusalOfChain(noNumber));
  }

  @Test
  void a_chain_must_follow() {
    // given
    String first = block(HEADER, "[]");
    String hash = HASH;
    String jumps = block("0x" + hash + "0c" + ZEROS + ZEROS + "00", "[]");
    // then
    assertTrue(
        refusalOfChain(first + "\n" + first)
            .startsWith("c.jsonl: line 2: block 1 does not follow: its parent is 0x" + ZEROS),
        refusalOfChain(first + "\n" + first));
    assertEquals("c.jsonl: line 2: block 3 follows block 1", refusalOfChain(first + "\n" + jumps));
    assertEquals("c.jsonl: no block in it", refusalOfChain("\n \n"));
    assertEquals("c.jsonl: empty file", refusalOfChain(""));
    assertTrue(
        refusalOfChain(first + "\n{\"head")
            .startsWith("c.jsonl: block file is cut off, at line 2"));
  }

  private static String refusalOfChain(String lines) {
    return String.valueOf(
        assertThrows(
                BlockFileException.class, () -> BlockFile.ofChain("c.jsonl", lines.getBytes(UTF_8)))
            .getMessage());
  }

  @Test
  void a_file_that_is_none_is_refused_in_one_line() {
    // given
    Path absent = folder.resolve("absent\u001b.json");
    // then
    assertEquals(
        folder + "/absent\\u{1b}.json: no such file",
        assertThrows(BlockFileException.class, () -> BlockFile.read(absent)).getMessage());
    assertEquals(
        folder + ": a folder, not a file",
        assertThrows(BlockFileException.class, () -> BlockFile.read(folder)).getMessage());
  }
}
