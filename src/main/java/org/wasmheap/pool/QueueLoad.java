package org.wasmheap.pool;

import java.util.Map;
import org.wasmheap.pool.CallOptions.CallClass;

/** How many calls of each class wait and of all run, and how long the oldest has waited. */
record QueueLoad(Map<CallClass, Integer> waiting, int running, long longestWaitNanos) {
  int allWaiting() {
    int all = 0;
    for (int calls : waiting.values()) {
      all += calls;
    }
    return all;
  }
}
