// Makes crypto-vectors.json, which lies beside this file: signatures, right and wrong, and what
// implementations that have nothing to do with this project say of them.
//
//   npm install @scure/sr25519@2.3.0 @noble/curves@2.4.0 @noble/hashes@2.4.0 \
//       secp256k1@5.0.2 @polkadot/wasm-crypto@7.5.4 \
//       schnorrkel-preaudit@npm:@polkadot/wasm-crypto@0.20.1
//   node crypto-vectors.mjs > crypto-vectors.json
//
// sr25519: schnorrkel itself, compiled to wasm. @polkadot/wasm-crypto 7.5.4 verifies with
// `verify_simple`, as version 2 of the host function does; 0.20.1 verifies with
// `verify_simple_preaudit_deprecated`, as version 1 does. Signatures are made with @scure/sr25519.
// ed25519: @noble/curves under the rules of ZIP 215. secp256k1: the package of that name, which is
// libsecp256k1 itself; version 1 of a host function is asked about the numbers modulo the order. Which
// error it is where there is no key is as sp-io of the Polkadot SDK has it. All is from fixed seeds.
import { createRequire } from 'node:module';
import { __tests, secretFromSeed, getPublicKey, sign } from '@scure/sr25519';
import { ed25519, ristretto255 } from '@noble/curves/ed25519.js';
import { sha512, sha256 } from '@noble/hashes/sha2.js';
import { blake2b } from '@noble/hashes/blake2.js';
import * as schnorrkel from '@polkadot/wasm-crypto';

const require = createRequire(import.meta.url);
const preAudit = require('schnorrkel-preaudit');
// Not the package's entry, which falls back to JavaScript without a word.
const libsecp256k1 = require('secp256k1/bindings.js');
await preAudit.waitReady();
await schnorrkel.waitReady();

const L = ed25519.Point.Fn.ORDER;
const P = 2n ** 255n - 19n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const FIELD = 2n ** 256n - 2n ** 32n - 977n;

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const text = (string) => new Uint8Array(Buffer.from(string));
const seed = (name) => sha256(text(name));
const little = (number) => Uint8Array.from(Buffer.from(number.toString(16).padStart(64, '0'), 'hex')).reverse();
const big = (number) => Uint8Array.from(little(number)).reverse();
const ofLittle = (bytes) => BigInt('0x' + hex(Uint8Array.from(bytes).reverse()));
const ofBig = (bytes) => BigInt('0x' + hex(bytes));
const mod = (number, order) => ((number % order) + order) % order;
const join = (...parts) => Uint8Array.from(Buffer.concat(parts));
const changed = (bytes, at, mask) => bytes.map((byte, index) => (index === at ? byte ^ mask : byte));
const marked = (r, s) => changed(join(r, little(s)), 63, 0x80);
const filled = (byte, length) => new Uint8Array(length).fill(byte);
const answer = (question) => {
  try {
    return question() === true;
  } catch {
    return false;
  }
};

// Messages are hexadecimal, or `bb*length` where they are one byte all through.
const written = (message) =>
  message.length > 300 ? hex(message.subarray(0, 1)) + '*' + message.length : hex(message);

// sr25519

const secret = secretFromSeed(seed('sr25519'));
const key = getPublicKey(secret);
const sr = (name, signature, message, publicKey) => ({
  name,
  signature: hex(signature),
  message: written(message),
  key: hex(publicKey),
  version1: answer(() => preAudit.sr25519Verify(signature, message, publicKey)),
  version2: answer(() => schnorrkel.sr25519Verify(signature, message, publicKey)),
});
const signed = (message) => sign(secret, message, seed('nonce'));

/** With the transcript given, so that the labels and the context can be others. */
function signedOn(transcript, keyLabel, nonceLabel, challengeLabel) {
  const scalar = ofLittle(secret.subarray(0, 32)) >> 3n;
  const r = mod(ofLittle(sha512(seed('nonce'))), L);
  const R = ristretto255.Point.BASE.multiply(r).toBytes();
  transcript.appendMessage('proto-name', text('Schnorr-sig'));
  transcript.appendMessage(keyLabel, key);
  transcript.appendMessage(nonceLabel, R);
  const k = mod(ofLittle(transcript.challengeBytes(challengeLabel, 64)), L);
  return join(R, little(mod(k * scalar + r, L)));
}

