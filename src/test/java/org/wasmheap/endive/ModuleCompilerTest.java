package org.wasmheap.endive;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.testkit.ManyFunctions;
import org.wasmheap.testkit.ModuleBytes;
import org.wasmheap.testkit.RealRuntimes;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.internal.ByteClassCollector;
import run.endive.compiler.internal.Compiler;
import run.endive.compiler.internal.CompilerResult;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.FunctionType;

/**
 * Modules that are compiled part by part become what the engine makes of them in one, but for large
 * switches.
 */
@Timeout(120)
class ModuleCompilerTest {
  /** Enough code for several parts. */
  private static final int FUNCTIONS = 1_500;

  private static final int PADDING = 1_000;

  private static ModuleCompiler.Compiled compile(byte[] wasm) {
    return ModuleCompiler.compile(ModuleParts.of(ModuleCheck.steady(wasm, true)), false);
  }

  private static CompilerResult inOne(byte[] wasm, int group) {
    return Compiler.builder(Parser.parse(wasm))
        .withInterpreterFallback(InterpreterFallback.SILENT)
        .withMaxFunctionsPerClass(group)
        .withClassCollectorFactory(ByteClassCollector::new)
        .build()
        .compile();
  }

  private static void assertSameClasses(Map<String, byte[]> expected, CompiledModule compiled) {
    SortedMap<String, byte[]> byName = new TreeMap<>();
    expected.forEach(
        (name, bytes) -> byName.put(name.replace('/', '.'), LargeSwitches.split(bytes)));
    assertEquals(byName.keySet(), compiled.classes().keySet());
    byName.forEach(
        (name, bytes) ->
            assertArrayEquals(bytes, compiled.classes().get(name).bytes(), () -> "class " + name));
  }

  private static long sum(ModuleCompiler.Compiled code, int argument) {
    WasmModule skeleton = Parser.parse(code.module().skeleton().bytes());
    return Instance.builder(skeleton)
        .withImportValues(
            ImportValues.builder()
                .addFunction(
                    new ImportFunction(
                        "env", "given", FunctionType.empty(), (instance, arguments) -> new long[0]))
                .build())
        .withMachineFactory(code.classes().machines())
        .build()
        .export("f")
        .apply(argument)[0];
  }

  @Test
  void the_classes_of_many_parts_are_those_that_the_engine_makes_in_one() {
    // given
    byte[] wasm = ManyFunctions.module(FUNCTIONS, PADDING, Map.of());
    // when
    ModuleCompiler.Compiled code = compile(wasm);
    // then
    assertSameClasses(inOne(wasm, PartCompiler.GROUP).classBytes(), code.module());
    assertEquals(0, code.module().interpreted());
    assertEquals(ManyFunctions.sum(FUNCTIONS, 7), sum(code, 7));
  }

  @Test
  void functions_too_large_for_a_method_are_interpreted_and_no_others() {
    // given
    Map<Integer, Integer> padded = Map.of(3, 60_000, 700, 55_000, 701, 20_000, 1_499, 80_000);
    byte[] wasm = ManyFunctions.module(FUNCTIONS, PADDING, padded);
    // when
    ModuleCompiler.Compiled code = compile(wasm);
    // then
    CompilerResult engine = inOne(wasm, PartCompiler.GROUP);
    assertSameClasses(engine.classBytes(), code.module());
    assertEquals(engine.interpretedFunctions().size(), code.module().interpreted());
    assertEquals(3, code.module().interpreted());
    assertEquals(1, code.module().huge());
    assertEquals(ManyFunctions.sum(FUNCTIONS, -1), sum(code, -1));
  }

  @Test
  void very_many_functions_that_are_too_large_take_few_attempts() {
    // given a group full of them, the longest first
    Map<Integer, Integer> padded =
        IntStream.range(0, 10).boxed().collect(Collectors.toMap(i -> i, i -> 58_000 - 10 * i));
    byte[] wasm = ManyFunctions.module(255, 0, padded);
    // when
    ModuleCompiler.Compiled code = compile(wasm);
    // then
    assertEquals(10, code.module().interpreted());
    assertEquals(ManyFunctions.sum(255, 0), sum(code, 0));
  }

  @Test
  void what_is_compiled_whole_is_bound_by_attempts_too() {
    // given constants that do not fit, and many functions that are too large
    Map<Integer, Integer> padded =
        IntStream.range(0, 8).boxed().collect(Collectors.toMap(i -> i, i -> 52_000 - 10 * i));
    byte[] wasm = ManyFunctions.withConstants(250, 300, padded);
    // when
    ModuleCompiler.Compiled code = compile(wasm);
    // then
    assertEquals(8, code.module().interpreted());
    assertEquals(ManyFunctions.sum(250, 1), sum(code, 1));
  }

  @Test
  void groups_with_more_constants_than_a_class_may_have_are_left_to_the_engine() {
    // given 250 functions of 300 constants each that are no others' constants
    byte[] wasm = ManyFunctions.withConstants(250, 300, Map.of());
    // when
    ModuleCompiler.Compiled code = compile(wasm);
    // then
    assertSameClasses(inOne(wasm, 0).classBytes(), code.module());
    assertEquals(ManyFunctions.sum(250, 1), sum(code, 1));
  }

  @Test
  void a_real_runtime_is_compiled_as_the_engine_does_it() {
    // given
    byte[] stored = RuntimeCode.read(RealRuntimes.find(RealRuntimes.KUSAMA)).wasm();
    byte[] wasm = ModuleCheck.steady(stored, true).wasm();
    // when
    CompiledModule compiled = compile(wasm).module();
    // then
    assertSameClasses(inOne(wasm, PartCompiler.GROUP).classBytes(), compiled);
    assertEquals(1, compiled.interpreted());
  }

  @Test
  void an_invalid_function_is_refused_wherever_it_stands() {
    byte[] valid = ManyFunctions.module(FUNCTIONS, PADDING, Map.of());
    for (int function : new int[] {0, 255, 256, 800, FUNCTIONS - 1}) {
      // given: i32.add becomes drop, which leaves too much or too little
      byte[] wasm = ManyFunctions.invalid(valid, function);
      // when
      ModuleRefusedException refused =
          assertThrows(
              ModuleRefusedException.class,
              () -> ModuleLoader.load(wasm, ImmutableMap.of(), LoadOptions.DEFAULT));
      // then
      assertEquals(ModuleRefusedException.Reason.INVALID, refused.reason(), refused::getMessage);
    }
  }

  @Test
  void an_interrupted_load_ends_and_leaves_no_thread() throws Exception {
    // given
    byte[] wasm = ManyFunctions.module(FUNCTIONS, PADDING, Map.of());
    Thread.currentThread().interrupt();
    // when
    ModuleRefusedException refused =
        assertThrows(ModuleRefusedException.class, () -> compile(wasm));
    // then
    assertTrue(Thread.interrupted());
    assertEquals(ModuleRefusedException.Reason.INTERRUPTED, refused.reason());
    await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("wasmheap-compile")));
  }

  @Test
  void a_module_without_functions_of_its_own_has_a_machine() {
    // given
    byte[] wasm = ModuleBytes.module(ModuleBytes.MEMORY);
    // when
    ModuleCompiler.Compiled code = compile(wasm);
    // then
    assertEquals(0, code.module().functions());
    Instance instance =
        Instance.builder(Parser.parse(wasm)).withMachineFactory(code.classes().machines()).build();
    assertEquals(Compiler.DEFAULT_CLASS_NAME, instance.getMachine().getClass().getName());
  }
}
