package org.wasmheap.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** The events of all loggers of this library, from all threads, while it is open. */
public final class LogCapture implements AutoCloseable {
  private final Logger logger;
  private final Level levelBefore;
  private final boolean additiveBefore;
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
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

  /** Events with a message, in the order in which they came. */
  public List<ILoggingEvent> events(String message) {
    return events.stream().filter(event -> event.getMessage().equals(message)).toList();
  }

  /** All events, in the order in which they came. */
  public List<ILoggingEvent> allEvents() {
    return List.copyOf(events);
  }

  /** The key-value pairs of an event. */
  public static Map<String, Object> values(ILoggingEvent event) {
    Map<String, Object> values = new TreeMap<>();
    event.getKeyValuePairs().forEach(pair -> values.put(pair.key, pair.value));
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
