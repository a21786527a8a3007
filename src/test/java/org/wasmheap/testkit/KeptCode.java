package org.wasmheap.testkit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.CodeStore;

/** A store of compiled code in memory, which counts what it is asked for. */
public final class KeptCode implements CodeStore {
  private final Map<String, byte[]> kept = new ConcurrentHashMap<>();
  private final AtomicInteger found = new AtomicInteger();
  private final AtomicInteger writes = new AtomicInteger();

  @Override
  public byte @Nullable [] find(String name) {
    byte[] code = kept.get(name);
    if (code != null) {
      found.incrementAndGet();
    }
    return code;
  }

  @Override
  public void keep(String name, byte[] code) {
    writes.incrementAndGet();
    kept.put(name, code);
  }

  /** What is kept, to look at and to damage. */
  public Map<String, byte[]> code() {
    return kept;
  }

  /** How often something was found. */
  public int found() {
    return found.get();
  }

  /** How often something was kept. */
  public int writes() {
    return writes.get();
  }
}
