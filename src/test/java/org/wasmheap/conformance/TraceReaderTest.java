package org.wasmheap.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.conformance.Trace.Header;

class TraceReaderTest {
  private static final String V1 =
      "# trace-v1 heap_base=4294967288 initial_pages=0 max_pages=- limit=2147483648 status=TRAP";

  @Test
  void a_trace_is_printed_as_it_was_read() throws IOException {
    // given
    String text =
        V1.replace("8 initial", "0 initial")
            + " mallocs=1 frees=2 peak_live_bytes=3 peak_bumper=4 final_pages=5\n"
            + "A 4294967295 4294967288\nA 0 ! REQUEST_TOO_LARGE\nF 0\nF 7 ! INVALID_POINTER\n"
            + "# grow 0 65536\nG 65535 65536\n";
    // when
    Trace trace = read(text);
    // then
    assertEquals(text, trace.toString());
    assertEquals(6, trace.size());
    assertEquals(4, trace.operations());
  }

  @Test
  void a_first_line_from_before_version_1_leaves_out_what_on_chain_calls_have() throws IOException {
    // when
    Trace trace = read("# blob=x heap_base=8 initial_pages=2 final_pages=3\n");
    // then
    assertEquals(
        new Header(8, 2, 65_536, BlockLimit.ON_CHAIN, "ok", null, null, null, null, 3L),
        trace.header());
    assertEquals(0, trace.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "A 8 8",
        "# heap_base=8",
        "# initial_pages=8",
        "# heap_base=8 initial_pages=x",
        "# heap_base=8 initial_pages=-",
        "# heap_base=-8 initial_pages=1",
        "# heap_base=4294967288 initial_pages=1",
        "# heap_base=8 initial_pages=65537",
        "# heap_base=8 initial_pages=2 max_pages=1",
        "# heap_base=8 initial_pages=2 max_pages=65537",
        "# heap_base=8 initial_pages=1 limit=8",
        "# heap_base=8 initial_pages=1 mallocs=many",
        "# heap_base=8 initial_pages=1 mallocs=99999999999999999999",
        "# trace-v1 heap_base=8 initial_pages=1 max_pages=- limit=33554432",
        "# trace-v1 heap_base=8 initial_pages=1 max_pages=- status=ok",
        "# trace-v1 heap_base=8 initial_pages=1 limit=33554432 status=ok",
      })
  void a_first_line_that_is_none_is_refused(String line) {
    // when
    IOException refused = assertThrows(IOException.class, () -> read(line + "\nA 8 8\n"));
    // then
    assertTrue(refused.getMessage().startsWith("line 1: "), refused.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "A",
        "A 8",
        "A 8 ",
        "A 8 8 8",
        "A 8 8 8 8",
        "A 8 ! ",
        "A 8 ! TIRED",
        "A 8 ? OUT_OF_SPACE",
        "A 4294967296 8",
        "A 8 -8",
        "A 8 +8",
        "A  8 8",
        " A 8 8",
        "B 8 8",
        "F",
        "F ",
        "F 8 8",
        "F 8 !",
        "F 8 ! POISONED 9",
        "F 0x8",
        "G 1",
        "G 2 1",
        "G 1 65537",
        "# grow 1",
        "# grow 2 1",
        "# grow 1 2 3",
        "grow 1 2",
      })
  void a_step_that_is_none_is_refused_with_its_line(String line) {
    // when
    IOException refused =
        assertThrows(
            IOException.class, () -> read("# heap_base=8 initial_pages=1\nA 8 8\n" + line + "\n"));
    // then
    assertTrue(
        refused.getMessage().startsWith("line 3: '" + line + "' is no step of a trace"),
        refused.getMessage());
  }

  private static Trace read(String text) throws IOException {
    return TraceReader.read(new StringReader(text));
  }
}
