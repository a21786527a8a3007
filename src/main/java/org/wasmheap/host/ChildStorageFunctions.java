package org.wasmheap.host;

import static org.wasmheap.host.StorageCall.function;
import static run.endive.wasm.types.ValType.I32;
import static run.endive.wasm.types.ValType.I64;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.state.StateVersion;
import org.wasmheap.state.ValuePiece;
import run.endive.wasm.types.ValType;

/**
 * The group {@code ext_default_child_storage_*}, over the overlay of the call. The first argument
 * of each names the child, without the prefix under which its root stands in the main trie.
 *
 * <p>Source: the host API of the Polkadot specification, and {@code sp_io::default_child_storage}
 * of the Polkadot SDK.
 */
final class ChildStorageFunctions {
  private static final String GROUP = "ext_default_child_storage_";

  private static final List<ValType> NOTHING = List.of();
  private static final List<ValType> NUMBER = List.of(I32);
  private static final List<ValType> RANGE = List.of(I64);
  private static final List<ValType> TWO_RANGES = List.of(I64, I64);
  private static final List<ValType> THREE_RANGES = List.of(I64, I64, I64);

  private ChildStorageFunctions() {}

  static List<HostFunction> all() {
    return Stream.of(entries(), removals(), roots()).flatMap(List::stream).toList();
  }

  private static List<HostFunction> entries() {
    return List.of(
        function(
            GROUP + "get_version_1",
            TWO_RANGES,
            RANGE,
            call -> call.give(call.overlay().childGet(call.bytes(0), call.bytes(1)))),
        function(
            GROUP + "read_version_1",
            List.of(I64, I64, I64, I32),
            RANGE,
            ChildStorageFunctions::read),
        function(
            GROUP + "set_version_1",
            THREE_RANGES,
            NOTHING,
            call -> {
              call.overlay().childSet(call.bytes(0), call.bytes(1), call.bytes(2));
              return 0;
            }),
        function(
            GROUP + "clear_version_1",
            TWO_RANGES,
            NOTHING,
            call -> {
              call.overlay().childClear(call.bytes(0), call.bytes(1));
              return 0;
            }),
        function(
            GROUP + "exists_version_1",
            TWO_RANGES,
            NUMBER,
            call -> call.overlay().childExists(call.bytes(0), call.bytes(1)) ? 1 : 0),
        function(
            GROUP + "next_key_version_1",
            TWO_RANGES,
            RANGE,
            call -> call.give(call.overlay().childNextKey(call.bytes(0), call.bytes(1)))));
  }

  private static long read(StorageCall call) {
    PointerSize buffer = call.buffer(2);
    int most = StorageCall.room(buffer);
    ValuePiece piece = call.overlay().childRead(call.bytes(0), call.bytes(1), call.number(3), most);
    return call.give(piece, buffer);
  }

  private static List<HostFunction> removals() {
    OptionalLong all = OptionalLong.empty();
    return List.of(
        function(
            GROUP + "clear_prefix_version_1",
            TWO_RANGES,
            NOTHING,
            call -> {
              call.overlay().childClearPrefix(call.bytes(0), call.bytes(1), all);
              return 0;
            }),
        function(
            GROUP + "clear_prefix_version_2",
            THREE_RANGES,
            RANGE,
            call ->
                call.give(
                    call.overlay().childClearPrefix(call.bytes(0), call.bytes(1), call.limit(2)))),
        function(
            GROUP + "storage_kill_version_1",
            RANGE,
            NOTHING,
            call -> {
              call.overlay().killChild(call.bytes(0), all);
              return 0;
            }),
        function(
            GROUP + "storage_kill_version_2",
            TWO_RANGES,
            NUMBER,
            call -> call.overlay().killChild(call.bytes(0), call.limit(1)).all() ? 1 : 0),
        function(
            GROUP + "storage_kill_version_3",
            TWO_RANGES,
            RANGE,
            call -> call.give(call.overlay().killChild(call.bytes(0), call.limit(1)))));
  }

  private static List<HostFunction> roots() {
    return List.of(
        function(
            GROUP + "root_version_1",
            RANGE,
            RANGE,
            call -> call.giveRaw(call.overlay().childRoot(call.bytes(0), StateVersion.V0))),
        function(
            GROUP + "root_version_2",
            List.of(I64, I32),
            RANGE,
            call -> call.giveRaw(call.overlay().childRoot(call.bytes(0), call.version(1)))));
  }
}
