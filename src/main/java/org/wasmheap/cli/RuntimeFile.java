package org.wasmheap.cli;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;

/**
 * A runtime, and the specification that it came in.
 *
 * @param code the runtime
 * @param specification whose genesis state calls read; {@code null} for a runtime without one
 */
record RuntimeFile(RuntimeCode code, @Nullable ChainSpecification specification) {
  /** The bundled sample, without a state. */
  static RuntimeFile sample() {
    return new RuntimeFile(RuntimeCode.sample(), null);
  }

  /**
   * Reads a file of any of the kinds.
   *
   * @throws RuntimeLoadException if it cannot be read, or is none of them
   */
  static RuntimeFile read(Path file) {
    byte[] bytes = RuntimeCode.readBytes(file);
    if (!ChainSpecification.isOne(bytes)) {
      return new RuntimeFile(RuntimeCode.of(file.toString(), bytes), null);
    }
    ChainSpecification read = ChainSpecification.of(file.toString(), bytes);
    return new RuntimeFile(read.runtime(), read);
  }

  /**
   * What calls read: the genesis of the specification, with its values as the runtime wants them to
   * stand in the trie; or nothing.
   */
  State state(SubstrateRuntime runtime, Duration limit) throws InterruptedException {
    ChainSpecification genesis = specification;
    return genesis == null
        ? State.empty()
        : State.of(genesis.genesis(), genesis.childrenDefault(), stateVersion(runtime, limit));
  }

  /** Without a version that can be understood, the one that all runtimes once had. */
  private static StateVersion stateVersion(SubstrateRuntime runtime, Duration limit)
      throws InterruptedException {
    try {
      return runtime
          .version(limit, new Overlay(State.empty()))
          .map(scale -> StateVersion.ofRuntime(RuntimeVersion.decode(scale).stateVersion()))
          .orElse(StateVersion.V0);
    } catch (IllegalArgumentException e) {
      return StateVersion.V0;
    }
  }
}
