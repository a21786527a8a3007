package org.wasmheap.observe;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.allocator.HeapAuditor;
import org.wasmheap.conformance.Trace;
import org.wasmheap.conformance.TraceReader;
import org.wasmheap.conformance.TraceReplay;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.ConformanceFiles;

/** A heap of which it is known what was asked for, and maps of heaps. */
final class Heaps {
  static final int BASE = 1000;

  final LinearMemory memory;
  private final FreeingBumpAllocator allocator;
  private final Map<Long, Long> asked = new HashMap<>();

  Heaps(int pages) {
    memory = new FlatMemory(pages, pages);
    allocator = new FreeingBumpAllocator(memory, BASE, BlockLimit.ON_CHAIN);
  }

  int malloc(int size) {
    int pointer = allocator.allocate(size);
    asked.put((long) pointer, (long) size);
    return pointer;
  }

  void free(int pointer) {
    allocator.deallocate(pointer);
  }

  HeapAudit audit() {
    return HeapAuditor.audit(allocator, memory);
  }

  HeapMap map() {
    return HeapMap.of(audit(), pointer -> asked.getOrDefault(pointer, -1L), List.of());
  }

  /** The map of a recorded call after some of its operations. */
  static HeapMap ofTrace(String name, int operations) {
    Path file =
        ConformanceFiles.traces().stream()
            .filter(each -> each.toString().contains(name))
            .findFirst()
            .orElseThrow();
    try (Reader text = ConformanceFiles.open(file)) {
      Trace trace = TraceReader.read(text);
      TraceReplay.State state = TraceReplay.until(trace, operations, FlatMemory::new);
      return HeapMap.of(
          HeapAuditor.audit(state.allocator(), state.memory()),
          pointer -> state.asked().getOrDefault((int) pointer, -1),
          state.growths());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
