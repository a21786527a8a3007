package org.wasmheap.memory;

/**
 * The pristine content and size of a linear memory, taken once after instantiation ({@link
 * FlatMemory#capture}) and shared by all instances of a module, whose memories are made from it.
 *
 * <p>Immutable, and safe to use from any thread. The content is cut after its last block that is
 * not zero; what lies beyond is zero.
 */
public final class MemoryImage {
  private final PristineContent content;
  private final int pages;
  private final int maximumPages;
  private final int heldBytes;

  MemoryImage(PristineContent content, int pages, int maximumPages, int heldBytes) {
    this.content = content;
    this.pages = pages;
    this.maximumPages = maximumPages;
    this.heldBytes = heldBytes;
  }

  /**
   * The logical size.
   *
   * @return pages
   */
  public int pages() {
    return pages;
  }

  /**
   * The size that memories of this image may grow to.
   *
   * @return pages
   */
  public int maximumPages() {
    return maximumPages;
  }

  /**
   * Real bytes that the shared content takes, once for all instances.
   *
   * @return bytes
   */
  public int contentBytes() {
    return content.length();
  }

  PristineContent content() {
    return content;
  }

  /** Bytes that each memory of this image holds at all times: whole blocks, all the content. */
  int heldBytes() {
    return heldBytes;
  }

  @Override
  public String toString() {
    return "MemoryImage[" + pages + " pages, " + content.length() + " bytes stored]";
  }
}
