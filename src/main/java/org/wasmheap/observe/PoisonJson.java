package org.wasmheap.observe;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.Reader;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.allocator.HeapAudit.Block;
import org.wasmheap.allocator.HeapAudit.Finding;
import org.wasmheap.allocator.HeapAudit.OrderCount;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.heap.PoisonReport.Growth;
import org.wasmheap.heap.PoisonReport.Operation;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.text.Printable;

/** Poison reports as JSON: the record's fields in lower case, and a version before them. */
final class PoisonJson {
  private static final String VERSION_KEY = "poison_report";
  private static final String VERSION = "v1";

  /** Characters of a name, which comes as it is and not escaped as it would be for people. */
  private static final int MAX_NAME = 1_024;

  private static final long ADDRESS_SPACE = 1L << 32;

  /** Orders of the wide limit. */
  private static final int MAX_ORDERS = 29;

  private static final Gson GSON =
      new GsonBuilder()
          .serializeNulls()
          .disableHtmlEscaping()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .registerTypeAdapter(Block.class, new BlockAdapter())
          .create();

  private PoisonJson() {}

  static String write(PoisonReport report) {
    JsonObject object = new JsonObject();
    object.addProperty(VERSION_KEY, VERSION);
    GSON.toJsonTree(report).getAsJsonObject().asMap().forEach(object::add);
    for (String name : List.of("heap", "call_name")) {
      object.addProperty(name, Printable.cut(object.get(name).getAsString(), MAX_NAME));
    }
    return Printable.json(GSON.toJson(object));
  }

  static PoisonReport read(Reader text) throws IOException {
    try {
      JsonObject object = JsonParser.parseReader(text).getAsJsonObject();
      JsonElement version = object.get(VERSION_KEY);
      require(version != null && version.getAsString().equals(VERSION), VERSION_KEY);
      PoisonReport report = GSON.fromJson(object, PoisonReport.class);
      check(report);
      return report;
    } catch (RuntimeException e) {
      // Gson's own, and what a record or a getter throws for a value that is none of its kind.
      throw new IOException("is no poison report: " + Printable.text(e.getMessage()), e);
    }
  }

  /** What a file says is not to be believed: all that the map and the text rely on. */
  private static void check(PoisonReport report) {
    requirePresent(report.heap(), "heap");
    requirePresent(report.callName(), "call_name");
    requirePresent(report.operation(), "operation");
    requirePresent(report.fault(), "fault");
    requirePresent(report.statistics(), "statistics");
    requirePresent(report.bytes(), "bytes");
    HexFormat.of().parseHex(report.bytes());
    for (Operation operation : elements(report.lastOperations(), "last_operations")) {
      requirePresent(operation, "last_operations");
    }
    for (Growth growth : elements(report.growths(), "growths")) {
      requirePresent(growth.cause(), "growths");
      requireRange(growth.fromPages(), LinearMemory.MAX_PAGES, "from_pages");
      requireRange(growth.toPages(), LinearMemory.MAX_PAGES, "to_pages");
    }
    HeapAudit audit = report.audit();
    if (audit != null) {
      check(audit);
    }
  }

  private static void check(HeapAudit audit) {
    requireRange(audit.bumper(), ADDRESS_SPACE, "bumper");
    requireRange(audit.heapBase(), audit.bumper(), "heap_base");
    requireRange(audit.memorySize(), ADDRESS_SPACE, "memory_size");
    requireRange(audit.unknownBytes(), ADDRESS_SPACE, "unknown_bytes");
    List<OrderCount> orders = elements(audit.orders(), "orders");
    require(!orders.isEmpty() && orders.size() <= MAX_ORDERS, "orders");
    for (int order = 0; order < orders.size(); order++) {
      require(orders.get(order).order() == order, "orders");
      requireRange(orders.get(order).live(), ADDRESS_SPACE, "live");
      requireRange(orders.get(order).free(), ADDRESS_SPACE, "free");
    }
    for (Finding finding : elements(audit.findings(), "findings")) {
      requirePresent(finding.kind(), "kind");
      requirePresent(finding.why(), "why");
    }
    for (Block block : elements(audit.blocks(), "blocks")) {
      requireRange(block.address(), ADDRESS_SPACE, "blocks");
      requireRange(block.bytes(), ADDRESS_SPACE, "blocks");
      require(block.use() == Use.UNKNOWN || block.order() >= 0, "blocks");
      require(block.order() < orders.size(), "blocks");
    }
  }

  private static <T> List<T> elements(@Nullable List<T> list, String name) {
    if (list == null) {
      throw new IllegalArgumentException("its " + name + " are missing");
    }
    list.forEach(element -> requirePresent(element, name));
    return list;
  }

  private static void requirePresent(@Nullable Object value, String name) {
    require(value != null, name);
  }

  private static void requireRange(long value, long most, String name) {
    require(value >= 0 && value <= most, name);
  }

  private static void require(boolean holds, String name) {
    if (!holds) {
      throw new IllegalArgumentException("its " + name + " is missing or out of range");
    }
  }

  /** Blocks are many: an array of address, bytes, order and use for each. */
  private static final class BlockAdapter extends TypeAdapter<Block> {
    @Override
    public void write(JsonWriter out, Block block) throws IOException {
      out.beginArray();
      out.value(block.address()).value(block.bytes()).value(block.order());
      out.value(block.use().name()).endArray();
    }

    @Override
    public Block read(JsonReader in) throws IOException {
      in.beginArray();
      Block block =
          new Block(in.nextLong(), in.nextLong(), in.nextInt(), Use.valueOf(in.nextString()));
      in.endArray();
      return block;
    }
  }
}
