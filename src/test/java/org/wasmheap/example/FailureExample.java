package org.wasmheap.example;

import java.util.List;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.observe.PoisonReports;
import org.wasmheap.pool.HeapExecutor;

/** What a caller makes of a call that failed. */
final class FailureExample {
  private FailureExample() {}

  static <G> String verdict(
      HeapExecutor<G> executor, GuestCall<G, byte[]> call, List<String> diagnoses)
      throws InterruptedException {
    // example begins
    try {
      executor.call(call);
      return "the block is good";
    } catch (CallException failure) {
      failure.poisonReport().map(PoisonReports::summary).ifPresent(diagnoses::add);
      return failure.isDeterministic()
          ? "the block is bad, on every node"
          : "nothing follows about the block: " + failure.kind().label();
    }
    // example ends
  }
}
