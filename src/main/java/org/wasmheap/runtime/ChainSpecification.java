package org.wasmheap.runtime;

import java.nio.file.Path;
import java.util.Collections;
import java.util.NavigableMap;
import org.wasmheap.runtime.GenesisReader.Genesis;

/**
 * The genesis state of a chain, from a raw chain specification: JSON with {@code genesis.raw.top}
 * and, where there are child tries, {@code genesis.raw.childrenDefault}.
 *
 * <p>Read are also specifications from before version 2 of Substrate, such as Kusama's first one,
 * in which {@code genesis.raw} is a list of the two, and those of tools that have the two in {@code
 * genesis} itself. A list has its child tries by their roots' keys, {@code :child_storage:default:}
 * and the name; here, they come by their names all the same.
 *
 * <p>The state is given as plain maps from bytes to bytes, in the order of a trie: keys are
 * compared byte by byte as unsigned numbers. That order also decides which keys are equal, so a
 * look-up takes any array of the same content. The maps cannot be changed. Their arrays are not
 * copied and must not be changed; values that are arrays have no equality of content, and so these
 * maps have none either.
 *
 * <p>Where a specification has a key twice, its last value counts, as it does for a node; upper and
 * lower case make no difference. What keys mean is not looked at, but for {@code :code} and {@code
 * :heappages}; in particular, the roots of child tries are not put under their keys.
 *
 * <p>All of the state is held in memory, which for many short entries takes up to ten times the
 * size of the file. Who wants the runtime alone reads it by {@link RuntimeCode#read}, which keeps
 * nothing of the rest.
 *
 * <p>Immutable, as long as nobody writes to the arrays; safe to use from any thread.
 *
 * <p>Source: {@code RawGenesis} in {@code sc_chain_spec} of the Polkadot SDK. Other forms of a
 * genesis are refused: a plain one (a runtime and its configuration), a light one (a hash).
 */
public final class ChainSpecification {
  private final RuntimeCode runtime;
  private final NavigableMap<byte[], byte[]> genesis;
  private final NavigableMap<byte[], NavigableMap<byte[], byte[]>> childrenDefault;

  private ChainSpecification(String origin, Genesis read) {
    runtime = RuntimeCode.ofGenesis(origin, read.top());
    genesis = Collections.unmodifiableNavigableMap(read.top());
    read.childrenDefault().replaceAll((name, child) -> Collections.unmodifiableNavigableMap(child));
    childrenDefault = Collections.unmodifiableNavigableMap(read.childrenDefault());
  }

  /**
   * Reads a file of at most {@link RuntimeCode#MAX_FILE_BYTES}.
   *
   * @param file where it is; also the origin of {@link #runtime()}
   * @return the specification
   * @throws RuntimeLoadException if the file cannot be read, or for the reasons of {@link #of}
   */
  public static ChainSpecification read(Path file) {
    String origin = file.toString();
    return of(origin, RuntimeCode.readBytes(file));
  }

  /**
   * Takes the bytes of a specification.
   *
   * @param origin where they come from, for messages
   * @param bytes content as of a file; not kept
   * @return the specification
   * @throws RuntimeLoadException if the bytes are empty, too many, cut off or not JSON; if the
   *     specification is not raw, has a part twice, or has more in {@code genesis.raw} than the two
   *     parts; if a key or value is not {@code 0x} and pairs of hexadecimal digits; if a list has a
   *     child trie by another key; if {@code :code} is absent or is no runtime
   */
  public static ChainSpecification of(String origin, byte[] bytes) {
    RuntimeCode.requireSize(origin, bytes);
    OptionalParts.BOUNCY_CASTLE.require(origin);
    OptionalParts.GSON.require(origin);
    if (StorageAnswer.isOne(bytes)) {
      throw new RuntimeLoadException(origin, "the answer of a node, not a chain specification");
    }
    return new ChainSpecification(origin, GenesisReader.readWhole(origin, bytes));
  }

  /**
   * Whether bytes are taken for a specification by {@link RuntimeCode#of}, of whatever kind, and
   * not for code in another form. Whether they are a right one is another question.
   *
   * @param bytes content as of a file
   * @return whether {@link #of} should be given them
   */
  public static boolean isOne(byte[] bytes) {
    return GenesisKeys.looksLikeJson(bytes) && !StorageAnswer.isOne(bytes);
  }

  /**
   * The runtime of the genesis state.
   *
   * @return what {@code :code} and {@code :heappages} say, equal to what {@link RuntimeCode#of}
   *     gives for the same bytes
   */
  public RuntimeCode runtime() {
    return runtime;
  }

  /**
   * The main trie's entries, {@code :code} and {@code :heappages} among them.
   *
   * @return values by key; unmodifiable, the arrays themselves and not copies
   */
  public NavigableMap<byte[], byte[]> genesis() {
    return genesis;
  }

  /**
   * The child tries' entries.
   *
   * @return for each child trie's name, without the prefix {@code :child_storage:default:}, its
   *     values by key; empty if there are no child tries; unmodifiable in both depths, the arrays
   *     themselves and not copies
   */
  public NavigableMap<byte[], NavigableMap<byte[], byte[]>> childrenDefault() {
    return childrenDefault;
  }

  @Override
  public String toString() {
    return "ChainSpecification["
        + runtime
        + ", "
        + genesis.size()
        + " keys, "
        + childrenDefault.size()
        + " child tries]";
  }
}
