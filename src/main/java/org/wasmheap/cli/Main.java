package org.wasmheap.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The command line's entry: {@code wasm-heap-pool run …}. */
@Command(
    name = Main.NAME,
    mixinStandardHelpOptions = true,
    version = "wasm-heap-pool 0.1.0",
    description = "Runs wasm guests on a pool of isolated heaps that start pristine.",
    subcommands = {
      RunCommand.class,
      ConformanceCommand.class,
      ReplayCommand.class,
      InspectCommand.class
    })
public final class Main implements Callable<Integer> {
  static final String NAME = "wasm-heap-pool";

  private static final String DYNAMIC = "--dynamic";

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show stack traces of errors.")
  private boolean verbose;

  // Read by LogConfiguration, before anything can log; here for usage and validation.
  @SuppressWarnings("UnusedVariable")
  @Option(
      names = LogConfiguration.OPTION,
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Logback configuration to use in place of the bundled one.")
  private @Nullable Path logConfig;

  private Main() {}

  /**
   * Runs a command and exits with its code.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(execute(out, err, args));
  }

  /** Runs a command in this JVM; gives its exit code. */
  static int execute(PrintWriter out, PrintWriter err, String... args) {
    Main main = new Main();
    try {
      LogConfiguration.apply(args);
      requireAttachedNumbers(args);
      return new CommandLine(main)
          .setOut(out)
          .setErr(err)
          .setCaseInsensitiveEnumValuesAllowed(true)
          .setParameterExceptionHandler((e, unused) -> main.usageError(e))
          .setExecutionExceptionHandler((e, command, unused) -> main.cannotRun(command, e))
          .execute(args);
    } catch (CliException e) {
      return main.fail(err, String.valueOf(e.getMessage()), e);
    } catch (Throwable e) {
      // An error of the JVM: out of memory while it loads, say.
      return main.fail(err, "the command failed: " + e, e);
    }
  }

  /** An optional value that is attached must be a number; a word that follows may be a path. */
  private static void requireAttachedNumbers(String... args) {
    for (String arg : args) {
      if (arg.startsWith(DYNAMIC + "=") && !arg.matches(DYNAMIC + "=[0-9]{1,9}")) {
        throw new CliException(
            DYNAMIC, "'" + arg.substring(DYNAMIC.length() + 1) + "' is no number of pages", null);
      }
    }
  }

  @Override
  public Integer call() {
    throw new CliException("command", "none was given; try --help", null);
  }

  private int usageError(ParameterException e) {
    return fail(e.getCommandLine(), e.getCommandLine().getCommandName() + ": " + e.getMessage(), e);
  }

  private int cannotRun(CommandLine command, Exception e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return fail(
        command,
        e instanceof CliException ? message : command.getCommandName() + ": " + message,
        e);
  }

  private int fail(CommandLine command, String message, Exception e) {
    return fail(command.getErr(), message, e);
  }

  private int fail(PrintWriter err, String message, Throwable e) {
    err.println(NAME + ": " + message.replaceAll("\\s*\\R\\s*", " "));
    if (verbose) {
      e.printStackTrace(err);
    }
    err.flush();
    return ExitCodes.CANNOT_RUN;
  }
}
