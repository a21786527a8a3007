package org.wasmheap.host;

import static org.wasmheap.host.StorageCall.function;
import static run.endive.wasm.types.ValType.I32;
import static run.endive.wasm.types.ValType.I64;

import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.StateVersion;
import run.endive.wasm.types.ValType;

/**
 * The group {@code ext_storage_*}, over the overlay of the call.
 *
 * <p>Source: the host API of the Polkadot specification, and {@code sp_io::storage} of the Polkadot
 * SDK.
 */
final class StorageFunctions {
  private static final String GROUP = "ext_storage_";

  private static final List<ValType> NOTHING = List.of();
  private static final List<ValType> NUMBER = List.of(I32);
  private static final List<ValType> RANGE = List.of(I64);
  private static final List<ValType> TWO_RANGES = List.of(I64, I64);

  private StorageFunctions() {}

  static List<HostFunction> all() {
    return Stream.of(entries(), prefixes(), roots(), transactions()).flatMap(List::stream).toList();
  }

  private static List<HostFunction> entries() {
    return List.of(
        function(
            GROUP + "get_version_1",
            RANGE,
            RANGE,
            call -> call.give(call.overlay().get(call.bytes(0)))),
        function(GROUP + "read_version_1", List.of(I64, I64, I32), RANGE, StorageFunctions::read),
        function(
            GROUP + "set_version_1",
            TWO_RANGES,
            NOTHING,
            call -> {
              call.overlay().set(call.bytes(0), call.bytes(1));
              return 0;
            }),
        function(
            GROUP + "clear_version_1",
            RANGE,
            NOTHING,
            call -> {
              call.overlay().clear(call.bytes(0));
              return 0;
            }),
        function(
            GROUP + "exists_version_1",
            RANGE,
            NUMBER,
            call -> call.overlay().exists(call.bytes(0)) ? 1 : 0),
        function(
            GROUP + "append_version_1",
            TWO_RANGES,
            NOTHING,
            call -> {
              call.overlay().append(call.bytes(0), call.bytes(1));
              return 0;
            }),
        function(
            GROUP + "next_key_version_1",
            RANGE,
            RANGE,
            call -> call.give(call.overlay().nextKey(call.bytes(0)))));
  }

  private static long read(StorageCall call) {
    PointerSize buffer = call.buffer(1);
    int most = StorageCall.room(buffer);
    return call.give(call.overlay().read(call.bytes(0), call.number(2), most), buffer);
  }

  private static List<HostFunction> prefixes() {
    return List.of(
        function(
            GROUP + "clear_prefix_version_1",
            RANGE,
            NOTHING,
            call -> {
              call.overlay().clearPrefix(call.bytes(0), OptionalLong.empty());
              return 0;
            }),
        function(
            GROUP + "clear_prefix_version_2",
            TWO_RANGES,
            RANGE,
            call -> call.give(call.overlay().clearPrefix(call.bytes(0), call.limit(1)))));
  }

  private static List<HostFunction> roots() {
    return List.of(
        function(
            GROUP + "root_version_1",
            NOTHING,
            RANGE,
            call -> call.giveRaw(call.overlay().root(StateVersion.V0))),
        function(
            GROUP + "root_version_2",
            NUMBER,
            RANGE,
            call -> call.giveRaw(call.overlay().root(call.version(0)))),
        // The tries of changes that it was for are gone; what is left is the check of the range.
        function(
            GROUP + "changes_root_version_1",
            RANGE,
            RANGE,
            call -> {
              call.buffer(0);
              return call.give((byte[]) null);
            }));
  }

  private static List<HostFunction> transactions() {
    return List.of(
        transaction("start", Overlay::startTransaction),
        transaction("commit", overlay -> close("commit", overlay, Overlay::commitTransaction)),
        transaction(
            "rollback", overlay -> close("rollback", overlay, Overlay::rollbackTransaction)));
  }

  private static HostFunction transaction(String step, Consumer<Overlay> taken) {
    return function(
        GROUP + step + "_transaction_version_1",
        NOTHING,
        NOTHING,
        call -> {
          taken.accept(call.overlay());
          return 0;
        });
  }

  private static void close(String step, Overlay overlay, Consumer<Overlay> taken) {
    if (overlay.openTransactions() == 0) {
      throw CallException.trap("no storage transaction is open for the guest's " + step);
    }
    taken.accept(overlay);
  }
}
