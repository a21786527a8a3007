"""Roots that the tests of the host functions expect, worked out apart from the library.

The trie of the Polkadot specification, as plainly as it can be written: no sharing, no state. Usage: python3 roots.py > roots.txt
"""
from hashlib import blake2b


def hashed(data):
    return blake2b(data, digest_size=32).digest()


def compact(number):
    if number < 1 << 6:
        return bytes([number << 2])
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    if number < 1 << 30:
        return (number << 2 | 2).to_bytes(4, "little")
    return b"\x03" + number.to_bytes(4, "little")


def nibbles(key):
    return [half for byte in key for half in (byte >> 4, byte & 15)]


def header(kind, bits, count):
    full = (1 << bits) - 1
    if count < full:
        return bytes([kind | count])
    rest = count - full
    return bytes([kind | full]) + b"\xff" * (rest // 255) + bytes([rest % 255])


def partial(path):
    odd = [path[0]] if len(path) % 2 else []
    even = path[len(odd):]
    return bytes(odd) + bytes(even[i] << 4 | even[i + 1] for i in range(0, len(even), 2))


def node(entries, version):
    """The encoding of the node that holds these, a non-empty map of nibbles to values."""
    keys = sorted(entries)
    first, last = keys[0], keys[-1]
    shared = 0
    while shared < len(first) and shared < len(last) and first[shared] == last[shared]:
        shared += 1
    path = list(first[:shared])
    value = entries.get(tuple(path))
    children = {}
    for key, each in entries.items():
        if len(key) > shared:
            children.setdefault(key[shared], {})[tuple(key[shared + 1:])] = each
    replaced = version == 1 and value is not None and len(value) >= 33
    if not children:
        start = header(0x20, 5, len(path)) if replaced else header(0x40, 6, len(path))
    elif value is None:
        start = header(0x80, 6, len(path))
    else:
        start = header(0x10, 4, len(path)) if replaced else header(0xC0, 6, len(path))
    out = start + partial(path)
    if children:
        out += sum(1 << index for index in children).to_bytes(2, "little")
    if value is not None:
        out += hashed(value) if replaced else compact(len(value)) + value
    for index in sorted(children):
        child = node(children[index], version)
        child = child if len(child) < 32 else hashed(child)
        out += compact(len(child)) + child
    return out


def root(entries, version):
    if not entries:
        return hashed(b"\x00")
    return hashed(node({tuple(nibbles(k)): v for k, v in entries.items()}, version))


def ordered(values, version):
    return root({compact(i): v for i, v in enumerate(values)}, version)


def with_children(entries, children, version):
    roots = {b":child_storage:default:" + name: root(child, version) for name, child in children.items() if child}
    return root({**entries, **roots}, version)


PLAIN = {b"key1": b"value1", b"key2": b"value2", b"ke": b"short", b"other": b""}
CHILD = {b"x": b"y", b"xyz": b"v" * 33}
LIST = [b"", b"a", b"v" * 33]

for v in (0, 1):
    print(f"empty_v{v}", root({}, v).hex())
    print(f"plain_v{v}", root(PLAIN, v).hex())
    print(f"plain_without_key1_v{v}", root({k: e for k, e in PLAIN.items() if k != b"key1"}, v).hex())
    for length in (31, 32, 33, 34):
        print(f"value_of_{length}_v{v}", root({b"k": b"v" * length}, v).hex())
    print(f"child_v{v}", root(CHILD, v).hex())
    print(f"plain_with_child_v{v}", with_children(PLAIN, {b"c1": CHILD}, v).hex())
    print(f"plain_with_empty_child_v{v}", with_children(PLAIN, {b"c1": {}}, v).hex())
    print(f"ordered_v{v}", ordered(LIST, v).hex())
    print(f"ordered_300_v{v}", ordered([str(i).encode() for i in range(300)], v).hex())
    print(f"appended_twice_v{v}", root({b"list": compact(2) + b"\x07" + b"\x08"}, v).hex())
