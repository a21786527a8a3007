package org.wasmheap.testkit;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;

/**
 * The blocks of the sample runtime, as the script {@code blocks.py} beside its source made them.
 * All roots and hashes in them are the script's.
 */
public final class SampleBlocks {
  /** Where the files and the script are. */
  public static final Path FOLDER = Path.of("src/main/guest");

  /**
   * What every seal of these headers is: kind, engine, 16 bytes and before them 16 as a compact.
   */
  private static final byte[] SEAL = "\5smpl@sealed by nobody".getBytes(StandardCharsets.US_ASCII);

  private static final int STATE_ROOT_AT = 33;
  private static final int EXTRINSICS_ROOT_AT = 65;
  private static final int DIGEST_AT = 97;

  private SampleBlocks() {}

  /**
   * A block. Numbers are below 64, so a header's number is one byte and all behind has its place.
   */
  public static final class SampleBlock {
    private final byte[] header;
    private final List<byte[]> body;

    private SampleBlock(byte[] header, List<byte[]> body) {
      this.header = header;
      this.body = body;
    }

    /** The header as it is in the file, with its seal if it has one. */
    public byte[] header() {
      return header.clone();
    }

    /** The extrinsics, each with its compact length before it. */
    public List<byte[]> body() {
      return List.copyOf(body);
    }

    public int number() {
      return header[32] >>> 2;
    }

    public byte[] parentHash() {
      return Arrays.copyOf(header, 32);
    }

    public byte[] stateRoot() {
      return Arrays.copyOfRange(header, STATE_ROOT_AT, STATE_ROOT_AT + 32);
    }

    public boolean isSealed() {
      byte[] end = Arrays.copyOfRange(header, header.length - SEAL.length, header.length);
      return Arrays.equals(SEAL, end);
    }

    /** The input of {@code Core_execute_block}: header without seal, body. */
    public byte[] input() {
      byte[] bare = header;
      if (isSealed()) {
        bare = Arrays.copyOf(header, header.length - SEAL.length);
        bare[DIGEST_AT] = (byte) (bare[DIGEST_AT] - (1 << 2));
      }
      return input(bare);
    }

    /** The input with another header. */
    public byte[] input(byte[] otherHeader) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(otherHeader);
      int count = body.size() << 2;
      if (body.size() < 64) {
        out.write(count);
      } else {
        out.write(count | 1);
        out.write(count >>> Byte.SIZE);
      }
      body.forEach(out::writeBytes);
      return out.toByteArray();
    }

    /** The same block whose header claims another state root. */
    public SampleBlock withStateRoot(byte[] root) {
      byte[] changed = header.clone();
      System.arraycopy(root, 0, changed, STATE_ROOT_AT, root.length);
      return new SampleBlock(changed, body);
    }

    /** The same block with another body, whose extrinsics root the header does not know. */
    public SampleBlock withBody(List<byte[]> other) {
      return new SampleBlock(header, other);
    }

    /** The extrinsics root that the header claims. */
    public byte[] extrinsicsRoot() {
      return Arrays.copyOfRange(header, EXTRINSICS_ROOT_AT, DIGEST_AT);
    }
  }

  /** The state before block 1. */
  public static State genesis() {
    JsonObject raw =
        json(read("sample-chain.json")).getAsJsonObject("genesis").getAsJsonObject("raw");
    return state(raw.getAsJsonObject("top"), raw.getAsJsonObject("childrenDefault"));
  }

  /** Blocks 1 to 20. */
  public static List<SampleBlock> chain() {
    return rows("sample-chain.jsonl").map(SampleBlocks::block).toList();
  }

  /** The hashes of blocks 1 to 20. */
  public static List<byte[]> chainHashes() {
    return rows("sample-chain.jsonl").map(row -> bytes(row.get("hash"))).toList();
  }

  /** A block 1 that panics, and a block 2 after it. */
  public static List<SampleBlock> panicking() {
    return rows("sample-panic.jsonl").map(SampleBlocks::block).toList();
  }

  /** The block of the file that holds one alone. */
  public static SampleBlock alone() {
    return block(json(read("sample-block.json")).getAsJsonObject("block"));
  }

  /** The state before that block, whose main trie has the roots of child tries in it. */
  public static State aloneParent() {
    JsonObject storage = json(read("sample-block.json")).getAsJsonObject("parentStorage");
    return state(storage.getAsJsonObject("mainTrie"), storage.getAsJsonObject("childTries"));
  }

  private static Stream<JsonObject> rows(String file) {
    return read(file).lines().map(SampleBlocks::json);
  }

  private static SampleBlock block(JsonObject from) {
    return new SampleBlock(
        bytes(from.get("header")),
        from.getAsJsonArray("body").asList().stream().map(SampleBlocks::bytes).toList());
  }

  private static State state(JsonObject top, JsonObject children) {
    NavigableMap<byte[], NavigableMap<byte[], byte[]>> tries =
        new TreeMap<>(Arrays::compareUnsigned);
    children
        .asMap()
        .forEach((name, entries) -> tries.put(hex(name), entries(entries.getAsJsonObject())));
    return State.of(entries(top), tries, StateVersion.V1);
  }

  private static NavigableMap<byte[], byte[]> entries(JsonObject from) {
    NavigableMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
    from.asMap().forEach((key, value) -> entries.put(hex(key), bytes(value)));
    return entries;
  }

  private static JsonObject json(String text) {
    return new Gson().fromJson(text, JsonObject.class);
  }

  private static byte[] bytes(JsonElement hex) {
    return hex(hex.getAsString());
  }

  private static byte[] hex(String prefixed) {
    return HexFormat.of().parseHex(prefixed.substring(2));
  }

  private static String read(String file) {
    try {
      return Files.readString(FOLDER.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
