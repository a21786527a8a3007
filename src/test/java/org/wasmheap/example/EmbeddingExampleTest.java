package org.wasmheap.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.io.Resources;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.runtime.RuntimeCode;

class EmbeddingExampleTest {
  @Test
  void the_readme_shows_the_code_that_is_compiled_here() throws Exception {
    // given
    String example = ExampleCode.of(EmbeddingExample.class);

    // then
    assertTrue(Files.readString(Path.of("README.md"), UTF_8).contains(example), example);
  }

  @Test
  void the_example_gives_the_version_of_the_sample(@TempDir Path folder) throws Exception {
    Path sample = folder.resolve("sample.wasm");
    Files.write(
        sample, Resources.toByteArray(Resources.getResource(RuntimeCode.class, "sample.wasm")));

    assertEquals("wasm-heap-sample", EmbeddingExample.version(sample).specName());
  }
}
