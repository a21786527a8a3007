package org.wasmheap.endive;

import java.util.List;
import java.util.Objects;
import org.wasmheap.guest.CallScope;
import org.wasmheap.text.Printable;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

/**
 * A function of the host that a guest may import.
 *
 * <p>It runs on the thread of the call, and is never interrupted by a deadline or a cancellation. A
 * pointer that leads out of the guest's memory is the guest's trap, and comes out of {@link
 * CallScope#heap()} as the right exception by itself. What else the guest did wrong, and does wrong
 * on every node, ends the call as its own fault with {@link
 * org.wasmheap.guest.CallException#trap(String)}. Any other exception of the body fails the call as
 * the host's doing.
 *
 * <p><b>It runs where the guest calls it, as deep as the guest likes.</b> What it needs and nobody
 * has used before, it would initialise there, and where the stack ends in that, a class is dead for
 * the whole JVM. So a function that uses more than the heap and what the JVM has used by then
 * should say with {@link #withPreload} how to go through all of it before any guest does.
 *
 * @param module module name of the import
 * @param name field name of the import
 * @param type the signature that the guest must import it with
 * @param body what it does
 * @param preload goes through it before any guest
 */
public record HostFunction(
    String module, String name, FunctionType type, Body body, Preload preload) {
  /** What a host function does. */
  @FunctionalInterface
  public interface Body {
    /**
     * Runs the function.
     *
     * @param scope the call that it runs in; dead when the call ends
     * @param arguments one for each parameter; an i32 is in the low half
     * @return the result, ignored if the signature has none; an i32 is in the low half
     * @throws Exception if the host fails; the call is then aborted
     */
    long run(CallScope scope, long[] arguments) throws Exception;
  }

  /** Goes through what a host function does and how it fails. */
  @FunctionalInterface
  public interface Preload {
    /** For a function that needs nothing. */
    Preload NONE = scope -> {};

    /**
     * Runs once for each module that imports the function, while it is loaded: on a shallow stack,
     * on a heap of its own with two pages of zeros, which begins at 1,024, and without a context.
     *
     * @param scope of no call
     * @throws Exception is logged, and nothing comes of it
     */
    void run(CallScope scope) throws Exception;
  }

  /** What fits the half or the whole of a long: neither vectors nor references do. */
  private static final List<ValType> NUMBERS =
      List.of(ValType.I32, ValType.I64, ValType.F32, ValType.F64);

  /**
   * Checks the signature, and that nothing is missing.
   *
   * @param module module name of the import, not empty
   * @param name field name of the import, not empty
   * @param type the signature: numbers (i32, i64, f32, f64), and one result at most
   * @param body what it does
   * @param preload goes through it before any guest
   * @throws IllegalArgumentException if a name is empty, or the signature is another
   */
  public HostFunction {
    Objects.requireNonNull(module, "module");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(preload, "preload");
    if (module.isEmpty() || name.isEmpty()) {
      throw new IllegalArgumentException(
          "a host function needs a module name and a field name, and has '"
              + Printable.name(module)
              + "' and '"
              + Printable.name(name)
              + "'");
    }
    if (type.returns().size() > 1
        || !NUMBERS.containsAll(type.params())
        || !NUMBERS.containsAll(type.returns())) {
      throw new IllegalArgumentException(
          "host function "
              + Printable.name(module)
              + "."
              + Printable.name(name)
              + " has the signature "
              + type
              + ": only i32, i64, f32 and f64 can be handed over, and one result at most");
    }
  }

  /**
   * A function that needs nothing to be preloaded.
   *
   * @param module module name of the import, not empty
   * @param name field name of the import, not empty
   * @param type the signature: numbers (i32, i64, f32, f64), and one result at most
   * @param body what it does
   * @throws IllegalArgumentException if a name is empty, or the signature is another
   */
  public HostFunction(String module, String name, FunctionType type, Body body) {
    this(module, name, type, body, Preload.NONE);
  }

  /**
   * The same function, and how to go through it before any guest does.
   *
   * @param goesThrough what it does, and each way in which it fails
   * @return another function
   */
  public HostFunction withPreload(Preload goesThrough) {
    return new HostFunction(module, name, type, body, goesThrough);
  }

  /**
   * A function of the module {@code env}, where Substrate's host functions live.
   *
   * @param name field name of the import
   * @param parameters types of the parameters
   * @param results types of the results, one at most
   * @param body what it does
   * @return the function
   */
  public static HostFunction env(
      String name, List<ValType> parameters, List<ValType> results, Body body) {
    return new HostFunction("env", name, FunctionType.of(parameters, results), body, Preload.NONE);
  }
}
