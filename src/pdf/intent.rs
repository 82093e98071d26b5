//! In which colours may be drawn into a file that claims to be PDF/A.
//!
//! ISO 19005-2, 6.2.4.3 lets device RGB stand only where the file's output intent is RGB, or
//! where the resources say by `/DefaultRGB` what is meant by it (ISO 32000-1, 8.6.5.6). 6.2.10
//! lets transparency stand without an output intent only on pages that name a blending space.

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use super::PdfError;
use super::srgb;
use super::structure::Source;

/// The namespace in which metadata say that a file is PDF/A (ISO 19005-2, 6.6.4).
const CLAIM: &[u8] = b"http://www.aiim.org/pdfa/ns/id/";
/// Where an ICC profile names the space of its colours (ICC.1:2001-04, 6.1.3).
const SPACE: std::ops::Range<usize> = 16..20;

/// What a file says of the colours that it is printed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Red, green and blue; or the file does not claim to be PDF/A, and nobody asks.
    Rgb,
    /// Grey, or the four inks.
    Other,
    /// Nothing, or nothing that can be read.
    Missing,
}

impl Intent {
    /// Reads the claim and the output intent of a file (ISO 19005-2, 6.2.3).
    pub fn of(source: &Source) -> Self {
        match source.catalog() {
            Ok((_, catalog)) if claims(source, &catalog) => match space(source, &catalog) {
                Some(space) if space == *b"RGB " => Self::Rgb,
                Some(_) => Self::Other,
                None => Self::Missing,
            },
            _ => Self::Rgb,
        }
    }
}

/// Whether the metadata say that the file is PDF/A.
fn claims(source: &Source, catalog: &Dictionary) -> bool {
    let metadata = catalog.get(b"Metadata").and_then(Object::as_reference).ok();
    let said = metadata.and_then(|id| source.stream_decoded(id).ok().flatten());
    // In UTF-16 every other byte of it is 0.
    let said: Vec<u8> = said.unwrap_or_default().into_iter().filter(|byte| *byte != 0).collect();
    said.windows(CLAIM.len()).any(|part| part == CLAIM)
}

/// The colour space of the intent's profile.
fn space(source: &Source, catalog: &Dictionary) -> Option<[u8; 4]> {
    let intents = source.member_array(catalog, b"OutputIntents").ok().flatten()?;
    intents.iter().find_map(|intent| {
        let Object::Dictionary(intent) = source.resolve(intent).ok()? else { return None };
        let kind = source.member(&intent, b"S").ok()?;
        if kind.as_name().ok()? != b"GTS_PDFA1" {
            return None;
        }
        let profile = intent.get(b"DestOutputProfile").and_then(Object::as_reference).ok()?;
        let profile = source.stream_decoded(profile).ok().flatten()?;
        profile.get(SPACE)?.try_into().ok()
    })
}

/// How red, green and blue are written into a file; by default as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Colours {
    /// The ICC profile by which they are meant; `None` where device RGB stands for itself.
    pub profile: Option<ObjectId>,
    /// Nothing may be half transparent.
    pub opaque: bool,
}

impl Colours {
    /// For a file of this intent; `profile` is the object of [`profile`].
    pub const fn by(intent: Intent, profile: ObjectId) -> Self {
        match intent {
            Intent::Rgb => Self { profile: None, opaque: false },
            Intent::Other => Self { profile: Some(profile), opaque: false },
            Intent::Missing => Self { profile: Some(profile), opaque: true },
        }
    }

    /// Says in the resources of a form what its device RGB means, that of its images included.
    pub fn enter_into(&self, resources: &mut Dictionary) {
        if let Some(profile) = self.profile {
            resources.set("ColorSpace", spaces(profile));
        }
    }
}

/// `/ColorSpace` of resources in which device RGB means this profile.
pub fn spaces(profile: ObjectId) -> Dictionary {
    let based = vec![Object::Name(b"ICCBased".to_vec()), profile.into()];
    dictionary! { "DefaultRGB" => based }
}

/// The profile in `/ColorSpace` where that has what [`spaces`] writes.
pub fn profile_of(spaces: &Dictionary) -> Option<ObjectId> {
    let based = spaces.get(b"DefaultRGB").and_then(Object::as_array).ok()?;
    match based.as_slice() {
        [Object::Name(kind), Object::Reference(id)] if kind == b"ICCBased" => Some(*id),
        _ => None,
    }
}

/// The stream of the profile sRGB (ISO 32000-1, 8.6.5.5).
///
/// # Errors
/// [`PdfError::BadResource`] where it cannot be compressed.
pub fn profile() -> Result<Object, PdfError> {
    let entries = dictionary! { "N" => 3, "Alternate" => "DeviceRGB" };
    let mut stream = Stream::new(entries, srgb::profile());
    stream.compress().map_err(|error| PdfError::BadResource(error.to_string()))?;
    Ok(stream.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with these metadata and a profile of this space.
    fn file(claim: &str, space: Option<&str>) -> Source {
        let mut document = lopdf::Document::with_version("1.7");
        let pages = document.add_object(dictionary! {
            "Type" => "Pages", "Kids" => Vec::<Object>::new(), "Count" => 0,
        });
        let metadata = document.add_object(Stream::new(Dictionary::new(), claim.into()));
        let mut catalog =
            dictionary! { "Type" => "Catalog", "Pages" => pages, "Metadata" => metadata };
        if let Some(space) = space {
            let profile = [&[0; 16], space.as_bytes(), &[0; 108]].concat();
            let profile = document.add_object(Stream::new(Dictionary::new(), profile));
            let intent = dictionary! { "S" => "GTS_PDFA1", "DestOutputProfile" => profile };
            let other = dictionary! { "S" => "GTS_PDFX" };
            catalog.set("OutputIntents", vec![Object::from(other), intent.into()]);
        }
        let root = document.add_object(catalog);
        document.trailer.set("Root", root);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        Source::parse(bytes.into()).unwrap()
    }

    #[test]
    fn only_what_claims_to_be_pdf_a_is_held_to_its_intent() {
        let claim = "<x xmlns:pdfaid='http://www.aiim.org/pdfa/ns/id/'/>";
        let wide: String = claim.chars().flat_map(|c| ['\0', c]).collect();
        for (said, space, intent) in [
            (claim, Some("RGB "), Intent::Rgb),
            (claim, Some("CMYK"), Intent::Other),
            (claim, Some("GRAY"), Intent::Other),
            (claim, None, Intent::Missing),
            (wide.as_str(), None, Intent::Missing),
            ("<x/>", Some("CMYK"), Intent::Rgb),
            ("<x/>", None, Intent::Rgb),
        ] {
            assert_eq!(Intent::of(&file(said, space)), intent, "{said} {space:?}");
        }
    }

    #[test]
    fn what_is_written_is_known_again() {
        let mut resources = Dictionary::new();
        Colours::by(Intent::Other, (7, 0)).enter_into(&mut resources);
        let written = resources.get(b"ColorSpace").and_then(Object::as_dict).unwrap();
        assert_eq!(profile_of(written), Some((7, 0)));
        let mut more = written.clone();
        more.set("DefaultGray", "DeviceGray");
        assert_eq!(profile_of(&more), None);
        Colours::by(Intent::Rgb, (7, 0)).enter_into(&mut Dictionary::new());
        assert_eq!(Colours::by(Intent::Rgb, (7, 0)), Colours::default());
    }
}
