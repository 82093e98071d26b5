"""pyHanko as a peer: reads one request in JSON a line, writes one answer a line.

One process serves a whole test run, since starting Python takes longer than most answers.
"""

import asyncio
import json
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY
from pyhanko.sign.signers import pdf_signer
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import (
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
    FreshnessReqType,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

PKI, TSA = sys.argv[1:]


def certificate(name):
    return load_cert_from_pemder(f'{PKI}/certs/{name}.pem')


ROOT, SUB = certificate('root'), certificate('sub')
SUBFILTERS = {
    'pades': fields.SigSeedSubFilter.PADES,
    'adobe': fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
}


def online():
    return ValidationContext(
        trust_roots=[ROOT], other_certs=[SUB], allow_fetching=True, revocation_mode='require'
    )


def without_a_line(reader):
    """Nothing but the root and what the file brings."""
    kwargs = {'trust_roots': [ROOT], 'allow_fetching': False, 'revocation_mode': 'require'}
    return DocumentSecurityStore.read_dss(reader).as_validation_context(kwargs)


def archival():
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[ROOT]),
        revinfo_policy=CertRevTrustPolicy(
            REQUIRE_REVINFO,
            freshness=None,
            freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
        ),
    )
    return PdfSignatureValidationSpec(
        signature_validation_spec=SignatureValidationSpec(
            cert_validation_policy=policy,
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.NO_HISTORICAL_FETCH
            ),
            local_knowledge=LocalKnowledge(known_certs=[SUB]),
        ),
        diff_policy=DEFAULT_DIFF_POLICY,
    )


def validate(request):
    """Judges every signature: how, says `mode`."""
    mode, found = request['mode'], []
    with open(request['file'], 'rb') as file:
        reader = PdfFileReader(file)
        store = None
        if '/DSS' in reader.root:
            store = DocumentSecurityStore.read_dss(reader)
        for signature in reader.embedded_signatures:
            stamp = signature.sig_object_type == '/DocTimeStamp'
            context = without_a_line(reader) if mode == 'offline' else online()
            if stamp:
                status = validate_pdf_timestamp(signature, validation_context=context)
                past = None
            else:
                status = validate_pdf_signature(
                    signature, signer_validation_context=context, ts_validation_context=context
                )
                past = None
                if mode == 'archival':
                    result = asyncio.run(ades_lta_validation(signature, archival()))
                    past = str(result.ades_subindic)
                    if result.ades_subindic == AdESPassed.OK:
                        past = 'passed'
            key = DocumentSecurityStore.sig_content_identifier(signature.pkcs7_content)
            entry = None
            if store is not None and key in store.vri_entries:
                entry = sorted(store.vri_entries[key].get_object().keys())
            own_stamp = None if stamp else status.timestamp_validity
            found.append({
                'field': signature.field_name,
                'stamp': stamp,
                'valid': status.bottom_line if not stamp else status.valid and status.trusted,
                'intact': status.intact,
                'trusted': status.trusted,
                'coverage': status.coverage.name,
                'changes': status.modification_level.name if status.modification_level else None,
                'stamped': own_stamp is not None and own_stamp.valid and own_stamp.trusted,
                'past': past,
                'entry': entry,
                'summary': status.summary(),
            })
    return {'signatures': found}


def lock(step):
    if 'lock' not in step:
        return None
    action = fields.FieldMDPAction[step['lock'].upper()]
    return fields.FieldMDPSpec(action, fields=step.get('fields'))


def sign(request):
    """Signs step by step, each time the file of the step before."""
    if request.get('force'):
        keep = pdf_signer.PdfSigner._enforce_certification_constraints
        pdf_signer.PdfSigner._enforce_certification_constraints = lambda *_: None
        try:
            return sign({**request, 'force': False})
        finally:
            pdf_signer.PdfSigner._enforce_certification_constraints = keep
    source = request['file']
    for step in request['steps']:
        level = step['level']
        signer = signers.SimpleSigner.load(
            step['key'], step['certificate'],
            ca_chain_files=(f'{PKI}/certs/sub.pem',), prefer_pss=step.get('pss', False),
        )
        lasting = level in ('B-LT', 'B-LTA')
        certify = step.get('certify')
        metadata = signers.PdfSignatureMetadata(
            field_name=step['field'],
            md_algorithm=step.get('digest', 'sha256'),
            subfilter=SUBFILTERS[step['subfilter']],
            embed_validation_info=lasting,
            use_pades_lta=level == 'B-LTA',
            validation_context=online() if lasting else None,
            certify=certify is not None,
            docmdp_permissions=fields.MDPPerm(certify or 2),
        )
        stamper = timestamps.HTTPTimeStamper(TSA) if level != 'B-B' else None
        spec = fields.SigFieldSpec(
            step['field'], box=step.get('box'), field_mdp_spec=lock(step),
            doc_mdp_update_value=fields.MDPPerm(step['p']) if 'p' in step else None,
        )
        with open(source, 'rb') as file:
            writer = IncrementalPdfFileWriter(file)
            out = signers.PdfSigner(
                metadata, signer, timestamper=stamper, new_field_spec=spec
            ).sign_pdf(writer)
            signed = out.getvalue()
        with open(request['out'], 'wb') as file:
            file.write(signed)
        source = request['out']
    return {}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {'validate': validate, 'sign': sign}[request['do']](request)
        except Exception as error:  # the test shows it
            answer = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(answer), flush=True)


main()
