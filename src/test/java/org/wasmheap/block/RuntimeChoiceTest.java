package org.wasmheap.block;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.block.BlockResult.Executed;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.runtime.Preparation;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeFigures;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.state.State;
import org.wasmheap.testkit.SampleBlockFiles;
import org.wasmheap.testkit.SampleVersions;

/** Which runtimes an executor of blocks has, and keeps. */
@Timeout(120)
class RuntimeChoiceTest {
  private static final byte[] CODE = ":code".getBytes(US_ASCII);

  private final ChainSpecification genesis = ChainSpecification.read(SampleBlockFiles.genesis());
  private final Block first = BlockFile.read(SampleBlockFiles.chain()).blocks().get(0);

  /** The genesis with another code, whose runtime this loads. */
  private State with(BlockExecutor executor, byte[] code) {
    NavigableMap<byte[], byte[]> top = new TreeMap<>(Arrays::compareUnsigned);
    top.putAll(genesis.genesis());
    top.put(CODE, code);
    return executor.stateOf(top, genesis.childrenDefault());
  }

  private static byte[] wasm(int version) {
    return SampleVersions.code(version).wasm();
  }

  @Test
  void calls_of_old_states_do_not_drive_out_the_runtime_that_blocks_are_on() {
    // given a block on the first of two rooms
    try (BlockExecutor executor = BlockExecutor.builder().workers(1).mostRuntimes(2).build()) {
      State state = executor.stateOf(genesis.genesis(), genesis.childrenDefault());
      assertInstanceOf(Executed.class, executed(executor, state));
      // when others are needed after it
      assertNotNull(with(executor, wasm(2)));
      assertNotNull(with(executor, wasm(3)));
      // then it is there for the next block
      assertEquals(3, executor.runtimes().totals().loads());
      assertInstanceOf(Executed.class, executed(executor, state));
      assertEquals(3, executor.runtimes().totals().loads());
    }
  }

  private BlockResult executed(BlockExecutor executor, State parent) {
    try {
      return executor.execute(first, parent);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void an_array_that_is_given_again_with_another_code_is_another_code() throws Exception {
    try (BlockExecutor executor = BlockExecutor.builder().workers(1).build()) {
      // given
      byte[] given = wasm(2);
      State state = executor.stateOf(genesis.genesis(), genesis.childrenDefault());
      Preparation.Limits none = new Preparation.Limits(Duration.ofSeconds(30), 0);
      String two = executor.prepare(given, first, state, none).get().codeHash();
      // when
      byte[] three = wasm(3);
      assertEquals(given.length, three.length);
      System.arraycopy(three, 0, given, 0, three.length);
      // then
      String next = executor.prepare(given, first, state, none).get().codeHash();
      assertEquals(
          List.of(SampleVersions.code(2).codeHashHex(), SampleVersions.code(3).codeHashHex()),
          List.of(two, next));
    }
  }

  @Test
  void the_longest_deadlines_are_no_deadlines_too_long() {
    Duration longest = Duration.ofDays(30);
    try (BlockExecutor executor =
        BlockExecutor.builder().workers(1).loadDeadline(longest).deadline(longest).build()) {
      State state = executor.stateOf(genesis.genesis(), genesis.childrenDefault());
      assertInstanceOf(Executed.class, executed(executor, state));
    }
  }

  @Test
  void an_executor_is_named_for_the_hash_of_its_code() {
    try (BlockExecutor executor = BlockExecutor.builder().workers(1).build()) {
      State state = executor.stateOf(genesis.genesis(), genesis.childrenDefault());
      byte[] code = state.get(CODE);
      assertNotNull(code);
      String hash = RuntimeCode.ofStored(":code", code).codeHashHex();
      RuntimePool pool = executor.runtimes();
      RuntimeFigures figures = pool.runtimes().get(0);
      assertTrue(hash.equals(figures.codeHash()), figures.toString());
      assertEquals("runtime-" + hash.substring(2, 10), executor.statistics().get(0).pool());
    }
  }
}
