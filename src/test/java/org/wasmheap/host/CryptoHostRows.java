package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.wasmheap.host.HostRow.row;

import java.util.ArrayList;
import java.util.List;
import org.wasmheap.host.CryptoVectors.Recoverable;
import org.wasmheap.host.CryptoVectors.Signed;
import org.wasmheap.host.HostCalls.At;

/** What each function that verifies signatures gives where all goes well. */
final class CryptoHostRows {
  private static final String START = "crypto_start_batch_verify_version_1";
  private static final String FINISH = "crypto_finish_batch_verify_version_1";

  private CryptoHostRows() {}

  static List<HostRow> all() {
    List<HostRow> rows = new ArrayList<>();
    for (String function :
        List.of(
            "ed25519_verify_version_1",
            "sr25519_verify_version_1",
            "sr25519_verify_version_2",
            "ecdsa_verify_version_1",
            "ecdsa_verify_version_2",
            "ed25519_batch_verify_version_1",
            "sr25519_batch_verify_version_1",
            "ecdsa_batch_verify_version_1")) {
      rows.addAll(verifying(function));
    }
    Signed ecdsa = CryptoVectors.signed("ecdsa").get(0);
    rows.add(
        row(
                "crypto_ecdsa_verify_prehashed_version_1",
                "right",
                new At(ecdsa.signature()),
                new At(ecdsa.hash()),
                new At(ecdsa.key()))
            .number(1));
    rows.addAll(recovering());
    rows.add(row(START, "is there"));
    rows.add(
        row(FINISH, "of nothing")
            .gives(
                (guest, name, taken) -> {
                  guest.run("ext_" + START);
                  assertEquals(1, guest.run(name));
                }));
    return rows;
  }

  /** The first signature of its scheme, which is right, and the same with another message. */
  private static List<HostRow> verifying(String function) {
    String scheme = function.substring(0, function.indexOf('_'));
    Signed signed = CryptoVectors.signed(scheme).get(0);
    At signature = new At(signed.signature());
    At key = new At(signed.key());
    return List.of(
        row("crypto_" + function, "right", signature, signed.message(), key).number(1),
        row("crypto_" + function, "wrong", signature, "another message", key).number(0));
  }

  private static List<HostRow> recovering() {
    Recoverable right = CryptoVectors.recoverable().get(0);
    List<HostRow> rows = new ArrayList<>();
    for (String version : List.of("version1", "version2")) {
      String name = version.replace("version", "version_");
      rows.add(recovering("recover_" + name, right, right.result(version)));
      rows.add(
          recovering("recover_compressed_" + name, right, right.result(version + "_compressed")));
    }
    return rows;
  }

  private static HostRow recovering(String function, Recoverable signed, String result) {
    return row(
            "crypto_secp256k1_ecdsa_" + function,
            "right",
            new At(signed.signature()),
            new At(signed.hash()))
        .range(result);
  }
}
