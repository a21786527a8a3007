package org.wasmheap.endive;

import org.jspecify.annotations.Nullable;

/**
 * Where compiled code is kept from one load to the next: it takes a large module seconds to be
 * compiled, and a fraction of one to be read.
 *
 * <p>What a store gives back is run as it stands. Whoever can write to it decides what guests do,
 * and what the JVM does: it must be as trusted as the library itself.
 *
 * <p>No load fails for a store: what it throws is logged ({@code code_store.failed}), and what it
 * does not answer in ten seconds is done without. Any number of threads may call it at once; each
 * call has a thread of its own.
 */
public interface CodeStore {
  /**
   * Finds what was kept.
   *
   * @param name of the module's code: letters a to z, digits, dots and hyphens, at most 100
   * @return the very bytes that were kept under that name; {@code null} if there are none, or they
   *     are damaged. What another version of library, engine or JDK has kept is not used
   */
  byte @Nullable [] find(String name);

  /**
   * Keeps compiled code, if it can. What was kept under the name before is replaced.
   *
   * @param name as {@link #find} takes it
   * @param code not changed by anybody after this
   */
  void keep(String name, byte[] code);
}
