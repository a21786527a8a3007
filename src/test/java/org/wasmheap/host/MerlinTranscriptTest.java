package org.wasmheap.host;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;
import org.wasmheap.testkit.Simpler;

class MerlinTranscriptTest {
  /** Source: strobe.rs of merlin 3.0.0, against the reference implementation of STROBE. */
  @Test
  void strobe_gives_the_bytes_of_its_conformance_test() {
    // given
    byte[] message = new byte[1024];
    Arrays.fill(message, (byte) 99);
    Strobe128 strobe = new Strobe128("Conformance Test Protocol".getBytes(US_ASCII));
    strobe.beginMeta();
    strobe.absorb(new byte[] {'m', 's', 'g'}, 0, 3);
    strobe.beginData();
    strobe.absorb(message, 0, message.length);
    strobe.beginMeta();
    strobe.absorb(new byte[] {'p', 'r', 'f'}, 0, 3);
    // when
    byte[] result = strobe.squeeze(32);
    // then
    assertEquals(
        "b48e645ca17c667fd5206ba57a6a228d72d8e1903814d3f17f622996d7cfefb0",
        HexFormat.of().formatHex(result));
  }

  /** Source: the test equivalence_simple of merlin 3.0.0. */
  @Test
  void a_challenge_is_that_of_merlin() {
    // given
    MerlinTranscript transcript = new MerlinTranscript("test protocol");
    transcript.append("some label", "some data");
    // when
    byte[] challenge = transcript.challenge("challenge", 32);
    // then
    assertEquals(
        "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615",
        HexFormat.of().formatHex(challenge));
  }

  /** The rounds of merlin's test equivalence_complex, with the challenges of @scure/sr25519. */
  @Test
  void challenges_in_between_become_part_of_the_transcript() {
    // given
    List<byte[]> expected = CryptoVectors.byteArrays("merlin");
    byte[] data = new byte[1024];
    Arrays.fill(data, (byte) 99);
    MerlinTranscript transcript = new MerlinTranscript("test protocol");
    transcript.append("step1", "some data");
    // when
    for (int round = 0; round < 32; round++) {
      byte[] challenge = transcript.challenge("challenge", 32);
      // then
      assertArrayEquals(expected.get(round), challenge);
      transcript.append("bigdata", data);
      transcript.append("challengedata", challenge);
    }
    assertArrayEquals(expected.get(32), transcript.challenge("long", 500));
  }

  /** Challenges of @scure/sr25519, which begin at each position of a block. */
  @Test
  void a_challenge_may_begin_anywhere_in_a_block() {
    // given
    List<byte[]> expected = CryptoVectors.byteArrays("merlin_lengths");
    for (int length = 0; length < expected.size(); length++) {
      byte[] data = new byte[length];
      Arrays.fill(data, (byte) length);
      MerlinTranscript transcript = new MerlinTranscript("test protocol");
      transcript.append("data", data);
      // when
      byte[] challenge = transcript.challenge("challenge", 8);
      // then
      assertArrayEquals(expected.get(length), challenge, "after " + length + " bytes");
    }
    assertEquals(166, expected.size());
  }

  @Test
  void how_data_is_cut_into_pieces_makes_no_difference() {
    Inputs<List<Integer>> pieces =
        Inputs.of(
            draws -> draws.list(1, 20, each -> each.between(0, 400)),
            list -> Simpler.lists(list, Simpler::numbers));
    Property.assertHolds(
        200,
        pieces,
        lengths -> {
          // given
          byte[] data = new byte[lengths.stream().mapToInt(Integer::intValue).sum()];
          for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i * 31);
          }
          Strobe128 whole = new Strobe128(new byte[0]);
          whole.beginData();
          Strobe128 cut = new Strobe128(new byte[0]);
          cut.beginData();
          // when
          whole.absorb(data, 0, data.length);
          int done = 0;
          for (int length : lengths) {
            cut.absorb(data, done, length);
            done += length;
          }
          // then
          assertArrayEquals(whole.squeeze(40), cut.squeeze(40));
        });
  }
}
