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
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
