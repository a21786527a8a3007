package org.wasmheap.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.ThreadAllocation;

/** What an overlay promises; {@link OverlayPropertyTest} tries any order of operations. */
class OverlayTest {
  private static final OptionalLong NO_LIMIT = OptionalLong.empty();

  private final Overlay overlay = new Overlay(state("a1", "1", "a2", "2", "a3", "3", "b", "4"));

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }

  private static String text(byte[] bytes) {
    return bytes == null ? null : new String(bytes, US_ASCII);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  private static State state(String... keysAndValues) {
    NavigableMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(bytes(keysAndValues[i]), bytes(keysAndValues[i + 1]));
    }
    return State.of(map, new TreeMap<>(Arrays::compareUnsigned), StateVersion.V1);
  }

  @Test
  void a_removal_with_a_limit_counts_the_parents_keys_also_those_removed_before() {
    // given: one key removed already, one that only the overlay has
    overlay.clear(bytes("a1"));
    overlay.set(bytes("a0"), bytes("new"));

    // when
    Overlay.Removal removal = overlay.clearPrefix(bytes("a"), OptionalLong.of(2));

    // then
    assertEquals(new Overlay.Removal(false, 2), removal);
    assertNull(overlay.get(bytes("a0")));
    assertNull(overlay.get(bytes("a2")));
    assertEquals("3", text(overlay.get(bytes("a3"))));
  }

  @Test
  void a_removal_also_takes_a_changed_key_that_lies_beyond_the_limit() {
    overlay.set(bytes("a3"), bytes("changed"));

    assertEquals(
        new Overlay.Removal(false, 1), overlay.clearPrefix(bytes("a"), OptionalLong.of(1)));

    assertNull(overlay.get(bytes("a3")));
    assertEquals("2", text(overlay.get(bytes("a2"))));
  }

  @Test
  void a_removal_that_visits_the_last_key_has_removed_all() {
    assertEquals(new Overlay.Removal(true, 3), overlay.clearPrefix(bytes("a"), OptionalLong.of(3)));
    assertEquals(
        new Overlay.Removal(false, 2), overlay.clearPrefix(bytes("a"), OptionalLong.of(2)));
    assertEquals(new Overlay.Removal(true, 3), overlay.clearPrefix(bytes("a"), NO_LIMIT));
    assertEquals(
        new Overlay.Removal(false, 0), overlay.clearPrefix(bytes("b"), OptionalLong.of(0)));
    assertEquals(new Overlay.Removal(true, 0), overlay.clearPrefix(bytes("c"), OptionalLong.of(0)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", ":child", ":child_storage:", ":child_storage:default:c"})
  void a_prefix_that_may_have_roots_of_child_tries_is_refused_whole(String prefix) {
    overlay.set(bytes(":code"), bytes("x"));

    assertEquals(new Overlay.Removal(true, 0), overlay.clearPrefix(bytes(prefix), NO_LIMIT));

    assertEquals("x", text(overlay.get(bytes(":code"))));
    assertEquals("1", text(overlay.get(bytes("a1"))));
  }

  @Test
  void writes_to_roots_of_child_tries_are_ignored_and_reads_are_not() {
    // given
    byte[] key = bytes(":child_storage:default:c");
    overlay.childSet(bytes("c"), bytes("k"), bytes("v"));
    assertNull(overlay.get(key));
    byte[] root = overlay.childRoot(bytes("c"), StateVersion.V1);

    // when
    overlay.set(key, bytes("wrong"));
    overlay.append(key, bytes("wrong"));
    overlay.clear(key);
    overlay.set(bytes(":child_storage:x"), bytes("ignored"));

    // then
    assertArrayEquals(root, overlay.get(key));
    assertArrayEquals(key, overlay.nextKey(bytes(":")));
    assertTrue(overlay.exists(key));
    assertNull(overlay.get(bytes(":child_storage:x")));
    assertEquals(List.of(), List.copyOf(overlay.changes().top().keySet()));
  }

  @Test
  void the_entry_of_a_child_goes_with_its_last_key() {
    // given
    byte[] without = overlay.root(StateVersion.V1);
    overlay.childSet(bytes("c"), bytes("k"), bytes("v"));
    overlay.childRoot(bytes("c"), StateVersion.V1);
    State with = overlay.next(StateVersion.V1);
    Overlay later = new Overlay(with);

    // when
    Overlay.Removal removal = later.killChild(bytes("c"), NO_LIMIT);
    later.childRoot(bytes("c"), StateVersion.V1);

    // then
    assertEquals(new Overlay.Removal(true, 1), removal);
    assertNull(later.get(bytes(":child_storage:default:c")));
    assertArrayEquals(without, later.root(StateVersion.V1));
    assertNull(later.next(StateVersion.V1).get(bytes(":child_storage:default:c")));
    assertArrayEquals(State.empty().root(), later.childRoot(bytes("c"), StateVersion.V1));
    assertTrue(with.get(bytes(":child_storage:default:c")) != null);
  }

  @Test
  void a_transaction_that_is_rolled_back_leaves_no_trace_in_any_trie() {
    // given
    byte[] root = overlay.root(StateVersion.V1);
    overlay.startTransaction();
    overlay.set(bytes("a1"), bytes("x"));
    overlay.startTransaction();
    overlay.clear(bytes("b"));
    overlay.childSet(bytes("c"), bytes("k"), bytes("v"));
    overlay.childRoot(bytes("c"), StateVersion.V1);
    overlay.commitTransaction();

    // when
    overlay.rollbackTransaction();

    // then
    assertEquals("1", text(overlay.get(bytes("a1"))));
    assertEquals("4", text(overlay.get(bytes("b"))));
    assertNull(overlay.childGet(bytes("c"), bytes("k")));
    assertEquals(0, overlay.changes().size());
    assertArrayEquals(root, overlay.root(StateVersion.V1));
    assertSame(overlay.parent(), overlay.next(StateVersion.V1));
  }

  @Test
  void a_transaction_that_was_never_opened_cannot_be_closed() {
    assertThrows(IllegalStateException.class, overlay::commitTransaction);
    assertThrows(IllegalStateException.class, overlay::rollbackTransaction);
    overlay.startTransaction();
    overlay.commitTransaction();
    assertThrows(IllegalStateException.class, overlay::rollbackTransaction);
  }

  @Test
  void there_are_no_changes_and_no_next_state_while_a_transaction_is_open() {
    overlay.startTransaction();
    overlay.startTransaction();

    assertThrows(IllegalStateException.class, overlay::changes);
    assertThrows(IllegalStateException.class, () -> overlay.next(StateVersion.V1));
    assertEquals(2, overlay.openTransactions());
    assertEquals(2, overlay.rollBackOpen());
    assertEquals(0, overlay.rollBackOpen());
    assertEquals(0, overlay.changes().size());
  }

  @Test
  void the_next_state_is_the_one_whose_root_was_given_until_something_changes() {
    // given
    assertNull(overlay.lastRoot());
    overlay.set(bytes("long"), new byte[40]);
    byte[] root = overlay.root(StateVersion.V0);

    // when
    State next = overlay.next(StateVersion.V1);

    // then: also after a transaction that changed nothing in the end
    assertArrayEquals(root, next.root());
    assertSame(next, overlay.next(StateVersion.V1));
    overlay.startTransaction();
    overlay.commitTransaction();
    assertSame(next, overlay.next(StateVersion.V1));
    overlay.set(bytes("short"), bytes("x"));
    State changed = overlay.next(StateVersion.V1);
    assertNotSame(next, changed);
    assertArrayEquals(overlay.root(StateVersion.V0), changed.root());
    assertArrayEquals(changed.root(), overlay.lastRoot());
    assertTrue(!Arrays.equals(overlay.root(StateVersion.V1), changed.root()));
  }

  @Test
  void changes_are_a_value_that_later_changes_do_not_touch() {
    // given
    overlay.set(bytes("a1"), bytes("x"));
    overlay.clear(bytes("b"));
    overlay.childSet(bytes("c"), bytes("k"), bytes("v"));

    // when
    StateChanges changes = overlay.changes();
    overlay.set(bytes("a1"), bytes("y"));
    overlay.childClear(bytes("c"), bytes("k"));

    // then
    assertEquals(3, changes.size());
    assertEquals("x", text(changes.top().get(bytes("a1")).orElseThrow()));
    assertEquals(Optional.empty(), changes.top().get(bytes("b")));
    assertEquals(1, changes.children().size());
    assertEquals("v", text(changes.child(bytes("c")).get(bytes("k")).orElseThrow()));
    assertTrue(changes.child(bytes("d")).isEmpty());
  }

  @Test
  void the_next_key_is_found_across_keys_that_were_removed_and_added() {
    overlay.clear(bytes("a2"));
    overlay.set(bytes("a2x"), bytes("5"));
    overlay.clear(bytes("b"));

    assertEquals("a2x", text(overlay.nextKey(bytes("a1"))));
    assertEquals("a3", text(overlay.nextKey(bytes("a2x"))));
    assertNull(overlay.nextKey(bytes("a3")));
    overlay.childSet(bytes("c"), bytes("k"), bytes("v"));
    assertEquals("k", text(overlay.childNextKey(bytes("c"), new byte[0])));
    assertNull(overlay.childNextKey(bytes("c"), bytes("k")));
  }

  @Test
  void operations_are_counted() {
    overlay.get(bytes("a1"));
    overlay.exists(bytes("a1"));
    overlay.nextKey(bytes("a1"));
    overlay.childGet(bytes("c"), bytes("a1"));
    overlay.childExists(bytes("c"), bytes("a1"));
    overlay.childNextKey(bytes("c"), bytes("a1"));
    overlay.read(bytes("a1"), 0, 1);
    overlay.childRead(bytes("c"), bytes("a1"), 0, 1);
    overlay.root(StateVersion.V1);
    assertEquals(8, overlay.reads());
    assertEquals(0, overlay.writes());
    overlay.set(bytes("a1"), bytes("x"));
    overlay.clear(bytes("a1"));
    overlay.append(bytes("a1"), bytes("x"));
    overlay.clearPrefix(bytes("a"), NO_LIMIT);
    overlay.childSet(bytes("c"), bytes("a1"), bytes("x"));
    overlay.childClear(bytes("c"), bytes("a1"));
    overlay.childClearPrefix(bytes("c"), bytes("a"), NO_LIMIT);
    overlay.killChild(bytes("c"), NO_LIMIT);
    assertEquals(8, overlay.reads());
    assertEquals(8, overlay.writes());
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
    NavigableMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
    if (!before.equals("-")) {
      map.put(key, hex(before));
      overlay.set(key, hex(before));
    }
    Overlay other =
        new Overlay(State.of(map, new TreeMap<>(Arrays::compareUnsigned), StateVersion.V1));

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
    NavigableMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
    map.put(key, list);
    Overlay onList =
        new Overlay(State.of(map, new TreeMap<>(Arrays::compareUnsigned), StateVersion.V1));
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

  @Test
  void what_a_call_holds_is_bounded_and_a_write_that_is_refused_has_not_been_done() {
    // given
    Overlay small = new Overlay(State.empty(), 10_000);
    small.set(bytes("k"), new byte[5_000]);

    // then
    assertThrows(OverlayFullException.class, () -> small.set(bytes("l"), new byte[5_000]));
    assertThrows(OverlayFullException.class, () -> small.set(new byte[6_000], bytes("v")));
    assertThrows(OverlayFullException.class, () -> small.append(bytes("l"), new byte[5_000]));
    assertThrows(
        OverlayFullException.class, () -> small.childSet(new byte[6_000], bytes("l"), bytes("v")));
    assertNull(small.get(bytes("l")));
    small.set(bytes("k"), new byte[1]);
    small.set(bytes("l"), new byte[5_000]);
    assertEquals(2, small.changes().size());
  }

  @Test
  void what_is_overwritten_is_given_back_once_it_cannot_come_back() {
    // given
    Overlay small = new Overlay(State.empty(), 10_000);

    // when, then: ten times as much as it holds, one after the other
    for (int i = 0; i < 100; i++) {
      small.set(bytes("k"), new byte[1_000]);
      small.startTransaction();
      small.set(bytes("k"), new byte[2_000]);
      small.append(bytes("list"), new byte[100]);
      small.childSet(bytes("c"), bytes("k"), new byte[500]);
      small.startTransaction();
      small.set(bytes("k"), new byte[2_000]);
      small.commitTransaction();
      if (i % 2 == 0) {
        small.commitTransaction();
        small.clear(bytes("list"));
        small.killChild(bytes("c"), NO_LIMIT);
      } else {
        small.rollbackTransaction();
      }
    }
    small.startTransaction();
    for (int i = 0; i < 100; i++) {
      small.startTransaction();
      small.set(bytes("k"), new byte[1_000]);
      small.commitTransaction();
    }
  }

  /** The list has 6,000 bytes, the overlay room for 10,000. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void a_list_that_takes_more_than_half_of_an_overlay_is_read_and_ends_a_block(int elements) {
    // given
    byte[] list = new byte[6_000];
    list[0] = 4;
    byte[] key = bytes("list");
    NavigableMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
    map.put(key, list);
    State parent = State.of(map, new TreeMap<>(Arrays::compareUnsigned), StateVersion.V1);
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

  @Test
  void a_million_keys_that_come_and_go_fill_no_overlay() {
    // given
    Overlay small = new Overlay(State.empty(), 10_000);
    small.childSet(bytes("c"), bytes("stays"), bytes("v"));
    long before = small.heldBytes();

    // when: cleared one by one, by a prefix, and in transactions
    for (int i = 0; i < 1_000_000; i += 5) {
      small.set(bytes("a" + i), bytes("v"));
      small.clear(bytes("a" + i));
      small.set(bytes("b" + i), bytes("v"));
      small.childSet(bytes("c"), bytes("k" + i), bytes("v"));
      small.clearPrefix(bytes("b"), NO_LIMIT);
      small.childClearPrefix(bytes("c"), bytes("k"), NO_LIMIT);
      small.startTransaction();
      small.set(bytes("c" + i), bytes("v"));
      small.startTransaction();
      small.clear(bytes("c" + i));
      small.append(bytes("d" + i), bytes("v"));
      small.commitTransaction();
      small.clear(bytes("d" + i));
      small.commitTransaction();
    }

    // then
    assertEquals(before, small.heldBytes());
    assertEquals(1, small.changes().size());
  }

  @Test
  void what_was_cleared_in_a_transaction_comes_back_when_it_is_rolled_back() {
    // given
    overlay.set(bytes("before"), bytes("v"));
    overlay.startTransaction();
    overlay.clear(bytes("before"));
    overlay.set(bytes("inside"), bytes("v"));
    overlay.startTransaction();
    overlay.clear(bytes("inside"));
    overlay.clear(bytes("a1"));

    // when
    overlay.rollbackTransaction();

    // then
    assertEquals("v", text(overlay.get(bytes("inside"))));
    assertEquals("1", text(overlay.get(bytes("a1"))));
    overlay.rollbackTransaction();
    assertEquals("v", text(overlay.get(bytes("before"))));
    assertNull(overlay.get(bytes("inside")));
  }

  @Test
  void a_childs_entry_is_the_parents_again_when_its_changes_are_taken_back() {
    // given
    byte[] entry = bytes(":child_storage:default:c");
    overlay.childSet(bytes("c"), bytes("k"), bytes("v"));
    overlay.childRoot(bytes("c"), StateVersion.V1);
    Overlay later = new Overlay(overlay.next(StateVersion.V1));
    later.childSet(bytes("c"), bytes("l"), bytes("v"));
    later.childRoot(bytes("c"), StateVersion.V1);

    // when
    later.childClear(bytes("c"), bytes("l"));
    overlay.childClear(bytes("c"), bytes("k"));
    later.childRoot(bytes("c"), StateVersion.V1);
    overlay.childRoot(bytes("c"), StateVersion.V1);

    // then
    assertArrayEquals(later.parent().get(entry), later.get(entry));
    assertSame(later.parent(), later.next(StateVersion.V1));
    assertNull(overlay.get(entry));
    assertSame(overlay.parent(), overlay.next(StateVersion.V1));
  }

  @Test
  void open_transactions_and_what_they_must_undo_are_bounded() {
    Overlay small = new Overlay(State.empty(), 100_000);

    assertThrows(
        OverlayFullException.class,
        () -> {
          while (true) {
            small.startTransaction();
          }
        });
    assertTrue(small.rollBackOpen() > 1_000);
    assertThrows(
        OverlayFullException.class,
        () -> {
          while (true) {
            small.startTransaction();
            small.set(bytes("k"), bytes("v"));
          }
        });
    assertTrue(small.rollBackOpen() > 100);
    assertNull(small.get(bytes("k")));
    assertEquals(0, small.changes().size());
  }

  @Test
  void committing_deeply_nested_transactions_costs_what_they_changed_and_not_their_depth_as_well() {
    // given: many changes in the innermost of many, and one in each
    int depth = 20_000;
    for (int i = 0; i < depth; i++) {
      overlay.startTransaction();
      overlay.set(bytes("own" + i), bytes("v"));
    }
    for (int i = 0; i < depth; i++) {
      overlay.set(bytes("inner" + i), bytes("v"));
    }

    // when: each key moving up each level would be 400 million steps
    for (int i = 0; i < depth - 1; i++) {
      overlay.commitTransaction();
    }
    overlay.rollbackTransaction();

    // then
    assertEquals(0, overlay.changes().size());
  }
}
