package org.wasmheap.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.StateVersion;

/**
 * A state of as many keys as Kusama's genesis, in the shape of theirs: 32 bytes that name a pallet
 * and an item, then a hash. A block's changes and the root after them, against the root computed
 * whole; reads through an overlay that has changes.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="StateBenchmark"}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class StateBenchmark {
  private static final int KEYS = 3_400;
  private static final int ITEMS = 60;
  private static final int CHANGES = 50;

  /** Decides whether values of 33 bytes and more stand in their nodes. */
  @Param({"V0", "V1"})
  public StateVersion version = StateVersion.V0;

  private final NavigableMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
  private final List<byte[]> keys = new ArrayList<>();
  private org.wasmheap.state.State state = org.wasmheap.state.State.empty();
  private Overlay changed = new Overlay(state);
  private int next;

  /** Makes the state, and an overlay with a block's changes. */
  @Setup
  public void setUp() {
    SplittableRandom random = new SplittableRandom(15);
    byte[][] items = new byte[ITEMS][32];
    for (byte[] item : items) {
      random.nextBytes(item);
    }
    for (int i = 0; i < KEYS; i++) {
      byte[] key = Arrays.copyOf(items[random.nextInt(ITEMS)], 80);
      byte[] hash = new byte[48];
      random.nextBytes(hash);
      System.arraycopy(hash, 0, key, 32, hash.length);
      entries.put(key, new byte[random.nextInt(8, 100)]);
    }
    keys.addAll(entries.keySet());
    state = whole();
    changed = withChanges();
    check();
  }

  /** That a root after changes is that of a state which had these values from its beginning. */
  private void check() {
    next = 0;
    byte[] root = withChanges().root(version);
    next = 0;
    NavigableMap<byte[], byte[]> after = new TreeMap<>(entries);
    for (int i = 0; i < CHANGES; i++) {
      after.put(nextKey(), value(i));
    }
    byte[] expected =
        org.wasmheap.state.State.of(after, new TreeMap<>(Arrays::compareUnsigned), version).root();
    Expected.require(Arrays.equals(root, expected), "the root after changes is another");
    byte[] key = keys.get(0);
    Expected.require(Arrays.equals(keys.get(1), changed.nextKey(key)), "another key is next");
  }

  private static byte[] value(int i) {
    return new byte[] {(byte) i, 1, 2, 3, 4, 5, 6, 7};
  }

  private org.wasmheap.state.State whole() {
    return org.wasmheap.state.State.of(entries, new TreeMap<>(Arrays::compareUnsigned), version);
  }

  private Overlay withChanges() {
    Overlay overlay = new Overlay(state);
    for (int i = 0; i < CHANGES; i++) {
      overlay.set(nextKey(), value(i));
    }
    return overlay;
  }

  /** Any key, another at each call. */
  private byte[] nextKey() {
    next = (next + 1_237) % KEYS;
    return keys.get(next);
  }

  /** Fifty values set, and the root after them. */
  @Benchmark
  public byte[] rootAfterChanges() {
    return withChanges().root(version);
  }

  /** Every node made and hashed, without changes. */
  @Benchmark
  public byte[] rootComputedWhole() {
    return whole().root();
  }

  /** A value, which mostly the state below has. */
  @Benchmark
  public byte @Nullable [] get() {
    return changed.get(nextKey());
  }

  /** The key after another. */
  @Benchmark
  public byte @Nullable [] nextKeyFound() {
    return changed.nextKey(nextKey());
  }

  /** A value set in an overlay that has changes already. */
  @Benchmark
  public void set() {
    changed.set(nextKey(), keys.get(0));
  }
}
