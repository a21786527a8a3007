package org.wasmheap.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** Whether a person watches standard error. */
final class Terminal {
  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

  private Terminal() {}

  /** Java has no way to ask of standard error; where the system does not tell, nobody does. */
  static boolean isWatched() {
    try {
      String target = Files.readSymbolicLink(STANDARD_ERROR).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** A bar on a terminal, nothing elsewhere. */
  static @Nullable ProgressBar progress(String task, long steps) {
    return isWatched()
        ? new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(steps)
            .clearDisplayOnFinish()
            .build()
        : null;
  }
}
