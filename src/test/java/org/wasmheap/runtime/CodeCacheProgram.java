package org.wasmheap.runtime;

import java.nio.file.Path;

/** Writes compiled code, and reads it, in a process of its own that may be killed. */
final class CodeCacheProgram {
  static final int BYTES = 4_000_000;

  /** So many that a write takes longer than it takes to be told of it and kill the process. */
  static final int MANY_BYTES = 24_000_000;

  private CodeCacheProgram() {}

  /** Of the files that it writes in turn. */
  static String name(int number) {
    return "code-" + number % 2;
  }

  public static void main(String[] args) {
    CodeCache cache = CodeCache.at(Path.of(args[1]));
    int count = Integer.parseInt(args[2]);
    switch (args[0]) {
      case "write-forever" -> writeForever(cache, count);
      case "write-and-read" -> writeAndRead(cache, count, Integer.parseInt(args[3]));
      case "write" -> write(cache, count);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void writeForever(CodeCache cache, int first) {
    byte[] code = CodeFolders.code(first, MANY_BYTES);
    for (int i = first; ; i++) {
      cache.keep(name(i), code);
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
