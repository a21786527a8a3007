package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.ModuleBytes;
import run.endive.runtime.TrapException;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

@Timeout(60)
class HostFunctionsTest {
  private static final CallOptions CALL = CallOptions.named("call");

  /** What the host function {@code test.act} does in the test that runs. */
  private final AtomicReference<HostFunction.Body> act =
      new AtomicReference<>((scope, arguments) -> 0);

  private final HostFunction add =
      new HostFunction(
          "test",
          "add",
          FunctionType.of(List.of(ValType.I32, ValType.I64), List.of(ValType.I64)),
          (scope, arguments) -> (int) arguments[0] + arguments[1]);

  private final HostFunction acting =
      new HostFunction(
          "test",
          "act",
          FunctionType.of(List.of(ValType.I32), List.of()),
          (scope, arguments) -> act.get().run(scope, arguments));

  private final HeapExecutor<EndiveGuest> executor =
      Guests.onOneWorker(Guests.load("imports", add, acting));

  @AfterEach
  void shutDown() {
    executor.close();
  }

  /** Makes the guest call {@code test.act}; the call must fail, and the next one must be right. */
  private CallException failureOf(HostFunction.Body body) throws InterruptedException {
    act.set(body);
    CallException failure =
        assertThrows(CallException.class, () -> Guests.call(executor, "act", 8));
    act.set((scope, arguments) -> 0);
    assertEquals(0, Guests.call(executor, "act", 8));
    assertEquals(1024 + 8, Guests.call(executor, "malloc", 1));
    return failure;
  }

