package org.wasmheap.endive;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.wasm.types.DataSegment;
import run.endive.wasm.types.Element;
import run.endive.wasm.types.MutabilityType;

/**
 * What an instance keeps outside its memory, as it was after instantiation: mutable globals,
 * tables, and the segments that the guest can drop.
 */
final class InstanceState {
  private final Instance engine;
  private final GlobalInstance[] globals;
  private final long[] low;
  private final long[] high;
  private final DataSegment[] segments;
  private final DataSegment[] pristineSegments;
  private final GuestTables tables;
  private final DroppableSegments droppable;
  private final @Nullable Element[] elements;

  InstanceState(
      Instance engine, DataSegment[] segments, GuestTables tables, DroppableSegments droppable) {
    this.engine = engine;
    this.segments = segments;
    this.tables = tables;
    this.droppable = droppable;
    this.pristineSegments = new DataSegment[droppable.data().length()];
    for (int i = 0; i < pristineSegments.length; i++) {
      pristineSegments[i] = segments[droppable.data().get(i)];
    }
    this.globals = mutableGlobals(engine);
    this.low = new long[globals.length];
    this.high = new long[globals.length];
    for (int i = 0; i < globals.length; i++) {
      low[i] = globals[i].getValueLow();
      high[i] = globals[i].getValueHigh();
    }
    this.elements = new Element[droppable.elements().length()];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = engine.element(droppable.elements().get(i));
    }
  }

  private static GlobalInstance[] mutableGlobals(Instance engine) {
    List<GlobalInstance> found = new ArrayList<>();
    for (int i = 0; i < engine.globalCount(); i++) {
      GlobalInstance global = engine.global(i);
      if (global.getMutabilityType() == MutabilityType.Var) {
        found.add(global);
      }
    }
    return found.toArray(new GlobalInstance[0]);
  }

  void restore() {
    for (int i = 0; i < globals.length; i++) {
      globals[i].setValueLow(low[i]);
      globals[i].setValueHigh(high[i]);
    }
    for (int i = 0; i < pristineSegments.length; i++) {
      segments[droppable.data().get(i)] = pristineSegments[i];
    }
    for (int i = 0; i < elements.length; i++) {
      engine.setElement(droppable.elements().get(i), elements[i]);
    }
    tables.restore();
  }

  /** How the present state differs from that after instantiation; null if it does not. */
  @SuppressWarnings("ReferenceEquality") // Dropping a segment replaces the object.
  @Nullable String difference() {
    for (int i = 0; i < globals.length; i++) {
      if (globals[i].getValueLow() != low[i] || globals[i].getValueHigh() != high[i]) {
        return "mutable global %d is %d, was %d".formatted(i, globals[i].getValueLow(), low[i]);
      }
    }
    for (int i = 0; i < pristineSegments.length; i++) {
      if (segments[droppable.data().get(i)] != pristineSegments[i]) {
        return "data segment %d was dropped".formatted(droppable.data().get(i));
      }
    }
    for (int i = 0; i < elements.length; i++) {
      if (engine.element(droppable.elements().get(i)) != elements[i]) {
        return "element segment %d was dropped".formatted(droppable.elements().get(i));
      }
    }
    return tables.difference();
  }
}
