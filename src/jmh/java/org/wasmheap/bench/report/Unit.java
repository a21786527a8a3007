package org.wasmheap.bench.report;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;

/** What the rows of a group are measured in, whatever their benchmarks say of themselves. */
enum Unit {
  NANOSECONDS("ns", Mode.AverageTime, TimeUnit.NANOSECONDS),
  MICROSECONDS("us", Mode.AverageTime, TimeUnit.MICROSECONDS),
  CALLS_A_SECOND("calls/s", Mode.Throughput, TimeUnit.SECONDS),
  BLOCKS_A_SECOND("blocks/s", Mode.Throughput, TimeUnit.SECONDS);

  final String text;
  final Mode mode;
  final TimeUnit time;

  Unit(String text, Mode mode, TimeUnit time) {
    this.text = text;
    this.mode = mode;
    this.time = time;
  }

  boolean moreIsBetter() {
    return mode == Mode.Throughput;
  }

  /** A number of calls a second in this unit. */
  double ofCallsASecond(double calls) {
    return moreIsBetter() ? calls : time.convert(1, TimeUnit.SECONDS) / calls;
  }
}
