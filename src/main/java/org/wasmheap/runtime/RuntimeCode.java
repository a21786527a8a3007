package org.wasmheap.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;

/**
 * The code of a Substrate runtime, unpacked, with the hash of what was stored.
 *
 * <p>Understood are:
 *
 * <ul>
 *   <li>wasm as it is;
 *   <li>wasm compressed with zstd, one frame or more after 8 bytes of prefix: {@code 52 BC 53 76 46
 *       DB 8E} and {@code 05}, or {@code 07} which says that it is wasm (RFC 135 of the Polkadot
 *       Fellowship);
 *   <li>hexadecimal text of either of them, as an RPC gives it: with {@code 0x} or without, white
 *       space or a pair of quotes round it;
 *   <li>JSON, what a node answers to {@code state_getStorage} of {@code :code} (0x3a636f6465),
 *       which has such a text as its {@code result};
 *   <li>JSON, a raw chain specification, which has such a text in its genesis state: in the three
 *       layouts that {@link ChainSpecification} tells of.
 * </ul>
 *
 * <p>Nothing is trusted: sizes are bounded before memory is taken, whatever headers say. That the
 * code is a valid module, only the engine finds out. Immutable, as long as nobody writes to {@link
 * #wasm()}.
 */
public final class RuntimeCode {
  /** The largest unpacked code, as in Substrate: 50 MiB. */
  public static final int MAX_UNPACKED_BYTES = 50 << 20;

  /** The largest file: 256 MiB, room for a chain specification with a large genesis state. */
  public static final int MAX_FILE_BYTES = 256 << 20;

  private static final byte[] WASM_MAGIC = {0, 'a', 's', 'm'};
  private static final byte[] POLKAVM_MAGIC = {'P', 'V', 'M', 0};
  private static final int WASM_HEADER_BYTES = 8;
  private static final int WASM_VERSION = 1;

  /** What all compressed blobs of Substrate begin with; the byte after it is the kind. */
  private static final byte[] BLOB_PREFIX = HexFormat.of().parseHex("52bc537646db8e");

  private static final int BLOB_HEADER_BYTES = BLOB_PREFIX.length + 1;
  private static final byte ANY_BLOB = 5;
  private static final byte PROOF_BLOB = 6;
  private static final byte WASM_BLOB = 7;
  private static final byte POLKAVM_BLOB = 8;

  private static final int HASH_BITS = 256;

  private static final String NO_WASM = "neither wasm nor compressed wasm";

  /** More than any address has, with white space round it. */
  private static final int MOST_ADDRESS_BYTES = 1024;

  private final String origin;
  private final byte[] wasm;
  private final byte[] hash;
  private final OptionalLong heapPages;

  private RuntimeCode(String origin, byte[] wasm, byte[] hash, OptionalLong heapPages) {
    this.origin = origin;
    this.wasm = wasm;
    this.hash = hash;
    this.heapPages = heapPages;
  }

  /**
   * Loads a file of any of the kinds.
   *
   * @param file where it is; also its {@link #origin()}
   * @return the code
   * @throws RuntimeLoadException if the file cannot be read, or is none of them
   */
  public static RuntimeCode read(Path file) {
    String origin = file.toString();
    return of(origin, readBytes(file));
  }

