package org.wasmheap.endive;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.FlatMemory;
import run.endive.runtime.TableFactory;
import run.endive.runtime.TableInstance;
import run.endive.wasm.types.Table;

/**
 * The tables of one instance, in the order in which the engine makes them. One thread's own; what
 * {@link #sealed()} gives is shared by the instances of a module.
 */
final class GuestTables implements TableFactory {
  private final List<GuestTable> tables = new ArrayList<>();
  private final FlatMemory memory;
  private final @Nullable List<int[][]> sealed;
  private final boolean initialise;

  /**
   * Tables to be.
   *
   * @param memory the guest's, with which copies of chunks are counted
   * @param sealed what tables of an earlier instance were like; {@code null} for the first instance
   * @param initialise whether instantiation writes to them; not where their content is the sealed
   *     one from the beginning
   */
  GuestTables(FlatMemory memory, @Nullable List<int[][]> sealed, boolean initialise) {
    this.memory = memory;
    this.sealed = sealed;
    this.initialise = initialise;
  }

  @Override
  public TableInstance create(Table declared, int initialValue) {
    GuestTable table =
        sealed == null || initialise
            ? new GuestTable(declared, initialValue, memory::countBeside)
            : GuestTable.like(declared, sealed.get(tables.size()), memory::countBeside);
    tables.add(table);
    return table;
  }

  /** The instance is made: its tables share the sealed content, and the guest may write to them. */
  void open() {
    for (int i = 0; i < tables.size(); i++) {
      GuestTable table = tables.get(i);
      if (sealed == null) {
        table.seal();
      } else if (initialise) {
        table.adopt(sealed.get(i));
      }
      table.open();
    }
  }

  /** The content after instantiation, for later instances. */
  List<int[][]> sealed() {
    return tables.stream().map(GuestTable::sealed).toList();
  }

  /**
   * Puts the content after instantiation back.
   *
   * @return entries in the chunks that had to be put back
   */
  long restore() {
    long entries = 0;
    for (int i = 0; i < tables.size(); i++) {
      entries += tables.get(i).restore();
    }
    return entries;
  }

  /** How a table differs from what it was after instantiation; {@code null} if none does. */
  @Nullable String difference() {
    for (GuestTable table : tables) {
      String found = table.difference();
      if (found != null) {
        return found;
      }
    }
    return null;
  }
}
