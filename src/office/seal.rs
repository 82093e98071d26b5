//! The organisation's signature: the seal, by the clerk alone.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 3 (Thông tư 01/2019/TT-BNV Điều 13); Nghị định
//! 30/2020/NĐ-CP Điều 32: only on documents that the competent person has signed.

use jiff::Timestamp;

use super::issue::require_signature;
use super::{Office, Placement, SignOrder, place};
use crate::domain::document::DocumentKey;
use crate::domain::operation::Change;
use crate::domain::outbound::{OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::pdf::structure::Source;
use crate::signing::make::Look;

impl Office {
    /// Seals a document whose personal signature holds.
    pub fn seal(&self, key: DocumentKey, order: &SignOrder) -> Result<(), Problem> {
        let actor = self.actor(Act::Seal)?;
        let document = self.outbound_document(key)?;
        if !document.state.may_become(OutboundState::ToIssue) {
            return Err(Self::wrong_state(document.state));
        }
        let main = super::sign::main_file(&document.files).cloned();
        let main = main.ok_or_else(|| Self::missing(key))?;
        let bytes = self.file(&main)?;
        require_signature(&self.judge(&bytes)?, SignatureKind::Personal)?;
        let source = Source::parse(bytes)?;

        let at = Timestamp::now();
        let trust = self.trust()?;
        let tsa_urls = self.tsa_urls()?;
        let hand = self.hand(order, SignatureKind::Organisation, None, &trust, &tsa_urls);
        let look = match &order.placement {
            Placement::Invisible => Look::Invisible,
            placement => {
                let office = &self.session().agency.name;
                let image = self.seal_image()?;
                let image = self.seal_stamp(image.as_deref())?;
                place::seal(&source, placement, self.profile(), office, image, at)?
            }
        };
        let mut ready = hand.ready(at)?;
        let signed = hand.sign(&mut ready, &source, look, Vec::new(), at)?;
        let file = self.keep_file(&main.name, "application/pdf", &signed.to_bytes()?, true)?;
        let change = Change::OutboundSigned {
            key,
            kind: SignatureKind::Organisation,
            file,
            signer: ready.certificate.subject().label(),
            serial: ready.certificate.serial_hex(),
            signed_at: at,
        };
        self.store().write(&actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            let same_file = now.files.iter().any(|file| file.blob == main.blob);
            if !now.state.may_become(OutboundState::ToIssue) || !same_file {
                return Err(Self::wrong_state(now.state));
            }
            writer.append(change)?;
            Ok(())
        })
    }
}
