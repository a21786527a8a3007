package org.wasmheap.observe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.allocator.HeapAudit.Block;
import org.wasmheap.allocator.HeapAudit.OrderCount;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.heap.PoisonReport.Growth;
import org.wasmheap.heap.PoisonReport.Operation;

/**
 * What lies where in a heap, between heap base and bumper. Immutable.
 *
 * <p>{@link HeapTable} and {@link HeapPicture} show it to people.
 *
 * <p>A heap of this allocator never merges or splits blocks: a request is served from the free
 * blocks of its own order or from the bumper, never from free blocks of another. {@link
 * #unusableBytes} says how much of the heap that is.
 *
 * @param heapBase where the heap begins, u32
 * @param bumper where it ends
 * @param memoryBytes logical size of the memory
 * @param orders the blocks of each order, from 0 up
 * @param unknownBytes bytes of which no header says what they are
 * @param pieces blocks and unknown bytes in address order, none reaching into the next
 * @param growths growths of the memory that are known of, the oldest first
 * @param badHeader u32, the header at which the heap was poisoned, if it was and one is known
 */
public record HeapMap(
    long heapBase,
    long bumper,
    long memoryBytes,
    List<Order> orders,
    long unknownBytes,
    List<Piece> pieces,
    List<Growth> growths,
    OptionalLong badHeader) {
  private static final int HEADER_BYTES = FreeingBumpAllocator.HEADER_BYTES;

  /** What is not known of a size that a guest asked for. */
  private static final long NOT_KNOWN = -1;

  /**
   * The blocks of one order.
   *
   * @param order the order, from 0
   * @param live blocks that the guest holds
   * @param free blocks on the free list
   * @param blockBytes bytes that one block takes, header included
   * @param askedBytes what the guest asked for when it got the live ones; empty where that is not
   *     known of each
   */
  public record Order(int order, long live, long free, long blockBytes, OptionalLong askedBytes) {
    /**
     * What the live blocks take.
     *
     * @return bytes, headers included
     */
    public long takenBytes() {
      return live * blockBytes;
    }

    /**
     * What the free blocks take.
     *
     * @return bytes, headers included
     */
    public long freeBytes() {
      return free * blockBytes;
    }

    /**
     * What is lost inside the live blocks.
     *
     * @return bytes that were not asked for, headers left aside
     */
    public OptionalLong wasteBytes() {
      return askedBytes.isEmpty()
          ? OptionalLong.empty()
          : OptionalLong.of(takenBytes() - live * HEADER_BYTES - askedBytes.getAsLong());
    }
  }

  /**
   * A piece of the heap.
   *
   * @param address u32 of its first byte: the header, if it is a block
   * @param bytes its length, header included
   * @param order the block's order, -1 if it is none
   * @param use what it is
   * @param askedBytes what the guest asked for, if it is a live block and that is known
   */
  public record Piece(long address, long bytes, int order, Use use, OptionalLong askedBytes) {
    long end() {
      return address + bytes;
    }
  }

  /**
   * The map of a heap.
   *
   * @param audit the heap
   * @param asked gives the bytes that the guest asked for when it got a pointer; negative for a
   *     pointer that it does not know
   * @param growths growths of the memory that are known of, the oldest first
   * @return the map
   */
  public static HeapMap of(HeapAudit audit, LongUnaryOperator asked, List<Growth> growths) {
    return of(audit, asked, growths, OptionalLong.empty());
  }

  private static HeapMap of(
      HeapAudit audit, LongUnaryOperator asked, List<Growth> growths, OptionalLong badHeader) {
    List<Piece> pieces = pieces(audit, asked);
    boolean whole = audit.blockCount() == audit.blocks().size();
    List<Order> orders = new ArrayList<>();
    for (OrderCount count : audit.orders()) {
      orders.add(
          new Order(
              count.order(),
              count.live(),
              count.free(),
              count.blockBytes(),
              whole ? askedOf(count, pieces) : OptionalLong.empty()));
    }
    return new HeapMap(
        audit.heapBase(),
        audit.bumper(),
        audit.memorySize(),
        List.copyOf(orders),
        audit.unknownBytes(),
        pieces,
        List.copyOf(growths),
        badHeader);
  }

  /**
   * The map of a heap that was poisoned.
   *
   * @param report the report
   * @return the map; empty if the memory could not be read when the report was taken
   */
  public static Optional<HeapMap> of(PoisonReport report) {
    HeapAudit audit = report.audit();
    if (audit == null) {
      return Optional.empty();
    }
    long header = report.badHeader();
    return Optional.of(
        of(
            audit,
            pointer -> lastAsked(report, pointer),
            report.growths(),
            header < 0 ? OptionalLong.empty() : OptionalLong.of(header)));
  }

  /** What the last operations tell of a pointer. */
  private static long lastAsked(PoisonReport report, long pointer) {
    long asked = NOT_KNOWN;
    for (Operation operation : report.lastOperations()) {
      if (operation.pointer() == pointer) {
        asked = operation.operand();
      }
    }
    return asked;
  }

  /** In address order, cut where a damaged heap has them overlap or leave it. */
  private static List<Piece> pieces(HeapAudit audit, LongUnaryOperator asked) {
    List<Block> blocks = new ArrayList<>(audit.blocks());
    blocks.sort(Comparator.comparingLong(Block::address));
    List<Piece> pieces = new ArrayList<>(blocks.size());
    long reached = audit.heapBase();
    for (Block block : blocks) {
      long from = Math.max(reached, block.address());
      long to = Math.min(audit.bumper(), block.address() + block.bytes());
      if (from < to) {
        boolean live = block.use() == Use.LIVE;
        long size = live ? asked.applyAsLong(block.address() + HEADER_BYTES) : NOT_KNOWN;
        boolean fits = size >= 0 && size <= block.bytes() - HEADER_BYTES;
        OptionalLong known = fits ? OptionalLong.of(size) : OptionalLong.empty();
        pieces.add(new Piece(from, to - from, block.order(), block.use(), known));
        reached = to;
      }
    }
    return List.copyOf(pieces);
  }

  private static OptionalLong askedOf(OrderCount count, List<Piece> pieces) {
    long sum = 0;
    long known = 0;
    for (Piece piece : pieces) {
      if (piece.order() == count.order() && piece.askedBytes().isPresent()) {
        sum += piece.askedBytes().getAsLong();
        known++;
      }
    }
    return known == count.live() ? OptionalLong.of(sum) : OptionalLong.empty();
  }

  /**
   * From heap base to bumper.
   *
   * @return bytes
   */
  public long spanBytes() {
    return bumper - heapBase;
  }

  /**
   * What live blocks take.
   *
   * @return bytes, headers included
   */
  public long takenBytes() {
    return orders.stream().mapToLong(Order::takenBytes).sum();
  }

  /**
   * What free blocks take.
   *
   * @return bytes, headers included
   */
  public long freeBytes() {
    return orders.stream().mapToLong(Order::freeBytes).sum();
  }

  /**
   * What the guest asked for when it got the live blocks.
   *
   * @return bytes; empty where that is not known of each
   */
  public OptionalLong askedBytes() {
    return orders.stream().allMatch(order -> order.askedBytes().isPresent())
        ? OptionalLong.of(orders.stream().mapToLong(o -> o.askedBytes().getAsLong()).sum())
        : OptionalLong.empty();
  }

  /**
   * What is lost inside live blocks.
   *
   * @return bytes that were not asked for, headers left aside; empty where that is not known of
   *     each
   */
  public OptionalLong wasteBytes() {
    OptionalLong asked = askedBytes();
    long headers = HEADER_BYTES * orders.stream().mapToLong(Order::live).sum();
    return asked.isEmpty() ? asked : OptionalLong.of(takenBytes() - headers - asked.getAsLong());
  }

  /**
   * What is free and cannot serve a request of an order: the free blocks of all others.
   *
   * @param order the order of the request
   * @return bytes, headers included
   */
  public long unusableBytes(int order) {
    return freeBytes() - orders.get(order).freeBytes();
  }

  /**
   * What is free and cannot serve a request of an order, as a share of the heap.
   *
   * @param order the order of the request
   * @return 0 to 1; 0 for an empty heap
   */
  public double unusableShare(int order) {
    return spanBytes() == 0 ? 0 : (double) unusableBytes(order) / spanBytes();
  }

  /** The highest order of which there are blocks; 0 if there are none. */
  int highestOrder() {
    return orders.stream()
        .filter(order -> order.live() + order.free() > 0)
        .mapToInt(Order::order)
        .max()
        .orElse(0);
  }

  /** In a line: the map itself may hold very many pieces. */
  @Override
  public String toString() {
    return "HeapMap[" + heapBase + " to " + bumper + ", " + pieces.size() + " pieces]";
  }
}
