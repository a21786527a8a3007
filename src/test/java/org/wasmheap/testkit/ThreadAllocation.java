package org.wasmheap.testkit;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** How much a piece of work allocates on the thread that runs it, freed or not. */
public final class ThreadAllocation {
  /**
   * Reflection asks by code that it generates while it is asked: on JDK 17 some 24 KB at question
   * 15, on 25 some 70 KB at question 127. So these come first.
   */
  private static final int WARM_UP = 256;

  static {
    for (int i = 0; i < WARM_UP; i++) {
      allocated();
    }
  }

  private ThreadAllocation() {}

  /** Bytes that {@code work} allocates on this thread, with a few hundred for the question. */
  public static long bytesOf(Runnable work) {
    // Asked twice before, so that the machinery of asking is in place.
    allocated();
    long before = allocated();
    work.run();
    return allocated() - before;
  }

  /** Bytes that this thread has allocated so far; asking takes a few hundred. */
  public static long allocated() {
    try {
      return (long)
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName(ManagementFactory.THREAD_MXBEAN_NAME),
                  "getThreadAllocatedBytes",
                  new Object[] {Thread.currentThread().getId()},
                  new String[] {"long"});
    } catch (JMException e) {
      throw new IllegalStateException("this JVM does not count allocated bytes", e);
    }
  }
}
