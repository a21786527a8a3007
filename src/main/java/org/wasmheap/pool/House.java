package org.wasmheap.pool;

import org.wasmheap.text.Printable;

/** The parts of an executor, and how they begin and end together. */
final class House<G> {
  final PoolSettings<G> settings;
  final CallQueue<G> queue;
  final InstanceSlots<G> slots;
  final Workers<G> workers;
  final Submissions<G> submissions;
  final ExecutorFigures<G> figures;
  final BudgetMember<G> member;

  private final Counters counters = new Counters();
  private final NestedSlots<G> nested;
  private final RejectionLog rejections;
  private final UntoldEvents events;
  private final Thread watchdog;

  House(PoolSettings<G> settings) {
    this.settings = settings;
    this.events = new UntoldEvents(settings.name()); // First: heaps look for its rates.
    this.queue =
        new CallQueue<>(
            settings.queueCapacities(),
            settings.ageingNanos(),
            settings.graceNanos(),
            new InstanceDemand(settings.workers(), settings.minInstances(), settings.idleNanos()));
    this.slots = new InstanceSlots<>(settings, counters);
    this.nested = new NestedSlots<>(settings, slots);
    CallRun<G> run = new CallRun<>(settings, counters);
    this.workers = new Workers<>(settings, queue, slots, run);
    this.rejections = new RejectionLog(settings.name(), System::nanoTime);
    this.submissions =
        new Submissions<>(
            settings,
            counters,
            queue,
            new NestedCalls<>(settings, counters, queue, nested, run),
            rejections);
    Reaper<G> reaper = new Reaper<>(settings, queue, workers);
    this.watchdog =
        new Thread(
            new Watchdog<>(settings, slots, workers, rejections, events, reaper),
            Printable.name(settings.name()) + "-watchdog");
    watchdog.setDaemon(true);
    this.figures = new ExecutorFigures<>(settings, counters, queue, slots, workers);
    this.member = new BudgetMember<>(queue, slots, nested);
  }

  void start() {
    try {
      Preloader.ensure();
      queue.prime();
      slots.prime();
      nested.prime();
      settings.budget().join(member);
      watchdog.start();
      workers.start();
    } catch (Throwable e) {
      queue.close(); // No more threads to be had: none may stay behind.
      end();
      throw e;
    }
  }

  private void end() {
    settings.budget().leave(member);
    events.end();
  }

  ExecutorStatistics.ShutdownAccount shutdown(long drainNanos) {
    Shutdown<G> end =
        new Shutdown<>(settings, counters, queue, nested, workers, watchdog, rejections);
    try {
      return end.run(drainNanos, figures);
    } finally {
      end();
    }
  }
}
