"""Authenticode signatures for fixtures, the same bytes each time: DER written by
hand, two RSA keys that are no secret, certificates that nobody trusts.
Formats: RFC 2315 (PKCS #7), RFC 5280, RFC 3161, and Microsoft's "Windows
Authenticode Portable Executable Signature Format"."""

import hashlib
import struct

import fixture_pe

# modulus, private exponent; the public exponent is 65537
SIGNER_KEY = (
    0xA259874D9D617E5B2FBDA1767854F73A6034E97F9569136185A0D46E7528ACEA0C9C87900D606EE9D8B8BCB7EEDB98684A7519D15492AE29D230132EC6B7F120BFF1DD78E588DDC21E14CEF58DD8C4D36E406C3253121DE40AEBE3703F7297A212C4E10D9DA3765551EBA3EC5DBCAA91D4B7D1228E3634EE537F95DAB352A101,
    0x64435A564AADDD353F84A364E0E7C84F5AFF127D62AEA3F3846D51046E8292577136725A3A88A5B6F1CB15719AA82FB5A8D62CFDA47779EC060CFEABD2B9E2C5D510C52F1200D309B4E713DC5E6955C00952DADE343F539BD2A8112ADB543E501E76242C681C1C3229CD13D399DEA2AA27D8496BE81A7470E7D0176826CC4181,
)
STAMPER_KEY = (
    0xB5D27239AFFB70A37A3BD7F2D1F9294F0B09AB84C16268FF049B832E4DD292F9E3F773EF5D65A8B36B54EEBC3DE7DC06D177BB66C9DFF559C532C79056B4274B35A1950F30CF1A7622A6C3F5A45F2B729B790E7047B47DD330F8B02BDB4D6047C819908754A240C2AFE80F6AD8495C7DA849CCA9E7A22914056AC7ECEAFC3009,
    0x3255BB378B2781AC50278705FAE90E6D8A71B7E0FDA45FCAD19CB7B936E427BA344909F86713C09B4308753AF9AC59762DC106C952F3C43980E528E82588A423AF80510DC2AFB58CD0705579C86B4010D325259BC20141E24E06C5789EF492F28A4CBC60EE2F45B2D3AB7DA0B2E55373567EC651C9A8365595F254A5A44732F1,
)
KEY_SIZE = 128

OIDS = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}


# --- DER -------------------------------------------------------------------------


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def octets(data):
    return tlv(4, data)


def oid(text):
    numbers = [int(n) for n in text.split(".")]
    out = bytearray([numbers[0] * 40 + numbers[1]])
    for n in numbers[2:]:
        part = [n & 0x7F]
        while n > 0x7F:
            n >>= 7
            part.append(0x80 | n & 0x7F)
        out += bytes(reversed(part))
    return tlv(6, bytes(out))


def algorithm(name):
    return seq(oid(OIDS.get(name, name)), b"\5\0")


def utc(text):
    return tlv(0x17, text.encode())


def attribute(kind, value):
    return seq(oid(kind), tlv(0x31, value))


# --- keys and certificates ----------------------------------------------------------


def rsa(key, name, data):
    """PKCS #1 v1.5 over the digest of the data."""
    info = seq(algorithm(name), octets(hashlib.new(name, data).digest()))
    padded = b"\0\1" + b"\xff" * (KEY_SIZE - 3 - len(info)) + b"\0" + info
    return pow(int.from_bytes(padded, "big"), key[1], key[0]).to_bytes(KEY_SIZE, "big")


def distinguished(**parts):
    kinds = {"C": "2.5.4.6", "O": "2.5.4.10", "CN": "2.5.4.3"}
    return seq(*(tlv(0x31, seq(oid(kinds[k]), tlv(12, v.encode()))) for k, v in parts.items()))


def certificate(subject, issuer, serial, key, issuer_key):
    public = seq(integer(key[0]), integer(65537))
    body = seq(
        tlv(0xA0, integer(2)),
        integer(serial),
        algorithm("1.2.840.113549.1.1.11"),
        issuer,
        seq(utc("220101000000Z"), utc("320101000000Z")),
        subject,
        seq(algorithm("1.2.840.113549.1.1.1"), tlv(3, b"\0" + public)),
    )
    sealed = rsa(issuer_key, "sha256", body)
    return seq(body, algorithm("1.2.840.113549.1.1.11"), tlv(3, b"\0" + sealed))


ROOT = distinguished(C="DE", O="fossick fixtures", CN="Fixture Root")
SIGNER = distinguished(C="DE", O="Prüfling GmbH", CN="Prüfling GmbH")
STAMPER = distinguished(C="DE", O="fossick fixtures", CN="Fixture Time Stamps")
CERTIFICATES = {
    "root": certificate(ROOT, ROOT, 1, STAMPER_KEY, STAMPER_KEY),
    "signer": certificate(SIGNER, ROOT, 0x8538A6C5018F50FC, SIGNER_KEY, STAMPER_KEY),
    "stamper": certificate(STAMPER, ROOT, 0x5EA1, STAMPER_KEY, STAMPER_KEY),
}


# Microsoft's time stamps hold an attribute certificate, which PKCS #7 does not know.
ATTRIBUTES = tlv(0xA2, seq(integer(1)))


