package org.wasmheap.endive;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.WasmHeapException;

/**
 * A module cannot be run on pooled heaps. The message says why, {@link #reason()} whose doing it
 * is.
 */
public final class ModuleRefusedException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  /** Why a module was refused. */
  public enum Reason {
    /** It is not valid WebAssembly, or its start function fails. */
    INVALID,
    /** It is larger, in one respect, than is allowed here; the message names the limit. */
    TOO_LARGE,
    /** It uses what cannot be put back after a call, or what the engine does not do right. */
    UNSUPPORTED,
    /** It was not loaded when the deadline passed: a faster machine may load it. */
    DEADLINE,
    /** The thread that loaded it was interrupted: nothing is known of the module. */
    INTERRUPTED,
    /**
     * As many loads that were given up as are allowed still run: nothing is known of the module.
     */
    BUSY
  }

  /** Why it was refused. */
  private final Reason reason;

  ModuleRefusedException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = Objects.requireNonNull(reason, "reason");
  }

  /**
   * The same refusal for another caller, who did not load the module himself.
   *
   * @param note what the message says at its end
   * @return another exception, with this one as its cause
   */
  public ModuleRefusedException again(String note) {
    return new ModuleRefusedException(reason, getMessage() + note, this);
  }

  /**
   * Why.
   *
   * @return the reason
   */
  public Reason reason() {
    return reason;
  }

  /** {@inheritDoc} Always {@code false}: another host may run the module. */
  @Override
  public boolean isDeterministic() {
    return false;
  }
}
