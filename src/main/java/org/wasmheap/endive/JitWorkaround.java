package org.wasmheap.endive;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On JDK 17 and older the optimising compiler can miscompile an unsigned comparison of guest code
 * (JDK-8376400). The engine works round some of it, not {@code i32.lt_u}: as long as that one is
 * not inlined, its result is right.
 *
 * <p>Whoever starts the JVM can say so with an option; otherwise this class tries to say it from
 * inside, through the diagnostic command that adds directives to the compiler, and warns once
 * whether or not it worked.
 */
final class JitWorkaround {
  private static final Logger LOG = LoggerFactory.getLogger(JitWorkaround.class);
  private static final int FIRST_GOOD_JDK = 18;
  private static final String OPTION = "dontinline,*.I32_LT_U";
  private static final String FAILED = "jit.directive_failed";

  /** Set once, atomically, by the thread that comes first. */
  private static final AtomicBoolean DONE = new AtomicBoolean();

  private JitWorkaround() {}

  static void apply() {
    if (Runtime.version().feature() >= FIRST_GOOD_JDK || DONE.getAndSet(true)) {
      return;
    }
    boolean applied = false;
    try {
      if (Management.optionGiven()) {
        return;
      }
      applied = Management.addDirective();
    } catch (LinkageError | RuntimeException e) {
      // An image without java.management, which only a class path can meet: the module requires it.
      // Beans may throw whatever they like; no module is refused for that.
      LOG.atDebug()
          .addKeyValue("event", FAILED)
          .setCause(e)
          .log("A fault of the JVM's compiler could not be worked around");
    }
    LOG.atWarn()
        .addKeyValue("event", "jit.unsigned_comparison")
        .addKeyValue("jdk", Runtime.version())
        .addKeyValue("bug", "JDK-8376400")
        .addKeyValue("workaround", applied ? "applied" : "failed")
        .addKeyValue("option", "-XX:CompileCommand=" + OPTION)
        .log("A fault of the JVM's compiler is worked around");
  }

  /** All that touches module java.management, in a class that is not linked before it is used. */
  private static final class Management {
    private Management() {}

    static boolean optionGiven() {
      return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
          .anyMatch(argument -> argument.endsWith(OPTION));
    }

    /** Without module jdk.management there is no such bean. */
    static boolean addDirective() {
      Path file = null;
      try {
        file = Files.createTempFile("wasm-heap-pool", ".json");
        // Directives match by the method that is compiled: those of compiled guests and the engine.
        Files.writeString(
            file,
            "[{ match: [\"run/endive/*.*\", \"org/wasmheap/*.*\"],"
                + " c2: { inline: [\"-*.I32_LT_U\"] } }]",
            StandardCharsets.US_ASCII);
        Object answer =
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "compilerDirectivesAdd",
                    new Object[] {new String[] {file.toString()}},
                    new String[] {String[].class.getName()});
        return String.valueOf(answer).contains("1 compiler directives added");
      } catch (IOException | JMException | SecurityException e) {
        LOG.atDebug()
            .addKeyValue("event", FAILED)
            .setCause(e)
            .log("A fault of the JVM's compiler could not be worked around");
        return false;
      } finally {
        deleteQuietly(file);
      }
    }
  }

  private static void deleteQuietly(@org.jspecify.annotations.Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      LOG.atDebug()
          .addKeyValue("event", FAILED)
          .setCause(e)
          .log("A fault of the JVM's compiler could not be worked around");
    }
  }
}
