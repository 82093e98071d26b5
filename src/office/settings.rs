//! Settings of this desk: the server, time stamps, images.
//!
//! They live in the encrypted database and concern this desk alone, so they are no
//! operations of the office.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::set_up::{Proof, Row, ServerLook, ServerOrder, SetUp, SigningOrder};
use super::{Office, OfficeError};
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::verdict::Level;
use crate::exchange::ServerProfile;
use crate::pdf::appearance::{PictureLook, look_over};
use crate::pki::{DigestAlgorithm, SignatureScheme};
use crate::rules::facts::NumberTaken;
use crate::t;
use crate::token::Pin;

pub(super) const SERVER_URL: &str = "server.url";
pub(super) const SERVER_SECRET: &str = "server.secret";
pub(super) const SERVER_PROFILE: &str = "server.profile";
pub(super) const TSA_URLS: &str = "tsa.urls";
pub(super) const SIGNATURE_LEVEL: &str = "signature.level";
const SIGNATURE_DIGEST: &str = "signature.digest";
const RSA_SCHEME: &str = "signature.rsa";
pub(super) const SEAL_IMAGE: &str = "image.seal";
pub(super) const SEAL_SIZE: &str = "image.seal.mm";
pub(super) const NUMBER_TAKEN: &str = "numbering.taken-at";
const PERSONAL: &str = "personal-signature";
const ORGANISATION: &str = "organisation-signature";

/// Real width of a seal that can be set, in millimetres.
pub const SEAL_MM: std::ops::RangeInclusive<f32> = 10.0..=60.0;
/// The largest image that is kept, in bytes.
const MAX_IMAGE: usize = 4 << 20;

const DIGESTS: [DigestAlgorithm; 3] =
    [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];
const SCHEMES: [(SignatureScheme, &str); 2] =
    [(SignatureScheme::RsaPkcs1, "pkcs1"), (SignatureScheme::RsaPss, "pss")];

/// The provincial server, and this office's secret there.
#[derive(Debug, Clone)]
pub struct ServerSetting {
    pub url: String,
    /// Empty where this office proves itself by its certificate alone.
    pub secret: Pin,
    pub profile: ServerProfile,
}

impl Office {
    /// The address of the provincial server, if one is set.
    pub fn server(&self) -> Option<String> {
        self.server_setting().ok().flatten().map(|setting| setting.url)
    }

    /// The provincial server, if one is set, with this office's secret.
    pub fn server_setting(&self) -> Result<Option<ServerSetting>, Problem> {
        let url = self.store().setting(SERVER_URL)?;
        let secret = self.store().setting(SERVER_SECRET)?;
        let words = self.store().setting(SERVER_PROFILE)?;
        let profile = match words.as_deref() {
            None => ServerProfile::default(),
            Some(words) => {
                ServerProfile::read(words).ok_or(OfficeError::BadSetting(SERVER_PROFILE))?
            }
        };
        let setting = |(url, secret)| ServerSetting { url, secret: Pin::new(secret), profile };
        Ok(url.zip(secret).map(setting))
    }

    /// How the server that is set wants to be spoken to.
    pub fn set_server_profile(&self, profile: ServerProfile) -> Result<(), Problem> {
        let ServerLook { url, trust, .. } = self.server_look()?;
        let (secret, certificate) = (Proof::Kept, Proof::Kept);
        let server = Some(ServerOrder { url, secret, profile, trust, certificate });
        self.set_up(&SetUp { server, ..SetUp::default() })
    }

    fn set_up_signing(&self, signing: SigningOrder) -> Result<(), Problem> {
        self.set_up(&SetUp { signing, ..SetUp::default() })
    }

    /// Another server, or another secret there; the rest of the line stays as it is.
    pub fn set_server(&self, url: &str, secret: &Pin) -> Result<(), Problem> {
        let ServerLook { profile, trust, .. } = self.server_look()?;
        let (url, secret) = (url.to_owned(), Proof::New(secret.clone()));
        let server = ServerOrder { url, secret, profile, trust, certificate: Proof::Kept };
        self.set_up(&SetUp { server: Some(server), ..SetUp::default() })
    }

