package org.wasmheap.runtime;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * The user that this process runs as, where files have such owners (POSIX); elsewhere all files are
 * taken for its own.
 */
final class ProcessUser {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private static final @Nullable UserPrincipal SELF = POSIX ? self() : null;
  private static final @Nullable UserPrincipal ROOT = POSIX ? named("0") : null;

  private ProcessUser() {}

  /**
   * Whether something is of another user than this process, and not of root, who could change the
   * process itself.
   *
   * @param link {@code NOFOLLOW_LINKS} if of a link its own owner is meant
   * @throws IOException if it is not there, or cannot be seen
   */
  static boolean isForeign(Path file, LinkOption... link) throws IOException {
    return POSIX && isForeign(Files.getOwner(file, link));
  }

  private static boolean isForeign(UserPrincipal owner) {
    return !owner.equals(SELF) && !owner.equals(ROOT);
  }

  /**
   * What the system says of a file just made, as the name is what somebody may have set. Not in a
   * folder of compiled code: there another may put his own file in the place of this one.
   */
  private static @Nullable UserPrincipal self() {
    try {
      Path made = Files.createTempFile("wasmheap", null);
      try {
        return Files.getOwner(made, LinkOption.NOFOLLOW_LINKS);
      } finally {
        Files.deleteIfExists(made);
      }
    } catch (IOException | SecurityException e) {
      return named(System.getProperty("user.name", ""));
    }
  }

  /** A number is a name too, of whoever has no other. */
  private static @Nullable UserPrincipal named(String name) {
    try {
      return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name);
    } catch (IOException | SecurityException | UnsupportedOperationException e) {
      return null;
    }
  }
}
