//! What happened to a document after it was signed.
//!
//! The file as it was signed is compared with the file as it is, object by object, and
//! each object that differs must be explained by something that the law and the standard
//! let happen to a signed document: a further signature, its appearance, its entry in the
//! form and on the page; validation data; invisible metadata. One object that is not
//! explained makes the change forbidden. An explanation holds only where *every* way to
//! the object is the explained one, for the attacks of 2021 («shadow attacks») prepare
//! documents in which one object has two roles.

use std::collections::{BTreeSet, HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId};

use super::fields::{self, NewSignature};
use super::walk::{Place, differing, grown, id_of, lossy, places, references, same};
use crate::pdf::PdfError;
use crate::pdf::structure::{Entry, Permission, Source, Transform};

/// What changed after a signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A further signature in this field.
    Signature(String),
    /// A document time stamp in this field.
    DocumentTimestamp(String),
    /// Certificates and revocation data (DSS).
    ValidationData,
    /// Title, author, dates: nothing that a page shows.
    Metadata,
    /// From here on nothing is permitted.
    PageContent(u32),
    /// Page added, removed or moved.
    PageTree,
    /// An annotation came, went or changed.
    Annotation,
    /// Fonts, images and whatever else a page uses.
    Resource(u32),
    /// A form field's value or look.
    Field(String),
    /// Another entry of the document catalog, such as an action.
    Catalog(String),
    /// An object that nothing explains.
    Object(u32),
    /// The signed document asks for an object that did not exist and now does.
    Shadowed(u32),
    /// The file's history was rewritten or does not read.
    History,
    /// Bytes after the end of the file.
    TrailingBytes,
    /// A further signature where the signature forbids it.
    Locked(String),
}

impl Change {
    pub const fn is_permitted(&self) -> bool {
        matches!(
            self,
            Self::Signature(_) | Self::DocumentTimestamp(_) | Self::ValidationData | Self::Metadata
        )
    }

    /// For the report: stable, kebab-case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Signature(_) => "signature",
            Self::DocumentTimestamp(_) => "document-timestamp",
            Self::ValidationData => "validation-data",
            Self::Metadata => "metadata",
            Self::PageContent(_) => "page-content",
            Self::PageTree => "page-tree",
            Self::Annotation => "annotation",
            Self::Resource(_) => "resource",
            Self::Field(_) => "field",
            Self::Catalog(_) => "catalog",
            Self::Object(_) => "object",
            Self::Shadowed(_) => "shadowed",
            Self::History => "history",
            Self::TrailingBytes => "trailing-bytes",
            Self::Locked(_) => "locked",
        }
    }
}

/// Every change between `signed` and `now`, of which it is a prefix, under the restrictions
/// that the signature itself carries. Empty when nothing changed.
pub(super) fn compare(signed: &Source, now: &Source, rules: &[Transform]) -> BTreeSet<Change> {
    let (from, to) = (signed.size(), now.size());
    if now.is_white(from..to) {
        return BTreeSet::new();
    }
    let mut changes = history(signed, now);
    if changes.is_empty() {
        changes = match Comparison::new(signed, now).and_then(Comparison::run) {
            Ok(changes) => changes,
            // What cannot be read cannot be shown to be harmless.
            Err(_) => BTreeSet::from([Change::History]),
        };
    }
    restrict(changes, rules)
}

/// The file must have grown revision by revision at its end.
fn history(signed: &Source, now: &Source) -> BTreeSet<Change> {
    let mut changes = BTreeSet::new();
    let (old, new) = (signed.revisions(), now.revisions());
    let grew = new.starts_with(old)
        && new.windows(2).skip(old.len().saturating_sub(1)).all(|pair| match pair {
            [before, after] => after.xref_at >= before.end,
            _ => true,
        });
    if !grew {
        changes.insert(Change::History);
    }
    let end = new.last().map_or(0, |revision| revision.end);
    if !now.is_white(end..now.size()) {
        changes.insert(Change::TrailingBytes);
    }
    changes
}

fn restrict(changes: BTreeSet<Change>, rules: &[Transform]) -> BTreeSet<Change> {
    let forbids = |name: &str| {
        rules.iter().any(|rule| match rule {
            Transform::DocMdp(permission) => *permission == Permission::Nothing,
            Transform::FieldMdp(lock) => lock.locks(name),
            Transform::Other(_) => false,
        })
    };
    changes
        .into_iter()
        .map(|change| match change {
            // Time stamps and validation data are permitted always (ISO 32000-2, table 257).
            Change::Signature(name) if forbids(&name) => Change::Locked(name),
            other => other,
        })
        .collect()
}

pub(super) struct Comparison<'a> {
    pub signed: &'a Source,
    pub now: &'a Source,
    /// In use when signed, and different now.
    changed: HashSet<u32>,
    /// Not in use when signed.
    added: HashSet<u32>,
    /// For what changed or was added: how the signed document reaches it.
    places: HashMap<u32, Vec<Place>>,
    explained: HashSet<u32>,
    changes: BTreeSet<Change>,
}

impl<'a> Comparison<'a> {
    fn new(signed: &'a Source, now: &'a Source) -> Result<Self, PdfError> {
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
        let watched = changed.union(&added).copied().collect();
        let places = places(signed, &watched)?;
        Ok(Self {
            signed,
            now,
            changed,
            added,
            places,
            explained: HashSet::new(),
            changes: BTreeSet::new(),
        })
    }

