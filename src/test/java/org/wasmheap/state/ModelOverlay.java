package org.wasmheap.state;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.wasmheap.state.NaiveTrie.Kinded;

/**
 * What an overlay over a state does, with plain sorted maps of hexadecimal strings: a transaction
 * is a copy of all maps, a root is {@link NaiveTrie}'s. {@link #MAIN} names the main trie.
 */
final class ModelOverlay {
  static final String MAIN = "main";

  private static final String CHILD_KEYS = hex(":child_storage:");
  private static final String CHILD_ROOTS = hex(":child_storage:default:");

  /** By trie: what the parent state has. */
  private final NavigableMap<String, NavigableMap<String, Kinded>> parent;

  /** By trie: what was changed; empty for removed. */
  private NavigableMap<String, NavigableMap<String, Optional<String>>> changes = new TreeMap<>();

  private final Deque<NavigableMap<String, NavigableMap<String, Optional<String>>>> open =
      new ArrayDeque<>();

  ModelOverlay(NavigableMap<String, NavigableMap<String, Kinded>> parent) {
    this.parent = parent;
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  private NavigableMap<String, Kinded> parentOf(String trie) {
    return parent.getOrDefault(trie, new TreeMap<>());
  }

  private NavigableMap<String, Optional<String>> changesOf(String trie) {
    return changes.computeIfAbsent(trie, any -> new TreeMap<>());
  }

  /** All keys with their values, as a reader sees them. */
  private NavigableMap<String, String> seen(String trie) {
    NavigableMap<String, String> seen = new TreeMap<>();
    parentOf(trie).forEach((key, value) -> seen.put(key, value.hex()));
    changesOf(trie)
        .forEach(
            (key, value) -> value.ifPresentOrElse(is -> seen.put(key, is), () -> seen.remove(key)));
    return seen;
  }

  String get(String trie, String key) {
    return seen(trie).get(key);
  }

  String nextKey(String trie, String key) {
    return seen(trie).higherKey(key);
  }

  void set(String trie, String key, String value) {
    if (!isRefused(trie, key)) {
      changesOf(trie).put(key, Optional.of(value));
    }
  }

  void clear(String trie, String key) {
    if (!isRefused(trie, key) && seen(trie).containsKey(key)) {
      changesOf(trie).put(key, Optional.empty());
    }
  }

  void append(String key, String element) {
    if (isRefused(MAIN, key)) {
      return;
    }
    String before = Optional.ofNullable(get(MAIN, key)).orElse("");
    // A count is what its own encoding is a beginning of.
    String list = compact(1) + element;
    for (int digits : new int[] {2, 4, 8, 10}) {
      if (before.length() >= digits) {
        long count = number(before.substring(0, digits));
        if (count != 0xFFFF_FFFFL && before.substring(0, digits).equals(compact(count))) {
          list = compact(count + 1) + before.substring(digits) + element;
        }
      }
    }
    set(MAIN, key, list);
  }

  /** The number in bytes that are a compact of their length, if they are one. */
  private static long number(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    long all = 0;
    for (int i = 0; i < bytes.length; i++) {
      all += (bytes[i] & 0xFFL) << (8 * i);
    }
    return bytes.length == 5 ? all / 256 : all / 4;
  }

  private static String compact(long number) {
    if (number < 64) {
      return littleEndian(number * 4, 1);
    }
    if (number < 16_384) {
      return littleEndian(number * 4 + 1, 2);
    }
    return number < 1_073_741_824
        ? littleEndian(number * 4 + 2, 4)
        : "03" + littleEndian(number, 4);
  }

  private static String littleEndian(long number, int bytes) {
    StringBuilder out = new StringBuilder();
    long rest = number;
    for (int i = 0; i < bytes; i++) {
      out.append("%02x".formatted(rest % 256));
      rest /= 256;
    }
    return out.toString();
  }

  private static boolean isRefused(String trie, String key) {
    return trie.equals(MAIN) && key.startsWith(CHILD_KEYS);
  }

  Overlay.Removal clearPrefix(String trie, String prefix, long limit) {
    if (trie.equals(MAIN) && (prefix.startsWith(CHILD_KEYS) || CHILD_KEYS.startsWith(prefix))) {
      return new Overlay.Removal(true, 0);
    }
    changesOf(trie).replaceAll((key, value) -> key.startsWith(prefix) ? Optional.empty() : value);
    long visited = 0;
    for (String key : parentOf(trie).keySet()) {
      if (key.startsWith(prefix)) {
        if (visited == limit) {
          return new Overlay.Removal(false, visited);
        }
        changesOf(trie).put(key, Optional.empty());
        visited++;
      }
    }
    return new Overlay.Removal(true, visited);
  }

  void start() {
    open.push(copy());
  }

  void commit() {
    open.pop();
  }

  void rollback() {
    changes = open.pop();
  }

  int open() {
    return open.size();
  }

  private NavigableMap<String, NavigableMap<String, Optional<String>>> copy() {
    NavigableMap<String, NavigableMap<String, Optional<String>>> copy = new TreeMap<>();
    changes.forEach((trie, map) -> copy.put(trie, new TreeMap<>(map)));
    return copy;
  }

  String childRoot(String child, StateVersion version) {
    NavigableMap<String, Kinded> content = next(child, version);
    String root = NaiveTrie.root(content);
    if (!changesOf(child).isEmpty()) {
      changesOf(MAIN)
          .put(CHILD_ROOTS + child, content.isEmpty() ? Optional.empty() : Optional.of(root));
    }
    return root;
  }

  String root(StateVersion version) {
    return NaiveTrie.root(next(version).getOrDefault(MAIN, new TreeMap<>()));
  }

  private NavigableMap<String, Kinded> next(String trie, StateVersion version) {
    NavigableMap<String, Kinded> next = new TreeMap<>(parentOf(trie));
    changesOf(trie)
        .forEach(
            (key, value) ->
                value.ifPresentOrElse(
                    is -> next.put(key, Kinded.of(is, version)), () -> next.remove(key)));
    return next;
  }

  /** What the next state has. */
  NavigableMap<String, NavigableMap<String, Kinded>> next(StateVersion version) {
    NavigableMap<String, NavigableMap<String, Kinded>> next = new TreeMap<>(parent);
    NavigableMap<String, Kinded> main = next(MAIN, version);
    for (Map.Entry<String, NavigableMap<String, Optional<String>>> each : changes.entrySet()) {
      String trie = each.getKey();
      if (!trie.equals(MAIN) && !each.getValue().isEmpty()) {
        NavigableMap<String, Kinded> content = next(trie, version);
        next.put(trie, content);
        main.remove(CHILD_ROOTS + trie);
        if (!content.isEmpty()) {
          main.put(CHILD_ROOTS + trie, new Kinded(NaiveTrie.root(content), false));
        }
      }
    }
    next.put(MAIN, main);
    return next;
  }
}
