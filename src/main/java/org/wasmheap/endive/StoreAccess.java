package org.wasmheap.endive;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.text.Printable;

/**
 * Asks a store, which is foreign code on foreign ground: on a thread of its own, for so long and no
 * longer, and nothing comes of what it throws. A folder on a network that hangs costs a load ten
 * seconds, and no module is refused for it.
 *
 * <p>One load's own.
 */
final class StoreAccess {
  private static final Logger LOG = LoggerFactory.getLogger(StoreAccess.class);

  /** A folder takes a tenth of a second. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final CodeStore store;
  private final String name;
  private final Duration limit;

  StoreAccess(CodeStore store, String name) {
    this(store, name, LIMIT);
  }

  /** The same with another limit. */
  StoreAccess(CodeStore store, String name, Duration limit) {
    this.store = store;
    this.name = name;
    this.limit = limit;
  }

  /** What is kept under the name; {@code null} if nothing is, or it does not come. */
  byte @Nullable [] find() {
    return ask("find", () -> store.find(name));
  }

  /** Makes what is to be kept, and has it kept. */
  void keep(Supplier<byte[]> code) {
    ask(
        "keep",
        () -> {
          store.keep(name, code.get());
          return null;
        });
  }

  private byte @Nullable [] ask(String what, Supplier<byte @Nullable []> question) {
    CountDownLatch answered = new CountDownLatch(1);
    AtomicReference<byte @Nullable []> answer = new AtomicReference<>();
    Runnable work =
        () -> {
          try {
            answer.set(question.get());
          } catch (Throwable e) { // For want of memory, too: loading goes on without it.
            failed(what, e);
          } finally {
            answered.countDown();
          }
        };
    try {
      Thread thread = new Thread(null, work, "wasmheap-store");
      thread.setDaemon(true);
      thread.start();
      if (!answered.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        failed(what, new IllegalStateException("no answer within " + limit.toMillis() + " ms"));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ModuleRefusals.interrupted();
    } catch (OutOfMemoryError e) { // There is no thread to be had.
      failed(what, e);
    }
    return answer.get();
  }

  private void failed(String what, Throwable e) {
    LOG.atWarn()
        .addKeyValue("event", "code_store.failed")
        .addKeyValue("what", what)
        .addKeyValue("name", Printable.name(name))
        .setCause(e)
        .log("A store of compiled code failed, and the module is loaded without it");
  }
}
