package org.wasmheap.bench.report;

import org.jspecify.annotations.Nullable;

/**
 * A row of "Figures to reach".
 *
 * @param what for readers
 * @param today what was measured before the work on it began
 * @param wording the goal in words
 * @param formula how it is computed
 * @param ours the id of the row that is judged
 * @param peer the id of the row that it is held against
 * @param limit the goal as a number
 * @param isAtMost whether less is better
 * @param elsewhere why it is not measured here; {@code null} if it is
 */
record Goal(
    String what,
    String today,
    String wording,
    Formula formula,
    String ours,
    String peer,
    double limit,
    boolean isAtMost,
    @Nullable String elsewhere) {

  /** How a goal is computed from the scores of one round. */
  enum Formula {
    /** Ours through the peer's. */
    RATIO,
    /** By which part of the peer's ours is more. */
    EXCESS,
    /** The bytes of garbage for an operation of ours, less those of the peer. */
    GARBAGE
  }

  static Goal atMost(
      String what, String today, String wording, String ours, String peer, double limit) {
    return new Goal(what, today, wording, Formula.RATIO, ours, peer, limit, true, null);
  }

  static Goal atLeast(
      String what, String today, String wording, String ours, String peer, double limit) {
    return new Goal(what, today, wording, Formula.RATIO, ours, peer, limit, false, null);
  }

  static Goal excess(
      String what, String today, String wording, String ours, String peer, double limit) {
    return new Goal(what, today, wording, Formula.EXCESS, ours, peer, limit, true, null);
  }

  static Goal garbage(
      String what, String today, String wording, String ours, String peer, double limit) {
    return new Goal(what, today, wording, Formula.GARBAGE, ours, peer, limit, true, null);
  }

  static Goal elsewhere(String what, String today, String wording, String why) {
    return new Goal(what, today, wording, Formula.RATIO, "", "", 1, true, why);
  }

  boolean isMetBy(double value) {
    return isAtMost ? value <= limit : value >= limit;
  }

  /** How many times better than the goal; less than 1 if it is missed. */
  double marginOf(double value) {
    return isAtMost ? limit / value : value / limit;
  }
}
