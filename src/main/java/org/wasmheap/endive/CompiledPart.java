package org.wasmheap.endive;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What compiling a part of a module gives, or several of them. Immutable.
 *
 * @param classes class files by name, with dots
 * @param interpreted numbers of functions that the interpreter is to run
 * @param huge how many functions have more bytecode than HotSpot compiles
 * @param droppable segments that the code drops
 * @param isUnusual whether the engine's compiler grouped the code in another way than all parts
 *     agree on, so that they do not fit each other
 */
record CompiledPart(
    SortedMap<String, ClassBytes> classes,
    SortedSet<Integer> interpreted,
    int huge,
    DroppableSegments droppable,
    boolean isUnusual) {
  static final CompiledPart NONE = none(false);
  static final CompiledPart UNUSUAL = none(true);

  private static CompiledPart none(boolean unusual) {
    return new CompiledPart(
        Collections.emptySortedMap(),
        Collections.emptySortedSet(),
        0,
        DroppableSegments.NONE,
        unusual);
  }

  /** Both together. */
  CompiledPart and(CompiledPart other) {
    SortedMap<String, ClassBytes> all = new TreeMap<>(classes);
    all.putAll(other.classes);
    SortedSet<Integer> large = new TreeSet<>(interpreted);
    large.addAll(other.interpreted);
    return new CompiledPart(
        Collections.unmodifiableSortedMap(all),
        Collections.unmodifiableSortedSet(large),
        huge + other.huge,
        droppable.and(other.droppable),
        isUnusual || other.isUnusual);
  }
}
