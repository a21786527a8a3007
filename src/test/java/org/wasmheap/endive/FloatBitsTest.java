package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;

/** What does not compute keeps all bits of a NaN, in the first call and in the 300th. */
@Timeout(60)
class FloatBitsTest {
  private static final int SIGNALLING_32 = 0x7FA0_0001;
  private static final long SIGNALLING_64 = 0xFFF4_0000_0000_0123L;

  @Test
  void moving_a_nan_keeps_its_bits_cold_and_warm() throws Exception {
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("float_bits"))) {
      for (int call = 0; call < 300; call++) {
        assertEquals(SIGNALLING_32, (int) Guests.call(executor, "memory32", SIGNALLING_32));
        assertEquals(SIGNALLING_64, Guests.call(executor, "memory64", SIGNALLING_64));
        assertEquals(SIGNALLING_64, Guests.call(executor, "moved64", SIGNALLING_64));
        assertEquals(0xFFA0_0001, (int) Guests.call(executor, "constant32"));
        assertEquals(0x7FF4_0000_0000_0123L, Guests.call(executor, "constant64"));
      }
    }
  }

  @Test
  void signs_are_set_and_all_else_is_kept_cold_and_warm() throws Exception {
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("float_bits"))) {
      for (int call = 0; call < 300; call++) {
        assertEquals(0xFFA0_0001, (int) Guests.call(executor, "neg32", SIGNALLING_32));
        assertEquals(SIGNALLING_64 ^ Long.MIN_VALUE, Guests.call(executor, "abs64", SIGNALLING_64));
        assertEquals(SIGNALLING_64 ^ Long.MIN_VALUE, Guests.call(executor, "neg64", SIGNALLING_64));
        assertEquals(
            SIGNALLING_64 ^ Long.MIN_VALUE, Guests.call(executor, "copysign64", SIGNALLING_64, 1));
      }
    }
  }
}
