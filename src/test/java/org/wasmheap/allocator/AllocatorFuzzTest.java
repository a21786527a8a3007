package org.wasmheap.allocator;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;

/**
 * Guests that nobody wrote: whatever they do, an operation ends with a pointer or a typed fault,
 * the memory is not left, and an audit of what remains ends with a report.
 *
 * <p>In a build this runs the inputs that are kept beside the tests' resources. To fuzz, for as
 * long as the annotation says:
 *
 * <pre>
 * JAZZER_FUZZ=1 mvn test -Dtest=AllocatorFuzzTest -Djazzer.hooks=true -Djacoco.skip
 * </pre>
 *
 * <p>What it finds is kept as a new input, and fails the next build until it is mended.
 */
class AllocatorFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void hostile_guests_meet_typed_faults_and_nothing_else(byte @NotNull [] script) {
    HostileGuest.runTwice(script);
  }
}
