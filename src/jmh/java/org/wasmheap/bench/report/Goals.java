package org.wasmheap.bench.report;

import java.util.ArrayList;
import java.util.List;

/**
 * "Figures to reach" of the design, by the ids of the rows that show them; and what guest speed
 * comes to for who calls the pool.
 */
final class Goals {
  /** Numbers of threads at which loads are measured. */
  static final List<Integer> THREADS = List.of(1, 2, 4);

  /** The design judges by medians of at least so many forks in turn. */
  static final int LEAST_ROUNDS = 5;

  private static final String UNKNOWN = "-";

  private Goals() {}

  static List<Goal> all() {
    List<Goal> goals = new ArrayList<>(memory());
    goals.addAll(resets());
    goals.addAll(loads());
    goals.addAll(calls());
    return goals;
  }

  private static List<Goal> memory() {
    String half = "0.50 or less of its time";
    return List.of(
        Goal.atMost(
            "malloc and free, one kind of memory loaded, against a plain port",
            "0.60",
            half,
            "malloc-1",
            "malloc-1-plain",
            0.5),
        Goal.atMost(
            "malloc and free, three kinds loaded, against a plain port",
            "0.60",
            half,
            "malloc-3",
            "malloc-3-plain",
            0.5),
        Goal.elsewhere(
            "malloc and free against the compiled Rust reference",
            "1.8",
            "1.5 or less",
            "a program outside of this project"),
        Goal.atMost(
            "guest on our memory, against ByteArrayMemory, the pool's classes",
            UNKNOWN,
            "0.90 or less of the time",
            "guest-split",
            "guest-split-array",
            0.9),
        Goal.atMost(
            "guest on our memory, against ByteArrayMemory, the engine's own classes",
            "0.99",
            "0.90 or less of the time",
            "guest",
            "guest-array",
            0.9),
        Goal.atMost(
            "a whole pristine Metadata_metadata on the pool, against the engine alone",
            UNKNOWN,
            "0.90 or less of the time",
            "guest-pool",
            "guest-array",
            0.9),
        Goal.elsewhere(
            "real memory of an instance at 2,069 pages, against its logical size",
            UNKNOWN,
            "1/40 or less",
            "the command run prints it as materialised_bytes"));
  }

  private static List<Goal> resets() {
    String same = "1.2 or less times";
    return List.of(
        Goal.atMost(
            "reset after Core_version, against a fresh Endive instance",
            UNKNOWN,
            "1/300 or less",
            "reset",
            "fresh-instance",
            1.0 / 300),
        Goal.atMost(
            "that reset at 2,069 pages, against 21", UNKNOWN, same, "pages-2069", "pages-21", 1.2),
        Goal.atMost(
            "that reset at 16,384 pages, against 21",
            UNKNOWN,
            same,
            "pages-16384",
            "pages-21",
            1.2),
        Goal.atMost(
            "call and reset with a table of 100,000 entries, against 100",
            UNKNOWN,
            same,
            "table-large",
            "table-small",
            1.2),
        Goal.atMost(
            "reset after Metadata_metadata, against copying all back",
            UNKNOWN,
            "faster",
            "reset-long",
            "copy-long",
            1),
        Goal.atMost(
            "reset after growth, against copying all back",
            UNKNOWN,
            "faster",
            "reset-grown",
            "copy-grown",
            1));
  }

  private static List<Goal> loads() {
    List<Goal> goals = new ArrayList<>();
    for (int threads : THREADS) {
      goals.add(load("a call that touches 1 MiB", "mebibyte", threads));
    }
    for (int threads : THREADS) {
      goals.add(load("a call with a static buffer of 64 MiB", "buffer", threads));
    }
    return goals;
  }

  private static Goal load(String what, String id, int threads) {
    return Goal.atMost(
        what + ", against a fresh one, " + threads + (threads == 1 ? " thread" : " threads"),
        UNKNOWN,
        "1/20 or less",
        id + "-pooled-" + threads,
        id + "-fresh-" + threads,
        1.0 / 20);
  }

  private static List<Goal> calls() {
    String more = "1.8 times or more";
    return List.of(
        Goal.atLeast(
            "Core_version calls a second, against fresh instances",
            UNKNOWN,
            "80 times or more",
            "call-1",
            "call-fresh",
            80),
        Goal.excess(
            "the executor's own cost for a Core_version call, against the call",
            UNKNOWN,
            "0.5 or less",
            "piped",
            "bare",
            0.5),
        Goal.garbage(
            "garbage of a Core_version call, its result aside",
            "952 B, with it",
            "600 B or less",
            "piped",
            "result",
            600),
        Goal.atLeast(
            "two workers against one, Core_version", "1.70 to 1.80", more, "call-2", "call-1", 1.8),
        Goal.atLeast(
            "two workers against one, Metadata_metadata",
            "1.1 to 1.4",
            more,
            "long-2",
            "long-1",
            1.8),
        Goal.elsewhere(
            "from process start to Westend's first result, against no compiled code",
            UNKNOWN,
            "1/5 or less",
            "needs a tree from before that work"),
        Goal.atLeast(
            "two workers against one, 128 real blocks", UNKNOWN, more, "block-2", "block-1", 1.8));
  }
}
