package org.wasmheap.endive;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.internal.ByteClassCollector;
import run.endive.compiler.internal.ClassCollector;
import run.endive.compiler.internal.Compiler;
import run.endive.compiler.internal.CompilerResult;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.WasmModule;

/**
 * Compiles one part of a module: the classes of some groups of functions, or the frame that they
 * stand in.
 *
 * <p>The engine's compiler makes the classes of all functions in the order of their numbers, and
 * then the frame. A collector keeps those that are wanted and ends the work after the last of them.
 */
final class PartCompiler implements Callable<CompiledPart> {
  /**
   * Functions in a class. Few, since a class is linked, which takes time, when the first of its
   * functions runs; more make fewer classes.
   */
  static final int GROUP = 256;

  private static final String GROUP_PREFIX = Compiler.DEFAULT_CLASS_NAME + "FuncGroup_";

  /** What the engine makes when types and functions are too many for one class. */
  private static final String BRIDGE_PREFIX = Compiler.DEFAULT_CLASS_NAME + "CallIndirectBridge_";

  private final ModuleParts parts;
  private final int begin;
  private final int end;
  private final Set<Integer> allTooLarge;
  private final boolean deflates;

  /**
   * A part.
   *
   * @param begin number of the first function, which begins a group
   * @param end number after the last one, which ends a group
   * @param allTooLarge of the whole module; those of this part are added as they are found
   */
  PartCompiler(ModuleParts parts, int begin, int end, Set<Integer> allTooLarge, boolean deflates) {
    this.parts = parts;
    this.begin = begin;
    this.end = end;
    this.allTooLarge = allTooLarge;
    this.deflates = deflates;
  }

  /** What it takes of the Java heap while it is parsed and compiled. */
  long bytes() {
    return ParseMemory.bytes(parts.instructions(begin, end), parts.functions());
  }

  /** Parses, validates and compiles; once more for each function that is found too large. */
  @Override
  public CompiledPart call() {
    WasmModule module = ModuleReader.read(parts.part(begin, end));
    LargeFunctions large = new LargeFunctions(parts, GROUP);
    while (true) {
      requireTime();
      GroupCollector groups = new GroupCollector(begin / GROUP, end);
      try {
        compiler(module, GROUP, large.numbers(), groups::next).compile();
        throw new IllegalStateException("the engine made no group " + groups.last);
      } catch (EndOfGroups e) {
        return e.isUnusual
            ? CompiledPart.UNUSUAL
            : part(groups.classes, large.numbers(), DroppableSegments.of(module), deflates);
      } catch (WasmEngineException e) {
        large.add(e);
        allTooLarge.addAll(large.numbers());
      }
    }
  }

  /**
   * What the groups stand in: the classes that dispatch calls to them, and the machine itself.
   *
   * @param skeleton the module without code
   * @param interpreted all functions that the interpreter is to run
   */
  static CompiledPart frame(byte[] skeleton, SortedSet<Integer> interpreted, boolean deflates) {
    FrameCollector frame = new FrameCollector();
    compiler(ModuleReader.readValid(skeleton), GROUP, interpreted, () -> frame).compile();
    return frame.isUnusual
        ? CompiledPart.UNUSUAL
        : part(frame.classes, interpreted, DroppableSegments.NONE, deflates);
  }

  /** The whole module in one, with as many functions in a class as the engine can place there. */
  static CompiledPart whole(ModuleParts parts, boolean deflates) {
    WasmModule module = ModuleReader.read(parts.module());
    LargeFunctions large = new LargeFunctions(parts, parts.functions());
    while (true) {
      requireTime();
      try {
        CompilerResult result =
            compiler(module, 0, large.numbers(), ByteClassCollector::new).compile();
        return part(result.classBytes(), large.numbers(), DroppableSegments.of(module), deflates);
      } catch (WasmEngineException e) {
        large.add(e);
      }
    }
  }

  private static void requireTime() {
    if (Thread.currentThread().isInterrupted()) {
      throw ModuleRefusals.interrupted();
    }
  }

