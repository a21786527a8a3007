package org.wasmheap.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.io.Resources;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.observe.PoisonReports;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;
import org.wasmheap.state.TrieRoots;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.CompressedCode;

/** A missing optional artifact gives a sentence that names it. Class loaders hide the artifacts. */
class MissingPartsTest {
  private static final String ENGINE =
      "the Endive engine is missing: add run.endive:runtime, run.endive:wasm and"
          + " run.endive:compiler 1.0.0";

  /** Made before any test, as this class path must load its native library, whatever others do. */
  private static final byte[] COMPRESSED = CompressedCode.compressed(CompressedCode.TINY_WASM);

  /** What all embedders have. */
  private static final List<String> REQUIRED = List.of("guava", "failureaccess", "slf4j-api");

  // What an embedder does. Class loaders share the types of the JDK alone.

  static final class LoadModule implements Function<byte[], Object> {
    @Override
    public Object apply(byte[] bytes) {
      return EndiveModule.load(bytes, MemorySize::new, List.of(), BlockLimit.ON_CHAIN);
    }
  }

  static final class LoadRuntime implements Function<byte[], Object> {
    @Override
    public Object apply(byte[] bytes) {
      return SubstrateRuntime.load(
          RuntimeCode.of("x", bytes), HeapStrategy.ofStatic(16), List.of());
    }
  }

  static final class TakeHostFunctions implements Function<byte[], Object> {
    @Override
    public Object apply(byte[] bytes) {
      return SubstrateHostFunctions.all();
    }
  }

  static final class TakeState implements Function<byte[], Object> {
    @Override
    public Object apply(byte[] bytes) {
      return State.empty();
    }
  }

  static final class TakeRoot implements Function<byte[], Object> {
    @Override
    public Object apply(byte[] bytes) {
      return TrieRoots.orderedRoot(List.of(bytes), StateVersion.V1);
    }
  }

  static final class LoadCode implements Function<byte[], Object> {
    @Override
    public Object apply(byte[] bytes) {
      return RuntimeCode.of("x", bytes);
    }
  }

  static final class ReadReport implements Function<byte[], Object> {
    @Override
    public Object apply(byte[] bytes) {
      try {
        return PoisonReports.read(new StringReader(new String(bytes, UTF_8)));
      } catch (IOException e) {
        throw new IllegalArgumentException(e);
      }
    }
  }

