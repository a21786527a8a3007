package org.wasmheap.allocator;

import static org.wasmheap.testkit.Property.assertHolds;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Simpler;

/** What {@link AllocatorFuzzTest} holds for bytes that a fuzzer finds, for random ones. */
class HostileGuestProperties {
  /** One operation of a {@link HostileGuest} with all its operands, each a byte. */
  record Act(int operation, List<Integer> operands) {
    Stream<Act> simpler() {
      return Simpler.plainer(operands, Simpler::numbers)
          .map(plainer -> new Act(operation, plainer));
    }
  }

  /** The parts of a script of a {@link HostileGuest}. */
  record Script(int shape, int heapBase, List<Act> acts) {
    byte[] bytes() {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      bytes.write(shape);
      bytes.write(heapBase >>> 8);
      bytes.write(heapBase);
      for (Act act : acts) {
        bytes.write(act.operation());
        act.operands().forEach(bytes::write);
      }
      return bytes.toByteArray();
    }

    Stream<Script> simpler() {
      Stream<Script> shorter =
          Simpler.lists(acts, Act::simpler).map(fewer -> new Script(shape, heapBase, fewer));
      Stream<Script> lower = Simpler.numbers(heapBase).map(base -> new Script(shape, base, acts));
      Stream<Script> plainer =
          Simpler.numbers(shape).map(other -> new Script(other, heapBase, acts));
      return Stream.concat(shorter, Stream.concat(lower, plainer));
    }
  }

  private static final Inputs<Script> SCRIPTS =
      Inputs.of(HostileGuestProperties::script, Script::simpler);

  private static Script script(Draws draws) {
    return new Script(
        draws.between(0, 7),
        draws.number(0, 0xFFFF),
        draws.list(1, 60, HostileGuestProperties::act));
  }

  /** Allocations, frees and forged headers more often than others. */
  private static Act act(Draws draws) {
    int operation = draws.weighted(6, 2, 6, 1, 1, 3, 1, 1);
    int operands =
        switch (operation) {
          case 3 -> 4;
          case 4 -> 10;
          case 5 -> 3;
          case 7 -> 0;
          default -> 1;
        };
    return new Act(operation, draws.list(operands, operands, each -> each.between(0, 0xFF)));
  }

  @Test
  void hostile_guests_meet_typed_faults_and_nothing_else() {
    assertHolds(1000, SCRIPTS, script -> HostileGuest.runTwice(script.bytes()));
  }
}
