package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.testkit.RealBlocks;
import org.wasmheap.testkit.RealRuntimes;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;

/** What real runtimes import: each function that is provided has the type that they ask for. */
class RealImportsTest {
  /** What signs, makes keys or goes to the network; and the allocator, which is the heap's own. */
  private static final Pattern NOT_PROVIDED =
      Pattern.compile(
          "ext_(offchain_\\w+|crypto_(ed25519|sr25519|ecdsa)_(generate|sign|public_keys)"
              + "|allocator_(malloc|free))_version_1");

  @ParameterizedTest
  @ValueSource(strings = {RealRuntimes.WESTEND, RealRuntimes.KUSAMA, RealRuntimes.CORETIME})
  void a_runtime_gets_what_it_imports(String file) {
    assertProvided(RuntimeCode.read(RealRuntimes.find(file)));
  }

  @ParameterizedTest
  @ValueSource(strings = {RealBlocks.WESTEND_GENESIS, RealBlocks.KUSAMA_GENESIS})
  void the_runtime_of_a_genesis_gets_what_it_imports(String file) {
    assertProvided(RuntimeCode.read(RealBlocks.find(file)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"create-one", "create-multiple", "read-basic"})
  void the_runtime_of_a_block_gets_what_it_imports(String file) throws IOException {
    // given
    Path block = RealBlocks.find("child-trie-" + file + ".json");
    String code =
        JsonParser.parseString(Files.readString(block))
            .getAsJsonObject()
            .getAsJsonObject("parentStorage")
            .getAsJsonObject("mainTrie")
            .get("0x" + HexFormat.of().formatHex(Roots.bytes(":code")))
            .getAsString();
    // then
    assertProvided(RuntimeCode.of(file, HexFormat.of().parseHex(code, 2, code.length())));
  }

  private static void assertProvided(RuntimeCode code) {
    // when
    Map<String, FunctionType> imports = imports(code.wasm());
    // then
    Map<String, FunctionType> provided = new TreeMap<>();
    for (String name : imports.keySet()) {
      HostFunction function = HostCalls.FUNCTIONS.get(name);
      if (function != null) {
        provided.put(name, function.type());
      }
    }
    TreeSet<String> missing = new TreeSet<>(imports.keySet());
    missing.removeAll(provided.keySet());
    missing.removeIf(NOT_PROVIDED.asMatchPredicate());
    assertTrue(missing.isEmpty(), missing::toString);
    imports.keySet().retainAll(provided.keySet());
    assertEquals(imports, provided);
  }

  private static Map<String, FunctionType> imports(byte[] wasm) {
    WasmModule module = Parser.parse(new ByteArrayInputStream(wasm));
    Map<String, FunctionType> imports = new TreeMap<>();
    module.importSection().stream()
        .filter(FunctionImport.class::isInstance)
        .map(FunctionImport.class::cast)
        .forEach(each -> imports.put(each.name(), module.typeSection().getType(each.typeIndex())));
    return imports;
  }
}
