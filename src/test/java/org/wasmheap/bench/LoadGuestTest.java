package org.wasmheap.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.endive.EndiveGuest;

/** What benchmarks check is worth something only if it can come out otherwise. */
class LoadGuestTest {
  static Stream<LoadGuest> guests() {
    return Stream.of(
        LoadGuest.mebibyte(),
        LoadGuest.mebibyteOfRuntime(),
        LoadGuest.staticBuffer(),
        LoadGuest.table(100, false),
        LoadGuest.table(100, true));
  }

  @ParameterizedTest
  @MethodSource("guests")
  void a_fresh_instance_gives_the_sum_and_one_that_was_not_put_back_gives_another(LoadGuest guest) {
    // given
    PlainInstance instance = PlainModule.of(guest.wasm(), 2_000).fresh().instance();

    // when
    long first = instance.call(LoadGuest.ENTRY);
    long second = instance.call(LoadGuest.ENTRY);

    // then
    assertEquals(guest.sum(), first);
    assertNotEquals(guest.sum(), second);
  }

  @ParameterizedTest
  @MethodSource("guests")
  void an_instance_that_was_put_back_gives_the_sum_again(LoadGuest guest) throws Exception {
    // given
    BareGuest<EndiveGuest> bare = new BareGuest<>(guest.load());

    // when
    long first = bare.run(LoadGuest.call());
    bare.renew();
    long second = bare.run(LoadGuest.call());

    // then
    assertEquals(guest.sum(), first);
    assertEquals(guest.sum(), second);
  }
}
