package org.wasmheap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.HostileText.assertOneLine;
import static org.wasmheap.testkit.HostileText.assertPrintable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.conformance.TraceReader;
import org.wasmheap.conformance.VectorReplay;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.testkit.HostileText;
import org.wasmheap.testkit.Samples;
import org.wasmheap.text.Printable;

/** Texts that hold names of guests and lines of files that were chosen to do harm. */
@Timeout(120)
class HostileFilesTest {
  // Guests.

  /** A module that imports a function of this name, or exports one, and has a memory. */
  private static byte[] module(String name, boolean imports) {
    byte[] utf8 = name.getBytes(UTF_8);
    ByteArrayOutputStream wasm = new ByteArrayOutputStream();
    wasm.writeBytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
    section(wasm, 1, new byte[] {1, 0x60, 0, 0});
    ByteArrayOutputStream named = new ByteArrayOutputStream();
    if (imports) {
      named.writeBytes(new byte[] {1, 3, 'e', 'n', 'v'});
      leb(named, utf8.length);
      named.writeBytes(utf8);
      named.writeBytes(new byte[] {0, 0});
      section(wasm, 2, named.toByteArray());
      section(wasm, 5, new byte[] {1, 0, 1});
    } else {
      section(wasm, 3, new byte[] {1, 0});
      section(wasm, 5, new byte[] {1, 0, 1});
      named.write(1);
      leb(named, utf8.length);
      named.writeBytes(utf8);
      named.writeBytes(new byte[] {0, 0});
      section(wasm, 7, named.toByteArray());
      section(wasm, 10, new byte[] {1, 3, 0, 0, 0x0b});
    }
    return wasm.toByteArray();
  }

  private static void section(ByteArrayOutputStream wasm, int id, byte[] bytes) {
    wasm.write(id);
    leb(wasm, bytes.length);
    wasm.writeBytes(bytes);
  }

  private static void leb(ByteArrayOutputStream out, int value) {
    int rest = value;
    for (; rest > 0x7f; rest >>>= 7) {
      out.write((rest & 0x7f) | 0x80);
    }
    out.write(rest);
  }

