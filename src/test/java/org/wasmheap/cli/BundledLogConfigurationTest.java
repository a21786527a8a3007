package org.wasmheap.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.read.ListAppender;
import ch.qos.logback.core.status.Status;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code config/logback.xml}, which the command line's jar bundles, with and without a file. */
class BundledLogConfigurationTest {
  private static final Path CONFIGURATION = Path.of("config", "logback.xml");
  private static final String POISON = "heap.poisoned";

  private final LoggerContext context = new LoggerContext();

  @TempDir private Path folder;

  /** A context of its own: the one that the tests log with stays as it is. */
  private Logger configured(Map<String, String> properties) throws JoranException {
    context.setMDCAdapter(new LogbackMDCAdapter());
    properties.forEach(context::putProperty);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(CONFIGURATION.toFile());
    List<Status> complaints =
        context.getStatusManager().getCopyOfStatusList().stream()
            .filter(status -> status.getLevel() > Status.INFO)
            .toList();
    assertEquals(List.of(), complaints);
    return context.getLogger(Logger.ROOT_LOGGER_NAME);
  }

  @AfterEach
  void close_files() {
    context.stop();
  }

  private static void poison(Logger logger) {
    logger
        .atError()
        .addKeyValue("pool", "import")
        .addKeyValue("heap", "import/3")
        .addKeyValue("pointer", 4_000_000_000L)
        .log(POISON);
  }

  /** Like what a logger makes of a call, to be written by one appender alone. */
  private ILoggingEvent event() {
    Logger logger = context.getLogger("org.wasmheap.heap.Heap");
    ListAppender<ILoggingEvent> kept = new ListAppender<>();
    kept.setContext(context);
    kept.start();
    logger.addAppender(kept);
    logger.setAdditive(false);
    poison(logger);
    logger.setAdditive(true);
    logger.detachAppender(kept);
    return kept.list.get(0);
  }

  @Test
  void the_console_is_standard_error_and_a_line_has_the_message_and_its_values() throws Exception {
    Logger root = configured(Map.of());

    ConsoleAppender<ILoggingEvent> console =
        (ConsoleAppender<ILoggingEvent>) root.getAppender("STDERR");
    String line = new String(console.getEncoder().encode(event()), UTF_8);

    assertEquals("System.err", console.getTarget());
    assertEquals(Level.INFO, root.getLevel());
    assertTrue(
        line.endsWith(
            "org.wasmheap.heap.Heap -"
                + " pool=\"import\" heap=\"import/3\" pointer=\"4000000000\" heap.poisoned"
                + System.lineSeparator()),
        line);
    assertEquals(1, line.lines().count());
  }

  @Test
  void without_the_property_no_file_is_written() throws Exception {
    Logger root = configured(Map.of());

    assertNull(root.getAppender("JSON"));
    assertTrue(root.getAppender("STDERR").isStarted());
  }

  @Test
  void with_the_property_each_event_is_one_line_of_json_beside_the_console() throws Exception {
    // given
    Path file = folder.resolve("heaps.json");
    Logger root = configured(Map.of("wasm-heap-pool.log.file", file.toString()));
    Appender<ILoggingEvent> json = root.getAppender("JSON");
    assertTrue(root.getAppender("STDERR").isStarted());

    // when
    ILoggingEvent event = event();
    json.doAppend(event);
    json.doAppend(event);

    // then
    List<String> lines = Files.readAllLines(file, UTF_8);
    assertEquals(2, lines.size());
    JsonObject line = JsonParser.parseString(lines.get(0)).getAsJsonObject();
    assertEquals("ERROR", line.get("level").getAsString());
    assertEquals(POISON, line.get("message").getAsString());
    assertEquals(event.getTimeStamp(), line.get("timestamp").getAsLong());
    Map<String, String> values = new TreeMap<>();
    for (JsonElement pair : line.get("kvpList").getAsJsonArray()) {
      pair.getAsJsonObject()
          .entrySet()
          .forEach(entry -> values.put(entry.getKey(), entry.getValue().getAsString()));
    }
    assertEquals(Map.of("pool", "import", "heap", "import/3", "pointer", "4000000000"), values);
    assertEquals(List.of(file), written());
  }

  private List<Path> written() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void the_level_is_a_property() throws Exception {
    assertEquals(Level.DEBUG, configured(Map.of("wasm-heap-pool.log.level", "DEBUG")).getLevel());
  }
}
