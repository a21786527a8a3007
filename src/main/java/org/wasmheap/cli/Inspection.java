package org.wasmheap.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.wasmheap.conformance.TraceReplay;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.heap.PoisonReport.Growth;
import org.wasmheap.observe.HeapMap;
import org.wasmheap.observe.HeapMap.Order;
import org.wasmheap.observe.HeapTable;
import org.wasmheap.observe.PoisonReports;
import org.wasmheap.text.Printable;

/**
 * What {@code inspect} shows of a file.
 *
 * @param file name of the file
 * @param title what the heap is, in a line
 * @param operations allocations and deallocations that succeeded or were replayed
 * @param summary what happened, if it is a poison report
 * @param mismatch where the heap left its trace, if it did
 * @param map the heap
 */
record Inspection(
    String file,
    String title,
    long operations,
    @Nullable String summary,
    @Nullable String mismatch,
    HeapMap map) {

  static Inspection of(String file, TraceReplay.State state, HeapMap map) {
    String title =
        String.format(
            Locale.ROOT,
            "Heap of %s after %,d operations",
            Printable.text(file),
            state.operations());
    return new Inspection(file, title, state.operations(), null, state.mismatch(), map);
  }

  static Inspection of(String file, PoisonReport report, HeapMap map) {
    String title =
        String.format(
            Locale.ROOT,
            "Heap %s, poisoned in call %d '%s'",
            Printable.name(report.heap()),
            report.call(),
            Printable.name(report.callName()));
    long operations = report.statistics().allocations() + report.statistics().deallocations();
    return new Inspection(file, title, operations, PoisonReports.summary(report), null, map);
  }

  /** For people. */
  String table() {
    return (summary == null ? title : summary) + System.lineSeparator() + HeapTable.of(map);
  }

  /** For programs: one object, every field in it. */
  String json() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("file", file);
    fields.put("source", summary == null ? "trace" : "poison_report");
    fields.put("summary", summary);
    fields.put("mismatch", mismatch);
    fields.put("operations", operations);
    fields.put("heap_base", map.heapBase());
    fields.put("bumper", map.bumper());
    fields.put("heap_bytes", map.spanBytes());
    fields.put("memory_bytes", map.memoryBytes());
    fields.put("live_blocks", map.orders().stream().mapToLong(Order::live).sum());
    fields.put("free_blocks", map.orders().stream().mapToLong(Order::free).sum());
    fields.put("asked_bytes", orNull(map.askedBytes()));
    fields.put("taken_bytes", map.takenBytes());
    fields.put("waste_bytes", orNull(map.wasteBytes()));
    fields.put("free_bytes", map.freeBytes());
    fields.put("unknown_bytes", map.unknownBytes());
    fields.put("growths", map.growths().stream().map(Inspection::growth).toList());
    List<Map<String, @Nullable Object>> orders = new ArrayList<>();
    for (Order order : map.orders()) {
      orders.add(order(order));
    }
    fields.put("orders", orders);
    return RunOutput.json(fields);
  }

  private Map<String, @Nullable Object> order(Order order) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("order", order.order());
    fields.put("block_bytes", order.blockBytes());
    fields.put("live_blocks", order.live());
    fields.put("free_blocks", order.free());
    fields.put("asked_bytes", orNull(order.askedBytes()));
    fields.put("taken_bytes", order.takenBytes());
    fields.put("waste_bytes", orNull(order.wasteBytes()));
    fields.put("free_bytes", order.freeBytes());
    fields.put("unusable_bytes", map.unusableBytes(order.order()));
    fields.put("unusable_share", map.unusableShare(order.order()));
    return fields;
  }

  private static Map<String, Object> growth(Growth growth) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("operations", growth.operations());
    fields.put("from_pages", growth.fromPages());
    fields.put("to_pages", growth.toPages());
    fields.put("cause", growth.cause().name().toLowerCase(Locale.ROOT));
    return fields;
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }
}
