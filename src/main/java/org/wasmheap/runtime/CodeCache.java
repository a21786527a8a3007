package org.wasmheap.runtime;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.endive.CodeStore;
import org.wasmheap.text.LibraryVersion;
import org.wasmheap.text.Printable;

/**
 * Compiled code in a folder, from one process to the next.
 *
 * <p><b>What is read from the folder is run.</b> Whoever can write in it is trusted as the library
 * itself is, so that should be its owner alone. A folder that is made here has mode 0700 and its
 * files 0600, where there are modes; one that others may write in, or that is another user's, is
 * used, and told of in the log as {@code code_cache.open_folder}. A file of another user than the
 * process's, or root, is not used. Lengths, key and hash are checked against damage, not against
 * malice: whoever owns the folder can put anything in the place of a file while it is read.
 *
 * <ol>
 *   <li>Nothing that goes wrong with the folder is an exception: it may not be there, be deleted
 *       meanwhile, be full, be a file, be for reading only. What was not found is compiled; what
 *       could not be written is not kept. The log has the reason once, and again when it is another
 *       one or when there was a success in between, but not more than once a minute, as {@code
 *       code_cache.not_read} and {@code code_cache.not_written}.
 *   <li>Code is found again only by the same versions of library, engine and JDK (feature version).
 *       A build that does not know its version keeps and finds nothing.
 *   <li>Whoever reads a file reads all of what one writer wrote, or nothing, whichever threads and
 *       processes use the folder, and whenever they are killed.
 *   <li>A file that is damaged, or something else, is put aside under the name with {@code .bad}
 *       behind, told of as {@code code_cache.damaged}, and made anew.
 *   <li>The files together have at most as many bytes as are allowed, after each write: those that
 *       were not used for longest go. What killed processes left half written counts, and goes
 *       first, a minute after; that is also looked for at the first {@link #find}. Files of other
 *       names stay as they are, and do not count.
 *   <li>An interrupt of the calling thread neither ends what is done here nor is lost.
 * </ol>
 *
 * <p>Safe to use from any thread. Reading and writing is done on the calling one.
 */
public final class CodeCache implements CodeStore {
  /** The system property that names a folder: {@value}. */
  public static final String PROPERTY = "wasm-heap-pool.code-cache";

  /**
   * Most bytes unless others are asked for, 1 GiB: a runtime comes to 3 to 12 MB, and each version
   * of library, engine and JDK has files of its own. That is room for the history of a chain, and
   * little beside its state.
   */
  public static final long DEFAULT_MOST_BYTES = 1L << 30;

  private static final String UNKNOWN_LIBRARY = "the version of the library is not known";

  private static final Logger LOG = LoggerFactory.getLogger(CodeCache.class);

  /** No more names are remembered; after that, some damage may be told of again. */
  private static final int MOST_TOLD = 1_000;

  private final Path path;
  private final CodeFolder folder;

  /** Otherwise the code of any build has the same key, and nothing is kept or found. */
  private final boolean libraryIsKnown;

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder damaged = new LongAdder();
  private final LongAdder written = new LongAdder();
  private final LongAdder failedWrites = new LongAdder();

  private final Trouble reading;
  private final Trouble writing;
  private final Trouble trimming;

  /** Set by the thread that tells of it. */
  private final AtomicBoolean toldOpen = new AtomicBoolean();

  /** Set by the thread that looks for what processes left behind that were killed. */
  private final AtomicBoolean looked = new AtomicBoolean();

  /** Files that were told to be damaged, and not written since: of any thread. */
  private final Set<String> toldDamaged = ConcurrentHashMap.newKeySet();

  /** Reasons of one kind: the same is told again only after another one, or after a success. */
  private static final class Trouble {
    /** Of a file that comes and goes, or of reasons in turn, a log wants no more. */
    private static final long NANOS_BETWEEN = Duration.ofMinutes(1).toNanos();

    private final LongSupplier nanoTime;

    /** Exchanged by any thread, atomically, so that one of several tells. */
    private final AtomicReference<@Nullable Told> last = new AtomicReference<>();

    /** What was told last, and when; no reason after a success. */
    private record Told(@Nullable String why, long nanos) {}

    Trouble(LongSupplier nanoTime) {
      this.nanoTime = nanoTime;
    }

