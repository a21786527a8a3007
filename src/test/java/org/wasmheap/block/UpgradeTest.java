package org.wasmheap.block;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.block.BlockResult.Executed;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.Preparation;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeFigures;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.state.State;
import org.wasmheap.testkit.SampleBlockFiles;
import org.wasmheap.testkit.SampleVersions;

/**
 * An upgrade under load. The chain is the script's ({@code src/main/guest/blocks.py}): its block 11
 * changes the code to version 2, so the blocks from 12 on are executed by that.
 */
@Timeout(120)
class UpgradeTest {
  private static final int UPGRADE = 11;
  private static final int CALLERS = 3;
  private static final byte[] NOTHING = new byte[0];
  private static final HeapStrategy STRATEGY = HeapStrategy.ofStored(null);

  /** What callers ask the version of: the last state, and the version that its code has. */
  private record Head(State state, long version) {}

  private final List<Block> chain = BlockFile.read(SampleBlockFiles.chain()).blocks();
  private final AtomicReference<Head> head = new AtomicReference<>();
  private final AtomicBoolean enough = new AtomicBoolean();

  private Head execute(BlockExecutor executor, Block block, Head parent) throws Exception {
    BlockResult result = executor.execute(block, parent.state());
    State state = assertInstanceOf(Executed.class, result, result.toString()).state();
    Head next = new Head(state, block.header().number() < UPGRADE ? 1 : 2);
    head.set(next);
    return next;
  }

  /** Asks for the version of the last state, one call after the other; how many were made. */
  private long callsUntilEnough(BlockExecutor executor) throws Exception {
    long calls = 0;
    while (!enough.get()) {
      Head now = head.get();
      byte[] version = executor.call("Core_version", new byte[0], now.state()).get();
      assertEquals(now.version(), RuntimeVersion.decode(version).specVersion());
      calls++;
    }
    return calls;
  }

  private static long completed(BlockExecutor executor) {
    return executor.statistics().stream().mapToLong(ExecutorStatistics::completed).sum();
  }

  @Test
  void calls_and_blocks_move_over_at_a_block_and_the_old_runtime_drains_and_goes()
      throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try (BlockExecutor executor = BlockExecutor.builder().workers(2).mostRuntimes(2).build()) {
      RuntimePool runtimes = executor.runtimes();
      ChainSpecification genesis = ChainSpecification.read(SampleBlockFiles.genesis());
      // given calls that flow on version 1, and blocks
      Head last = new Head(executor.stateOf(genesis.genesis(), genesis.childrenDefault()), 1);
      head.set(last);
      List<Future<Long>> flow = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        flow.add(callers.submit(() -> callsUntilEnough(executor)));
      }
      Head parent = last;
      for (Block block : chain.subList(0, UPGRADE - 1)) {
        parent = last;
        last = execute(executor, block, last);
      }
      Head old = last;
      // when version 2 is announced and prepared with the last block
      RuntimeCode announced = SampleVersions.code(2);
      Preparation prepared =
          executor
              .prepare(
                  announced.wasm(),
                  chain.get(UPGRADE - 2),
                  parent.state(),
                  new Preparation.Limits(Duration.ofSeconds(30), 60))
              .get();
      // then it is warm before it is needed
      assertEquals(announced.codeHashHex(), prepared.codeHash());
      assertEquals(60, prepared.calls());
      assertTrue(prepared.ofEntries().get(0).firstNanos() > 0, prepared.toString());
      // when the block comes that brings it, and others after it
      for (Block block : chain.subList(UPGRADE - 1, chain.size())) {
        last = execute(executor, block, last);
      }
      // then nothing else was loaded, and the code is the announced one
      assertArrayEquals(announced.wasm(), last.state().get(":code".getBytes(US_ASCII)));
      assertEquals(2, runtimes.totals().loads());
      // when the old one is told to go, while calls flow
      evictWhileLeased(executor, old.state());
      await().until(() -> runtimes.totals().evicted() == 1);
      // then the calls go on
      long before = completed(executor);
      await().until(() -> completed(executor) > before + 10);
      enough.set(true);
      long calls = 0;
      for (Future<Long> each : flow) {
        calls += each.get();
      }
      List<RuntimeFigures> left = runtimes.runtimes();
      assertEquals(
          List.of(prepared.codeHash()), left.stream().map(RuntimeFigures::codeHash).toList());
      // and every call of either is in the totals, the old one's too, and none failed
      assertEquals(0, executor.statistics().stream().mapToLong(ExecutorStatistics::rejected).sum());
      long failed = executor.statistics().stream().mapToLong(ExecutorStatistics::failed).sum();
      assertEquals(prepared.failed(), failed, "nothing fails but the new code on an old block");
      assertEquals(
          calls + 1 + chain.size() + prepared.calls() - prepared.failed(), completed(executor));
      // and an old state is still answered, with its own code
      byte[] version = executor.call("Core_version", new byte[0], old.state()).get();
      assertEquals(1, RuntimeVersion.decode(version).specVersion());
    } finally {
      enough.set(true);
      callers.shutdownNow();
    }
  }

  @Test
  void a_runtime_that_is_gone_is_collected_while_its_state_is_kept() throws Exception {
    try (BlockExecutor executor = BlockExecutor.builder().workers(1).build()) {
      // given
      ChainSpecification genesis = ChainSpecification.read(SampleBlockFiles.genesis());
      State state = executor.stateOf(genesis.genesis(), genesis.childrenDefault());
      WeakReference<Object> runtime = runtimeOf(executor, state);
      // when
      assertTrue(executor.runtimes().evict(hashOf(state), STRATEGY));
      // then
      await()
          .until(
              () -> {
                System.gc();
                return runtime.get() == null;
              });
      assertEquals(1, executor.runtimes().totals().evicted());
      assertInstanceOf(Executed.class, executor.execute(chain.get(0), state));
    }
  }

  private static WeakReference<Object> runtimeOf(BlockExecutor executor, State state)
      throws Exception {
    try (RuntimePool.Lease lease = leased(executor, state)) {
      return new WeakReference<>(lease.runtime());
    }
  }

  /** It drains, and answers those who have it. */
  private static void evictWhileLeased(BlockExecutor executor, State state) throws Exception {
    RuntimePool runtimes = executor.runtimes();
    try (RuntimePool.Lease leased = leased(executor, state)) {
      assertTrue(runtimes.evict(hashOf(state), STRATEGY));
      assertEquals(1, runtimes.totals().draining());
      byte[] version = leased.executor().call(leased.runtime().call("Core_version", NOTHING));
      assertEquals(1, RuntimeVersion.decode(version).specVersion());
      assertEquals(0, runtimes.totals().evicted());
    }
  }

  private static RuntimePool.Lease leased(BlockExecutor executor, State state) throws Exception {
    return executor
        .runtimes()
        .lease(
            hashOf(state),
            STRATEGY,
            () -> {
              throw new IllegalStateException("it is there");
            },
            Duration.ofSeconds(30));
  }

  private static String hashOf(State state) {
    byte[] code = state.get(":code".getBytes(US_ASCII));
    assertNotNull(code);
    return RuntimeCode.ofStored(":code", code).codeHashHex();
  }
}
