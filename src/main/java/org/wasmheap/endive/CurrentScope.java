package org.wasmheap.endive;

import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallScope;

/** The scope of the call that runs on an instance, if one does. One thread's own. */
final class CurrentScope {
  private @Nullable CallScope scope;

  void set(@Nullable CallScope opened) {
    scope = opened;
  }

  /** The call that runs. Without one, guest code runs only while an instance is made. */
  CallScope require() {
    CallScope now = scope;
    if (now == null) {
      throw new ModuleRefusedException(
          ModuleRefusedException.Reason.UNSUPPORTED,
          "module refused: its start function uses the allocator, a host function or memory.grow",
          null);
    }
    return now;
  }
}
