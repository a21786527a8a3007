package org.wasmheap.bench;

import java.util.Arrays;
import java.util.List;
import org.wasmheap.runtime.RuntimeVersion;

/** What the results of calls must be. Each benchmark asks once, before anything is measured. */
final class Expected {
  private static final byte[] METADATA_MAGIC = {'m', 'e', 't', 'a'};
  private static final int METADATA_LENGTH_BYTES = 4;
  private static final int LEAST_METADATA_BYTES = 100_000;

  private Expected() {}

  /** That all are what an entry of Westend gives, and the same. */
  static void westend(String call, List<byte[]> results) {
    for (byte[] each : results) {
      westend(call, each);
      require(Arrays.equals(each, results.get(0)), call + " gave two different results");
    }
  }

  /** That it is what an entry of Westend gives. */
  static void westend(String call, byte[] result) {
    if (call.equals("Core_version")) {
      String name = RuntimeVersion.decode(result).specName();
      require(name.equals("westend"), call + " gave another spec_name");
      return;
    }
    int end = METADATA_LENGTH_BYTES + METADATA_MAGIC.length;
    require(
        result.length > LEAST_METADATA_BYTES
            && Arrays.equals(
                result, METADATA_LENGTH_BYTES, end, METADATA_MAGIC, 0, METADATA_MAGIC.length),
        call + " gave no metadata");
  }

  /** That a guest computed the sum that it must. */
  static void sum(long expected, Iterable<Long> found) {
    for (long each : found) {
      require(each == expected, "the guest computed " + each + ", not " + expected);
    }
  }

  static void require(boolean isRight, String otherwise) {
    if (!isRight) {
      throw new IllegalStateException(otherwise);
    }
  }
}
