package org.wasmheap.block;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.block.BlockResult.Executed;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.state.State;
import org.wasmheap.testkit.RealBlocks;

/** Blocks of real chains; skipped where they are not. Each reset is verified. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealBlocksTest {
  private final BlockExecutor executor =
      BlockExecutor.builder().workers(2).verifyResets(true).build();

  @AfterAll
  void nothingIsLeftBehind() throws InterruptedException {
    assertTrue(
        executor.awaitReady(Duration.ofSeconds(30)).stream()
            .allMatch(ExecutorStatistics.Health::isReady));
    executor.statistics().forEach(each -> assertEquals(0, each.replaced(), () -> each.toString()));
    executor.close();
  }

  private State genesis(String specification) {
    ChainSpecification read = ChainSpecification.read(RealBlocks.find(specification));
    return executor.stateOf(read.genesis(), read.childrenDefault());
  }

  private State executed(Block block, State parent) throws InterruptedException {
    BlockResult result = executor.execute(block, parent);
    return assertInstanceOf(Executed.class, result, result.toString()).state();
  }

  @Test
  void westends_first_blocks_leave_the_roots_of_their_headers_in_order_and_in_parallel()
      throws Exception {
    // given
    List<Block> chain = BlockFile.read(RealBlocks.find(RealBlocks.WESTEND_CHAIN)).blocks();
    List<State> states = new ArrayList<>(List.of(genesis(RealBlocks.WESTEND_GENESIS)));
    assertEquals(128, chain.size());
    // when
    for (Block block : chain) {
      states.add(executed(block, states.get(states.size() - 1)));
    }
    // then
    for (int i = 0; i < chain.size(); i++) {
      assertArrayEquals(chain.get(i).header().stateRoot(), states.get(i + 1).root());
    }
    // when each runs again from its own parent's state, and other threads ask the last state
    State last = states.get(states.size() - 1);
    byte[] root = last.root();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        callers.add(threads.submit(() -> rightNonces(last)));
      }
      List<ListenableFuture<BlockResult>> again = new ArrayList<>();
      for (int i = 0; i < chain.size(); i++) {
        again.add(executor.submit(chain.get(i), states.get(i)));
      }
      // then
      for (ListenableFuture<BlockResult> each : again) {
        assertInstanceOf(Executed.class, each.get());
      }
      for (Future<Integer> caller : callers) {
        assertEquals(40, caller.get());
      }
    } finally {
      threads.shutdownNow();
    }
    assertArrayEquals(root, last.root());
  }

  /** Forty calls at a time; an account that never signed anything has nonce 0, a u32. */
  private int rightNonces(State state) throws Exception {
    byte[] account = new byte[32];
    List<ListenableFuture<byte[]>> calls = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      calls.add(executor.call("AccountNonceApi_account_nonce", account, state));
    }
    int right = 0;
    for (ListenableFuture<byte[]> call : calls) {
      right += HexFormat.of().formatHex(call.get()).equals("00000000") ? 1 : 0;
    }
    return right;
  }

  @Test
  void kusamas_first_block_leaves_the_root_of_its_header() throws Exception {
    // given
    Block first = BlockFile.read(RealBlocks.find(RealBlocks.KUSAMA_CHAIN)).blocks().get(0);
    State genesis = genesis(RealBlocks.KUSAMA_GENESIS);
    // then
    assertArrayEquals(first.header().parentHash(), BlockHeader.genesis(genesis.root()).hash());
    assertArrayEquals(first.header().stateRoot(), executed(first, genesis).root());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "child-trie-create-one.json",
        "child-trie-create-multiple.json",
        "child-trie-read-basic.json"
      })
  void blocks_of_a_chain_with_contracts_and_child_tries_leave_the_roots_of_their_headers(
      String name) throws Exception {
    // given
    BlockFile file = BlockFile.read(RealBlocks.find(name));
    Block block = file.blocks().get(0);
    State parent = executor.stateOf(file.parentStorage(), file.parentChildTries());
    // then
    assertArrayEquals(block.header().stateRoot(), executed(block, parent).root());
  }

  @Test
  void a_call_on_kusamas_genesis_gives_what_the_chain_is_known_for() throws Exception {
    // given: slots of 6 s, epochs of an hour, a first slot for 1 in 4; then the authorities, who
    // also stand in the digest of block 1
    String expected =
        "7017000000000000" + "5802000000000000" + "0100000000000000" + "0400000000000000";
    Block first = BlockFile.read(RealBlocks.find(RealBlocks.KUSAMA_CHAIN)).blocks().get(0);
    State genesis = genesis(RealBlocks.KUSAMA_GENESIS);
    // when
    byte[] result = executor.call("BabeApi_configuration", new byte[0], genesis).get();
    // then
    String hex = HexFormat.of().formatHex(result);
    String authorities = hex.substring(expected.length(), expected.length() + 2 + 6 * 80);
    assertTrue(hex.startsWith(expected), hex);
    assertTrue(HexFormat.of().formatHex(first.toExecute()).contains(authorities), hex);
  }

  @Test
  void the_version_of_code_without_sections_is_asked_of_the_interpreter_and_is_the_compiled_ones()
      throws Exception {
    // given
    State genesis = genesis(RealBlocks.KUSAMA_GENESIS);
    byte[] code = genesis.get(":code".getBytes(US_ASCII));
    // when
    byte[] interpreted = new EmbeddedVersions().versionOf(code, Duration.ofMinutes(1));
    // then
    assertArrayEquals(executor.call("Core_version", new byte[0], genesis).get(), interpreted);
  }
}
