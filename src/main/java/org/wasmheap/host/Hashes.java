package org.wasmheap.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.bouncycastle.crypto.digests.KeccakDigest;
import org.bouncycastle.crypto.digests.SHA256Digest;

/**
 * The hashes of the host API. All that names Bouncy Castle and lz4-java is here, so that {@link
 * SubstrateHostFunctions} can look for them before the JVM does.
 */
final class Hashes {
  /** Pure Java without {@code Unsafe}; its one method takes all it needs as arguments. */
  private static final XXHash64 XX_HASH = XXHashFactory.safeInstance().hash64();

  private Hashes() {}

  static byte[] blake2(int bits, byte[] data) {
    return digest(new Blake2bDigest(bits), data);
  }

  static byte[] keccak(int bits, byte[] data) {
    return digest(new KeccakDigest(bits), data);
  }

  static byte[] sha2(byte[] data) {
    return digest(new SHA256Digest(), data);
  }

  private static byte[] digest(Digest digest, byte[] data) {
    digest.update(data, 0, data.length);
    byte[] result = new byte[digest.getDigestSize()];
    digest.doFinal(result, 0);
    return result;
  }

  /** As many 64-bit hashes as {@code words}, seeded with 0 and up, little-endian in a row. */
  static byte[] twox(int words, byte[] data) {
    ByteBuffer result = ByteBuffer.allocate(words * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int seed = 0; seed < words; seed++) {
      result.putLong(XX_HASH.hash(data, 0, data.length, seed));
    }
    return result.array();
  }
}
