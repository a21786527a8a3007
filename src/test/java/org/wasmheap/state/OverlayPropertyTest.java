package org.wasmheap.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.wasmheap.state.NaiveTrie.Kinded;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;
import org.wasmheap.testkit.Simpler;

/** Any operations on overlays, block after block, against plain sorted maps and a naive root. */
class OverlayPropertyTest {
  private static final int TRIES = 1_500;
  private static final int MOST_OPERATIONS = 120;

  /** Few bytes, so that keys meet, begin each other and part at either nibble. */
  private static final String[] BYTES = {"00", "01", "10", "11", "1f", "f0", "ff"};

  private static final String[] CHILDREN = {"", "01", "0102", "ff"};

  /** Round the lengths where a value's and a node's encoding change. */
  private static final Integer[] LENGTHS = {0, 1, 2, 5, 28, 29, 30, 31, 32, 33, 34, 63, 64, 90};

  private enum Kind {
    SET,
    CLEAR,
    APPEND,
    READ,
    CLEAR_PREFIX,
    START,
    COMMIT,
    ROLLBACK,
    ROOT,
    CHILD_ROOT,
    NEXT_BLOCK
  }

  private static final int[] WEIGHTS = {40, 12, 10, 20, 3, 8, 5, 4, 3, 3, 4};

  /** One step; {@code limit} -1 for none. */
  private record Operation(
      Kind kind, String trie, String key, String value, long limit, StateVersion version) {}

  private static final Inputs<List<Operation>> OPERATIONS =
      Inputs.of(
          draws -> draws.list(1, MOST_OPERATIONS, OverlayPropertyTest::operation),
          Simpler::shorter);

  private static Operation operation(Draws draws) {
    return new Operation(
        Kind.values()[draws.weighted(WEIGHTS)],
        draws.coin() ? ModelOverlay.MAIN : draws.oneOf(CHILDREN),
        key(draws),
        "%02x".formatted(draws.between(0, 255)).repeat(draws.oneOf(LENGTHS)),
        draws.between(-1, 4),
        draws.oneOf(StateVersion.values()));
  }

  private static String key(Draws draws) {
    String key = String.join("", draws.list(0, 4, each -> each.oneOf(BYTES)));
    return switch (draws.between(0, 30)) {
      case 0 -> ascii(":child_storage:default:") + draws.oneOf(CHILDREN);
      case 1 -> ascii(":child_storage:") + key;
      case 2 -> ascii(":child").substring(0, 2 * draws.between(0, 6));
      case 3 -> key + "11".repeat(draws.between(28, 40));
      default -> key;
    };
  }