    /// Time-stamp services in the order in which they are tried; none means B-B.
    pub fn tsa_urls(&self) -> Result<Vec<String>, Problem> {
        let urls = self.store().setting(TSA_URLS)?.unwrap_or_default();
        Ok(urls.lines().map(str::to_owned).collect())
    }

    pub fn set_tsa_urls(&self, urls: &[String]) -> Result<(), Problem> {
        self.set_up_signing(SigningOrder { tsa: Some(urls.to_vec()), ..SigningOrder::default() })
    }

    /// How durably this office wishes its documents to be signed: as somebody chose, else the
    /// [`usual_level`].
    pub fn wanted_level(&self) -> Result<Level, Problem> {
        Ok(match self.chosen_level()? {
            Some(level) => level,
            None => usual_level(!self.tsa_urls()?.is_empty()),
        })
    }

    pub(super) fn chosen_level(&self) -> Result<Option<Level>, Problem> {
        let chosen = self.store().setting(SIGNATURE_LEVEL)?;
        Ok(chosen.as_deref().and_then(Level::from_name))
    }

    pub fn set_wanted_level(&self, level: Level) -> Result<(), Problem> {
        self.set_up_signing(SigningOrder { level: Some(level), ..SigningOrder::default() })
    }

    /// The digest of new signatures; `None`: what suits the certificate's key.
    pub fn signing_digest(&self) -> Result<Option<DigestAlgorithm>, Problem> {
        let chosen = self.store().setting(SIGNATURE_DIGEST)?;
        Ok(DIGESTS.into_iter().find(|digest| chosen.as_deref() == Some(digest.name())))
    }

