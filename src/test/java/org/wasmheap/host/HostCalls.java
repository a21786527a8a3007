package org.wasmheap.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.ScopeGuests;
import run.endive.wasm.types.ValType;

/**
 * Calls host functions as guests do: what they take is put into a guest's memory, what they give is
 * read out of it.
 */
final class HostCalls implements AutoCloseable {
  static final int MEMORY_BYTES = 4 * 65_536;

  /** Gives the code back as its version; code without bytes has none. */
  static final VersionReader VERSIONS = (code, left) -> code.length == 0 ? null : code;

  static final Map<String, HostFunction> FUNCTIONS =
      SubstrateHostFunctions.all(SubstrateHostFunctions.DEFAULT_MAX_LOG_LEVEL, VERSIONS).stream()
          .collect(Collectors.toMap(HostFunction::name, Function.identity()));

  private final HeapExecutor<CallScope> executor =
      HeapExecutor.builder(ScopeGuests.withPages(MEMORY_BYTES / 65_536))
          .name("guests")
          .workers(1)
          .verifyResets(true)
          .build();

  /** An argument: so many bytes for a host function to write to. */
  record Buffer(int bytes) {}

  /** An argument: bytes of a length that is known, so that their address alone is handed over. */
  static final class At {
    private final byte[] bytes;

    At(byte[] bytes) {
      this.bytes = bytes;
    }
  }

  /** What a guest does in one call. */
  @FunctionalInterface
  interface Script<R> {
    R run(Guest guest) throws Exception;
  }

  /** One call of a guest. */
  static final class Guest {
    private final CallScope scope;
    private int lastBuffer;
    private long lastRange;

    Guest(CallScope scope) {
      this.scope = scope;
    }

    /**
     * Calls a function.
     *
     * @param arguments bytes or text for a range, {@link Buffer}, {@link At}; an {@link Integer} or
     *     {@link Long} as it is
     */
    long run(String function, Object... arguments) throws Exception {
      long[] raw = new long[arguments.length];
      for (int i = 0; i < raw.length; i++) {
        raw[i] = raw(arguments[i]);
      }
      return FUNCTIONS.get(function).body().run(scope, raw);
    }

    /** Calls one that gives a range; what is in it. */
    byte[] bytes(String function, Object... arguments) throws Exception {
      PointerSize range = PointerSize.of(run(function, arguments));
      return scope.heap().read(range.pointer(), (int) range.size());
    }

    /** Calls one that gives an address; what is there. */
    byte[] pointed(int length, String function, Object... arguments) throws Exception {
      return scope.heap().read((int) run(function, arguments), length);
    }

    /** What is in the buffer that was handed over last. */
    byte[] buffer(int length) {
      return scope.heap().read(lastBuffer, length);
    }

    /** The buffer that was handed over last, to be handed over again. */
    long lastRange() {
      return lastRange;
    }

    void overwriteBuffer(byte[] bytes) {
      scope.heap().write(lastBuffer, bytes);
    }

    /** What it said last of an error. */
    @Nullable String words() {
      return scope.guestWords();
    }

    private long raw(Object argument) {
      if (argument instanceof Buffer buffer) {
        lastBuffer = put(new byte[buffer.bytes()]);
        lastRange = new PointerSize(lastBuffer, buffer.bytes()).packed();
        return lastRange;
      } else if (argument instanceof At at) {
        return put(at.bytes);
      } else if (argument instanceof Integer number) {
        return number;
      } else if (argument instanceof Long number) {
        return number;
      }
      byte[] bytes = argument instanceof byte[] given ? given : ((String) argument).getBytes(UTF_8);
      return new PointerSize(put(bytes), bytes.length).packed();
    }

    private int put(byte[] bytes) {
      int pointer = scope.heap().malloc(bytes.length);
      scope.heap().write(pointer, bytes);
      return pointer;
    }
  }

  /**
   * Makes a call.
   *
   * @param context of the call
   * @throws CallException as the call fails
   */
  <R> R call(@Nullable Object context, Script<R> script) throws InterruptedException {
    CallOptions options = CallOptions.named("test");
    return executor.call(
        context == null ? options : options.withContext(context),
        scope -> script.run(new Guest(scope)));
  }

  /** How many instances were replaced so far. */
  long replaced() {
    return executor.statistics().replaced();
  }

  static List<ValType> parameters(String function) {
    return FUNCTIONS.get(function).type().params();
  }

  @Override
  public void close() {
    executor.close();
  }
}
