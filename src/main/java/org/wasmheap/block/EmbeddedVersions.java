package org.wasmheap.block;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.host.VersionReader;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;

/**
 * Says which version a piece of code is, as a runtime asks before it upgrades itself: by the custom
 * sections, which takes no time, or else by calling {@code Core_version} on the interpreter, on an
 * empty state. Nothing is compiled for that. What was found out is kept by code hash.
 *
 * <p>Code that has no version (that is no runtime, or whose {@code Core_version} fails) has none on
 * every node. What the host failed at is thrown and not kept.
 *
 * <p>Any thread.
 */
final class EmbeddedVersions implements VersionReader {
  /** A chain has one upgrade in weeks; what a hostile one may ask for does not pile up. */
  private static final int MOST_KEPT = 64;

  private static final String ORIGIN = "code whose version was asked for";

  private final Cache<String, Optional<byte[]>> known =
      CacheBuilder.newBuilder().maximumSize(MOST_KEPT).build();

  @Override
  public byte @Nullable [] versionOf(byte[] code, Duration left) throws InterruptedException {
    RuntimeCode read;
    try {
      read = RuntimeCode.ofStored(ORIGIN, code);
    } catch (RuntimeLoadException e) {
      if (e.getCause() instanceof ClassNotFoundException || e.getCause() instanceof LinkageError) {
        throw e; // The host lacks what it takes to unpack it.
      }
      return null;
    }
    Optional<byte[]> version = known.getIfPresent(read.codeHashHex());
    if (version == null) {
      version = find(read, left);
      known.put(read.codeHashHex(), version);
    }
    return version.map(byte[]::clone).orElse(null);
  }

  private Optional<byte[]> find(RuntimeCode code, Duration left) throws InterruptedException {
    long until = System.nanoTime() + left.toNanos();
    try {
      Optional<RuntimeVersion> embedded = RuntimeVersion.read(code);
      if (embedded.isPresent()) {
        return embedded.map(RuntimeVersion::encode);
      }
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // Sections that are there and are none.
    }
    try {
      SubstrateRuntime runtime =
          SubstrateRuntime.load(
              code,
              HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES),
              SubstrateHostFunctions.all(),
              LoadOptions.DEFAULT.withDeadline(left).asInterpreted());
      Duration rest = Duration.ofNanos(Math.max(1, until - System.nanoTime()));
      return runtime.version(rest, new Overlay(State.empty()));
    } catch (ModuleRefusedException e) {
      if (e.reason() != ModuleRefusedException.Reason.INVALID) {
        throw e;
      }
      return Optional.empty();
    }
  }
}
