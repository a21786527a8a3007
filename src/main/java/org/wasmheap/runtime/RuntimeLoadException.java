package org.wasmheap.runtime;

import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.text.Printable;

/**
 * The code of a runtime, or a genesis state, cannot be loaded. The message is one line, {@code
 * origin: reason}.
 *
 * <p>Thrown for a file that is absent, a folder, unreadable, empty or too large; for the address of
 * a node or an account in place of a file; for bytes that are neither wasm nor compressed wasm,
 * plain or as hexadecimal text, nor a raw chain specification, nor the answer of a node; for a
 * smart contract; for compressed code that is cut off, corrupt or unpacks to too much; for a chain
 * specification that is not JSON, not raw, not hexadecimal where it should be, has a part twice, or
 * is without usable code; for an answer that is an error or has no value; and where an optional
 * dependency that the bytes need is missing, which is named then.
 */
public final class RuntimeLoadException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  RuntimeLoadException(String origin, String reason) {
    this(origin, reason, null);
  }

  RuntimeLoadException(String origin, String reason, @Nullable Throwable cause) {
    super(Printable.text(origin) + ": " + reason, cause);
  }

  private RuntimeLoadException(String message, RuntimeLoadException cause) {
    super(message, cause);
  }

  /**
   * The same failure for another caller.
   *
   * @param note what the message says at its end
   * @return another exception, with this one as its cause
   */
  RuntimeLoadException again(String note) {
    return new RuntimeLoadException(getMessage() + note, this);
  }

  /** {@inheritDoc} Always {@code false}: no guest has run. */
  @Override
  public boolean isDeterministic() {
    return false;
  }
}
