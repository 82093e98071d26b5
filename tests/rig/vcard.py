"""What the rig's virtual cards share: BER-TLV, the APDU layer (T=1 and T=0, short and
extended length, command chaining, GET RESPONSE, 6Cxx), PINs, keys, faults on demand,
the connection to vpcd and the control socket.

For tests only: keys and PINs lie in memory in the clear and the RSA arithmetic
is not constant-time.
"""
import argparse
import contextlib
import os
import socket
import socketserver
import struct
import sys
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import serialization as ser

def tlv(tag, value=b""):
    """One BER-TLV; the tag is given as the number its bytes spell."""
    n = len(value)
    size = bytes([n]) if n < 0x80 else bytes([0x81, n]) if n < 0x100 else b"\x82" + n.to_bytes(2, "big")
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + size + value


def parse_tlv(data):
    """The BER-TLVs of data, in order, as {tag: value}."""
    out, i = {}, 0
    while i < len(data):
        tag = data[i]
        i += 1
        if tag & 0x1F == 0x1F:
            while True:
                tag = tag << 8 | data[i]
                i += 1
                if not tag & 0x80:
                    break
        size = data[i]
        i += 1
        if size & 0x80:
            more = size & 0x7F
            size = int.from_bytes(data[i:i + more], "big")
            i += more
        if i + size > len(data):
            raise ValueError("truncated TLV")
        out[tag] = data[i:i + size]
        i += size
    return out


class Error(Exception):
    """Ends a command with this status word."""

    def __init__(self, sw):
        super().__init__(f"{sw:04X}")
        self.sw = sw


class Removed(Exception):
    """The card left the reader."""


class Card:
    """A card: PIN, faults, and how APDUs come and go. Applications derive from it."""

    def __init__(self, opts):
        self.opts = opts
        self.max_tries = opts.pin_retries
        self.faults = {"sign-delay-ms": str(opts.sign_delay_ms), "fail-sign": opts.fail_sign,
                       "remove-on-sign": "1" if opts.remove_on_sign else "0",
                       "remove-after-sign": "0", "lie": "0", "fail-verify": "none",
                       "fail-select": "none"}
        self.gone = threading.Event()   # set while the card is out of the reader
        self.remove = lambda: None      # takes the card out; Link replaces it
        self.leaving = False            # with its last answer
        self.signatures = 0
        self.pin_commands = 0           # that carried a PIN
        self.reset_pins()
        self.tries = 0 if opts.pin_blocked else self.max_tries

    def reset_pins(self):
        """PIN, PUK and tries as at the start."""
        self.pin, self.puk = self.opts.pin.encode(), self.opts.puk.encode()
        self.tries = self.puk_tries = self.max_tries

    def reset(self):
        """Power-on or reset: every right gained is lost."""
        self.verified = False
        self.pending = self.chained = b""

    def atr(self):
        """The answer to reset."""
        if self.opts.atr:
            return bytes.fromhex(self.opts.atr)
        return make_atr(self.historical(), self.opts.protocol)

    def historical(self):
        """The historical bytes of the ATR."""
        return b"\x80RIG"

    def handlers(self):
        """What does each instruction: {INS: function of P1, P2 and data}."""
        raise NotImplementedError

    def before(self, ins):
        """Called before each command."""

    # -- APDU layer ---------------------------------------------------------

    def process(self, apdu):
        try:
            data, sw = self.dispatch(apdu)
        except Error as e:
            data, sw = b"", e.sw
        except (ValueError, IndexError, KeyError):
            data, sw = b"", 0x6A80
        return data + sw.to_bytes(2, "big")

    def dispatch(self, apdu):
        if len(apdu) < 4:
            raise Error(0x6700)
        cla, ins, p1, p2 = apdu[:4]
        if cla & ~0x10:
            raise Error(0x6E00)
        t0 = self.opts.protocol == "t0"
        if (self.opts.length != "extended" or t0) and len(apdu) > 6 and apdu[4] == 0:
            raise Error(0x6700)
        data, le = split_body(apdu[4:])
        if ins == 0xC0:                     # GET RESPONSE
            if not self.pending:
                raise Error(0x6985)
            return self.emit(self.pending, le, exact=t0)
        self.pending = b""
        if cla & 0x10:                      # more of this command follows
            self.chained += data
            return b"", 0x9000
        data, self.chained = self.chained + data, b""
        command = self.handlers().get(ins)
        if command is None:
            raise Error(0x6D00)
        self.before(ins)
        self.le = le
        answer = command(p1, p2, data) or b""
        if t0 and data and answer:          # T=0 has no room for both: 'come and get it'
            self.pending = answer
            return b"", 0x6100 | (len(answer) if len(answer) < 256 else 0)
        return self.emit(answer, le, exact=(t0 or self.opts.strict_length) and not data)

    def emit(self, data, le, exact):
        """As much as Le takes now, the rest for GET RESPONSE."""
        if exact and data and len(data) < le:
            self.pending = data
            raise Error(0x6C00 | len(data))
        self.pending = data[le:]
        left = len(self.pending)
        return data[:le], 0x6100 | min(left, 0xFF) if left else 0x9000

    # -- PIN ----------------------------------------------------------------

    def pad(self, pin):
        """A PIN as this card compares it."""
        return pin

    def check_pin(self, given):
        self.pin_commands += 1
        if self.faults["fail-verify"] not in ("", "none"):
            raise Error(int(self.faults["fail-verify"], 16))
        if not self.tries:
            raise Error(0x6983)
        if given != self.pad(self.pin):
            self.tries -= 1
            self.verified = False
            raise Error(0x63C0 | self.tries)
        self.tries = self.max_tries

    def ask_pin(self):
        """VERIFY without data."""
        if not self.verified:
            raise Error(0x63C0 | self.tries if self.tries else 0x6983)

    # -- faults -------------------------------------------------------------

    @staticmethod
    def need(right):
        if not right:
            raise Error(0x6982)

    def refuse_select(self):
        if self.faults["fail-select"] not in ("", "none"):
            raise Error(int(self.faults["fail-select"], 16))

    def misbehave(self):
        """The faults asked for, at the moment the key is about to be used."""
        if self.gone.wait(int(self.faults["sign-delay-ms"]) / 1000):
            raise Removed
        if self.faults["remove-on-sign"] != "0":
            self.faults["remove-on-sign"] = "0"
            self.remove()
            raise Removed
        status, _, times = self.faults["fail-sign"].partition("x")
        if status not in ("", "none"):
            if times:
                left = int(times) - 1
                self.faults["fail-sign"] = f"{status}x{left}" if left else "none"
            raise Error(int(status, 16))

    def signed(self, signature):
        """A signature made, and what becomes of it."""
        self.signatures += 1
        if self.faults["remove-after-sign"] != "0":
            self.faults["remove-after-sign"] = "0"
            self.leaving = True
        if self.faults["lie"] != "0":
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        return signature


