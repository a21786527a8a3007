/** An application on the module path: it names what it uses of the library's optional parts. */
module org.wasmheap.modular {
  requires org.wasmheap;
  // Room endive.
  requires run.endive.runtime;
  requires run.endive.compiler;
  // Room runtime: code hashes, compressed code.
  requires org.bouncycastle.provider;
  requires com.github.luben.zstd_jni;
  // Room host, beside lz4-java, which is added where it can be.
  requires cafe.cryptography.curve25519_elisabeth;
  // To show what the compiler was told.
  requires java.management;
}
