package org.wasmheap.block;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Finds its way through the encoding of a header, which may be anything. */
final class HeaderReader {
  private static final int OTHER = 0;
  private static final int CHANGES_TRIE_ROOT = 2;
  private static final int CONSENSUS = 4;
  private static final int SEAL = 5;
  private static final int PRE_RUNTIME = 6;
  private static final int RUNTIME_UPDATED = 8;
  private static final int ENGINE_BYTES = 4;

  private final ByteBuffer in;

  private HeaderReader(byte[] scale) {
    in = ByteBuffer.wrap(scale).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * What a header says, and where its parts stand. The parent's hash is in front, the root of the
   * extrinsics behind that of the state, and the digest behind both.
   *
   * @param stateRootAt where the root of the state begins
   * @param itemsAt where the digest's first item begins
   * @param digestItems how many items there are
   * @param sealAt where the last item begins if it is a seal, or less than 0
   */
  record Fields(long number, int stateRootAt, int itemsAt, int digestItems, int sealAt) {}

  /** Reads a header; throws IllegalArgumentException if the bytes are none, or more than one. */
  static Fields read(byte[] scale) {
    try {
      return new HeaderReader(scale).fields();
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("it ends too early", e);
    }
  }

  private Fields fields() {
    skip(BlockHeader.HASH_BYTES);
    long number = Compact.read(in, "number");
    int stateRootAt = in.position();
    skip(2 * BlockHeader.HASH_BYTES);
    long items = Compact.read(in, "digest");
    int itemsAt = in.position();
    if (items > in.remaining()) {
      throw new IllegalArgumentException(
          "digest: " + items + " items in " + in.remaining() + " bytes");
    }
    int sealAt = -1;
    for (int i = 0; i < items; i++) {
      int at = in.position();
      sealAt = skipItem() == SEAL ? at : -1;
    }
    if (in.hasRemaining()) {
      throw new IllegalArgumentException(in.remaining() + " bytes follow it");
    }
    return new Fields(number, stateRootAt, itemsAt, (int) items, sealAt);
  }

  /** Moves on behind an item of the digest; gives its kind. */
  private int skipItem() {
    int kind = Byte.toUnsignedInt(in.get());
    switch (kind) {
      case OTHER -> skip(Compact.read(in, "digest item"));
      case CHANGES_TRIE_ROOT -> skip(BlockHeader.HASH_BYTES);
      case CONSENSUS, SEAL, PRE_RUNTIME -> {
        skip(ENGINE_BYTES);
        skip(Compact.read(in, "digest item"));
      }
      case RUNTIME_UPDATED -> {}
      default -> throw new IllegalArgumentException("digest: an item of unknown kind " + kind);
    }
    return kind;
  }

  private void skip(long bytes) {
    if (bytes > in.remaining()) {
      throw new BufferUnderflowException();
    }
    in.position(in.position() + (int) bytes);
  }
}
