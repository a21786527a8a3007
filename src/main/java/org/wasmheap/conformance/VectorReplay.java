package org.wasmheap.conformance;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.text.Printable;

/**
 * Replays a vector file: a script of operations with the result that the reference allocator gave
 * to each, its state in between and digests of the whole memory.
 *
 * <p>For node teams that run the vectors in their own CI, on the {@link LinearMemory} that they
 * wrote:
 *
 * <pre>{@code
 * VectorReplay.Result result = VectorReplay.run(vectors, MyMemory::new);
 * assertEquals(0, result.mismatches(), result::toString);
 * }</pre>
 *
 * <ol>
 *   <li>Every result, state and digest is compared. After a mismatch the replay goes on, so one
 *       cause can have many.
 *   <li>The allocator works on the memory itself. Only where the vectors ask for what a memory of
 *       WebAssembly does not have (sizes in bytes, cutting off), or where it is over 64 MiB, does
 *       something stand between the two; bytes are read and written in the memory all the same.
 *   <li>Lines that the memory cannot run are skipped and counted: those from an {@code R} on whose
 *       size the factory refuses with an {@link IllegalArgumentException}, and those from the line
 *       on at which memory or factory throws {@link org.wasmheap.memory.GrowthRefusedException}, up
 *       to the next {@code R}. The one panic that has no counterpart here ({@code
 *       memory-size-not-u32}) makes its lines skipped, too. Assert on the number of skipped lines:
 *       a factory that refuses everything has no mismatch.
 *   <li>Any other exception of the memory is a mismatch.
 * </ol>
 *
 * <p>Vectors with memories of up to 4 GiB set hardly more aside than what the memory does for the
 * few places that are written.
 */
public final class VectorReplay {
  private static final String FIRST_LINE = "# vectors-v1 ";
  private static final String PROFILE_KEY = "profile=";
  private static final String LAST_LINE = "# end ops=";

  /** Lines that are shown before the first divergence. */
  private static final int SHOWN = 5;

  private final LineReader lines;
  private final MemoryFactory memories;

  /** The lines replayed last, for the divergence. */
  private final Deque<String> recent = new ArrayDeque<>();

  private long operations;

  /** The line that the next script begins with, read already. */
  private @Nullable VectorLine next;

  private long compared;
  private long mismatches;
  private long skipped;
  private @Nullable Divergence firstDivergence;

  /**
   * What a replay came to.
   *
   * @param lines result, state and digest lines that were compared
   * @param mismatches those of them that came out otherwise
   * @param skipped lines that could not be run
   * @param firstDivergence the first mismatch; {@code null} if there is none
   */
  public record Result(
      long lines, long mismatches, long skipped, @Nullable Divergence firstDivergence) {}

  /**
   * A line that came out otherwise.
   *
   * @param lineNumber its number in the file, from 1
   * @param before the lines before it, five if there are as many; immutable
   * @param expected the line
   * @param actual what it is here
   */
  public record Divergence(long lineNumber, List<String> before, String expected, String actual) {
    @Override
    public String toString() {
      return "Divergence["
          + ("lineNumber=" + lineNumber + ", expected=" + Printable.text(expected))
          + (", actual=" + Printable.text(actual) + "]");
    }
  }

  private VectorReplay(Reader vectors, MemoryFactory memories) {
    this.lines = new LineReader(vectors);
    this.memories = memories;
  }

  /**
   * Replays a file.
   *
   * @param vectors the file's text; not closed
   * @param memories makes the memories to replay on
   * @return what it came to
   * @throws IOException if reading fails, or what is read is no vector file or is cut short; the
   *     message names the line
   */
  public static Result run(Reader vectors, MemoryFactory memories) throws IOException {
    return run(vectors, memories, () -> false);
  }

