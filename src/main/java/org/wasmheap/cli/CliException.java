package org.wasmheap.cli;

import org.jspecify.annotations.Nullable;

/** The command could not run: one line for the user, exit code 2. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CliException(String what, String why, @Nullable Throwable cause) {
    super(what + ": " + why, cause);
  }

  /** With a message that names what and why already. */
  CliException(String whatAndWhy, Throwable cause) {
    super(whatAndWhy, cause);
  }
}
