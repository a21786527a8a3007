package org.wasmheap.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * The log configuration that the user names. Logback reads the property once, when the first logger
 * is made, so this comes before the command line is even parsed.
 */
final class LogConfiguration {
  static final String OPTION = "--log-config";

  private LogConfiguration() {}

  static void apply(String... args) {
    String file = valueOf(args);
    if (file != null) {
      requireXml(file);
      System.setProperty("logback.configurationFile", file);
      // Logback's own messages about it would go to standard output, among the results. A file that
      // wants to see them names a status listener itself.
      System.setProperty(
          "logback.statusListenerClass", "ch.qos.logback.core.status.NopStatusListener");
    }
  }

  private static @Nullable String valueOf(String... args) {
    String value = null;
    for (int i = 0; i < args.length; i++) {
      if (args[i].startsWith(OPTION + "=")) {
        value = args[i].substring(OPTION.length() + 1);
      } else if (args[i].equals(OPTION) && i + 1 < args.length) {
        value = args[i + 1];
      }
    }
    return value;
  }

  private static void requireXml(String file) {
    try {
      Path path = Path.of(file);
      if (!Files.isReadable(path) || Files.isDirectory(path)) {
        throw new CliException(file, "no such file, or not readable", null);
      }
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      DocumentBuilder parser = factory.newDocumentBuilder();
      // Its own handler prints to standard error.
      parser.setErrorHandler(new DefaultHandler());
      parser.parse(path.toFile());
    } catch (InvalidPathException | IOException | SAXException | ParserConfigurationException e) {
      throw new CliException(file, "is no log configuration: " + e.getMessage(), e);
    }
  }
}