function signedBeforeTheAudit(message) {
  const transcript = new __tests.Merlin('substrate');
  transcript.appendMessage('sign-bytes', message);
  return signedOn(transcript, 'pk', 'no', '');
}

function signedInContext(context, message) {
  const transcript = new __tests.Merlin('SigningContext');
  transcript.appendMessage('', text(context));
  transcript.appendMessage('sign-bytes', message);
  return changed(signedOn(transcript, 'sign:pk', 'sign:R', 'sign:c'), 63, 0x80);
}

const message = text('a message');
const right = signed(message);
const rightR = right.subarray(0, 32);
const rightS = ofLittle(changed(right, 63, 0x80).subarray(32));
const before = signedBeforeTheAudit(message);
const zeros = filled(0, 32);

const sr25519 = [
  ...[0, 1, 31, 32, 33, 100, 140, 150, 160, 164, 165, 166, 167, 168, 169, 200, 332, 65535, 65536, 65537, 1 << 20]
    .map((length) => filled(length & 255, length))
    .map((bytes) => sr(`right, ${bytes.length} bytes`, signed(bytes), bytes, key)),
  sr('right', right, message, key),
  sr('right, in the context substrate', signedInContext('substrate', message), message, key),
  sr('another context', signedInContext('substrat', message), message, key),
  sr('another message', right, text('b message'), key),
  sr('a longer message', right, text('a message.'), key),
  sr('the key of somebody else', right, message, getPublicKey(secretFromSeed(seed('else')))),
  sr('without the mark', changed(right, 63, 0x80), message, key),
  sr('from before the audit', before, message, key),
  sr('from before the audit, empty message', signedBeforeTheAudit(filled(0, 0)), filled(0, 0), key),
  sr('from before the audit, 1 MiB', signedBeforeTheAudit(filled(7, 1 << 20)), filled(7, 1 << 20), key),
  sr('from before the audit, with the mark', changed(before, 63, 0x80), message, key),
  sr('from before the audit, another message', before, text('b message'), key),
  sr('s plus the order', marked(rightR, rightS + L), message, key),
  sr('s plus the order, from before the audit', join(before.subarray(0, 32), little(ofLittle(before.subarray(32)) + L)), message, key),
  sr('s plus 2^253', marked(rightR, rightS + 2n ** 253n), message, key),
  sr('s plus 2^254', marked(rightR, rightS + 2n ** 254n), message, key),
  sr('s negated', marked(rightR, L - rightS), message, key),
  sr('R negated', marked(little(P - ofLittle(rightR)), rightS), message, key),
  sr('all zeros', filled(0, 64), message, zeros),
  sr('all zeros with the mark', marked(zeros, 0n), message, zeros),
  sr('all zeros with the mark, a real key', marked(zeros, 0n), message, key),
  sr('any s on the key of zeros', marked(ristretto255.Point.BASE.multiply(5n).toBytes(), 5n), message, zeros),
  sr('another s on the key of zeros', marked(ristretto255.Point.BASE.multiply(5n).toBytes(), 6n), message, zeros),
  sr('s is the order on the key of zeros', marked(zeros, L), message, zeros),
  sr('R is zero written as the prime', marked(little(P), 0n), message, zeros),
  sr('R is zero with the top bit', marked(little(2n ** 255n), 0n), message, zeros),
  sr('all ones', filled(255, 64), message, filled(255, 32)),
  // Ristretto: not below the prime, negative, not a square, negative product, zero y.
  ...[P, P + 1n, 2n ** 255n - 1n, 2n ** 255n, 1n, P - 2n, 2n, 4n, 6n, P - 1n, 8n, 10n, 12n]
    .flatMap((number) => [
      sr(`the key is ${number}`, marked(zeros, 0n), message, little(number)),
      sr(`R is ${number}`, marked(little(number), rightS), message, key),
    ]),
  // From sp-core's tests (sr25519.rs, verify_known_old_message_should_work and verify_from_old_wasm_works).
  sr(
    'sp-core: known old message',
    Buffer.from('5a9755f069939f45d96aaf125cf5ce7ba1db998686f87f2fb3cbdea922078741a73891ba265f70c31436e18a9acd14d189d73c12317ab6c313285cd938453202', 'hex'),
    text('Verifying that I am the owner of 5G9hQLdsKQswNPgB499DeA5PkFBbgkLPJWkkS6FAM6xGQ8xD. Hash: 221455a3\n'),
    Buffer.from('b4bfa1f7a5166695eb75299fd1c4c03ea212871c342f2c5dfea0902b2c246918', 'hex'),
  ),
  sr(
    'sp-core: old wasm',
    Buffer.from('28a854d54903e056f89581c691c1f7d2ff39f8f896c9e9c22475e60902cc2b3547199e0e91fa32902028f2ca2355e8cdd16cfe19ba5e8b658c94aa80f3b81a00', 'hex'),
    text('SUBSTRATE'),
    getPublicKey(secretFromSeed(zeros)),
  ),
];

