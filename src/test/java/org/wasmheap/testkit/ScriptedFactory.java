package org.wasmheap.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.memory.LinearMemory;

/**
 * Fails and hangs on cue, over any factory; works again when the script says so. Cues may be given
 * from any thread.
 */
public final class ScriptedFactory<G> implements GuestFactory<G> {
  private final GuestFactory<G> sound;
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger openFailures = new AtomicInteger();
  private final AtomicInteger closeFailures = new AtomicInteger();
  private final AtomicInteger attempts = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicReference<CountDownLatch> barrier =
      new AtomicReference<>(new CountDownLatch(0));

  public ScriptedFactory(GuestFactory<G> sound) {
    this.sound = sound;
  }

  /** The next so many attempts to make an instance fail. */
  public void failNext(int times) {
    failures.addAndGet(times);
  }

  /** The next so many calls find an instance that cannot be opened. */
  public void failToOpen(int times) {
    openFailures.addAndGet(times);
  }

  /** The next so many calls that end well leave an instance that cannot be closed. */
  public void failToClose(int times) {
    closeFailures.addAndGet(times);
  }

  /** From here on no instance is made, until {@link #release()}. */
  public void hang() {
    barrier.updateAndGet(now -> now.getCount() > 0 ? now : new CountDownLatch(1));
  }

  /** Those who hang go on. */
  public void release() {
    barrier.get().countDown();
  }

  /** How often an instance was asked for. */
  public int attempts() {
    return attempts.get();
  }

  /** How many threads are in this factory and hang. */
  public int hanging() {
    return waiting.get();
  }

  @Override
  public Instance<G> create() throws Exception {
    awaitCues();
    return new ScriptedInstance(sound.create());
  }

  @Override
  public Instance<G> create(LinearMemory used) throws Exception {
    awaitCues();
    return new ScriptedInstance(sound.create(used));
  }

  private void awaitCues() throws Exception {
    attempts.incrementAndGet();
    waiting.incrementAndGet();
    try {
      if (!barrier.get().await(60, SECONDS)) {
        throw new IllegalStateException("a test forgot to release its factory");
      }
    } finally {
      waiting.decrementAndGet();
    }
    if (isDue(failures)) {
      throw new IOException("the factory fails on cue");
    }
  }

  private static boolean isDue(AtomicInteger cue) {
    return cue.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
  }

  private final class ScriptedInstance implements Instance<G> {
    private final Instance<G> instance;

    ScriptedInstance(Instance<G> instance) {
      this.instance = instance;
    }

    @Override
    public LinearMemory memory() {
      return instance.memory();
    }

    @Override
    public int heapBase() {
      return instance.heapBase();
    }

    @Override
    public BlockLimit blockLimit() {
      return instance.blockLimit();
    }

    @Override
    public G open(CallScope scope) {
      if (isDue(openFailures)) {
        throw new IllegalStateException("the instance cannot be opened, on cue");
      }
      return instance.open(scope);
    }

    @Override
    public void close() {
      if (isDue(closeFailures)) {
        throw new IllegalStateException("the instance cannot be closed, on cue");
      }
      instance.close();
    }

    @Override
    public @Nullable String difference() {
      return instance.difference();
    }

    @Override
    public @Nullable LinearMemory discard() {
      return instance.discard();
    }
  }
}
