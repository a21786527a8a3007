package org.wasmheap.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LibraryVersionTest {
  @Test
  void a_resource_that_no_build_filled_in_is_no_version() {
    assertEquals("unknown", LibraryVersion.of("${project.version}\n"));
    assertEquals("unknown", LibraryVersion.of(" \n"));
    assertEquals("1.2.3-SNAPSHOT", LibraryVersion.of("1.2.3-SNAPSHOT\n"));
  }

  @Test
  void the_build_fills_it_in() {
    assertTrue(LibraryVersion.isKnown());
  }
}
