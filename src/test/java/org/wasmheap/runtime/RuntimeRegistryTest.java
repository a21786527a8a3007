package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.runtime.BackOff.Blame;
import org.wasmheap.runtime.LeaseRefusal.Kind;
import org.wasmheap.runtime.RuntimeEntry.Claim;
import org.wasmheap.runtime.RuntimeFigures.State;
import org.wasmheap.testkit.Samples;

/** The books of a pool, without threads: what is loaded is a text. */
class RuntimeRegistryTest {
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
  private final RuntimeRegistry<String> registry = new RuntimeRegistry<>(2, clock::get);

  static RuntimeKey key(int number) {
    return new RuntimeKey("0x%064x".formatted(number), HeapStrategy.ofStatic(8));
  }

  private Claim<String> ask(int number) {
    return registry.ask(key(number), Samples::code);
  }

  /** Loads what is to be loaded next. */
  private RuntimeEntry<String> loadNext(int expected) {
    RuntimeEntry<String> entry = registry.nextToLoad();
    assertNotNull(entry, "nothing is to be loaded, but " + expected + " should be");
    assertEquals(key(expected), entry.key());
    assertTrue(registry.loaded(entry, "runtime " + expected, false));
    return entry;
  }

  /** Ends what is to be ended next. */
  private void endNext(int expected) {
    RuntimeEntry<String> entry = registry.nextToEnd();
    assertNotNull(entry, "nothing is to be ended, but " + expected + " should be");
    assertEquals(key(expected), entry.key());
    assertTrue(registry.gone(entry, null));
  }

  private Claim<String> ready(int number) {
    Claim<String> claim = ask(number);
    loadNext(number);
    assertEquals("runtime " + number, claim.granted);
    return claim;
  }

  private State stateOf(int number) {
    return registry.snapshot().lines().stream()
        .filter(line -> line.key().equals(key(number)))
        .findFirst()
        .orElseThrow()
        .state();
  }

  private void give(Claim<String> claim) {
    registry.release(claim);
  }

  private static Kind refusalOf(Claim<?> claim) {
    LeaseRefusal refusal = claim.refusal;
    assertNotNull(refusal);
    return refusal.kind();
  }

  @Test
  void all_who_ask_for_a_runtime_share_one_load_and_have_it_at_once() {
    // given
    Claim<String> one = ask(1);
    Claim<String> other = ask(1);
    // when
    loadNext(1);
    // then
    assertEquals("runtime 1", one.granted);
    assertEquals("runtime 1", other.granted);
    assertNull(registry.nextToLoad());
    assertEquals("runtime 1", ask(1).granted);
  }

  @Test
  void the_one_that_was_used_longest_ago_goes() {
    // given two, of which the older was used again
    give(ready(1));
    give(ready(2));
    give(ask(1));
    // when
    Claim<String> third = ask(3);
    // then its room is free when it has ended, and not before
    assertEquals(State.WAITING, stateOf(3));
    assertNull(registry.nextToLoad());
    endNext(2);
    loadNext(3);
    assertEquals("runtime 3", third.granted);
    assertEquals(State.READY, stateOf(1));
  }

  @Test
  void an_idle_one_goes_before_one_in_use_that_was_leased_longer_ago() {
    // given
    Claim<String> inUse = ready(1);
    give(ready(2));
    // when
    ask(3);
    // then
    endNext(2);
    assertEquals(State.READY, stateOf(1));
    give(inUse);
  }

  @Test
  void a_pinned_one_stays_though_it_was_used_longest_ago() {
    // given
    give(ready(1));
    give(ready(2));
    assertTrue(registry.pin(key(1)));
    // when
    ask(3);
    // then
    endNext(2);
  }

  @Test
  void when_all_are_pinned_a_further_one_is_refused_at_once() {
    // given
    give(ready(1));
    give(ready(2));
    assertTrue(registry.pin(key(1)));
    assertTrue(registry.pin(key(2)));
    // when
    Claim<String> refused = ask(3);
    // then
    assertEquals(Kind.ALL_PINNED, refusalOf(refused));
    assertFalse(registry.pin(key(3)), "no more can be pinned than there is room for");
    registry.unpin(key(2));
    ask(3);
    endNext(2);
  }

