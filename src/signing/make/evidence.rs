//! Writing the document security store (ETSI EN 319 142-1, 5.4.2).
//!
//! Every certificate, CRL and OCSP answer is kept once, in the store's own lists; the entry
//! of each signature in `/VRI` refers to those that this signature rested on when it was
//! first kept. An entry is written once: other programs take a changed one for an attack,
//! and what is found out later is in the lists all the same.

use std::collections::HashMap;

use lopdf::{Dictionary, Object, ObjectId, Stream};

use crate::domain::verdict::Verdict;
use crate::pdf::structure::{Kept, Source, Update, validation_key};
use crate::pki::Certificate;
use crate::signing::SigningError;
use crate::signing::report::{Proof, Report};

/// More of what the file already holds is not looked at.
const ROOM: usize = 64 << 20;

/// The revision that adds to the store of `source` what `report` rests on and the store has
/// not got yet; `None` where nothing is missing.
pub(super) fn revision(source: &Source, report: &Report) -> Result<Option<Vec<u8>>, SigningError> {
    let mut keeping = Keeping::new(source)?;
    let mut entries: Vec<(String, Dictionary)> = Vec::new();
    let fields = source.signature_fields()?;
    for found in report.signatures.iter().filter(|found| found.verdict == Verdict::Valid) {
        let references = keeping.references(&found.proof);
        let field = fields.iter().find(|field| field.name == found.field);
        let value = field.and_then(|field| field.value.as_ref());
        let Some(contents) = value.and_then(|value| value.contents.as_deref()) else { continue };
        entries.push((validation_key(contents), references));
    }
    keeping.write(entries)
}

/// A store being added to.
struct Keeping<'a> {
    source: &'a Source,
    update: Update<'a>,
    dss: Dictionary,
    /// Where each item stands, by kind in the order of [`Kept::ALL`].
    known: [HashMap<Vec<u8>, ObjectId>; 3],
    added: [Vec<Object>; 3],
}

impl<'a> Keeping<'a> {
    fn new(source: &'a Source) -> Result<Self, SigningError> {
        let (_, catalog) = source.catalog()?;
        let dss = source.member_dictionary(&catalog, b"DSS")?.unwrap_or_default();
        let mut room = ROOM;
        let mut known: [HashMap<Vec<u8>, ObjectId>; 3] = Default::default();
        for (items, kind) in known.iter_mut().zip(Kept::ALL) {
            items
                .extend(source.kept(&dss, kind, &mut room)?.into_iter().map(|(id, der)| (der, id)));
        }
        let update = Update::new(source)?;
        Ok(Self { source, update, dss, known, added: Default::default() })
    }

    /// The entry for one signature; what is new gets an object.
    fn references(&mut self, proof: &Proof) -> Dictionary {
        let certificates = proof.certificates.iter().map(Certificate::der).map(<[u8]>::to_vec);
        let wanted: [Vec<Vec<u8>>; 3] =
            [certificates.collect(), proof.evidence.crls.clone(), proof.evidence.ocsps.clone()];
        let mut entry = Dictionary::new();
        let places = self.known.iter_mut().zip(&mut self.added);
        for ((kind, items), (known, added)) in Kept::ALL.into_iter().zip(wanted).zip(places) {
            let mut references: Vec<Object> = Vec::new();
            for der in items {
                let id = *known.entry(der).or_insert_with_key(|der| {
                    let id = self.update.allocate();
                    self.update.set(id, Stream::new(Dictionary::new(), der.clone()).into());
                    added.push(id.into());
                    id
                });
                references.push(id.into());
            }
            if !references.is_empty() {
                entry.set(kind.key_of_one(), references);
            }
        }
        entry
    }

    fn write(
        mut self,
        entries: Vec<(String, Dictionary)>,
    ) -> Result<Option<Vec<u8>>, SigningError> {
        let place = self.dss.get(b"VRI").and_then(Object::as_reference).ok();
        let mut all = self.source.member_dictionary(&self.dss, b"VRI")?.unwrap_or_default();
        let mut grown = false;
        for (key, mut entry) in entries {
            if !entry.is_empty() && !all.has(key.as_bytes()) {
                entry.set("Type", Object::Name(b"VRI".to_vec()));
                all.set(key, entry);
                grown = true;
            }
        }
        if !grown && self.added.iter().all(Vec::is_empty) {
            return Ok(None);
        }
        match place {
            Some(id) => self.update.set(id, all.into()),
            None => self.dss.set("VRI", all),
        }
        let mut dss = self.dss;
        dss.set("Type", Object::Name(b"DSS".to_vec()));
        for (kind, new) in Kept::ALL.into_iter().zip(self.added) {
            if !new.is_empty() {
                let key = kind.key().as_bytes();
                (dss, _) = self.update.change_array(dss, key, |list| list.extend(new))?;
            }
        }
        let (catalog_id, mut catalog) = self.source.catalog()?;
        match catalog.get(b"DSS").and_then(Object::as_reference) {
            Ok(id) => self.update.set(id, dss.into()),
            Err(_) => {
                let id = self.update.allocate();
                self.update.set(id, dss.into());
                catalog.set("DSS", id);
                self.update.set(catalog_id, catalog.into());
            }
        }
        Ok(Some(self.update.write()?.appended))
    }
}
