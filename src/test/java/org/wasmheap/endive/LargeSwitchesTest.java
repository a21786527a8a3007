package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.ModuleBytes.F32;
import static org.wasmheap.testkit.ModuleBytes.F64;
import static org.wasmheap.testkit.ModuleBytes.I32;
import static org.wasmheap.testkit.ModuleBytes.I64;
import static org.wasmheap.testkit.ModuleBytes.body;
import static org.wasmheap.testkit.ModuleBytes.bytes;
import static org.wasmheap.testkit.ModuleBytes.join;
import static org.wasmheap.testkit.ModuleBytes.name;
import static org.wasmheap.testkit.ModuleBytes.section;
import static org.wasmheap.testkit.ModuleBytes.signed;
import static org.wasmheap.testkit.ModuleBytes.times;
import static org.wasmheap.testkit.ModuleBytes.u32;
import static org.wasmheap.testkit.ModuleBytes.vector;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.CodeSizeEvaluator;
import org.wasmheap.testkit.ModuleBytes;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.internal.ByteClassCollector;
import run.endive.compiler.internal.Compiler;
import run.endive.runtime.Instance;
import run.endive.wasm.Parser;

/**
 * However many functions an indirect call may reach, HotSpot can compile what leads to them. Up to
 * 1,024 functions of a type the engine has one switch, from there on one for each 4,096 functions.
 */
@Timeout(120)
class LargeSwitchesTest {
  /** Of a class. */
  private static final int MOST_CONSTANTS = 65_535;

  private static final int FILLING_METHODS = 10;
  private static final int FUNCREF = 0x70;
  private static final int EXTERNREF = 0x6F;

  /** What the functions of a table are given and give, and how {@code f} makes an i32 of it. */
  private static final class Shape {
    private final byte[] type;
    private final byte[] arguments;
    private final IntFunction<byte[]> body;
    private final byte[] outcome;

    Shape(byte[] type, byte[] arguments, IntFunction<byte[]> body, byte[] outcome) {
      this.type = type;
      this.arguments = arguments;
      this.body = body;
      this.outcome = outcome;
    }
  }

  private static Shape shape(String parameters) {
    return switch (parameters) {
      case "one" ->
          new Shape(
              bytes(0x60, 1, I32, 1, I32),
              bytes(0x20, 1),
              number -> join(bytes(0x20, 0, 0x41), signed(number), bytes(0x6A)),
              bytes());
      case "all" ->
          new Shape(
              bytes(0x60, 4, I32, F64, F32, I64, 1, I64),
              join(
                  bytes(0x20, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x43, 0, 0, 0, 0),
                  bytes(0x20, 1, 0xAD)),
              number -> join(bytes(0x20, 3, 0x42), signed(number), bytes(0x7C)),
              bytes(0xA7));
      case "60", "122", "130" -> ofMany(Integer.parseInt(parameters));
      case "references" ->
          new Shape(
              bytes(0x60, 3, FUNCREF, I64, EXTERNREF, 1, I64),
              join(bytes(0xD0, FUNCREF, 0x20, 1, 0xAD), bytes(0xD0, EXTERNREF)),
              number -> join(bytes(0x20, 1, 0x42), signed(number), bytes(0x7C)),
              bytes(0xA7));
      case "none" ->
          new Shape(
              bytes(0x60, 0, 0),
              bytes(),
              number -> join(bytes(0x41), signed(number), bytes(0x24, 0)),
              bytes(0x20, 1, 0x23, 0, 0x6A));
      default -> throw new IllegalArgumentException(parameters);
    };
  }

  /** As many parameters, of which the last one counts. */
  private static Shape ofMany(int parameters) {
    return new Shape(
        join(bytes(0x60), u32(parameters), times(parameters, bytes(I32)), bytes(1, I32)),
        times(parameters, bytes(0x20, 1)),
        number -> join(bytes(0x20), u32(parameters - 1), bytes(0x41), signed(number), bytes(0x6A)),
        bytes());
  }

  /**
   * {@code f(n, x)} calls number n of a table, which gives x + n; behind {@code count} of these are
   * a function of another type, and an empty place.
   */
  private static byte[] module(int count, Shape shape) {
    return module(0, count, shape);
  }

