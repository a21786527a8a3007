/**
 * Text that comes from a guest, a file or a caller, made fit for a log line, a message, a terminal
 * or a table: {@link org.wasmheap.text.Printable}, the only escaper there is.
 *
 * <p>Not exported. All rooms may use it; it must not know any of them.
 */
@NullMarked
package org.wasmheap.text;

import org.jspecify.annotations.NullMarked;
