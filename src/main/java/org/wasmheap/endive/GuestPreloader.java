package org.wasmheap.endive;

import com.google.common.collect.ImmutableMap;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallScope;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.WasmHeapException;
import run.endive.wasm.types.ValType;

/**
 * Lets a guest end in each way that the engine knows, once in a JVM and before any other guest
 * runs: compiled and interpreted, on a thread of its own with a short stack. A guest that ends its
 * call where the stack ends must not be the first that needs a class: one that dies in its
 * initialisation is dead for the whole JVM.
 */
final class GuestPreloader {
  private static final Logger LOG = LoggerFactory.getLogger(GuestPreloader.class);

  /** A guest of {@code src/main/guest}: its export ends a call in the way of a number. */
  private static final String GUEST = "ends.wasm";

  private static final String END = "end";
  private static final int WAYS = 22;
  private static final int RECURSION = 20;
  private static final int LOOP = 21;

  /** A first overflow of the stack may meet classes that are new; the next one does not. */
  private static final int OVERFLOWS = 3;

  private static final int STACK_BYTES = 512 << 10;

  /** What waits is bounded, whatever the machine does meanwhile. */
  private static final int MOST_SECONDS = 30;

  private static final int MAX_PAGES = 4;
  private static final int HEAP_BASE = 1024;

  /** Enough for a range that a host function reads in pieces. */
  private static final int SCRATCH_PAGES = 2;

  private static final CountDownLatch DONE = new CountDownLatch(1);

  /** Whether it has begun. Guarded by the class's monitor. */
  private static boolean begun;

  private GuestPreloader() {}

  /**
   * Begins, once in a JVM, beside whatever its caller does.
   *
   * @param store where the code of its guest is looked for and kept, if anywhere
   */
  static synchronized void begin(@Nullable CodeStore store) {
    if (!begun) {
      Thread thread = new Thread(null, () -> preload(store), "wasmheap-preload", STACK_BYTES);
      thread.setDaemon(true);
      thread.setContextClassLoader(null); // Nothing here refers to whoever came first.
      thread.start();
      begun = true;
    }
  }

  /** Waits until it is done, or takes longer than it may. */
  static void await() {
    if (!Uninterruptibles.awaitUninterruptibly(DONE, MOST_SECONDS, TimeUnit.SECONDS)) {
      LOG.atWarn()
          .addKeyValue("event", "preload.failed")
          .addKeyValue("why", "it takes too long")
          .log("What guests need could not all be loaded beforehand; they work all the same");
    }
  }

  private static void preload(@Nullable CodeStore store) {
    try {
      Heap.preload();
      ImmutableMap<String, HostFunction> provided =
          LinkedModule.byName(List.of(failing(), working()));
      LoadOptions options =
          store == null ? LoadOptions.DEFAULT : LoadOptions.DEFAULT.withStore(store);
      LinkedModule code = ModuleLoader.load(guest(), provided, options);
      LinkedModule interpreted =
          ModuleLoader.load(guest(), provided, LoadOptions.DEFAULT.asInterpreted());
      for (int way = 0; way < WAYS; way++) {
        go(code, way);
        go(interpreted, way);
      }
      for (int i = 1; i < OVERFLOWS; i++) {
        go(code, RECURSION);
      }
    } catch (Throwable e) {
      LOG.atWarn()
          .addKeyValue("event", "preload.failed")
          .setCause(e)
          .log(
              "What guests need could not all be loaded beforehand; they work all the same"); // Guests work all the same.
    } finally {
      DONE.countDown();
    }
  }

  /** Goes through the host functions that a module imports; on a shallow stack. */
  static void preloadImports(LinkedModule code) {
    Heap heap = scratch(new FlatMemory(new FlatMemory(SCRATCH_PAGES, MAX_PAGES).capture(0)));
    code.functionImports().stream()
        .map(code::provided)
        .filter(Objects::nonNull)
        .distinct()
        .forEach(function -> preload(function, heap));
    heap.retire();
  }

  private static void preload(HostFunction function, Heap heap) {
    CallScope scope = CallScope.of(heap.begin(0, "preload"), null);
    try {
      function.preload().run(scope);
    } catch (Throwable e) {
      LOG.atWarn()
          .addKeyValue("event", "preload.failed")
          .addKeyValue("function", LinkedModule.printableName(function))
          .setCause(e)
          .log("What guests need could not all be loaded beforehand; they work all the same"); // It
      // works all the same.
    }
    heap.reset();
  }

  private static Heap scratch(LinearMemory memory) {
    Heap heap =
        new Heap(
            "preload",
            "preload/guest",
            memory,
            HEAP_BASE,
            BlockLimit.ON_CHAIN,
            GrowthPolicy.ALLOW_ALL,
            HeapListener.NONE);
    heap.claim();
    return heap;
  }

  private static byte[] guest() throws IOException {
    try (InputStream in = GuestPreloader.class.getResourceAsStream(GUEST)) {
      return Objects.requireNonNull(in, GUEST).readAllBytes();
    }
  }

  private static HostFunction failing() {
    return HostFunction.env(
        "fails",
        List.of(),
        List.of(),
        (scope, arguments) -> {
          throw new IllegalStateException("a host function fails");
        });
  }

  private static HostFunction working() {
    return HostFunction.env(
        "works",
        List.of(ValType.I64),
        List.of(ValType.I32),
        (scope, arguments) -> {
          int pointer = scope.heap().malloc(1);
          scope.heap().write(pointer, scope.heap().read(0, 1));
          return pointer;
        });
  }

  /** Makes one call on an instance of its own, and lets go of both. */
  private static void go(LinkedModule code, int way) {
    EndiveInstance instance =
        EndiveInstance.first(code, new FlatMemory(1, MAX_PAGES), BlockLimit.ON_CHAIN);
    Heap heap = scratch(instance.memory());
    EndiveGuest guest = instance.open(CallScope.of(heap.begin(way, END), null));
    try {
      if (way == LOOP) {
        Thread.currentThread().interrupt();
      }
      guest.call(END, way);
    } catch (WasmHeapException e) {
      return; // As it should be.
    } finally {
      Thread.interrupted();
      heap.retire();
    }
  }
}
