package org.wasmheap.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.io.Resources;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.block.Block;
import org.wasmheap.block.BlockExecutor;
import org.wasmheap.block.BlockFile;
import org.wasmheap.block.BlockResult;
import org.wasmheap.conformance.VectorReplay;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.observe.WasmHeapMetrics;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.State;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.ConformanceFiles;
import org.wasmheap.testkit.SampleBlockFiles;
import org.wasmheap.testkit.SampleVersions;
import org.wasmheap.testkit.Samples;
import run.endive.wasm.types.ValType;

/** The examples of the documentation, run. */
@Timeout(60)
class ExamplesTest {
  private static final byte[] NOTHING = {};

  private static byte[] u32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static SubstrateRuntime sample() {
    return Samples.load(HeapStrategy.ofStatic(16));
  }

  @Test
  void embedding_must_give_the_version_of_the_sample(@TempDir Path folder) throws Exception {
    Path sample = folder.resolve("sample.wasm");
    Files.write(
        sample, Resources.toByteArray(Resources.getResource(RuntimeCode.class, "sample.wasm")));

    assertEquals("wasm-heap-sample", EmbeddingExample.version(sample).specName());
  }

  @Test
  void a_bare_heap_must_hand_out_a_block_behind_its_header() throws Exception {
    assertEquals(1024 + 8, BareHeapExample.firstPointer());
  }

  @Test
  void a_call_made_by_a_call_must_run_on_an_instance_of_its_own() throws Exception {
    try (HeapExecutor<HeapHandle> heaps = BareHeaps.executor().build()) {
      assertEquals(
          BareHeaps.FIRST_POINTER + " " + BareHeaps.FIRST_POINTER, BareHeapExample.nested(heaps));
    }
  }

  @Test
  void a_host_function_must_get_the_context_of_its_caller() throws Exception {
    HostFunction height = HostFunctionExample.height();
    HostFunction asTheSampleImportsIt =
        HostFunction.env(
            "ext_sample_not_provided_version_1",
            List.of(ValType.I32),
            height.type().returns(),
            height.body());

    byte[] result =
        HostFunctionExample.callWith(
            Samples.code(), asTheSampleImportsIt, new HostFunctionExample.Chain(1_000));

    assertArrayEquals(u32(1_000), result);
  }

  @Test
  void a_host_function_must_put_its_result_into_the_guests_heap() throws Exception {
    // given a scope as tests make it, and a text in the guest's heap
    Heap heap = BareHeaps.claimed(HeapListener.NONE);
    CallScope scope = CallScope.of(heap.begin(1, "test"), null);
    int pointer = scope.heap().malloc(4);
    scope.heap().write(pointer, "heap".getBytes(UTF_8));

    // when
    long packed =
        HostFunctionExample.reverse()
            .body()
            .run(scope, new long[] {new PointerSize(pointer, 4).packed()});

    // then
    PointerSize result = PointerSize.of(packed);
    assertEquals("paeh", new String(scope.heap().read(result.pointer(), 4), UTF_8));
  }

  @Test
  void a_listener_must_hear_of_calls_that_took_long() throws Exception {
    List<String> slow = new CopyOnWriteArrayList<>();
    SubstrateRuntime sample = sample();
    try (HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(sample).workers(1).build()) {
      ListenerExample.listen(executor, Duration.ZERO, slow);

      executor.call(sample.call("Core_version", NOTHING));
    }
    assertEquals(List.of("Core_version"), slow);
  }

  @Test
  void a_growth_policy_must_refuse_what_exceeds_the_ration() throws Exception {
    SubstrateRuntime sample = Samples.load(HeapStrategy.ofDynamic(LinearMemory.MAX_PAGES));
    try (HeapExecutor<EndiveGuest> executor = ListenerExample.rationed(sample)) {
      executor.call(sample.call("test_grow", u32(1_000)));
      CallException refused =
          assertThrows(
              CallException.class, () -> executor.call(sample.call("test_grow", u32(1_100))));

      assertEquals(FailureKind.GROWTH_REFUSED, refused.kind());
    }
  }

