package org.wasmheap.allocator;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;

/** What {@link AllocatorFuzzTest} holds for bytes that a fuzzer finds, for random ones. */
class HostileGuestProperties {
  /** Operations with enough operands; allocations and frees more often than others. */
  @Provide
  Arbitrary<byte[]> scripts() {
    Arbitrary<Byte> operations =
        Arbitraries.frequency(
            Tuple.of(6, (byte) 0),
            Tuple.of(2, (byte) 1),
            Tuple.of(6, (byte) 2),
            Tuple.of(1, (byte) 3),
            Tuple.of(1, (byte) 4),
            Tuple.of(3, (byte) 5),
            Tuple.of(1, (byte) 6),
            Tuple.of(1, (byte) 7));
    Arbitrary<Byte> operands = Arbitraries.bytes().withDistribution(RandomDistribution.uniform());
    Arbitrary<List<Byte>> steps = operations.flatMap(operation -> operandsOf(operation, operands));
    return steps
        .list()
        .ofMinSize(1)
        .ofMaxSize(60)
        .withSizeDistribution(RandomDistribution.uniform())
        .map(HostileGuestProperties::flatten);
  }

  private static Arbitrary<List<Byte>> operandsOf(byte operation, Arbitrary<Byte> operands) {
    int count =
        switch (operation) {
          case 3 -> 4;
          case 4 -> 10;
          case 5 -> 3;
          case 7 -> 0;
          default -> 1;
        };
    return operands
        .list()
        .ofSize(count)
        .map(
            list -> {
              list.add(0, operation);
              return list;
            });
  }

  private static byte[] flatten(List<List<Byte>> steps) {
    List<Byte> all = steps.stream().flatMap(List::stream).toList();
    byte[] script = new byte[all.size() + 3];
    script[0] = (byte) (all.size() % 8);
    script[1] = (byte) (all.size() % 3);
    script[2] = (byte) all.size();
    for (int i = 0; i < all.size(); i++) {
      script[i + 3] = all.get(i);
    }
    return script;
  }

  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void hostile_guests_meet_typed_faults_and_nothing_else(@ForAll("scripts") byte[] script) {
    HostileGuest.runTwice(script);
  }
}