    /// Only what the law lets new signatures rest on (Thông tư 15/2025/TT-BKHCN).
    pub fn set_signing_digest(&self, digest: Option<DigestAlgorithm>) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        if digest.is_some_and(|digest| !DIGESTS.contains(&digest)) {
            return Err(OfficeError::BadSetting(SIGNATURE_DIGEST).into());
        }
        let name = digest.map_or("", DigestAlgorithm::name);
        Ok(self.store().set_setting(SIGNATURE_DIGEST, name)?)
    }

    /// How RSA keys make new signatures; `None`: PKCS#1 v1.5, which every reader knows.
    pub fn rsa_scheme(&self) -> Result<Option<SignatureScheme>, Problem> {
        let chosen = self.store().setting(RSA_SCHEME)?;
        Ok(SCHEMES.into_iter().find(|(_, name)| chosen.as_deref() == Some(name)).map(|one| one.0))
    }

    pub fn set_rsa_scheme(&self, scheme: Option<SignatureScheme>) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        let known = |wanted| SCHEMES.into_iter().find(|(scheme, _)| *scheme == wanted);
        let name = match scheme {
            None => "",
            Some(wanted) => known(wanted).ok_or(OfficeError::BadSetting(RSA_SCHEME))?.1,
        };
        Ok(self.store().set_setting(RSA_SCHEME, name)?)
    }

    /// The image of this user's handwritten signature (blue PNG; Thông tư 01/2019/TT-BNV
    /// Điều 12), if one is set.
    pub fn signature_image(&self) -> Result<Option<Vec<u8>>, Problem> {
        self.image(&personal_image(&self.session().user))
    }

    /// Sets it; says what is not as the regulation wants it but no hindrance.
    pub fn set_signature_image(&self, png: &[u8]) -> Result<Vec<ImageWarning>, Problem> {
        let signature_image = Some(Some(Arc::from(png)));
        self.set_up_signing(SigningOrder { signature_image, ..SigningOrder::default() })?;
        Ok(ImageWarning::of(&fit_image(png)?, SignatureKind::Personal))
    }

    /// The image of the seal (red PNG of real size; Thông tư 01/2019/TT-BNV Điều 13).
    pub fn seal_image(&self) -> Result<Option<Vec<u8>>, Problem> {
        self.image(SEAL_IMAGE)
    }

    /// Sets it; says what is not as the regulation wants it but no hindrance.
    pub fn set_seal_image(&self, png: &[u8]) -> Result<Vec<ImageWarning>, Problem> {
        let seal_image = Some(Some(Arc::from(png)));
        self.set_up_signing(SigningOrder { seal_image, ..SigningOrder::default() })?;
        Ok(ImageWarning::of(&fit_image(png)?, SignatureKind::Organisation))
    }

    /// Real width of the stamp whose image is set, in millimetres; `None`: the profile's.
    pub fn seal_size_mm(&self) -> Result<Option<f32>, Problem> {
        let size = self.store().setting(SEAL_SIZE)?;
        Ok(size.and_then(|size| size.parse().ok()))
    }

    /// With which signature number and date are taken: the office's choice, else the
    /// profile's (Quyết định 01/2019/QĐ-UBND Điều 14 khoản 2: the personal one).
    pub fn number_taken(&self) -> Result<NumberTaken, Problem> {
        let chosen = self.store().setting(NUMBER_TAKEN)?;
        Ok(match chosen.as_deref() {
            Some(PERSONAL) => NumberTaken::PersonalSignature,
            Some(ORGANISATION) => NumberTaken::OrganisationSignature,
            _ => self.profile().numbering().taken_at,
        })
    }

    pub fn set_number_taken(&self, taken: NumberTaken) -> Result<(), Problem> {
        self.set_up_signing(SigningOrder { number_taken: Some(taken), ..SigningOrder::default() })
    }

    fn image(&self, name: &str) -> Result<Option<Vec<u8>>, Problem> {
        let text = self.store().setting(name)?;
        let text = text.filter(|text| !text.is_empty());
        Ok(text.and_then(|text| BASE64.decode(text).ok()))
    }

    /// The rule profile from now on; in force when the office is opened next.
    pub fn choose_profile(&self, name: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::ManageAgencies)?;
        crate::rules::Profile::built_in(name)?;
        let change = crate::domain::operation::Change::ProfileChosen { profile: name.to_owned() };
        self.store().write(&actor, move |writer| {
            writer.append(change)?;
            Ok(())
        })
    }

    /// The reasons for which the profile lets a document be returned.
    pub fn return_reasons(&self) -> Vec<String> {
        self.profile().return_reasons().iter().map(|reason| reason.text.to_string()).collect()
    }

    /// Key and name of each document type of the profile, in its order.
    pub fn document_types(&self) -> Vec<(String, String)> {
        let rows = self.profile().document_types().iter();
        rows.map(|row| (row.key.clone(), row.name.clone())).collect()
    }
}

/// Refuses an image that is no PNG or has no transparent ground: it would cover what stands
/// under it (Nghị định 30/2020/NĐ-CP Phụ lục I, phần I, mục II.7 d and II.8).
pub fn fit_image(png: &[u8]) -> Result<PictureLook, OfficeError> {
    if png.len() > MAX_IMAGE {
        return Err(OfficeError::BadSetting("image"));
    }
    let look = look_over(png).map_err(|_| OfficeError::ImageNotPng)?;
    if look.transparent { Ok(look) } else { Err(OfficeError::ImageOpaque) }
}

/// What is not as the regulation wants an image to be, but no hindrance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageWarning {
    NotBlue,
    NotRed,
    /// Fewer pixels than print needs.
    Coarse,
}

