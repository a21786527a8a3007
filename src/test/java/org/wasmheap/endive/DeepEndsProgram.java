package org.wasmheap.endive;

import static org.wasmheap.guest.FailureKind.ALLOCATOR_FAULT;
import static org.wasmheap.guest.FailureKind.GROWTH_REFUSED;
import static org.wasmheap.guest.FailureKind.HOST_FUNCTION;
import static org.wasmheap.guest.FailureKind.STACK_OVERFLOW;
import static org.wasmheap.guest.FailureKind.TRAP;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapView;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.testkit.Guests;

/**
 * What {@link DeepEndsTest} runs in a JVM of its own: a guest that ends its calls in one way, at
 * each depth that the stack allows and beyond, from the deepest up. Nothing else has run before, so
 * all that this way needs for the first time, it needs where the stack ends.
 *
 * <p>Prints one line: what the calls ended with, what the same end gives afterwards at a depth of
 * one, and whether the JVM is whole.
 */
final class DeepEndsProgram {
  private static final String EXPORT = "attack";
  private static final int STACK_BYTES = 512 << 10;
  private static final int FIRST_DEPTH = 256;
  private static final int STEP = Integer.getInteger("step", 8);

  /** Ends in a row that are right, after which the stack is deep enough for all that follows. */
  private static final int ENOUGH = 40;

  private static final int AFTERWARDS = 100;

  /** What the guest can do at the bottom, by its number there, and how a call ends by it. */
  enum Way {
    GROWTH_BEYOND_THE_ENGINE(0, GROWTH_REFUSED),
    REQUEST_TOO_LARGE(1, ALLOCATOR_FAULT),
    HEADER_OVERWRITTEN(2, ALLOCATOR_FAULT),
    UNREACHABLE(3, TRAP),
    DIVISION_BY_ZERO(4, TRAP),
    LOAD_OUTSIDE(5, TRAP),
    STORE_OUTSIDE(6, TRAP),
    CALL_OUTSIDE_THE_TABLE(7, TRAP),
    CALL_OF_NOTHING(8, TRAP),
    CALL_OF_ANOTHER_TYPE(9, TRAP),
    FILL_OUTSIDE(10, TRAP),
    TABLE_COPY_OUTSIDE(11, TRAP),
    TABLE_INIT_OUTSIDE(12, TRAP),
    TABLE_GET_OUTSIDE(13, TRAP),
    MISSING_IMPORT(14, FailureKind.MISSING_IMPORT),
    HOST_FUNCTION_FAILS(15, HOST_FUNCTION),
    CALL_WITHIN_TRAPS(16, TRAP),
    HASH_OUTSIDE(17, TRAP),
    HASHES(18, null),
    LOGS(19, null),
    GROWTH_REFUSED_BY_POLICY(20, GROWTH_REFUSED),
    GROWTH_HEARD(21, null),
    /** None of them: to find out how deep the stack is. */
    NOTHING(22, null);

    private final int number;
    private final @Nullable FailureKind ending;

    Way(int number, @Nullable FailureKind ending) {
      this.number = number;
      this.ending = ending;
    }
  }

  private DeepEndsProgram() {}

  /** Goes the ways that are named. */
  public static void main(String[] args) throws Exception {
    AtomicReference<HeapExecutor<EndiveGuest>> pool = new AtomicReference<>();
    List<HostFunction> functions = new ArrayList<>(SubstrateHostFunctions.all());
    functions.add(
        HostFunction.env(
            "fails",
            List.of(),
            List.of(),
            (scope, arguments) -> {
              throw new IllegalStateException("the host is not well");
            }));
    functions.add(
        HostFunction.env(
            "calls_a_guest_that_traps",
            List.of(),
            List.of(),
            (scope, arguments) -> {
              call(pool.get(), Way.UNREACHABLE, 1);
              return 0;
            }));
    EndiveModule module =
        EndiveModule.load(
            Guests.wasm("deep_ends"), MemorySize::new, functions, BlockLimit.ON_CHAIN);
    GrowthPolicy policy = (heap, fromPages, toPages, cause) -> toPages != 100;
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(module)
            .workers(1)
            .stackBytes(STACK_BYTES)
            .defaultDeadline(Duration.ofSeconds(30))
            .growthPolicy(policy)
            .listener(new Listening())
            .build()) {
      pool.set(executor);
      executor.awaitReady(Duration.ofSeconds(30));
      for (String name : args) {
        go(executor, Way.valueOf(name));
      }
    }
  }

  /** A hook that fails, so that the way of its failure is walked, too. */
  private static final class Listening implements PoolListener {
    @Override
    public void grown(HeapView heap, int fromPages, int toPages, GrowthPolicy.Cause cause) {
      throw new IllegalStateException("the hook is not well");
    }

    @Override
    public void poisoned(HeapView heap, org.wasmheap.heap.PoisonReport report) {
      throw new IllegalStateException("the hook is not well");
    }
  }

  private static void go(HeapExecutor<EndiveGuest> executor, Way way) throws Exception {
    int depth = FIRST_DEPTH;
    while (endOf(executor, Way.NOTHING, depth) != STACK_OVERFLOW && depth < 1 << 20) {
      depth *= 2;
    }
    depth *= 4; // Compiled code needs less stack than what has run so far.
    Map<FailureKind, Integer> wrong = new EnumMap<>(FailureKind.class);
    int right = 0;
    int overflows = 0;
    for (; depth > 0 && right < ENOUGH && wrong.size() < 2; depth -= STEP) {
      FailureKind end = endOf(executor, way, depth);
      if (end == way.ending) {
        right++;
      } else {
        right = 0;
        if (end == STACK_OVERFLOW) {
          overflows++;
        } else if (end != null) {
          wrong.merge(end, 1, Integer::sum);
        }
      }
    }
    int afterwards = 0;
    for (int i = 0; i < AFTERWARDS; i++) {
      afterwards += endOf(executor, way, 1) == way.ending ? 1 : 0;
    }
    // The line that the test in the JVM that started this one reads.
    System.out.println(
        String.format(
            Locale.ROOT,
            "%s overflowed=%b wrong=%s afterwards=%d whole=%s",
            way,
            overflows > 0,
            wrong,
            afterwards,
            String.format("%,.2f %s", 1234.5, way.name().toLowerCase(Locale.ROOT)).length() > 8));
  }

  private static @Nullable FailureKind endOf(HeapExecutor<EndiveGuest> executor, Way way, int depth)
      throws InterruptedException {
    try {
      call(executor, way, depth);
      return null;
    } catch (CallException e) {
      return e.kind();
    }
  }

  private static void call(HeapExecutor<EndiveGuest> executor, Way way, int depth)
      throws InterruptedException {
    executor.call(CallOptions.named(EXPORT), guest -> guest.call(EXPORT, way.number, depth).length);
  }
}