  /** The engine's compiler, which fails at a function that is too large and is not interpreted. */
  private static Compiler compiler(
      WasmModule module, int group, Set<Integer> interpreted, Supplier<ClassCollector> collectors) {
    return Compiler.builder(module)
        .withMaxFunctionsPerClass(group)
        .withInterpreterFallback(InterpreterFallback.FAIL)
        .withInterpretedFunctions(interpreted)
        .withClassCollectorFactory(collectors)
        .build();
  }

  private static CompiledPart part(
      Map<String, byte[]> classes,
      SortedSet<Integer> interpreted,
      DroppableSegments droppable,
      boolean deflates) {
    SortedMap<String, ClassBytes> kept = new TreeMap<>();
    int huge = 0;
    for (Map.Entry<String, byte[]> each : classes.entrySet()) {
      byte[] bytes =
          each.getKey().startsWith(GROUP_PREFIX)
              ? each.getValue()
              : LargeSwitches.split(each.getValue());
      kept.put(
          each.getKey().replace('/', '.'),
          deflates ? ClassBytes.deflated(bytes) : ClassBytes.plain(bytes));
      huge += MethodSizes.countHuge(bytes);
    }
    return new CompiledPart(kept, interpreted, huge, droppable, false);
  }

  /** Ends the work of the engine's compiler: all groups are there, or they do not fit. */
  private static final class EndOfGroups extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean isUnusual;

    EndOfGroups(boolean isUnusual) {
      super(null, null, false, false);
      this.isUnusual = isUnusual;
    }
  }

  /** Keeps the classes of some groups, and ends the work after the last. One thread's own. */
  private static final class GroupCollector implements ClassCollector {
    /** One that the compiler begins with, and one for the groups; more if it tries again. */
    private static final int USUAL_COLLECTORS = 2;

    private final Map<String, byte[]> classes = new TreeMap<>();
    private final int first;
    private final int last;
    private int collectors;

    GroupCollector(int first, int end) {
      this.first = first;
      this.last = (end - 1) / GROUP;
    }

    /** What the compiler is to collect its next classes with. */
    ClassCollector next() {
      collectors++;
      if (collectors > USUAL_COLLECTORS) {
        throw new EndOfGroups(true); // Groups of that size do not fit into a class.
      }
      return this;
    }

    @Override
    public void put(String name, byte[] bytes) {
      if (name.startsWith(GROUP_PREFIX)) {
        int group = Integer.parseInt(name.substring(GROUP_PREFIX.length()));
        if (group >= first) {
          classes.put(name, bytes);
        }
        if (group >= last) {
          throw new EndOfGroups(false);
        }
      } else if (name.startsWith(BRIDGE_PREFIX)) {
        throw new EndOfGroups(true);
      }
    }

    @Override
    public String mainClassName() {
      return Compiler.DEFAULT_CLASS_NAME;
    }

    @Override
    public void putMainClass(String name, byte[] bytes) {
      throw new EndOfGroups(true);
    }

    @Override
    public void putAll(ClassCollector other) {
      // It is this one.
    }

    @Override
    public Map<String, byte[]> classBytes() {
      return Map.of();
    }

    /** Asked for a class that every module has a copy of: a small one does, as it is not kept. */
    @Override
    public byte[] resolve(Class<?> ignored) {
      return new ByteClassCollector().resolve(ClassCollector.class);
    }
  }

  /** Keeps all but the groups. One thread's own. */
  private static final class FrameCollector implements ClassCollector {
    private final Map<String, byte[]> classes = new TreeMap<>();
    private boolean isUnusual;

    @Override
    public void put(String name, byte[] bytes) {
      isUnusual |= name.startsWith(BRIDGE_PREFIX);
      if (!name.startsWith(GROUP_PREFIX)) {
        classes.put(name, bytes);
      }
    }

    @Override
    public String mainClassName() {
      return Compiler.DEFAULT_CLASS_NAME;
    }

    @Override
    public void putMainClass(String name, byte[] bytes) {
      classes.put(name, bytes);
    }

    @Override
    public void putAll(ClassCollector other) {
      // It is this one.
    }

    @Override
    public Map<String, byte[]> classBytes() {
      return Collections.unmodifiableMap(classes);
    }

    @Override
    public byte[] resolve(Class<?> type) {
      return new ByteClassCollector().resolve(type);
    }
  }
}
