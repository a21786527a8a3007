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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a raw chain specification says about the runtime: two entries of {@code genesis.raw.top}.
 */
final class ChainSpecification {
  /** {@code :code} in hexadecimal. */
  private static final String CODE_KEY = "0x3a636f6465";

  /** {@code :heappages} in hexadecimal. */
  private static final String HEAP_PAGES_KEY = "0x3a686561707061676573";

  private final byte[] code;
  private final OptionalLong heapPages;

  private ChainSpecification(byte[] code, OptionalLong heapPages) {
    this.code = code;
    this.heapPages = heapPages;
  }

  /** Whether the first character that is no white space opens a JSON object. */
  static boolean looksLike(byte[] bytes) {
    for (byte each : bytes) {
      if (each != ' ' && each != '\t' && each != '\r' && each != '\n') {
        return each == '{';
      }
    }
    return false;
  }

  /**
   * Reads a specification to its end.
   *
   * @param origin for messages
   * @param json the file
   * @return what it says
   * @throws RuntimeLoadException if it is not JSON, not raw, or has no code
   */
  static ChainSpecification parse(String origin, byte[] json) {
    return new Parser(origin, json).parse();
  }

  /** The bytes under {@code :code}. */
  byte[] code() {
    return code;
  }

  /** The u64 under {@code :heappages}, if there is one. */
  OptionalLong heapPages() {
    return heapPages;
  }

  /** Reads the file as a stream, for the rest of the genesis state may be large. */
  private static final class Parser {
    /** How the reader begins to describe itself; what follows may be text of the file. */
    private static final Pattern LOCATION =
        Pattern.compile("^JsonReader at (line \\d+ column \\d+)");

    private final String origin;
    private final JsonReader in;

    private boolean raw;
    private @Nullable String code;
    private @Nullable String heapPages;

    Parser(String origin, byte[] json) {
      this.origin = origin;
      this.in =
          new JsonReader(
              new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8));
      in.setStrictness(Strictness.STRICT);
    }

    ChainSpecification parse() {
      try {
        readObject("genesis", () -> readObject("raw", () -> readObject("top", this::readTop)));
        if (in.peek() != JsonToken.END_DOCUMENT) {
          throw new MalformedJsonException("more than one value");
        }
      } catch (MalformedJsonException e) {
        String message = String.valueOf(e.getMessage());
        throw broken(message.startsWith("Unterminated") ? "cut off" : "not JSON", e);
      } catch (EOFException e) {
        throw broken("cut off", e);
      } catch (IllegalStateException e) {
        throw broken("not laid out as one", e);
      } catch (IOException e) {
        throw new UncheckedIOException("an array in memory has no input errors", e);
      }
      return new ChainSpecification(code(), heapPages());
    }

    /** Reads an object, one value of it by {@code reader}. */
    private void readObject(String key, ValueReader reader) throws IOException {
      in.beginObject();
      while (in.hasNext()) {
        if (in.nextName().equals(key)) {
          reader.read();
        } else {
          in.skipValue();
        }
      }
      in.endObject();
    }

    private void readTop() throws IOException {
      raw = true;
      in.beginObject();
      while (in.hasNext()) {
        String key = in.nextName();
        if (key.equalsIgnoreCase(CODE_KEY)) {
          code = in.nextString();
        } else if (key.equalsIgnoreCase(HEAP_PAGES_KEY)) {
          heapPages = in.nextString();
        } else {
          in.skipValue();
        }
      }
      in.endObject();
    }

    private byte[] code() {
      if (code == null) {
        throw new RuntimeLoadException(
            origin,
            raw
                ? "chain specification has no :code (" + CODE_KEY + ") in genesis.raw.top"
                : "chain specification is not raw: no genesis.raw.top");
      }
      return hex(":code", code);
    }

    /** A node, too, takes a value that is too short for none. */
    private OptionalLong heapPages() {
      byte[] value = heapPages == null ? new byte[0] : hex(":heappages", heapPages);
      return value.length < Long.BYTES
          ? OptionalLong.empty()
          : OptionalLong.of(ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong());
    }

    private byte[] hex(String key, String text) {
      try {
        if (text.startsWith("0x")) {
          return HexFormat.of().parseHex(text, 2, text.length());
        }
      } catch (IllegalArgumentException ignored) {
        // Its message quotes the text, megabytes of it.
      }
      throw new RuntimeLoadException(
          origin, key + " in the chain specification is not hexadecimal with 0x");
    }

    private RuntimeLoadException broken(String how, Exception cause) {
      Matcher place = LOCATION.matcher(in.toString());
      String where = place.find() ? ", at " + place.group(1) : "";
      return new RuntimeLoadException(origin, "chain specification is " + how + where, cause);
    }
  }

  /** Reads one value of an object. */
  @FunctionalInterface
  private interface ValueReader {
    void read() throws IOException;
  }
}
