package org.wasmheap.observe;

import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.wasmheap.allocator.AllocatorException.Operation;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.allocator.HeapAudit.Block;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.heap.PoisonReport.Growth;
import org.wasmheap.text.MdcEntries;
import org.wasmheap.text.Printable;

/** A poison report as text: what a person on call reads first, and then all of it. */
final class PoisonText {
  private static final int BYTES_IN_LINE = 16;

  private PoisonText() {}

  static String summary(PoisonReport report) {
    return "Call %d '%s' on heap %s (generation %d) failed when it %s: %s, %s. %s %s%s"
        .formatted(
            report.call(),
            Printable.name(report.callName()),
            Printable.name(report.heap()),
            report.generation(),
            report.operation() == Operation.ALLOCATE
                ? "asked for " + number(report.operand()) + " bytes"
                : "gave back pointer " + report.operand(),
            report.fault(),
            report.fault().meaning(),
            doing(report),
            clue(report),
            caller(report));
  }

  private static String caller(PoisonReport report) {
    return report.mdc().isEmpty()
        ? ""
        : " Its caller's diagnostic context: " + MdcEntries.line(report.mdc()) + ".";
  }

  private static String doing(PoisonReport report) {
    return report.fault().isGuestsDoing()
        ? "It is the guest's doing, and the same on every node."
        : "No wasm guest can bring this about: look at the engine, or at the memory that it brings.";
  }

  /** What the report says about the cause beyond the fault itself. */
  private static String clue(PoisonReport report) {
    return switch (report.fault()) {
      case OUT_OF_SPACE -> outOfSpace(report);
      case REQUEST_TOO_LARGE ->
          "The largest block is %s bytes.".formatted(number(report.blockLimit()));
      case EMPTY_HEADER -> emptyHeader(report);
      case INVALID_ORDER, OCCUPIED_LINK, INVALID_LINK, ACCOUNTING -> overwritten(report);
      default -> damage(report);
    };
  }

  private static String outOfSpace(PoisonReport report) {
    Optional<HeapMap> map = HeapMap.of(report);
    String size =
        "The memory has %s pages and may have %s"
            .formatted(number(report.pages()), number(report.maximumPages()));
    if (map.isEmpty()) {
      return size + ".";
    }
    int order = FreeingBumpAllocator.orderOf((int) report.operand());
    return "%s; %s bytes of the heap are free, %s of them in blocks that cannot serve this request."
        .formatted(size, number(map.get().freeBytes()), number(map.get().unusableBytes(order)));
  }

  private static String emptyHeader(PoisonReport report) {
    List<PoisonReport.Operation> last = report.lastOperations();
    for (int i = last.size() - 1; i >= 0; i--) {
      PoisonReport.Operation operation = last.get(i);
      if (operation.pointer() == report.operand()) {
        return "The block was handed out %s before, so its header was overwritten since."
            .formatted(operations(last.size() - i));
      }
      if (operation.pointer() == 0 && operation.operand() == report.operand()) {
        return "The same pointer was given back %s before: a double free."
            .formatted(operations(last.size() - i));
      }
    }
    HeapAudit audit = report.audit();
    boolean block =
        audit != null
            && audit.blocks().stream().anyMatch(each -> each.address() == report.badHeader());
    if (last.isEmpty()) {
      return "HeapView.keepOperations() would show what came before.";
    }
    return block
        ? "None of the last %d operations gave it back; it was free before them."
            .formatted(last.size())
        : "No block is known to begin there: a wild pointer, or its header was overwritten.";
  }

  private static String operations(int count) {
    return count == 1 ? "one operation" : count + " operations";
  }

  private static String overwritten(PoisonReport report) {
    HeapAudit audit = report.audit();
    if (report.badHeader() < 0 || audit == null) {
      return damage(report);
    }
    return audit.blocks().stream()
        .filter(block -> block.address() + block.bytes() == report.badHeader())
        .findFirst()
        .map(block -> neighbour(report, block))
        .orElseGet(() -> damage(report));
  }

