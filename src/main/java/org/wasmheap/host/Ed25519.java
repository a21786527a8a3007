package org.wasmheap.host;

import cafe.cryptography.curve25519.CompressedEdwardsY;
import cafe.cryptography.curve25519.EdwardsPoint;
import cafe.cryptography.curve25519.InvalidEncodingException;
import cafe.cryptography.curve25519.Scalar;
import java.util.Arrays;
import org.bouncycastle.crypto.digests.SHA512Digest;

/**
 * Verifies ed25519 signatures by the rules of ZIP 215, as today's nodes do.
 *
 * <p>The rules: s is below the order of the group; key and R are points, be their encodings
 * canonical or not; and eight times R is eight times what s and key give. Nodes of old, which used
 * dalek, compared R itself, byte by byte. That differs only where key or R have a part of small
 * order or an encoding that is not canonical, as nobody's have who follows RFC 8032. Bouncy
 * Castle's own verification, which refuses some of these too, takes a message only whole, in an
 * array.
 *
 * <p>Source: ZIP 215; {@code ed25519} in {@code sp_core} of the Polkadot SDK.
 */
final class Ed25519 {
  private Ed25519() {}

  static boolean verify(byte[] signature, GuestBytes message, byte[] key) {
    byte[] encodedR = Arrays.copyOf(signature, 32);
    byte[] number = Arrays.copyOfRange(signature, 32, 64);
    Scalar s = Scalar.fromBytesModOrder(number);
    if (!Arrays.equals(s.toByteArray(), number)) {
      return false;
    }
    try {
      EdwardsPoint r = new CompressedEdwardsY(encodedR).decompress();
      EdwardsPoint negated = new CompressedEdwardsY(key).decompress().negate();
      Scalar k = challenge(encodedR, key, message);
      return EdwardsPoint.vartimeDoubleScalarMultiplyBasepoint(k, negated, s)
          .subtract(r)
          .isSmallOrder();
    } catch (InvalidEncodingException e) {
      return false;
    }
  }

  private static Scalar challenge(byte[] encodedR, byte[] key, GuestBytes message) {
    SHA512Digest digest = new SHA512Digest();
    digest.update(encodedR, 0, encodedR.length);
    digest.update(key, 0, key.length);
    message.feed(digest::update);
    byte[] hash = new byte[digest.getDigestSize()];
    digest.doFinal(hash, 0);
    return Scalar.fromBytesModOrderWide(hash);
  }
}
