//! One revision beside the one before it, object by object.
//!
//! Every object that differs must be explained, and an explanation holds only where *every*
//! way to the object is the explained one, for the attacks of 2021 («shadow attacks»)
//! prepare documents in which one object has two roles.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId};

use super::changes::{Change, Step};
use super::comments;
use super::covered::covered;
use super::fields::{self, NewSignature};
use super::fill;
use super::walk::{
    Place, differing, grown, id_of, lossy, misdirects, places, reached_without, same,
};
use crate::pdf::PdfError;
use crate::pdf::structure::{Entry, Indirect, Source};

/// The lists of what pages draw with (ISO 32000-1, table 33): a page that is one of them as well
/// has two roles.
const DRAWN_WITH: [&[u8]; 9] = [
    b"ExtGState",
    b"ColorSpace",
    b"Colorants",
    b"Pattern",
    b"Shading",
    b"XObject",
    b"Font",
    b"Properties",
    b"Resources",
];

pub(super) struct Comparison<'a> {
    pub signed: &'a Source,
    pub now: &'a Source,
    /// In use when signed, and different now.
    changed: HashSet<u32>,
    /// Not in use when signed.
    added: HashSet<u32>,
    /// For what changed or was added: how the signed document reaches it.
    places: HashMap<u32, Vec<Place>>,
    /// Arrays that name what changed, and that are lists of fields or widgets and nothing else.
    lists: HashSet<u32>,
    explained: HashSet<u32>,
    step: Step,
}

impl<'a> Comparison<'a> {
    pub fn new(signed: &'a Source, now: &'a Source) -> Result<Self, PdfError> {
        let moved: HashSet<u32> = now
            .entries()
            .map(|(number, _)| number)
            .chain(signed.entries().map(|(number, _)| number))
            .filter(|number| signed.entry(*number) != now.entry(*number))
            .collect();
        let mut changed = HashSet::new();
        let mut added = HashSet::new();
        let numbers: HashSet<u32> = now
            .entries()
            .chain(signed.entries())
            .filter(|(number, entry)| match entry {
                // What stands in an object stream moves with it.
                Entry::In { stream, .. } => moved.contains(number) || moved.contains(stream),
                _ => moved.contains(number),
            })
            .map(|(number, _)| number)
            .collect();
        for number in numbers {
            match (signed.entry(number), now.entry(number)) {
                (Entry::Free, Entry::Free) => {}
                (Entry::Free, _) => {
                    added.insert(number);
                }
                (old, new) => {
                    if !same(signed, now, id_of(number, old), id_of(number, new)) {
                        changed.insert(number);
                    }
                }
            }
        }
        let (catalog, _) = signed.catalog()?;
        let watched = changed.union(&added).copied().chain([catalog.0]).collect();
        let places = places(signed, &watched)?;
        let lists = lists(signed, &places)?;
        Ok(Self {
            signed,
            now,
            changed,
            added,
            places,
            lists,
            explained: HashSet::new(),
            step: Step::default(),
        })
    }

    pub fn run(mut self) -> Result<Step, PdfError> {
        self.directions()?;
        self.trailer();
        self.catalog()?;
        let found = fields::compare(&mut self)?;
        self.pages(&found.signatures)?;
        self.step.covered = covered(self.now, &found.signatures)?;
        let visible = found.signatures.iter().filter(|signature| {
            let area = signature.rect.is_some_and(|rect| rect.width > 0.0 && rect.height > 0.0);
            signature.is_new_field && area
        });
        self.step.visible = visible.map(|signature| signature.name.clone()).collect();
        for signature in &found.signatures {
            self.note(if signature.is_timestamp {
                Change::DocumentTimestamp(signature.name.clone())
            } else {
                Change::Signature(signature.name.clone())
            });
        }
        self.step.fillings = found.fillings;
        self.step.is_sealed = matches!(found.signatures.as_slice(), [only] if only.is_organisation);
        self.validation_data()?;
        self.unexplained()?;
        Ok(self.step)
    }

    pub fn note(&mut self, change: Change) {
        self.step.changes.insert(change);
    }

    pub fn is_changed(&self, number: u32) -> bool {
        self.changed.contains(&number)
    }

    pub fn is_added(&self, number: u32) -> bool {
        self.added.contains(&number)
    }

    /// A changed object that is all right, if `only` is the one way to it.
    pub fn explain(&mut self, number: u32, only: impl Fn(&Place) -> bool) {
        if self.places.get(&number).is_none_or(|places| places.iter().all(only)) {
            self.explained.insert(number);
        }
    }

    /// What came or changed names objects as they are, so that all readers find the same ones.
    fn directions(&mut self) -> Result<(), PdfError> {
        if misdirects(self.now, &Object::Dictionary(self.now.trailer().clone())) {
            self.note(Change::History);
        }
        let numbers: Vec<u32> = self.changed.union(&self.added).copied().collect();
        for number in numbers {
            let object = self.now.object(id_of(number, self.now.entry(number)))?;
            if misdirects(self.now, &object) {
                self.note(Change::History);
            }
        }
        Ok(())
    }

