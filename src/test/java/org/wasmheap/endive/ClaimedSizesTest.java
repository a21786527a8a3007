package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.wasmheap.testkit.ModuleBytes.EXPORT;
import static org.wasmheap.testkit.ModuleBytes.HEAP_BASE;
import static org.wasmheap.testkit.ModuleBytes.I32;
import static org.wasmheap.testkit.ModuleBytes.I64;
import static org.wasmheap.testkit.ModuleBytes.MEMORY;
import static org.wasmheap.testkit.ModuleBytes.body;
import static org.wasmheap.testkit.ModuleBytes.bytes;
import static org.wasmheap.testkit.ModuleBytes.join;
import static org.wasmheap.testkit.ModuleBytes.module;
import static org.wasmheap.testkit.ModuleBytes.name;
import static org.wasmheap.testkit.ModuleBytes.section;
import static org.wasmheap.testkit.ModuleBytes.sized;
import static org.wasmheap.testkit.ModuleBytes.times;
import static org.wasmheap.testkit.ModuleBytes.u32;
import static org.wasmheap.testkit.ModuleBytes.vector;
import static org.wasmheap.testkit.ModuleBytes.vectorOf;
import static org.wasmheap.testkit.ModuleBytes.withFunction;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.endive.ModuleRefusedException.Reason;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;

/** A few bytes that claim a lot cost nothing but a refusal. */
@Timeout(60)
class ClaimedSizesTest {
  private static final byte[] MANY = u32(0x7FFF_FFFF);
  private static final byte[] NO_LOCALS = bytes(0);
  private static final byte[] TYPE = section(1, bytes(1, 0x60, 0, 0));

  static Stream<Arguments> claims() {
    return Stream.of(
        arguments("parameters", module(section(1, bytes(1, 0x60), MANY, bytes(I32)))),
        arguments("results", module(section(1, bytes(1, 0x60, 0), MANY, bytes(I32)))),
        arguments("types", module(section(1, MANY, bytes(0x60, 0, 0)))),
        arguments("imports", module(section(2, MANY, bytes(0)))),
        arguments("functions", module(TYPE, section(3, MANY, bytes(0)))),
        arguments("tables", module(section(4, MANY, bytes(0x70, 0, 0)))),
        arguments("memories", module(section(5, MANY, bytes(0, 1)))),
        arguments("globals", module(section(6, MANY))),
        arguments("exports", module(section(7, MANY))),
        arguments("element segments", module(section(9, MANY))),
        arguments(
            "entries of an element segment",
            module(section(9, bytes(1, 0, 0x41, 0, 0x0B), MANY, bytes(0)))),
        arguments("bodies", module(TYPE, section(10, MANY))),
        arguments("bytes of a function's body", module(TYPE, section(10, bytes(1), MANY))),
        arguments(
            "groups of locals",
            module(TYPE, section(3, bytes(1, 0)), section(10, bytes(1), sized(MANY)))),
        arguments("targets of a br_table", withFunction(NO_LOCALS, bytes(0x41, 0, 0x0E), MANY)),
        arguments("types of a select", withFunction(NO_LOCALS, bytes(0x1C), MANY)),
        arguments("data segments", module(section(11, MANY))),
        arguments("bytes of data", module(section(11, bytes(1, 0, 0x41, 0, 0x0B), MANY))),
        arguments("bytes of data", module(section(11, bytes(1, 1), MANY))),
        arguments("bytes of a name", module(section(2, bytes(1), MANY))),
        arguments("bytes of a name", module(section(7, bytes(1), MANY))),
        arguments("bytes of a name", module(section(0, MANY))),
        arguments("bytes of a section", join(module(), bytes(1), MANY)),
        arguments("tags", module(section(13, MANY))));
  }

  @ParameterizedTest
  @MethodSource("claims")
  void a_count_beyond_the_bytes_that_are_left_is_malformed(String what, byte[] wasm) {
    // when
    ModuleRefusedException refusal = assertRefused(wasm);
    // then
    assertEquals(Reason.INVALID, refusal.reason(), refusal.getMessage());
    assertTrue(
        refusal.getMessage().contains("2147483647 " + what + " are claimed"), refusal.getMessage());
    assertTrue(
        refusal.getMessage().matches(".* \\(section [a-z ]+, byte \\d+\\)"), refusal.getMessage());
  }

  static Stream<Arguments> excesses() {
    return Stream.concat(excessesOutsideCode(), excessesInCode());
  }

