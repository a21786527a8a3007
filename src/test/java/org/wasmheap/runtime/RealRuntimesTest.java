package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.testkit.RealBlocks;
import org.wasmheap.testkit.RealRuntimes;

/** Runtimes of real chains under the dynamic strategy; each is loaded once, which takes seconds. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealRuntimesTest {
  private final Map<String, Loaded> loaded = new ConcurrentHashMap<>();

  /** A runtime on one worker, and the report of its last call. */
  private record Loaded(
      SubstrateRuntime runtime,
      HeapExecutor<EndiveGuest> executor,
      AtomicReference<CallReport> report) {
    static Loaded of(String file) {
      SubstrateRuntime runtime =
          SubstrateRuntime.load(
              codeOf(file), HeapStrategy.ofDynamic(2048), SubstrateHostFunctions.all());
      AtomicReference<CallReport> report = new AtomicReference<>();
      PoolListener listener =
          new PoolListener() {
            @Override
            public void callCompleted(CallReport completed) {
              report.set(completed);
            }
          };
      return new Loaded(
          runtime,
          HeapExecutor.builder(runtime).workers(1).verifyResets(true).listener(listener).build(),
          report);
    }

    /** Of a block, the code that its parent's state has: hexadecimal text. */
    private static RuntimeCode codeOf(String file) {
      return file.equals(RealBlocks.CHILD_TRIES)
          ? RuntimeCode.of(file, RealBlocks.codeBefore(file).getBytes(StandardCharsets.US_ASCII))
          : RuntimeCode.read(RealRuntimes.find(file));
    }

    byte[] call(String export) throws InterruptedException {
      return executor.call(CallOptions.named(export), runtime.call(export, new byte[0]));
    }
  }

  @AfterAll
  void shutDown() {
    loaded.values().forEach(each -> each.executor().close());
  }

  private Loaded load(String file) {
    return loaded.computeIfAbsent(file, Loaded::of);
  }

  /** What follows a compact length, which must be that of all that follows. */
  private static byte[] withoutLength(byte[] scale) {
    ByteBuffer in = ByteBuffer.wrap(scale).order(ByteOrder.LITTLE_ENDIAN);
    // Two bits say how long the length is; metadata is longer than two bytes can say.
    assertEquals(2, scale[0] & 3);
    int length = in.getInt() >>> 2;
    assertEquals(in.remaining(), length);
    byte[] content = new byte[length];
    in.get(content);
    return content;
  }

  @ParameterizedTest
  @CsvSource({
    RealRuntimes.WESTEND + ", westend, 9300",
    RealRuntimes.KUSAMA + ", kusama, 1020",
    RealRuntimes.CORETIME + ", coretime-kusama, 1002000"
  })
  void a_runtime_tells_its_version(String file, String name, long version) throws Exception {
    // given
    Loaded runtime = load(file);
    for (int round = 0; round < 3; round++) {
      // when
      RuntimeVersion decoded = RuntimeVersion.decode(runtime.call("Core_version"));
      // then
      assertEquals(name, decoded.specName());
      assertEquals(version, decoded.specVersion());
    }
  }

  @ParameterizedTest
  @CsvSource({
    RealRuntimes.WESTEND + ", 16, 4, 1, 13, 0",
    RealRuntimes.KUSAMA + ", 12, 2, 1, , 0",
    RealRuntimes.CORETIME + ", 13, 4, 2, 0, 1"
  })
  void a_version_tells_interfaces_and_the_versions_of_transactions_and_state(
      String file, int apis, long core, long metadata, @Nullable Long transactions, int state)
      throws Exception {
    // given
    Loaded runtime = load(file);
    // when
    RuntimeVersion version = RuntimeVersion.decode(runtime.call("Core_version"));
    // then
    assertEquals(apis, version.apis().size());
    assertEquals(OptionalLong.of(core), version.apiVersion("Core"));
    assertEquals(OptionalLong.of(metadata), version.apiVersion("Metadata"));
    assertEquals(
        transactions == null ? OptionalLong.empty() : OptionalLong.of(transactions),
        version.transactionVersion());
    assertEquals(state, version.stateVersion());
  }

  @ParameterizedTest
  @CsvSource({
    RealRuntimes.WESTEND + ", true",
    RealRuntimes.KUSAMA + ", false",
    RealRuntimes.CORETIME + ", true",
    RealBlocks.CHILD_TRIES + ", true"
  })
  void a_version_that_is_written_in_the_module_is_the_one_that_it_tells(
      String file, boolean isWritten) throws Exception {
    // given
    Loaded runtime = load(file);
    byte[] told = runtime.call("Core_version");
    // when
    Optional<RuntimeVersion> read = RuntimeVersion.read(runtime.runtime().code());
    // then
    assertEquals(isWritten, read.isPresent());
    if (read.isPresent()) {
      assertEquals(RuntimeVersion.decode(told), read.get());
      assertArrayEquals(told, read.get().encode());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {RealRuntimes.WESTEND, RealRuntimes.KUSAMA, RealRuntimes.CORETIME})
  void a_version_that_was_told_is_encoded_again_as_it_was(String file) throws Exception {
    // given
    byte[] told = load(file).call("Core_version");
    // when
    byte[] encoded = RuntimeVersion.decode(told).encode();
    // then
    assertArrayEquals(told, encoded);
  }

  @ParameterizedTest
  @ValueSource(strings = {RealRuntimes.WESTEND, RealRuntimes.KUSAMA, RealRuntimes.CORETIME})
  void a_runtime_gives_its_metadata(String file) throws Exception {
    // given
    Loaded runtime = load(file);
    // when
    byte[] metadata = withoutLength(runtime.call("Metadata_metadata"));
    // then
    assertEquals("meta", new String(metadata, 0, 4, StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @CsvSource({
    RealRuntimes.WESTEND + ", 21, 84",
    RealRuntimes.KUSAMA + ", 18, 36",
    RealRuntimes.CORETIME + ", 19, 38"
  })
  void memory_grows_for_metadata_and_comes_back(String file, int before, int peak)
      throws Exception {
    // given
    Loaded runtime = load(file);
    for (int round = 0; round < 3; round++) {
      // when
      runtime.call("Metadata_metadata");
      // then
      CallReport report = runtime.report().get();
      assertEquals(before, report.pagesBefore());
      assertEquals(peak, report.pagesPeak());
      assertEquals(before, report.pagesAfter());
      assertTrue(report.blocksRestored() > 0);
    }
    assertEquals(0, runtime.executor().statistics().replaced());
  }
}
