package org.wasmheap.runtime;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;

/**
 * Which runtime it is and what it can do: what {@code Core_version} returns.
 *
 * <p>Runtimes of different age say more or less. Which fields there are depends on the version of
 * the interface {@code Core} among {@link #apis()}: below 3, or where {@code Core} is absent, the
 * encoding ends after the interfaces; 3 has the transaction version; 4 and above have the state
 * version too.
 *
 * <p>Source: {@code RuntimeVersion::decode_with_version_hint} in {@code sp_version} of the Polkadot
 * SDK.
 *
 * <p>Immutable.
 *
 * @param specName name of the runtime's specification, of which a chain has one; the guest's text,
 *     whatever it may hold
 * @param implName name of the implementation; the guest's text too
 * @param authoringVersion version of the interface for making blocks, u32
 * @param specVersion version of the specification, u32; each upgrade of a chain has a higher one
 * @param implVersion version of the implementation, u32
 * @param apis the interfaces that the runtime offers, in its order; unmodifiable
 * @param transactionVersion version of the transactions' format, u32; empty for a runtime that is
 *     too old to have one, for which nodes take 1
 * @param stateVersion what the runtime gives as the version of its state, u8; 0 for a runtime that
 *     is too old to say. Newer runtimes call it system version and go beyond 1: nodes write the
 *     state in version 0 if this is 0, else in version 1, and the extrinsics root in version 0 if
 *     this is 0 or 1, else in version 1
 */