  private static Stream<Arguments> excessesOutsideCode() {
    byte[] function = section(3, bytes(1, 0));
    return Stream.of(
        arguments(ModuleLimit.TYPES, module(section(1, vectorOf(2_001, bytes(0x60, 0, 0))))),
        arguments(
            ModuleLimit.PARAMETERS,
            module(section(1, bytes(1, 0x60), vectorOf(251, bytes(I32)), bytes(0)))),
        arguments(
            ModuleLimit.RESULTS, module(section(1, bytes(1, 0x60, 0), vectorOf(33, bytes(I32))))),
        arguments(
            ModuleLimit.IMPORTS,
            module(TYPE, section(2, vectorOf(1_001, join(name("a"), name("b"), bytes(0, 0)))))),
        arguments(ModuleLimit.FUNCTIONS, module(TYPE, section(3, vectorOf(70_001, bytes(0))))),
        arguments(ModuleLimit.TABLES, module(section(4, vectorOf(101, bytes(0x70, 0, 0))))),
        arguments(
            ModuleLimit.TABLE_ENTRIES,
            module(section(4, vectorOf(50, join(bytes(0x70, 0), u32(10_000_000)))))),
        arguments(
            ModuleLimit.GLOBALS,
            module(section(6, vectorOf(10_001, bytes(I32, 0, 0x41, 0, 0x0B))))),
        arguments(
            ModuleLimit.EXPORTS,
            module(TYPE, function, section(7, vectorOf(2_001, join(name("f"), bytes(0, 0)))))),
        arguments(
            ModuleLimit.NAME_BYTES,
            module(section(7, vector(join(name("f".repeat(10_001)), bytes(0, 0)))))),
        arguments(
            ModuleLimit.ELEMENT_SEGMENTS,
            module(section(9, vectorOf(10_001, bytes(0, 0x41, 0, 0x0B, 0))))),
        arguments(
            ModuleLimit.ELEMENT_ENTRIES,
            module(
                section(
                    9, vectorOf(3, join(bytes(0, 0x41, 0, 0x0B), vectorOf(99_999, bytes(0))))))),
        arguments(ModuleLimit.DATA_SEGMENTS, module(section(11, vectorOf(10_001, bytes(1, 0))))),
        arguments(
            ModuleLimit.DATA_BYTES,
            module(section(11, vectorOf(2, join(bytes(1), sized(new byte[60 << 20])))))),
        arguments(
            ModuleLimit.DATA_END,
            module(section(11, vector(join(bytes(0, 0x41), u32(0x4800_0000), bytes(0x0B, 1, 7)))))),
        arguments(ModuleLimit.CUSTOM_SECTIONS, module(times(1_001, section(0, name("note"))))));
  }

  private static Stream<Arguments> excessesInCode() {
    return Stream.of(
        arguments(ModuleLimit.BODY_BYTES, withFunction(NO_LOCALS, times((1 << 20) + 1, bytes(1)))),
        arguments(ModuleLimit.LOCALS, withFunction(join(bytes(1), u32(0xFFFF_FFFFL), bytes(I64)))),
        arguments(
            ModuleLimit.LOCALS,
            withFunction(join(bytes(2), u32(2_000), bytes(I64), u32(1), bytes(I32)))),
        arguments(
            ModuleLimit.LOCALS_IN_ALL,
            module(
                TYPE,
                section(3, vectorOf(251, bytes(0))),
                section(10, vectorOf(251, body(join(bytes(1), u32(2_000), bytes(I64))))))),
        arguments(
            ModuleLimit.NESTING,
            withFunction(NO_LOCALS, times(4_001, bytes(2, 0x40)), times(4_001, bytes(0x0B)))),
        arguments(
            ModuleLimit.STACK,
            withFunction(NO_LOCALS, times(1_001, bytes(0x41, 0)), times(1_001, bytes(0x1A)))),
        arguments(
            ModuleLimit.STACK_MAPS,
            withFunction(
                NO_LOCALS,
                times(990, bytes(0x41, 0)),
                times(1_000, bytes(2, 0x40, 0x41, 0, 0x0D, 0, 0x0B)),
                times(990, bytes(0x1A)))),
        arguments(
            ModuleLimit.STACK_MAPS,
            withFunction(
                join(bytes(1), u32(2_000), bytes(I64)), times(1_000, bytes(2, 0x40, 0x0B)))),
        arguments(
            ModuleLimit.BRANCH_TARGETS,
            withFunction(NO_LOCALS, bytes(0x41, 0, 0x0E), vectorOf(10_001, bytes(0)), bytes(0))));
  }

