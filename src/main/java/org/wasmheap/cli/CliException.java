package org.wasmheap.cli;

import org.jspecify.annotations.Nullable;

/** What ends a command: one line for the user, and an exit code. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  /** The command could not run. */
  CliException(String what, String why, @Nullable Throwable cause) {
    this(what + ": " + why, cause, ExitCodes.CANNOT_RUN);
  }

  /** The same with a message that names what and why already. */
  CliException(String whatAndWhy, Throwable cause) {
    this(whatAndWhy, cause, ExitCodes.CANNOT_RUN);
  }

  private CliException(String message, @Nullable Throwable cause, int exitCode) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** The command ran, and what came of it could not be written. */
  static CliException notWritten(String what, String why, @Nullable Throwable cause) {
    return new CliException(what + ": cannot be written: " + why, cause, ExitCodes.FAILED);
  }

  /** What could not be written was found out by another thread, or before the end. */
  static CliException notWritten(CliException earlier) {
    return new CliException(String.valueOf(earlier.getMessage()), earlier, ExitCodes.FAILED);
  }

  int exitCode() {
    return exitCode;
  }
}
