package org.wasmheap.runtime;

/**
 * Which runtime it is: the first fields of what {@code Core_version} returns, which have been the
 * same since the first runtimes.
 *
 * @param specName name of the runtime's specification, of which a chain has one; the guest's text,
 *     whatever it may hold
 * @param implName name of the implementation; the guest's text too
 * @param authoringVersion version of the interface for making blocks, u32
 * @param specVersion version of the specification, u32; each upgrade of a chain has a higher one
 * @param implVersion version of the implementation, u32
 */
public record RuntimeVersion(
    String specName, String implName, long authoringVersion, long specVersion, long implVersion) {
  /**
   * Decodes the fields from SCALE. What follows them is ignored, for it depends on the runtime's
   * age.
   *
   * @param scale result of {@code Core_version}
   * @return the version
   * @throws IllegalArgumentException if the bytes end too early or cannot be a version; the message
   *     says why
   */
  public static RuntimeVersion decode(byte[] scale) {
    ScaleReader in = new ScaleReader(scale);
    return new RuntimeVersion(
        in.readString("spec_name"),
        in.readString("impl_name"),
        in.readU32("authoring_version"),
        in.readU32("spec_version"),
        in.readU32("impl_version"));
  }
}
