package org.wasmheap.testkit;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Genesis states and blocks of real chains, which are not part of this repository. They are looked
 * for in the folder that the system property {@value #FOLDER_PROPERTY} names, {@code
 * ../shared/blocks} without it; a relative path begins at the project's base directory.
 */
public final class RealBlocks {
  public static final String FOLDER_PROPERTY = "wasmheap.blocks";

  /** Westend's genesis, a raw chain specification, spec 1. */
  public static final String WESTEND_GENESIS = "westend-genesis.chainspec.json";

  /** Kusama's genesis, a raw chain specification, spec 1020. */
  public static final String KUSAMA_GENESIS = "kusama-genesis.chainspec.json";

  /** Block 1 of a test chain whose states have child tries, with its parent's state. */
  public static final String CHILD_TRIES = "child-trie-create-one.json";

  /** Westend's blocks 1 to 128. */
  public static final String WESTEND_CHAIN = "westend-1-128.jsonl";

  /** Kusama's block 1. */
  public static final String KUSAMA_CHAIN = "kusama-1.jsonl";

  private RealBlocks() {}

  /** The file; where it is absent, the test that asks is reported as skipped. */
  public static Path find(String fileName) {
    return RealRuntimes.find(FOLDER_PROPERTY, "../shared/blocks", fileName);
  }

  /** What the state before a block has under {@code :code}, as the file has it. */
  public static String codeBefore(String fileName) {
    try (Reader in = Files.newBufferedReader(find(fileName))) {
      return JsonParser.parseReader(in)
          .getAsJsonObject()
          .getAsJsonObject("parentStorage")
          .getAsJsonObject("mainTrie")
          .get("0x3a636f6465")
          .getAsString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
