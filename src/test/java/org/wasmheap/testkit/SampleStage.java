package org.wasmheap.testkit;

import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;
import run.endive.wasm.types.ValType;

/** The sample runtime on Endive, with growth; its entries misbehave by themselves. */
public final class SampleStage implements Stage<EndiveGuest> {
  private static final int MAX_PAGES = 64;

  /** What the host function does that the sample calls; set on the call's own thread. */
  private static final ThreadLocal<@Nullable HostWork> WORK = new ThreadLocal<>();

  /** The sample calls it from {@code test_missing_import}; no other test provides it. */
  private static final HostFunction ON_CUE =
      HostFunction.env(
          "ext_sample_not_provided_version_1",
          List.of(ValType.I32),
          List.of(ValType.I32),
          (scope, arguments) -> {
            HostWork work = WORK.get();
            if (work != null) {
              work.run();
            }
            return 0;
          });

  private static final Supplier<SampleStage> SHARED = Suppliers.memoize(SampleStage::new);

  private final SubstrateRuntime sample = load();

  private SampleStage() {}

  /** Compiled once for all tests. */
  public static SampleStage shared() {
    return SHARED.get();
  }

  private static SubstrateRuntime load() {
    List<HostFunction> functions = new ArrayList<>(SubstrateHostFunctions.all());
    functions.add(ON_CUE);
    return SubstrateRuntime.load(Samples.code(), HeapStrategy.ofDynamic(MAX_PAGES), functions);
  }

  @Override
  public GuestFactory<EndiveGuest> factory() {
    return sample;
  }

  @Override
  public HeapHandle heap(EndiveGuest guest) {
    return guest.heap();
  }

  private byte[] call(EndiveGuest guest, String entry, byte... input) throws Exception {
    return sample.call(entry, input).run(guest);
  }

  @Override
  public String probe(EndiveGuest guest) throws Exception {
    long bytes = guest.heap().memoryBytes();
    String found = HexFormat.of().formatHex(call(guest, "test_dirty")) + " " + bytes;
    call(
        guest,
        "test_grow",
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(1).array());
    return found;
  }

  @Override
  public String pristine() {
    return "000000002a000000 " + ((long) sample.initialPages() << 16);
  }

  @Override
  public void inHost(EndiveGuest guest, HostWork work) throws Exception {
    HostWork before = WORK.get();
    WORK.set(work);
    try {
      call(guest, "test_missing_import");
    } finally {
      WORK.set(before);
    }
  }

  @Override
  public void freeWild(EndiveGuest guest) throws Exception {
    call(guest, "test_free_wild");
  }

  @Override
  public void forgeHeader(EndiveGuest guest) throws Exception {
    call(guest, "test_forge_header");
  }

  @Override
  public void trap(EndiveGuest guest) throws Exception {
    call(guest, "test_read_out_of_bounds");
  }

  @Override
  public void resultOutside(EndiveGuest guest) throws Exception {
    call(guest, "test_result_out_of_bounds");
  }

  @Override
  public void overflow(EndiveGuest guest) throws Exception {
    call(guest, "test_recurse_forever");
  }

  @Override
  public void loop(EndiveGuest guest) throws Exception {
    call(guest, "test_loop_forever");
  }

  @Override
  public void grow(EndiveGuest guest) throws Exception {
    call(guest, "test_grow_forever");
  }

  @Override
  public void allocateMuch(EndiveGuest guest) throws Exception {
    call(guest, "test_alloc_forever");
  }
}
