"""pyhanko_times.py FOLDER PASSWORD SECONDS SIZE...: how long pyHanko's calls take.

FOLDER holds SIZE.pdf, SIZE.signed.pdf, key.p12 and root.pem. Prints JSON: work, size,
median_us and spread_us.
"""
import json
import logging
import pathlib
import shutil
import statistics
import sys
import time

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

logging.disable(logging.CRITICAL)
folder, password, seconds = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
root = load_cert_from_pemder(folder / "root.pem")
signer = signers.SimpleSigner.load_pkcs12(folder / "key.p12", passphrase=password.encode())


def verify(path):
    # A context keeps what it validated, so each run gets its own, as each document does.
    context = ValidationContext(trust_roots=[root], allow_fetching=False)
    with path.open("rb") as file:
        signature = PdfFileReader(file).embedded_signatures[0]
        status = validate_pdf_signature(signature, context)
    assert status.intact and status.valid and status.trusted, status.summary()


def sign(path):
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature1", md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES)
    with path.open("r+b") as file:
        signers.sign_pdf(
            IncrementalPdfFileWriter(file), metadata, signer=signer, in_place=True)


def timed(work, path, prepare=lambda: None):
    runs, begun = [], time.perf_counter()
    for run in range(401):
        if run > 7 and time.perf_counter() - begun > seconds:
            break
        prepare()
        started = time.perf_counter()
        work(path)
        if run:  # the first loads what is loaded late
            runs.append((time.perf_counter() - started) * 1e6)
    median = statistics.median(runs)
    spread = statistics.median([abs(run - median) for run in runs])
    return {"median_us": median, "spread_us": spread}


times = {"verify": {}, "sign": {}}
for size in sys.argv[4:]:
    plain, work = folder / f"{size}.pdf", folder / "work.pdf"
    length = plain.stat().st_size
    shutil.copyfile(plain, work)

    def restore():
        with work.open("r+b") as file:
            file.truncate(length)

    times["verify"][size] = timed(verify, folder / f"{size}.signed.pdf")
    times["sign"][size] = timed(sign, work, restore)
json.dump(times, sys.stdout)
