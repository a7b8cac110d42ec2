"""Merkle trees as RFC 9162 describes them, with hashlib alone, and signed notes with an Ed25519 of others.

Reads {"key", "proofs"} from standard input, key as the notes' verifier key and each proof as the text of a .tlog-proof, and prints of each what
is wrong with it, or null, as a JSON array. With the argument `vectors` it prints the vectors of tests/data/proof instead.
"""

import base64
import hashlib
import json
import sys


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def split(n):
    k = 1
    while k << 1 < n:
        k <<= 1
    return k


def root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def inclusion(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return inclusion(m, leaves[:k]) + [root(leaves[k:])]
    return inclusion(m - k, leaves[k:]) + [root(leaves[:k])]


def consistency(m, leaves, known=True):
    if m == len(leaves):
        return [] if known else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return consistency(m, leaves[:k], known) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


def included(leaf, index, size, path, expected):
    """RFC 9162, 2.1.3.2, step by step."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    return sn == 0 and r == expected


def fault(key, text):
    """What is wrong with a proof, or None."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    name, key_hash, encoded = key.split("+", 2)
    public = base64.b64decode(encoded, validate=True)
    if sha256(name.encode() + b"\n" + public)[:4].hex() != key_hash:
        return "the key is not the one that its hash says"
    head, note = text.split("\n\n", 1)
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        return "not a proof"
    extra = base64.b64decode(lines[1][6:], validate=True)
    path = [base64.b64decode(line, validate=True) for line in lines[3:]]
    body, signatures = note.rsplit("\n\n", 1)
    origin, size, encoded_root = body.split("\n")[:3]
    signed = False
    for line in signatures.splitlines():
        dash, signer, value = line.split(" ")
        value = base64.b64decode(value, validate=True)
        if dash == "—" and signer == name == origin and value[:4].hex() == key_hash:
            try:
                Ed25519PublicKey.from_public_bytes(public[1:]).verify(value[4:], (body + "\n").encode())
                signed = True
            except InvalidSignature:
                return "the signature does not hold"
    if not signed:
        return "not signed by the key"
    entry = sha256(extra) if extra.startswith(b"[1,") else extra
    index = int(lines[2][6:])
    return None if included(leaf_hash(entry), index, int(size), path, base64.b64decode(encoded_root)) else "not in the tree"


def vectors():
    text = lambda hashes: [h.hex() for h in hashes]
    trees = []
    for size in [1, 2, 3, 4, 5, 6, 7, 8, 13, 255, 256, 257, 600]:
        leaves = [leaf_hash(b"entry %d" % n) for n in range(size)]
        places = sorted({0, size // 3, size // 2, size - 1})
        trees.append({
            "size": size,
            "root": root(leaves).hex(),
            "inclusion": [{"index": m, "hashes": text(inclusion(m, leaves))} for m in places],
            "consistency": [{"before": m + 1, "hashes": text(consistency(m + 1, leaves))} for m in places],
        })
    return {"entry": "entry N, in UTF-8, N from 0", "empty": root([]).hex(), "trees": trees}


if sys.argv[1:] == ["vectors"]:
    print(json.dumps(vectors(), indent=1))
else:
    given = json.load(sys.stdin)
    print(json.dumps([fault(given["key"], text) for text in given["proofs"]]))
