package org.wasmheap.state;

import java.util.Arrays;
import org.bouncycastle.crypto.digests.Blake2bDigest;

/**
 * Takes the encoding of one node after another and gives the reference to each: the encoding itself
 * if it is shorter than 32 bytes, else the BLAKE2b-256 of it.
 *
 * <p>One buffer and one digest for all nodes of a calculation; a value that is longer than the
 * buffer is never copied. Used by one thread.
 */
final class NodeHasher {
  /** Of a hash, and the length from which an encoding is replaced by one. */
  static final int HASH_BYTES = 32;

  /** Holds a branch with 16 hashes and a usual partial key. */
  private static final int BUFFER_BYTES = 1024;

  private final Blake2bDigest digest = new Blake2bDigest(8 * HASH_BYTES);
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int used;

  /** Whether bytes of this encoding have left the buffer for the digest. */
  private boolean flushed;

  void put(int oneByte) {
    if (used == BUFFER_BYTES) {
      flush();
    }
    buffer[used++] = (byte) oneByte;
  }

  void put(byte[] bytes) {
    put(bytes, 0, bytes.length);
  }

  void put(byte[] bytes, int from, int length) {
    if (length > BUFFER_BYTES - used) {
      flush();
    }
    if (length > BUFFER_BYTES) {
      digest.update(bytes, from, length);
    } else {
      System.arraycopy(bytes, from, buffer, used, length);
      used += length;
    }
  }

  /** A number as a compact of SCALE. */
  void putCompact(int number) {
    for (byte each : ScaleCompact.encode(number)) {
      put(each);
    }
  }

  /** Ends the encoding, and gives the reference: fewer than 32 bytes, or a hash of 32. */
  byte[] reference() {
    if (!flushed && used < HASH_BYTES) {
      byte[] encoding = Arrays.copyOf(buffer, used);
      used = 0;
      return encoding;
    }
    flush();
    flushed = false;
    return result();
  }

  /** The hash of bytes that are no node; not while an encoding is begun. */
  byte[] hash(byte[] bytes) {
    digest.update(bytes, 0, bytes.length);
    return result();
  }

  private byte[] result() {
    byte[] hash = new byte[HASH_BYTES];
    digest.doFinal(hash, 0);
    return hash;
  }

  private void flush() {
    digest.update(buffer, 0, used);
    used = 0;
    flushed = true;
  }
}
