package org.wasmheap.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.hash.HashCode;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.conformance.Trace.Header;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.BareHeaps;

/** What is recorded from a live heap, printed, read and replayed. */
class TraceRecorderTest {
  private final Heap heap = BareHeaps.claimed(HeapListener.NONE);
  private final TraceRecorder recorder = new TraceRecorder(heap.view());

  private void call(Consumer<HeapHandle> guest) {
    heap.view().observe(recorder);
    HeapHandle handle = heap.begin(1, "call");
    try {
      guest.accept(handle);
    } catch (AllocatorException expected) {
      // What the guest did is recorded; that it failed, too.
    }
    heap.reset();
  }

  @Test
  void a_call_that_grows_and_fails_is_recorded_and_replays_equal() throws IOException {
    // when
    call(
        handle -> {
          int first = handle.malloc(100);
          handle.malloc(0);
          handle.growMemory(1);
          handle.malloc(70_000);
          handle.free(first);
          handle.malloc(128);
          handle.free(first + 1);
        });
    // then
    Trace trace = recorder.trace("ALLOCATOR_FAULT");
    String text =
        "# trace-v1 heap_base=1008 initial_pages=1 max_pages=4 limit=33554432"
            + " status=ALLOCATOR_FAULT mallocs=4 frees=1 peak_live_bytes=131232"
            + " peak_bumper=132240 final_pages=4\n"
            + "A 100 1016\nA 0 1152\nG 1 2\n# grow 2 4\nA 70000 1168\nF 1016\nA 128 1016\n"
            + "F 1017 ! EMPTY_HEADER\n";
    assertEquals(text, trace.toString());
    assertReplaysEqual(trace);
  }

  @Test
  void each_fault_of_an_allocation_is_recorded_and_replays_equal() throws IOException {
    // when
    call(handle -> handle.malloc(0x8000_0001));
    // then
    assertEquals("A 2147483649 ! REQUEST_TOO_LARGE", recorder.trace("x").line(0));
    assertReplaysEqual(recorder.trace("x"));
    // when
    call(handle -> handle.malloc(4 << 16));
    // then
    assertEquals("A 262144 ! OUT_OF_SPACE", recorder.trace("x").line(0));
    assertReplaysEqual(recorder.trace("x"));
  }

  @Test
  void a_long_call_replays_equal() throws IOException {
    // when
    call(
        handle -> {
          Random random = new Random(7);
          int[] live = new int[64];
          for (int i = 0; i < 5000; i++) {
            int slot = random.nextInt(live.length);
            if (live[slot] != 0) {
              handle.free(live[slot]);
            }
            live[slot] = handle.malloc(random.nextInt(900));
          }
        });
    // then
    assertEquals(5000, recorder.trace("ok").header().allocations());
    assertReplaysEqual(recorder.trace("ok"));
  }

  @Test
  void each_call_has_a_trace_of_its_own_and_equal_calls_have_equal_fingerprints() {
    // when
    call(handle -> handle.malloc(1));
    HashCode first = recorder.fingerprint();
    call(handle -> handle.malloc(2));
    HashCode second = recorder.fingerprint();
    call(handle -> handle.malloc(1));
    // then
    assertEquals(first, recorder.fingerprint());
    assertNotEquals(first, second);
    assertEquals(1, recorder.trace("ok").size());
  }

  @Test
  void there_is_no_trace_before_a_call_is_over() {
    // given
    heap.view().observe(recorder);
    assertThrows(IllegalStateException.class, () -> recorder.trace("ok"));
    // when
    heap.begin(1, "call").malloc(8);
    // then
    assertThrows(IllegalStateException.class, () -> recorder.trace("ok"));
  }

  private static void assertReplaysEqual(Trace recorded) throws IOException {
    Trace read = TraceReader.read(new StringReader(recorded.toString()));
    Header header = read.header();
    assertEquals(recorded.header(), header);
    assertEquals(recorded.toString(), read.toString());
    assertEquals(List.of(), TraceReplay.run(read, FlatMemory::new));
    assertEquals(List.of(), TraceReplay.run(read, LinearMemory::sparse));
  }
}