  @Test
  void what_waits_behind_pinned_ones_goes_on_when_one_is_unpinned() {
    // given
    give(ready(1));
    Claim<String> loading = ask(2);
    registry.pin(key(1));
    Claim<String> waiting = ask(3);
    loadNext(2);
    give(loading);
    assertNotNull(registry.nextToEnd(), "2 goes");
    // when another waits
    Claim<String> further = ask(4);
    assertNull(registry.nextToEnd());
    registry.unpin(key(1));
    // then
    endNext(1);
    loadNext(3);
    assertNotNull(waiting.granted);
    assertTrue(further.isPending());
  }

  @Test
  void for_one_that_waits_one_goes_and_no_more() {
    // given
    give(ready(1));
    give(ready(2));
    // when many ask for it
    ask(3);
    ask(3);
    // then
    assertNotNull(registry.nextToEnd());
    assertNull(registry.nextToEnd());
    assertEquals(State.READY, stateOf(2));
    assertEquals(1, registry.snapshot().totals().draining());
  }

  @Test
  void one_that_drains_gives_no_lease_and_ends_with_its_last_one() {
    // given
    Claim<String> one = ready(1);
    Claim<String> other = ask(1);
    give(ready(2));
    registry.pin(key(2));
    Claim<String> third = ask(3);
    assertEquals(State.DRAINING, stateOf(1));
    // when it is asked for again
    Claim<String> again = ask(1);
    // then
    assertTrue(again.isPending());
    give(one);
    give(one);
    assertNull(registry.nextToEnd(), "a lease is ended once");
    give(other);
    endNext(1);
    loadNext(3);
    assertNotNull(third.granted);
    assertTrue(again.isPending());
  }

  @Test
  void those_that_wait_come_in_their_order_and_each_load_serves_all_its_callers() {
    // given room for two, and four that are asked for
    Claim<String> one = ask(1);
    Claim<String> two = ask(2);
    Claim<String> three = ask(3);
    Claim<String> four = ask(4);
    // when the first is ready, it goes as soon as it is served
    loadNext(1);
    assertEquals(State.DRAINING, stateOf(1));
    give(one);
    loadNext(2);
    endNext(1);
    loadNext(3);
    give(two);
    endNext(2);
    loadNext(4);
    // then
    assertNotNull(three.granted);
    assertNotNull(four.granted);
    assertNull(registry.nextToEnd(), "nobody waits");
  }

  @Test
  void what_nobody_waits_for_any_more_takes_no_room() throws Exception {
    // given
    give(ready(1));
    Claim<String> held = ready(2);
    registry.pin(key(1));
    Claim<String> waiting = ask(3);
    // when its caller's time is over
    registry.await(waiting, System.nanoTime());
    // then
    assertEquals(Kind.NO_ROOM, refusalOf(waiting));
    assertEquals(2, registry.snapshot().lines().size());
    give(held);
    endNext(2);
    assertNull(registry.nextToLoad());
  }

  @Test
  void a_load_goes_on_when_its_only_caller_stops_waiting() throws Exception {
    // given
    Claim<String> claim = ask(1);
    registry.await(claim, System.nanoTime());
    // when
    loadNext(1);
    // then
    assertEquals(Kind.NOT_LOADED_YET, refusalOf(claim));
    assertNull(claim.granted);
    assertEquals("runtime 1", ask(1).granted);
  }

  @Test
  void an_interrupted_caller_has_nothing_and_others_wait_on() {
    // given
    Claim<String> interrupted = ask(1);
    Claim<String> other = ask(1);
    Thread.currentThread().interrupt();
    // when
    assertThrows(InterruptedException.class, () -> registry.await(interrupted, Long.MAX_VALUE / 2));
    // then
    loadNext(1);
    assertNull(interrupted.granted);
    assertNotNull(other.granted);
    give(other);
    assertTrue(registry.evict(key(1)));
    endNext(1);
  }

  private void failNext(Throwable cause, boolean isCodesDoing) {
    RuntimeEntry<String> entry = registry.nextToLoad();
    assertNotNull(entry);
    registry.notLoaded(entry, cause, isCodesDoing ? Blame.CODE : Blame.HOST);
  }

