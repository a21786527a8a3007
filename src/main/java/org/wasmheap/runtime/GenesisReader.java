package org.wasmheap.runtime;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.JsonFile;

/**
 * Reads the genesis state of a chain specification, JSON, as a stream: of a state that nobody asked
 * for, nothing is kept.
 *
 * <p>A state comes in one of three layouts:
 *
 * <ul>
 *   <li>{@code genesis.raw} is an object of {@code top}, keys and values, and {@code
 *       childrenDefault}, such entries by the name of a child trie;
 *   <li>{@code genesis} itself has these two, as some tools write it;
 *   <li>{@code genesis.raw} is a list of the same two, as nodes wrote it in 2019 and 2020. There
 *       the child tries come by the key of their root, {@code :child_storage:default:} and the
 *       name.
 * </ul>
 *
 * <p>Names that the layout knows may come once. A key may come again, and its last value counts.
 * Both are as in a node, whose deserialiser fills {@code struct}s and {@code BTreeMap}s.
 *
 * <p>Source: {@code RawGenesis} in {@code sc_chain_spec} of the Polkadot SDK; for the list, {@code
 * Genesis::Raw} there before version 2 of Substrate, and for the keys of child tries, {@code
 * ChildrenStorageOverlay} of the same time.
 */
final class GenesisReader {
  private static final String CODE_TEXT = "0x" + HexFormat.of().formatHex(GenesisKeys.CODE);
  private static final String HEAP_PAGES_TEXT =
      "0x" + HexFormat.of().formatHex(GenesisKeys.HEAP_PAGES);

  private static final String RAW = "genesis.raw";
  private static final String GENESIS = "genesis";
  private static final String TOP = "top";
  private static final String CHILDREN = "childrenDefault";

  private static final byte[] CHILD_PREFIX =
      ":child_storage:default:".getBytes(StandardCharsets.US_ASCII);

  private final String origin;
  private final JsonFile file;
  private final JsonReader in;

  /** Whether all of the state is wanted, or two entries of it. */
  private final boolean whole;

  private final NavigableMap<byte[], byte[]> top = byKey();
  private final NavigableMap<byte[], NavigableMap<byte[], byte[]>> childrenDefault = byKey();

  /** The part that holds the state, once something of it was read. */
  private @Nullable String place;

  /** Whether there was a main trie. */
  private boolean raw;

  /** What the genesis has in place of a state, as far as that is known. */
  private @Nullable String instead;

  private GenesisReader(String origin, byte[] json, boolean whole) {
    this.origin = origin;
    this.file =
        new JsonFile(
            "chain specification",
            json,
            (reason, cause) -> new RuntimeLoadException(origin, reason, cause));
    this.in = file.in();
    this.whole = whole;
  }

  /** The state of a specification; the maps are in the order of their keys. */
  record Genesis(
      NavigableMap<byte[], byte[]> top,
      NavigableMap<byte[], NavigableMap<byte[], byte[]>> childrenDefault) {}

  /**
   * Reads a specification to its end and keeps what makes the runtime.
   *
   * @param origin for messages
   * @param json the file
   * @return the entries {@link GenesisKeys#CODE} and {@link GenesisKeys#HEAP_PAGES} of the main
   *     trie, as far as they are there
   * @throws RuntimeLoadException if it is not JSON, not raw, or one of the entries is not
   *     hexadecimal
   */
  static NavigableMap<byte[], byte[]> readRuntime(String origin, byte[] json) {
    return new GenesisReader(origin, json, false).read().top();
  }

  /**
   * Reads a specification to its end and keeps its genesis state.
   *
   * @param origin for messages
   * @param json the file
   * @return the state
   * @throws RuntimeLoadException if it is not JSON, not raw, or if anything in the state is not
   *     understood
   */
  static Genesis readWhole(String origin, byte[] json) {
    return new GenesisReader(origin, json, true).read();
  }

  private Genesis read() {
    file.readWhole(() -> file.readObject(Map.of("genesis", this::readGenesis), in::skipValue));
    if (!raw) {
      String why = instead == null ? "is not raw: no genesis.raw.top" : instead;
      throw new RuntimeLoadException(origin, "chain specification " + why);
    }
    return new Genesis(top, childrenDefault);
  }

