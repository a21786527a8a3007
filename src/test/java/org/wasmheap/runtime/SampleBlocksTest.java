package org.wasmheap.runtime;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.SampleBlocks;
import org.wasmheap.testkit.SampleBlocks.SampleBlock;
import org.wasmheap.testkit.Samples;

/**
 * The sample runtime executes the blocks that a script made, whose roots the script worked out by
 * itself. {@code src/main/guest/README.md} tells what is in the state.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SampleBlocksTest {
  /** The accounts of the script: BLAKE2b-256 of a name. */
  private static final byte[] ALICE = blake2("alice".getBytes(US_ASCII));

  private static final byte[] BOB = blake2("bob".getBytes(US_ASCII));

  private final List<SampleBlock> chain = SampleBlocks.chain();

  /** By a state's code, as text. */
  private final Map<String, Ready> ready = new HashMap<>();

  /** The state before each block of the chain, and after the last. */
  private final List<State> states = new ArrayList<>();

  private record Ready(SubstrateRuntime runtime, HeapExecutor<EndiveGuest> executor) {}

  /** What a call gave, and the state with its changes. */
  private static final class Outcome {
    final byte[] result;
    final State state;

    Outcome(byte[] result, State state) {
      this.result = result;
      this.state = state;
    }
  }

  @BeforeAll
  void execute() throws InterruptedException {
    states.add(SampleBlocks.genesis());
    for (SampleBlock block : chain) {
      states.add(execute(states.get(states.size() - 1), block));
    }
  }

  @AfterAll
  void shutDown() {
    ready.values().forEach(each -> each.executor().close());
  }

  private static byte[] blake2(byte[] data) {
    Blake2bDigest digest = new Blake2bDigest(256);
    digest.update(data, 0, data.length);
    byte[] hash = new byte[32];
    digest.doFinal(hash, 0);
    return hash;
  }

  private Ready ready(State state) {
    byte[] code = state.get(":code".getBytes(US_ASCII));
    return ready.computeIfAbsent(
        HexFormat.of().formatHex(code),
        name -> {
          SubstrateRuntime runtime =
              SubstrateRuntime.load(
                  RuntimeCode.of("sample", code),
                  HeapStrategy.ofStatic(2048),
                  SubstrateHostFunctions.all());
          return new Ready(runtime, Guests.onOneWorker(runtime));
        });
  }

  private Outcome call(State state, String export, byte[] input) throws InterruptedException {
    Ready runtime = ready(state);
    Overlay overlay = new Overlay(state);
    byte[] result =
        runtime
            .executor()
            .call(
                CallOptions.named(export).withContext(overlay),
                runtime.runtime().call(export, input));
    return new Outcome(result, overlay.next(StateVersion.V1));
  }

  private State execute(State parent, SampleBlock block) throws InterruptedException {
    Outcome outcome = call(parent, "Core_execute_block", block.input());
    assertEquals(0, outcome.result.length);
    return outcome.state;
  }

  /** The words of a block that the guest refuses. */
  private String refused(State parent, byte[] input) {
    CallException failure =
        assertThrows(CallException.class, () -> call(parent, "Core_execute_block", input));
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(failure.isDeterministic());
    return failure.getMessage();
  }

  private static void assertSays(String words, String message) {
    assertTrue(message.contains(words), message);
  }

  @Test
  void the_state_after_each_block_of_the_chain_has_the_root_that_the_script_worked_out() {
    assertEquals(20, chain.size());
    for (SampleBlock block : chain) {
      assertArrayEquals(block.stateRoot(), states.get(block.number()).root());
    }
  }

  @Test
  void each_block_names_the_one_before_it_and_the_first_the_genesis() {
    // given the header of the genesis: no parent, number 0, its root, no extrinsics, no digest
    ByteArrayOutputStream genesis = new ByteArrayOutputStream();
    genesis.writeBytes(new byte[33]);
    genesis.writeBytes(states.get(0).root());
    genesis.writeBytes(blake2(new byte[1]));
    genesis.write(0);
    byte[] parent = blake2(genesis.toByteArray());

    List<byte[]> hashes = SampleBlocks.chainHashes();
    for (SampleBlock block : chain) {
      assertArrayEquals(parent, block.parentHash());
      parent = blake2(block.header());
      assertArrayEquals(hashes.get(block.number() - 1), parent);
    }
  }

  @Test
  void the_block_with_its_own_state_ends_with_the_root_in_its_header() throws Exception {
    // given
    SampleBlock alone = SampleBlocks.alone();
    State parent = SampleBlocks.aloneParent();
    assertArrayEquals(chain.get(alone.number() - 2).stateRoot(), parent.root());
    // when
    State after = execute(parent, alone);
    // then
    assertArrayEquals(alone.stateRoot(), after.root());
  }

  @Test
  void a_block_on_an_older_state_again_ends_with_the_same_root() throws Exception {
    // The state of an executed block is as it was, whatever was executed on it.
    for (int number : new int[] {13, 5, 12}) {
      State again = execute(states.get(number - 1), chain.get(number - 1));

      assertArrayEquals(chain.get(number - 1).stateRoot(), again.root());
    }
  }

  @Test
  void a_wrong_state_root_in_the_header_is_refused_with_both_roots() {
    // given
    SampleBlock block = chain.get(1);
    // when
    String message = refused(states.get(1), block.withStateRoot(new byte[32]).input());
    // then
    HexFormat hex = HexFormat.of();
    assertSays("the state root is 0x" + hex.formatHex(block.stateRoot()), message);
    assertSays("but the header says 0x" + "00".repeat(32), message);
  }

  @Test
  void a_changed_extrinsic_is_refused_by_the_extrinsics_root() {
    // given the first extrinsic of block 2 with another last byte
    SampleBlock block = chain.get(1);
    List<byte[]> body = new ArrayList<>(block.body());
    byte[] changed = body.get(0).clone();
    changed[changed.length - 1] ^= 4;
    body.set(0, changed);
    // when
    String message = refused(states.get(1), block.withBody(body).input());
    // then
    assertSays("the extrinsics root is 0x", message);
    assertSays(HexFormat.of().formatHex(block.extrinsicsRoot()), message);
  }

  @Test
  void a_changed_state_of_the_parent_is_refused_by_the_state_root() {
    // given a state with one balance changed
    Overlay overlay = new Overlay(states.get(1));
    byte[] key = overlay.nextKey("account:".getBytes(US_ASCII));
    byte[] account = overlay.get(key).clone();
    account[0] ^= 1;
    overlay.set(key, account);
    // when
    String message = refused(overlay.next(StateVersion.V1), chain.get(1).input());
    // then
    assertSays("the state root is 0x", message);
  }

  @Test
  void a_block_that_does_not_follow_the_state_is_refused() {
    assertSays("block 5 does not follow block 3", refused(states.get(3), chain.get(4).input()));
  }

  @Test
  void a_header_with_its_seal_is_refused() {
    // given
    SampleBlock block = chain.get(2);
    assertTrue(block.isSealed());
    // then
    assertSays("the digest has a seal", refused(states.get(2), block.input(block.header())));
  }

  @Test
  void an_extrinsic_that_panics_ends_the_block_with_its_words() {
    // given
    SampleBlock block = SampleBlocks.panicking().get(0);
    // then
    assertSays(
        "asked to panic: the block is to fail", refused(SampleBlocks.genesis(), block.input()));
  }

  @Test
  void an_upgrade_holds_from_the_next_block_on() throws Exception {
    // Block 11 upgrades the runtime; its state has the new code, and block 12 runs on it.
    byte[] none = new byte[0];
    assertEquals(
        1, RuntimeVersion.decode(call(states.get(10), "Core_version", none).result).specVersion());
    assertEquals(
        2, RuntimeVersion.decode(call(states.get(11), "Core_version", none).result).specVersion());
    byte[] spec = "spec".getBytes(US_ASCII);
    assertArrayEquals(new byte[] {1, 0, 0, 0}, states.get(11).get(spec));
    assertArrayEquals(new byte[] {2, 0, 0, 0}, states.get(12).get(spec));
  }

  @Test
  void a_runtime_and_the_one_that_replaces_it_say_in_their_sections_what_they_say_when_called()
      throws Exception {
    for (State state : List.of(states.get(0), states.get(11))) {
      // given
      RuntimeVersion called =
          RuntimeVersion.decode(call(state, "Core_version", new byte[0]).result);
      // when
      RuntimeVersion read =
          RuntimeVersion.read(RuntimeCode.of("sample", state.get(":code".getBytes(US_ASCII))))
              .orElseThrow();
      // then
      assertEquals(called, read);
    }
  }

  @Test
  void balances_are_read_from_a_state() throws Exception {
    // given block 2, which moves 5,000,000,000,000 from Alice to Bob, and 1 on from there
    State state = states.get(2);
    // when
    ByteBuffer alice = balance(state, ALICE);
    ByteBuffer bob = balance(state, BOB);
    ByteBuffer nobody = balance(state, new byte[32]);
    // then balance and nonce
    assertEquals(995_000_000_000_000L, alice.getLong(0));
    assertEquals(1, alice.getInt(16));
    assertEquals(14_999_999_999_999L, bob.getLong(0));
    assertEquals(1, bob.getInt(16));
    assertEquals(ByteBuffer.allocate(20), nobody);
  }

  private ByteBuffer balance(State state, byte[] id) throws InterruptedException {
    return ByteBuffer.wrap(call(state, "Sample_balance", id).result).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void a_list_of_accounts_is_read_from_a_state() throws Exception {
    // given the four accounts of the genesis
    byte[] accounts = call(states.get(0), "Sample_accounts", new byte[0]).result;
    // then
    assertEquals(1 + 4 * (32 + 16 + 4), accounts.length);
    assertEquals(4 << 2, accounts[0]);
  }

  @Test
  void notes_are_read_from_a_child_trie_in_the_order_of_their_names() throws Exception {
    // given Bob's notes after block 3: text-N of N times x
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    expected.write(5 << 2);
    for (int size : new int[] {0, 300, 31, 32, 33}) {
      String name = "text-" + size;
      expected.write(name.length() << 2);
      expected.writeBytes(name.getBytes(US_ASCII));
      if (size == 300) {
        expected.writeBytes(new byte[] {(byte) (300 << 2 | 1), (byte) (300 << 2 >>> 8)});
      } else {
        expected.write(size << 2);
      }
      expected.writeBytes("x".repeat(size).getBytes(US_ASCII));
    }
    // when
    byte[] notes = call(states.get(3), "Sample_notes", BOB).result;
    // then
    assertArrayEquals(expected.toByteArray(), notes);
  }

  @Test
  void events_are_those_of_the_last_block() throws Exception {
    // given blocks 1, which has none, and 11: index 0, tag 10, spec 2, 2 places; index 1, failed: 5
    byte[] none = new byte[0];
    // then
    assertEquals("00", HexFormat.of().formatHex(call(states.get(1), "Sample_events", none).result));
    assertEquals(
        "08" + "00000000" + "0a" + "02000000" + "02000000" + "01000000" + "00" + "05",
        HexFormat.of().formatHex(call(states.get(11), "Sample_events", none).result));
  }

  @Test
  void what_a_header_begins_is_as_much_as_a_block_begins() throws Exception {
    // given
    byte[] header = chain.get(0).header();
    // when
    Outcome begun = call(states.get(0), "Core_initialize_block", header);
    // then
    assertEquals(0, begun.result.length);
    assertArrayEquals(new byte[] {1, 0, 0, 0}, begun.state.get("number".getBytes(US_ASCII)));
    assertArrayEquals(
        chain.get(0).parentHash(),
        begun.state.get(new byte[] {'h', 'a', 's', 'h', ':', 0, 0, 0, 0}));
  }

  @Test
  void the_files_hold_the_runtime_that_the_library_ships() {
    byte[] shipped = Samples.code().wasm();

    assertArrayEquals(shipped, SampleBlocks.genesis().get(":code".getBytes(US_ASCII)));
    assertArrayEquals(shipped, SampleBlocks.aloneParent().get(":code".getBytes(US_ASCII)));
  }

  @Test
  void the_script_makes_the_same_files_again() throws Exception {
    Process script;
    try {
      script =
          new ProcessBuilder(
                  "python3", SampleBlocks.FOLDER.resolve("blocks.py").toString(), "--check")
              .redirectErrorStream(true)
              .start();
    } catch (IOException absent) {
      assumeTrue(false, "there is no Python here");
      return;
    }
    String said = new String(script.getInputStream().readAllBytes(), US_ASCII);

    assertEquals(0, script.waitFor(), said);
  }
}
