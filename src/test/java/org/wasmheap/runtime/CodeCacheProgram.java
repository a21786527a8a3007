package org.wasmheap.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Writes compiled code, and reads it, in a process of its own that may be killed. */
final class CodeCacheProgram {
  static final int BYTES = 4_000_000;

  private CodeCacheProgram() {}

  /** Of the files that it writes in turn. */
  static String name(int number) {
    return "code-" + number % 2;
  }

  public static void main(String[] args) throws IOException {
    CodeCache cache = CodeCache.at(Path.of(args[1]));
    int count = Integer.parseInt(args[2]);
    switch (args[0]) {
      case "write-a-half" -> writeHalf(Path.of(args[1]), count);
      case "write-and-read" -> writeAndRead(cache, count, Integer.parseInt(args[3]));
      case "write" -> write(cache, count);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Holds in the middle until it is killed, or whoever began it is gone. */
  private static void writeHalf(Path path, int number) throws IOException {
    CodeFolder folder = new CodeFolder(path, CodeCache.DEFAULT_MOST_BYTES);
    folder.write(CodeKey.of(name(number)), CodeFolders.code(number, BYTES), CodeCacheProgram::hold);
  }

  private static void hold() {
    System.out.println("half");
    try {
      if (System.in.read() >= 0) {
        throw new IllegalStateException("nobody writes to it");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void writeAndRead(CodeCache cache, int rounds, int firstSeed) {
    System.out.println("begins");
    int torn = 0;
    for (int i = 0; i < rounds; i++) {
      cache.keep(name(i), CodeFolders.code(firstSeed + i, BYTES));
      byte[] found = cache.find(name(i));
      torn += found != null && CodeFolders.isWhole(found, BYTES) ? 0 : 1;
    }
    System.out.println("torn=" + torn + " " + cache.statistics());
  }

  private static void write(CodeCache cache, int times) {
    for (int i = 0; i < times; i++) {
      cache.keep(name(i), CodeFolders.code(i, BYTES));
    }
    System.out.println(cache.statistics());
  }
}
