package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.KeptCode;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ManyFunctions;
import org.wasmheap.text.LibraryVersion;
import run.endive.compiler.internal.Compiler;
import run.endive.wasm.types.ValType;

/** Code that was kept runs as code that was compiled does, and damaged code is made anew. */
@Timeout(60)
class CodeStoreTest {
  private static final HostFunction GIVEN =
      HostFunction.env("given", List.of(), List.of(), (scope, arguments) -> 0);

  private static final String ORIGIN =
      "library "
          + LibraryVersion.version()
          + ", engine 1.0.0, JDK "
          + Runtime.version().feature()
          + ", floats";

  private final KeptCode store = new KeptCode();

  private static CompiledModule decoded(byte[] kept) {
    return CompiledModule.decode(kept, ORIGIN);
  }

  private EndiveModule load(byte[] wasm, LoadOptions options) {
    return EndiveModule.load(
        wasm, MemorySize::new, List.of(GIVEN), BlockLimit.ON_CHAIN, options.withStore(store));
  }

  private EndiveModule load(byte[] wasm) {
    return load(wasm, LoadOptions.DEFAULT.withCodeName("a"));
  }

  private static long call(EndiveModule module, String export, long... arguments)
      throws InterruptedException {
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(module)) {
      return Guests.call(executor, export, arguments);
    }
  }

  @Test
  void what_was_compiled_is_kept_and_taken_the_next_time() throws Exception {
    // given functions that are compiled, and one that is interpreted
    byte[] wasm = ManyFunctions.module(600, 300, Map.of(300, 60_000));
    // when
    EndiveModule compiled = load(wasm);
    EndiveModule kept = load(wasm);
    // then
    EndiveModule.CodeFigures made = compiled.codeFigures();
    EndiveModule.CodeFigures found = kept.codeFigures();
    assertEquals(List.of(600, 1, 0), List.of(made.functions(), made.interpreted(), made.huge()));
    assertEquals(List.of(600, 1, 0), List.of(found.functions(), found.interpreted(), found.huge()));
    assertFalse(made.fromStore());
    assertTrue(found.fromStore());
    assertEquals(ManyFunctions.sum(600, 5), call(compiled, "f", 5));
    assertEquals(ManyFunctions.sum(600, 5), call(kept, "f", 5));
  }

  @Test
  void what_is_kept_of_classes_goes_when_they_are_made() throws Exception {
    // given a function that is interpreted, of 6,000 times four instructions and five of its own
    byte[] wasm = ManyFunctions.module(600, 300, Map.of(300, 60_000));
    EndiveModule compiled = load(wasm);
    // when
    EndiveModule kept = load(wasm);
    // then classes that were just compiled are all made, and those of a store none but the
    // machine's
    EndiveModule.CodeFigures made = compiled.codeFigures();
    EndiveModule.CodeFigures found = kept.codeFigures();
    assertEquals(0, made.waitingClassBytes());
    assertEquals(made.classBytes(), found.classBytes());
    assertTrue(found.waitingClassBytes() > 0, found::toString);
    assertTrue(found.waitingClassBytes() < found.classBytes(), found::toString);
    assertEquals(6_000 * 4 + 5, made.parsedInstructions());
    assertEquals(6_000 * 4 + 5, found.parsedInstructions());
    // when each function has run
    call(kept, "f", 5);
    // then
    assertEquals(0, kept.codeFigures().waitingClassBytes());
  }

  @Test
  void segments_that_a_guest_drops_come_back_also_with_code_that_was_kept() throws Exception {
    // given
    load(Guests.wasm("passive_segments"));
    EndiveModule kept = load(Guests.wasm("passive_segments"));
    assertTrue(kept.codeFigures().fromStore());
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(kept)) {
      // when each call drops and each reset is verified, then
      for (int i = 0; i < 3; i++) {
        Guests.run(executor, "dirty_drop_all");
        Guests.run(executor, "dirty_init"); // It traps if the segment is still dropped.
      }
      assertEquals(0, executor.statistics().replaced());
    }
  }

  @Test
  void a_module_without_a_name_is_known_by_its_bytes() {
    // given
    byte[] one = ManyFunctions.module(3, 0, Map.of());
    byte[] other = ManyFunctions.module(4, 0, Map.of());
    // when
    load(one, LoadOptions.DEFAULT);
    // then
    assertFalse(load(other, LoadOptions.DEFAULT).codeFigures().fromStore());
    assertTrue(load(one, LoadOptions.DEFAULT).codeFigures().fromStore());
    assertTrue(load(other, LoadOptions.DEFAULT).codeFigures().fromStore());
  }

  @Test
  void code_with_floats_is_not_found_by_who_refuses_floats() {
    // given
    byte[] floats = Guests.wasm("nan_bits");
    load(floats);
    // when
    LoadOptions without = LoadOptions.WITHOUT_FLOATS.withCodeName("a");
    // then
    assertThrows(ModuleRefusedException.class, () -> load(floats, without));
    assertTrue(load(floats).codeFigures().fromStore());
  }

  @Test
  void interpreted_code_is_neither_looked_for_nor_kept() {
    // given
    load(ManyFunctions.module(3, 0, Map.of()));
    int found = store.found();
    int writes = store.writes();
    // when
    load(ManyFunctions.module(5, 0, Map.of()), LoadOptions.DEFAULT.asInterpreted());
    // then
    assertEquals(found, store.found());
    assertEquals(writes, store.writes());
  }

  @Test
  void a_signature_that_does_not_fit_is_refused_with_code_that_was_kept_too() {
    // given
    byte[] wasm = ManyFunctions.module(3, 0, Map.of());
    load(wasm);
    HostFunction other =
        HostFunction.env("given", List.of(ValType.I32), List.of(), (scope, given) -> 0);
    // when
    LoadOptions options = LoadOptions.DEFAULT.withCodeName("a").withStore(store);
    ModuleRefusedException refused =
        assertThrows(
            ModuleRefusedException.class,
            () ->
                EndiveModule.load(
                    wasm, MemorySize::new, List.of(other), BlockLimit.ON_CHAIN, options));
    // then
    assertEquals(ModuleRefusedException.Reason.UNSUPPORTED, refused.reason());
  }

  @Test
  void code_that_is_cut_anywhere_or_of_another_format_is_made_anew() throws Exception {
    byte[] wasm = ManyFunctions.module(20, 0, Map.of());
    load(wasm);
    byte[] whole = store.code().get("a").clone();
    Set<Integer> lengths = new TreeSet<>(Set.of(0, 1, 3, 4, 5, whole.length - 1));
    new Random(7).ints(40, 0, whole.length).forEach(lengths::add);
    for (int length : lengths) {
      // given
      store.code().put("a", Arrays.copyOf(whole, length));
      // when, then
      assertFalse(load(wasm).codeFigures().fromStore(), () -> "cut to " + length);
      assertArrayEquals(whole, store.code().get("a"));
    }
    // given another format, and something behind the end
    byte[] other = whole.clone();
    other[3]++;
    for (byte[] each : List.of(other, Arrays.copyOf(whole, whole.length + 1))) {
      store.code().put("a", each);
      assertFalse(load(wasm).codeFigures().fromStore());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 8, 12, 16, 20, 24})
  void a_length_that_is_not_believed_costs_nothing(int field) {
    byte[] wasm = ManyFunctions.module(20, 0, Map.of());
    load(wasm);
    byte[] claimed = store.code().get("a").clone();
    int at = Integer.BYTES + Short.BYTES + ORIGIN.length() + field;
    Arrays.fill(claimed, at, at + 4, (byte) 0x7F);
    // when: counts of functions are not lengths, and may stay
    CompiledModule decoded = decoded(claimed);
    // then
    assertEquals(field < 12, decoded != null);
  }

  @Test
  void classes_that_the_jvm_refuses_are_made_anew_and_told_in_the_log() throws Exception {
    // given
    byte[] wasm = ManyFunctions.module(20, 0, Map.of());
    load(wasm);
    CompiledModule whole = decoded(store.code().get("a"));
    TreeMap<String, ClassBytes> classes = new TreeMap<>(whole.classes());
    String machine = Compiler.DEFAULT_CLASS_NAME;
    byte[] broken = classes.get(machine).bytes();
    broken[0] = 0;
    classes.put(machine, ClassBytes.deflated(broken));
    CompiledModule damaged =
        new CompiledModule(whole.skeleton(), classes, 20, 0, 0, whole.droppable());
    store.code().put("a", damaged.encode(ORIGIN));
    // when
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      EndiveModule module = load(wasm);
      // then
      assertFalse(module.codeFigures().fromStore());
      assertEquals(1, log.events("code.not_usable").size());
      assertEquals(ManyFunctions.sum(20, 1), call(module, "f", 1));
    }
    assertTrue(load(wasm).codeFigures().fromStore());
  }

  @Test
  void a_class_that_the_jvm_refuses_when_a_call_needs_it_is_the_engines_fault() throws Exception {
    // given the class of the functions, which is linked when the first of them runs
    byte[] wasm = ManyFunctions.module(20, 0, Map.of());
    load(wasm);
    CompiledModule whole = decoded(store.code().get("a"));
    TreeMap<String, ClassBytes> classes = new TreeMap<>(whole.classes());
    String group = Compiler.DEFAULT_CLASS_NAME + "FuncGroup_0";
    assertTrue(classes.containsKey(group));
    classes.put(group, ClassBytes.deflated(new byte[100]));
    store
        .code()
        .put(
            "a",
            new CompiledModule(whole.skeleton(), classes, 20, 0, 0, whole.droppable())
                .encode(ORIGIN));
    EndiveModule module = load(wasm);
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(module)) {
      // when
      CallException failure =
          assertThrows(
              CallException.class,
              () -> executor.call(CallOptions.named("f"), guest -> guest.call("f", 1)));
      // then
      assertEquals(FailureKind.ENGINE_FAULT, failure.kind());
      assertFalse(failure.isDeterministic());
    }
  }

  @Test
  void a_skeleton_that_the_engine_cannot_read_is_made_anew() throws Exception {
    // given
    byte[] wasm = ManyFunctions.module(20, 0, Map.of());
    load(wasm);
    CompiledModule whole = decoded(store.code().get("a"));
    byte[] broken = whole.skeleton().bytes();
    broken[9] ^= 0x40;
    CompiledModule damaged =
        new CompiledModule(
            ClassBytes.deflated(broken), whole.classes(), 20, 0, 0, whole.droppable());
    store.code().put("a", damaged.encode(ORIGIN));
    // when, then
    assertFalse(load(wasm).codeFigures().fromStore());
    assertTrue(load(wasm).codeFigures().fromStore());
  }

  @Test
  void code_that_others_made_is_made_anew() {
    // given
    byte[] wasm = ManyFunctions.module(20, 0, Map.of());
    load(wasm);
    CompiledModule whole = decoded(store.code().get("a"));
    store.code().put("a", whole.encode(ORIGIN.replace("floats", "no floats")));
    // when, then
    assertFalse(load(wasm).codeFigures().fromStore());
    assertTrue(load(wasm).codeFigures().fromStore());
  }

  @Test
  void nothing_comes_of_a_store_that_fails_but_a_line_in_the_log() throws Exception {
    // given
    byte[] wasm = ManyFunctions.module(20, 0, Map.of());
    CodeStore failing =
        new CodeStore() {
          @Override
          public byte @Nullable [] find(String name) {
            throw new IllegalStateException("the store is down");
          }

          @Override
          public void keep(String name, byte[] code) {
            throw new OutOfMemoryError("the store is down");
          }
        };
    // when
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      EndiveModule module =
          EndiveModule.load(
              wasm,
              MemorySize::new,
              List.of(GIVEN),
              BlockLimit.ON_CHAIN,
              LoadOptions.DEFAULT.withStore(failing));
      // then
      assertEquals(2, log.events("code_store.failed").size());
      assertEquals(ManyFunctions.sum(20, 1), call(module, "f", 1));
    }
  }

  @Test
  void a_store_that_hangs_is_left_alone_after_its_time() {
    // given
    CountDownLatch leave = new CountDownLatch(1);
    CodeStore hanging =
        new CodeStore() {
          @Override
          public byte @Nullable [] find(String name) {
            Uninterruptibles.awaitUninterruptibly(leave);
            return null;
          }

          @Override
          public void keep(String name, byte[] code) {
            Uninterruptibles.awaitUninterruptibly(leave);
          }
        };
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // when
      StoreAccess access = new StoreAccess(hanging, "a", Duration.ofMillis(20));
      byte[] found = access.find();
      access.keep(() -> new byte[0]);
      // then
      assertNull(found);
      assertEquals(2, log.events("code_store.failed").size());
    } finally {
      leave.countDown();
    }
  }

  @Test
  void names_are_checked() {
    assertThrows(
        IllegalArgumentException.class, () -> LoadOptions.DEFAULT.withCodeName("../etc/passwd"));
    assertThrows(IllegalArgumentException.class, () -> LoadOptions.DEFAULT.withCodeName(""));
    assertNull(LoadOptions.DEFAULT.codeName());
  }
}
