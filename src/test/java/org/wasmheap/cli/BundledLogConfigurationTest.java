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
import ch.qos.logback.classic.spi.LoggingEvent;
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
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.event.KeyValuePair;

/** {@code config/logback.xml}, which the command line's jar bundles, with and without a file. */
class BundledLogConfigurationTest {
  private static final Path CONFIGURATION = Path.of("config", "logback.xml");

  /** Where the build has put the jars of logback 1.5.0. */
  private static final Path OLDEST = Path.of("target", "logback-oldest");

  private static final String POISON = "heap.poisoned";
  private static final String SENTENCE = "An allocator failed";

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
            .filter(status -> !status.getMessage().contains("[JSON] not referenced"))
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
        .addKeyValue("event", POISON)
        .addKeyValue("pool", "import")
        .addKeyValue("heap", "import/3")
        .addKeyValue("pointer", 4_000_000_000L)
        .log(SENTENCE);
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
                + " event=\"heap.poisoned\" pool=\"import\" heap=\"import/3\""
                + " pointer=\"4000000000\" An allocator failed"
                + System.lineSeparator()),
        line);
    assertEquals(1, line.lines().count());
  }

  @Test
  void the_callers_mdc_is_in_both_and_cannot_steer_a_terminal_or_begin_a_line() throws Exception {
    // given
    Path file = folder.resolve("heaps.json");
    Logger root = configured(Map.of("wasm-heap-pool.log.file", file.toString()));
    String hostile = "x\u001b[2J\r\n\u202eERROR";
    LoggingEvent event = new LoggingEvent("any", root, Level.WARN, SENTENCE, null, new Object[0]);
    event.setMDCPropertyMap(new TreeMap<>(Map.of("block", "123", "request", hostile)));
    event.addKeyValuePair(new KeyValuePair("event", POISON));

    // when
    ConsoleAppender<ILoggingEvent> console =
        (ConsoleAppender<ILoggingEvent>) root.getAppender("STDERR");
    String line = new String(console.getEncoder().encode(event), UTF_8);
    root.getAppender("JSON").doAppend(event);

    // then
    assertTrue(
        line.endsWith(
            " - block=123, request=x?[2J???ERROR event=\"heap.poisoned\" An allocator failed"
                + System.lineSeparator()),
        line);
    JsonObject mdc =
        JsonParser.parseString(Files.readString(file, UTF_8))
            .getAsJsonObject()
            .getAsJsonObject("mdc");
    assertEquals("123", mdc.get("block").getAsString());
    assertEquals(hostile, mdc.get("request").getAsString());
  }

  @Test
  void a_long_mdc_is_cut() throws Exception {
    Logger root = configured(Map.of());
    LoggingEvent event = new LoggingEvent("any", root, Level.WARN, SENTENCE, null, new Object[0]);
    event.setMDCPropertyMap(Map.of("request", "x".repeat(10_000)));

    ConsoleAppender<ILoggingEvent> console =
        (ConsoleAppender<ILoggingEvent>) root.getAppender("STDERR");
    String line = new String(console.getEncoder().encode(event), UTF_8);

    assertTrue(line.length() < 600, line);
  }

  /** The oldest version with the API of the newest, in a class loader of its own. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void the_oldest_logback_of_its_kind_writes_the_same(boolean withFile) throws Exception {
    // given
    List<URL> jars = new ArrayList<>();
    try (Stream<Path> files = Files.list(OLDEST)) {
      for (Path jar : files.toList()) {
        jars.add(jar.toUri().toURL());
      }
    }
    assertEquals(2, jars.size(), jars::toString);
    jars.add(placeOf(org.slf4j.Logger.class));
    jars.add(placeOf(OldLogback.class));
    Path file = folder.resolve("heaps.json");
    try (URLClassLoader loader =
        new URLClassLoader(jars.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
      // when
      Class<?> program = loader.loadClass(OldLogback.class.getName());
      Object console =
          program
              .getMethod("write", String.class, String.class)
              .invoke(null, CONFIGURATION.toString(), withFile ? file.toString() : "");

      // then
      String line = String.valueOf(console);
      assertTrue(
          line.endsWith(
              " - block=123 event=\"heap.poisoned\" An allocator failed" + System.lineSeparator()),
          line);
      assertEquals(withFile ? List.of(file) : List.of(), written());
      if (withFile) {
        JsonObject json = JsonParser.parseString(Files.readString(file, UTF_8)).getAsJsonObject();
        assertEquals(SENTENCE, json.get("message").getAsString());
        assertEquals("123", json.getAsJsonObject("mdc").get("block").getAsString());
        assertEquals("[{\"event\":\"heap.poisoned\"}]", json.get("kvpList").toString());
      }
    }
  }

  private static URL placeOf(Class<?> of) {
    return of.getProtectionDomain().getCodeSource().getLocation();
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
    assertEquals(SENTENCE, line.get("message").getAsString());
    assertEquals(event.getTimeStamp(), line.get("timestamp").getAsLong());
    Map<String, String> values = new TreeMap<>();
    for (JsonElement pair : line.get("kvpList").getAsJsonArray()) {
      pair.getAsJsonObject()
          .entrySet()
          .forEach(entry -> values.put(entry.getKey(), entry.getValue().getAsString()));
    }
    assertEquals(
        Map.of("event", POISON, "pool", "import", "heap", "import/3", "pointer", "4000000000"),
        values);
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
