package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.GuestFactory.Instance;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;

@Timeout(60)
class InstanceReplacementTest {
  private static byte[] contentOf(LinearMemory memory) {
    byte[] content = new byte[(int) memory.sizeInBytes()];
    memory.read(0, content, 0, content.length);
    return content;
  }

  @ParameterizedTest
  @ValueSource(strings = {"own_memory", "imported_memory", "start", "start_imported"})
  void instances_that_live_at_once_have_memories_of_their_own(String guest) throws Exception {
    // given
    EndiveModule module = Guests.load(guest);
    // when
    Instance<EndiveGuest> first = module.create();
    Instance<EndiveGuest> second = module.create();
    // then
    assertNotSame(first.memory(), second.memory());
    assertArrayEquals(contentOf(first.memory()), contentOf(second.memory()));
    assertEquals(1024, first.heapBase());
    assertEquals(1024, second.heapBase());
  }

  @ParameterizedTest
  @ValueSource(strings = {"own_memory", "imported_memory", "start", "start_imported"})
  void the_memory_of_a_discarded_instance_serves_a_later_one_pristine(String guest)
      throws Exception {
    // given
    EndiveModule module = Guests.load(guest);
    Instance<EndiveGuest> first = module.create();
    byte[] pristine = contentOf(first.memory());
    first.memory().grow(2);
    byte[] dirt = new byte[(int) first.memory().sizeInBytes()];
    Arrays.fill(dirt, (byte) 0xEE);
    first.memory().write(0, dirt, 0, dirt.length);
    // when
    LinearMemory memory = Objects.requireNonNull(first.discard());
    Instance<EndiveGuest> second = module.create(memory);
    // then
    assertSame(first.memory(), second.memory());
    assertArrayEquals(pristine, contentOf(second.memory()));
    assertNull(second.difference());
  }

  @Test
  void a_memory_of_another_module_is_not_taken() throws Exception {
    // given
    EndiveModule module = Guests.load("own_memory");
    LinearMemory other =
        Objects.requireNonNull(Guests.load("own_memory").create().discard(), "memory");
    // when
    Instance<EndiveGuest> instance = module.create(other);
    // then
    assertNotSame(other, instance.memory());
    assertNull(instance.difference());
  }

  @Test
  void a_worker_that_replaces_its_instance_needs_no_more_memory() throws Exception {
    // given
    EndiveModule module = Guests.load("own_memory");
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(module)) {
      Guests.run(executor, "dirty_all");
      fail(executor);
      Guests.run(executor, "dirty_all");
      long bytes = executor.statistics().materialisedBytes();
      for (int round = 0; round < 5; round++) {
        // when
        fail(executor);
        Guests.run(executor, "dirty_all");
        // then
        assertEquals(bytes, executor.statistics().materialisedBytes());
      }
      assertEquals(6, executor.statistics().replaced());
    }
  }

  private static void fail(HeapExecutor<EndiveGuest> executor) {
    CallException failure =
        assertThrows(
            CallException.class,
            () ->
                executor.call(
                    CallOptions.named("fails"),
                    guest -> {
                      guest.call("dirty_grown");
                      throw new IllegalStateException("on purpose");
                    }));
    assertTrue(failure.getMessage().contains("on purpose"), failure.getMessage());
  }
}