  private static String ascii(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void an_overlay_is_what_plain_maps_are_and_every_root_is_that_of_the_naive_trie() {
    Property.assertHolds(TRIES, OPERATIONS, operations -> new Run().all(operations));
  }

  @Test
  void what_an_overlay_holds_is_given_back_when_all_that_was_written_is_gone() {
    Property.assertHolds(
        TRIES,
        OPERATIONS,
        operations -> {
          // given
          Run run = new Run();
          operations.stream()
              .filter(each -> each.kind() != Kind.NEXT_BLOCK && each.kind() != Kind.CHILD_ROOT)
              .forEach(run::step);
          Overlay overlay = run.overlay;
          while (overlay.openTransactions() > 0) {
            overlay.commitTransaction();
          }
          // when
          for (byte[] key = new byte[0]; key != null; key = overlay.nextKey(key)) {
            overlay.clear(key);
          }
          for (String child : CHILDREN) {
            overlay.killChild(Run.bytes(child), OptionalLong.empty());
          }
          // then nothing is left but the places of the children
          Overlay places = new Overlay(State.empty());
          for (String child : CHILDREN) {
            places.killChild(Run.bytes(child), OptionalLong.empty());
          }
          assertEquals(places.heldBytes(), overlay.heldBytes());
        });
  }

  /** Both, side by side. */
  private static final class Run {
    private NavigableMap<String, NavigableMap<String, Kinded>> plain = new TreeMap<>();
    private State state = State.empty();
    private ModelOverlay model = new ModelOverlay(plain);
    private Overlay overlay = new Overlay(state);

    void all(List<Operation> operations) {
      for (Operation each : operations) {
        step(each);
        assertEquals(model.open(), overlay.openTransactions());
      }
      nextBlock(StateVersion.V1);
    }

    private void step(Operation operation) {
      switch (operation.kind()) {
        case SET, CLEAR, APPEND -> write(operation);
        case READ -> read(operation);
        case CLEAR_PREFIX -> clearPrefix(operation);
        case START -> {
          model.start();
          overlay.startTransaction();
        }
        case COMMIT -> {
          if (model.open() > 0) {
            model.commit();
            overlay.commitTransaction();
          }
        }
        case ROLLBACK -> {
          if (model.open() > 0) {
            model.rollback();
            overlay.rollbackTransaction();
          }
        }
        case ROOT -> {
          String root = hex(overlay.root(operation.version()));
          assertEquals(model.root(operation.version()), root);
          assertEquals(root, hex(overlay.lastRoot()));
        }
        case CHILD_ROOT -> {
          if (!isMain(operation)) {
            assertEquals(
                model.childRoot(operation.trie(), operation.version()),
                hex(overlay.childRoot(bytes(operation.trie()), operation.version())));
          }
        }
        case NEXT_BLOCK -> nextBlock(operation.version());
        default -> throw new AssertionError(operation);
      }
    }

    private static boolean isMain(Operation operation) {
      return operation.trie().equals(ModelOverlay.MAIN);
    }

    private void write(Operation operation) {
      String trie = operation.trie();
      byte[] key = bytes(operation.key());
      byte[] value = bytes(operation.value());
      if (operation.kind() == Kind.APPEND) {
        model.append(operation.key(), "07");
        overlay.append(key, bytes("07"));
      } else if (operation.kind() == Kind.CLEAR) {
        model.clear(trie, operation.key());
        if (isMain(operation)) {
          overlay.clear(key);
        } else {
          overlay.childClear(bytes(trie), key);
        }
      } else {
        model.set(trie, operation.key(), operation.value());
        if (isMain(operation)) {
          overlay.set(key, value);
        } else {
          overlay.childSet(bytes(trie), key, value);
        }
      }
    }

    private void read(Operation operation) {
      byte[] key = bytes(operation.key());
      byte[] child = isMain(operation) ? null : bytes(operation.trie());
      String value = model.get(operation.trie(), operation.key());
      String next = model.nextKey(operation.trie(), operation.key());
      // Before the whole is asked for, which may put it together.
      long offset = operation.limit() + 1;
      int most = operation.value().length() / 2;
      ValuePiece piece =
          child == null
              ? overlay.read(key, offset, most)
              : overlay.childRead(child, key, offset, most);
      assertPiece(value, offset, most, piece);
      assertEquals(value, hex(child == null ? overlay.get(key) : overlay.childGet(child, key)));
      assertEquals(
          value != null, child == null ? overlay.exists(key) : overlay.childExists(child, key));
      assertEquals(
          next, hex(child == null ? overlay.nextKey(key) : overlay.childNextKey(child, key)));
    }

    private static void assertPiece(String value, long offset, int most, ValuePiece piece) {
      assertEquals(value == null, piece == null);
      if (value != null) {
        String rest = value.substring((int) Math.min(2 * offset, value.length()));
        assertEquals(rest.length() / 2, piece.left());
        assertEquals(rest.substring(0, Math.min(2 * most, rest.length())), hex(piece.bytes()));
      }
    }

    private void clearPrefix(Operation operation) {
      String trie = operation.trie();
      OptionalLong limit =
          operation.limit() < 0 ? OptionalLong.empty() : OptionalLong.of(operation.limit());
      String text = operation.key();
      String prefix = text.substring(0, Math.min(text.length(), 2));
      byte[] bytes = bytes(prefix);
      assertEquals(
          model.clearPrefix(trie, prefix, limit.orElse(-1)),
          isMain(operation)
              ? overlay.clearPrefix(bytes, limit)
              : prefix.isEmpty()
                  ? overlay.killChild(bytes(trie), limit)
                  : overlay.childClearPrefix(bytes(trie), bytes, limit));
    }

    private void nextBlock(StateVersion version) {
      int open = model.open();
      for (int i = 0; i < open; i++) {
        model.rollback();
      }
      assertEquals(open, overlay.rollBackOpen());
      String root = model.root(version);
      plain = model.next(version);
      assertEquals(root, hex(overlay.root(version)));
      State next = overlay.next(version);
      assertEquals(root, hex(next.root()));
      assertEquals(root, hex(state.with(overlay.changes(), version).root()));
      state = next;
      plain.forEach((trie, content) -> assertSame(trie, content));
      model = new ModelOverlay(plain);
      overlay = new Overlay(state);
    }

    private void assertSame(String trie, NavigableMap<String, Kinded> content) {
      boolean isMain = trie.equals(ModelOverlay.MAIN);
      List<String> keys = new ArrayList<>();
      (isMain ? state.keys(new byte[0]) : state.childKeys(bytes(trie), new byte[0]))
          .forEachRemaining(key -> keys.add(hex(key)));
      assertEquals(List.copyOf(content.keySet()), keys);
      for (String key : keys) {
        byte[] value = isMain ? state.get(bytes(key)) : state.childGet(bytes(trie), bytes(key));
        assertEquals(content.get(key).hex(), hex(value));
      }
    }

    private static byte[] bytes(String hex) {
      return HexFormat.of().parseHex(hex);
    }

    private static String hex(byte[] bytes) {
      return bytes == null ? null : HexFormat.of().formatHex(bytes);
    }
  }
}
