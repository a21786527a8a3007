/**
 * Text that comes from a guest, a file or a caller, made fit for a log line, a message, a terminal
 * or a table: {@link org.wasmheap.text.Printable}, the only escaper there is.
 *
 * <p>Where it is used: a value stays as it came in records, getters, fields; it is escaped once,
 * where it becomes part of a text for people.
 *
 * <ul>
 *   <li>A message of an exception of this library is escaped and bounded as a whole by {@link
 *       org.wasmheap.memory.WasmHeapException}; the names in it, by whoever writes it. The cause
 *       keeps its own message: it is somebody else's exception.
 *   <li>A log event: its values, by whoever makes the event. The stack trace of its cause, by the
 *       pattern in {@code config/logback.xml}.
 *   <li>Names of threads, tags of metrics, fields of flight recorder events, {@code toString}: by
 *       whoever sets them.
 *   <li>Tables, reports, pictures, lines on a terminal: by whoever prints them. JSON escapes by
 *       itself what its grammar does not allow, {@code Printable.json} the rest.
 * </ul>
 *
 * <p>A name is not escaped when it is made part of another name, as a pool's is in its heaps'; it
 * is only cut.
 *
 * <p>Beside it, what reads JSON that is not trusted: {@link org.wasmheap.text.JsonFile}; and which
 * version of the library this is: {@link org.wasmheap.text.LibraryVersion}; and how often events
 * may be written that guests bring about: {@link org.wasmheap.text.EventRates}.
 *
 * <p>Not exported. All rooms may use it; it must not know any of them.
 */
@NullMarked
package org.wasmheap.text;

import org.jspecify.annotations.NullMarked;
