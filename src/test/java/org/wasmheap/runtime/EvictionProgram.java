package org.wasmheap.runtime;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.testkit.KeptCode;
import org.wasmheap.testkit.SampleVersions;

/**
 * Runtimes come and go, one at a time, in a JVM whose room for classes would not hold all of them:
 * each is loaded, called and evicted. For a real runtime, some minutes:
 *
 * <pre>{@code
 * java -XX:MaxMetaspaceSize=256m -cp CLASSPATH org.wasmheap.runtime.EvictionProgram 200 FILE FILE
 * }</pre>
 */
final class EvictionProgram {
  private static final Duration LONG = Duration.ofMinutes(2);

  private EvictionProgram() {}

  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[0]);
    List<RuntimeCode> codes =
        arguments.length == 1
            ? List.of(SampleVersions.code(1), SampleVersions.code(2))
            : List.of(
                RuntimeCode.read(Path.of(arguments[1])), RuntimeCode.read(Path.of(arguments[2])));
    List<HostFunction> functions = SubstrateHostFunctions.all();
    HeapStrategy strategy = HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES);
    long largest = 0;
    try (RuntimePool pool =
        RuntimePool.builder(functions)
            .mostRuntimes(1)
            .codeStore(new KeptCode())
            .executors((runtime, executor) -> executor.workers(1))
            .build()) {
      for (int round = 0; round < rounds; round++) {
        RuntimeCode code = codes.get(round % codes.size());
        try (RuntimePool.Lease lease = pool.lease(code, strategy, LONG)) {
          lease
              .executor()
              .call(
                  CallOptions.named("Core_version").withDeadline(LONG),
                  lease.runtime().call("Core_version", new byte[0]));
        }
        largest = Math.max(largest, classBytes());
      }
      System.out.printf(
          Locale.ROOT,
          "rounds=%d loads=%d compiled=%d largestClassMiB=%d classesNow=%d unloaded=%d%n",
          rounds,
          pool.totals().loads(),
          pool.totals().compiled(),
          largest >> 20,
          ManagementFactory.getClassLoadingMXBean().getLoadedClassCount(),
          ManagementFactory.getClassLoadingMXBean().getUnloadedClassCount());
    }
  }

  private static long classBytes() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getName().equals("Metaspace"))
        .map(MemoryPoolMXBean::getUsage)
        .mapToLong(MemoryUsage::getUsed)
        .sum();
  }
}
