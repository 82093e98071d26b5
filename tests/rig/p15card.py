#!/usr/bin/env python3
"""A card with a file system and the information application of ISO/IEC 7816-15
(PKCS #15), in software, plugged into a vpcd virtual reader.

    --profile standard   the application under its registered name, listed in EF.DIR; also
                         answers to the name of IsoApplet, so that OpenSC has a driver for it
    --profile vgca-a     the Government Cipher Committee's token on bit4id's JCOP4 applet,
    --profile vgca-b     and the one on the ChipDoc applet, as far as they were measured

SELECT by name, identifier and path, READ BINARY, VERIFY, CHANGE REFERENCE DATA, MANAGE
SECURITY ENVIRONMENT and PERFORM SECURITY OPERATION; what lies below is in vcard.py.
"""
import gzip
import os
import zlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

import vcard
from vcard import Error, load, rsa_raw, tlv

MF, DIR, ODF, INFO = "3F00", "2F00", "5031", "5032"
STANDARD = bytes.fromhex("A000000063") + b"PKCS-15"
ISO_APPLET = bytes.fromhex("F276A288BCFBA69D34F31001")
CKM_RSA_PKCS, CKM_RSA_X_509, CKM_ECDSA = 1, 3, 0x1041
# ISO/IEC 7816-15: named bits, the first one is 0.
SIGN, NON_REPUDIATION, COMPUTE_SIGNATURE = 2, 9, 1
CASE_SENSITIVE, LOCAL, INITIALIZED, NEEDS_PADDING, UNBLOCKING = 0, 1, 4, 5, 6

PROFILES = {
    "standard": dict(
        application=STANDARD, home="5015", label="Test PKCS#15 card", pin_reference=0x01,
        pin_p2=0x01, pin=(4, 16, 16), pad=True, pin_flags=(CASE_SENSITIVE, LOCAL, INITIALIZED, NEEDS_PADDING),
        aodf="4401", prkdf="4402", cdf="4404", key_reference=0x01, mse_reference=0x01,
        certificates=["4331"], algorithms=(0x11, 0x21), select=(0x00, 0x02), room=0),
    "vgca-a": dict(
        atr="3BFF1800008131FE45006B150C03020101014234441031800D",
        application=bytes.fromhex("E828BD080F014E585030"), home=None, label="VGCA Token",
        pin_reference=0x03, pin_p2=0x83, pin=(4, 16, 16), pad=True, pin_flags=(CASE_SENSITIVE, LOCAL, INITIALIZED),
        aodf="7001", prkdf="7002", cdf="7005", pukdf="7004", key_reference=0x10, mse_reference=0x10,
        certificates=["0001"], packing="zlib", container=0x7A, select=(0x00,), room=2048),
    "vgca-b": dict(
        atr="3BDF18FF8191FE1FC30031B8640C01ECC1739401808290 00B3",
        application=bytes.fromhex("E828BD080FD25047656E65726963"), home=None, label="ChipDoc",
        pin_reference=0x01, pin_p2=0x01, pin=(4, 8, 16), pad=None, pin_flags=(CASE_SENSITIVE, INITIALIZED),
        aodf="7001", prkdf="7002", cdf="7005", key_reference=0x01, mse_reference=0x81,
        certificates=["0003", "0002", "0001"], algorithms=(0x8A, 0x8A), listed=False,
        select=(0x02,), read_size=231, room=2048),
}


# -- DER ---------------------------------------------------------------------

def seq(*parts):
    return tlv(0x30, b"".join(parts))


