package org.wasmheap.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ScopeGuests;

/** What guests log and print, and what reaches the log of it. */
class GuestLoggingTest {
  private static final int MEMORY_BYTES = 2 * 65_536;
  private static final int INFO = 2;
  private static final int TRACE = 4;

  private final Logger logger = (Logger) LoggerFactory.getLogger("org.wasmheap.guest");
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final HeapExecutor<CallScope> executor =
      HeapExecutor.builder(ScopeGuests.withPages(2)).name("guests").workers(1).build();

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
    logger.setLevel(Level.TRACE);
  }

  @AfterEach
  void shutDown() {
    logger.detachAppender(log);
    logger.setLevel(null);
    executor.close();
  }

  @Test
  void a_message_comes_with_its_target_and_heap() throws Exception {
    // when
    logs(INFO, "runtime::system", "block {} finished");
    // then
    ILoggingEvent event = onlyEvent();
    assertEquals("block {} finished", event.getFormattedMessage());
    assertEquals(Map.of("target", "runtime::system", "heap", "guests/1"), keyValues(event));
  }

  @ParameterizedTest
  @CsvSource({"0, ERROR", "1, WARN", "2, INFO", "3, DEBUG", "4, TRACE", "5, TRACE", "-1, TRACE"})
  void levels_count_from_error(int level, String expected) throws Exception {
    // when
    logs(level, "t", "m");
    // then
    assertEquals(Level.toLevel(expected), onlyEvent().getLevel());
  }

  @Test
  void control_characters_and_invisible_ones_are_escaped() throws Exception {
    // when an escape sequence, a forged line, a text that runs backwards
    logs(INFO, "a\u001b[2J", "1\r\n2\t3\u0000\u0085\u2028\u202e4");
    // then
    ILoggingEvent event = onlyEvent();
    assertEquals("1\\r\\n2\\t3\\u{0}\\u{85}\\u{2028}\\u{202e}4", event.getFormattedMessage());
    assertEquals("a\\u{1b}[2J", keyValues(event).get("target"));
  }

  @Test
  void text_beyond_ascii_is_kept() throws Exception {
    // when
    logs(INFO, "t", "Größe: 3 µs, 好, 🙂");
    // then
    assertEquals("Größe: 3 µs, 好, 🙂", onlyEvent().getFormattedMessage());
  }

  @Test
  void bytes_that_are_not_text_are_replaced() throws Exception {
    // when
    logs(INFO, "t".getBytes(UTF_8), HexFormat.of().parseHex("61ff62c3"));
    // then
    assertEquals("a\ufffdb\ufffd", onlyEvent().getFormattedMessage());
  }

  @Test
  void a_message_of_the_longest_length_is_whole() throws Exception {
    // when
    logs(INFO, "t", "x".repeat(8192));
    // then
    assertEquals("x".repeat(8192), onlyEvent().getFormattedMessage());
  }

  @Test
  void a_longer_message_is_cut_and_its_length_told() throws Exception {
    // when
    logs(INFO, "t", "x".repeat(8193));
    // then
    assertEquals("x".repeat(8192) + "... (8193 bytes)", onlyEvent().getFormattedMessage());
  }

  @Test
  void a_message_that_ends_where_memory_ends_is_cut_as_any_other() throws Exception {
    // given
    long message = packed(MEMORY_BYTES - 20_000, 20_000);
    // when
    call("ext_logging_log_version_1", INFO, 0, message);
    // then
    assertEquals("\\u{0}".repeat(8192) + "... (20000 bytes)", onlyEvent().getFormattedMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20_000})
  void a_message_that_leaves_the_memory_traps_whether_or_not_it_is_written(int size) {
    // given a range whose last byte lies outside
    logger.setLevel(Level.OFF);
    long message = packed(MEMORY_BYTES - size + 1, size);
    // when
    var failure =
        assertThrows(
            CallException.class, () -> call("ext_logging_log_version_1", INFO, 0, message));
    // then
    assertTrue(failure.isDeterministic(), failure.getMessage());
  }

  @Test
  void a_target_that_leaves_the_memory_traps() {
    // given
    long target = packed(MEMORY_BYTES, 1);
    // when
    var failure =
        assertThrows(CallException.class, () -> call("ext_logging_log_version_1", INFO, target, 0));
    // then
    assertTrue(failure.isDeterministic(), failure.getMessage());
  }

  @Test
  void the_level_that_guests_are_told_does_not_follow_the_configuration() throws Exception {
    // given
    logger.setLevel(Level.OFF);
    // when
    long told = call("ext_logging_max_level_version_1");
    // then
    assertEquals(SubstrateHostFunctions.DEFAULT_MAX_LOG_LEVEL, told);
  }

  @Test
  void a_guest_that_never_stops_talking_writes_some_hundred_lines_and_the_rest_is_counted()
      throws Exception {
    // when
    Talk talk = talks("guest.lines", INFO, 20_000, "hello".getBytes(UTF_8));
    // then
    assertTrue(talk.lines() <= 200 + 20 * talk.seconds(), talk::toString);
    assertTrue(talk.lines() >= 200, talk::toString);
    assertEquals(20_000, talk.lines() + talk.leftOut());
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "\u0000", "\u4e00"})
  void a_guest_that_talks_at_length_writes_a_bounded_number_of_characters(String letter)
      throws Exception {
    // when the longest lines come, of letters that are written as they are, escaped, or shorter
    Talk talk = talks("guest.lines", INFO, 1_000, letter.repeat(8_000).getBytes(UTF_8));
    // then
    assertTrue(talk.characters() <= (64 << 10) + (16L << 10) * talk.seconds(), talk::toString);
    assertTrue(talk.lines() >= 1, talk::toString);
    assertEquals(1_000, talk.lines() + talk.leftOut());
  }

  @Test
  void a_guest_that_traces_at_length_writes_a_bounded_number_of_characters() throws Exception {
    // when
    Talk talk = talks("guest.details", TRACE, 1_000, "\u0000".repeat(8_192).getBytes(UTF_8));
    // then
    assertTrue(talk.characters() <= (1L << 20) * (1 + talk.seconds()) * 1.001, talk::toString);
    assertTrue(talk.lines() >= 20, talk::toString);
    assertEquals(1_000, talk.lines() + talk.leftOut());
  }

  /** What came into the log of a guest that talks, in how many seconds, begun ones included. */
  private record Talk(int lines, long characters, long leftOut, long seconds) {}

  /** A guest says something so many times; of what is left out the log tells under a name. */
  private Talk talks(String leftOutAs, int level, int times, byte[] text) throws Exception {
    try (LogCapture ours = LogCapture.of(Level.INFO)) {
      long began = System.nanoTime();
      executor.call(
          CallOptions.named("test"),
          scope -> {
            long target = put(scope, "t".getBytes(UTF_8));
            long message = put(scope, text);
            HostFunction.Body log = function("ext_logging_log_version_1");
            for (int i = 0; i < times; i++) {
              log.run(scope, new long[] {level, target, message});
            }
            return 0L;
          });
      executor.close();
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began) + 1;
      long characters = 0;
      long leftOut = 0;
      for (ILoggingEvent event : log.list) {
        characters += event.getFormattedMessage().length();
        leftOut += (long) keyValues(event).getOrDefault("suppressed", 0L);
      }
      for (ILoggingEvent event : ours.events("events.suppressed")) {
        Map<String, Object> values = LogCapture.values(event);
        assertTrue(
            String.valueOf(values.get("of")).matches(leftOutAs + ": \\d+"), values::toString);
        leftOut += (long) values.get("suppressed");
      }
      return new Talk(log.list.size(), characters, leftOut, seconds);
    }
  }

  @Test
  void what_a_guest_says_last_of_an_error_is_known_whether_or_not_it_is_written() throws Exception {
    // given
    logger.setLevel(Level.OFF);
    // when
    String words =
        executor.call(
            CallOptions.named("test"),
            scope -> {
              long message = put(scope, ("panicked at " + "x".repeat(2_000)).getBytes(UTF_8));
              function("ext_logging_log_version_1").run(scope, new long[] {0, message, message});
              return scope.guestWords();
            });
    // then it is cut where its length is known
    assertEquals("panicked at " + "x".repeat(988) + "... (2012 bytes)", words);
  }

  @Test
  void no_text_is_made_for_a_line_that_is_not_written() throws Exception {
    // given
    logger.setLevel(Level.INFO);
    // when
    boolean written =
        executor.call(
            CallOptions.named("test"),
            scope -> GuestLog.line(scope.heap(), org.slf4j.event.Level.DEBUG, 1) != null);
    // then
    assertFalse(written);
  }

  // Printing.

  @Test
  void numbers_are_printed_unsigned_at_debug_level() throws Exception {
    // when
    call("ext_misc_print_num_version_1", -1);
    // then
    ILoggingEvent event = onlyEvent();
    assertEquals("18446744073709551615", event.getFormattedMessage());
    assertEquals(Level.DEBUG, event.getLevel());
    assertEquals("runtime", keyValues(event).get("target"));
  }

  @Test
  void text_is_printed_as_messages_are() throws Exception {
    // when
    prints("utf8", "a\nb".getBytes(UTF_8));
    // then
    assertEquals("a\\nb", onlyEvent().getFormattedMessage());
  }

  @Test
  void bytes_are_printed_in_hexadecimal() throws Exception {
    // when
    prints("hex", HexFormat.of().parseHex("00ff10"));
    // then
    assertEquals("0x00ff10", onlyEvent().getFormattedMessage());
  }

  @Test
  void many_bytes_are_printed_in_part() throws Exception {
    // when
    prints("hex", new byte[9000]);
    // then
    assertEquals("0x" + "00".repeat(8192) + "... (9000 bytes)", onlyEvent().getFormattedMessage());
  }

  private ILoggingEvent onlyEvent() {
    assertEquals(1, log.list.size(), log.list::toString);
    return log.list.get(0);
  }

  private static Map<String, Object> keyValues(ILoggingEvent event) {
    return event.getKeyValuePairs().stream().collect(Collectors.toMap(p -> p.key, p -> p.value));
  }

  private void logs(int level, String target, String message) throws Exception {
    logs(level, target.getBytes(UTF_8), message.getBytes(UTF_8));
  }

  private void logs(int level, byte[] target, byte[] message) throws Exception {
    executor.call(
        CallOptions.named("test"),
        scope ->
            function("ext_logging_log_version_1")
                .run(scope, new long[] {level, put(scope, target), put(scope, message)}));
  }

  private void prints(String what, byte[] bytes) throws Exception {
    executor.call(
        CallOptions.named("test"),
        scope ->
            function("ext_misc_print_" + what + "_version_1")
                .run(scope, new long[] {put(scope, bytes)}));
  }

  private long call(String name, long... arguments) throws Exception {
    return executor.call(CallOptions.named("test"), scope -> function(name).run(scope, arguments));
  }

  private static long put(CallScope scope, byte[] bytes) {
    HeapHandle heap = scope.heap();
    int pointer = heap.malloc(bytes.length);
    heap.write(pointer, bytes);
    return packed(pointer, bytes.length);
  }

  private static HostFunction.Body function(String name) {
    return SubstrateHostFunctions.all().stream()
        .filter(f -> f.name().equals(name))
        .findAny()
        .orElseThrow()
        .body();
  }

  private static long packed(int pointer, int size) {
    return Integer.toUnsignedLong(size) << 32 | Integer.toUnsignedLong(pointer);
  }
}
