package org.wasmheap.host;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.HostFunction;

/**
 * Substrate's host functions, all in the module {@code env}.
 *
 * <ul>
 *   <li>{@code ext_hashing_*_version_1} of {@code blake2_128}, {@code blake2_256}, {@code
 *       keccak_256}, {@code keccak_512}, {@code sha2_256}, {@code twox_64}, {@code twox_128},
 *       {@code twox_256}: data of any length is read piece by piece;
 *   <li>{@code ext_logging_log_version_1}, {@code ext_logging_max_level_version_1};
 *   <li>{@code ext_panic_handler_abort_on_panic_version_1}: the guest's trap;
 *   <li>{@code ext_misc_print_num_version_1}, {@code ext_misc_print_utf8_version_1}, {@code
 *       ext_misc_print_hex_version_1}, logged at debug level; {@code
 *       ext_misc_runtime_version_version_1} where there is a {@link VersionReader};
 *   <li>{@code ext_storage_*}: {@code get}, {@code read}, {@code set}, {@code clear}, {@code
 *       exists}, {@code append}, {@code next_key}, {@code changes_root}, {@code start_transaction},
 *       {@code commit_transaction}, {@code rollback_transaction} in version 1; {@code clear_prefix}
 *       and {@code root} in 1 and 2;
 *   <li>{@code ext_default_child_storage_*}: {@code get}, {@code read}, {@code set}, {@code clear},
 *       {@code exists}, {@code next_key} in version 1; {@code clear_prefix} and {@code root} in 1
 *       and 2; {@code storage_kill} in 1 to 3;
 *   <li>{@code ext_trie_blake2_256_root} and {@code ext_trie_blake2_256_ordered_root} in 1 and 2;
 *   <li>{@code ext_crypto_*}: {@code ed25519_verify}, {@code ecdsa_verify_prehashed}, {@code
 *       start_batch_verify}, {@code finish_batch_verify} and the {@code batch_verify} of each
 *       scheme in version 1; {@code sr25519_verify}, {@code ecdsa_verify}, {@code
 *       secp256k1_ecdsa_recover} and {@code secp256k1_ecdsa_recover_compressed} in 1 and 2.
 * </ul>
 *
 * <p>The storage is the {@link org.wasmheap.state.Overlay} that the caller gives the guest's call
 * as its context; in a call without one these functions fail as the host's doing. Each result of
 * more than a number is put into a new block of the guest's heap, which is the guest's to free. A
 * range outside the memory, bytes that are no encoding of what they should be, a state version that
 * is neither 0 nor 1, and a transaction that is closed and was never opened are the guest's trap.
 *
 * <p>What a guest logs goes to the logger {@code org.wasmheap.guest} with the keys {@code heap} and
 * {@code target}: cut after 8 KiB, without control characters, and with what is not UTF-8 replaced.
 * What it last logged as an error, or printed as text, is in the message if it traps then.
 *
 * <p>The functions hold no state; any number of threads may run them at once. Source: the host API
 * of the Polkadot specification.
 */
public final class SubstrateHostFunctions {
  /** The maximum log level that guests are told if nothing else is said: info. */
  public static final int DEFAULT_MAX_LOG_LEVEL = 3;

  /** Trace, the highest of the levels that count from 0 = off. */
  private static final int HIGHEST_MAX_LOG_LEVEL = 5;

  private SubstrateHostFunctions() {}

  /**
   * All functions but the one that needs a reader of versions, with the maximum log level {@link
   * #DEFAULT_MAX_LOG_LEVEL}.
   *
   * @return the functions, in no particular order
   * @throws IllegalStateException if an optional dependency is missing, which the message names
   */
  public static List<HostFunction> all() {
    return all(DEFAULT_MAX_LOG_LEVEL);
  }

  /**
   * All functions but the one that needs a reader of versions, with a maximum log level of the
   * caller's choice.
   *
   * <p>The level is what guests are told, always the same, whatever the logging configuration says:
   * a guest asks for it to decide whether to make the text of a message at all, so it allocates
   * differently by it, and the same call must not leave different traces on two machines or after a
   * change of configuration. Which messages are written in the end, the configuration alone
   * decides.
   *
   * @param maxLogLevel 0 off, 1 error, 2 warn, 3 info, 4 debug, 5 trace
   * @return the functions, in no particular order
   * @throws IllegalArgumentException if there is no such level
   * @throws IllegalStateException if an optional dependency is missing, which the message names
   */
  public static List<HostFunction> all(int maxLogLevel) {
    return functions(maxLogLevel, null);
  }

  /**
   * All functions.
   *
   * @param maxLogLevel as for {@link #all(int)}
   * @param versions is asked for the versions of runtimes, on any thread that runs calls
   * @return the functions, in no particular order
   * @throws IllegalArgumentException if there is no such level
   * @throws IllegalStateException if an optional dependency is missing, which the message names
   */
  public static List<HostFunction> all(int maxLogLevel, VersionReader versions) {
    return functions(maxLogLevel, Objects.requireNonNull(versions, "versions"));
  }

  private static List<HostFunction> functions(int maxLogLevel, @Nullable VersionReader versions) {
    if (maxLogLevel < 0 || maxLogLevel > HIGHEST_MAX_LOG_LEVEL) {
      throw new IllegalArgumentException(
          "maxLogLevel is " + maxLogLevel + ", must be 0 to " + HIGHEST_MAX_LOG_LEVEL);
    }
    OptionalParts.require();
    return Stream.of(
            HashingFunctions.all(),
            LoggingFunctions.all(maxLogLevel),
            AbortFunctions.all(),
            MiscFunctions.all(versions),
            StorageFunctions.all(),
            ChildStorageFunctions.all(),
            TrieFunctions.all(),
            CryptoFunctions.all())
        .flatMap(List::stream)
        .toList();
  }
}
