package org.wasmheap.endive;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What HotSpot's compilers are told of guest code, once, through the diagnostic command that adds
 * directives.
 *
 * <p><b>A fault.</b> On JDK 17 and older the optimising compiler can miscompile an unsigned
 * comparison of guest code (JDK-8376400). The engine works round some of it, not {@code i32.lt_u}:
 * as long as that one is not inlined, its result is right. Whoever starts the JVM can say so with
 * an option; otherwise it is said here, with one warning whether or not it worked.
 *
 * <p><b>Counting.</b> While a function was not called some thousand times, it runs in code of the
 * first compiler, which counts calls and branches, also those of what it inlines. The engine's
 * loads and stores are methods that all functions call: inlined there, each of them counts in the
 * same few lines of memory, for which all workers compete. So the first compiler is to call them;
 * by then the second has compiled them, and that code does not count. Nothing is said where this
 * cannot be told.
 */
final class CompilerDirectives {
  private static final Logger LOG = LoggerFactory.getLogger(CompilerDirectives.class);
  private static final int FIRST_GOOD_JDK = 18;
  private static final String OPTION = "dontinline,*.I32_LT_U";
  private static final String FAILED = "jit.directive_failed";

  /** Set once, atomically, by the thread that comes first. */
  private static final AtomicBoolean DONE = new AtomicBoolean();

  private CompilerDirectives() {}

  static void apply() {
    if (DONE.getAndSet(true)) {
      return;
    }
    boolean applied = false;
    boolean isFaulty = Runtime.version().feature() < FIRST_GOOD_JDK;
    try {
      isFaulty = isFaulty && !Management.optionGiven();
      applied = Management.addDirectives(isFaulty);
    } catch (LinkageError | RuntimeException e) {
      // An image without java.management, which only a class path can meet: the module requires it.
      // Beans may throw whatever they like; no module is refused for that.
      failed(e);
    }
    if (isFaulty) {
      warn(applied);
    }
  }

  private static void failed(Throwable cause) {
    LOG.atDebug()
        .addKeyValue("event", FAILED)
        .setCause(cause)
        .log("The JVM's compiler could not be told how to compile guests");
  }

  private static void warn(boolean applied) {
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
    /** Of HotSpot's tiers, that of its second compiler. */
    private static final String LAST_LEVEL = "4";

    private Management() {}

    static boolean optionGiven() {
      return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
          .anyMatch(argument -> argument.endsWith(OPTION));
    }

    /** Without module jdk.management there is no such bean. */
    static boolean addDirectives(boolean isFaulty) {
      List<String> directives = directives(isFaulty);
      if (directives.isEmpty()) {
        return false;
      }
      Path file = null;
      try {
        file = Files.createTempFile("wasm-heap-pool", ".json");
        Files.writeString(file, directives.toString(), StandardCharsets.US_ASCII);
        Object answer =
            invoke(
                "DiagnosticCommand",
                "compilerDirectivesAdd",
                new String[] {file.toString()},
                String[].class.getName());
        return String.valueOf(answer).contains(directives.size() + " compiler directives added");
      } catch (IOException | JMException | SecurityException e) {
        failed(e);
        return false;
      } finally {
        deleteQuietly(file);
      }
    }

    /** They match by the method that is compiled; the first that does counts, and no other. */
    private static List<String> directives(boolean isFaulty) {
      String second = "c2: { inline: [\"-*.I32_LT_U\"] }";
      List<String> directives = new ArrayList<>();
      if (hasSecondCompiler()) {
        directives.add(
            "{ match: [\"run/endive/$gen/*.*\"], "
                + "c1: { inline: [\"-run/endive/$gen/CompiledMachineShaded.*\"] }"
                + (isFaulty ? ", " + second : "")
                + " }");
      }
      if (isFaulty) {
        directives.add("{ match: [\"run/endive/*.*\", \"org/wasmheap/*.*\"], " + second + " }");
      }
      return directives;
    }

    /**
     * Without it, the first one's code does not count, and is all that there is. What is right must
     * not hang on that, so no failure goes on from here.
     */
    private static boolean hasSecondCompiler() {
      try {
        Object option =
            invoke("HotSpotDiagnostic", "getVMOption", "TieredStopAtLevel", String.class.getName());
        return option instanceof CompositeData data && LAST_LEVEL.equals(data.get("value"));
      } catch (JMException | RuntimeException e) {
        failed(e);
        return false;
      }
    }

    private static Object invoke(String bean, String operation, Object argument, String type)
        throws JMException {
      return ManagementFactory.getPlatformMBeanServer()
          .invoke(
              new ObjectName("com.sun.management:type=" + bean),
              operation,
              new Object[] {argument},
              new String[] {type});
    }
  }

  private static void deleteQuietly(@org.jspecify.annotations.Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      failed(e);
    }
  }
}
