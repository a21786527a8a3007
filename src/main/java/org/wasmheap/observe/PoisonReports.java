package org.wasmheap.observe;

import java.io.IOException;
import java.io.Reader;
import org.wasmheap.heap.PoisonReport;

/**
 * The report on a poisoned heap, for people and for programs.
 *
 * <p>JSON needs the optional dependency Gson; text does not.
 */
public final class PoisonReports {
  private PoisonReports() {}

  /**
   * What happened, in one paragraph: which call, which operation, whose doing, and what points to
   * the cause.
   *
   * @param report the report
   * @return some sentences, in one line
   */
  public static String summary(PoisonReport report) {
    return PoisonText.summary(report);
  }

  /**
   * The whole report for a person to read: the summary, then heap and memory, the last operations,
   * the bytes round the bad header, and the audit.
   *
   * @param report the report
   * @return lines of text
   */
  public static String text(PoisonReport report) {
    return PoisonText.text(report);
  }

  /**
   * The whole report for programs, as one object in one line.
   *
   * @param report the report
   * @return JSON
   * @throws IllegalStateException if gson is missing, with the name of its artifact
   */
  public static String json(PoisonReport report) {
    OptionalParts.requireGson();
    return PoisonJson.write(report);
  }

  /**
   * Reads what {@link #json} wrote.
   *
   * @param text the object; not closed
   * @return the report
   * @throws IOException if reading fails, or what is read is no such report
   * @throws IllegalStateException if gson is missing, with the name of its artifact
   */
  public static PoisonReport read(Reader text) throws IOException {
    OptionalParts.requireGson();
    return PoisonJson.read(text);
  }
}
