package org.wasmheap.runtime;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code genesis.raw} of a chain specification, JSON, as a stream: of a state that nobody
 * asked for, nothing is kept.
 *
 * <p>Names that the layout knows may come once. A key may come again, and its last value counts.
 * Both are as in a node, whose deserialiser fills {@code struct}s and {@code BTreeMap}s.
 *
 * <p>Source: {@code RawGenesis} in {@code sc_chain_spec} of the Polkadot SDK.
 */
final class GenesisReader {
  private static final String HEX_PREFIX = "0x";
  private static final String CODE_TEXT = HEX_PREFIX + HexFormat.of().formatHex(GenesisKeys.CODE);
  private static final String HEAP_PAGES_TEXT =
      HEX_PREFIX + HexFormat.of().formatHex(GenesisKeys.HEAP_PAGES);

  private static final String TOP = "genesis.raw.top";
  private static final String CHILDREN = "genesis.raw.childrenDefault";

  /** How the reader begins to describe itself; what follows may be text of the file. */
  private static final Pattern LOCATION = Pattern.compile("^JsonReader at (line \\d+ column \\d+)");

  private final String origin;
  private final JsonReader in;

  /** Whether all of the state is wanted, or two entries of it. */
  private final boolean whole;

  private final NavigableMap<byte[], byte[]> top = byKey();
  private final NavigableMap<byte[], NavigableMap<byte[], byte[]>> childrenDefault = byKey();
  private boolean raw;

  private GenesisReader(String origin, byte[] json, boolean whole) {
    this.origin = origin;
    this.in =
        new JsonReader(
            new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8));
    in.setStrictness(Strictness.STRICT);
    this.whole = whole;
  }

  /** What a specification has in {@code genesis.raw}; the maps are in the order of their keys. */
  record Genesis(
      NavigableMap<byte[], byte[]> top,
      NavigableMap<byte[], NavigableMap<byte[], byte[]>> childrenDefault) {}

  /**
   * Reads a specification to its end and keeps what makes the runtime.
   *
   * @param origin for messages
   * @param json the file
   * @return the entries {@link GenesisKeys#CODE} and {@link GenesisKeys#HEAP_PAGES} of {@code
   *     genesis.raw.top}, as far as they are there
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
   * @throws RuntimeLoadException if it is not JSON, not raw, or if anything in {@code genesis.raw}
   *     is not understood
   */
  static Genesis readWhole(String origin, byte[] json) {
    return new GenesisReader(origin, json, true).read();
  }

  private Genesis read() {
    try {
      readObject(Map.of("genesis", this::readGenesis), in::skipValue);
      if (in.peek() != JsonToken.END_DOCUMENT) {
        throw new MalformedJsonException("more than one value");
      }
    } catch (MalformedJsonException e) {
      String message = String.valueOf(e.getMessage());
      throw refused(message.startsWith("Unterminated") ? "is cut off" : "is not JSON", e);
    } catch (EOFException e) {
      throw refused("is cut off", e);
    } catch (IllegalStateException e) {
      throw refused("is not laid out as one", e);
    } catch (IOException e) {
      throw new UncheckedIOException("an array in memory has no input errors", e);
    }
    if (!raw) {
      throw new RuntimeLoadException(origin, "chain specification is not raw: no genesis.raw.top");
    }
    return new Genesis(top, childrenDefault);
  }

  private void readGenesis() throws IOException {
    readObject(Map.of("raw", this::readRaw), in::skipValue);
  }

  /** What else there is in a raw genesis would be state that is missed without a word. */
  private void readRaw() throws IOException {
    if (whole) {
      readObject(
          Map.of("top", this::readTop, "childrenDefault", this::readChildren),
          () -> {
            throw refused("has more than top and childrenDefault in genesis.raw", null);
          });
    } else {
      readObject(Map.of("top", this::readTop), in::skipValue);
    }
  }

  private void readTop() throws IOException {
    raw = true;
    readEntries(top, TOP);
  }

  private void readChildren() throws IOException {
    in.beginObject();
    while (in.hasNext()) {
      byte[] name = bytes("a key of " + CHILDREN, in.nextName());
      NavigableMap<byte[], byte[]> child = byKey();
      readEntries(child, CHILDREN);
      childrenDefault.put(name, child);
    }
    in.endObject();
  }

  private void readEntries(NavigableMap<byte[], byte[]> entries, String where) throws IOException {
    in.beginObject();
    while (in.hasNext()) {
      String key = in.nextName();
      if (whole || key.equalsIgnoreCase(CODE_TEXT) || key.equalsIgnoreCase(HEAP_PAGES_TEXT)) {
        byte[] bytes = bytes("a key of " + where, key);
        entries.put(bytes, bytes(nameOf(bytes, where), in.nextString()));
      } else {
        in.skipValue();
      }
    }
    in.endObject();
  }

  private static String nameOf(byte[] key, String where) {
    if (where.equals(TOP) && Arrays.equals(key, GenesisKeys.CODE)) {
      return ":code";
    }
    if (where.equals(TOP) && Arrays.equals(key, GenesisKeys.HEAP_PAGES)) {
      return ":heappages";
    }
    return "a value of " + where;
  }

  /**
   * Reads an object.
   *
   * @param known what to do with the values of some names, each of which may come once
   * @param otherwise what to do with the others
   */
  private void readObject(Map<String, ValueReader> known, ValueReader otherwise)
      throws IOException {
    Set<String> seen = new HashSet<>();
    in.beginObject();
    while (in.hasNext()) {
      String name = in.nextName();
      ValueReader reader = known.get(name);
      if (reader == null) {
        otherwise.read();
      } else if (seen.add(name)) {
        reader.read();
      } else {
        throw refused("has \"" + name + "\" twice", null);
      }
    }
    in.endObject();
  }

  private byte[] bytes(String what, String text) {
    try {
      if (text.startsWith(HEX_PREFIX)) {
        return HexFormat.of().parseHex(text, HEX_PREFIX.length(), text.length());
      }
    } catch (IllegalArgumentException ignored) {
      // Its message quotes the text, megabytes of it.
    }
    throw new RuntimeLoadException(
        origin, what + " in the chain specification is not hexadecimal with 0x" + place());
  }

  private RuntimeLoadException refused(String how, @Nullable Exception cause) {
    return new RuntimeLoadException(origin, "chain specification " + how + place(), cause);
  }

  private String place() {
    Matcher place = LOCATION.matcher(in.toString());
    return place.find() ? ", at " + place.group(1) : "";
  }

  private static <T> NavigableMap<byte[], T> byKey() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }

  /** Reads one value of an object. */
  @FunctionalInterface
  private interface ValueReader {
    void read() throws IOException;
  }
}
