package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.text.LibraryVersion;
import run.endive.wasm.Version;

/** What compiled code is found by, and the names of its files. */
class CodeKeyTest {
  private static final String HASH = "0x" + "ab".repeat(32);

  @Test
  void a_key_has_the_versions_that_run_here() throws IOException {
    // given the version in the POM, and that of the engine
    String pom = Files.readString(Path.of("pom.xml"));
    Matcher version = Pattern.compile("<version>([^<]+)</version>").matcher(pom);
    assertTrue(version.find());

    assertEquals(version.group(1), LibraryVersion.version());
    assertEquals(
        new CodeKey(HASH, Version.version(), version.group(1), Runtime.version().feature()),
        CodeKey.of(HASH));
  }

  @Test
  void the_name_of_a_file_tells_what_is_in_it() {
    CodeKey key = new CodeKey(HASH, "1.0.0", "0.1.0-SNAPSHOT", 17);

    assertEquals("wasmheap_" + HASH + "_1.0.0_0.1.0-SNAPSHOT_jdk17_v1.code", key.fileName());
  }

  @Test
  void each_part_makes_another_key_and_another_file() {
    List<CodeKey> keys =
        List.of(
            new CodeKey("a", "b", "c", 17),
            new CodeKey("b", "b", "c", 17),
            new CodeKey("a", "c", "c", 17),
            new CodeKey("a", "b", "b", 17),
            new CodeKey("a", "b", "c", 18));
    Set<String> names = new HashSet<>();
    Set<List<Byte>> texts = new HashSet<>();
    for (CodeKey key : keys) {
      names.add(key.fileName());
      texts.add(Bytes.asList(key.bytes()));
    }

    assertEquals(keys.size(), names.size());
    assertEquals(keys.size(), texts.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "../../etc/passwd",
        "/x",
        "a\\b",
        "a b",
        "a_b",
        "\n",
        "1.0.0+build:7",
        "é"
      })
  void no_version_makes_a_name_that_leaves_the_folder(String version) {
    CodeKey key = new CodeKey("..", version, version.repeat(20), 17);
    Path folder = Path.of("/folder");

    assertTrue(CodeKey.isCodeFile(key.fileName()), key::fileName);
    assertEquals(folder, folder.resolve(key.fileName()).normalize().getParent());
    assertTrue(key.temporaryName(-1).length() <= 255);
  }

  @Test
  void names_are_what_a_store_is_asked_for_and_no_more() {
    assertTrue(CodeKey.isName(HASH));
    assertTrue(CodeKey.isName("a".repeat(100)));
    for (String name : List.of("", "A", "a/b", "a_b", "a\n", "a".repeat(101), "..\\x")) {
      assertFalse(CodeKey.isName(name), name);
    }
  }

  @Test
  void each_kind_of_file_is_told_by_its_name() {
    CodeKey key = CodeKey.of(HASH);
    for (String name : List.of(key.fileName(), key.badName(), key.temporaryName(-5))) {
      assertEquals(name.equals(key.fileName()), CodeKey.isCodeFile(name));
      assertEquals(name.equals(key.badName()), CodeKey.isBadFile(name));
      assertEquals(
          !name.equals(key.badName()) && !name.equals(key.fileName()),
          CodeKey.isTemporaryFile(name));
    }
  }
}
