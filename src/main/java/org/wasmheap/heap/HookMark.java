package org.wasmheap.heap;

import org.wasmheap.text.EventRates;

/**
 * Whether hooks, observers or the growth policy of a heap run, which may look at the heap and
 * neither drive it nor use a handle of it. The owner's alone: on another thread a handle is refused
 * before this is read.
 *
 * <p>Written plainly: a hook may run where hardly any stack is left, and a method call might fail
 * and leave the mark set.
 */
final class HookMark {
  boolean set;

  /** How often the log hears that one of them failed. */
  final EventRates events;

  HookMark(EventRates events) {
    this.events = events;
  }
}
