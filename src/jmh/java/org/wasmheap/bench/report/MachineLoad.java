package org.wasmheap.bench.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What else the machine did: noted before each fork. Written by the measuring thread and read by
 * the one that writes a report, under its lock.
 */
final class MachineLoad {
  /** Jiffies of a line {@code cpu} of {@code /proc/stat}: all of them, and the stolen ones. */
  record Jiffies(long all, long stolen) {
    /** Reads the line; empty if it has another form. */
    static Optional<Jiffies> of(String line) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length < 9 || !words[0].equals("cpu")) {
        return Optional.empty();
      }
      try {
        long all = 0;
        // What guests of this machine use, which follows, is counted in the first two already.
        for (int i = 1; i <= 8; i++) {
          all += Long.parseLong(words[i]);
        }
        return Optional.of(new Jiffies(all, Long.parseLong(words[8])));
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }
  }

  private final List<Double> loads = new ArrayList<>();
  private Optional<Jiffies> first = Optional.empty();
  private Optional<Jiffies> last = Optional.empty();

  /** Notes what there is now; nothing on a system that has no such files. */
  synchronized void note() {
    word(Path.of("/proc/loadavg")).map(line -> line.split(" ", 2)[0]).ifPresent(this::noteAverage);
    last = word(Path.of("/proc/stat")).flatMap(Jiffies::of);
    if (first.isEmpty()) {
      first = last;
    }
  }

  private void noteAverage(String word) {
    try {
      loads.add(Double.parseDouble(word));
    } catch (NumberFormatException e) {
      // Another system's file, which says nothing here.
    }
  }

  private static Optional<String> word(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8).stream().findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The load of the last minute, and stolen time, in words. */
  synchronized String text() {
    if (loads.isEmpty()) {
      return "not known on this system";
    }
    String average =
        "processes that wanted a core in the minute before a fork, the pass's own among them: median "
            + Figures.number(Figures.median(loads))
            + ", most "
            + Figures.number(Figures.most(loads));
    return average + stolen(first, last);
  }

  private static String stolen(Optional<Jiffies> first, Optional<Jiffies> last) {
    if (first.isEmpty() || last.isEmpty() || last.get().all() == first.get().all()) {
      return "";
    }
    double part =
        (double) (last.get().stolen() - first.get().stolen())
            / (last.get().all() - first.get().all());
    return "; " + Figures.number(100 * part) + " % of all time was given to other virtual machines";
  }
}
