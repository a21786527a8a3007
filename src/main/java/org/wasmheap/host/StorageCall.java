package org.wasmheap.host;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.StateVersion;
import org.wasmheap.state.ValuePiece;
import run.endive.wasm.types.ValType;

/**
 * A guest's call of a function that works on the storage: its arguments, and the overlay that is
 * the host context of the guest's own call.
 *
 * <p>Keys and values are copied out of the guest's memory once. For the thread and the length of
 * one call of a host function.
 */
final class StorageCall {
  private final HeapHandle heap;
  private final Overlay overlay;
  private final long[] arguments;

  /** What such a function does; what it gives is ignored if it has no result. */
  @FunctionalInterface
  interface Body {
    long run(StorageCall call);
  }

  private StorageCall(HeapHandle heap, Overlay overlay, long[] arguments) {
    this.heap = heap;
    this.overlay = overlay;
    this.arguments = arguments;
  }

  /**
   * A function that works on the overlay of a call, and fails as the host's doing in a call that
   * has none.
   */
  static HostFunction function(
      String name, List<ValType> parameters, List<ValType> results, Body body) {
    return HostFunction.env(
            name,
            parameters,
            results,
            (scope, arguments) ->
                body.run(new StorageCall(scope.heap(), scope.context(Overlay.class), arguments)))
        .withPreload(
            scope -> {
              Overlay overlay = PreloadSamples.overlay();
              PreloadSamples.goThrough(
                  scope.heap(),
                  parameters,
                  arguments -> body.run(new StorageCall(scope.heap(), overlay, arguments)));
            });
  }

  Overlay overlay() {
    return overlay;
  }

  /** A copy of the bytes that an argument names. */
  byte[] bytes(int index) {
    return GuestMemory.copy(heap, PointerSize.of(arguments[index]));
  }

  /** The number in the {@code Option<u32>} that an argument names. */
  OptionalLong limit(int index) {
    return new GuestScale(heap, PointerSize.of(arguments[index])).optionalNumber();
  }

  /** The state version that an argument is. */
  StateVersion version(int index) {
    return stateVersion(arguments[index]);
  }

  static StateVersion stateVersion(long argument) {
    int number = (int) argument;
    return switch (number) {
      case 0 -> StateVersion.V0;
      case 1 -> StateVersion.V1;
      default ->
          throw CallException.trap(
              "a host function was given the state version "
                  + Integer.toUnsignedString(number)
                  + ", which is neither 0 nor 1");
    };
  }

  /** The guest's buffer that an argument names; all of it lies inside the memory. */
  PointerSize buffer(int index) {
    PointerSize range = PointerSize.of(arguments[index]);
    GuestMemory.requireInside(heap, range);
    return range;
  }

  /** The u32 that an argument is. */
  long number(int index) {
    return arguments[index] & 0xFFFF_FFFFL;
  }

  /** How many bytes of a value a buffer takes. */
  static int room(PointerSize buffer) {
    return (int) Math.min(buffer.size(), Integer.MAX_VALUE);
  }

  /**
   * Puts a piece of a value into a buffer that has room for it.
   *
   * @param piece {@code null} if there is no value
   * @return an option of how many bytes the value has from where the piece begins
   */
  long give(@Nullable ValuePiece piece, PointerSize buffer) {
    if (piece == null) {
      return ScaleResults.none(heap);
    }
    heap.write(buffer.pointer(), piece.bytes());
    return ScaleResults.number(heap, piece.left());
  }

  /** An option of bytes. */
  long give(byte @Nullable [] value) {
    return ScaleResults.bytes(heap, value);
  }

  /** What was removed. */
  long give(Overlay.Removal removal) {
    return ScaleResults.removal(heap, removal);
  }

  /** Bytes as they are. */
  long giveRaw(byte[] bytes) {
    return GuestMemory.putRange(heap, bytes);
  }
}
