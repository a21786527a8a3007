package org.wasmheap.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Files and folders that commands are told to write. */
final class OutputFiles {
  private OutputFiles() {}

  /** Makes a folder; throws CliException if that cannot be, before any work. */
  static void createFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new CliException(folder.toString(), "cannot be created as a folder: " + reason(e), e);
    }
  }

  /**
   * Writes a file, and leaves no part of it behind if that fails: CliException, whose exit code
   * tells whether it could not even be opened.
   */
  static void write(Path file, String text) {
    try {
      Files.writeString(file, text, StandardCharsets.UTF_8);
    } catch (FileSystemException e) {
      throw new CliException(file.toString(), "cannot be written: " + reason(e), e);
    } catch (IOException e) {
      deletePart(file);
      throw CliException.notWritten(file.toString(), reason(e), e);
    }
  }

  private static void deletePart(Path file) {
    try {
      if (Files.isRegularFile(file)) {
        Files.delete(file);
      }
    } catch (IOException ignored) {
      // The failure to write is what is told.
    }
  }

  /** In a few words; the messages of some exceptions are only the file's name. */
  static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "there is a file of this name";
    }
    String reason = e instanceof FileSystemException of ? of.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }
}