def make_atr(historical, protocol):
    if protocol == "t0":
        return bytes([0x3B, len(historical)]) + historical
    body = bytes([0x80 | len(historical), 0x80, 0x01]) + historical
    check = 0
    for b in body:
        check ^= b
    return b"\x3b" + body + bytes([check])


def load(key_file, cert_file):
    """A private key and the DER of its certificate."""
    with open(key_file, "rb") as f:
        key = ser.load_pem_private_key(f.read(), None)
    with open(cert_file, "rb") as f:
        der = x509.load_pem_x509_certificate(f.read()).public_bytes(ser.Encoding.DER)
    return key, der


def split_body(body):
    """Command data and Le out of what follows the four header bytes."""
    if not body:
        return b"", 256
    if len(body) == 1:
        return b"", body[0] or 256
    if body[0] == 0 and len(body) >= 3:     # extended length
        n = int.from_bytes(body[1:3], "big")
        if len(body) == 3:
            return b"", n or 65536
        start, le_size, most = 3, 2, 65536
    else:
        n, start, le_size, most = body[0], 1, 1, 256
    data, rest = body[start:start + n], body[start + n:]
    if len(data) != n or len(rest) not in (0, le_size):
        raise Error(0x6700)
    return data, int.from_bytes(rest, "big") or most


def rsa_raw(key, block):
    """block^d mod n, by the Chinese remainder theorem."""
    k = key.private_numbers()
    m = int.from_bytes(block, "big")
    if m >= k.public_numbers.n:
        raise Error(0x6A80)
    a, b = pow(m, k.dmp1, k.p), pow(m, k.dmq1, k.q)
    return b + k.q * ((a - b) * k.iqmp % k.p)