  /** The same, behind so many functions of another type, which are in no table. */
  private static byte[] module(int before, int count, Shape shape) {
    byte[][] types = new byte[before + count + 2][];
    byte[][] bodies = new byte[before + count + 2][];
    byte[][] entries = new byte[count + 1][];
    for (int i = 0; i < before + count + 1; i++) {
      types[i] = bytes(1);
      bodies[i] = body(bytes(0), bytes(0x41, 0));
    }
    for (int i = 0; i < count; i++) {
      types[before + i] = bytes(0);
      bodies[before + i] = body(bytes(0), shape.body.apply(i));
    }
    for (int i = 0; i < entries.length; i++) {
      entries[i] = u32(before + i);
    }
    types[before + count + 1] = bytes(2);
    bodies[before + count + 1] =
        body(bytes(0), shape.arguments, bytes(0x20, 0, 0x11, 0, 0), shape.outcome);
    return ModuleBytes.module(
        section(
            1,
            vector(shape.type, bytes(0x60, 2, F32, F32, 1, I32), bytes(0x60, 2, I32, I32, 1, I32))),
        section(3, vector(types)),
        section(4, vector(join(bytes(0x70, 0), u32(count + 2)))),
        ModuleBytes.MEMORY,
        section(6, bytes(1, I32, 1, 0x41, 0, 0x0B)),
        section(7, vector(join(name("f"), bytes(0), u32(before + count + 1)))),
        section(9, vector(join(bytes(0, 0x41, 0, 0x0B), vector(entries)))),
        section(10, vector(bodies)));
  }

  private static Map<String, byte[]> engines(byte[] wasm) {
    return Compiler.builder(Parser.parse(wasm))
        .withInterpreterFallback(InterpreterFallback.FAIL)
        .withMaxFunctionsPerClass(PartCompiler.GROUP)
        .withClassCollectorFactory(ByteClassCollector::new)
        .build()
        .compile()
        .classBytes();
  }

  private static ModuleCompiler.Compiled compile(byte[] wasm) {
    return ModuleCompiler.compile(ModuleParts.of(ModuleCheck.steady(wasm, true)), false);
  }

  private static Instance instance(byte[] wasm, ModuleCompiler.Compiled code) {
    return Instance.builder(Parser.parse(wasm))
        .withMachineFactory(code.classes().machines())
        .build();
  }

  private static int largestMethod(byte[] classFile) {
    int[] largest = {0};
    new ClassReader(classFile)
        .accept(
            new ClassVisitor(Opcodes.ASM9) {
              @Override
              public MethodVisitor visitMethod(
                  int access, String name, String type, String generic, String[] exceptions) {
                return new CodeSizeEvaluator(Opcodes.ASM9, null) {
                  @Override
                  public void visitEnd() {
                    largest[0] = Math.max(largest[0], getMaxSize());
                  }
                };
              }
            },
            ClassReader.SKIP_FRAMES);
    return largest[0];
  }

  @ParameterizedTest
  @CsvSource({
    "561, one",
    "1024, one",
    "1025, one",
    "5500, one",
    "600, all",
    "1500, all",
    "600, references",
    "1500, references",
    "561, 60",
    "1024, 60",
    "1025, 60",
    "561, 122",
    "1024, 122",
    "1025, 122",
    "561, 130",
    "1024, 130",
    "1025, 130",
    "600, none",
    "1500, none"
  })
  void each_function_is_reached_through_methods_that_hotspot_compiles(
      int count, String parameters) {
    // given
    byte[] wasm = module(count, shape(parameters));
    // when
    ModuleCompiler.Compiled code = compile(wasm);
    // then
    var f = instance(wasm, code).export("f");
    for (int i = 0; i < count; i++) {
      assertEquals(i + 7, (int) f.apply(i, 7)[0], "function " + i);
    }
    code.module()
        .classes()
        .forEach(
            (name, bytes) ->
                assertTrue(largestMethod(bytes.bytes()) <= MethodSizes.HUGE, () -> name));
  }

  @Test
  void a_switch_may_have_no_case_at_all() {
    // given: the first 4,096 functions, which have a switch of their own, are of another type
    byte[] wasm = module(4_200, 1_100, shape("all"));
    // when
    var f = instance(wasm, compile(wasm)).export("f");
    // then
    assertEquals(7, (int) f.apply(0, 7)[0]);
    assertEquals(1_099 + 7, (int) f.apply(1_099, 7)[0]);
    assertThrows(RuntimeException.class, () -> f.apply(1_100, 7));
  }

