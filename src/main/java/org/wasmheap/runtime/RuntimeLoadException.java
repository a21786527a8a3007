package org.wasmheap.runtime;

import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.text.Printable;

/**
 * The code of a runtime, or a genesis state, cannot be loaded. The message is one line, {@code
 * origin: reason}.
 *
 * <p>Thrown for a file that is absent, a folder, unreadable, empty or too large; for bytes that are
 * neither wasm nor compressed wasm nor a raw chain specification; for compressed code that is cut
 * off, corrupt or unpacks to too much; for a chain specification that is not JSON, not raw, not
 * hexadecimal where it should be, has a part twice, or is without usable code; and where an
 * optional dependency that the bytes need is missing, which is named then.
 */
public final class RuntimeLoadException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  RuntimeLoadException(String origin, String reason) {
    this(origin, reason, null);
  }

  RuntimeLoadException(String origin, String reason, @Nullable Throwable cause) {
    super(Printable.text(origin) + ": " + reason, cause);
  }

  /** {@inheritDoc} Always {@code false}: no guest has run. */
  @Override
  public boolean isDeterministic() {
    return false;
  }
}
