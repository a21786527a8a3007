package org.wasmheap.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.cli.Commands.execute;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.testkit.CommandLineRun;
import org.wasmheap.testkit.CompressedCode;
import org.wasmheap.testkit.RealBlocks;
import org.wasmheap.testkit.RealRuntimes;
import org.wasmheap.testkit.SampleBlockFiles;

@Timeout(180)
class RunCommandTest {
  /** The contract: names only grow. */
  private static final List<String> FIELDS =
      List.of(
          "runtime",
          "code_hash",
          "call",
          "instances",
          "strategy",
          "calls",
          "ok",
          "failed",
          "failures",
          "spec_name",
          "spec_version",
          "distinct_results",
          "distinct_traces",
          "result_bytes",
          "result_blake2_256",
          "load_seconds",
          "functions",
          "functions_interpreted",
          "functions_huge",
          "class_bytes",
          "class_bytes_waiting",
          "parsed_instructions",
          "image_bytes",
          "code_cached",
          "seconds",
          "calls_per_second",
          "latency_us",
          "queue_us",
          "reset_us",
          "initial_pages",
          "peak_pages",
          "pages_after_reset",
          "materialised_bytes",
          "allocations_per_call",
          "peak_bytes_per_call",
          "heaps_replaced",
          "poisoned");

  @TempDir private Path folder;

  private static CommandLineRun run(String... args) {
    List<String> all = new ArrayList<>(List.of("run", "--json", "--instances", "2"));
    all.addAll(Arrays.asList(args));
    return execute(all.toArray(new String[0]));
  }