    void ends() {
      Told told = last.get();
      if (told != null && told.why() != null) {
        // Where another thread tells meanwhile, its trouble is the later one.
        last.compareAndSet(told, new Told(null, told.nanos()));
      }
    }

    void tell(Path folder, String why, String event) {
      Told told = last.get();
      long now = nanoTime.getAsLong();
      if (told != null && (why.equals(told.why()) || now - told.nanos() < NANOS_BETWEEN)) {
        return;
      }
      if (last.compareAndSet(told, new Told(why, now))) {
        LOG.atWarn()
            .addKeyValue("event", event)
            .addKeyValue("folder", Printable.value(folder.toString()))
            .addKeyValue("why", Printable.value(why))
            .log("The folder of kept code is of no use now, and runtimes work without it");
      }
    }
  }

  /**
   * What became of it since it was made, in this process.
   *
   * @param hits times that code was found
   * @param misses times that it was not
   * @param damaged of the misses, those where there was a file that could not be used
   * @param written files written
   * @param failedWrites files that could not be written, or were not for their length
   */
  public record Statistics(long hits, long misses, long damaged, long written, long failedWrites) {}

  private CodeCache(Path path, CodeFolder folder, LongSupplier nanoTime, boolean libraryIsKnown) {
    this.path = path;
    this.folder = folder;
    this.libraryIsKnown = libraryIsKnown;
    reading = new Trouble(nanoTime);
    writing = new Trouble(nanoTime);
    trimming = new Trouble(nanoTime);
  }

  /**
   * Compiled code in a folder, with {@link #DEFAULT_MOST_BYTES}.
   *
   * @param folder is made when something is written; a relative one begins where the process does
   * @return the cache
   * @throws IllegalArgumentException if the folder is not of the default file system
   */
  public static CodeCache at(Path folder) {
    return at(folder, DEFAULT_MOST_BYTES);
  }

  /**
   * Compiled code in a folder.
   *
   * @param folder is made when something is written; a relative one begins where the process does
   * @param mostBytes of the files in it, more than 0; the bound of the process that wrote last
   *     holds
   * @return the cache
   * @throws IllegalArgumentException if the folder is not of the default file system, or the number
   *     of bytes is not more than 0
   */
  public static CodeCache at(Path folder, long mostBytes) {
    return at(folder, mostBytes, System::nanoTime, LibraryVersion.isKnown());
  }

  /**
   * As above, with a clock for the log, and whether it is known which version of the library runs.
   */
  static CodeCache at(Path folder, long mostBytes, LongSupplier nanoTime, boolean libraryIsKnown) {
    if (!folder.getFileSystem().equals(FileSystems.getDefault())) {
      throw new IllegalArgumentException("folder is not of the default file system");
    }
    if (mostBytes <= 0) {
      throw new IllegalArgumentException("mostBytes is " + mostBytes + ", must be more than 0");
    }
    Path absolute = folder.toAbsolutePath();
    CodeFolder files = new CodeFolder(absolute, mostBytes);
    return new CodeCache(absolute, files, nanoTime, libraryIsKnown);
  }

  /**
   * What the system property {@value #PROPERTY} names, which is read now.
   *
   * @return a cache of its own for each call; empty if the property is not set, or is empty
   * @throws IllegalArgumentException if its value cannot be a path
   */
  public static Optional<CodeCache> configured() {
    String value = System.getProperty(PROPERTY, "");
    return value.isEmpty() ? Optional.empty() : Optional.of(at(Path.of(value)));
  }

  /**
   * Makes the folder now, if it is not there. Nobody needs to: this is for those who would rather
   * fail at once if a folder that was asked for cannot be.
   *
   * @throws IOException if it cannot be made, or a file has its name
   */
  public void makeFolder() throws IOException {
    folder.make();
  }

  @Override
  public byte @Nullable [] find(String name) {
    byte[] code = read(Objects.requireNonNull(name, "name"));
    (code == null ? misses : hits).increment();
    if (!looked.getAndSet(true)) {
      trimTemporary();
    }
    return code;
  }

