package org.wasmheap.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where results go. A {@link PrintWriter} keeps to itself that nothing arrives; this one also knows
 * why. One thread.
 */
final class StandardOutput extends PrintWriter {
  private final Watched watched;

  StandardOutput(OutputStream out) {
    this(new Watched(out));
  }

  private StandardOutput(Watched watched) {
    super(watched, false, StandardCharsets.UTF_8);
    this.watched = watched;
  }

  /** Why results did not arrive, if they did not; flushes what is left. */
  static @Nullable String failureOf(PrintWriter out) {
    if (!out.checkError()) {
      return null;
    }
    IOException failure = out instanceof StandardOutput own ? own.watched.failure : null;
    return failure == null ? "its end is closed" : OutputFiles.reason(failure);
  }

  /** Keeps the first failure. */
  private static final class Watched extends FilterOutputStream {
    private @Nullable IOException failure;

    Watched(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int octet) throws IOException {
      write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        failure = failure == null ? e : failure;
        throw e;
      }
    }
  }
}
