package org.wasmheap.testkit;

import java.util.function.IntUnaryOperator;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.LinearMemory;

/** A memory with one fault, over one that has none. */
public final class FaultyMemory implements ForwardingMemory {
  private final LinearMemory sound;
  private final LongUnaryOperator written;
  private final IntUnaryOperator addresses;
  private final @Nullable RuntimeException refusal;
  private boolean broken;

  private FaultyMemory(
      LinearMemory sound,
      LongUnaryOperator written,
      IntUnaryOperator addresses,
      @Nullable RuntimeException refusal) {
    this.sound = sound;
    this.written = written;
    this.addresses = addresses;
    this.refusal = refusal;
  }

  /** Writes other values than it is told to. */
  public static FaultyMemory thatAltersWrites(LinearMemory sound, LongUnaryOperator written) {
    return new FaultyMemory(sound, written, IntUnaryOperator.identity(), null);
  }

  /** Reads and writes u64s elsewhere than it is told to. */
  public static FaultyMemory thatAltersAddresses(LinearMemory sound, IntUnaryOperator addresses) {
    return new FaultyMemory(sound, LongUnaryOperator.identity(), addresses, null);
  }

  /** Cannot grow. */
  public static FaultyMemory thatRefusesToGrow(LinearMemory sound, RuntimeException refusal) {
    return new FaultyMemory(
        sound, LongUnaryOperator.identity(), IntUnaryOperator.identity(), refusal);
  }

  /** Has no fault until it {@linkplain #breakDown() breaks down}. */
  public static FaultyMemory thatBreaksDown(LinearMemory sound) {
    return new FaultyMemory(sound, LongUnaryOperator.identity(), IntUnaryOperator.identity(), null);
  }

  /** From here on it cannot even tell its size, as if the JVM had no memory for the answer. */
  public void breakDown() {
    broken = true;
    sizeInBytes();
  }

  @Override
  public LinearMemory inner() {
    return sound;
  }

  @Override
  public long sizeInBytes() {
    if (broken) {
      throw new OutOfMemoryError("on cue");
    }
    return sound.sizeInBytes();
  }

  @Override
  public boolean grow(int deltaPages) {
    if (refusal != null) {
      throw refusal;
    }
    return sound.grow(deltaPages);
  }

  @Override
  public long readLong(int address) {
    return sound.readLong(addresses.applyAsInt(address));
  }

  @Override
  public void writeLong(int address, long value) {
    sound.writeLong(addresses.applyAsInt(address), written.applyAsLong(value));
  }
}
