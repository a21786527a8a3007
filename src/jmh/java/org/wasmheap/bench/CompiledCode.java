package org.wasmheap.bench;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.wasmheap.runtime.CodeCache;
import run.endive.compiler.Cache;

/** What the engine compiled for plain instances, kept in a folder for the forks that follow. */
final class CompiledCode implements Cache {
  private final CodeCache kept;

  CompiledCode(Path folder) {
    kept = CodeCache.at(folder);
  }

  @Override
  public byte @Nullable [] get(String key) {
    return kept.find(key);
  }

  @Override
  public void putIfAbsent(String key, byte[] code) {
    kept.keep(key, code);
  }
}
