package org.wasmheap.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a command that somebody ends (with Ctrl-C, or by SIGTERM) print what it has so far: its
 * thread is interrupted, and the process waits for it, but not for long. The exit code is the JVM's
 * own for that signal.
 */
final class Interruption {
  /** For a command that is where no interrupt reaches it. */
  private static final long MOST_SECONDS = 10;

  private final Thread command;
  private final CountDownLatch ended = new CountDownLatch(1);

  private Interruption(Thread command) {
    this.command = command;
  }

  /** Watches over the calling thread, for as long as the process lives. */
  static Interruption watch() {
    Interruption interruption = new Interruption(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(new Thread(interruption::end, "interruption"));
    return interruption;
  }

  /** The command has ended and printed all it had to. */
  void commandEnded() {
    ended.countDown();
  }

  private void end() {
    command.interrupt();
    try {
      boolean inTime = ended.await(MOST_SECONDS, TimeUnit.SECONDS);
      if (!inTime) {
        HeldLog.letGo();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
