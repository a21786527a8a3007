package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.google.common.hash.HashCode;
import com.google.common.hash.Hashing;
import com.google.common.io.Resources;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.conformance.TraceRecorder;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.CallException;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapObserver;
import org.wasmheap.heap.HeapView;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.RealRuntimes;
import run.endive.wasm.Parser;
import run.endive.wasm.types.ExportSection;

/**
 * Every entry that ends, in random orders on one heap with resets between, must do what it does on
 * a fresh instance: same result or failure, same allocations, same memory when it ends.
 */
@Timeout(300)
class PristineCallsTest {
  private static final long SEED = 20_260_101;
  private static final int ROUNDS = 3;

  /** They do not end, or end where this machine's stack does. */
  private static final List<String> ENDLESS = List.of("test_loop_forever", "test_recurse_forever");

  /** What a call did, in all that another node could see. */
  private record Behaviour(String outcome, HashCode trace, HashCode memory) {}

  private static RuntimeCode sample() throws IOException {
    return RuntimeCode.of(
        "sample", Resources.toByteArray(Resources.getResource(RuntimeCode.class, "sample.wasm")));
  }

  private static List<String> entries(SubstrateRuntime runtime) {
    ExportSection exports = Parser.parse(runtime.code().wasm()).exportSection();
    return IntStream.range(0, exports.exportCount())
        .mapToObj(i -> exports.getExport(i).name())
        .filter(runtime::hasEntry)
        .sorted()
        .toList();
  }

  private static SubstrateRuntime load(RuntimeCode code, HeapStrategy.Kind strategy) {
    return SubstrateRuntime.load(
        code,
        strategy == HeapStrategy.Kind.STATIC
            ? HeapStrategy.ofStatic(64)
            : HeapStrategy.ofDynamic(128),
        SubstrateHostFunctions.all());
  }

  @ParameterizedTest
  @EnumSource(HeapStrategy.Kind.class)
  void the_sample_behaves_on_a_used_heap_as_on_an_instance_that_was_never_used(
      HeapStrategy.Kind strategy) throws Exception {
    // given what each entry does on an instance of a module that was loaded for it alone
    List<String> entries = entries(load(sample(), strategy));
    Map<String, Behaviour> fresh = new HashMap<>();
    for (String entry : entries) {
      if (!ENDLESS.contains(entry)) {
        fresh.putAll(behaviours(load(sample(), strategy), List.of(entry)));
      }
    }
    assertTrue(fresh.size() > 25, entries::toString);

    // then
    assertSameInRandomOrders(load(sample(), strategy), fresh);
  }

  @ParameterizedTest
  @ValueSource(strings = {RealRuntimes.WESTEND, RealRuntimes.KUSAMA, RealRuntimes.CORETIME})
  void a_real_runtime_behaves_on_a_used_heap_as_on_a_new_instance(String file) throws Exception {
    // given what each entry does on an instance of its own; without storage, many end in a trap
    SubstrateRuntime runtime =
        load(RuntimeCode.read(RealRuntimes.find(file)), HeapStrategy.Kind.DYNAMIC);
    Map<String, Behaviour> fresh = new HashMap<>();
    for (String entry : entries(runtime)) {
      fresh.putAll(behaviours(runtime, List.of(entry)));
    }
    assertTrue(fresh.size() > 10, fresh::toString);

    // then
    assertSameInRandomOrders(runtime, fresh);
  }

  @Test
  void a_call_that_leaves_its_globals_and_memory_changed_is_put_back_exactly() throws Exception {
    // given a mode in which each reset is compared with the image
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      behaviours(
          load(sample(), HeapStrategy.Kind.DYNAMIC),
          List.of("test_write_everywhere", "test_dirty", "test_touch_pages", "test_dirty"));

      assertEquals(List.of(), log.events("reset.incomplete"));
      assertEquals(List.of(), log.events("reset.failed"));
    }
  }

  private static void assertSameInRandomOrders(
      SubstrateRuntime runtime, Map<String, Behaviour> fresh) throws InterruptedException {
    Random random = new Random(SEED);
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      for (int round = 0; round < ROUNDS; round++) {
        List<String> order = new ArrayList<>(fresh.keySet());
        Collections.sort(order);
        Collections.shuffle(order, random);
        assertEquals(fresh, behaviours(runtime, order), () -> "in the order " + order);
      }
      assertEquals(List.of(), log.events("reset.incomplete"));
    }
  }

  /** Calls entries one after the other on one worker that verifies each reset. */
  private static Map<String, Behaviour> behaviours(SubstrateRuntime runtime, List<String> entries)
      throws InterruptedException {
    Probe probe = new Probe();
    Map<String, Behaviour> behaviours = new HashMap<>();
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(runtime).workers(1).verifyResets(true).listener(probe).build()) {
      for (String entry : entries) {
        String outcome = outcome(runtime, executor, entry);
        behaviours.put(entry, new Behaviour(outcome, probe.trace, probe.memory));
      }
    }
    return behaviours;
  }

  private static String outcome(
      SubstrateRuntime runtime, HeapExecutor<EndiveGuest> executor, String entry)
      throws InterruptedException {
    try {
      byte[] result =
          executor.call(
              CallOptions.named(entry).withDeadline(Duration.ofSeconds(60)),
              runtime.call(entry, new byte[0]));
      return "ok " + Hashing.sha256().hashBytes(result);
    } catch (CallException e) {
      return e.kind() + " " + (e.getCause() == null ? "" : e.getCause().getMessage());
    }
  }

  /**
   * Looks at trace and memory when a call is over. Written by the one worker, read by the test
   * after the call's future completed.
   */
  private static final class Probe implements PoolListener {
    private static final int LOOKED_AT = 16 << 20;

    private volatile HashCode trace = HashCode.fromInt(0);
    private volatile HashCode memory = HashCode.fromInt(0);

    @Override
    public void created(HeapView heap) {
      heap.observe(new Recorder(heap));
    }

    /** A recorder that looks at the memory too, before it is put back. */
    private final class Recorder implements HeapObserver {
      private final HeapView heap;
      private final TraceRecorder recorder;

      Recorder(HeapView heap) {
        this.heap = heap;
        this.recorder = new TraceRecorder(heap);
      }

      @Override
      public void began() {
        recorder.began();
      }

      @Override
      public void allocated(int size, int pointer) {
        recorder.allocated(size, pointer);
      }

      @Override
      public void deallocated(int pointer) {
        recorder.deallocated(pointer);
      }

      @Override
      public void failed(AllocatorException fault) {
        recorder.failed(fault);
      }

      @Override
      public void grown(int fromPages, int toPages, GrowthPolicy.Cause cause) {
        recorder.grown(fromPages, toPages, cause);
      }

      @Override
      public void ended() {
        recorder.ended();
        byte[] content = new byte[(int) Math.min(heap.memory().sizeInBytes(), LOOKED_AT)];
        heap.memory().read(0, content, 0, content.length);
        trace = recorder.fingerprint();
        memory = Hashing.murmur3_128().hashBytes(content);
      }
    }
  }
}
