package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.wasmheap.runtime.RuntimeEntry.Claim;
import org.wasmheap.runtime.RuntimeEntry.Use;
import org.wasmheap.testkit.Samples;

/** Which runtime makes room when some are prepared and blocks are on another. */
class RuntimeHoldsTest {
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
  private RuntimeRegistry<String> registry = new RuntimeRegistry<>(2, clock::get);

  private void roomFor(int most) {
    registry = new RuntimeRegistry<>(most, clock::get);
  }

  private Claim<String> ask(int number, Use use) {
    return registry.ask(RuntimeRegistryTest.key(number), Samples::code, use);
  }

  private static int numberOf(@Nullable RuntimeEntry<String> entry) {
    assertNotNull(entry);
    return Integer.parseInt(entry.key().codeHash().substring(2), 16);
  }

  private void loadNext(int expected) {
    RuntimeEntry<String> entry = registry.nextToLoad();
    assertEquals(expected, numberOf(entry));
    assertTrue(registry.loaded(entry, "runtime " + expected, false));
  }

  private void endNext(int expected) {
    RuntimeEntry<String> entry = registry.nextToEnd();
    assertEquals(expected, numberOf(entry));
    assertTrue(registry.gone(entry, null));
  }

  private Claim<String> ready(int number, Use use) {
    Claim<String> claim = ask(number, use);
    loadNext(number);
    assertNotNull(claim.granted);
    return claim;
  }

  private void use(int number, Use use) {
    Claim<String> claim = ask(number, use);
    if (claim.isPending()) {
      loadNext(number);
    }
    assertNotNull(claim.granted);
    registry.release(claim);
  }

  private void prepared(int number) {
    Claim<String> claim = ready(number, Use.PREPARATION);
    registry.prepared(claim);
    registry.release(claim);
  }

  @Test
  void one_that_was_prepared_stays_though_others_are_used_after_it() {
    // given
    use(1, Use.CALL);
    prepared(2);
    for (int i = 0; i < 5; i++) {
      use(1, Use.CALL);
    }
    // when
    ask(3, Use.CALL);
    // then
    endNext(1);
    loadNext(3);
    assertNull(registry.nextToEnd());
  }

  @Test
  void one_that_is_being_prepared_does_not_go_and_who_needs_its_room_waits() {
    // given
    roomFor(1);
    Claim<String> preparation = ready(1, Use.PREPARATION);
    // when
    Claim<String> block = ask(2, Use.BLOCK);
    // then
    assertNull(registry.nextToEnd());
    assertTrue(block.isPending());
    assertEquals(RuntimeFigures.State.READY, registry.snapshot().lines().get(0).state());
    // and in a pool of one it goes when it is prepared
    registry.prepared(preparation);
    registry.release(preparation);
    endNext(1);
    loadNext(2);
    assertNotNull(block.granted);
  }

  @Test
  void a_hold_ends_with_the_first_lease_of_somebody_else() {
    // given
    prepared(1);
    use(1, Use.CALL);
    use(2, Use.CALL);
    // when
    ask(3, Use.CALL);
    // then
    endNext(1);
  }

  @Test
  void a_hold_ends_after_an_hour() {
    // given
    prepared(1);
    use(2, Use.CALL);
    clock.addAndGet(RuntimeHolds.LONGEST_NANOS);
    // when
    ask(3, Use.CALL);
    // then
    endNext(1);
  }

  @Test
  void one_room_has_no_hold_and_the_oldest_hold_goes_first() {
    // given
    prepared(1);
    prepared(2);
    // when
    ask(3, Use.CALL);
    // then
    endNext(1);
    loadNext(3);
  }

  @Test
  void a_failed_preparation_holds_nothing() {
    // given
    registry.release(ready(1, Use.PREPARATION));
    use(2, Use.CALL);
    // when
    ask(3, Use.CALL);
    // then
    endNext(1);
  }

  @Test
  void calls_do_not_drive_out_what_blocks_are_on() {
    // given
    use(1, Use.BLOCK);
    Claim<String> old = ready(2, Use.CALL);
    // when
    Claim<String> other = ask(3, Use.CALL);
    Claim<String> another = ask(4, Use.CALL);
    // then the one in use goes, one after the other
    assertNull(registry.nextToEnd());
    registry.release(old);
    endNext(2);
    loadNext(3);
    registry.release(other);
    endNext(3);
    loadNext(4);
    assertNotNull(another.granted);
    assertNull(registry.nextToEnd());
  }

  @Test
  void what_blocks_are_on_moves_with_them() {
    // given
    use(1, Use.BLOCK);
    use(2, Use.BLOCK);
    // when
    ask(3, Use.CALL);
    // then
    endNext(1);
  }

  @Test
  void where_all_other_rooms_are_pinned_or_held_the_oldest_hold_goes_and_that_of_blocks_last() {
    // given
    roomFor(3);
    use(1, Use.BLOCK);
    prepared(2);
    use(3, Use.CALL);
    assertTrue(registry.pin(RuntimeRegistryTest.key(3)));
    // when
    use(2, Use.PREPARATION);
    ask(4, Use.CALL);
    // then
    endNext(2);
    loadNext(4);
    // and when that is pinned, too, nothing is left but what blocks are on
    assertTrue(registry.pin(RuntimeRegistryTest.key(4)));
    ask(5, Use.CALL);
    endNext(1);
  }

  @Test
  void a_block_comes_before_all_who_wait_otherwise_and_blocks_in_their_order() {
    // given
    roomFor(1);
    Claim<String> first = ready(1, Use.CALL);
    ask(2, Use.CALL);
    ask(3, Use.CALL);
    // when one comes for another runtime, and one for a runtime that waits
    ask(4, Use.BLOCK);
    ask(3, Use.BLOCK);
    registry.release(first);
    // then
    endNext(1);
    for (int expected : new int[] {4, 3, 2}) {
      RuntimeEntry<String> next = registry.nextToLoad();
      assertEquals(expected, numberOf(next));
      registry.notLoaded(next, new IllegalStateException("no"), BackOff.Blame.HOST);
    }
  }
}
