package org.wasmheap.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What a state promises beside its root; roots are in {@link TrieVectorsTest}. */
class StateTest {
  /** Of the empty trie: the BLAKE2b-256 of one zero byte, by Python's hashlib. */
  private static final String EMPTY_ROOT =
      "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314";

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }

  private static NavigableMap<byte[], byte[]> map(String... keysAndValues) {
    NavigableMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(bytes(keysAndValues[i]), bytes(keysAndValues[i + 1]));
    }
    return map;
  }

  private static NavigableMap<byte[], NavigableMap<byte[], byte[]>> noChildren() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }

  private static State state(String... keysAndValues) {
    return State.of(map(keysAndValues), noChildren(), StateVersion.V1);
  }

  private static List<String> keys(Iterator<byte[]> keys) {
    List<String> all = new ArrayList<>();
    keys.forEachRemaining(key -> all.add(new String(key, US_ASCII)));
    return all;
  }

  @Test
  void the_empty_state_has_the_root_of_the_empty_trie_and_nothing_else() {
    State empty = State.empty();

    assertArrayEquals(HexFormat.of().parseHex(EMPTY_ROOT), empty.root());
    assertArrayEquals(empty.root(), empty.childRoot(bytes("any")));
    assertNull(empty.get(new byte[0]));
    assertNull(empty.nextKey(new byte[0]));
    assertNull(empty.childGet(bytes("any"), new byte[0]));
    assertNull(empty.childNextKey(bytes("any"), new byte[0]));
    assertFalse(empty.keys(new byte[0]).hasNext());
    assertThrows(NoSuchElementException.class, () -> empty.keys(new byte[0]).next());
  }

  @Test
  void a_childs_root_without_its_contents_stays_until_the_child_has_some() {
    // given
    byte[] entry = bytes(":child_storage:default:c");
    State state = state(":child_storage:default:c", "root");
    Overlay overlay = new Overlay(state);

    // when: changes of the child that come to nothing
    overlay.childSet(bytes("c"), bytes("k"), bytes("v"));
    overlay.startTransaction();
    overlay.childClear(bytes("c"), bytes("k"));
    byte[] root = overlay.childRoot(bytes("c"), StateVersion.V1);

    // then
    assertArrayEquals(HexFormat.of().parseHex(EMPTY_ROOT), root);
    assertArrayEquals(state.root(), overlay.root(StateVersion.V1));
    assertArrayEquals(bytes("root"), overlay.get(entry));
    overlay.commitTransaction();
    assertSame(state, overlay.next(StateVersion.V1));
    assertSame(state, state.with(overlay.changes(), StateVersion.V1));
    overlay.childSet(bytes("c"), bytes("k"), bytes("v"));
    State later = overlay.next(StateVersion.V1);
    assertArrayEquals(later.childRoot(bytes("c")), later.get(entry));
  }

  @Test
  void a_root_that_is_given_out_is_a_copy() {
    State state = state("a", "1");
    byte[] root = state.root();

    state.root()[0]++;
    state.childRoot(bytes("c"))[0]++;

    assertArrayEquals(root, state.root());
    assertArrayEquals(HexFormat.of().parseHex(EMPTY_ROOT), State.empty().root());
  }

  @Test
  void keys_with_a_prefix_come_in_order_and_are_those_that_next_key_finds() {
    // given
    State state = state("a", "1", "ab", "2", "abc", "3", "abq", "4", "b", "5", "", "6", "q", "7");

    // then
    assertEquals(List.of("", "a", "ab", "abc", "abq", "b", "q"), keys(state.keys(bytes(""))));
    assertEquals(List.of("ab", "abc", "abq"), keys(state.keys(bytes("ab"))));
    assertEquals(List.of("abq"), keys(state.keys(bytes("abq"))));
    assertEquals(List.of(), keys(state.keys(bytes("abqq"))));
    assertEquals(List.of(), keys(state.keys(bytes("aba"))));
    List<String> found = new ArrayList<>();
    byte[] key = state.nextKey(new byte[0]);
    while (key != null) {
      found.add(new String(key, US_ASCII));
      key = state.nextKey(key);
    }
    assertEquals(List.of("a", "ab", "abc", "abq", "b", "q"), found);
    assertArrayEquals(bytes("abq"), state.nextKey(bytes("abd")));
  }

  @Test
  void a_value_is_the_same_array_at_every_call_and_in_later_states_until_it_is_set() {
    // given
    State state = state("kept", "k".repeat(50), "kept too", "v", "set", "s");
    byte[] value = state.get(bytes("kept"));
    Overlay overlay = new Overlay(state);
    overlay.set(bytes("set"), bytes("t"));
    overlay.set(bytes("kept an"), bytes("beside it"));
    overlay.clear(bytes("kept too"));

    // when
    State next = overlay.next(StateVersion.V0);

    // then
    assertSame(value, state.get(bytes("kept")));
    assertSame(value, next.get(bytes("kept")));
    assertArrayEquals(bytes("s"), state.get(bytes("set")));
    assertArrayEquals(bytes("t"), next.get(bytes("set")));
  }

  @Test
  void changes_that_change_nothing_give_the_same_state() {
    // given
    State state = state("a", "1", "b", "2".repeat(40));
    Overlay overlay = new Overlay(state);

    // when
    overlay.set(bytes("a"), bytes("1"));
    overlay.set(bytes("b"), bytes("2".repeat(40)));
    overlay.clear(bytes("c"));
    overlay.childClear(bytes("child"), bytes("c"));

    // then
    assertSame(state, overlay.next(StateVersion.V1));
  }

  @Test
  void contents_of_child_tries_replace_the_roots_that_the_main_trie_says() {
    // given
    NavigableMap<byte[], NavigableMap<byte[], byte[]>> children = noChildren();
    children.put(bytes("one"), map("k", "v"));
    children.put(bytes("none"), map());
    String prefix = ":child_storage:default:";
    NavigableMap<byte[], byte[]> right = map("a", "1");
    State expected = State.of(right, children, StateVersion.V1);

    // when
    State state =
        State.of(
            map("a", "1", prefix + "one", "wrong", prefix + "none", "wrong"),
            children,
            StateVersion.V1);

    // then
    assertArrayEquals(expected.root(), state.root());
    assertArrayEquals(state.childRoot(bytes("one")), state.get(bytes(prefix + "one")));
    assertNull(state.get(bytes(prefix + "none")));
    assertArrayEquals(bytes("v"), state.childGet(bytes("one"), bytes("k")));
    assertEquals(List.of("k"), keys(state.childKeys(bytes("one"), new byte[0])));
  }

  @Test
  void a_root_of_a_child_whose_contents_are_not_given_stays_a_value() {
    State state = state(":child_storage:default:c", "x".repeat(32));

    assertArrayEquals(bytes("x".repeat(32)), state.get(bytes(":child_storage:default:c")));
    assertArrayEquals(HexFormat.of().parseHex(EMPTY_ROOT), state.childRoot(bytes("c")));
  }

  @Test
  void a_trie_of_keys_that_begin_each_other_needs_no_deep_stack() throws Exception {
    // given: a node below the other for each of them
    int depth = 8_000;
    NavigableMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
    for (int length = 0; length < depth; length++) {
      entries.put(new byte[length], bytes("v"));
    }

    // when, then
    onSmallStack(
        () -> {
          State deep = State.of(entries, noChildren(), StateVersion.V1);
          byte[] longest = new byte[depth - 1];
          assertArrayEquals(bytes("v"), deep.get(longest));
          assertNull(deep.nextKey(longest));
          assertEquals(depth, keys(deep.keys(new byte[0])).size());
          Overlay overlay = new Overlay(deep);
          overlay.set(longest, bytes("w"));
          overlay.root(StateVersion.V1);
          assertEquals(
              new Overlay.Removal(true, depth - 1),
              overlay.clearPrefix(new byte[1], OptionalLong.empty()));
          overlay.clear(new byte[0]);
          assertArrayEquals(HexFormat.of().parseHex(EMPTY_ROOT), overlay.root(StateVersion.V1));
          return deep;
        });
  }

  @Test
  void a_trie_that_is_deep_at_every_nibble_needs_no_deep_stack() throws Exception {
    // given: one long key, and at each of its bytes two keys that leave it there
    int depth = 3_000;
    NavigableMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
    for (int length = 1; length <= depth; length++) {
      byte[] high = new byte[length];
      high[length - 1] = 0x10;
      byte[] low = new byte[length];
      low[length - 1] = 0x01;
      entries.put(high, bytes("h"));
      entries.put(low, bytes("l"));
    }

    // when, then
    State state = onSmallStack(() -> State.of(entries, noChildren(), StateVersion.V0));
    assertEquals(2 * depth, keys(state.keys(new byte[0])).size());
  }

  /** On a thread whose stack has no room for a frame of each node. */
  private static State onSmallStack(Callable<State> task) throws Exception {
    Object[] result = new Object[1];
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                result[0] = task.call();
              } catch (Throwable e) {
                result[0] = e;
              }
            },
            "small stack",
            192 << 10);
    thread.start();
    thread.join();
    if (result[0] instanceof Throwable thrown) {
      throw new AssertionError(thrown);
    }
    return (State) result[0];
  }

  @Test
  void many_threads_read_one_state_and_derive_from_it_at_once() throws Exception {
    // given
    NavigableMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
    for (int i = 0; i < 500; i++) {
      entries.put(bytes("key" + i), bytes("value" + i));
    }
    State state = State.of(entries, noChildren(), StateVersion.V1);
    byte[] root = state.root();
    int threads = 4;
    CountDownLatch ready = new CountDownLatch(threads);
    ExecutorService workers = Executors.newFixedThreadPool(threads);

    // when
    List<Future<byte[]>> derived = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      derived.add(
          workers.submit(
              () -> {
                ready.countDown();
                ready.await();
                byte[] last = {};
                for (int round = 0; round < 200; round++) {
                  Overlay overlay = new Overlay(state);
                  overlay.set(bytes("key" + round), bytes("changed"));
                  overlay.clear(bytes("key" + (round + 1)));
                  overlay.childSet(bytes("c"), bytes("k"), bytes("v"));
                  last = overlay.root(StateVersion.V1);
                  assertArrayEquals(bytes("value" + round), state.get(bytes("key" + round)));
                }
                return last;
              }));
    }

    // then
    byte[] first = derived.get(0).get();
    for (Future<byte[]> each : derived) {
      assertArrayEquals(first, each.get());
    }
    workers.shutdown();
    assertArrayEquals(root, state.root());
    assertEquals(entries.size(), keys(state.keys(new byte[0])).size());
  }

  @Test
  void versions_are_0_and_1_and_a_runtime_of_a_later_one_has_1() {
    assertEquals(StateVersion.V0, StateVersion.of(0));
    assertEquals(StateVersion.V1, StateVersion.of(1));
    assertThrows(IllegalArgumentException.class, () -> StateVersion.of(2));
    assertEquals(
        "state version is 4294967295, must be 0 or 1",
        assertThrows(IllegalArgumentException.class, () -> StateVersion.of(-1)).getMessage());
    assertEquals(StateVersion.V0, StateVersion.ofRuntime(0));
    assertEquals(StateVersion.V1, StateVersion.ofRuntime(1));
    assertEquals(StateVersion.V1, StateVersion.ofRuntime(255));
  }
}
