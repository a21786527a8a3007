package org.wasmheap.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.ThreadAllocation;

/** Lists that an overlay appends to: what they are, and that they cost their elements. */
class OverlayListTest {
  private final Overlay overlay = new Overlay(State.empty());

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  /** A state with a value under the key {@code list}. */
  private static State with(byte[] list) {
    NavigableMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
    map.put(bytes("list"), list);
    return State.of(map, new TreeMap<>(Arrays::compareUnsigned), StateVersion.V1);
  }

  /** Compacts of SCALE as {@code parity-scale-codec} writes them; {@code -} for no value. */
  @ParameterizedTest
  @CsvSource({
    "-, 04ee",
    "'', 04ee",
    "00, 04ee",
    "04aa, 08aaee",
    "fcaa, 0101aaee",
    "fdffaa, 02000100aaee",
    "feffffffaa, 0300000040aaee",
    "03feffffffaa, 03ffffffffaaee",
    // The highest count, none that is cut off, none that takes more bytes than it needs.
    "03ffffffffaa, 04ee",
    "01, 04ee",
    "020000, 04ee",
    "03000000, 04ee",
    "0100, 04ee",
    "02000000, 04ee",
    "0300000000, 04ee",
    "07000000000100, 04ee",
  })
  void an_element_is_appended_to_a_list_and_what_is_none_is_replaced(String before, String after) {
    // given: in the parent state, and set in the overlay
    byte[] key = bytes("list");
    Overlay other = new Overlay(before.equals("-") ? State.empty() : with(hex(before)));
    if (!before.equals("-")) {
      overlay.set(key, hex(before));
    }

    // when
    other.append(key, hex("ee"));
    overlay.append(key, hex("ee"));

    // then
    assertArrayEquals(hex(after), other.get(key));
    assertArrayEquals(hex(after), overlay.get(key));
    assertSame(other.get(key), other.get(key));
  }

  @Test
  void a_list_whose_count_reaches_the_highest_is_replaced_at_the_next_element() {
    byte[] key = bytes("list");
    overlay.set(key, hex("03feffffffaa"));

    overlay.append(key, hex("ee"));
    overlay.append(key, hex("dd"));

    assertArrayEquals(hex("04dd"), overlay.get(key));
  }

  @Test
  void a_list_is_as_it_was_after_a_rollback_and_can_be_appended_to_again() {
    // given
    byte[] key = bytes("list");
    overlay.append(key, hex("01"));
    overlay.startTransaction();
    overlay.append(key, hex("02"));
    overlay.startTransaction();
    overlay.append(key, hex("03"));
    byte[] three = overlay.get(key);
    overlay.rollbackTransaction();

    // when
    overlay.append(key, hex("04"));
    byte[] other = overlay.get(key);
    overlay.rollbackTransaction();
    overlay.append(key, hex("05"));

    // then
    assertArrayEquals(hex("0c010203"), three);
    assertArrayEquals(hex("0c010204"), other);
    assertArrayEquals(hex("080105"), overlay.get(key));
  }

