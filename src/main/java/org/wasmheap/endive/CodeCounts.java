package org.wasmheap.endive;

/**
 * What became of a module's functions, as {@link EndiveModule.CodeFigures} tells it to others:
 * apart from it, so that what loads a module need not know the module.
 */
record CodeCounts(int functions, int interpreted, int huge, boolean fromStore) {}
