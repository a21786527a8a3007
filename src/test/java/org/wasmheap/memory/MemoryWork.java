package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.memory.Memories.PAGE;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Simpler;

/** Operations on a memory and, in the same way, on an array, which then must hold the same. */
final class MemoryWork {
  enum Kind {
    STORE,
    LOAD,
    WRITE,
    FILL,
    COPY,
    GROW,
    MISS,
    TRIM
  }

  private static final Kind[] KINDS = Kind.values();
  private static final Width[] WIDTHS = Width.values();

  /**
   * A place that fits any memory: right at a border of blocks, or somewhere.
   *
   * @param number of the border or of the byte, counted round and round
   * @param before so many bytes before the border at most
   */
  record Place(boolean atBorder, int number, int before) {
    static final Place START = new Place(false, 0, 0);

    static Place draw(Draws draws) {
      return draws.coin()
          ? new Place(true, draws.between(0, 400), draws.number(0, 1 << 18))
          : new Place(false, draws.between(0, 1 << 20), 0);
    }

    /** Where {@code length} bytes fit into a memory of {@code size}. */
    int address(int length, int size) {
      int last = size - length;
      int address =
          atBorder
              ? number % (size / BLOCK + 1) * BLOCK - before % (length + 2)
              : number % (last + 1);
      return Math.max(0, Math.min(last, address));
    }

    Stream<Place> simpler() {
      return Stream.concat(
          Simpler.numbers(number).map(lower -> new Place(atBorder, lower, before)),
          Simpler.numbers(before).map(lower -> new Place(atBorder, number, lower)));
    }
  }

  /** One operation; each kind looks at what it needs. */
  record Operation(Kind kind, Width width, int length, Place to, Place from, long value) {
    static Operation draw(Draws draws) {
      return new Operation(
          KINDS[draws.weighted(4, 2, 1, 1, 1, 1, 1, 1)],
          draws.oneOf(WIDTHS),
          length(draws),
          Place.draw(draws),
          Place.draw(draws),
          value(draws));
    }

    /** Mostly short, sometimes pages. */
    private static int length(Draws draws) {
      return switch (draws.weighted(12, 3, 1)) {
        case 0 -> draws.between(0, 63);
        case 1 -> draws.between(0, 2 * PAGE - 1);
        default -> draws.number(0, 2 * PAGE - 1);
      };
    }

    /** Often zero: to fill with it takes another way. */
    private static long value(Draws draws) {
      return switch (draws.between(0, 2)) {
        case 0 -> 0;
        case 1 -> draws.between(0, 3);
        default -> draws.word();
      };
    }

    /** First with nothing but its kind: most that a long list holds matters no more than that. */
    Stream<Operation> simpler() {
      Stream<Operation> plain =
          Stream.of(new Operation(kind, width, 0, Place.START, Place.START, 0))
              .filter(operation -> !operation.equals(this));
      Stream<Operation> shorter =
          Simpler.numbers(length).map(less -> new Operation(kind, width, less, to, from, value));
      Stream<Operation> lower =
          to.simpler().map(place -> new Operation(kind, width, length, place, from, value));
      Stream<Operation> nearer =
          from.simpler().map(place -> new Operation(kind, width, length, to, place, value));
      Stream<Operation> plainer =
          Simpler.numbers(value).map(less -> new Operation(kind, width, length, to, from, less));
      return Stream.of(plain, shorter, lower, nearer, plainer).flatMap(each -> each);
    }
  }

  private final FlatMemory memory;
  private byte[] model;

  /** Work on a memory whose content is {@code pristine}. */
  MemoryWork(FlatMemory memory, byte[] pristine) {
    this.memory = memory;
    this.model = pristine.clone();
  }

  byte[] model() {
    return model;
  }

  MemoryWork run(Iterable<Operation> operations) {
    operations.forEach(this::run);
    return this;
  }

  private void run(Operation operation) {
    switch (operation.kind()) {
      case STORE -> store(operation);
      case LOAD -> load(operation);
      case WRITE -> write(operation);
      case FILL -> fill(operation);
      case COPY -> copy(operation);
      case GROW -> grow((int) (operation.value() & 3));
      case MISS -> miss(operation);
      default -> memory.trim();
    }
  }

  private void store(Operation operation) {
    Width width = operation.width();
    int address = operation.to().address(width.bytes(), model.length);
    long value = width.cut(operation.value());
    width.store(memory, address, value);
    width.storeInto(model, address, value);
  }

  private void load(Operation operation) {
    Width width = operation.width();
    int address = operation.from().address(width.bytes(), model.length);
    byte[] loaded = new byte[width.bytes()];
    width.storeInto(loaded, 0, width.load(memory, address));
    assertArrayEquals(Arrays.copyOfRange(model, address, address + width.bytes()), loaded);
  }

  private void write(Operation operation) {
    byte[] source = new byte[operation.length()];
    new Random(operation.value()).nextBytes(source);
    int address = operation.to().address(source.length, model.length);
    memory.write(address, source, 0, source.length);
    System.arraycopy(source, 0, model, address, source.length);
  }

  private void fill(Operation operation) {
    int length = operation.length();
    int address = operation.to().address(length, model.length);
    byte value = (byte) operation.value();
    memory.fill(address, value, length);
    Arrays.fill(model, address, address + length, value);
  }

  private void copy(Operation operation) {
    int length = operation.length();
    int source = operation.from().address(length, model.length);
    int destination = operation.to().address(length, model.length);
    memory.copy(destination, source, length);
    System.arraycopy(model, source, model, destination, length);
  }

  private void grow(int delta) {
    boolean fits = memory.pages() + delta <= memory.maximumPages();
    assertEquals(fits, memory.grow(delta));
    model = fits ? Arrays.copyOf(model, model.length + delta * PAGE) : model;
  }

  private void miss(Operation operation) {
    Width width = operation.width();
    int beyond = model.length - width.bytes() + 1 + operation.to().number() % width.bytes();
    assertThrows(MemoryAccessException.class, () -> width.store(memory, beyond, operation.value()));
    assertThrows(MemoryAccessException.class, () -> width.load(memory, beyond));
    byte value = (byte) operation.value();
    assertThrows(MemoryAccessException.class, () -> memory.fill(beyond, value, width.bytes()));
    assertThrows(MemoryAccessException.class, () -> memory.copy(beyond, 0, width.bytes()));
    assertThrows(MemoryAccessException.class, () -> memory.copy(0, beyond, width.bytes()));
  }
}
