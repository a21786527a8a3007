package org.wasmheap.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** The events of all loggers of this library, from all threads, while it is open. */
public final class LogCapture implements AutoCloseable {
  private static final String NAME = "event";

  private final Logger logger;
  private final Level levelBefore;
  private final boolean additiveBefore;
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          event.prepareForDeferredProcessing(); // The diagnostic context is this thread's.
          events.add(event);
        }
      };

  private LogCapture(Level level) {
    logger = (Logger) LoggerFactory.getLogger("org.wasmheap");
    levelBefore = logger.getLevel();
    additiveBefore = logger.isAdditive();
    logger.setLevel(level);
    logger.setAdditive(false);
    appender.start();
    logger.addAppender(appender);
  }

  /** From a level up; what is below is not even made. */
  public static LogCapture of(Level level) {
    return new LogCapture(level);
  }

  /** Events of a name, in the order in which they came. */
  public List<ILoggingEvent> events(String name) {
    return events.stream().filter(event -> name.equals(nameOf(event))).toList();
  }

  /** The name of an event; {@code null} if it has none. */
  public static @Nullable String nameOf(ILoggingEvent event) {
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    return pairs == null
        ? null
        : pairs.stream()
            .filter(pair -> pair.key.equals(NAME))
            .map(pair -> String.valueOf(pair.value))
            .findFirst()
            .orElse(null);
  }

  /** All events, in the order in which they came. */
  public List<ILoggingEvent> allEvents() {
    return List.copyOf(events);
  }

  /** The key-value pairs of an event, but for its name. */
  public static Map<String, Object> values(ILoggingEvent event) {
    Map<String, Object> values = new TreeMap<>();
    event.getKeyValuePairs().forEach(pair -> values.put(pair.key, pair.value));
    values.remove(NAME);
    return values;
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
    logger.setLevel(levelBefore);
    logger.setAdditive(additiveBefore);
    appender.stop();
  }
}
