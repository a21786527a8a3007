package org.wasmheap.testkit;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Blocks of the sample runtime, whose roots the script beside them works out ({@code
 * src/main/guest/blocks.py}), and what is made of them by changing a little.
 */
public final class SampleBlockFiles {
  /** How many blocks the chain has. */
  public static final int CHAIN_LENGTH = 20;

  private static final Path FOLDER =
      Path.of(System.getProperty("basedir", "")).resolve("src/main/guest");

  private SampleBlockFiles() {}

  /** The raw chain specification that the chain begins on. */
  public static Path genesis() {
    return FOLDER.resolve("sample-chain.json");
  }

  /** The chain. */
  public static Path chain() {
    return FOLDER.resolve("sample-chain.jsonl");
  }

  /** One block with the storage of its parent. */
  public static Path block() {
    return FOLDER.resolve("sample-block.json");
  }

  /** A chain whose first block asks the runtime to panic, and a second block. */
  public static Path panicking() {
    return FOLDER.resolve("sample-panic.jsonl");
  }

  /** The lines of the chain. */
  public static List<String> lines() {
    return text(chain()).lines().toList();
  }

  /** The block with its parent's storage, changed, as a file of its own. */
  public static Path changed(Path folder, String name, Consumer<JsonObject> change) {
    JsonObject json = JsonParser.parseString(text(block())).getAsJsonObject();
    change.accept(json);
    return write(folder, name, json.toString());
  }

  /** A file with a text. */
  public static Path write(Path folder, String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One byte of the first extrinsic is another one. */
  public static void changeExtrinsic(JsonObject json) {
    JsonArray body = json.getAsJsonObject("block").getAsJsonArray("body");
    String first = body.get(0).getAsString();
    body.set(0, new JsonPrimitive(flipLast(first)));
  }

  /** The header names another state root. */
  public static void changeStateRoot(JsonObject json) {
    JsonObject block = json.getAsJsonObject("block");
    block.addProperty("header", changeStateRoot(block.get("header").getAsString()));
  }

  /** The same of a header whose number takes one byte. */
  public static String changeStateRoot(String header) {
    int at = 2 + 2 * (32 + 1);
    return header.substring(0, at)
        + flipLast(header.substring(at, at + 2))
        + header.substring(at + 2);
  }

  /** One value of the parent's main trie is another one, neither the code nor a child's root. */
  public static void changeParent(JsonObject json) {
    JsonObject trie = json.getAsJsonObject("parentStorage").getAsJsonObject("mainTrie");
    Map.Entry<String, JsonElement> account =
        trie.entrySet().stream()
            .filter(each -> each.getKey().startsWith("0x6163636f756e743a")) // account:
            .findFirst()
            .orElseThrow();
    trie.addProperty(account.getKey(), flipLast(account.getValue().getAsString()));
  }

  private static String flipLast(String hex) {
    char last = hex.charAt(hex.length() - 1);
    return hex.substring(0, hex.length() - 1) + (last == '0' ? '1' : '0');
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
