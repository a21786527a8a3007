package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.testkit.Samples;
import run.endive.wasm.types.ValType;

/** Calls of one runtime on the executor of another, though both were loaded from the same code. */
@Timeout(60)
class ForeignRuntimeTest {
  /** The entry of the sample that calls back to the host, which counts. */
  private static final String CALLS_BACK = "test_missing_import";

  private final AtomicInteger callbacks = new AtomicInteger();
  private final List<CallReport> reports = new CopyOnWriteArrayList<>();

  private final SubstrateRuntime own = load("own");
  private final SubstrateRuntime foreign = load("foreign");

  private final HeapExecutor<EndiveGuest> executor =
      HeapExecutor.builder(own)
          .name("own-pool")
          .workers(1)
          .verifyResets(true)
          .listener(
              new PoolListener() {
                @Override
                public void callCompleted(CallReport report) {
                  reports.add(report);
                }
              })
          .build();

  @AfterEach
  void shutDown() {
    executor.close();
  }

  private SubstrateRuntime load(String origin) {
    List<HostFunction> functions = new ArrayList<>(SubstrateHostFunctions.all());
    functions.add(
        HostFunction.env(
            "ext_sample_not_provided_version_1",
            List.of(ValType.I32),
            List.of(ValType.I32),
            (scope, arguments) -> callbacks.incrementAndGet()));
    return SubstrateRuntime.load(
        RuntimeCode.of(origin, Samples.code().wasm()), HeapStrategy.ofDynamic(64), functions);
  }

  private byte[] call(SubstrateRuntime runtime, String export, byte... input)
      throws InterruptedException {
    return executor.call(CallOptions.named(export), runtime.call(export, input));
  }

  @Test
  void a_call_of_another_runtime_is_refused_by_name() {
    // when
    CallException failure = assertThrows(CallException.class, () -> call(foreign, CALLS_BACK));
    // then
    assertEquals(
        "call 1 'test_missing_import' on heap own-pool/1 (generation 1) failed: host_function:"
            + " a call of SubstrateRuntime[foreign, HeapStrategy[kind=dynamic, pages=64]] was given"
            + " to the executor of another runtime, or of the same code loaded another time; give"
            + " it to one that was built with the runtime that made the call; the host's doing;"
            + " see the cause",
        failure.getMessage());
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
    assertFalse(failure.isDeterministic());
  }

  @Test
  void a_call_of_another_runtime_runs_no_guest_code() throws Exception {
    // given
    call(own, CALLS_BACK);
    assertEquals(1, callbacks.get());
    // when
    assertThrows(CallException.class, () -> call(foreign, CALLS_BACK));
    // then
    assertEquals(1, callbacks.get());
    CallReport report = reports.get(1);
    assertEquals(FailureKind.HOST_FUNCTION, report.failure());
    assertEquals(0, report.allocations());
  }

  @Test
  void the_executor_goes_on_working_after_a_call_of_another_runtime() throws Exception {
    // given
    byte[] input = {1, 2, 3};
    for (int round = 0; round < 3; round++) {
      // when
      assertThrows(CallException.class, () -> call(foreign, "test_echo", input));
      // then
      assertArrayEquals(input, call(own, "test_echo", input));
    }
    assertEquals(3, executor.statistics().replaced());
    assertEquals(0, executor.statistics().poisoned());
  }
}
