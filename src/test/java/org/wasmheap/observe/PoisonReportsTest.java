package org.wasmheap.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.MDC;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorException.Operation;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.testkit.BareHeaps;

/** A poison report as text and as JSON. */
class PoisonReportsTest {
  private static final int POINTER = BareHeaps.FIRST_POINTER;

  private final Heap heap = BareHeaps.claimed(new HeapListener() {});
  private HeapHandle call;

  PoisonReportsTest() {
    heap.view().keepOperations();
    call = heap.begin(42, "Core_version");
  }

  private PoisonReport poison(Runnable operation) {
    assertThrows(AllocatorException.class, operation::run);
    return Objects.requireNonNull(heap.poisonReport());
  }

  private PoisonReport doubleFree() {
    call.malloc(100);
    call.free(POINTER);
    return poison(() -> call.free(POINTER));
  }

  /** A guest that writes past the end of a block of 8 bytes, over the header of the next. */
  private PoisonReport overwrittenHeader() {
    call.growMemory(1);
    call.malloc(8);
    int second = call.malloc(8);
    call.write(POINTER, "overrun!AAAA\1".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    return poison(() -> call.free(second));
  }

  private static PoisonReport withFault(PoisonReport report, AllocatorFault fault) {
    return new PoisonReport(
        report.heap(),
        report.generation(),
        report.call(),
        report.callName(),
        Operation.ALLOCATE,
        8,
        fault,
        report.pagesBefore(),
        report.pages(),
        report.maximumPages(),
        report.heapBase(),
        report.blockLimit(),
        report.statistics(),
        List.of(),
        List.of(),
        -1,
        -1,
        "",
        null,
        Map.of());
  }

  private static PoisonReport read(JsonElement json) throws IOException {
    return PoisonReports.read(new StringReader(json.toString()));
  }

  // Text.

  @Test
  void the_summary_says_which_call_which_operation_and_whose_doing() {
    assertEquals(
        "Call 42 'Core_version' on heap test/1 (generation 1) failed when it gave back pointer"
            + " 1016: EMPTY_HEADER, the block is free already (a double free or a wild pointer). It"
            + " is the guest's doing, and the same on every node. The same pointer was given back"
            + " one operation before: a double free.",
        PoisonReports.summary(doubleFree()));
  }

  @Test
  void a_header_behind_a_block_that_was_overrun_is_named_with_that_block() {
    String summary = PoisonReports.summary(overwrittenHeader());

    assertTrue(
        summary.endsWith(
            "The header at 1024 is right behind the live block of 8 bytes at pointer 1016: see"
                + " whether that was written past its end."),
        summary);
  }

  @Test
  void a_heap_without_room_tells_how_much_is_free_and_cannot_serve() {
    // given 65,544 bytes that are free, of the wrong order
    call.free(call.malloc(65_536));
    call.malloc(131_072);

    // when
    String summary = PoisonReports.summary(poison(() -> call.malloc(131_072)));

    // then
    assertTrue(summary.contains("asked for 131,072 bytes: OUT_OF_SPACE"), summary);
    assertTrue(
        summary.endsWith(
            "The memory has 4 pages and may have 4; 65,544 bytes of the heap are free, 65,544 of"
                + " them in blocks that cannot serve this request."),
        summary);
  }

  @Test
  void a_header_lost_since_its_block_was_handed_out_is_no_double_free() {
    call.malloc(8);
    call.write(POINTER - 8, new byte[8]);

    String summary = PoisonReports.summary(poison(() -> call.free(POINTER)));

    assertTrue(
        summary.endsWith("handed out one operation before, so its header was overwritten since."),
        summary);
  }

  @Test
  void a_wild_pointer_is_told_from_a_double_free() {
    call.malloc(100);

    String summary = PoisonReports.summary(poison(() -> call.free(POINTER + 16)));

    assertTrue(summary.contains("a wild pointer, or its header was overwritten"), summary);
  }

  @ParameterizedTest
  @ValueSource(strings = {"MEMORY_SHRANK", "WRITE_OUT_OF_BOUNDS"})
  void what_no_guest_can_do_is_laid_at_the_engines_door(AllocatorFault fault) {
    String summary = PoisonReports.summary(withFault(doubleFree(), fault));

    assertTrue(summary.contains("No wasm guest can bring this about: look at the engine"), summary);
    assertFalse(summary.contains("the guest's doing"), summary);
  }

  @Test
  void the_text_holds_the_last_operations_the_bytes_and_the_audit() {
    // when
    String text = PoisonReports.text(overwrittenHeader());

    // then
    List<String> lines = text.lines().toList();
    assertTrue(lines.contains("  grew from 1 to 2 pages after 0 operations, for the guest"), text);
    int at = lines.indexOf("the last 2 operations, then the one that failed:");
    assertEquals(
        List.of("  malloc 8 = 1016", "  malloc 8 = 1032", "  free 1032: INVALID_ORDER"),
        lines.subList(at + 1, at + 4));
    assertTrue(
        lines.contains(
            "   000003f0  00 00 00 00 01 00 00 00 6f 76 65 72 72 75 6e 21  ........overrun!"),
        text);
    assertTrue(
        lines.contains(
            "-> 00000400  41 41 41 41 01 00 00 00 00 00 00 00 00 00 00 00  AAAA............"),
        text);
    assertTrue(text.contains("INVALID_ORDER at 1024 (0x0000000141414141)"), text);
  }

  @Test
  void every_fault_has_a_text_with_and_without_an_audit() {
    PoisonReport report = doubleFree();
    for (AllocatorFault fault : AllocatorFault.values()) {
      String text = PoisonReports.text(withFault(report, fault));

      assertTrue(text.contains(fault.meaning()), text);
      assertTrue(text.contains("the memory could not be read"), text);
    }
  }

  @Test
  void a_name_that_would_steer_a_terminal_does_not() {
    heap.reset();
    call = heap.begin(1, "\u001b[2Jcall\n");

    String summary = PoisonReports.summary(poison(() -> call.free(0)));

    assertTrue(summary.startsWith("Call 1 '\\u{1b}[2Jcall\\n' on heap"), summary);
  }

  // JSON.

  @Test
  void what_is_written_is_read_back_equal() throws IOException {
    PoisonReport report = overwrittenHeader();

    assertEquals(report, PoisonReports.read(new StringReader(PoisonReports.json(report))));
  }

  @Test
  void the_callers_context_is_in_the_text_escaped_and_is_read_back_as_it_was() throws IOException {
    // given
    Map<String, String> callers = Map.of("block", "17", "peer'\n", "\u001b[2J\"");
    MDC.setContextMap(callers);
    PoisonReport report;
    try {
      report = doubleFree();
    } finally {
      MDC.clear();
    }

    // then
    assertEquals(callers, report.mdc());
    assertTrue(
        PoisonReports.summary(report)
            .endsWith(" Its caller's diagnostic context: block='17', peer\\'\\n='\\u{1b}[2J\\\"'."),
        PoisonReports.summary(report));
    assertTrue(report.toString().endsWith("='\\u{1b}[2J\\\"'}]"), report.toString());
    String json = PoisonReports.json(report);
    assertTrue(json.chars().allMatch(character -> character >= ' '), json);
    assertEquals(report, PoisonReports.read(new StringReader(json)));
  }

  @Test
  void a_callers_context_from_a_file_is_bounded_and_may_be_missing() throws IOException {
    // given
    JsonObject json = JsonParser.parseString(PoisonReports.json(doubleFree())).getAsJsonObject();
    JsonObject much = new JsonObject();
    for (int i = 0; i < 1_000; i++) {
      much.addProperty("key " + i, "v".repeat(10_000));
    }
    much.add("none", JsonNull.INSTANCE);

    // when
    json.add("mdc", much);
    PoisonReport bounded = read(json);
    json.remove("mdc");
    PoisonReport without = read(json);

    // then
    assertEquals(32, bounded.mdc().size());
    bounded.mdc().values().forEach(value -> assertTrue(value.length() <= 1_027));
    assertEquals(Map.of(), without.mdc());
  }

  @Test
  void a_report_without_an_audit_is_read_back_equal_and_has_no_map() throws IOException {
    PoisonReport report = withFault(doubleFree(), AllocatorFault.OUT_OF_SPACE);

    PoisonReport read = PoisonReports.read(new StringReader(PoisonReports.json(report)));

    assertEquals(report, read);
    assertTrue(HeapMap.of(read).isEmpty());
  }

  @Test
  void the_map_of_a_report_knows_sizes_from_the_last_operations_and_the_header() {
    HeapMap map = HeapMap.of(overwrittenHeader()).orElseThrow();

    assertEquals(OptionalLong.of(8), map.pieces().get(0).askedBytes());
    assertEquals(OptionalLong.of(1024), map.badHeader());
    assertTrue(HeapPicture.svg(map, "t", "d").contains("header of the fault"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "poison_report",
        "heap",
        "call_name",
        "operation",
        "fault",
        "statistics",
        "last_operations",
        "growths",
        "bytes"
      })
  void a_report_with_a_field_missing_or_null_is_refused_by_its_name(String field) {
    JsonObject whole = JsonParser.parseString(PoisonReports.json(doubleFree())).getAsJsonObject();
    JsonObject missing = whole.deepCopy();
    missing.remove(field);
    JsonObject absent = whole.deepCopy();
    absent.add(field, JsonNull.INSTANCE);

    IOException refusal = assertThrows(IOException.class, () -> read(missing));
    assertTrue(refusal.getMessage().startsWith("is no poison report: "), refusal::getMessage);
    assertThrows(IOException.class, () -> read(absent));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bumper", "heap_base", "memory_size", "unknown_bytes"})
  void an_audit_with_an_address_out_of_range_is_refused(String field) {
    JsonObject report = JsonParser.parseString(PoisonReports.json(doubleFree())).getAsJsonObject();
    report.getAsJsonObject("audit").add(field, new JsonPrimitive(-1));

    IOException refusal = assertThrows(IOException.class, () -> read(report));
    assertTrue(refusal.getMessage().contains("its " + field), refusal::getMessage);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[[1008, 16, 99, \"LIVE\"]]",
        "[[1008, 16, -1, \"FREE\"]]",
        "[[-1, 16, 0, \"FREE\"]]",
        "[[1008, 16, 0, \"SOLD\"]]",
        "[[1008, 16]]",
        "[null]",
        "{}",
        "null"
      })
  void an_audit_with_blocks_that_cannot_be_is_refused(String blocks) {
    JsonObject report = JsonParser.parseString(PoisonReports.json(doubleFree())).getAsJsonObject();
    report.getAsJsonObject("audit").add("blocks", JsonParser.parseString(blocks));

    assertThrows(IOException.class, () -> read(report));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{}", "[]", "null", "{\"poison_report\":", "{\"poison_report\":\"v2\"}"})
  void what_is_no_report_is_refused(String text) {
    IOException refusal =
        assertThrows(IOException.class, () -> PoisonReports.read(new StringReader(text)));

    assertTrue(refusal.getMessage().startsWith("is no poison report: "), refusal::getMessage);
  }
}
