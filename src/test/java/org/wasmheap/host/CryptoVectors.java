package org.wasmheap.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.io.Resources;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Signatures, and what other implementations say of them: {@code crypto-vectors.json}, made by the
 * script beside it.
 */
final class CryptoVectors {
  private static final JsonObject ALL = read();

  private CryptoVectors() {}

  /** A signature over a message. */
  record Signed(JsonObject row) {
    byte[] signature() {
      return bytes(row, "signature");
    }

    byte[] message() {
      return written(row.get("message").getAsString());
    }

    byte[] key() {
      return bytes(row, "key");
    }

    /** Of the message, where it is a hash that is signed. */
    byte[] hash() {
      return bytes(row, "hash");
    }

    /** Whether the first version of the host function holds it to be right. */
    boolean version1() {
      return row.get("version1").getAsBoolean();
    }

    /** Whether the second version, or the only one, holds it to be right. */
    boolean version2() {
      return row.get(row.has("right") ? "right" : "version2").getAsBoolean();
    }

    @Override
    public String toString() {
      return row.get("name").getAsString();
    }
  }

  /** A signature over a hash, and what comes out of the four functions that recover the key. */
  record Recoverable(JsonObject row) {
    byte[] signature() {
      return bytes(row, "signature");
    }

    byte[] hash() {
      return bytes(row, "hash");
    }

    /** SCALE, in hexadecimal. */
    String result(String version) {
      return row.get(version).getAsString();
    }

    @Override
    public String toString() {
      return row.get("name").getAsString();
    }
  }

  static List<Signed> signed(String scheme) {
    return rows(scheme).map(JsonElement::getAsJsonObject).map(Signed::new).toList();
  }

  /** The signature of a scheme that is called so. */
  static Signed signed(String scheme, String name) {
    return signed(scheme).stream()
        .filter(row -> row.toString().equals(name))
        .findAny()
        .orElseThrow();
  }

  static List<Recoverable> recoverable() {
    return rows("recover").map(JsonElement::getAsJsonObject).map(Recoverable::new).toList();
  }

  /** A section that is a list of bytes in hexadecimal. */
  static List<byte[]> byteArrays(String section) {
    return rows(section).map(row -> HexFormat.of().parseHex(row.getAsString())).toList();
  }

  private static Stream<JsonElement> rows(String section) {
    JsonArray rows = ALL.getAsJsonArray(section);
    return rows.asList().stream();
  }

  private static byte[] bytes(JsonObject row, String field) {
    return HexFormat.of().parseHex(row.get(field).getAsString());
  }

  /** Hexadecimal, or {@code bb*length} for one byte all through. */
  private static byte[] written(String text) {
    int star = text.indexOf('*');
    if (star < 0) {
      return HexFormat.of().parseHex(text);
    }
    byte[] message = new byte[Integer.parseInt(text.substring(star + 1))];
    Arrays.fill(message, (byte) HexFormat.fromHexDigits(text, 0, star));
    return message;
  }

  private static JsonObject read() {
    try {
      String text =
          Resources.toString(
              Resources.getResource(CryptoVectors.class, "crypto-vectors.json"), UTF_8);
      return JsonParser.parseString(text).getAsJsonObject();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