// ed25519

const edSecret = seed('ed25519');
const edKey = ed25519.getPublicKey(edSecret);
const ed = (name, signature, bytes, publicKey) => ({
  name,
  signature: hex(signature),
  message: written(bytes),
  key: hex(publicKey),
  right: answer(() => ed25519.verify(signature, bytes, publicKey, { zip215: true })),
});
const edRight = ed25519.sign(message, edSecret);
const edS = ofLittle(edRight.subarray(32));

/** All encodings of points whose order divides eight, the ones that are not canonical too. */
function smallOrder() {
  const encodings = new Set();
  for (let y = 0n; y < 2n; y++) {
    [y, y + P].forEach((number) => [0n, 1n].forEach((sign) => encodings.add(hex(little(number + (sign << 255n))))));
  }
  [0n, 1n].forEach((sign) => encodings.add(hex(little(P - 1n + (sign << 255n)))));
  const torsion = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  for (let multiple = 1n; multiple < 8n; multiple++) {
    encodings.add(torsion.multiplyUnsafe(multiple).toHex());
  }
  return [...encodings].sort();
}

/** A key, or a nonce, that is not in the subgroup of prime order: right by the cofactored equation alone. */
function mixedOrder(onKey) {
  const torsion = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  const { scalar, point } = ed25519.utils.getExtendedPublicKey(edSecret);
  const r = mod(ofLittle(sha512(seed('nonce'))), L);
  const nonce = ed25519.Point.BASE.multiply(r);
  const publicKey = (onKey ? point.add(torsion) : point).toBytes();
  const R = (onKey ? nonce : nonce.add(torsion)).toBytes();
  const k = mod(ofLittle(sha512(join(R, publicKey, message))), L);
  return [join(R, little(mod(r + k * scalar, L))), message, publicKey];
}

const edCases = [
  ...[0, 1, 63, 64, 127, 128, 129, 65535, 65536, 65537, 1 << 20]
    .map((length) => filled(length & 255, length))
    .map((bytes) => ed(`right, ${bytes.length} bytes`, ed25519.sign(bytes, edSecret), bytes, edKey)),
  ed('right', edRight, message, edKey),
  ed('another message', edRight, text('b message'), edKey),
  ed('the key of somebody else', edRight, message, ed25519.getPublicKey(seed('else'))),
  ed('s plus the order', join(edRight.subarray(0, 32), little(edS + L)), message, edKey),
  ed('s with the top bit', changed(edRight, 63, 0x80), message, edKey),
  ed('s negated', join(edRight.subarray(0, 32), little(L - edS)), message, edKey),
  ed('R negated', changed(edRight, 31, 0x80), message, edKey),
  ed('all zeros', filled(0, 64), message, zeros),
  ed('all zeros but s', join(zeros, little(1n)), message, zeros),
  ed('all ones', filled(255, 64), message, filled(255, 32)),
  ed('a key of mixed order', ...mixedOrder(true)),
  ed('a nonce of mixed order', ...mixedOrder(false)),
  ed('the key is no point', edRight, message, little(2n)),
  ed('R is no point', join(little(2n), edRight.subarray(32)), message, edKey),
];
const small = smallOrder();
for (const R of small) {
  for (const publicKey of small) {
    const signature = Buffer.from(R + hex(zeros), 'hex');
    if (!ed25519.verify(signature, text('Zcash'), Buffer.from(publicKey, 'hex'), { zip215: true })) {
      throw new Error('ZIP 215 takes all of them');
    }
  }
}

// secp256k1

const ecSecret = seed('secp256k1');
const ecKey = libsecp256k1.publicKeyCreate(ecSecret, true);
const OK = '00';
const BAD_RS = '0100';
const BAD_V = '0101';
const BAD_SIGNATURE = '0102';

