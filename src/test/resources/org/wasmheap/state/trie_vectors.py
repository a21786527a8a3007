#!/usr/bin/env python3
"""Makes trie_vectors.json, roots for the tests of org.wasmheap.state.

    python3 trie_vectors.py > trie_vectors.json

An implementation of its own, written from the Polkadot specification's chapter on states: entries
are sorted, each node is encoded whole, nothing is shared or kept. It must also give these roots,
which others have published:

- w3f: w3f/polkadot-tests, fixtures/host-api (HostApiInputs.jl and HostApiOutputs.jl): the roots of
  ext_trie_blake2_256_root, ext_trie_blake2_256_ordered_root and ext_default_child_storage_root;
- smoldot: smol-dot/smoldot, lib/src/trie/calculate_root.rs, trie_root_one_node;
- sp-trie: paritytech/polkadot-sdk, substrate/primitives/trie/src/lib.rs, codec_trie_*, which give
  the encoding of the root's node; its hash is taken here.
"""
import hashlib
import json
import random

WORDS = [
    # The columns of HostApiInputs.jl: key and value, key and value, key and value.
    ("static", "Inverse", "even-keeled", "Future-proofed"),
    ("function", "Horizontal", "Face to face", "Expanded"),
    ("Integrated", "portal", "budgetary management", "pricing structure"),
    ("non-based", "Monitored", "non-volatile", "emulation"),
    ("productivity", "secondary", "Total", "Visionary"),
    ("Exclusive", "next generation", "concept", "approach"),
    ("disintermediate", "Grass-roots", "policy", "function"),
    ("contingency", "value-added", "context-sensitive", "Configurable"),
    ("human-resource", "Reactive", "hardware", "Automated"),
    ("Optional", "secondary", "object-oriented", "toolset"),
]
W3F_CHILD_ROOTS = """
e04eb753bc044436c6624b2062f7ad2be3bf19c62ed6f10aa2d7ee2586828cd5
e563e5520daa936c3629783df1390428bf1a57bf2ea2e30d26efe54bd225e706
10577651a2a8b02fa35d6aaed6e9cdceb26db2bf76746b4135401dd9fa4661d5
532931bf9fab64b045404c3ef1f6098c239a57120dc6a868c387aff2460d0353
0150b3380992a8ac69f31a7d78de314e021b5d2d5db8e2128deda8b37fedcfde
f4dd4421a4830b4d5f4bfb3894b747d07a25c5436c9db4147dda7f7b1cc4ae20
9c4268aac75479a264b4b293c828bf3f23823326c173ed87ca63130e406ae5ec
803205f7b32b7aadcf4955a2f934a065060da645a45c817f26c90025f8e4a978
41d7e4e8d2198d42c00a753db0f11dde0d2288ce0d148a83e9e774eafbf17584
3b71375a64a94627d03b257d2d2538474ac0263c0a5e6872d848ce6889092e15
""".split()
W3F_ROOTS = """
1192e3ed48d28fba2eeae885fa367c535eca6a149eafad982265586902783d4f
92aafcf31cc2012d7467fa96b47caa389762ef02e97c27c30484a7ffd4b3780e
cbb9ff2393a9c8ce46f3592532f4c181339eedf979836e5d45b318633030a79e
0ef6df228337099e666d402089c65e4c1d793ae0076dee4730baeb58404b0e16
7ab4224ead96acf2282852d7bdfa71aac9c135ecb718024ff7fe15b19d4ab227
ad2c33c6536d547f60a5947588e9bc953804a29b219a5692b7ed0e921d34c588
c1029b1ceb237b33f1d1e99c82e8d00c687342ae373474d3d7f0ed0f3f278cd6
cff475bc0c4aa0344ce0e0966415123ac4ef541122b1365be0884a3713c020cd
b21b406c9f9c96bb84e2d890ec6d0212e5422f9098777f090cd9a90e510cf92c
f81f2b3e8d50e95b706066afa4a9b07dfddeb89d1c3e8c4eb054d33a3de3b9bf
""".split()
W3F_ORDERED_ROOTS = """
d847b86d0219a384d11458e829e9f4f4cce7e3cc2e6dcd0e8a6ad6f12c64a737
ea32273c604a609a83979acc5dc5c19d91112967c5690d660684118fac03d087
72b6aa1f07895b3276e215b192335b982268922f4e2973b3bab13102766a597c
40f7e12565410189f5026d2d2c187fd60aa47cf943ae935cbda49e3b03fc1893
f0b164f7a50de01338d0f0a8dae9e3806b72359e1b3bc9b38b1140172d1952a0
922c3f9be4104e40daf22e249014ee0acd3e78870644cc131ce3107f6785e6c8
652a6f8ecb5cf7f8ba6ba9390ba2bc2978d173c537954af52fcf6a1c72989cbf
319fc284ac8e2d626ddec7b2e05948177ee2d8b3bb43820608e3faeab7c6e2b2
aebac639ed629d66bdaae654454518b85274cf613e6100d1aa5c86996763ca11
fd61ef3767be4899488dc3331726f3b9abaae1fc08532327631ece6198686e25
""".split()
SMOLDOT_ROOT = "7ab18659d3b2789ef2400d107104c7d4fb93d06d9ab6a8b641a5de7c3fecc851"