  @Test
  void arguments_and_results_go_through_unchanged() throws Exception {
    assertEquals(5, Guests.call(executor, "add", 2, 3));
    assertEquals(Long.MIN_VALUE, Guests.call(executor, "add", 1, Long.MAX_VALUE));
    assertEquals(-2, Guests.call(executor, "add", -1, -1));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 20})
  void a_host_function_gets_an_array_of_as_many_arguments_as_it_has_parameters(int parameters)
      throws Exception {
    // given
    List<long[]> heard = new ArrayList<>();
    HostFunction function =
        new HostFunction(
            "test",
            "f",
            FunctionType.of(Collections.nCopies(parameters, ValType.I64), List.of(ValType.I64)),
            (scope, arguments) -> {
              heard.add(arguments);
              return 7L + arguments.length;
            });
    long[] expected = LongStream.range(0, parameters).map(i -> (i + 1) << 40 | i).toArray();
    EndiveModule guest =
        EndiveModule.load(
            callingWith(expected), MemorySize::new, List.of(function), BlockLimit.ON_CHAIN);
    try (HeapExecutor<EndiveGuest> own = Guests.onOneWorker(guest)) {
      // when
      assertEquals(7 + parameters, Guests.call(own, "f"));
      assertEquals(7 + parameters, Guests.call(own, "f"));
    }
    // then each call has an array of its own, which may be kept
    assertEquals(2, heard.size());
    assertArrayEquals(expected, heard.get(0));
    assertArrayEquals(expected, heard.get(1));
    assertTrue(parameters == 0 || heard.get(0) != heard.get(1));
  }

  /** A guest that calls {@code test.f} with these and gives its result. */
  private static byte[] callingWith(long[] arguments) {
    byte[] importing =
        ModuleBytes.join(
            ModuleBytes.bytes(0x60),
            ModuleBytes.vectorOf(arguments.length, ModuleBytes.bytes(ModuleBytes.I64)),
            ModuleBytes.bytes(1, ModuleBytes.I64));
    byte[] constants =
        ModuleBytes.join(
            LongStream.of(arguments)
                .mapToObj(
                    each -> ModuleBytes.join(ModuleBytes.bytes(0x42), ModuleBytes.signed(each)))
                .toArray(byte[][]::new));
    return ModuleBytes.module(
        ModuleBytes.section(
            1, ModuleBytes.vector(importing, ModuleBytes.bytes(0x60, 0, 1, ModuleBytes.I64))),
        ModuleBytes.section(
            2,
            ModuleBytes.vector(
                ModuleBytes.join(
                    ModuleBytes.name("test"), ModuleBytes.name("f"), ModuleBytes.bytes(0, 0)))),
        ModuleBytes.section(3, ModuleBytes.bytes(1, 1)),
        ModuleBytes.MEMORY,
        ModuleBytes.HEAP_BASE,
        ModuleBytes.section(
            7,
            ModuleBytes.vector(
                ModuleBytes.EXPORTED_HEAP_BASE,
                ModuleBytes.join(ModuleBytes.name("f"), ModuleBytes.bytes(0, 1)))),
        ModuleBytes.section(
            10,
            ModuleBytes.vector(
                ModuleBytes.body(ModuleBytes.bytes(0), constants, ModuleBytes.bytes(0x10, 0)))));
  }

  @Test
  void another_thread_ends_no_callback_of_the_guest() throws Exception {
    // given a host function that calls the guest back
    act.set(
        (scope, arguments) -> {
          assertTrue(scope.enterGuest());
          // when
          AtomicReference<Throwable> refusal = new AtomicReference<>();
          Thread other = new Thread(scope::exitGuest);
          other.setUncaughtExceptionHandler((thread, e) -> refusal.set(e));
          other.start();
          other.join();
          // then
          assertInstanceOf(HeapConfinementException.class, refusal.get());
          scope.exitGuest();
          return 0;
        });
    assertEquals(0, Guests.call(executor, "act", 8));
  }

  @Test
  void a_host_function_can_read_write_and_allocate() throws Exception {
    // given
    act.set(
        (scope, arguments) -> {
          int pointer = scope.heap().malloc(8);
          scope.heap().write(pointer, new byte[] {1, 2, 3});
          scope.heap().write((int) arguments[0], scope.heap().read(pointer, 4));
          scope.heap().free(pointer);
          return 0;
        });
    // when
    byte[] written =
        executor.call(
            CALL,
            guest -> {
              guest.call("act", 100);
              return guest.heap().read(100, 4);
            });
    // then
    assertArrayEquals(new byte[] {1, 2, 3, 0}, written);
  }

  @Test
  void guest_and_host_share_one_allocator() throws Exception {
    // given
    List<Integer> pointers = new ArrayList<>();
    act.set(
        (scope, arguments) -> {
          pointers.add(scope.heap().malloc(8));
          return 0;
        });
    // when
    executor.call(
        CALL,
        guest -> {
          pointers.add((int) guest.call("malloc", 8)[0]);
          guest.call("act", 0);
          guest.call("free", pointers.get(0));
          guest.call("act", 0);
          return true;
        });
    // then
    assertEquals(List.of(1032, 1048, 1032), pointers);
  }

  @Test
  void an_import_that_nobody_provides_fails_the_call_as_the_hosts_doing_with_its_name()
      throws Exception {
    // when
    CallException failure =
        assertThrows(CallException.class, () -> Guests.call(executor, "missing", 1));
    // then
    assertEquals(FailureKind.MISSING_IMPORT, failure.kind());
    assertFalse(failure.isDeterministic());
    assertTrue(failure.getMessage().contains("elsewhere.missing"), failure.getMessage());
  }

  @Test
  void the_imports_that_nobody_provides_are_known_before_the_first_call() {
    assertEquals(
        List.of("elsewhere.missing"), Guests.load("imports", add, acting).missingImports());
    assertEquals(
        List.of("elsewhere.missing", "test.act", "test.add"),
        Guests.load("imports").missingImports());
    assertEquals(List.of(), Guests.load("traps").missingImports());
  }

  @Test
  void an_import_that_nobody_provides_is_no_matter_until_it_is_called() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> without = Guests.onOneWorker(Guests.load("imports"))) {
      // then
      assertEquals(1032, Guests.call(without, "malloc", 1));
      CallException failure =
          assertThrows(CallException.class, () -> Guests.call(without, "act", 1));
      assertEquals(FailureKind.MISSING_IMPORT, failure.kind());
      assertTrue(failure.getMessage().contains("test.act"), failure.getMessage());
    }
  }

  @Test
  void two_host_functions_of_one_name_are_the_embedders_mistake() {
    assertRefused("two host functions test.add: to put one's own", () -> load(add, acting, add));
  }

  @Test
  void the_allocators_functions_are_not_the_embedders_to_provide() {
    for (String name : List.of("ext_allocator_malloc_version_1", "ext_allocator_free_version_1")) {
      HostFunction own =
          HostFunction.env(
              name, List.of(ValType.I32), List.of(), (scope, arguments) -> arguments[0]);
      assertRefused("env." + name + ", which is the allocator's", () -> load(add, own));
    }
  }

  @Test
  void a_host_function_that_is_null_is_the_embedders_mistake() {
    assertRefused("host function 1 of the list, counted from 0, is null", () -> load(add, null));
  }

  @Test
  void a_host_function_needs_names_and_a_signature_of_numbers() {
    assertRefused("needs a module name", () -> function("", "name", List.of(), List.of()));
    assertRefused("needs a module name", () -> function("env", "", List.of(), List.of()));
    for (ValType type : List.of(ValType.V128, ValType.FuncRef, ValType.ExternRef)) {
      assertRefused("env.f has the sig", () -> function("env", "f", List.of(type), List.of()));
      assertRefused("env.f has the sig", () -> function("env", "f", List.of(), List.of(type)));
    }
    assertRefused(
        "one result at most",
        () -> function("env", "f", List.of(), List.of(ValType.I32, ValType.I32)));
  }

  private static EndiveModule load(@Nullable HostFunction... functions) {
    return EndiveModule.load(
        Guests.wasm("imports"),
        EndiveModule.MemorySize::new,
        Arrays.asList(functions),
        BlockLimit.ON_CHAIN);
  }

  private static HostFunction function(
      String module, String name, List<ValType> parameters, List<ValType> results) {
    return new HostFunction(
        module, name, FunctionType.of(parameters, results), (scope, arguments) -> 0);
  }

  private static void assertRefused(String why, Executable mistake) {
    IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, mistake);
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }

  @Test
  void an_exception_of_a_host_function_is_the_hosts_failure_with_its_cause() throws Exception {
    // given
    IOException disk = new IOException("disk on fire");
    // when
    CallException failure =
        failureOf(
            (scope, arguments) -> {
              throw disk;
            });
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
    assertFalse(failure.isDeterministic());
    assertTrue(failure.getMessage().contains("test.act"), failure.getMessage());
    assertTrue(failure.getMessage().contains("disk on fire"), failure.getMessage());
    assertSame(disk, failure.getCause().getCause());
  }

  @Test
  void an_engines_exception_thrown_by_a_host_function_is_no_trap() throws Exception {
    // when
    CallException failure =
        failureOf(
            (scope, arguments) -> {
              throw new TrapException("not the guest's");
            });
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
  }

  @Test
  void an_error_of_a_host_function_is_the_hosts_failure() throws Exception {
    // when
    CallException failure =
        failureOf(
            (scope, arguments) -> {
              throw new AssertionError("broken");
            });
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
  }

  @Test
  void a_class_that_cannot_be_used_in_a_host_function_is_the_hosts_failure_whatever_killed_it()
      throws Exception {
    // given what the JVM throws for a class whose initialisation died at the end of a stack
    Error dead = new NoClassDefFoundError("Could not initialize class Some");
    dead.initCause(new ExceptionInInitializerError(new StackOverflowError()));
    // when
    CallException failure =
        failureOf(
            (scope, arguments) -> {
              throw dead;
            });
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
    assertTrue(failure.getMessage().contains("test.act"), failure.getMessage());
  }

  @Test
  void a_host_function_whose_exception_cannot_say_what_it_is_fails_as_any_other() throws Exception {
    // when
    CallException failure =
        failureOf(
            (scope, arguments) -> {
              throw new SpeechlessException();
            });
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
    assertTrue(failure.getMessage().contains("SpeechlessException"), failure.getMessage());
  }

  private static final class SpeechlessException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("not even that");
    }
  }

  @Test
  void an_error_for_want_of_memory_in_a_host_function_stays_what_it_is() throws Exception {
    // when
    CallException failure =
        failureOf(
            (scope, arguments) -> {
              throw new OutOfMemoryError("on cue");
            });
    // then
    assertEquals(FailureKind.OUT_OF_MEMORY, failure.kind());
  }

  @Test
  void a_pointer_that_leads_out_of_memory_is_the_guests_trap() throws Exception {
    // when
    CallException read = failureOf((scope, arguments) -> scope.heap().read(65_535, 2)[0]);
    CallException write =
        failureOf(
            (scope, arguments) -> {
              scope.heap().write(-1, new byte[1]);
              return 0;
            });
    // then
    assertEquals(FailureKind.TRAP, read.kind());
    assertEquals(FailureKind.TRAP, write.kind());
  }

  @Test
  void a_fault_of_the_allocator_in_a_host_function_poisons_the_heap() throws Exception {
    // when
    CallException failure = failureOf((scope, arguments) -> scope.heap().malloc(-1));
    // then
    assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
    assertEquals(
        AllocatorFault.REQUEST_TOO_LARGE, ((AllocatorException) failure.getCause()).fault());
    assertEquals(1, executor.statistics().poisoned());
  }

  @Test
  void a_fault_of_the_allocator_fails_the_call_even_if_a_host_function_swallows_it()
      throws Exception {
    // when
    CallException failure =
        failureOf(
            (scope, arguments) -> {
              assertThrows(AllocatorException.class, () -> scope.heap().free(1040));
              return 0;
            });
    // then
    assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
  }

  @Test
  void a_fault_of_the_allocator_in_the_guest_poisons_the_heap() throws Exception {
    // when
    CallException failure =
        assertThrows(CallException.class, () -> Guests.run(executor, "free", 4));
    // then
    assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
    assertTrue(failure.isDeterministic());
    assertEquals(AllocatorFault.INVALID_POINTER, ((AllocatorException) failure.getCause()).fault());
  }

  @Test
  void a_refusal_to_grow_in_a_host_function_aborts_the_call() throws Exception {
    // when
    CallException failure = failureOf((scope, arguments) -> scope.heap().growMemory(40_000));
    // then
    assertEquals(FailureKind.GROWTH_REFUSED, failure.kind());
    assertTrue(failure.getCause() instanceof GrowthRefusedException);
  }

  @Test
  void a_host_function_that_recurses_for_ever_is_a_stack_overflow() throws Exception {
    // when
    CallException failure = failureOf((scope, arguments) -> recurse(1));
    // then
    assertEquals(FailureKind.STACK_OVERFLOW, failure.kind());
  }

  @SuppressWarnings("InfiniteRecursion")
  private static long recurse(long depth) {
    return recurse(depth + 1) + depth;
  }

  @Test
  void the_context_of_a_call_reaches_its_host_functions_and_is_gone_afterwards() throws Exception {
    // given
    List<Object> contexts = new ArrayList<>();
    AtomicReference<CallScope> kept = new AtomicReference<>();
    act.set(
        (scope, arguments) -> {
          contexts.add(scope.hasContext() ? scope.context(String.class) : "null");
          kept.set(scope);
          return 0;
        });
    // when
    executor.call(CALL.withContext("overlay 1"), guest -> guest.call("act", 1));
    Guests.call(executor, "act", 1);
    executor.call(CALL.withContext("overlay 2"), guest -> guest.call("act", 1));
    // then
    assertEquals(List.of("overlay 1", "null", "overlay 2"), contexts);
    assertThrows(HeapConfinementException.class, () -> kept.get().context(String.class));
  }

  @Test
  void a_call_without_context_has_none() throws Exception {
    // given
    AtomicReference<Boolean> context = new AtomicReference<>(true);
    act.set(
        (scope, arguments) -> {
          context.set(scope.hasContext());
          return 0;
        });
    // when
    Guests.call(executor, "act", 1);
    // then
    assertEquals(false, context.get());
  }

  @Test
  void a_context_of_another_type_fails_the_call_as_the_hosts_doing_and_both_types_are_named() {
    // given
    act.set((scope, arguments) -> scope.context(Integer.class));
    CallOptions options = CallOptions.DEFAULT.withContext("text");
    // when
    CallException failure =
        assertThrows(
            CallException.class, () -> executor.call(options, guest -> guest.call("act", 1)));
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
    assertTrue(
        failure.getMessage().contains("java.lang.Integer")
            && failure.getMessage().contains("java.lang.String"),
        failure::getMessage);
  }

  @Test
  void a_host_function_can_end_its_call_as_the_guests_own_fault() throws Exception {
    // when
    CallException failure =
        failureOf(
            (scope, arguments) -> {
              throw CallException.trap("a transaction was closed that was never opened");
            });
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(failure.isDeterministic());
    assertTrue(
        failure.getMessage().contains("trap: a transaction was closed that was never opened"),
        failure.getMessage());
  }

  @Test
  void a_host_function_is_told_how_long_its_call_may_still_run() throws Exception {
    // given
    AtomicReference<Duration> left = new AtomicReference<>();
    act.set(
        (scope, arguments) -> {
          left.set(scope.timeLeft());
          return 0;
        });
    Duration deadline = Duration.ofSeconds(20);
    // when
    executor.call(CALL.withDeadline(deadline), guest -> guest.call("act", 8));
    // then
    assertTrue(left.get().compareTo(Duration.ZERO) > 0, left.get().toString());
    assertTrue(left.get().compareTo(deadline) < 0, left.get().toString());
  }
}
