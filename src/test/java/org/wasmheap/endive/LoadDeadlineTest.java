package org.wasmheap.endive;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.endive.EndiveModule.MemorySizing;
import org.wasmheap.endive.ModuleRefusedException.Reason;
import org.wasmheap.testkit.Guests;

/** A load ends in time, whatever it does; what it comes to reaches its caller. */
@Timeout(60)
class LoadDeadlineTest {
  private static final Duration SOON = Duration.ofMillis(100);
  private static final Duration LONG = Duration.ofSeconds(30);

  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch leave = new CountDownLatch(1);

  /** Part of a load that does not look for interrupts, as parser and compiler do not. */
  private final MemorySizing deaf =
      (initial, maximum) -> {
        entered.countDown();
        assertTrue(Uninterruptibles.awaitUninterruptibly(leave, 30, SECONDS));
        return new MemorySize(initial, maximum);
      };

  private static EndiveModule load(String guest, MemorySizing sizing, Duration deadline) {
    return EndiveModule.load(
        Guests.wasm(guest),
        sizing,
        List.of(),
        BlockLimit.ON_CHAIN,
        LoadOptions.DEFAULT.withDeadline(deadline));
  }

  private static ModuleRefusedException refusal(
      String guest, MemorySizing sizing, Duration deadline) {
    return assertThrows(ModuleRefusedException.class, () -> load(guest, sizing, deadline));
  }

  @AfterEach
  void nothingIsLeftBehind() {
    leave.countDown();
    await().until(() -> TimedLoad.countGivenUp() == 0);
  }

  @Test
  void a_start_function_that_never_ends_is_refused_at_the_deadline_and_ended() {
    // when
    ModuleRefusedException refusal = refusal("start_loop", MemorySize::new, SOON);
    // then
    assertEquals(Reason.DEADLINE, refusal.reason());
    assertEquals("module refused: it was not loaded within 100 ms", refusal.getMessage());
    assertFalse(refusal.isDeterministic());
    await().until(() -> TimedLoad.countGivenUp() == 0);
  }

  @Test
  void a_load_that_does_not_react_is_refused_at_the_deadline_all_the_same() {
    // when
    ModuleRefusedException refusal = refusal("own_memory", deaf, SOON);
    // then
    assertEquals(Reason.DEADLINE, refusal.reason());
    assertEquals(1, TimedLoad.countGivenUp());
  }

  @Test
  void no_load_begins_while_two_that_were_given_up_still_run() throws Exception {
    // given
    giveUpLoadThatDoesNotReact();
    assertEquals(1, load("start_counts", MemorySize::new, LONG).initialPages());
    giveUpLoadThatDoesNotReact();
    // when
    ModuleRefusedException refusal = refusal("own_memory", MemorySize::new, LONG);
    // then
    assertEquals(Reason.BUSY, refusal.reason());
    assertEquals(
        "module refused: 2 loads that were given up before still run", refusal.getMessage());
    // when they have ended
    leave.countDown();
    await().until(() -> TimedLoad.countGivenUp() == 0);
    // then
    assertEquals(1, load("start_counts", MemorySize::new, LONG).initialPages());
  }

  /** By an interrupt, once it has come to where it does not react, however long that takes. */
  private void giveUpLoadThatDoesNotReact() throws InterruptedException {
    CountDownLatch deafNow = new CountDownLatch(1);
    MemorySizing sizing =
        (initial, maximum) -> {
          deafNow.countDown();
          return deaf.size(initial, maximum);
        };
    Thread loader = new Thread(() -> refusal("own_memory", sizing, LONG));
    loader.start();
    assertTrue(deafNow.await(30, SECONDS));
    loader.interrupt();
    loader.join(30_000);
    assertFalse(loader.isAlive());
  }

  @ParameterizedTest
  @ValueSource(strings = {"own_memory", "start_loop"})
  void an_interrupt_of_the_caller_ends_the_load_at_once_and_is_not_the_modules_fault(String guest)
      throws Exception {
    // given
    MemorySizing sizing = guest.equals("start_loop") ? signalling() : deaf;
    AtomicReference<ModuleRefusedException> refused = new AtomicReference<>();
    AtomicReference<Boolean> flag = new AtomicReference<>();
    Thread loader =
        new Thread(
            () -> {
              refused.set(refusal(guest, sizing, LONG));
              flag.set(Thread.currentThread().isInterrupted());
            });
    loader.start();
    assertTrue(entered.await(30, SECONDS));
    // when
    loader.interrupt();
    loader.join(30_000);
    // then
    assertFalse(loader.isAlive());
    assertEquals(Reason.INTERRUPTED, refused.get().reason());
    assertTrue(flag.get());
  }

  private MemorySizing signalling() {
    return (initial, maximum) -> {
      entered.countDown();
      return new MemorySize(initial, maximum);
    };
  }

  @Test
  void a_caller_that_is_interrupted_already_begins_no_load() {
    // given
    Thread.currentThread().interrupt();
    // when
    ModuleRefusedException refusal = refusal("own_memory", signalling(), LONG);
    // then
    assertEquals(Reason.INTERRUPTED, refusal.reason());
    assertTrue(Thread.interrupted());
    assertEquals(1, entered.getCount());
  }

  @Test
  void what_a_load_throws_reaches_its_caller_as_it_is() {
    List<Throwable> thrown = new ArrayList<>();
    thrown.add(new OutOfMemoryError("on cue"));
    thrown.add(new NoClassDefFoundError("on cue"));
    thrown.add(new IllegalArgumentException("on cue"));
    for (Throwable each : thrown) {
      // given
      MemorySizing failing =
          (initial, maximum) -> {
            if (each instanceof Error error) {
              throw error;
            }
            throw (RuntimeException) each;
          };
      // when
      Throwable caught = assertThrows(Throwable.class, () -> load("own_memory", failing, LONG));
      // then
      assertSame(each, caught);
    }
    assertEquals(
        Reason.TOO_LARGE, refusal("refused_start_recursion", MemorySize::new, LONG).reason());
  }

  @Test
  void a_load_runs_on_a_thread_of_its_own_with_the_callers_class_loader() {
    // given
    AtomicReference<Thread> seen = new AtomicReference<>();
    AtomicReference<ClassLoader> classes = new AtomicReference<>();
    ClassLoader own = new ClassLoader() {};
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(own);
    try {
      // when
      load(
          "own_memory",
          (initial, maximum) -> {
            seen.set(Thread.currentThread());
            classes.set(Thread.currentThread().getContextClassLoader());
            return new MemorySize(initial, maximum);
          },
          LONG);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
    // then
    assertNotSame(Thread.currentThread(), seen.get());
    assertTrue(seen.get().isDaemon());
    assertSame(own, classes.get());
  }

  @Test
  void a_start_function_that_is_interrupted_later_is_no_fault_of_the_module() throws Exception {
    // given an instance that loading made, and one after it
    EndiveModule module = load("start_counts", MemorySize::new, LONG);
    module.create();
    // when
    Thread.currentThread().interrupt();
    ModuleRefusedException refusal = assertThrows(ModuleRefusedException.class, module::create);
    // then
    assertTrue(Thread.interrupted());
    assertEquals(Reason.INTERRUPTED, refusal.reason());
    assertEquals(1024, module.create().heapBase());
  }
}
