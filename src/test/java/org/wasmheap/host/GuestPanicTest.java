package org.wasmheap.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.Samples;

/** The words of a guest that panics, and where they come from. */
class GuestPanicTest {
  private static final String LOG = "ext_logging_log_version_1";
  private static final String PRINT = "ext_misc_print_utf8_version_1";
  private static final String ABORT = "ext_panic_handler_abort_on_panic_version_1";

  private static final int ERROR = 0;
  private static final int AT = 2048;

  private final HostCalls calls = new HostCalls();

  @AfterEach
  void shutDown() {
    calls.close();
  }

  @Test
  void a_failure_says_what_the_guest_logged_before_it_trapped() {
    // given a runtime that logs its panic as Substrate's do
    SubstrateRuntime sample = Samples.load(HeapStrategy.ofDynamic(64));
    try (HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(sample).workers(1).build()) {
      // when
      CallException failure =
          assertThrows(
              CallException.class,
              () ->
                  executor.call(CallOptions.named("test"), sample.call("test_panic", new byte[3])));
      // then
      assertEquals(FailureKind.TRAP, failure.kind());
      assertTrue(
          failure.getMessage().contains("asked to panic, with 3 bytes of input"),
          failure::getMessage);
    }
  }

  @Test
  void words_are_escaped_in_the_failure() {
    // when
    CallException failure = endedWith("panic", "first\nsecond \u202eline\u001b[2J");
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(
        failure.getMessage().contains("the guest said: first\\nsecond \\u{202e}line\\u{1b}[2J ("),
        failure::getMessage);
  }

  @ParameterizedTest
  @ValueSource(strings = {"panic", "abort"})
  void a_failure_has_no_more_words_than_fit_a_message(String export) {
    // when
    CallException failure = endedWith(export, "\u0007".repeat(60_000));
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(failure.getMessage().contains("the guest said: \\u{7}\\u{7}"), failure.getMessage());
    assertTrue(failure.getMessage().length() < 1_500, failure.getMessage());
  }

  @Test
  void an_abort_of_a_guest_is_its_trap() {
    // when
    CallException failure = endedWith("abort", "panicked at lib.rs");
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(
        failure.getMessage().contains("trap: the guest said: panicked at lib.rs (abort);"),
        failure.getMessage());
  }

  /** Lets a guest of the engine end with words that lie in its memory. */
  private static CallException endedWith(String export, String words) {
    HostFunction[] functions = SubstrateHostFunctions.all().toArray(HostFunction[]::new);
    byte[] bytes = words.getBytes(UTF_8);
    try (HeapExecutor<EndiveGuest> executor =
        Guests.onOneWorker(Guests.load("last_words", functions))) {
      return assertThrows(
          CallException.class,
          () ->
              executor.call(
                  CallOptions.named(export),
                  guest -> {
                    guest.heap().write(AT, bytes);
                    return guest.call(export, new PointerSize(AT, bytes.length).packed());
                  }));
    }
  }

  @Test
  void the_last_words_count() throws Exception {
    calls.call(
        null,
        guest -> {
          guest.run(LOG, ERROR, "target", "first");
          guest.run(PRINT, "second");
          assertEquals("second", guest.words());
          guest.run(LOG, ERROR, "target", "third");
          assertEquals("third", guest.words());
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, -1})
  void words_of_another_level_are_no_error(int level) throws Exception {
    calls.call(
        null,
        guest -> {
          guest.run(LOG, level, "target", "message");
          guest.run("ext_misc_print_hex_version_1", "bytes");
          guest.run("ext_misc_print_num_version_1", 1L);
          assertNull(guest.words());
          return null;
        });
  }

  @Test
  void an_abort_is_the_guests_trap_with_the_text_that_it_hands_over() {
    // when
    CallException failure =
        assertThrows(
            CallException.class,
            () -> calls.call(null, guest -> guest.run(ABORT, "panicked\n\u001b[2J")));
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(failure.isDeterministic());
    assertTrue(
        failure.getMessage().contains("the guest said: panicked\\n\\u{1b}[2J (abort)"),
        failure::getMessage);
  }

  @Test
  void an_abort_brings_what_the_guest_said_before_if_it_said_anything() {
    // when
    CallException failure =
        assertThrows(
            CallException.class,
            () ->
                calls.call(
                    null,
                    guest -> {
                      guest.run(LOG, ERROR, "target", "the real reason");
                      return guest.run(ABORT, "aborting");
                    }));
    // then
    assertTrue(
        failure.getMessage().contains("the guest said: the real reason (abort)"),
        failure::getMessage);
  }
}
