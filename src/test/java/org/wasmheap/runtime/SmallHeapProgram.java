package org.wasmheap.runtime;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.endive.EndiveModule.CodeFigures;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.testkit.ManyFunctions;

/**
 * Loads a module in a JVM that has not the heap for all its parsed code, calls it, and prints what
 * is left of parsed code: a generated module of so many functions with so much padding, or a real
 * runtime, given its file.
 */
final class SmallHeapProgram {
  private static final Duration LONG = Duration.ofMinutes(4);
  private static final String PARSED = "run.endive.wasm.types.AnnotatedInstruction";

  private SmallHeapProgram() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println(
        arguments.length == 1
            ? real(Path.of(arguments[0]))
            : generated(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1])));
  }

  private static String generated(int functions, int padding) throws Exception {
    HostFunction given = HostFunction.env("given", List.of(), List.of(), (scope, arguments) -> 0);
    EndiveModule module =
        EndiveModule.load(
            ManyFunctions.module(functions, padding, Map.of()),
            MemorySize::new,
            List.of(given),
            BlockLimit.ON_CHAIN);
    try (HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(module).workers(1).build()) {
      long sum =
          executor.call(CallOptions.named("f").withDeadline(LONG), guest -> guest.call("f", 7)[0]);
      boolean right = sum == ManyFunctions.sum(functions, 7);
      return (right ? "right" : "wrong: " + sum) + left(module.codeFigures());
    }
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
