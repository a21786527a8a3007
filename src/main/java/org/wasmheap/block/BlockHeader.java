package org.wasmheap.block;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.digests.Blake2bDigest;

/**
 * The header of a block, decoded from SCALE.
 *
 * <p>Arrays are handed out as copies. Immutable; any thread.
 *
 * <p>Source: {@code Header} and {@code DigestItem} of {@code sp_runtime::generic} in the Polkadot
 * SDK.
 */
public final class BlockHeader {
  /** Bytes of a hash. */
  static final int HASH_BYTES = 32;

  /** The root of a trie without entries: of a genesis block's extrinsics. */
  private static final String EMPTY_ROOT =
      "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314";

  private final byte[] encoded;
  private final byte[] hash;
  private final HeaderReader.Fields fields;

  private BlockHeader(byte[] encoded, HeaderReader.Fields fields) {
    this.encoded = encoded;
    this.fields = fields;
    this.hash = blake2b256(encoded);
  }

  /**
   * Decodes a header.
   *
   * @param scale the header and nothing else; copied
   * @return the header
   * @throws IllegalArgumentException if the bytes are no header; the message says why
   */
  public static BlockHeader decode(byte[] scale) {
    return new BlockHeader(scale.clone(), HeaderReader.read(scale));
  }

  /**
   * The header of a genesis block: number 0, no parent, no extrinsics, no digest.
   *
   * @param stateRoot root of the genesis state, 32 bytes
   * @return the header, whose hash is the chain's genesis hash
   */
  public static BlockHeader genesis(byte[] stateRoot) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[HASH_BYTES]);
    out.write(0);
    out.writeBytes(stateRoot);
    out.writeBytes(HexFormat.of().parseHex(EMPTY_ROOT));
    out.write(0);
    return decode(out.toByteArray());
  }

  /**
   * Which block it is.
   *
   * @return 0 for genesis; at most 2^62
   */
  public long number() {
    return fields.number();
  }

  /**
   * BLAKE2b-256 of the header, by which blocks refer to each other.
   *
   * @return 32 bytes
   */
  public byte[] hash() {
    return hash.clone();
  }

  /**
   * The hash of the block before this one.
   *
   * @return 32 bytes
   */
  public byte[] parentHash() {
    return hashAt(0);
  }

  /**
   * The root of the state that the block must leave behind.
   *
   * @return 32 bytes
   */
  public byte[] stateRoot() {
    return hashAt(fields.stateRootAt());
  }

  /**
   * The root of the trie of the block's extrinsics.
   *
   * @return 32 bytes
   */
  public byte[] extrinsicsRoot() {
    return hashAt(fields.stateRootAt() + HASH_BYTES);
  }

  /**
   * Whether the last item of the digest is a seal, which is put on after execution.
   *
   * @return whether {@link #withoutSeal()} is another header
   */
  public boolean isSealed() {
    return fields.sealAt() >= 0;
  }

  /**
   * The encoding without a seal at its end: what {@code Core_execute_block} is given.
   *
   * @return SCALE
   */
  public byte[] withoutSeal() {
    if (!isSealed()) {
      return encoded.clone();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(encoded, 0, fields.stateRootAt() + 2 * HASH_BYTES);
    Compact.write(out, fields.digestItems() - 1);
    out.write(encoded, fields.itemsAt(), fields.sealAt() - fields.itemsAt());
    return out.toByteArray();
  }

  @Override
  public String toString() {
    return "BlockHeader[" + number() + ", 0x" + HexFormat.of().formatHex(hash) + "]";
  }

  private byte[] hashAt(int at) {
    return Arrays.copyOfRange(encoded, at, at + HASH_BYTES);
  }

  private static byte[] blake2b256(byte[] bytes) {
    Blake2bDigest digest = new Blake2bDigest(HASH_BYTES * Byte.SIZE);
    digest.update(bytes, 0, bytes.length);
    byte[] hash = new byte[HASH_BYTES];
    digest.doFinal(hash, 0);
    return hash;
  }
}
