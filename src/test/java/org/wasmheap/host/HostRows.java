package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.wasmheap.host.HostRow.row;
import static org.wasmheap.host.Roots.CHILD;
import static org.wasmheap.host.Roots.bytes;

import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.wasmheap.host.HostCalls.Buffer;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.StateVersion;

/** What each host function gives where all goes well. */
final class HostRows {
  private static final byte[] NO_LIMIT = {0};
  private static final byte[] LIMIT_1 = {1, 1, 0, 0, 0};

  private static final String ABC_BLAKE2_256 =
      "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";

  private HostRows() {}

  static List<HostRow> all() {
    return Stream.of(
            hashing(),
            words(),
            entries(),
            storage(),
            children(),
            childRemovals(),
            tries(),
            CryptoHostRows.all())
        .flatMap(List::stream)
        .toList();
  }

  /** Vectors: RFC 7693, FIPS 180-4, the Keccak team, Substrate's tests of twox. */
  private static List<HostRow> hashing() {
    String twox256 = "990977adf52cbc440889329981caa9bef7da5770b2b8a05303b75d95360dd62b";
    return List.of(
        row("hashing_blake2_128_version_1", "of abc", "abc")
            .pointer("cf4ab791c62b8d2b2109c90275287816"),
        row("hashing_blake2_256_version_1", "of abc", "abc").pointer(ABC_BLAKE2_256),
        row("hashing_keccak_256_version_1", "of abc", "abc")
            .pointer("4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        row("hashing_keccak_512_version_1", "of abc", "abc")
            .pointer(
                "18587dc2ea106b9a1563e32b3312421ca164c7f1f07bc922a9c83d77cea3a1e5"
                    + "d0c69910739025372dc14ac9642629379540c17e2a65b19d77aa511a9d00bb96"),
        row("hashing_sha2_256_version_1", "of nothing", "")
            .pointer("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        row("hashing_twox_64_version_1", "of abc", "abc").pointer(twox256.substring(0, 16)),
        row("hashing_twox_128_version_1", "of abc", "abc").pointer(twox256.substring(0, 32)),
        row("hashing_twox_256_version_1", "of abc", "abc").pointer(twox256));
  }

  private static List<HostRow> words() {
    return List.of(
        row("logging_log_version_1", "is there", 4, "target", "message"),
        row("logging_max_level_version_1", "is info").number(3),
        row("misc_print_num_version_1", "is there", -1L),
        row("misc_print_utf8_version_1", "is there", "text"),
        row("misc_print_hex_version_1", "is there", "bytes"),
        row("misc_runtime_version_version_1", "of code that has one", "abc").range("010c616263"),
        row("misc_runtime_version_version_1", "of code that has none", "").range("00"));
  }

  private static List<HostRow> entries() {
    return List.of(
        row("storage_get_version_1", "a value", "key1").range("011876616c756531"),
        row("storage_get_version_1", "an empty value", "other").range("0100"),
        row("storage_get_version_1", "no value", "none").range("00"),
        row("storage_read_version_1", "from an offset", "key1", new Buffer(3), 1)
            .rangeAndBuffer("0105000000", "616c75"),
        row("storage_read_version_1", "more room than bytes", "key1", new Buffer(8), 4)
            .rangeAndBuffer("0102000000", "6531000000000000"),
        row("storage_read_version_1", "all of it", "key1", new Buffer(6), 0)
            .rangeAndBuffer("0106000000", "76616c756531"),
        row("storage_read_version_1", "no room", "key1", new Buffer(0), 2).range("0104000000"),
        row("storage_read_version_1", "at the end", "key1", new Buffer(2), 6)
            .rangeAndBuffer("0100000000", "0000"),
        row("storage_read_version_1", "an offset of 2^31", "key1", new Buffer(2), 1 << 31)
            .rangeAndBuffer("0100000000", "0000"),
        row("storage_read_version_1", "an offset of 2^32 - 1", "key1", new Buffer(2), -1)
            .rangeAndBuffer("0100000000", "0000"),
        row("storage_read_version_1", "no value", "none", new Buffer(2), 0)
            .rangeAndBuffer("00", "0000"),
        row("storage_set_version_1", "a new key", "new", "value").thenHas("new", "value"),
        row("storage_set_version_1", "an old key", "key1", "").thenHas("key1", ""),
        row("storage_clear_version_1", "a key", "key1").thenRoot("plain_without_key1_v0"),
        row("storage_clear_version_1", "no key", "none").thenRoot("plain_v0"),
        row("storage_exists_version_1", "an empty value", "other").number(1),
        row("storage_exists_version_1", "no value", "none").number(0),
        row("storage_append_version_1", "to nothing", "list", "\7").thenHas("list", "\4\7"),
        row("storage_append_version_1", "to a list", "list", "\b")
            .over(() -> with("list", 4, 7))
            .thenRoot("appended_twice_v0"),
        row("storage_append_version_1", "to what is no list", "list", "\b")
            .over(() -> with("list", 0xff, 7))
            .thenHas("list", "\4\b"),
        row("storage_next_key_version_1", "behind a key", "key1").range("01106b657932"),
        row("storage_next_key_version_1", "behind no key", "ke ").range("01106b657931"),
        row("storage_next_key_version_1", "the first", "").range("01086b65"),
        row("storage_next_key_version_1", "behind the last", "other").range("00"));
  }

  private static List<HostRow> storage() {
    return List.of(
        row("storage_clear_prefix_version_1", "a prefix of one", "key1")
            .thenRoot("plain_without_key1_v0"),
        row("storage_clear_prefix_version_2", "no limit", "key", NO_LIMIT).range("0002000000"),
        row("storage_clear_prefix_version_2", "a limit", "key", LIMIT_1)
            .range("0101000000")
            .thenRoot("plain_without_key1_v0"),
        row("storage_clear_prefix_version_2", "as many as the limit", "key1", LIMIT_1)
            .range("0001000000"),
        row("storage_clear_prefix_version_2", "bytes behind the limit", "k", new byte[] {0, 9})
            .range("0003000000"),
        row("storage_root_version_1", "of nothing").over(Roots::empty).range(Roots.of("empty_v0")),
        row("storage_root_version_1", "of entries").range(Roots.of("plain_v0")),
        row("storage_root_version_2", "0", 0)
            .over(() -> Roots.withChild(StateVersion.V0))
            .range(Roots.of("plain_with_child_v0")),
        row("storage_root_version_2", "1", 1)
            .over(() -> Roots.withChild(StateVersion.V1))
            .range(Roots.of("plain_with_child_v1")),
        row("storage_changes_root_version_1", "is none", new byte[32]).range("00"),
        row("storage_start_transaction_version_1", "opens one")
            .then(overlay -> assertEquals(1, overlay.openTransactions())),
        row("storage_commit_transaction_version_1", "keeps the changes")
            .over(HostRows::openTransaction)
            .thenRoot("plain_without_key1_v0"),
        row("storage_rollback_transaction_version_1", "takes them back")
            .over(HostRows::openTransaction)
            .thenRoot("plain_v0"));
  }

  private static List<HostRow> children() {
    return inChild(
        row("default_child_storage_get_version_1", "a value", CHILD, "x").range("010479"),
        row("default_child_storage_get_version_1", "no value", CHILD, "none").range("00"),
        row("default_child_storage_get_version_1", "no child", "none", "x").range("00"),
        row("default_child_storage_read_version_1", "an offset", CHILD, "xyz", new Buffer(4), 30)
            .rangeAndBuffer("0103000000", "76767600"),
        row("default_child_storage_read_version_1", "no child", "none", "x", new Buffer(4), 0)
            .rangeAndBuffer("00", "00000000"),
        row("default_child_storage_set_version_1", "a new key", CHILD, "new", "value")
            .thenChildHas("new", "value"),
        row("default_child_storage_clear_version_1", "a key", CHILD, "x").thenChildLacks("x"),
        row("default_child_storage_exists_version_1", "a key", CHILD, "x").number(1),
        row("default_child_storage_exists_version_1", "no key", CHILD, "xy").number(0),
        row("default_child_storage_next_key_version_1", "behind a key", CHILD, "x")
            .range("010c78797a"),
        row("default_child_storage_next_key_version_1", "behind the last", CHILD, "xyz")
            .range("00"),
        row("default_child_storage_next_key_version_1", "no child", "none", "").range("00"));
  }

  private static List<HostRow> childRemovals() {
    return inChild(
        row("default_child_storage_clear_prefix_version_1", "of one key", CHILD, "xy")
            .thenChildLacks("xyz"),
        row("default_child_storage_clear_prefix_version_2", "no limit", CHILD, "x", NO_LIMIT)
            .range("0002000000")
            .thenRoot("plain_with_empty_child_v0"),
        row("default_child_storage_clear_prefix_version_2", "a limit", CHILD, "", LIMIT_1)
            .range("0101000000")
            .thenChildLacks("x"),
        row("default_child_storage_storage_kill_version_1", "all of it", CHILD)
            .thenRoot("plain_with_empty_child_v0"),
        row("default_child_storage_storage_kill_version_2", "no limit", CHILD, NO_LIMIT)
            .number(1)
            .thenRoot("plain_with_empty_child_v0"),
        row("default_child_storage_storage_kill_version_2", "a limit", CHILD, LIMIT_1)
            .number(0)
            .thenChildLacks("x"),
        row("default_child_storage_storage_kill_version_3", "no limit", CHILD, NO_LIMIT)
            .range("0002000000")
            .thenRoot("plain_with_empty_child_v0"),
        row("default_child_storage_storage_kill_version_3", "a limit", CHILD, LIMIT_1)
            .range("0101000000")
            .thenChildHas("xyz", "v".repeat(33)),
        row("default_child_storage_root_version_1", "of entries", CHILD)
            .range(Roots.of("child_v0")),
        row("default_child_storage_root_version_1", "no child", "none").range(Roots.of("empty_v0")),
        row("default_child_storage_root_version_2", "0", CHILD, 0).range(Roots.of("child_v0")),
        row("default_child_storage_root_version_2", "1", CHILD, 1)
            .over(() -> Roots.withChild(StateVersion.V1))
            .range(Roots.of("child_v1")));
  }

  private static List<HostRow> inChild(HostRow... rows) {
    return Stream.of(rows)
        .map(row -> row.what().equals("1") ? row : row.over(() -> Roots.withChild(StateVersion.V0)))
        .toList();
  }

  private static List<HostRow> tries() {
    byte[] pairs = Scale.pairs(Roots.plainEntries().entrySet());
    byte[] list = Scale.vectors(List.of(bytes(""), bytes("a"), bytes("v".repeat(33))));
    return List.of(
        row("trie_blake2_256_root_version_1", "of entries", pairs).pointer(Roots.of("plain_v0")),
        row("trie_blake2_256_root_version_1", "of nothing", "\0").pointer(Roots.of("empty_v0")),
        row("trie_blake2_256_root_version_2", "0", Scale.pairs(Roots.childEntries().entrySet()), 0)
            .pointer(Roots.of("child_v0")),
        row("trie_blake2_256_root_version_2", "1", Scale.pairs(Roots.childEntries().entrySet()), 1)
            .pointer(Roots.of("child_v1")),
        row("trie_blake2_256_ordered_root_version_1", "of a list", list)
            .pointer(Roots.of("ordered_v0")),
        // Its extrinsics and the extrinsics root in its header.
        row("trie_blake2_256_ordered_root_version_1", "of Westend's block 1", westendBlock1())
            .pointer("a258f9a8dc3c75cb4566dc1419dadc2168465a7bee5d0006c6ede541b18cb180"),
        row("trie_blake2_256_ordered_root_version_2", "0", list, 0).pointer(Roots.of("ordered_v0")),
        row("trie_blake2_256_ordered_root_version_2", "1", list, 1).pointer(Roots.of("ordered_v1")),
        row("trie_blake2_256_ordered_root_version_2", "of 300", Scale.numbers(300), 1)
            .pointer(Roots.of("ordered_300_v1")));
  }

  private static byte[] westendBlock1() {
    return Scale.vectors(
        List.of(
            HexFormat.of().parseHex("280402000b109592557101"),
            HexFormat.of().parseHex("10040d0000")));
  }

  private static Overlay with(String key, int... value) {
    byte[] raw = new byte[value.length];
    for (int i = 0; i < raw.length; i++) {
      raw[i] = (byte) value[i];
    }
    Overlay overlay = Roots.empty();
    overlay.set(bytes(key), raw);
    return overlay;
  }

  private static Overlay openTransaction() {
    Overlay overlay = Roots.plain();
    overlay.startTransaction();
    overlay.clear(bytes("key1"));
    return overlay;
  }
}
