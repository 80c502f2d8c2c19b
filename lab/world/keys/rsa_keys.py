"""
RSA keys in the forms that SSH programs read.

Written here, because the lab's packages are few and none of them generates keys. The private keys are for rehearsals:
their guests are the lab's, and the lab does not keep the keys.
"""

import base64
import secrets
from dataclasses import dataclass

BITS = 2048
EXPONENT = 65537
ROUNDS = 8
"""Rounds of the test for primes: a composite number of this size passes with less than 2**-100."""
_SMALL = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


@dataclass(frozen=True)
class RsaKey:
    """
    Generated key.

    Attributes:
        private_pem: Private key in the form PKCS#1, as Nova returns it.
        public_blob: Public key in the form of SSH (RFC 4253, 6.6).
    """

    private_pem: str
    public_blob: bytes


def generate_key() -> RsaKey:
    """Return a new key."""
    while True:
        p, q = _prime(BITS // 2), _prime(BITS // 2)
        if p != q:
            break
    n, phi = p * q, (p - 1) * (q - 1)
    d = pow(EXPONENT, -1, phi)
    numbers = (0, n, EXPONENT, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    content = b"".join(_der(0x02, _signed(number)) for number in numbers)
    text = base64.b64encode(_der(0x30, content)).decode()
    lines = "\n".join(text[place : place + 64] for place in range(0, len(text), 64))
    pem = f"-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----\n"
    blob = b"".join(_string(part) for part in (b"ssh-rsa", _signed(EXPONENT), _signed(n)))
    return RsaKey(pem, blob)


def _prime(bits: int) -> int:
    top = 0b11 << (bits - 2)
    while True:
        number = secrets.randbits(bits) | top | 1
        if any(number % small == 0 for small in _SMALL) or (number - 1) % EXPONENT == 0:
            continue
        if _is_prime(number):
            return number


def _is_prime(number: int) -> bool:
    """Return True if a number passes the test of Miller and Rabin."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(ROUNDS):
        x = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True


def _signed(number: int) -> bytes:
    """Return a number as big-endian bytes whose first bit is 0."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def _string(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content
