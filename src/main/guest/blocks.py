#!/usr/bin/env python3
"""Makes the blocks of the sample guest, and works out their roots independently of the guest and of the library.

What an operation does to the state is told here a second time, beside operations.rs, and the trie a second time,
beside the library's, in state version 1 alone: its source is the Polkadot specification. Both together are why a
test may believe the roots in the files. The same sample.wasm gives the same bytes.

Needs Python 3.8 or newer and nothing else.

Usage: blocks.py             writes the files named sample-* beside this script (README.md says what they are); after a
                             change of the guest, when build.sh has run
       blocks.py --check     compares with what lies there instead; the exit code is 1 if a file differs
       blocks.py --root FILE prints the root of the state in FILE (genesis or parentStorage), in state version 1
"""

import copy
import json
import sys
from hashlib import blake2b
from pathlib import Path

HERE = Path(__file__).resolve().parent
CODE = HERE / "../resources/org/wasmheap/runtime/sample.wasm"
CHILD_PREFIX = b":child_storage:default:"


def blake2_256(data):
    return blake2b(data, digest_size=32).digest()


# SCALE


def u32(value):
    return value.to_bytes(4, "little")


def u128(value):
    return value.to_bytes(16, "little")


def compact(value):
    if value < 1 << 6:
        return bytes([value << 2])
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = max(4, (value.bit_length() + 7) // 8)
    return bytes([(size - 4) << 2 | 3]) + value.to_bytes(size, "little")


def vec(data):
    return compact(len(data)) + data


def option(value):
    return b"\0" if value is None else b"\1" + u32(value)


# The trie, state version 1


def nibbles(key):
    return [nibble for byte in key for nibble in (byte >> 4, byte & 15)]


def head(kind, bits, count):
    """The kind of a node above the lowest bits, and the number of nibbles in them and the bytes after."""
    most = (1 << bits) - 1
    if count < most:
        return bytes([kind << bits | count])
    count -= most
    return bytes([kind << bits | most]) + b"\xff" * (count // 255) + bytes([count % 255])


def node(items, start):
    """A node's encoding; items are (nibbles, value) in order of the nibbles, all alike before start."""
    first, last = items[0][0], items[-1][0]
    end = start
    while end < min(len(first), len(last)) and first[end] == last[end]:
        end += 1
    value = items.pop(0)[1] if len(first) == end else None
    hashed = value is not None and len(value) >= 33
    if not items:
        kind, bits = (0b001, 5) if hashed else (0b01, 6)
    elif value is None:
        kind, bits = 0b10, 6
    else:
        kind, bits = (0b0001, 4) if hashed else (0b11, 6)
    partial = first[start:end]
    out = head(kind, bits, len(partial))
    if len(partial) % 2:
        partial = [0] + partial
    out += bytes(partial[i] << 4 | partial[i + 1] for i in range(0, len(partial), 2))

    below = [[item for item in items if item[0][end] == nibble] for nibble in range(16)]
    if items:
        out += sum(1 << nibble for nibble in range(16) if below[nibble]).to_bytes(2, "little")
    if value is not None:
        out += blake2_256(value) if hashed else vec(value)
    for child in filter(None, below):
        encoded = node(child, end + 1)
        out += vec(encoded if len(encoded) < 32 else blake2_256(encoded))
    return out


def trie_root(entries):
    items = sorted((nibbles(key), value) for key, value in entries.items())
    return blake2_256(node(items, 0) if items else b"\0")


class State:
    """A state: the main trie's entries without roots of child tries, and those of the child tries by name."""

    def __init__(self, main, children):
        self.main = main
        self.children = children

    def entries(self):
        """The main trie's entries with the roots of the child tries that are not empty."""
        roots = {CHILD_PREFIX + name: trie_root(child) for name, child in self.children.items() if child}
        return {**self.main, **roots}

    def root(self):
        return trie_root(self.entries())


# What the guest does


class Failed(Exception):
    """An operation without effect; the number is why."""


NO_ACCOUNT, WRONG_NONCE, NOT_ENOUGH, TOO_MUCH, NO_NOTE, BAD_SIGNATURE = range(1, 7)


def account_key(who):
    return b"account:" + blake2b(who, digest_size=16).digest() + who


class Execution:
    """A block's way from its parent's state to its own."""

    def __init__(self, parent):
        self.parent = parent
        self.main = dict(parent.main)
        self.children = copy.deepcopy(parent.children)
        self.written = set()  # (child, key) of what the block has written or removed
        self.events = []
        self.noted = []  # accounts, in the order of their first touch; never rolled back
        self.index = 0

    def in_transaction(self, action):
        kept = copy.deepcopy((self.main, self.children, self.written, self.events))
        try:
            action()
        except Failed:
            self.main, self.children, self.written, self.events = kept
            raise

    def event(self, tag, *fields):
        self.events.append(u32(self.index) + bytes([tag]) + b"".join(fields))

    def account(self, who):
        value = self.main.get(account_key(who), bytes(20))
        return int.from_bytes(value[:16], "little"), int.from_bytes(value[16:], "little")

    def put_account(self, who, balance, nonce):
        self.main.pop(account_key(who), None)
        if balance:
            self.main[account_key(who)] = u128(balance) + u32(nonce)

    def notes(self, who):
        if who not in self.noted:
            self.noted.append(who)
        return self.children.setdefault(b"notes:" + who, {})

    def write_note(self, who, name, text):
        self.written.add((who, name))
        notes = self.notes(who)
        notes.pop(name, None)
        if text is not None:
            notes[name] = text

    # One function for each operation

    def transfer(self, source, to, amount, nonce):
        if account_key(source) not in self.main:
            raise Failed(NO_ACCOUNT)
        if self.account(source)[1] != nonce:
            raise Failed(WRONG_NONCE)
        if account_key(to) not in self.main:
            self.event(2, to)
        balance, to_nonce = self.account(to)
        if balance + amount >= 1 << 128:
            raise Failed(TOO_MUCH)
        self.put_account(to, balance + amount, to_nonce)
        balance = self.account(source)[0]
        if balance < amount:
            raise Failed(NOT_ENOUGH)
        self.put_account(source, balance - amount, nonce + 1)
        if balance == amount:
            self.event(3, source)
        self.event(1, source, to, u128(amount))

    def note(self, who, name, text):
        if account_key(who) not in self.main:
            raise Failed(NO_ACCOUNT)
        before = self.notes(who).get(name)
        self.write_note(who, name, text)
        self.event(4, who, vec(name), option(None if before is None else len(before)))

    def remove(self, who, name):
        if name not in self.notes(who):
            raise Failed(NO_NOTE)
        text = self.notes(who)[name]
        self.write_note(who, name, None)
        self.event(5, who, vec(name), vec(text))

    def forget(self, who, prefix, most):
        """All that the block itself has written goes; of what its parent had, as many keys as the limit says."""
        there = sorted(key for key in self.parent.children.get(b"notes:" + who, {}) if key.startswith(prefix))
        visited = there if most is None else there[:most]
        for name in list(self.notes(who)):
            if name.startswith(prefix) and (name in visited or (who, name) in self.written):
                self.write_note(who, name, None)
        self.event(6, who, bytes([len(visited) < len(there)]), u32(len(visited)))

    def burn(self, steps):
        self.event(7, u32(steps))

    def verify(self, key, signature, message):
        if (key, signature, message) != SIGNED:
            raise Failed(BAD_SIGNATURE)
        self.event(8, key)

    def batch(self, all_or_nothing, operations):
        succeeded = 0
        for name, *arguments in operations:
            try:
                self.in_transaction(lambda: getattr(self, name)(*arguments))
                succeeded += 1
            except Failed:
                if all_or_nothing:
                    raise
        self.event(9, u32(succeeded))

    def upgrade(self, spec):
        code, before = self.main[b":code"], vec(b"wasm-heap-sample") + u32(1)
        pieces = code.split(before)
        assert len(pieces) == 3, "the code holds its version twice, in a section and in its data"
        self.main[b":code"] = pieces[0] + b"".join(before + u32(spec) + piece[4:] for piece in pieces[1:])
        self.event(10, u32(spec), u32(2))

    # A block

    def block(self, number, parent_hash, digest, operations):
        """Executes a block and gives the body and the state."""
        self.begin(number, parent_hash, digest)
        body = []
        for name, *arguments in operations:
            extrinsic, outcome = ENCODERS[name](*arguments), 0
            try:
                self.in_transaction(lambda: getattr(self, name)(*arguments))
            except Failed as failed:
                outcome = failed.args[0]
                self.event(0, bytes([outcome]))
            self.main[b"log:" + self.index.to_bytes(4, "big")] = blake2_256(extrinsic) + bytes([outcome])
            body.append(extrinsic)
            self.index += 1
        self.end()
        return body, State(self.main, {name: child for name, child in self.children.items() if child})

    def begin(self, number, parent_hash, digest):
        main = self.main
        logs = [key for key in main if key.startswith(b"log:")]
        old = [b"hash:" + (number - 9).to_bytes(4, "big")] if number >= 9 else []
        for key in [b"events", b"roots", *old, *logs]:
            main.pop(key, None)
        code, version = main[b":code"], vec(b"wasm-heap-sample") + u32(1)
        main[b"number"] = u32(number)
        main[b"hash:" + (number - 1).to_bytes(4, "big")] = parent_hash
        main[b"spec"] = code.split(version)[1][:4]
        main[b"digest"] = digest
        main[b"cleared"] = b"\0" + u32(len(logs))

    def end(self):
        main = self.main
        accounts = [value for key, value in main.items() if key.startswith(b"account:")]
        total = sum(int.from_bytes(value[:16], "little") for value in accounts)
        main[b"total"] = u32(len(accounts)) + u128(total)
        if self.events:
            main[b"events"] = compact(len(self.events)) + b"".join(self.events)
        roots = [who + u32(len(self.notes(who))) + trie_root(self.notes(who)) for who in self.noted]
        if roots:
            main[b"roots"] = compact(len(roots)) + b"".join(roots)


ENCODERS = {
    "transfer": lambda source, to, amount, nonce: b"\0" + source + to + compact(amount) + compact(nonce),
    "note": lambda who, name, text: b"\1" + who + vec(name) + vec(text),
    "remove": lambda who, name: b"\2" + who + vec(name),
    "forget": lambda who, prefix, most: b"\3" + who + vec(prefix) + option(most),
    "panic": lambda words: b"\4" + vec(words),
    "burn": lambda steps: b"\5" + u32(steps),
    "verify": lambda key, signature, message: b"\6" + key + signature + vec(message),
    "batch": lambda all_or_nothing, operations: b"\7"
    + bytes([all_or_nothing])
    + compact(len(operations))
    + b"".join(ENCODERS[name](*arguments) for name, *arguments in operations),
    "upgrade": lambda spec: b"\x08" + u32(spec),
}

# The chain

ALICE, BOB, CAROL, DAVE, EVE = (blake2_256(name) for name in (b"alice", b"bob", b"carol", b"dave", b"eve"))

# A signature made with the npm package @scure/sr25519 2.3.0, of the key whose seed is 32 bytes of 7.
SIGNED = (
    bytes.fromhex("7c0f469d3bd340bae718203fa30ca071a5e37c751e891dbded837b213d45d91d"),
    bytes.fromhex(
        "0ae044c21837f3737ac20a16337e4e28c45c459072e39e80dc08076c7280797a"
        "019086e7fd6466b8c85bfa7df4c9c2f7854ccd95427522cd9db7606ac4f5c785"
    ),
    b"signed for the sample chain",
)

UNIT = 10**12


def numbered(numbers, text):
    return [("note", CAROL, b"note-%d" % number, text % number) for number in numbers]


CHAIN = [
    # 1: nothing
    [],
    # 2: a transfer, and one to an account that is new
    [("transfer", ALICE, BOB, 5 * UNIT, 0), ("transfer", BOB, EVE, 1, 0)],
    # 3: notes of 0, 31, 32, 33 and 300 bytes; who has no account can have none
    [("note", BOB, b"text-%d" % size, b"x" * size) for size in (0, 31, 32, 33, 300)]
    + [("note", blake2_256(b"nobody"), b"name", b"text")],
    # 4: transfers that fail, each in its way, around one that does not
    [
        ("transfer", ALICE, BOB, 1, 7),
        ("transfer", EVE, blake2_256(b"never"), 2, 0),
        ("transfer", BOB, CAROL, 1, 1),
        ("transfer", blake2_256(b"nobody"), BOB, 1, 0),
        ("transfer", ALICE, BOB, (1 << 128) - 1, 1),
    ],
    # 5: batches: all succeed; the last fails and all is rolled back; one fails and the others stay
    [
        ("batch", True, [("transfer", ALICE, EVE, 9, 1), ("note", EVE, b"a", b"b")]),
        ("batch", True, [("note", ALICE, b"kept?", b"no"), ("transfer", ALICE, EVE, 9, 2), ("remove", EVE, b"c")]),
        ("batch", False, [("note", ALICE, b"kept?", b"yes"), ("transfer", EVE, BOB, UNIT, 0), ("remove", EVE, b"a")]),
    ],
    # 6: removed notes, one of them not there; one replaced
    [("remove", BOB, b"text-33"), ("remove", BOB, b"text-34"), ("note", BOB, b"text-0", b"y" * 40)],
    # 7: many notes, some written twice
    numbered(range(12), b"first text %d") + numbered(range(3, 6), b"second text of more than 32 bytes, %d"),
    # 8: with a limit: what the block has written goes too, and does not count
    numbered((5, 20), b"third text %d") + [("forget", CAROL, b"", 2)],
    # 9: by prefix, twice, for the limit counts what was removed before in the same block
    [("forget", CAROL, b"note-1", 1), ("forget", CAROL, b"note-1", 1)]
    + [("forget", CAROL, prefix, None) for prefix in (b"note-2", b"other")],
    # 10: signatures, right and wrong
    [("verify", *SIGNED), ("verify", SIGNED[0], SIGNED[1], SIGNED[2] + b"!")],
    # 11: a new runtime, and one that is rolled back
    [("upgrade", 2), ("batch", True, [("upgrade", 3), ("remove", EVE, b"a")])],
    # 12: the first block on the new runtime
    [("transfer", BOB, DAVE, UNIT, 2)],
    # 13: more extrinsics than fit a compact of one byte, and memory
    [("burn", 0)] * 70 + [("burn", 40)],
    # 14: an account goes, and a child trie
    [("transfer", EVE, BOB, 10, 0), ("forget", BOB, b"", None), ("note", DAVE, b"alone", b"z" * 64)],
    # 15: what went comes back; all is written again after a removal
    [("transfer", BOB, EVE, 1 << 40, 3), ("note", BOB, b"text-31", b"again"), ("forget", DAVE, b"", 0)],
    # 16: nothing but the removal of what the genesis held
    [("forget", DAVE, b"", None)],
    # 17: an extrinsic that changes nothing, and one of 1 KB
    [("batch", False, []), ("note", DAVE, b"large", b"0123456789abcdef" * 64)],
    # 18: from an account to itself
    [("transfer", DAVE, DAVE, UNIT, 0)],
    # 19: a chain of transfers within a block
    [("transfer", ALICE, BOB, 1000, 2), ("transfer", BOB, CAROL, 1001, 4), ("transfer", CAROL, DAVE, 1002, 0)],
    # 20: an account that empties itself and is filled again
    [("transfer", EVE, ALICE, 1 << 40, 0), ("transfer", ALICE, EVE, 3, 3), ("transfer", EVE, BOB, 3, 0)],
]

# The block of the file that needs no chain before it.
ALONE = 8

# In place of block 1: one that panics after a transfer that does not, and one that would follow it.
PANICS = [[("transfer", ALICE, BOB, 5 * UNIT, 0), ("panic", b"the block is to fail")], []]


def genesis():
    main = {b":code": CODE.read_bytes(), b"number": u32(0)}
    for who, balance in (ALICE, 1000 * UNIT), (BOB, 10 * UNIT), (CAROL, UNIT), (DAVE, UNIT):
        main[account_key(who)] = u128(balance) + u32(0)
    texts = {b"genesis": b"in the beginning", b"long": b"more than 32 bytes, so hashed in version 1", b"odd": b""}
    return State(main, {b"notes:" + DAVE: texts})


def header(parent_hash, number, state_root, extrinsics_root, items):
    return parent_hash + compact(number) + state_root + extrinsics_root + compact(len(items)) + b"".join(items)


def digest_items(number):
    """What is in a header's digest: every second block a pre-runtime item, every fifth of each other kind one."""
    items = [b"\6" + b"smpl" + vec(u32(number) * (number % 12))] if number % 2 else []
    return items + ([b"\4" + b"smpl" + vec(b"?"), b"\0" + vec(b"other"), b"\x08"] if number % 5 == 0 else [])


def ordered_root(extrinsics):
    return trie_root({compact(index): extrinsic for index, extrinsic in enumerate(extrinsics)})


def genesis_hash():
    return blake2_256(header(bytes(32), 0, genesis().root(), ordered_root([]), []))


def chain():
    """Gives of each block number, hash, header, body and its parent's state."""
    state, parent_hash = genesis(), genesis_hash()
    for number, operations in enumerate(CHAIN, 1):
        items = digest_items(number)
        digest = compact(len(items)) + b"".join(items)
        body, after = Execution(state).block(number, parent_hash, digest, operations)
        seal = [b"\5" + b"smpl" + vec(b"sealed by nobody")] if number % 3 == 0 else []
        sealed = header(parent_hash, number, after.root(), ordered_root(body), items + seal)
        parent_hash = blake2_256(sealed)
        yield number, parent_hash, sealed, [vec(extrinsic) for extrinsic in body], state
        state = after


def panicking():
    """Gives of each block that has no result number, hash, header and body. The state roots are zeros."""
    parent_hash = genesis_hash()
    for number, operations in enumerate(PANICS, 1):
        body = [ENCODERS[name](*arguments) for name, *arguments in operations]
        head_bytes = header(parent_hash, number, bytes(32), ordered_root(body), [])
        parent_hash = blake2_256(head_bytes)
        yield number, parent_hash, head_bytes, [vec(extrinsic) for extrinsic in body]


# The files


def hexed(value):
    if isinstance(value, dict):
        return {hexed(key): hexed(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [hexed(item) for item in value]
    return "0x" + value.hex() if isinstance(value, bytes) else value


def lines(value):
    return json.dumps(value, indent=1) + "\n"


def row(number, block_hash, head_bytes, body):
    content = {"number": number, "hash": block_hash, "header": head_bytes, "body": body}
    return json.dumps({key: hexed(value) for key, value in content.items()}) + "\n"


def files():
    start, blocks = genesis(), list(chain())
    specification = {
        "name": "Sample",
        "id": "wasm-heap-sample",
        "genesis": {"raw": {"top": hexed(start.main), "childrenDefault": hexed(start.children)}},
    }
    _, _, head_bytes, body, before = blocks[ALONE - 1]
    storage = {"mainTrie": hexed(before.entries()), "childTries": hexed(before.children)}
    alone = {"block": {"header": hexed(head_bytes), "body": hexed(body)}, "parentStorage": storage}
    return {
        "sample-chain.json": lines(specification),
        "sample-chain.jsonl": "".join(row(*block[:4]) for block in blocks),
        "sample-panic.jsonl": "".join(row(*block) for block in panicking()),
        "sample-block.json": lines(alone),
    }


def bytes_of(mapping):
    return {bytes.fromhex(key[2:]): bytes.fromhex(value[2:]) for key, value in mapping.items()}


def root_of(name):
    """The root of a file's state. A block's main trie has the roots of its child tries, which are held against them."""
    content = json.loads(Path(name).read_text())
    raw = content["genesis"]["raw"] if "genesis" in content else content["parentStorage"]
    main = bytes_of(raw.get("top") or raw["mainTrie"])
    children = raw.get("childTries") or raw.get("childrenDefault") or {}
    state = State(main, {bytes.fromhex(name[2:]): bytes_of(child) for name, child in children.items()})
    entries = state.entries()
    assert "genesis" in content or entries == main, "the main trie has other roots of child tries"
    return state.root()


def run(arguments):
    if arguments[:1] == ["--root"]:
        for name in arguments[1:]:
            print("0x" + root_of(name).hex(), name)
        return 0
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    differ = 0
    for name, content in files().items():
        path = HERE / name
        if not arguments:
            path.write_bytes(content.encode())
            print(name, len(content), "bytes")
        elif not path.is_file() or path.read_bytes() != content.encode():
            print(name, "is not what this script makes", file=sys.stderr)
            differ = 1
    return differ


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
