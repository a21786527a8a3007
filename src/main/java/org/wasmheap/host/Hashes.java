package org.wasmheap.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import net.jpountz.xxhash.StreamingXXHash64;
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
  private static final XXHashFactory XX_HASHES = XXHashFactory.safeInstance();

  private static final XXHash64 XX_HASH = XX_HASHES.hash64();

  private Hashes() {}

  static byte[] blake2(int bits, GuestBytes data) {
    return digest(new Blake2bDigest(bits), data);
  }

  static byte[] keccak(int bits, GuestBytes data) {
    return digest(new KeccakDigest(bits), data);
  }

  static byte[] sha2(GuestBytes data) {
    return digest(new SHA256Digest(), data);
  }

  private static byte[] digest(Digest digest, GuestBytes data) {
    data.feed(digest::update);
    byte[] result = new byte[digest.getDigestSize()];
    digest.doFinal(result, 0);
    return result;
  }

  /** As many 64-bit hashes as {@code words}, seeded with 0 and up, little-endian in a row. */
  static byte[] twox(int words, GuestBytes data) {
    ByteBuffer result = ByteBuffer.allocate(words * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (data.isOnePiece()) {
      byte[] all = data.onePiece();
      for (int seed = 0; seed < words; seed++) {
        result.putLong(XX_HASH.hash(all, 0, all.length, seed));
      }
      return result.array();
    }
    // Each piece into all of them, so that the memory is read once.
    StreamingXXHash64[] streams = new StreamingXXHash64[words];
    Arrays.setAll(streams, XX_HASHES::newStreamingHash64);
    data.feed(
        (bytes, offset, length) -> {
          for (StreamingXXHash64 stream : streams) {
            stream.update(bytes, offset, length);
          }
        });
    for (StreamingXXHash64 stream : streams) {
      result.putLong(stream.getValue());
    }
    return result.array();
  }
}
