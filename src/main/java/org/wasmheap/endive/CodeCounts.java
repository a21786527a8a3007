package org.wasmheap.endive;

/**
 * What became of a module's functions, as {@link EndiveModule.CodeFigures} tells it to others:
 * apart from it, so that what loads a module need not know the module.
 *
 * @param classBytes how long all its class files are
 */
record CodeCounts(int functions, int interpreted, int huge, boolean fromStore, long classBytes) {}
