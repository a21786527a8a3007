package org.wasmheap.cli;

import java.nio.file.Path;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;

/**
 * A runtime with the state that its calls read: the genesis of a specification, or none.
 *
 * @param code the runtime
 * @param state what calls read
 */
record RuntimeFile(RuntimeCode code, State state) {
  /** The bundled sample, without a state. */
  static RuntimeFile sample() {
    return new RuntimeFile(RuntimeCode.sample(), State.empty());
  }

  /**
   * Reads a file of any of the kinds.
   *
   * @throws RuntimeLoadException if it cannot be read, or is none of them
   */
  static RuntimeFile read(Path file) {
    byte[] bytes = RuntimeCode.readBytes(file);
    if (!ChainSpecification.isOne(bytes)) {
      return new RuntimeFile(RuntimeCode.of(file.toString(), bytes), State.empty());
    }
    ChainSpecification specification = ChainSpecification.of(file.toString(), bytes);
    State genesis =
        State.of(
            specification.genesis(),
            specification.childrenDefault(),
            stateVersion(specification.runtime()));
    return new RuntimeFile(specification.runtime(), genesis);
  }

  /** What does not say of itself which version it wants is too old to want another than 0. */
  private static StateVersion stateVersion(RuntimeCode code) {
    try {
      return RuntimeVersion.read(code)
          .map(version -> StateVersion.ofRuntime(version.stateVersion()))
          .orElse(StateVersion.V0);
    } catch (IllegalArgumentException e) {
      return StateVersion.V0;
    }
  }
}
