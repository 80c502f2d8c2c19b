"""Key pairs of the user: imported public keys, and generated ones."""

import base64
import binascii
import hashlib
import re

from lab.world.identity.accounts import USER
from lab.world.keys.rsa_keys import generate_key
from lab.world.records import KeyPair
from lab.world.refusal import Refused
from lab.world.state import World

FIXED = "KeyPair-lab"
"""Key pair that every lab has; nobody has its private key."""
MAX_PUBLIC_KEY = 16 * 1024
_NAME = re.compile(r"[A-Za-z0-9_ .\-]{1,255}")


def fingerprint_of(blob: bytes) -> str:
    """Return the MD5 digest of a public key in its usual form, pairs of digits with colons between them."""
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, 32, 2))


def add_fixed_key_pair(world: World) -> None:
    """Let a new lab have its key pair."""
    if world.key_pairs.get(FIXED) is None:
        blob = hashlib.sha256(FIXED.encode()).digest()
        _save(world, FIXED, f"ssh-ed25519 {base64.b64encode(blob).decode()} lab", blob)


def import_key_pair(world: World, name: str, public_key: str, kind: str) -> KeyPair:
    """Store a public key of the caller (ECS POST /v2.1/{project_id}/os-keypairs)."""
    _check(world, name, kind)
    parts = public_key.split()
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (IndexError, binascii.Error, ValueError):
        raise Refused("", "Keypair data is invalid: failed to generate fingerprint", status=400) from None
    if len(public_key) > MAX_PUBLIC_KEY or not parts[0].startswith(("ssh-", "ecdsa-", "sk-")) or not blob:
        raise Refused("", "Keypair data is invalid: failed to generate fingerprint", status=400)
    return _save(world, name, public_key, blob)


async def generate_key_pair(world: World, name: str, kind: str) -> tuple[KeyPair, str]:
    """
    Generate a key pair.

    Returns:
        Record of the public key, and the private key, which the lab does not keep.
    """
    _check(world, name, kind)
    key = await world.drive(generate_key)
    _check(world, name, kind)  # again: another request may have taken the name meanwhile
    public = f"ssh-rsa {base64.b64encode(key.public_blob).decode()} Generated-by-Nova"
    return _save(world, name, public, key.public_blob), key.private_pem


def own_key_pair(world: World, name: str) -> KeyPair:
    """Return a key pair, or refuse the request (404)."""
    found = world.key_pairs.get(name)
    if found is None:
        raise Refused("", f"Keypair {name[:255]} not found for user {USER.id}", status=404)
    return found


def delete_key_pair(world: World, name: str) -> None:
    """Delete a key pair; servers that were created with it keep its name."""
    world.key_pairs.delete(own_key_pair(world, name).id)


def _check(world: World, name: str, kind: str) -> None:
    if not _NAME.fullmatch(name):
        raise Refused("", "Keypair name contains unsafe characters or is not 1 to 255 characters long.", status=400)
    if world.key_pairs.get(name) is not None:
        raise Refused("", f"Key pair '{name}' already exists.", status=409)
    if len(world.key_pairs) >= world.settings.quotas.key_pairs:
        raise Refused("", "Quota exceeded, too many key pairs.", status=403)
    if kind != "ssh":
        raise Refused("", "The lab has SSH keys only.", status=400)


def _save(world: World, name: str, public_key: str, blob: bytes) -> KeyPair:
    return world.key_pairs.save(
        KeyPair(
            id=name,
            user_id=USER.id,
            public_key=public_key,
            fingerprint=fingerprint_of(blob),
            number=1 + max((pair.number for pair in world.key_pairs), default=0),
            created_at=world.now(),
        )
    )
