package org.wasmheap.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.cli.Commands.execute;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.CommandLineRun;
import org.wasmheap.testkit.ConformanceFiles;
import org.wasmheap.testkit.MarkdownPage;
import org.wasmheap.testkit.SampleBlockFiles;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code src/docs/command-line.md}, and the commands that documents show. */
class CommandLinePageTest {
  private static final MarkdownPage PAGE = MarkdownPage.of(MarkdownPage.FOLDER + "command-line.md");
  private static final Splitter WORDS = Splitter.on(' ');
  private static final String JAR = "-jar target/wasm-heap-pool-cli.jar ";

  /** What builds the project; no part of it is known to the command line. */
  private static final Pattern BUILD_ID = Pattern.compile("exec:exec@(\\w+)|-P(\\w+)|:test@(\\w+)");

  @TempDir private Path folder;

  private static CommandSpec main() {
    return CommandSpec.forAnnotatedObject(Main.class);
  }

  private static Set<String> options(CommandSpec command) {
    Set<String> names = new TreeSet<>();
    for (OptionSpec option : command.options()) {
      boolean takesValue = option.arity().max() > 0;
      names.add(option.longestName() + (takesValue ? " " + option.paramLabel() : ""));
    }
    return names;
  }

  private static Set<String> documented(String title) {
    Set<String> names = new TreeSet<>();
    PAGE.table(title).forEach(row -> names.add(row.get(0)));
    return names;
  }

  @Test
  void the_options_of_every_command_must_be_in_the_table() {
    assertEquals(options(main()), documented("option"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "blocks", "conformance", "replay", "inspect"})
  void the_options_of_a_command_must_be_in_its_table_with_their_defaults(String name) {
    CommandSpec command = main().subcommands().get(name).getCommandSpec();
    Set<String> own = options(command);
    own.removeAll(options(main()));

    assertEquals(own, documented("option of " + name));
    for (List<String> row : PAGE.table("option of " + name)) {
      String standard = command.findOption(WORDS.splitToList(row.get(0)).get(0)).defaultValue();
      if (standard != null) {
        assertEquals(standard.isEmpty() ? "empty" : standard, row.get(1), row.get(0));
      }
    }
  }

  @Test
  void every_command_must_have_a_table() {
    assertEquals(
        Set.of("run", "blocks", "conformance", "replay", "inspect"), main().subcommands().keySet());
  }

  @Test
  void the_fields_of_a_run_must_be_in_the_table_in_their_order() {
    CommandLineRun run = execute("run", "--json", "--calls", "1", "--instances", "1");

    assertEquals(
        List.copyOf(run.json().keySet()),
        PAGE.table("field").stream().map(row -> row.get(0)).toList());
  }

  @Test
  void the_fields_of_blocks_must_be_in_the_table_in_their_order() {
    CommandLineRun run =
        execute("blocks", SampleBlockFiles.block().toString(), "--json", "--instances", "1");

    assertEquals(
        List.copyOf(run.json().keySet()),
        PAGE.table("field of blocks").stream().map(row -> row.get(0)).toList());
  }

  static Stream<String> commands() {
    return MarkdownPage.all().stream()
        .flatMap(page -> page.code("sh").stream())
        .flatMap(block -> block.replaceAll("\\\\\n *", "").lines())
        .map(line -> line.replaceAll(" +#.*", "").strip())
        .filter(line -> !line.isEmpty());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void a_command_that_a_document_shows_must_be_understood(String command) throws IOException {
    int jar = command.indexOf(JAR);
    if (jar >= 0) {
      String[] args =
          WORDS.splitToStream(command.substring(jar + JAR.length())).toArray(String[]::new);
      assertDoesNotThrow(() -> new CommandLine(main()).parseArgs(args));
    } else {
      assertTrue(command.startsWith("mvn ") || command.startsWith("git "), command);
      String pom = Files.readString(Path.of("pom.xml"));
      Matcher id = BUILD_ID.matcher(command);
      while (id.find()) {
        String name =
            Stream.of(1, 2, 3).map(id::group).filter(each -> each != null).toList().get(0);
        assertTrue(pom.contains("<id>" + name + "</id>"), name);
      }
    }
    WORDS
        .splitToStream(command)
        .filter(word -> word.startsWith("src/"))
        .forEach(file -> assertTrue(Files.exists(Path.of(file)), file));
  }

  @Test
  void the_picture_of_westends_heap_must_be_what_the_command_draws() throws IOException {
    Path drawn = folder.resolve("westend-metadata.svg");
    Path trace =
        ConformanceFiles.traces().stream()
            .filter(each -> each.endsWith("westend-9300__Metadata_metadata.trace.gz"))
            .findFirst()
            .orElseThrow();

    execute("inspect", "--at", "14762", "--svg", drawn.toString(), trace.toString());

    assertEquals(
        Files.readString(Path.of("src/docs/westend-metadata.svg")), Files.readString(drawn));
  }

  @Test
  void every_benchmark_must_be_in_the_table_of_figures() throws IOException {
    Set<String> benchmarks = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Path.of("src/jmh/java"))) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith("Benchmark.java"))
          .forEach(name -> benchmarks.add(name.replace(".java", "")));
    }
    Set<String> documented = new TreeSet<>();
    MarkdownPage.of(MarkdownPage.FOLDER + "figures.md")
        .table("benchmark")
        .forEach(row -> documented.add(row.get(0)));

    assertEquals(benchmarks, documented);
  }
}
