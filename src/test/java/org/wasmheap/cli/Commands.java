package org.wasmheap.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.wasmheap.testkit.CommandLineRun;

/** Runs commands in this JVM. */
final class Commands {
  private Commands() {}

  static CommandLineRun execute(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new CommandLineRun(exitCode, out.toString(), err.toString());
  }
}
