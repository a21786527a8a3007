package org.wasmheap.runtime;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A folder with a file for each key, as any number of threads and processes use it at once.
 *
 * <p>A file appears under its name in one step, whole and on the disk already; whoever reads it
 * sees that one or an earlier one. No lock is held, so nothing is left of a process that is killed
 * but a temporary file. Immutable; what changes is the folder.
 */
final class CodeFolder {
  /** No write takes so long: whoever began it is gone. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  /** In a process that runs, a temporary file is written to more often. */
  private static final Duration IDLE = Duration.ofMinutes(1);

  private static final boolean POSIX =
      Path.of("").getFileSystem().supportedFileAttributeViews().contains("posix");

  private final Path folder;
  private final long mostBytes;

  /** A file that counts in the bound. */
  private record Kept(Path file, Kind kind, FileTime used, long bytes) {
    static final Comparator<Kept> FIRST_TO_GO =
        Comparator.comparing(Kept::kind).thenComparing(Kept::used);

    /** A time in the future is as wrong as one long ago: some clock was set. */
    boolean isOlderThan(Duration age) {
      return Math.abs(System.currentTimeMillis() - used.toMillis()) > age.toMillis();
    }
  }

  /**
   * A file as it was before it was read: enough to tell another one that took its place.
   *
   * @param file its path
   * @param identity of the file system's, where it has such a thing
   * @param bytes its length
   * @param written when it was, or was used last
   */
  record Seen(Path file, @Nullable Object identity, long bytes, FileTime written) {
    static Seen of(Path file) throws IOException {
      BasicFileAttributes now =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return new Seen(file, now.fileKey(), now.size(), now.lastModifiedTime());
    }
  }

  /** What goes first, comes first. */
  private enum Kind {
    TEMPORARY,
    BAD,
    GOOD
  }

  /**
   * Takes a folder, which may not be there yet.
   *
   * @param folder of the default file system
   * @param mostBytes of all files of this class's together
   */
  CodeFolder(Path folder, long mostBytes) {
    this.folder = folder;
    this.mostBytes = mostBytes;
  }

  /** Whether a file of that length may be written at all. */
  boolean hasRoomFor(long bytes) {
    return bytes <= mostBytes;
  }

  /** Why others than this process's user may write in it; {@code null} if it is not known to be. */
  @Nullable String whyOpen() {
    try {
      if (ProcessUser.isForeign(folder)) {
        return "it is of another user";
      }
    } catch (IOException e) {
      // Not there yet; or else whoever reads in it finds out, and says so.
      return null;
    }
    return isOpenToOthers() ? "others than its owner may write in it" : null;
  }

  private boolean isOpenToOthers() {
    PosixFileAttributeView view = Files.getFileAttributeView(folder, PosixFileAttributeView.class);
    try {
      Set<PosixFilePermission> modes =
          view == null ? Set.of() : view.readAttributes().permissions();
      return modes.contains(PosixFilePermission.GROUP_WRITE)
          || modes.contains(PosixFilePermission.OTHERS_WRITE);
    } catch (IOException e) {
      return false;
    }
  }

