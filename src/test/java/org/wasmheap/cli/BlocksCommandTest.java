package org.wasmheap.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.cli.Commands.execute;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.testkit.CommandLineRun;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.SampleBlockFiles;

/** {@code blocks}, on the sample's blocks. */
@Timeout(180)
class BlocksCommandTest {
  /** The contract: names only grow. */
  private static final List<String> FIELDS =
      List.of(
          "blocks",
          "ok",
          "failed",
          "failures",
          "first_number",
          "last_number",
          "extrinsics",
          "executions",
          "state_root",
          "load_seconds",
          "seconds",
          "blocks_per_second",
          "repeat_seconds",
          "repeat_blocks_per_second",
          "block_ms",
          "reset_us",
          "allocations_per_block",
          "peak_bytes_per_block",
          "instances",
          "initial_pages",
          "pages_after_reset",
          "heaps_replaced",
          "poisoned");

  private static final String GENESIS = SampleBlockFiles.genesis().toString();
  private static final String CHAIN = SampleBlockFiles.chain().toString();
  private static final String BLOCK = SampleBlockFiles.block().toString();

  @TempDir private Path folder;

  private static String rootOf(String line) {
    String header = JsonParser.parseString(line).getAsJsonObject().get("header").getAsString();
    return "0x" + header.substring(2 + 2 * 33, 2 + 2 * 65);
  }

  @Test
  void a_chain_and_a_block_are_executed_and_every_field_is_there() {
    // when
    CommandLineRun run =
        execute("blocks", CHAIN, BLOCK, CHAIN, "--genesis", GENESIS, "--instances", "1", "--json");
    // then
    JsonObject json = run.json();
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(FIELDS, List.copyOf(json.keySet()));
    assertEquals(41, json.get("blocks").getAsInt());
    assertEquals(41, json.get("ok").getAsInt());
    assertEquals(0, json.get("failed").getAsInt());
    assertEquals(41, json.get("executions").getAsInt());
    assertEquals(1, json.get("first_number").getAsInt());
    assertEquals(20, json.get("last_number").getAsInt());
    assertEquals(1, json.get("instances").getAsInt());
    assertEquals(rootOf(SampleBlockFiles.lines().get(19)), json.get("state_root").getAsString());
    assertEquals(json.get("initial_pages").getAsInt(), json.get("pages_after_reset").getAsInt());
    assertTrue(json.get("repeat_seconds").isJsonNull());
    assertTrue(json.get("repeat_blocks_per_second").isJsonNull());
    assertEquals(0, json.get("heaps_replaced").getAsInt());
    assertEquals(0, json.get("poisoned").getAsInt());
    assertEquals(
        Set.of("min", "p50", "mean", "p99", "max"), json.getAsJsonObject("block_ms").keySet());
    assertTrue(json.get("extrinsics").getAsInt() > 41, json.toString());
  }

  @Test
  void all_blocks_are_executed_again_in_parallel() {
    // when
    JsonObject json =
        execute(
                "blocks",
                BLOCK,
                CHAIN,
                "--genesis",
                GENESIS,
                "--instances",
                "3",
                "--repeat",
                "4",
                "--json")
            .json();
    // then
    assertEquals(21, json.get("blocks").getAsInt());
    assertEquals(21, json.get("ok").getAsInt());
    assertEquals(5 * 21, json.get("executions").getAsInt());
    double seconds = json.get("repeat_seconds").getAsDouble();
    // The first pass is for warming up.
    assertEquals(3 * 21, json.get("repeat_blocks_per_second").getAsDouble() * seconds, 0.01);
  }

