package org.wasmheap.runtime;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.endive.EndiveModule.CodeFigures;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.testkit.ManyFunctions;

/**
 * Loads a module in a JVM that has not the heap for all its parsed code, calls it, and prints what
 * is left of parsed code: a generated module of so many functions with so much padding, or a real
 * runtime, given its file. Or loads a generated module so many times at once, to be interpreted.
 */
final class SmallHeapProgram {
  private static final Duration LONG = Duration.ofMinutes(4);
  private static final String PARSED = "run.endive.wasm.types.AnnotatedInstruction";

  private SmallHeapProgram() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println(
        switch (arguments.length) {
          case 1 -> real(Path.of(arguments[0]));
          case 2 -> generated(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
          default ->
              interpreted(
                  Integer.parseInt(arguments[0]),
                  Integer.parseInt(arguments[1]),
                  Integer.parseInt(arguments[2]));
        });
  }

  private static String generated(int functions, int padding) throws Exception {
    EndiveModule module =
        load(ManyFunctions.module(functions, padding, Map.of()), LoadOptions.DEFAULT);
    try (HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(module).workers(1).build()) {
      long sum =
          executor.call(CallOptions.named("f").withDeadline(LONG), guest -> guest.call("f", 7)[0]);
      boolean right = sum == ManyFunctions.sum(functions, 7);
      return (right ? "right" : "wrong: " + sum) + left(module.codeFigures());
    }
  }

  /** So many threads load it at once, to be interpreted; none keeps it. */
  private static String interpreted(int functions, int padding, int times) throws Exception {
    byte[] wasm = ManyFunctions.module(functions, padding, Map.of());
    // What the first load of a JVM does besides, all others wait for, with their parsed code.
    load(ManyFunctions.module(1, 0, Map.of()), LoadOptions.DEFAULT.asInterpreted());
    CountDownLatch begin = new CountDownLatch(times);
    ExecutorService threads = Executors.newFixedThreadPool(times);
    List<Callable<Integer>> loads =
        Collections.nCopies(
            times,
            () -> {
              begin.countDown();
              begin.await();
              return load(wasm, LoadOptions.DEFAULT.asInterpreted()).codeFigures().functions();
            });
    try {
      int all = 0;
      for (Future<Integer> each : threads.invokeAll(loads)) {
        all += each.get();
      }
      return "functions=" + all;
    } finally {
      threads.shutdown();
    }
  }

  private static EndiveModule load(byte[] wasm, LoadOptions options) {
    HostFunction given = HostFunction.env("given", List.of(), List.of(), (scope, arguments) -> 0);
    return EndiveModule.load(wasm, MemorySize::new, List.of(given), BlockLimit.ON_CHAIN, options);
  }

  private static String real(Path file) throws Exception {
    SubstrateRuntime runtime =
        SubstrateRuntime.load(
            RuntimeCode.read(file), HeapStrategy.ofStatic(2048), SubstrateHostFunctions.all());
    try (HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(runtime).workers(1).build()) {
      byte[] version =
          executor.call(
              CallOptions.named("Core_version")
                  .withDeadline(LONG)
                  .withContext(new Overlay(State.empty())),
              runtime.call("Core_version", new byte[0]));
      String name = RuntimeVersion.decode(version).specName();
      return name + left(runtime.codeFigures());
    }
  }

  /** Instructions that the engine has as objects, beyond those that the figures tell of. */
  private static String left(CodeFigures figures) throws Exception {
    return " beyond=" + Math.max(0, parsedInstructions() - figures.parsedInstructions());
  }

  /** In the heap, after a collection. */
  private static long parsedInstructions() throws Exception {
    Object histogram =
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "gcClassHistogram",
                new Object[] {new String[0]},
                new String[] {String[].class.getName()});
    Matcher line =
        Pattern.compile("\\d+: +(\\d+) +\\d+ +" + Pattern.quote(PARSED) + "[ \n]")
            .matcher(String.valueOf(histogram));
    return line.find() ? Long.parseLong(line.group(1)) : 0;
  }
}