/** SCALE of the result, with the compressed key or both its numbers; numbers below the order only. */
function recovered(r, s, id, hash, compressed = true) {
  if (r === 0n || s === 0n) {
    return BAD_SIGNATURE;
  }
  try {
    const found = libsecp256k1.ecdsaRecover(join(big(r), big(s)), id, hash, compressed);
    return OK + hex(compressed ? found : found.subarray(1));
  } catch {
    return BAD_SIGNATURE;
  }
}

function recovery(name, r, s, v, hash) {
  const id = v > 26 ? v - 27 : v;
  const version1 = (compressed) => (id > 3 ? BAD_V : recovered(r % N, s % N, id, hash, compressed));
  const version2 = (compressed) => (id < 4 && (r >= N || s >= N) ? BAD_RS : version1(compressed));
  return {
    name,
    signature: hex(join(big(r), big(s), Uint8Array.of(v))),
    hash: hex(hash),
    version1: version1(false),
    version2: version2(false),
    version1_compressed: version1(true),
    version2_compressed: version2(true),
  };
}

const ecSigned = (hash) => {
  const { signature, recid } = libsecp256k1.ecdsaSign(hash, ecSecret);
  return [ofBig(signature.subarray(0, 32)), ofBig(signature.subarray(32)), recid];
};
const hash = seed('hash');
const [r, s, id] = ecSigned(hash);
const power = (base, exponent, order) => {
  let result = 1n;
  for (let b = mod(base, order), e = exponent; e > 0n; e >>= 1n, b = (b * b) % order) {
    if (e & 1n) result = (result * b) % order;
  }
  return result;
};
const invert = (number) => power(number, N - 2n, N);
const five = ofBig(libsecp256k1.publicKeyCreate(big(5n), true).subarray(1));
const fiveOdd = libsecp256k1.publicKeyCreate(big(5n), true)[0] & 1;
/** With R = 5 G it makes s * R = hash * G, so that the key would be the point at infinity. */
const toInfinity = mod(ofBig(hash) * invert(5n), N);
/** The least number of the kind above `from` that is, or is not, an x of the curve. */
const onCurve = (x) => power(x ** 3n + 7n, (FIELD - 1n) / 2n, FIELD) === 1n;
const next = (from, on) => (onCurve(from) === on ? from : next(from + 1n, on));

const recover = [
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((number) => {
    const each = seed(`hash ${number}`);
    const [eachR, eachS, eachId] = ecSigned(each);
    return recovery(`right ${number}`, eachR, eachS, eachId, each);
  }),
  ...[0, 1, 2, 3, 4, 5, 26, 27, 28, 29, 30, 31, 128, 255].map((v) => recovery(`v is ${v}`, r, s, v, hash)),
  recovery('right, as 27 or 28', r, s, id + 27, hash),
  recovery('high s', r, N - s, id ^ 1, hash),
  recovery('high s, the same v', r, N - s, id, hash),
  recovery('another hash', r, s, id, seed('other')),
  recovery('hash is zero', r, s, id, zeros),
  recovery('hash is the order', r, s, id, big(N)),
  recovery('hash is all ones', r, s, id, filled(255, 32)),
  recovery('r is zero', 0n, s, 0, hash),
  recovery('s is zero', r, 0n, 0, hash),
  recovery('both are zero and v is bad', 0n, 0n, 4, hash),
  recovery('r is the order', N, s, 0, hash),
  recovery('s is the order', r, N, 0, hash),
  recovery('r is the order plus one', N + 1n, s, 0, hash),
  recovery('r is the order plus two, odd', N + 2n, s, 28, hash),
  recovery('s is the order plus one', r, N + 1n, 0, hash),
  recovery('both are all ones', 2n ** 256n - 1n, 2n ** 256n - 1n, 1, hash),
  recovery('both are all ones and v is bad', 2n ** 256n - 1n, 2n ** 256n - 1n, 4, hash),
  recovery('r is the last below the order', N - 1n, s, 0, hash),
  recovery('s is the last below the order', r, N - 1n, 0, hash),
  recovery('r is one', 1n, s, 0, hash),
  recovery('r is five, which is no x', next(5n, false), s, 0, hash),
  recovery('r plus the order is an x', next(N + 1n, true) - N, s, 2, hash),
  recovery('r plus the order is an x, odd', next(N + 1n, true) - N, s, 30, hash),
  recovery('r plus the order is no x', next(N + 1n, false) - N, s, 2, hash),
  recovery('r plus the order is the prime', FIELD - N, s, 2, hash),
  recovery('r plus the order is beyond the prime', FIELD - N + 1n, s, 3, hash),
  recovery('r plus the order is just below the prime', FIELD - N - 1n, s, 2, hash),
  recovery('the key would be at infinity', five, toInfinity, fiveOdd, hash),
  recovery('the key would not be at infinity', five, toInfinity, fiveOdd ^ 1, hash),
];

