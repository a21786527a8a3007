package org.wasmheap.runtime;

import org.bouncycastle.crypto.digests.Blake2bDigest;

/** BLAKE2b without a key, the hash of Substrate's code hashes and of its names of interfaces. */
final class Blake2b {
  private Blake2b() {}

  /**
   * Hashes bytes.
   *
   * @param bits length of the hash, 8 to 512, a multiple of 8
   * @param bytes what to hash
   * @return the hash, {@code bits / 8} bytes
   */
  static byte[] hash(int bits, byte[] bytes) {
    Blake2bDigest digest = new Blake2bDigest(bits);
    digest.update(bytes, 0, bytes.length);
    byte[] hash = new byte[digest.getDigestSize()];
    digest.doFinal(hash, 0);
    return hash;
  }
}