  @Test
  void the_table_is_for_people() {
    // when
    CommandLineRun run = execute("blocks", BLOCK, "--heap-pages", "16");
    // then
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.out().contains("block_ms                 min "), run.out());
    assertTrue(run.out().contains("mean "), run.out());
  }

  @Test
  void what_is_wrong_with_a_block_is_told_by_kind_and_the_files_after_it_are_executed() {
    // given
    Path extrinsic =
        SampleBlockFiles.changed(folder, "extrinsic.json", SampleBlockFiles::changeExtrinsic);
    Path root = SampleBlockFiles.changed(folder, "root.json", SampleBlockFiles::changeStateRoot);
    Path parent = SampleBlockFiles.changed(folder, "parent.json", SampleBlockFiles::changeParent);
    // when
    CommandLineRun run =
        execute(
            "blocks",
            extrinsic.toString(),
            root.toString(),
            parent.toString(),
            BLOCK,
            "--repeat",
            "2",
            "--json");
    // then
    JsonObject json = run.json();
    assertEquals(1, run.exitCode());
    assertEquals(4, json.get("blocks").getAsInt());
    assertEquals(1, json.get("ok").getAsInt());
    assertEquals(3, json.get("failed").getAsInt());
    assertEquals("{\"trap\":1,\"wrong_root\":2}", json.get("failures").toString());
    assertEquals(9, json.get("heaps_replaced").getAsInt());
    assertTrue(json.get("state_root").getAsString().startsWith("0x"));
  }

  @Test
  void what_follows_a_failed_block_of_a_chain_has_no_parent() {
    // given
    List<String> lines = new ArrayList<>(SampleBlockFiles.lines().subList(0, 9));
    JsonObject third = JsonParser.parseString(lines.get(2)).getAsJsonObject();
    JsonObject fourth = JsonParser.parseString(lines.get(3)).getAsJsonObject();
    // The body belongs to another block: the header stays, and so the chain follows.
    third.add("body", fourth.get("body"));
    lines.set(2, third.toString());
    Path chain = SampleBlockFiles.write(folder, "broken.jsonl", String.join("\n", lines));
    // when
    CommandLineRun run =
        execute("blocks", chain.toString(), BLOCK, "--genesis", GENESIS, "--repeat", "1");
    JsonObject json =
        execute("blocks", chain.toString(), "--genesis", GENESIS, "--repeat", "1", "--json").json();
    // then
    assertEquals(1, run.exitCode());
    assertTrue(run.out().contains("first no_parent"), run.out());
    assertTrue(run.out().contains("first trap"), run.out());
    assertEquals("{\"no_parent\":6,\"trap\":1}", json.get("failures").toString());
    assertEquals(2, json.get("ok").getAsInt());
    assertEquals(3 + 3, json.get("executions").getAsInt());
    assertTrue(json.get("state_root").isJsonNull());
  }

  @Test
  void traces_of_blocks_are_recorded_and_replay_equal() throws IOException {
    // given
    Path traces = folder.resolve("traces");
    // when
    CommandLineRun run = execute("blocks", BLOCK, "--record", traces.toString());
    // then
    assertEquals(0, run.exitCode(), run.err());
    try (Stream<Path> files = Files.list(traces)) {
      String[] replay =
          Stream.concat(Stream.of("replay"), files.map(Path::toString).sorted())
              .toArray(String[]::new);
      // The block's, and that of the call that asked for the runtime's version if there was one.
      assertTrue(replay.length >= 2, Arrays.toString(replay));
      CommandLineRun replayed = execute(replay);
      assertEquals(0, replayed.exitCode(), replayed.out());
      assertTrue(replayed.out().endsWith(" operations, 0 mismatches\n"), replayed.out());
    }
  }

  static Stream<List<String>> unusable() {
    return Stream.of(
        List.of("CHAIN", "a chain needs --genesis"),
        List.of("absent.json", "absent.json: no such file"),
        List.of(".", "a folder, not a file"),
        List.of("cut.json", "cut.json: block file is cut off"),
        List.of("text.json", "text.json: block file is not JSON"),
        List.of(
            "code.json",
            "code.json: block file has no :code (0x3a636f6465) in parentStorage.mainTrie"),
        List.of("wasm.json", "wasm.json: :code: neither wasm nor compressed wasm"),
        List.of(
            "header.json",
            "header.json: block file has a header that does not decode: it ends too early"),
        List.of("hash.jsonl --genesis GENESIS", "hash.jsonl: block file has the hash 0x"),
        List.of("gap.jsonl --genesis GENESIS", "gap.jsonl: line 2: block 3 does not follow: its"),
        List.of("late.jsonl --genesis GENESIS", "block 2 does not follow the genesis block 0x"),
        List.of("CHAIN --genesis absent.json", "absent.json: no such file"),
        List.of("CHAIN --genesis BLOCK", "chain specification"),
        List.of("pages.json", "pages.json: the state's :heappages is 1099511627776, more than a"),
        List.of("BLOCK --repeat -1", "--repeat: is -1, must be 0 to 1000000"),
        List.of("BLOCK --heap-pages 65536", "heap pages and the module's initial"),
        List.of("BLOCK --heap-pages 1 --dynamic", "--heap-pages: does not go with --dynamic"),
        List.of("BLOCK --instances 0", "--instances: is 0, must be 1 to 1024"),
        List.of("", "Missing required parameter"));
  }

  private void writeUnusable() {
    List<String> lines = SampleBlockFiles.lines();
    SampleBlockFiles.write(folder, "cut.json", "{\"block\": {\"header\": \"0x00");
    SampleBlockFiles.write(folder, "text.json", "Once upon a time");
    SampleBlockFiles.changed(folder, "code.json", json -> mainTrie(json).remove("0x3a636f6465"));
    SampleBlockFiles.changed(
        folder, "wasm.json", json -> mainTrie(json).addProperty("0x3a636f6465", "0x0102"));
    SampleBlockFiles.changed(
        folder,
        "header.json",
        json -> json.getAsJsonObject("block").addProperty("header", "0x0102"));
    SampleBlockFiles.changed(
        folder,
        "pages.json",
        json -> mainTrie(json).addProperty("0x3a686561707061676573", "0x0000000000010000"));
    JsonObject first = JsonParser.parseString(lines.get(0)).getAsJsonObject();
    first.addProperty("hash", "0x" + "00".repeat(32));
    SampleBlockFiles.write(folder, "hash.jsonl", first.toString());
    SampleBlockFiles.write(folder, "gap.jsonl", lines.get(0) + "\n" + lines.get(2));
    SampleBlockFiles.write(folder, "late.jsonl", lines.get(1));
  }

  private static JsonObject mainTrie(JsonObject json) {
    return json.getAsJsonObject("parentStorage").getAsJsonObject("mainTrie");
  }

  @ParameterizedTest
  @MethodSource("unusable")
  void what_cannot_be_used_is_one_line_and_exit_code_2(List<String> row) {
    // given
    writeUnusable();
    String[] args =
        Stream.concat(Stream.of("blocks"), Stream.of(row.get(0).split(" ")))
            .filter(word -> !word.isEmpty())
            .map(
                word ->
                    switch (word) {
                      case "CHAIN" -> CHAIN;
                      case "GENESIS" -> GENESIS;
                      case "BLOCK" -> BLOCK;
                      default ->
                          word.matches("\\.|.*\\.jsonl?") ? folder.resolve(word).toString() : word;
                    })
            .toArray(String[]::new);
    // when
    CommandLineRun run = execute(args);
    // then
    assertEquals(2, run.exitCode(), run.out() + run.err());
    assertEquals("", run.out());
    assertEquals(1, run.errLines().size(), run.err());
    assertTrue(run.err().startsWith("wasm-heap-pool: "), run.err());
    assertTrue(run.err().contains(row.get(1)), run.err());
  }

  @Test
  void a_block_that_nothing_can_execute_fails_alone_and_is_no_execution() {
    // given code without version and without Core_execute_block
    String code = "0x" + HexFormat.of().formatHex(Guests.wasm("traps"));
    Path none =
        SampleBlockFiles.changed(
            folder, "none.json", json -> mainTrie(json).addProperty("0x3a636f6465", code));
    // when
    CommandLineRun run = execute("blocks", none.toString(), BLOCK, "--json");
    // then
    JsonObject json = run.json();
    assertEquals(1, run.exitCode(), run.err());
    assertEquals("{\"trap\":1}", json.get("failures").toString());
    assertEquals(1, json.get("ok").getAsInt());
    assertEquals(1, json.get("executions").getAsInt());
    assertTrue(json.getAsJsonObject("block_ms").get("min").getAsDouble() > 0, json.toString());
  }

  @Test
  void a_runtime_that_panics_is_told_by_its_words() {
    // given a chain whose first block asks the runtime to panic
    String chain = SampleBlockFiles.panicking().toString();
    // when
    CommandLineRun run = execute("blocks", chain, "--genesis", GENESIS);
    // then
    assertEquals(1, run.exitCode());
    assertTrue(run.out().contains("failures                 no_parent 1   trap 1"), run.out());
    assertTrue(run.out().contains("the guest said: "), run.out());
    assertTrue(run.out().contains("asked to panic: the block is to fail"), run.out());
  }
}
