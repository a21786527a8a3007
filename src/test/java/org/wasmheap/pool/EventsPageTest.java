package org.wasmheap.pool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import com.google.common.base.Splitter;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.CuedListener;
import org.wasmheap.testkit.EveryOutcome;
import org.wasmheap.testkit.ForgetfulMemory;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.MarkdownPage;
import org.wasmheap.testkit.ScriptedFactory;

/** The table of log events in {@code src/docs/seeing-inside.md} against the code and the log. */
@Timeout(60)
class EventsPageTest {
  private static final MarkdownPage PAGE =
      MarkdownPage.of(MarkdownPage.FOLDER + "seeing-inside.md");
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(20);

  private static final Pattern LEVEL_OR_EVENT =
      Pattern.compile(
          "\\.at(Error|Warn|Info|Debug)\\(\\)"
              + "|(?:\"event\", |tell\\([^;]*)\"([a-z_]+\\.[a-z_]+)\"\\)"
              + "|\"event\", ([A-Z_]+)\\)");

  private static Map<String, List<String>> documented() {
    Map<String, List<String>> rows = new TreeMap<>();
    PAGE.table("event").forEach(row -> rows.put(row.get(0), row));
    return rows;
  }

  @Test
  void every_event_in_the_code_must_be_in_the_table_with_its_level() throws IOException {
    Set<String> inCode = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        inCode.addAll(events(Files.readString(file, UTF_8)));
      }
    }

    Set<String> inTable = new TreeSet<>();
    documented().forEach((event, row) -> inTable.add(event + " " + row.get(1)));
    assertEquals(inTable, inCode);
  }

  /** Names with the level that stands nearest before each in the source. */
  private static Set<String> events(String source) {
    Set<String> events = new TreeSet<>();
    String level = "";
    Matcher found = LEVEL_OR_EVENT.matcher(source);
    while (found.find()) {
      if (found.group(1) != null) {
        level = found.group(1).toLowerCase(Locale.ROOT);
      } else {
        String name = found.group(2) == null ? constant(source, found.group(3)) : found.group(2);
        events.add(name + " " + level);
      }
    }
    return events;
  }

  private static String constant(String source, String name) {
    Matcher value = Pattern.compile(" " + name + " = \"([^\"]*)\"").matcher(source);
    assertTrue(value.find(), name);
    return value.group(1);
  }

  @Test
  void what_is_logged_must_have_the_keys_and_the_level_of_the_table() throws Exception {
    try (LogCapture log = LogCapture.of(Level.DEBUG)) {
      // given calls that end in many ways
      try (HeapExecutor<HeapHandle> executor = EveryOutcome.executor().build()) {
        EveryOutcome.of(executor);
      }
      listenersAndPolicies();
      factories(log);
      threads();
      forgetfulMemory();
      traps();

      // then
      for (String event :
          List.of(
              "heap.poisoned",
              "heap.aborted",
              "heap.replaced",
              "memory.grown",
              "pool.exhausted",
              "worker.abandoned",
              "worker.returned",
              "worker.left",
              "instance.failed",
              "instance.slow",
              "instance.interrupted",
              "reset.failed",
              "reset.incomplete",
              "hook.failed",
              "call.failed",
              "events.suppressed")) {
        assertFalse(log.events(event).isEmpty(), event);
        log.events(event).forEach(each -> assertAsDocumented(event, each));
      }
    }
  }

  private static void listenersAndPolicies() throws InterruptedException {
    CuedListener listener = new CuedListener();
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().listener(listener).growthPolicy(listener).build()) {
      failureOf(
          executor.submit(
              CALL,
              heap -> {
                CuedListener.cue(CuedListener.Cue.REFUSE_GROWTH);
                return heap.growMemory(1);
              }));
      executor.call(
          CALL,
          heap -> {
            CuedListener.cue(CuedListener.Cue.FAIL_IN_EVERY_HOOK);
            return heap.growMemory(1);
          });
    }
  }

  private static void factories(LogCapture log) throws InterruptedException {
    ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());
    factory.failNext(1);
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor(factory).grace(SOON).build()) {
      assertTrue(executor.awaitReady(LONG).isReady());
      factory.failToClose(1);
      factory.hang();
      executor.call(CALL, heap -> heap.malloc(8));
      await().until(() -> !log.events("instance.slow").isEmpty());
      factory.release();
      assertTrue(executor.awaitReady(LONG).isReady());
    }
    factory.hang();
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).instanceDeadline(SOON).build()) {
      await().until(() -> !log.events("instance.interrupted").isEmpty());
      factory.release();
      assertTrue(executor.awaitReady(LONG).isReady());
    }
  }

  private static void threads() throws InterruptedException {
    CountDownLatch go = new CountDownLatch(1);
    try {
      for (boolean returns : new boolean[] {true, false}) {
        CountDownLatch opens = returns ? new CountDownLatch(1) : go;
        try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().grace(SOON).build()) {
          failureOf(
              executor.submit(
                  CALL.withDeadline(SOON),
                  heap -> Uninterruptibles.awaitUninterruptibly(opens, 30, SECONDS)));
          if (returns) {
            opens.countDown();
            await().until(() -> executor.statistics().abandonedThreads() == 0);
          }
        }
      }
    } finally {
      go.countDown();
    }
  }

  private static void forgetfulMemory() throws InterruptedException {
    GuestFactory<HeapHandle> forgetful =
        GuestFactory.bare(() -> new ForgetfulMemory(true), 1024, BlockLimit.ON_CHAIN);
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(forgetful).verifyResets(true).build()) {
      executor.call(CALL, heap -> heap.malloc(8));
    }
  }

  private static void traps() throws InterruptedException {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      for (int i = 0; i < 100; i++) {
        failureOf(
            executor.submit(
                CALL,
                heap -> {
                  throw new CallException(FailureKind.TRAP, "unreachable", null);
                }));
      }
    }
  }

  private static void assertAsDocumented(String name, ILoggingEvent event) {
    List<String> row = documented().get(name);
    assertEquals(event.getLevel().toString().toLowerCase(Locale.ROOT), row.get(1), name);
    Set<String> keys = new TreeSet<>(Splitter.on(' ').splitToList(row.get(2)));
    if (keys.remove("or")) {
      keys.removeAll(
          LogCapture.values(event).containsKey("size") ? Set.of("pointer") : Set.of("size"));
    }
    Set<String> logged = new TreeSet<>(LogCapture.values(event).keySet());
    if (!keys.contains("suppressed")) {
      logged.remove("suppressed"); // The page says of all of these at once that they may have it.
    }
    assertEquals(keys, logged, name);
  }
}
