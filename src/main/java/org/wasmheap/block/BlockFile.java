package org.wasmheap.block;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeLoadException;

/**
 * Blocks of a file: one with the storage of its parent ({@code .json}), or a chain of blocks of
 * which each is the next one's parent ({@code .jsonl}, one on a line).
 *
 * <pre>
 *  .json   {"block": {"header": "0x…", "body": ["0x…", …]},
 *           "parentStorage": {"mainTrie": {"0xKEY": "0xVALUE", …},
 *                             "childTries": {"0xNAME": {…}, …}}}
 *  .jsonl  {"number": N, "hash": "0x…", "header": "0x…", "body": ["0x…", …]}
 * </pre>
 *
 * <p>{@code header} is the SCALE header, an entry of {@code body} one extrinsic with its compact
 * length before it. {@code number}, {@code hash} and {@code childTries} may be absent; other names
 * are not looked at. The layout of {@code .json} is that of smoldot's fixtures.
 *
 * <p>Files are not trusted: sizes are bounded, a header must decode, a hash must be its header's, a
 * chain must follow. Whether a body is one, the runtime finds out.
 *
 * <p>Immutable, as long as nobody writes to the arrays; safe to use from any thread.
 */
public final class BlockFile {
  /** The largest file: 256 MiB. */
  public static final int MAX_FILE_BYTES = RuntimeCode.MAX_FILE_BYTES;

  private static final String CHAIN = ".jsonl";

  private final List<Block> blocks;
  private final boolean chain;
  private final NavigableMap<byte[], byte[]> parentStorage;
  private final NavigableMap<byte[], NavigableMap<byte[], byte[]>> parentChildTries;

  private BlockFile(
      List<Block> blocks,
      boolean chain,
      NavigableMap<byte[], byte[]> parentStorage,
      NavigableMap<byte[], NavigableMap<byte[], byte[]>> parentChildTries) {
    this.blocks = List.copyOf(blocks);
    this.chain = chain;
    this.parentStorage = Collections.unmodifiableNavigableMap(parentStorage);
    this.parentChildTries = Collections.unmodifiableNavigableMap(parentChildTries);
  }

  /**
   * Reads a file of at most {@link #MAX_FILE_BYTES}: a chain if its name ends in {@code .jsonl}, a
   * block with its parent's storage if not.
   *
   * @param file where it is
   * @return what it holds
   * @throws BlockFileException if it cannot be used, in one line that says why
   */
  public static BlockFile read(Path file) {
    String origin = file.toString();
    byte[] bytes;
    try {
      bytes = RuntimeCode.readBytes(file);
    } catch (RuntimeLoadException e) {
      throw new BlockFileException(e);
    }
    return origin.endsWith(CHAIN) ? ofChain(origin, bytes) : ofBlock(origin, bytes);
  }

  /**
   * Takes a block with its parent's storage.
   *
   * @param origin where the bytes come from, for messages
   * @param json content as of a {@code .json} file; not kept
   * @return a file of one block
   * @throws BlockFileException if it cannot be used
   */
  public static BlockFile ofBlock(String origin, byte[] json) {
    requireSize(origin, json);
    OptionalParts.requireGson(origin);
    BlockReader.Single read = BlockReader.readSingle(origin, json);
    return new BlockFile(List.of(read.block()), false, read.mainTrie(), read.childTries());
  }

  /**
   * Takes a chain. The first block's parent is not in it.
   *
   * @param origin where the bytes come from, for messages
   * @param lines content as of a {@code .jsonl} file; not kept
   * @return a file of one block or more
   * @throws BlockFileException if it cannot be used
   */
  public static BlockFile ofChain(String origin, byte[] lines) {
    requireSize(origin, lines);
    OptionalParts.requireGson(origin);
    List<Block> blocks = BlockReader.readChain(origin, lines);
    return new BlockFile(
        blocks,
        true,
        new TreeMap<>(Arrays::compareUnsigned),
        new TreeMap<>(Arrays::compareUnsigned));
  }

  /**
   * The blocks, in the order of the file.
   *
   * @return one or more; unmodifiable
   */
  public List<Block> blocks() {
    return blocks;
  }

  /**
   * Whether it is a chain, whose state comes from elsewhere.
   *
   * @return {@code false} if it is one block with its parent's storage
   */
  public boolean isChain() {
    return chain;
  }

  /**
   * The main trie of the block's parent, the roots of child tries among its entries.
   *
   * @return values by key, ordered as unsigned bytes; empty for a chain; unmodifiable, the arrays
   *     themselves
   */
  public NavigableMap<byte[], byte[]> parentStorage() {
    return parentStorage;
  }

  /**
   * The child tries of the block's parent.
   *
   * @return for each name, without the prefix {@code :child_storage:default:}, its values by key;
   *     empty for a chain; unmodifiable, the arrays themselves
   */
  public NavigableMap<byte[], NavigableMap<byte[], byte[]>> parentChildTries() {
    return parentChildTries;
  }

  private static void requireSize(String origin, byte[] bytes) {
    if (bytes.length == 0) {
      throw new BlockFileException(origin, "empty file", null);
    }
    if (bytes.length > MAX_FILE_BYTES) {
      throw tooLarge(origin);
    }
  }

  private static BlockFileException tooLarge(String origin) {
    return new BlockFileException(
        origin, "too large, more than " + (MAX_FILE_BYTES >> 20) + " MiB", null);
  }
}
