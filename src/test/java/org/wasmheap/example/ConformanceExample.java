package org.wasmheap.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.wasmheap.conformance.MemoryFactory;
import org.wasmheap.conformance.TraceReader;
import org.wasmheap.conformance.TraceReplay;
import org.wasmheap.conformance.VectorReplay;

/** The example of {@code conformance/README.md}: what stands between the markers is there. */
final class ConformanceExample {
  private ConformanceExample() {}

  /** What differs from the reference, one text for each file or operation. */
  static List<String> differences(MemoryFactory memories) throws IOException {
    List<String> differences = new ArrayList<>();
    // example begins
    ClassLoader files = VectorReplay.class.getClassLoader();
    List<String> names;
    try (InputStream index = files.getResourceAsStream("conformance/index.txt")) {
      names = new String(index.readAllBytes(), UTF_8).lines().toList();
    }
    for (String name : names) {
      try (InputStream file = files.getResourceAsStream(name);
          Reader text =
              new BufferedReader(new InputStreamReader(new GZIPInputStream(file), UTF_8))) {
        if (name.startsWith("traces/")) {
          differences.addAll(TraceReplay.run(TraceReader.read(text), memories));
        } else {
          VectorReplay.Result result = VectorReplay.run(text, memories);
          if (result.mismatches() > 0) {
            differences.add(name + ": " + result.firstDivergence());
          }
        }
      }
    }
    // example ends
    return differences;
  }
}
