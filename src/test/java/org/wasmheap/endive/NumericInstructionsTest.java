package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.ModuleBytes.EXPORTED_HEAP_BASE;
import static org.wasmheap.testkit.ModuleBytes.HEAP_BASE;
import static org.wasmheap.testkit.ModuleBytes.I64;
import static org.wasmheap.testkit.ModuleBytes.MEMORY;
import static org.wasmheap.testkit.ModuleBytes.body;
import static org.wasmheap.testkit.ModuleBytes.bytes;
import static org.wasmheap.testkit.ModuleBytes.join;
import static org.wasmheap.testkit.ModuleBytes.module;
import static org.wasmheap.testkit.ModuleBytes.name;
import static org.wasmheap.testkit.ModuleBytes.section;
import static org.wasmheap.testkit.ModuleBytes.vector;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.endive.ModuleRefusedException.Reason;
import org.wasmheap.testkit.ModuleBytes;
import org.wasmheap.testkit.WasmNumbers;
import run.endive.compiler.MachineFactoryCompiler;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.Instance;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.WasmModule;

/**
 * Each numeric instruction of the engine, compiled and interpreted, against Java's own arithmetic:
 * what is wrong is right after the code was rewritten.
 */
@Timeout(120)
class NumericInstructionsTest {
  private static final Set<String> KNOWN =
      Set.of("F32_COPYSIGN", "F32_CONVERT_I64_U", "F64_CONVERT_I64_U");

  private static byte[] wasm(int opcode) {
    int[] operands = WasmNumbers.operands(opcode);
    byte[] gets = new byte[0];
    for (int i = 0; i < operands.length; i++) {
      gets = join(gets, bytes(0x20, i));
    }
    int result = WasmNumbers.result(opcode);
    byte[] code = opcode > 0xFF ? bytes(0xFC, opcode & 0xFF) : bytes(opcode);
    return module(
        section(1, vector(join(bytes(0x60), vector(each(operands)), bytes(1, result)))),
        section(3, bytes(1, 0)),
        MEMORY,
        HEAP_BASE,
        section(7, vector(EXPORTED_HEAP_BASE, join(name("f"), bytes(0, 0)))),
        section(10, vector(body(bytes(0), gets, code))));
  }

  private static byte[][] each(int[] types) {
    byte[][] each = new byte[types.length][];
    for (int i = 0; i < types.length; i++) {
      each[i] = bytes(types[i]);
    }
    return each;
  }

  /** Whether an instruction can make a NaN of bits that nothing decides. */
  private static boolean isArithmetic(int opcode) {
    return (opcode >= 0x8D && opcode <= 0x97)
        || (opcode >= 0x9B && opcode <= 0xA5)
        || opcode == 0xB6
        || opcode == 0xBB;
  }

  private static boolean isRight(int opcode, long[] operands, @Nullable Long found) {
    Long expected = WasmNumbers.expected(opcode, operands);
    boolean same = WasmNumbers.isSame(opcode, expected, found);
    return same && (!isArithmetic(opcode) || WasmNumbers.isNumberOrCanonical(opcode, found));
  }

  /** Opcodes that give a wrong result, or trap where they must not, by their engine's names. */
  private static Set<String> wrong(boolean compiled) {
    Set<String> wrong = new TreeSet<>();
    for (int opcode : WasmNumbers.opcodes()) {
      ExportFunction function = function(wasm(opcode), compiled);
      for (long[] operands : WasmNumbers.inputs(opcode)) {
        Long expected = WasmNumbers.expected(opcode, operands);
        if (!WasmNumbers.isSame(opcode, expected, apply(function, operands))) {
          wrong.add(InstructionSet.name(opcode >> Byte.SIZE, opcode & 0xFF));
        }
      }
    }
    // Right from JDK 18 on; before, the JVM's interpreter keeps the sign of a NaN.
    wrong.remove("F32_ABS");
    return wrong;
  }

