package org.wasmheap.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page of the documentation, as tests read it. */
public final class MarkdownPage {
  /** Where an embedder begins. */
  public static final String README = "README.md";

  /** The pages that it links to. */
  public static final String FOLDER = "src/docs/";

  private static final String FENCE = "```";
  private static final Pattern LINK = Pattern.compile("\\[[^]]*]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("#{1,6} +(.*)");

  private final Path file;
  private final List<String> lines;

  private MarkdownPage(Path file) {
    this.file = file;
    try {
      this.lines = Files.readAllLines(file, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A page by its path from the project's base directory. */
  public static MarkdownPage of(String path) {
    return new MarkdownPage(Path.of(path));
  }

  /** The README, the pages of {@code src/docs}, and those of {@code .github}. */
  public static List<MarkdownPage> all() {
    List<MarkdownPage> pages = new ArrayList<>();
    pages.add(of(README));
    pages.addAll(in(FOLDER));
    pages.addAll(in(".github/"));
    return pages;
  }

  private static List<MarkdownPage> in(String folder) {
    if (!Files.isDirectory(Path.of(folder))) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(Path.of(folder))) {
      return files
          .filter(each -> each.toString().endsWith(".md"))
          .sorted()
          .map(MarkdownPage::new)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path file() {
    return file;
  }

  public List<String> lines() {
    return lines;
  }

  /** Blocks of code in a language, each as one text without an end of line at its end. */
  public List<String> code(String language) {
    List<String> blocks = new ArrayList<>();
    List<String> block = null;
    boolean inside = false;
    for (String line : lines) {
      if (line.startsWith(FENCE)) {
        if (block != null) {
          blocks.add(String.join("\n", block));
        }
        block = !inside && line.equals(FENCE + language) ? new ArrayList<>() : null;
        inside = !inside;
      } else if (block != null) {
        block.add(line);
      }
    }
    return blocks;
  }

  /** The lines outside blocks of code. */
  public List<String> prose() {
    List<String> prose = new ArrayList<>();
    boolean inside = false;
    for (String line : lines) {
      if (line.startsWith(FENCE)) {
        inside = !inside;
      } else if (!inside) {
        prose.add(line);
      }
    }
    return prose;
  }

  /** The rows of the table whose first title this is, cells without their backticks. */
  public List<List<String>> table(String title) {
    List<List<String>> rows = new ArrayList<>();
    boolean inside = false;
    for (String line : lines) {
      if (!line.startsWith("|")) {
        inside = false;
        continue;
      }
      List<String> cells = cells(line);
      if (inside && !cells.get(0).startsWith("---")) {
        rows.add(cells);
      }
      inside |= cells.get(0).equals(title);
    }
    if (rows.isEmpty()) {
      throw new IllegalStateException(file + " has no table of '" + title + "'");
    }
    return rows;
  }

  private static List<String> cells(String row) {
    String inner = row.strip().replaceFirst("^\\|", "").replaceFirst("\\|$", "");
    return Arrays.stream(inner.split("\\|", -1)).map(MarkdownPage::cell).toList();
  }

  private static String cell(String text) {
    return text.replace("`", "").strip();
  }

  /** Where links and pictures lead to. */
  public List<String> links() {
    List<String> links = new ArrayList<>();
    // The text of a link may go on in the next line.
    Matcher link = LINK.matcher(String.join("\n", prose()).replaceAll("`[^`\n]*`", ""));
    while (link.find()) {
      links.add(link.group(1));
    }
    return links;
  }

  /** What a link may add after {@code #}: the headings, as GitHub names them. */
  public Set<String> anchors() {
    Set<String> anchors = new TreeSet<>();
    Map<String, Integer> seen = new HashMap<>();
    for (String line : prose()) {
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        String name =
            heading
                .group(1)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
        int earlier = seen.merge(name, 1, Integer::sum) - 1;
        anchors.add(earlier == 0 ? name : name + "-" + earlier);
      }
    }
    return anchors;
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
