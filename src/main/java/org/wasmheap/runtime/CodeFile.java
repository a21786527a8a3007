package org.wasmheap.runtime;

import com.google.common.hash.Hashing;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;

/**
 * A file with compiled code: what begins it, the key in full, the code.
 *
 * <pre>
 *  8 bytes  "whp code", in ASCII
 *  4        number of the layout
 *  4        length of the key
 *  4        length of the code
 * 32        SHA-256 of the code
 *  n        the key
 *  m        the code, to the end of the file
 * </pre>
 *
 * <p>Numbers are big-endian. Each byte of a file is compared with what it must be, or hashed.
 *
 * <p>Files are opened as {@code java.io} does it: a channel of NIO is closed under a thread that is
 * interrupted, and a thread that loads may be.
 */
final class CodeFile {
  /** The layout of such files, also in their names. */
  static final int FORMAT = 1;

  /** More than any runtime compiles to: the largest known, of 9 MB, comes to some 12. */
  static final int MOST_CODE_BYTES = 256 << 20;

  private static final byte[] MARK = "whp code".getBytes(StandardCharsets.US_ASCII);
  private static final int HASH_BYTES = 32;
  private static final int FIXED_BYTES = MARK.length + 3 * Integer.BYTES + HASH_BYTES;

  private CodeFile() {}

  /** A file is not what its name says. The message says why, and quotes nothing of it. */
  static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedException(String why) {
      super(why);
    }
  }

  /** The length of a file, in bytes. */
  static long length(byte[] key, byte[] code) {
    return (long) FIXED_BYTES + key.length + code.length;
  }

  /**
   * Reads a file.
   *
   * @param key that it must have
   * @return the code
   * @throws NoSuchFileException if there is none
   * @throws DamagedException if there is something else, or only a part of it
   * @throws IOException if it cannot be read
   */
  static byte[] read(Path file, byte[] key) throws IOException {
    BasicFileAttributes attributes =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isRegularFile()) {
      throw new DamagedException("is a folder, a link or another special file");
    }
    try (RandomAccessFile in = open(file)) {
      return read(in, key);
    } catch (EOFException e) {
      throw new DamagedException("became shorter while it was read");
    }
  }

  private static RandomAccessFile open(Path file) throws IOException {
    try {
      return new RandomAccessFile(file.toFile(), "r");
    } catch (FileNotFoundException e) {
      // Whatever the reason is.
      if (Files.notExists(file)) {
        throw new NoSuchFileException(file.toString());
      }
      throw withReason(file, e);
    }
  }

  /** The message of the other is the path, and the reason in brackets. */
  private static FileSystemException withReason(Path file, FileNotFoundException e) {
    String message = String.valueOf(e.getMessage()).replace(file.toString(), "").strip();
    FileSystemException reason = new FileSystemException(file.toString(), null, message);
    reason.initCause(e);
    return reason;
  }

  private static byte[] read(RandomAccessFile in, byte[] key) throws IOException {
    long codeBytes = in.length() - FIXED_BYTES - key.length;
    if (codeBytes < 0) {
      throw new DamagedException("is too short");
    }
    if (codeBytes > MOST_CODE_BYTES) {
      throw new DamagedException("is too long");
    }
    byte[] fixed = new byte[FIXED_BYTES];
    in.readFully(fixed);
    ByteBuffer header = ByteBuffer.wrap(fixed);
    if (!Arrays.equals(taken(header, MARK.length), MARK) || header.getInt() != FORMAT) {
      throw new DamagedException("does not begin as compiled code does");
    }
    if (header.getInt() != key.length) {
      throw new DamagedException("has another key");
    }
    if (header.getInt() != codeBytes) {
      throw new DamagedException("has another length than it says");
    }
    byte[] found = new byte[key.length];
    in.readFully(found);
    if (!Arrays.equals(found, key)) {
      throw new DamagedException("has another key");
    }
    byte[] code = new byte[(int) codeBytes];
    in.readFully(code);
    if (!Arrays.equals(hash(code), taken(header, HASH_BYTES))) {
      throw new DamagedException("has another hash than it says");
    }
    return code;
  }

  private static byte[] taken(ByteBuffer header, int bytes) {
    byte[] taken = new byte[bytes];
    header.get(taken);
    return taken;
  }

  /**
   * Writes a file that exists already, empty, and has it on the disk when this returns.
   *
   * @param code at most {@link #MOST_CODE_BYTES}
   * @throws IOException if that fails; a part may have been written
   */
  static void write(Path file, byte[] key, byte[] code) throws IOException {
    write(file, key, code, () -> {});
  }

  /** As above, with something to do when half of the code is in the file. */
  static void write(Path file, byte[] key, byte[] code, Runnable atHalf) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(FIXED_BYTES + key.length);
    header.put(MARK).putInt(FORMAT).putInt(key.length).putInt(code.length).put(hash(code)).put(key);
    try (FileOutputStream out = new FileOutputStream(file.toFile())) {
      out.write(header.array());
      int half = code.length / 2;
      out.write(code, 0, half);
      atHalf.run();
      out.write(code, half, code.length - half);
      out.getFD().sync();
    } catch (FileNotFoundException e) {
      throw withReason(file, e);
    }
  }

  private static byte[] hash(byte[] code) {
    return Hashing.sha256().hashBytes(code).asBytes();
  }
}