def blake2(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def compact(number):
    if number < 1 << 6:
        return (number << 2).to_bytes(1, "little")
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    if number < 1 << 30:
        return (number << 2 | 2).to_bytes(4, "little")
    return b"\x03" + number.to_bytes(4, "little")


def header(kind, bits, nibbles):
    full = (1 << bits) - 1
    if nibbles < full:
        return bytes([kind | nibbles])
    more, last = divmod(nibbles - full, 255)
    return bytes([kind | full]) + b"\xff" * more + bytes([last])


def node(entries, depth):
    """Entries are ascending: a tuple of nibbles, and a value with whether its hash stands for it."""
    first, last = entries[0][0], entries[-1][0]
    end = depth
    while end < min(len(first), len(last)) and first[end] == last[end]:
        end += 1
    value, below = None, entries
    if len(first) == end:
        value, below = entries[0][1], entries[1:]
    if value is not None and value[1]:
        kind = (0b0001_0000, 4) if below else (0b0010_0000, 5)
    elif below:
        kind = (0b1000_0000 if value is None else 0b1100_0000, 6)
    else:
        kind = (0b0100_0000, 6)
    part = first[depth:end]
    out = header(*kind, len(part))
    padded = (0,) * (len(part) % 2) + part
    out += bytes(high << 4 | low for high, low in zip(padded[::2], padded[1::2]))
    children, bitmap = b"", 0
    for nibble in range(16):
        group = [entry for entry in below if entry[0][end] == nibble]
        if group:
            bitmap |= 1 << nibble
            encoding = node(group, end + 1)
            reference = encoding if len(encoding) < 32 else blake2(encoding)
            children += compact(len(reference)) + reference
    if below:
        out += bitmap.to_bytes(2, "little")
    if value is not None:
        data, hashed = value
        out += blake2(data) if hashed else compact(len(data)) + data
    return out + children


def kinded(entries, version):
    return {key: (value, version == 1 and len(value) > 32) for key, value in entries.items()}


def root_of_kinded(entries):
    if not entries:
        return blake2(b"\x00")
    nibbles = lambda key: tuple(n for byte in key for n in (byte >> 4, byte & 15))
    return blake2(node(sorted((nibbles(key), value) for key, value in entries.items()), 0))


def root(entries, version):
    return root_of_kinded(kinded(entries, version))


def ordered(values, version):
    return root({compact(i): value for i, value in enumerate(values)}, version)


def with_children(top, children, version):
    """A state's entries with kinds, and the roots of its child tries."""
    roots = {name: root(child, version) for name, child in children.items()}
    entries = kinded(top, version)
    for name, child in children.items():
        if child:
            entries[b":child_storage:default:" + name] = (roots[name], False)
    return entries, roots


def hexed(entries):
    return {key.hex(): value if value is None else value.hex() for key, value in entries.items()}


def tries():
    text = lambda *words: [word.encode() for word in words]
    for i, row in enumerate(WORDS):
        k1, v1, k2, v2 = text(*row)
        yield f"w3f child root {i}", 0, {k1: v1, k2: v2}, W3F_CHILD_ROOTS[i]
        # The third pair has the first one's key; the last value counts.
        yield f"w3f root {i}", 0, {k1: k2, k2: v2}, W3F_ROOTS[i]
    yield "smoldot one node", 0, {b"abcd": b"hello world"}, SMOLDOT_ROOT
    yield "smoldot one node", 1, {b"abcd": b"hello world"}, SMOLDOT_ROOT
    single = bytes.fromhex("42aa04bb")
    yield "sp-trie single tuple", 1, {b"\xaa": b"\xbb"}, blake2(single).hex()
    disjoint = bytes.fromhex("80120014430314" + "04ff" + "14430819" + "04fe")
    yield (
        "sp-trie two tuples, disjoint keys",
        1,
        {b"\x48\x19": b"\xfe", b"\x13\x14": b"\xff"},
        blake2(disjoint).hex(),
    )
    # More nibbles than 16 bits can count.
    yield "a long key", 0, {b"\x77" * 33000: b"x", b"\x11": b"y"}, None
    for version in (0, 1):
        yield "empty", version, {}, blake2(b"\x00").hex()
        for length in (0, 1, 28, 29, 30, 31, 32, 33, 34, 63, 64, 16383, 16384):
            yield f"a value of {length} bytes", version, {b"\x12\x34": b"\x5a" * length}, None
            if length > 1000:
                continue
            both = {b"\x12": b"\x5a" * length, b"\x12\x34": b"\xa5" * length}
            yield f"a branch with a value of {length} bytes", version, both, None
        for nibbles in (0, 1, 14, 15, 16, 30, 31, 32, 62, 63, 64, 269, 270, 271, 317, 318, 319, 573):
            # Leaves and branches that have so many nibbles of their own, of every kind.
            part = bytes(nibbles // 2 + 1)
            for short in (b"\x01", b"\x01" * 40):
                yield f"parts of {nibbles} and more", version, {
                    part + b"\x01": short,
                    part + b"\x10": short,
                    part[:-1] + b"\x0f": short,
                }, None
                yield f"a branch with a value, {nibbles} nibbles", version, {
                    part: short,
                    part + b"\x10": short,
                }, None
        yield "the empty key", version, {b"": b"x", b"\x00": b"y" * 33}, None
        yield "all nibbles", version, {bytes([i]): bytes([i]) * (i % 70) for i in range(256)}, None
        draw = random.Random(15 + version)
        for number in range(7):
            entries = {}
            for _ in range(10 * 2**number // 4 + 2):
                key = bytes(draw.choice((0, 1, 16, 17, 255)) for _ in range(draw.randrange(6)))
                entries[key] = draw.randbytes(draw.choice((0, 1, 5, 31, 32, 33, 40, 100)))
            yield f"random {number}", version, entries, None


def vectors():
    out = {"tries": [], "ordered": [], "children": [], "mixed": []}
    for name, version, entries, published in tries():
        computed = root(entries, version).hex()
        assert published in (None, computed), name
        out["tries"].append(
            {"name": name, "version": version, "entries": hexed(entries), "root": computed}
        )
    flat = [word for row in WORDS for word in row]
    for i, row in enumerate(WORDS):
        values = [word.encode() for word in (flat[i], row[2], row[3])]
        assert ordered(values, 0).hex() == W3F_ORDERED_ROOTS[i], i
        out["ordered"].append(entry_of_list(f"w3f ordered {i}", 0, values))
    for version in (0, 1):
        for count in (0, 1, 2, 63, 64, 65, 300, 16500):
            values = [bytes([i % 251]) * (i % 37 if count < 1000 else 0) for i in range(count)]
            out["ordered"].append(entry_of_list(f"{count} values", version, values))
        children = {
            b"": {b"\x01": b"in the child without a name"},
            b"one": {b"key": b"value", b"key2": b"v" * 33},
            b"two": {b"key": b"value"},
            b"empty": {},
        }
        top = {b"top": b"t" * 40, b":code": b"\x00asm" * 30, b":child_storage:other": b"kept"}
        entries, roots = with_children(top, children, version)
        out["children"].append(
            {
                "name": "children",
                "version": version,
                "top": hexed(top),
                "children": {name.hex(): hexed(child) for name, child in children.items()},
                "childRoots": {name.hex(): each.hex() for name, each in roots.items()},
                "root": root_of_kinded(entries).hex(),
            }
        )
    long, longer = b"l" * 33, b"m" * 60
    before = {b"\x10": long, b"\x11": long, b"\x11\x22": longer, b"\x20": b"short", b"\x30": longer}
    changes = {b"\x10": longer, b"\x11\x33": long, b"\x20": None, b"\x30": longer}
    for first, second in ((0, 1), (1, 0)):
        entries = kinded(before, first)
        for key, value in changes.items():
            if value is None:
                del entries[key]
            else:
                entries[key] = kinded({key: value}, second)[key]
        out["mixed"].append(
            {
                "name": f"version {first}, changed under {second}",
                "version": first,
                "entries": hexed(before),
                "then": second,
                "changes": hexed(changes),
                "root": root_of_kinded(entries).hex(),
            }
        )
    return out


def entry_of_list(name, version, values):
    return {
        "name": name,
        "version": version,
        "values": [value.hex() for value in values],
        "root": ordered(values, version).hex(),
    }


if __name__ == "__main__":
    # A line for each vector.
    parts = [
        json.dumps(name) + ": [\n" + ",\n".join(map(json.dumps, of_kind)) + "\n]"
        for name, of_kind in vectors().items()
    ]
    print("{\n" + ",\n".join(parts) + "\n}")
