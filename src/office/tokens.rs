//! What can sign right now, for the signing dialog.

use std::path::PathBuf;

use jiff::Timestamp;

use super::doctor::Finding;
use super::{Office, TokenChoice};
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::i18n::tell;
use crate::pki::Certificate;
use crate::token::{
    self, PinState, Presence, Purpose, Sources, Survey, TokenCertificate, TokenError, TokenInfo,
    Unfit, choose,
};

impl Office {
    /// Cards in readers, PKCS#11 tokens, and the demonstration's files, each with the
    /// certificates that suit `kind`. One that has certificates but none that suits is
    /// listed as unusable, with the reason: whoever holds the wrong card should see it
    /// before typing the PIN.
    pub fn tokens(&self, kind: SignatureKind) -> Result<Vec<TokenChoice>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(choices(self.survey(kind)?.tokens, kind))
    }

    /// The same, with what is in the way of signing: the tokens are looked at once for both,
    /// for a look at a slow card takes seconds.
    pub fn devices(
        &self,
        kind: SignatureKind,
    ) -> Result<(Vec<TokenChoice>, Vec<Finding>), Problem> {
        self.actor(Act::ViewQueues)?;
        let mut survey = self.survey(kind)?;
        let all = survey.tokens.clone();
        // The demonstration's files are no devices.
        survey.tokens.retain(|info| !info.demonstration);
        Ok((choices(all, kind), self.diagnose(&survey)?))
    }

    fn survey(&self, kind: SignatureKind) -> Result<Survey, Problem> {
        let files = self.demonstration_tokens(kind);
        Ok(token::survey(&Sources { files, ..self.token_sources()? }))
    }

    /// PKCS#12 files of the demonstration; an office without `tokens/` has none. They show
    /// nothing before their password, so their names decide which comes first.
    fn demonstration_tokens(&self, kind: SignatureKind) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.data_dir().join("tokens")) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "p12"))
            .collect();
        let first = match kind {
            SignatureKind::Personal => "leader",
            SignatureKind::Organisation => "seal",
        };
        files.sort();
        files.sort_by_key(|file| file.file_stem().is_none_or(|stem| stem != first));
        files
    }

    /// Whether this office is the demonstration's.
    pub fn is_demonstration(&self) -> bool {
        !self.demonstration_tokens(SignatureKind::Personal).is_empty()
    }
}

fn choices(tokens: Vec<TokenInfo>, kind: SignatureKind) -> Vec<TokenChoice> {
    let now = Timestamp::now();
    tokens.into_iter().map(|info| offered(info, kind.into(), now)).collect()
}

fn offered(info: TokenInfo, purpose: Purpose, now: Timestamp) -> TokenChoice {
    let fit = suitable(&info.certificates, purpose, now);
    let pin_pad = info.pin == Some(PinState::PinPad);
    let (label, presence) = match (info.presence, info.pin, &fit) {
        (Presence::Ready { .. }, _, Err(unfit)) => {
            let reason = tell(&TokenError::NoCertificate(*unfit).into()).what;
            (info.label, Presence::Unsupported { reason })
        }
        // The tries left matter more than that the card is ready, but its holder must be
        // told as well.
        (Presence::Ready { owner }, Some(PinState::TriesLeft(tries @ Some(_))), Ok(_)) => {
            (format!("{owner} – {}", info.label), Presence::Locked { tries_left: tries })
        }
        (presence, _, _) => (info.label, presence),
    };
    let described = |one: &Certificate| {
        (format!("{} ({})", one.subject().label(), one.issuer().label()), one.serial_hex())
    };
    TokenChoice {
        selector: info.selector,
        label,
        presence,
        pin_pad,
        certificates: fit.unwrap_or_default().iter().map(described).collect(),
        demonstration: info.demonstration,
    }
}

/// The certificates to choose from: those made for signing; where there are none, those
/// that merely may. A card's certificate for logging in looks just like its owner's other.
fn suitable(
    certificates: &[TokenCertificate],
    purpose: Purpose,
    now: Timestamp,
) -> Result<Vec<Certificate>, Unfit> {
    let (_, best) = choose::choose(certificates, purpose, now)?;
    let wanted = best.signing_fitness();
    Ok(certificates
        .iter()
        .filter_map(|one| Certificate::from_der(&one.der).ok())
        .filter(|one| choose::fits(one, purpose, now).is_ok() && one.signing_fitness() == wanted)
        .collect())
}