  /**
   * The small runtime that is bundled, to try things on: its source is {@code src/main/guest} of
   * this project.
   *
   * @return the code, plain wasm
   */
  public static RuntimeCode sample() {
    try (InputStream in = RuntimeCode.class.getResourceAsStream("sample.wasm")) {
      return of("sample", Objects.requireNonNull(in, "sample.wasm is in the jar").readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("the bundled sample cannot be read", e);
    }
  }

  /**
   * Takes bytes of any of the kinds.
   *
   * @param origin where they come from, for messages
   * @param bytes content as of a file; kept, if it is wasm already, so nobody may change it
   * @return the code
   * @throws RuntimeLoadException if the bytes are none of them
   */
  public static RuntimeCode of(String origin, byte[] bytes) {
    requireSize(origin, bytes);
    OptionalParts.BOUNCY_CASTLE.require(origin);
    if (GenesisKeys.looksLikeJson(bytes)) {
      OptionalParts.GSON.require(origin);
      return StorageAnswer.isOne(bytes)
          ? ofStored(
              origin, StorageAnswer.read(origin, bytes), "result in the answer of a node is ")
          : ofGenesis(origin, GenesisReader.readRuntime(origin, bytes));
    }
    byte[] decoded = HexText.decode(origin, bytes, WASM_MAGIC, BLOB_PREFIX);
    return decoded == null
        ? new RuntimeCode(origin, ofFile(origin, bytes), hash(bytes), OptionalLong.empty())
        : ofStored(origin, decoded, "hexadecimal text of what is ");
  }

  /**
   * Takes code as a chain has it under {@code :code}: wasm or compressed wasm, and no other form
   * that a file may have.
   *
   * @param origin where it comes from, for messages
   * @param stored the value; kept, if it is wasm already, so nobody may change it
   * @return the code
   * @throws RuntimeLoadException if it is neither
   */
  public static RuntimeCode ofStored(String origin, byte[] stored) {
    requireSize(origin, stored);
    OptionalParts.BOUNCY_CASTLE.require(origin);
    return ofStored(origin, stored, "");
  }

  /** Code as a chain has it, from a file that holds it in some other form. */
  private static RuntimeCode ofStored(String origin, byte[] stored, String which) {
    byte[] wasm = unpack(origin, stored, which + NO_WASM);
    return new RuntimeCode(origin, wasm, hash(stored), OptionalLong.empty());
  }

  private static byte[] ofFile(String origin, byte[] bytes) {
    String address = bytes.length > MOST_ADDRESS_BYTES ? null : AddressKind.of(asText(bytes));
    return unpack(
        origin,
        bytes,
        address == null
            ? NO_WASM + " nor a chain specification"
            : "text with " + address + ", not code");
  }

  private static String asText(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1).strip();
  }

  private static byte[] hash(byte[] stored) {
    return Blake2b.hash(HASH_BITS, stored);
  }

  /**
   * The runtime of a genesis state.
   *
   * @param origin for messages
   * @param top entries of the main trie, as a raw chain specification has them
   * @return the code
   * @throws RuntimeLoadException if {@code :code} is absent or no runtime
   */
  static RuntimeCode ofGenesis(String origin, NavigableMap<byte[], byte[]> top) {
    byte[] stored = top.get(GenesisKeys.CODE);
    if (stored == null) {
      throw new RuntimeLoadException(
          origin, "chain specification has no :code (0x3a636f6465) in its genesis state");
    }
    byte[] wasm = unpack(origin, stored, ":code in the chain specification is " + NO_WASM);
    return new RuntimeCode(origin, wasm, hash(stored), heapPages(top.get(GenesisKeys.HEAP_PAGES)));
  }

  /** A node, too, takes a value that is too short for none. */
  static OptionalLong heapPages(byte @Nullable [] value) {
    return value == null || value.length < Long.BYTES
        ? OptionalLong.empty()
        : OptionalLong.of(ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong());
  }

  /**
   * Refuses what no file of any kind may be.
   *
   * @param origin for messages
   * @param bytes content as of a file
   * @throws RuntimeLoadException if there are none, or more than {@link #MAX_FILE_BYTES}
   */
  static void requireSize(String origin, byte[] bytes) {
    if (bytes.length == 0) {
      throw new RuntimeLoadException(origin, "empty file");
    }
    if (bytes.length > MAX_FILE_BYTES) {
      throw tooLarge(origin);
    }
  }

  /**
   * Where the code comes from.
   *
   * @return a path or another name, for people
   */
  public String origin() {
    return origin;
  }

  /**
   * The module, unpacked: it begins as wasm of version 1 does, and nothing more is known.
   *
   * @return the array itself, not a copy; must not be changed
   */
  public byte[] wasm() {
    return wasm;
  }

  /**
   * BLAKE2b-256 of the code as it was stored, compressed if it was: what a chain has under {@code
   * :code}.
   *
   * @return a copy, 32 bytes
   */
  public byte[] codeHash() {
    return hash.clone();
  }

  /**
   * The code hash as text.
   *
   * @return {@code 0x} and 64 hexadecimal digits
   */
  public String codeHashHex() {
    return "0x" + HexFormat.of().formatHex(hash);
  }

  /**
   * What the chain specification has under {@code :heappages}.
   *
   * @return pages, u64; empty without a chain specification, without the key, and where the value
   *     is shorter than 8 bytes
   */
  public OptionalLong heapPages() {
    return heapPages;
  }

