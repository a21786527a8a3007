package org.wasmheap.endive;

import java.util.Arrays;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/** How many parameters and results each type and each function of a module has. */
final class ModuleTypes {
  private final WasmReader in;
  private int[] parameters = new int[16];
  private int[] results = new int[16];
  private int types;

  /** Indices of the types of functions, those of imports first. */
  private int[] functions = new int[16];

  private int count;
  private int imports;

  /** Own functions whose bodies were asked for. */
  private int bodies;

  ModuleTypes(WasmReader in) {
    this.in = in;
  }

  void add(int parametersOfType, int resultsOfType) {
    if (types == parameters.length) {
      parameters = Arrays.copyOf(parameters, 2 * types);
      results = Arrays.copyOf(results, 2 * types);
    }
    parameters[types] = parametersOfType;
    results[types] = resultsOfType;
    types++;
  }

  void imported(long type) {
    own(type);
    imports++;
  }

  void own(long type) {
    if (count == functions.length) {
      functions = Arrays.copyOf(functions, 2 * count);
    }
    functions[count] = known((int) Math.min(type, Integer.MAX_VALUE), types, "type");
    count++;
  }

  int ofFunction(int index) {
    return functions[known(index, count, "function")];
  }

  int parameters(int type) {
    return parameters[known(type, types, "type")];
  }

  int results(int type) {
    return results[known(type, types, "type")];
  }

  /** Parameters of the own function whose body comes next. */
  int nextParameters() {
    int index = imports + bodies;
    bodies++;
    return parameters(ofFunction(index));
  }

  private int known(int index, int bound, String what) {
    if (index < 0 || index >= bound) {
      throw in.refused(
          Reason.INVALID,
          "it is malformed: unknown " + what + " " + Integer.toUnsignedString(index));
    }
    return index;
  }
}
