package org.wasmheap.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Future;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.runtime.CodeCache;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;

/**
 * What one more runtime costs, and one more instance of it, in Java heap, in classes, and in code
 * that HotSpot compiles: the same file several times, as if each were another version, all called
 * the same number of times. A line for each step, with what it added.
 *
 * <pre>{@code
 * mvn -q test-compile exec:exec@jmh \
 *     -Djmh.main=org.wasmheap.bench.RuntimeCost -Djmh.args="FILE 200 FOLDER"
 * }</pre>
 */
public final class RuntimeCost {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String ENTRY = "Metadata_metadata";

  private RuntimeCost() {}

  /**
   * Measures.
   *
   * @param arguments file, calls of each runtime, folder of compiled code
   */
  public static void main(String[] arguments) throws Exception {
    RuntimeCode code = RuntimeCode.read(Path.of(arguments[0]));
    int calls = Integer.parseInt(arguments[1]);
    CodeCache cache = CodeCache.at(Path.of(arguments[2]));
    System.out.printf("%-44s %9s %9s %9s%n", "", "heap", "classes", "compiled");
    try (RuntimePool first = pool(cache, 1)) {
      call(first, code, 0, 1);
      report("the library, the engine, one runtime", new long[3]);
      for (int workers : new int[] {1, 4}) {
        try (RuntimePool pool = pool(cache, workers)) {
          call(pool, code, 1, calls);
          long[] before = used(); // What the pool before had is gone by now.
          for (int version = 2; version <= 4; version++) {
            call(pool, code, version, calls);
            before = report("one more runtime, instances: " + workers, before);
          }
        }
      }
    }
  }

  private static RuntimePool pool(CodeCache cache, int workers) {
    return RuntimePool.builder(SubstrateHostFunctions.all())
        .codeStore(cache)
        .executors((runtime, executor) -> executor.workers(workers))
        .build();
  }

  /** Another number of pages makes it another runtime to the pool. */
  private static void call(RuntimePool pool, RuntimeCode code, int version, int calls)
      throws Exception {
    HeapStrategy strategy = HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES + version);
    try (RuntimePool.Lease lease = pool.lease(code, strategy, LONG)) {
      lease.executor().awaitReady(LONG);
      List<Future<byte[]>> results = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        results.add(
            lease
                .executor()
                .submit(
                    CallOptions.named(ENTRY).withContext(new Overlay(State.empty())),
                    lease.runtime().call(ENTRY, new byte[0])));
      }
      for (Future<byte[]> each : results) {
        Expected.require(
            Arrays.equals(results.get(0).get(), each.get()), "two calls gave two results");
      }
    }
  }

  private static long[] report(String what, long[] before) {
    long[] now = used();
    System.out.printf(
        Locale.ROOT,
        "%-44s %6.1f MB %6.1f MB %6.1f MB%n",
        what,
        (now[0] - before[0]) / 1e6,
        (now[1] - before[1]) / 1e6,
        (now[2] - before[2]) / 1e6);
    return now;
  }

  private static long[] used() {
    long[] used = new long[3];
    for (int i = 0; i < 3; i++) {
      System.gc(); // References are cleared one after the other.
    }
    used[0] = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getName().equals("Metaspace")) {
        used[1] += pool.getUsage().getUsed();
      } else if (pool.getName().contains("Code")) {
        used[2] += pool.getUsage().getUsed();
      }
    }
    return used;
  }
}