  /** The engine's own classes are not verified where 64-bit parameters come before others. */
  @ParameterizedTest
  @CsvSource({"1024, one", "1025, one", "1024, all", "1024, none", "1025, none"})
  void what_no_case_is_for_ends_as_before(int count, String parameters) {
    // given: the engine's own classes, and what is made of them
    byte[] wasm = module(count, shape(parameters));
    var ours = instance(wasm, compile(wasm)).export("f");
    var engines =
        Instance.builder(Parser.parse(wasm))
            .withMachineFactory(engineClasses(wasm).machines())
            .build()
            .export("f");
    // when: a function of another type, an empty place, and none
    for (int number : new int[] {count, count + 1, count + 2, -1}) {
      RuntimeException expected =
          assertThrows(RuntimeException.class, () -> engines.apply(number, 0));
      RuntimeException found = assertThrows(RuntimeException.class, () -> ours.apply(number, 0));
      // then
      assertEquals(expected.getClass(), found.getClass());
      assertEquals(expected.getMessage(), found.getMessage());
    }
  }

  private static GuestClasses engineClasses(byte[] wasm) {
    Map<String, ClassBytes> named = new HashMap<>();
    engines(wasm)
        .forEach((name, bytes) -> named.put(name.replace('/', '.'), ClassBytes.plain(bytes)));
    return new GuestClasses(named);
  }

  @Test
  void a_class_whose_switches_fit_stays_as_it_is() {
    // given
    Map<String, byte[]> classes = engines(module(LargeSwitches.MOST_CASES, shape("one")));
    // when
    classes.forEach((name, bytes) -> assertTrue(bytes == LargeSwitches.split(bytes), name));
    // then the largest of them does fit
    int largest = classes.values().stream().mapToInt(each -> largestMethod(each)).max().orElse(0);
    assertTrue(largest <= MethodSizes.HUGE, () -> largest + " bytes");
  }

  @Test
  void one_more_function_is_one_too_many() {
    Map<String, byte[]> classes = engines(module(LargeSwitches.MOST_CASES + 1, shape("one")));

    assertNotEquals(
        0L, classes.values().stream().filter(bytes -> LargeSwitches.split(bytes) != bytes).count());
  }

  @Test
  void a_class_without_room_for_more_names_stays_as_it_is() {
    // given: a class of the engine's with as many constants as fit
    byte[] wasm = module(LargeSwitches.MOST_CASES + 1, shape("one"));
    byte[] large =
        engines(wasm).values().stream()
            .filter(bytes -> LargeSwitches.split(bytes) != bytes)
            .findFirst()
            .orElseThrow();
    byte[] full = withConstants(large, MOST_CONSTANTS - 3);
    // when
    byte[] found = LargeSwitches.split(full);
    // then
    assertTrue(found == full, "it was not left");
    byte[] roomy = withConstants(large, MOST_CONSTANTS - 100);
    assertTrue(LargeSwitches.split(roomy) != roomy, "it would have fitted");
  }

  /** The class with so many constants, by methods that load them. */
  private static byte[] withConstants(byte[] classFile, int constants) {
    ClassReader reader = new ClassReader(classFile);
    ClassWriter writer = new ClassWriter(reader, 0);
    reader.accept(writer, 0);
    int next = 1_000_000;
    int missing = constants - reader.getItemCount() - FILLING_METHODS;
    for (int i = 0; i < FILLING_METHODS; i++) {
      MethodVisitor method =
          writer.visitMethod(Opcodes.ACC_STATIC, "filling_" + i, "()V", null, null);
      for (int j = i; j < missing; j += FILLING_METHODS) {
        method.visitLdcInsn(next++);
        method.visitInsn(Opcodes.POP);
      }
      method.visitInsn(Opcodes.RETURN);
      method.visitMaxs(1, 0);
      method.visitEnd();
    }
    return writer.toByteArray();
  }

  @Test
  void a_large_switch_that_calls_nothing_stays_as_it_is() {
    // given
    ClassWriter type = new ClassWriter(0);
    type.visit(Opcodes.V11, Opcodes.ACC_PUBLIC, "a/Other", null, "java/lang/Object", null);
    MethodVisitor method = type.visitMethod(Opcodes.ACC_STATIC, "apply", "(I)I", null, null);
    int[] keys = new int[2_000];
    Label[] labels = new Label[keys.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = i;
      labels[i] = new Label();
    }
    Label otherwise = new Label();
    method.visitVarInsn(Opcodes.ILOAD, 0);
    method.visitLookupSwitchInsn(otherwise, keys, labels);
    for (Label each : labels) {
      method.visitLabel(each);
      method.visitInsn(Opcodes.ICONST_1);
      method.visitInsn(Opcodes.IRETURN);
    }
    method.visitLabel(otherwise);
    method.visitInsn(Opcodes.ICONST_0);
    method.visitInsn(Opcodes.IRETURN);
    method.visitMaxs(1, 1);
    type.visitEnd();
    byte[] bytes = type.toByteArray();
    // when
    byte[] found = LargeSwitches.split(bytes);
    // then
    assertTrue(bytes == found, "it was changed");
  }
}
