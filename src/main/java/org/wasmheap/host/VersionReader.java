package org.wasmheap.host;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Tells a guest which version a runtime has, for {@code ext_misc_runtime_version}. It is asked on
 * the thread of the guest's call, and may be asked by many at once.
 */
@FunctionalInterface
public interface VersionReader {
  /**
   * The version of a runtime. What follows from it is part of a block's verdict, so it must depend
   * on the code alone.
   *
   * @param code as the guest gave it, compressed or not: anything at all; not to be changed
   * @param left how long the guest's call may go on; whoever runs the code must end before that
   * @return the SCALE encoding of the runtime version; {@code null} if the code is no runtime that
   *     has one
   * @throws Exception if it could not be found out: the guest's call then fails as the host's doing
   */
  byte @Nullable [] versionOf(byte[] code, Duration left) throws Exception;
}
