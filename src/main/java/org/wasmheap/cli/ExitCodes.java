package org.wasmheap.cli;

/** What the process ends with. */
final class ExitCodes {
  /** All that was asked for succeeded. */
  static final int OK = 0;

  /** The work ran, and something in it failed, or its results could not be written. */
  static final int FAILED = 1;

  /** The command could not run. */
  static final int CANNOT_RUN = 2;

  /** Somebody ended it: 128 and the number of the signal. */
  static final int INTERRUPTED = 130;

  private ExitCodes() {}
}
