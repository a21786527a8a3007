package org.wasmheap.conformance;

import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.text.Printable;

/**
 * One memory with one allocator, and what a vector file does to them: from an {@code R} to the next
 * one.
 *
 * <p>The allocator works on the memory under test itself wherever the lines ask only for what a
 * memory of WebAssembly has; where they ask for more, through a {@link ScriptedMemory}.
 */
final class VectorScript {
  /** Past the largest size of a slice in the reference: sizes are u32 there. */
  private static final long LARGEST_SLICE = Decimal.MAX_U32;

  private final VectorProfile profile;
  private final MemoryFactory memories;

  /** Whether lines ask for more than a memory of WebAssembly has. */
  private final boolean scripted;

  /** The memory, or what stands over it; set by {@code R}, the first line. */
  private @Nullable LinearMemory memory;

  private @Nullable FreeingBumpAllocator allocator;

  /** What {@code L} says: the memory refuses the allocator more, whatever its maximum. */
  private int grantedPages = LinearMemory.MAX_PAGES;

  VectorScript(VectorProfile profile, List<VectorLine> lines, MemoryFactory memories) {
    this.profile = profile;
    this.memories = memories;
    this.scripted = lines.stream().anyMatch(this::asksForMore);
  }

  private boolean asksForMore(VectorLine line) {
    boolean slice = profile == VectorProfile.SLICE;
    return switch (line.kind()) {
      case 'Z' -> true;
      case 'G' -> slice;
      case 'R' ->
          slice
              ? line.sizeInBytes() % LinearMemory.PAGE_SIZE != 0
              : line.sizeInBytes() / LinearMemory.PAGE_SIZE > line.pages();
      // Only the other kind knows which chunks of a large memory need not be read.
      case 'H' -> line.text().contains("fnv=-");
      default -> false;
    };
  }

  /**
   * Does what a line says.
   *
   * @return the line as it comes out here, equal to the one given if nothing differs; {@code null}
   *     if the memory under test cannot do it, so that nothing can be said of the lines from here
   *     on
   */
  @Nullable String replay(VectorLine line) {
    try {
      return switch (line.kind()) {
        case 'S' -> state();
        case 'H' -> digest();
        default -> replaceResult(line, operate(line));
      };
    } catch (CannotHoldException | GrowthRefusedException e) {
      return null;
    } catch (RuntimeException e) {
      // Whatever a memory under test throws is its answer.
      return replaceResult(
          line, (line.isOperation() ? "! " : " ! ") + Printable.text(e.toString()));
    }
  }

  private static String replaceResult(VectorLine line, String result) {
    String text = line.text();
    return text.substring(0, text.length() - line.result().length()) + result;
  }

  private String operate(VectorLine line) {
    return switch (line.kind()) {
      case 'R' -> renew(line);
      case 'A', 'F' -> useAllocator(line);
      case 'G' -> grow(line.operand());
      case 'Z' -> {
        resize(line.sizeInBytes());
        yield "= ok";
      }
      case 'L' -> {
        grantedPages = line.pages();
        yield "= ok";
      }
      case 'W' -> {
        memory().writeLong(line.operand(), line.value());
        yield "= ok";
      }
      default -> throw new IllegalStateException("is no operation: " + line);
    };
  }

  private String renew(VectorLine line) {
    LinearMemory created = create(line.sizeInBytes(), line.pages());
    memory = created;
    try {
      allocator =
          new FreeingBumpAllocator(
              created,
              line.operand(),
              profile.blockLimit(),
              (from, to) -> to <= grantedPages && created.grow(to - from));
      return "= ok";
    } catch (IllegalArgumentException e) {
      boolean alike = line.result().startsWith(VectorErrors.PANIC);
      return alike ? line.result() : "! the heap base is refused";
    }
  }

  private LinearMemory create(long sizeInBytes, int maximumPages) {
    int pages = (int) (sizeInBytes / LinearMemory.PAGE_SIZE);
    boolean slice = profile == VectorProfile.SLICE;
    try {
      if (!scripted) {
        return memories.create(pages, slice ? pages : maximumPages);
      }
      return slice
          ? ScriptedMemory.ofBytes(memories, sizeInBytes)
          : ScriptedMemory.ofPages(memories, sizeInBytes, maximumPages);
    } catch (IllegalArgumentException e) {
      throw new CannotHoldException(e);
    }
  }

  private String useAllocator(VectorLine line) {
    FreeingBumpAllocator used = allocator;
    if (used == null) {
      return VectorErrors.NO_ALLOCATOR;
    }
    try {
      if (line.kind() == 'A') {
        return "= " + Integer.toUnsignedString(used.allocate(line.operand()));
      }
      used.deallocate(line.operand());
      return "= ok";
    } catch (AllocatorException e) {
      boolean alike = VectorErrors.standsFor(line.result(), e.fault());
      return alike ? line.result() : "! " + e.fault();
    }
  }

  /** The host's growth: not bound by {@code L}, and beyond what a slice's allocator ever does. */
  private String grow(int pages) {
    if (profile == VectorProfile.SLICE) {
      long added = Integer.toUnsignedLong(pages) * LinearMemory.PAGE_SIZE;
      long grown = memory().sizeInBytes() + added;
      if (grown > LARGEST_SLICE) {
        return VectorErrors.NO_GROWTH;
      }
      resize(grown);
      return "= ok";
    }
    return memory().grow(pages) ? "= ok" : VectorErrors.NO_GROWTH;
  }

  private void resize(long sizeInBytes) {
    try {
      ((ScriptedMemory) memory()).resize(sizeInBytes);
    } catch (IllegalArgumentException e) {
      throw new CannotHoldException(e);
    }
  }

  private LinearMemory memory() {
    LinearMemory present = memory;
    if (present == null) {
      throw new IllegalStateException("R comes first");
    }
    return present;
  }

  // What is observed.

  private String state() {
    FreeingBumpAllocator observed = allocator;
    if (observed == null) {
      return "S none";
    }
    AllocatorStatistics did = observed.statistics();
    StringJoiner line = new StringJoiner(" ", "S ", "");
    if (profile == VectorProfile.SLICE) {
      line.add("total=" + did.bytesAllocated());
      line.add("max_total=" + did.bytesAllocatedPeak());
      line.add("max_bumper=" + did.highestBumper());
    } else {
      line.add("alloc=" + did.bytesAllocated());
      line.add("peak=" + did.bytesAllocatedPeak());
      line.add("sum=" + did.bytesAllocatedSum());
      line.add("used=" + did.addressSpaceUsed());
    }
    line.add("bumper=" + did.bumper());
    line.add("poisoned=" + (observed.poison() == null ? 0 : 1));
    line.add("observed=" + observed.observedMemorySize());
    line.add("size=" + memory().sizeInBytes());
    line.add("heads=" + heads(observed));
    return line.toString();
  }

  private static String heads(FreeingBumpAllocator observed) {
    StringJoiner heads = new StringJoiner(",");
    for (int order = 0; order < observed.orders(); order++) {
      long head = observed.freeListHead(order);
      if (head >= 0) {
        heads.add(order + ":" + head);
      }
    }
    return heads.length() == 0 ? "-" : heads.toString();
  }

  private String digest() {
    LinearMemory read = memory();
    if (read instanceof ScriptedMemory noted) {
      return MemoryDigest.lineOf(noted, noted::mayHoldData);
    }
    return MemoryDigest.lineOf(read, chunk -> true);
  }

  /** The memory under test does not come in the size that a line asks for. */
  private static final class CannotHoldException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CannotHoldException(IllegalArgumentException cause) {
      super(cause);
    }
  }
}
