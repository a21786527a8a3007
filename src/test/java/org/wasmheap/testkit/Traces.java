package org.wasmheap.testkit;

import static org.awaitility.Awaitility.await;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Assertions;

/** Objects that something may still refer to, each with a name, and whether they are gone. */
public final class Traces {
  private final Map<String, WeakReference<Object>> objects = new TreeMap<>();

  /** Follows an object; gives it back. */
  public synchronized <T> T follow(String name, T object) {
    objects.put(name, new WeakReference<>(object));
    return object;
  }

  /** Until nothing refers to any of them any more. */
  public void awaitGone() {
    await()
        .untilAsserted(
            () -> {
              System.gc();
              Assertions.assertEquals(Set.of(), left(), "something refers to them");
            });
  }

  private synchronized Set<String> left() {
    Set<String> left = new TreeSet<>();
    objects.forEach(
        (name, object) -> {
          if (object.get() != null) {
            left.add(name);
          }
        });
    return left;
  }
}
