package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.testkit.Guests;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

@Timeout(60)
class ModuleRefusalsTest {
  private static final HostFunction ADD =
      new HostFunction(
          "test",
          "add",
          FunctionType.of(List.of(ValType.I32, ValType.I64), List.of(ValType.I64)),
          (scope, arguments) -> arguments[0] + arguments[1]);

  private static final HostFunction ACT =
      new HostFunction(
          "test", "act", FunctionType.of(List.of(ValType.I32), List.of()), (scope, arguments) -> 0);

  private static ModuleRefusedException assertRefused(byte[] wasm, String reason) {
    // when
    ModuleRefusedException refusal =
        assertThrows(
            ModuleRefusedException.class,
            () ->
                EndiveModule.load(
                    wasm, EndiveModule.MemorySize::new, List.of(ADD, ACT), BlockLimit.ON_CHAIN));
    // then
    String message = refusal.getMessage();
    assertTrue(message.startsWith("module refused: "), message);
    assertTrue(message.contains(reason), message);
    assertFalse(refusal.isDeterministic());
    return refusal;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          refused_table_grow              | it grows a table, which the engine shares
          refused_tail_call               | it uses tail calls (RETURN_CALL)
          refused_tail_call_indirect      | it uses tail calls (RETURN_CALL_INDIRECT)
          refused_tail_call_ref           | it uses tail calls (RETURN_CALL_REF)
          refused_throw                   | it uses exception handling
          refused_throw_ref               | it uses exception handling (section code
          refused_try_table               | it uses exception handling (TRY_TABLE)
          refused_legacy_try              | it uses exception handling (opcode 0x6)
          refused_struct_new              | it uses garbage-collected objects (section type
          refused_externref_global        | it has a global that refers to an object
          refused_externref_table         | it has a table of references to objects
          refused_shared_memory           | its memory is shared between threads
          refused_atomic                  | it uses threads (I32_ATOMIC_LOAD)
          refused_no_memory               | it has 0 memories, must have one
          refused_two_memories            | it has 2 memories, must have one
          refused_imported_and_own_memory | it has 2 memories, must have one
          refused_two_imported_memories   | it imports more than one memory
          refused_memory64                | its memory has 64-bit addresses
          refused_v128                    | it uses SIMD (V128_CONST)
          refused_imported_global         | it imports the global env.base
          refused_imported_table          | it imports the table env.functions
          refused_imported_tag            | it imports the tag env.problem
          """)
  void what_cannot_be_put_back_or_provided_is_refused_with_its_reason(String name, String reason) {
    assertRefused(Guests.wasm(name), reason == null ? "" : reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          refused_no_heap_base       | it exports no global __heap_base
          refused_heap_base_function | it exports no global __heap_base
          refused_heap_base_at_the_end | its heap would begin at 4294967288
          refused_heap_base_i64      | its global __heap_base is of type I64, must be i32
          refused_heap_base_f32      | its global __heap_base is of type F32, must be i32
          refused_heap_base_f64      | its global __heap_base is of type F64, must be i32
          refused_heap_base_funcref  | its global __heap_base is of type
          refused_malloc_signature   | it imports env.ext_allocator_malloc_version_1 as
          refused_free_signature     | it imports env.ext_allocator_free_version_1 as
          refused_host_signature     | it imports test.add as
          """)
  void what_does_not_fit_the_host_is_refused_with_its_reason(String name, String reason) {
    assertRefused(Guests.wasm(name), reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"refused_start_malloc", "refused_start_host", "refused_start_grow"})
  void a_start_function_that_needs_a_call_is_refused(String name) {
    assertRefused(
        Guests.wasm(name), "its start function uses the allocator, a host function or memory.grow");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          refused_start_missing    | UNSUPPORTED | elsewhere.missing
          refused_start_trap       | INVALID     | unreachable
          refused_start_outside    | INVALID     | out of bounds memory access
          refused_start_high       | TOO_LARGE   | its start function writes so far up
          refused_data_high        | TOO_LARGE   | address where data ends, at most 134,217,728
          refused_start_recursion  | TOO_LARGE   | needs more stack than the thread has
          refused_data_outside     | INVALID     | out of bounds memory access
          refused_elements_outside | INVALID     | out of bounds table access
          """)
  void what_fails_to_instantiate_is_refused_with_its_reason(
      String name, ModuleRefusedException.Reason kind, String reason) {
    assertEquals(kind, assertRefused(Guests.wasm(name), reason).reason());
  }

  @Test
  void a_heap_base_that_can_change_is_an_i32_all_the_same() {
    assertNotNull(Guests.load("mutable_heap_base"));
  }

  @Test
  void bytes_that_are_no_module_are_refused() {
    assertRefused(new byte[0], "");
    assertRefused(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, "");
  }

  @Test
  void a_module_that_ends_early_is_refused_or_is_a_module_all_the_same() {
    byte[] whole = Guests.wasm("own_memory");
    for (int length = 0; length < whole.length; length++) {
      loadOrRefuse(Arrays.copyOf(whole, length));
    }
  }

  @Test
  void a_damaged_module_is_refused_or_is_a_module_all_the_same() {
    Random random = new Random(1);
    for (String name : List.of("own_memory", "imported_memory", "tables", "passive_segments")) {
      byte[] whole = Guests.wasm(name);
      for (int round = 0; round < 300; round++) {
        byte[] damaged = whole.clone();
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        loadOrRefuse(damaged);
      }
    }
  }

  /** Any other exception fails the test. */
  private static void loadOrRefuse(byte[] wasm) {
    try {
      EndiveModule.load(wasm, EndiveModule.MemorySize::new, List.of(), BlockLimit.ON_CHAIN);
    } catch (ModuleRefusedException expected) {
      assertFalse(expected.isDeterministic());
    }
  }
}
