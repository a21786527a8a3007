/**
 * The Endive wasm engine on pooled heaps.
 *
 * <p>What lives here: {@link org.wasmheap.endive.EndiveModule}, a compiled module that all
 * instances share and that makes them; {@link org.wasmheap.endive.EndiveGuest}, what a call sees of
 * an instance; {@link org.wasmheap.endive.HostFunction}, and how ranges of memory are handed over
 * ({@link org.wasmheap.endive.PointerSize}); the engine's view of our memory; and the refusals of
 * modules whose state could not be put back.
 *
 * <p><b>What a module goes through, in order.</b> Its bytes are checked before the engine sees them
 * ({@code ModuleCheck}, against {@code ModuleLimit}): what they claim, and what must not be in
 * them. Floating-point code is rewritten so that it gives the same bits always ({@code
 * SteadyFloats}). It is taken apart ({@code ModuleParts}): a skeleton without code, which the
 * engine validates as a whole, and parts with some functions' code each, which it validates and
 * compiles beside each other ({@code ModuleCompiler}); what the engine makes too large for HotSpot
 * is split ({@code LargeSwitches}), and HotSpot itself told once how to compile guests ({@code
 * CompilerDirectives}). Instances need the skeleton and the classes ({@code GuestClasses}), no
 * more; so that, too, is what a {@link org.wasmheap.endive.CodeStore} keeps ({@code
 * CompiledModule}), and with it nothing of the above is done again. {@code ModuleLoader} is this
 * way, on a thread with a deadline ({@code TimedLoad}); {@code ModuleRefusals} says why it ended
 * early. Meanwhile each way in which a guest can end is gone through once ({@code GuestPreloader}),
 * and then the host functions that it imports. Its first instance is made on a memory and on tables
 * of our own ({@code EndiveMemory}, {@code GuestTable}), which trap where the specification says so
 * and can be put back.
 *
 * <p><b>How guest code ends</b> is told by {@code GuestFailures}: a list of traps, and all else is
 * the engine's fault.
 *
 * <p>What this room must not know: Substrate runtimes and their call convention, and what host
 * functions do.
 */
@NullMarked
package org.wasmheap.endive;

import org.jspecify.annotations.NullMarked;
