package org.wasmheap.cli;

/** What the process ends with. */
final class ExitCodes {
  /** All that was asked for succeeded. */
  static final int OK = 0;

  /** The work ran, and something in it failed. */
  static final int FAILED = 1;

  /** The command could not run. */
  static final int CANNOT_RUN = 2;

  private ExitCodes() {}
}
