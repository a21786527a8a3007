package org.wasmheap.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.wasmheap.block.Block;
import org.wasmheap.block.BlockResult;
import org.wasmheap.state.State;

/** The blocks of all files in their order, with the states that they begin on. The main thread. */
final class BlockList {
  private final List<Entry> entries = new ArrayList<>();

  /** A block of a file. */
  static final class Entry {
    private final Path file;
    private final Block block;

    /** The block before it in the same file; {@code null} for the first. */
    private final @Nullable Entry before;

    /** What the first of a file begins on. */
    private final @Nullable State start;

    /** What it left behind; {@code null} as long as it was not executed, and if it failed. */
    private @Nullable State after;

    private Entry(Path file, Block block, @Nullable Entry before, @Nullable State start) {
      this.file = file;
      this.block = block;
      this.before = before;
      this.start = start;
    }

    Path file() {
      return file;
    }

    Block block() {
      return block;
    }

    /** What it begins on; {@code null} if the block before it has left no state. */
    @Nullable State parent() {
      return before == null ? start : before.after;
    }

    /** What it left behind, if it was executed and did not fail. */
    @Nullable State after() {
      return after;
    }

    void executed(BlockResult result) {
      if (result instanceof BlockResult.Executed good) {
        after = good.state();
      }
    }
  }

  void add(Path file, List<Block> blocks, State start) {
    Entry before = null;
    for (Block block : blocks) {
      Entry entry = new Entry(file, block, before, before == null ? start : null);
      entries.add(entry);
      before = entry;
    }
  }

  List<Entry> entries() {
    return entries;
  }

  int size() {
    return entries.size();
  }
}