  private static String neighbour(PoisonReport report, Block block) {
    return ("The header at %d is right behind the %s block of %s bytes at pointer %d: see whether that was"
            + " written past its end.")
        .formatted(
            report.badHeader(),
            block.use() == Use.LIVE ? "live" : block.use() == Use.FREE ? "free" : "unknown",
            number(block.bytes() - FreeingBumpAllocator.HEADER_BYTES),
            block.address() + FreeingBumpAllocator.HEADER_BYTES);
  }

  private static String damage(PoisonReport report) {
    HeapAudit audit = report.audit();
    if (audit == null) {
      return "The memory could not be read.";
    }
    return audit.healthy()
        ? "All headers of the heap are sound."
        : "Headers of the heap are damaged, first: " + audit.findings().get(0) + ".";
  }

  static String text(PoisonReport report) {
    AllocatorStatistics did = report.statistics();
    StringBuilder text = new StringBuilder(2048);
    line(text, summary(report));
    line(text, "");
    line(
        text,
        "heap from %d, bumper %d; %s bytes allocated, %s at most; %s allocations, %s deallocations",
        report.heapBase(),
        did.bumper(),
        number(did.bytesAllocated()),
        number(did.bytesAllocatedPeak()),
        number(did.allocations()),
        number(did.deallocations()));
    line(
        text,
        "memory of %s pages, %s when the call began, at most %s",
        number(report.pages()),
        number(report.pagesBefore()),
        number(report.maximumPages()));
    for (Growth growth : report.growths()) {
      line(
          text,
          "  grew from %d to %d pages after %s operations, for the %s",
          growth.fromPages(),
          growth.toPages(),
          number(growth.operations()),
          growth.cause() == GrowthPolicy.Cause.ALLOCATOR ? "allocator" : "guest");
    }
    operations(text, report);
    bytes(text, report);
    HeapAudit audit = report.audit();
    line(text, "headers:");
    text.append(audit == null ? "  the memory could not be read" : audit.toString());
    return text.toString().stripTrailing();
  }

  private static void operations(StringBuilder text, PoisonReport report) {
    int kept = report.lastOperations().size();
    line(
        text,
        kept == 0
            ? "the operation that failed (those before it were not kept):"
            : "the last %d operations, then the one that failed:",
        kept);
    report.lastOperations().forEach(operation -> line(text, "  %s", operation));
    line(
        text,
        "  %s %d: %s",
        report.operation() == Operation.ALLOCATE ? "malloc" : "free",
        report.operand(),
        report.fault());
  }

  /** Hex and ASCII, with a mark before the line of the header. */
  private static void bytes(StringBuilder text, PoisonReport report) {
    if (report.bytes().isEmpty()) {
      return;
    }
    byte[] bytes = HexFormat.of().parseHex(report.bytes());
    line(text, "bytes round the header at %d (0x%x):", report.badHeader(), report.badHeader());
    for (int from = 0; from < bytes.length; from += BYTES_IN_LINE) {
      long address = report.bytesAddress() + from;
      int to = Math.min(bytes.length, from + BYTES_IN_LINE);
      boolean here = report.badHeader() >= address && report.badHeader() < address + BYTES_IN_LINE;
      StringBuilder ascii = new StringBuilder();
      for (int i = from; i < to; i++) {
        ascii.append(bytes[i] >= ' ' && bytes[i] < 0x7F ? (char) bytes[i] : '.');
      }
      line(
          text,
          "%s %08x  %-47s  %s",
          here ? "->" : "  ",
          address,
          HexFormat.ofDelimiter(" ").formatHex(bytes, from, to),
          ascii);
    }
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values));
    text.append(System.lineSeparator());
  }

  private static String number(long value) {
    return Numbers.number(value);
  }
}