  private void readGenesis() throws IOException {
    file.readObject(
        Map.of(
            "raw",
            this::readRaw,
            TOP,
            () -> readTop(GENESIS, GENESIS + "." + TOP),
            CHILDREN,
            () -> readChildren(GENESIS, GENESIS + "." + CHILDREN, name -> name),
            "stateRootHash",
            () -> readInstead("is light: it has genesis.stateRootHash in place of a state"),
            "runtimeGenesis",
            () -> readPlain("runtimeGenesis"),
            "runtime",
            () -> readPlain("runtime"),
            "runtimeGenesisConfig",
            () -> readPlain("runtimeGenesisConfig"),
            "runtimeGenesisConfigPatch",
            () -> readPlain("runtimeGenesisConfigPatch")),
        in::skipValue);
  }

  private void readPlain(String name) throws IOException {
    readInstead(
        "is plain: it has genesis."
            + name
            + " in place of a state; a node's"
            + " \"build-spec --raw\" makes a raw one of it");
  }

  private void readInstead(String what) throws IOException {
    instead = what;
    in.skipValue();
  }

  private void readRaw() throws IOException {
    if (in.peek() == JsonToken.BEGIN_ARRAY) {
      readList();
    } else if (whole) {
      file.readObject(
          Map.of(
              TOP,
              () -> readTop(RAW, RAW + "." + TOP),
              CHILDREN,
              () -> readChildren(RAW, RAW + "." + CHILDREN, name -> name)),
          () -> {
            // What is passed over here would be state that is missed without a word.
            throw file.refused("has more than top and childrenDefault in genesis.raw");
          });
    } else {
      file.readObject(Map.of(TOP, () -> readTop(RAW, RAW + "." + TOP)), in::skipValue);
    }
  }

  private void readList() throws IOException {
    in.beginArray();
    if (in.hasNext()) {
      readTop(RAW, RAW + "[0]");
    }
    if (in.hasNext()) {
      readChildren(RAW, RAW + "[1]", this::nameOfChild);
    }
    if (in.hasNext()) {
      throw file.refused("has more than two parts in genesis.raw");
    }
    in.endArray();
  }

  private byte[] nameOfChild(byte[] key) {
    int prefix = CHILD_PREFIX.length;
    if (key.length < prefix || !Arrays.equals(key, 0, prefix, CHILD_PREFIX, 0, prefix)) {
      throw file.refused("has a child trie whose key does not begin with :child_storage:default:");
    }
    return Arrays.copyOfRange(key, prefix, key.length);
  }

  private void readTop(String part, String where) throws IOException {
    requireOneState(part);
    raw = true;
    readEntries(top, where, true);
  }

  private void requireOneState(String part) {
    if (!part.equals(Objects.requireNonNullElse(place, part))) {
      throw file.refused("has a state twice, in " + place + " and in " + part);
    }
    place = part;
  }

  private void readChildren(String part, String where, UnaryOperator<byte[]> name)
      throws IOException {
    requireOneState(part);
    if (!whole) {
      in.skipValue();
      return;
    }
    in.beginObject();
    while (in.hasNext()) {
      byte[] child = name.apply(file.bytes("a key of " + where, in.nextName()));
      NavigableMap<byte[], byte[]> entries = byKey();
      readEntries(entries, where, false);
      childrenDefault.put(child, entries);
    }
    in.endObject();
  }

  private void readEntries(NavigableMap<byte[], byte[]> entries, String where, boolean isTop)
      throws IOException {
    in.beginObject();
    while (in.hasNext()) {
      String key = in.nextName();
      if (whole || key.equalsIgnoreCase(CODE_TEXT) || key.equalsIgnoreCase(HEAP_PAGES_TEXT)) {
        byte[] bytes = file.bytes("a key of " + where, key);
        String what = isTop ? nameOf(bytes, where) : "a value of " + where;
        entries.put(bytes, file.bytes(what, in.nextString()));
      } else {
        in.skipValue();
      }
    }
    in.endObject();
  }

  private static String nameOf(byte[] key, String where) {
    if (Arrays.equals(key, GenesisKeys.CODE)) {
      return ":code";
    }
    if (Arrays.equals(key, GenesisKeys.HEAP_PAGES)) {
      return ":heappages";
    }
    return "a value of " + where;
  }

  private static <T> NavigableMap<byte[], T> byKey() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }
}
