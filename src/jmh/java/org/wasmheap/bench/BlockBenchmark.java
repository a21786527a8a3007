package org.wasmheap.bench;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.wasmheap.block.Block;
import org.wasmheap.block.BlockExecutor;
import org.wasmheap.block.BlockFile;
import org.wasmheap.block.BlockResult;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.testkit.RealBlocks;

/**
 * Westend's blocks 1 to 128, each from its own parent's state, all at once; the time is that of a
 * block. Two workers are held against one.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="BlockBenchmark"}; the folder of block
 * files is {@code ../shared/blocks}, or named by {@code -jvmArgsAppend -Dwasmheap.blocks=FOLDER}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 8, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(2)
public class BlockBenchmark {
  private static final int BLOCKS = 128;

  /** Workers of the pool. */
  @Param({"1", "2"})
  public int workers;

  private final List<Block> blocks = new ArrayList<>();
  private final List<org.wasmheap.state.State> parents = new ArrayList<>();
  private BlockExecutor executor;

  /** Executes the chain in order, which gives each block its parent's state and checks its root. */
  @Setup
  public void setUp() throws InterruptedException {
    ChainSpecification spec = ChainSpecification.read(file(RealBlocks.WESTEND_GENESIS));
    executor = BlockExecutor.builder().workers(workers).queueCapacity(BLOCKS).build();
    org.wasmheap.state.State parent = executor.stateOf(spec.genesis(), spec.childrenDefault());
    blocks.addAll(BlockFile.read(file(RealBlocks.WESTEND_CHAIN)).blocks());
    Expected.require(blocks.size() == BLOCKS, "another number of blocks");
    for (Block block : blocks) {
      parents.add(parent);
      parent = executed(executor.execute(block, parent)).state();
    }
  }

  private static Path file(String name) {
    Path file = Path.of(System.getProperty(RealBlocks.FOLDER_PROPERTY, "../shared/blocks"), name);
    Expected.require(Files.isReadable(file), file + " is missing");
    return file;
  }

  private static BlockResult.Executed executed(BlockResult result) {
    Expected.require(result instanceof BlockResult.Executed, result.label());
    return (BlockResult.Executed) result;
  }

  /** Ends the threads. */
  @TearDown
  public void close() {
    executor.close();
  }

  /** All blocks once; each result is checked, as a root that differs costs less. */
  @Benchmark
  @OperationsPerInvocation(BLOCKS)
  public int parallelPass() throws ExecutionException, InterruptedException {
    List<ListenableFuture<BlockResult>> results = new ArrayList<>(BLOCKS);
    for (int i = 0; i < BLOCKS; i++) {
      results.add(executor.submit(blocks.get(i), parents.get(i)));
    }
    int passed = 0;
    for (BlockResult each : Futures.allAsList(results).get()) {
      passed += executed(each).label().length();
    }
    return passed;
  }
}
