package org.wasmheap.block;

import java.util.Arrays;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.pool.CallReport;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.text.EventRate;
import org.wasmheap.text.EventRates;
import org.wasmheap.text.Printable;

/**
 * The execution of one block on one state: the call, and what becomes of its outcome. The call's
 * thread has it until the call ends; then whoever the future is told to.
 */
final class BlockCall implements GuestCall<EndiveGuest, State> {
  private static final Logger LOG = LoggerFactory.getLogger(BlockCall.class);

  /** What executes a block. */
  static final String ENTRY = "Core_execute_block";

  private final Block block;
  private final LoadedRuntime loaded;
  private final GuestCall<EndiveGuest, byte[]> entry;
  private final Overlay overlay;
  private final CallReports.Slot slot = new CallReports.Slot();

  /**
   * Prepares the call.
   *
   * @throws CallException if the runtime executes no blocks: the guest's doing
   */
  BlockCall(Block block, Overlay overlay, LoadedRuntime loaded) {
    if (!loaded.runtime().hasEntry(ENTRY)) {
      throw CallException.trap("the runtime exports no " + ENTRY);
    }
    this.block = block;
    this.loaded = loaded;
    this.entry = loaded.runtime().call(ENTRY, block.toExecute());
    this.overlay = overlay;
  }

  /** Context of the call. */
  Overlay overlay() {
    return overlay;
  }

  @Override
  public String name() {
    return ENTRY;
  }

  /** The state that the block leaves, made on the worker's thread so that blocks do it at once. */
  @Override
  public State run(EndiveGuest guest) throws Exception {
    loaded.reports().await(guest.heap(), slot);
    entry.run(guest);
    endTransactions(overlay, name(), guest.heap().poolName());
    return overlay.next(loaded.stateVersion());
  }

  /** Rolls back what a call has left open. */
  static void endTransactions(Overlay overlay, String call, String pool) {
    int open = overlay.rollBackOpen();
    if (open == 0 || !LOG.isWarnEnabled()) {
      return;
    }
    long leftOut = EventRates.of(pool).event("transactions.open").admit();
    if (leftOut != EventRate.LEFT_OUT) {
      EventRate.withLeftOut(LOG.atWarn().addKeyValue("event", "transactions.open"), leftOut)
          .addKeyValue("pool", Printable.name(pool))
          .addKeyValue("call", Printable.name(call))
          .addKeyValue("open", open)
          .log("A block left storage transactions open");
    }
  }

  /** The call ended normally. */
  BlockResult ended(State state) {
    byte[] root = state.root();
    return isExpected(root)
        ? new BlockResult.Executed(block.header(), state, figures())
        : new BlockResult.WrongRoot(block.header(), hex(root), null, figures());
  }

  /** The call, or what came before it, failed. */
  BlockResult failed(WasmHeapException failure) {
    if (!failure.isDeterministic() || !(failure instanceof CallException call)) {
      return new BlockResult.HostFailed(block.header(), failure, figures());
    }
    // A trap is the guest's own end: its thread has come back, and the overlay is at rest.
    byte[] root = call.kind() == FailureKind.TRAP ? overlay.lastRoot() : null;
    return root == null || isExpected(root)
        ? new BlockResult.GuestFailed(block.header(), call, figures())
        : new BlockResult.WrongRoot(block.header(), hex(root), call, figures());
  }

  private static String hex(byte[] root) {
    return "0x" + HexFormat.of().formatHex(root);
  }

  private boolean isExpected(byte[] root) {
    return Arrays.equals(root, block.header().stateRoot());
  }

  /** Without a report the call's thread may still be at work, and the overlay is its alone. */
  private BlockFigures figures() {
    CallReport report = slot.report();
    return report == null
        ? BlockFigures.NONE
        : BlockFigures.of(report, overlay.reads(), overlay.writes());
  }
}
