package org.wasmheap.testkit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;

/** A memory whose restore may leave a byte behind, and whose trim fails. */
public final class ForgetfulMemory implements ForwardingMemory {
  /** How often any of them was to be trimmed. */
  public static final AtomicInteger TRIMS = new AtomicInteger();

  private final FlatMemory memory = new FlatMemory(1, 1);
  private final boolean forgetful;

  public ForgetfulMemory(boolean forgetful) {
    this.forgetful = forgetful;
    memory.capture(PAGE_SIZE);
  }

  @Override
  public LinearMemory inner() {
    return memory;
  }

  @Override
  public int restore() {
    int restored = memory.restore();
    if (forgetful) {
      memory.writeByte(5, (byte) 7);
    }
    return restored;
  }

  @Override
  public long trim(Duration unusedFor) {
    TRIMS.incrementAndGet();
    throw new IllegalStateException("cannot be trimmed");
  }
}