  @ParameterizedTest
  @MethodSource("excesses")
  void more_than_a_limit_is_too_large(ModuleLimit limit, byte[] wasm) {
    // when
    ModuleRefusedException refusal = assertRefused(wasm);
    // then
    assertEquals(Reason.TOO_LARGE, refusal.reason(), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(" " + limit.label() + ", "), refusal.getMessage());
  }

  @Test
  void a_large_table_and_much_data_are_admitted() {
    // given
    byte[] table = section(4, bytes(1, 0x70, 0), u32(1_000_000));
    byte[] memory = section(5, bytes(1, 0), u32(2_048));
    byte[] data =
        section(
            11,
            vector(join(bytes(0, 0x41), u32(0x0200_0000), bytes(0x0B), sized(new byte[64 << 20]))));
    // when
    byte[] wasm = module(table, memory, HEAP_BASE, EXPORT, data);
    // then
    assertNotNull(load(wasm));
  }

  @Test
  void names_of_functions_are_not_looked_at_whatever_they_claim() {
    // given
    byte[] names = section(0, name("name"), bytes(1, 5), MANY);
    // when
    EndiveModule loaded = load(module(MEMORY, HEAP_BASE, EXPORT, names));
    // then
    assertNotNull(loaded);
  }

  @Test
  void numbers_and_names_that_the_format_forbids_are_malformed() {
    for (byte[] wasm :
        List.of(
            module(section(1, bytes(0xFF, 0xFF, 0xFF, 0xFF, 0x1F))),
            module(section(1, bytes(0x80, 0x80, 0x80, 0x80, 0x80, 0))),
            module(section(7, vector(join(bytes(2, 0xC0, 0x80), bytes(0, 0))))),
            module(section(0, bytes(1, 0xFF))),
            module(TYPE, TYPE),
            module(MEMORY, TYPE),
            withFunction(NO_LOCALS, bytes(0x41, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F, 0x1A)),
            withFunction(NO_LOCALS, bytes(0x02, 0xC0, 0x7F, 0x0B)),
            withFunction(NO_LOCALS, bytes(0x0B)),
            withFunction(NO_LOCALS, bytes(0xFC, 0x80, 0x02)))) {
      ModuleRefusedException refusal = assertRefused(wasm);
      assertEquals(Reason.INVALID, refusal.reason(), refusal.getMessage());
    }
  }

  /** What may become of a module: bits flipped, bytes replaced by extremes, parts cut out. */
  private static byte[] damaged(Draws draws, byte[] whole) {
    byte[] bytes = whole.clone();
    List<Integer> edges = new ArrayList<>(List.of(0, 1, 0x40, 0x7F, 0x80, 0xFF, 0xFC, 0xFD));
    for (int i = draws.between(1, 6); i > 0; i--) {
      int at = draws.between(8, bytes.length - 1);
      bytes[at] =
          draws.coin()
              ? (byte) (bytes[at] ^ 1 << draws.between(0, 7))
              : edges.get(draws.between(0, edges.size() - 1)).byteValue();
    }
    return draws.oneIn(10) ? Arrays.copyOf(bytes, draws.between(0, bytes.length)) : bytes;
  }

  @Test
  void a_damaged_runtime_is_refused_or_is_a_module_all_the_same() {
    byte[] sample = RuntimeCode.sample().wasm();
    Property.assertHolds(
        2_000,
        Inputs.of(draws -> damaged(draws, sample), wasm -> Stream.empty()),
        wasm -> {
          try {
            ModuleCheck.check(wasm, true);
          } catch (ModuleRefusedException expected) {
            assertTrue(expected.getMessage().startsWith("module refused: "));
          }
        });
    Property.assertHolds(
        40,
        Inputs.of(draws -> damaged(draws, sample), wasm -> Stream.empty()),
        wasm -> {
          try {
            load(wasm);
          } catch (ModuleRefusedException expected) {
            assertTrue(expected.getMessage().startsWith("module refused: "));
          }
        });
  }

  private static ModuleRefusedException assertRefused(byte[] wasm) {
    return assertThrows(ModuleRefusedException.class, () -> load(wasm));
  }

  private static EndiveModule load(byte[] wasm) {
    return EndiveModule.load(wasm, MemorySize::new, List.of(), BlockLimit.ON_CHAIN);
  }
}
