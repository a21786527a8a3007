package org.wasmheap.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.host.Roots.CHILD;
import static org.wasmheap.host.Roots.bytes;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.host.HostCalls.Buffer;
import org.wasmheap.host.HostCalls.Guest;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;

/**
 * What guests see of the storage over several calls, most of it such as no block of the given
 * chains would notice if it were wrong. Roots come from {@code roots.py}.
 */
class StorageFunctionsTest {
  private static final String GET = "ext_storage_get_version_1";
  private static final String SET = "ext_storage_set_version_1";
  private static final String CLEAR = "ext_storage_clear_version_1";
  private static final String NEXT = "ext_storage_next_key_version_1";
  private static final String CLEAR_PREFIX = "ext_storage_clear_prefix_version_1";
  private static final String CLEAR_SOME = "ext_storage_clear_prefix_version_2";
  private static final String ROOT = "ext_storage_root_version_2";
  private static final String START = "ext_storage_start_transaction_version_1";
  private static final String COMMIT = "ext_storage_commit_transaction_version_1";
  private static final String ROLLBACK = "ext_storage_rollback_transaction_version_1";

  private static final String CHILD_GET = "ext_default_child_storage_get_version_1";
  private static final String CHILD_SET = "ext_default_child_storage_set_version_1";
  private static final String CHILD_CLEAR = "ext_default_child_storage_clear_version_1";
  private static final String CHILD_NEXT = "ext_default_child_storage_next_key_version_1";
  private static final String CHILD_ROOT = "ext_default_child_storage_root_version_2";
  private static final String KILL = "ext_default_child_storage_storage_kill_version_3";

  private static final String CHILD_KEY = ":child_storage:default:" + CHILD;
  private static final byte[] NO_LIMIT = {0};
  private static final String NONE = "00";

  private final HostCalls calls = new HostCalls();

  @AfterEach
  void shutDown() {
    calls.close();
  }

  @Test
  void a_walk_from_key_to_key_meets_what_was_written_and_not_what_was_cleared() throws Exception {
    // when
    List<String> met =
        calls.call(
            Roots.plain(),
            guest -> {
              guest.run(SET, "key15", "new");
              guest.run(CLEAR, "key2");
              return walk(guest, NEXT);
            });
    // then
    assertEquals(List.of("ke", "key1", "key15", "other"), met);
  }

  @Test
  void a_walk_through_a_child_meets_its_keys_alone() throws Exception {
    // when
    List<String> met =
        calls.call(
            Roots.withChild(StateVersion.V0),
            guest -> {
              guest.run(CHILD_SET, CHILD, "xa", "new");
              guest.run(CHILD_CLEAR, CHILD, "x");
              return walk(guest, CHILD_NEXT, CHILD);
            });
    // then
    assertEquals(List.of("xa", "xyz"), met);
  }

  @Test
  void a_prefix_is_cleared_in_the_state_and_in_what_was_written_over_it() throws Exception {
    // when
    List<String> left =
        calls.call(
            Roots.plain(),
            guest -> {
              guest.run(SET, "key15", "new");
              guest.run(CLEAR_PREFIX, "key");
              return walk(guest, NEXT);
            });
    // then
    assertEquals(List.of("ke", "other"), left);
  }

  /** As the reference counts: keys of the state that are visited, also those that are gone. */
  @ParameterizedTest
  @CsvSource({
    "0, 0100000000, ke key1 key2 other",
    "1, 0101000000, ke key2 other",
    "2, 0002000000, ke other",
    "3, 0002000000, ke other"
  })
  void a_limit_counts_the_keys_of_the_state_and_not_those_written(
      int limit, String removal, String left) throws Exception {
    // given a key that is written in this call and stands between those of the state
    Overlay overlay = Roots.plain();
    // when
    calls.call(
        overlay,
        guest -> {
          guest.run(SET, "key15", "new");
          byte[] given = guest.bytes(CLEAR_SOME, "key", new byte[] {1, (byte) limit, 0, 0, 0});
          // then
          assertEquals(removal, Roots.hex(given));
          assertEquals(left, String.join(" ", walk(guest, NEXT)));
          return null;
        });
  }

  @Test
  void a_limit_counts_a_key_again_that_was_cleared_in_the_same_call() throws Exception {
    calls.call(
        Roots.plain(),
        guest -> {
          // given
          guest.run(CLEAR, "key1");
          // when
          byte[] removal = guest.bytes(CLEAR_SOME, "key", new byte[] {1, 1, 0, 0, 0});
          // then the one that is visited is the one that is gone already
          assertEquals("0101000000", Roots.hex(removal));
          assertEquals(List.of("ke", "key2", "other"), walk(guest, NEXT));
          return null;
        });
  }

  // What is under the prefix of the children.