impl ImageWarning {
    /// What to say of an image for a signature of `kind`.
    pub fn of(look: &PictureLook, kind: SignatureKind) -> Vec<Self> {
        // Half of what a scan has: 100 dots per inch over the size of a signature.
        const LEAST: u32 = 120;
        let colour = match kind {
            SignatureKind::Personal => (!look.is_blue()).then_some(Self::NotBlue),
            SignatureKind::Organisation => (!look.is_red()).then_some(Self::NotRed),
        };
        let coarse = (look.width < LEAST).then_some(Self::Coarse);
        colour.into_iter().chain(coarse).collect()
    }

    /// For scripts; never renamed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotBlue => "image-not-blue",
            Self::NotRed => "image-not-red",
            Self::Coarse => "image-coarse",
        }
    }

    /// For people, in the language in force.
    pub fn sentence(self) -> String {
        match self {
            Self::NotBlue => t!("image-not-blue"),
            Self::NotRed => t!("image-not-red"),
            Self::Coarse => t!("image-coarse"),
        }
    }
}

/// The level where nobody has chosen one: B-LT with time-stamp services, else B-B, since nothing
/// more can be had.
pub const fn usual_level(has_tsa: bool) -> Level {
    if has_tsa { Level::Blt } else { Level::Bb }
}

/// The first of these addresses that is none of a time-stamp service, from 0.
pub fn tsa_fault(urls: &[String]) -> Option<usize> {
    urls.iter().position(|url| web_address(url).is_none())
}

pub(super) fn tsa_text(urls: &[String]) -> Result<String, OfficeError> {
    let urls: Option<Vec<String>> = urls.iter().map(|url| web_address(url)).collect();
    Ok(urls.ok_or(OfficeError::BadSetting(TSA_URLS))?.join("\n"))
}

/// Empty for none.
pub(super) fn image_text(png: Option<&[u8]>) -> Result<String, OfficeError> {
    let Some(png) = png else { return Ok(String::new()) };
    fit_image(png)?;
    Ok(BASE64.encode(png))
}

/// Empty for the profile's size.
pub(super) fn seal_size_text(mm: Option<f32>) -> Result<String, OfficeError> {
    match mm {
        None => Ok(String::new()),
        Some(mm) if SEAL_MM.contains(&mm) => Ok(mm.to_string()),
        Some(_) => Err(OfficeError::BadSetting("seal-size")),
    }
}

pub(super) const fn number_word(taken: NumberTaken) -> &'static str {
    match taken {
        NumberTaken::PersonalSignature => PERSONAL,
        NumberTaken::OrganisationSignature => ORGANISATION,
    }
}

pub(super) fn row(name: &str, text: impl Into<String>) -> Row {
    (name.to_owned(), Zeroizing::new(text.into()))
}

/// The address of a server in its normal form; where no scheme was typed `https` is meant.
///
/// # Errors
/// [`OfficeError::BadSetting`] for what is no address. Whether the line would be encrypted is
/// seen when one is made.
pub fn web_url(typed: &str) -> Result<String, OfficeError> {
    let typed = typed.trim();
    let full = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    web_address(&full).ok_or(OfficeError::BadSetting(SERVER_URL))
}

pub(super) fn personal_image(user: &str) -> String {
    format!("image.personal.{user}")
}

/// An http(s) address in its normal form; `None` for anything else.
fn web_address(url: &str) -> Option<String> {
    let url = url.trim();
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let host = rest.split('/').next().unwrap_or_default();
    let fits = !host.is_empty() && !url.contains(char::is_whitespace);
    fits.then(|| url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_http_and_have_a_host() {
        assert_eq!(
            web_address(" http://127.0.0.1:8480/ ").as_deref(),
            Some("http://127.0.0.1:8480")
        );
        assert_eq!(web_address("ftp://may-chu"), None);
        assert_eq!(web_address("http:///x"), None);
        assert_eq!(web_address("https://a b"), None);
        assert_eq!(web_url(" may-chu.vn/vt/ ").unwrap(), "https://may-chu.vn/vt");
        assert!(web_url("").is_err() && web_url("ftp://may-chu").is_err());
    }
}