  /** The same of rewritten code, where a NaN that is not canonical is wrong, too. */
  private static Set<String> wrongWhenRewritten(boolean compiled) {
    Set<String> wrong = new TreeSet<>();
    for (int opcode : WasmNumbers.opcodes()) {
      ExportFunction function = function(ModuleCheck.steady(wasm(opcode), true).wasm(), compiled);
      for (long[] operands : WasmNumbers.inputs(opcode)) {
        if (!isRight(opcode, operands, apply(function, operands))) {
          wrong.add(InstructionSet.name(opcode >> Byte.SIZE, opcode & 0xFF));
        }
      }
    }
    return wrong;
  }

  private static ExportFunction function(byte[] wasm, boolean compiled) {
    WasmModule module = Parser.builder().build().parse(() -> new ByteArrayInputStream(wasm));
    Instance.Builder builder = Instance.builder(module);
    if (compiled) {
      builder.withMachineFactory(MachineFactoryCompiler.compile(module));
    }
    return builder.build().export("f");
  }

  private static @Nullable Long apply(ExportFunction function, long[] operands) {
    try {
      return function.apply(operands)[0];
    } catch (WasmEngineException e) {
      return null;
    }
  }

  @Test
  void only_what_is_known_is_computed_wrong_by_compiled_code() {
    assertEquals(KNOWN, wrong(true));
  }

  @Test
  void only_what_is_known_is_computed_wrong_by_the_interpreter() {
    assertEquals(KNOWN, wrong(false));
  }

  @Test
  void rewritten_code_computes_nothing_wrong_and_makes_no_nan_but_the_canonical_one() {
    assertEquals(Set.of(), wrongWhenRewritten(true));
    assertEquals(Set.of(), wrongWhenRewritten(false));
  }

  @Test
  void only_code_with_what_is_wrong_or_arithmetic_is_rewritten() {
    for (int opcode : WasmNumbers.opcodes()) {
      byte[] wasm = wasm(opcode);
      boolean kept = ModuleCheck.steady(wasm, true).wasm() == wasm;
      boolean known = opcode == 0x8B || opcode == 0x98 || opcode == 0xB5 || opcode == 0xBA;
      assertEquals(!known && !isArithmetic(opcode), kept, () -> Integer.toHexString(opcode));
    }
  }

  @Test
  void an_index_of_a_block_type_that_the_engine_misreads_is_refused_and_no_other() {
    List<Integer> refused = new ArrayList<>();
    for (int index = 0; index < 130; index++) {
      byte[] wasm = withBlockType(index);
      try {
        load(wasm);
      } catch (ModuleRefusedException e) {
        assertEquals(Reason.UNSUPPORTED, e.reason(), e.getMessage());
        assertTrue(e.getMessage().contains("the type with index " + index + ","), e.getMessage());
        refused.add(index);
      }
    }
    assertEquals(
        List.of(
            64, 99, 100, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 123, 124, 125, 126,
            127),
        refused);
  }

  /** 130 types {@code (i64) -> (i64, i64)}, which no short form of a block's type has. */
  private static byte[] withBlockType(int index) {
    return module(
        section(1, ModuleBytes.vectorOf(130, bytes(0x60, 1, I64, 2, I64, I64))),
        section(3, bytes(1, 0)),
        MEMORY,
        HEAP_BASE,
        section(7, vector(EXPORTED_HEAP_BASE, join(name("f"), bytes(0, 0)))),
        section(
            10,
            vector(
                body(
                    bytes(0),
                    bytes(0x20, 0, 0x02),
                    ModuleBytes.signed(index),
                    bytes(0x42, 7, 0x0B)))));
  }

  @Test
  void floating_point_arithmetic_is_refused_where_the_options_say_so_and_nothing_else_is() {
    for (int opcode : WasmNumbers.opcodes()) {
      if (isArithmetic(opcode)) {
        assertTrue(
            assertThrows(
                    ModuleRefusedException.class, () -> ModuleCheck.steady(wasm(opcode), false))
                .getMessage()
                .contains("it computes with floating-point numbers"));
      } else {
        ModuleCheck.check(wasm(opcode), false);
      }
    }
  }

  private static void load(byte[] wasm) {
    EndiveModule.load(wasm, MemorySize::new, List.of(), BlockLimit.ON_CHAIN);
  }
}
