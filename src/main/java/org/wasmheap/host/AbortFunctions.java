package org.wasmheap.host;

import java.util.List;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.text.Printable;
import run.endive.wasm.types.ValType;

/**
 * The group {@code ext_panic_handler_*}, the specification's abort handler: the guest's trap, with
 * what it said before of an error, or else with the text that it hands over.
 *
 * <p>Source: the host API of the Polkadot specification.
 */
final class AbortFunctions {
  private static final List<ValType> RANGE = List.of(ValType.I64);

  private AbortFunctions() {}

  static List<HostFunction> all() {
    return List.of(
        HostFunction.env(
                "ext_panic_handler_abort_on_panic_version_1",
                RANGE,
                List.of(),
                AbortFunctions::abort)
            .withPreload(
                scope ->
                    PreloadSamples.goThrough(
                        scope.heap(), RANGE, arguments -> abort(scope, arguments))));
  }

  private static long abort(CallScope scope, long[] arguments) {
    // Read first: a range outside the memory is that failure, whatever was said before.
    String text = Printable.text(GuestText.read(scope.heap(), PointerSize.of(arguments[0])));
    String said = scope.guestWords();
    throw CallException.trap("the guest said: " + (said == null ? text : said) + " (abort)");
  }
}
