package org.wasmheap.block;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Objects;

/**
 * A block: a header and extrinsics, of which nothing but the header is understood here.
 *
 * <p>Immutable, as long as nobody writes to the arrays of {@link #body()}.
 *
 * @param header the header, as it was announced, with a seal if it has one
 * @param body the extrinsics, each with its compact length before it; the list is copied, the
 *     arrays are not
 */
public record Block(BlockHeader header, List<byte[]> body) {
  /**
   * Copies the list.
   *
   * @param header the header
   * @param body the extrinsics
   */
  public Block {
    Objects.requireNonNull(header, "header");
    body = List.copyOf(body);
  }

  /**
   * What {@code Core_execute_block} is given: the header without its seal, and the body.
   *
   * @return SCALE
   * @throws IllegalArgumentException if there is more than an array holds
   */
  public byte[] toExecute() {
    byte[] head = header.withoutSeal();
    long bytes = head.length + (long) Integer.BYTES;
    for (byte[] extrinsic : body) {
      bytes += extrinsic.length;
    }
    if (bytes > Integer.MAX_VALUE - Long.BYTES) {
      throw new IllegalArgumentException("a block of " + bytes + " bytes");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream((int) bytes);
    out.writeBytes(head);
    Compact.write(out, body.size());
    body.forEach(out::writeBytes);
    return out.toByteArray();
  }

  @Override
  public String toString() {
    return "Block[" + header + ", " + body.size() + " extrinsics]";
  }
}
