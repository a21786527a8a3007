package org.wasmheap.text;

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
 * A file of JSON from an untrusted source, read as a stream: nothing is kept but what a reader
 * keeps. Its refusals say what is wrong and where, and quote nothing of the file. One thread; needs
 * gson.
 */
public final class JsonFile {
  private static final String HEX_PREFIX = "0x";

  /** How the reader begins to describe itself; what follows may be text of the file. */
  private static final Pattern LOCATION =
      Pattern.compile("^JsonReader at line (\\d+) column (\\d+)");

  /** What the file should be, for messages. */
  private final String kind;

  private final JsonReader in;
  private final int firstLine;
  private final Refusal refusal;

  /** Makes the exception that a file is refused with. */
  @FunctionalInterface
  public interface Refusal {
    /**
     * Makes it.
     *
     * @param reason what is wrong with the file
     * @param cause what brought it about, if anything did
     * @return what is thrown
     */
    RuntimeException of(String reason, @Nullable Exception cause);
  }

  /**
   * Begins to read.
   *
   * @param kind what the file should be, for messages
   * @param json the file, or what the bounds take of it
   * @param from the first byte
   * @param to behind the last byte
   * @param firstLine number of the line that the first byte is in, from 1
   * @param refusal makes the exception that the file is refused with
   */
  public JsonFile(String kind, byte[] json, int from, int to, int firstLine, Refusal refusal) {
    this.kind = kind;
    this.firstLine = firstLine;
    this.in = open(json, from, to);
    this.refusal = refusal;
  }

  /**
   * The whole of a file.
   *
   * @param kind what the file should be, for messages
   * @param json the file
   * @param refusal makes the exception that the file is refused with
   */
  public JsonFile(String kind, byte[] json, Refusal refusal) {
    this(kind, json, 0, json.length, 1, refusal);
  }

  /**
   * A reader that takes nothing but JSON.
   *
   * @param json the file
   * @param from the first byte
   * @param to behind the last byte
   * @return the reader, at the beginning
   */
  public static JsonReader open(byte[] json, int from, int to) {
    ByteArrayInputStream bytes = new ByteArrayInputStream(json, from, to - from);
    JsonReader in = new JsonReader(new InputStreamReader(bytes, StandardCharsets.UTF_8));
    in.setStrictness(Strictness.STRICT);
    return in;
  }

  /** Reads one value. */
  @FunctionalInterface
  public interface ValueReader {
    /**
     * Reads it.
     *
     * @throws IOException if it is not JSON
     */
    void read() throws IOException;
  }

  /**
   * Where the file is read, value by value.
   *
   * @return the reader
   */
  public JsonReader in() {
    return in;
  }

  /**
   * Reads the file to its end.
   *
   * @param value reads its only value
   * @throws RuntimeException a refusal, if it is not JSON, or not laid out as {@code value} reads
   *     it
   */
  public void readWhole(ValueReader value) {
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
    } catch (IllegalStateException | NumberFormatException e) {
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
   * @throws IOException if it is not JSON
   */
  public void readObject(Map<String, ValueReader> known, ValueReader otherwise) throws IOException {
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
        throw refused("has \"" + Printable.name(name) + "\" twice");
      }
    }
    in.endObject();
  }

  /**
   * The bytes that a text says.
   *
   * @param what the text, for messages
   * @param text {@code 0x} and pairs of hexadecimal digits
   * @return the bytes
   */
  public byte[] bytes(String what, String text) {
    try {
      if (text.startsWith(HEX_PREFIX)) {
        return HexFormat.of().parseHex(text, HEX_PREFIX.length(), text.length());
      }
    } catch (IllegalArgumentException ignored) {
      // Its message quotes the text, megabytes of it.
    }
    throw refusal.of(what + " in the " + kind + " is not hexadecimal with 0x" + place(), null);
  }

  /**
   * A refusal that names the place.
   *
   * @param how what is wrong, behind the kind of file
   * @return what is to be thrown
   */
  public RuntimeException refused(String how) {
    return refused(how, null);
  }

  private RuntimeException refused(String how, @Nullable Exception cause) {
    return refusal.of(kind + " " + how + place(), cause);
  }

  private String place() {
    Matcher place = LOCATION.matcher(in.toString());
    return place.find()
        ? ", at line "
            + (firstLine - 1 + Long.parseLong(place.group(1)))
            + " column "
            + place.group(2)
        : "";
  }
}