  /**
   * Replays a file, or the beginning of it.
   *
   * @param vectors the file's text; not closed
   * @param memories makes the memories to replay on
   * @param ends asked before each line; once it says yes, the rest is left out
   * @return what it came to so far
   * @throws IOException if reading fails, or what is read is no vector file or is cut short; the
   *     message names the line
   */
  public static Result run(Reader vectors, MemoryFactory memories, BooleanSupplier ends)
      throws IOException {
    return new VectorReplay(vectors, memories).run(ends);
  }

  private Result run(BooleanSupplier ends) throws IOException {
    VectorProfile profile = readProfile();
    next = readLine(profile);
    while (next != null && !ends.getAsBoolean()) {
      long firstLine = lines.number();
      List<VectorLine> script = readScript(profile);
      replay(new VectorScript(profile, script, memories), script, firstLine, ends);
    }
    return new Result(compared, mismatches, skipped, firstDivergence);
  }

  // Reading.

  private VectorProfile readProfile() throws IOException {
    String line = lines.next();
    if (line == null || !line.startsWith(FIRST_LINE)) {
      throw malformed("a vector file begins with '" + FIRST_LINE + PROFILE_KEY + "…'", null);
    }
    for (String word : line.split(" ", -1)) {
      if (word.startsWith(PROFILE_KEY)) {
        try {
          return VectorProfile.of(word.substring(PROFILE_KEY.length()));
        } catch (IllegalArgumentException e) {
          throw malformed(String.valueOf(e.getMessage()), e);
        }
      }
    }
    throw malformed("the first line has no " + PROFILE_KEY, null);
  }

  /** The lines from the one read already, which must be an R, up to the next R or the end. */
  private List<VectorLine> readScript(VectorProfile profile) throws IOException {
    List<VectorLine> script = new ArrayList<>();
    VectorLine line = next;
    if (line == null || line.kind() != 'R') {
      throw malformed("the first operation must be an R", null);
    }
    do {
      script.add(line);
      line = readLine(profile);
    } while (line != null && line.kind() != 'R');
    next = line;
    return script;
  }

  /** The next line, or {@code null} after the last one. */
  private @Nullable VectorLine readLine(VectorProfile profile) throws IOException {
    String text = lines.next();
    if (text == null) {
      throw malformed("the file is cut short: there is no '" + LAST_LINE + "…'", null);
    }
    try {
      if (text.startsWith(LAST_LINE)) {
        if (Decimal.parse(text.substring(LAST_LINE.length()), Long.MAX_VALUE) != operations) {
          throw new IllegalArgumentException(operations + " operations were read");
        }
        return null;
      }
      VectorLine line = VectorLine.parse(profile, text);
      operations += line.isOperation() ? 1 : 0;
      return line;
    } catch (IllegalArgumentException e) {
      throw malformed("'" + Printable.name(text) + "': " + e.getMessage(), e);
    }
  }

  private IOException malformed(String why, @Nullable Exception cause) {
    return new IOException("line " + lines.number() + ": " + Printable.text(why), cause);
  }

  // Replaying.

  private void replay(
      VectorScript script, List<VectorLine> lines, long firstLine, BooleanSupplier ends) {
    boolean runs =
        lines.stream().noneMatch(line -> line.result().equals(VectorErrors.SIZE_NOT_U32));
    for (int i = 0; i < lines.size() && !ends.getAsBoolean(); i++) {
      VectorLine line = lines.get(i);
      String actual = runs ? script.replay(line) : null;
      if (actual == null) {
        runs = false;
        skipped++;
      } else {
        compare(firstLine + i, line.text(), actual);
      }
      if (recent.size() == SHOWN) {
        recent.removeFirst();
      }
      recent.addLast(line.text());
    }
  }

  private void compare(long number, String expected, String actual) {
    compared++;
    if (!expected.equals(actual)) {
      mismatches++;
      if (firstDivergence == null) {
        firstDivergence = new Divergence(number, List.copyOf(recent), expected, actual);
      }
    }
  }
}
