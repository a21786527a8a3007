package org.wasmheap.endive;

import com.google.common.primitives.ImmutableIntArray;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A module as it is kept between loads: its classes, and what of the module itself an instance
 * still needs. Immutable, as nobody writes to the arrays.
 *
 * @param skeleton the module without the code that was compiled, valid
 * @param classes its classes by name
 * @param functions how many of its own it has
 * @param interpreted how many of these the interpreter runs
 * @param huge how many of the others HotSpot does not compile
 * @param droppable segments that its code drops
 */
record CompiledModule(
    ClassBytes skeleton,
    SortedMap<String, ClassBytes> classes,
    int functions,
    int interpreted,
    int huge,
    DroppableSegments droppable) {
  /** Raised whenever what follows it, or what it says, changes. */
  private static final int FORMAT = 2;

  /** As much as a module may have. */
  private static final int MOST_BYTES = 128 << 20;

  CompiledModule(ClassBytes skeleton, int functions, CompiledPart code) {
    this(
        skeleton,
        code.classes(),
        functions,
        code.interpreted().size(),
        code.huge(),
        code.droppable());
  }

  CodeCounts figures(boolean fromStore) {
    long classBytes = classes.values().stream().mapToLong(ClassBytes::length).sum();
    return new CodeCounts(functions, interpreted, huge, fromStore, classBytes);
  }

  /**
   * What a store keeps; skeleton and classes must be deflated.
   *
   * @param origin what made them: another one's are not decoded
   */
  byte[] encode(String origin) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(FORMAT);
      out.writeUTF(origin);
      out.writeInt(functions);
      out.writeInt(interpreted);
      out.writeInt(huge);
      writeNumbers(out, droppable.data());
      writeNumbers(out, droppable.elements());
      write(out, skeleton);
      out.writeInt(classes.size());
      for (Map.Entry<String, ClassBytes> each : classes.entrySet()) {
        out.writeUTF(each.getKey());
        write(out, each.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("nothing is written to", e);
    }
    return bytes.toByteArray();
  }

  private static void writeNumbers(DataOutputStream out, ImmutableIntArray numbers)
      throws IOException {
    out.writeInt(numbers.length());
    for (int i = 0; i < numbers.length(); i++) {
      out.writeInt(numbers.get(i));
    }
  }

  private static void write(DataOutputStream out, ClassBytes bytes) throws IOException {
    out.writeInt(bytes.length());
    out.writeInt(bytes.stored().length);
    out.write(bytes.stored());
  }

  /**
   * What a store gave back. That the bytes are those that were kept, the store answers for; here
   * only no length is believed.
   *
   * @param origin what must have made them
   * @return {@code null} if something else did, they are of another format, or do not end where
   *     they should
   */
  static @Nullable CompiledModule decode(byte[] kept, String origin) {
    try {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(kept));
      if (in.readInt() != FORMAT || !in.readUTF().equals(origin)) {
        return null;
      }
      int functions = in.readInt();
      int interpreted = in.readInt();
      int huge = in.readInt();
      DroppableSegments droppable = new DroppableSegments(numbers(in), numbers(in));
      ClassBytes skeleton = bytes(in);
      SortedMap<String, ClassBytes> classes = new TreeMap<>();
      for (int count = in.readInt(); count > 0; count--) {
        classes.put(in.readUTF(), bytes(in));
      }
      return in.read() >= 0
          ? null
          : new CompiledModule(
              skeleton,
              Collections.unmodifiableSortedMap(classes),
              functions,
              interpreted,
              huge,
              droppable);
    } catch (IOException | IllegalStateException e) {
      return null;
    }
  }

  private static ImmutableIntArray numbers(DataInputStream in) throws IOException {
    int count = requireLeft(in, in.readInt());
    ImmutableIntArray.Builder numbers = ImmutableIntArray.builder();
    for (int i = 0; i < count; i++) {
      numbers.add(in.readInt());
    }
    return numbers.build();
  }

  private static ClassBytes bytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > MOST_BYTES) {
      throw new IOException("a length of " + length);
    }
    byte[] stored = new byte[requireLeft(in, in.readInt())];
    in.readFully(stored);
    return ClassBytes.ofStored(length, stored);
  }

  /** A count of things of a byte or more. */
  private static int requireLeft(DataInputStream in, int count) throws IOException {
    if (count < 0 || count > in.available()) {
      throw new IOException("a count of " + count);
    }
    return count;
  }
}
