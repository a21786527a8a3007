package org.wasmheap.state;

/**
 * A call holds more changes than its overlay may. The host's shortage: another node may have room
 * for more, so nothing follows about the guest.
 *
 * <p>Thrown by what writes, and by what reads a value that was appended to. A write of one key has
 * then not been done; a removal of many may have been done in part.
 */
public final class OverlayFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OverlayFullException(String message) {
    super(message);
  }
}
