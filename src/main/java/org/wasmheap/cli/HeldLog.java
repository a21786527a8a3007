package org.wasmheap.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what is logged to standard error until it is known that the command can run. If it cannot,
 * its error is one line, and the log (a warning about the JDK, say) is not told.
 *
 * <p>Of the process, as standard error is; any thread.
 */
final class HeldLog extends OutputStream {
  /** More than this is not held. */
  private static final int MOST_BYTES = 1 << 20;

  private static @Nullable HeldLog installed;

  private final Object monitor = new Object();
  private final PrintStream target;

  /** {@code null} once it has been let go. Guarded by the monitor, as the target is. */
  private @Nullable ByteArrayOutputStream held = new ByteArrayOutputStream();

  private HeldLog(PrintStream target) {
    this.target = target;
  }

  /** From here on, what goes to {@link System#err} is held. */
  static synchronized void install() {
    HeldLog log = new HeldLog(System.err);
    installed = log;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
  }

  /** Writes what was held; what comes later is not held any more. Nothing if that is so already. */
  static void letGo() {
    HeldLog log = installed();
    if (log != null) {
      log.release();
    }
  }

  private static synchronized @Nullable HeldLog installed() {
    return installed;
  }

  private void release() {
    synchronized (monitor) {
      ByteArrayOutputStream bytes = held;
      if (bytes != null) {
        held = null;
        target.writeBytes(bytes.toByteArray());
        target.flush();
      }
    }
  }

  @Override
  public void write(int octet) {
    write(new byte[] {(byte) octet}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    synchronized (monitor) {
      ByteArrayOutputStream kept = held;
      if (kept == null) {
        target.write(bytes, offset, length);
        return;
      }
      kept.write(bytes, offset, length);
      if (kept.size() > MOST_BYTES) {
        release();
      }
    }
  }

  @Override
  public void flush() {
    synchronized (monitor) {
      if (held == null) {
        target.flush();
      }
    }
  }
}
