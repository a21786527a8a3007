package org.wasmheap.endive;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import run.endive.wasm.WasmEngineException;

/**
 * The functions that do not fit into a method of the JVM, as they are found one after the other by
 * trying.
 *
 * <p>A module of nothing but such functions must not be tried thousands of times. So when {@link
 * #MOST_ATTEMPTS} were found in a group of functions, no other of that group is tried whose body is
 * longer than a bound, which is halved each time from then on. What is found depends on the module
 * alone.
 *
 * <p>One thread's own.
 */
final class LargeFunctions {
  /** Real runtimes have one or two such functions, in all groups together. */
  private static final int MOST_ATTEMPTS = 4;

  /** How the engine says which function is too large. */
  private static final Pattern NUMBER = Pattern.compile("WASM function index: (\\d+)");

  private final ModuleParts parts;
  private final int groupSize;
  private final SortedSet<Integer> numbers = new TreeSet<>();
  private final Map<Integer, Integer> attempts = new HashMap<>();

  /** None yet, of groups of so many functions. */
  LargeFunctions(ModuleParts parts, int groupSize) {
    this.parts = parts;
    this.groupSize = groupSize;
  }

  /** Their numbers; not a copy. */
  SortedSet<Integer> numbers() {
    return numbers;
  }

  /**
   * Another one was found.
   *
   * @throws WasmEngineException what the engine threw, if it says something else
   */
  void add(WasmEngineException found) {
    Matcher matcher = NUMBER.matcher(String.valueOf(found.getMessage()));
    if (!matcher.find() || !numbers.add(Integer.valueOf(matcher.group(1)))) {
      throw found;
    }
    int group = Integer.parseInt(matcher.group(1)) / groupSize;
    int attempt = attempts.merge(group, 1, Integer::sum);
    if (attempt >= MOST_ATTEMPTS) {
      addLongerThan(MethodSizes.LIMIT >> (attempt - MOST_ATTEMPTS), group);
    }
  }

  private void addLongerThan(int bytes, int group) {
    int begin = group * groupSize;
    int end = Math.min(begin + groupSize, parts.functions());
    for (int function = begin; function < end; function++) {
      if (parts.bodyBytes(function) > bytes) {
        numbers.add(function);
      }
    }
  }
}