  /** Makes it, if it is not there. */
  void make() throws IOException {
    // Asked before: JDK 17, when it was new, took a link to a folder for a file in the way.
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder, mode("rwx------"));
    }
  }

  /**
   * Looks whether there is a file, without reading it.
   *
   * @throws NoSuchFileException if there is none
   * @throws IOException if it cannot be seen, or is of another user
   */
  Seen see(CodeKey key) throws IOException {
    // Newer JDKs say of a file in it only that there is none.
    if (Files.isRegularFile(folder)) {
      throw new FileAlreadyExistsException(folder.toString());
    }
    Path file = folder.resolve(key.fileName());
    if (ProcessUser.isForeign(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("a file is of another user");
    }
    return Seen.of(file);
  }

  /** Reads a file, and notes that it was used; throws as {@link CodeFile#read} does. */
  byte[] read(CodeKey key, Seen seen) throws IOException {
    byte[] code = CodeFile.read(seen.file(), key.bytes());
    try {
      Files.setLastModifiedTime(seen.file(), FileTime.fromMillis(System.currentTimeMillis()));
    } catch (IOException ignored) {
      // The file cannot be changed: it may go earlier, and is made again.
    }
    return code;
  }

  /**
   * Writes a file in the place of what was there; makes the folder if need be.
   *
   * @throws IOException if that fails; then nothing was changed
   */
  void write(CodeKey key, byte[] code) throws IOException {
    write(key, code, () -> {});
  }

  /** As above, with something to do when half of the code is in the temporary file. */
  void write(CodeKey key, byte[] code, Runnable atHalf) throws IOException {
    make();
    Path temporary = folder.resolve(key.temporaryName(ThreadLocalRandom.current().nextLong()));
    Files.createFile(temporary, mode("rw-------"));
    boolean moved = false;
    try {
      CodeFile.write(temporary, key.bytes(), code, atHalf);
      Files.move(temporary, folder.resolve(key.fileName()), StandardCopyOption.ATOMIC_MOVE);
      moved = true;
    } finally {
      if (!moved) {
        deleteQuietly(temporary);
      }
    }
  }

  private static FileAttribute<?>[] mode(String permissions) {
    return POSIX
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException ignored) {
      // The failure before this one is what is told.
    }
  }

  /**
   * Gives a file that cannot be used another name, in the place of an earlier one. One that another
   * thread or process has put in its place meanwhile stays.
   *
   * @param seen the file as it was before it was read
   * @throws IOException if that fails; the file is still there
   */
  void putAside(CodeKey key, Seen seen) throws IOException {
    Path bad = folder.resolve(key.badName());
    try {
      if (Seen.of(seen.file()).equals(seen)) {
        move(seen.file(), bad);
      }
    } catch (NoSuchFileException ignored) {
      // Another reader did it.
    }
  }

  private static void move(Path file, Path bad) throws IOException {
    try {
      Files.move(file, bad, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      // A folder and a file do not take each other's place.
      Files.deleteIfExists(bad);
      Files.move(file, bad, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /**
   * Deletes temporary files that nobody writes any more, and what is too much: first temporary
   * files of processes that seem to be gone, then what was put aside, then what was not used for
   * longest.
   *
   * @param written its file stays
   * @throws IOException if something could not be deleted; all that could be is gone
   */
  void trim(CodeKey written) throws IOException {
    Path stays = folder.resolve(written.fileName());
    trim(kept -> !kept.file().equals(stays));
  }

  /**
   * Deletes temporary files as {@link #trim} does, and nothing else: for those who only read.
   *
   * @throws IOException if something could not be deleted; all that could be is gone
   */
  void trimTemporary() throws IOException {
    trim(kept -> kept.kind() == Kind.TEMPORARY);
  }

  private void trim(Predicate<Kept> mayGo) throws IOException {
    List<Kept> all = new ArrayList<>();
    Deletions deletions = new Deletions();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Kept kept = keptOrDeleted(file, deletions);
        if (kept != null) {
          all.add(kept);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    all.sort(Kept.FIRST_TO_GO);
    long bytes = all.stream().mapToLong(Kept::bytes).sum();
    for (Kept each : all) {
      boolean written = each.kind() == Kind.TEMPORARY && !each.isOlderThan(IDLE);
      if (bytes > mostBytes && !written && mayGo.test(each) && deletions.delete(each.file())) {
        bytes -= each.bytes();
      }
    }
    deletions.requireDone();
  }

  /** What counts in the bound; {@code null} for anything else. */
  private static @Nullable Kept keptOrDeleted(Path file, Deletions deletions) throws IOException {
    String name = String.valueOf(file.getFileName());
    Kind kind = kind(name);
    if (kind == null) {
      return null;
    }
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return null;
    }
    // What is in a folder of such a name is not ours.
    if (attributes.isDirectory()) {
      return null;
    }
    Kept kept = new Kept(file, kind, attributes.lastModifiedTime(), attributes.size());
    boolean gone = kind == Kind.TEMPORARY && kept.isOlderThan(ABANDONED) && deletions.delete(file);
    return gone ? null : kept;
  }

  private static @Nullable Kind kind(String name) {
    if (CodeKey.isTemporaryFile(name)) {
      return Kind.TEMPORARY;
    }
    if (CodeKey.isBadFile(name)) {
      return Kind.BAD;
    }
    return CodeKey.isCodeFile(name) ? Kind.GOOD : null;
  }

  /** Deletes files, and goes on where one cannot be deleted. One thread. */
  private static final class Deletions {
    private @Nullable IOException first;

    /** Whether it is gone. */
    boolean delete(Path file) {
      try {
        Files.deleteIfExists(file);
        return true;
      } catch (IOException e) {
        first = first == null ? e : first;
        return false;
      }
    }

    void requireDone() throws IOException {
      if (first != null) {
        throw first;
      }
    }
  }
}
