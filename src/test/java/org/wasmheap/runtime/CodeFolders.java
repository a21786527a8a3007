package org.wasmheap.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** What tests put into folders of compiled code, and look for there. */
final class CodeFolders {
  /** As code hashes are. */
  static final String NAME = "0x" + "5a".repeat(32);

  private CodeFolders() {}

  /** Bytes that tell whether they are all of what one writer wrote. */
  static byte[] code(int seed, int bytes) {
    byte[] code = new byte[bytes];
    new Random(seed).nextBytes(code);
    ByteBuffer.wrap(code).putInt(seed);
    return code;
  }

  static boolean isWhole(byte[] code, int bytes) {
    return code.length == bytes && Arrays.equals(code, code(ByteBuffer.wrap(code).getInt(), bytes));
  }

  static Path file(Path folder, String name) {
    return folder.resolve(CodeKey.of(name).fileName());
  }

  static Path bad(Path folder, String name) {
    return folder.resolve(CodeKey.of(name).badName());
  }

  /** Makes something another user's, where this process may; else the test is skipped. */
  static void giveAway(Path file) throws IOException {
    try {
      Files.setOwner(
          file,
          file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("12345"));
    } catch (UserPrincipalNotFoundException | FileSystemException e) {
      Assumptions.abort("only root gives files away: " + e);
    }
  }

  /** What a caller hands over whose compiler does not look for nulls. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  static <T> T nothing() {
    return null;
  }

  /** Names of all that is in a folder. */
  static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
