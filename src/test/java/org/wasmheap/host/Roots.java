package org.wasmheap.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;

/**
 * States, and their roots as {@code roots.py} works them out, which lies beside its output {@code
 * roots.txt}. Put to Westend's genesis, to the extrinsics of its blocks 1 to 128 and to the states
 * of a chain with child tries, the script gives what those chains' headers say.
 */
final class Roots {
  static final String CHILD = "c1";

  private static final Map<String, String> KNOWN = read();

  private Roots() {}

  /** A root, as hexadecimal text, by the name that the script gives it. */
  static String of(String name) {
    String root = KNOWN.get(name);
    if (root == null) {
      throw new IllegalArgumentException(name);
    }
    return root;
  }

  /** The script's {@code PLAIN}. */
  static NavigableMap<byte[], byte[]> plainEntries() {
    NavigableMap<byte[], byte[]> entries = noEntries();
    entries.put(bytes("key1"), bytes("value1"));
    entries.put(bytes("key2"), bytes("value2"));
    entries.put(bytes("ke"), bytes("short"));
    entries.put(bytes("other"), bytes(""));
    return entries;
  }

  /** The script's {@code CHILD}. */
  static NavigableMap<byte[], byte[]> childEntries() {
    NavigableMap<byte[], byte[]> entries = noEntries();
    entries.put(bytes("x"), bytes("y"));
    entries.put(bytes("xyz"), bytes("v".repeat(33)));
    return entries;
  }

  static Overlay empty() {
    return new Overlay(State.empty());
  }

  static Overlay plain() {
    NavigableMap<byte[], NavigableMap<byte[], byte[]>> none =
        new TreeMap<>(Arrays::compareUnsigned);
    return new Overlay(State.of(plainEntries(), none, StateVersion.V0));
  }

  static Overlay withChild(StateVersion version) {
    NavigableMap<byte[], NavigableMap<byte[], byte[]>> children =
        new TreeMap<>(Arrays::compareUnsigned);
    children.put(bytes(CHILD), childEntries());
    return new Overlay(State.of(plainEntries(), children, version));
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static NavigableMap<byte[], byte[]> noEntries() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }

  private static Map<String, String> read() {
    try {
      return Resources.readLines(Resources.getResource(Roots.class, "roots.txt"), UTF_8).stream()
          .map(line -> line.split(" "))
          .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
