package org.wasmheap.bench.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jmh.runner.RunnerException;
import org.wasmheap.text.Printable;

/**
 * Runs all benchmarks of a plan, forks in turn, and writes a report.
 *
 * <p>{@code mvn -q test-compile exec:exec@bench} is a short pass of ten minutes or less, {@code
 * -Dbench=goals} has its rows with five forks each, {@code -Dbench=full} all rows, in an hour and a
 * half. All write {@code report.html}, {@code figures.svg}, {@code results.json} (JMH's own
 * format), {@code v8.json} and what JMH printed ({@code logs}) to {@code target/bench}. What fails
 * is told in the report, and the pass goes on; what was measured before it was interrupted is in
 * the report, too. On a busy machine a short pass ends within its second round, and some rows have
 * one fork.
 *
 * <p>{@code -Dbench.rows=REGEX} measures the rows alone whose ids it finds.
 */
public final class BenchPass {
  private final Plan plan;
  private final Path folder;
  private final Map<String, String> facts = Machine.facts();
  private final Outcome outcome = new Outcome();
  private final MachineLoad load = new MachineLoad();
  private final JmhRuns jmh;
  private final NodeRuns node;

  /** Whether the process ends: forks that fail from now on were killed. */
  private final AtomicBoolean isEnding = new AtomicBoolean();

  /** The round that began last; written by the measuring thread. */
  private volatile int round;

  private final long begin = System.nanoTime();

  private BenchPass(Plan plan, Path folder) {
    this.plan = plan;
    this.folder = folder;
    this.jmh = new JmhRuns(folder);
    this.node = new NodeRuns(folder);
  }

  /**
   * Runs a pass.
   *
   * @param arguments {@code short}, {@code goals} or {@code full}, and the folder to write to
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Plan plan = arguments.length == 2 ? Plans.of(arguments[0]) : null;
    if (plan == null) {
      System.err.println("usage: BenchPass short|goals|full FOLDER");
      System.exit(2);
      return;
    }
    // Its forks run one after the other. Whether others measure at the same time is in the load.
    System.setProperty("jmh.ignoreLock", "true");
    Path folder = Path.of(arguments[1]).toAbsolutePath();
    Files.createDirectories(folder);
    new BenchPass(plan, folder).run();
  }

  private void run() throws IOException, InterruptedException {
    Thread ending = new Thread(this::end, "bench-end");
    Runtime.getRuntime().addShutdownHook(ending);
    String wanted = System.getProperty("bench.rows", "");
    List<Row> rows =
        plan.rows().stream()
            .filter(row -> java.util.regex.Pattern.compile(wanted).matcher(row.id()).find())
            .toList();
    int done = 0;
    for (int next = 1; next <= plan.rounds(); next++) {
      round = next;
      for (Row row : rows) {
        if (round > 1 && System.nanoTime() - begin > plan.limit().toNanos()) {
          System.out.println("the time of a " + plan.name() + " pass is over");
          return;
        }
        load.note();
        measure(row);
        done++;
        tell(row, done, rows.size() * plan.rounds());
      }
      write();
    }
  }

  private void measure(Row row) throws InterruptedException {
    try {
      Outcome.Sample sample =
          row.source() instanceof Row.Jmh benchmark
              ? jmh.run(row, benchmark, plan.effort(), round)
              : node.run(row, (Row.Node) row.source(), plan.effort(), round);
      outcome.add(row.id(), round, sample);
    } catch (RunnerException | IOException | RuntimeException e) {
      if (!isEnding.get()) {
        outcome.fail(row.id(), reason(e));
      }
    }
  }

  /** What the innermost cause says. JMH hangs what happened in a fork on its own exception. */
  static String reason(Throwable failure) {
    Throwable inner = failure;
    for (int depth = 0; depth < 20; depth++) {
      Throwable next =
          inner.getSuppressed().length > 0 ? inner.getSuppressed()[0] : inner.getCause();
      if (next == null) {
        break;
      }
      inner = next;
    }
    String message = inner.getMessage();
    return message == null ? inner.getClass().getSimpleName() : message;
  }

  private void tell(Row row, int done, int all) {
    Double score = outcome.scores(row.id()).get(round);
    String result =
        score == null
            ? "not measured: " + outcome.failure(row.id()).orElse("ended")
            : Figures.number(score) + " " + row.unit().text;
    long left = (System.nanoTime() - begin) / done * (all - done);
    System.out.println(
        String.format(
            Locale.ROOT,
            "round %d, %d of %d, %d min %02d s left: %s: %s",
            round,
            done,
            all,
            Duration.ofNanos(left).toMinutes(),
            Duration.ofNanos(left).toSecondsPart(),
            row.id(),
            result));
  }

  /** When the process ends, by itself or not: ends the fork that runs, and writes the report. */
  private void end() {
    isEnding.set(true);
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    try {
      write();
      System.out.println("report: " + Printable.text(folder.resolve("report.html").toString()));
    } catch (IOException e) {
      System.err.println("no report: " + Printable.text(e.toString()));
    }
  }

  private synchronized void write() throws IOException {
    jmh.write(folder.resolve("results.json"));
    node.write(folder.resolve("v8.json"));
    Report report = new Report(plan, outcome, facts, load.text(), round);
    Files.writeString(folder.resolve("report.html"), report.html(), StandardCharsets.UTF_8);
    Files.writeString(
        folder.resolve("figures.svg"),
        GoalChart.picture(plan.goals(), outcome),
        StandardCharsets.UTF_8);
  }
}