  private static void loadOrRefuse(byte[] wasm, String export) {
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(
                EndiveModule.load(wasm, MemorySize::new, List.of(), BlockLimit.ON_CHAIN))
            .workers(1)
            .build()) {
      String missing =
          failureOf(executor.submit(CallOptions.named("c"), guest -> guest.call(export)))
              .getMessage();
      assertOneLine("an export that is not there", missing);
    } catch (ModuleRefusedException e) {
      assertPrintable("a refusal", e.getMessage());
      assertFalse(e.getMessage().contains("\n"), e::getMessage);
      assertTrue(e.getMessage().length() <= HostileText.MOST);
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_import_or_export_of_a_guest_is_named_in_one_line(HostileText hostile) {
    loadOrRefuse(module(hostile.named(), true), hostile.named());
    loadOrRefuse(module(hostile.named(), false), hostile.named() + "other");
  }

  // Files.

  @ParameterizedTest
  @EnumSource
  void a_runtimes_origin_is_printed_in_one_line(HostileText hostile) throws Exception {
    String origin = hostile.named();
    byte[] other = "{\"genesis\":{}}".getBytes(UTF_8);
    byte[] answer = "{\"result\":null}".getBytes(UTF_8);

    assertOneLine(
        "code",
        assertThrows(RuntimeLoadException.class, () -> RuntimeCode.of(origin, new byte[9]))
            .getMessage());
    assertOneLine(
        "specification",
        assertThrows(RuntimeLoadException.class, () -> ChainSpecification.of(origin, other))
            .getMessage());
    assertOneLine(
        "answer",
        assertThrows(RuntimeLoadException.class, () -> RuntimeCode.of(origin, answer))
            .getMessage());
    assertOneLine(
        "hexadecimal text",
        assertThrows(
                RuntimeLoadException.class, () -> RuntimeCode.of(origin, new byte[] {'0', 'x'}))
            .getMessage());
    RuntimeCode code = RuntimeCode.of(origin, Samples.code().wasm());
    assertOneLine("code", code.toString());
    SubstrateRuntime runtime =
        SubstrateRuntime.load(code, HeapStrategy.ofStatic(16), SubstrateHostFunctions.all());
    assertOneLine("runtime", runtime.toString());
    assertOneLine(
        "entry",
        assertThrows(
                IllegalArgumentException.class, () -> runtime.call(hostile.named(), new byte[0]))
            .getMessage());
  }

  @ParameterizedTest
  @EnumSource
  void a_runtimes_version_is_printed_in_one_line(HostileText hostile) {
    RuntimeVersion version =
        new RuntimeVersion(
            hostile.named(), hostile.named(), 1, 2, 3, List.of(), OptionalLong.empty(), 1);

    assertOneLine("version", version.toString());
    assertEquals(hostile.named(), version.specName());
  }

  @ParameterizedTest
  @EnumSource
  void a_line_of_a_vector_or_trace_file_is_quoted_in_one_line(HostileText hostile) {
    // given what a reader takes for one line
    String bad = hostile.named().replaceAll("[\n\r]", " ");
    List<String> texts =
        List.of(
            "%s",
            "# vectors-v1 profile=%s\n",
            "# vectors-v1 profile=S\n%s\n",
            "# vectors-v1 profile=S\nR 0 32 - = ok\nA %s = 8\n",
            "# vectors-v1 profile=S\nR 0 32 - = ok\nA 1 %s\n",
            "# vectors-v1 profile=S\nR 0 32 - = ok\n# end ops=%s\n");
    for (String text : texts) {
      IOException refusal =
          assertThrows(
              IOException.class,
              () ->
                  VectorReplay.run(
                      new StringReader(text.replace("%s", bad)), LinearMemory::sparse));
      assertShort(refusal.getMessage());
    }
    for (String text :
        List.of(
            "%s",
            "# heap_base=%s initial_pages=1\n",
            "# heap_base=0 initial_pages=1\n%s\n",
            "# heap_base=0 initial_pages=1\nA 8 %s\n",
            "# heap_base=0 initial_pages=1\nA 8 ! %s\n")) {
      IOException refusal =
          assertThrows(
              IOException.class, () -> TraceReader.read(new StringReader(text.replace("%s", bad))));
      assertShort(refusal.getMessage());
    }
  }

  private static void assertShort(String message) {
    assertPrintable("a refusal", message);
    assertTrue(message.startsWith("line "), message);
    assertFalse(message.contains("\n"), message);
    assertTrue(message.length() < HostileText.MOST, () -> message.length() + " characters");
  }

  @ParameterizedTest
  @EnumSource
  void what_a_memory_throws_is_a_divergence_in_one_line(HostileText hostile) throws Exception {
    String vectors = "# vectors-v1 profile=P-onchain\nR 0 65536 4 = ok\n# end ops=1\n";

    VectorReplay.Result result =
        VectorReplay.run(
            new StringReader(vectors),
            (pages, maximum) -> {
              throw new IllegalStateException(hostile.named());
            });

    assertOneLine("result", result.toString());
    assertOneLine("actual", result.firstDivergence().actual());
  }

  @ParameterizedTest
  @EnumSource
  void a_traces_status_cannot_add_a_line_or_a_key_to_its_file(HostileText hostile)
      throws Exception {
    String trace = "# trace-v1 heap_base=0 initial_pages=1 max_pages=- limit=33554432 status=%s\n";
    String status = Printable.cut(hostile.named().replaceAll("[\n\r ]", ""), 60_000);

    String written =
        TraceReader.read(new StringReader(trace.formatted(status))).toString().stripTrailing();

    assertOneLine("status", written);
    assertEquals(6, written.split(" ").length - 1, written);
  }
}