    fn run(mut self) -> Result<BTreeSet<Change>, PdfError> {
        self.trailer();
        self.catalog()?;
        let new_signatures = fields::compare(&mut self)?;
        self.pages(&new_signatures)?;
        for signature in &new_signatures {
            self.changes.insert(if signature.is_timestamp {
                Change::DocumentTimestamp(signature.name.clone())
            } else {
                Change::Signature(signature.name.clone())
            });
        }
        self.unexplained()?;
        Ok(self.changes)
    }

    pub fn forbid(&mut self, change: Change) {
        self.changes.insert(change);
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
                self.forbid(Change::Catalog(lossy(&key)));
            }
        }
        let info =
            |source: &Source| source.trailer().get(b"Info").and_then(Object::as_reference).ok();
        if let Some((number, _)) = info(self.signed)
            && self.is_changed(number)
        {
            self.explain(number, |place| place == &(0, b"Info".to_vec()));
            self.changes.insert(Change::Metadata);
        }
        if info(self.signed) != info(self.now) {
            self.changes.insert(Change::Metadata);
        }
    }

    fn catalog(&mut self) -> Result<(), PdfError> {
        let ((id, old), (_, new)) = (self.signed.catalog()?, self.now.catalog()?);
        self.plain(id)?;
        // What the dictionary holds itself is compared here, whoever else refers to it.
        self.explained.insert(id.0);
        for key in differing(&old, &new) {
            match key.as_slice() {
                // Compared by what it says, with the fields.
                b"AcroForm" => {}
                b"DSS" => {
                    self.changes.insert(Change::ValidationData);
                }
                b"Metadata" | b"Extensions" => {
                    self.changes.insert(Change::Metadata);
                }
                b"Version" if new.get(b"Version").and_then(Object::as_name).is_ok() => {
                    self.changes.insert(Change::Metadata);
                }
                other => self.forbid(Change::Catalog(lossy(other))),
            }
        }
        for key in [&b"Metadata"[..], b"Extensions"] {
            if let Ok(Object::Reference((number, _))) = old.get(key)
                && self.is_changed(*number)
            {
                self.explain(*number, |place| place == &(id.0, key.to_vec()));
                self.changes.insert(Change::Metadata);
            }
        }
        self.validation_data(id.0, &old)
    }

    /// DSS dictionaries and arrays, as long as nothing else uses them.
    fn validation_data(&mut self, catalog: u32, old: &Dictionary) -> Result<(), PdfError> {
        let Ok(dss) = old.get(b"DSS") else { return Ok(()) };
        let mut inside = HashSet::new();
        let mut waiting = Vec::new();
        references(dss, &mut |id| waiting.push(id));
        while let Some(id) = waiting.pop() {
            if inside.insert(id.0) {
                references(&self.signed.object(id)?, &mut |id| waiting.push(id));
            }
        }
        for number in inside.clone() {
            if self.is_changed(number) {
                self.explain(number, |(from, key)| {
                    inside.contains(from) || (*from == catalog && key == b"DSS")
                });
                self.changes.insert(Change::ValidationData);
            }
        }
        Ok(())
    }

    fn pages(&mut self, new: &[NewSignature]) -> Result<(), PdfError> {
        let pages = self.signed.pages()?;
        if pages != self.now.pages()? {
            self.forbid(Change::PageTree);
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
            self.explained.insert(id.0);
            for key in differing(&old, &now) {
                if key != b"Annots" {
                    self.forbid(Change::PageContent(number));
                }
            }
            if let Some(list) = list {
                self.explain(list.0, |place| place == &(id.0, b"Annots".to_vec()));
            }
            let before = self.signed.member_array(&old, b"Annots")?.unwrap_or_default();
            let after = self.now.member_array(&now, b"Annots")?.unwrap_or_default();
            for extra in grown(&before, &after).unwrap_or_else(|| vec![Object::Null]) {
                let widget = extra.as_reference().ok();
                if !new.iter().any(|signature| Some(signature.widget) == widget) {
                    self.forbid(Change::Annotation);
                }
            }
        }
        Ok(())
    }

    /// A changed dictionary that readers could take in two ways is not explained.
    pub fn plain(&mut self, id: ObjectId) -> Result<(), PdfError> {
        if self.is_changed(id.0) {
            let plain = self.now.indirect(id)?.is_some_and(|indirect| {
                !indirect.duplicate_keys
                    && indirect.stream.is_none()
                    && matches!(indirect.object, Object::Dictionary(_))
            });
            if !plain {
                self.forbid(Change::Object(id.0));
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
            self.forbid(change);
        }
        let shadowed: Vec<u32> =
            self.added.iter().copied().filter(|number| self.places.contains_key(number)).collect();
        for number in shadowed {
            self.forbid(Change::Shadowed(number));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::structure::FieldLock;

    #[test]
    fn a_certified_document_takes_time_stamps_and_nothing_else() {
        let after = |rules: &[Transform]| {
            let changes = BTreeSet::from([
                Change::Signature("b".to_owned()),
                Change::DocumentTimestamp("t".to_owned()),
            ]);
            restrict(changes, rules).iter().all(Change::is_permitted)
        };
        assert!(after(&[]));
        assert!(after(&[Transform::DocMdp(Permission::FillAndSign)]));
        assert!(!after(&[Transform::DocMdp(Permission::Nothing)]));
        assert!(!after(&[Transform::FieldMdp(FieldLock::Include(vec!["b".to_owned()]))]));
        assert!(after(&[Transform::FieldMdp(FieldLock::Include(vec!["x".to_owned()]))]));
    }
}