def integer(n, tag=0x02):
    return tlv(tag, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def octets(value):
    return tlv(0x04, value)


def utf8(text, tag=0x0C):
    return tlv(tag, text.encode())


def bits(*named):
    last = max(named, default=0)
    out = bytearray(last // 8 + 1)
    for n in named:
        out[n // 8] |= 0x80 >> n % 8
    return tlv(0x03, bytes([7 - last % 8]) + bytes(out))


def path(*ids):
    return seq(octets(bytes.fromhex("".join(ids))))


def strip(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


class Card(vcard.Card):
    """The files, the PIN and the keys."""

    def __init__(self, opts):
        super().__init__(opts)
        self.profile = dict(PROFILES[opts.profile])
        for name in ("label", "pin_reference", "pin_p2", "key_reference", "packing"):
            given = getattr(opts, name)
            if given is not None:
                self.profile[name] = given
        if opts.application:
            self.profile["application"] = bytes.fromhex(opts.application)
        self.keys, self.chain = [], []
        for spec in opts.key:
            self.keys.append(load(*spec.split(",")))
        for name in opts.chain:
            self.chain.append(load(opts.key[0].split(",")[0], name)[1])
        self.files = {}
        self.build()
        for name in opts.without:
            self.files = {where: data for where, data in self.files.items() if where[-1] != name}
        self.reset()

    def atr(self):
        if self.opts.atr is None and "atr" in self.profile:
            return bytes.fromhex(self.profile["atr"])
        return super().atr()

    def historical(self):
        extended = self.opts.length != "short"
        return bytes.fromhex("80" "73C021" + ("C0" if extended else "80")) + b"RIGP15"

    def reset(self):
        super().reset()
        self.folder, self.file = (MF,), None
        self.environment = {}

    # -- contents -------------------------------------------------------------

    def build(self):
        p = self.profile
        home = (MF, p["home"]) if p["home"] else ("app",)
        root = (MF,) if p["home"] else ("app",)
        place = (lambda name: path(MF, p["home"], name)) if p["home"] else path
        self.home = home
        put = lambda name, data: self.files.__setitem__(home + (name,), self.roomy(data))
        template = tlv(0x4F, p["application"]) + utf8(p["label"], 0x50)
        if p["home"]:
            template += tlv(0x51, bytes.fromhex(MF + p["home"]))
        self.files[root + (DIR,)] = tlv(0x61, template)

        rsa_alg, ec_alg = p.get("algorithms", (None, None))
        algorithms = b""
        for n, (mechanism, card) in enumerate([(CKM_RSA_PKCS, rsa_alg), (CKM_ECDSA, ec_alg)], 1):
            if card is not None and p.get("listed", True):
                algorithms += seq(integer(n), integer(mechanism), tlv(0x05),
                                  bits(COMPUTE_SIGNATURE), tlv(0x06, bytes.fromhex("2A864886F70D0101")),
                                  integer(card))
        put(INFO, seq(integer(0), octets(bytes.fromhex("23135568")), utf8("test rig"),
                      utf8(p["label"], 0x80), bits(2),
                      tlv(0xA2, algorithms) if algorithms else b""))
        put(ODF, tlv(0xA8, place(p["aodf"])) + tlv(0xA0, place(p["prkdf"]))
            + (tlv(0xA1, place(p["pukdf"])) if "pukdf" in p else b"") + tlv(0xA4, place(p["cdf"])))

        least, stored, most = p["pin"]
        pad = {True: octets(b"\xff"), None: b""}[p["pad"]]
        pins = seq(seq(utf8("PIN"), bits(1)), seq(octets(b"\1")),
                   tlv(0xA1, seq(bits(*p["pin_flags"]), tlv(0x0A, b"\2"), integer(least),
                                 integer(stored), integer(most), integer(p["pin_reference"], 0x80), pad,
                                 path(MF, p["home"]) if p["home"] else b"")))
        puk = seq(seq(utf8("PUK"), bits(1)), seq(octets(b"\2")),
                  tlv(0xA1, seq(bits(CASE_SENSITIVE, LOCAL, INITIALIZED, UNBLOCKING), tlv(0x0A, b"\2"),
                                integer(least), integer(stored), integer(most), integer(6, 0x80), pad)))
        put(p["aodf"], pins + puk)

        keys, public, certificates = b"", b"", b""
        self.references = {}
        for n, (key, der) in enumerate(self.keys):
            ident = bytes.fromhex("BE72ECF5") if n == 0 else bytes([0x45 + n])
            common = seq(utf8("key"), bits(0), octets(b"\1"),
                         integer(1) if self.opts.always else b"")
            usage = (SIGN, NON_REPUDIATION) if n == 0 else (SIGN,)
            signed = (p["key_reference"] + n) & 0xFF
            class_ = seq(octets(ident), bits(*usage), bits(0, 2, 3, 4), integer(signed))
            is_rsa = isinstance(key, rsa.RSAPrivateKey)
            where = path(f"DF{0x10 + n:02X}")
            kind = seq(where, integer(key.key_size)) if is_rsa else seq(where)
            keys += tlv(0x30 if is_rsa else 0xA0, common + class_ + tlv(0xA1, kind))
            public += tlv(0x30 if is_rsa else 0xA0, seq(utf8("key")) + class_ + tlv(0xA1, kind))
            self.references[(p["mse_reference"] + n) & 0xFF] = key
            certificates += self.certificate(put, place, n, ident, der)
            if is_rsa:
                put(f"DF{0x10 + n:02X}", (65537).to_bytes(4, "big")
                    + strip(key.public_key().public_numbers().n))
        for n, der in enumerate(self.chain, len(self.keys)):
            certificates += self.certificate(put, place, n, bytes([0x80 + n]), der)
        put(p["prkdf"], keys)
        put(p["cdf"], certificates)
        if "pukdf" in p:
            put(p["pukdf"], public)

    def certificate(self, put, place, n, ident, der):
        """Stores one certificate and gives its entry in the directory."""
        p = self.profile
        names = p["certificates"]
        name = names[n] if n < len(names) else f"{int(names[0], 16) + n:04X}"
        packing = p.get("packing", "none")
        body = {"none": lambda: der, "zlib": lambda: zlib.compress(der, 9),
                "gzip": lambda: gzip.compress(der), "deflate": lambda: zlib.compress(der, 9)[2:-4],
                "noise": lambda: os.urandom(len(der)),
                "bomb": lambda: zlib.compress(bytes(10_000_000))}[packing]()
        if packing != "none" and "container" in p:
            body = tlv(p["container"], body)
        value = place(name)
        if self.opts.direct and n == len(self.keys) - 1:
            value = tlv(0xA0, der)
        else:
            put(name, body)
        return seq(seq(utf8(f"certificate {n}")), seq(octets(ident)), tlv(0xA1, seq(value)))

    def roomy(self, data):
        """Files of real cards are longer than what is in them."""
        return data.ljust(self.profile["room"], b"\0")

    # -- commands -------------------------------------------------------------

    def handlers(self):
        return {0xA4: self.select, 0xB0: self.read_binary, 0x20: self.verify, 0x24: self.change_pin,
                0x22: self.set_environment, 0x2A: self.perform}

    def select(self, p1, p2, data):
        self.refuse_select()
        if p2 & 0x03:
            raise Error(0x6A86)
        if p1 == 0x04:
            if data == ISO_APPLET and self.profile["home"]:
                self.folder, self.file = (MF,), None
                return b"\x00\x06\x04"          # version and 'curves'
            if data != self.profile["application"]:
                raise Error(0x6A82)
            self.folder, self.file = self.home, None
            return b"" if p2 & 0x0C == 0x0C else tlv(0x6F, tlv(0x84, data))
        if self.folder == (MF,) and not self.profile["home"]:
            raise Error(0x6A86 if p1 else 0x6A82)   # nothing before the application
        ids = [data[i:i + 2].hex().upper() for i in range(0, len(data), 2)]
        if p1 == 0x00 and len(ids) <= 1:
            if 0x00 not in self.profile["select"] and ids not in ([], [MF]):
                raise Error(0x6A86)
            if ids in ([], [MF]):
                return self.enter((MF,) if self.profile["home"] else ("app",), p2)
            target = self.folder + (ids[0],)
        elif p1 == 0x02:
            if 0x02 not in self.profile["select"]:
                raise Error(0x6A86)
            target = self.folder + (ids[0],)
        elif p1 == 0x08:
            target = ((MF,) if self.profile["home"] else ("app",)) + tuple(i for i in ids if i != MF)
        elif p1 == 0x09:
            target = self.folder + tuple(ids)
        else:
            raise Error(0x6A86)
        return self.enter(target, p2)

    def enter(self, target, p2):
        if target in self.files:
            self.folder, self.file = target[:-1], self.files[target]
            about = tlv(0x80, len(self.file).to_bytes(2, "big")) + tlv(0x82, b"\1") \
                + tlv(0x83, bytes.fromhex(target[-1]))
        elif target in {name[:n] for name in self.files for n in range(1, len(name))}:
            self.folder, self.file = target, None
            ident = b"\x3f\x00" if target == ("app",) else bytes.fromhex(target[-1])
            about = tlv(0x82, b"\x38") + tlv(0x83, ident)
        else:
            raise Error(0x6A82)
        return b"" if p2 & 0x0C == 0x0C else tlv(0x6F, about)

    def read_binary(self, p1, p2, data):
        if self.file is None:
            raise Error(0x6986)
        start = (p1 & 0x7F) << 8 | p2
        if start >= len(self.file):
            raise Error(0x6B00)
        return self.file[start:start + min(self.le, self.profile.get("read_size", self.le))]

    def verify(self, p1, p2, data):
        if p1 or p2 != self.profile["pin_p2"]:
            raise Error(0x6A88)
        if not data:
            return self.ask_pin()
        self.check_pin(data)
        self.verified = True

    def pad(self, pin):
        least, stored, most = self.profile["pin"]
        return pin.ljust(stored, b"\xff")

    def change_pin(self, p1, p2, data):
        if p1 or p2 != self.profile["pin_p2"]:
            raise Error(0x6A88)
        old = len(self.pad(self.pin))
        self.check_pin(data[:old])
        new = data[old:].rstrip(b"\xff")
        if not self.profile["pin"][0] <= len(new) <= self.profile["pin"][2]:
            raise Error(0x6A80)
        self.pin = new

    def set_environment(self, p1, p2, data):
        if (p1, p2) != (0x41, 0xB6):
            raise Error(0x6A86)
        fields = vcard.parse_tlv(data)
        if "algorithms" not in self.profile and 0x80 in fields:
            raise Error(0x6A80)
        self.environment = fields

    def perform(self, p1, p2, data):
        if (p1, p2) != (0x9E, 0x9A):
            raise Error(0x6A86)
        # Like the measured cards: a wrong reference shows only now.
        key = self.references.get(int.from_bytes(self.environment.get(0x84, b"\0"), "big"))
        if key is None:
            raise Error(0x6A88)
        self.need(self.verified)
        if self.opts.always:
            self.verified = False
        algorithm = self.environment.get(0x80)
        self.misbehave()
        if isinstance(key, rsa.RSAPrivateKey):
            if "algorithms" in self.profile and algorithm != bytes([self.profile["algorithms"][0]]):
                raise Error(0x6A80)
            n = key.key_size // 8
            if not 19 < len(data) <= n - 11 or data[0] != 0x30:
                raise Error(0x6A80)     # a DigestInfo, which the card pads
            block = b"\0\1" + b"\xff" * (n - 3 - len(data)) + b"\0" + data
            return self.signed(rsa_raw(key, block).to_bytes(n, "big"))
        if algorithm != bytes([self.profile["algorithms"][1]]):
            raise Error(0x6A80)
        hash_alg = hashes.SHA256() if key.curve.name == "secp256r1" else hashes.SHA384()
        der = key.sign(data.rjust(hash_alg.digest_size, b"\0"), ec.ECDSA(utils.Prehashed(hash_alg)))
        if self.opts.bare_ecdsa:
            size = hash_alg.digest_size
            der = b"".join(n.to_bytes(size, "big") for n in utils.decode_dss_signature(der))
        return self.signed(der)


def main():
    p = vcard.options("ISO/IEC 7816-15 card in software for a vpcd virtual reader")
    p.set_defaults(label=None)
    p.add_argument("--profile", choices=PROFILES, default="standard")
    p.add_argument("--key", action="append", default=[], metavar="KEY.pem,CERT.pem",
                   help="key with its certificate (repeatable); the first is for documents")
    p.add_argument("--chain", action="append", default=[], metavar="CERT.pem",
                   help="certificate without a key")
    p.add_argument("--direct", action="store_true", help="the last certificate in its directory")
    p.add_argument("--always", action="store_true", help="the PIN before every signature")
    p.add_argument("--bare-ecdsa", action="store_true", help="ECDSA signatures as r and s")
    d = p.add_argument_group("differences from the profile")
    number = lambda text: int(text, 0)
    d.add_argument("--application", metavar="HEX", help="name of the application")
    d.add_argument("--pin-reference", type=number, metavar="N", help="in the directory of PINs")
    d.add_argument("--pin-p2", type=number, metavar="N", help="in commands")
    d.add_argument("--key-reference", type=number, metavar="N", help="in the directory of keys")
    d.add_argument("--packing", choices=("none", "zlib", "gzip", "deflate", "noise", "bomb"))
    d.add_argument("--without", action="append", default=[], metavar="FILE", help="identifier")
    vcard.serve(Card(p.parse_args()))


if __name__ == "__main__":
    main()
