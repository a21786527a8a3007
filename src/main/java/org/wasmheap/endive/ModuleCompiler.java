package org.wasmheap.endive;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Compiles a module part by part, on as many threads as there are processors.
 *
 * <p>The engine's compiler works on one thread, holds all instructions of a module, and starts all
 * over whenever a function turns out to be too large for a method of the JVM. Here each part of
 * {@link ModuleParts} is parsed, validated and compiled by itself. The classes are the same as if
 * the engine had compiled the module whole, in groups of {@link PartCompiler#GROUP} functions.
 *
 * <p>Modules that the engine would group otherwise, or spread over more classes than usual, are
 * compiled whole; none of the real runtimes is one.
 */
final class ModuleCompiler {
  /** What a part has of code: enough that what the parts have in common costs little beside it. */
  private static final int PART_BYTES = 1 << 20;

  /** With more processors than parts of that size, parts are smaller, but not below this. */
  private static final int LEAST_PART_BYTES = PART_BYTES / 4;

  /**
   * Bodies above this may not fit into a method of the JVM, of 64 KiB; compiled code of real
   * runtimes is 1.2 to 1.6 times as long as its body in wasm. The first groups that hold such a
   * body are parts of their own, and come first: when it does not fit, only its part is compiled
   * again, while others are compiled.
   */
  private static final int PERHAPS_TOO_LARGE = 40_000;

  /**
   * Where memory is short. Below, what parts have in common would cost more than their own code.
   */
  private static final int LEAST_PART_INSTRUCTIONS = 50_000;

  private static final int MOST_PARTS = 16;
  private static final int MOST_DOUBTFUL = 4;

  /** For all loads of a JVM together: a part for each processor, whoever it belongs to. */
  private static final Semaphore PROCESSORS =
      new Semaphore(Runtime.getRuntime().availableProcessors());

  /** As the thread has that loads: the engine's compiler goes as deep as blocks lie in blocks. */
  private static final long STACK_BYTES = 16L << 20;

  private final ModuleParts parts;
  private final boolean deflates;
  private final ParseMemory memory = ParseMemory.ofJvm();

  /** Functions that turned out to be too large so far. Added to by threads that compile. */
  private final Set<Integer> tooLarge = ConcurrentHashMap.newKeySet();

  /** Compiled code, and the loader that has all its classes. */
  record Compiled(CompiledModule module, GuestClasses classes) {}

  private ModuleCompiler(ModuleParts parts, boolean deflates) {
    this.parts = parts;
    this.deflates = deflates;
  }

  /**
   * Compiles a module.
   *
   * @param parts of it
   * @param deflates whether the classes are to be kept, and so to be deflated
   * @return its code, and its classes, all of which the JVM has verified
   * @throws ModuleRefusedException if the thread is interrupted, or the JVM has too little memory
   * @throws RuntimeException and errors, of parser, validator and compiler: if several parts have
   *     one, of the first in the order of the parts
   */
  static Compiled compile(ModuleParts parts, boolean deflates) {
    return new ModuleCompiler(parts, deflates).compile();
  }

  private Compiled compile() {
    List<PartCompiler> ranges = ranges();
    long largest = ranges.stream().mapToLong(PartCompiler::bytes).max().orElse(0);
    memory.require(allInstructions(), parts.module().length, largest);
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

  /**
   * Ranges of whole groups, with some {@link #PART_BYTES} of code each, and not too many: for each
   * part the engine goes over all functions before it, though they have no code there. Where memory
   * is short, they are smaller, so that there is a part for each processor.
   */
  private List<PartCompiler> ranges() {
    long all = bytes(0, parts.functions());
    long share = all / Runtime.getRuntime().availableProcessors() + 1;
    long most = Math.min(PART_BYTES, Math.max(LEAST_PART_BYTES, share));
    most = Math.max(most, all / MOST_PARTS);
    long mostInstructions =
        Math.max(
            LEAST_PART_INSTRUCTIONS,
            memory.instructionsOf(Runtime.getRuntime().availableProcessors()));
    List<PartCompiler> ranges = new ArrayList<>();
    List<PartCompiler> doubtful = new ArrayList<>();
    int begin = 0;
    long bytes = 0;
    long instructions = 0;
    for (int group = 0; group < parts.functions(); group += PartCompiler.GROUP) {
      int end = Math.min(group + PartCompiler.GROUP, parts.functions());
      boolean isDoubtful =
          doubtful.size() < MOST_DOUBTFUL && largest(group, end) > PERHAPS_TOO_LARGE;
      if (begin < group
          && (isDoubtful
              || bytes >= most
              || instructions + parts.instructions(group, end) > mostInstructions)) {
        ranges.add(part(begin, group));
        begin = group;
        bytes = 0;
        instructions = 0;
      }
      bytes += bytes(group, end);
      instructions += parts.instructions(group, end);
      if (isDoubtful) {
        doubtful.add(part(group, end));
        begin = end;
        bytes = 0;
        instructions = 0;
      }
    }
    if (begin < parts.functions()) {
      ranges.add(part(begin, parts.functions()));
    }
    doubtful.addAll(ranges);
    return doubtful;
  }

  private PartCompiler part(int begin, int end) {
    return new PartCompiler(parts, begin, end, tooLarge, deflates);
  }

  private long bytes(int begin, int end) {
    long bytes = 0;
    for (int function = begin; function < end; function++) {
      bytes += parts.bodyBytes(function);
    }
    return bytes;
  }

  private long allInstructions() {
    return parts.instructions(0, parts.functions());
  }

  private int largest(int begin, int end) {
    int largest = 0;
    for (int function = begin; function < end; function++) {
      largest = Math.max(largest, parts.bodyBytes(function));
    }
    return largest;
  }

  private Compiled compile(List<PartCompiler> ranges, ExecutorService executor) {
    List<Future<CompiledPart>> compiling =
        ranges.stream()
            .map(each -> executor.submit(() -> onProcessor(each.bytes(), each)))
            .toList();
    // Last in the queue: what is too large is known by then, almost always.
    Future<CompiledPart> frame = executor.submit(() -> onProcessor(stubs(), this::frame));
    CompiledPart code = CompiledPart.NONE;
    for (Future<CompiledPart> each : compiling) {
      code = code.and(outcome(each));
    }
    CompiledPart framed = outcome(frame);
    code = code.and(framed.interpreted().equals(code.interpreted()) ? framed : frame());
    if (code.isUnusual()) {
      long all = ParseMemory.bytes(allInstructions(), 0);
      memory.require(allInstructions(), parts.module().length, all);
      code =
          outcome(
              executor.submit(() -> onProcessor(all, () -> PartCompiler.whole(parts, deflates))));
    }
    CompiledModule compiled =
        new CompiledModule(kept(parts.skeleton(code.interpreted())), parts.ownFunctions(), code);
    GuestClasses classes = new GuestClasses(compiled.classes());
    List<Future<?>> linking = new ArrayList<>();
    for (String name : classes.names()) {
      linking.add(executor.submit(() -> classes.link(name)));
    }
    linking.forEach(each -> outcome(each));
    return new Compiled(compiled, classes);
  }

  /** Memory is taken last: whoever has it works, and gives it back. */
  private <T> T onProcessor(long bytes, Callable<T> work) throws Exception {
    PROCESSORS.acquire();
    try {
      return memory.with(bytes, work);
    } finally {
      PROCESSORS.release();
    }
  }

  private long stubs() {
    return ParseMemory.bytes(0, parts.functions());
  }

  private ClassBytes kept(byte[] bytes) {
    return deflates ? ClassBytes.deflated(bytes) : ClassBytes.plain(bytes);
  }

  /** What all groups stand in, for the functions that are too large as far as is known. */
  private CompiledPart frame() {
    SortedSet<Integer> known = new TreeSet<>(tooLarge);
    return PartCompiler.frame(parts.skeleton(known), known, deflates);
  }

  /** What a task came to; whatever it threw, as it stands. */
  private static <T> T outcome(Future<T> task) {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ModuleRefusals.interrupted();
    } catch (ExecutionException e) {
      Throwables.throwIfUnchecked(Objects.requireNonNull(e.getCause(), "it has one"));
      throw new IllegalStateException("compiling throws no checked exception", e);
    }
  }
}
