package org.wasmheap.endive;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.runtime.TableInstance;
import run.endive.wasm.types.DataSegment;
import run.endive.wasm.types.Element;
import run.endive.wasm.types.MutabilityType;

/**
 * What an instance keeps outside its memory, as it was after instantiation: mutable globals, the
 * data segments that the guest has not dropped, and tables with their element segments where the
 * guest can change them.
 */
final class InstanceState {
  private final Instance engine;
  private final GlobalInstance[] globals;
  private final long[] low;
  private final long[] high;
  private final DataSegment[] segments;
  private final DataSegment[] pristineSegments;
  private final List<TableState> tables = new ArrayList<>();
  private final Element[] elements;

  InstanceState(Instance engine, DataSegment[] segments, boolean tablesToo) {
    this.engine = engine;
    this.segments = segments;
    this.pristineSegments = segments.clone();
    this.globals = mutableGlobals(engine);
    this.low = new long[globals.length];
    this.high = new long[globals.length];
    for (int i = 0; i < globals.length; i++) {
      low[i] = globals[i].getValueLow();
      high[i] = globals[i].getValueHigh();
    }
    this.elements = new Element[tablesToo ? engine.elementCount() : 0];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = engine.element(i);
    }
    for (int i = 0; tablesToo && i < engine.tableCount(); i++) {
      tables.add(TableState.of(engine.table(i)));
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
    System.arraycopy(pristineSegments, 0, segments, 0, segments.length);
    for (int i = 0; i < elements.length; i++) {
      engine.setElement(i, elements[i]);
    }
    for (TableState table : tables) {
      table.restore();
    }
  }

  /** How the present state differs from that after instantiation; null if it does not. */
  @SuppressWarnings("ReferenceEquality") // Dropping a segment replaces the object.
  @Nullable String difference() {
    for (int i = 0; i < globals.length; i++) {
      if (globals[i].getValueLow() != low[i] || globals[i].getValueHigh() != high[i]) {
        return "mutable global %d is %d, was %d".formatted(i, globals[i].getValueLow(), low[i]);
      }
    }
    for (int i = 0; i < segments.length; i++) {
      if (segments[i] != pristineSegments[i]) {
        return "data segment %d was dropped".formatted(i);
      }
    }
    for (int i = 0; i < elements.length; i++) {
      if (engine.element(i) != elements[i]) {
        return "element segment %d was dropped".formatted(i);
      }
    }
    for (TableState table : tables) {
      String found = table.difference();
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** A table and its entries, which cannot grow: modules that grow tables are refused. */
  private static final class TableState {
    private final TableInstance table;
    private final int[] references;
    private final @Nullable Instance[] owners;

    private TableState(TableInstance table, int[] references, @Nullable Instance[] owners) {
      this.table = table;
      this.references = references;
      this.owners = owners;
    }

    static TableState of(TableInstance table) {
      int[] references = new int[table.size()];
      @Nullable Instance[] owners = new Instance[references.length];
      for (int i = 0; i < references.length; i++) {
        references[i] = table.ref(i);
        owners[i] = table.instance(i);
      }
      return new TableState(table, references, owners);
    }

    @SuppressWarnings("ReferenceEquality") // The same instance, or none.
    @Nullable String difference() {
      for (int i = 0; i < references.length; i++) {
        if (table.ref(i) != references[i] || table.instance(i) != owners[i]) {
          return "table entry %d is %d, was %d".formatted(i, table.ref(i), references[i]);
        }
      }
      return null;
    }

    void restore() {
      for (int i = 0; i < references.length; i++) {
        table.setRef(i, references[i], owners[i]);
      }
    }
  }
}