# --- signatures --------------------------------------------------------------------


def signer_info(key, serial, name, attributes, sealed=True, unsigned=()):
    """`attributes` are the signed ones, messageDigest among them."""
    signature = rsa(key, name, set_of(*attributes) if sealed else b"something else")
    parts = [
        integer(1),
        seq(ROOT, integer(serial)),
        algorithm(name),
        tlv(0xA0, *sorted(attributes)),
        algorithm("1.2.840.113549.1.1.1"),
        octets(signature),
    ]
    if unsigned:
        parts.append(tlv(0xA1, *[u(signature) if callable(u) else u for u in unsigned]))
    return seq(*parts)


def signed_data(name, content_type, content, certificates, info):
    return seq(
        oid("1.2.840.113549.1.7.2"),
        tlv(
            0xA0,
            seq(
                integer(1),
                tlv(0x31, algorithm(name)),
                seq(oid(content_type), tlv(0xA0, content)),
                tlv(0xA0, *certificates),
                tlv(0x31, info),
            ),
        ),
    )


def signed_attributes(content_type, name, content, when=None):
    out = [
        attribute("1.2.840.113549.1.9.3", oid(content_type)),
        attribute("1.2.840.113549.1.9.4", octets(hashlib.new(name, content).digest())),
    ]
    if when:
        out.append(attribute("1.2.840.113549.1.9.5", utc(when)))
    return out


def counter_signature(when, name="sha256", key=STAMPER_KEY):
    """An attribute for a signature that is not made yet."""

    def make(signature):
        attributes = signed_attributes("1.2.840.113549.1.7.1", name, signature, when)
        return attribute(
            "1.2.840.113549.1.9.6", signer_info(key, 0x5EA1, name, attributes)
        )

    return make


def time_stamp(when, name="sha256", of_another=False):
    def make(signature):
        imprint = hashlib.new(name, b"another" if of_another else signature).digest()
        info = seq(
            integer(1),
            oid("1.3.6.1.4.1.99999.1"),
            seq(algorithm(name), octets(imprint)),
            integer(77),
            tlv(0x18, when.encode()),
        )
        kind = "1.2.840.113549.1.9.16.1.4"
        attributes = signed_attributes(kind, name, info)
        token = signed_data(
            name, kind, octets(info), [CERTIFICATES["stamper"], ATTRIBUTES],
            signer_info(STAMPER_KEY, 0x5EA1, name, attributes),
        )
        return attribute("1.3.6.1.4.1.311.3.3.1", token)

    return make


def nested(inner):
    return attribute("1.3.6.1.4.1.311.2.4.1", inner)


def authenticode(name, digest, when=None, sealed=True, unsigned=(), certificates=None,
                 program=None):
    """PKCS #7 over the digest of an image."""
    kind = "1.3.6.1.4.1.311.2.1.4"
    image = seq(tlv(3, b"\0"), tlv(0xA0, tlv(0xA2, tlv(0x80, "<<<Obsolete>>>".encode("utf-16-be")))))
    content = seq(oid("1.3.6.1.4.1.311.2.1.15"), image)
    content += seq(algorithm(name), octets(digest))
    attributes = signed_attributes(kind, name, content, when)
    if program:
        named = tlv(0xA0, tlv(0x80, program.encode("utf-16-be")))
        link = tlv(0xA1, tlv(0x80, b"https://example.invalid/"))
        attributes.append(attribute("1.3.6.1.4.1.311.2.1.12", seq(named, link)))
    info = signer_info(SIGNER_KEY, 0x8538A6C5018F50FC, name, attributes, sealed, unsigned)
    if certificates is None:
        certificates = ["signer", "stamper", "root"]
    return signed_data(
        name, kind, seq(content), [CERTIFICATES[c] for c in certificates], info
    )


def fields(image):
    """Offsets of the checksum and of the entry of the certificate table."""
    header = struct.unpack_from("<I", image, 0x3C)[0]
    wide = struct.unpack_from("<H", image, header + 24)[0] == 0x20B
    return header + 24 + 64, header + 24 + (112 if wide else 96) + 4 * 8


def image_digest(name, image):
    """Of an image without a certificate table."""
    checksum, entry = fields(image)
    h = hashlib.new(name, image[:checksum])
    h.update(image[checksum + 4 : entry])
    h.update(image[entry + 8 :])
    return h.digest()


def checksummed(image):
    at, _ = fields(image)
    image = image[:at] + bytes(4) + image[at + 4 :]
    total = 0
    for (word,) in struct.iter_unpack("<H", image + b"\0" * (len(image) % 2)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return image[:at] + struct.pack("<I", total + len(image)) + image[at + 4 :]


def with_table(image, table):
    _, entry = fields(image)
    where = struct.pack("<II", len(image), len(table))
    return checksummed(image[:entry] + where + image[entry + 8 :] + table)


def record(der, slack=None):
    pad = slack if slack is not None else b"\0" * (-len(der) % 8)
    return struct.pack("<IHH", 8 + len(der) + len(pad), 0x200, 2) + der + pad


def sign(image, name="sha256", slack=None, **how):
    """The image, whose size is a multiple of 8, with one signature."""
    return with_table(image, record(authenticode(name, image_digest(name, image), **how), slack))
