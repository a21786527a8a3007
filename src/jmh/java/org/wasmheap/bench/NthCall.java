package org.wasmheap.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.runtime.CodeCache;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.Preparation;
import org.wasmheap.runtime.Preparation.Limits;
import org.wasmheap.runtime.Preparation.WarmUpCall;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;

/**
 * How long the n-th call of a runtime takes, in a JVM that has done nothing before: as it comes, or
 * after it was prepared for some seconds. Prints a line for each n; {@code SECONDS} 0 is cold.
 *
 * <pre>{@code
 * mvn -q test-compile exec:exec@jmh \
 *     -Djmh.main=org.wasmheap.bench.NthCall -Djmh.args="FILE Metadata_metadata 3000 SECONDS FOLDER"
 * }</pre>
 *
 * <p>With the name of a file of such lines of a cold run, and one of a prepared run, it draws both:
 * {@code draw COLD PREPARED SVG}.
 */
public final class NthCall {
  private static final Duration LONG = Duration.ofMinutes(5);

  private NthCall() {}

  /**
   * Measures.
   *
   * @param arguments file, entry, number of calls, seconds of preparation, folder of compiled code;
   *     or draw, and three files
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("draw")) {
      draw(Path.of(arguments[1]), Path.of(arguments[2]), Path.of(arguments[3]));
      return;
    }
    RuntimeCode code = RuntimeCode.read(Path.of(arguments[0]));
    String entry = arguments[1];
    long[] nanos = new long[Integer.parseInt(arguments[2])];
    int seconds = Integer.parseInt(arguments[3]);
    HeapStrategy strategy = HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES);
    try (RuntimePool pool =
        RuntimePool.builder(SubstrateHostFunctions.all())
            .codeStore(CodeCache.at(Path.of(arguments[4])))
            .executors((runtime, executor) -> executor.workers(1))
            .build()) {
      if (seconds > 0) {
        prepare(pool, code, strategy, entry, seconds);
      }
      try (RuntimePool.Lease lease = pool.lease(code, strategy, LONG)) {
        byte[] first = {};
        for (int i = 0; i < nanos.length; i++) {
          long began = System.nanoTime();
          byte[] result =
              lease
                  .executor()
                  .call(
                      CallOptions.named(entry).withContext(new Overlay(State.empty())),
                      lease.runtime().call(entry, new byte[0]));
          nanos[i] = System.nanoTime() - began;
          first = i == 0 ? result : first;
          Expected.require(Arrays.equals(first, result), "two calls gave two results");
        }
      }
    }
    for (int n = 1, step = 1; n <= nanos.length; n += step) {
      // The figures are what this program is for.
      System.out.printf(Locale.ROOT, "%d %.3f%n", n, about(nanos, n) / 1e6);
      step = Math.max(1, n / 4);
    }
  }

  private static void prepare(
      RuntimePool pool, RuntimeCode code, HeapStrategy strategy, String entry, int seconds)
      throws InterruptedException, ExecutionException {
    WarmUpCall call = new WarmUpCall(entry, new byte[0], () -> new Overlay(State.empty()));
    Limits limits = new Limits(Duration.ofSeconds(seconds), Long.MAX_VALUE);
    Preparation done = pool.prepare(code, strategy, List.of(call), limits).get();
    System.err.println(done); // For who watches: the figures go to the other stream.
  }

  /** The median of the calls from this one on, a tenth as many as it is the n-th. */
  private static long about(long[] nanos, int n) {
    int end = Math.min(nanos.length, n + n / 10);
    long[] some = Arrays.copyOfRange(nanos, n - 1, Math.max(n, end));
    Arrays.sort(some);
    return some[some.length / 2];
  }

  private static void draw(Path cold, Path prepared, Path svg) throws IOException {
    StringBuilder out = new StringBuilder();
    out.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 330\"");
    out.append(" font-family=\"sans-serif\" font-size=\"12\">\n");
    out.append("<rect width=\"640\" height=\"330\" fill=\"#fff\"/>\n");
    for (int power = 0; power <= 3; power++) {
      double x = x(Math.pow(10, power));
      double y = y(Math.pow(10, power));
      out.append(line(x, 20, x, 280)).append(line(60, y, 620, y));
      out.append(text(x, 298, "middle", String.valueOf((int) Math.pow(10, power))));
      out.append(text(52, y + 4, "end", (int) Math.pow(10, power) + " ms"));
    }
    out.append(text(340, 320, "middle", "n-th call"));
    curve(out, cold, "#b5452c", "cold");
    curve(out, prepared, "#2c6fb5", "prepared");
    Files.writeString(svg, out.append("</svg>\n"), StandardCharsets.UTF_8);
  }

  private static void curve(StringBuilder out, Path lines, String colour, String name)
      throws IOException {
    StringBuilder points = new StringBuilder();
    String first = "";
    for (String each : Files.readAllLines(lines, StandardCharsets.UTF_8)) {
      String[] pair = each.split(" ", -1);
      double x = x(Double.parseDouble(pair[0]));
      double y = y(Double.parseDouble(pair[1]));
      points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
      first = first.isEmpty() ? text(x + 8, y - 8, "start", name) : first;
    }
    out.append("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"").append(colour);
    out.append("\" points=\"").append(points.toString().strip()).append("\"/>\n").append(first);
  }

  private static double x(double n) {
    return 60 + 160 * Math.log10(n);
  }

  private static double y(double millis) {
    return 280 - 80 * Math.log10(Math.max(1, millis));
  }

  private static String line(double x1, double y1, double x2, double y2) {
    return String.format(
        Locale.ROOT,
        "<line x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\" stroke=\"#ddd\"/>%n",
        x1,
        y1,
        x2,
        y2);
  }

  private static String text(double x, double y, String anchor, String words) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\" fill=\"#333\">%s</text>%n",
        x,
        y,
        anchor,
        words);
  }
}
