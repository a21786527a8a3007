/**
 * Many isolated wasm heaps, each handed to one call at a time and put back after it.
 *
 * <p>What an embedder always needs is required; what only some rooms need is optional ({@code
 * static}), and whoever uses such a room requires the library himself: Endive for {@code endive},
 * {@code runtime} and {@code host}, Bouncy Castle, gson and zstd-jni for {@code runtime}, Bouncy
 * Castle for {@code state}, the same, lz4-java and curve25519-elisabeth for {@code host}, all of
 * these for {@code block}, gson and Micrometer for {@code observe}. A folder of jars as module path
 * may hold all of them; {@code src/docs/dependencies.md} says which belong to what, and what jlink
 * cannot take.
 *
 * <p>The escaper, {@code org.wasmheap.text}, is not exported. The command line is in no exported
 * package and runs on the class path, in a jar of its own.
 */
// lz4-java and Micrometer have no descriptors but names in their manifests, which they keep.
@SuppressWarnings("requires-automatic")
module org.wasmheap {
  exports org.wasmheap.memory;
  exports org.wasmheap.allocator;
  exports org.wasmheap.guest;
  exports org.wasmheap.heap;
  exports org.wasmheap.pool;
  exports org.wasmheap.endive;
  exports org.wasmheap.runtime;
  exports org.wasmheap.state;
  exports org.wasmheap.host;
  exports org.wasmheap.block;
  exports org.wasmheap.observe;
  exports org.wasmheap.conformance;

  // The executor gives ListenableFutures.
  requires transitive com.google.common;
  requires org.slf4j;
  requires static org.jspecify;

  // On JDK 17, guest code is right only with a directive to the compiler, which goes through a
  // diagnostic command; without jdk.jfr in an image, HotSpot loses all such commands. So an image
  // must have all three. Flight Recorder's listener needs the last one anyway.
  requires java.management;
  requires jdk.management;
  requires jdk.jfr;

  // Optional.
  requires static run.endive.wasm;
  requires static run.endive.runtime;
  requires static run.endive.compiler;
  // What its compiler writes classes with, and so it is there.
  requires static org.objectweb.asm;
  requires static org.objectweb.asm.tree;
  requires static org.bouncycastle.provider;
  requires static com.github.luben.zstd_jni;
  requires static com.google.gson;
  requires static org.lz4.java;
  requires static cafe.cryptography.curve25519_elisabeth;
  requires static micrometer.core;
}
