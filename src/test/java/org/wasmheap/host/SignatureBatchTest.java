package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.host.CryptoVectors.Signed;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.ScopeGuests;

/** Batches of signatures, as a guest opens and closes them. */
class SignatureBatchTest {
  private static final String START = "start_batch_verify_version_1";
  private static final String FINISH = "finish_batch_verify_version_1";

  private static final HeapExecutor<CallScope> EXECUTOR =
      HeapExecutor.builder(ScopeGuests.withPages(2)).workers(1).build();

  @AfterAll
  static void shutDown() {
    EXECUTOR.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "sr25519", "ecdsa"})
  void a_batch_is_right_if_all_its_signatures_are(String scheme) throws Exception {
    // when
    List<Boolean> answers =
        call(
            scope -> {
              CryptoCalls.run(scope, START);
              boolean one = batched(scope, scheme, "right");
              boolean another = batched(scope, scheme, "right, 1 bytes");
              return List.of(one, another, finish(scope));
            });
    // then
    assertEquals(List.of(true, true, true), answers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "sr25519", "ecdsa"})
  void a_wrong_signature_is_told_at_once_and_spoils_its_batch_alone(String scheme)
      throws Exception {
    // when
    List<Boolean> answers =
        call(
            scope -> {
              CryptoCalls.run(scope, START);
              boolean wrong = batched(scope, scheme, "another message");
              boolean right = batched(scope, scheme, "right");
              boolean first = finish(scope);
              CryptoCalls.run(scope, START);
              boolean next = batched(scope, scheme, "right");
              return List.of(wrong, right, first, next, finish(scope));
            });
    // then
    assertEquals(List.of(false, true, false, true, true), answers);
  }

  @Test
  void without_an_open_batch_a_signature_is_verified_all_the_same() throws Exception {
    // when
    List<Boolean> answers =
        call(
            scope -> {
              boolean wrong = batched(scope, "sr25519", "another message");
              boolean right = batched(scope, "sr25519", "right");
              CryptoCalls.run(scope, START);
              return List.of(wrong, right, finish(scope));
            });
    // then
    assertEquals(List.of(false, true, true), answers);
  }

  @Test
  void what_is_verified_beside_the_batch_is_no_part_of_it() throws Exception {
    // when
    List<Boolean> answers =
        call(
            scope -> {
              CryptoCalls.run(scope, START);
              boolean wrong =
                  verify(scope, "sr25519_verify_version_2", "sr25519", "another message");
              return List.of(wrong, finish(scope));
            });
    // then
    assertEquals(List.of(false, true), answers);
  }

  @Test
  void a_batch_inside_another_is_the_guests_trap() {
    // when
    var failure =
        assertThrows(
            CallException.class,
            () ->
                call(
                    scope -> {
                      CryptoCalls.run(scope, START);
                      return CryptoCalls.run(scope, START);
                    }));
    // then
    assertTrap("a batch of signatures was started inside another", failure);
  }

  @Test
  void to_finish_what_was_never_started_is_the_guests_trap() {
    // when
    var failure =
        assertThrows(CallException.class, () -> call(scope -> CryptoCalls.run(scope, FINISH)));
    // then
    assertTrap("a batch of signatures was finished that was never started", failure);
  }

  @Test
  void a_batch_is_finished_once() {
    // when
    var failure =
        assertThrows(
            CallException.class,
            () ->
                call(
                    scope -> {
                      CryptoCalls.run(scope, START);
                      CryptoCalls.run(scope, FINISH);
                      return CryptoCalls.run(scope, FINISH);
                    }));
    // then
    assertTrap("a batch of signatures was finished that was never started", failure);
  }

  @Test
  void a_batch_that_is_left_open_ends_with_its_call() throws Exception {
    // given
    call(
        scope -> {
          CryptoCalls.run(scope, START);
          return batched(scope, "sr25519", "another message");
        });
    // when
    boolean next =
        call(
            scope -> {
              CryptoCalls.run(scope, START);
              return finish(scope);
            });
    // then
    assertTrue(next);
  }

  private static void assertTrap(String message, CallException failure) {
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(failure.isDeterministic());
    assertTrue(failure.getMessage().contains(message), failure.getMessage());
  }

  private static boolean finish(CallScope scope) throws Exception {
    return CryptoCalls.run(scope, FINISH) == 1;
  }

  private static boolean batched(CallScope scope, String scheme, String vector) throws Exception {
    return verify(scope, scheme + "_batch_verify_version_1", scheme, vector);
  }

  private static boolean verify(CallScope scope, String name, String scheme, String vector)
      throws Exception {
    Signed row = CryptoVectors.signed(scheme, vector);
    return CryptoCalls.verify(scope, name, row.signature(), row.message(), row.key());
  }

  private static <T> T call(GuestCall<CallScope, T> call) throws Exception {
    return EXECUTOR.call(CallOptions.named("test"), call);
  }
}
