package org.wasmheap.block;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.state.State;

/**
 * What executing a block came to. A verdict about the block follows from all but {@link
 * HostFailed}.
 */
public sealed interface BlockResult {
  /**
   * Which block it was.
   *
   * @return its header
   */
  BlockHeader header();

  /**
   * What it took.
   *
   * @return the figures, also of an execution that failed
   */
  BlockFigures figures();

  /**
   * In a word, for logs and statistics.
   *
   * @return {@code ok}, {@code wrong_root}, or the label of the call's kind of failure
   */
  String label();

  /**
   * The block is valid as far as its runtime tells, and the root is the header's.
   *
   * @param header which block
   * @param state the state that it leaves behind
   * @param figures what it took
   */
  record Executed(BlockHeader header, State state, BlockFigures figures) implements BlockResult {
    @Override
    public String label() {
      return "ok";
    }
  }

  /**
   * The state's root differs from the header's: block, state or runtime are not those that belong
   * together. A runtime finds that itself and panics; then there is a failure of the call, too.
   *
   * @param header which block, with the root that was expected
   * @param root what the guest's last calculation gave, {@code 0x} and 64 hexadecimal digits
   * @param failure how the guest ended, if it did not end normally
   * @param figures what it took
   */
  record WrongRoot(
      BlockHeader header, String root, @Nullable CallException failure, BlockFigures figures)
      implements BlockResult {
    @Override
    public String label() {
      return "wrong_root";
    }

    @Override
    public String toString() {
      return "WrongRoot["
          + header
          + ", root="
          + root
          + ", expected=0x"
          + HexFormat.of().formatHex(header.stateRoot())
          + "]";
    }
  }

  /**
   * The guest failed, as it does on every node: it panicked, mostly, and the message holds its
   * words.
   *
   * @param header which block
   * @param failure how, deterministic
   * @param figures what it took
   */
  record GuestFailed(BlockHeader header, CallException failure, BlockFigures figures)
      implements BlockResult {
    @Override
    public String label() {
      return failure.kind().label();
    }
  }

  /**
   * The host could not execute the block, for want of time, memory, a place in the queue, a host
   * function or a usable runtime. Nothing follows about the block: execute it again.
   *
   * @param header which block
   * @param failure why, not deterministic: a {@link CallException}, or what loading the runtime
   *     failed with
   * @param figures what it took
   */
  record HostFailed(BlockHeader header, WasmHeapException failure, BlockFigures figures)
      implements BlockResult {
    @Override
    public String label() {
      return failure instanceof CallException call ? call.kind().label() : "not_loaded";
    }
  }
}
