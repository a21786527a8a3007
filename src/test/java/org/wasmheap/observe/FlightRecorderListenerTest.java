package org.wasmheap.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.EveryOutcome;

/** Recordings, read back and compared with what another listener heard. */
@Timeout(120)
class FlightRecorderListenerTest {
  private static final Path SETTINGS = Path.of("config", "wasmheap.jfc");

  @TempDir private Path folder;

  private final List<CallReport> reports = new CopyOnWriteArrayList<>();
  private final List<PoolListener.Replacement> replacements = new CopyOnWriteArrayList<>();
  private final List<PoolListener.Rejection> rejections = new CopyOnWriteArrayList<>();
  private final PoolListener heard =
      new PoolListener() {
        @Override
        public void callCompleted(CallReport report) {
          reports.add(report);
        }

        @Override
        public void replaced(HeapView heap, Replacement replacement) {
          replacements.add(replacement);
        }

        @Override
        public void rejected(Rejection rejection) {
          rejections.add(rejection);
        }
      };

  /** What a recording with the settings has of our events, by name, after every outcome. */
  private Map<String, List<RecordedEvent>> record(Map<String, String> settings) throws Exception {
    Path file = folder.resolve("heaps.jfr");
    try (Recording recording = new Recording()) {
      recording.setSettings(settings);
      recording.start();
      try (HeapExecutor<HeapHandle> executor =
          EveryOutcome.executor()
              .listener(PoolListener.all(new FlightRecorderListener(), heard))
              .build()) {
        EveryOutcome.of(executor);
      }
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("org.wasmheap."))
        .collect(Collectors.groupingBy(event -> event.getEventType().getName()));
  }

  private static Map<String, String> ourSettings() throws IOException, ParseException {
    return Configuration.create(SETTINGS).getSettings();
  }

  @Test
  void a_recording_with_our_settings_has_every_call_with_all_of_its_figures() throws Exception {
    List<RecordedEvent> calls = record(ourSettings()).get("org.wasmheap.Call");

    assertEquals(5, calls.size());
    assertEquals(
        List.of("plain", "grows", "poisons", "call", "call"),
        calls.stream().map(event -> event.getString("callName")).toList());
    for (int i = 0; i < calls.size(); i++) {
      RecordedEvent event = calls.get(i);
      CallReport report = reports.get(i);
      assertEquals(report.pool(), event.getString("pool"));
      assertEquals(report.heap(), event.getString("heap"));
      assertEquals(report.generation(), event.getLong("generation"));
      assertEquals(report.call(), event.getLong("call"));
      assertEquals(report.callClass().label(), event.getString("callClass"));
      assertEquals(Duration.ofNanos(report.queueNanos()), event.getDuration("queueTime"));
      assertEquals(Duration.ofNanos(report.runNanos()), event.getDuration("runTime"));
      assertEquals(Duration.ofNanos(report.resetNanos()), event.getDuration("resetTime"));
      assertEquals(report.pagesBefore(), event.getInt("pagesBefore"));
      assertEquals(report.pagesPeak(), event.getInt("pagesPeak"));
      assertEquals(report.pagesAfter(), event.getInt("pagesAfter"));
      assertEquals(report.allocations(), event.getLong("allocations"));
      assertEquals(report.deallocations(), event.getLong("deallocations"));
      assertEquals(report.bytesAllocatedPeak(), event.getLong("bytesAllocatedPeak"));
      assertEquals(report.blocksRestored(), event.getInt("blocksRestored"));
      assertEquals("test-worker-1", event.getThread().getJavaName());
    }
    RecordedEvent grows = calls.get(1);
    assertEquals("completed", grows.getString("outcome"));
    assertEquals("authoring", grows.getString("callClass"));
    assertEquals(BareHeaps.MAX_PAGES, grows.getInt("pagesPeak"));
    assertEquals("allocator_fault", calls.get(2).getString("outcome"));
  }

  @Test
  void a_recording_with_our_settings_has_growth_poison_replacement_and_rejection()
      throws Exception {
    Map<String, List<RecordedEvent>> events = record(ourSettings());

    // the guest's growth, then the allocator's
    List<RecordedEvent> growths = events.get("org.wasmheap.Growth");
    assertEquals(
        List.of("GUEST", "ALLOCATOR"), growths.stream().map(e -> e.getString("cause")).toList());
    assertEquals(List.of(1, 2), growths.stream().map(e -> e.getInt("fromPages")).toList());
    assertEquals(List.of(2, 4), growths.stream().map(e -> e.getInt("toPages")).toList());
    assertEquals("test", growths.get(0).getString("pool"));
    assertEquals(2, growths.get(0).getLong("call"));
    assertEquals("grows", growths.get(0).getString("callName"));
    assertEquals("test/1", growths.get(0).getString("heap"));
    assertEquals(2, growths.get(0).getLong("generation"));

    List<RecordedEvent> poisons = events.get("org.wasmheap.Poison");
    assertEquals(1, poisons.size());
    assertEquals("test", poisons.get(0).getString("pool"));
    assertEquals(3, poisons.get(0).getLong("call"));
    assertEquals("poisons", poisons.get(0).getString("callName"));
    assertEquals("test/1", poisons.get(0).getString("heap"));
    assertEquals(3, poisons.get(0).getLong("generation"));
    assertEquals("deallocate", poisons.get(0).getString("operation"));
    assertEquals(BareHeaps.FIRST_POINTER, poisons.get(0).getLong("operand"));
    assertEquals("EMPTY_HEADER", poisons.get(0).getString("fault"));
    assertEquals(1008 + 136, poisons.get(0).getLong("bumper"));
    assertEquals(1, poisons.get(0).getInt("pages"));
    assertEquals(0, poisons.get(0).getLong("bytesAllocated"));

    List<RecordedEvent> replaced = events.get("org.wasmheap.Replacement");
    assertEquals(1, replaced.size());
    assertEquals("test", replaced.get(0).getString("pool"));
    assertEquals("test/2", replaced.get(0).getString("heap"));
    assertEquals("test/1", replaced.get(0).getString("replaced"));
    assertEquals("allocator_fault", replaced.get(0).getString("reason"));
    assertEquals(
        Duration.ofNanos(replacements.get(0).nanos()), replaced.get(0).getDuration("took"));

    List<RecordedEvent> exhausted = events.get("org.wasmheap.Rejection");
    assertEquals(1, exhausted.size());
    assertEquals("test", exhausted.get(0).getString("pool"));
    assertEquals("full", exhausted.get(0).getString("callName"));
    assertEquals(rejections.get(0).call(), exhausted.get(0).getLong("call"));
    assertEquals("off_chain", exhausted.get(0).getString("callClass"));
    assertEquals(1, exhausted.get(0).getInt("waiting"));
    assertEquals(1, exhausted.get(0).getInt("running"));
    assertEquals(
        Duration.ofNanos(rejections.get(0).longestWaitNanos()),
        exhausted.get(0).getDuration("longestWait"));
    assertTrue(rejections.get(0).longestWaitNanos() > 0);
  }

  @Test
  void a_recording_that_asks_for_nothing_has_only_what_is_rare() throws Exception {
    Map<String, List<RecordedEvent>> events = record(Map.of());

    assertEquals(Set.of("org.wasmheap.Poison", "org.wasmheap.Replacement"), events.keySet());
    assertEquals(5, reports.size());
  }
}
