package org.wasmheap.observe;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Supplier;

/**
 * The totals of each registry, by the tag that names what they are of. They live as long as the
 * registry: a counter that goes away and comes back with less would be taken for a restart, so what
 * a name has counted stays when the thing of that name goes.
 *
 * <p>Bounded: of names that nothing is watched under, a registry keeps the last {@value #MOST_IDLE}
 * that came, and drops the meters of the others. Keeps no registry from being collected. Any
 * thread.
 */
final class RegistryTotals {
  /** Names of no living thing: more than a node has runtimes in a year. */
  static final int MOST_IDLE = 64;

  private static final String PREFIX = "wasmheap.";

  /**
   * For each registry its totals, in the order in which they came. Guarded by the monitor, which
   * whoever removes meters holds, too.
   */
  private static final Map<MeterRegistry, Map<Key, Totals<?>>> ALL = new WeakHashMap<>();

  private RegistryTotals() {}

  /**
   * What a meter is of.
   *
   * @param tag name of the tag
   * @param value its value
   */
  private record Key(String tag, String value) {}

  /**
   * Watches a thing. Its gauges are registered afterwards: from here on nobody else removes them.
   *
   * @param fresh makes the totals, if there are none of this tag
   * @return the totals of the tag, with the thing
   */
  @SuppressWarnings("unchecked") // A tag has one kind of things.
  static synchronized <T> Totals<T> watch(
      MeterRegistry registry, String tag, String value, T thing, Supplier<Totals<T>> fresh) {
    Map<Key, Totals<?>> ofRegistry = ALL.computeIfAbsent(registry, any -> new LinkedHashMap<>());
    Key key = new Key(tag, value);
    Totals<T> totals = (Totals<T>) ofRegistry.remove(key);
    if (totals == null) {
      totals = fresh.get();
    }
    totals.add(thing);
    ofRegistry.put(key, totals); // The last.
    dropIdle(registry, ofRegistry);
    return totals;
  }

  /**
   * Watches a thing no more, and removes its gauges if nothing else of its name is watched. In one
   * step: had another thing of the name come between the two, its gauges would go.
   */
  static synchronized <T> void unwatch(
      MeterRegistry registry, Totals<T> totals, T thing, Collection<? extends Meter> gauges) {
    totals.remove(thing);
    if (!totals.isWatched()) {
      gauges.forEach(registry::remove);
    }
  }

  private static void dropIdle(MeterRegistry registry, Map<Key, Totals<?>> ofRegistry) {
    List<Key> idle = new ArrayList<>();
    ofRegistry.forEach(
        (key, totals) -> {
          if (!totals.isWatched()) {
            idle.add(key);
          }
        });
    for (Iterator<Key> oldest = idle.iterator(); idle.size() > MOST_IDLE; ) {
      Key key = oldest.next();
      oldest.remove();
      ofRegistry.remove(key);
      for (Meter each : registry.getMeters()) {
        Meter.Id id = each.getId();
        if (id.getName().startsWith(PREFIX) && key.value().equals(id.getTag(key.tag()))) {
          registry.remove(each);
        }
      }
    }
  }
}
