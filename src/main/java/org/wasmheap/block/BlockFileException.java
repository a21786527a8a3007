package org.wasmheap.block;

import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.text.Printable;

/**
 * A file of blocks cannot be used. The message is one line, {@code origin: reason}.
 *
 * <p>Thrown for a file that is absent, a folder, unreadable, empty or too large; for what is cut
 * off or not JSON; where a part is missing, or there twice, or is not hexadecimal; for a header
 * that does not decode, a {@code hash} or {@code number} that is not its header's, a parent's state
 * without {@code :code}, and a chain whose parent hashes do not follow.
 */
public final class BlockFileException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  BlockFileException(String origin, String reason, @Nullable Throwable cause) {
    super(Printable.text(origin) + ": " + reason, cause);
  }

  /** The file cannot be read, as another reader of files has found out. */
  BlockFileException(RuntimeLoadException unreadable) {
    super(unreadable.getMessage(), unreadable);
  }

  /** {@inheritDoc} Always {@code false}: no guest has run. */
  @Override
  public boolean isDeterministic() {
    return false;
  }
}
