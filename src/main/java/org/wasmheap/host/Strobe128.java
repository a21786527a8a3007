package org.wasmheap.host;

import org.bouncycastle.crypto.digests.KeccakDigest;

/**
 * STROBE at 128 bits of security over Keccak-f[1600], as far as a {@link MerlinTranscript} needs
 * it: associated data, of the protocol and of the user, goes in; pseudo-random bytes come out.
 *
 * <p>An operation is begun and then fed in as many pieces as its bytes come in: how they are cut
 * makes no difference.
 *
 * <p>For one thread. Source: the STROBE specification, version 1.0.2.
 */
final class Strobe128 {
  /** Bytes of the state that data goes through: Keccak's rate of 168 without two for framing. */
  private static final int RATE = 166;

  /** The state of a new one before its first permutation: the rate, and the version's name. */
  private static final byte[] START = {
    1,
    (byte) (RATE + 2),
    1,
    0,
    1,
    12 * 8,
    'S',
    'T',
    'R',
    'O',
    'B',
    'E',
    'v',
    '1',
    '.',
    '0',
    '.',
    '2'
  };

  // Flags of an operation. Inbound and of the application together: bytes come out to the user.
  private static final int INBOUND = 1;
  private static final int APPLICATION = 1 << 1;
  private static final int CIPHER = 1 << 2;
  private static final int META = 1 << 4;

  private final Keccak state = new Keccak();

  /** Where the next byte goes, below the rate. */
  private int position;

  /** One more than where the operation at hand began in this block; 0 if that was in another. */
  private int begin;

  /**
   * A new one for a protocol.
   *
   * @param protocol its name
   */
  Strobe128(byte[] protocol) {
    for (int i = 0; i < START.length; i++) {
      state.xor(i, START[i]);
    }
    state.permute();
    beginMeta();
    absorb(protocol, 0, protocol.length);
  }

  /** Begins to take data that frames the protocol's messages ({@code meta-AD}). */
  void beginMeta() {
    begin(META | APPLICATION);
  }

  /** Begins to take data of a message ({@code AD}). */
  void beginData() {
    begin(APPLICATION);
  }

  /** Takes bytes of the operation at hand. */
  void absorb(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      absorb(bytes[i]);
    }
  }

  /** Gives bytes that depend on all that went in ({@code PRF}). */
  byte[] squeeze(int length) {
    begin(INBOUND | APPLICATION | CIPHER);
    byte[] result = new byte[length];
    for (int i = 0; i < length; i++) {
      result[i] = state.take(position);
      advance();
    }
    return result;
  }

  private void begin(int flags) {
    int former = begin;
    begin = position + 1;
    absorb((byte) former);
    absorb((byte) flags);
    if ((flags & CIPHER) != 0 && position != 0) {
      endBlock();
    }
  }

  private void absorb(byte value) {
    state.xor(position, value);
    advance();
  }

  private void advance() {
    position++;
    if (position == RATE) {
      endBlock();
    }
  }

  private void endBlock() {
    state.xor(position, begin);
    state.xor(position + 1, 0x04);
    state.xor(RATE + 1, 0x80);
    state.permute();
    position = 0;
    begin = 0;
  }

  /**
   * The state of Keccak-f[1600] byte by byte, and its permutation, which Bouncy Castle has inside
   * of a digest only: a digest that takes a whole block puts it over the state and permutes that,
   * and a block of zeros changes nothing before.
   */
  private static final class Keccak extends KeccakDigest {
    private static final byte[] ZEROS = new byte[136];

    Keccak() {
      super(256);
    }

    void xor(int index, int value) {
      state[index >>> 3] ^= (value & 0xFFL) << ((index & 7) << 3);
    }

    /** Gives a byte, and leaves zero. */
    byte take(int index) {
      byte value = (byte) (state[index >>> 3] >>> ((index & 7) << 3));
      xor(index, value);
      return value;
    }

    void permute() {
      absorb(ZEROS, 0, ZEROS.length);
    }
  }
}
