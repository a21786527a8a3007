package org.wasmheap.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.io.Resources;
import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.testkit.CompressedCode;

/**
 * The packaged library in a modular application ({@code src/it/java}): compiled, run on the module
 * path, linked into an image. On its own, with what it prints: {@code mvn -Pmodules verify}.
 */
@Timeout(180)
class ModulesIT {
  private static final String APP = "org.wasmheap.modular";

  /** Writes the log; its default configuration is enough. */
  private static final String LOGGING = "ch.qos.logback.classic";

  /** A module by its file's manifest alone; Micrometer is another. */
  private static final String AUTOMATIC = "org.lz4.java";

  private static final boolean REMEDY_NEEDED = Runtime.version().feature() < 18;

  @TempDir private static Path folder;

  private static Path library;
  private static Path classes;
  private static List<String> runtimes;

  @BeforeAll
  static void compile_the_application_and_write_two_runtimes() throws Exception {
    library = Path.of(System.getProperty("wasmheap.jars") + ".jar");
    classes = folder.resolve("app");
    List<String> arguments =
        new ArrayList<>(
            List.of("-Xlint:all", "-Werror", "--module-path", named(), "-d", classes.toString()));
    try (Stream<Path> sources = Files.walk(Path.of("src/it/java"))) {
      sources.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
    }
    tool("javac", arguments.toArray(String[]::new));

    byte[] sample = Resources.toByteArray(Resources.getResource(RuntimeCode.class, "sample.wasm"));
    Path plain = Files.write(folder.resolve("plain.wasm"), sample);
    Path compressed =
        Files.write(folder.resolve("compressed.wasm"), CompressedCode.compressed(sample));
    runtimes = List.of(plain.toString(), compressed.toString());
  }

  @Test
  void the_jar_is_a_module_by_its_descriptor() {
    ModuleDescriptor module = moduleOf(library).descriptor();

    assertEquals("org.wasmheap", module.name());
    assertFalse(module.isAutomatic());
    assertTrue(module.exports().stream().noneMatch(each -> each.source().endsWith(".cli")));
  }

  @Test
  void an_application_on_the_module_path_calls_runtimes_with_host_functions() throws Exception {
    // given the optional modules that have no descriptor, too
    List<String> options =
        List.of(
            "--module-path",
            String.join(File.pathSeparator, classes.toString(), named(), pathOf(AUTOMATIC)),
            "--add-modules",
            LOGGING + "," + AUTOMATIC,
            "-m",
            APP + "/" + APP + ".App");

    // when
    String out = run(Path.of(System.getProperty("java.home")), options);

    // then
    assertEquals(
        List.of("spec_name wasm-heap-sample", "spec_name wasm-heap-sample"),
        lines(out, "spec_name "));
    assertEquals(List.of("automatic " + AUTOMATIC), lines(out, "automatic "));
    assertEquals(List.of(), lines(out, "host_functions 0"));
    assertRemedy(out);
  }

  @Test
  void an_application_in_an_image_calls_runtimes_and_finds_named_modules_only() throws Exception {
    // given
    Path image = folder.resolve("image");
    tool(
        "jlink",
        "--module-path",
        String.join(File.pathSeparator, classes.toString(), named()),
        "--add-modules",
        APP + "," + LOGGING,
        // Bouncy Castle's jar is signed.
        "--ignore-signing-information",
        "--output",
        image.toString());

    // when
    String out = run(image, List.of("-m", APP + "/" + APP + ".App"));

    // then
    assertEquals(
        List.of("spec_name wasm-heap-sample", "spec_name wasm-heap-sample"),
        lines(out, "spec_name "));
    assertEquals(List.of(), lines(out, "automatic "));
    List<String> modules = lines(out, "named ");
    assertTrue(modules.contains("named org.wasmheap"), out);
    assertTrue(modules.contains("named jdk.management"), out);
    assertRemedy(out);
  }

  /** In the log and in the compiler's own list: the directive against JDK-8376400. */
  private static void assertRemedy(String out) {
    assertEquals(REMEDY_NEEDED ? 1 : 0, lines(out, ".*jit.unsigned_comparison.*").size(), out);
    assertEquals(REMEDY_NEEDED, out.contains("workaround=\"applied\""), out);
    assertEquals(REMEDY_NEEDED, out.contains("-*.I32_LT_U"), out);
  }

  private static List<String> lines(String out, String start) {
    return out.lines().filter(line -> line.matches(start + ".*")).toList();
  }

  private static String run(Path home, List<String> options) throws Exception {
    Path out = folder.resolve("out");
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin/java").toString());
    command.addAll(options);
    command.addAll(runtimes);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    try {
      process.waitFor(100, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(out, UTF_8);
    // Kept with the test's output: the modules of the image are what somebody looks for there.
    System.out.println(String.join(" ", command) + System.lineSeparator() + text);
    assertEquals(0, process.exitValue(), text);
    return text;
  }

  private static void tool(String name, String... arguments) {
    StringWriter messages = new StringWriter();
    PrintWriter writer = new PrintWriter(messages);
    int code = ToolProvider.findFirst(name).orElseThrow().run(writer, writer, arguments);
    assertEquals(0, code, () -> name + " says: " + messages);
  }

  /** The library, and all of the class path that is a module by its descriptor. */
  private static String named() {
    return jars(module -> !module.isAutomatic());
  }

  private static String pathOf(String name) {
    return jars(module -> module.name().equals(name));
  }

  private static String jars(Predicate<ModuleDescriptor> which) {
    Stream<Path> dependencies =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> entry.endsWith(".jar"))
            .map(Path::of);
    return Stream.concat(Stream.of(library), dependencies)
        .filter(jar -> which.test(moduleOf(jar).descriptor()))
        .map(Path::toString)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static ModuleReference moduleOf(Path jar) {
    return ModuleFinder.of(jar).findAll().iterator().next();
  }
}