  @Test
  void a_thousand_elements_behind_a_megabyte_do_not_copy_it_a_thousand_times() {
    // given
    byte[] key = bytes("list");
    int megabyte = 1 << 20;
    byte[] list = new byte[megabyte];
    list[0] = 4;
    overlay.set(key, list);
    byte[] element = new byte[100];

    // when: half of them in transactions that are rolled back
    long allocated =
        ThreadAllocation.bytesOf(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                overlay.append(key, element);
                overlay.startTransaction();
                overlay.append(key, element);
                overlay.rollbackTransaction();
              }
            });

    // then
    assertTrue(allocated < 4L * megabyte, () -> allocated + " bytes");
    assertEquals(megabyte + 100_000 + 1, overlay.get(key).length);
  }

  @Test
  void asking_for_a_lists_count_after_each_element_does_not_copy_the_list() {
    // given: a megabyte in the parent state, as a list of one
    byte[] list = new byte[1 << 20];
    list[0] = 4;
    byte[] key = bytes("list");
    Overlay onList = new Overlay(with(list));
    byte[] element = new byte[100];
    int[] counts = new int[1_000];

    // when
    long allocated =
        ThreadAllocation.bytesOf(
            () -> {
              for (int i = 0; i < counts.length; i++) {
                onList.append(key, element);
                byte[] piece = onList.read(key, 0, 2).bytes();
                counts[i] = ((piece[0] & 0xFF) | ((piece[1] & 0xFF) << 8)) >> 2;
              }
            });

    // then
    assertTrue(allocated < 4L << 20, () -> allocated + " bytes");
    assertEquals(64, counts[62]);
    assertEquals(1_001, counts[999]);
    assertEquals(list.length + 1 + 1_000 * element.length, onList.read(key, 0, 0).left());
  }

  /** Of the list 08 aa bbbb, which is that of two elements, and of a plain value. */
  @ParameterizedTest
  @CsvSource({
    "0, 9, 4, 08aabbbb",
    "0, 1, 4, 08",
    "0, 0, 4, ''",
    "1, 2, 3, aabb",
    "3, 1, 1, bb",
    "4, 1, 0, ''",
    "4294967295, 2147483647, 0, ''",
  })
  void a_piece_of_a_list_is_that_of_its_value(long offset, int most, int left, String expected) {
    // given
    byte[] key = bytes("list");
    overlay.append(key, hex("aa"));
    overlay.append(key, hex("bbbb"));
    overlay.set(bytes("plain"), hex("08aabbbb"));
    overlay.childSet(bytes("c"), bytes("k"), hex("08aabbbb"));

    // when
    List<ValuePiece> pieces =
        List.of(
            overlay.read(key, offset, most),
            overlay.read(bytes("plain"), offset, most),
            overlay.childRead(bytes("c"), bytes("k"), offset, most));

    // then
    for (ValuePiece piece : pieces) {
      assertEquals(left, piece.left());
      assertArrayEquals(hex(expected), piece.bytes());
    }
    assertNull(overlay.read(bytes("none"), offset, most));
    assertNull(overlay.childRead(bytes("none"), bytes("k"), offset, most));
  }

  /** The list has 6,000 bytes, the overlay room for 10,000. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void a_list_that_takes_more_than_half_of_an_overlay_is_read_and_ends_a_block(int elements) {
    // given
    byte[] list = new byte[6_000];
    list[0] = 4;
    byte[] key = bytes("list");
    State parent = with(list);
    Overlay read = new Overlay(parent, 10_000);
    Overlay ended = new Overlay(parent, 10_000);
    Overlay asked = new Overlay(parent, 10_000);
    Overlay never = new Overlay(parent);

    // when
    for (int i = 0; i < elements; i++) {
      for (Overlay each : List.of(read, ended, asked, never)) {
        each.startTransaction();
        each.append(key, hex("ee"));
        each.commitTransaction();
      }
    }

    // then
    byte[] value = read.get(key);
    assertEquals(6_000 + elements, value.length);
    assertEquals(4 * (1 + elements), value[0]);
    assertSame(value, read.get(key));
    assertEquals(1, ended.changes().size());
    assertArrayEquals(value, ended.next(StateVersion.V1).get(key));
    assertArrayEquals(never.root(StateVersion.V1), asked.root(StateVersion.V1));
    assertTrue(read.heldBytes() < 7_000, () -> read.heldBytes() + " bytes");
  }

  @Test
  void a_list_that_fills_an_overlay_to_the_last_byte_is_read() {
    // given
    State parent = with(hex("fc" + "aa".repeat(5_999)));
    int appended = 0;
    for (int mostBytes = 6_000; mostBytes < 7_000; mostBytes++) {
      Overlay small = new Overlay(parent, mostBytes);
      try {
        small.append(bytes("list"), hex("ee"));
      } catch (OverlayFullException e) {
        continue;
      }
      appended++;

      // when, then: with a count that takes a byte more than before
      assertEquals(6_002, small.get(bytes("list")).length);
    }
    assertTrue(appended > 0 && appended < 1_000, () -> "from 6,000 to 7,000 bytes");
  }

  @Test
  void a_list_that_is_read_inside_transactions_is_kept_whole_once_at_most() {
    // given: room for the list, what can be appended to it, and no more than one reader's whole
    Overlay small = new Overlay(State.empty(), 30_000);
    byte[] key = bytes("list");
    byte[] list = new byte[6_000];
    list[0] = 4;
    small.set(key, list);
    small.append(key, bytes("v"));

    // when
    for (int i = 0; i < 20; i++) {
      small.startTransaction();
      small.append(key, bytes("v"));
      assertEquals(6_002 + i, small.get(key).length);
    }

    // then
    while (small.openTransactions() > 0) {
      small.rollbackTransaction();
      assertEquals(6_001 + small.openTransactions(), small.get(key).length);
    }
  }
}
