package org.wasmheap.endive;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/**
 * Compiles a module part by part, on as many threads as there are processors.
 *
 * <p>The engine's compiler works on one thread, holds all instructions of a module, and starts all
 * over whenever a function turns out to be too large for a method of the JVM. Here each part of
 * {@link ModuleParts} is parsed, validated and compiled by itself. The classes are the same as if
 * the engine had compiled the module whole, in groups of {@link #GROUP} functions.
 *
 * <p>Modules that the engine would group otherwise, or spread over more classes than usual, are
 * compiled whole; none of the real runtimes is one.
 */
final class ModuleCompiler {
  /**
   * Functions in a class. Few, since a class is linked, which takes time, when the first of its
   * functions runs; more make fewer classes.
   */
  static final int GROUP = 256;

  /** What a part has of code: enough that what the parts have in common costs little beside it. */
  private static final int PART_BYTES = 1 << 20;

  /** With more processors than parts of that size, parts are smaller, but not below this. */
  private static final int LEAST_PART_BYTES = PART_BYTES / 4;

  /**
   * Bodies above this are not tried. A method of the JVM has 64 KiB; compiled code of real runtimes
   * is 1.2 to 1.6 times as long as its body in wasm, so none of these would fit.
   */
  private static final int SURELY_TOO_LARGE = 60_000;

  /** As the thread has that loads: the engine's compiler goes as deep as blocks lie in blocks. */
  private static final long STACK_BYTES = 16L << 20;

  private final ModuleParts parts;
  private final boolean deflates;

  /** Functions that need not be tried. Not changed after construction. */
  private final SortedSet<Integer> interpreted = new TreeSet<>();

  /** Compiled code, and the loader that has all its classes. */
  record Compiled(CompiledModule module, GuestClasses classes) {}

  private ModuleCompiler(ModuleParts parts, boolean deflates) {
    this.parts = parts;
    this.deflates = deflates;
    for (int function = 0; function < parts.functions(); function++) {
      if (parts.bodyBytes(function) > SURELY_TOO_LARGE) {
        interpreted.add(function);
      }
    }
  }

  /**
   * Compiles a module.
   *
   * @param parts of it
   * @param deflates whether the classes are to be kept, and so to be deflated
   * @return its code, and its classes, all of which the JVM has verified
   * @throws ModuleRefusedException if the thread is interrupted
   * @throws RuntimeException and errors, of parser, validator and compiler: of the first part that
   *     has one, so that the same module always fails in the same way
   */
  static Compiled compile(ModuleParts parts, boolean deflates) {
    return new ModuleCompiler(parts, deflates).compile();
  }

  private Compiled compile() {
    List<PartCompiler> ranges = ranges();
    int threads = Math.min(Runtime.getRuntime().availableProcessors(), ranges.size() + 1);
    ExecutorService executor =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(null, work, "wasmheap-compile", STACK_BYTES);
              thread.setDaemon(true);
              return thread;
            });
    try {
      return compile(ranges, executor);
    } finally {
      executor.shutdownNow();
      // A load that was given up is counted until all its work is over, see TimedLoad.
      Uninterruptibles.awaitTerminationUninterruptibly(executor);
    }
  }

  /** Ranges of whole groups, with some {@link #PART_BYTES} of code each. */
  private List<PartCompiler> ranges() {
    long all = 0;
    for (int function = 0; function < parts.functions(); function++) {
      all += parts.bodyBytes(function);
    }
    long share = all / Runtime.getRuntime().availableProcessors() + 1;
    long most = Math.min(PART_BYTES, Math.max(LEAST_PART_BYTES, share));
    List<PartCompiler> ranges = new ArrayList<>();
    int begin = 0;
    long bytes = 0;
    for (int function = 0; function < parts.functions(); function++) {
      bytes += interpreted.contains(function) ? 0 : parts.bodyBytes(function);
      int next = function + 1;
      if (next == parts.functions() || (bytes >= most && next % GROUP == 0)) {
        SortedSet<Integer> tooLarge = new TreeSet<>(interpreted.subSet(begin, next));
        ranges.add(new PartCompiler(parts, begin, next, tooLarge, deflates));
        begin = next;
        bytes = 0;
      }
    }
    return ranges;
  }

  private Compiled compile(List<PartCompiler> ranges, ExecutorService executor) {
    List<Future<CompiledPart>> compiling = ranges.stream().map(executor::submit).toList();
    // The set is complete already, unless a function turns out to be too large against all odds.
    SortedSet<Integer> expected = new TreeSet<>(interpreted);
    Future<CompiledPart> frame = executor.submit(() -> frame(expected));
    CompiledPart all = CompiledPart.NONE;
    for (Future<CompiledPart> each : compiling) {
      all = all.and(outcome(each));
    }
    all = all.and(all.interpreted().equals(expected) ? outcome(frame) : frame(all.interpreted()));
    if (all.isUnusual()) {
      all = PartCompiler.whole(parts.module(), deflates);
    }
    CompiledModule compiled =
        new CompiledModule(bytes(parts.skeleton(all.interpreted())), parts.ownFunctions(), all);
    GuestClasses classes = new GuestClasses(compiled.classes());
    List<Future<?>> linking = new ArrayList<>();
    for (String name : classes.names()) {
      linking.add(executor.submit(() -> classes.link(name)));
    }
    linking.forEach(each -> outcome(each));
    return new Compiled(compiled, classes);
  }

  private ClassBytes bytes(byte[] bytes) {
    return deflates ? ClassBytes.deflated(bytes) : ClassBytes.plain(bytes);
  }

  private CompiledPart frame(SortedSet<Integer> tooLarge) {
    return PartCompiler.frame(parts.skeleton(tooLarge), tooLarge, deflates);
  }

  /** What a task came to; whatever it threw, as it stands. */
  private static <T> T outcome(Future<T> task) {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted();
    } catch (ExecutionException e) {
      Throwables.throwIfUnchecked(Objects.requireNonNull(e.getCause(), "it has one"));
      throw new IllegalStateException("compiling throws no checked exception", e);
    }
  }

  static ModuleRefusedException interrupted() {
    return new ModuleRefusedException(
        Reason.INTERRUPTED, "module refused: the thread that compiles it was interrupted", null);
  }
}
