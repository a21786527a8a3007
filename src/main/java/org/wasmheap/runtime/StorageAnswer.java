package org.wasmheap.runtime;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.JsonFile;
import org.wasmheap.text.Printable;

/**
 * What a node answers when it is asked for a value of its state: JSON with {@code result}, the
 * value as hexadecimal text with {@code 0x}, or with {@code error}.
 *
 * <p>Source: the JSON-RPC 2.0 specification, and {@code state_getStorage} of the Polkadot SDK.
 */
final class StorageAnswer {
  private static final String JSONRPC = "jsonrpc";
  private static final String RESULT = "result";
  private static final String ERROR = "error";

  private final String origin;
  private final JsonFile file;
  private final JsonReader in;

  private byte @Nullable [] value;

  /** Why there is no value. */
  private String missing = "has no result";

  private @Nullable String error;

  private StorageAnswer(String origin, byte[] json) {
    this.origin = origin;
    this.file =
        new JsonFile(
            "answer of a node",
            json,
            (reason, cause) -> new RuntimeLoadException(origin, reason, cause));
    this.in = file.in();
  }

  /**
   * Whether a file is such an answer, and no chain specification. It is read up to the first name
   * that tells.
   */
  static boolean isOne(byte[] json) {
    try (JsonReader in = JsonFile.open(json, 0, json.length)) {
      in.beginObject();
      while (in.hasNext()) {
        switch (in.nextName()) {
          case JSONRPC, RESULT, ERROR -> {
            return true;
          }
          case "genesis" -> {
            return false;
          }
          default -> in.skipValue();
        }
      }
      return false;
    } catch (IOException | IllegalStateException e) {
      // Who reads it as a specification says what is wrong.
      return false;
    }
  }

  /**
   * Reads an answer to its end.
   *
   * @param origin for messages
   * @param json the file
   * @return the value
   * @throws RuntimeLoadException if it is not JSON, has no value, or one that is not hexadecimal
   */
  static byte[] read(String origin, byte[] json) {
    return new StorageAnswer(origin, json).read();
  }

  private byte[] read() {
    file.readWhole(
        () ->
            file.readObject(
                Map.of(RESULT, this::readResult, ERROR, this::readError), in::skipValue));
    if (error != null) {
      throw new RuntimeLoadException(origin, "answer of a node is an error: " + error);
    }
    if (value == null) {
      throw new RuntimeLoadException(origin, "answer of a node " + missing);
    }
    return value;
  }

  private void readResult() throws IOException {
    switch (in.peek()) {
      case STRING -> value = file.bytes("result", in.nextString());
      case NULL -> {
        missing = "has no value: no such key (result is null)";
        in.nextNull();
      }
      default -> {
        missing = "has a result that is no text, so not of state_getStorage";
        in.skipValue();
      }
    }
  }

  /** An error that is null is none. */
  private void readError() throws IOException {
    switch (in.peek()) {
      case NULL -> in.nextNull();
      case BEGIN_OBJECT -> {
        error = "it has no message";
        file.readObject(Map.of("message", this::readMessage), in::skipValue);
      }
      default -> readMessage();
    }
  }

  private void readMessage() throws IOException {
    if (in.peek() == JsonToken.STRING) {
      error = Printable.text(in.nextString());
    } else {
      error = "it has no message";
      in.skipValue();
    }
  }
}