  private byte @Nullable [] read(String name) {
    if (!libraryIsKnown) {
      reading.tell(path, UNKNOWN_LIBRARY, "code_cache.not_read");
      return null;
    }
    if (!CodeKey.isName(name)) {
      reading.tell(path, "a name of code is not as it must be", "code_cache.not_read");
      return null;
    }
    CodeKey key = CodeKey.of(name);
    try {
      tellIfOpen();
      return read(key, folder.see(key));
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException | SecurityException | OutOfMemoryError e) {
      reading.tell(path, reason(e), "code_cache.not_read");
      return null;
    }
  }

  private byte @Nullable [] read(CodeKey key, CodeFolder.Seen seen) throws IOException {
    try {
      byte[] code = folder.read(key, seen);
      reading.ends();
      return code;
    } catch (CodeFile.DamagedException e) {
      putAside(key, seen, String.valueOf(e.getMessage()));
      return null;
    }
  }

  private void putAside(CodeKey key, CodeFolder.Seen seen, String why) {
    damaged.increment();
    String aside = key.badName();
    try {
      folder.putAside(key, seen);
    } catch (IOException | SecurityException e) {
      aside = "not possible: " + reason(e);
    }
    if (toldDamaged.size() >= MOST_TOLD) {
      toldDamaged.clear();
    }
    if (toldDamaged.add(key.fileName())) {
      LOG.atWarn()
          .addKeyValue("event", "code_cache.damaged")
          .addKeyValue("folder", Printable.value(path.toString()))
          .addKeyValue("file", key.fileName())
          .addKeyValue("why", why)
          .addKeyValue("aside", Printable.value(aside))
          .log("Kept code is damaged, and is compiled anew");
    }
  }

  @Override
  public void keep(String name, byte[] code) {
    Objects.requireNonNull(code, "code");
    if (!CodeKey.isName(Objects.requireNonNull(name, "name"))) {
      notWritten("a name of code is not as it must be");
      return;
    }
    if (!libraryIsKnown) {
      failedWrites.increment();
      // The same as of reading, so that there is one line.
      reading.tell(path, UNKNOWN_LIBRARY, "code_cache.not_read");
      return;
    }
    CodeKey key = CodeKey.of(name);
    if (code.length > CodeFile.MOST_CODE_BYTES
        || !folder.hasRoomFor(CodeFile.length(key.bytes(), code))) {
      notWritten("compiled code is larger than is allowed");
      return;
    }
    try {
      folder.write(key, code);
      written.increment();
      writing.ends();
      toldDamaged.remove(key.fileName());
      tellIfOpen();
    } catch (IOException | SecurityException | OutOfMemoryError e) {
      notWritten(reason(e));
      return;
    }
    trim(key);
  }

  private void notWritten(String why) {
    failedWrites.increment();
    writing.tell(path, why, "code_cache.not_written");
  }

  private void trim(CodeKey key) {
    try {
      folder.trim(key);
      trimming.ends();
    } catch (IOException | SecurityException | OutOfMemoryError e) {
      trimming.tell(path, reason(e), "code_cache.not_trimmed");
    }
  }

  /** A process that is killed at each first write never comes to trim after one. */
  private void trimTemporary() {
    try {
      folder.trimTemporary();
    } catch (NoSuchFileException | NotDirectoryException ignored) {
      // Nothing is left where no folder is.
    } catch (IOException | SecurityException | OutOfMemoryError e) {
      trimming.tell(path, reason(e), "code_cache.not_trimmed");
    }
  }

  private void tellIfOpen() {
    if (toldOpen.get()) {
      return;
    }
    String why = folder.whyOpen();
    if (why != null && toldOpen.compareAndSet(false, true)) {
      LOG.atWarn()
          .addKeyValue("event", "code_cache.open_folder")
          .addKeyValue("folder", Printable.value(path.toString()))
          .addKeyValue("why", why)
          .log("Others may write to the folder of kept code");
    }
  }

  /** In a few words, without the name of a file, which would be another one each time. */
  private static String reason(Throwable e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file is where the folder should be";
    }
    String reason = e instanceof FileSystemException of ? of.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }

  /**
   * Counts, each read by itself.
   *
   * @return what became of it so far
   */
  public Statistics statistics() {
    return new Statistics(
        hits.sum(), misses.sum(), damaged.sum(), written.sum(), failedWrites.sum());
  }

  @Override
  public String toString() {
    return "CodeCache[" + Printable.text(path.toString()) + "]";
  }
}
