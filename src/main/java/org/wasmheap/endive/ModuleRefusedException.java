package org.wasmheap.endive;

import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.WasmHeapException;

/**
 * A module cannot be run on pooled heaps: it is not valid WebAssembly, or it uses what cannot be
 * put back after a call. The message says what.
 */
public final class ModuleRefusedException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  ModuleRefusedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** {@inheritDoc} Always {@code false}: another host may run the module. */
  @Override
  public boolean isDeterministic() {
    return false;
  }
}
