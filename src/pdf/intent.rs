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
/// The name under which a form lists the profile for the looks of its fields.
const LISTED: &str = "VtRGB";
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
            resources.set("ColorSpace", dictionary! { "DefaultRGB" => based(profile) });
        }
    }

    /// Lists the profile in `/DR /ColorSpace` of a form, beside what its own fields are coloured
    /// by: [`Self::listed`] finds it again.
    pub fn list_in(&self, spaces: &mut Dictionary) {
        if let Some(profile) = self.profile {
            spaces.set(LISTED, based(profile));
        }
    }

    /// The colours for the looks of a form's fields, by its `/DR /ColorSpace`. A profile under
    /// our name that is not ours counts as none: by it black may be white.
    pub fn listed(source: &Source, spaces: &Dictionary) -> Self {
        let listed = basis(spaces, LISTED).filter(|id| is_profile(source, *id));
        Self { profile: listed, opaque: false }
    }

    /// Whether `/ColorSpace` says what [`Self::enter_into`] writes, and nothing else.
    pub fn are_of(&self, spaces: &Dictionary) -> bool {
        spaces.len() == 1 && self.profile.is_some() && basis(spaces, "DefaultRGB") == self.profile
    }
}

fn based(profile: ObjectId) -> Vec<Object> {
    vec![Object::Name(b"ICCBased".to_vec()), profile.into()]
}

/// The profile of a colour space that is based on one.
fn basis(spaces: &Dictionary, name: &str) -> Option<ObjectId> {
    match spaces.get(name.as_bytes()).and_then(Object::as_array).ok()?.as_slice() {
        [Object::Name(kind), Object::Reference(id)] if kind == b"ICCBased" => Some(*id),
        _ => None,
    }
}

/// Whether this is what [`profile`] makes.
fn is_profile(source: &Source, id: ObjectId) -> bool {
    // The reader gives a stream by its dictionary.
    let Ok(Object::Dictionary(entries)) = source.object(id) else { return false };
    let Ok(Object::Stream(own)) = profile() else { return false };
    let known = entries.iter().all(|(key, value)| match &key[..] {
        b"Length" => true,
        key => own.dict.get(key).is_ok_and(|own| own == value),
    });
    known
        && entries.has(b"N")
        && source.stream_decoded(id).ok().flatten().is_some_and(|bytes| bytes == srgb::profile())
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
        let ours = Colours::by(Intent::Other, (7, 0));
        ours.enter_into(&mut resources);
        let written = resources.get(b"ColorSpace").and_then(Object::as_dict).unwrap();
        assert!(ours.are_of(written));
        assert!(!Colours::by(Intent::Other, (8, 0)).are_of(written));
        assert!(!Colours::default().are_of(written) && !Colours::default().are_of(&resources));
        let mut more = written.clone();
        more.set("DefaultGray", "DeviceGray");
        assert!(!ours.are_of(&more), "something else beside it");
        assert_eq!(Colours::by(Intent::Rgb, (7, 0)), Colours::default());
    }

    #[test]
    fn a_profile_under_our_name_is_ours_or_none() {
        let mut document = lopdf::Document::with_version("1.7");
        let pages = document.add_object(dictionary! {
            "Type" => "Pages", "Kids" => Vec::<Object>::new(), "Count" => 0,
        });
        let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", root);
        let ours = document.add_object(profile().unwrap());
        let plain = Stream::new(dictionary! { "N" => 3 }, srgb::profile());
        let plain = document.add_object(plain);
        let one = Stream::new(dictionary! { "N" => 1 }, srgb::profile());
        let one = document.add_object(one);
        let mut bytes = srgb::profile();
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        let other = document.add_object(Stream::new(dictionary! { "N" => 3 }, bytes));
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        let source = Source::parse(bytes.into()).unwrap();
        for (id, counts) in [(ours, true), (plain, true), (one, false), (other, false)] {
            // What the form's own fields are coloured by stays beside it.
            let mut spaces = dictionary! { "DefaultRGB" => based(other) };
            Colours { profile: Some(id), opaque: false }.list_in(&mut spaces);
            assert_eq!(basis(&spaces, "DefaultRGB"), Some(other));
            let listed = Colours::listed(&source, &spaces).profile;
            assert_eq!(listed, counts.then_some(id), "{id:?}");
        }
    }
}
