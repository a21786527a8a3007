package org.wasmheap.pool;

/** What is to become of a call that is due. */
enum Verdict {
  /** It runs past its deadline or the executor's end: it is to be interrupted. */
  INTERRUPT,
  /** It waited until its deadline or the executor's end: it is to be failed. */
  EXPIRED,
  /** It did not react to its interruption: its thread is to be given up, then it is failed. */
  GIVE_UP,
  /** Its thread is done with it, and could not even fail it: it is to be failed. */
  UNFINISHED
}
