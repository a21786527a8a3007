package org.wasmheap.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.status.Status;
import java.io.ByteArrayOutputStream;
import java.io.File;

/**
 * Writes an event with a configuration file, by whichever logback its class loader has. It must
 * know no class but logback's and the JDK's.
 */
public final class OldLogback {
  private OldLogback() {}

  /**
   * What the console gets.
   *
   * @param file where JSON is to go; empty for nowhere
   */
  public static String write(String configuration, String file) throws Exception {
    LoggerContext context = new LoggerContext();
    LogbackMDCAdapter mdc = new LogbackMDCAdapter();
    context.setMDCAdapter(mdc);
    if (!file.isEmpty()) {
      context.putProperty("wasm-heap-pool.log.file", file);
    }
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(new File(configuration));
    for (Status status : context.getStatusManager().getCopyOfStatusList()) {
      if (status.getLevel() > Status.INFO && !status.getMessage().contains("not referenced")) {
        throw new IllegalStateException(status.toString());
      }
    }
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    ((ConsoleAppender<ILoggingEvent>) root.getAppender("STDERR")).setOutputStream(console);
    mdc.put("block", "123");
    root.atError().addKeyValue("event", "heap.poisoned").log("An allocator failed");
    context.stop();
    return console.toString(UTF_8);
  }
}