    /// A changed field or widget that is all right, if the form and the pages' annotations are
    /// the only ways to it.
    pub fn explain_in_form(&mut self, number: u32) {
        let lists = std::mem::take(&mut self.lists);
        let is_listed = |place: &Place| place.1.is_empty() && lists.contains(&place.0);
        self.explain(number, |place| fill::is_form_place(place) || is_listed(place));
        self.lists = lists;
    }

    fn trailer(&mut self) {
        const MAY_DIFFER: [&[u8]; 12] = [
            b"Size",
            b"Prev",
            b"ID",
            b"Info",
            b"XRefStm",
            b"Type",
            b"W",
            b"Index",
            b"Length",
            b"Filter",
            b"DecodeParms",
            b"DL",
        ];
        for key in differing(self.signed.trailer(), self.now.trailer()) {
            if !MAY_DIFFER.contains(&key.as_slice()) {
                self.note(Change::Catalog(lossy(&key)));
            }
        }
        let info =
            |source: &Source| source.trailer().get(b"Info").and_then(Object::as_reference).ok();
        if let Some((number, _)) = info(self.signed)
            && self.is_changed(number)
        {
            self.explain(number, |place| place == &(0, b"Info".to_vec()));
            self.note(Change::Metadata);
        }
        if info(self.signed) != info(self.now) {
            // One that is missing makes readers repair.
            let found = info(self.now).map_or(Ok(Object::Null), |id| self.now.object(id));
            self.note(match found {
                Ok(Object::Dictionary(_)) => Change::Metadata,
                _ => Change::Catalog("Info".to_owned()),
            });
        }
    }

    fn catalog(&mut self) -> Result<(), PdfError> {
        let ((id, old), (_, new)) = (self.signed.catalog()?, self.now.catalog()?);
        self.plain(id)?;
        // As a list of what pages draw with, its members would be looks and fonts: nothing that
        // may come with it may then be called what it is not («shadow attacks»).
        let ways = self.places.get(&id.0).map(Vec::as_slice).unwrap_or_default();
        // What a signature locks is said of the catalog (ISO 32000-2, table 256).
        let is_known = |way: &Place| {
            way == &(0, b"Root".to_vec()) || matches!(way.1.as_slice(), b"Data" | b"Reference")
        };
        if !ways.iter().all(is_known) {
            self.note(Change::Catalog("Root".to_owned()));
        }
        // What the dictionary holds itself is compared here.
        self.explained.insert(id.0);
        for key in differing(&old, &new) {
            match key.as_slice() {
                // Compared by what it says, with the fields.
                b"AcroForm" => {}
                b"DSS" => {
                    self.note(Change::ValidationData);
                }
                b"Metadata" | b"Extensions" => {
                    self.note(Change::Metadata);
                }
                b"Version" if new.get(b"Version").and_then(Object::as_name).is_ok() => {
                    self.note(Change::Metadata);
                }
                other => self.note(Change::Catalog(lossy(other))),
            }
        }
        for key in [&b"Metadata"[..], b"Extensions"] {
            if let Ok(Object::Reference((number, _))) = old.get(key)
                && self.is_changed(*number)
            {
                self.explain(*number, |place| place == &(id.0, key.to_vec()));
                self.note(Change::Metadata);
            }
        }
        Ok(())
    }

    /// What belongs to the document security store alone. An earlier update may have made it
    /// lead anywhere: what a page uses as well is the page's, whichever other way leads there.
    /// Asked last: the whole document is walked for what nothing else explains.
    fn validation_data(&mut self) -> Result<(), PdfError> {
        let open = |number: &u32| !self.explained.contains(number);
        let changed = self.places.keys().filter(|number| self.is_changed(**number));
        let changed: Vec<u32> = changed.copied().filter(open).collect();
        let ((catalog, _), old) = self.signed.catalog()?;
        if changed.is_empty() || !old.has(b"DSS") {
            return Ok(());
        }
        let elsewhere = reached_without(self.signed, &(catalog, b"DSS".to_vec()))?;
        for number in changed {
            if !elsewhere.contains(&number) {
                self.explained.insert(number);
                self.note(Change::ValidationData);
            }
        }
        Ok(())
    }

