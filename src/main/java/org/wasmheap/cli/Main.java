package org.wasmheap.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.LibraryVersion;
import org.wasmheap.text.Printable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The command line's entry: {@code wasm-heap-pool run …}. */
@Command(
    name = Main.NAME,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = "Runs wasm guests on a pool of isolated heaps that start pristine.",
    subcommands = {
      RunCommand.class,
      BlocksCommand.class,
      ConformanceCommand.class,
      ReplayCommand.class,
      InspectCommand.class
    })
public final class Main implements Callable<Integer> {
  static final String NAME = "wasm-heap-pool";

  private static final String DYNAMIC = "--dynamic";

  /** Causes that a trace shows; there may be a circle of them. */
  private static final int MOST_CAUSES = 20;

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

  /** What {@code --version} prints. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {NAME + " " + LibraryVersion.version()};
    }
  }

  /**
   * Runs a command and exits with its code.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    PrintWriter out = new StandardOutput(new FileOutputStream(FileDescriptor.out));
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    HeldLog.install();
    Interruption interruption = Interruption.watch();
    int exitCode = execute(out, err, args);
    if (exitCode != ExitCodes.CANNOT_RUN) {
      HeldLog.letGo();
    }
    interruption.commandEnded();
    System.exit(exitCode);
  }

  /** Runs a command in this JVM; gives its exit code. */
  static int execute(PrintWriter out, PrintWriter err, String... args) {
    Main main = new Main();
    try {
      LogConfiguration.apply(args);
      requireAttachedNumbers(args);
      int exitCode =
          new CommandLine(main)
              .setOut(out)
              .setErr(err)
              .setCaseInsensitiveEnumValuesAllowed(true)
              .setParameterExceptionHandler((e, unused) -> main.usageError(e))
              .setExecutionExceptionHandler((e, command, unused) -> main.cannotRun(command, e))
              .execute(args);
      return main.requireWritten(out, err, exitCode);
    } catch (CliException e) {
      return main.fail(err, String.valueOf(e.getMessage()), e);
    } catch (Throwable e) {
      // An error of the JVM: out of memory while it loads, say.
      return main.fail(err, "the command failed: " + e, e);
    }
  }

  /** Results that did not arrive are a failure, unless another one was told already. */
  private int requireWritten(PrintWriter out, PrintWriter err, int exitCode) {
    String why = StandardOutput.failureOf(out);
    if (why == null || exitCode == ExitCodes.CANNOT_RUN) {
      return exitCode;
    }
    CliException failure = CliException.notWritten("standard output", why, null);
    int failed = fail(err, String.valueOf(failure.getMessage()), failure);
    return exitCode == ExitCodes.INTERRUPTED ? exitCode : failed;
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
    String message = String.valueOf(e.getMessage()).replaceAll("\\s*\\R\\s*", " ");
    return fail(e.getCommandLine(), e.getCommandLine().getCommandName() + ": " + message, e);
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
    err.println(NAME + ": " + Printable.text(message, Printable.MAX_MESSAGE));
    if (verbose) {
      HeldLog.letGo();
      printTrace(err, e);
    }
    err.flush();
    return e instanceof CliException own ? own.exitCode() : ExitCodes.CANNOT_RUN;
  }

  /** As the JDK does it, but that messages, which may be anybody's, are escaped. */
  private static void printTrace(PrintWriter err, Throwable thrown) {
    String before = "";
    Throwable each = thrown;
    for (int depth = 0; each != null && depth < MOST_CAUSES; depth++) {
      err.println(before + Printable.text(each.toString(), Printable.MAX_MESSAGE));
      for (StackTraceElement frame : each.getStackTrace()) {
        err.println("\tat " + Printable.text(frame.toString()));
      }
      before = "Caused by: ";
      each = each.getCause();
    }
  }
}
