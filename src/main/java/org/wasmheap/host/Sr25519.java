package org.wasmheap.host;

import cafe.cryptography.curve25519.CompressedRistretto;
import cafe.cryptography.curve25519.Constants;
import cafe.cryptography.curve25519.InvalidEncodingException;
import cafe.cryptography.curve25519.RistrettoElement;
import cafe.cryptography.curve25519.Scalar;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Verifies Schnorr signatures over Ristretto under the context {@code substrate}, as schnorrkel
 * does.
 *
 * <p>A signature is an encoded element R, and a number s below the order of the group. It is right
 * if R is s times the generator less k times the key, where k is a challenge over message, key and
 * R. An encoding that is not the canonical one of an element is refused, as a key and as R. The
 * neutral element, 32 zeros, is a key like any other: whoever knows no secret can sign for it.
 *
 * <p>Source: {@code sr25519} in {@code sp_core} of the Polkadot SDK, and schnorrkel's {@code
 * sign.rs}.
 */
final class Sr25519 {
  private static final String CONTEXT = "substrate";

  /** In the last byte: tells such a signature from one of ed25519. */
  private static final int MARK = 0x80;

  private static final int CHALLENGE_BYTES = 64;

  private Sr25519() {}

  /** Whether a signature is right; one without the mark in its last byte is not. */
  static boolean verify(byte[] signature, GuestBytes message, byte[] key) {
    return isMarked(signature) && isRight(signature, key, () -> challenge(signature, message, key));
  }

  private static byte[] challenge(byte[] signature, GuestBytes message, byte[] key) {
    MerlinTranscript transcript = new MerlinTranscript("SigningContext");
    transcript.append("", CONTEXT);
    transcript.append("sign-bytes", message);
    transcript.append("proto-name", "Schnorr-sig");
    transcript.append("sign:pk", key);
    transcript.append("sign:R", element(signature));
    return transcript.challenge("sign:c", CHALLENGE_BYTES);
  }

  /**
   * Whether a signature is right, be it of today's or of schnorrkel 0.1.1, from before its audit:
   * those have no mark, and the transcript has other labels.
   */
  static boolean verifyAlsoPreAudit(byte[] signature, GuestBytes message, byte[] key) {
    return isMarked(signature)
        ? verify(signature, message, key)
        : isRight(signature, key, () -> preAuditChallenge(signature, message, key));
  }

  private static byte[] preAuditChallenge(byte[] signature, GuestBytes message, byte[] key) {
    MerlinTranscript transcript = new MerlinTranscript(CONTEXT);
    transcript.append("sign-bytes", message);
    transcript.append("proto-name", "Schnorr-sig");
    transcript.append("pk", key);
    transcript.append("no", element(signature));
    return transcript.challenge("", CHALLENGE_BYTES);
  }

  private static boolean isMarked(byte[] signature) {
    return (signature[63] & MARK) != 0;
  }

  private static byte[] element(byte[] signature) {
    return Arrays.copyOf(signature, 32);
  }

  /**
   * Asks for the challenge last, as the message that it is made from may be long: what is wrong
   * with any message is refused before.
   */
  private static boolean isRight(byte[] signature, byte[] key, Supplier<byte[]> challenge) {
    byte[] number = Arrays.copyOfRange(signature, 32, 64);
    number[31] = (byte) (number[31] & ~MARK);
    Scalar s = Scalar.fromBytesModOrder(number);
    if (!Arrays.equals(s.toByteArray(), number)) {
      return false;
    }
    try {
      RistrettoElement negated = new CompressedRistretto(key).decompress().negate();
      Scalar k = Scalar.fromBytesModOrderWide(challenge.get());
      RistrettoElement r = Constants.RISTRETTO_GENERATOR_TABLE.multiply(s).add(negated.multiply(k));
      // Compared as bytes, so that R in no other encoding passes.
      return Arrays.equals(r.compress().toByteArray(), element(signature));
    } catch (InvalidEncodingException e) {
      return false;
    }
  }
}