class Link:
    """The connection to vpcd; the card is in the reader while it stands.

    Each message is a two-byte big-endian length and that many bytes; one byte
    alone is a control: 0 power off, 1 power on, 2 reset, 4 send the ATR.

    vpcd asks for the ATR every 0.4 s. Its threads do not lock each other out when a card
    leaves, so that it may forget the connection of the next one without closing it: a card
    that nobody has asked for PATIENCE seconds connects anew.
    """

    PATIENCE = 10

    def __init__(self, card, host, port, present, trace):
        self.card, self.address, self.trace = card, (host, port), trace
        self.sock = None
        self.present = threading.Event()
        card.remove = self.remove
        self.insert() if present else self.remove()

    def insert(self):
        self.card.gone.clear()
        self.present.set()

    def remove(self):
        self.present.clear()
        self.card.gone.set()
        sock = self.sock
        if sock:
            try:
                sock.shutdown(socket.SHUT_RD)   # wakes run() without telling the peer yet
            except OSError:
                pass

    def run(self):
        while True:
            self.present.wait()
            try:
                self.sock = socket.create_connection(self.address, 2)
            except OSError:
                time.sleep(0.1)
                continue
            try:
                self.sock.settimeout(self.PATIENCE)
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while self.present.is_set():
                    self.answer(self.receive())
            except Removed:
                # Promise an answer, then break off: so vpcd reports the APDU in
                # flight as failed. A mere close it takes for an empty answer.
                with contextlib.suppress(OSError):
                    self.sock.sendall(b"\0\2")
                time.sleep(0.05)
            except (OSError, EOFError):
                pass
            finally:
                # Linger 0 makes the close a reset.
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.sock.close()
                self.sock = None
                self.card.reset()
            time.sleep(0.05)

    def receive(self):
        return self.exactly(int.from_bytes(self.exactly(2), "big"))

    def exactly(self, n):
        data = b""
        while len(data) < n:
            # vpcd sends length and message apart: unless each is acknowledged
            # at once, Nagle's algorithm holds the second back for 40 ms.
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self.sock.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def answer(self, message):
        if len(message) == 1:
            if message[0] == 4:
                self.send(self.card.atr())
            else:
                self.card.reset()
            return
        reply = self.card.process(message)
        if self.trace:
            # The data of PIN commands is left out.
            shown = message[:5] if message[1:2] in (b"\x20", b"\x24", b"\x2c") else message
            print(f"> {shown.hex()}\n< {reply.hex()}", file=sys.stderr, flush=True)
        if self.card.gone.is_set():
            raise Removed
        self.send(reply)
        if self.card.leaving and not self.card.pending:
            self.card.leaving = False
            time.sleep(0.05)    # so that the answer is read before the reset that ends it
            self.remove()

    def send(self, data):
        self.sock.sendall(len(data).to_bytes(2, "big") + data)


class Control(socketserver.StreamRequestHandler):
    """Lines on a UNIX socket, each answered by one line:

    insert | remove | block-pin | reset-pin | set FAULT VALUE | status
    """

    def handle(self):
        for line in self.rfile:
            words = line.decode().split()
            try:
                reply = self.command(*words)
            except (TypeError, ValueError, KeyError) as e:
                reply = f"error: {e}"
            self.wfile.write((reply + "\n").encode())

    def command(self, verb, *args):
        link, card = self.server.link, self.server.link.card
        if verb == "insert":
            link.insert()
        elif verb == "remove":
            link.remove()
        elif verb == "block-pin":
            card.tries, card.verified = 0, False
        elif verb == "reset-pin":
            card.reset_pins()
        elif verb == "set":
            name, value = args
            if name not in card.faults:
                raise ValueError(f"no fault {name}; there are: {' '.join(card.faults)}")
            status, _, times = value.partition("x") if name == "fail-sign" else (value, "", "")
            int(status, 16 if name.startswith("fail-") else 10) if status != "none" else None
            int(times or "1")
            card.faults[name] = value
        elif verb != "status":
            raise ValueError(f"no command {verb}")
        state = {"present": int(link.present.is_set()), "pin-tries": card.tries,
                 "puk-tries": card.puk_tries, "signatures": card.signatures,
                 "pin-commands": card.pin_commands, **card.faults}
        return "ok " + " ".join(f"{k}={v}" for k, v in state.items())


class ControlServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def options(description, port=35963):
    """The options that all cards take."""
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, default=port, help="vpcd: 35963 first reader, 35964 second")
    p.add_argument("--atr", metavar="HEX", help="another answer to reset")
    p.add_argument("--protocol", choices=("t1", "t0"), default="t1",
                   help="T=1 (and T=0), or T=0 only")
    p.add_argument("--length", choices=("extended", "short", "pretended"), default="extended",
                   help="take extended length, or not, or announce it and refuse it")
    p.add_argument("--strict-length", action="store_true", help="answer 6Cxx to a wrong Le")
    p.add_argument("--label", default="Test card")
    p.add_argument("--pin", default="123456")
    p.add_argument("--puk", default="12345678")
    p.add_argument("--pin-retries", type=int, default=3, choices=range(1, 16), metavar="N")
    p.add_argument("--control", metavar="PATH", help="UNIX socket for commands while running")
    p.add_argument("--trace", action="store_true", help="print APDUs on stderr, without PINs")
    f = p.add_argument_group("faults")
    f.add_argument("--absent", action="store_true", help="start outside the reader")
    f.add_argument("--pin-blocked", action="store_true", help="start with no PIN tries left")
    f.add_argument("--sign-delay-ms", type=int, default=0, metavar="MS", help="time each use of a key takes")
    f.add_argument("--fail-sign", default="none", metavar="SW", help="status of each use of a key, such as 6F00")
    f.add_argument("--remove-on-sign", action="store_true", help="leave the reader during the next use of a key")
    return p


def serve(card):
    """Plugs the card in and answers for it until the process ends."""
    opts = card.opts
    link = Link(card, opts.host, opts.port, not opts.absent, opts.trace)
    if opts.control:
        if os.path.exists(opts.control):
            os.unlink(opts.control)
        server = ControlServer(opts.control, Control)
        server.link = link
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        link.run()
    except KeyboardInterrupt:
        pass