    fn pages(&mut self, new: &[NewSignature]) -> Result<(), PdfError> {
        let pages = self.signed.pages()?;
        if pages != self.now.pages()? {
            self.note(Change::PageTree);
            return Ok(());
        }
        for (index, id) in pages.iter().enumerate() {
            let old = self.signed.object(*id)?;
            let Object::Dictionary(old) = old else { continue };
            let list = old.get(b"Annots").and_then(Object::as_reference).ok();
            let list_changed = list.is_some_and(|list| self.is_changed(list.0));
            if !self.is_changed(id.0) && !list_changed {
                continue;
            }
            self.plain(*id)?;
            let Object::Dictionary(now) = self.now.object(*id)? else { continue };
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let ways = self.places.get(&id.0).map(Vec::as_slice).unwrap_or_default();
            if ways.iter().any(|(_, key)| DRAWN_WITH.contains(&key.as_slice())) {
                self.note(Change::PageContent(number));
            }
            self.explained.insert(id.0);
            for key in differing(&old, &now) {
                if key != b"Annots" {
                    self.note(Change::PageContent(number));
                }
            }
            if let Some(list) = list {
                self.explain(list.0, |place| place == &(id.0, b"Annots".to_vec()));
            }
            if !self.are_annotations(&now)? {
                self.note(Change::Annotation);
            }
            let before = self.signed.member_array(&old, b"Annots")?.unwrap_or_default();
            let after = self.now.member_array(&now, b"Annots")?.unwrap_or_default();
            for extra in grown(&before, &after).unwrap_or_else(|| vec![Object::Null]) {
                let widget = extra.as_reference().ok();
                // How large signatures may be is asked for all of them together.
                if new.iter().any(|signature| Some(signature.widget) == widget) {
                    continue;
                }
                match comments::judge(self, number, &extra)? {
                    Some(comment) => self.step.comments.push(comment),
                    None => self.note(Change::Annotation),
                }
            }
        }
        Ok(())
    }

    /// Whether a page lists dictionaries and nothing else: a list of names and numbers can be
    /// something else too, such as a colour space.
    fn are_annotations(&self, page: &Dictionary) -> Result<bool, PdfError> {
        let Object::Array(listed) = self.now.member(page, b"Annots")? else {
            return Ok(self.now.member(page, b"Annots")?.is_null());
        };
        for one in &listed {
            if !matches!(self.now.resolve(one)?, Object::Dictionary(_) | Object::Null) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A changed dictionary that readers could take in two ways is not explained, nor one that
    /// was signed as a stream, which may have been drawn.
    pub fn plain(&mut self, id: ObjectId) -> Result<(), PdfError> {
        if self.is_changed(id.0) {
            let is_dictionary = |indirect: &Indirect| {
                indirect.stream.is_none() && matches!(indirect.object, Object::Dictionary(_))
            };
            let was = self.signed.indirect(id)?.is_some_and(|was| is_dictionary(&was));
            let now = self.now.indirect(id)?;
            let is = now.is_some_and(|now| !now.duplicate_keys && is_dictionary(&now));
            if !was || !is {
                self.note(Change::Object(id.0));
            }
        }
        Ok(())
    }

    fn unexplained(&mut self) -> Result<(), PdfError> {
        let open: Vec<u32> = self
            .changed
            .iter()
            .copied()
            .filter(|number| !self.explained.contains(number) && self.places.contains_key(number))
            .collect();
        for number in open {
            let change = self.name(number)?;
            self.note(change);
        }
        let shadowed: Vec<u32> =
            self.added.iter().copied().filter(|number| self.places.contains_key(number)).collect();
        for number in shadowed {
            self.note(Change::Shadowed(number));
        }
        Ok(())
    }

    /// What a changed object is, for people.
    fn name(&self, number: u32) -> Result<Change, PdfError> {
        let places = self.places.get(&number).map(Vec::as_slice).unwrap_or_default();
        let old = match self.signed.object(id_of(number, self.signed.entry(number)))? {
            Object::Dictionary(old) => old,
            _ => Dictionary::new(),
        };
        let kind = old.get_type().unwrap_or_default();
        let under = |key: &[u8]| places.iter().any(|(_, found)| found == key);
        let pages = self.signed.pages()?;
        let page = places
            .iter()
            .find_map(|(from, _)| pages.iter().position(|page| page.0 == *from))
            .and_then(|index| u32::try_from(index + 1).ok());
        Ok(if let (true, Some(page)) = (under(b"Contents"), page) {
            Change::PageContent(page)
        } else if kind == b"Pages" || kind == b"Page" {
            Change::PageTree
        } else if old.has(b"FT") || under(b"Fields") {
            let name = old.get(b"T").and_then(Object::as_str).map(lossy);
            Change::Field(name.unwrap_or_default())
        } else if kind == b"Annot" || old.has(b"Subtype") && under(b"Annots") || under(b"AP") {
            Change::Annotation
        } else if matches!(kind, b"Font" | b"FontDescriptor" | b"XObject" | b"ExtGState")
            || [&b"Resources"[..], b"Font", b"XObject", b"FontFile2", b"FontFile3", b"FontFile"]
                .iter()
                .any(|key| under(key))
        {
            Change::Resource(number)
        } else {
            Change::Object(number)
        })
    }
}

/// The arrays on the ways to what changed that stand only where fields and widgets are listed:
/// an array can be a page's contents as well.
fn lists(signed: &Source, found: &HashMap<u32, Vec<Place>>) -> Result<HashSet<u32>, PdfError> {
    let unnamed = found.values().flatten().filter(|(_, key)| key.is_empty());
    let arrays: HashSet<u32> = unnamed.map(|(from, _)| *from).collect();
    if arrays.is_empty() {
        return Ok(arrays);
    }
    let ways = places(signed, &arrays)?.into_iter();
    Ok(ways
        .filter(|(_, ways)| ways.iter().all(fill::is_list_place))
        .map(|(list, _)| list)
        .collect())
}
