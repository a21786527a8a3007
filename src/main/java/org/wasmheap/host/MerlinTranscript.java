package org.wasmheap.host;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * The transcript of a proof: messages with labels go in, challenges that depend on all of them come
 * out.
 *
 * <p>For one thread. Source: Merlin 1.0 (merlin.cool), which is STROBE with the length of each
 * message in its frame.
 */
final class MerlinTranscript {
  private static final byte[] PROTOCOL = "Merlin v1.0".getBytes(US_ASCII);

  private final Strobe128 strobe = new Strobe128(PROTOCOL);

  /** A new one for a protocol. */
  MerlinTranscript(String protocol) {
    append("dom-sep", protocol);
  }

  void append(String label, String message) {
    append(label, message.getBytes(US_ASCII));
  }

  void append(String label, byte[] message) {
    frame(label, message.length);
    strobe.beginData();
    strobe.absorb(message, 0, message.length);
  }

  /** Reads the message piece by piece. */
  void append(String label, GuestBytes message) {
    frame(label, (int) message.size());
    strobe.beginData();
    message.feed(strobe::absorb);
  }

  byte[] challenge(String label, int length) {
    frame(label, length);
    return strobe.squeeze(length);
  }

  /** The label and, in the same operation, how many bytes follow: u32, little-endian. */
  private void frame(String label, int length) {
    byte[] name = label.getBytes(US_ASCII);
    byte[] size = {
      (byte) length, (byte) (length >>> 8), (byte) (length >>> 16), (byte) (length >>> 24)
    };
    strobe.beginMeta();
    strobe.absorb(name, 0, name.length);
    strobe.absorb(size, 0, size.length);
  }
}
