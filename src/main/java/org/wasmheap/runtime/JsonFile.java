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
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file of JSON, read as a stream: nothing is kept but what a reader keeps. Its refusals say what
 * is wrong and where, and quote nothing of the file.
 */
final class JsonFile {
  private static final String HEX_PREFIX = "0x";

  /** How the reader begins to describe itself; what follows may be text of the file. */
  private static final Pattern LOCATION = Pattern.compile("^JsonReader at (line \\d+ column \\d+)");

  private final String origin;

  /** What the file should be, for messages. */
  private final String kind;

  private final JsonReader in;

  JsonFile(String origin, String kind, byte[] json) {
    this.origin = origin;
    this.kind = kind;
    this.in = open(json);
  }

  /** A reader that takes nothing but JSON. */
  static JsonReader open(byte[] json) {
    JsonReader in =
        new JsonReader(
            new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8));
    in.setStrictness(Strictness.STRICT);
    return in;
  }

  /** Reads one value. */
  @FunctionalInterface
  interface ValueReader {
    void read() throws IOException;
  }

  /** Where the file is read, value by value. */
  JsonReader in() {
    return in;
  }

  /**
   * Reads the file to its end.
   *
   * @param value reads its only value
   * @throws RuntimeLoadException if it is not JSON, or not laid out as {@code value} reads it
   */
  void readWhole(ValueReader value) {
    try {
      value.read();
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
  }

  /**
   * Reads an object.
   *
   * @param known what to do with the values of some names, each of which may come once
   * @param otherwise what to do with the others
   */
  void readObject(Map<String, ValueReader> known, ValueReader otherwise) throws IOException {
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
        throw refused("has \"" + name + "\" twice");
      }
    }
    in.endObject();
  }

  /**
   * The bytes that a text says.
   *
   * @param what the text, for messages
   * @param text {@code 0x} and pairs of hexadecimal digits
   */
  byte[] bytes(String what, String text) {
    try {
      if (text.startsWith(HEX_PREFIX)) {
        return HexFormat.of().parseHex(text, HEX_PREFIX.length(), text.length());
      }
    } catch (IllegalArgumentException ignored) {
      // Its message quotes the text, megabytes of it.
    }
    throw new RuntimeLoadException(
        origin, what + " in the " + kind + " is not hexadecimal with 0x" + place());
  }

  /** A refusal that names the place. */
  RuntimeLoadException refused(String how) {
    return refused(how, null);
  }

  private RuntimeLoadException refused(String how, @Nullable Exception cause) {
    return new RuntimeLoadException(origin, kind + " " + how + place(), cause);
  }

  private String place() {
    Matcher place = LOCATION.matcher(in.toString());
    return place.find() ? ", at " + place.group(1) : "";
  }
}