const ecdsaOf = (name, numbers, v, bytes, publicKey) => {
  const digest = blake2b(bytes, { dkLen: 32 });
  const keyIs = (result) => result === OK + hex(publicKey);
  const bad = v > 3;
  return {
    name,
    signature: hex(join(big(numbers[0]), big(numbers[1]), Uint8Array.of(v))),
    message: written(bytes),
    hash: hex(digest),
    key: hex(publicKey),
    version1: !bad && keyIs(recovered(numbers[0] % N, numbers[1] % N, v, digest)),
    version2: !bad && numbers.every((each) => each < N) && keyIs(recovered(numbers[0], numbers[1], v, digest)),
  };
};
const ecSignedMessage = (bytes) => ecSigned(blake2b(bytes, { dkLen: 32 }));
const [mr, ms, mid] = ecSignedMessage(message);
/** A signature that is right under a key of its own, with a small s that can be written beyond the order. */
const smallS = (v) => {
  const digest = blake2b(message, { dkLen: 32 });
  return [[mr, 5n], Buffer.from(recovered(mr, 5n, v, digest).slice(2), 'hex')];
};
const [smallNumbers, smallKey] = smallS(0);
const ecdsa = [
  ...[0, 1, 127, 128, 129, 65536, 65537, 1 << 20].map((length) => {
    const bytes = filled(length & 255, length);
    const [eachR, eachS, eachId] = ecSignedMessage(bytes);
    return ecdsaOf(`right, ${length} bytes`, [eachR, eachS], eachId, bytes, ecKey);
  }),
  ecdsaOf('right', [mr, ms], mid, message, ecKey),
  ecdsaOf('v of Ethereum', [mr, ms], mid + 27, message, ecKey),
  ecdsaOf('the other v', [mr, ms], mid ^ 1, message, ecKey),
  ecdsaOf('high s', [mr, N - ms], mid ^ 1, message, ecKey),
  ecdsaOf('another message', [mr, ms], mid, text('b message'), ecKey),
  ecdsaOf('the key of somebody else', [mr, ms], mid, message, libsecp256k1.publicKeyCreate(seed('else'), true)),
  ecdsaOf('the other y', [mr, ms], mid, message, changed(ecKey, 0, 1)),
  ecdsaOf('the key is all zeros', [mr, ms], mid, message, filled(0, 33)),
  ecdsaOf('small s', smallNumbers, 0, message, smallKey),
  ecdsaOf('small s plus the order', [smallNumbers[0], smallNumbers[1] + N], 0, message, smallKey),
  ecdsaOf('all zeros', [0n, 0n], 0, message, ecKey),
];

// Merlin, from @scure/sr25519

function manyRounds() {
  const transcript = new __tests.Merlin('test protocol');
  transcript.appendMessage('step1', text('some data'));
  const challenges = [];
  for (let round = 0; round < 32; round++) {
    challenges.push(transcript.challengeBytes('challenge', 32));
    transcript.appendMessage('bigdata', filled(99, 1024));
    transcript.appendMessage('challengedata', challenges[round]);
  }
  challenges.push(transcript.challengeBytes('long', 500));
  return challenges.map(hex);
}

/** The challenge is begun at each position of STROBE's block. */
function manyLengths() {
  return Array.from({ length: 166 }, (_, length) => {
    const transcript = new __tests.Merlin('test protocol');
    transcript.appendMessage('data', filled(length, length));
    return hex(transcript.challengeBytes('challenge', 8));
  });
}

const section = (name, rows) => `${JSON.stringify(name)}: [\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`;
console.log(
  `{\n${[
    section('sr25519', sr25519),
    section('ed25519', edCases),
    section('ed25519_small_order', small),
    section('recover', recover),
    section('ecdsa', ecdsa),
    section('merlin', manyRounds()),
    section('merlin_lengths', manyLengths()),
  ].join(',\n')}\n}`,
);
