package org.wasmheap.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Headers of real chains, and what claims to be one. */
class BlockHeaderTest {
  /** Westend's block 2, as any of its nodes gives it: a pre-runtime digest item and a seal. */
  private static final String PARENT =
      "44ef51c86927a1e2da55754dba9684dd6ff9bac8c61624ffe958be656c42e036";

  private static final String STATE_ROOT =
      "6c697d4e2175d16627de2861303e21c2e987ec9e024cbb523d2fdc29da874dea";
  private static final String EXTRINSICS_ROOT =
      "733222ec5a02dbb1173287d5e8613203357d682f4fe63f9d25da118db5039276";
  private static final String BEFORE_DIGEST = PARENT + "08" + STATE_ROOT + EXTRINSICS_ROOT;
  private static final String PRE_RUNTIME = "0642414245340200000000781dc20f00000000";
  private static final String SEAL =
      "0542414245010134de462d98e7cdd8dd8691794e6e935a4ec65f1a712d9e4382d0e2feadf6826246"
          + "7ed9f520c7cd4d7c259a18386bb214a5d23aefa49b4633803417bcd986548e";
  private static final String WESTEND_2 = BEFORE_DIGEST + "08" + PRE_RUNTIME + SEAL;

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void a_real_header_is_taken_apart_and_has_the_hash_that_its_chain_knows() {
    // when
    BlockHeader header = BlockHeader.decode(bytes(WESTEND_2));
    // then
    assertEquals(2, header.number());
    assertEquals(PARENT, hex(header.parentHash()));
    assertEquals(STATE_ROOT, hex(header.stateRoot()));
    assertEquals(EXTRINSICS_ROOT, hex(header.extrinsicsRoot()));
    assertEquals(
        "9b0211aadcef4bb65e69346cfd256ddd2abcb674271326b08f0975dac7c17bc7", hex(header.hash()));
    assertEquals(
        "BlockHeader[2, 0x9b0211aadcef4bb65e69346cfd256ddd2abcb674271326b08f0975dac7c17bc7]",
        header.toString());
  }

  @Test
  void a_seal_at_the_end_is_cut_off_and_nothing_else() {
    // given
    BlockHeader sealed = BlockHeader.decode(bytes(WESTEND_2));
    BlockHeader unsealed = BlockHeader.decode(bytes(BEFORE_DIGEST + "04" + PRE_RUNTIME));
    BlockHeader sealedBefore = BlockHeader.decode(bytes(BEFORE_DIGEST + "08" + SEAL + PRE_RUNTIME));
    // then
    assertTrue(sealed.isSealed());
    assertFalse(unsealed.isSealed());
    assertEquals(BEFORE_DIGEST + "04" + PRE_RUNTIME, hex(sealed.withoutSeal()));
    assertEquals(BEFORE_DIGEST + "04" + PRE_RUNTIME, hex(unsealed.withoutSeal()));
    assertEquals(BEFORE_DIGEST + "08" + SEAL + PRE_RUNTIME, hex(sealedBefore.withoutSeal()));
  }

  @Test
  void the_genesis_header_has_the_hash_that_westend_is_known_by() {
    // given the state root that Westend's nodes give for block 0
    byte[] root = bytes("7e92439a94f79671f9cade9dff96a094519b9001a7432244d46ab644bb6f746f");
    // when
    BlockHeader genesis = BlockHeader.genesis(root);
    // then
    assertEquals(
        "e143f23803ac50e8f6f8e62695d1ce9e4e1d68aa36c1cd2cfd15340213f3423e", hex(genesis.hash()));
    assertEquals(0, genesis.number());
  }

  @Test
  void items_of_all_kinds_are_passed_over() {
    // given: other, changes trie root, consensus, runtime updated
    String items = "00080102" + "02" + STATE_ROOT + "0446524e4b0401" + "08";
    // when
    BlockHeader header = BlockHeader.decode(bytes(BEFORE_DIGEST + "14" + items + SEAL));
    // then
    assertEquals(BEFORE_DIGEST + "10" + items, hex(header.withoutSeal()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                    | it ends too early
          00                    | it ends too early
          P08                   | it ends too early
          H                     | it ends too early
          H04                   | digest: 1 items in 0 bytes
          H0408ff               | 1 bytes follow it
          H0407                 | digest: an item of unknown kind 7
          H04000c0102           | it ends too early
          H0400feffffff         | it ends too early
          Hfeffffff             | digest: 1073741823 items in 0 bytes
          H0100                 | digest: a number in more bytes than it takes
          H17ffffffffffffffffff | digest: a number of 9 bytes
          """)
  void what_is_no_header_is_refused_in_words(String hex, String why) {
    // given
    String all = hex.replace("H", BEFORE_DIGEST).replace("P", PARENT);
    // when
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> BlockHeader.decode(bytes(all)));
    // then
    assertEquals(why, refusal.getMessage());
  }

  /** By the encoding that the SCALE specification gives. */
  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "1, 04",
    "63, fc",
    "64, 0101",
    "16383, fdff",
    "16384, 02000100",
    "1073741823, feffffff",
    "1073741824, 0300000040",
    "4294967295, 03ffffffff",
    "4294967296, 070000000001",
    "4611686018427387903, 13ffffffffffffff3f",
  })
  void numbers_are_compact(long number, String encoded) {
    // given
    BlockHeader header =
        BlockHeader.decode(bytes(PARENT + encoded + STATE_ROOT + EXTRINSICS_ROOT + "00"));
    // then
    assertEquals(number, header.number());
  }

  @Test
  void what_is_handed_out_is_a_copy() {
    // given
    BlockHeader header = BlockHeader.decode(bytes(WESTEND_2));
    // when
    header.stateRoot()[0]++;
    header.hash()[0]++;
    header.parentHash()[0]++;
    header.extrinsicsRoot()[0]++;
    header.withoutSeal()[0]++;
    // then
    assertArrayEquals(bytes(STATE_ROOT), header.stateRoot());
    assertArrayEquals(BlockHeader.decode(bytes(WESTEND_2)).hash(), header.hash());
    assertArrayEquals(bytes(PARENT), header.parentHash());
    assertArrayEquals(bytes(EXTRINSICS_ROOT), header.extrinsicsRoot());
    assertEquals(BEFORE_DIGEST + "04" + PRE_RUNTIME, hex(header.withoutSeal()));
  }

  @Test
  void a_block_is_its_header_without_the_seal_and_its_counted_extrinsics() {
    // given
    Block block =
        new Block(
            BlockHeader.decode(bytes(WESTEND_2)),
            List.of(bytes("280402000b80ac92557101"), bytes("10040d0000")));
    // then
    assertEquals(
        BEFORE_DIGEST + "04" + PRE_RUNTIME + "08" + "280402000b80ac92557101" + "10040d0000",
        hex(block.toExecute()));
  }
}