  @Test
  void a_poison_report_must_have_the_operations_that_a_listener_had_kept() throws Exception {
    SubstrateRuntime sample = sample();
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(sample).workers(1).listener(ListenerExample.keeping()).build()) {
      CallException poisoned =
          assertThrows(
              CallException.class, () -> executor.call(sample.call("test_double_free", NOTHING)));

      assertFalse(poisoned.poisonReport().orElseThrow().lastOperations().isEmpty());
    }
  }

  @Test
  void a_block_must_be_executed_and_the_executor_end_with_an_account_of_it() throws Exception {
    SubstrateRuntime sample = sample();
    HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(sample).workers(1).build();
    byte[] block = executor.call(sample.call("Sample_block", NOTHING));

    byte[] result = ClassesExample.imported(executor, sample, block).get(30, SECONDS);
    ExecutorStatistics.ShutdownAccount account = ClassesExample.end(executor);

    assertEquals(76, result.length);
    assertEquals(0, account.cutOff());
    assertEquals(0, account.threadsLeft());
    assertEquals(2, account.total().completed());
  }

  @Test
  void a_verdict_must_follow_from_deterministic_failures_alone() throws Exception {
    List<String> diagnoses = new CopyOnWriteArrayList<>();
    SubstrateRuntime sample = sample();
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(sample).workers(1).stackBytes(1 << 20).build()) {
      assertEquals(
          "the block is good",
          FailureExample.verdict(executor, sample.call("Core_version", NOTHING), diagnoses));
      assertEquals(
          "the block is bad, on every node",
          FailureExample.verdict(executor, sample.call("test_double_free", NOTHING), diagnoses));
      assertEquals(
          "nothing follows about the block: stack_overflow",
          FailureExample.verdict(
              executor, sample.call("test_recurse_forever", NOTHING), diagnoses));
    }
    assertEquals(1, diagnoses.size());
    assertTrue(diagnoses.get(0).contains("test_double_free"), diagnoses.get(0));
  }

  @Test
  void metrics_and_statistics_must_tell_of_a_call() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build();
        WasmHeapMetrics metrics = ObserveExample.watch(executor, registry)) {
      ObserveExample.record(executor);

      ExecutorStatistics during = ObserveExample.measured(executor, heap -> heap.malloc(8));

      assertEquals(1, during.completed());
      assertEquals(1, registry.get("wasmheap.call.run").timer().count(), metrics::toString);
    }
  }

  @Test
  void a_factory_must_be_testable_without_an_executor() throws Exception {
    SubstrateRuntime sample = sample();

    assertNull(
        OwnFactoryExample.difference(sample, sample.call("test_dirty", NOTHING), "a context"));
  }

  @Test
  void runtimes_of_a_pool_must_have_an_executor_each(@TempDir Path folder) throws Exception {
    try (RuntimePool pool = RuntimesExample.pool(folder)) {
      assertArrayEquals(u32(7), RuntimesExample.call(pool, Samples.code(), "test_echo", u32(7)));
      RuntimesExample.call(pool, SampleVersions.code(2), "Core_version", NOTHING);
      RuntimesExample.call(pool, Samples.code(), "Core_version", NOTHING);
      assertEquals(2, pool.runtimes().size());
      assertEquals(2, pool.totals().loads());
    }
  }

  @Test
  void a_call_of_another_runtime_must_fail_with_a_reason() throws Exception {
    SubstrateRuntime other = sample();
    try (HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(sample()).workers(1).build()) {
      CallException failure =
          assertThrows(
              CallException.class, () -> executor.call(other.call("Core_version", NOTHING)));
      assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
    }
  }

  @Test
  void an_upgrade_must_be_prepared_while_blocks_go_on() throws Exception {
    List<Block> chain = BlockFile.read(SampleBlockFiles.chain()).blocks();
    ChainSpecification genesis = ChainSpecification.read(SampleBlockFiles.genesis());
    try (BlockExecutor executor = BlockExecutor.builder().workers(1).build()) {
      State parent = executor.stateOf(genesis.genesis(), genesis.childrenDefault());
      BlockResult.Executed first =
          assertInstanceOf(BlockResult.Executed.class, executor.execute(chain.get(0), parent));

      BlockResult result =
          RuntimesExample.upgrade(
              executor, SampleVersions.wasm(2), chain.get(0), parent, chain.get(1), first.state());

      assertInstanceOf(BlockResult.Executed.class, result);
      assertEquals(2, executor.runtimes().runtimes().size());
    }
  }

  @Test
  void a_memory_of_ones_own_must_pass_the_vectors_that_it_can_hold() throws Exception {
    long lines = 0;
    for (Path file : ConformanceFiles.vectors()) {
      if (!file.toString().contains("-big")) {
        VectorReplay.Result result = VectorReplay.run(ConformanceFiles.open(file), OwnMemory::new);
        assertEquals(0, result.mismatches(), () -> file + ": " + result.firstDivergence());
        lines += result.lines();
      }
    }
    assertTrue(lines > 10_000, lines + " lines");
  }

  @Test
  void heaps_over_a_memory_of_ones_own_must_be_put_back() throws Exception {
    try (HeapExecutor<HeapHandle> heaps = OwnMemoryExample.heaps()) {
      int first = heaps.call(heap -> heap.malloc(8));
      int second = heaps.call(heap -> heap.malloc(8));
      assertEquals(1032, first);
      assertEquals(1032, second);
      assertEquals(0, heaps.statistics().replaced());

      CallException outside =
          assertThrows(
              CallException.class,
              () ->
                  heaps.call(
                      heap -> {
                        heap.write(16 * LinearMemory.PAGE_SIZE, new byte[1]);
                        return 0;
                      }));
      assertEquals(FailureKind.TRAP, outside.kind());
    }
  }
}
