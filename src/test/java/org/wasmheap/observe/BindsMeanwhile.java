package org.wasmheap.observe;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A registry in which another thread registers meters in the very moment in which the first is to
 * be removed: it gets as far as it can before the removal goes on.
 */
final class BindsMeanwhile extends SimpleMeterRegistry {
  private final Thread binder;
  private boolean begun;

  BindsMeanwhile(Runnable binding) {
    this.binder = new Thread(binding, "binder");
  }

  @Override
  public @Nullable Meter remove(Meter meter) {
    if (!begun) {
      begun = true;
      binder.start();
      await().until(() -> !binder.isAlive() || binder.getState() == Thread.State.BLOCKED);
    }
    return super.remove(meter);
  }

  /** The other thread has registered what it was to register. */
  void awaitBound() throws InterruptedException {
    binder.join(Duration.ofSeconds(30).toMillis());
    assertFalse(binder.isAlive());
  }
}
