package org.wasmheap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.Calls.waiting;
import static org.wasmheap.testkit.HostileText.assertOneLine;
import static org.wasmheap.testkit.HostileText.assertPrintable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import javax.xml.parsers.DocumentBuilderFactory;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.observe.FlightRecorderListener;
import org.wasmheap.observe.HeapMap;
import org.wasmheap.observe.HeapPicture;
import org.wasmheap.observe.PoisonReports;
import org.wasmheap.observe.WasmHeapMetrics;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.HostileText;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ScopeGuests;

/**
 * Every text that holds a name of a guest, a file or a caller, with names that were chosen to do
 * harm: one line, nothing in it that steers a terminal, and a bound on its length.
 */
@Timeout(120)
class HostileNamesTest {
  @TempDir private Path folder;

  private static HeapExecutor.Builder<HeapHandle> pool(HostileText hostile) {
    return BareHeaps.executor().name(hostile.named()).queueCapacity(1);
  }

  private static CallOptions call(HostileText hostile) {
    return CallOptions.named(hostile.named());
  }

  /** A call that runs until the latch opens, and one that fills the queue behind it. */
  private static ListenableFuture<String> fill(
      HeapExecutor<HeapHandle> executor, HostileText hostile, CountDownLatch go)
      throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    ListenableFuture<String> runs = executor.submit(call(hostile), waiting(started, go));
    assertTrue(started.await(30, SECONDS));
    assertFalse(runs.isDone());
    return executor.submit(call(hostile), waiting(started, go));
  }

  private static int freeTwice(HeapHandle heap) {
    int pointer = heap.malloc(100);
    heap.free(pointer);
    heap.free(pointer);
    return pointer;
  }

  // Failures.

  @ParameterizedTest
  @EnumSource
  void a_failed_calls_message_is_one_line(HostileText hostile) {
    try (HeapExecutor<HeapHandle> executor = pool(hostile).build()) {
      List<CallException> failures =
          List.of(
              failureOf(executor.submit(call(hostile), HostileNamesTest::freeTwice)),
              failureOf(
                  executor.submit(
                      call(hostile),
                      heap -> {
                        throw new IllegalStateException(hostile.named());
                      })),
              failureOf(
                  executor.submit(
                      call(hostile),
                      heap -> {
                        throw new CallException(FailureKind.TRAP, hostile.named(), null);
                      })));
      failures.forEach(failure -> assertOneLine("a failure", failure.getMessage()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_message_of_an_exception_of_the_library_is_escaped_whoever_throws_it(HostileText hostile) {
    assertOneLine("a trap", new CallException(FailureKind.TRAP, hostile.named(), null).toString());
    assertOneLine("a refusal", new GrowthRefusedException(hostile.named(), null).toString());
  }

  @ParameterizedTest
  @EnumSource
  void a_rejection_and_a_shutdown_name_the_pool_in_one_line(HostileText hostile) throws Exception {
    List<PoolListener.Rejection> rejections = new CopyOnWriteArrayList<>();
    PoolListener heard =
        new PoolListener() {
          @Override
          public void rejected(Rejection rejection) {
            rejections.add(rejection);
          }
        };
    HeapExecutor<HeapHandle> executor = pool(hostile).listener(heard).build();
    CountDownLatch go = new CountDownLatch(1);
    try (executor) {
      ListenableFuture<String> queued = fill(executor, hostile, go);
      assertOneLine("a future", queued.toString());
      assertOneLine("full", failureOf(executor.submit(call(hostile), heap -> 1)).getMessage());
      go.countDown();
      assertEquals("done", queued.get(30, SECONDS));
    }
    assertOneLine("closed", failureOf(executor.submit(call(hostile), heap -> 1)).getMessage());
    assertOneLine("rejection", rejections.get(0).toString());
  }

  @ParameterizedTest
  @EnumSource
  void what_a_heap_refuses_names_it_in_one_line(HostileText hostile) throws Exception {
    Heap heap =
        new Heap(
            hostile.named(),
            hostile.named(),
            new FlatMemory(1, 4),
            1001,
            BlockLimit.ON_CHAIN,
            GrowthPolicy.ALLOW_ALL,
            HeapListener.NONE);
    heap.claim();
    HeapHandle handle = heap.begin(1, hostile.named());
    AtomicReference<String> refusal = new AtomicReference<>();
    Thread other =
        new Thread(
            () ->
                refusal.set(
                    assertThrows(HeapConfinementException.class, () -> handle.malloc(1))
                        .getMessage()),
            hostile.named());

    other.start();
    other.join();

    assertOneLine("confinement", refusal.get());
    assertOneLine("handle", handle.toString());
    assertOneLine("view", heap.view().toString());
    assertOneLine(
        "a second call",
        assertThrows(IllegalStateException.class, () -> heap.begin(2, "x")).getMessage());
  }

  // What pools say of themselves.

  @ParameterizedTest
  @EnumSource
  void pools_threads_and_values_for_listeners_print_in_one_line(HostileText hostile)
      throws Exception {
    List<Object> heard = new CopyOnWriteArrayList<>();
    PoolListener listener =
        new PoolListener() {
          @Override
          public void callCompleted(CallReport report) {
            heard.add(report);
          }

          @Override
          public void replaced(HeapView heap, Replacement replacement) {
            heard.add(replacement);
          }

          @Override
          public void poisoned(HeapView heap, PoisonReport report) {
            heard.add(report);
          }
        };
    String thread;
    try (HeapExecutor<HeapHandle> executor = pool(hostile).listener(listener).build()) {
      thread = executor.call(call(hostile), heap -> Thread.currentThread().getName());
      failureOf(executor.submit(call(hostile), HostileNamesTest::freeTwice));
      assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
      heard.add(executor);
      String figures = executor.statistics().toString();
      assertOneLine("figures", figures.lines().findFirst().orElseThrow());
      assertEquals(22, figures.lines().count());
      heard.add(executor.heaps().get(0));
    }
    heard.add(call(hostile));
    assertEquals(7, heard.size(), heard::toString);
    heard.forEach(each -> assertOneLine(each.getClass().getSimpleName(), each.toString()));
    assertOneLine("thread", thread);
    assertTrue(thread.endsWith("-worker-1"), () -> thread.substring(thread.length() - 20));
  }

  // The log, as the bundled configuration writes it.

  /** What the console's pattern makes of an event; a stack trace has lines of its own. */
  private static String rendered(ILoggingEvent event) throws Exception {
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(new LogbackMDCAdapter());
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(Path.of("config", "logback.xml").toFile());
    try {
      ConsoleAppender<ILoggingEvent> console =
          (ConsoleAppender<ILoggingEvent>) context.getLogger("ROOT").getAppender("STDERR");
      return new String(console.getEncoder().encode(event), UTF_8);
    } finally {
      context.stop();
    }
  }

  private static void assertEventIsOneLine(ILoggingEvent event) throws Exception {
    String text = rendered(event);
    assertTrue(text.endsWith("\n"), text);
    String line = text.substring(0, text.length() - 1);
    assertOneLine(event.getMessage(), line);
    // A value ends with a quote that no backslash stands before: what is outside is ours.
    // The thread has its pool's name, which is one line and printable as well.
    String named = line.replace("[" + event.getThreadName() + "]", "[thread]");
    String outside = named.replaceAll("\"(?:[^\"\\\\]|\\\\.)*\"", "\"\"");
    assertFalse(outside.contains("hostile"), outside);
    assertFalse(outside.contains("other"), outside);
  }

  private static void assertTraceIsIndented(ILoggingEvent event) throws Exception {
    String text = rendered(event);
    assertTrue(text.contains("hostile"), text);
    List<String> lines = List.of(text.split("\n"));
    for (String line : lines) {
      assertPrintable(event.getMessage(), line.replaceFirst("^\t+", ""));
      assertTrue(line.length() <= HostileText.MOST);
    }
    for (String line : lines.subList(1, lines.size())) {
      assertTrue(
          line.startsWith("\tat ")
              || line.startsWith("\t... ")
              || line.startsWith("Caused by: ")
              || line.startsWith("java.lang.IllegalStateException: "),
          line);
    }
  }

  @ParameterizedTest
  @EnumSource
  void events_of_a_poisoned_and_replaced_heap_cannot_be_forged(HostileText hostile)
      throws Exception {
    try (LogCapture log = LogCapture.of(Level.DEBUG);
        HeapExecutor<HeapHandle> executor = pool(hostile).build()) {
      failureOf(executor.submit(call(hostile), HostileNamesTest::freeTwice));
      failureOf(
          executor.submit(
              call(hostile),
              heap -> {
                heap.growMemory(1);
                throw new IllegalStateException(hostile.named());
              }));
      assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
      for (String name : List.of("heap.poisoned", "heap.replaced", "memory.grown")) {
        assertFalse(log.events(name).isEmpty(), name);
        for (ILoggingEvent event : log.events(name)) {
          assertEventIsOneLine(event);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void events_of_an_aborted_heap_and_of_a_full_queue_cannot_be_forged(HostileText hostile)
      throws Exception {
    GrowthPolicy refusing =
        (heap, from, to, cause) -> {
          throw new GrowthRefusedException(hostile.named(), null);
        };
    CountDownLatch go = new CountDownLatch(1);
    try (LogCapture log = LogCapture.of(Level.DEBUG);
        HeapExecutor<HeapHandle> executor = pool(hostile).growthPolicy(refusing).build()) {
      failureOf(executor.submit(call(hostile), heap -> heap.growMemory(1)));
      ListenableFuture<String> queued = fill(executor, hostile, go);
      failureOf(executor.submit(call(hostile), heap -> 1));
      go.countDown();
      assertEquals("done", queued.get(30, SECONDS));
      assertEventIsOneLine(log.events("heap.aborted").get(0));
      assertEventIsOneLine(log.events("pool.exhausted").get(0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_event_of_an_abandoned_thread_cannot_be_forged(HostileText hostile) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (LogCapture log = LogCapture.of(Level.DEBUG);
        HeapExecutor<HeapHandle> executor = pool(hostile).grace(Duration.ofMillis(1)).build()) {
      ListenableFuture<Integer> stuck =
          executor.submit(
              call(hostile).withDeadline(Duration.ofMillis(1)),
              heap -> {
                while (go.getCount() > 0) {
                  try {
                    go.await();
                  } catch (InterruptedException e) {
                    assertEquals(1, go.getCount());
                  }
                }
                return 1;
              });
      assertOneLine("abandoned", failureOf(stuck).getMessage());
      go.countDown();
      executor.drain(Duration.ofSeconds(20));
      for (ILoggingEvent event : log.events("worker.abandoned")) {
        assertEventIsOneLine(event);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_stack_trace_in_the_log_has_no_line_that_somebody_else_wrote(HostileText hostile)
      throws Exception {
    PoolListener broken =
        new PoolListener() {
          @Override
          public void callCompleted(CallReport report) {
            throw new IllegalStateException(
                hostile.named(), new IllegalStateException(hostile.named()));
          }
        };
    try (LogCapture log = LogCapture.of(Level.DEBUG);
        HeapExecutor<HeapHandle> executor = pool(hostile).listener(broken).build()) {
      executor.call(call(hostile), heap -> 1);
      assertTraceIsIndented(log.events("hook.failed").get(0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_instance_that_cannot_be_made_is_told_in_the_librarys_words(HostileText hostile)
      throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    try (LogCapture log = LogCapture.of(Level.DEBUG);
        HeapExecutor<HeapHandle> executor =
            BareHeaps.<HeapHandle>executor(
                    () -> {
                      told.countDown();
                      throw new IllegalStateException(hostile.named());
                    })
                .name(hostile.named())
                .build()) {
      assertTrue(told.await(30, SECONDS));
      executor.shutdown(Duration.ofSeconds(20));
      assertTraceIsIndented(log.events("instance.failed").get(0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_a_guest_logs_can_forge_no_value(HostileText hostile) throws Exception {
    byte[] bytes = hostile.named().getBytes(UTF_8);
    try (LogCapture log = LogCapture.of(Level.DEBUG);
        HeapExecutor<org.wasmheap.guest.CallScope> executor =
            HeapExecutor.builder(ScopeGuests.withPages(8)).name("p").workers(1).build()) {
      executor.call(
          CallOptions.named("logs"),
          scope -> {
            int pointer = scope.heap().malloc(bytes.length);
            scope.heap().write(pointer, bytes);
            long text = (long) bytes.length << 32 | pointer;
            return SubstrateHostFunctions.all().stream()
                .filter(each -> each.name().equals("ext_logging_log_version_1"))
                .findFirst()
                .orElseThrow()
                .body()
                .run(scope, new long[] {1, text, text});
          });
      ILoggingEvent event =
          log.allEvents().stream()
              .filter(each -> each.getMessage().startsWith("hostile"))
              .findFirst()
              .orElseThrow();
      String line = rendered(event).stripTrailing();
      assertPrintable("a guest's line", line);
      assertFalse(line.contains("\n"), line);
      // Target first, message last: what is between the two is ours.
      String values = line.replaceAll("\"(?:[^\"\\\\]|\\\\.)*\"", "\"\"");
      int message = values.indexOf("hostile");
      assertTrue(values.substring(0, message).endsWith("heap=\"\" target=\"\" "), values);
    }
  }

  // Reports, pictures, metrics, recordings.

  private static PoisonReport poisonReport(HostileText hostile) {
    try (HeapExecutor<HeapHandle> executor = pool(hostile).build()) {
      return failureOf(executor.submit(call(hostile), HostileNamesTest::freeTwice))
          .poisonReport()
          .orElseThrow();
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_poison_report_is_printed_for_people_and_programs(HostileText hostile) throws Exception {
    PoisonReport report = poisonReport(hostile);

    assertOneLine("summary", PoisonReports.summary(report));
    assertPrintable("text", PoisonReports.text(report));
    assertTrue(PoisonReports.text(report).length() < HostileText.MOST);
    assertOneLine("report", report.toString());
    String json = PoisonReports.json(report);
    assertOneLine("json", json);
    PoisonReport read = PoisonReports.read(new StringReader(json));
    assertTrue(hostile.named().startsWith(read.callName().replaceFirst("\\.\\.\\.$", "")));
    assertEquals(json, PoisonReports.json(read));
  }

  @ParameterizedTest
  @EnumSource
  void a_file_that_claims_to_be_a_report_is_not_quoted_as_it_is(HostileText hostile) {
    JsonObject object =
        JsonParser.parseString(PoisonReports.json(poisonReport(HostileText.FORMAT)))
            .getAsJsonObject();
    for (String key : List.of("fault", "generation", "operation", "bytes", "poison_report")) {
      JsonObject bad = object.deepCopy();
      bad.addProperty(key, hostile.named());
      IOException refusal =
          assertThrows(
              IOException.class, () -> PoisonReports.read(new StringReader(bad.toString())), key);
      assertPrintable(key, refusal.getMessage());
      assertFalse(refusal.getMessage().contains("\n"), refusal::getMessage);
      assertTrue(refusal.getMessage().length() < HostileText.MOST, key);
    }
    IOException noJson =
        assertThrows(
            IOException.class, () -> PoisonReports.read(new StringReader("{" + hostile.named())));
    assertPrintable("no JSON", noJson.getMessage());
  }

  @ParameterizedTest
  @EnumSource
  void a_picture_is_a_document_whatever_its_title_is(HostileText hostile) throws Exception {
    HeapMap map = HeapMap.of(poisonReport(HostileText.FORMAT)).orElseThrow();

    String svg = HeapPicture.svg(map, hostile.named(), hostile.named());

    assertPrintable("picture", svg);
    assertTrue(svg.contains("hostile"));
    assertTrue(svg.length() < HeapPicture.svg(map, "t", "d").length() + 3 * HostileText.MOST);
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(UTF_8)));
  }

  @ParameterizedTest
  @EnumSource
  void a_tag_of_a_metric_is_one_line(HostileText hostile) throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (HeapExecutor<HeapHandle> executor = pool(hostile).build();
        WasmHeapMetrics metrics = WasmHeapMetrics.of(executor)) {
      metrics.bindTo(registry);
      executor.call(call(hostile), heap -> 1);
      assertFalse(registry.getMeters().isEmpty());
      registry.getMeters().forEach(meter -> assertOneLine("meter", meter.getId().toString()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void the_fields_of_recorded_events_are_one_line(HostileText hostile) throws Exception {
    Path file = folder.resolve("heaps.jfr");
    CountDownLatch go = new CountDownLatch(1);
    try (Recording recording = new Recording()) {
      for (String name : List.of("Call", "Growth", "Poison", "Replacement", "Rejection")) {
        recording.enable("org.wasmheap." + name);
      }
      recording.start();
      try (HeapExecutor<HeapHandle> executor =
          pool(hostile).listener(new FlightRecorderListener()).build()) {
        executor.call(call(hostile), heap -> heap.growMemory(1));
        failureOf(executor.submit(call(hostile), HostileNamesTest::freeTwice));
        assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
        ListenableFuture<String> queued = fill(executor, hostile, go);
        failureOf(executor.submit(call(hostile), heap -> 1));
        go.countDown();
        assertEquals("done", queued.get(30, SECONDS));
      }
      recording.stop();
      recording.dump(file);
    }
    List<String> names = new ArrayList<>();
    for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
      if (event.getEventType().getName().startsWith("org.wasmheap.")) {
        names.add(event.getEventType().getName());
        for (String field : List.of("pool", "heap", "replaced", "callName")) {
          if (event.hasField(field)) {
            assertOneLine(names.get(names.size() - 1), event.getString(field));
          }
        }
      }
    }
    assertEquals(5, names.stream().distinct().count(), names::toString);
  }

  /** So that no sink is told of twice or not at all: what goes in is what comes out, if plain. */
  @ParameterizedTest
  @EnumSource(names = "FORMAT")
  void a_plain_name_stays_as_it_is(HostileText plain) {
    PoisonReport report = poisonReport(plain);

    assertEquals(plain.named(), report.callName());
    assertTrue(PoisonReports.summary(report).contains("'" + plain.named() + "'"));
    assertEquals(
        Map.of("call_name", plain.named()),
        Map.of(
            "call_name",
            JsonParser.parseString(PoisonReports.json(report))
                .getAsJsonObject()
                .get("call_name")
                .getAsString()));
  }
}