  static final class CallBareHeap implements Function<byte[], Object> {
    @Override
    public Object apply(byte[] bytes) {
      try (HeapExecutor<HeapHandle> executor =
          HeapExecutor.builder(BareHeaps.factory()).workers(1).build()) {
        return executor.call(CallOptions.named("x"), heap -> heap.malloc(8));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  // The engine.

  @ParameterizedTest
  @ValueSource(strings = {"run/endive/wasm", "run/endive/runtime", "run/endive/compiler"})
  void a_module_is_not_loaded_without_each_part_of_the_engine(String artifact) {
    assertMissing(ENGINE, artifact, LoadModule.class, sample());
  }

  @Test
  void a_runtime_is_not_loaded_without_the_engine() {
    assertMissing(ENGINE, "run/endive", LoadRuntime.class, sample());
  }

  @Test
  void there_are_no_host_functions_without_the_engine() {
    assertMissing(ENGINE, "run/endive", TakeHostFunctions.class);
  }

  // Hashing.

  @Test
  void there_are_no_host_functions_without_bouncy_castle() {
    assertMissing(
        "Bouncy Castle is missing: add org.bouncycastle:bcprov-jdk18on 1.86",
        "bcprov",
        TakeHostFunctions.class);
  }

  @Test
  void there_are_no_host_functions_without_lz4() {
    assertMissing(
        "lz4-java is missing: add at.yawk.lz4:lz4-java 1.10.4",
        "lz4-java",
        TakeHostFunctions.class);
  }

  @Test
  void there_are_no_host_functions_without_the_curve_of_sr25519() {
    assertMissing(
        "curve25519-elisabeth is missing: add cafe.cryptography:curve25519-elisabeth 0.1.0",
        "curve25519-elisabeth",
        TakeHostFunctions.class);
  }

  @Test
  void there_is_no_state_and_no_root_without_bouncy_castle() {
    String otherwise = "Bouncy Castle is missing: add org.bouncycastle:bcprov-jdk18on 1.86";
    assertMissing(otherwise, "bcprov", TakeState.class);
    assertMissing(otherwise, "bcprov", TakeRoot.class);
  }

  @Test
  void code_is_not_loaded_without_bouncy_castle() {
    assertMissing(
        "x: Bouncy Castle is missing: add org.bouncycastle:bcprov-jdk18on 1.86",
        "bcprov",
        LoadCode.class,
        sample());
  }

  // Other kinds of code.

  @Test
  void compressed_code_is_not_loaded_without_zstd() {
    assertMissing(
        "x: compressed code, but zstd-jni is missing: add com.github.luben:zstd-jni 1.5.7-17",
        "zstd-jni",
        LoadCode.class,
        COMPRESSED);
  }

  @Test
  void json_is_not_read_without_gson() {
    assertMissing(
        "x: JSON, but gson is missing: add com.google.code.gson:gson 2.13.2",
        "gson",
        LoadCode.class,
        "{}".getBytes(UTF_8));
  }

  @Test
  void a_native_library_that_cannot_be_loaded_is_said_in_a_sentence() throws Exception {
    // given a property that zstd-jni reads once for each class loader
    System.setProperty("ZstdNativePath", "/nowhere/libzstd.so");
    try {
      // when
      RuntimeException refusal = failure("nothing hidden", LoadCode.class, COMPRESSED);
      // then
      assertEquals(RuntimeLoadException.class.getName(), refusal.getClass().getName());
      assertTrue(
          refusal
              .getMessage()
              .startsWith("x: compressed code, but zstd-jni's native library cannot be loaded: "),
          refusal::getMessage);
    } finally {
      System.clearProperty("ZstdNativePath");
    }
  }

  @Test
  void a_poison_report_is_not_read_without_gson() {
    assertMissing(
        "gson is missing: add com.google.code.gson:gson 2.13.2",
        "gson",
        ReadReport.class,
        "{}".getBytes(UTF_8));
  }

  // What works without.

  @Test
  void plain_code_needs_bouncy_castle_alone() throws Exception {
    try (URLClassLoader loader = loader(jar -> isRequired(jar) || jar.contains("bcprov"))) {
      assertEquals(
          "RuntimeCode", make(loader, LoadCode.class).apply(sample()).getClass().getSimpleName());
    }
  }

  @Test
  void bare_heaps_need_guava_and_slf4j_alone() throws Exception {
    try (URLClassLoader loader = loader(MissingPartsTest::isRequired)) {
      assertEquals(BareHeaps.FIRST_POINTER, make(loader, CallBareHeap.class).apply(new byte[0]));
    }
  }

  private static void assertMissing(
      String message, String artifact, Class<? extends Function<byte[], Object>> action) {
    assertMissing(message, artifact, action, new byte[0]);
  }

  private static void assertMissing(
      String message,
      String artifact,
      Class<? extends Function<byte[], Object>> action,
      byte[] bytes) {
    RuntimeException failure = failure(artifact, action, bytes);
    assertEquals(message, failure.getMessage());
    assertVersions(message);
  }

  /** What a sentence says to add is what the POM has. */
  private static void assertVersions(String message) {
    Matcher matcher = Pattern.compile("([\\w.-]+:[\\w-]+) ([\\d.-]+)$").matcher(message);
    assertTrue(matcher.find(), message);
    assertEquals(PomVersions.optional().get(matcher.group(1)), matcher.group(2), message);
  }

  private static RuntimeException failure(
      String artifact, Class<? extends Function<byte[], Object>> action, byte[] bytes) {
    try (URLClassLoader loader = loader(jar -> !jar.contains(artifact))) {
      Function<byte[], Object> made = make(loader, action);
      return assertThrows(RuntimeException.class, () -> made.apply(bytes));
    } catch (IOException | ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  /** A class path of its own, without JARs that {@code which} does not want. */
  private static URLClassLoader loader(Predicate<String> which) {
    URL[] urls =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.endsWith(".jar") || which.test(entry))
            .map(MissingPartsTest::url)
            .toArray(URL[]::new);
    return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
  }

  private static URL url(String entry) {
    try {
      return new File(entry).toURI().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static boolean isRequired(String jar) {
    return REQUIRED.stream().anyMatch(new File(jar).getName()::startsWith);
  }

  @SuppressWarnings("unchecked")
  private static Function<byte[], Object> make(
      ClassLoader loader, Class<? extends Function<byte[], Object>> action)
      throws ReflectiveOperationException {
    var constructor = loader.loadClass(action.getName()).getDeclaredConstructor();
    constructor.setAccessible(true);
    return (Function<byte[], Object>) constructor.newInstance();
  }

  private static byte[] sample() {
    try {
      return Resources.toByteArray(Resources.getResource(RuntimeCode.class, "sample.wasm"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