  @Test
  void a_failed_load_is_told_to_all_and_not_tried_again_until_its_back_off_is_over() {
    // given
    Claim<String> one = ask(1);
    Claim<String> other = ask(1);
    IllegalArgumentException cause = new IllegalArgumentException("does not fit");
    // when
    failNext(cause, true);
    // then each has an exception of his own
    LeaseRefusal told = one.refusal;
    assertNotNull(told);
    assertSame(told, other.refusal);
    RuntimeException thrown = told.toException();
    assertInstanceOf(IllegalArgumentException.class, thrown);
    assertEquals("does not fit", thrown.getMessage());
    assertSame(cause, thrown.getCause());
    assertNotSame(thrown, told.toException());
    // and then, as long as its time has not come
    clock.addAndGet(BackOff.SHORTEST_NANOS - 500_000_000);
    Claim<String> late = ask(1);
    assertEquals(Kind.BACKING_OFF, refusalOf(late));
    assertEquals(
        "does not fit; that was a while ago, and it is not tried again for another 0.5 s",
        messageOf(late));
    assertEquals(State.FAILED, stateOf(1));
    assertNull(registry.nextToLoad());
    // and then again
    clock.addAndGet(500_000_000);
    Claim<String> tried = ask(1);
    loadNext(1);
    assertNotNull(tried.granted);
    assertEquals(State.READY, stateOf(1));
  }

  private static String messageOf(Claim<?> claim) {
    LeaseRefusal refusal = claim.refusal;
    assertNotNull(refusal);
    return String.valueOf(refusal.toException().getMessage());
  }

  private long backOffAfterFailure(boolean isCodesDoing) {
    Claim<String> asked = ask(1);
    assertNull(asked.refusal, "it is tried");
    failNext(new IllegalStateException("no"), isCodesDoing);
    LeaseRefusal refusal = ask(1).refusal;
    assertNotNull(refusal);
    clock.addAndGet(refusal.retryNanos());
    return refusal.retryNanos() / BackOff.SHORTEST_NANOS;
  }

  @Test
  void a_back_off_doubles_up_to_five_minutes_and_is_short_where_the_code_is_not_to_blame() {
    for (long seconds : new long[] {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
      assertEquals(seconds, backOffAfterFailure(true));
    }
    assertEquals(1, backOffAfterFailure(false));
    assertEquals(1, backOffAfterFailure(false));
    assertEquals(2, backOffAfterFailure(true));
  }

  @Test
  void only_so_many_failures_are_kept() {
    // when
    for (int i = 1; i <= BackOff.MOST_FAILURES + 10; i++) {
      ask(i);
      failNext(new IllegalStateException("no"), true);
    }
    // then
    assertEquals(BackOff.MOST_FAILURES, registry.snapshot().lines().size());
    assertTrue(ask(1).isPending(), "the oldest is forgotten");
    assertEquals(Kind.BACKING_OFF, refusalOf(ask(BackOff.MOST_FAILURES + 10)));
    assertEquals(BackOff.MOST_FAILURES + 10, registry.snapshot().totals().failed());
  }

  @Test
  void a_failed_load_gives_its_room_to_the_next() {
    // given
    ask(1);
    ask(2);
    Claim<String> third = ask(3);
    // when
    failNext(new IllegalStateException("no"), true);
    // then
    loadNext(2);
    loadNext(3);
    assertNotNull(third.granted);
  }

  @Test
  void closing_refuses_all_and_names_what_is_to_be_ended() {
    // given one in each state
    Claim<String> held = ready(1);
    Claim<String> loading = ask(2);
    RuntimeEntry<String> entry = registry.nextToLoad();
    assertNotNull(entry);
    Claim<String> waiting = ask(3);
    assertEquals(State.DRAINING, stateOf(1));
    // when
    var left = registry.close();
    // then
    assertEquals(1, left.size());
    assertEquals(Kind.CLOSED, refusalOf(loading));
    assertEquals(Kind.CLOSED, refusalOf(waiting));
    Claim<String> late = ask(1);
    CallException thrown = assertInstanceOf(CallException.class, exceptionOf(late));
    assertEquals(FailureKind.SHUTDOWN, thrown.kind());
    assertFalse(registry.loaded(entry, "late", false), "what is loaded now is nobody's");
    give(held);
    assertNull(registry.nextToEnd());
    assertTrue(registry.gone(left.get(0), null));
    assertFalse(registry.gone(left.get(0), null));
    assertEquals(0, registry.snapshot().occupied());
    assertEquals(0, registry.close().size());
  }

  private static @Nullable RuntimeException exceptionOf(Claim<?> claim) {
    LeaseRefusal refusal = claim.refusal;
    return refusal == null ? null : refusal.toException();
  }
}
