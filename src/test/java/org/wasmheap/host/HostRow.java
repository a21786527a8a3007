package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.wasmheap.host.HostCalls.Guest;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.StateVersion;

/**
 * A call of a host function that goes well, and what it gives, which is known from outside.
 *
 * @param function its name without {@code ext_}
 * @param what is seen by it
 * @param overlay the storage before
 * @param arguments as {@link Guest#run} takes them
 * @param given what must be true of what it gives
 * @param after what must be true of the storage then
 */
record HostRow(
    String function,
    String what,
    Supplier<Overlay> overlay,
    List<Object> arguments,
    Given given,
    Consumer<Overlay> after) {

  /** Runs the call in a guest and looks at what it gives. */
  @FunctionalInterface
  interface Given {
    void check(Guest guest, String function, Object[] arguments) throws Exception;
  }

  static HostRow row(String function, String what, Object... arguments) {
    return new HostRow(
        function, what, Roots::plain, List.of(arguments), HostRow::nothing, overlay -> {});
  }

  HostRow over(Supplier<Overlay> storage) {
    return new HostRow(function, what, storage, arguments, given, after);
  }

  /** It gives a number. */
  HostRow number(long expected) {
    return gives((guest, name, taken) -> assertEquals(expected, guest.run(name, taken)));
  }

  /** It gives a range with these bytes, in hexadecimal. */
  HostRow range(String expected) {
    return gives(
        (guest, name, taken) -> assertEquals(expected, Roots.hex(guest.bytes(name, taken))));
  }

  /** It gives a range, and puts bytes into the buffer that it was given; zeros are behind them. */
  HostRow rangeAndBuffer(String expected, String buffer) {
    byte[] put = HexFormat.of().parseHex(buffer);
    return gives(
        (guest, name, taken) -> {
          assertEquals(expected, Roots.hex(guest.bytes(name, taken)));
          assertArrayEquals(put, guest.buffer(put.length));
        });
  }

  /** It gives the address of these bytes, in hexadecimal. */
  HostRow pointer(String expected) {
    int length = expected.length() / 2;
    return gives(
        (guest, name, taken) ->
            assertEquals(expected, Roots.hex(guest.pointed(length, name, taken))));
  }

  /** Afterwards the storage has this root, as a call of state version 0 writes it. */
  HostRow thenRoot(String name) {
    return then(overlay -> assertEquals(Roots.of(name), Roots.hex(overlay.root(StateVersion.V0))));
  }

  HostRow thenHas(String key, String value) {
    return then(
        overlay -> {
          byte[] found = overlay.get(Roots.bytes(key));
          assertNotNull(found);
          assertArrayEquals(Roots.bytes(value), found);
        });
  }

  HostRow thenChildHas(String key, String value) {
    return then(
        overlay -> {
          byte[] found = overlay.childGet(Roots.bytes(Roots.CHILD), Roots.bytes(key));
          assertNotNull(found);
          assertArrayEquals(Roots.bytes(value), found);
        });
  }

  HostRow thenChildLacks(String key) {
    return then(
        overlay -> assertNull(overlay.childGet(Roots.bytes(Roots.CHILD), Roots.bytes(key))));
  }

  HostRow then(Consumer<Overlay> check) {
    return new HostRow(function, what, overlay, arguments, given, check);
  }

  HostRow gives(Given check) {
    return new HostRow(function, what, overlay, arguments, check, after);
  }

  private static void nothing(Guest guest, String name, Object[] taken) throws Exception {
    guest.run(name, taken);
  }

  String name() {
    return "ext_" + function;
  }

  @Override
  public String toString() {
    return function + ": " + what;
  }
}
