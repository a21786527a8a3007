package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.wasmheap.allocator.HeapAudit.Finding;
import org.wasmheap.allocator.HeapAudit.Kind;

/** What tests of audits share: a heap base, and short ways to say what an audit must find. */
final class Audits {
  static final int BASE = 1000;

  private Audits() {}

  static int[] allocate(Rig heap, int count, int size) {
    return IntStream.range(0, count).map(i -> heap.allocate(size)).toArray();
  }

  static List<Kind> kinds(HeapAudit audit) {
    return audit.findings().stream().map(Finding::kind).toList();
  }

  static void assertFirstBad(HeapAudit audit, Kind kind, long address, long word) {
    Finding first = audit.firstBadHeader().orElseThrow();
    assertEquals(kind, first.kind(), audit::toString);
    assertEquals(address, first.address(), audit::toString);
    assertEquals(word, first.word(), audit::toString);
  }
}
