package org.wasmheap.block;

import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.JsonFile;
import org.wasmheap.text.JsonFile.ValueReader;
import org.wasmheap.text.Printable;

/** Reads one JSON value that holds a block. One thread; used once. */
final class BlockReader {
  private static final byte[] CODE = ":code".getBytes(StandardCharsets.US_ASCII);
  private static final String MAIN_TRIE = "parentStorage.mainTrie";
  private static final String CHILD_TRIES = "parentStorage.childTries";

  private final String origin;
  private final int line;
  private final JsonFile file;
  private final JsonReader in;

  private byte @Nullable [] header;
  private @Nullable List<byte[]> body;
  private byte @Nullable [] hash;
  private @Nullable Long number;
  private @Nullable NavigableMap<byte[], byte[]> mainTrie;
  private final NavigableMap<byte[], NavigableMap<byte[], byte[]>> childTries = byKey();

  private BlockReader(String origin, byte[] json, int from, int to, int line) {
    this.origin = origin;
    this.line = line;
    this.file =
        new JsonFile(
            "block file",
            json,
            from,
            to,
            line,
            (reason, cause) -> new BlockFileException(origin, reason, cause));
    this.in = file.in();
  }

  /** A block with the storage of its parent. */
  record Single(
      Block block,
      NavigableMap<byte[], byte[]> mainTrie,
      NavigableMap<byte[], NavigableMap<byte[], byte[]>> childTries) {}

  /** Reads a {@code .json} file. */
  static Single readSingle(String origin, byte[] json) {
    BlockReader reader = new BlockReader(origin, json, 0, json.length, 1);
    reader.read(Map.of("block", reader::readBlock, "parentStorage", reader::readStorage));
    Block block = reader.block();
    NavigableMap<byte[], byte[]> mainTrie = reader.mainTrie;
    if (mainTrie == null) {
      throw reader.file.refused("has no " + MAIN_TRIE);
    }
    if (!mainTrie.containsKey(CODE)) {
      throw reader.file.refused("has no :code (0x3a636f6465) in " + MAIN_TRIE);
    }
    return new Single(block, mainTrie, reader.childTries);
  }

  /** Reads a {@code .jsonl} file. */
  static List<Block> readChain(String origin, byte[] lines) {
    List<Block> blocks = new ArrayList<>();
    int line = 0;
    int from = 0;
    while (from < lines.length) {
      line++;
      int to = endOfLine(lines, from);
      if (!isBlank(lines, from, to)) {
        BlockReader reader = new BlockReader(origin, lines, from, to, line);
        reader.read(reader.partsOfBlock());
        Block block = reader.block();
        if (!blocks.isEmpty()) {
          reader.requireFollows(block.header(), blocks.get(blocks.size() - 1).header());
        }
        blocks.add(block);
      }
      from = to + 1;
    }
    if (blocks.isEmpty()) {
      throw new BlockFileException(origin, "no block in it", null);
    }
    return blocks;
  }

  private static int endOfLine(byte[] lines, int from) {
    int to = from;
    while (to < lines.length && lines[to] != '\n') {
      to++;
    }
    return to;
  }

  private static boolean isBlank(byte[] lines, int from, int to) {
    for (int i = from; i < to; i++) {
      if (lines[i] != ' ' && lines[i] != '\t' && lines[i] != '\r') {
        return false;
      }
    }
    return true;
  }

  private void requireFollows(BlockHeader header, BlockHeader before) {
    if (!Arrays.equals(header.parentHash(), before.hash())) {
      throw new BlockFileException(
          origin + ": line " + line,
          "block "
              + header.number()
              + " does not follow: its parent is "
              + hex(header.parentHash())
              + ", the block before it is "
              + before.number()
              + ", "
              + hex(before.hash()),
          null);
    }
    if (header.number() != before.number() + 1) {
      throw new BlockFileException(
          origin + ": line " + line,
          "block " + header.number() + " follows block " + before.number(),
          null);
    }
  }

  private Block block() {
    byte[] scale = header;
    List<byte[]> extrinsics = body;
    if (scale == null || extrinsics == null) {
      throw file.refused("has no " + (scale == null ? "header" : "body"));
    }
    BlockHeader decoded;
    try {
      decoded = BlockHeader.decode(scale);
    } catch (IllegalArgumentException e) {
      throw file.refused("has a header that does not decode: " + e.getMessage());
    }
    if (hash != null && !Arrays.equals(hash, decoded.hash())) {
      throw file.refused(
          "has the hash " + hex(hash) + ", and its header's is " + hex(decoded.hash()));
    }
    if (number != null && number != decoded.number()) {
      throw file.refused("has the number " + number + ", and its header's is " + decoded.number());
    }
    return new Block(decoded, extrinsics);
  }

  private void read(Map<String, ValueReader> known) {
    file.readWhole(() -> file.readObject(known, in::skipValue));
  }

  private Map<String, ValueReader> partsOfBlock() {
    return Map.of(
        "header", () -> header = file.bytes("header", in.nextString()),
        "body", this::readBody,
        "hash", () -> hash = file.bytes("hash", in.nextString()),
        "number", () -> number = in.nextLong());
  }

  private void readBlock() throws IOException {
    file.readObject(partsOfBlock(), in::skipValue);
  }

  private void readBody() throws IOException {
    List<byte[]> extrinsics = new ArrayList<>();
    in.beginArray();
    while (in.hasNext()) {
      extrinsics.add(file.bytes("an entry of body", in.nextString()));
    }
    in.endArray();
    body = extrinsics;
  }

  private void readStorage() throws IOException {
    file.readObject(
        Map.of(
            "mainTrie",
            () -> mainTrie = readEntries(MAIN_TRIE),
            "childTries",
            this::readChildTries),
        in::skipValue);
  }

  private void readChildTries() throws IOException {
    in.beginObject();
    while (in.hasNext()) {
      byte[] name = file.bytes("a name in " + CHILD_TRIES, in.nextName());
      if (childTries.put(name, readEntries(CHILD_TRIES)) != null) {
        throw file.refused("has a name twice in " + CHILD_TRIES);
      }
    }
    in.endObject();
  }

  private NavigableMap<byte[], byte[]> readEntries(String where) throws IOException {
    NavigableMap<byte[], byte[]> entries = byKey();
    in.beginObject();
    while (in.hasNext()) {
      byte[] key = file.bytes("a key in " + where, in.nextName());
      if (entries.put(key, file.bytes("a value in " + where, in.nextString())) != null) {
        throw file.refused("has a key twice in " + where);
      }
    }
    in.endObject();
    return entries;
  }

  private static String hex(byte[] bytes) {
    return "0x" + Printable.cut(HexFormat.of().formatHex(bytes), 2 * BlockHeader.HASH_BYTES);
  }

  private static <T> NavigableMap<byte[], T> byKey() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }
}
