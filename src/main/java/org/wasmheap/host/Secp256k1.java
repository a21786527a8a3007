package org.wasmheap.host;

import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;
import org.jspecify.annotations.Nullable;

/**
 * Recovers the key that an ECDSA signature over secp256k1 was made with.
 *
 * <p>A signature is r, s, both big-endian, and an id of 0 to 3: its low bit says whether the y of
 * the point R is odd, the high one that the x of R is r plus the order, not r. An s above half of
 * the order is as good as one below. What there is no key for is told by the errors of the host
 * API.
 *
 * <p>Source: {@code sp_io::crypto} of the Polkadot SDK; libsecp256k1, and the crate of that name.
 */
final class Secp256k1 {
  /** What is done with an r or s that is not below the order. */
  enum Overflow {
    /** It is taken modulo the order, as in the first versions of host functions. */
    REDUCED,
    /** The signature is refused. */
    REFUSED
  }

  private static final X9ECParameters CURVE = CustomNamedCurves.getByName("secp256k1");
  private static final BigInteger ORDER = CURVE.getN();
  private static final BigInteger PRIME = CURVE.getCurve().getField().getCharacteristic();

  // What is wrong: r or s, the id, or all of them together.
  private static final int BAD_RS = 0;
  private static final int BAD_ID = 1;
  private static final int BAD_SIGNATURE = 2;

  private Secp256k1() {}

  /** Whether a point can have an id. */
  static boolean isId(int id) {
    return id >= 0 && id <= 3;
  }

  /**
   * Recovers a key.
   *
   * @param signature r and s in 64 bytes; what follows is not read
   * @param id which of the points with such an r it is: any number but 0 to 3 is an error
   * @param hash 32 bytes
   * @param overflow what to do with large numbers
   */
  static Recovery recover(byte[] signature, int id, byte[] hash, Overflow overflow) {
    if (!isId(id)) {
      return new Recovery(null, BAD_ID);
    }
    BigInteger r = new BigInteger(1, signature, 0, 32);
    BigInteger s = new BigInteger(1, signature, 32, 32);
    if (overflow == Overflow.REDUCED) {
      r = r.mod(ORDER);
      s = s.mod(ORDER);
    } else if (r.compareTo(ORDER) >= 0 || s.compareTo(ORDER) >= 0) {
      return new Recovery(null, BAD_RS);
    }
    if (r.signum() == 0 || s.signum() == 0) {
      return new Recovery(null, BAD_SIGNATURE);
    }
    BigInteger x = id >= 2 ? r.add(ORDER) : r;
    ECPoint point = point(x, (id & 1) != 0);
    if (point == null) {
      return new Recovery(null, BAD_SIGNATURE);
    }
    BigInteger inverse = BigIntegers.modOddInverseVar(ORDER, r);
    BigInteger ofGenerator = inverse.multiply(new BigInteger(1, hash)).negate().mod(ORDER);
    BigInteger ofPoint = inverse.multiply(s).mod(ORDER);
    ECPoint key = ECAlgorithms.sumOfTwoMultiplies(CURVE.getG(), ofGenerator, point, ofPoint);
    return key.isInfinity() ? new Recovery(null, BAD_SIGNATURE) : new Recovery(key, 0);
  }

  /** The point with an x, or {@code null} if the curve has none. */
  private static @Nullable ECPoint point(BigInteger x, boolean odd) {
    if (x.compareTo(PRIME) >= 0) {
      return null;
    }
    byte[] encoded = new byte[33];
    encoded[0] = (byte) (odd ? 3 : 2);
    BigIntegers.asUnsignedByteArray(x, encoded, 1, 32);
    try {
      return CURVE.getCurve().decodePoint(encoded);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /**
   * What came of it.
   *
   * @param key the key, or {@code null} if there is none
   * @param error what is wrong then
   */
  record Recovery(@Nullable ECPoint key, int error) {
    /** Whether the key is there, and is this one, in 33 bytes. */
    boolean is(byte[] compressed) {
      return key != null && Arrays.equals(key.getEncoded(true), compressed);
    }

    /** SCALE of a result: 0 and the key, in 33 bytes or 64, or 1 and the error. */
    byte[] encoded(boolean compressed) {
      if (key == null) {
        return new byte[] {1, (byte) error};
      }
      byte[] point = key.getEncoded(compressed);
      if (!compressed) {
        // Behind a byte that says which form it is, which becomes that of the result.
        point[0] = 0;
        return point;
      }
      byte[] result = new byte[1 + point.length];
      System.arraycopy(point, 0, result, 1, point.length);
      return result;
    }
  }
}
