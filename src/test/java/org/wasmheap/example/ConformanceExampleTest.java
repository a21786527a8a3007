package org.wasmheap.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.io.Resources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.ConformanceFiles;

class ConformanceExampleTest {
  @Test
  void the_index_names_every_file() throws IOException {
    List<String> files =
        Stream.concat(ConformanceFiles.traces().stream(), ConformanceFiles.vectors().stream())
            .map(ConformanceExampleTest::nameInTheArtifact)
            .toList();

    assertEquals(files, text("conformance/index.txt").lines().toList());
  }

  @Test
  void the_example_finds_no_difference_in_a_memory_of_the_library() throws IOException {
    assertEquals(List.of(), ConformanceExample.differences(LinearMemory::sparse));
  }

  private static String nameInTheArtifact(Path file) {
    return file.getParent().getFileName() + "/" + file.getFileName();
  }

  private static String text(String resource) throws IOException {
    return Resources.toString(Resources.getResource(resource), UTF_8);
  }
}
