package org.wasmheap.cli;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.wasmheap.block.BlockExecutor;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.runtime.CodeCache;
import picocli.CommandLine.Option;

/** The option of commands that compile runtimes: where compiled code is kept. */
final class CodeCacheOption {
  private static final String NAME = "--code-cache";

  @Option(
      names = NAME,
      paramLabel = "DIR",
      description =
          "Keep compiled code in DIR, and find it there. What is in it is run: nobody else should"
              + " be able to write there. Default: -D"
              + CodeCache.PROPERTY
              + ", or else off.")
  private @Nullable Path folder;

  /** Set by {@link #open}; on the thread of the command, as all here. */
  private @Nullable CodeCache cache;

  private boolean opened;

  /**
   * Makes the folder that was asked for, and refuses what cannot be one. What becomes of it later
   * is a matter of the log, as all is that concerns the property's.
   */
  void open() {
    cache = made();
    opened = true;
  }

  /**
   * The options with the folder, if there is one.
   *
   * @throws IllegalStateException before {@link #open}
   */
  LoadOptions addTo(LoadOptions options) {
    CodeCache store = store();
    return store == null ? options : options.withStore(store);
  }

  /**
   * The settings with the folder, if there is one.
   *
   * @throws IllegalStateException before {@link #open}
   */
  BlockExecutor.Builder addTo(BlockExecutor.Builder settings) {
    CodeCache store = store();
    return store == null ? settings : settings.codeStore(store);
  }

  private @Nullable CodeCache store() {
    if (!opened) {
      throw new IllegalStateException("the folder of compiled code was not opened");
    }
    return cache;
  }

  private @Nullable CodeCache made() {
    Path asked = folder;
    if (asked == null) {
      return configured();
    }
    if (asked.toString().isEmpty()) {
      throw new CliException(NAME, "the name of the folder is empty", null);
    }
    CodeCache asking = CodeCache.at(asked);
    try {
      asking.makeFolder();
    } catch (IOException e) {
      throw new CliException(
          NAME, asked + " cannot be made as a folder: " + OutputFiles.reason(e), e);
    }
    return asking;
  }

  private static @Nullable CodeCache configured() {
    try {
      return CodeCache.configured().orElse(null);
    } catch (InvalidPathException e) {
      throw new CliException("-D" + CodeCache.PROPERTY, "its value cannot be a path", e);
    }
  }
}
