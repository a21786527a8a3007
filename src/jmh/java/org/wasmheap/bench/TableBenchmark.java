package org.wasmheap.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.guest.GuestCall;

/**
 * A small call at 21 pages and the reset after it, with a small table and with a large one, left as
 * it is or changed at one entry. The large one is held against the small one.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="TableBenchmark"}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class TableBenchmark {
  /** Entries of the guest's table. */
  @Param({"100", "100000"})
  public int entries;

  /** Whether the call puts another function into one entry. */
  @Param({"false", "true"})
  public boolean changed;

  private final GuestCall<EndiveGuest, Long> work = LoadGuest.call();
  private BareGuest<EndiveGuest> guest;

  /** Loads the guest, and checks what it computes: the second time on an instance put back. */
  @Setup
  public void setUp() throws Exception {
    LoadGuest load = LoadGuest.table(entries, changed);
    guest = new BareGuest<>(load.load(MemorySize::new));
    Expected.sum(load.sum(), List.of(callAndReset(), callAndReset()));
  }

  /** The call, and the reset after it. */
  @Benchmark
  public long callAndReset() throws Exception {
    long sum = guest.run(work);
    guest.renew();
    return sum;
  }
}