  @Test
  void what_is_written_under_the_prefix_of_the_children_is_ignored() throws Exception {
    calls.call(
        Roots.withChild(StateVersion.V0),
        guest -> {
          // when
          guest.run(SET, CHILD_KEY, "forged");
          guest.run(CLEAR, CHILD_KEY);
          guest.run("ext_storage_append_version_1", CHILD_KEY, "\4");
          // then it is still there, and can be read
          assertEquals("0180" + Roots.of("child_v0"), Roots.hex(guest.bytes(GET, CHILD_KEY)));
          assertEquals(Roots.of("plain_with_child_v0"), Roots.hex(guest.bytes(ROOT, 0)));
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", ":child_", ":child_storage:", ":child_storage:default:c1"})
  void a_prefix_in_which_children_are_is_not_cleared_at_all(String prefix) throws Exception {
    calls.call(
        Roots.withChild(StateVersion.V0),
        guest -> {
          // when
          guest.run(CLEAR_PREFIX, prefix);
          byte[] removal = guest.bytes(CLEAR_SOME, prefix, NO_LIMIT);
          // then
          assertEquals("0000000000", Roots.hex(removal));
          assertEquals(Roots.of("plain_with_child_v0"), Roots.hex(guest.bytes(ROOT, 0)));
          return null;
        });
  }

  @Test
  void a_child_that_became_empty_has_no_entry_in_the_main_trie() throws Exception {
    calls.call(
        Roots.withChild(StateVersion.V0),
        guest -> {
          // when
          guest.run(CHILD_CLEAR, CHILD, "x");
          guest.run(CHILD_CLEAR, CHILD, "xyz");
          // then
          assertEquals(Roots.of("plain_v0"), Roots.hex(guest.bytes(ROOT, 0)));
          assertEquals(Roots.of("empty_v0"), Roots.hex(guest.bytes(CHILD_ROOT, CHILD, 0)));
          assertEquals(NONE, Roots.hex(guest.bytes(GET, CHILD_KEY)));
          return null;
        });
  }

  @Test
  void a_child_that_was_killed_is_gone_and_can_be_filled_again() throws Exception {
    calls.call(
        Roots.withChild(StateVersion.V0),
        guest -> {
          // when
          assertEquals("0002000000", Roots.hex(guest.bytes(KILL, CHILD, NO_LIMIT)));
          // then
          assertEquals(NONE, Roots.hex(guest.bytes(CHILD_GET, CHILD, "x")));
          assertEquals(Roots.of("empty_v0"), Roots.hex(guest.bytes(CHILD_ROOT, CHILD, 0)));
          assertEquals(Roots.of("plain_v0"), Roots.hex(guest.bytes(ROOT, 0)));
          // when
          guest.run(CHILD_SET, CHILD, "x", "y");
          guest.run(CHILD_SET, CHILD, "xyz", "v".repeat(33));
          // then
          assertEquals(Roots.of("child_v0"), Roots.hex(guest.bytes(CHILD_ROOT, CHILD, 0)));
          assertEquals(Roots.of("plain_with_child_v0"), Roots.hex(guest.bytes(ROOT, 0)));
          return null;
        });
  }

  // Roots.

  @ParameterizedTest
  @CsvSource({"31, 0", "32, 0", "33, 0", "34, 0", "31, 1", "32, 1", "33, 1", "34, 1"})
  void a_value_of_33_bytes_is_the_first_that_is_hashed_and_in_state_version_1_alone(
      int length, int version) throws Exception {
    // when
    byte[] root =
        calls.call(
            Roots.empty(),
            guest -> {
              guest.run(SET, "k", "v".repeat(length));
              return guest.bytes(ROOT, version);
            });
    // then
    assertEquals(Roots.of("value_of_" + length + "_v" + version), Roots.hex(root));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void children_and_their_roots_are_of_the_state_version_that_is_asked_for(int version)
      throws Exception {
    calls.call(
        Roots.plain(),
        guest -> {
          // when
          guest.run(CHILD_SET, CHILD, "x", "y");
          guest.run(CHILD_SET, CHILD, "xyz", "v".repeat(33));
          byte[] child = guest.bytes(CHILD_ROOT, CHILD, version);
          byte[] root = guest.bytes(ROOT, version);
          // then
          assertEquals(Roots.of("child_v" + version), Roots.hex(child));
          assertEquals(Roots.of("plain_with_child_v" + version), Roots.hex(root));
          return null;
        });
  }

  // Transactions.

  @Test
  void what_is_rolled_back_leaves_no_trace_in_main_and_child_tries() throws Exception {
    calls.call(
        Roots.withChild(StateVersion.V0),
        guest -> {
          // when
          guest.run(START);
          guest.run(CLEAR, "key1");
          guest.run(SET, "new", "value");
          guest.run(CHILD_SET, CHILD, "x", "other");
          guest.run(CHILD_SET, "c2", "x", "y");
          guest.run(ROLLBACK);
          // then
          assertEquals(Roots.of("plain_with_child_v0"), Roots.hex(guest.bytes(ROOT, 0)));
          return null;
        });
  }

  @Test
  void an_inner_transaction_that_is_kept_goes_with_the_outer_one_that_is_not() throws Exception {
    calls.call(
        Roots.plain(),
        guest -> {
          // when
          guest.run(START);
          guest.run(CLEAR, "key1");
          guest.run(START);
          guest.run(CLEAR, "key2");
          guest.run(COMMIT);
          assertEquals(List.of("ke", "other"), walk(guest, NEXT));
          guest.run(ROLLBACK);
          // then
          assertEquals(Roots.of("plain_v0"), Roots.hex(guest.bytes(ROOT, 0)));
          return null;
        });
  }

  @Test
  void an_outer_transaction_that_is_kept_is_without_the_inner_one_that_is_not() throws Exception {
    calls.call(
        Roots.plain(),
        guest -> {
          // when
          guest.run(START);
          guest.run(CLEAR, "key1");
          guest.run(START);
          guest.run(CLEAR_PREFIX, "k");
          guest.run(SET, "key1", "again");
          guest.run(ROLLBACK);
          guest.run(COMMIT);
          // then
          assertEquals(Roots.of("plain_without_key1_v0"), Roots.hex(guest.bytes(ROOT, 0)));
          return null;
        });
  }

  @Test
  void a_transaction_can_be_closed_once() {
    // when
    CallException failure =
        assertThrows(
            CallException.class,
            () ->
                calls.call(
                    Roots.plain(),
                    guest -> {
                      guest.run(START);
                      guest.run(COMMIT);
                      return guest.run(ROLLBACK);
                    }));
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(failure.isDeterministic());
  }

  // Memory.

  @Test
  void what_a_guest_changes_in_its_memory_afterwards_is_not_what_it_stored() throws Exception {
    calls.call(
        Roots.empty(),
        guest -> {
          // given
          guest.run("ext_storage_read_version_1", "none", new Buffer(4), 0);
          long value = guest.lastRange();
          guest.run(SET, "k", value);
          // when
          guest.overwriteBuffer(bytes("abcd"));
          // then
          assertEquals("011000000000", Roots.hex(guest.bytes(GET, "k")));
          return null;
        });
  }

  /** Compacts as {@code parity-scale-codec} writes them. */
  @ParameterizedTest
  @CsvSource({"0, 00", "63, fc", "64, 0101", "16383, fdff", "16384, 02000100", "100000, 821a0600"})
  void a_value_comes_with_its_length(int length, String compact) throws Exception {
    // given
    Overlay overlay = Roots.empty();
    overlay.set(bytes("k"), new byte[length]);
    // when
    byte[] given = calls.call(overlay, guest -> guest.bytes(GET, "k"));
    // then
    assertEquals("01" + compact + "00".repeat(length), Roots.hex(given));
  }

  @Test
  void a_list_can_be_counted_after_each_element() throws Exception {
    // given
    List<String> counts =
        calls.call(
            Roots.empty(),
            guest -> {
              List<String> seen = new ArrayList<>();
              for (int i = 0; i < 3; i++) {
                guest.run("ext_storage_append_version_1", "list", new byte[] {7, 7});
                // when
                byte[] left = guest.bytes("ext_storage_read_version_1", "list", new Buffer(1), 0);
                seen.add(Roots.hex(guest.buffer(1)) + " of " + left[1]);
              }
              return seen;
            });
    // then
    assertEquals(List.of("04 of 3", "08 of 5", "0c of 7"), counts);
  }

  @ParameterizedTest
  @ValueSource(strings = {SET, "ext_storage_append_version_1"})
  void an_overlay_that_is_full_is_the_hosts_failure_and_the_instance_is_discarded(String write)
      throws Exception {
    // given
    Overlay small = new Overlay(State.empty(), 10_000);
    // when
    CallException failure =
        assertThrows(
            CallException.class,
            () -> calls.call(small, guest -> guest.run(write, "k", new byte[10_000])));
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
    assertFalse(failure.isDeterministic());
    // and when the next call begins, it is on another instance
    assertEquals(NONE, Roots.hex(calls.call(small, guest -> guest.bytes(GET, "k"))));
    assertEquals(1, calls.replaced());
  }

  private static List<String> walk(Guest guest, String next, Object... child) throws Exception {
    List<String> met = new ArrayList<>();
    String key = "";
    while (true) {
      List<Object> arguments = new ArrayList<>(List.of(child));
      arguments.add(key);
      byte[] found = guest.bytes(next, arguments.toArray());
      if (found[0] == 0) {
        return met;
      }
      key = new String(found, 2, found.length - 2, UTF_8);
      if (key.startsWith(":child_storage:")) {
        continue;
      }
      met.add(key);
    }
  }
}
