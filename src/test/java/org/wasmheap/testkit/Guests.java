package org.wasmheap.testkit;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;

/** The guests of {@code src/test/guests}, loaded and on executors of one worker. */
public final class Guests {
  private Guests() {}

  /** The binary of a guest, by the name of its source without the ending. */
  public static byte[] wasm(String name) {
    try {
      return Resources.toByteArray(Resources.getResource(EndiveModule.class, name + ".wasm"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A guest with the memory that it declares. */
  public static EndiveModule load(String name, HostFunction... provided) {
    return EndiveModule.load(wasm(name), MemorySize::new, List.of(provided), BlockLimit.ON_CHAIN);
  }

  /** One worker, so that each call runs where the one before it ran; each reset is verified. */
  public static <G> HeapExecutor<G> onOneWorker(GuestFactory<G> factory) {
    return HeapExecutor.builder(factory)
        .name("guests")
        .workers(1)
        .defaultDeadline(Duration.ofSeconds(30))
        .grace(Duration.ofSeconds(5))
        .verifyResets(true)
        .build();
  }

  /** Calls an export that has one result. */
  public static long call(HeapExecutor<EndiveGuest> executor, String export, long... arguments)
      throws InterruptedException {
    Long result =
        executor.call(CallOptions.named(export), guest -> guest.call(export, arguments)[0]);
    return result;
  }

  /** Calls an export, whatever its results. */
  public static void run(HeapExecutor<EndiveGuest> executor, String export, long... arguments)
      throws InterruptedException {
    executor.call(CallOptions.named(export), guest -> guest.call(export, arguments));
  }
}
