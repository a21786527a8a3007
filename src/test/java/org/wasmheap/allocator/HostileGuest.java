package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.CheckedMemory;

/**
 * A guest that allocates, frees, writes over its headers and grows its memory, all as a script of
 * bytes says; any bytes are a script.
 *
 * <p>Byte 0: the limit (bit 0) and the pages of the memory (bits 1 and 2). Bytes 1 and 2: the heap
 * base. Then operations, each a byte whose low three bits choose it, and its operands:
 *
 * <pre>
 *   0 a       allocate a bytes
 *   1 a       allocate 2^(a mod 32) + (a / 32) - 4 bytes
 *   2 a       free the pointer number a of those handed out
 *   3 aaaa    free the pointer aaaa
 *   4 aa w8   write w8 at heap base + aa
 *   5 a m b   write the header of pointer a: by m, occupied of order b, a link to pointer b, no
 *             link, a link into pointer b, or stray bits
 *   6 a       grow by a pages
 *   7         audit
 * </pre>
 */
final class HostileGuest {
  private static final int MAX_PAGES = 5;

  /** Audits are the slow part, and what fuzzing needs is many runs. */
  private static final int MAX_AUDITS = 3;

  private final ByteBuffer script;
  private final LinearMemory memory;
  private final FreeingBumpAllocator allocator;
  private final List<Integer> pointers = new ArrayList<>();
  private int audits;

  /** What the guest and the host saw, to compare runs. */
  private final List<Object> journal = new ArrayList<>();

  private HostileGuest(byte[] script, LinearMemory memory, FreeingBumpAllocator allocator) {
    this.script = ByteBuffer.wrap(script);
    this.memory = memory;
    this.allocator = allocator;
  }

  /**
   * Runs a script on a new memory and on one that ran it before and was restored; both must answer
   * the same.
   */
  static void runTwice(byte[] script) {
    byte shape = script.length > 0 ? script[0] : 0;
    BlockLimit limit = (shape & 1) == 0 ? BlockLimit.ON_CHAIN : BlockLimit.WIDE;
    int heapBase = script.length > 2 ? (script[1] & 0xFF) << 8 | (script[2] & 0xFF) : 0;

    LinearMemory fresh = new FlatMemory(shape >>> 1 & 3, MAX_PAGES);
    List<Object> expected =
        new HostileGuest(script, fresh, new FreeingBumpAllocator(fresh, heapBase, limit)).run();

    FlatMemory pooled = new FlatMemory(shape >>> 1 & 3, MAX_PAGES);
    var unused = pooled.capture(4096);
    CheckedMemory checked = new CheckedMemory(pooled);
    FreeingBumpAllocator allocator = new FreeingBumpAllocator(checked, heapBase, limit);
    for (int i = 0; i < 2; i++) {
      assertEquals(expected, new HostileGuest(script, checked, allocator).run());
      pooled.restore();
      allocator.reset();
      assertNull(pooled.difference());
    }
  }

  private List<Object> run() {
    script.position(Math.min(3, script.limit()));
    while (script.hasRemaining()) {
      step(next());
    }
    audit();
    journal.add(allocator.statistics());
    journal.add(memory.pages());
    return journal;
  }

  private void step(int operation) {
    switch (operation & 7) {
      case 0 -> allocate(next());
      case 1 -> {
        int operand = next();
        allocate((1 << operand) + (operand >>> 5) - 4);
      }
      case 2 -> free(pointer(next()));
      case 3 -> free(nextInt());
      case 4 -> write(allocator.heapBase() + (next() << 8 | next()), nextLong());
      case 5 -> forge(pointer(next()), next(), next());
      case 6 -> journal.add(memory.grow(next()));
      default -> {
        if (audits++ < MAX_AUDITS) {
          audit();
        }
      }
    }
  }

  private void allocate(int size) {
    AllocatorFault poison = allocator.poison();
    takeAccesses();
    try {
      int pointer = allocator.allocate(size);
      pointers.add(pointer);
      journal.add(pointer);
    } catch (AllocatorException e) {
      checkFault(e, poison);
    }
    assertTrue(takeAccesses() <= 2, "more than a header was read and written");
  }

  private void free(int pointer) {
    AllocatorFault poison = allocator.poison();
    takeAccesses();
    try {
      allocator.deallocate(pointer);
      journal.add("freed");
    } catch (AllocatorException e) {
      checkFault(e, poison);
    }
    assertTrue(takeAccesses() <= 2, "more than a header was read and written");
  }

  private void checkFault(AllocatorException thrown, AllocatorFault before) {
    assertNotNull(allocator.poison());
    if (before != null) {
      assertEquals(AllocatorFault.POISONED, thrown.fault());
      assertEquals(before, allocator.poison());
    } else {
      assertEquals(thrown.fault(), allocator.poison());
    }
    journal.add(thrown.fault());
  }

  /** An audit throws nothing, and reads no more than each word a few times. */
  private void audit() {
    takeAccesses();
    HeapAudit audit = HeapAuditor.audit(allocator, memory);
    assertTrue(takeAccesses() <= 5 * memory.sizeInBytes() / 8 + 1_000, "too many reads");
    assertTrue(audit.complete());
    assertEquals(audit.healthy(), audit.findings().isEmpty());
    journal.add(audit.toString());
  }

  private long takeAccesses() {
    return memory instanceof CheckedMemory checked ? checked.takeAccesses() : 0;
  }

  private void write(long address, long word) {
    if (address >= 0 && address + Long.BYTES <= memory.sizeInBytes()) {
      memory.writeLong((int) address, word);
    }
  }

  private void forge(int pointer, int manner, int operand) {
    long link = Integer.toUnsignedLong(pointer(operand)) - 8;
    long word =
        switch (manner & 7) {
          case 0, 1 -> 1L << 32 | operand;
          case 2, 3 -> link & 0xFFFF_FFFFL;
          case 4 -> 0xFFFF_FFFFL;
          case 5 -> (link + manner) & 0xFFFF_FFFFL;
          default -> (1L << (32 + (operand & 31))) | operand;
        };
    write(Integer.toUnsignedLong(pointer) - 8, word);
  }

  private int pointer(int number) {
    return pointers.isEmpty() ? number : pointers.get(number % pointers.size());
  }

  private int next() {
    return script.hasRemaining() ? script.get() & 0xFF : 0;
  }

  private int nextInt() {
    return next() | next() << 8 | next() << 16 | next() << 24;
  }

  private long nextLong() {
    return Integer.toUnsignedLong(nextInt()) | (long) nextInt() << 32;
  }
}
