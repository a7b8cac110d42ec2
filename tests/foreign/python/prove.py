"""Merkle trees as RFC 9162 describes them, with hashlib alone, and signed notes with an Ed25519 of others.

Reads {"key", "proofs", "openings"} from standard input, key as the notes' verifier key, each proof as the text of a .tlog-proof and for each the
openings of its person fields, and prints of each what is wrong with it, or null, as a JSON array. With the argument `vectors` or `leaves` it
prints the vectors of tests/data/proof instead.
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


COLUMNS = """id time action schemaVersion outcome actorType actorId actorLabel actorRole targetType targetId targetLabel source ip userAgent
requestId correlationId idempotencyKey reason metadata""".split()


def canonical(value):
    """The canonical text of a JSON value, of numbers those that both print alike."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: (len(k.encode()), k.encode()))
        return "{" + ", ".join(canonical(k) + ": " + canonical(value[k]) for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def commitment(entry, value):
    """Of an entry of salts: the commitment of an erased value, or else that of a value in text."""
    if len(entry) == 64:
        return {"sha256": entry}
    return {"sha256": sha256(bytes.fromhex(entry) + value.encode()).hex()}


def leaf_text(event, form):
    """docs/audit-proof.md, Leaves."""
    salts = (event.get("salts") or {}) if form == 3 else {}
    elements = [form]
    for name in COLUMNS:
        value = event.get(name)
        if name == "metadata" and form == 3:
            entries = salts.get("metadata", {})
            value = {**value, **{key: commitment(entry, canonical(value.get(key))) for key, entry in entries.items()}}
        elif name == "metadata":
            value = canonical(value)
        elif name in salts:
            value = commitment(salts[name], value)
        elements.append(value)
    return canonical(elements)


def misfit(leaf, openings):
    """The name of an opening that does not hold, or None."""
    elements = dict(zip(COLUMNS, json.loads(leaf)[1:]))
    for name, opening in openings.items():
        member = name.removeprefix("metadata.")
        place = elements[name] if member == name else elements["metadata"][member]
        if place != commitment(opening["salt"], opening["value"]):
            return name
    return None


def leaves():
    salt = lambda n: bytes(range(n, n + 16)).hex()
    event = {
        "id": "019ab000-0000-7000-8000-000000000001", "time": 1795750000123, "action": "auth.sign_in", "schemaVersion": 2,
        "outcome": "success", "actorType": "user", "actorId": "019ab000-0000-7000-8000-000000000002", "actorLabel": "jane@example.org",
        "actorRole": "user", "source": "web", "ip": "192.0.2.7", "userAgent": "a \"b\" \\ \t\u0001\u007f/ ü€😀",
        "metadata": {"method": "password", "größe": "ß", "z": [1, {"bb": None, "a": True}], "n": 12},
    }
    whole = {**event, "salts": {"actorLabel": salt(1), "ip": salt(2), "userAgent": salt(3), "metadata": {"z": salt(4), "größe": salt(5)}}}
    entries = whole["salts"]
    gone = lambda name: commitment(entries[name], event[name])["sha256"]
    erased = {
        **event, "actorLabel": None, "ip": None, "metadata": {"method": "password", "n": 12, "größe": "ß"},
        "salts": {"actorLabel": gone("actorLabel"), "ip": gone("ip"), "userAgent": salt(3), "erasures": [event["id"]], "metadata": {
            "größe": salt(5), "z": commitment(salt(4), canonical(event["metadata"]["z"]))["sha256"]}},
    }
    agent = {**event, "source": "agent", "actorType": "agent", "actorId": "pay:jane@example.org", "metadata": {},
             "salts": {"actorId": salt(9), "actorLabel": salt(10)}}
    plain = {**event, "metadata": {}, "salts": {}}
    cases = [(1, event), (2, event), (3, whole), (3, erased), (3, agent), (3, plain)]
    vector = lambda form, one: (form, one, leaf_text(one, form).encode())
    return [
        {"form": form, "event": one, "text": text.decode(),
         "kept": (sha256(text) if form == 1 else leaf_hash(text)).hex(),
         "leafHash": leaf_hash(sha256(text) if form == 1 else text).hex()}
        for form, one, text in (vector(*case) for case in cases)
    ]


def fault(key, text, openings):
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
    if not included(leaf_hash(entry), index, int(size), path, base64.b64decode(encoded_root)):
        return "not in the tree"
    wrong = misfit(extra.decode(), openings)
    return None if wrong is None else f"the opening of {wrong} does not hold"


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
elif sys.argv[1:] == ["leaves"]:
    print(json.dumps(leaves(), indent=1, ensure_ascii=False))
else:
    given = json.load(sys.stdin)
    print(json.dumps([fault(given["key"], text, openings) for text, openings in zip(given["proofs"], given["openings"])]))