public record RuntimeVersion(
    String specName,
    String implName,
    long authoringVersion,
    long specVersion,
    long implVersion,
    List<Api> apis,
    OptionalLong transactionVersion,
    int stateVersion) {
  /** BLAKE2b-64 of {@code Core}, the interface whose version says which fields there are. */
  private static final String CORE = "0xdf6acb689907609b";

  private static final int CORE_WITH_TRANSACTION_VERSION = 3;
  private static final int CORE_WITH_STATE_VERSION = 4;

  private static final int API_ID_BYTES = 8;
  private static final int API_BYTES = API_ID_BYTES + Integer.BYTES;

  private static final String VERSION_SECTION = "runtime_version";
  private static final String APIS_SECTION = "runtime_apis";

  /** Most interfaces of a section; the largest runtimes have some thirty. */
  private static final int MOST_EMBEDDED_APIS = 1 << 16;

  private static final String HEX_PREFIX = "0x";
  private static final Pattern API_ID = Pattern.compile("0x[0-9a-fA-F]{16}");

  /**
   * An interface that a runtime offers.
   *
   * @param id BLAKE2b-64 of the interface's name, as {@code 0x} and 16 lower-case hexadecimal
   *     digits
   * @param version version of the interface, u32
   */
  public record Api(String id, long version) {}

  /**
   * Keeps a copy of the interfaces.
   *
   * @param specName name of the specification
   * @param implName name of the implementation
   * @param authoringVersion u32
   * @param specVersion u32
   * @param implVersion u32
   * @param apis the interfaces; copied
   * @param transactionVersion u32, or empty
   * @param stateVersion u8
   */
  public RuntimeVersion {
    apis = List.copyOf(apis);
  }

  /**
   * Decodes a version from SCALE. What follows it is ignored, as a node does.
   *
   * <p>The custom section {@code runtime_version} of a module is encoded alike but lists no
   * interfaces, which are in a section of their own: {@link #read} takes both.
   *
   * @param scale result of {@code Core_version}
   * @return the version
   * @throws IllegalArgumentException if the bytes end too early or cannot be a version; the message
   *     names the field and says why
   */
  public static RuntimeVersion decode(byte[] scale) {
    return decode(scale, null);
  }

  /**
   * Reads the version that is written in a module, without running anything, and without an engine:
   * in the custom section {@code runtime_version}, and in {@code runtime_apis} with the interfaces.
   * Of sections of one name, the first counts.
   *
   * <p>That is what {@code Core_version} returns, if the module was built as runtimes are. Nothing
   * of the module is trusted: what is not in these sections is passed over, sizes are held against
   * the bytes that are there, and the work is in proportion to the module's size.
   *
   * <p>Source: {@code read_embedded_version} in {@code sc_executor} of the Polkadot SDK. A node,
   * too, goes by the version of {@code Core} in the second section. If that section is absent, or
   * without {@code Core}, the interfaces in the first one say which fields there are.
   *
   * @param code a runtime
   * @return its version; empty if it has no section {@code runtime_version}, as runtimes from
   *     before 2021: then only {@code Core_version} tells
   * @throws IllegalArgumentException if the module is not made of sections, or if what one of the
   *     two holds cannot be a version or its interfaces, of which there may be 65,536; the message
   *     says why
   */
  public static Optional<RuntimeVersion> read(RuntimeCode code) {
    byte[] version = WasmSections.custom(code.wasm(), VERSION_SECTION);
    if (version == null) {
      return Optional.empty();
    }
    byte[] apis = WasmSections.custom(code.wasm(), APIS_SECTION);
    return Optional.of(decode(version, apis == null ? null : embeddedApis(apis)));
  }

  private static List<Api> embeddedApis(byte[] section) {
    if (section.length % API_BYTES != 0) {
      throw new IllegalArgumentException(
          "apis: " + section.length + " bytes, no multiple of " + API_BYTES);
    }
    int count = section.length / API_BYTES;
    if (count > MOST_EMBEDDED_APIS) {
      throw new IllegalArgumentException(
          "apis: there are " + count + ", at most " + MOST_EMBEDDED_APIS + " are read");
    }
    return readApis(new ScaleReader(section), count);
  }

  /** Decodes a version whose interfaces may be elsewhere; those count then. */
  private static RuntimeVersion decode(byte[] scale, @Nullable List<Api> elsewhere) {
    ScaleReader in = new ScaleReader(scale);
    String specName = in.readString("spec_name");
    String implName = in.readString("impl_name");
    long authoringVersion = in.readU32("authoring_version");
    long specVersion = in.readU32("spec_version");
    long implVersion = in.readU32("impl_version");
    List<Api> listed = readApis(in, in.readCount(API_BYTES, "apis"));
    List<Api> apis = elsewhere == null ? listed : elsewhere;
    long core = versionOf(apis, CORE).orElse(versionOf(listed, CORE).orElse(0));
    OptionalLong transactionVersion =
        core < CORE_WITH_TRANSACTION_VERSION
            ? OptionalLong.empty()
            : OptionalLong.of(in.readU32("transaction_version"));
    int stateVersion = core < CORE_WITH_STATE_VERSION ? 0 : in.readU8("state_version");
    return new RuntimeVersion(
        specName,
        implName,
        authoringVersion,
        specVersion,
        implVersion,
        apis,
        transactionVersion,
        stateVersion);
  }

  /**
   * Encodes the version in SCALE, so that {@link #decode} gives it again, as far as the version of
   * {@code Core} among {@link #apis} says that there is a transaction version and a state version.
   * A transaction version that is absent is written as 1 then, for which nodes take it.
   *
   * <p>This is what {@code ext_misc_runtime_version} gives a guest for a module whose version is
   * written in it. Today's nodes write both fields also for {@code Core} below 4; a guest reads no
   * further than its {@code Core} says, and ignores them.
   *
   * @return the encoding
   * @throws IllegalArgumentException if a number is not in its range, or an interface's id is not
   *     {@code 0x} and 16 hexadecimal digits, which a decoded version's always is; the message
   *     names the field
   */
  public byte[] encode() {
    ScaleWriter out = new ScaleWriter();
    out.writeString(specName, "spec_name");
    out.writeString(implName, "impl_name");
    out.writeU32(authoringVersion, "authoring_version");
    out.writeU32(specVersion, "spec_version");
    out.writeU32(implVersion, "impl_version");
    out.writeCompactU32(apis.size(), "apis");
    for (Api api : apis) {
      requireId("apis: the id", api.id());
      out.writeBytes(HexFormat.of().parseHex(api.id(), HEX_PREFIX.length(), api.id().length()));
      out.writeU32(api.version(), "apis");
    }
    long core = versionOf(apis, CORE).orElse(0);
    if (core >= CORE_WITH_TRANSACTION_VERSION) {
      out.writeU32(transactionVersion.orElse(1), "transaction_version");
    }
    if (core >= CORE_WITH_STATE_VERSION) {
      out.writeU8(stateVersion, "state_version");
    }
    return out.bytes();
  }

  @Override
  public String toString() {
    return "RuntimeVersion["
        + ("specName=" + Printable.name(specName) + ", implName=" + Printable.name(implName))
        + (", authoringVersion=" + authoringVersion + ", specVersion=" + specVersion)
        + (", implVersion=" + implVersion + ", apis=" + apis)
        + (", transactionVersion=" + transactionVersion + ", stateVersion=" + stateVersion + "]");
  }

  private static List<Api> readApis(ScaleReader in, int count) {
    List<Api> apis = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      apis.add(new Api(id(in.readBytes(API_ID_BYTES, "apis")), in.readU32("apis")));
    }
    return apis;
  }

  /**
   * Which version of an interface the runtime offers. Of an interface that it lists twice, the
   * first counts, as for a node.
   *
   * @param nameOrId name of the interface, such as {@code BabeApi}, or {@code 0x} and the 16
   *     hexadecimal digits of its id
   * @return its version, u32; empty if the runtime does not offer it
   * @throws IllegalArgumentException if the text begins with {@code 0x}, as no name does, and is no
   *     id
   */
  public OptionalLong apiVersion(String nameOrId) {
    return versionOf(apis, idOf(nameOrId));
  }

  private static OptionalLong versionOf(List<Api> apis, String id) {
    return apis.stream().filter(api -> api.id().equals(id)).mapToLong(Api::version).findFirst();
  }

  private static String idOf(String nameOrId) {
    if (!nameOrId.startsWith(HEX_PREFIX)) {
      byte[] name = nameOrId.getBytes(StandardCharsets.UTF_8);
      return id(Blake2b.hash(API_ID_BYTES * Byte.SIZE, name));
    }
    requireId("the id", nameOrId);
    return nameOrId.toLowerCase(Locale.ROOT);
  }

  private static void requireId(String what, String id) {
    if (!API_ID.matcher(id).matches()) {
      throw new IllegalArgumentException(
          what + " of an interface must be 0x and " + 2 * API_ID_BYTES + " hexadecimal digits");
    }
  }

  private static String id(byte[] bytes) {
    return HEX_PREFIX + HexFormat.of().formatHex(bytes);
  }
}
