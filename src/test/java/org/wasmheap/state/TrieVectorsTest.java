package org.wasmheap.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Roots that others have published, and roots of an implementation of its own in another language.
 * All are in {@code trie_vectors.json}; the script beside it says where each comes from, and made
 * it.
 */
class TrieVectorsTest {
  private static Stream<Named<JsonObject>> tries() throws IOException {
    return vectors("tries");
  }

  private static Stream<Named<JsonObject>> ordered() throws IOException {
    return vectors("ordered");
  }

  private static Stream<Named<JsonObject>> children() throws IOException {
    return vectors("children");
  }

  private static Stream<Named<JsonObject>> mixed() throws IOException {
    return vectors("mixed");
  }

  private static Stream<Named<JsonObject>> vectors(String kind) throws IOException {
    try (Reader reader =
        new InputStreamReader(
            Objects.requireNonNull(TrieVectorsTest.class.getResourceAsStream("trie_vectors.json")),
            StandardCharsets.UTF_8)) {
      return StreamSupport.stream(
              JsonParser.parseReader(reader).getAsJsonObject().getAsJsonArray(kind).spliterator(),
              false)
          .map(JsonElement::getAsJsonObject)
          .map(
              each -> Named.of(each.get("name").getAsString() + ", V" + each.get("version"), each));
    }
  }

  @ParameterizedTest
  @MethodSource("tries")
  void a_map_has_the_root_of_the_vector(JsonObject vector) {
    // given
    NavigableMap<byte[], byte[]> entries = map(vector, "entries");
    StateVersion version = version(vector, "version");
    String root = vector.get("root").getAsString();

    // then: as a map, as a list in the wrong order, as a state, and set one by one
    assertEquals(root, hex(TrieRoots.root(entries, version)));
    List<Map.Entry<byte[], byte[]>> backwards = new ArrayList<>(entries.descendingMap().entrySet());
    assertEquals(root, hex(TrieRoots.root(backwards, version)));
    assertEquals(root, hex(State.of(entries, noChildren(), version).root()));
    State state = State.empty();
    for (Map.Entry<byte[], byte[]> entry : backwards) {
      Overlay overlay = new Overlay(state);
      overlay.set(entry.getKey(), entry.getValue());
      state = overlay.next(version);
    }
    assertEquals(root, hex(state.root()));
  }

  @ParameterizedTest
  @MethodSource("tries")
  void a_state_from_which_keys_are_removed_has_the_root_of_the_vector(JsonObject vector) {
    // given
    NavigableMap<byte[], byte[]> entries = map(vector, "entries");
    StateVersion version = version(vector, "version");
    NavigableMap<byte[], byte[]> more = new TreeMap<>(entries);
    List<byte[]> added = new ArrayList<>();
    for (byte[] key : entries.keySet()) {
      byte[] longer = Arrays.copyOf(key, key.length + 1);
      byte[] shorter = Arrays.copyOf(key, key.length / 2);
      for (byte[] other : List.of(longer, shorter)) {
        if (more.putIfAbsent(other, other) == null) {
          added.add(other);
        }
      }
    }
    State state = State.of(more, noChildren(), version);

    // when
    Overlay overlay = new Overlay(state);
    added.forEach(overlay::clear);

    // then
    assertEquals(vector.get("root").getAsString(), hex(overlay.root(version)));
  }

  @ParameterizedTest
  @MethodSource("ordered")
  void a_list_has_the_root_of_the_vector(JsonObject vector) {
    // given
    List<byte[]> values = new ArrayList<>();
    vector.getAsJsonArray("values").forEach(each -> values.add(bytes(each.getAsString())));

    // when
    byte[] root = TrieRoots.orderedRoot(values, version(vector, "version"));

    // then
    assertEquals(vector.get("root").getAsString(), hex(root));
  }

  @ParameterizedTest
  @MethodSource("children")
  void a_state_with_child_tries_has_the_roots_of_the_vector(JsonObject vector) {
    // given
    NavigableMap<byte[], byte[]> top = map(vector, "top");
    StateVersion version = version(vector, "version");
    NavigableMap<byte[], NavigableMap<byte[], byte[]>> children = noChildren();
    JsonObject given = vector.getAsJsonObject("children");
    given.keySet().forEach(name -> children.put(bytes(name), map(given, name)));

    // when: whole, and by way of an overlay
    State whole = State.of(top, children, version);
    NavigableMap<byte[], byte[]> writable = new TreeMap<>(top);
    writable.keySet().removeIf(ChildKeys::has);
    NavigableMap<byte[], byte[]> others = new TreeMap<>(top);
    others.keySet().removeIf(key -> !ChildKeys.has(key));
    Overlay overlay = new Overlay(State.of(others, noChildren(), version));
    writable.forEach(overlay::set);
    children.forEach((name, child) -> child.forEach((k, v) -> overlay.childSet(name, k, v)));

    // then
    assertEquals(vector.get("root").getAsString(), hex(whole.root()));
    assertEquals(vector.get("root").getAsString(), hex(overlay.root(version)));
    JsonObject roots = vector.getAsJsonObject("childRoots");
    for (String name : roots.keySet()) {
      String root = roots.get(name).getAsString();
      assertEquals(root, hex(whole.childRoot(bytes(name))));
      assertEquals(root, hex(overlay.childRoot(bytes(name), version)));
      assertEquals(root, hex(overlay.next(version).childRoot(bytes(name))));
    }
    assertEquals(vector.get("root").getAsString(), hex(overlay.root(version)));
  }

  @ParameterizedTest
  @MethodSource("mixed")
  void values_that_are_not_set_keep_their_kind(JsonObject vector) {
    // given
    State state = State.of(map(vector, "entries"), noChildren(), version(vector, "version"));

    // when
    Overlay overlay = new Overlay(state);
    JsonObject changes = vector.getAsJsonObject("changes");
    for (String key : changes.keySet()) {
      if (changes.get(key).isJsonNull()) {
        overlay.clear(bytes(key));
      } else {
        overlay.set(bytes(key), bytes(changes.get(key).getAsString()));
      }
    }

    // then
    StateVersion then = version(vector, "then");
    assertEquals(vector.get("root").getAsString(), hex(overlay.root(then)));
    assertEquals(vector.get("root").getAsString(), hex(state.with(overlay.changes(), then).root()));
  }

  private static StateVersion version(JsonObject vector, String name) {
    return StateVersion.of(vector.get(name).getAsInt());
  }

  private static NavigableMap<byte[], byte[]> map(JsonObject vector, String name) {
    NavigableMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
    vector
        .getAsJsonObject(name)
        .asMap()
        .forEach((key, value) -> map.put(bytes(key), bytes(value.getAsString())));
    return map;
  }

  private static NavigableMap<byte[], NavigableMap<byte[], byte[]>> noChildren() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
