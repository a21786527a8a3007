package org.wasmheap.modular;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import javax.management.ObjectName;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.runtime.SubstrateRuntime;

/** Calls each runtime that it is given, and prints what {@code ModulesIT} asserts on. */
final class App {
  private App() {}

  /** What it prints, here and below, is what the test that starts it reads. */
  public static void main(String[] files) throws Exception {
    for (String file : files) {
      RuntimeCode code = RuntimeCode.read(Path.of(file));
      SubstrateRuntime runtime =
          SubstrateRuntime.load(code, HeapStrategy.ofStatic(16), hostFunctions());
      try (HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(runtime).workers(1).build()) {
        byte[] version =
            executor.call(
                CallOptions.named("Core_version"), runtime.call("Core_version", new byte[0]));
        System.out.println("spec_name " + RuntimeVersion.decode(version).specName());
      }
    }
    System.out.println("host_functions " + hostFunctions().size());
    for (Module module : ModuleLayer.boot().modules()) {
      System.out.println(
          (module.getDescriptor().isAutomatic() ? "automatic " : "named ") + module.getName());
    }
    Object directives =
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "compilerDirectivesPrint",
                new Object[0],
                new String[0]);
    System.out.println(directives);
  }

  /** They need lz4-java, an automatic module, which an image cannot have. */
  private static List<HostFunction> hostFunctions() {
    return ModuleLayer.boot().findModule("org.lz4.java").isPresent()
        ? SubstrateHostFunctions.all()
        : List.of();
  }
}
