package org.wasmheap.block;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import com.google.gson.JsonObject;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.block.BlockResult.Executed;
import org.wasmheap.block.BlockResult.GuestFailed;
import org.wasmheap.block.BlockResult.HostFailed;
import org.wasmheap.block.BlockResult.WrongRoot;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.SampleBlockFiles;

/** Blocks of the sample runtime, right ones and others; the roots are an independent script's. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BlockExecutorTest {
  @TempDir private static Path folder;

  private final BlockExecutor executor =
      BlockExecutor.builder().workers(2).verifyResets(true).build();
  private final List<Block> chain = BlockFile.read(SampleBlockFiles.chain()).blocks();

  /** The state before each block of the chain, and the one that the last leaves. */
  private final List<State> states = new ArrayList<>();

  private final BlockFile single = BlockFile.read(SampleBlockFiles.block());
  private final Block block = single.blocks().get(0);
  private State parent = State.empty();

  @BeforeAll
  void executeTheChain() throws Exception {
    ChainSpecification genesis = ChainSpecification.read(SampleBlockFiles.genesis());
    State state = executor.stateOf(genesis.genesis(), genesis.childrenDefault());
    states.add(state);
    for (Block each : chain) {
      BlockResult result = executor.execute(each, state);
      state = assertInstanceOf(Executed.class, result, each.toString()).state();
      states.add(state);
    }
    parent = executor.stateOf(single.parentStorage(), single.parentChildTries());
  }

  @AfterAll
  void shutDown() {
    executor.close();
    assertEquals(0, executor.statistics().stream().mapToLong(each -> each.poisoned()).sum());
  }

  @Test
  void every_block_of_a_chain_leaves_the_state_that_its_header_names() {
    // given the roots of the headers, which came from the script
    for (int i = 0; i < chain.size(); i++) {
      // then
      assertArrayEquals(chain.get(i).header().stateRoot(), states.get(i + 1).root());
    }
    assertEquals(SampleBlockFiles.CHAIN_LENGTH, chain.size());
    assertArrayEquals(
        BlockHeader.genesis(states.get(0).root()).hash(), chain.get(0).header().parentHash());
  }

  @Test
  void blocks_are_executed_each_from_its_own_parents_state_at_the_same_time() throws Exception {
    // given
    List<ListenableFuture<BlockResult>> results = new ArrayList<>();
    // when
    for (int pass = 0; pass < 3; pass++) {
      for (int i = 0; i < chain.size(); i++) {
        results.add(executor.submit(chain.get(i), states.get(i)));
      }
    }
    // then
    for (ListenableFuture<BlockResult> result : results) {
      assertInstanceOf(Executed.class, result.get());
    }
  }

  @Test
  void a_block_with_its_parents_storage_alone_is_executed_and_measured() throws Exception {
    // when
    BlockResult result = executor.execute(block, parent);
    // then
    assertEquals("ok", result.label());
    assertEquals(block.header(), result.header());
    BlockFigures figures = result.figures();
    assertTrue(figures.nanos() > 0, figures.toString());
    assertTrue(figures.resetNanos() > 0, figures.toString());
    assertTrue(figures.allocations() > 50, figures.toString());
    assertTrue(figures.peakBytes() > 100, figures.toString());
    assertTrue(figures.storageReads() > 10, figures.toString());
    assertTrue(figures.storageWrites() > 10, figures.toString());
    assertTrue(figures.blocksRestored() > 0, figures.toString());
  }

  private BlockResult executeChanged(Consumer<JsonObject> change) throws Exception {
    BlockFile changed = BlockFile.read(SampleBlockFiles.changed(folder, "changed.json", change));
    State before = executor.stateOf(changed.parentStorage(), changed.parentChildTries());
    BlockResult result = executor.execute(changed.blocks().get(0), before);
    // Whatever it was, the instance is right for the next one.
    assertInstanceOf(Executed.class, executor.execute(block, parent));
    return result;
  }

  @Test
  void a_wrong_root_in_the_header_is_a_wrong_root_with_the_guests_panic() throws Exception {
    // when
    BlockResult result = executeChanged(SampleBlockFiles::changeStateRoot);
    // then
    WrongRoot wrong = assertInstanceOf(WrongRoot.class, result);
    assertEquals("wrong_root", wrong.label());
    assertEquals("0x" + hex(block.header().stateRoot()), wrong.root());
    assertNotNull(wrong.failure());
    assertEquals(FailureKind.TRAP, wrong.failure().kind());
    assertTrue(wrong.toString().contains("expected=0x"), wrong.toString());
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void a_changed_extrinsic_is_the_guests_failure_and_has_its_words() throws Exception {
    // when
    BlockResult result = executeChanged(SampleBlockFiles::changeExtrinsic);
    // then
    GuestFailed failed = assertInstanceOf(GuestFailed.class, result);
    assertEquals("trap", failed.label());
    assertTrue(failed.failure().isDeterministic());
    assertTrue(
        failed.failure().getMessage().contains("extrinsics root"), failed.failure().getMessage());
  }

  @Test
  void a_changed_value_of_the_parents_state_is_a_wrong_root() throws Exception {
    // when
    BlockResult result = executeChanged(SampleBlockFiles::changeParent);
    // then
    assertInstanceOf(WrongRoot.class, result);
  }

  @Test
  void a_state_without_code_executes_nothing_on_any_node() throws Exception {
    // when
    BlockResult result = executor.execute(block, State.empty());
    // then
    GuestFailed failed = assertInstanceOf(GuestFailed.class, result);
    assertTrue(failed.failure().getMessage().contains("no :code"), failed.toString());
    assertThrows(CallException.class, () -> executor.call("x", new byte[0], State.empty()));
  }

  @Test
  void code_that_is_none_is_a_failure_to_load_and_is_tried_again() throws Exception {
    // given
    TreeMap<byte[], byte[]> top = new TreeMap<>(Arrays::compareUnsigned);
    top.put(":code".getBytes(US_ASCII), new byte[] {1, 2, 3});
    TreeMap<byte[], TreeMap<byte[], byte[]>> none = new TreeMap<>(Arrays::compareUnsigned);
    State state = State.of(top, none, StateVersion.V0);
    for (int i = 0; i < 2; i++) {
      // when
      BlockResult result = executor.execute(block, state);
      // then
      HostFailed failed = assertInstanceOf(HostFailed.class, result);
      assertInstanceOf(RuntimeLoadException.class, failed.failure());
      assertEquals("not_loaded", failed.label());
    }
    assertThrows(RuntimeLoadException.class, () -> executor.stateOf(top, none));
  }

  @Test
  void a_block_that_finds_no_place_is_the_hosts_failure_and_no_verdict_on_it() throws Exception {
    // given a worker that is held by its listener, and one block in the queue
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    PoolListener holding =
        new PoolListener() {
          @Override
          public void callCompleted(CallReport report) {
            held.countDown();
            assertTrue(Uninterruptibles.awaitUninterruptibly(go, Duration.ofSeconds(30)));
          }
        };
    try (BlockExecutor small =
        BlockExecutor.builder().workers(1).queueCapacity(1).listener(holding).build()) {
      ListenableFuture<BlockResult> running = small.submit(block, parent);
      held.await();
      ListenableFuture<BlockResult> waiting = small.submit(block, parent);
      // when
      BlockResult result = small.submit(block, parent).get();
      // then
      HostFailed failed = assertInstanceOf(HostFailed.class, result);
      assertEquals("rejected", failed.label());
      go.countDown();
      assertInstanceOf(Executed.class, running.get());
      assertInstanceOf(Executed.class, waiting.get());
    } finally {
      go.countDown();
    }
  }

  /** A state whose code is a module that executes no blocks and says no version. */
  private static State stateOfNoRuntime() {
    TreeMap<byte[], byte[]> top = new TreeMap<>(Arrays::compareUnsigned);
    top.put(":code".getBytes(US_ASCII), Guests.wasm("traps"));
    return State.of(top, new TreeMap<>(Arrays::compareUnsigned), StateVersion.V0);
  }

  @Test
  void code_that_executes_no_blocks_is_loaded_once_and_fails_on_every_node() throws Exception {
    try (BlockExecutor own = BlockExecutor.builder().workers(1).build()) {
      // given
      State state = stateOfNoRuntime();
      for (int i = 0; i < 3; i++) {
        // when
        BlockResult result = own.execute(block, state);
        // then
        GuestFailed failed = assertInstanceOf(GuestFailed.class, result);
        assertTrue(failed.failure().getMessage().contains("exports no Core_execute_block"));
        assertFalse(failed.figures().ran());
      }
      assertEquals(1, own.statistics().size());
    }
  }

  @Test
  void code_of_a_state_that_is_gone_is_not_kept() {
    // given a runtime that is loaded, and another state with an equal code in another array
    WeakReference<Object> code = codeOfAnotherState();
    // then
    await()
        .until(
            () -> {
              System.gc();
              return code.get() == null;
            });
  }

  private WeakReference<Object> codeOfAnotherState() {
    BlockFile again = BlockFile.read(SampleBlockFiles.block());
    State state = executor.stateOf(again.parentStorage(), again.parentChildTries());
    return new WeakReference<>(state.get(":code".getBytes(US_ASCII)));
  }

  @Test
  void an_interrupted_thread_executes_nothing_and_others_are_not_concerned() throws Exception {
    try (BlockExecutor own = BlockExecutor.builder().workers(1).build()) {
      // given
      Thread.currentThread().interrupt();
      // when
      assertThrows(InterruptedException.class, () -> own.execute(block, parent));
      // then
      assertFalse(Thread.interrupted());
      assertInstanceOf(Executed.class, own.execute(block, parent));
    }
  }

  @Test
  void a_block_cannot_warm_up_without_code() {
    // given
    BlockExecutor.Builder builder = BlockExecutor.builder();
    // then
    assertThrows(IllegalArgumentException.class, () -> builder.warmUp(block, State.empty()));
  }

  @Test
  void transactions_that_a_call_leaves_open_are_rolled_back_with_one_warning() {
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // given
      Overlay overlay = new Overlay(State.empty());
      overlay.set(new byte[] {1}, new byte[] {1});
      overlay.startTransaction();
      overlay.set(new byte[] {1}, new byte[] {2});
      overlay.startTransaction();
      // when
      BlockCall.endTransactions(overlay, "call", "no such pool");
      BlockCall.endTransactions(overlay, "call", "no such pool");
      // then
      assertEquals(0, overlay.openTransactions());
      assertArrayEquals(new byte[] {1}, overlay.get(new byte[] {1}));
      assertEquals(1, log.events("transactions.open").size());
    }
  }

  @Test
  void what_changes_may_take_can_be_set() throws Exception {
    try (BlockExecutor small = BlockExecutor.builder().workers(1).overlayBytes(1 << 20).build()) {
      // when
      BlockResult fits = small.execute(block, parent);
      // then
      assertInstanceOf(Executed.class, fits);
      assertThrows(IllegalArgumentException.class, () -> BlockExecutor.builder().overlayBytes(1));
    }
  }

  @Test
  void one_budget_is_for_all_runtimes_and_comes_back_at_the_end() throws Exception {
    // given
    MemoryBudget budget = MemoryBudget.of(64 << 20);
    try (BlockExecutor bounded = BlockExecutor.builder().workers(2).memoryBudget(budget).build()) {
      // when
      assertInstanceOf(Executed.class, bounded.execute(block, parent));
      // then what its statistics name is part of it
      long named = bounded.statistics().stream().mapToLong(each -> each.materialisedBytes()).sum();
      assertTrue(named > 0);
      assertTrue(budget.usedBytes() >= named, budget::toString);
    }
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void a_block_that_finds_no_memory_in_the_budget_is_the_hosts_failure_and_says_why()
      throws Exception {
    // given less than an instance takes
    MemoryBudget budget = MemoryBudget.of(1000);
    try (BlockExecutor bounded =
        BlockExecutor.builder()
            .workers(1)
            .memoryBudget(budget)
            .deadline(Duration.ofMillis(500))
            .build()) {
      // when
      BlockResult result = bounded.execute(block, parent);
      // then
      HostFailed failed = assertInstanceOf(HostFailed.class, result);
      String message = String.valueOf(failed.failure().getMessage());
      assertEquals("deadline", failed.label());
      assertTrue(message.contains("the memory budget of 1000 bytes"), message);
    }
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void a_closed_executor_executes_nothing_and_says_so() throws Exception {
    // given
    BlockExecutor closed = BlockExecutor.builder().workers(1).build();
    closed.close();
    // when
    BlockResult result = closed.execute(block, parent);
    // then
    assertEquals("shutdown", assertInstanceOf(HostFailed.class, result).label());
  }

  @Test
  void a_block_can_be_what_warms_an_instance_up() throws Exception {
    try (BlockExecutor warm =
        BlockExecutor.builder().workers(2).verifyResets(true).warmUp(block, parent).build()) {
      // when
      BlockResult result = warm.execute(block, parent);
      // then
      assertInstanceOf(Executed.class, result);
    }
  }

  @Test
  void calls_on_a_state_give_what_it_holds_and_leave_it_as_it_is_while_blocks_are_executed()
      throws Exception {
    // given the sum of balances, which no operation of the sample changes
    byte[] root = states.get(states.size() - 1).root();
    State last = states.get(states.size() - 1);
    byte[] accounts = executor.call("Sample_accounts", new byte[0], last).get();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> callers = new ArrayList<>();
      // when 8 threads make 40 calls each, which also write, and blocks run
      for (int i = 0; i < 8; i++) {
        callers.add(threads.submit(() -> callsOn(last, accounts)));
      }
      List<ListenableFuture<BlockResult>> results = new ArrayList<>();
      for (int i = 0; i < chain.size(); i++) {
        results.add(executor.submit(chain.get(i), states.get(i)));
      }
      // then
      for (Future<Integer> caller : callers) {
        assertEquals(40, caller.get());
      }
      for (ListenableFuture<BlockResult> result : results) {
        assertInstanceOf(Executed.class, result.get());
      }
    } finally {
      threads.shutdownNow();
    }
    assertArrayEquals(root, last.root());
    assertArrayEquals(root, chain.get(chain.size() - 1).header().stateRoot());
  }

  /** Forty at a time; how many were right. */
  private int callsOn(State state, byte[] accounts) throws Exception {
    List<ListenableFuture<byte[]>> calls = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      calls.add(executor.call("Sample_accounts", new byte[0], state));
    }
    int right = 0;
    for (ListenableFuture<byte[]> call : calls) {
      right += Arrays.equals(accounts, call.get()) ? 1 : 0;
    }
    return right;
  }

  @Test
  void what_a_call_on_a_state_writes_is_dropped() throws Exception {
    // given a call that begins a block, and so writes
    State state = states.get(3);
    byte[] root = state.root();
    byte[] header = chain.get(3).header().withoutSeal();
    // when
    executor.call("Core_initialize_block", header, state).get();
    // then
    assertArrayEquals(root, state.root());
    assertInstanceOf(Executed.class, executor.execute(chain.get(3), state));
  }

  @Test
  void a_call_that_fails_says_how() {
    // when
    ExecutionException failure =
        assertThrows(
            ExecutionException.class,
            () -> executor.call("Sample_balance", new byte[3], parent).get());
    // then
    CallException call = assertInstanceOf(CallException.class, failure.getCause());
    assertEquals(FailureKind.TRAP, call.kind());
    assertThrows(
        IllegalArgumentException.class, () -> executor.call("No_such", new byte[0], parent));
  }

  @Test
  void settings_are_checked_when_they_are_set() {
    BlockExecutor.Builder builder = BlockExecutor.builder();

    assertThrows(IllegalArgumentException.class, () -> builder.workers(0));
    assertThrows(IllegalArgumentException.class, () -> builder.workers(1025));
    assertThrows(IllegalArgumentException.class, () -> builder.queueCapacity(0));
    assertThrows(IllegalArgumentException.class, () -> builder.deadline(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> builder.loadDeadline(Duration.ofDays(31)));
  }
}