  @Override
  public String toString() {
    return "RuntimeCode["
        + Printable.text(origin)
        + ", "
        + wasm.length
        + " bytes, "
        + codeHashHex()
        + "]";
  }

  /**
   * Reads a file of any of the kinds, for {@link #of} or {@link ChainSpecification#of}.
   *
   * @param file where it is
   * @return its bytes; of a file that is too large, as many as show that
   * @throws RuntimeLoadException if it cannot be read, or says itself that it is too large
   */
  public static byte[] readBytes(Path file) {
    String origin = file.toString();
    if (Files.isDirectory(file)) {
      throw new RuntimeLoadException(origin, "a folder, not a file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      // Asked before reading, to spare the memory; asked again by of(), as not all files tell.
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw tooLarge(origin);
      }
      return in.readNBytes(MAX_FILE_BYTES + 1);
    } catch (NoSuchFileException e) {
      String address = AddressKind.of(origin);
      throw new RuntimeLoadException(
          origin, address == null ? "no such file" : address + ", not a file", e);
    } catch (AccessDeniedException e) {
      throw new RuntimeLoadException(origin, "permission denied", e);
    } catch (FileSystemException e) {
      throw new RuntimeLoadException(origin, "cannot be read: " + e.getReason(), e);
    } catch (IOException e) {
      throw new RuntimeLoadException(origin, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static byte[] unpack(String origin, byte[] stored, String otherwise) {
    if (startsWith(stored, WASM_MAGIC)) {
      return requireRuntime(origin, stored);
    }
    if (startsWith(stored, BLOB_PREFIX) && stored.length >= BLOB_HEADER_BYTES) {
      byte kind = stored[BLOB_PREFIX.length];
      return switch (kind) {
        case ANY_BLOB, WASM_BLOB -> unpackBlob(origin, stored);
        case PROOF_BLOB -> throw new RuntimeLoadException(origin, "proof of validity, not code");
        case POLKAVM_BLOB -> throw polkaVm(origin);
        default ->
            throw new RuntimeLoadException(origin, "compressed data of unknown kind " + kind);
      };
    }
    throw startsWith(stored, POLKAVM_MAGIC)
        ? polkaVm(origin)
        : new RuntimeLoadException(origin, otherwise);
  }

  private static byte[] unpackBlob(String origin, byte[] stored) {
    OptionalParts.ZSTD.require(origin);
    byte[] unpacked;
    try {
      unpacked = ZstdFrames.unpack(origin, stored, BLOB_HEADER_BYTES, MAX_UNPACKED_BYTES);
    } catch (LinkageError e) {
      throw new RuntimeLoadException(
          origin, "compressed code, but zstd-jni's native library cannot be loaded: " + e, e);
    }
    if (!startsWith(unpacked, WASM_MAGIC)) {
      throw new RuntimeLoadException(origin, "compressed data with no wasm inside");
    }
    return requireRuntime(origin, unpacked);
  }

  /** Wasm of the version that there is, and no contract; all else is for the engine to say. */
  private static byte[] requireRuntime(String origin, byte[] wasm) {
    if (wasm.length < WASM_HEADER_BYTES) {
      throw new RuntimeLoadException(origin, "wasm, cut off in its header");
    }
    int version = ByteBuffer.wrap(wasm).order(ByteOrder.LITTLE_ENDIAN).getInt(WASM_MAGIC.length);
    if (version != WASM_VERSION) {
      throw new RuntimeLoadException(
          origin, "wasm of version " + Integer.toUnsignedString(version) + ", only 1 is supported");
    }
    String contract = ContractImports.find(wasm);
    if (contract != null) {
      throw new RuntimeLoadException(
          origin, "a smart contract, not a runtime: it imports from " + contract);
    }
    return wasm;
  }

  private static boolean startsWith(byte[] bytes, byte[] start) {
    return bytes.length >= start.length
        && Arrays.equals(bytes, 0, start.length, start, 0, start.length);
  }

  private static RuntimeLoadException polkaVm(String origin) {
    return new RuntimeLoadException(origin, "PolkaVM code, only wasm is supported");
  }

  private static RuntimeLoadException tooLarge(String origin) {
    return new RuntimeLoadException(
        origin, "too large, more than " + (MAX_FILE_BYTES >> 20) + " MiB");
  }
}
