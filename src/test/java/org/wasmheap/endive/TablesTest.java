package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import run.endive.compiler.MachineFactoryCompiler;
import run.endive.runtime.Instance;
import run.endive.runtime.InterpreterMachine;
import run.endive.runtime.TrapException;
import run.endive.runtime.WasmInterruptedException;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.TableLimits;
import run.endive.wasm.types.ValType;

/** Tables cost what is written to them; {@link TrapsTest} and PristineStateTest have the rest. */
@Timeout(60)
class TablesTest {
  private static final int NULL = -1;
  private static final FlatMemory MEMORY = new FlatMemory(1, 1);

  private static Table table(int entries) {
    return new Table(ValType.FuncRef, new TableLimits(entries, entries));
  }

  private static GuestTable opened(int entries) {
    GuestTable table = new GuestTable(table(entries), NULL, bytes -> {});
    table.seal();
    return table;
  }

  /** An instance of the guest with a table of a million entries, and nothing of the pool. */
  private static Instance large(GuestTables tables) {
    WasmModule module = Parser.parse(Guests.wasm("large_table"));
    Instance instance =
        Instance.builder(module)
            .withTableFactory(tables)
            .withMachineFactory(MachineFactoryCompiler.builder(module).compile())
            .build();
    tables.open();
    return instance;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          set  | 500000                | 1
          set  | 999999                | 1
          fill | 1023, 2               | 2
          fill | 0, 10240              | 10
          copy | 5, 999998, 2          | 1
          init | 2047                  | 2
          drop |                       | 0
          at   | 999999                | 0
          """)
  void a_reset_puts_back_what_the_call_wrote_to_and_no_more(
      String export, String arguments, int chunks) {
    // given
    GuestTables tables = new GuestTables(MEMORY, null, true);
    Instance instance = large(tables);
    long[] values =
        arguments == null
            ? new long[0]
            : Arrays.stream(arguments.split(", ")).mapToLong(Long::parseLong).toArray();
    for (int round = 0; round < 2; round++) {
      // when
      instance.export(export).apply(values);
      // then
      long entries = tables.restore();
      assertTrue(entries <= (long) chunks * GuestTable.CHUNK, entries + " entries");
      assertEquals(chunks == 0, entries == 0);
      assertEquals(0, tables.restore());
      assertNull(tables.difference());
      assertEquals(2, instance.export("at").apply(999_999)[0]);
      assertEquals(0, instance.export("at").apply(0)[0]);
    }
  }

  @Test
  void instances_share_what_none_of_them_has_written_to() {
    // given
    GuestTables first = new GuestTables(MEMORY, null, true);
    large(first);
    GuestTables later = new GuestTables(MEMORY, first.sealed(), false);
    Instance instance = large(later);
    assertSame(first.sealed().get(0), later.sealed().get(0));
    // when
    instance.export("set").apply(5);
    // then
    assertEquals(2, instance.export("at").apply(5)[0]);
    assertEquals(NULL, first.sealed().get(0)[0][5]);
    assertEquals(GuestTable.CHUNK, later.restore());
  }

  @Test
  void equal_chunks_of_a_new_table_are_one() {
    GuestTable table = opened(10 * GuestTable.CHUNK + 1);
    assertSame(table.sealed()[0], table.sealed()[9]);
    assertEquals(1, table.sealed()[10].length);
  }

  @Test
  void what_was_not_put_back_is_found() {
    GuestTable table = opened(3000);
    table.setRef(2999, 7, null);
    assertEquals("table entry 2999 is 7, was -1", table.difference());
    table.restore();
    assertNull(table.difference());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE, 3, Integer.MAX_VALUE})
  void an_index_outside_is_a_trap_whoever_asks(int index) {
    GuestTable table = opened(3);
    assertThrows(TrapException.class, () -> table.ref(index));
    assertThrows(TrapException.class, () -> table.requiredRef(index));
    assertThrows(TrapException.class, () -> table.instance(index));
    assertThrows(TrapException.class, () -> table.setRef(index, 1, null));
  }

  @Test
  void a_table_without_entries_has_none() {
    GuestTable table = opened(0);
    assertEquals(0, table.size());
    assertThrows(TrapException.class, () -> table.ref(0));
    assertEquals(0, table.restore());
    assertNull(table.difference());
  }

  @Test
  void a_long_instruction_looks_for_an_interrupt_as_it_goes() {
    // given
    GuestTable table = new GuestTable(table(200_000), NULL, bytes -> {});
    boolean interrupted;
    // when
    Thread.currentThread().interrupt();
    try {
      assertThrows(WasmInterruptedException.class, () -> fill(table));
    } finally {
      interrupted = Thread.interrupted();
    }
    // then the flag stays, as the engine's own looks leave it
    assertTrue(interrupted);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fill", "copy", "copy_up", "fill_a_line"})
  void a_call_that_is_interrupted_before_a_long_instruction_does_not_run_to_its_end(String export)
      throws Exception {
    // given
    AtomicBoolean interrupt = new AtomicBoolean(true);
    HostFunction act =
        new HostFunction(
            "test",
            "act",
            FunctionType.of(List.of(), List.of()),
            (scope, arguments) -> {
              if (interrupt.get()) {
                Thread.currentThread().interrupt();
              }
              return 0;
            });
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("long_tables", act))) {
      // when
      CallException failure = assertThrows(CallException.class, () -> Guests.run(executor, export));
      // then
      assertEquals(FailureKind.INTERRUPTED, failure.kind());
      interrupt.set(false);
      Guests.run(executor, export);
    }
  }

  private static void fill(GuestTable table) {
    for (int i = 0; i < table.size(); i++) {
      table.setRef(i, 1, null);
    }
  }

  @Test
  void an_interpreted_function_finds_the_same_tables() {
    // given
    GuestTables tables = new GuestTables(MEMORY, null, true);
    Instance instance =
        Instance.builder(Parser.parse(Guests.wasm("large_table")))
            .withTableFactory(tables)
            .withMachineFactory(InterpreterMachine::new)
            .build();
    tables.open();
    // when
    instance.export("copy").apply(5, 999_998, 2);
    // then
    assertEquals(1, instance.export("at").apply(5)[0]);
    assertEquals(2, instance.export("at").apply(6)[0]);
    assertEquals(GuestTable.CHUNK, tables.restore());
  }

  @Test
  void every_way_to_write_is_gone_in_the_next_call() throws Exception {
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("large_table"))) {
      for (int round = 0; round < 2; round++) {
        Guests.run(executor, "set", 500_000);
        Guests.run(executor, "fill", 0, 1_000_000);
        Guests.run(executor, "copy", 0, 999_990, 10);
        Guests.run(executor, "fill_often");
        Guests.run(executor, "drop");
        Guests.run(executor, "init", 3);
        assertEquals(1, Guests.call(executor, "at", 999_998));
        assertEquals(0, Guests.call(executor, "at", 500_000));
        assertEquals(0, Guests.call(executor, "at", 3));
        assertEquals(1_000_000, Guests.call(executor, "size"));
      }
      assertEquals(0, executor.statistics().replaced());
    }
  }

  @Test
  void an_instance_in_the_place_of_one_that_failed_has_pristine_tables() throws Exception {
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("large_table"))) {
      // given
      CallException failure =
          assertThrows(
              CallException.class,
              () ->
                  executor.call(
                      CallOptions.named("call"),
                      guest -> {
                        guest.call("fill", 0, 1_000_000);
                        return guest.call("set", 1_000_000);
                      }));
      assertEquals(FailureKind.TRAP, failure.kind());
      // then
      assertEquals(1, Guests.call(executor, "at", 999_998));
      assertEquals(0, Guests.call(executor, "at", 0));
    }
  }

  @Test
  void only_segments_that_the_code_drops_are_kept_to_be_put_back() {
    DroppableSegments found = DroppableSegments.of(Parser.parse(Guests.wasm("large_table")));
    assertNotNull(found);
    assertEquals(List.of(1), found.elements().asList());
    assertEquals(List.of(), found.data().asList());
  }
}
