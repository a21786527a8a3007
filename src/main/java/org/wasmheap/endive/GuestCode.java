package org.wasmheap.endive;

import java.util.function.Function;
import java.util.function.LongSupplier;
import run.endive.runtime.Instance;
import run.endive.runtime.InterpreterMachine;
import run.endive.runtime.Machine;
import run.endive.wasm.WasmModule;

/**
 * The code of a module, as its instances run it. Immutable, shared by all of them.
 *
 * @param machines makes what runs an instance
 * @param droppable segments that the code drops
 * @param figures what became of the functions
 * @param waitingClassBytes how much is kept of classes that were not made yet
 */
record GuestCode(
    Function<Instance, Machine> machines,
    DroppableSegments droppable,
    CodeCounts figures,
    LongSupplier waitingClassBytes) {
  /** Run by the interpreter, as the engine runs functions that are too large for it. */
  static GuestCode interpreted(WasmModule wasm) {
    int functions = wasm.functionSection().functionCount();
    return new GuestCode(
        InterpreterMachine::new,
        DroppableSegments.of(wasm),
        new CodeCounts(functions, functions, 0, false, 0),
        () -> 0);
  }

  static GuestCode compiled(CompiledModule module, GuestClasses classes, boolean fromStore) {
    return new GuestCode(
        classes.machines(), module.droppable(), module.figures(fromStore), classes::waitingBytes);
  }
}
