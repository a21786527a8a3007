package org.wasmheap.testkit;

import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;

/**
 * A kind of guest on which everything can be played that guests do, well and badly. What an
 * executor's callers observe must be the same on every stage.
 *
 * @param <G> what a call sees of its guest
 */
public interface Stage<G> {
  /** Makes pristine guests. */
  GuestFactory<G> factory();

  HeapHandle heap(G guest);

  /** Looks at what a call may find changed by earlier ones, and then changes it. */
  String probe(G guest) throws Exception;

  /** What {@link #probe} gives on a pristine instance, and on no other. */
  String pristine();

  /** Does work inside a host function that the guest calls. */
  void inHost(G guest, HostWork work) throws Exception;

  /** Frees what is no block. */
  void freeWild(G guest) throws Exception;

  /** Breaks a header, and makes the allocator meet it. */
  void forgeHeader(G guest) throws Exception;

  /** Reads outside memory. */
  void trap(G guest) throws Exception;

  /** Gives a result that lies outside memory. */
  void resultOutside(G guest) throws Exception;

  /** Calls itself until the stack is full. */
  void overflow(G guest) throws Exception;

  /** Never returns, unless it is interrupted. */
  void loop(G guest) throws Exception;

  /** The guest's own {@code memory.grow}, by a page. */
  void grow(G guest) throws Exception;

  /** Takes blocks until the memory must grow. */
  void allocateMuch(G guest) throws Exception;

  /** What a host function does. */
  @FunctionalInterface
  interface HostWork {
    void run() throws Exception;
  }
}
