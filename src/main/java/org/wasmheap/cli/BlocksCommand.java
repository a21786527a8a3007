package org.wasmheap.cli;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;
import org.wasmheap.block.Block;
import org.wasmheap.block.BlockExecutor;
import org.wasmheap.block.BlockFile;
import org.wasmheap.block.BlockHeader;
import org.wasmheap.block.BlockResult;
import org.wasmheap.cli.BlockList.Entry;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.state.State;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code blocks}: executes real blocks, and says what they took. */
@Command(
    name = "blocks",
    mixinStandardHelpOptions = true,
    description = "Executes blocks on a pool of heaps, and checks the roots of their states.")
final class BlocksCommand implements Callable<Integer> {
  private static final int MOST_REPEATS = 1_000_000;

  /**
   * More than files name together as a rule. Beyond it, some go and come again, and their loading
   * is in the time that the blocks take in order, not in that of any block.
   */
  private static final int MOST_RUNTIMES = 64;

  /** Blocks in the queue for each worker: enough that none waits for the submitting thread. */
  private static final int BLOCKS_AHEAD = 4;

  @SuppressWarnings("NullAway.Init") // Set before call().
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // Set before call().
  @Mixin
  private PoolOptions pool;

  @SuppressWarnings("NullAway.Init") // Set before call().
  @Mixin
  private CodeCacheOption codeCache;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description =
          "A block with its parent's storage (.json), or a chain of blocks (.jsonl), which begins on"
              + " the state of --genesis.")
  private List<Path> files = List.of();

  @Option(
      names = "--genesis",
      paramLabel = "SPEC",
      description = "Raw chain specification whose state a chain begins on.")
  private @Nullable Path genesis;

  @Option(
      names = "--repeat",
      paramLabel = "K",
      defaultValue = "0",
      description =
          "After that, all blocks so many times again, each from its own parent's state, as many at"
              + " once as there are instances. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Override
  public Integer call() {
    PoolOptions.requireRange("--repeat", repeat, 0, MOST_REPEATS);
    pool.check();
    codeCache.open();
    BlocksFigures figures = new BlocksFigures(pool.instances, pool.record);
    boolean whole = false;
    try (BlockExecutor executor = executor(figures)) {
      whole = run(executor, figures);
      figures.read(executor.statistics());
      print(figures);
      if (!whole) {
        executor.shutdown(PoolOptions.NO_TIME);
      }
    }
    figures.requireRecorded();
    if (!whole) {
      return ExitCodes.INTERRUPTED;
    }
    return figures.failed() == 0 ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private BlockExecutor executor(BlocksFigures figures) {
    BlockExecutor.Builder builder =
        BlockExecutor.builder()
            .mostRuntimes(MOST_RUNTIMES)
            .workers(pool.instances)
            .queueCapacity(BLOCKS_AHEAD * pool.instances)
            .deadline(pool.deadline())
            .loadDeadline(pool.loadDeadline())
            .instanceDeadline(pool.deadline())
            .listener(figures);
    HeapStrategy strategy = pool.strategy();
    return codeCache.addTo(strategy == null ? builder : builder.strategy(strategy)).build();
  }

  /** {@code false} if it was interrupted. */
  private boolean run(BlockExecutor executor, BlocksFigures figures) {
    try {
      long began = System.nanoTime();
      BlockList blocks = load(executor);
      figures.loaded(System.nanoTime() - began);
      HeldLog.letGo();
      inOrder(executor, blocks, figures);
      for (int pass = 1; pass <= repeat; pass++) {
        again(executor, blocks, figures, pass);
      }
      executor.awaitReady(PoolOptions.REPLACEMENT);
      return true;
    } catch (InterruptedException e) {
      return false;
    } catch (CliException e) {
      if (!Thread.interrupted()) {
        throw e;
      }
      return false;
    }
  }

  private void print(BlocksFigures figures) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(pool.json ? figures.json() : figures.table());
    out.flush();
  }

  /** Reads all files, and loads the runtimes of the states that they begin on. */
  private BlockList load(BlockExecutor executor) throws InterruptedException {
    ProgressBar bar = Terminal.progress("loading", -1);
    try {
      BlockList blocks = new BlockList();
      State start = null;
      for (Path path : files) {
        BlockFile file = pool.loadLimit().await(path.toString(), () -> BlockFile.read(path));
        if (!file.isChain()) {
          blocks.add(
              path,
              file.blocks(),
              stateOf(path, () -> executor.stateOf(file.parentStorage(), file.parentChildTries())));
          continue;
        }
        start = start == null ? genesisState(executor, path) : start;
        requireBegins(path, file.blocks().get(0).header(), start);
        blocks.add(path, file.blocks(), start);
      }
      return blocks;
    } catch (WasmHeapException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    } finally {
      if (bar != null) {
        bar.close();
      }
    }
  }

  private State genesisState(BlockExecutor executor, Path chain) throws InterruptedException {
    Path path = genesis;
    if (path == null) {
      throw new CliException(chain.toString(), "a chain needs --genesis", null);
    }
    ChainSpecification chainSpec =
        pool.loadLimit().await(path.toString(), () -> ChainSpecification.read(path));
    return stateOf(path, () -> executor.stateOf(chainSpec.genesis(), chainSpec.childrenDefault()));
  }

  /** Making a state loads its runtime. */
  private State stateOf(Path path, Supplier<State> make) {
    try {
      return make.get();
    } catch (IllegalArgumentException e) {
      throw pool.strategyRefused(path.toString(), e);
    } catch (WasmHeapException e) {
      throw new CliException(path.toString(), String.valueOf(e.getMessage()), e);
    }
  }

  private static void requireBegins(Path path, BlockHeader first, State start) {
    byte[] genesisHash = BlockHeader.genesis(start.root()).hash();
    if (first.number() != 1 || !Arrays.equals(first.parentHash(), genesisHash)) {
      throw new CliException(
          path.toString(),
          "block "
              + first.number()
              + " does not follow the genesis block 0x"
              + HexFormat.of().formatHex(genesisHash)
              + ", its parent is 0x"
              + HexFormat.of().formatHex(first.parentHash()),
          null);
    }
  }

  private static void inOrder(BlockExecutor executor, BlockList blocks, BlocksFigures figures)
      throws InterruptedException {
    try (ProgressBar bar = Terminal.progress("blocks", blocks.size())) {
      figures.orderBegins();
      for (Entry entry : blocks.entries()) {
        State parent = entry.parent();
        if (parent == null) {
          figures.noParent(entry);
        } else {
          BlockResult result = executor.execute(entry.block(), parent);
          entry.executed(result);
          figures.executed(entry, result, BlocksFigures.IN_ORDER);
        }
        step(bar);
      }
      figures.orderEnds();
    }
  }

  /** All blocks once more, as many at once as there are instances; never more than have a place. */
  private void again(BlockExecutor executor, BlockList blocks, BlocksFigures figures, int pass)
      throws InterruptedException {
    int ahead = BLOCKS_AHEAD * pool.instances;
    Semaphore places = new Semaphore(ahead);
    try (ProgressBar bar = Terminal.progress("again, " + pass + " of " + repeat, blocks.size())) {
      figures.passBegins();
      for (Entry entry : blocks.entries()) {
        State parent = entry.parent();
        if (parent == null) {
          continue;
        }
        places.acquire();
        Block block = entry.block();
        ListenableFuture<BlockResult> result = executor.submit(block, parent);
        result.addListener(
            () -> {
              try {
                figures.executed(entry, resultOf(result), pass);
                step(bar);
              } finally {
                places.release();
              }
            },
            MoreExecutors.directExecutor());
      }
      places.acquire(ahead);
      figures.passEnds(pass, repeat);
    }
  }

  private static BlockResult resultOf(ListenableFuture<BlockResult> future) {
    try {
      return Objects.requireNonNull(Futures.getDone(future), "result");
    } catch (ExecutionException e) {
      throw new IllegalStateException("a block completes with a result", e);
    }
  }

  private static void step(@Nullable ProgressBar bar) {
    if (bar != null) {
      bar.step();
    }
  }
}
