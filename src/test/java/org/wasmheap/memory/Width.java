package org.wasmheap.memory;

/** The widths of loads and stores; values are unsigned and in the low bytes of a {@code long}. */
enum Width {
  BYTE(Byte.BYTES),
  SHORT(Short.BYTES),
  INT(Integer.BYTES),
  LONG(Long.BYTES);

  /** A value of which every byte is another, and none is zero. */
  private static final long PATTERN = 0x8877_6655_4433_2211L;

  private final int bytes;

  Width(int bytes) {
    this.bytes = bytes;
  }

  int bytes() {
    return bytes;
  }

  /** As many low bytes of the pattern as fit. */
  long pattern() {
    return cut(PATTERN);
  }

  long cut(long value) {
    return this == LONG ? value : value & ((1L << (bytes * Byte.SIZE)) - 1);
  }

  long load(FlatMemory memory, int address) {
    return switch (this) {
      case BYTE -> Byte.toUnsignedLong(memory.readByte(address));
      case SHORT -> Short.toUnsignedLong(memory.readShort(address));
      case INT -> Integer.toUnsignedLong(memory.readInt(address));
      case LONG -> memory.readLong(address);
    };
  }

  void store(FlatMemory memory, int address, long value) {
    switch (this) {
      case BYTE -> memory.writeByte(address, (byte) value);
      case SHORT -> memory.writeShort(address, (short) value);
      case INT -> memory.writeInt(address, (int) value);
      default -> memory.writeLong(address, value);
    }
  }

  /** What {@link #store} must do, in an array. */
  void storeInto(byte[] model, int address, long value) {
    for (int i = 0; i < bytes; i++) {
      model[address + i] = (byte) (value >>> (i * Byte.SIZE));
    }
  }
}