  @Test
  void the_sample_runs_without_any_argument_and_prints_a_table() {
    CommandLineRun run = execute("run");

    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().contains("wasm-heap-sample"), run.out());
    assertTrue(run.out().lines().anyMatch(line -> line.matches("ok +1,000")), run.out());
    assertEquals("", run.err());
  }

  @Test
  void json_holds_every_field_of_the_contract_and_the_figures_of_the_sample() {
    CommandLineRun run = run("--calls", "200");

    assertEquals(0, run.exitCode(), run::err);
    JsonObject json = run.json();
    assertEquals(FIELDS, List.copyOf(json.keySet()));
    assertEquals("wasm-heap-sample", json.get("spec_name").getAsString());
    assertEquals(1, json.get("spec_version").getAsInt());
    assertEquals(200, json.get("ok").getAsInt());
    assertEquals(0, json.get("failed").getAsInt());
    assertEquals(1, json.get("distinct_results").getAsInt());
    assertEquals(1, json.get("distinct_traces").getAsInt());
    assertEquals(6, json.get("allocations_per_call").getAsInt());
    assertEquals("static", json.get("strategy").getAsString());
    assertEquals(2 + 2048, json.get("initial_pages").getAsInt());
    assertEquals(2 + 2048, json.get("pages_after_reset").getAsInt());
    assertTrue(
        json.get("materialised_bytes").getAsLong() < 2 * 2050L * 65_536 / 40,
        () -> json.get("materialised_bytes").toString());
  }

  @Test
  void the_dynamic_strategy_begins_small_grows_and_comes_back() {
    // when a block of 20,000 transfers is made, which needs more than the initial 2 pages
    JsonObject json =
        run(
                "--calls",
                "4",
                "--dynamic",
                "--call",
                "Sample_block",
                "--input",
                "204e00000500000000000000")
            .json();

    assertEquals("dynamic", json.get("strategy").getAsString());
    assertEquals(4, json.get("ok").getAsInt());
    assertEquals(1_367_644, json.get("result_bytes").getAsInt());
    assertEquals(
        "0x721abef353805483f9124cc7f3c1fa4dde1b475207f23930d929ed63c00c79f2",
        json.get("result_blake2_256").getAsString());
    assertEquals(2, json.get("initial_pages").getAsInt());
    assertTrue(json.get("peak_pages").getAsInt() > 40);
    assertEquals(2, json.get("pages_after_reset").getAsInt());
    assertEquals(1, json.get("distinct_traces").getAsInt());
  }

  @Test
  void a_dynamic_maximum_is_held() {
    JsonObject json = run("--calls", "3", "--dynamic", "5", "--call", "test_alloc_forever").json();

    assertEquals(3, json.getAsJsonObject("failures").get("allocator_fault").getAsInt());
    assertEquals(5, json.get("peak_pages").getAsInt());
    assertEquals(2, json.get("pages_after_reset").getAsInt());
  }

  @ParameterizedTest
  @CsvSource({
    "test_trap, trap",
    "test_panic, trap",
    "test_divide_by_zero, trap",
    "test_read_out_of_bounds, trap",
    "test_write_out_of_bounds, trap",
    "test_missing_import, missing_import",
    "test_forge_header, allocator_fault",
    "test_forge_order, allocator_fault",
    "test_double_free, allocator_fault",
    "test_free_wild, allocator_fault",
    "test_alloc_too_large, allocator_fault",
    "test_alloc_huge, allocator_fault",
    "test_alloc_forever, allocator_fault",
    "test_recurse_forever, stack_overflow",
    "test_result_out_of_bounds, result_out_of_bounds",
    "test_result_huge, result_out_of_bounds"
  })
  void an_export_that_misbehaves_is_counted_and_its_heap_replaced(String export, String kind) {
    CommandLineRun run = run("--calls", "6", "--call", export);

    assertEquals(1, run.exitCode(), run::err);
    JsonObject json = run.json();
    assertEquals(FIELDS, List.copyOf(json.keySet()));
    assertEquals(0, json.get("ok").getAsInt());
    assertEquals(6, json.get("failed").getAsInt());
    assertEquals(Map.of(kind, 6), failures(json));
    assertEquals(6, json.get("heaps_replaced").getAsInt());
    assertEquals(kind.equals("allocator_fault") ? 6 : 0, json.get("poisoned").getAsInt());
    assertTrue(json.get("result_bytes").isJsonNull());
    assertEquals(1, json.get("distinct_traces").getAsInt());
  }

  private static Map<String, Integer> failures(JsonObject json) {
    return json.getAsJsonObject("failures").entrySet().stream()
        .collect(
            java.util.stream.Collectors.toMap(
                Map.Entry::getKey, each -> each.getValue().getAsInt()));
  }

  @Test
  void an_endless_loop_is_ended_by_its_deadline() {
    CommandLineRun run = run("--calls", "2", "--call", "test_loop_forever", "--deadline", "200");

    assertEquals(1, run.exitCode());
    assertEquals(Map.of("deadline", 2), failures(run.json()));
    assertEquals(2, run.json().get("heaps_replaced").getAsInt());
  }

  @Test
  void a_guest_that_grows_without_end_gets_minus_one_at_its_maximum() {
    JsonObject json = run("--calls", "3", "--dynamic", "9", "--call", "test_grow_forever").json();

    assertEquals(3, json.get("ok").getAsInt());
    assertEquals(9, json.get("peak_pages").getAsInt());
    assertEquals(2, json.get("pages_after_reset").getAsInt());
  }

  @Test
  void recorded_traces_replay_equal_failures_included() throws IOException {
    // given
    Path traces = folder.resolve("traces");
    run("--calls", "20", "--record", traces.toString(), "--dynamic");
    run("--calls", "20", "--record", traces.toString(), "--call", "test_double_free");
    run(
        "--calls",
        "5",
        "--record",
        traces.toString(),
        "--call",
        "test_grow_forever",
        "--dynamic",
        "9");
    List<String> files;
    try (Stream<Path> each = Files.list(traces)) {
      files = each.map(Path::toString).sorted().toList();
    }
    assertEquals(3, files.size(), files::toString);

    // when
    List<String> command = new ArrayList<>(List.of("replay"));
    command.addAll(files);
    CommandLineRun replay = execute(command.toArray(new String[0]));

    // then
    assertEquals(0, replay.exitCode(), replay::out);
    assertTrue(replay.out().strip().endsWith(" 0 mismatches"), replay.out());
  }

  static Stream<Arguments> badCommandLines() {
    return Stream.of(
        Arguments.of(
            "no such export",
            List.of("--call", "nobody"),
            "--call: the runtime exports no entry 'nobody'"),
        Arguments.of("not hex", List.of("--input", "0xzz"), "--input: is not hex"),
        Arguments.of("odd hex", List.of("--input", "123"), "--input: is not hex"),
        Arguments.of(
            "no instances", List.of("--instances", "0"), "--instances: is 0, must be 1 to 1024"),
        Arguments.of("too many instances", List.of("--instances", "1025"), "--instances: is 1025"),
        Arguments.of("no calls", List.of("--calls", "0"), "--calls: is 0, must be 1 to"),
        Arguments.of("calls no number", List.of("--calls", "many"), "--calls"),
        Arguments.of(
            "heap pages negative",
            List.of("--heap-pages", "-1"),
            "--heap-pages: is -1, must be 0 to 65536"),
        Arguments.of(
            "heap pages too many", List.of("--heap-pages", "65537"), "--heap-pages: is 65537"),
        Arguments.of("heap pages and the module's", List.of("--heap-pages", "65535"), "65536"),
        Arguments.of("heap pages beyond the engine", List.of("--heap-pages", "40000"), "32767"),
        Arguments.of(
            "dynamic maximum too small",
            List.of("--dynamic", "1"),
            "--dynamic: a maximum of 1 pages"),
        Arguments.of(
            "both strategies",
            List.of("--dynamic", "--heap-pages", "5"),
            "--heap-pages: does not go with --dynamic"),
        Arguments.of(
            "dynamic maximum no number", List.of("--dynamic=abc"), "--dynamic: 'abc' is no number"),
        Arguments.of(
            "dynamic maximum negative", List.of("--dynamic=-1"), "--dynamic: '-1' is no number"),
        Arguments.of(
            "log configuration no XML", List.of("--log-config", "pom.xml.md"), "no such file"),
        Arguments.of(
            "log configuration not well-formed",
            List.of("--log-config", "README.md"),
            "README.md: is no log configuration"),
        Arguments.of("no time", List.of("--deadline", "0"), "--deadline: is 0"),
        Arguments.of("unknown option", List.of("--nonsense"), "Unknown option: '--nonsense'"),
        Arguments.of(
            "no such log configuration",
            List.of("--log-config", "nowhere.xml"),
            "nowhere.xml: no such file"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badCommandLines")
  void a_bad_command_line_is_one_line_that_names_the_cause(
      String what, List<String> args, String cause) {
    List<String> all = new ArrayList<>(List.of("run"));
    all.addAll(args);

    assertOneLine(execute(all.toArray(new String[0])), cause);
  }

  @Test
  void a_bad_file_is_one_line_that_names_the_cause() throws IOException {
    assertOneLine(runFile("nowhere.wasm"), "nowhere.wasm: no such file");
    assertOneLine(run(folder.toString()), "folder");
    assertOneLine(runBytes("empty.wasm", new byte[0]), "empty");
    assertOneLine(
        runBytes("text.wasm", "hello, node".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        "neither");
    byte[] sample = RuntimeCode.sample().wasm();
    assertOneLine(runBytes("cut.wasm", Arrays.copyOf(sample, sample.length / 2)), "module refused");
    byte[] compressed = CompressedCode.compressed(sample);
    assertOneLine(
        runBytes("cut.zst", Arrays.copyOf(compressed, compressed.length - 10)), "cut.zst: ");
    assertOneLine(
        runBytes(
            "chain.json",
            "{\"genesis\":{\"raw\":{\"top\":{\"0x00\":\"0x01\"}}}}"
                .getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        ":code");
  }

  /** What people have or take for a runtime, and what tells them that it is none. */
  static Stream<Arguments> textsThatCannotRun() {
    String contract =
        "0x0061736d01000000" + "0104016000" + "00" + "020b01" + "057365616c30" + "0163" + "0000";
    String noHeapBase = "0x0061736d01000000" + "0503010001";
    return Stream.of(
        Arguments.of("{\"genesis\":{\"stateRootHash\":\"0x00\"}}", "is light"),
        Arguments.of("{\"genesis\":{\"runtimeGenesis\":{}}}", "is plain"),
        Arguments.of("{\"genesis\":{\"runtime\":{}}}", "is plain"),
        Arguments.of("{\"genesis\":{\"raw\":[{},{}]}}", "no :code"),
        Arguments.of("{\"genesis\":{\"top\":{}}}", "no :code"),
        Arguments.of("{\"jsonrpc\":\"2.0\",\"result\":null}", "no such key"),
        Arguments.of(
            "{\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}", "Method not found"),
        Arguments.of("0x0061736d010000", "wasm, cut off in its header"),
        Arguments.of("0x0061736d0100000g", "byte 17 of the file is no digit"),
        Arguments.of("0xdeadbeef", "neither wasm nor compressed wasm"),
        Arguments.of("wss://rpc.polkadot.io", "the address of a node or a web page, not code"),
        Arguments.of(contract, "a smart contract, not a runtime: it imports from seal0"),
        Arguments.of(noHeapBase, "exports no global __heap_base"));
  }

  @ParameterizedTest
  @MethodSource("textsThatCannotRun")
  void a_text_that_is_no_runtime_is_one_line_that_names_the_cause(String text, String cause)
      throws IOException {
    assertOneLine(runBytes("text", text.getBytes(java.nio.charset.StandardCharsets.UTF_8)), cause);
  }

  @ParameterizedTest
  @CsvSource({
    "wss://rpc.polkadot.io, the address of a node or a web page",
    "https://kusama-rpc.polkadot.io, the address of a node or a web page",
    "/dns/p2p.0.kusama.network/tcp/30333, the address of a node",
    "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY, the address of an account"
  })
  void an_address_in_place_of_a_file_is_one_line_that_names_it(String address, String what) {
    assertOneLine(run(address), what + ", not a file");
  }

  @Test
  void code_as_an_rpc_gives_it_runs() throws IOException {
    // given
    String hex = "0x" + HexFormat.of().formatHex(RuntimeCode.sample().wasm());
    for (String text :
        List.of(hex + "\n", "{\"jsonrpc\":\"2.0\",\"result\":\"" + hex + "\",\"id\":1}")) {
      Path file = Files.writeString(folder.resolve("code"), text);
      // when
      CommandLineRun run = run("--calls", "2", file.toString());
      // then
      assertEquals(0, run.exitCode(), run::err);
      assertEquals("wasm-heap-sample", run.json().get("spec_name").getAsString());
    }
  }

  private CommandLineRun runBytes(String name, byte[] bytes) throws IOException {
    Files.write(folder.resolve(name), bytes);
    return runFile(name);
  }

  private CommandLineRun runFile(String name) {
    return run(folder.resolve(name).toString());
  }

  private static void assertOneLine(CommandLineRun run, String cause) {
    assertEquals(2, run.exitCode(), run::toString);
    assertEquals("", run.out());
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().startsWith("wasm-heap-pool: "), run::err);
    assertTrue(run.err().contains(cause), run::err);
  }

  @Test
  void a_path_may_follow_the_dynamic_option() throws IOException {
    Path file = Files.write(folder.resolve("copy.wasm"), RuntimeCode.sample().wasm());

    JsonObject json = run("--calls", "2", "--dynamic", file.toString()).json();

    assertEquals(file.toString(), json.get("runtime").getAsString());
    assertEquals("dynamic", json.get("strategy").getAsString());
  }

  @ParameterizedTest
  @CsvSource({
    "westend-9300.compact.compressed.wasm, westend, 9300",
    "kusama-1020.wasm, kusama, 1020",
    "coretime-kusama.chainspec.json, coretime-kusama, 1002000"
  })
  void a_real_runtime_gives_its_version_ten_thousand_times(
      String file, String specName, int specVersion) {
    JsonObject json = run(RealRuntimes.find(file).toString(), "--calls", "10000").json();

    assertEquals(specName, json.get("spec_name").getAsString());
    assertEquals(specVersion, json.get("spec_version").getAsInt());
    assertEquals(10_000, json.get("ok").getAsInt());
    assertEquals(1, json.get("distinct_results").getAsInt());
    assertEquals(1, json.get("distinct_traces").getAsInt());
    int pages = json.get("initial_pages").getAsInt();
    assertEquals(pages, json.get("pages_after_reset").getAsInt());
    assertTrue(json.get("materialised_bytes").getAsLong() < 2L * pages * 65_536 / 40);
  }

  @Test
  void calls_on_a_specification_read_its_genesis_state_and_leave_it_as_it_is() {
    // given: what one of the sample's accounts has in its genesis
    String spec = SampleBlockFiles.genesis().toString();
    // when
    CommandLineRun accounts =
        execute("run", spec, "--call", "Sample_accounts", "--calls", "20", "--json");
    CommandLineRun without = execute("run", "--call", "Sample_accounts", "--calls", "2", "--json");
    // then
    assertEquals(0, accounts.exitCode(), accounts.err());
    assertEquals(1, accounts.json().get("distinct_results").getAsInt());
    assertTrue(accounts.json().get("result_bytes").getAsInt() > 52);
    assertEquals(1, without.json().get("result_bytes").getAsInt()); // a vector of none
  }

  @ParameterizedTest
  @CsvSource({
    "BabeApi_configuration, ''",
    "AccountNonceApi_account_nonce, 0000000000000000000000000000000000000000000000000000000000000000",
  })
  void calls_on_a_real_genesis_give_one_result(String call, String input) {
    // given
    String spec = RealBlocks.find(RealBlocks.KUSAMA_GENESIS).toString();
    // when
    CommandLineRun run =
        execute("run", spec, "--call", call, "--input", input, "--calls", "3", "--json");
    // then
    assertEquals(0, run.exitCode(), run.out() + run.err());
    assertEquals(1, run.json().get("distinct_results").getAsInt());
  }
}
